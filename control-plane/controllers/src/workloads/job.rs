//! Job: runs pods until so many of them have succeeded.

use std::sync::Arc;

use api::Object;
use api::selector;
use api::value;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use futures_util::future::join_all;
use stdx::Clock;

use super::claim::claim;
use super::claim::target;
use super::job_plan::FINALIZER;
use super::job_plan::Plan;
use super::job_plan::Snapshot;
use super::job_plan::is_tracked;
use super::job_plan::new_pod;
use super::job_plan::plan;
use super::overlay::Overlay;
use super::pods;
use super::pods::BY_CONTROLLER;
use super::pods::PodControl;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_controlled;
use crate::context::wake_for_own;
use crate::objects::controller_of;
use crate::objects::is_deleting;
use crate::objects::same_status;

const NAME: &str = "job-controller";
const WORKERS: usize = 5;
const OURSELVES: &str = "kubernetes.io/job-controller";

struct Controller {
    jobs: Informer,
    pods: Informer,
    overlay: Overlay,
    client: Client,
    control: PodControl,
    clock: Clock,
}

/// The controller. The key with an empty name stands for the tracked pods of a namespace that no Job
/// manages.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (jobs, pods) = (context.informer("batch", "jobs"), context.informer("", "pods"));
    pods.add_index(BY_CONTROLLER, pods::controller_bucket);
    let queue = context.queue();
    wake_for_own(&jobs, &queue);
    wake_for_controlled(&pods, &queue, "Job");
    let (wake, all) = (queue.clone(), jobs.clone());
    pods.subscribe(move |change: &Change<'_>| {
        let Some(pod) = change.new.filter(|pod| controller_of(pod).is_none()) else { return };
        if is_tracked(pod) {
            wake.add(Key::new(pod.namespace(), ""), "orphan is tracked");
        }
        for job in all.list_in(pod.namespace()) {
            let selects = selector::labels(&job.value()["spec"]["selector"]);
            if selects.is_some_and(|selector| pod.index().matches_labels(&selector)) {
                wake.add(Key::of(&job), "orphan matches");
            }
        }
    });
    let client = context.client(NAME);
    let overlay = Overlay::new(&pods);
    let control = PodControl { client: client.clone(), recorder: context.recorder(NAME) };
    let clock = context.deps.clock.clone();
    let controller = Controller { jobs, pods, overlay, client, control, clock };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let job = self.jobs.get(&key.namespace, &key.name);
        self.free_strangers(key, job.as_deref()).await?;
        let Some(job) = job.filter(|job| !is_managed_elsewhere(job)) else { return Ok(Outcome::Done) };
        let Some(selector) = selector::labels(&job.value()["spec"]["selector"]) else {
            return Ok(Outcome::Done);
        };
        let mut candidates = self.pods.indexed(BY_CONTROLLER, job.uid());
        candidates.extend(self.pods.indexed(BY_CONTROLLER, &pods::orphan_bucket(job.namespace())));
        let candidates = self.overlay.apply(job.uid(), candidates, |pod| !is_deleting(pod));
        let claim = claim(&job, &selector, candidates, pods::is_active);
        // A released pod is not ours to count: nothing must hold it back.
        let released: Vec<Arc<Object>> =
            claim.release.iter().filter(|pod| is_tracked(pod)).cloned().collect();
        let owned = claim.settle(&self.client, &job).await?;
        self.free(&released).await?;
        let plan = plan(&Snapshot { job: &job, pods: &owned, now: self.clock.now() });
        let managed = self.execute(&job, &plan).await;
        match managed {
            Err(error) if pods::is_terminating(&error) => return Ok(Outcome::Done),
            result => result?,
        }
        if !same_status(&job.value()["status"], &plan.status) {
            let mut body = job.value().clone();
            body.set(&["status"], plan.status);
            match self.client.update(target(&job).sub("status"), body).await {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
            if let Some((reason, message)) = &plan.event {
                let kind = if *reason == "Failed" { EventType::Warning } else { EventType::Normal };
                self.control.recorder.record(&job, kind, reason, message);
            }
        }
        // Only now that the status has noted them.
        self.free(&plan.free).await?;
        Ok(plan.look_again.map_or(Outcome::Done, Outcome::RequeueAfter))
    }
}

impl Controller {
    async fn execute(&self, job: &Arc<Object>, plan: &Plan) -> Result<(), client::Error> {
        let ends = plan.delete.iter().map(|pod| async {
            self.control.delete(job, pod).await?;
            Ok(())
        });
        join_all(ends).await.into_iter().collect::<Result<(), client::Error>>()?;
        let (mut rest, mut batch) = (plan.create.as_slice(), 1);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch.min(rest.len()));
            let creations = now.iter().map(|new| async {
                let pod = self.control.create(job, new_pod(job, new)).await?;
                self.overlay.made(job.uid(), pod);
                Ok(())
            });
            join_all(creations).await.into_iter().collect::<Result<(), client::Error>>()?;
            rest = later;
            batch *= 2;
        }
        Ok(())
    }

    /// Takes the finalizer off pods.
    async fn free(&self, pods: &[Arc<Object>]) -> Result<(), Error> {
        let patches = pods.iter().map(|pod| async {
            let patch = value!({"metadata": {
                "uid": pod.uid(), "$deleteFromPrimitiveList/finalizers": [FINALIZER]
            }});
            match self.client.strategic_patch(target(pod), &patch).await {
                Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error),
                _ => Ok(()),
            }
        });
        Ok(join_all(patches).await.into_iter().collect::<Result<(), client::Error>>()?)
    }

    /// Pods that wait to be counted by a Job that is gone, or by none, are set free.
    async fn free_strangers(&self, key: &Key, job: Option<&Object>) -> Result<(), Error> {
        let uid = job.map_or("", |job| job.uid());
        let is_stranger = |pod: &Object| match controller_of(pod) {
            Some(owner) => owner.kind() == "Job" && owner.name() == key.name && owner.uid() != uid,
            None => key.name.is_empty(),
        };
        let mut strangers = self.pods.list_in(&key.namespace);
        strangers.retain(|pod| is_tracked(pod) && is_stranger(pod));
        self.free(&strangers).await
    }
}

/// Whether `spec.managedBy` names somebody else (KEP-4368).
fn is_managed_elsewhere(job: &Object) -> bool {
    job.value()["spec"]["managedBy"].as_str().is_some_and(|manager| manager != OURSELVES)
}
