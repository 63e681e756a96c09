//! ResourceQuotas and LimitRanges.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::Quantity;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::rules;
use crate::table;

/// Names without a domain that a quota may limit, besides huge pages.
const STANDARD: [&str; 19] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
/// Of these, the numbers of objects.
const COUNTED: std::ops::Range<usize> = 10..19;

pub(crate) struct ResourceQuotas;
pub(crate) struct LimitRanges;

impl Strategy for ResourceQuotas {
    fn table(&self) -> &'static Table {
        &table::QUOTA
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let spec = &object["spec"];
        validate_amounts(&spec["hard"], &Path::new("spec.hard"), causes);
        validate_scopes(spec, causes);
        validate_scope_selector(spec, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::Status {
            let path = Path::new("status");
            for list in ["hard", "used"] {
                validate_amounts(&object["status"][list], &path.child(list), causes);
            }
            return;
        }
        let scopes = |quota: &Value| -> BTreeSet<String> {
            quota["spec"]["scopes"].items().iter().map(|s| s.str_or_empty().to_owned()).collect()
        };
        if scopes(object) != scopes(old) {
            let shown = &object["spec"]["scopes"];
            causes.push(Cause::invalid("spec.scopes", shown, "field is immutable"));
        }
    }
}

fn validate_amounts(list: &Value, path: &Path<'_>, causes: &mut Causes) {
    for entry in list.entries().iter() {
        let name = entry.key.as_str();
        let path = path.key(name);
        let errors = names::qualified_name(name);
        if !errors.is_empty() {
            causes.extend(errors.iter().map(|error| Cause::invalid(path, name, error)));
        } else if !name.contains('/') && !is_standard(name) && name != "storage" {
            let detail = "must be a standard resource type or fully qualified";
            causes.push(Cause::invalid(path, name, detail));
        }
        if !name.contains('/') && !is_standard(name) {
            causes.push(Cause::invalid(path, name, "must be a standard resource for quota"));
        }
        let Some(amount) = quantity(&entry.value) else { continue };
        if amount.is_negative() {
            let detail = "must be greater than or equal to 0";
            causes.push(Cause::invalid(path, amount.to_string(), detail));
        }
        if STANDARD[COUNTED].contains(&name) && !amount.is_integer() {
            causes.push(Cause::invalid(path, amount.to_string(), "must be an integer"));
        }
    }
}

fn validate_scopes(spec: &Value, causes: &mut Causes) {
    let path = Path::new("spec.scopes");
    let scopes: Vec<&str> = spec["scopes"].items().iter().map(Value::str_or_empty).collect();
    let known = causes.found();
    for scope in &scopes {
        if causes.found() - known > rules::TOLD {
            return;
        }
        if !is_scope(scope) {
            causes.push(Cause::invalid(path, &spec["scopes"], "unsupported scope"));
        }
        let outside = spec["hard"].entries().iter().filter(|e| !is_within(scope, e.key.as_str()));
        causes.extend(
            outside.map(|_| Cause::invalid(path, &spec["scopes"], "unsupported scope applied to resource")),
        );
    }
    if conflict(&scopes) {
        causes.push(Cause::invalid(path, &spec["scopes"], "conflicting scopes"));
    }
}

fn validate_scope_selector(spec: &Value, causes: &mut Causes) {
    let path = Path::new("spec.scopeSelector.matchExpressions");
    let expressions = spec["scopeSelector"]["matchExpressions"].items();
    let known = causes.found();
    for expression in expressions {
        if causes.found() - known > rules::TOLD {
            return;
        }
        let scope = expression["scopeName"].str_or_empty();
        let operator = expression["operator"].str_or_empty();
        if !is_scope(scope) {
            causes.push(Cause::invalid(path.child("scopeName"), scope, "unsupported scope"));
        }
        let outside = spec["hard"].entries().iter().filter(|e| !is_within(scope, e.key.as_str()));
        causes.extend(outside.map(|_| {
            let shown = rules::InMemory(&spec["scopeSelector"]);
            Cause::invalid(path, shown, "unsupported scope applied to resource")
        }));
        let by_value = matches!(scope, "PriorityClass" | "VolumeAttributesClass");
        if is_scope(scope) && !by_value && operator != "Exists" {
            let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            causes.push(Cause::invalid(path.child("operator"), operator, detail));
        }
        let none = expression["values"].items().is_empty();
        match operator {
            "In" | "NotIn" if none => {
                let detail =
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                causes.push(Cause::required(path.child("values"), detail));
            }
            "Exists" | "DoesNotExist" if !none => {
                let detail =
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                causes.push(Cause::invalid(path.child("values"), &expression["values"], detail));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => {
                let detail = "not a valid selector operator";
                causes.push(Cause::invalid(path.child("operator"), operator, detail));
            }
        }
    }
    let scopes: Vec<&str> = expressions.iter().map(|e| e["scopeName"].str_or_empty()).collect();
    if conflict(&scopes) {
        let path = Path::new("spec.scopeSelector.matchExpressions");
        causes.push(Cause::invalid(path, &spec["scopes"], "conflicting scopes"));
    }
}

fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || name.strip_prefix("requests.").unwrap_or(name).starts_with("hugepages-")
}

