//! The control plane: store, API server, controllers, scheduler.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use apiserver::ApiServer;
use apiserver::User;
use client::Client;
use client::Informers;
use ipnet::IpNet;
use supervise::OnEnd;
use supervise::Rank;
use supervise::TaskKind;
use wire::Listen;
use wire::Server;

use super::Base;
use super::budget::Bounds;
use super::ranges::Ranges;
use crate::cli::UpArgs;
use crate::credentials::Credentials;
use crate::credentials::Names;

static API: TaskKind = TaskKind { name: "api listener", rank: Rank::ApiServer, on_end: OnEnd::StopProcess };
static CONNECTION: TaskKind =
    TaskKind { name: "api connection", rank: Rank::ApiServer, on_end: OnEnd::Nothing };

/// The cluster's DNS domain.
pub(crate) const DOMAIN: &str = "cluster.local";
static CONTROLLERS: TaskKind =
    TaskKind { name: "controller manager", rank: Rank::Controllers, on_end: OnEnd::StopProcess };
static SCHEDULER: TaskKind =
    TaskKind { name: "scheduler", rank: Rank::Controllers, on_end: OnEnd::StopProcess };

const NODE_CIDR_PREFIX: u8 = 24;

/// What the node role needs of it.
pub(crate) struct ControlPlane {
    pub(crate) server: ApiServer,
    pub(crate) credentials: Credentials,
    /// Addresses of all pods.
    pub(crate) pod_cidr: IpNet,
    /// Addresses of pods on the first node.
    pub(crate) node_cidr: IpNet,
    /// The address of cluster DNS.
    pub(crate) dns_ip: IpAddr,
}

/// Starts everything, in rank order.
pub(crate) async fn start(
    base: &Base,
    args: &UpArgs,
    server: SocketAddr,
    kubeconfig: &Path,
) -> anyhow::Result<ControlPlane> {
    // Finding the primes of a new key can take longer than all the rest, so it goes on beside it.
    let token_key = base.layout.pki("sa.key");
    let token_signer = tokio::task::spawn_blocking(move || pki::TokenSigner::load_or_create(&token_key));
    let ranges = Ranges::load_or_choose(&base.layout, args)?;
    let (pod_cidr, service_cidr) = (ranges.pods, ranges.services);
    let service_ip = service_cidr.hosts().next().context("the range of Services has no address")?;
    let now = base.clock.now();
    let credentials =
        Credentials::load_or_create(&base.layout, names(base, server, service_ip), now, &base.rng)?;
    let bounds = Bounds::of(args)?;
    let store = store::Embedded::open(&base.layout.store(), bounds.store, &base.spawner, &base.clock).await?;

    let config = apiserver::Config {
        issuer: format!("https://kubernetes.default.svc.{DOMAIN}"),
        service_cidrs: vec![service_cidr],
        node_ports: ranges.node_ports(),
        cluster_domain: DOMAIN.to_owned(),
        advertise: SocketAddr::new(base.host_ip, server.port()),
        limits: bounds.limits,
    };
    let deps = apiserver::Deps {
        store: store.shared(),
        client_ca: credentials.authority.bundle()?,
        token_signer: token_signer.await.context("the maker of the token key panicked")??,
        kubelet_tls: Some(credentials.kubelet_client.clone()),
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        spawner: base.spawner.clone(),
        registry: base.registry.clone(),
        health: base.health.clone(),
    };
    let tls = pki::server_config(credentials.serving.clone())?;
    let bound = Server::bind(Listen::Tcp(args.listen), Some(tls), bounds.server).await;
    let listener = bound.map_err(|error| match error {
        error if super::is_in_use(&error) => anyhow::anyhow!(
            "another process listens on {}: stop it, or choose another address by --listen",
            args.listen
        ),
        error => error.into(),
    })?;
    let api_server = ApiServer::start(config, deps).await?;
    let (handler, tasks, stop) =
        (Arc::new(api_server.clone()), base.spawner.clone(), base.spawner.stop(API.rank));
    base.spawner.spawn(&API, "", async move { listener.run(handler, tasks, &CONNECTION, stop).await });
    credentials.write_admin_kubeconfig(&base.layout, kubeconfig, server, now)?;
    tracing::info!(server = %server, "API server ready");

    start_controllers(base, &api_server, &credentials, pod_cidr)?;
    start_scheduler(base, &api_server)?;
    let node_cidr =
        IpNet::new(pod_cidr.network(), NODE_CIDR_PREFIX).context("the range of pods is too small")?;
    let dns_ip = ranges.dns_ip()?;
    Ok(ControlPlane { server: api_server, credentials, pod_cidr, node_cidr, dns_ip })
}

fn start_controllers(
    base: &Base,
    server: &ApiServer,
    credentials: &Credentials,
    pod_cidr: IpNet,
) -> anyhow::Result<()> {
    let manager = Client::new(
        server.transport(User::new("system:kube-controller-manager", &[])),
        "kube-controller-manager",
    );
    let accounts = server.clone();
    let clients = move |name: &'static str| {
        Client::new(accounts.transport(User::service_account("kube-system", name)), name)
    };
    let mut config = controllers::Config::new(&base.node_name);
    config.ca_certificate_pem = credentials.authority.certificate_pem().to_owned();
    config.cluster_cidr = Some(pod_cidr);
    config.node_cidr_prefix = NODE_CIDR_PREFIX;
    let deps = controllers::Deps {
        clients: Arc::new(clients),
        informers: informers(base, &manager),
        client: manager,
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        spawner: base.spawner.clone(),
    };
    let controllers = controllers::Controllers::build(config, deps)?;
    let stop = base.spawner.stop(CONTROLLERS.rank);
    base.spawner.spawn(&CONTROLLERS, "", async move { controllers.run(stop).await });
    Ok(())
}

fn start_scheduler(base: &Base, server: &ApiServer) -> anyhow::Result<()> {
    let client = Client::new(server.transport(User::new("system:kube-scheduler", &[])), "kube-scheduler");
    let deps = scheduler::Deps {
        informers: informers(base, &client),
        client,
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        spawner: base.spawner.clone(),
    };
    let scheduler = scheduler::Scheduler::build(scheduler::Config::new(&base.node_name), deps)?;
    let stop = base.spawner.stop(SCHEDULER.rank);
    base.spawner.spawn(&SCHEDULER, "", async move { scheduler.run(stop).await });
    Ok(())
}

fn informers(base: &Base, client: &Client) -> Informers {
    Informers::new(client.clone(), base.clock.clone(), base.rng.clone(), base.spawner.clone())
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
