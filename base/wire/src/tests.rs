//! Real round trips over loopback and unix sockets.

mod forward;
mod hostile;
mod http_basics;
mod kubectl;
mod remote;
mod sockets;
mod stall;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http::Response;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Supervisor;
use supervise::TaskKind;

use super::*;

static SERVER: TaskKind = TaskKind { name: "test-server", rank: Rank::ApiServer, on_end: OnEnd::Nothing };
static CLIENT: TaskKind = TaskKind { name: "test-client", rank: Rank::DataPlane, on_end: OnEnd::Nothing };
static COMMAND: TaskKind = TaskKind { name: "test-command", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

/// How long anything may take before a test calls it stuck.
const PATIENCE: Duration = Duration::from_secs(20);

async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

/// A certificate authority with one server and client configurations that know it.
struct Tls {
    server: Arc<rustls::ServerConfig>,
    trust: pki::ServerTrust,
    ca: pki::CertificateAuthority,
}

impl Tls {
    fn new() -> Self {
        let rng = Rng::from_seed(5);
        let day = Duration::from_secs(24 * 3600);
        let validity = pki::Validity::starting(jiff::Timestamp::now(), day);
        let ca = pki::CertificateAuthority::generate("test", validity, &rng).unwrap();
        let leaf = pki::Leaf::server("server", vec!["localhost".into()], vec!["127.0.0.1".parse().unwrap()]);
        let credential = ca.issue(&leaf, validity).unwrap();
        let server = pki::server_config(pki::Rotating::new(&credential)).unwrap();
        let trust = pki::ServerTrust::Authorities(ca.bundle().unwrap());
        Self { server, trust, ca }
    }

    fn client(&self, user: Option<&str>) -> Arc<rustls::ClientConfig> {
        let credential = user.map(|user| {
            let leaf = pki::Leaf::client(pki::Subject::common_name(user));
            pki::Rotating::new(&self.ca.issue(&leaf, self.ca.validity()).unwrap())
        });
        pki::client_config(&self.trust, credential).unwrap()
    }
}

/// A server of this handler on loopback, and its supervisor.
struct Running {
    address: SocketAddr,
    supervisor: Supervisor,
}

impl Running {
    async fn start(handler: impl Handler, tls: Option<&Tls>) -> Self {
        Self::start_with(handler, tls, ServerOptions::default()).await
    }

    async fn start_with(handler: impl Handler, tls: Option<&Tls>, options: ServerOptions) -> Self {
        let supervisor = Supervisor::new();
        let listen = Listen::Tcp("127.0.0.1:0".parse().unwrap());
        let server = Server::bind(listen, tls.map(|tls| tls.server.clone()), options).await.unwrap();
        let address = server.local_addr().unwrap();
        let spawner = supervisor.spawner();
        let run = server.run(Arc::new(handler), spawner.clone(), &SERVER, spawner.stop(Rank::ApiServer));
        spawner.spawn(&SERVER, "accept", run);
        Self { address, supervisor }
    }

    fn spawner(&self) -> Spawner {
        self.supervisor.spawner()
    }

    fn client(&self, tls: Option<Arc<rustls::ClientConfig>>) -> Client {
        let endpoint = Endpoint::tcp("127.0.0.1", self.address.port(), tls).unwrap();
        Client::new(endpoint, ClientOptions::default(), &self.spawner(), &CLIENT)
    }
}

/// HTTP/1.1 in the clear, HTTP/2 over TLS.
async fn both(handler: impl Handler + Clone) -> [(Running, Client); 2] {
    let plain = Running::start(handler.clone(), None).await;
    let tls = Tls::new();
    let encrypted = Running::start(handler, Some(&tls)).await;
    let clients = (plain.client(None), encrypted.client(Some(tls.client(None))));
    [(plain, clients.0), (encrypted, clients.1)]
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, body: impl Into<Bytes>) -> Request<Body> {
    Request::post(path).body(Body::full(body)).unwrap()
}
