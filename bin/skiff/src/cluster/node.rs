//! The node: runtime, images, pod network, kubelet, proxy, DNS.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use api::Value;
use client::Client;
use client::Informers;
use images::ImageStore;
use ipnet::IpNet;
use runtime::EmbeddedRuntime;
use stdx::Backoff;
use stdx::BackoffPolicy;
use supervise::OnEnd;
use supervise::Rank;
use supervise::TaskKind;

use super::Base;
use super::access::NodeAccess;

static KUBELET: TaskKind = TaskKind { name: "kubelet", rank: Rank::Kubelet, on_end: OnEnd::StopProcess };
static PROXY: TaskKind = TaskKind { name: "proxy", rank: Rank::DataPlane, on_end: OnEnd::StopProcess };
static DNS: TaskKind = TaskKind { name: "dns", rank: Rank::DataPlane, on_end: OnEnd::StopProcess };

const KUBELET_PORT: u16 = 10250;
const MTU: u32 = 1500;
/// Changes of the Service rules are at least this far apart.
const PROXY_INTERVAL: Duration = Duration::from_millis(20);
/// Pauses between attempts to tell an API server that cannot be reached where cluster DNS is.
const PUBLISH_RETRY: BackoffPolicy =
    BackoffPolicy::doubling(Duration::from_millis(200), Duration::from_secs(10));

/// Starts everything, in rank order; returns once the node and cluster DNS are ready.
pub(crate) async fn start(
    base: &Base,
    access: &NodeAccess,
    images: &OnceLock<ImageStore>,
) -> anyhow::Result<()> {
    start_kubelet(base, access, images).await?;
    start_proxy(base, access)?;
    let node_cidr = match access.node_cidr {
        Some(cidr) => cidr,
        None => assigned_cidr(base, access).await?,
    };
    if let Some(cluster_ip) = access.dns_ip {
        start_dns(base, access, cluster_ip, SocketAddr::new(gateway(node_cidr)?, 53)).await?;
    }
    watch_node(base, access, |node| {
        let conditions = node["status"]["conditions"].items();
        conditions
            .iter()
            .any(|c| c["type"].as_str() == Some("Ready") && c["status"].as_str() == Some("True"))
            .then_some(())
    })
    .await
}

async fn start_kubelet(
    base: &Base,
    access: &NodeAccess,
    images: &OnceLock<ImageStore>,
) -> anyhow::Result<()> {
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

    let mut config = kubelet::Config::new(&base.node_name, base.host_ip, base.layout.node("kubelet"));
    config.listen = SocketAddr::from(([0, 0, 0, 0], free_port(KUBELET_PORT)));
    config.pod_cidrs = access.node_cidr.into_iter().collect();
    config.cluster_dns = access.dns_ip.into_iter().collect();
    config.cluster_domain.clone_from(&access.domain);
    let deps = kubelet::Deps {
        informers: informers(base, &access.kubelet),
        client: access.kubelet.clone(),
        runtime: Arc::new(embedded),
        images: image_store,
        network: network::PodNetwork::open(network_config(base, access.pod_cidr))?,
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        spawner: base.spawner.clone(),
        credential: access.kubelet_serving.clone(),
        client_authorities: access.client_authorities.clone(),
    };
    let kubelet = kubelet::Kubelet::build(config, deps).await?;
    let stop = base.spawner.stop(KUBELET.rank);
    base.spawner.spawn(&KUBELET, base.node_name.as_str(), async move { kubelet.run(stop).await });
    Ok(())
}

fn start_proxy(base: &Base, access: &NodeAccess) -> anyhow::Result<()> {
    let config = proxy::ProxyConfig {
        cluster_id: base.cluster_id.clone(),
        cluster_cidrs: vec![access.pod_cidr],
        node_name: base.node_name.clone(),
        zone: None,
        min_interval: PROXY_INTERVAL,
    };
    let deps = proxy::ProxyDeps { clock: base.clock.clone(), rng: base.rng.clone() };
    let (proxy, handle) = proxy::Proxy::build(config, deps)?;
    let feed = proxy::Feed::new(&informers(base, &access.proxy), &base.node_name, handle);
    let (stop, feed_stop) = (base.spawner.stop(PROXY.rank), base.spawner.stop(PROXY.rank));
    base.spawner.spawn(&PROXY, "rules", async move { proxy.run(stop).await });
    base.spawner.spawn(&PROXY, "feed", async move { feed.run(feed_stop).await });
    Ok(())
}

/// Returns once cluster DNS is published at `cluster_ip`.
async fn start_dns(
    base: &Base,
    access: &NodeAccess,
    cluster_ip: IpAddr,
    listen: SocketAddr,
) -> anyhow::Result<()> {
    let config = dns::DnsConfig::new(vec![listen], dns::Upstream::ResolvConf("/etc/resolv.conf".into()));
    let deps =
        dns::DnsDeps { spawner: base.spawner.clone(), clock: base.clock.clone(), rng: base.rng.clone() };
    let none = dns::RecordInputs {
        cluster_domain: access.domain.clone(),
        ttl: 0,
        serial: 0,
        server_ips: vec![cluster_ip],
        namespaces: Vec::new(),
        services: Vec::new(),
    };
    let (dns, handle) = dns::Dns::build(config, dns::Records::build(&none)?, deps)?;
    let feed = dns::Feed::new(&informers(base, &access.dns), &access.domain, vec![cluster_ip], handle);
    let (stop, feed_stop) = (base.spawner.stop(DNS.rank), base.spawner.stop(DNS.rank));
    base.spawner.spawn(&DNS, "server", async move { dns.run(stop).await });
    base.spawner.spawn(&DNS, "feed", async move { feed.run(feed_stop).await });
    let mut backoff = Backoff::new(PUBLISH_RETRY, base.rng.clone());
    loop {
        match dns::install(&access.dns, cluster_ip, &base.node_name, listen).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_retryable() => {
                let delay = backoff.next_delay();
                tracing::warn!(%error, ?delay, "cluster DNS cannot be published yet");
                base.clock.sleep(delay).await;
            }
            Err(error) => return Err(error).context("publish cluster DNS"),
        }
    }
}

fn informers(base: &Base, client: &Client) -> Informers {
    Informers::new(client.clone(), base.clock.clone(), base.rng.clone(), base.spawner.clone())
}

/// The range that the controller manager gave this node.
async fn assigned_cidr(base: &Base, access: &NodeAccess) -> anyhow::Result<IpNet> {
    watch_node(base, access, |node| node["spec"]["podCIDR"].as_str()?.parse().ok()).await
}

/// Completes with what `found` sees in this node's object once it sees it.
async fn watch_node<T: Clone + Send + Sync + 'static>(
    base: &Base,
    access: &NodeAccess,
    found: impl Fn(&Value) -> Option<T> + Send + Sync + 'static,
) -> anyhow::Result<T> {
    let nodes = api::Resource::find("", "v1", "nodes").context("nodes are a row of the table")?;
    let scope =
        client::Scope { fields: format!("metadata.name={}", base.node_name), ..client::Scope::default() };
    let (seen, mut receiver) = tokio::sync::watch::channel(None);
    let informers = informers(base, &access.kubelet);
    informers.scoped(nodes, scope).subscribe(move |change| {
        if let Some(value) = found(change.object().value()) {
            seen.send_replace(Some(value));
        }
    });
    let value = receiver.wait_for(Option::is_some).await.context("the node's informer ended")?;
    value.clone().context("it was waited for")
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
