//! The rules of a Job's status: what its conditions and counts may say together, and become.
//!
//! What was stored broken may stay, so that it can still be written about: most rules are asked only where
//! what they are about changes.

use api::Value;
use meta::Cause;
use meta::Causes;

use crate::Path;
use crate::job::count_indexes;
use crate::job::has_condition;
use crate::job::is_indexed;
use crate::rules;

const COUNTS: [&str; 5] = ["active", "succeeded", "failed", "ready", "terminating"];

/// A Job and what it was.
struct Change<'a> {
    job: &'a Value,
    old: &'a Value,
}

impl Change<'_> {
    fn status(&self) -> &Value {
        &self.job["status"]
    }

    fn has(&self, kind: &str) -> bool {
        has_condition(self.job, kind)
    }

    fn is_finished(&self) -> bool {
        self.has("Complete") || self.has("Failed")
    }

    /// Whether one of these conditions became true, or no longer is.
    fn turned(&self, kinds: &[&str]) -> bool {
        kinds.iter().any(|kind| has_condition(self.job, kind) != has_condition(self.old, kind))
    }

    fn finished_turned(&self) -> bool {
        let finished = |job: &Value| has_condition(job, "Complete") || has_condition(job, "Failed");
        finished(self.job) != finished(self.old)
    }

    fn changed(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.job["status"][*field] != self.old["status"][*field])
    }

    fn count(&self, field: &str) -> i64 {
        self.status()[field].as_i64().unwrap_or(0)
    }
}

/// The rules of a status and of its change, in upstream's order.
pub(crate) fn check(job: &Value, old: &Value, causes: &mut Causes) {
    let (path, change) = (Path::new("status"), Change { job, old });
    rules::non_negative(&path, change.status(), &COUNTS, causes);
    check_uncounted(&path.child("uncountedTerminatedPods"), &change, causes);
    check_times(&path, &change, causes);
    check_finished(&path, &change, causes);
    check_indexes(&path, &change, causes);
    if change.is_finished()
        && change.count("terminating") > 0
        && (change.finished_turned() || change.changed(&["terminating"]))
    {
        let detail = "terminating>0 is invalid for finished job";
        causes.push(Cause::invalid(path.child("terminating"), change.count("terminating"), detail));
    }
    if change.changed(&["ready", "active"]) && change.count("ready") > change.count("active") {
        let detail = "cannot set more ready pods than active";
        causes.push(Cause::invalid(path.child("ready"), change.count("ready"), detail));
    }
    let conditions = path.child("conditions");
    for other in ["Failed", "FailureTarget"] {
        if change.has("SuccessCriteriaMet") && change.has(other) {
            let shown = if other == "Failed" { "Failed=true" } else { "FailureTarget=true" };
            let detail = format!("cannot set SuccessCriteriaMet=True and {shown} conditions");
            causes.push(rules::broken(conditions, &detail));
        }
    }
    if !job["spec"]["successPolicy"].is_null() && !change.has("SuccessCriteriaMet") && change.has("Complete")
    {
        let detail = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
        causes.push(rules::broken(conditions, detail));
    }
    check_change(&path, &change, causes);
}

fn check_uncounted(path: &Path<'_>, change: &Change<'_>, causes: &mut Causes) {
    let mut seen: Vec<&str> = Vec::new();
    for field in ["succeeded", "failed"] {
        let list = path.child(field);
        for (i, uid) in change.status()["uncountedTerminatedPods"][field].items().iter().enumerate() {
            let (path, uid) = (list.index(i), uid.str_or_empty());
            if uid.is_empty() {
                causes.push(Cause::invalid(path, uid, "must not be empty"));
            } else if seen.contains(&uid) {
                causes.push(Cause::duplicate(path, uid));
            } else {
                seen.push(uid);
            }
        }
    }
}

