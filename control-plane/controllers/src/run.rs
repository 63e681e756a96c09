//! Building every controller of the table, and running them while we lead.

use std::sync::Arc;

use client::Client;
use client::Informers;
use control::Elector;
use stdx::Clock;
use stdx::Rng;
use supervise::Spawner;
use supervise::Stop;

use crate::Config;
use crate::Error;
use crate::context::Context;
use crate::context::Part;
use crate::table::CONTROLLERS;

/// What the controllers are built from.
pub struct Deps {
    /// Makes a client that acts as the service account of this name in `kube-system`.
    pub clients: Arc<dyn Fn(&'static str) -> Client + Send + Sync>,
    /// Holds the Lease: acts as `system:kube-controller-manager`.
    pub client: Client,
    /// The process's informers; what reads through them may list and watch everything.
    pub informers: Informers,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// Owner of every task.
    pub spawner: Spawner,
}

/// Every controller, built but not yet working.
pub struct Controllers {
    elector: Elector,
    informers: Informers,
    spawner: Spawner,
    parts: Vec<Part>,
}

impl Controllers {
    /// Builds every controller of the table. Their informers start at once (so this must be called
    /// on a tokio runtime); nothing is written before [`Controllers::run`].
    ///
    /// # Errors
    /// [`Error::Config`] where the configuration is wrong.
    pub fn build(config: Config, deps: Deps) -> Result<Self, Error> {
        config.validate()?;
        let context = Context { config: &config, deps: &deps };
        let mut parts = Vec::new();
        for row in CONTROLLERS {
            tracing::debug!(controller = row.name, "building");
            parts.extend((row.build)(&context));
        }
        let elector = Elector::new(config.election.clone(), deps.client.clone(), deps.clock.clone());
        Ok(Self { elector, informers: deps.informers, spawner: deps.spawner, parts })
    }

    /// Waits for the Lease and works until it is lost or `stop` is requested. Losing the Lease while
    /// nobody asked to stop must stop the process: another leader works already. `stop` is that of
    /// `Rank::Controllers`.
    pub async fn run(mut self, stop: Stop) {
        if !self.elector.acquire(&stop).await || stop.unless(self.informers.synced()).await.is_none() {
            return;
        }
        for part in self.parts {
            control::run(&self.spawner, &part.queue, part.controller, part.workers);
        }
        self.elector.hold(&stop).await;
    }
}
