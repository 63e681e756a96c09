//! The rules of a Job's spec and status, shared by Jobs and by the templates of CronJobs.

use api::NULL;
use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::pod_defaults::items_mut;
use crate::rules;
use crate::rules::Seen;
use crate::template::check_template;

pub(crate) const CONTROLLER_UID: &str = "batch.kubernetes.io/controller-uid";
pub(crate) const JOB_NAME: &str = "batch.kubernetes.io/job-name";
pub(crate) const LEGACY_CONTROLLER_UID: &str = "controller-uid";
pub(crate) const LEGACY_JOB_NAME: &str = "job-name";

const MAX_INDEXED: i64 = 100_000;
const SOFT_COMPLETIONS: i64 = 100_000;
const MANY_COMPLETIONS_LIMIT: i64 = 10_000;
const MAX_RULES: usize = 20;
const MAX_EXIT_CODES: usize = 255;
const MAX_MANAGED_BY: usize = 63;

pub(crate) fn is_indexed(spec: &Value) -> bool {
    spec["completionMode"].as_str() == Some("Indexed")
}

/// A warning about a Job of more parts than its status can tell of.
pub(crate) fn size_warning(path: &str, spec: &Value) -> Option<String> {
    let count = |field: &str| spec[field].as_i64().unwrap_or(0);
    let large = count("completions") > SOFT_COMPLETIONS && count("parallelism") > MANY_COMPLETIONS_LIMIT;
    let detail = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
    (is_indexed(spec) && large).then(|| format!("{path}: {detail}"))
}

/// The labels and the selector that the server generates are there and were not set otherwise.
pub(crate) fn check_generated_selector(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    if spec["manualSelector"].as_bool() == Some(true) || spec["selector"].is_null() {
        return;
    }
    let [uid, name] = ["uid", "name"].map(|field| object["metadata"][field].str_or_empty());
    let labels = &spec["template"]["metadata"]["labels"];
    let path = Path::new("spec.template.metadata.labels");
    for (key, expected) in
        [(LEGACY_CONTROLLER_UID, uid), (LEGACY_JOB_NAME, name), (CONTROLLER_UID, uid), (JOB_NAME, name)]
    {
        let detail = || format!("must be '{expected}'");
        match labels.get(key).and_then(Value::as_str) {
            None => causes.push(Cause::required(path.key(key), &detail())),
            Some(value) if value != expected => {
                causes.push(Cause::invalid(path.key(key), labels, &detail()));
            }
            Some(_) => {}
        }
    }
    let wanted = |key: &str, value: Option<&Value>, expected: &str| {
        value.is_none_or(|value| value.as_str() == Some(expected)) || key.is_empty()
    };
    let selected = &spec["selector"]["matchLabels"];
    let generated = wanted(CONTROLLER_UID, selected.get(CONTROLLER_UID), uid)
        && wanted(LEGACY_CONTROLLER_UID, selected.get(LEGACY_CONTROLLER_UID), uid)
        && wanted(JOB_NAME, selected.get(JOB_NAME), name)
        && wanted(LEGACY_JOB_NAME, selected.get(LEGACY_JOB_NAME), name);
    if !generated {
        causes.push(Cause::invalid("spec.selector", &spec["selector"], "`selector` not auto-generated"));
    }
}

/// The rules of a Job's spec, apart from its selector.
pub(crate) fn check_spec(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    rules::non_negative(path, spec, &counts, causes);
    if !spec["maxFailedIndexes"].is_null() && spec["backoffLimitPerIndex"].is_null() {
        let field = path.child("backoffLimitPerIndex");
        causes.push(Cause::required(field, "when maxFailedIndexes is specified"));
    }
    if let Some(manager) = spec["managedBy"].as_str() {
        let field = path.child("managedBy");
        rules::domain_prefixed(&field, manager, causes);
        if manager.len() > MAX_MANAGED_BY {
            causes.push(Cause::too_long(field, MAX_MANAGED_BY));
        }
    }
    rules::supported(path, spec, "completionMode", &["NonIndexed", "Indexed"], causes);
    if is_indexed(spec) {
        check_indexed(path, spec, causes);
    } else {
        for field in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
            if !spec[field].is_null() {
                let detail = "requires indexed completion mode";
                causes.push(Cause::invalid(path.child(field), &spec[field], detail));
            }
        }
    }
    check_policies(path, spec, causes);
    check_template(&path.child("template"), &spec["template"], &NULL, causes);
    check_restart_policy(&path.child("template.spec.restartPolicy"), spec, causes);
}

