//! Jobs, reconcile by reconcile.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;

use super::job_plan::FINALIZER;
use super::job_plan::Snapshot;
use super::job_plan::is_tracked;
use super::job_plan::new_pod;
use super::job_plan::plan;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::text;
use crate::objects::condition;

/// A Job, its pods, and an API server that does at once what it is asked.
struct World {
    job: Value,
    pods: Vec<Arc<Object>>,
    now: i64,
    made: usize,
}

fn job(spec: Value) -> Value {
    let mut job = value!({
        "metadata": {"namespace": "ns", "name": "j", "uid": "j"},
        "spec": {"backoffLimit": 2, "template": {"metadata": {"labels": {"job-name": "j"}}, "spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]
        }}}
    });
    for entry in spec.entries().iter() {
        job.set(&["spec", entry.key.as_str()], entry.value.clone());
    }
    job
}

impl World {
    fn new(spec: Value) -> Self {
        Self { job: job(spec), pods: Vec::new(), now: 0, made: 0 }
    }

    /// One reconcile; returns the names of pods that were made and ended.
    fn step(&mut self) -> Vec<String> {
        self.now += 1;
        let job = object("batch", "jobs", self.job.clone());
        let plan = plan(&Snapshot { job: &job, pods: &self.pods, now: at(self.now) });
        let mut done = Vec::new();
        for pod in &plan.delete {
            done.push(format!("-{}", pod.name()));
            self.change(pod.name(), &["metadata", "deletionTimestamp"], text(self.now).into());
        }
        for new in &plan.create {
            let mut body = new_pod(&job, new);
            let name = format!("{}{}", body["metadata"]["generateName"].str_or_empty(), self.made);
            self.made += 1;
            body.set(&["metadata", "name"], name.as_str());
            body.set(&["metadata", "uid"], name.as_str());
            body.set(&["spec", "nodeName"], "n");
            body.set(&["status", "phase"], "Running");
            self.pods.push(object("", "pods", body));
            done.push(format!("+{name}"));
        }
        self.job.set(&["status"], plan.status);
        for pod in &plan.free {
            self.change(pod.name(), &["metadata", "finalizers"], value!([]));
        }
        done
    }

    fn change(&mut self, name: &str, path: &[&str], part: Value) {
        let place = self.pods.iter().position(|pod| pod.name() == name).expect("it exists");
        let mut value = self.pods[place].value().clone();
        value.set(path, part);
        self.pods[place] = object("", "pods", value);
    }

    fn end(&mut self, name: &str, phase: &str, code: i64) {
        let status = value!({"phase": phase, "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": code, "finishedAt": text(self.now)}}}]});
        self.change(name, &["status"], status);
    }

    /// Steps until nothing more happens; pods that were told to end have ended.
    fn settle(&mut self) {
        for _ in 0..20 {
            let before = self.job["status"].clone();
            let done = self.step();
            for name in done.iter().filter_map(|line| line.strip_prefix('-')) {
                self.end(name, "Failed", 143);
            }
            if done.is_empty() && self.job["status"] == before && !self.pods.iter().any(|pod| is_tracked(pod))
            {
                return;
            }
        }
    }

    fn number(&self, field: &str) -> i64 {
        self.job["status"][field].as_i64().unwrap_or(0)
    }

    fn reason(&self, kind: &str) -> &str {
        condition(&self.job["status"], kind).map_or("", |c| c["reason"].str_or_empty())
    }
}

#[test]
fn pods_run_until_enough_have_succeeded() {
    let mut world = World::new(value!({"parallelism": 2, "completions": 3}));
    assert_eq!(world.step(), ["+j-0", "+j-1"]);
    assert!(world.pods[0].value()["metadata"]["finalizers"].items().contains(&FINALIZER.into()));
    world.end("j-0", "Succeeded", 0);
    assert_eq!(world.step(), ["+j-2"]);
    // Noted, set free, and counted only now that it is free.
    assert_eq!(world.number("succeeded"), 0);
    world.step();
    assert_eq!((world.number("succeeded"), world.number("active")), (1, 2));
    world.end("j-1", "Succeeded", 0);
    world.end("j-2", "Succeeded", 0);
    world.settle();
    assert_eq!(world.number("succeeded"), 3);
    assert_eq!(
        (world.reason("SuccessCriteriaMet"), world.reason("Complete")),
        ("CompletionsReached", "CompletionsReached")
    );
    assert!(!world.job["status"]["completionTime"].is_null());
    assert_eq!(world.made, 3);
}

#[test]
fn failures_wait_and_then_end_the_job() {
    let mut world = World::new(value!({"parallelism": 1, "completions": 1, "backoffLimit": 1}));
    world.step();
    world.end("j-0", "Failed", 1);
    assert_eq!(world.step(), Vec::<String>::new());
    world.now += 11;
    assert_eq!(world.step(), ["+j-1"]);
    world.end("j-1", "Failed", 1);
    world.settle();
    assert_eq!((world.number("failed"), world.reason("Failed")), (2, "BackoffLimitExceeded"));
}