fn check_times(path: &Path<'_>, change: &Change<'_>, causes: &mut Causes) {
    let (conditions, status) = (path.child("conditions"), change.status());
    let complete = change.has("Complete");
    if change.turned(&["Complete", "Failed"]) && complete && change.has("Failed") {
        let detail = "cannot set Complete=True and Failed=true conditions";
        causes.push(rules::broken(conditions, detail));
    }
    if change.turned(&["Complete", "FailureTarget"]) && complete && change.has("FailureTarget") {
        let detail = "cannot set Complete=True and FailureTarget=true conditions";
        causes.push(rules::broken(conditions, detail));
    }
    let (field, ended) = (path.child("completionTime"), &status["completionTime"]);
    if change.turned(&["Complete"]) || change.changed(&["completionTime"]) {
        if !ended.is_null() && !complete {
            let detail = "cannot set completionTime when there is no Complete=True condition";
            causes.push(Cause::invalid(field, ended, detail));
        }
        if ended.is_null() && complete {
            causes.push(Cause::required(field, "completionTime is required for Complete jobs"));
        }
    }
    let begun = api::view::time(&status["startTime"]);
    if change.changed(&["startTime", "completionTime"])
        && let (Some(begun), Some(time)) = (begun, api::view::time(ended))
        && time < begun
    {
        causes.push(Cause::invalid(field, ended, "must be equal to or after `startTime`"));
    }
}

fn check_finished(path: &Path<'_>, change: &Change<'_>, causes: &mut Causes) {
    let (conditions, status, spec) = (path.child("conditions"), change.status(), &change.job["spec"]);
    if (change.turned(&["Failed"]) || change.changed(&["failedIndexes"]))
        && change.has("Failed")
        && !change.has("FailureTarget")
    {
        let detail = "cannot set Failed=True condition without the FailureTarget=true condition";
        causes.push(rules::broken(conditions, detail));
    }
    if change.turned(&["Complete", "SuccessCriteriaMet"])
        && change.has("Complete")
        && !change.has("SuccessCriteriaMet")
    {
        let detail = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition";
        causes.push(rules::broken(conditions, detail));
    }
    if !change.is_finished() {
        return;
    }
    let turned = change.finished_turned();
    if change.count("active") > 0 && (turned || change.changed(&["active"])) {
        let detail = "active>0 is invalid for finished job";
        causes.push(Cause::invalid(path.child("active"), change.count("active"), detail));
    }
    // A Job that was to do nothing may end before it began.
    let idle = spec["suspend"].as_bool() == Some(true) && spec["completions"].as_i64() == Some(0);
    if status["startTime"].is_null() && (turned || change.changed(&["startTime"])) && !idle {
        causes.push(Cause::required(path.child("startTime"), "startTime is required for finished job"));
    }
    let uncounted = &status["uncountedTerminatedPods"];
    let some = ["succeeded", "failed"].iter().any(|list| !uncounted[*list].items().is_empty());
    if some && (turned || change.changed(&["uncountedTerminatedPods"])) {
        let field = path.child("uncountedTerminatedPods");
        let detail = "must be empty for finished job";
        causes.push(Cause::invalid(field, rules::InMemory(uncounted), detail));
    }
}

fn check_indexes(path: &Path<'_>, change: &Change<'_>, causes: &mut Causes) {
    let (status, spec) = (change.status(), &change.job["spec"]);
    let completions = spec["completions"].as_i64();
    let [completed, failed] = ["completedIndexes", "failedIndexes"].map(|field| &status[field]);
    let [at_completed, at_failed] = ["completedIndexes", "failedIndexes"].map(|field| path.child(field));
    let per_index = !spec["backoffLimitPerIndex"].is_null();
    let [completed_changed, failed_changed] =
        ["completedIndexes", "failedIndexes"].map(|field| change.changed(&[field]));
    if let Some(limit) = completions {
        if let Err(why) = count_indexes(completed.str_or_empty(), limit)
            && completed_changed
        {
            let detail = format!("error parsing completedIndexes: {why}");
            causes.push(Cause::invalid(at_completed, completed.str_or_empty(), &detail));
        }
        if let Err(why) = count_indexes(failed.str_or_empty(), limit)
            && failed_changed
            && per_index
        {
            let detail = format!("error parsing failedIndexes: {why}");
            causes.push(Cause::invalid(at_failed, failed.str_or_empty(), &detail));
        }
    }
    if completed_changed && !completed.str_or_empty().is_empty() && !is_indexed(spec) {
        let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
        causes.push(Cause::invalid(at_completed, completed.str_or_empty(), detail));
    }
    if failed_changed && !failed.is_null() && !per_index {
        let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
        causes.push(Cause::invalid(at_failed, failed.str_or_empty(), detail));
    }
    if (completed_changed || failed_changed)
        && let Some(index) = completions.and_then(|limit| overlap(completed, failed, limit))
    {
        let detail = format!("failedIndexes and completedIndexes overlap at index: {index}");
        causes.push(Cause::invalid(at_failed, failed.str_or_empty(), &detail));
    }
}

