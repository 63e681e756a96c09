//! StatefulSets.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::apps::check_always;
use crate::apps::check_selector;
use crate::apps::set_template_defaults;
use crate::pod::warnings::claim_warnings;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::template::check_metadata;
use crate::template::check_template;

/// What of a StatefulSet's spec may change.
const CHANGEABLE: [&str; 7] = [
    "replicas",
    "template",
    "updateStrategy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
];

pub(crate) fn set_defaults(object: &mut Value) {
    let Some(spec) = object.get_mut("spec") else { return };
    set_default(spec, "replicas", 1);
    set_default(spec, "revisionHistoryLimit", 10);
    set_default(spec, "podManagementPolicy", "OrderedReady");
    let strategy = spec.at_mut(&["updateStrategy"]);
    if strategy["type"].str_or_empty().is_empty() {
        strategy.set(&["type"], "RollingUpdate");
        strategy.at_mut(&["rollingUpdate"]).ensure_map();
    }
    if strategy["type"].as_str() == Some("RollingUpdate")
        && let Some(rolling @ Value::Object(_)) = strategy.get_mut("rollingUpdate")
    {
        set_default(rolling, "partition", 0);
    }
    let retention = spec.at_mut(&["persistentVolumeClaimRetentionPolicy"]);
    set_default(retention, "whenDeleted", "Retain");
    set_default(retention, "whenScaled", "Retain");
    for claim in items_mut(spec, "volumeClaimTemplates") {
        set_default(claim, "kind", "PersistentVolumeClaim");
        set_default(claim, "apiVersion", "v1");
        if let Some(spec @ Value::Object(_)) = claim.get_mut("spec") {
            set_default(spec, "volumeMode", "Filesystem");
        }
        set_default(claim.at_mut(&["status"]), "phase", "Pending");
    }
    set_template_defaults(spec);
}

/// How many pods may be missing during an update is a feature that is off by default.
pub(crate) fn drop_disabled(object: &mut Value, old: &Value) {
    let field = ["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"];
    if old.at(&field).is_null() {
        object.remove(&field);
    }
}

/// The rules of a new set: those of every one, and those of what never changes.
pub(crate) fn check_create(object: &Value, causes: &mut Causes) {
    check_parts(object, true, causes);
}

/// The rules of a set.
pub(crate) fn check(object: &Value, causes: &mut Causes) {
    check_parts(object, false, causes);
}

fn check_parts(object: &Value, new: bool, causes: &mut Causes) {
    let (path, spec) = (Path::new("spec"), &object["spec"]);
    let policy = spec["podManagementPolicy"].str_or_empty();
    if !matches!(policy, "OrderedReady" | "Parallel") {
        let detail = "must be 'OrderedReady' or 'Parallel'";
        causes.push(Cause::invalid(path.child("podManagementPolicy"), policy, detail));
    }
    check_update_strategy(&path.child("updateStrategy"), &spec["updateStrategy"], causes);
    let retention = path.child("persistentVolumeClaimRetentionPolicy");
    for field in ["whenDeleted", "whenScaled"] {
        let policies = &spec["persistentVolumeClaimRetentionPolicy"];
        rules::supported(&retention, policies, field, &["Retain", "Delete"], causes);
    }
    let claims = path.child("volumeClaimTemplates");
    for (i, claim) in spec["volumeClaimTemplates"].items().iter().enumerate().filter(|_| new) {
        crate::claims::check_spec(&claims.index(i).child("spec"), &claim["spec"], causes);
    }
    rules::non_negative(&path, spec, &["replicas", "minReadySeconds"], causes);
    let first = &spec["ordinals"]["start"];
    if first.as_i64().is_some_and(|first| first < 0) {
        causes.push(Cause::invalid(path.child("ordinals.start"), first, rules::NOT_NEGATIVE));
    }
    if new {
        rules::name(&path, spec, "serviceName", names::dns1123_label, causes);
    }
    if check_selector(&path, spec, "statefulset", causes).is_continue() {
        let mut template = spec["template"].clone();
        // The set gives its pods names of its own.
        template.remove(&["spec", "hostname"]);
        template.remove(&["spec", "subdomain"]);
        let at = path.child("template");
        check_template(&at, &template, &spec["volumeClaimTemplates"], causes);
        // Upstream looks at the metadata twice.
        check_metadata(&at, &template["metadata"], &template["spec"], causes);
    }
    check_always(&path, spec, "StatefulSet", causes);
}

/// What is valid in a set, and still likely to be a mistake.
pub(crate) fn warnings(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let list = Path::new("spec.volumeClaimTemplates");
    for (i, claim) in object["spec"]["volumeClaimTemplates"].items().iter().enumerate() {
        let at = list.index(i);
        found.extend(claim_warnings(&at.child("resources"), &claim["spec"]["resources"]));
    }
    if object["spec"]["revisionHistoryLimit"].as_i64().is_some_and(|limit| limit < 0) {
        let detail = "a negative value retains all historical revisions; a value >= 0 is recommended";
        found.push(format!("spec.revisionHistoryLimit: {detail}"));
    }
    found
}

fn check_update_strategy(path: &Path<'_>, strategy: &Value, causes: &mut Causes) {
    let rolling = &strategy["rollingUpdate"];
    match strategy["type"].str_or_empty() {
        "RollingUpdate" => {
            let path = path.child("rollingUpdate");
            rules::non_negative(&path, rolling, &["partition"], causes);
        }
        "OnDelete" => {
            if !rolling.is_null() {
                let detail = "only allowed for updateStrategy 'RollingUpdate'";
                causes.push(Cause::invalid(path.child("rollingUpdate"), rules::InMemory(rolling), detail));
            }
        }
        _ => causes.push(Cause::invalid(
            path,
            rules::InMemory(strategy),
            "must be 'RollingUpdate' or 'OnDelete'",
        )),
    }
}

pub(crate) fn check_change(object: &Value, old: &Value, causes: &mut Causes) {
    let [new, old] = [object, old].map(|object| object["spec"].entries());
    let fixed = |key: &str| !CHANGEABLE.contains(&key);
    let differs = new.iter().chain(old.iter()).map(|entry| entry.key.as_str()).any(|key| {
        let [new, old] = [new, old].map(|spec| spec.get(key).unwrap_or(&api::NULL));
        fixed(key) && !rules::same(new, old)
    });
    if differs {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        causes.push(Cause::forbidden("spec", detail));
    }
}
