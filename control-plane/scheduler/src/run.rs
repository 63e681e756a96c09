//! The shell: informers in, bindings out.

use std::sync::Arc;

use api::Resource;
use api::value;
use client::Client;
use client::DeleteOptions;
use client::Informer;
use client::Informers;
use client::Precondition;
use client::Target;
use control::Elector;
use control::EventType;
use control::Recorder;
use parking_lot::Mutex;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::TaskKind;
use tokio::sync::Notify;
use tokio::sync::Semaphore;

use crate::Config;
use crate::Error;
use crate::plugins;
use crate::pod::PodInfo;
use crate::state::State;
use crate::state::Step;

static BINDING: TaskKind = TaskKind { name: "binding", rank: Rank::Controllers, on_end: OnEnd::Nothing };

/// What the scheduler is built from.
pub struct Deps {
    /// Acts as `system:kube-scheduler`.
    pub client: Client,
    /// The process's informers of pods, nodes and namespaces.
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
    pods: Informer,
    nodes: Informer,
    shared: Arc<Shared>,
    spawner: Spawner,
    rng: Rng,
    bindings: Arc<Semaphore>,
}

struct Shared {
    state: Mutex<State>,
    news: Notify,
    namespaces: Informer,
    client: Client,
    clock: Clock,
    recorder: Recorder,
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
        let (pods, nodes) = (deps.informers.get(row("pods")), deps.informers.get(row("nodes")));
        let recorder =
            Recorder::new(&config.scheduler_name, "", deps.client.clone(), deps.clock.clone(), &deps.spawner);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(&config, plugins::all())),
            news: Notify::new(),
            namespaces: deps.informers.get(row("namespaces")),
            client: deps.client,
            clock: deps.clock,
            recorder,
        });
        subscribe(&nodes, &shared, |state, change, now| state.node_changed(change, now));
        subscribe(&pods, &shared, |state, change, now| state.pod_changed(change, now));
        let bindings = Arc::new(Semaphore::new(config.parallel_bindings));
        Ok(Self { elector, pods, nodes, shared, spawner: deps.spawner, rng: deps.rng, bindings })
    }

    /// Waits for the Lease and schedules until it is lost or `stop` is requested. Losing the Lease
    /// while nobody asked to stop must stop the process: another leader works already. `stop` is
    /// that of `Rank::Controllers`.
    pub async fn run(mut self, stop: Stop) {
        if !self.elector.acquire(&stop).await {
            return;
        }
        let synced = async {
            tokio::join!(self.pods.synced(), self.nodes.synced(), self.shared.namespaces.synced());
        };
        if stop.unless(synced).await.is_none() {
            return;
        }
        let work = stop.child();
        let (shared, spawner, rng, bindings) = (&self.shared, &self.spawner, &self.rng, &self.bindings);
        let hold = async {
            self.elector.hold(&stop).await;
            work.request();
        };
        tokio::join!(hold, schedule(shared, spawner, rng, bindings, &work));
    }
}

