//! CronJob: makes Jobs at times of a schedule.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::value;
use client::Client;
use client::DeleteOptions;
use client::Informer;
use client::Propagation;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::Recorder;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use stdx::Clock;

use super::claim::target;
use super::cron;
use super::job_plan::is_finished;
use super::overlay::Overlay;
use super::pods;
use super::pods::BY_CONTROLLER;
use super::pods::only_this;
use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::wake_for_controlled;
use crate::context::wake_for_own;
use crate::objects::controller_reference;
use crate::objects::is_deleting;
use crate::objects::is_true;
use crate::objects::metadata;
use crate::objects::same_status;

const NAME: &str = "cronjob-controller";
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
const WORKERS: usize = 2;

/// What is decided.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Jobs of the past, and those that a new one replaces.
    pub(crate) delete: Vec<Arc<Object>>,
    /// The Job that is due.
    pub(crate) create: Option<Value>,
    pub(crate) status: Value,
    pub(crate) look_again: Option<Duration>,
    /// Kind, reason and message of an event.
    pub(crate) event: Option<(EventType, &'static str, String)>,
}

/// Decides about a CronJob with its Jobs.
pub(crate) fn plan(cron_job: &Object, jobs: &[Arc<Object>], now: Timestamp) -> Plan {
    let spec = &cron_job.value()["spec"];
    let active: Vec<&Arc<Object>> = jobs.iter().filter(|job| !is_finished(job)).collect();
    let mut plan =
        Plan { delete: history(spec, jobs), status: status(cron_job, jobs, &active), ..Plan::default() };
    if is_deleting(cron_job) || spec["suspend"].as_bool().unwrap_or(false) {
        return plan;
    }
    let zone = match spec["timeZone"].as_str() {
        None => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name).map_err(|_| format!("invalid timeZone: {name:?}")),
    };
    let schedule = cron::parse(spec["schedule"].str_or_empty());
    let (zone, schedule) = match (zone, schedule) {
        (Ok(zone), Ok(schedule)) => (zone, schedule),
        (Err(message), _) => {
            plan.event = Some((EventType::Warning, "UnknownTimeZone", message));
            return plan;
        }
        (_, Err(message)) => {
            plan.event = Some((EventType::Warning, "UnparseableSchedule", message));
            return plan;
        }
    };
    let next = schedule.next(now, &zone).map(|next| next.duration_since(now));
    plan.look_again =
        next.and_then(|wait| Duration::try_from(wait).ok()).map(|wait| wait + Duration::from_millis(100));
    let since = api::view::time(&cron_job.value()["status"]["lastScheduleTime"])
        .or_else(|| metadata(cron_job).creation_timestamp())
        .unwrap_or(now);
    let patience = spec["startingDeadlineSeconds"].as_i64().map(SignedDuration::from_secs);
    let Some((due, _)) = schedule.last_due(since, now, &zone) else { return plan };
    if patience.is_some_and(|patience| now.duration_since(due) > patience) {
        let message = format!("Missed scheduled time to start a job: {}", meta::time::seconds(due));
        plan.event = Some((EventType::Warning, "MissSchedule", message));
        return plan;
    }
    let busy = !active.is_empty();
    match spec["concurrencyPolicy"].as_str() {
        Some("Forbid") if busy => {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            plan.event = Some((EventType::Normal, "JobAlreadyActive", message.to_owned()));
            return plan;
        }
        Some("Replace") => plan.delete.extend(active.into_iter().cloned()),
        _ => {}
    }
    let job = job_for(cron_job, due);
    plan.status.set(&["lastScheduleTime"], meta::time::seconds(due));
    plan.create = Some(job);
    plan
}

/// The Job of one point in time: the name is made of it, so that no time is used twice.
fn job_for(cron_job: &Object, due: Timestamp) -> Value {
    let template = &cron_job.value()["spec"]["jobTemplate"];
    let mut job = value!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "namespace": cron_job.namespace(), "name": format!("{}-{}", cron_job.name(), due.as_second() / 60),
            "ownerReferences": [controller_reference(cron_job)]
        },
        "spec": &template["spec"]
    });
    for field in ["labels", "annotations"] {
        if !template["metadata"][field].is_null() {
            job.set(&["metadata", field], &template["metadata"][field]);
        }
    }
    job.set(&["metadata", "annotations", SCHEDULED], meta::time::seconds(due));
    job
}

