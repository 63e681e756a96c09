//! HorizontalPodAutoscalers.

use api::Value;
use api::value;
use api::view::quantity;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;

/// Longest time that a decision may wait for a better one.
const MAX_WINDOW_SECONDS: i64 = 3600;
/// Longest time over which a policy counts.
const MAX_PERIOD_SECONDS: i64 = 1800;
/// The kinds of metrics with the field that describes each.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("External", "external"),
    ("ContainerResource", "containerResource"),
];

pub(crate) struct Autoscalers;

impl Strategy for Autoscalers {
    fn table(&self) -> &'static Table {
        &table::AUTOSCALER
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec @ Value::Object(_)) = object.get_mut("spec") else { return };
        set_default(spec, "minReplicas", 1);
        if spec["metrics"].items().is_empty() {
            let target = value!({"type": "Utilization", "averageUtilization": 80});
            let metric = value!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
            spec.set(&["metrics"], vec![metric]);
        }
        if let Some(behavior @ Value::Object(_)) = spec.get_mut("behavior") {
            let all = value!({"type": "Percent", "value": 100, "periodSeconds": 15});
            let four = value!({"type": "Pods", "value": 4, "periodSeconds": 15});
            let up = behavior.at_mut(&["scaleUp"]);
            set_default(up, "stabilizationWindowSeconds", 0);
            set_default(up, "selectPolicy", "Max");
            set_default(up, "policies", vec![four, all.clone()]);
            let down = behavior.at_mut(&["scaleDown"]);
            set_default(down, "selectPolicy", "Max");
            set_default(down, "policies", vec![all]);
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let [least, most] = ["minReplicas", "maxReplicas"].map(|field| spec[field].as_i64().unwrap_or(0));
        if least < 1 {
            let detail = "must be greater than or equal to 1";
            causes.push(Cause::invalid(path.child("minReplicas"), least, detail));
        }
        match most {
            0 => {
                let detail = "must be set and greater than 0";
                causes.push(Cause::required(path.child("maxReplicas"), detail));
            }
            ..0 => {
                let detail = "must be greater than or equal to 1";
                causes.push(Cause::invalid(path.child("maxReplicas"), most, detail));
            }
            _ => {}
        }
        if most < least {
            let detail = "must be greater than or equal to `minReplicas`";
            causes.push(Cause::invalid(path.child("maxReplicas"), most, detail));
        }
        check_reference(&path.child("scaleTargetRef"), &spec["scaleTargetRef"], causes);
        let list = path.child("metrics");
        for (i, metric) in spec["metrics"].items().iter().enumerate() {
            check_metric(&list.index(i), metric, causes);
        }
        let path = path.child("behavior");
        for direction in ["scaleUp", "scaleDown"] {
            let rules = &spec["behavior"][direction];
            if !rules.is_null() {
                check_scaling(&path.child(direction), rules, causes);
            }
        }
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_api_version(object, causes);
    }

    /// What was stored before there was this rule may stay.
    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        let mut before = Causes::default();
        check_api_version(old, &mut before);
        if before.is_empty() {
            check_api_version(object, causes);
        }
    }
}

fn check_reference(path: &Path<'_>, reference: &Value, causes: &mut Causes) {
    rules::required_name(path, reference, "kind", names::path_segment, causes);
    rules::required_name(path, reference, "name", names::path_segment, causes);
}

/// The API of what is scaled; that of an object whose metric counts may be the core one.
fn check_api_version(scaler: &Value, causes: &mut Causes) {
    let version = scaler["spec"]["scaleTargetRef"]["apiVersion"].str_or_empty();
    let (path, known) = (Path::new("spec.scaleTargetRef.apiVersion"), causes.len());
    rules::group_version(&path, version, causes);
    if causes.len() == known && version.split_once('/').is_none_or(|(group, _)| group.is_empty()) {
        causes.push(Cause::invalid(path, version, "apiVersion must specify API group"));
    }
}

fn check_metric(path: &Path<'_>, metric: &Value, causes: &mut Causes) {
    let kind = metric["type"].str_or_empty();
    if kind.is_empty() {
        causes.push(Cause::required(path.child("type"), "must specify a metric source type"));
    }
    for (name, field) in SOURCES {
        let source = &metric[field];
        match (name == kind, source.is_null()) {
            (true, true) => {
                let detail = "must populate information for the given metric source";
                causes.push(Cause::required(path.child(field), detail));
            }
            (false, false) => {
                let detail = "must populate the given metric source only";
                causes.push(Cause::forbidden(path.child(field), detail));
            }
            _ => {}
        }
        if !source.is_null() {
            check_source(&path.child(field), field, source, causes);
        }
    }
}

