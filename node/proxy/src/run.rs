//! The loop: the newest snapshot, at most so often, until asked to stop.

use std::sync::Arc;
use std::time::Duration;

use stdx::Backoff;
use stdx::BackoffPolicy;
use stdx::Clock;
use stdx::Rng;
use supervise::Stop;
use tokio::sync::watch;

use crate::Applier;
use crate::Error;
use crate::HealthCheck;
use crate::ProxyConfig;
use crate::ServiceSnapshot;
use crate::plan;

const RETRY: BackoffPolicy = BackoffPolicy::doubling(Duration::from_millis(200), Duration::from_secs(30));

/// What the proxy is given besides its configuration.
#[derive(Clone)]
pub struct ProxyDeps {
    /// Time.
    pub clock: Clock,
    /// Jitter.
    pub rng: Rng,
}

/// The Service data plane as a component.
pub struct Proxy {
    config: ProxyConfig,
    deps: ProxyDeps,
    snapshots: watch::Receiver<Option<Arc<ServiceSnapshot>>>,
    status: watch::Sender<Status>,
}

/// Feeds the proxy and watches it; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    snapshots: Arc<watch::Sender<Option<Arc<ServiceSnapshot>>>>,
    status: watch::Receiver<Status>,
}

/// How the proxy does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Changes of the rules so far.
    pub syncs: u64,
    /// Failures so far.
    pub failures: u64,
    /// What the last change took.
    pub last_duration: Duration,
    /// Elements in all maps.
    pub elements: usize,
    /// The last failure, unless a change succeeded since.
    pub last_error: Option<String>,
    /// What load balancers are to be told.
    pub health_checks: Vec<HealthCheck>,
}

impl Proxy {
    /// Builds the component and the handle that feeds it.
    ///
    /// # Errors
    /// A wrong configuration.
    pub fn build(config: ProxyConfig, deps: ProxyDeps) -> Result<(Self, Handle), Error> {
        config.validate().map_err(|mistakes| Error::Config { mistakes })?;
        let (snapshots, receiver) = watch::channel(None);
        let (status, status_receiver) = watch::channel(Status::default());
        let proxy = Self { config, deps, snapshots: receiver, status };
        Ok((proxy, Handle { snapshots: Arc::new(snapshots), status: status_receiver }))
    }

    /// Runs until asked to stop. The rules stay: Services must work while the proxy restarts.
    pub async fn run(mut self, stop: Stop) {
        let mut applier = Applier::new(&self.config.cluster_id);
        let mut backoff = Backoff::new(RETRY, self.deps.rng.clone());
        loop {
            // Cancel-safe: a watch channel keeps its newest value.
            match stop.unless(self.snapshots.changed()).await {
                Some(Ok(())) => {}
                // Every handle is gone, or stopping was requested.
                Some(Err(_)) | None => return,
            }
            let Some(snapshot) = self.snapshots.borrow_and_update().clone() else { continue };
            let pause = match self.sync(&mut applier, &snapshot).await {
                Ok(()) => {
                    backoff.reset();
                    self.config.min_interval
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "Service rules not changed, trying again");
                    self.snapshots.mark_changed();
                    backoff.next_delay()
                }
            };
            if stop.unless(self.deps.clock.sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    async fn sync(&self, applier: &mut Applier, snapshot: &Arc<ServiceSnapshot>) -> Result<(), Error> {
        let started = self.deps.clock.instant();
        let (config, snapshot) = (self.config.clone(), snapshot.clone());
        let mut moved = std::mem::replace(applier, Applier::new(&self.config.cluster_id));
        let work = move || {
            let rules = plan(&snapshot, &config);
            let (elements, health_checks) = (rules.elements(), rules.health_checks.clone());
            let result = moved.apply(rules);
            (moved, result, elements, health_checks)
        };
        let (moved, result, elements, health_checks) = match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going away.
                Err(_) => return Ok(()),
            },
        };
        *applier = moved;
        self.status.send_modify(|status| {
            status.last_duration = started.elapsed();
            match &result {
                Ok(()) => {
                    status.syncs += 1;
                    status.last_error = None;
                    status.elements = elements;
                    status.health_checks = health_checks;
                }
                Err(error) => {
                    status.failures += 1;
                    status.last_error = Some(chain(error));
                }
            }
        });
        result
    }
}

impl Handle {
    /// Replaces the snapshot; one that was not acted upon yet is passed over.
    pub fn publish(&self, snapshot: ServiceSnapshot) {
        self.snapshots.send_replace(Some(Arc::new(snapshot)));
    }

    /// How the proxy does, now and on every change.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
