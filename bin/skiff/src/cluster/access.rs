//! How a node's parts reach the API and who they are there: within the process, or by the kubeconfig
//! that `skiff credentials node` wrote.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use apiserver::NODES;
use apiserver::User;
use client::Client;
use client::Remote;
use client::RemoteConfig;
use client::RemoteDeps;
use client::kubeconfig::Kubeconfig;
use ipnet::IpNet;
use pki::CaBundle;
use pki::Rotating;
use stdx::Clock;
use stdx::Rng;
use supervise::Spawner;

use super::Base;
use super::control_plane::ControlPlane;
use super::control_plane::DOMAIN;
use crate::credentials;

/// What a node is given.
pub(crate) struct NodeAccess {
    pub(crate) kubelet: Client,
    pub(crate) proxy: Client,
    pub(crate) dns: Client,
    /// What the kubelet's own server presents, and who may vouch for its clients.
    pub(crate) kubelet_serving: Arc<Rotating>,
    pub(crate) client_authorities: CaBundle,
    /// Addresses of all pods.
    pub(crate) pod_cidr: IpNet,
    /// Addresses of this node's pods, where they are known before the Node says so.
    pub(crate) node_cidr: Option<IpNet>,
    /// The address of cluster DNS; without one this node serves none.
    pub(crate) dns_ip: Option<IpAddr>,
    pub(crate) domain: String,
}

impl NodeAccess {
    /// In the process of the control plane.
    pub(crate) fn local(base: &Base, control_plane: &ControlPlane) -> anyhow::Result<Self> {
        let client = |name: &str, groups: &[&str], manager: &str| {
            Client::new(control_plane.server.transport(User::new(name, groups)), manager)
        };
        let credentials = &control_plane.credentials;
        let now = base.clock.now();
        Ok(Self {
            kubelet: client(&format!("system:node:{}", base.node_name), &[NODES], "kubelet"),
            proxy: client(credentials::PROXY, &[], "kube-proxy"),
            dns: client(credentials::DNS, &[], "skiff-dns"),
            kubelet_serving: credentials.kubelet_serving(&base.node_name, vec![base.host_ip], now)?,
            client_authorities: credentials.authority.bundle()?,
            pod_cidr: control_plane.pod_cidr,
            node_cidr: Some(control_plane.node_cidr),
            dns_ip: Some(control_plane.dns_ip),
            domain: DOMAIN.to_owned(),
        })
    }

    /// From a kubeconfig.
    pub(crate) fn remote(base: &Base, path: &Path) -> anyhow::Result<Self> {
        let config = Kubeconfig::load(path)?;
        let shown = path.display();
        let made = || format!("{shown} is not of a node: make it by `skiff credentials node NAME`");
        let cluster = config.cluster_extension(None, credentials::EXTENSION)?.with_context(made)?;
        let serving = config.credential(Some(credentials::SERVING_CONTEXT))?.with_context(made)?;
        let pod_cidr = cluster["podCIDR"].str_or_empty().parse().with_context(made)?;
        Ok(Self {
            kubelet: remote_client(base, &config, None, "kubelet")?,
            proxy: remote_client(base, &config, Some(credentials::PROXY_CONTEXT), "kube-proxy")?,
            dns: remote_client(base, &config, Some(credentials::DNS_CONTEXT), "skiff-dns")?,
            kubelet_serving: Rotating::new(&serving),
            client_authorities: config.authorities(None)?.with_context(made)?,
            pod_cidr,
            node_cidr: None,
            dns_ip: Some(cluster["clusterDNS"].str_or_empty().parse().with_context(made)?),
            domain: cluster["clusterDomain"].str_or_empty().to_owned(),
        })
    }
}

/// A client with the identity of a context (`None`: the current one).
fn remote_client(
    base: &Base,
    config: &Kubeconfig,
    context: Option<&str>,
    component: &str,
) -> anyhow::Result<Client> {
    let remote = remote_config(config, context, component)?;
    let deps = remote_deps(&base.clock, &base.rng, &base.spawner);
    Ok(Client::new(Arc::new(Remote::new(remote, deps)?), component))
}

/// How a component reaches the API server of a context.
pub(crate) fn remote_config(
    config: &Kubeconfig,
    context: Option<&str>,
    component: &str,
) -> anyhow::Result<RemoteConfig> {
    let mut remote = config.remote(context)?;
    let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    remote.user_agent = format!("{component}/{version} ({os}/{arch}) skiff");
    Ok(remote)
}

pub(crate) fn remote_deps(clock: &Clock, rng: &Rng, spawner: &Spawner) -> RemoteDeps {
    RemoteDeps { clock: clock.clone(), rng: rng.clone(), spawner: spawner.clone() }
}

/// The API server that a kubeconfig leads to.
pub(crate) fn server_of(path: &Path) -> anyhow::Result<String> {
    Ok(Kubeconfig::load(path)?.remote(None)?.server.to_string().trim_end_matches('/').to_owned())
}

/// The node that a kubeconfig was made for.
pub(crate) fn node_of(path: &Path) -> anyhow::Result<Option<String>> {
    let credential = Kubeconfig::load(path)?.credential(None)?;
    let name = credential.map(|credential| credential.subject().common_name.clone());
    Ok(name.and_then(|name| name.strip_prefix("system:node:").map(str::to_owned)))
}
