//! Where a pod may run: affinity, tolerations, spread.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::pod_defaults::items_mut;
use crate::rules;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn check_affinity(path: &Path<'_>, affinity: &Value, causes: &mut Causes) {
    if affinity.is_null() {
        return;
    }
    let (node, at) = (&affinity["nodeAffinity"], path.child("nodeAffinity"));
    if !node[REQUIRED].is_null() {
        check_node_selector(&at.child(REQUIRED), &node[REQUIRED], causes);
    }
    let list = at.child(PREFERRED);
    for (i, term) in node[PREFERRED].items().iter().enumerate() {
        let path = list.index(i);
        check_weight(&path, term, causes);
        check_node_term(&path.child("preference"), &term["preference"], Values::Open, causes);
    }
    for field in ["podAffinity", "podAntiAffinity"] {
        let (pods, at) = (&affinity[field], path.child(field));
        let list = at.child(REQUIRED);
        for (i, term) in pods[REQUIRED].items().iter().enumerate() {
            check_pod_term(&list.index(i), term, causes);
        }
        let list = at.child(PREFERRED);
        for (i, term) in pods[PREFERRED].items().iter().enumerate() {
            let path = list.index(i);
            check_weight(&path, term, causes);
            check_pod_term(&path.child("podAffinityTerm"), &term["podAffinityTerm"], causes);
        }
    }
}

fn check_weight(path: &Path<'_>, term: &Value, causes: &mut Causes) {
    let weight = term["weight"].as_i64().unwrap_or(0);
    if !(1..=100).contains(&weight) {
        causes.push(Cause::invalid(path.child("weight"), weight, "must be in the range 1-100"));
    }
}

/// A `core/v1.NodeSelector`, of a pod or of a volume.
pub(crate) fn check_node_selector(path: &Path<'_>, selector: &Value, causes: &mut Causes) {
    let list = path.child("nodeSelectorTerms");
    let terms = selector["nodeSelectorTerms"].items();
    if terms.is_empty() {
        causes.push(Cause::required(list, "must have at least one node selector term"));
    }
    for (i, term) in terms.iter().enumerate() {
        check_node_term(&list.index(i), term, Values::Labels, causes);
    }
}

/// What the values of a requirement are held to.
#[derive(Clone, Copy, PartialEq)]
enum Values {
    /// They must be values of labels.
    Labels,
    /// Anything goes, and may match nothing.
    Open,
}

fn check_node_term(path: &Path<'_>, term: &Value, values: Values, causes: &mut Causes) {
    let list = path.child("matchExpressions");
    for (i, requirement) in term["matchExpressions"].items().iter().enumerate() {
        check_node_requirement(&list.index(i), requirement, values, causes);
    }
    let list = path.child("matchFields");
    for (i, requirement) in term["matchFields"].items().iter().enumerate() {
        check_field_requirement(&list.index(i), requirement, causes);
    }
}

fn check_node_requirement(path: &Path<'_>, requirement: &Value, rule: Values, causes: &mut Causes) {
    let values = requirement["values"].items();
    let operator = requirement["operator"].str_or_empty();
    let detail = match operator {
        "In" | "NotIn" if values.is_empty() => "must be specified when `operator` is 'In' or 'NotIn'",
        "Gt" | "Lt" if values.len() != 1 => "must be specified single value when `operator` is 'Lt' or 'Gt'",
        _ => "",
    };
    if !detail.is_empty() {
        causes.push(Cause::required(path.child("values"), detail));
    }
    if matches!(operator, "Exists" | "DoesNotExist") && !values.is_empty() {
        let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        causes.push(Cause::forbidden(path.child("values"), detail));
    }
    if !matches!(operator, "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt") {
        causes.push(Cause::invalid(path.child("operator"), operator, "not a valid selector operator"));
    }
    rules::spelled(&path.child("key"), requirement["key"].str_or_empty(), names::qualified_name, causes);
    let list = path.child("values");
    for (i, value) in values.iter().enumerate().filter(|_| rule == Values::Labels) {
        rules::spelled(&list.index(i), value.str_or_empty(), names::label_value, causes);
    }
}

