//! What can be chosen.

use std::time::Duration;

use control::ElectionConfig;
use ipnet::IpNet;

use crate::Error;

/// The configuration of every controller; the defaults are upstream's.
#[derive(Clone, Debug)]
pub struct Config {
    /// The election by which one of several controller managers works.
    pub election: ElectionConfig,
    /// The certificates that clients of the API server trust, in PEM: published in every namespace.
    pub ca_certificate_pem: String,
    /// Where the address ranges of nodes come from; `None`: somebody else assigns them.
    pub cluster_cidr: Option<IpNet>,
    /// The prefix length of one node's address range.
    pub node_cidr_prefix: u8,
    /// How long a node may be silent before it counts as unreachable.
    pub node_monitor_grace_period: Duration,
    /// How often nodes are looked at.
    pub node_monitor_period: Duration,
    /// How many ended pods are kept before the oldest are deleted.
    pub terminated_pod_threshold: usize,
}

impl Config {
    /// The defaults, for a process that calls itself `identity` in the election.
    pub fn new(identity: &str) -> Self {
        Self {
            election: ElectionConfig::new("kube-system", "kube-controller-manager", identity),
            ca_certificate_pem: String::new(),
            cluster_cidr: None,
            node_cidr_prefix: 24,
            node_monitor_grace_period: Duration::from_secs(40),
            node_monitor_period: Duration::from_secs(5),
            terminated_pod_threshold: 12_500,
        }
    }

    /// Every mistake, at once.
    ///
    /// # Errors
    /// [`Error::Config`] with one sentence per mistake, each beginning with the field.
    pub fn validate(&self) -> Result<(), Error> {
        let mut mistakes = Vec::new();
        if self.election.identity.is_empty() {
            mistakes.push("election.identity: must not be empty".to_owned());
        }
        if let Some(cidr) = &self.cluster_cidr {
            let longest = cidr.max_prefix_len();
            if self.node_cidr_prefix < cidr.prefix_len() || self.node_cidr_prefix > longest {
                mistakes.push(format!(
                    "node_cidr_prefix: must lie between {} (that of {cidr}) and {longest}, not {}",
                    cidr.prefix_len(),
                    self.node_cidr_prefix
                ));
            }
        }
        if self.node_monitor_period.is_zero() {
            mistakes.push("node_monitor_period: must not be zero".to_owned());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(Error::Config(mistakes)) }
    }
}
