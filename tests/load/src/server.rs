//! The server, as its clients see it.

use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use client::kubeconfig::Kubeconfig;
use http::Method;
use http::Request;
use http::header;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use wire::Body;
use wire::Client;
use wire::ClientOptions;
use wire::Endpoint;

static CONNECTION: TaskKind = TaskKind { name: "connection", rank: Rank::Informers, on_end: OnEnd::Nothing };
/// A list of everything is the largest answer.
const MAX_ANSWER_BYTES: usize = 1 << 30;

/// One server; each clone of `client` shares its connection.
pub(crate) struct Server {
    endpoint: Endpoint,
    pub(crate) spawner: Spawner,
    client: Client,
}

impl Server {
    /// The server of the current context of a kubeconfig.
    pub(crate) fn new(kubeconfig: &Path, spawner: Spawner) -> anyhow::Result<Self> {
        let config = Kubeconfig::load(kubeconfig)?.remote(None)?;
        let tls = pki::client_config(&config.trust, config.identity.credential.clone())?;
        let host = config.server.host().context("the server has no name")?;
        let endpoint = Endpoint::tcp(host, config.server.port_u16().unwrap_or(443), Some(tls))?;
        let client = Client::new(endpoint.clone(), ClientOptions::default(), &spawner, &CONNECTION);
        Ok(Self { endpoint, spawner, client })
    }

    /// A client with a connection of its own.
    pub(crate) fn connect(&self) -> Client {
        Client::new(self.endpoint.clone(), ClientOptions::default(), &self.spawner, &CONNECTION)
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Bytes> {
        self.send(Method::GET, path, "", Bytes::new()).await
    }

    /// Does anything else; the answer is an error unless it is a success.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Bytes> {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, content_type);
        let response = self.client.send(request.body(Body::full(body))?).await?;
        let status = response.status();
        let body = response.into_body().collect(MAX_ANSWER_BYTES).await?;
        anyhow::ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
