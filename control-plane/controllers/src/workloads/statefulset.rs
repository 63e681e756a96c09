//! StatefulSet: pods with names, an order, and storage of their own.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::selector;
use client::Client;
use client::Informer;
use client::Target;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::Recorder;
use stdx::Clock;

use super::claim::claim;
use super::claim::target;
use super::history::HASH_LABEL;
use super::history::History;
use super::overlay::Overlay;
use super::pods;
use super::pods::BY_CONTROLLER;
use super::pods::only_this;
use super::statefulset_plan::Op;
use super::statefulset_plan::Snapshot;
use super::statefulset_plan::claims;
use super::statefulset_plan::ordinal_of;
use super::statefulset_plan::plan;
use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::wake_for_controlled;
use crate::context::wake_for_own;
use crate::objects::is_deleting;
use crate::objects::same_status;

const NAME: &str = "statefulset-controller";
const WORKERS: usize = 5;

struct Controller {
    sets: Informer,
    pods: Informer,
    claims: Informer,
    overlay: Overlay,
    history: History,
    client: Client,
    recorder: Recorder,
    clock: Clock,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (sets, pods) = (context.informer("apps", "statefulsets"), context.informer("", "pods"));
    pods.add_index(BY_CONTROLLER, pods::controller_bucket);
    let queue = context.queue();
    wake_for_own(&sets, &queue);
    wake_for_controlled(&pods, &queue, "StatefulSet");
    let client = context.client(NAME);
    let controller = Controller {
        overlay: Overlay::new(&pods),
        sets,
        pods,
        claims: context.informer("", "persistentvolumeclaims"),
        history: History::new(context.informer("apps", "controllerrevisions"), client.clone()),
        client,
        recorder: context.recorder(NAME),
        clock: context.deps.clock.clone(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        let Some(selector) = selector::labels(&set.value()["spec"]["selector"]) else {
            return Ok(Outcome::Done);
        };
        if is_deleting(&set) {
            return Ok(Outcome::Done);
        }
        let revisions = match self.history.sync(&set).await {
            Err(error) if pods::is_terminating(&error) => return Ok(Outcome::Done),
            result => result?,
        };
        let mut candidates = self.pods.indexed(BY_CONTROLLER, set.uid());
        candidates.extend(self.pods.indexed(BY_CONTROLLER, &pods::orphan_bucket(set.namespace())));
        let candidates = self.overlay.apply(set.uid(), candidates, |pod| !is_deleting(pod));
        let named = |pod: &Object| ordinal_of(&set, pod).is_some() && pods::is_active(pod);
        let owned = claim(&set, &selector, candidates, named).settle(&self.client, &set).await?;
        let noted = set.value()["status"]["currentRevision"].str_or_empty();
        let current = revisions.all.iter().find(|revision| revision.name() == noted);
        let snapshot = Snapshot {
            set: &set,
            pods: &owned,
            current: current.unwrap_or(&revisions.current),
            update: &revisions.current,
            now: self.clock.now(),
        };
        let plan = plan(&snapshot, revisions.collisions);
        let mut result = Ok(());
        for op in plan.ops {
            result = self.execute(&set, op).await;
            if result.is_err() {
                break;
            }
        }
        let mut used: Vec<String> =
            owned.iter().filter_map(|pod| pod.label(HASH_LABEL)).map(str::to_owned).collect();
        used.push(noted.to_owned());
        self.history.trim(&set, &revisions, &used).await?;
        if !same_status(&set.value()["status"], &plan.status) {
            let mut body = set.value().clone();
            body.set(&["status"], plan.status);
            self.client.update(target(&set).sub("status"), body).await?;
        }
        match result {
            Err(error) if pods::is_terminating(&error) => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(self.min_ready(&set, &owned).map_or(Outcome::Done, Outcome::RequeueAfter)),
        }
    }
}

impl Controller {
    async fn execute(&self, set: &Arc<Object>, op: Op) -> Result<(), client::Error> {
        match op {
            Op::Create(pod) => {
                let name = pod["metadata"]["name"].str_or_empty().to_owned();
                self.make_claims(set, &name).await?;
                let result = self.client.create(row("", "pods"), pod).await;
                self.tell(set, "create", &name, &result);
                self.overlay.made(set.uid(), result?);
            }
            Op::Claims(pod) => self.make_claims(set, pod.name()).await?,
            Op::Delete(pod) => {
                let result = self.client.delete(target(&pod), only_this(&pod)).await;
                self.tell(set, "delete", pod.name(), &result);
                match result {
                    Err(error) if !error.is_not_found() && !error.is_conflict() => return Err(error),
                    _ => self.overlay.ended(set.uid(), pod.uid()),
                }
            }
        }
        Ok(())
    }

    async fn make_claims(&self, set: &Object, pod: &str) -> Result<(), client::Error> {
        for (_, claim) in claims(set, pod) {
            let name = claim["metadata"]["name"].str_or_empty().to_owned();
            if self.claims.get(set.namespace(), &name).is_some() {
                continue;
            }
            let resource = row("", "persistentvolumeclaims");
            if self.client.find(Target::object(resource, set.namespace(), &name)).await?.is_none() {
                self.make_claim(set, pod, &name, claim).await?;
            }
        }
        Ok(())
    }

    async fn make_claim(
        &self,
        set: &Object,
        pod: &str,
        name: &str,
        claim: Value,
    ) -> Result<(), client::Error> {
        match self.client.create(row("", "persistentvolumeclaims"), claim).await {
            Err(error) if error.is_already_exists() => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                let message = format!("create Claim {name} Pod {pod} in StatefulSet {} success", set.name());
                self.recorder.record(set, EventType::Normal, "SuccessfulCreate", &message);
                Ok(())
            }
        }
    }

    fn tell<T>(&self, set: &Object, verb: &str, pod: &str, result: &Result<T, client::Error>) {
        let title = if verb == "create" { "Create" } else { "Delete" };
        let subject = format!("{verb} Pod {pod} in StatefulSet {}", set.name());
        match result {
            Ok(_) => {
                let (reason, message) = (format!("Successful{title}"), format!("{subject} successful"));
                self.recorder.record(set, EventType::Normal, &reason, &message);
            }
            Err(error) if error.is_not_found() || pods::is_terminating(error) => {}
            Err(error) => {
                let (reason, message) =
                    (format!("Failed{title}"), format!("{subject} failed error: {error}"));
                self.recorder.record(set, EventType::Warning, &reason, &message);
            }
        }
    }

    /// When the next pod becomes available without anybody telling.
    fn min_ready(&self, set: &Object, owned: &[Arc<Object>]) -> Option<Duration> {
        let seconds = set.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
        let now = self.clock.now();
        let waits = owned.iter().filter_map(|pod| pods::availability(pod, seconds, now).err().flatten());
        waits.min().and_then(|wait| Duration::try_from(wait).ok())
    }
}
