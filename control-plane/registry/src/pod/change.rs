//! What of a pod may change, by itself and through its subresources.

use api::Value;
use meta::Cause;

use super::qos_class;
use crate::Path;
use crate::pod_defaults::items_mut;
use crate::rules;
use crate::strategy::copy_field;

const MIRROR: &str = "kubernetes.io/config.mirror";

/// Of a pod that exists, only images, deadline, grace period, gates and further tolerations may
/// change; while it is gated, also where it may run, if that only narrows.
pub(super) fn check(pod: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let (path, spec, old) = (Path::new("spec"), &pod["spec"], &old["spec"]);
    for list in ["containers", "initContainers"] {
        if spec[list].items().len() != old[list].items().len() {
            let detail = "pod updates may not add or remove containers";
            causes.push(Cause::forbidden(path.child(list), detail));
            return;
        }
    }
    check_deadline(&path.child("activeDeadlineSeconds"), spec, old, causes);
    check_tolerations(&path.child("tolerations"), spec, old, causes);
    let gates = path.child("schedulingGates");
    for (i, gate) in spec["schedulingGates"].items().iter().enumerate() {
        if !old["schedulingGates"].items().contains(gate) {
            let (path, name) = (gates.index(i), gate["name"].str_or_empty());
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            causes.push(Cause::forbidden(path.child("name"), &detail));
        }
    }
    if spec == old {
        return;
    }
    let mut comparable = spec.clone();
    for list in ["containers", "initContainers"] {
        for (container, old) in items_mut(&mut comparable, list).zip(old[list].items()) {
            copy_field(container, old, "image");
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        copy_field(&mut comparable, old, field);
    }
    let grace = |spec: &Value| spec["terminationGracePeriodSeconds"].as_i64();
    if grace(old).is_some_and(|seconds| seconds < 0) && grace(&comparable) == Some(1) {
        copy_field(&mut comparable, old, "terminationGracePeriodSeconds");
    }
    if !old["schedulingGates"].items().is_empty() {
        allow_narrowing(&path, &mut comparable, old, causes);
    }
    if comparable != *old {
        let detail = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        causes.push(Cause::forbidden("spec", detail));
    }
}

fn check_deadline(path: &Path<'_>, spec: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let [new, old] = [spec, old].map(|spec| spec["activeDeadlineSeconds"].as_i64());
    match (new, old) {
        (Some(new), Some(old)) if new > old => {
            causes.push(Cause::invalid(path, new, "must be less than or equal to previous value"));
        }
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            causes.push(Cause::invalid(path, &api::NULL, detail));
        }
        _ => {}
    }
}

/// A toleration stays as it is, but for how long it tolerates.
fn check_tolerations(path: &Path<'_>, spec: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let like = |a: &Value, b: &Value| {
        ["key", "operator", "value", "effect"].iter().all(|field| rules::same(&a[*field], &b[*field]))
    };
    let kept = |old: &Value| spec["tolerations"].items().iter().any(|new| like(new, old));
    if !old["tolerations"].items().iter().all(kept) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        causes.push(Cause::forbidden(path, detail));
    }
}

/// Of a gated pod the node selector and the node affinity may become narrower.
fn allow_narrowing(path: &Path<'_>, spec: &mut Value, old: &Value, causes: &mut Vec<Cause>) {
    let selector = &spec["nodeSelector"];
    let kept = old["nodeSelector"].entries().iter().all(|e| selector.get(e.key.as_str()) == Some(&e.value));
    if !kept {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        causes.push(Cause::invalid(path.child("nodeSelector"), selector, detail));
    }
    copy_field(spec, old, "nodeSelector");
    let (new, before) = (&spec["affinity"]["nodeAffinity"], &old["affinity"]["nodeAffinity"]);
    if rules::same(new, before) {
        return;
    }
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let [new_terms, terms] = [new, before].map(|affinity| &affinity[required]["nodeSelectorTerms"]);
    let at = path.child("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution");
    let list = at.child("nodeSelectorTerms");
    if !terms.items().is_empty() && new_terms.items().len() != terms.items().len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        causes.push(Cause::invalid(list, new_terms, detail));
    }
    for (i, (new, old)) in new_terms.items().iter().zip(terms.items()).enumerate() {
        let grown = ["matchExpressions", "matchFields"].iter().all(|kind| {
            let (new, old) = (new[*kind].items(), old[*kind].items());
            new.len() >= old.len() && new.iter().zip(old).all(|(new, old)| new == old)
        });
        if !grown {
            let detail = "only additions are allowed (no mutations or deletions)";
            causes.push(Cause::invalid(list.index(i), new, detail));
        }
    }
    match old["affinity"].get("nodeAffinity") {
        Some(affinity) => spec.set(&["affinity", "nodeAffinity"], affinity.clone()),
        None => {
            spec.remove(&["affinity", "nodeAffinity"]);
            if old["affinity"].is_null() && spec["affinity"].is_zero() {
                spec.remove(&["affinity"]);
            }
        }
    }
}

