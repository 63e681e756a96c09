//! What can be chosen.

use std::time::Duration;

use control::ElectionConfig;

use crate::Error;

/// The configuration of the scheduler; the defaults are upstream's.
#[derive(Clone, Debug)]
pub struct Config {
    /// The election by which one of several schedulers works.
    pub election: ElectionConfig,
    /// Pods that name this scheduler are ours.
    pub scheduler_name: String,
    /// How long a pod that fits nowhere waits at first, before it is tried again.
    pub initial_backoff: Duration,
    /// The longest such wait.
    pub max_backoff: Duration,
    /// A pod that fits nowhere is tried again after this long even if nothing happened.
    pub unschedulable_timeout: Duration,
    /// Share of the nodes (in percent) that must be found feasible before the search ends; zero: a
    /// share that falls with the size of the cluster.
    pub percentage_of_nodes_to_score: u8,
    /// Most bindings on their way to the API server at one time.
    pub parallel_bindings: usize,
}

impl Config {
    /// The defaults, for a process that calls itself `identity` in the election.
    pub fn new(identity: &str) -> Self {
        Self {
            election: ElectionConfig::new("kube-system", "kube-scheduler", identity),
            scheduler_name: "default-scheduler".to_owned(),
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(10),
            unschedulable_timeout: Duration::from_secs(300),
            percentage_of_nodes_to_score: 0,
            parallel_bindings: 256,
        }
    }

    /// Every mistake, at once.
    ///
    /// # Errors
    /// [`Error::Config`] with one sentence per mistake, each beginning with the field.
    pub fn validate(&self) -> Result<(), Error> {
        let mut mistakes = Vec::new();
        if self.scheduler_name.is_empty() {
            mistakes.push("scheduler_name: must not be empty".to_owned());
        }
        if self.percentage_of_nodes_to_score > 100 {
            mistakes.push("percentage_of_nodes_to_score: must not be above 100".to_owned());
        }
        if self.initial_backoff.is_zero() || self.max_backoff < self.initial_backoff {
            mistakes.push("initial_backoff: must be above zero and not above max_backoff".to_owned());
        }
        if self.parallel_bindings == 0 {
            mistakes.push("parallel_bindings: must be above zero".to_owned());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(Error::Config(mistakes)) }
    }
}
