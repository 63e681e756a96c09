//! What the failure of a pod means for its Job (KEP-3329), and when enough has succeeded (KEP-3998).

use std::collections::BTreeSet;
use std::sync::Arc;

use api::Object;
use api::Value;

use super::job_indexes;

/// What a failed pod means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It counts towards the limits.
    Counts,
    /// It does not count.
    Ignored,
    /// Its index has failed.
    FailsIndex,
    /// The Job has failed, for this reason.
    FailsJob(String),
}

/// Reads the first rule of `spec.podFailurePolicy` that matches a failed pod.
pub(crate) fn failure(job: &Object, pod: &Object) -> Failure {
    let rules = job.value()["spec"]["podFailurePolicy"]["rules"].items();
    for (place, rule) in rules.iter().enumerate() {
        let Some(what) = matched(rule, pod) else { continue };
        return match rule["action"].str_or_empty() {
            "Ignore" => Failure::Ignored,
            "FailIndex" => Failure::FailsIndex,
            "FailJob" => Failure::FailsJob(format!("{what} matching FailJob rule at index {place}")),
            _ => Failure::Counts,
        };
    }
    Failure::Counts
}

/// The part of the pod that a rule matches, in words.
fn matched(rule: &Value, pod: &Object) -> Option<String> {
    let (status, subject) = (&pod.value()["status"], format!("{}/{}", pod.namespace(), pod.name()));
    let codes = &rule["onExitCodes"];
    if !codes.is_null() {
        let values = codes["values"].items();
        let inside = codes["operator"].as_str() == Some("In");
        let statuses =
            status["containerStatuses"].items().iter().chain(status["initContainerStatuses"].items());
        for container in statuses {
            let named = codes["containerName"].is_null() || codes["containerName"] == container["name"];
            let Some(code) = container["state"]["terminated"]["exitCode"].as_i64() else { continue };
            // Success is never a failure, whatever `NotIn` says.
            let listed = values.iter().any(|value| value.as_i64() == Some(code));
            if named && code != 0 && listed == inside {
                let name = container["name"].str_or_empty();
                return Some(format!("Container {name} for pod {subject} failed with exit code {code}"));
            }
        }
        return None;
    }
    let patterns = rule["onPodConditions"].items();
    let conditions = status["conditions"].items();
    let fits = |pattern: &Value, condition: &Value| {
        let wanted = pattern["status"].as_str().unwrap_or("True");
        pattern["type"] == condition["type"] && condition["status"].as_str() == Some(wanted)
    };
    let found =
        conditions.iter().find(|condition| patterns.iter().any(|pattern| fits(pattern, condition)))?;
    Some(format!("Pod {subject} has condition {}", found["type"].str_or_empty()))
}

/// Whether a rule of `spec.successPolicy` is met: which, in upstream's words.
pub(crate) fn success(job: &Object, succeeded: &BTreeSet<i64>) -> Option<String> {
    let rules = job.value()["spec"]["successPolicy"]["rules"].items();
    let met = |rule: &Value| {
        let wanted = rule["succeededIndexes"].as_str().map(job_indexes::parse);
        let count = match &wanted {
            Some(wanted) => wanted.intersection(succeeded).count(),
            None => succeeded.len(),
        };
        let enough = match (rule["succeededCount"].as_i64(), &wanted) {
            (Some(enough), _) => usize::try_from(enough).unwrap_or(0),
            (None, Some(wanted)) => wanted.len(),
            (None, None) => return false,
        };
        count >= enough
    };
    rules.iter().position(met).map(|place| format!("Matched rules at index {place}"))
}

/// Whether a pod restarts in place too often, where its Job restarts containers instead of pods.
pub(crate) fn restarts_too_often(job: &Object, pods: &[&Arc<Object>], limit: i64) -> bool {
    let spec = &job.value()["spec"]["template"]["spec"];
    if spec["restartPolicy"].as_str() != Some("OnFailure") {
        return false;
    }
    let restarts = |pod: &&Arc<Object>| -> i64 {
        let status = &pod.value()["status"];
        let statuses =
            status["containerStatuses"].items().iter().chain(status["initContainerStatuses"].items());
        statuses.map(|container| container["restartCount"].as_i64().unwrap_or(0)).sum()
    };
    let total: i64 = pods.iter().map(restarts).sum();
    if limit == 0 { total > 0 } else { total >= limit }
}
