//! The control plane: store, API server, controllers, scheduler.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use apiserver::ApiServer;
use supervise::OnEnd;
use supervise::Rank;
use supervise::TaskKind;
use wire::Listen;
use wire::Server;
use wire::ServerOptions;

use super::Base;
use crate::cli::UpArgs;
use crate::credentials::Credentials;
use crate::credentials::Names;

static API: TaskKind = TaskKind { name: "api listener", rank: Rank::ApiServer, on_end: OnEnd::StopProcess };
static CONNECTION: TaskKind =
    TaskKind { name: "api connection", rank: Rank::ApiServer, on_end: OnEnd::Nothing };

const DOMAIN: &str = "cluster.local";
const SERVICE_CIDR: &str = "10.96.0.0/16";
const NODE_PORTS: (u16, u16) = (30000, 32767);
/// As upstream: what etcd takes, with some room.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// What the node role needs of it.
pub(crate) struct ControlPlane {
    pub(crate) server: ApiServer,
    pub(crate) credentials: Credentials,
}

/// Starts everything, in rank order.
pub(crate) async fn start(
    base: &Base,
    args: &UpArgs,
    server: SocketAddr,
    kubeconfig: &Path,
) -> anyhow::Result<ControlPlane> {
    let service_cidr = match args.service_cidr {
        Some(cidr) => cidr,
        None => SERVICE_CIDR.parse().context("the default range of Services parses")?,
    };
    let service_ip = service_cidr.hosts().next().context("the range of Services has no address")?;
    let now = base.clock.now();
    let credentials =
        Credentials::load_or_create(&base.layout, names(base, server, service_ip), now, &base.rng)?;
    let options = store::Options::default();
    let store = store::Embedded::open(&base.layout.store(), options, &base.spawner, &base.clock).await?;

    let config = apiserver::Config {
        issuer: format!("https://kubernetes.default.svc.{DOMAIN}"),
        service_cidrs: vec![service_cidr],
        node_ports: NODE_PORTS,
        cluster_domain: DOMAIN.to_owned(),
        advertise: SocketAddr::new(base.host_ip, server.port()),
        max_body_bytes: MAX_BODY_BYTES,
    };
    let deps = apiserver::Deps {
        store: store.shared(),
        client_ca: credentials.authority.bundle()?,
        token_signer: pki::TokenSigner::load_or_create(&base.layout.pki("sa.key"))?,
        kubelet_tls: Some(credentials.kubelet_client.clone()),
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        spawner: base.spawner.clone(),
    };
    let tls = pki::server_config(credentials.serving.clone())?;
    let listener = Server::bind(Listen::Tcp(args.listen), Some(tls), ServerOptions::default()).await?;
    let api_server = ApiServer::start(config, deps).await?;
    let (handler, tasks, stop) =
        (Arc::new(api_server.clone()), base.spawner.clone(), base.spawner.stop(API.rank));
    base.spawner.spawn(&API, "", async move { listener.run(handler, tasks, &CONNECTION, stop).await });
    credentials.write_admin_kubeconfig(&base.layout, kubeconfig, server, now)?;
    tracing::info!(server = %server, "API server ready");
    Ok(ControlPlane { server: api_server, credentials })
}

/// Every name and address the API server is reached by.
fn names(base: &Base, server: SocketAddr, service_ip: IpAddr) -> Names {
    let mut dns: Vec<String> =
        ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"].map(str::to_owned).into();
    dns.push(format!("kubernetes.default.svc.{DOMAIN}"));
    dns.push(base.node_name.clone());
    let mut ips = vec![service_ip, base.host_ip, IpAddr::from([127, 0, 0, 1])];
    if !ips.contains(&server.ip()) {
        ips.push(server.ip());
    }
    Names { dns, ips }
}