/// Ephemeral containers may be added, and neither changed nor taken away.
pub(super) fn check_ephemeral(pod: &Value, old: &Value, causes: &mut Vec<Cause>) {
    if refuse_mirror(old, "static pods do not support ephemeral containers", causes) {
        return;
    }
    let list = pod["spec"]["ephemeralContainers"].items();
    for before in old["spec"]["ephemeralContainers"].items() {
        let name = before["name"].str_or_empty();
        let what = match list.iter().find(|container| container["name"].as_str() == Some(name)) {
            None => "removed",
            Some(container) if container != before => "changed",
            Some(_) => continue,
        };
        let detail = format!("existing ephemeral containers {name:?} may not be {what}\n");
        causes.push(Cause::forbidden("spec.ephemeralContainers", &detail));
    }
}

/// A resize writes resources and resize policies; everything else stays.
pub(super) fn keep_all_but_resources(pod: &mut Value, old: &Value) {
    let mut spec = old["spec"].clone();
    for list in ["containers", "initContainers"] {
        let new = pod["spec"][list].items();
        for container in items_mut(&mut spec, list) {
            if let Some(new) = new.iter().find(|new| new["name"] == container["name"]) {
                copy_field(container, new, "resources");
                copy_field(container, new, "resizePolicy");
            }
        }
    }
    copy_field(&mut spec, &pod["spec"], "resources");
    pod.set(&["spec"], spec);
    copy_field(pod, old, "status");
}

/// The rules of a resize.
pub(super) fn check_resize(pod: &Value, old: &Value, causes: &mut Vec<Cause>) {
    if refuse_mirror(old, "static pods cannot be resized", causes) {
        return;
    }
    let class = qos_class(&pod["spec"]);
    if class != qos_class(&old["spec"]) {
        let detail = "Pod QOS Class may not change as a result of resizing";
        causes.push(Cause::invalid("spec", class, detail));
    }
    for list in ["containers", "initContainers"] {
        let (new, old) = (pod["spec"][list].items(), old["spec"][list].items());
        let fixed = |container: &Value| -> Vec<(String, Value)> {
            let parts = ["limits", "requests"].into_iter().map(|part| &container["resources"][part]);
            parts
                .flat_map(|part| part.entries().iter())
                .filter(|entry| !matches!(entry.key.as_str(), "cpu" | "memory"))
                .map(|entry| (entry.key.as_str().to_owned(), entry.value.clone()))
                .collect()
        };
        if new.iter().zip(old).any(|(new, old)| fixed(new) != fixed(old)) {
            causes.push(Cause::forbidden("spec", "only cpu and memory resources are mutable"));
            return;
        }
    }
}

fn refuse_mirror(old: &Value, why: &str, causes: &mut Vec<Cause>) -> bool {
    let mirror = old["metadata"]["annotations"].get(MIRROR).is_some();
    if mirror {
        causes.clear();
        causes.push(Cause::forbidden("", why));
    }
    mirror
}

/// The node of a pod is nominated and bound by others; a status does not move it.
pub(super) fn check_status(pod: &Value, old: &Value, causes: &mut Vec<Cause>) {
    if pod["spec"]["nodeName"] != old["spec"]["nodeName"] {
        causes.push(Cause::forbidden("status.nodeName", "may not be changed directly"));
    }
    let nominated = &pod["status"]["nominatedNodeName"];
    if *nominated != old["status"]["nominatedNodeName"] {
        let rule = meta::names::dns1123_subdomain;
        rules::name(&Path::new("status"), &pod["status"], "nominatedNodeName", rule, causes);
    }
}
