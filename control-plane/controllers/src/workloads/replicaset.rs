//! ReplicaSet and ReplicationController: keep so many pods of a template.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::WorkQueue;
use futures_util::future::join_all;
use meta::LabelSelector;
use stdx::Clock;

use super::claim::claim;
use super::claim::target;
use super::overlay::Overlay;
use super::pods;
use super::pods::BY_CONTROLLER;
use super::pods::PodControl;
use super::replicaset_plan::Plan;
use super::replicaset_plan::Snapshot;
use super::replicaset_plan::plan;
use super::replicaset_plan::status;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_controlled;
use crate::context::wake_for_own;
use crate::objects::controller_of;
use crate::objects::same_status;

const WORKERS: usize = 5;

/// What differs between the two kinds.
struct Variant {
    name: &'static str,
    kind: &'static str,
    group: &'static str,
    resource: &'static str,
    selector: fn(&Value) -> Option<LabelSelector>,
    tells_terminating: bool,
}

static REPLICA_SET: Variant = Variant {
    name: "replicaset-controller",
    kind: "ReplicaSet",
    group: "apps",
    resource: "replicasets",
    selector: selector::labels,
    tells_terminating: true,
};

static REPLICATION_CONTROLLER: Variant = Variant {
    name: "replication-controller",
    kind: "ReplicationController",
    group: "",
    resource: "replicationcontrollers",
    selector: selector::label_map,
    tells_terminating: false,
};

struct Controller {
    variant: &'static Variant,
    sets: Informer,
    pods: Informer,
    overlay: Overlay,
    client: Client,
    control: PodControl,
    clock: Clock,
}

/// The controller of ReplicaSets.
pub(crate) fn replica_sets(context: &Context<'_>) -> Vec<Part> {
    build(context, &REPLICA_SET)
}

/// The controller of ReplicationControllers.
pub(crate) fn replication_controllers(context: &Context<'_>) -> Vec<Part> {
    build(context, &REPLICATION_CONTROLLER)
}

fn build(context: &Context<'_>, variant: &'static Variant) -> Vec<Part> {
    let (sets, pods) = (context.informer(variant.group, variant.resource), context.informer("", "pods"));
    pods.add_index(BY_CONTROLLER, pods::controller_bucket);
    sets.add_index(BY_CONTROLLER, pods::controller_bucket);
    let queue = context.queue();
    let overlay = Overlay::new(&pods);
    wake_for_own(&sets, &queue);
    wake_for_controlled(&pods, &queue, variant.kind);
    wake_for_orphans(&pods, &sets, &queue, variant.selector);
    let client = context.client(variant.name);
    let control = PodControl { client: client.clone(), recorder: context.recorder(variant.name) };
    let clock = context.deps.clock.clone();
    let controller = Controller { variant, sets, pods, overlay, client, control, clock };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

/// An orphan concerns every set of its namespace that selects it.
fn wake_for_orphans(
    pods: &Informer,
    sets: &Informer,
    queue: &WorkQueue,
    selector: fn(&Value) -> Option<LabelSelector>,
) {
    let (sets, queue) = (sets.clone(), queue.clone());
    pods.subscribe(move |change: &Change<'_>| {
        let Some(pod) = change.new.filter(|pod| controller_of(pod).is_none()) else { return };
        if change
            .old
            .is_some_and(|old| controller_of(old).is_none() && old.index().labels == pod.index().labels)
        {
            return;
        }
        for set in sets.list_in(pod.namespace()) {
            if selector(&set.value()["spec"]["selector"]).is_some_and(|s| pod.index().matches_labels(&s)) {
                queue.add(Key::of(&set), "orphan matches");
            }
        }
    });
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        self.variant.name
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        let Some(selector) = (self.variant.selector)(&set.value()["spec"]["selector"]) else {
            return Ok(Outcome::Done);
        };
        let mut candidates = self.pods.indexed(BY_CONTROLLER, set.uid());
        candidates.extend(self.pods.indexed(BY_CONTROLLER, &pods::orphan_bucket(set.namespace())));
        let candidates = self.overlay.apply(set.uid(), candidates, pods::is_active);
        let owned = claim(&set, &selector, candidates, pods::is_active).settle(&self.client, &set).await?;
        let related = self.related(&set, &owned);
        let snapshot = Snapshot {
            set: &set,
            pods: &owned,
            related: &related,
            tells_terminating: self.variant.tells_terminating,
            now: self.clock.now(),
        };
        let plan = plan(&snapshot);
        let managed = self.execute(&set, &plan).await;
        let failure = managed.as_ref().err().map(ToString::to_string);
        self.write_status(&set, status(&snapshot, failure.as_deref())).await?;
        match managed {
            // Nothing can be made in a namespace that is going away: trying again is of no use.
            Err(error) if pods::is_terminating(&error) => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(plan.look_again.map_or(Outcome::Done, Outcome::RequeueAfter)),
        }
    }
}

impl Controller {
    /// Active pods of the set and of every set with the same owner.
    fn related(&self, set: &Object, owned: &[Arc<Object>]) -> Vec<Arc<Object>> {
        let mut related = owned.to_vec();
        if let Some(owner) = controller_of(set) {
            for sibling in self.sets.indexed(BY_CONTROLLER, owner.uid()) {
                if sibling.uid() != set.uid() {
                    related.extend(self.pods.indexed(BY_CONTROLLER, sibling.uid()));
                }
            }
        }
        related.retain(|pod| pods::is_active(pod));
        related
    }

    async fn execute(&self, set: &Arc<Object>, plan: &Plan) -> Result<(), client::Error> {
        self.create(set, plan.create).await?;
        let ends = plan.delete.iter().map(|pod| async {
            self.control.delete(set, pod).await?;
            self.overlay.ended(set.uid(), pod.uid());
            Ok(())
        });
        join_all(ends).await.into_iter().collect()
    }

    /// Makes pods in batches of growing size, so that a mistake in the template or a quota costs few
    /// failed calls.
    async fn create(&self, set: &Arc<Object>, count: usize) -> Result<(), client::Error> {
        let (mut left, mut batch) = (count, 1);
        while left > 0 {
            let size = batch.min(left);
            let creations = (0..size).map(|_| async {
                let body = pods::from_template(set, &set.value()["spec"]["template"]);
                let pod = self.control.create(set, body).await?;
                self.overlay.made(set.uid(), pod);
                Ok(())
            });
            join_all(creations).await.into_iter().collect::<Result<(), client::Error>>()?;
            left -= size;
            batch *= 2;
        }
        Ok(())
    }

    async fn write_status(&self, set: &Arc<Object>, status: Value) -> Result<(), Error> {
        if same_status(&set.value()["status"], &status) {
            return Ok(());
        }
        let mut body = set.value().clone();
        body.set(&["status"], status);
        match self.client.update(target(set).sub("status"), body).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
