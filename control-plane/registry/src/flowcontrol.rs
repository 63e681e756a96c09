//! FlowSchemas and PriorityLevelConfigurations.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Table;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;

const MAX_PRECEDENCE: i64 = 10_000;
const MAX_QUEUES: i64 = 10_000_000;
/// The kinds of subjects with the field that describes each.
const SUBJECTS: [(&str, &str); 3] =
    [("User", "user"), ("Group", "group"), ("ServiceAccount", "serviceAccount")];

pub(crate) struct FlowSchemas;
pub(crate) struct PriorityLevels;

impl Strategy for FlowSchemas {
    fn table(&self) -> &'static Table {
        &table::FLOW_SCHEMA
    }

    fn set_defaults(&self, object: &mut Value) {
        if let Some(spec @ Value::Object(_)) = object.get_mut("spec")
            && spec["matchingPrecedence"].is_zero()
        {
            spec.set(&["matchingPrecedence"], 1000);
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let precedence = spec["matchingPrecedence"].as_i64().unwrap_or(0);
        let exempt = object["metadata"]["name"].as_str() == Some("exempt");
        let detail = match precedence {
            ..=0 => "must be a positive value",
            1 if !exempt => "only the schema named 'exempt' may have matchingPrecedence 1",
            1..=MAX_PRECEDENCE => "",
            _ => "must not be greater than 10000",
        };
        if !detail.is_empty() {
            causes.push(Cause::invalid(path.child("matchingPrecedence"), precedence, detail));
        }
        let (at, level) = (path.child("priorityLevelConfiguration"), &spec["priorityLevelConfiguration"]);
        if level["name"].str_or_empty().is_empty() {
            causes.push(Cause::required(at.child("name"), "must reference a priority level"));
        } else {
            rules::name(&at, level, "name", names::dns1123_subdomain, causes);
        }
        let list = path.child("rules");
        for (i, rule) in spec["rules"].items().iter().enumerate() {
            check_flow(&list.index(i), rule, causes);
        }
    }
}

fn check_flow(path: &Path<'_>, rule: &Value, causes: &mut Causes) {
    let (list, subjects) = (path.child("subjects"), rule["subjects"].items());
    if subjects.is_empty() {
        causes.push(Cause::required(list, "subjects must contain at least one value"));
    }
    for (i, subject) in subjects.iter().enumerate() {
        check_subject(&list.index(i), subject, causes);
    }
    let [resources, urls] = ["resourceRules", "nonResourceRules"].map(|field| rule[field].items());
    if resources.is_empty() && urls.is_empty() {
        let detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
        causes.push(Cause::required(path, detail));
    }
    for (kind, what, missing) in [
        ("verbs", "verbs", "verbs must contain at least one value"),
        ("apiGroups", "api groups", "resource rules must supply at least one api group"),
        ("resources", "resources", "resource rules must supply at least one resource"),
    ] {
        let list = path.child("resourceRules");
        for (i, rule) in resources.iter().enumerate() {
            check_terms(&list.index(i), rule, kind, what, missing, causes);
        }
    }
    let list = path.child("resourceRules");
    for (i, rule) in resources.iter().enumerate() {
        if rule["namespaces"].items().is_empty() && rule["clusterScope"].as_bool() != Some(true) {
            let (path, detail) = (
                list.index(i),
                "resource rules that are not cluster scoped must supply at least one namespace",
            );
            causes.push(Cause::required(path.child("namespaces"), detail));
        }
    }
    let list = path.child("nonResourceRules");
    for (i, rule) in urls.iter().enumerate() {
        let path = list.index(i);
        check_terms(&path, rule, "verbs", "verbs", "verbs must contain at least one value", causes);
        let missing = "nonResourceURLs must contain at least one value";
        check_terms(&path, rule, "nonResourceURLs", "non-resource URLs", missing, causes);
    }
}

/// A list with something in it; where `*` is, nothing else is.
fn check_terms(path: &Path<'_>, rule: &Value, field: &str, what: &str, missing: &str, causes: &mut Causes) {
    let terms = rule[field].items();
    if terms.is_empty() {
        causes.push(Cause::required(path.child(field), missing));
    } else if terms.len() > 1 && terms.iter().any(|term| term.as_str() == Some("*")) {
        let detail = format!("if '*' is present, must not specify other {what}");
        causes.push(Cause::invalid(path.child(field), &rule[field], &detail));
    }
}

