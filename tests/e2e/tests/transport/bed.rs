//! An API server within the test, behind TLS on loopback, without anybody who works for it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use apiserver::ApiServer;
use apiserver::User;
use client::Client;
use client::Informers;
use client::Remote;
use client::RemoteConfig;
use client::RemoteDeps;
use pki::CertificateAuthority;
use pki::Credential;
use pki::Leaf;
use pki::Rotating;
use pki::ServerTrust;
use pki::Subject;
use pki::TokenSigner;
use pki::Validity;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Supervisor;
use supervise::TaskKind;
use wire::Listen;
use wire::Server;
use wire::ServerOptions;

static LISTENER: TaskKind = TaskKind { name: "listener", rank: Rank::ApiServer, on_end: OnEnd::Nothing };

/// An API server on loopback.
pub struct Bed {
    server: ApiServer,
    address: SocketAddr,
    authority: CertificateAuthority,
    supervisor: Supervisor,
    pub clock: Clock,
    rng: Rng,
    _dir: tempfile::TempDir,
}

/// What the listener speaks.
#[derive(Clone, Copy, PartialEq)]
pub enum Http {
    Any,
    One,
}

impl Bed {
    pub async fn start(http: Http) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let supervisor = Supervisor::new();
        let (spawner, clock, rng) = (supervisor.spawner(), Clock::system(), Rng::from_system());
        let options = store::Options::default();
        let path = dir.path().join("store");
        let store = store::Embedded::open(&path, options, &spawner, &clock);
        let store = store.await.expect("the directory opens");
        let authority = CertificateAuthority::generate("ca", hour(&clock), &rng).expect("keys can be made");
        let config = apiserver::Config {
            issuer: "https://kubernetes.default.svc".to_owned(),
            service_cidrs: vec!["10.96.0.0/16".parse().expect("a range")],
            node_ports: apiserver::NodePorts::new(30000, 32767),
            cluster_domain: "cluster.local".to_owned(),
            advertise: "127.0.0.1:6443".parse().expect("an address"),
            limits: apiserver::Limits::default(),
        };
        let deps = apiserver::Deps {
            store: store.shared(),
            client_ca: authority.bundle().expect("a bundle"),
            token_signer: TokenSigner::generate().expect("keys can be made"),
            kubelet_tls: None,
            clock: clock.clone(),
            rng: rng.clone(),
            spawner: spawner.clone(),
            registry: telemetry::metrics::Registry::new(),
            health: telemetry::health::Health::new(),
        };
        let server = ApiServer::start(config, deps).await.expect("it starts");
        // Under another name than its address, so that the server name is put to use.
        let leaf = Leaf::server("api", vec!["api.example.com".to_owned()], Vec::new());
        let serving = Rotating::new(&authority.issue(&leaf, hour(&clock)).expect("issued"));
        let mut tls = pki::server_config(serving).expect("a configuration");
        if http == Http::One {
            Arc::make_mut(&mut tls).alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        let any = Listen::Tcp("127.0.0.1:0".parse().expect("an address"));
        let listener = Server::bind(any, Some(tls), ServerOptions::default()).await.expect("it listens");
        let address = listener.local_addr().expect("it is bound");
        let (handler, tasks, stop) = (Arc::new(server.clone()), spawner.clone(), spawner.stop(LISTENER.rank));
        spawner.spawn(&LISTENER, "", async move { listener.run(handler, tasks, &LISTENER, stop).await });
        Self { server, address, authority, supervisor, clock, rng, _dir: dir }
    }

    pub fn local(&self, user: &str, groups: &[&str]) -> Client {
        Client::new(self.server.transport(User::new(user, groups)), "suite")
    }

    pub fn config(&self) -> RemoteConfig {
        let trust = ServerTrust::Authorities(self.authority.bundle().expect("a bundle"));
        let mut config = RemoteConfig::new(&format!("https://{}", self.address), trust).expect("a URL");
        config.server_name = Some("api.example.com".to_owned());
        config
    }

    pub fn connect(&self, config: RemoteConfig) -> Arc<Remote> {
        let deps = RemoteDeps {
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            spawner: self.supervisor.spawner(),
        };
        Arc::new(Remote::new(config, deps).expect("usable"))
    }

    /// By client certificate.
    pub fn remote(&self, user: &str, groups: &[&str]) -> Client {
        let mut config = self.config();
        config.identity.credential = Some(Rotating::new(&self.credential(user, groups)));
        Client::new(self.connect(config), "suite")
    }

    /// A client certificate.
    pub fn credential(&self, user: &str, groups: &[&str]) -> Credential {
        let leaf = Leaf::client(Subject::new(user, groups.iter().copied()));
        self.authority.issue(&leaf, hour(&self.clock)).expect("issued")
    }

    /// The same as files and a kubeconfig that refers to them.
    pub fn write_kubeconfig(&self, dir: &Path, user: &str, groups: &[&str]) -> std::path::PathBuf {
        let credential = self.credential(user, groups);
        let write = |file: &str, text: &str| std::fs::write(dir.join(file), text).expect("written");
        write("ca.crt", self.authority.certificate_pem());
        write(&format!("{user}.crt"), &credential.chain_pem());
        write(&format!("{user}.key"), &credential.key_pem());
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: 'https://{}', tls-server-name: api.example.com, certificate-authority: ca.crt}}}}]\n\
             users: [{{name: u, user: {{client-certificate: '{user}.crt', client-key: '{user}.key'}}}}]\n",
            self.address
        );
        write(&format!("{user}.kubeconfig"), &config);
        dir.join(format!("{user}.kubeconfig"))
    }

    pub fn informers(&self, client: &Client) -> Informers {
        Informers::new(client.clone(), self.clock.clone(), self.rng.clone(), self.supervisor.spawner())
    }
}

fn hour(clock: &Clock) -> Validity {
    Validity::starting(clock.now(), Duration::from_secs(3600))
}