fn is_scope(scope: &str) -> bool {
    matches!(
        scope,
        "Terminating"
            | "NotTerminating"
            | "BestEffort"
            | "NotBestEffort"
            | "PriorityClass"
            | "CrossNamespacePodAffinity"
            | "VolumeAttributesClass"
    )
}

/// Whether a scope can choose among what uses a resource; names with a domain are not looked at.
fn is_within(scope: &str, resource: &str) -> bool {
    if !is_standard(resource) {
        return true;
    }
    let claims = matches!(resource, "persistentvolumeclaims" | "requests.storage");
    match scope {
        "BestEffort" => resource == "pods",
        "Terminating"
        | "NotTerminating"
        | "NotBestEffort"
        | "PriorityClass"
        | "CrossNamespacePodAffinity" => {
            resource == "pods" || matches!(resource.rsplit('.').next(), Some("cpu" | "memory"))
        }
        "VolumeAttributesClass" => claims,
        _ => true,
    }
}

fn conflict(scopes: &[&str]) -> bool {
    [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]
        .iter()
        .any(|pair| pair.iter().all(|scope| scopes.contains(scope)))
}

impl Strategy for LimitRanges {
    fn prepare_create(&self, cx: &Context<'_>, object: &mut Value) {
        if object["metadata"]["name"].str_or_empty().is_empty() {
            object.set(&["metadata", "name"], cx.rng.uuid());
        }
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    /// Limits default to the maximum; requests to the limits, or else to the minimum.
    fn set_defaults(&self, object: &mut Value) {
        let limits = object.at_mut(&["spec"]).get_mut("limits").and_then(Value::as_list_mut);
        for limit in limits.into_iter().flat_map(|list| list.iter_mut()) {
            if limit["type"].as_str() != Some("Container") {
                continue;
            }
            for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
                let amounts = limit[from].entries().to_vec();
                if !amounts.is_empty() {
                    limit.at_mut(&[to]).ensure_map().add_missing(amounts);
                }
            }
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (list, mut seen) = (Path::new("spec.limits"), BTreeSet::new());
        for (i, limit) in object["spec"]["limits"].items().iter().enumerate() {
            let path = list.index(i);
            let kind = limit["type"].str_or_empty();
            validate_limit_type(kind, &path.child("type"), causes);
            if !seen.insert(kind) {
                causes.push(Cause::duplicate(path.child("type"), kind));
            }
            validate_limit(limit, kind, &path, causes);
        }
    }
}

fn validate_limit_type(kind: &str, path: &Path<'_>, causes: &mut Causes) {
    let errors = names::qualified_name(kind);
    if !errors.is_empty() {
        causes.extend(errors.iter().map(|error| Cause::invalid(path, kind, error)));
    } else if !kind.contains('/') && !matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim") {
        causes.push(Cause::invalid(path, kind, "must be a standard limit type or fully qualified"));
    }
}

