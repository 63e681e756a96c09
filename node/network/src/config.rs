//! What the pod network is told.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;
use serde::Serialize;

/// Interface names have at most so many characters (`IFNAMSIZ` without the terminating zero).
const INTERFACE_NAME_MAX: usize = 15;

/// The pod network of one cluster on this node.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// Tells clusters on one machine apart: lower-case letters, digits and `-`.
    pub cluster_id: String,
    /// Where attachments are kept on record.
    pub state_dir: PathBuf,
    /// This node's share of the pod network, one range per IP family at most, the primary family
    /// first. May be empty until the node's `spec.podCIDRs` is known.
    pub pod_cidrs: Vec<IpNet>,
    /// Destinations that see pods' own addresses: the cluster's whole pod network and its nodes'
    /// network where that is wanted. This node's own range always counts.
    pub cluster_cidrs: Vec<IpNet>,
    /// Bytes of the largest packet of a pod.
    pub mtu: u32,
}

/// A port of the node that leads to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostPort {
    /// The node's address; `None` or an unspecified address means all of them.
    pub host_ip: Option<IpAddr>,
    /// Port of the node.
    pub host_port: u16,
    /// Port of the pod.
    pub container_port: u16,
    /// Transport protocol.
    pub protocol: Protocol,
}

/// A transport protocol with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// As nftables spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

impl NetworkConfig {
    /// Every mistake with its path.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.cluster_id.is_empty() || self.cluster_id.len() > 32 || !self.cluster_id.bytes().all(word) {
            mistakes.push(format!(
                "network.clusterId: {:?} must be 1 to 32 lower-case letters, digits or '-'",
                self.cluster_id
            ));
        }
        if !self.state_dir.is_absolute() {
            mistakes.push(format!("network.stateDir: {} is not an absolute path", self.state_dir.display()));
        }
        // 1280 is the least that IPv6 works with (RFC 8200 §5).
        if !(1280..=65_535).contains(&self.mtu) {
            mistakes.push(format!("network.mtu: {} is not between 1280 and 65535", self.mtu));
        }
        mistakes.extend(check_pod_cidrs(&self.pod_cidrs));
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// The bridge's name: the cluster id where it fits, else a digest of it.
    pub fn bridge_name(&self) -> String {
        let name = format!("skiff-{}", self.cluster_id);
        if name.len() <= INTERFACE_NAME_MAX {
            return name;
        }
        format!("skiff-{:09x}", fnv1a(self.cluster_id.as_bytes()) & 0xf_ffff_ffff)
    }

    /// The nftables table's name.
    pub fn table_name(&self) -> String {
        format!("skiff-{}-net", self.cluster_id)
    }

    /// The host end of a pod's veth pair.
    pub(crate) fn veth_name(&self, pod_uid: &str) -> String {
        let pod = fnv1a(format!("{} {pod_uid}", self.cluster_id).as_bytes());
        format!("veth{:011x}", pod & 0xfff_ffff_ffff)
    }
}

/// What is wrong with a node's ranges.
pub(crate) fn check_pod_cidrs(pod_cidrs: &[IpNet]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (i, cidr) in pod_cidrs.iter().enumerate() {
        if cidr.prefix_len() > cidr.max_prefix_len() - 2 {
            mistakes.push(format!("network.podCidrs[{i}]: {cidr} has no room for a gateway and a pod"));
        }
        if pod_cidrs[..i].iter().any(|other| other.addr().is_ipv4() == cidr.addr().is_ipv4()) {
            mistakes.push(format!("network.podCidrs[{i}]: {cidr} is a second range of its IP family"));
        }
    }
    mistakes
}

/// FNV-1a: names must be the same in every version of the program.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(cluster_id: &str, cidrs: &[&str]) -> NetworkConfig {
        NetworkConfig {
            cluster_id: cluster_id.into(),
            state_dir: "/state".into(),
            pod_cidrs: cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect(),
            cluster_cidrs: Vec::new(),
            mtu: 1500,
        }
    }

    #[test]
    fn names_fit() {
        for id in ["a", "default", "a-very-long-cluster-identity-123"] {
            let config = config(id, &[]);
            assert!(config.validate().is_ok());
            assert!(config.bridge_name().len() <= 15, "{}", config.bridge_name());
            assert_eq!(config.veth_name("0b5c").len(), 15);
            assert_ne!(config.veth_name("0b5c"), config.veth_name("0b5d"));
        }
        assert_eq!(config("default", &[]).bridge_name(), "skiff-default");
        assert_ne!(config("long-cluster-a", &[]).bridge_name(), config("long-cluster-b", &[]).bridge_name());
    }

    #[test]
    fn every_mistake_is_reported() {
        let mut wrong = config("No", &["10.0.0.0/24", "10.1.0.0/24", "fd00::/127"]);
        wrong.mtu = 100;
        wrong.state_dir = "state".into();
        let mistakes = wrong.validate().unwrap_err();
        assert_eq!(mistakes.len(), 5, "{mistakes:#?}");
    }
}
