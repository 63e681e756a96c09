//! The shell: informers in, bindings out.

use client::Client;
use client::Informers;
use control::Elector;
use stdx::Clock;
use stdx::Rng;
use supervise::Spawner;
use supervise::Stop;

use crate::Config;
use crate::Error;

/// What the scheduler is built from.
pub struct Deps {
    /// Acts as `system:kube-scheduler`.
    pub client: Client,
    /// The process's informers of pods and nodes.
    pub informers: Informers,
    /// Time.
    pub clock: Clock,
    /// Chance: which of several best nodes is taken.
    pub rng: Rng,
    /// Owner of every task.
    pub spawner: Spawner,
}

/// The scheduler, built but not yet working.
pub struct Scheduler {
    elector: Elector,
    informers: Informers,
}

impl Scheduler {
    /// Builds it. Its informers start at once (so this must be called on a tokio runtime); nothing is
    /// written before [`Scheduler::run`].
    ///
    /// # Errors
    /// [`Error::Config`] where the configuration is wrong.
    pub fn build(config: Config, deps: Deps) -> Result<Self, Error> {
        config.validate()?;
        let elector = Elector::new(config.election.clone(), deps.client.clone(), deps.clock.clone());
        Ok(Self { elector, informers: deps.informers })
    }

    /// Waits for the Lease and schedules until it is lost or `stop` is requested. Losing the Lease
    /// while nobody asked to stop must stop the process: another leader works already. `stop` is
    /// that of `Rank::Controllers`.
    pub async fn run(mut self, stop: Stop) {
        if !self.elector.acquire(&stop).await || stop.unless(self.informers.synced()).await.is_none() {
            return;
        }
        self.elector.hold(&stop).await;
    }
}