fn validate_limit(limit: &Value, kind: &str, path: &Path<'_>, causes: &mut Causes) {
    let mut lists: BTreeMap<&str, BTreeMap<String, Quantity>> = BTreeMap::new();
    for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let amounts = limit[list].entries();
        if kind == "Pod" && list.starts_with("default") {
            if !amounts.is_empty() {
                let detail = "may not be specified when `type` is 'Pod'";
                causes.push(Cause::forbidden(path.child(list), detail));
            }
            continue;
        }
        for entry in amounts.iter() {
            let name = entry.key.as_str();
            validate_limited(kind, name, &path.child(list).key(name), causes);
            if let Some(amount) = quantity(&entry.value) {
                lists.entry(list).or_default().insert(name.to_owned(), amount);
            }
        }
    }
    let of = |list: &str, name: &str| lists.get(list).and_then(|amounts| amounts.get(name)).copied();
    let storage = of("min", "storage").or(of("max", "storage"));
    if kind == "PersistentVolumeClaim" && storage.is_none() {
        let detail = "either minimum or maximum storage value is required, but neither was provided";
        causes.push(Cause::required(path.child("limits"), detail));
    }
    let names: BTreeSet<&String> = lists.values().flat_map(BTreeMap::keys).collect();
    for name in names {
        validate_order(name, &|list| of(list, name), path, causes);
    }
}

fn validate_limited(kind: &str, name: &str, path: &Path<'_>, causes: &mut Causes) {
    let errors = names::qualified_name(name);
    if !errors.is_empty() {
        causes.extend(errors.iter().map(|error| Cause::invalid(path, name, error)));
    } else if !name.contains('/') && matches!(kind, "Pod" | "Container") {
        let known = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if !known {
            causes.push(Cause::invalid(path, name, "must be a standard resource for containers"));
        }
    } else if !name.contains('/') && !is_standard(name) && name != "storage" {
        causes.push(Cause::invalid(path, name, "must be a standard resource type or fully qualified"));
    }
}

