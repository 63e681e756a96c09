//! What the API server is told.

use ipnet::IpNet;

/// Settings of the API server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer of service-account tokens, and the audience they are for by default.
    pub issuer: String,
    /// Where cluster IPs come from: one range, or one of each family.
    pub service_cidrs: Vec<IpNet>,
    /// Node ports, inclusive.
    pub node_ports: (u16, u16),
    /// The cluster's DNS domain.
    pub cluster_domain: String,
    /// The address and port that clients outside the cluster reach us at.
    pub advertise: std::net::SocketAddr,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
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
        if self.node_ports.0 > self.node_ports.1 || self.node_ports.0 == 0 {
            mistakes.push("node_ports: must be a range that begins above 0".to_owned());
        }
        mistakes
    }
}
