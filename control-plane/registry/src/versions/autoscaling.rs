//! `autoscaling/v1`: one target for CPU; everything else of `autoscaling/v2` in annotations.

use api::Value;
use api::value;

use super::rename;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// A source of metrics: its field, and whether its metric is named by `metric` with a selector.
const SOURCES: [(&str, bool); 5] =
    [("resource", false), ("containerResource", false), ("pods", true), ("object", true), ("external", true)];

pub(super) fn to_v2(object: &mut Value) {
    let [metrics, current, conditions, behavior] =
        [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR].map(|name| take_annotation(object, name));
    let mut specs: Vec<Value> = Vec::new();
    if let Some(percent) = object.remove(&["spec", "targetCPUUtilizationPercentage"]) {
        specs.push(value!({
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}
        }));
    }
    specs.extend(metrics.into_iter().flat_map(into_items).map(|metric| to_v2_metric(metric, &SPEC)));
    if !specs.is_empty() {
        object.set(&["spec", "metrics"], specs);
    }
    if let Some(behavior) = behavior {
        object.set(&["spec", "behavior"], with_keys(behavior, &lower_first));
    }
    // The raw value is in the annotation.
    object.remove(&["status", "currentCPUUtilizationPercentage"]);
    if let Some(current) = current {
        let statuses = into_items(current).into_iter().map(|metric| to_v2_metric(metric, &STATUS));
        object.set(&["status", "currentMetrics"], statuses.collect::<Vec<Value>>());
    }
    if let Some(conditions) = conditions {
        object.set(&["status", "conditions"], conditions);
    }
}

pub(super) fn from_v2(object: &mut Value) {
    for annotation in [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR] {
        object.remove(&["metadata", "annotations", annotation]);
    }
    let replicas = object.at_mut(&["status", "currentReplicas"]);
    if replicas.is_null() {
        *replicas = Value::from(0);
    }
    let mut others = Vec::new();
    for metric in into_items(object.remove(&["spec", "metrics"]).unwrap_or_default()) {
        match cpu_utilization(&metric, "target") {
            Some(percent) => object.set(&["spec", "targetCPUUtilizationPercentage"], percent),
            None => others.push(to_v1_metric(metric, &SPEC)),
        }
    }
    annotate(object, METRICS, others.into());
    if let Some(behavior) = object.remove(&["spec", "behavior"]) {
        annotate(object, BEHAVIOR, with_keys(behavior, &upper_first));
    }
    let mut statuses = Vec::new();
    for metric in into_items(object.remove(&["status", "currentMetrics"]).unwrap_or_default()) {
        if let Some(percent) = cpu_utilization(&metric, "current") {
            object.set(&["status", "currentCPUUtilizationPercentage"], percent);
        }
        statuses.push(to_v1_metric(metric, &STATUS));
    }
    annotate(object, CURRENT_METRICS, statuses.into());
    if let Some(conditions) = object.remove(&["status", "conditions"]) {
        annotate(object, CONDITIONS, conditions);
    }
}

/// How the amounts of a metric are spelled: in `autoscaling/v2` under one field, in v1 beside the name.
struct Spelling {
    /// The field of v2 that holds the amounts.
    amounts: &'static str,
    utilization: &'static str,
    average: &'static str,
    value: &'static str,
    /// Whether v2 says which kind of amount it is.
    typed: bool,
}

const SPEC: Spelling = Spelling {
    amounts: "target",
    utilization: "targetAverageUtilization",
    average: "targetAverageValue",
    value: "targetValue",
    typed: true,
};
const STATUS: Spelling = Spelling {
    amounts: "current",
    utilization: "currentAverageUtilization",
    average: "currentAverageValue",
    value: "currentValue",
    typed: false,
};

impl Spelling {
    /// Pairs of names of one source: v2, v1. Of an object the average has a name of its own.
    fn pairs(&self, source: &str) -> [(&'static str, &'static str); 3] {
        let average = if source == "object" { "averageValue" } else { self.average };
        [("averageUtilization", self.utilization), ("averageValue", average), ("value", self.value)]
    }
}