/// Minimum, default request, default and maximum of one resource in this order, and a ratio that they
/// leave room for.
fn validate_order(name: &str, of: &dyn Fn(&str) -> Option<Quantity>, path: &Path<'_>, causes: &mut Causes) {
    // Lower and upper list, what upstream calls them, and the list it blames and whose value it shows.
    let rules = [
        ("min", "min", "max", "max", "min", "min"),
        ("min", "min", "defaultRequest", "default request", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "default request", "max", "max", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "default request", "default", "default limit", "defaultRequest", "defaultRequest"),
        ("min", "min", "default", "default", "default", "min"),
        ("default", "default", "max", "max", "default", "max"),
    ];
    for (low, low_words, high, high_words, blamed, shown) in rules {
        if let (Some(a), Some(b)) = (of(low), of(high))
            && a > b
        {
            let shown = if shown == low { a } else { b };
            let detail = format!("{low_words} value {a} is greater than {high_words} value {b}");
            causes.push(Cause::invalid(path.child(blamed).key(name), shown.to_string(), &detail));
        }
    }
    if let Some(ratio) = of("maxLimitRequestRatio") {
        let list = path.child("maxLimitRequestRatio");
        let path = list.key(name);
        if ratio < Quantity::from_units(1) {
            let detail = format!("ratio {ratio} is less than 1");
            causes.push(Cause::invalid(path, ratio.to_string(), &detail));
        }
        if let (Some(min), Some(max)) = (of("min"), of("max")) {
            let most = max.milli_value() as f64 / min.milli_value() as f64;
            if ratio.milli_value() as f64 / 1000.0 > most {
                let detail = format!("ratio {ratio} is greater than max/min = {most:.6}");
                causes.push(Cause::invalid(path, ratio.to_string(), &detail));
            }
        }
    }
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    let overcommits = native && !name.starts_with("hugepages-");
    if let (false, Some(default), Some(request)) = (overcommits, of("default"), of("defaultRequest"))
        && default != request
    {
        let detail =
            format!("default value {default} must equal to defaultRequest value {request} in {name}");
        causes.push(Cause::invalid(path.child("defaultRequest").key(name), request.to_string(), &detail));
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::Int(number) => Some(Quantity::from_units(*number)),
        value => Quantity::parse(value.as_str()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use api::value;
    use stdx::Clock;
    use stdx::Rng;

    use super::*;

    fn mistakes(strategy: &dyn Strategy, resource: &str, spec: Value) -> Vec<String> {
        let resource = api::Resource::preferred("", resource).expect("a row of the table");
        let (clock, rng) = (Clock::system(), Rng::from_system());
        let cx = Context { clock: &clock, rng: &rng, user: crate::tests::SOMEONE, resource, asked: resource };
        let causes = strategy.validate(&cx, &value!({"spec": spec}));
        causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
    }

    #[test]
    fn quotas_name_what_can_be_limited() {
        let check = |spec: Value| mistakes(&ResourceQuotas, "resourcequotas", spec);
        let fine = value!({
            "hard": {
                "cpu": "1", "requests.hugepages-2Mi": "1Gi", "count/deployments.apps": "3", "pods": "10",
                "gold.storageclass.storage.k8s.io/requests.storage": "1Gi", "requests.example.com/dongle": 3
            }
        });
        assert_eq!(check(fine), Vec::<String>::new());
        let wrong = check(value!({"hard": {"disk": "1", "pods": "1500m", "cpu": "-1"}}));
        let expected = [
            "spec.hard[disk]: Invalid value: \"disk\": must be a standard resource type or fully qualified",
            "spec.hard[disk]: Invalid value: \"disk\": must be a standard resource for quota",
            "spec.hard[pods]: Invalid value: \"1500m\": must be an integer",
            "spec.hard[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn scopes_fit_what_is_limited() {
        let check = |spec: Value| mistakes(&ResourceQuotas, "resourcequotas", spec);
        assert!(check(value!({"hard": {"pods": "1"}, "scopes": ["BestEffort", "Terminating"]})).is_empty());
        let wrong = check(value!({"hard": {"cpu": "1"}, "scopes": ["BestEffort", "NotBestEffort", "Other"]}));
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[0].contains("unsupported scope applied to resource"), "{wrong:?}");
        assert!(wrong[1].contains("unsupported scope"), "{wrong:?}");
        assert!(wrong[2].contains("conflicting scopes"), "{wrong:?}");
        let expression = |scope: &str, operator: &str, values: Value| {
            let expression = value!({"scopeName": scope, "operator": operator, "values": values});
            check(value!({"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": [expression]}}))
        };
        assert!(expression("PriorityClass", "In", value!(["a"])).is_empty());
        assert!(expression("PriorityClass", "In", Value::Null)[0].contains("at least one value"));
        assert!(expression("PriorityClass", "Exists", value!(["a"]))[0].contains("must be no value"));
        assert!(expression("Terminating", "In", value!(["a"]))[0].contains("must be 'Exists'"));
        assert!(expression("PriorityClass", "Is", Value::Null)[0].contains("not a valid selector operator"));
    }

    #[test]
    fn limits_default_to_each_other() {
        let mut range = value!({"spec": {"limits": [
            {"type": "Container", "min": {"cpu": "50m", "memory": "10Mi"}, "max": {"cpu": "500m"}, "default": {"memory": "1Gi"}},
            {"type": "Pod", "max": {"cpu": "1"}}
        ]}});
        LimitRanges.set_defaults(&mut range);
        let limit = &range["spec"]["limits"].items()[0];
        assert_eq!(limit["default"], value!({"cpu": "500m", "memory": "1Gi"}));
        assert_eq!(limit["defaultRequest"], value!({"cpu": "500m", "memory": "1Gi"}));
        assert!(range["spec"]["limits"].items()[1]["default"].is_null());
    }

    #[test]
    fn limits_are_in_order() {
        let check = |limit: Value| mistakes(&LimitRanges, "limitranges", value!({"limits": [limit]}));
        let fine = value!({
            "type": "Container", "min": {"cpu": "100m"}, "defaultRequest": {"cpu": "200m"}, "default": {"cpu": "300m"},
            "max": {"cpu": "1"}, "maxLimitRequestRatio": {"cpu": "10"}
        });
        assert_eq!(check(fine), Vec::<String>::new());
        let wrong = check(value!({"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}));
        assert_eq!(
            wrong,
            ["spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1"]
        );
        let ratio = value!({
            "type": "Pod", "min": {"cpu": "1"}, "max": {"cpu": "2"}, "maxLimitRequestRatio": {"cpu": "3"},
            "default": {"cpu": "1"}
        });
        let wrong = check(ratio);
        assert!(wrong[0].ends_with("may not be specified when `type` is 'Pod'"), "{wrong:?}");
        assert!(wrong[1].ends_with("ratio 3 is greater than max/min = 2.000000"), "{wrong:?}");
        let wrong = check(value!({"type": "PersistentVolumeClaim"}));
        assert!(
            wrong[0]
                .ends_with("either minimum or maximum storage value is required, but neither was provided")
        );
        assert!(
            check(value!({"type": "Other"}))[0].ends_with("must be a standard limit type or fully qualified")
        );
    }
}