fn check_restart_policy(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let policy = spec["template"]["spec"]["restartPolicy"].str_or_empty();
    match policy {
        "" | "Always" => {
            causes.push(Cause::required(path, "valid values: \"OnFailure\", \"Never\""));
        }
        "OnFailure" if !spec["podFailurePolicy"].is_null() => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            causes.push(Cause::invalid(path, policy, detail));
        }
        "OnFailure" | "Never" => {}
        other => causes.push(Cause::not_supported(path, other, &["OnFailure", "Never"])),
    }
}

fn check_indexed(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let [completions, parallelism, failed] =
        ["completions", "parallelism", "maxFailedIndexes"].map(|field| spec[field].as_i64());
    if completions.is_none() {
        causes.push(Cause::required(path.child("completions"), "when completion mode is Indexed"));
    }
    let mut at_most = |field: &str, value: Option<i64>, limit: i64, more: &str| {
        if let Some(value) = value.filter(|value| *value > limit) {
            let detail = format!("must be less than or equal to {limit}{more}");
            causes.push(Cause::invalid(path.child(field), value, &detail));
        }
    };
    at_most("parallelism", parallelism, MAX_INDEXED, " when completion mode is Indexed");
    at_most("maxFailedIndexes", failed, MAX_INDEXED, "");
    let many = completions.is_some_and(|count| count > SOFT_COMPLETIONS);
    if many && !spec["backoffLimitPerIndex"].is_null() {
        let more = " when completions are above 100000 and used with backoff limit per index";
        at_most("parallelism", parallelism, MANY_COMPLETIONS_LIMIT, more);
        at_most("maxFailedIndexes", failed, MANY_COMPLETIONS_LIMIT, more);
        if failed.is_none() {
            let detail = "must be specified when completions is above 100000";
            causes.push(Cause::required(path.child("maxFailedIndexes"), detail));
        }
    }
    if let (Some(failed), Some(completions)) = (failed, completions)
        && failed > completions
    {
        let detail = "must be less than or equal to completions";
        causes.push(Cause::invalid(path.child("maxFailedIndexes"), failed, detail));
    }
    let policy = &spec["successPolicy"];
    if policy.is_null() {
        return;
    }
    let (path, list) = (path.child("successPolicy.rules"), policy["rules"].items());
    if list.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        causes.push(Cause::required(path, detail));
    }
    if list.len() > MAX_RULES {
        causes.push(rules::too_many(path, list.len(), MAX_RULES));
    }
    for (i, rule) in list.iter().enumerate() {
        check_success_rule(&path.index(i), rule, completions.unwrap_or(0), causes);
    }
}

fn check_success_rule(path: &Path<'_>, rule: &Value, completions: i64, causes: &mut Causes) {
    if rule["succeededCount"].is_null() && rule["succeededIndexes"].is_null() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        causes.push(Cause::required(path, detail));
    }
    rules::non_negative(path, rule, &["succeededCount"], causes);
    let indexes = rule["succeededIndexes"].as_str().map(|text| count_indexes(text, completions));
    if let Some(Err(why)) = &indexes {
        let detail = format!("error parsing succeededIndexes: {why}");
        causes.push(Cause::invalid(path.child("succeededIndexes"), &rule["succeededIndexes"], &detail));
    }
    let Some(count) = rule["succeededCount"].as_i64() else { return };
    if count > completions {
        let detail =
            format!("must be less than or equal to {completions} (the number of specified completions)");
        causes.push(Cause::invalid(path.child("succeededCount"), count, &detail));
    }
    if let Some(Ok(indexes)) = indexes
        && count > indexes
    {
        let detail = format!(
            "must be less than or equal to {indexes} (the number of indexes in the specified succeededIndexes field)"
        );
        causes.push(Cause::invalid(path.child("succeededCount"), count, &detail));
    }
}

