//! The connection that is left once HTTP has stepped aside.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::Body;
use crate::Error;
use crate::Result;

/// A stream of bytes in both directions: an upgraded connection, or anything else that is one.
pub struct Io {
    inner: Pin<Box<dyn Duplex>>,
}

trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

impl Io {
    /// Wraps any stream.
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self { inner: Box::pin(stream) }
    }

    /// Waits for the upgrade of a request or response that has been agreed on.
    ///
    /// # Errors
    /// [`Error::Upgraded`] if the connection broke, or was not upgraded after all.
    pub async fn upgraded(on_upgrade: OnUpgrade) -> Result<Self> {
        let upgraded =
            on_upgrade.await.map_err(|error| Error::Upgraded { source: io::Error::other(error) })?;
        Ok(Self::new(TokioIo::new(upgraded)))
    }
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Io")
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_shutdown(cx)
    }
}

/// What a request asks to change to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    WebSocket,
    Spdy,
}

/// The upgrade that a request asks for.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Asked> {
    if !has_token(headers, header::CONNECTION, "upgrade") {
        return None;
    }
    if has_token(headers, header::UPGRADE, "websocket") {
        Some(Asked::WebSocket)
    } else if has_token(headers, header::UPGRADE, "spdy/3.1") {
        Some(Asked::Spdy)
    } else {
        None
    }
}

/// The values of a comma-separated header, over all its lines.
pub(crate) fn tokens(headers: &HeaderMap, name: impl header::AsHeaderName) -> Vec<String> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty())
        .collect()
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    tokens(headers, name).iter().any(|found| found.eq_ignore_ascii_case(token))
}

/// The answer that completes a WebSocket handshake (RFC 6455 §4.2.2).
pub(crate) fn accept_websocket(request: &Request<Body>, protocol: Option<&str>) -> Result<Response<Body>> {
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY);
    let key = key.ok_or_else(|| Error::Protocol("a WebSocket request without a key".into()))?;
    if request.headers().get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(Error::Protocol("a WebSocket version other than 13".into()));
    }
    let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
    let mut response = switching("websocket");
    response.headers_mut().insert(header::SEC_WEBSOCKET_ACCEPT, value(&accept));
    if let Some(protocol) = protocol {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, value(protocol));
    }
    Ok(response)
}

/// The answer that completes a SPDY handshake.
pub(crate) fn accept_spdy(protocol: Option<&str>) -> Response<Body> {
    let mut response = switching("SPDY/3.1");
    if let Some(protocol) = protocol {
        response.headers_mut().insert(STREAM_PROTOCOL, value(protocol));
    }
    response
}

/// Which protocol is spoken in the streams of a SPDY connection.
pub(crate) const STREAM_PROTOCOL: header::HeaderName =
    header::HeaderName::from_static("x-stream-protocol-version");

fn switching(protocol: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static(protocol));
    response
}

pub(crate) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("protocol names and base64 are header values")
}