#[test]
fn a_deadline_ends_what_still_runs() {
    let mut world = World::new(value!({"parallelism": 1, "completions": 1, "activeDeadlineSeconds": 30}));
    world.step();
    world.now += 40;
    assert_eq!(world.step(), ["-j-0"]);
    assert_eq!((world.reason("FailureTarget"), world.reason("Failed")), ("DeadlineExceeded", ""));
    world.end("j-0", "Failed", 143);
    world.settle();
    assert_eq!(world.reason("Failed"), "DeadlineExceeded");
}

#[test]
fn a_suspended_job_runs_nothing() {
    let mut world = World::new(value!({"parallelism": 1, "completions": 1, "suspend": true}));
    assert_eq!(world.step(), Vec::<String>::new());
    assert_eq!(world.reason("Suspended"), "JobSuspended");
    assert!(world.job["status"]["startTime"].is_null());
    world.job.set(&["spec", "suspend"], false);
    assert_eq!(world.step(), ["+j-0"]);
    assert_eq!(world.reason("Suspended"), "JobResumed");
}

fn indexed(extra: Value) -> World {
    let mut spec = value!({"parallelism": 3, "completions": 3, "completionMode": "Indexed"});
    for entry in extra.entries().iter() {
        spec.set(&[entry.key.as_str()], entry.value.clone());
    }
    World::new(spec)
}

#[test]
fn indexes_are_completed_once_each() {
    let mut world = indexed(value!({}));
    assert_eq!(world.step(), ["+j-0-0", "+j-1-1", "+j-2-2"]);
    let pod = world.pods[1].value();
    assert_eq!(pod["spec"]["hostname"].as_str(), Some("j-1"));
    assert_eq!(
        pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"].as_str(),
        Some("1")
    );
    assert_eq!(
        pod["spec"]["containers"].items()[0]["env"].items()[0]["name"].as_str(),
        Some("JOB_COMPLETION_INDEX")
    );
    world.end("j-0-0", "Succeeded", 0);
    world.end("j-2-2", "Succeeded", 0);
    world.settle();
    assert_eq!(world.job["status"]["completedIndexes"].as_str(), Some("0,2"));
    world.end("j-1-1", "Failed", 1);
    world.step();
    world.now += 30;
    assert_eq!(world.step(), ["+j-1-3"]);
    world.end("j-1-3", "Succeeded", 0);
    world.settle();
    assert_eq!(
        (world.job["status"]["completedIndexes"].as_str(), world.number("succeeded")),
        (Some("0-2"), 3)
    );
    assert_eq!(world.reason("Complete"), "CompletionsReached");
}

#[test]
fn each_index_may_have_a_limit_of_its_own() {
    let mut world = indexed(value!({"backoffLimitPerIndex": 1, "backoffLimit": 100}));
    world.step();
    world.end("j-0-0", "Succeeded", 0);
    world.end("j-2-2", "Succeeded", 0);
    world.end("j-1-1", "Failed", 1);
    world.step();
    world.now += 30;
    assert_eq!(world.step(), ["+j-1-3"]);
    world.end("j-1-3", "Failed", 1);
    world.settle();
    assert_eq!(world.job["status"]["failedIndexes"].as_str(), Some("1"));
    assert_eq!((world.reason("Failed"), world.number("failed")), ("FailedIndexes", 2));
}

#[test]
fn policies_decide_early() {
    let rules = value!({"rules": [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}
    ]});
    let mut world = World::new(
        value!({"parallelism": 1, "completions": 1, "backoffLimit": 0, "podFailurePolicy": rules}),
    );
    world.step();
    world.end("j-0", "Failed", 1);
    world.change("j-0", &["status", "conditions"], value!([{"type": "DisruptionTarget", "status": "True"}]));
    world.now += 30;
    assert_eq!(world.step(), ["+j-1"]);
    world.end("j-1", "Failed", 42);
    world.settle();
    assert_eq!((world.number("failed"), world.reason("Failed")), (1, "PodFailurePolicy"));
    let told = condition(&world.job["status"], "Failed").expect("it failed");
    assert_eq!(
        told["message"].as_str(),
        Some("Container c for pod ns/j-1 failed with exit code 42 matching FailJob rule at index 1")
    );
    let mut lucky =
        indexed(value!({"successPolicy": {"rules": [{"succeededIndexes": "0-1", "succeededCount": 1}]}}));
    lucky.step();
    lucky.end("j-1-1", "Succeeded", 0);
    lucky.settle();
    assert_eq!(
        (lucky.reason("SuccessCriteriaMet"), lucky.reason("Complete")),
        ("SuccessPolicy", "SuccessPolicy")
    );
    assert_eq!(lucky.job["status"]["completedIndexes"].as_str(), Some("1"));
}
