//! What the DNS server is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Cluster DNS on this node.
#[derive(Clone, Debug)]
pub struct DnsConfig {
    /// Where to listen, UDP and TCP. Single addresses, not `0.0.0.0`: an answer must come from the
    /// address that was asked. They need not exist yet.
    pub listen: Vec<SocketAddr>,
    /// Where everything outside the cluster's zone goes.
    pub upstream: Upstream,
    /// UDP sockets per address; the kernel spreads clients over them.
    pub workers: usize,
    /// How long one upstream resolver may take.
    pub upstream_timeout: Duration,
    /// Questions under way to upstream resolvers; more are refused.
    pub relays_max: usize,
    /// Open TCP connections; more wait to be accepted.
    pub connections_max: usize,
}

/// Resolvers outside the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// The `nameserver` lines of a resolv.conf(5), read again when it changes.
    ResolvConf(PathBuf),
    /// These.
    Servers(Vec<SocketAddr>),
}

impl DnsConfig {
    /// Defaults for these addresses.
    pub fn new(listen: Vec<SocketAddr>, upstream: Upstream) -> Self {
        Self {
            listen,
            upstream,
            workers: 2,
            upstream_timeout: Duration::from_secs(2),
            relays_max: 1000,
            connections_max: 200,
        }
    }

    /// Every mistake with its path.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        if self.listen.is_empty() {
            mistakes.push("dns.listen: at least one address is needed".to_owned());
        }
        for (i, address) in self.listen.iter().enumerate() {
            if address.ip().is_unspecified() {
                mistakes.push(format!("dns.listen[{i}]: {address} must be a single address"));
            }
        }
        for (name, value) in [
            ("workers", self.workers),
            ("relaysMax", self.relays_max),
            ("connectionsMax", self.connections_max),
        ] {
            if value == 0 {
                mistakes.push(format!("dns.{name}: must be at least 1"));
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }
}
