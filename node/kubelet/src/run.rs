//! The kubelet as a whole: what it is built from, and its main loop.

use std::sync::Arc;

use client::Client;
use client::Informers;
use control::Recorder;
use images::ImageStore;
use network::PodNetwork;
use runtime::Runtime;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::TaskKind;

use crate::config::Config;
use crate::error::Error;
use crate::node::Machine;
use crate::node::NodeReporter;

static NODE: TaskKind = TaskKind { name: "node reporter", rank: Rank::Kubelet, on_end: OnEnd::StopProcess };

/// What the kubelet is given besides its configuration.
#[derive(Clone)]
pub struct Deps {
    /// Calls the API as this node (`system:node:<name>`, group `system:nodes`).
    pub client: Client,
    /// Informers over that client.
    pub informers: Informers,
    /// Runs containers.
    pub runtime: Arc<dyn Runtime>,
    /// Holds images.
    pub images: ImageStore,
    /// Connects pods.
    pub network: PodNetwork,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// Spawns tasks.
    pub spawner: Spawner,
    /// The certificate of the kubelet's API; it must bear the node's name and addresses.
    pub credential: Arc<pki::Rotating>,
    /// Issuers of client certificates that the kubelet's API trusts.
    pub client_authorities: pki::CaBundle,
}

/// A kubelet that is ready to run.
pub struct Kubelet {
    config: Arc<Config>,
    deps: Deps,
    recorder: Recorder,
    network_ready: tokio::sync::watch::Sender<bool>,
}

impl Kubelet {
    /// Checks the configuration and makes the directories.
    ///
    /// # Errors
    /// A wrong configuration, or directories that cannot be made.
    pub async fn build(config: Config, deps: Deps) -> Result<Self, Error> {
        config.validate().map_err(|mistakes| Error::Config { mistakes })?;
        for dir in [&config.root_dir.join("pods"), &config.log_dir] {
            std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        }
        let recorder = Recorder::new(
            "kubelet",
            &config.node_name,
            deps.client.clone(),
            deps.clock.clone(),
            &deps.spawner,
        );
        let network_ready = tokio::sync::watch::Sender::new(false);
        Ok(Self { config: Arc::new(config), deps, recorder, network_ready })
    }

    /// Registers the node and runs its pods until told to stop. Containers go on.
    pub async fn run(self, stop: Stop) {
        let reporter = Arc::new(NodeReporter {
            config: self.config.clone(),
            client: self.deps.client.clone(),
            clock: self.deps.clock.clone(),
            machine: Machine::read(),
            runtime: self.deps.runtime.clone(),
            images: self.deps.images.clone(),
            network_ready: self.network_ready.subscribe(),
        });
        let Some(node) = reporter.register(&stop).await else { return };
        let spawner = &self.deps.spawner;
        spawner.spawn(&NODE, "lease", reporter.clone().heartbeat(node.uid().to_owned(), stop.clone()));
        spawner.spawn(&NODE, "status", reporter.report(stop.clone()));
        self.recorder.record(&node, control::EventType::Normal, "Starting", "Starting kubelet.");
        stop.requested().await;
    }
}