/// The first index that is in two lists such as `0,2-4`; what cannot be read is in none.
fn overlap(completed: &Value, failed: &Value, limit: i64) -> Option<i64> {
    let intervals = |text: &Value| -> Vec<(i64, i64)> {
        let read = |interval: &str| {
            count_indexes(interval, limit).ok()?;
            let (first, last) = interval.split_once('-').unwrap_or((interval, interval));
            Some((first.parse().ok()?, last.parse().ok()?))
        };
        text.str_or_empty().split(',').filter_map(read).collect()
    };
    let mut failed = intervals(failed);
    // They are in order unless another rule is broken; in order, each needs one look.
    failed.sort_unstable();
    let shared = |(first, last): (i64, i64)| {
        let meets = failed.get(failed.partition_point(|(_, to)| *to < first))?;
        (meets.0 <= last).then(|| first.max(meets.0))
    };
    intervals(completed).into_iter().find_map(shared)
}

fn check_change(path: &Path<'_>, change: &Change<'_>, causes: &mut Causes) {
    let (conditions, status, before) = (path.child("conditions"), change.status(), &change.old["status"]);
    let (job, old) = (change.job, change.old);
    for kind in ["Failed", "Complete", "FailureTarget"] {
        if has_condition(old, kind) && !change.has(kind) {
            let detail = format!("cannot disable the terminal {kind}=True condition");
            causes.push(rules::broken(conditions, &detail));
        }
    }
    // The counts of an elastic indexed Job follow its size.
    let elastic = is_indexed(&job["spec"]) && job["spec"]["completions"] == job["spec"]["parallelism"];
    for field in ["failed", "succeeded"] {
        let fewer = change.count(field) < before[field].as_i64().unwrap_or(0);
        if fewer && !(field == "succeeded" && elastic) {
            let detail = format!("cannot decrease the {field} counter");
            causes.push(Cause::invalid(path.child(field), change.count(field), &detail));
        }
    }
    let both = |field: &str| !status[field].is_null() && !before[field].is_null();
    if both("completionTime") && change.changed(&["completionTime"]) {
        let field = path.child("completionTime");
        causes.push(Cause::invalid(field, &status["completionTime"], rules::IMMUTABLE));
    }
    let resumed = job["status"]["conditions"].items().iter().any(|condition| {
        condition["type"].as_str() == Some("Suspended") && condition["status"].as_str() == Some("False")
    });
    let resuming = has_condition(old, "Suspended") && resumed;
    let suspended = job["spec"]["suspend"].as_bool() == Some(true);
    if change.changed(&["startTime"]) && !before["startTime"].is_null() && !suspended && !resuming {
        let detail = "field is immutable for unsuspended job once set";
        causes.push(Cause::invalid(path.child("startTime"), &status["startTime"], detail));
    }
    let met = "SuccessCriteriaMet";
    if has_condition(old, met) && !change.has(met) {
        causes.push(rules::broken(conditions, "cannot disable the SuccessCriteriaMet=True condition"));
    }
    if has_condition(old, "Complete") && !has_condition(old, met) && change.has(met) {
        let detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
        causes.push(rules::broken(conditions, detail));
    }
}
