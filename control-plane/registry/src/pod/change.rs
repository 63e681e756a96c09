//! What of a pod may change, by itself and through its subresources.

use std::ops::ControlFlow;

use api::Value;
use meta::Cause;
use meta::Causes;

use super::Pods;
use super::annotations;
use super::container;
use super::scheduling;
use crate::Context;
use crate::Path;
use crate::metadata;
use crate::pod_defaults::items_mut;
use crate::rules;
use crate::strategy::copy_field;

/// Of a pod that exists, only images, deadline, grace period, gates and further tolerations may
/// change; while it is gated, also where it may run, if that only narrows.
pub(super) fn check(cx: &Context<'_>, pod: &Value, old: &Value, causes: &mut Causes) {
    // Upstream looks at the metadata of a pod twice.
    causes.extend(metadata::check(cx.resource, &Pods, &pod["metadata"]));
    annotations::check_change(pod, old, causes);
    let (path, spec, old) = (Path::new("spec"), &pod["spec"], &old["spec"]);
    for list in ["containers", "initContainers"] {
        let (at, containers) = (path.child(list), spec[list].items());
        if containers.len() != old[list].items().len() {
            causes.push(Cause::forbidden(at, "pod updates may not add or remove containers"));
            return;
        }
        for (i, container) in containers.iter().enumerate() {
            rules::required(&at.index(i), container, "image", causes);
            container::check_image(&at.index(i), container, causes);
        }
    }
    if check_deadline(&path.child("activeDeadlineSeconds"), spec, old, causes).is_break() {
        return;
    }
    check_tolerations(&path.child("tolerations"), spec, old, causes);
    let gates = path.child("schedulingGates");
    let known = |gate: &Value| old["schedulingGates"].items().iter().any(|o| o["name"] == gate["name"]);
    for (i, gate) in spec["schedulingGates"].items().iter().enumerate().filter(|(_, gate)| !known(gate)) {
        let (path, name) = (gates.index(i), gate["name"].str_or_empty());
        let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
        causes.push(Cause::forbidden(path.child("name"), &detail));
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
        causes.push(Cause::forbidden("spec", FIXED));
    }
}

const FIXED: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A deadline may come closer. Where it does anything else nothing more is looked at.
fn check_deadline(path: &Path<'_>, spec: &Value, old: &Value, causes: &mut Causes) -> ControlFlow<()> {
    let [new, old] = [spec, old].map(|spec| spec["activeDeadlineSeconds"].as_i64());
    let detail = match (new, old) {
        (Some(new), _) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            "must be between 0 and 2147483647, inclusive"
        }
        (Some(new), Some(old)) if new > old => "must be less than or equal to previous value",
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            causes.push(Cause::invalid(path, &api::NULL, detail));
            return ControlFlow::Continue(());
        }
        _ => return ControlFlow::Continue(()),
    };
    causes.push(Cause::invalid(path, new.unwrap_or(0), detail));
    ControlFlow::Break(())
}

/// A toleration stays as it is, but for how long it tolerates.
fn check_tolerations(path: &Path<'_>, spec: &Value, old: &Value, causes: &mut Causes) {
    let like = |a: &Value, b: &Value| {
        ["key", "operator", "value", "effect"].iter().all(|field| rules::same(&a[*field], &b[*field]))
    };
    let kept = |old: &Value| spec["tolerations"].items().iter().any(|new| like(new, old));
    if !old["tolerations"].items().iter().all(kept) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        causes.push(Cause::forbidden(path, detail));
        return;
    }
    scheduling::check_tolerations(path, &spec["tolerations"], causes);
}

/// Of a gated pod the node selector and the node affinity may become narrower.
fn allow_narrowing(path: &Path<'_>, spec: &mut Value, old: &Value, causes: &mut Causes) {
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
    check_narrowed(&path.child("affinity.nodeAffinity"), new, before, causes);
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

/// Terms may ask for more than before, as long as there are as many of them.
fn check_narrowed(path: &Path<'_>, new: &Value, old: &Value, causes: &mut Causes) {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let [new_terms, terms] = [new, old].map(|affinity| affinity[required]["nodeSelectorTerms"].items());
    let at = path.child(required);
    let list = at.child("nodeSelectorTerms");
    if !terms.is_empty() && new_terms.len() != terms.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        let shown = &new[required]["nodeSelectorTerms"];
        causes.push(Cause::invalid(list, rules::InMemory(shown), detail));
        return;
    }
    for (i, (new, old)) in new_terms.iter().zip(terms).enumerate() {
        let kinds = ["matchExpressions", "matchFields"];
        let size = |term: &Value| kinds.iter().map(|kind| term[*kind].items().len()).sum::<usize>();
        let kept = kinds.iter().all(|kind| new[*kind].items().starts_with(old[*kind].items()));
        if !kept || (size(old) == 0 && size(new) > 0) {
            let detail = "only additions are allowed (no mutations or deletions)";
            causes.push(Cause::invalid(list.index(i), rules::InMemory(new), detail));
        }
    }
}

/// Ephemeral containers may be added, and neither changed nor taken away.
pub(super) fn check_ephemeral(pod: &Value, old: &Value, causes: &mut Causes) {
    if annotations::is_mirror(&old["metadata"]) {
        causes.clear();
        causes.push(Cause::forbidden("[]", "static pods do not support ephemeral containers"));
        return;
    }
    let list = pod["spec"]["ephemeralContainers"].items();
    for before in old["spec"]["ephemeralContainers"].items() {
        let name = before["name"].str_or_empty();
        let what = match list.iter().rfind(|container| container["name"].as_str() == Some(name)) {
            None => "removed",
            Some(container) if container != before => "changed",
            Some(_) => continue,
        };
        let detail = format!("existing ephemeral containers {name:?} may not be {what}\n");
        causes.push(Cause::forbidden("spec.ephemeralContainers", &detail));
    }
}