/// How many indexes a list such as `0,2-4` holds; all must be below `completions` and rise.
pub(crate) fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    let mut last = -1;
    let mut count = 0;
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let mut ends = interval.split('-');
        let number = |text: &str| {
            let wrong = || format!("cannot convert string to integer for index: {text:?}");
            text.parse::<i64>().map_err(|_| wrong())
        };
        let first = number(ends.next().unwrap_or_default())?;
        let end = ends.next().map_or(Ok(first), number)?;
        if ends.next().is_some() {
            return Err(format!(
                "the fragment {interval:?} violates the requirement that an index interval can have at most two parts separated by '-'"
            ));
        }
        for index in [first, end] {
            if index >= completions {
                return Err(format!("too large index: {:?}", index.to_string()));
            }
        }
        if first <= last {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        if end < first {
            return Err(format!("non-increasing order, previous: {first}, current: {end}"));
        }
        count += end - first + 1;
        last = end;
    }
    Ok(count)
}

fn check_policies(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let policy = &spec["podFailurePolicy"];
    if policy.is_null() {
        rules::supported(path, spec, "podReplacementPolicy", &["Failed", "TerminatingOrFailed"], causes);
        return;
    }
    rules::supported(path, spec, "podReplacementPolicy", &["Failed"], causes);
    let (path, list) = (path.child("podFailurePolicy.rules"), policy["rules"].items());
    if list.len() > MAX_RULES {
        causes.push(rules::too_many(path, list.len(), MAX_RULES));
    }
    for (i, rule) in list.iter().enumerate() {
        check_failure_rule(&path.index(i), rule, spec, causes);
    }
}

