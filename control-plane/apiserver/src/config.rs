//! What the API server is told.

use std::time::Duration;

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
    /// How much is done at once, and how long it may take.
    pub limits: Limits,
}

/// How much the API server does at once, and how long it may take. The defaults are upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seats for requests that read. Together with those for requests that write they are what the
    /// priority levels share (`--max-requests-inflight`).
    pub requests_in_flight: u32,
    /// Seats for requests that write (`--max-mutating-requests-inflight`).
    pub mutating_requests_in_flight: u32,
    /// How long a request may take that is not a watch or a session (`--request-timeout`).
    pub request_timeout: Duration,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Bytes of request bodies that are in memory at once, of all requests together; a request whose
    /// body finds no room is told to come back (429). While it is
    /// decoded, a body takes up to 28 times as much.
    pub bodies_bytes: usize,
    /// Bytes of past changes that watches may begin with, of all resources together; what is older
    /// is forgotten earlier, and a watch that begins there is told so (410).
    pub windows_bytes: usize,
    /// Bytes of changes that wait for watchers, of all watches together. Beyond them a watch that does
    /// not keep up ends, and its client begins again where it was.
    pub backlogs_bytes: usize,
    /// Time between two compactions of the store's history (`--etcd-compaction-interval`): old versions,
    /// and with them continue tokens, last for one to two of these.
    pub compaction_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_in_flight: 400,
            mutating_requests_in_flight: 200,
            request_timeout: Duration::from_secs(60),
            // What etcd takes, with some room.
            max_body_bytes: 3 << 20,
            bodies_bytes: 128 << 20,
            windows_bytes: 128 << 20,
            backlogs_bytes: 128 << 20,
            compaction_interval: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// All seats.
    pub(crate) fn seats(&self) -> u32 {
        self.requests_in_flight.saturating_add(self.mutating_requests_in_flight)
    }
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
        if self.limits.seats() == 0 {
            mistakes.push("limits: at least one request must be let in at once".to_owned());
        }
        if self.limits.bodies_bytes < self.limits.max_body_bytes {
            mistakes.push("limits.bodies_bytes: the largest body must find room".to_owned());
        }
        if self.limits.request_timeout < Duration::from_secs(1) {
            mistakes.push("limits.request_timeout: at least one second".to_owned());
        }
        mistakes
    }
}
