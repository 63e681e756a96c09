//! What a Deployment's status says: numbers, availability, progress. Pure.

use api::Object;
use api::Value;
use api::value;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::deployment_plan::Progress;
use super::deployment_plan::Set;
use super::deployment_plan::Step;
use crate::objects::condition;
use crate::objects::metadata;
use crate::objects::same_status;

const PROGRESSING: &str = "Progressing";
const AVAILABLE: &str = "Available";
const FAILURE: &str = "ReplicaFailure";
const COMPLETE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const PAUSED: &str = "DeploymentPaused";

/// A condition before its times are known.
struct Condition<'a> {
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
}

/// A pause stops the clock of the progress deadline, and resuming starts it again.
pub(crate) fn note_pause(step: &mut Step<'_>) {
    let reason = condition(&step.status, PROGRESSING).map(|c| c["reason"].str_or_empty().to_owned());
    if deadline(step.deployment).is_none() || reason.as_deref() == Some(TIMED_OUT) {
        return;
    }
    let paused = step.deployment.value()["spec"]["paused"].as_bool().unwrap_or(false);
    let noted = reason.as_deref() == Some(PAUSED);
    let (reason, message) = match (paused, noted) {
        (true, false) => (PAUSED, "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        _ => return,
    };
    let now = step.snapshot.now;
    set(&mut step.status, &Condition { kind: PROGRESSING, status: "Unknown", reason, message }, now);
}

/// A ReplicaSet was there already when the first Progressing condition was due.
pub(crate) fn note_found(step: &mut Step<'_>, name: &str) {
    if deadline(step.deployment).is_some() && condition(&step.status, PROGRESSING).is_none() {
        let message = format!("Found new replica set {name:?}");
        note_progress(step, "FoundNewReplicaSet", &message);
    }
}

/// The new ReplicaSet is made in this step.
pub(crate) fn note_created(step: &mut Step<'_>, name: &str) {
    if deadline(step.deployment).is_some() {
        let message = format!("Created new replica set {name:?}");
        note_progress(step, "NewReplicaSetCreated", &message);
    }
}

/// The condition of a Deployment whose ReplicaSet could not be made.
pub(crate) fn creation_failed(mut status: Value, message: &str, now: Timestamp) -> Value {
    let failed = Condition { kind: PROGRESSING, status: "False", reason: "ReplicaSetCreateError", message };
    set(&mut status, &failed, now);
    status
}

/// Whether everything wanted is updated and available, and nothing old is left.
pub(crate) fn is_complete(deployment: &Object, status: &Value) -> bool {
    let wanted = deployment.value()["spec"]["replicas"].as_i64().unwrap_or(1);
    let number = |field: &str| status[field].as_i64().unwrap_or(0);
    number("updatedReplicas") == wanted
        && number("replicas") == wanted
        && number("availableReplicas") == wanted
        && number("observedGeneration") >= metadata(deployment).generation()
}

/// Fills in numbers and conditions.
pub(crate) fn settle(step: &mut Step<'_>, progress: Progress) {
    count(step);
    let now = step.snapshot.now;
    let least = step.wanted.replicas - step.wanted.max_unavailable;
    let enough = step.status["availableReplicas"].as_i64().unwrap_or(0) >= least;
    let available = if enough {
        Condition {
            kind: AVAILABLE,
            status: "True",
            reason: "MinimumReplicasAvailable",
            message: "Deployment has minimum availability.",
        }
    } else {
        Condition {
            kind: AVAILABLE,
            status: "False",
            reason: "MinimumReplicasUnavailable",
            message: "Deployment does not have minimum availability.",
        }
    };
    set(&mut step.status, &available, now);
    if progress == Progress::Judged {
        judge(step);
        let failure = failure_of(step);
        remove(&mut step.status, FAILURE);
        if let Some(failure) = failure {
            step.status.at_mut(&["conditions"]).ensure_list().push(failure);
        }
    }
    if step.status["conditions"].items().is_empty() {
        step.status.remove(&["conditions"]);
    }
}

/// When the progress deadline must be looked at, though nobody wakes us.
pub(crate) fn next_look(step: &Step<'_>, progress: Progress) -> Option<SignedDuration> {
    let deadline = deadline(step.deployment)?;
    let current = condition(&step.status, PROGRESSING)?;
    let over = is_complete(step.deployment, &step.status) || current["reason"].as_str() == Some(TIMED_OUT);
    if over || progress == Progress::Ignored {
        return None;
    }
    let due = api::view::time(&current["lastUpdateTime"])?.saturating_add(deadline).ok()?;
    // One second more, because times in conditions are cut to seconds.
    Some(due.duration_since(step.snapshot.now).max(SignedDuration::ZERO) + SignedDuration::from_secs(1))
}

fn count(step: &mut Step<'_>) {
    let all: Vec<&Set> = step.old.iter().chain(step.new.as_ref()).collect();
    let sum = |field: &str| all.iter().map(|set| set.status(field)).sum::<i64>();
    let total: i64 = all.iter().map(|set| set.replicas).sum();
    let available = sum("availableReplicas");
    let mut status = value!({
        "observedGeneration": metadata(step.deployment).generation(),
        "replicas": sum("replicas"),
        "updatedReplicas": step.new.as_ref().map_or(0, |set| set.status("replicas")),
        "readyReplicas": sum("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": (total - available).max(0),
        "terminatingReplicas": sum("terminatingReplicas")
    });
    for field in ["conditions", "collisionCount"] {
        if let Some(value) = step.status.get(field) {
            status.set(&[field], value.clone());
        }
    }
    step.status = status;
}

fn judge(step: &mut Step<'_>) {
    let Some(deadline) = deadline(step.deployment) else { return remove(&mut step.status, PROGRESSING) };
    let old = &step.deployment.value()["status"];
    let now = step.snapshot.now;
    let reason = condition(old, PROGRESSING).map(|c| c["reason"].str_or_empty());
    let number = |status: &Value, field: &str| status[field].as_i64().unwrap_or(0);
    let new = &step.status;
    if number(new, "replicas") == number(new, "updatedReplicas") && reason == Some(COMPLETE) {
        return;
    }
    let subject = match &step.new {
        Some(set) => format!("ReplicaSet {:?}", set.object.name()),
        None => format!("Deployment {:?}", step.deployment.name()),
    };
    let left_over = |status: &Value| number(status, "replicas") - number(status, "updatedReplicas");
    let more = |field: &str| number(new, field) > number(old, field);
    let advancing = more("updatedReplicas")
        || left_over(new) < left_over(old)
        || more("readyReplicas")
        || more("availableReplicas");
    if is_complete(step.deployment, new) {
        let message = format!("{subject} has successfully progressed.");
        let done = Condition { kind: PROGRESSING, status: "True", reason: COMPLETE, message: &message };
        set(&mut step.status, &done, now);
    } else if advancing {
        let message = format!("{subject} is progressing.");
        note_progress(step, "ReplicaSetUpdated", &message);
    } else if is_late(&step.status, deadline, now) {
        let message = format!("{subject} has timed out progressing.");
        let late = Condition { kind: PROGRESSING, status: "False", reason: TIMED_OUT, message: &message };
        set(&mut step.status, &late, now);
    }
}

/// Sets Progressing to `True` and its `lastUpdateTime` to now even where nothing else changes: the
/// deadline counts from there.
fn note_progress(step: &mut Step<'_>, reason: &str, message: &str) {
    let since = condition(&step.status, PROGRESSING)
        .filter(|current| current["status"].as_str() == Some("True"))
        .map(|current| current["lastTransitionTime"].clone());
    remove(&mut step.status, PROGRESSING);
    let now = step.snapshot.now;
    set(&mut step.status, &Condition { kind: PROGRESSING, status: "True", reason, message }, now);
    if let Some(since) = since
        && let Some(list) = step.status.at_mut(&["conditions"]).as_list_mut()
        && let Some(last) = list.last_mut()
    {
        last.set(&["lastTransitionTime"], since);
    }
}

fn is_late(status: &Value, deadline: SignedDuration, now: Timestamp) -> bool {
    let Some(current) = condition(status, PROGRESSING) else { return false };
    match current["reason"].str_or_empty() {
        COMPLETE => false,
        TIMED_OUT => true,
        _ => api::view::time(&current["lastUpdateTime"])
            .is_some_and(|updated| now.duration_since(updated) > deadline),
    }
}

/// The `ReplicaFailure` condition of a ReplicaSet, that of the new one first.
fn failure_of(step: &Step<'_>) -> Option<Value> {
    let mut sets = step.new.iter().chain(&step.old);
    let failure = sets.find_map(|set| condition(&set.object.value()["status"], FAILURE))?;
    Some(value!({
        "type": FAILURE, "status": &failure["status"],
        "lastUpdateTime": &failure["lastTransitionTime"], "lastTransitionTime": &failure["lastTransitionTime"],
        "reason": &failure["reason"], "message": &failure["message"]
    }))
}

/// `progressDeadlineSeconds`; the largest number stands for none.
fn deadline(deployment: &Object) -> Option<SignedDuration> {
    let seconds = deployment.value()["spec"]["progressDeadlineSeconds"].as_i64()?;
    (seconds != i64::from(i32::MAX)).then(|| SignedDuration::from_secs(seconds))
}

/// Adds or replaces a condition; one with the same status and reason stays as it is.
fn set(status: &mut Value, new: &Condition<'_>, now: Timestamp) {
    let current = condition(status, new.kind).cloned();
    let now = meta::time::seconds(now);
    let mut since = Value::from(now.as_str());
    if let Some(current) = current
        && current["status"].as_str() == Some(new.status)
    {
        if current["reason"].as_str() == Some(new.reason) {
            return;
        }
        since = current["lastTransitionTime"].clone();
    }
    remove(status, new.kind);
    status.at_mut(&["conditions"]).ensure_list().push(value!({
        "type": new.kind, "status": new.status, "lastUpdateTime": now, "lastTransitionTime": since,
        "reason": new.reason, "message": new.message
    }));
}

fn remove(status: &mut Value, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_list_mut) {
        conditions.retain(|condition| condition["type"].as_str() != Some(kind));
    }
}

/// Whether a status has to be written.
pub(crate) fn differs(deployment: &Object, status: &Value) -> bool {
    !same_status(&deployment.value()["status"], status)
}
