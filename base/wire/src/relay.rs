//! Passing an upgraded connection through without understanding it.
//!
//! This is how the API server serves exec, attach and port-forward: it authorises, then lets client
//! and kubelet talk, whatever protocol they agree on.

use http::HeaderName;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::io::AsyncWriteExt;

use crate::Body;
use crate::Client;
use crate::Error;
use crate::Io;
use crate::Result;

/// How much is read at a time in each direction.
const BUFFER_BYTES: usize = 32 << 10;
/// Headers of the caller that are for this server only: the target knows the caller by what this
/// server presents.
const PRIVATE: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];

/// Sends an upgrade request on to `target` (same method, path, query and headers as in `request`;
/// change them before) and gives the target's answer. If the target agrees to the upgrade, a task of
/// `kind` carries bytes in both directions until both have ended.
///
/// # Errors
/// [`Error::NotAnUpgrade`] if nobody asked for one, as [`Client::send`] otherwise.
pub async fn proxy_upgrade(
    mut request: Request<Body>,
    target: &Client,
    spawner: &Spawner,
    kind: &'static TaskKind,
) -> Result<Response<Body>> {
    if !request.headers().contains_key(header::UPGRADE) {
        return Err(Error::NotAnUpgrade);
    }
    let near = hyper::upgrade::on(&mut request);
    let (mut parts, body) = request.into_parts();
    for name in PRIVATE {
        parts.headers.remove(name);
    }
    parts.headers.remove(header::HOST);
    let mut response = target.send_upgrade(Request::from_parts(parts, body)).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    let far = hyper::upgrade::on(&mut response);
    spawner.spawn(kind, "", async move {
        let relayed = async { relay(Io::upgraded(near).await?, Io::upgraded(far).await?).await };
        if let Err(error) = relayed.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "relayed connection ended");
        }
    });
    // The answer's headers are the agreement: protocol, key, and what else was settled.
    let (parts, _) = response.into_parts();
    Ok(Response::from_parts(parts, Body::empty()))
}

/// Carries bytes in both directions until both have ended.
///
/// # Errors
/// [`Error::Upgraded`] if one side breaks.
pub async fn relay(mut near: Io, mut far: Io) -> Result<()> {
    let copied =
        tokio::io::copy_bidirectional_with_sizes(&mut near, &mut far, BUFFER_BYTES, BUFFER_BYTES).await;
    copied.map_err(|source| Error::Upgraded { source })?;
    // Both directions have ended; a peer that is gone already needs no farewell.
    if near.shutdown().await.is_err() || far.shutdown().await.is_err() {
        tracing::trace!("a relayed peer was gone before its farewell");
    }
    Ok(())
}
