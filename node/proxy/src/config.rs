//! What the proxy is told.

use std::time::Duration;

use ipnet::IpNet;

/// The Service data plane of one cluster on this node.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Tells clusters on one machine apart: lower-case letters, digits and `-`.
    pub cluster_id: String,
    /// The cluster's pod networks: where traffic comes from that needs no masquerade.
    pub cluster_cidrs: Vec<IpNet>,
    /// This node's name, for endpoints that are hinted to nodes.
    pub node_name: String,
    /// This node's `topology.kubernetes.io/zone`, for endpoints that are hinted to zones.
    pub zone: Option<String>,
    /// At least so much time lies between two changes of the rules; what comes meanwhile is one
    /// change.
    pub min_interval: Duration,
}

impl ProxyConfig {
    /// Every mistake with its path.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let id = &self.cluster_id;
        if id.is_empty() || id.len() > 32 || !id.bytes().all(word) {
            return Err(vec![format!(
                "proxy.clusterId: {id:?} must be 1 to 32 lower-case letters, digits or '-'"
            )]);
        }
        Ok(())
    }

    /// The nftables table's name.
    pub fn table_name(&self) -> String {
        table_name(&self.cluster_id)
    }
}

pub(crate) fn table_name(cluster_id: &str) -> String {
    format!("skiff-{cluster_id}-proxy")
}
