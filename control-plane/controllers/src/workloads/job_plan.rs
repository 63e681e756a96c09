//! Decisions of a Job: which pods are made and ended, what is counted, when it is over. Pure.
//!
//! Pods carry a finalizer so that none is lost before it is counted (KEP-2307): a finished pod is
//! first noted in `status.uncountedTerminatedPods`, then set free, and counted once it is free. A
//! crash between any two of these steps counts nothing twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::value;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::job_indexes;
use super::job_policy;
use super::job_policy::Failure;
use super::pods;
use super::replicaset_plan::ranked;
use crate::objects::condition;
use crate::objects::is_deleting;
use crate::objects::is_true;
use crate::objects::metadata;

/// Keeps a pod until it is counted.
pub(crate) const FINALIZER: &str = "batch.kubernetes.io/job-tracking";
/// The completion index of a pod, as annotation and as label.
pub(crate) const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// How often the index of a pod had failed before it.
const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// The wait after a failed pod; it doubles with each one after it.
const FIRST_BACKOFF: SignedDuration = SignedDuration::from_secs(10);
const LAST_BACKOFF: SignedDuration = SignedDuration::from_secs(600);
/// Most pods made in one reconcile, and most uids in the status, as upstream.
const BURST: usize = 500;

/// What a reconcile decides from.
pub(crate) struct Snapshot<'a> {
    pub(crate) job: &'a Object,
    pub(crate) pods: &'a [Arc<Object>],
    pub(crate) now: Timestamp,
}

/// A pod to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewPod {
    /// Its completion index, and how often that failed before, where the Job has indexes.
    pub(crate) index: Option<(i64, Option<i64>)>,
}

/// What is decided, to be done in this order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) delete: Vec<Arc<Object>>,
    pub(crate) create: Vec<NewPod>,
    pub(crate) status: Value,
    /// Pods to be set free once the status is written.
    pub(crate) free: Vec<Arc<Object>>,
    pub(crate) look_again: Option<Duration>,
    /// Reason and message of an event.
    pub(crate) event: Option<(&'static str, String)>,
}

/// How a Job ends.
struct End {
    /// Whether it succeeded.
    good: bool,
    reason: String,
    message: String,
}

/// A reconcile under way.
struct Step<'a> {
    snapshot: &'a Snapshot<'a>,
    status: Value,
    active: Vec<&'a Arc<Object>>,
    /// Finished pods that are not free yet.
    finished: Vec<&'a Arc<Object>>,
    succeeded_indexes: BTreeSet<i64>,
    failed_indexes: BTreeSet<i64>,
    plan: Plan,
}

/// Decides.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let status = snapshot.job.value()["status"].clone();
    if is_finished(snapshot.job) {
        let free = snapshot.pods.iter().filter(|pod| is_tracked(pod)).cloned().collect();
        return Plan { free, ..Plan::of(status) };
    }
    let mut step = Step::new(snapshot, status);
    step.count();
    step.start();
    let mut end = step.pending_end().or_else(|| step.failure()).or_else(|| step.success());
    if end.is_none() && !is_deleting(snapshot.job) {
        if step.is_suspended() {
            step.suspend()
        } else {
            step.manage()
        }
        end = step.completion();
    }
    if let Some(end) = &end {
        step.plan.delete = step.active.iter().map(|pod| (*pod).clone()).collect();
        step.conclude(end);
    }
    step.finish()
}

/// Whether a Job is over.
pub(crate) fn is_finished(job: &Object) -> bool {
    let status = &job.value()["status"];
    is_true(status, "Complete") || is_true(status, "Failed")
}

/// Whether a pod is not to go before it is counted.
pub(crate) fn is_tracked(pod: &Object) -> bool {
    metadata(pod).finalizers().contains(FINALIZER)
}

