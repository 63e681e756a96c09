//! DaemonSet: one pod on every node that is to have it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::selector;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use futures_util::future::join_all;
use parking_lot::Mutex;
use stdx::BackoffPolicy;
use stdx::Clock;
use tokio::time::Instant;

use super::claim::claim;
use super::claim::target;
use super::daemonset_plan::Plan;
use super::daemonset_plan::Snapshot;
use super::daemonset_plan::place;
use super::daemonset_plan::plan;
use super::daemonset_plan::status;
use super::daemonset_plan::template_for;
use super::history::History;
use super::history::hash_of;
use super::overlay::Overlay;
use super::pods;
use super::pods::BY_CONTROLLER;
use super::pods::PodControl;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_controlled;
use crate::context::wake_for_own;
use crate::objects::is_deleting;
use crate::objects::same_status;

const NAME: &str = "daemon-set-controller";
const WORKERS: usize = 2;
/// Most pods made or ended in one reconcile, as upstream.
const BURST: usize = 250;
/// A kubelet that keeps refusing a pod must not be asked in a loop.
const FAILED: BackoffPolicy = BackoffPolicy {
    initial: Duration::from_secs(1),
    max: Duration::from_secs(15 * 60),
    factor: 2.0,
    jitter: 0.0,
};

struct Controller {
    sets: Informer,
    pods: Informer,
    nodes: Informer,
    overlay: Overlay,
    history: History,
    client: Client,
    control: PodControl,
    clock: Clock,
    /// How often the pod of a set failed on a node, and when it may be replaced again.
    failures: Mutex<HashMap<(String, String), (u32, Instant)>>,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (sets, pods) = (context.informer("apps", "daemonsets"), context.informer("", "pods"));
    let nodes = context.informer("", "nodes");
    pods.add_index(BY_CONTROLLER, pods::controller_bucket);
    let queue = context.queue();
    wake_for_own(&sets, &queue);
    wake_for_controlled(&pods, &queue, "DaemonSet");
    let (wake, all) = (queue.clone(), sets.clone());
    nodes.subscribe(move |change: &Change<'_>| {
        for set in all.list() {
            let before = change.old.map(|node| place(&set, node));
            if before != change.new.map(|node| place(&set, node)) {
                wake.add(Key::of(&set), "node changed");
            }
        }
    });
    let client = context.client(NAME);
    let overlay = Overlay::new(&pods);
    let history = History::new(context.informer("apps", "controllerrevisions"), client.clone());
    let control = PodControl { client: client.clone(), recorder: context.recorder(NAME) };
    let clock = context.deps.clock.clone();
    let failures = Mutex::default();
    let controller = Controller { sets, pods, nodes, overlay, history, client, control, clock, failures };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name).filter(|set| !is_deleting(set)) else {
            return Ok(Outcome::Done);
        };
        let Some(selector) = selector::labels(&set.value()["spec"]["selector"]) else {
            return Ok(Outcome::Done);
        };
        let revisions = match self.history.sync(&set).await {
            Err(error) if pods::is_terminating(&error) => return Ok(Outcome::Done),
            result => result?,
        };
        let mut candidates = self.pods.indexed(BY_CONTROLLER, set.uid());
        candidates.extend(self.pods.indexed(BY_CONTROLLER, &pods::orphan_bucket(set.namespace())));
        let candidates = self.overlay.apply(set.uid(), candidates, |pod| !is_deleting(pod));
        let owned = claim(&set, &selector, candidates, pods::is_active).settle(&self.client, &set).await?;
        let nodes = self.nodes.list();
        let hash = hash_of(&revisions.current);
        let snapshot = Snapshot { set: &set, nodes: &nodes, pods: &owned, hash, now: self.clock.now() };
        let mut plan = plan(&snapshot);
        let wait = self.hold_back(&set, &mut plan);
        let managed = self.execute(&set, hash, &plan).await;
        let used: Vec<String> =
            owned.iter().filter_map(|pod| pod.label(super::history::HASH_LABEL)).map(str::to_owned).collect();
        self.history.trim(&set, &revisions, &used).await?;
        let status = status(&snapshot, revisions.collisions);
        if !same_status(&set.value()["status"], &status) {
            let mut body = set.value().clone();
            body.set(&["status"], status);
            self.client.update(target(&set).sub("status"), body).await?;
        }
        match managed {
            Err(error) if pods::is_terminating(&error) => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(wait.or(self.min_ready(&set, &owned)).map_or(Outcome::Done, Outcome::RequeueAfter)),
        }
    }
}

impl Controller {
    /// Moves failed pods whose back-off is over to those that go; returns how long the others wait.
    fn hold_back(&self, set: &Object, plan: &mut Plan) -> Option<Duration> {
        let now = self.clock.instant();
        let mut failures = self.failures.lock();
        let mut wait: Option<Duration> = None;
        for pod in std::mem::take(&mut plan.failed) {
            let key = (set.uid().to_owned(), pod.value()["spec"]["nodeName"].str_or_empty().to_owned());
            let (count, free) = failures.get(&key).copied().unwrap_or((0, now));
            if free > now {
                let left = free - now;
                wait = Some(wait.map_or(left, |known| known.min(left)));
                continue;
            }
            // A node on which it ran well for long starts again from the shortest wait.
            let count = if now.duration_since(free) > FAILED.max * 2 { 0 } else { count };
            failures.insert(key, (count + 1, now + FAILED.delay(count)));
            plan.delete.push(pod);
        }
        wait
    }

    async fn execute(&self, set: &Arc<Object>, hash: &str, plan: &Plan) -> Result<(), client::Error> {
        let ends = plan.delete.iter().take(BURST).map(|pod| async {
            self.control.delete(set, pod).await?;
            self.overlay.ended(set.uid(), pod.uid());
            Ok(())
        });
        join_all(ends).await.into_iter().collect::<Result<(), client::Error>>()?;
        let (mut rest, mut batch) = (&plan.create[..plan.create.len().min(BURST)], 1);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch.min(rest.len()));
            let creations = now.iter().map(|node| async {
                let body = pods::from_template(set, &template_for(set, node, hash));
                let pod = self.control.create(set, body).await?;
                self.overlay.made(set.uid(), pod);
                Ok(())
            });
            join_all(creations).await.into_iter().collect::<Result<(), client::Error>>()?;
            rest = later;
            batch *= 2;
        }
        Ok(())
    }

    /// When the next pod becomes available without anybody telling.
    fn min_ready(&self, set: &Object, owned: &[Arc<Object>]) -> Option<Duration> {
        let seconds = set.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
        let now = self.clock.now();
        let waits = owned.iter().filter_map(|pod| pods::availability(pod, seconds, now).err().flatten());
        waits.min().and_then(|wait| Duration::try_from(wait).ok())
    }
}
