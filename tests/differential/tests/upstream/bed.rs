//! An API server within the test, behind TLS on loopback, without anybody who works for it.

use std::sync::Arc;
use std::time::Duration;

use api::Resource;
use api::value;
use apiserver::ApiServer;
use apiserver::User;
use client::Client;
use differential::Cluster;
use differential::Target;
use pki::CertificateAuthority;
use pki::Leaf;
use pki::Rotating;
use pki::ServerTrust;
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
const NAME: &str = "api.example.com";

/// A running API server and its administrator.
pub struct Bed {
    pub target: Target,
    _supervisor: Supervisor,
    _dir: tempfile::TempDir,
}

impl Bed {
    /// Starts an API server on a free port.
    pub async fn start(cluster: Cluster) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let supervisor = Supervisor::new();
        let (spawner, clock, rng) = (supervisor.spawner(), Clock::system(), Rng::from_system());
        let path = dir.path().join("store");
        let store = store::Embedded::open(&path, store::Options::default(), &spawner, &clock);
        let store = store.await.expect("the directory opens");
        let hour = Validity::starting(clock.now(), Duration::from_secs(3600));
        let authority = CertificateAuthority::generate("ca", hour, &rng).expect("keys can be made");
        let ranges: &[&str] = match cluster {
            Cluster::OneFamily => &["10.96.0.0/16"],
            Cluster::TwoFamilies => &["10.96.0.0/16", "fd00:96::/108"],
        };
        let config = apiserver::Config {
            issuer: "https://kubernetes.default.svc".to_owned(),
            service_cidrs: ranges.iter().map(|range| range.parse().expect("a range")).collect(),
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
            clock,
            rng,
            spawner: spawner.clone(),
            registry: telemetry::metrics::Registry::new(),
            health: telemetry::health::Health::new(),
        };
        let server = ApiServer::start(config, deps).await.expect("it starts");
        let leaf = Leaf::server("api", vec![NAME.to_owned()], Vec::new());
        let serving = Rotating::new(&authority.issue(&leaf, hour).expect("issued"));
        let tls = pki::server_config(serving).expect("a configuration");
        let any = Listen::Tcp("127.0.0.1:0".parse().expect("an address"));
        let listener = Server::bind(any, Some(tls), ServerOptions::default()).await.expect("it listens");
        let address = listener.local_addr().expect("it is bound");
        let token = administrator(&server).await;
        let (handler, tasks, stop) = (Arc::new(server), spawner.clone(), spawner.stop(LISTENER.rank));
        spawner.spawn(&LISTENER, "", async move { listener.run(handler, tasks, &LISTENER, stop).await });
        let trust = ServerTrust::Authorities(authority.bundle().expect("a bundle"));
        let target = Target::new(&format!("https://{address}"), &trust, Some(NAME), &token, &spawner);
        Self { target: target.expect("a target"), _supervisor: supervisor, _dir: dir }
    }
}

/// The token of an account that may do everything.
async fn administrator(server: &ApiServer) -> String {
    let client = Client::new(server.transport(User::new("setup", &[apiserver::MASTERS])), "setup");
    let row = |group, name| Resource::preferred(group, name).expect("a row of the table");
    let (accounts, bindings) =
        (row("", "serviceaccounts"), row("rbac.authorization.k8s.io", "clusterrolebindings"));
    let account = value!({"metadata": {"namespace": "kube-system", "name": "differential"}});
    client.create(accounts, account).await.expect("an account");
    let binding = value!({
        "metadata": {"name": "differential"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "kube-system", "name": "differential"}]
    });
    client.create(bindings, binding).await.expect("a binding");
    let target = client::Target::object(accounts, "kube-system", "differential").sub("token");
    let answer = client.post(target, value!({"spec": {}})).await.expect("a token");
    answer["status"]["token"].str_or_empty().to_owned()
}
