//! Workloads and what scales or guards them.

use api::Object;
use api::Value;
use jiff::Timestamp;

use super::BOOL;
use super::INT;
use super::NONE;
use super::STR;
use super::Table;
use super::UNSET;
use super::age;
use super::containers;
use super::human;
use super::label_selector;
use super::or;
use super::or_none;
use super::pairs;

pub(crate) static DEPLOYMENT: Table = Table::new(
    &[
        ("Ready", STR, 0),
        ("Up-to-date", STR, 0),
        ("Available", STR, 0),
        ("Age", STR, 0),
        ("Containers", STR, 1),
        ("Images", STR, 1),
        ("Selector", STR, 1),
    ],
    deployment,
);

/// ReplicaSets and ReplicationControllers.
pub(crate) static REPLICA_SET: Table = Table::new(
    &[
        ("Desired", INT, 0),
        ("Current", INT, 0),
        ("Ready", INT, 0),
        ("Age", STR, 0),
        ("Containers", STR, 1),
        ("Images", STR, 1),
        ("Selector", STR, 1),
    ],
    replica_set,
);

pub(crate) static CONTROLLER_REVISION: Table =
    Table::new(&[("Controller", STR, 0), ("Revision", STR, 0), ("Age", STR, 0)], controller_revision);

pub(crate) static STATEFUL_SET: Table = Table::new(
    &[("Ready", STR, 0), ("Age", STR, 0), ("Containers", STR, 1), ("Images", STR, 1)],
    stateful_set,
);

pub(crate) static DAEMON_SET: Table = Table::new(
    &[
        ("Desired", INT, 0),
        ("Current", INT, 0),
        ("Ready", INT, 0),
        ("Up-to-date", INT, 0),
        ("Available", INT, 0),
        ("Node Selector", STR, 0),
        ("Age", STR, 0),
        ("Containers", STR, 1),
        ("Images", STR, 1),
        ("Selector", STR, 1),
    ],
    daemon_set,
);

pub(crate) static JOB: Table = Table::new(
    &[
        ("Status", STR, 0),
        ("Completions", STR, 0),
        ("Duration", STR, 0),
        ("Age", STR, 0),
        ("Containers", STR, 1),
        ("Images", STR, 1),
        ("Selector", STR, 1),
    ],
    job,
);

pub(crate) static CRON_JOB: Table = Table::new(
    &[
        ("Schedule", STR, 0),
        ("Timezone", STR, 0),
        ("Suspend", BOOL, 0),
        ("Active", INT, 0),
        ("Last Schedule", STR, 0),
        ("Age", STR, 0),
        ("Containers", STR, 1),
        ("Images", STR, 1),
        ("Selector", STR, 1),
    ],
    cron_job,
);

/// The size of what makes pods, as it is shown by itself.
pub static SCALE: Table =
    Table::new(&[("Desired", INT, 0), ("Available", INT, 0), ("Age", STR, 0)], |object, now| {
        let replicas = |part: &str| object.value()[part]["replicas"].as_i64().unwrap_or(0).into();
        vec![replicas("spec"), replicas("status"), age(object, now)]
    })
    .with_bare_name();

pub(crate) static POD_TEMPLATE: Table =
    Table::new(&[("Containers", STR, 0), ("Images", STR, 0), ("Pod Labels", STR, 0)], pod_template);

pub(crate) static AUTOSCALER: Table = Table::new(
    &[
        ("Reference", STR, 0),
        ("Targets", STR, 0),
        ("MinPods", STR, 0),
        ("MaxPods", STR, 0),
        ("Replicas", STR, 0),
        ("Age", STR, 0),
    ],
    autoscaler,
);

pub(crate) static DISRUPTION_BUDGET: Table = Table::new(
    &[
        ("Min Available", STR, 0),
        ("Max Unavailable", STR, 0),
        ("Allowed Disruptions", INT, 0),
        ("Age", STR, 0),
    ],
    budget,
);

fn deployment(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let number = |key: &str| status[key].as_i64().unwrap_or(0);
    let desired = object.value()["spec"]["replicas"].as_i64().unwrap_or(0);
    let mut cells = vec![
        format!("{}/{desired}", number("readyReplicas")).into(),
        number("updatedReplicas").into(),
        number("availableReplicas").into(),
        age(object, now),
    ];
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

fn replica_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let mut cells = vec![
        object.value()["spec"]["replicas"].as_i64().unwrap_or(0).into(),
        status["replicas"].as_i64().unwrap_or(0).into(),
        status["readyReplicas"].as_i64().unwrap_or(0).into(),
        age(object, now),
    ];
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

fn controller_revision(object: &Object, now: Timestamp) -> Vec<Value> {
    let owners = object.value()["metadata"]["ownerReferences"].items();
    let controller = owners.iter().find(|owner| owner["controller"].as_bool() == Some(true));
    let named = controller.map(|owner| {
        let group = owner["apiVersion"].str_or_empty().split_once('/').map_or("", |(group, _)| group);
        let dot = if group.is_empty() { "" } else { "." };
        let kind = format!("{}{dot}{group}", owner["kind"].str_or_empty()).to_ascii_lowercase();
        format!("{kind}/{}", owner["name"].str_or_empty())
    });
    let revision = object.value()["revision"].as_i64().unwrap_or(0);
    vec![named.unwrap_or_else(|| NONE.to_owned()).into(), revision.into(), age(object, now)]
}

fn stateful_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let desired = object.value()["spec"]["replicas"].as_i64().unwrap_or(0);
    let ready = object.value()["status"]["readyReplicas"].as_i64().unwrap_or(0);
    let mut cells = vec![format!("{ready}/{desired}").into(), age(object, now)];
    cells.extend(template(object));
    cells
}