/// One pod after the other, until stopped.
async fn schedule(
    shared: &Arc<Shared>,
    spawner: &Spawner,
    rng: &Rng,
    bindings: &Arc<Semaphore>,
    stop: &Stop,
) {
    loop {
        // Waiting for a permit keeps the decisions from running ahead of the API server.
        let Some(Ok(permit)) = stop.unless(bindings.clone().acquire_owned()).await else { return };
        match shared.step(rng) {
            Step::Wait(until) => {
                let due = async {
                    match until {
                        Some(at) => shared.clock.sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    // Every arm only leads to another look, so losing one loses nothing; the
                    // notification is kept until the next look.
                    () = shared.news.notified() => {}
                    () = due => {}
                    () = stop.requested() => return,
                }
            }
            Step::Bind(pod, node) => {
                let shared = shared.clone();
                spawner.spawn(&BINDING, pod.object.name().to_owned(), async move {
                    shared.bind(&pod, &node).await;
                    drop(permit);
                });
            }
            Step::Report(pod, message) => {
                let shared = shared.clone();
                spawner.spawn(&BINDING, pod.object.name().to_owned(), async move {
                    shared.report(&pod, &message, "").await;
                    drop(permit);
                });
            }
            Step::Preempt(pod, message, victims) => {
                let shared = shared.clone();
                spawner.spawn(&BINDING, pod.object.name().to_owned(), async move {
                    shared.report(&pod, &message, &victims.node).await;
                    for victim in &victims.pods {
                        shared.evict(victim, &pod, &victims.node).await;
                    }
                    drop(permit);
                });
            }
        }
    }
}

impl Shared {
    fn step(&self, rng: &Rng) -> Step {
        let namespace_of = |name: &str| self.namespaces.get("", name);
        let mut pick = |count: usize| rng.below(count as u64) as usize;
        self.state.lock().step(&namespace_of, &mut pick, self.clock.instant())
    }

    async fn bind(&self, pod: &PodInfo, node: &str) {
        let object = &pod.object;
        let body = value!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"namespace": object.namespace(), "name": object.name(), "uid": object.uid()},
            "target": {"kind": "Node", "name": node}
        });
        match self.client.post(target(object).sub("binding"), body).await {
            Ok(_) => {
                let message =
                    format!("Successfully assigned {}/{} to {node}", object.namespace(), object.name());
                self.recorder.record(object, EventType::Normal, "Scheduled", &message);
            }
            Err(error) => {
                tracing::warn!(pod = object.name(), namespace = object.namespace(), node, %error, "binding failed");
                self.state.lock().unbind(pod, self.clock.instant());
                self.news.notify_one();
                if !error.is_not_found() && !error.is_conflict() {
                    let message = format!("binding rejected: {error}");
                    self.recorder.record(object, EventType::Warning, "FailedScheduling", &message);
                }
            }
        }
    }

    /// Evicts a pod so that a more important one fits. What fails is tried again with the pod.
    async fn evict(&self, victim: &PodInfo, pod: &PodInfo, node: &str) {
        let object = &victim.object;
        let now = meta::time::seconds(self.clock.now());
        let patch = value!({"metadata": {"uid": object.uid()}, "status": {"conditions": [{
            "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
            "message": "default-scheduler: preempting to accommodate a higher priority pod",
            "lastTransitionTime": now
        }]}});
        let precondition = Precondition { uid: Some(object.uid().to_owned()), resource_version: None };
        let options = DeleteOptions { precondition, ..DeleteOptions::default() };
        let result = async {
            self.client.strategic_patch(target(object).sub("status"), &patch).await?;
            self.client.delete(target(object), options).await
        };
        match result.await {
            Ok(()) => {
                let message = format!("Preempted by pod {} on node {node}", pod.object.uid());
                self.recorder.record(object, EventType::Normal, "Preempted", &message);
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                tracing::warn!(pod = object.name(), namespace = object.namespace(), %error, "preemption failed");
                self.state.lock().retry_all(self.clock.instant());
                self.news.notify_one();
            }
        }
    }

    /// Tells why a pod has no node: an event, and the condition `PodScheduled`. `nominated` is the
    /// node on which room is being made, if there is one.
    async fn report(&self, pod: &PodInfo, message: &str, nominated: &str) {
        let object = &pod.object;
        self.recorder.record(object, EventType::Warning, "FailedScheduling", message);
        let conditions = object.value()["status"]["conditions"].items();
        let told = conditions.iter().any(|c| {
            c["type"].as_str() == Some("PodScheduled")
                && c["status"].as_str() == Some("False")
                && c["message"].as_str() == Some(message)
        });
        if told && nominated == object.value()["status"]["nominatedNodeName"].str_or_empty() {
            return;
        }
        let now = meta::time::seconds(self.clock.now());
        let mut patch = value!({
            "metadata": {"uid": object.uid()},
            "status": {"conditions": [{
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                "lastTransitionTime": now,
                "observedGeneration": object.value()["metadata"]["generation"].as_i64()
            }]}
        });
        if !nominated.is_empty() {
            patch.set(&["status", "nominatedNodeName"], nominated);
        }
        if let Err(error) = self.client.strategic_patch(target(object).sub("status"), &patch).await {
            // The pod may be gone; if not, the next attempt tells it again.
            tracing::debug!(pod = object.name(), %error, "condition not written");
        }
    }
}

fn subscribe(
    informer: &Informer,
    shared: &Arc<Shared>,
    apply: fn(&mut State, &client::Change<'_>, tokio::time::Instant),
) {
    let shared = shared.clone();
    informer.subscribe(move |change| {
        apply(&mut shared.state.lock(), change, shared.clock.instant());
        shared.news.notify_one();
    });
}

fn target(pod: &api::Object) -> Target {
    Target::object(row("pods"), pod.namespace(), pod.name())
}

fn row(name: &str) -> &'static Resource {
    Resource::find("", "v1", name).expect("a row of the table")
}
