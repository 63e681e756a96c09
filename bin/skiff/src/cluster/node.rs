//! The node: runtime, images, pod network, kubelet, proxy, DNS.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use apiserver::MASTERS;
use apiserver::NODES;
use apiserver::User;
use client::Client;
use client::Informers;
use images::ImageStore;
use ipnet::IpNet;
use runtime::EmbeddedRuntime;
use supervise::OnEnd;
use supervise::Rank;
use supervise::TaskKind;

use super::Base;
use super::control_plane::ControlPlane;
use super::control_plane::DOMAIN;

static KUBELET: TaskKind = TaskKind { name: "kubelet", rank: Rank::Kubelet, on_end: OnEnd::StopProcess };
static PROXY: TaskKind = TaskKind { name: "proxy", rank: Rank::DataPlane, on_end: OnEnd::StopProcess };
static DNS: TaskKind = TaskKind { name: "dns", rank: Rank::DataPlane, on_end: OnEnd::StopProcess };

const KUBELET_PORT: u16 = 10250;
const MTU: u32 = 1500;
/// Changes of the Service rules are at least this far apart.
const PROXY_INTERVAL: Duration = Duration::from_millis(20);

/// Starts everything, in rank order; returns once the node and cluster DNS are ready.
pub(crate) async fn start(
    base: &Base,
    control_plane: &ControlPlane,
    images: &OnceLock<ImageStore>,
) -> anyhow::Result<()> {
    let server = &control_plane.server;
    let client = |name: &str, groups: &[&str], manager: &str| {
        Client::new(server.transport(User::new(name, groups)), manager)
    };
    let informers = |client: &Client| {
        Informers::new(client.clone(), base.clock.clone(), base.rng.clone(), base.spawner.clone())
    };
    let node_user = format!("system:node:{}", base.node_name);
    let kubelet_client = client(&node_user, &[NODES], "kubelet");
    let proxy_client = client("system:kube-proxy", &[], "kube-proxy");
    let dns_client = client("system:skiff:dns", &[], "skiff-dns");

    let image_deps = images::ImagesDeps {
        spawner: base.spawner.clone(),
        clock: base.clock.clone(),
        rng: base.rng.clone(),
    };
    let image_store = ImageStore::open(images::ImagesConfig::new(base.layout.node("images")), image_deps)?;
    images.get_or_init(|| image_store.clone());
    let runtime_deps =
        runtime::Deps { clock: base.clock.clone(), rng: base.rng.clone(), spawner: base.spawner.clone() };
    let runtime_config = runtime::Config::new(&base.cluster_id, base.layout.node("runtime"));
    let embedded = EmbeddedRuntime::open(runtime_config, runtime_deps).await?;
    let network = network::PodNetwork::open(network_config(base, control_plane.pod_cidr))?;

    let gateway = gateway(control_plane.node_cidr)?;
    let mut kubelet_config = kubelet::Config::new(&base.node_name, base.host_ip, base.layout.node("kubelet"));
    kubelet_config.listen = SocketAddr::from(([0, 0, 0, 0], free_port(KUBELET_PORT)));
    kubelet_config.pod_cidrs = vec![control_plane.node_cidr];
    kubelet_config.cluster_dns = vec![control_plane.dns_ip];
    kubelet_config.cluster_domain = DOMAIN.to_owned();
    let now = base.clock.now();
    let kubelet_deps = kubelet::Deps {
        informers: informers(&kubelet_client),
        client: kubelet_client,
        runtime: Arc::new(embedded),
        images: image_store,
        network: network.clone(),
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        spawner: base.spawner.clone(),
        credential: control_plane.credentials.kubelet_serving(&base.node_name, vec![base.host_ip], now)?,
        client_authorities: control_plane.credentials.authority.bundle()?,
    };
    let kubelet = kubelet::Kubelet::build(kubelet_config, kubelet_deps).await?;
    let stop = base.spawner.stop(KUBELET.rank);
    base.spawner.spawn(&KUBELET, base.node_name.as_str(), async move { kubelet.run(stop).await });

    let proxy_config = proxy::ProxyConfig {
        cluster_id: base.cluster_id.clone(),
        cluster_cidrs: vec![control_plane.pod_cidr],
        node_name: base.node_name.clone(),
        zone: None,
        min_interval: PROXY_INTERVAL,
    };
    let proxy_deps = proxy::ProxyDeps { clock: base.clock.clone(), rng: base.rng.clone() };
    let (proxy, proxy_handle) = proxy::Proxy::build(proxy_config, proxy_deps)?;
    let feed = proxy::Feed::new(&informers(&proxy_client), &base.node_name, proxy_handle);
    let (stop, feed_stop) = (base.spawner.stop(PROXY.rank), base.spawner.stop(PROXY.rank));
    base.spawner.spawn(&PROXY, "rules", async move { proxy.run(stop).await });
    base.spawner.spawn(&PROXY, "feed", async move { feed.run(feed_stop).await });

    let listen = SocketAddr::new(gateway, 53);
    let dns_config = dns::DnsConfig::new(vec![listen], dns::Upstream::ResolvConf("/etc/resolv.conf".into()));
    let dns_deps =
        dns::DnsDeps { spawner: base.spawner.clone(), clock: base.clock.clone(), rng: base.rng.clone() };
    let none = dns::RecordInputs {
        cluster_domain: DOMAIN.to_owned(),
        ttl: 0,
        serial: 0,
        server_ips: vec![control_plane.dns_ip],
        namespaces: Vec::new(),
        services: Vec::new(),
    };
    let (dns, dns_handle) = dns::Dns::build(dns_config, dns::Records::build(&none)?, dns_deps)?;
    let feed = dns::Feed::new(&informers(&dns_client), DOMAIN, vec![control_plane.dns_ip], dns_handle);
    let (stop, feed_stop) = (base.spawner.stop(DNS.rank), base.spawner.stop(DNS.rank));
    base.spawner.spawn(&DNS, "server", async move { dns.run(stop).await });
    base.spawner.spawn(&DNS, "feed", async move { feed.run(feed_stop).await });
    let installer = client("system:skiff:bootstrap", &[MASTERS], "skiff");
    dns::install(&installer, control_plane.dns_ip, listen).await?;
    ready(base, control_plane).await
}