fn check_subject(path: &Path<'_>, subject: &Value, causes: &mut Causes) {
    let kind = subject["kind"].str_or_empty();
    for (name, field) in SUBJECTS {
        let described = &subject[field];
        if kind == name && described.is_null() {
            let detail = format!("{field} is required when subject kind is '{name}'");
            causes.push(Cause::required(path.child(field), &detail));
        }
        if kind != name && !described.is_null() && SUBJECTS.iter().any(|(known, _)| *known == kind) {
            let detail = format!("{field} is forbidden when subject kind is not '{name}'");
            causes.push(Cause::forbidden(path.child(field), &detail));
        }
    }
    let (account, at) = (&subject["serviceAccount"], path.child("serviceAccount"));
    if kind == "ServiceAccount" && !account.is_null() && account["namespace"].str_or_empty().is_empty() {
        causes.push(Cause::required(at.child("namespace"), "must specify namespace for service account"));
    }
}

impl Strategy for PriorityLevels {
    fn table(&self) -> &'static Table {
        &table::PRIORITY_LEVEL
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec @ Value::Object(_)) = object.get_mut("spec") else { return };
        if let Some(exempt @ Value::Object(_)) = spec.get_mut("exempt") {
            set_default(exempt, "nominalConcurrencyShares", 0);
            set_default(exempt, "lendablePercent", 0);
        }
        let Some(limited @ Value::Object(_)) = spec.get_mut("limited") else { return };
        set_default(limited, "nominalConcurrencyShares", 30);
        set_default(limited, "lendablePercent", 0);
        let queuing = limited.get_mut("limitResponse").and_then(|response| response.get_mut("queuing"));
        if let Some(queuing @ Value::Object(_)) = queuing {
            for (field, number) in [("queues", 64), ("handSize", 8), ("queueLengthLimit", 50)] {
                if queuing[field].is_zero() {
                    queuing.set(&[field], number);
                }
            }
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let kind = spec["type"].str_or_empty();
        if (kind == "Exempt") != (object["metadata"]["name"].as_str() == Some("exempt")) {
            let detail = "must be 'Exempt' if and only if `name` is 'exempt'";
            causes.push(Cause::invalid(path.child("type"), kind, detail));
        }
        let (limited, exempt) = (&spec["limited"], &spec["exempt"]);
        match kind {
            "Exempt" if !limited.is_null() => {
                let detail = "must be nil if the type is not Limited";
                causes.push(Cause::forbidden(path.child("limited"), detail));
            }
            "Limited" if !exempt.is_null() => {
                causes.push(Cause::forbidden(path.child("exempt"), "must be nil if the type is Limited"));
            }
            "Limited" if limited.is_null() => {
                let detail = "must not be empty when type is Limited";
                causes.push(Cause::required(path.child("limited"), detail));
            }
            _ => {}
        }
        for field in ["limited", "exempt"] {
            check_shares(&path.child(field), &spec[field], causes);
        }
        if kind == "Limited" && !limited.is_null() {
            check_response(&path.child("limited.limitResponse"), &limited["limitResponse"], causes);
        }
    }
}

fn check_shares(path: &Path<'_>, level: &Value, causes: &mut Causes) {
    let number = |field: &str| level[field].as_i64().unwrap_or(0);
    let shares = number("nominalConcurrencyShares");
    if shares < 0 {
        let detail = "must be a non-negative integer";
        causes.push(Cause::invalid(path.child("nominalConcurrencyShares"), shares, detail));
    }
    let lendable = number("lendablePercent");
    if !(0..=100).contains(&lendable) {
        let detail = "must be between 0 and 100, inclusive";
        causes.push(Cause::invalid(path.child("lendablePercent"), lendable, detail));
    }
    let borrowed = number("borrowingLimitPercent");
    if borrowed < 0 {
        let detail = "if specified, must be a non-negative integer";
        causes.push(Cause::invalid(path.child("borrowingLimitPercent"), borrowed, detail));
    }
}

fn check_response(path: &Path<'_>, response: &Value, causes: &mut Causes) {
    let queuing = &response["queuing"];
    match (response["type"].str_or_empty(), queuing.is_null()) {
        ("Reject", false) => {
            let detail = "must be nil if limited.limitResponse.type is not Limited";
            causes.push(Cause::forbidden(path.child("queuing"), detail));
        }
        ("Queue", true) => {
            let detail = "must not be empty if limited.limitResponse.type is Limited";
            causes.push(Cause::required(path.child("queuing"), detail));
        }
        ("Queue", false) => {
            let path = path.child("queuing");
            for field in ["queueLengthLimit", "queues", "handSize"] {
                let number = queuing[field].as_i64().unwrap_or(0);
                if number <= 0 {
                    causes.push(Cause::invalid(path.child(field), number, "must be positive"));
                }
            }
            let [queues, hand] = ["queues", "handSize"].map(|field| queuing[field].as_i64().unwrap_or(0));
            if queues > MAX_QUEUES {
                let detail = "must not be greater than 10000000";
                causes.push(Cause::invalid(path.child("queues"), queues, detail));
            } else if hand > queues {
                let detail = format!("should not be greater than queues ({queues})");
                causes.push(Cause::invalid(path.child("handSize"), hand, &detail));
            }
        }
        _ => {}
    }
}
