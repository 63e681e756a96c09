//! Deployment: replaces one ReplicaSet by another, a few pods at a time.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use client::Change;
use client::Client;
use client::Informer;
use client::Target;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::Recorder;
use control::WorkQueue;
use stdx::Clock;

use super::claim::claim;
use super::claim::target;
use super::deployment_plan::Op;
use super::deployment_plan::REVISION;
use super::deployment_plan::Snapshot;
use super::deployment_plan::plan;
use super::deployment_plan::split;
use super::deployment_status;
use super::pods;
use super::pods::BY_CONTROLLER;
use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::wake_for_controlled;
use crate::context::wake_for_own;
use crate::objects::controller_of;

const NAME: &str = "deployment-controller";
const WORKERS: usize = 5;

struct Controller {
    deployments: Informer,
    sets: Informer,
    pods: Informer,
    client: Client,
    recorder: Recorder,
    clock: Clock,
}

/// The controller of Deployments.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let deployments = context.informer("apps", "deployments");
    let (sets, pods) = (context.informer("apps", "replicasets"), context.informer("", "pods"));
    sets.add_index(BY_CONTROLLER, pods::controller_bucket);
    pods.add_index(BY_CONTROLLER, pods::controller_bucket);
    let queue = context.queue();
    wake_for_own(&deployments, &queue);
    wake_for_controlled(&sets, &queue, "Deployment");
    wake_for_orphans(&sets, &deployments, &queue);
    wake_for_last_pods(&pods, &sets, &queue);
    let controller = Controller {
        deployments,
        sets,
        pods,
        client: context.client(NAME),
        recorder: context.recorder(NAME),
        clock: context.deps.clock.clone(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

/// An orphaned ReplicaSet concerns every Deployment of its namespace that selects it.
fn wake_for_orphans(sets: &Informer, deployments: &Informer, queue: &WorkQueue) {
    let (deployments, queue) = (deployments.clone(), queue.clone());
    sets.subscribe(move |change: &Change<'_>| {
        let Some(set) = change.new.filter(|set| controller_of(set).is_none()) else { return };
        for deployment in deployments.list_in(set.namespace()) {
            let selects = selector::labels(&deployment.value()["spec"]["selector"]);
            if selects.is_some_and(|s| set.index().matches_labels(&s)) {
                queue.add(Key::of(&deployment), "orphan matches");
            }
        }
    });
}

/// A Deployment that recreates waits until the last old pod is gone.
fn wake_for_last_pods(pods: &Informer, sets: &Informer, queue: &WorkQueue) {
    let (sets, queue) = (sets.clone(), queue.clone());
    pods.subscribe(move |change: &Change<'_>| {
        let ended = change.new.is_none_or(|pod| pods::has_ended(pod));
        let Some(pod) = change.old.filter(|_| ended) else { return };
        let Some(set) = controller_of(pod).and_then(|owner| sets.get(pod.namespace(), owner.name())) else {
            return;
        };
        if let Some(owner) = controller_of(&set) {
            queue.add(Key::new(set.namespace(), owner.name()), "pod ended");
        }
    });
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(deployment) = self.deployments.get(&key.namespace, &key.name) else {
            return Ok(Outcome::Done);
        };
        let Some(selector) = selector::labels(&deployment.value()["spec"]["selector"]) else {
            return Ok(Outcome::Done);
        };
        let mut candidates = self.sets.indexed(BY_CONTROLLER, deployment.uid());
        candidates.extend(self.sets.indexed(BY_CONTROLLER, &pods::orphan_bucket(deployment.namespace())));
        let sets =
            claim(&deployment, &selector, candidates, |_| true).settle(&self.client, &deployment).await?;
        let live = |set: &Arc<Object>| {
            self.pods.indexed(BY_CONTROLLER, set.uid()).iter().any(|pod| !pods::has_ended(pod))
        };
        let running = sets.iter().filter(|set| live(set)).map(|set| set.uid().to_owned()).collect();
        let snapshot = Snapshot { deployment: deployment.clone(), sets, running, now: self.clock.now() };
        let plan = plan(&snapshot);
        let mut status = plan.status;
        let mut result = Ok(());
        let mut current = deployment.clone();
        for op in plan.ops {
            match self.execute(&mut current, &op).await {
                Ok(()) => {}
                Err(error) => {
                    if let Op::Create(set) = &op {
                        status = self.creation_failed(&snapshot, set, &error);
                    }
                    result = Err(error);
                    break;
                }
            }
        }
        // After a failed step the old status stands, but for the reason of the failure.
        let conflict = result.as_ref().err().is_some_and(client::Error::is_conflict);
        if !conflict && deployment_status::differs(&current, &status) {
            self.write_status(&current, status).await?;
        }
        match result {
            Err(error) if pods::is_terminating(&error) => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(plan.look_again.map_or(Outcome::Done, Outcome::RequeueAfter)),
        }
    }
}