fn check_field_requirement(path: &Path<'_>, requirement: &Value, causes: &mut Causes) {
    let operator = requirement["operator"].str_or_empty();
    let values = requirement["values"].items();
    if !matches!(operator, "In" | "NotIn") {
        causes.push(Cause::invalid(path.child("operator"), operator, "not a valid selector operator"));
    } else if values.len() != 1 {
        let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
        causes.push(Cause::required(path.child("values"), detail));
    }
    let key = requirement["key"].str_or_empty();
    if key != "metadata.name" {
        causes.push(Cause::invalid(path.child("key"), key, "not a valid field selector key"));
        return;
    }
    let list = path.child("values");
    for (i, value) in values.iter().enumerate() {
        rules::spelled(&list.index(i), value.str_or_empty(), names::dns1123_subdomain, causes);
    }
}

fn check_pod_term(path: &Path<'_>, term: &Value, causes: &mut Causes) {
    rules::label_selector(&path.child("labelSelector"), &term["labelSelector"], causes);
    rules::label_selector(&path.child("namespaceSelector"), &term["namespaceSelector"], causes);
    for name in term["namespaces"].items() {
        rules::spelled(&path.child("namespace"), name.str_or_empty(), names::dns1123_label, causes);
    }
    check_label_keys(path, term, causes);
    let key = term["topologyKey"].str_or_empty();
    if key.is_empty() {
        causes.push(Cause::required(path.child("topologyKey"), "can not be empty"));
    }
    rules::spelled(&path.child("topologyKey"), key, names::qualified_name, causes);
}

/// Keys of labels whose values a selector takes from the pod itself.
fn check_label_keys(path: &Path<'_>, term: &Value, causes: &mut Causes) {
    let selector = &term["labelSelector"];
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let (list, keys) = (path.child(field), term[field].items());
        if !keys.is_empty() && selector.is_null() {
            let detail = "must not be specified when labelSelector is not set";
            causes.push(Cause::forbidden(list, detail));
            continue;
        }
        for (i, key) in keys.iter().enumerate() {
            rules::spelled(&list.index(i), key.str_or_empty(), names::qualified_name, causes);
        }
    }
    let [keys, others] = ["matchLabelKeys", "mismatchLabelKeys"].map(|field| term[field].items());
    // What the server added for a key stands in the selector once; upstream names the term here.
    let mut seen: Vec<&str> = selector["matchLabels"].entries().iter().map(|e| e.key.as_str()).collect();
    for expression in selector["matchExpressions"].items() {
        let name = expression["key"].str_or_empty();
        if let Some(i) = keys.iter().rposition(|key| key.as_str() == Some(name))
            && seen.contains(&name)
        {
            let detail = "exists in both matchLabelKeys and labelSelector";
            causes.push(Cause::invalid(path.index(i), name, detail));
        }
        seen.push(name);
    }
    let list = path.child("matchLabelKeys");
    for (i, key) in keys.iter().enumerate().filter(|(_, key)| others.contains(key)) {
        let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
        causes.push(Cause::invalid(list.index(i), key.str_or_empty(), detail));
    }
}

/// Puts the values that a new pod has under the keys of a term into its selector.
pub(super) fn take_label_keys(term: &mut Value, labels: &Value) {
    if term["labelSelector"].is_null() {
        return;
    }
    for (field, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        for key in term[field].clone().items() {
            if let Some(value) = labels.get(key.str_or_empty()) {
                let requirement = api::value!({
                    "key": key.clone(), "operator": operator, "values": [value.clone()]
                });
                term.at_mut(&["labelSelector", "matchExpressions"]).ensure_list().push(requirement);
            }
        }
    }
}