fn selector_name(source: &str) -> &'static str {
    if source == "external" { "metricSelector" } else { "selector" }
}

fn to_v1_metric(mut metric: Value, spelling: &Spelling) -> Value {
    for (source, has_metric) in SOURCES {
        let Some(inner) = metric.get_mut(source) else { continue };
        let mut amounts = inner.remove(&[spelling.amounts]).unwrap_or_default();
        for (v2, v1) in spelling.pairs(source) {
            if let Some(amount) = amounts.remove(&[v2]) {
                inner.set(&[v1], amount);
            }
        }
        if has_metric {
            let mut named = inner.remove(&["metric"]).unwrap_or_default();
            inner.set(&["metricName"], named.remove(&["name"]).unwrap_or_default());
            if let Some(selector) = named.remove(&["selector"]) {
                inner.set(&[selector_name(source)], selector);
            }
        }
        rename(inner, "describedObject", "target");
    }
    metric
}

fn to_v2_metric(mut metric: Value, spelling: &Spelling) -> Value {
    for (source, has_metric) in SOURCES {
        let Some(inner) = metric.get_mut(source) else { continue };
        // Before the amounts: of an object both are called `target`.
        rename(inner, "target", "describedObject");
        let mut amounts = Value::object();
        for ((v2, v1), kind) in
            spelling.pairs(source).into_iter().zip(["Utilization", "AverageValue", "Value"])
        {
            if let Some(amount) = inner.remove(&[v1]) {
                if spelling.typed {
                    amounts.set(&["type"], kind);
                }
                amounts.set(&[v2], amount);
            }
        }
        if has_metric {
            let mut named = value!({"name": inner.remove(&["metricName"]).unwrap_or_default()});
            if let Some(selector) = inner.remove(&[selector_name(source)]) {
                named.set(&["selector"], selector);
            }
            inner.set(&["metric"], named);
        }
        inner.set(&[spelling.amounts], amounts);
    }
    metric
}

/// The utilization of CPU that a metric is about, the one thing that v1 can say.
fn cpu_utilization(metric: &Value, amounts: &str) -> Option<Value> {
    let resource = &metric["resource"];
    let is_cpu = metric["type"].as_str() == Some("Resource") && resource["name"].as_str() == Some("cpu");
    resource[amounts].get("averageUtilization").filter(|_| is_cpu).cloned()
}

/// What an annotation holds as JSON; one that cannot be read stays.
fn take_annotation(object: &mut Value, name: &str) -> Option<Value> {
    let value = api::json::parse_value(object["metadata"]["annotations"][name].as_str()?.as_bytes()).ok()?;
    object.remove(&["metadata", "annotations", name]);
    if object["metadata"]["annotations"].entries().iter().next().is_none() {
        object.remove(&["metadata", "annotations"]);
    }
    Some(value)
}

/// Keeps something in an annotation, unless there is nothing to keep.
fn annotate(object: &mut Value, name: &str, value: Value) {
    if !value.is_zero() {
        object.set(&["metadata", "annotations", name], api::json::to_string(&value));
    }
}

/// Upstream writes this annotation with the names of Go's fields.
fn with_keys(value: Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.into_vec().into_iter().filter(|entry| !entry.value.is_null());
            entries
                .map(|entry| (change(entry.key.as_str()), with_keys(entry.value, change)))
                .collect::<api::Map>()
                .into()
        }
        Value::Array(list) => {
            let items = list.into_vec().into_iter();
            items.map(|item| with_keys(item, change)).collect::<Vec<Value>>().into()
        }
        other => other,
    }
}

fn into_items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.into_vec(),
        _ => Vec::new(),
    }
}

fn upper_first(key: &str) -> String {
    key.chars().take(1).flat_map(char::to_uppercase).chain(key.chars().skip(1)).collect()
}

fn lower_first(key: &str) -> String {
    key.chars().take(1).flat_map(char::to_lowercase).chain(key.chars().skip(1)).collect()
}