/// The body of a pod, from the Job's template.
pub(crate) fn new_pod(job: &Object, new: &NewPod) -> Value {
    let mut pod = pods::from_template(job, &job.value()["spec"]["template"]);
    pod.at_mut(&["metadata", "finalizers"]).ensure_list().push(FINALIZER.into());
    let Some((index, failures)) = new.index else { return pod };
    let text = index.to_string();
    pod.set(&["metadata", "generateName"], format!("{}-{index}-", job.name()));
    pod.set(&["metadata", "annotations", INDEX], text.as_str());
    pod.set(&["metadata", "labels", INDEX], text.as_str());
    if let Some(failures) = failures {
        pod.set(&["metadata", "annotations", INDEX_FAILURES], failures.to_string());
    }
    if pod["spec"]["hostname"].str_or_empty().is_empty() {
        pod.set(&["spec", "hostname"], format!("{}-{index}", job.name()));
    }
    let variable = value!({
        "name": "JOB_COMPLETION_INDEX",
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": format!("metadata.labels['{INDEX}']")}}
    });
    for list in ["containers", "initContainers"] {
        let containers = pod.at_mut(&["spec"]).get_mut(list).and_then(Value::as_list_mut);
        for container in containers.into_iter().flat_map(|list| list.iter_mut()) {
            let env = container.at_mut(&["env"]).ensure_list();
            if !env.iter().any(|known| known["name"] == variable["name"]) {
                env.push(variable.clone());
            }
        }
    }
    pod
}

impl Plan {
    fn of(status: Value) -> Self {
        Self {
            delete: Vec::new(),
            create: Vec::new(),
            status,
            free: Vec::new(),
            look_again: None,
            event: None,
        }
    }
}

impl<'a> Step<'a> {
    fn new(snapshot: &'a Snapshot<'a>, status: Value) -> Self {
        let has_finished = |pod: &&Arc<Object>| is_over(snapshot.job, pod);
        let active = snapshot.pods.iter().filter(|pod| pods::is_active(pod)).collect();
        let finished = snapshot.pods.iter().filter(|pod| is_tracked(pod)).filter(has_finished).collect();
        let succeeded_indexes = job_indexes::parse(status["completedIndexes"].str_or_empty());
        let failed_indexes = job_indexes::parse(status["failedIndexes"].str_or_empty());
        let plan = Plan::of(Value::Null);
        Self { snapshot, status, active, finished, succeeded_indexes, failed_indexes, plan }
    }