/// Finished Jobs beyond the limits, oldest first.
fn history(spec: &Value, jobs: &[Arc<Object>]) -> Vec<Arc<Object>> {
    let mut surplus = Vec::new();
    for (kind, field, default) in
        [("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)]
    {
        let limit = usize::try_from(spec[field].as_i64().unwrap_or(default)).unwrap_or(0);
        let mut ended: Vec<&Arc<Object>> =
            jobs.iter().filter(|job| is_true(&job.value()["status"], kind) && !is_deleting(job)).collect();
        ended.sort_by_key(|job| (metadata(job).creation_timestamp(), job.name().to_owned()));
        let count = ended.len().saturating_sub(limit);
        surplus.extend(ended.into_iter().take(count).cloned());
    }
    surplus
}

fn status(cron_job: &Object, jobs: &[Arc<Object>], active: &[&Arc<Object>]) -> Value {
    let mut status = cron_job.value()["status"].clone();
    let reference = |job: &&Arc<Object>| {
        value!({
            "kind": "Job", "namespace": job.namespace(), "name": job.name(), "uid": job.uid(),
            "apiVersion": "batch/v1", "resourceVersion": job.resource_version().to_string()
        })
    };
    // A reference keeps the version it was made with: a Job's own changes are no change of ours.
    let known = status["active"].items().to_vec();
    let kept = |job: &&Arc<Object>| {
        known
            .iter()
            .find(|old| old["uid"].as_str() == Some(job.uid()))
            .cloned()
            .unwrap_or_else(|| reference(job))
    };
    let references: Vec<Value> = active.iter().map(kept).collect();
    if references.is_empty() {
        status.remove(&["active"]);
    } else {
        status.set(&["active"], references);
    }
    let ended = jobs.iter().filter(|job| is_true(&job.value()["status"], "Complete"));
    let last = ended.filter_map(|job| api::view::time(&job.value()["status"]["completionTime"])).max();
    let noted = api::view::time(&status["lastSuccessfulTime"]);
    if let Some(last) = last.filter(|last| noted.is_none_or(|noted| noted < *last)) {
        status.set(&["lastSuccessfulTime"], meta::time::seconds(last));
    }
    status
}

struct Controller {
    cron_jobs: Informer,
    jobs: Informer,
    overlay: Overlay,
    client: Client,
    recorder: Recorder,
    clock: Clock,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (cron_jobs, jobs) = (context.informer("batch", "cronjobs"), context.informer("batch", "jobs"));
    jobs.add_index(BY_CONTROLLER, pods::controller_bucket);
    let queue = context.queue();
    wake_for_own(&cron_jobs, &queue);
    wake_for_controlled(&jobs, &queue, "CronJob");
    let controller = Controller {
        overlay: Overlay::new(&jobs),
        cron_jobs,
        jobs,
        client: context.client(NAME),
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
        let Some(cron_job) = self.cron_jobs.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        let shown = self.jobs.indexed(BY_CONTROLLER, cron_job.uid());
        let jobs = self.overlay.apply(cron_job.uid(), shown, |job| !is_deleting(job));
        let plan = plan(&cron_job, &jobs, self.clock.now());
        if let Some((kind, reason, message)) = &plan.event {
            self.recorder.record(&cron_job, *kind, reason, message);
        }
        for job in &plan.delete {
            self.delete(&cron_job, job).await?;
        }
        if let Some(body) = plan.create {
            match self.create(&cron_job, body).await {
                Err(error) if pods::is_terminating(&error) => return Ok(Outcome::Done),
                result => result?,
            }
        }
        if !same_status(&cron_job.value()["status"], &plan.status) {
            let mut body = cron_job.value().clone();
            body.set(&["status"], plan.status);
            match self.client.update(target(&cron_job).sub("status"), body).await {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(plan.look_again.map_or(Outcome::Done, Outcome::RequeueAfter))
    }
}

impl Controller {
    async fn create(&self, cron_job: &Object, body: Value) -> Result<(), client::Error> {
        let name = body["metadata"]["name"].str_or_empty().to_owned();
        match self.client.create(row("batch", "jobs"), body).await {
            Ok(job) => {
                self.overlay.made(cron_job.uid(), job);
                let message = format!("Created job {name}");
                self.recorder.record(cron_job, EventType::Normal, "SuccessfulCreate", &message);
                Ok(())
            }
            // Made before, and the status did not get to say so.
            Err(error) if error.is_already_exists() => Ok(()),
            Err(error) => {
                let message = format!("Error creating job: {error}");
                self.recorder.record(cron_job, EventType::Warning, "FailedCreate", &message);
                Err(error)
            }
        }
    }

    async fn delete(&self, cron_job: &Object, job: &Object) -> Result<(), client::Error> {
        let options = DeleteOptions { propagation: Some(Propagation::Background), ..only_this(job) };
        match self.client.delete(target(job), options).await {
            Err(error) if !error.is_not_found() && !error.is_conflict() => return Err(error),
            _ => {}
        }
        self.overlay.ended(cron_job.uid(), job.uid());
        let message = format!("Deleted job {}", job.name());
        self.recorder.record(cron_job, EventType::Normal, "SuccessfulDelete", &message);
        Ok(())
    }
}
