//! What the kubelet is told.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

/// The kubelet of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The node's name; also the name that the server's certificate bears.
    pub node_name: String,
    /// The node's addresses (`InternalIP`), the primary family first.
    pub node_ips: Vec<IpAddr>,
    /// Holds pods' volumes.
    pub root_dir: PathBuf,
    /// Holds containers' logs, one directory for each pod.
    pub log_dir: PathBuf,
    /// Where the kubelet's own API listens; its port is announced in the node's status.
    pub listen: SocketAddr,
    /// Users (common names of client certificates) that may use the kubelet's API.
    pub server_users: Vec<String>,
    /// Groups (organisations of client certificates) that may use it.
    pub server_groups: Vec<String>,
    /// The node's pod ranges where nobody sets `spec.podCIDRs`; empty to wait for that.
    pub pod_cidrs: Vec<IpNet>,
    /// Addresses of the cluster's DNS; empty for none.
    pub cluster_dns: Vec<IpAddr>,
    /// The cluster's DNS domain.
    pub cluster_domain: String,
    /// Most pods on the node.
    pub max_pods: u32,
    /// Labels of the node besides the usual ones.
    pub labels: BTreeMap<String, String>,
    /// `nodeInfo.kubeletVersion`.
    pub version: String,
    /// Images that nothing uses are removed once the file system is so full, in percent.
    pub image_gc_high_percent: u8,
    /// Down to this.
    pub image_gc_low_percent: u8,
}

impl Config {
    /// A configuration with the defaults for everything else.
    pub fn new(node_name: &str, node_ip: IpAddr, root_dir: impl Into<PathBuf>) -> Self {
        let root_dir = root_dir.into();
        Self {
            node_name: node_name.to_owned(),
            node_ips: vec![node_ip],
            log_dir: root_dir.join("logs"),
            root_dir,
            listen: default_listen(),
            server_users: default_server_users(),
            server_groups: default_server_groups(),
            pod_cidrs: default_pod_cidrs(),
            cluster_dns: Vec::new(),
            cluster_domain: default_cluster_domain(),
            max_pods: default_max_pods(),
            labels: BTreeMap::new(),
            version: default_version(),
            image_gc_high_percent: default_image_gc_high(),
            image_gc_low_percent: default_image_gc_low(),
        }
    }

    /// Every mistake with its path.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        for mistake in meta::names::dns1123_subdomain(&self.node_name) {
            mistakes.push(format!("kubelet.nodeName: {:?}: {mistake}", self.node_name));
        }
        if self.node_ips.is_empty() {
            mistakes.push("kubelet.nodeIps: at least one address is needed".to_owned());
        }
        for (name, path) in [("rootDir", &self.root_dir), ("logDir", &self.log_dir)] {
            if !path.is_absolute() {
                mistakes.push(format!("kubelet.{name}: {} is not an absolute path", path.display()));
            }
        }
        if self.max_pods == 0 {
            mistakes.push("kubelet.maxPods: must be at least 1".to_owned());
        }
        if self.image_gc_low_percent >= self.image_gc_high_percent || self.image_gc_high_percent > 100 {
            mistakes.push(format!(
                "kubelet.imageGcLowPercent: {} must be less than imageGcHighPercent, {}, which is at most 100",
                self.image_gc_low_percent, self.image_gc_high_percent
            ));
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// The directory of a pod's volumes and files.
    pub(crate) fn pod_dir(&self, uid: &str) -> PathBuf {
        self.root_dir.join("pods").join(uid)
    }

    /// The directory of a pod's logs, named as log agents expect it.
    pub(crate) fn pod_log_dir(&self, namespace: &str, name: &str, uid: &str) -> PathBuf {
        self.log_dir.join(format!("{namespace}_{name}_{uid}"))
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 10250))
}

fn default_server_users() -> Vec<String> {
    vec!["kube-apiserver-kubelet-client".to_owned(), "system:kube-apiserver".to_owned()]
}

fn default_server_groups() -> Vec<String> {
    vec!["system:masters".to_owned()]
}

fn default_pod_cidrs() -> Vec<IpNet> {
    vec!["10.244.0.0/24".parse().expect("a CIDR")]
}

fn default_cluster_domain() -> String {
    "cluster.local".to_owned()
}

fn default_max_pods() -> u32 {
    110
}

fn default_version() -> String {
    format!("v1.36.2+skiff{}", env!("CARGO_PKG_VERSION"))
}

fn default_image_gc_high() -> u8 {
    85
}

fn default_image_gc_low() -> u8 {
    80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported() {
        let mut config = Config::new("Node", "127.0.0.1".parse().unwrap(), "relative");
        config.node_ips.clear();
        config.max_pods = 0;
        config.image_gc_low_percent = 90;
        let mistakes = config.validate().unwrap_err();
        assert_eq!(mistakes.len(), 6, "{mistakes:#?}");
        assert!(Config::new("node", "127.0.0.1".parse().unwrap(), "/kubelet").validate().is_ok());
    }
}