fn check_failure_rule(path: &Path<'_>, rule: &Value, spec: &Value, causes: &mut Causes) {
    let action = rule["action"].str_or_empty();
    let actions = ["Count", "FailIndex", "FailJob", "Ignore"];
    if action.is_empty() {
        causes.push(Cause::required(path.child("action"), &format!("valid values: {}", quoted(&actions))));
    } else if action == "FailIndex" && spec["backoffLimitPerIndex"].is_null() {
        let detail = "requires the backoffLimitPerIndex to be set";
        causes.push(Cause::invalid(path.child("action"), action, detail));
    }
    let (codes, conditions) = (&rule["onExitCodes"], rule["onPodConditions"].items());
    if !codes.is_null() {
        check_exit_codes(&path.child("onExitCodes"), codes, &spec["template"]["spec"], causes);
    }
    let list = path.child("onPodConditions");
    if conditions.len() > MAX_RULES {
        causes.push(rules::too_many(list, conditions.len(), MAX_RULES));
    }
    for (i, condition) in conditions.iter().enumerate() {
        let (path, kind) = (list.index(i), condition["type"].str_or_empty());
        rules::spelled(&path.child("type"), kind, names::qualified_name, causes);
    }
    let detail = match (codes.is_null(), conditions.is_empty()) {
        (false, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (true, true) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    causes.push(rules::broken(path, detail));
}

fn check_exit_codes(path: &Path<'_>, codes: &Value, pod: &Value, causes: &mut Causes) {
    let operator = codes["operator"].str_or_empty();
    if operator.is_empty() {
        let detail = format!("valid values: {}", quoted(&["In", "NotIn"]));
        causes.push(Cause::required(path.child("operator"), &detail));
    }
    if let Some(name) = codes["containerName"].as_str() {
        let mut containers = ["containers", "initContainers"].into_iter().flat_map(|list| pod[list].items());
        if !containers.any(|container| container["name"].as_str() == Some(name)) {
            let detail = "must be one of the container or initContainer names in the pod template";
            causes.push(Cause::invalid(path.child("containerName"), name, detail));
        }
    }
    let (path, values) = (path.child("values"), codes["values"].items());
    if values.is_empty() {
        causes.push(Cause::invalid(path, &codes["values"], "at least one value is required"));
    } else if values.len() > MAX_EXIT_CODES {
        causes.push(rules::too_many(path, values.len(), MAX_EXIT_CODES));
    }
    let mut seen = Seen::default();
    for (i, value) in values.iter().enumerate() {
        if operator == "In" && value.as_i64() == Some(0) {
            causes.push(Cause::invalid(path.index(i), 0, "must not be 0 for the In operator"));
        }
        if seen.again(value.as_i64()) {
            causes.push(Cause::duplicate(path.index(i), value));
        }
    }
    if !values.is_sorted_by_key(|value| value.as_i64()) {
        causes.push(Cause::invalid(path, &codes["values"], "must be ordered"));
    }
}

/// A list of texts as Go prints it with `%q`.
fn quoted(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    format!("[{}]", texts.join(" "))
}

/// What of a Job may change.
pub(crate) fn check_change(object: &Value, old: &Value, causes: &mut Causes) {
    let path = Path::new("spec");
    let [spec, old_spec] = [object, old].map(|object| &object["spec"]);
    let same = |field: &str| rules::same(&spec[field], &old_spec[field]);
    if !is_indexed(spec) {
        rules::immutable(&path.child("completions"), &spec["completions"], &old_spec["completions"], causes);
    } else if !same("completions") && spec["completions"] != spec["parallelism"] {
        let detail = "can only be modified in tandem with spec.parallelism";
        causes.push(Cause::invalid(path.child("completions"), &spec["completions"], detail));
    }
    rules::immutable(&path.child("selector"), &spec["selector"], &old_spec["selector"], causes);
    check_template_change(old, &spec["template"], causes);
    for field in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"]
    {
        rules::immutable(&path.child(field), &spec[field], &old_spec[field], causes);
    }
}

/// The template of a Job is fixed, but for where its pods may run and what they need while the Job is
/// suspended and has none.
fn check_template_change(old: &Value, template: &Value, causes: &mut Causes) {
    let before = &old["spec"]["template"];
    if template == before {
        return;
    }
    let status = &old["status"];
    let idle = old["spec"]["suspend"].as_bool() == Some(true)
        && (status["startTime"].is_null() || has_condition(old, "Suspended"))
        && status["active"].as_i64().unwrap_or(0) == 0;
    if !idle {
        rules::immutable(&Path::new("spec.template"), template, before, causes);
        return;
    }
    let mut allowed = before["spec"].clone();
    for field in ["nodeSelector", "tolerations", "schedulingGates"] {
        crate::strategy::copy_field(&mut allowed, &template["spec"], field);
    }
    if template["spec"]["affinity"].is_null() && has_only_node_affinity(&allowed) {
        allowed.remove(&["affinity"]);
    } else if let Some(affinity) = template["spec"]["affinity"].get("nodeAffinity") {
        allowed.set(&["affinity", "nodeAffinity"], affinity.clone());
    } else {
        allowed.remove(&["affinity", "nodeAffinity"]);
    }
    for list in ["containers", "initContainers"] {
        let new = template["spec"][list].items();
        if new.len() != allowed[list].items().len() {
            continue;
        }
        for (container, new) in items_mut(&mut allowed, list).zip(new) {
            if container["name"] == new["name"] {
                crate::strategy::copy_field(container, new, "resources");
            }
        }
    }
    rules::immutable(&Path::new("spec.template.spec"), &template["spec"], &allowed, causes);
}

fn has_only_node_affinity(pod: &Value) -> bool {
    pod["affinity"]
        .entries()
        .iter()
        .all(|entry| entry.key.as_str() == "nodeAffinity" || entry.value.is_null())
}

pub(crate) fn has_condition(object: &Value, kind: &str) -> bool {
    let mut conditions = object["status"]["conditions"].items().iter();
    conditions.any(|c| c["type"].as_str() == Some(kind) && c["status"].as_str() == Some("True"))
}
