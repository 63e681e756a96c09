//! What a CronJob does at which time, and when finished Jobs go.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;

use super::cronjob::plan;
use super::ttl::time_left;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::text;

fn cron_job(spec: Value, status: Value) -> Arc<Object> {
    let mut value = value!({
        "metadata": {"namespace": "ns", "name": "tick", "uid": "tick", "creationTimestamp": text(0)},
        "spec": {"schedule": "*/10 * * * *", "jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {"parallelism": 1}}},
        "status": status
    });
    for entry in spec.entries().iter() {
        value.set(&["spec", entry.key.as_str()], entry.value.clone());
    }
    object("batch", "cronjobs", value)
}

fn job(name: &str, created: i64, ended: Option<&str>) -> Arc<Object> {
    let conditions: Value = ended
        .iter()
        .map(|kind| value!({"type": *kind, "status": "True", "lastTransitionTime": text(created + 5)}))
        .collect();
    object(
        "batch",
        "jobs",
        value!({
            "metadata": {"namespace": "ns", "name": name, "uid": name, "creationTimestamp": text(created)},
            "spec": {"ttlSecondsAfterFinished": 60},
            "status": {"conditions": conditions, "completionTime": text(created + 5)}
        }),
    )
}

#[test]
fn a_job_is_made_when_it_is_due() {
    let waiting = plan(&cron_job(value!({}), Value::Null), &[], at(599));
    assert!(waiting.create.is_none());
    assert_eq!(waiting.look_again.map(|wait| wait.as_secs()), Some(1));
    let due = plan(&cron_job(value!({}), Value::Null), &[], at(1230));
    let made = due.create.expect("it is due");
    assert_eq!(made["metadata"]["name"].as_str(), Some("tick-20"));
    assert_eq!(made["metadata"]["labels"]["a"].as_str(), Some("b"));
    assert_eq!(due.status["lastScheduleTime"].as_str(), Some(text(1200).as_str()));
    let done = cron_job(value!({}), value!({"lastScheduleTime": text(1200)}));
    assert!(plan(&done, &[], at(1230)).create.is_none());
    assert!(plan(&cron_job(value!({"suspend": true}), Value::Null), &[], at(1230)).create.is_none());
    let late = plan(&cron_job(value!({"startingDeadlineSeconds": 20}), Value::Null), &[], at(1230));
    assert!(late.create.is_none());
    assert_eq!(late.event.map(|(_, reason, _)| reason), Some("MissSchedule"));
    let wrong = plan(&cron_job(value!({"schedule": "often"}), Value::Null), &[], at(1230));
    assert_eq!(wrong.event.map(|(_, reason, _)| reason), Some("UnparseableSchedule"));
}

#[test]
fn concurrency_is_a_choice() {
    let running = [job("tick-10", 600, None)];
    let decide = |policy: &str| {
        plan(&cron_job(value!({"concurrencyPolicy": policy}), Value::Null), &running, at(1230))
    };
    assert!(decide("Allow").create.is_some() && decide("Allow").delete.is_empty());
    assert!(decide("Forbid").create.is_none());
    assert_eq!(decide("Replace").delete.len(), 1);
    assert_eq!(decide("Allow").status["active"].items()[0]["name"].as_str(), Some("tick-10"));
}

#[test]
fn old_jobs_go() {
    let jobs: Vec<Arc<Object>> =
        (0..5).map(|i| job(&format!("done-{i}"), i * 10, Some("Complete"))).collect();
    let plan = plan(&cron_job(value!({"suspend": true}), Value::Null), &jobs, at(1230));
    let names: Vec<&str> = plan.delete.iter().map(|job| job.name()).collect();
    assert_eq!(names, ["done-0", "done-1"]);
    assert_eq!(plan.status["lastSuccessfulTime"].as_str(), Some(text(45).as_str()));
    let left = |job: &Object, now: i64| time_left(job, at(now)).map(|left| left.as_secs());
    assert_eq!(left(&jobs[0], 35), Some(30));
    assert_eq!(left(&job("running", 0, None), 35), None);
}