    fn spec(&self) -> &'a Value {
        &self.snapshot.job.value()["spec"]
    }

    fn number(&self, field: &str) -> Option<i64> {
        self.spec()[field].as_i64()
    }

    fn is_indexed(&self) -> bool {
        self.spec()["completionMode"].as_str() == Some("Indexed")
    }

    /// Counts pods that are free, notes those that finished, and learns their indexes.
    fn count(&mut self) {
        for (list, total) in [("succeeded", "succeeded"), ("failed", "failed")] {
            let noted = self.status["uncountedTerminatedPods"][list].items().to_vec();
            let held = |uid: &Value| self.finished.iter().any(|pod| uid.as_str() == Some(pod.uid()));
            let (mut waiting, free): (Vec<Value>, Vec<Value>) = noted.into_iter().partition(held);
            let counted = self.status[total].as_i64().unwrap_or(0) + free.len() as i64;
            self.status.set(&[total], counted);
            for pod in &self.finished {
                let known = waiting.iter().any(|uid| uid.as_str() == Some(pod.uid()));
                let good = pods::phase(pod) == "Succeeded";
                let counts = good || job_policy::failure(self.snapshot.job, pod) != Failure::Ignored;
                if !known && good == (list == "succeeded") && counts && waiting.len() < BURST {
                    waiting.push(pod.uid().into());
                }
            }
            self.status.set(&["uncountedTerminatedPods", list], waiting);
        }
        if self.is_indexed() {
            self.learn_indexes();
        }
        self.plan.free =
            self.finished.iter().filter(|pod| !self.is_needed(pod)).map(|pod| (*pod).clone()).collect();
    }

    fn learn_indexes(&mut self) {
        let completions = self.number("completions").unwrap_or(0);
        let limit = self.number("backoffLimitPerIndex");
        for pod in self.finished.clone() {
            let Some(index) = index_of(pod).filter(|index| (0..completions).contains(index)) else {
                continue;
            };
            if pods::phase(pod) == "Succeeded" {
                self.succeeded_indexes.insert(index);
                continue;
            }
            let failure = job_policy::failure(self.snapshot.job, pod);
            let used_up = limit.is_some_and(|limit| failures_of(pod) >= limit) && failure == Failure::Counts;
            if limit.is_some() && (used_up || failure == Failure::FailsIndex) {
                self.failed_indexes.insert(index);
            }
        }
        self.status.set(&["completedIndexes"], job_indexes::format(&self.succeeded_indexes));
        if limit.is_some() {
            self.status.set(&["failedIndexes"], job_indexes::format(&self.failed_indexes));
        }
    }

    /// A failed pod that alone knows how often its index failed stays until the next one knows it.
    fn is_needed(&self, pod: &Object) -> bool {
        let Some(index) = index_of(pod).filter(|_| self.number("backoffLimitPerIndex").is_some()) else {
            return false;
        };
        let decided = self.succeeded_indexes.contains(&index) || self.failed_indexes.contains(&index);
        let replaced = self.snapshot.pods.iter().any(|other| {
            other.uid() != pod.uid()
                && index_of(other) == Some(index)
                && failures_of(other) > failures_of(pod)
        });
        pods::phase(pod) != "Succeeded" && !decided && !replaced
    }

    fn total(&self, kind: &str) -> i64 {
        let waiting = self.status["uncountedTerminatedPods"][kind].items().len() as i64;
        self.status[kind].as_i64().unwrap_or(0) + waiting
    }

    fn succeeded(&self) -> i64 {
        if self.is_indexed() { self.succeeded_indexes.len() as i64 } else { self.total("succeeded") }
    }

    fn is_suspended(&self) -> bool {
        self.spec()["suspend"].as_bool().unwrap_or(false)
    }

    fn start(&mut self) {
        if self.status["startTime"].is_null() && !self.is_suspended() {
            self.status.set(&["startTime"], meta::time::seconds(self.snapshot.now));
        }
    }

    /// What an earlier reconcile decided stays decided.
    fn pending_end(&self) -> Option<End> {
        [("SuccessCriteriaMet", true), ("FailureTarget", false)].into_iter().find_map(|(kind, good)| {
            let decided = condition(&self.status, kind).filter(|c| c["status"].as_str() == Some("True"))?;
            let text = |field: &str| decided[field].str_or_empty().to_owned();
            Some(End { good, reason: text("reason"), message: text("message") })
        })
    }

    fn failure(&mut self) -> Option<End> {
        let job = self.snapshot.job;
        let failed = |reason: &str, message: &str| {
            Some(End { good: false, reason: reason.to_owned(), message: message.to_owned() })
        };
        let broken = self.snapshot.pods.iter().filter(|pod| pods::phase(pod) == "Failed");
        for pod in broken {
            if let Failure::FailsJob(message) = job_policy::failure(job, pod) {
                return failed("PodFailurePolicy", &message);
            }
        }
        let limit = self.number("backoffLimit").unwrap_or(6);
        if self.total("failed") > limit || job_policy::restarts_too_often(job, &self.active, limit) {
            return failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        if let Some(seconds) = self.number("activeDeadlineSeconds").filter(|_| !self.is_suspended()) {
            let started = api::view::time(&self.status["startTime"]).unwrap_or(self.snapshot.now);
            let left = SignedDuration::from_secs(seconds) - self.snapshot.now.duration_since(started);
            if left <= SignedDuration::ZERO {
                return failed("DeadlineExceeded", "Job was active longer than specified deadline");
            }
            self.look_again(left);
        }
        if self.number("backoffLimitPerIndex").is_some() {
            let bad = self.failed_indexes.len() as i64;
            if self.number("maxFailedIndexes").is_some_and(|most| bad > most) {
                let message = "Job has exceeded the specified maximal number of failed indexes";
                return failed("MaxFailedIndexesExceeded", message);
            }
            if bad > 0 && bad + self.succeeded() >= self.number("completions").unwrap_or(0) {
                return failed("FailedIndexes", "Job has failed indexes");
            }
        }
        None
    }

    fn success(&self) -> Option<End> {
        let message =
            job_policy::success(self.snapshot.job, &self.succeeded_indexes).filter(|_| self.is_indexed())?;
        Some(End { good: true, reason: "SuccessPolicy".to_owned(), message })
    }

    /// Whether enough pods succeeded and none is at work any more.
    fn completion(&self) -> Option<End> {
        let idle = self.active.len() == self.plan.delete.len() && self.plan.create.is_empty();
        let enough = match self.number("completions") {
            None => self.succeeded() > 0,
            Some(completions) => self.succeeded() >= completions,
        };
        let message = "Reached expected number of succeeded pods".to_owned();
        (idle && enough).then(|| End { good: true, reason: "CompletionsReached".to_owned(), message })
    }

    fn suspend(&mut self) {
        self.plan.delete = self.active.iter().map(|pod| (*pod).clone()).collect();
        if !is_true(&self.status, "Suspended") {
            self.set_condition("Suspended", "True", "JobSuspended", "Job suspended");
            self.status.remove(&["startTime"]);
            self.plan.event = Some(("Suspended", "Job suspended".to_owned()));
        }
    }

    fn manage(&mut self) {
        if is_true(&self.status, "Suspended") {
            self.set_condition("Suspended", "False", "JobResumed", "Job resumed");
            self.status.set(&["startTime"], meta::time::seconds(self.snapshot.now));
            self.plan.event = Some(("Resumed", "Job resumed".to_owned()));
        }
        let parallelism = self.number("parallelism").unwrap_or(1);
        let active = self.active.len() as i64;
        let wanted = match self.number("completions") {
            None if self.succeeded() > 0 => active.min(parallelism),
            None => parallelism,
            Some(completions) => {
                let failed = self.failed_indexes.len() as i64;
                parallelism.min((completions - self.succeeded() - failed).max(0))
            }
        };
        if active > wanted {
            let surplus = usize::try_from(active - wanted).unwrap_or(0);
            self.plan.delete =
                ranked(&self.active, &[], self.snapshot.now).into_iter().take(surplus).collect();
            return;
        }
        // Where only failed pods are replaced, one that is about to end holds its place until then.
        let ending =
            self.snapshot.pods.iter().filter(|pod| is_deleting(pod) && !pods::has_ended(pod)).count();
        let held =
            if self.spec()["podReplacementPolicy"].as_str() == Some("Failed") { ending as i64 } else { 0 };
        let missing = usize::try_from(wanted - active - held).unwrap_or(0).min(BURST);
        if missing == 0 {
            return;
        }
        if let Some(left) = self.backoff() {
            return self.look_again(left);
        }
        self.plan.create = self.new_pods(missing);
    }

    fn new_pods(&self, count: usize) -> Vec<NewPod> {
        if !self.is_indexed() {
            return vec![NewPod { index: None }; count];
        }
        let taken: BTreeSet<i64> = self.active.iter().filter_map(|pod| index_of(pod)).collect();
        let free = |index: &i64| {
            !taken.contains(index)
                && !self.succeeded_indexes.contains(index)
                && !self.failed_indexes.contains(index)
        };
        let per_index = self.number("backoffLimitPerIndex").is_some();
        let new = |index: i64| {
            let before = self.snapshot.pods.iter().filter(|pod| index_of(pod) == Some(index));
            let failures =
                before.filter(|pod| pods::phase(pod) == "Failed").map(|pod| failures_of(pod) + 1).max();
            NewPod { index: Some((index, per_index.then(|| failures.unwrap_or(0)))) }
        };
        (0..self.number("completions").unwrap_or(0)).filter(free).take(count).map(new).collect()
    }

    /// How long the last failure still keeps new pods back.
    fn backoff(&self) -> Option<SignedDuration> {
        let failed = || self.snapshot.pods.iter().filter(|pod| pods::phase(pod) == "Failed");
        let last = failed().filter_map(|pod| ended_at(pod)).max()?;
        // A success since then starts the waits from the beginning.
        let good = self
            .snapshot
            .pods
            .iter()
            .filter(|pod| pods::phase(pod) == "Succeeded")
            .filter_map(|pod| ended_at(pod));
        if good.max().is_some_and(|good| good > last) {
            return None;
        }
        let doublings = u32::try_from(self.total("failed").max(1) - 1).unwrap_or(0).min(10);
        let wait = FIRST_BACKOFF.saturating_mul(1 << doublings).min(LAST_BACKOFF);
        let left = wait - self.snapshot.now.duration_since(last);
        (left > SignedDuration::ZERO).then_some(left)
    }

    /// Notes the end: what is decided at once, and that it is over as soon as everything is counted
    /// and no pod is left at work.
    fn conclude(&mut self, end: &End) {
        let (interim, last) =
            if end.good { ("SuccessCriteriaMet", "Complete") } else { ("FailureTarget", "Failed") };
        if !is_true(&self.status, interim) {
            self.set_condition(interim, "True", &end.reason, &end.message);
        }
        let at_work = self.snapshot.pods.iter().any(|pod| !pods::has_ended(pod));
        let uncounted = &self.status["uncountedTerminatedPods"];
        let counted = uncounted["succeeded"].items().is_empty() && uncounted["failed"].items().is_empty();
        if at_work || !counted || !self.finished.is_empty() {
            self.plan.free = self.finished.iter().map(|pod| (*pod).clone()).collect();
            return;
        }
        self.set_condition(last, "True", &end.reason, &end.message);
        if end.good {
            self.status.set(&["completionTime"], meta::time::seconds(self.snapshot.now));
        }
        let event = if end.good { "Completed" } else { "Failed" };
        let message = if end.good { "Job completed".to_owned() } else { end.message.clone() };
        self.plan.event = Some((event, message));
    }

    fn finish(mut self) -> Plan {
        let deleted = |pod: &Object| self.plan.delete.iter().any(|other| other.uid() == pod.uid());
        let staying = || self.active.iter().filter(|pod| !deleted(pod));
        let active = staying().count() + self.plan.create.len();
        let ready = staying().filter(|pod| pods::is_ready(pod)).count();
        let ending_pods = self.snapshot.pods.iter().filter(|pod| is_deleting(pod) && !pods::has_ended(pod));
        let terminating = ending_pods.count() + self.plan.delete.len();
        if self.is_indexed() {
            self.status.set(&["succeeded"], self.succeeded());
        }
        self.status.set(&["active"], active);
        self.status.set(&["ready"], ready);
        self.status.set(&["terminating"], terminating);
        self.plan.status = self.status;
        self.plan
    }

    fn look_again(&mut self, left: SignedDuration) {
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        self.plan.look_again = Some(self.plan.look_again.map_or(left, |known| known.min(left)));
    }

    fn set_condition(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let now = meta::time::seconds(self.snapshot.now);
        let list = self.status.at_mut(&["conditions"]).ensure_list();
        list.retain(|condition| condition["type"].as_str() != Some(kind));
        list.push(value!({
            "type": kind, "status": status, "lastProbeTime": now.as_str(), "lastTransitionTime": now.as_str(),
            "reason": reason, "message": message
        }));
    }
}

/// Whether a pod counts as finished: ended, or, unless only failed pods are replaced, about to end.
fn is_over(job: &Object, pod: &Object) -> bool {
    let patient = job.value()["spec"]["podReplacementPolicy"].as_str() == Some("Failed")
        || !job.value()["spec"]["podFailurePolicy"].is_null();
    let homeless = pod.value()["spec"]["nodeName"].str_or_empty().is_empty();
    pods::has_ended(pod) || (is_deleting(pod) && (!patient || homeless))
}

fn index_of(pod: &Object) -> Option<i64> {
    metadata(pod).annotations().str(INDEX)?.parse().ok()
}

fn failures_of(pod: &Object) -> i64 {
    metadata(pod).annotations().str(INDEX_FAILURES).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// When the last container of a pod ended.
fn ended_at(pod: &Object) -> Option<Timestamp> {
    let status = &pod.value()["status"];
    let statuses = status["containerStatuses"].items().iter();
    let ends =
        statuses.filter_map(|container| api::view::time(&container["state"]["terminated"]["finishedAt"]));
    ends.max().or_else(|| {
        condition(status, "Ready").and_then(|ready| api::view::time(&ready["lastTransitionTime"]))
    })
}