impl Controller {
    async fn execute(&self, deployment: &mut Arc<Object>, op: &Op) -> Result<(), client::Error> {
        match op {
            Op::Create(set) => {
                let created = self.client.create(row("apps", "replicasets"), set.clone()).await?;
                let replicas = set["spec"]["replicas"].as_i64().unwrap_or(0);
                if replicas > 0 {
                    let message = format!("Scaled up replica set {} from 0 to {replicas}", created.name());
                    self.recorder.record(deployment, EventType::Normal, "ScalingReplicaSet", &message);
                }
            }
            Op::Update(set) => drop(self.client.update(address(set), set.clone()).await?),
            Op::Scale { set, from, to } => {
                self.client.update(address(set), set.clone()).await?;
                let direction = if to > from { "up" } else { "down" };
                let name = set["metadata"]["name"].str_or_empty();
                let message = format!("Scaled {direction} replica set {name} from {from} to {to}");
                self.recorder.record(deployment, EventType::Normal, "ScalingReplicaSet", &message);
            }
            Op::Delete(set) => match self.client.delete(address(set), Default::default()).await {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            },
            Op::Revision(revision) => {
                let mut body = deployment.value().clone();
                body.set(&["metadata", "annotations", REVISION], revision.as_str());
                *deployment = self.client.update(target(deployment), body).await?;
            }
        }
        Ok(())
    }

    /// The status after the new ReplicaSet could not be made. A name that is taken by a ReplicaSet
    /// with another template is a collision of hashes: the next try takes another one.
    fn creation_failed(&self, snapshot: &Snapshot, set: &Value, error: &client::Error) -> Value {
        let deployment = &snapshot.deployment;
        let mut status = deployment.value()["status"].clone();
        let name = set["metadata"]["name"].str_or_empty();
        if error.is_already_exists() {
            let taken = self.sets.get(deployment.namespace(), name);
            let ours = taken.as_ref().is_some_and(|taken| {
                controller_of(taken).is_some_and(|owner| owner.uid() == deployment.uid())
                    && split(deployment, std::slice::from_ref(taken)).0.is_some()
            });
            // An informer that lags shows it later, and then there is nothing to make.
            if taken.is_some() && !ours {
                let collisions = status["collisionCount"].as_i64().unwrap_or(0);
                status.set(&["collisionCount"], collisions + 1);
            }
            return status;
        }
        if pods::is_terminating(error) || error.is_conflict() {
            return status;
        }
        let message = format!("Failed to create new replica set {name:?}: {error}");
        self.recorder.record(deployment, EventType::Warning, "ReplicaSetCreateError", &message);
        deployment_status::creation_failed(status, &message, snapshot.now)
    }

    async fn write_status(&self, deployment: &Object, status: Value) -> Result<(), Error> {
        let mut body = deployment.value().clone();
        body.set(&["status"], status);
        match self.client.update(target(deployment).sub("status"), body).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn address(set: &Value) -> Target {
    let metadata = &set["metadata"];
    Target::object(
        row("apps", "replicasets"),
        metadata["namespace"].str_or_empty(),
        metadata["name"].str_or_empty(),
    )
}