/// The terms of a pod that may take labels of the pod into their selectors.
pub(super) fn each_term(spec: &mut Value, mut visit: impl FnMut(&mut Value)) {
    for field in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = spec.get_mut("affinity").and_then(|affinity| affinity.get_mut(field)) else {
            continue;
        };
        for term in items_mut(affinity, PREFERRED) {
            if let Some(term) = term.get_mut("podAffinityTerm") {
                visit(term);
            }
        }
        items_mut(affinity, REQUIRED).for_each(&mut visit);
    }
    items_mut(spec, "topologySpreadConstraints").for_each(visit);
}

pub(super) fn check_spread(list: &Path<'_>, constraints: &Value, causes: &mut Causes) {
    let constraints = constraints.items();
    for (i, constraint) in constraints.iter().enumerate() {
        let path = list.index(i);
        let skew = constraint["maxSkew"].as_i64().unwrap_or(0);
        if skew <= 0 {
            causes.push(Cause::invalid(path.child("maxSkew"), skew, rules::POSITIVE));
        }
        let key = constraint["topologyKey"].str_or_empty();
        if key.is_empty() {
            causes.push(Cause::required(path.child("topologyKey"), "can not be empty"));
        }
        let action = constraint["whenUnsatisfiable"].str_or_empty();
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let known = ["DoNotSchedule", "ScheduleAnyway"];
            causes.push(Cause::not_supported(path.child("whenUnsatisfiable"), action, &known));
        }
        let repeated = constraints[i + 1..].iter().any(|other| {
            other["topologyKey"] == constraint["topologyKey"]
                && other["whenUnsatisfiable"] == constraint["whenUnsatisfiable"]
        });
        if repeated {
            let field = path.child("{topologyKey, whenUnsatisfiable}");
            causes.push(Cause::duplicate(field, format!("{{{key}, {action}}}")));
        }
        if let Some(domains) = constraint["minDomains"].as_i64() {
            let field = path.child("minDomains");
            if domains <= 0 {
                causes.push(Cause::invalid(field, domains, rules::POSITIVE));
            }
            if action != "DoNotSchedule" {
                let detail =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                causes.push(Cause::invalid(field, domains, &detail));
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let known = ["Honor", "Ignore"];
            if let Some(text) = constraint[field].as_str().filter(|text| !known.contains(text)) {
                causes.push(Cause::not_supported(path.child(field), text, &known));
            }
        }
        check_label_keys(&path, constraint, causes);
        rules::label_selector(&path.child("labelSelector"), &constraint["labelSelector"], causes);
    }
}

pub(crate) fn check_tolerations(list: &Path<'_>, tolerations: &Value, causes: &mut Causes) {
    for (i, toleration) in tolerations.items().iter().enumerate() {
        check_toleration(&list.index(i), toleration, causes);
    }
}

fn check_toleration(path: &Path<'_>, toleration: &Value, causes: &mut Causes) {
    let text = |field: &str| toleration[field].str_or_empty();
    let (key, operator, value, effect) = (text("key"), text("operator"), text("value"), text("effect"));
    if !key.is_empty() {
        rules::spelled(&path.child("key"), key, names::qualified_name, causes);
    }
    if key.is_empty() && operator != "Exists" {
        let detail =
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        causes.push(Cause::invalid(path.child("operator"), operator, detail));
    }
    if !toleration["tolerationSeconds"].is_null() && effect != "NoExecute" {
        let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        causes.push(Cause::invalid(path.child("effect"), effect, detail));
    }
    let at = path.child("operator");
    match operator {
        "Equal" | "" => {
            let errors = names::label_value(value);
            if !errors.is_empty() {
                causes.push(Cause::invalid(at, value, &errors.join(";")));
            }
        }
        "Exists" if !value.is_empty() => {
            causes.push(Cause::invalid(at, value, "value must be empty when `operator` is 'Exists'"));
        }
        "Exists" => {}
        // Comparison of numbers is behind a gate that is off.
        "Lt" | "Gt" => causes.push(Cause::not_supported(at, operator, &["Equal", "Exists", "Lt", "Gt"])),
        other => causes.push(Cause::not_supported(at, other, &["Equal", "Exists"])),
    }
    let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    rules::supported(path, toleration, "effect", &effects, causes);
}
