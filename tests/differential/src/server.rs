//! The server under examination, as a client sees it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::Result;
use bytes::Bytes;
use http::HeaderMap;
use http::Request;
use http::StatusCode;
use http::Uri;
use pki::ServerTrust;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use wire::Body;
use wire::Client;
use wire::ClientOptions;
use wire::Endpoint;

static CONNECTION: TaskKind = TaskKind { name: "connection", rank: Rank::Informers, on_end: OnEnd::Nothing };
/// No answer of the corpus is nearly as large.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// No answer takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// An API server and who asks it.
#[derive(Clone)]
pub struct Target {
    client: Arc<Client>,
    token: String,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP code.
    pub code: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Target {
    /// The server at a URL, asked by the bearer of a token, who may impersonate.
    pub fn new(
        url: &str,
        trust: &ServerTrust,
        name: Option<&str>,
        token: &str,
        spawner: &Spawner,
    ) -> Result<Self> {
        let url: Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
        let host = url.host().context("the server's URL has no host")?;
        let tls = pki::client_config(trust, None)?;
        let mut endpoint = Endpoint::tcp(host, url.port_u16().unwrap_or(443), Some(tls))?;
        if let Some(name) = name {
            endpoint = endpoint.with_server_name(name)?;
        }
        let client = Client::new(endpoint, ClientOptions::default(), spawner, &CONNECTION);
        Ok(Self { client: Arc::new(client), token: token.to_owned() })
    }

    /// Sends a request and reads its whole answer. Every request is made as the same administrator,
    /// unless its headers say otherwise, so that who asks is the same for every server.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Bytes,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("user-agent", "differential/1")
            .header("authorization", format!("Bearer {}", self.token));
        if !headers.iter().any(|(key, _)| key.eq_ignore_ascii_case("impersonate-user")) {
            request =
                request.header("impersonate-user", "admin").header("impersonate-group", "system:masters");
        }
        for (key, value) in headers {
            request = request.header(key, value);
        }
        let response = self.client.send(request.body(Body::full(body))?).await?;
        let (parts, body) = response.into_parts();
        let body = tokio::time::timeout(PATIENCE, body.collect(MAX_ANSWER_BYTES));
        let body = body.await.context("the answer does not end")??;
        Ok(Answer { code: parts.status, headers: parts.headers, body })
    }
}
