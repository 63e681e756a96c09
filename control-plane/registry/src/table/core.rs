//! Nodes, namespaces, configuration, events and the like.

use api::Object;
use api::Value;
use api::view::MapView;
use jiff::Timestamp;

use super::BOOL;
use super::INT;
use super::STR;
use super::Table;
use super::age;
use super::human;
use super::or_none;

pub(crate) static NODE: Table = Table::new(
    &[
        ("Status", STR, 0),
        ("Roles", STR, 0),
        ("Age", STR, 0),
        ("Version", STR, 0),
        ("Internal-IP", STR, 1),
        ("External-IP", STR, 1),
        ("OS-Image", STR, 1),
        ("Kernel-Version", STR, 1),
        ("Container-Runtime", STR, 1),
    ],
    node,
);

pub(crate) static NAMESPACE: Table = Table::new(&[("Status", STR, 0), ("Age", STR, 0)], namespace);

pub(crate) static CONFIG_MAP: Table = Table::new(&[("Data", STR, 0), ("Age", STR, 0)], config_map);

pub(crate) static SECRET: Table = Table::new(&[("Type", STR, 0), ("Data", STR, 0), ("Age", STR, 0)], secret);

pub(crate) static SERVICE_ACCOUNT: Table =
    Table::new(&[("Age", STR, 0)], |object, now| vec![age(object, now)]);

pub(crate) static EVENT: Table = Table::new(
    &[
        ("Last Seen", STR, 0),
        ("Type", STR, 0),
        ("Reason", STR, 0),
        ("Object", STR, 0),
        ("Subobject", STR, 1),
        ("Source", STR, 1),
        ("Message", STR, 0),
        ("First Seen", STR, 1),
        ("Count", STR, 1),
        ("Name", STR, 1),
    ],
    event,
)
.with_name_elsewhere();

pub(crate) static QUOTA: Table =
    Table::new(&[("Request", STR, 0), ("Limit", STR, 0), ("Age", STR, 0)], quota);

pub(crate) static COMPONENT_STATUS: Table =
    Table::new(&[("Status", STR, 0), ("Message", STR, 0), ("Error", STR, 0)], component_status);

pub(crate) static LEASE: Table = Table::new(&[("Holder", STR, 0), ("Age", STR, 0)], lease);

pub(crate) static PRIORITY_CLASS: Table = Table::new(
    &[("Value", INT, 0), ("Global-Default", BOOL, 0), ("Age", STR, 0), ("PreemptionPolicy", STR, 0)],
    priority_class,
);

pub(crate) static RUNTIME_CLASS: Table = Table::new(&[("Handler", STR, 0), ("Age", STR, 0)], runtime_class);

fn node(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let ready = value["status"]["conditions"].items().iter().find(|c| c["type"].as_str() == Some("Ready"));
    let mut status = match ready.map(|c| c["status"].str_or_empty()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if value["spec"]["unschedulable"].as_bool() == Some(true) {
        status.push_str(",SchedulingDisabled");
    }
    let prefix = "node-role.kubernetes.io/";
    let labels = MapView::of(&value["metadata"]["labels"]);
    let mut roles: Vec<&str> = labels.iter().filter_map(|(key, _)| key.strip_prefix(prefix)).collect();
    roles.sort_unstable();
    let address = |kind: &str| {
        let found = value["status"]["addresses"].items().iter().find(|a| a["type"].as_str() == Some(kind));
        or_none(found.map_or("", |a| a["address"].str_or_empty()))
    };
    let info = &value["status"]["nodeInfo"];
    let known = |key: &str| match info[key].str_or_empty() {
        "" => "<unknown>".to_owned(),
        text => text.to_owned(),
    };
    let architecture = match info["architecture"].str_or_empty() {
        "" => String::new(),
        name => format!(" ({name})"),
    };
    vec![
        status.into(),
        or_none(&roles.join(",")),
        age(object, now),
        info["kubeletVersion"].str_or_empty().into(),
        address("InternalIP"),
        address("ExternalIP"),
        known("osImage").into(),
        (known("kernelVersion") + &architecture).into(),
        known("containerRuntimeVersion").into(),
    ]
}

fn namespace(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["status"]["phase"].clone(), age(object, now)]
}

fn config_map(object: &Object, now: Timestamp) -> Vec<Value> {
    let count = object.value()["data"].entries().len() + object.value()["binaryData"].entries().len();
    vec![count.into(), age(object, now)]
}

fn secret(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["type"].clone(), object.value()["data"].entries().len().into(), age(object, now)]
}

fn event(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let involved = &value["involvedObject"];
    let since = |time: &Value| api::view::time(time).map_or("<unknown>".to_owned(), |t| human(t, now));
    let first = match &value["firstTimestamp"] {
        Value::Null => since(&value["eventTime"]),
        time => since(time),
    };
    let series = &value["series"];
    let (last, count) = if series.is_null() {
        let last = match &value["lastTimestamp"] {
            Value::Null => first.clone(),
            time => since(time),
        };
        (last, value["count"].as_i64().filter(|count| *count != 0).unwrap_or(1))
    } else {
        (since(&series["lastObservedTime"]), series["count"].as_i64().unwrap_or(0))
    };
    let source = [("component", "reportingComponent"), ("host", "reportingInstance")]
        .map(|(old, new)| value["source"][old].as_str().unwrap_or(value[new].str_or_empty()));
    let source: Vec<&str> = source.into_iter().filter(|part| !part.is_empty()).collect();
    let kind = involved["kind"].str_or_empty().to_lowercase();
    let target = match involved["name"].str_or_empty() {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        last.into(),
        value["type"].str_or_empty().into(),
        value["reason"].str_or_empty().into(),
        target.into(),
        involved["fieldPath"].str_or_empty().into(),
        source.join(", ").into(),
        value["message"].str_or_empty().trim().into(),
        first.into(),
        count.into(),
        object.name().into(),
    ]
}

fn quota(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in MapView::of(&status["hard"]).iter() {
        let used = status["used"].get(resource).map_or("0", Value::str_or_empty);
        let hard = hard.str_or_empty();
        let list = if resource.starts_with("limits.") { &mut limits } else { &mut requests };
        list.push(format!("{resource}: {used}/{hard}"));
    }
    requests.sort_unstable();
    limits.sort_unstable();
    vec![requests.join(", ").into(), limits.join(", ").into(), age(object, now)]
}

fn component_status(object: &Object, _now: Timestamp) -> Vec<Value> {
    let condition =
        object.value()["conditions"].items().iter().find(|c| c["type"].as_str() == Some("Healthy"));
    let condition = condition.unwrap_or(&api::NULL);
    let status = match condition["status"].str_or_empty() {
        "True" => "Healthy",
        "False" => "Unhealthy",
        _ => "Unknown",
    };
    vec![status.into(), condition["message"].clone(), condition["error"].str_or_empty().into()]
}

fn lease(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["spec"]["holderIdentity"].str_or_empty().into(), age(object, now)]
}

fn priority_class(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    vec![
        value["value"].as_i64().unwrap_or(0).into(),
        value["globalDefault"].as_bool().unwrap_or(false).into(),
        age(object, now),
        value["preemptionPolicy"].clone(),
    ]
}

fn runtime_class(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["handler"].str_or_empty().into(), age(object, now)]
}
