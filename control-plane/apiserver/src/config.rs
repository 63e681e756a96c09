//! What the API server is told.

use ipnet::IpNet;

/// Settings of the API server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer of service-account tokens, and the audience they are for by default.
    pub issuer: String,
    /// Where cluster IPs come from: one range, or one of each family.
    pub service_cidrs: Vec<IpNet>,
    /// Where node ports come from.
    pub node_ports: NodePorts,
    /// The cluster's DNS domain.
    pub cluster_domain: String,
    /// The address and port that clients outside the cluster reach us at.
    pub advertise: std::net::SocketAddr,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
}

/// The range of node ports, and the part of it from which ports that nobody asked for are drawn
/// first. Bounds are inclusive.
#[derive(Clone, Copy, Debug)]
pub struct NodePorts {
    /// The lowest port of all.
    pub first: u16,
    /// The highest port of all.
    pub last: u16,
    /// Drawn from first: apart from what people ask for by number (KEP-3668), and from what another
    /// cluster on the same machine draws from.
    pub preferred: (u16, u16),
}

impl NodePorts {
    /// A range that leaves its lowest part, as upstream does, to those who ask by number.
    pub fn new(first: u16, last: u16) -> Self {
        let size = last.saturating_sub(first);
        let asked_for = if size < 16 { 0 } else { (size / 32).clamp(16, 128).min(size / 2) };
        Self { first, last, preferred: (first + asked_for, last) }
    }

    pub(crate) fn contains(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl Config {
    /// Every mistake, with its field.
    pub fn validate(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.service_cidrs.is_empty() || self.service_cidrs.len() > 2 {
            mistakes.push("service_cidrs: one range, or one of each family".to_owned());
        }
        if let [a, b] = self.service_cidrs.as_slice()
            && a.addr().is_ipv4() == b.addr().is_ipv4()
        {
            mistakes.push("service_cidrs: two ranges must be of different families".to_owned());
        }
        let NodePorts { first, last, preferred } = self.node_ports;
        if first > last || first == 0 {
            mistakes.push("node_ports: must be a range that begins above 0".to_owned());
        } else if preferred.0 > preferred.1 || preferred.0 < first || preferred.1 > last {
            mistakes.push("node_ports: the preferred ones must lie within the range".to_owned());
        }
        mistakes
    }
}