fn check_source(path: &Path<'_>, kind: &str, source: &Value, causes: &mut Causes) {
    let (target, at) = (&source["target"], path.child("target"));
    match kind {
        "resource" | "containerResource" => {
            if source["name"].str_or_empty().is_empty() {
                causes.push(Cause::required(path.child("name"), "must specify a resource name"));
            }
            if kind == "containerResource" && source["container"].str_or_empty().is_empty() {
                causes.push(Cause::required(path.child("container"), "must specify a container"));
            }
        }
        _ => {
            let (path, metric) = (path.child("metric"), &source["metric"]);
            if metric["name"].str_or_empty().is_empty() {
                causes.push(Cause::required(path.child("name"), "must specify a metric name"));
            } else {
                rules::name(&path, metric, "name", names::path_segment, causes);
            }
        }
    }
    if kind == "object" {
        check_reference(&path.child("describedObject"), &source["describedObject"], causes);
    }
    check_target(&at, target, causes);
    let [value, average, utilization] =
        ["value", "averageValue", "averageUtilization"].map(|field| !target[field].is_null());
    let missing = match kind {
        "object" if !value && !average => "must set either a target value or averageValue",
        "external" if !value && !average => "must set either a target value for metric or a per-pod target",
        "pods" if !average => "must specify a positive target averageValue",
        "resource" | "containerResource" if !average && !utilization => {
            let detail = "must set either a target raw value or a target utilization";
            causes.push(Cause::required(at.child("averageUtilization"), detail));
            ""
        }
        _ => "",
    };
    if !missing.is_empty() {
        causes.push(Cause::required(at.child("averageValue"), missing));
    }
    if kind == "external" && value && average {
        let detail = "may not set both a target value for metric and a per-pod target";
        causes.push(Cause::forbidden(at.child("value"), detail));
    }
    if matches!(kind, "resource" | "containerResource") && average && utilization {
        let detail = "may not set both a target raw value and a target utilization";
        causes.push(Cause::forbidden(at.child("averageValue"), detail));
    }
}

fn check_target(path: &Path<'_>, target: &Value, causes: &mut Causes) {
    let kind = target["type"].str_or_empty();
    if kind.is_empty() {
        causes.push(Cause::required(path.child("type"), "must specify a metric target type"));
    } else if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        let detail = "must be either Utilization, Value, or AverageValue";
        causes.push(Cause::invalid(path.child("type"), kind, detail));
    }
    for field in ["value", "averageValue"] {
        if let Some(amount) = quantity(&target[field])
            && (amount.is_negative() || amount.is_zero())
        {
            causes.push(Cause::invalid(path.child(field), amount.to_string(), "must be positive"));
        }
    }
    match target["averageUtilization"].as_i64() {
        Some(percent) if percent < 1 => {
            causes.push(Cause::invalid(path.child("averageUtilization"), percent, "must be greater than 0"));
        }
        _ => {}
    }
}

fn check_scaling(path: &Path<'_>, scaling: &Value, causes: &mut Causes) {
    let window = scaling["stabilizationWindowSeconds"].as_i64().unwrap_or(0);
    let field = path.child("stabilizationWindowSeconds");
    if window < 0 {
        causes.push(Cause::invalid(field, window, "must be greater than or equal to zero"));
    } else if window > MAX_WINDOW_SECONDS {
        causes.push(Cause::invalid(field, window, "must be less than or equal to 3600"));
    }
    let list = path.child("policies");
    if scaling["policies"].items().is_empty() {
        causes.push(Cause::required(list, "must specify at least one Policy"));
    }
    for (i, policy) in scaling["policies"].items().iter().enumerate() {
        let path = list.index(i);
        for field in ["value", "periodSeconds"] {
            let number = policy[field].as_i64().unwrap_or(0);
            if number <= 0 {
                causes.push(Cause::invalid(path.child(field), number, rules::POSITIVE));
            }
        }
        let period = policy["periodSeconds"].as_i64().unwrap_or(0);
        if period > MAX_PERIOD_SECONDS {
            let detail = "must be less than or equal to 1800";
            causes.push(Cause::invalid(path.child("periodSeconds"), period, detail));
        }
    }
}