fn daemon_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let numbers = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    ];
    let mut cells: Vec<Value> = numbers.iter().map(|key| status[*key].as_i64().unwrap_or(0).into()).collect();
    cells.push(pairs(&object.value()["spec"]["template"]["spec"]["nodeSelector"]));
    cells.push(age(object, now));
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

fn job(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let succeeded = status["succeeded"].as_i64().unwrap_or(0);
    let completions = match (spec["completions"].as_i64(), spec["parallelism"].as_i64().unwrap_or(0)) {
        (Some(completions), _) => format!("{succeeded}/{completions}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let condition = |kind: &str| {
        status["conditions"]
            .items()
            .iter()
            .any(|c| c["type"].as_str() == Some(kind) && c["status"].as_str() == Some("True"))
    };
    let word = ["Complete", "Failed", "Suspended", "FailureTarget"].into_iter().find(|kind| condition(kind));
    let word = match (word, object.value()["metadata"]["deletionTimestamp"].is_null()) {
        (Some(word), _) => word,
        (None, false) => "Terminating",
        (None, true) => "Running",
    };
    let start = api::view::time(&status["startTime"]);
    let end = api::view::time(&status["completionTime"]).unwrap_or(now);
    let mut cells = vec![
        word.into(),
        completions.into(),
        start.map_or_else(String::new, |start| human(start, end)).into(),
        age(object, now),
    ];
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

fn cron_job(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let last = api::view::time(&status["lastScheduleTime"]);
    let job = &spec["jobTemplate"]["spec"];
    let mut row = vec![
        spec["schedule"].clone(),
        or(&spec["timeZone"], NONE),
        if spec["suspend"].as_bool() == Some(true) { "True" } else { "False" }.into(),
        status["active"].items().len().into(),
        or_none(&last.map(|last| human(last, now)).unwrap_or_default()),
        age(object, now),
    ];
    row.extend(containers(&job["template"]["spec"]["containers"]));
    row.push(label_selector(&job["selector"]));
    row
}

fn pod_template(object: &Object, _now: Timestamp) -> Vec<Value> {
    let template = &object.value()["template"];
    let mut row = containers(&template["spec"]["containers"]);
    row.push(pairs(&template["metadata"]["labels"]));
    row
}

fn autoscaler(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let target = &spec["scaleTargetRef"];
    let (metrics, current) = (spec["metrics"].items(), status["currentMetrics"].items());
    let mut targets: Vec<String> = metrics
        .iter()
        .enumerate()
        .map(|(i, metric)| metric_target(metric, current.get(i).unwrap_or(&Value::Null)))
        .collect();
    let more = targets.len().saturating_sub(2);
    targets.truncate(2);
    let mut shown = targets.join(", ");
    if more > 0 {
        shown.push_str(&format!(" + {more} more..."));
    }
    vec![
        format!("{}/{}", target["kind"].str_or_empty(), target["name"].str_or_empty()).into(),
        or_none(&shown),
        spec["minReplicas"].as_i64().map_or_else(|| UNSET.into(), |min| min.to_string().into()),
        spec["maxReplicas"].as_i64().unwrap_or(0).into(),
        status["currentReplicas"].as_i64().unwrap_or(0).into(),
        age(object, now),
    ]
}

/// What a metric is and what it should be.
fn metric_target(metric: &Value, status: &Value) -> String {
    let (source, prefix) = match metric["type"].str_or_empty() {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _ => return "<unknown type>".to_owned(),
    };
    let (target, current) = (&metric[source]["target"], &status[source]["current"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let percent = |value: &Value| value.as_i64().map(|number| format!("{number}%"));
    let average = text(&target["averageValue"]);
    let (now, wanted, suffix) = match (average, prefix) {
        (Some(wanted), _) => {
            let suffix = if matches!(source, "object" | "external") { " (avg)" } else { "" };
            (text(&current["averageValue"]), wanted, suffix)
        }
        (None, true) => {
            let wanted = percent(&target["averageUtilization"]).unwrap_or_else(|| "<auto>".to_owned());
            (percent(&current["averageUtilization"]), wanted, "")
        }
        (None, false) => (text(&current["value"]), text(&target["value"]).unwrap_or_default(), ""),
    };
    let now = now.unwrap_or_else(|| "<unknown>".to_owned());
    let name = if prefix { format!("{}: ", metric[source]["name"].str_or_empty()) } else { String::new() };
    format!("{name}{now}/{wanted}{suffix}")
}

fn budget(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let bound = |key: &str| -> Value {
        match (spec[key].as_i64(), spec[key].as_str()) {
            (Some(number), _) => number.to_string().into(),
            (None, Some(share)) => share.into(),
            (None, None) => "N/A".into(),
        }
    };
    vec![
        bound("minAvailable"),
        bound("maxUnavailable"),
        object.value()["status"]["disruptionsAllowed"].as_i64().unwrap_or(0).into(),
        age(object, now),
    ]
}

fn template(object: &Object) -> Vec<Value> {
    containers(&object.value()["spec"]["template"]["spec"]["containers"])
}

fn selector(object: &Object) -> Value {
    let selector = &object.value()["spec"]["selector"];
    if selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some() {
        return label_selector(selector);
    }
    pairs(selector)
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn metrics_of_autoscalers() {
        let cpu =
            value!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}});
        assert_eq!(metric_target(&cpu, &Value::Null), "cpu: <unknown>/80%");
        let status = value!({"resource": {"name": "cpu", "current": {"averageUtilization": 12}}});
        assert_eq!(metric_target(&cpu, &status), "cpu: 12%/80%");
        let queue = value!({"type": "External", "external": {"target": {"averageValue": "5"}}});
        assert_eq!(metric_target(&queue, &Value::Null), "<unknown>/5 (avg)");
    }
}