/// Completes once the node is Ready.
async fn ready(base: &Base, control_plane: &ControlPlane) -> anyhow::Result<()> {
    let nodes = api::Resource::find("", "v1", "nodes").context("nodes are a row of the table")?;
    let user = User::new("system:skiff:bootstrap", &[MASTERS]);
    let client = Client::new(control_plane.server.transport(user), "skiff");
    let scope =
        client::Scope { fields: format!("metadata.name={}", base.node_name), ..client::Scope::default() };
    let informers = Informers::new(client, base.clock.clone(), base.rng.clone(), base.spawner.clone());
    let (seen, mut is_ready) = tokio::sync::watch::channel(false);
    informers.scoped(nodes, scope).subscribe(move |change| {
        let conditions = change.object().value()["status"]["conditions"].items();
        let ready = conditions
            .iter()
            .any(|c| c["type"].as_str() == Some("Ready") && c["status"].as_str() == Some("True"));
        seen.send_replace(ready);
    });
    is_ready.wait_for(|ready| *ready).await.context("the node's informer ended")?;
    Ok(())
}

/// The first address of the node's range: the bridge's own.
fn gateway(node_cidr: IpNet) -> anyhow::Result<IpAddr> {
    node_cidr.hosts().next().context("the node's range of pod addresses is empty")
}

fn network_config(base: &Base, pod_cidr: IpNet) -> network::NetworkConfig {
    network::NetworkConfig {
        cluster_id: base.cluster_id.clone(),
        state_dir: base.layout.node("network"),
        pod_cidrs: Vec::new(),
        cluster_cidrs: vec![pod_cidr],
        mtu: MTU,
    }
}

/// The wanted port, or any where another cluster on this machine has it: the node announces it.
fn free_port(wanted: u16) -> u16 {
    match std::net::TcpListener::bind(("0.0.0.0", wanted)) {
        Ok(_) => wanted,
        Err(_) => 0,
    }
}

/// Removes every container, address, rule and mount of a stopped cluster.
pub(crate) async fn wipe(base: &Base) -> anyhow::Result<()> {
    let deps =
        runtime::Deps { clock: base.clock.clone(), rng: base.rng.clone(), spawner: base.spawner.clone() };
    let config = runtime::Config::new(&base.cluster_id, base.layout.node("runtime"));
    EmbeddedRuntime::open(config, deps).await?.wipe().await?;
    network::PodNetwork::open(network_config(base, IpNet::from(IpAddr::from([10, 244, 0, 0]))))?.wipe()?;
    proxy::wipe(&base.cluster_id)?;
    unmount_below(base.layout.root())
}

/// What kubelets of this cluster mounted for volumes.
fn unmount_below(root: &std::path::Path) -> anyhow::Result<()> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").context("cannot read the mount table")?;
    let mut points: Vec<&str> = table.lines().filter_map(|line| line.split(' ').nth(4)).collect();
    points.retain(|point| std::path::Path::new(point).starts_with(root));
    // The innermost first.
    points.sort_by_key(|point| std::cmp::Reverse(point.len()));
    for point in points {
        nix::mount::umount2(point, nix::mount::MntFlags::MNT_DETACH)
            .with_context(|| format!("cannot unmount {point}"))?;
    }
    Ok(())
}
