//! The size of a running pod.

use api::Value;
use api::view::MapView;
use meta::Cause;
use meta::Causes;

use super::annotations;
use super::qos_class;
use crate::Path;
use crate::pod_defaults::items_mut;
use crate::strategy::copy_field;
use crate::strategy::copy_metadata;

const LISTS: [&str; 2] = ["containers", "initContainers"];
const FIXED: &str = "only cpu and memory resources are mutable";

/// A resize writes resources and resize policies; everything else stays. Where containers came or went
/// nothing is taken back, so that the writer hears of it.
pub(super) fn keep_all_but_resources(pod: &mut Value, old: &Value) {
    let count = |pod: &Value, list: &str| pod["spec"][list].items().len();
    if LISTS.iter().any(|list| count(pod, list) != count(old, list)) {
        return;
    }
    let mut spec = old["spec"].clone();
    for list in LISTS {
        let (new, before) = (&pod["spec"][list], &old["spec"][list]);
        let renamed = new.items().iter().zip(before.items()).any(|(new, old)| new["name"] != old["name"]);
        if renamed {
            spec.set(&[list], new.clone());
            continue;
        }
        for (container, new) in items_mut(&mut spec, list).zip(new.items()) {
            copy_field(container, new, "resources");
            copy_field(container, new, "resizePolicy");
        }
    }
    copy_field(&mut spec, &pod["spec"], "resources");
    pod.set(&["spec"], spec);
    copy_field(pod, old, "status");
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        copy_metadata(pod, old, field);
    }
}

/// The rules of a resize.
pub(super) fn check(pod: &Value, old: &Value, causes: &mut Causes) {
    let path = Path::new("spec");
    for (refused, why) in [
        (annotations::is_mirror(&old["metadata"]), "static pods cannot be resized"),
        (old["spec"]["os"]["name"].as_str() == Some("windows"), "windows pods cannot be resized"),
    ] {
        if refused {
            causes.clear();
            // Upstream names no field, which reads like this.
            causes.push(Cause::forbidden("[]", why));
            return;
        }
    }
    let class = old["status"]["qosClass"].as_str().unwrap_or_else(|| qos_class(&old["spec"]));
    if qos_class(&pod["spec"]) != class {
        let detail = "Pod QOS Class may not change as a result of resizing";
        causes.push(Cause::invalid(path, class, detail));
    }
    if !is_supported(old) {
        causes.push(Cause::forbidden(path, "Pod running on node without support for resize"));
    }
    check_whole(&path, pod, old, causes);
    if check_order(&path, pod, old, causes) {
        return;
    }
    for list in ["initContainers", "containers"] {
        let at = path.child(list);
        for (i, (new, old)) in pairs(pod, old, list).enumerate() {
            let at = at.index(i);
            check_kept(&at.child("resources"), &new["resources"], &old["resources"], "resource", causes);
        }
    }
    let changed = |new: &Value, old: &Value| {
        let mut resized = new.clone();
        keep_cpu_and_memory(&mut resized, old);
        copy_field(&mut resized, old, "resizePolicy");
        // Claims are not looked at.
        resized.remove(&["resources", "claims"]);
        resized != *old || !same_policies(new, old)
    };
    for (new, old) in pairs(pod, old, "containers") {
        if changed(new, old) {
            causes.push(Cause::forbidden(path, FIXED));
        }
    }
    let list = path.child("initContainers");
    for (i, (new, old)) in pairs(pod, old, "initContainers").enumerate() {
        if changed(new, old) {
            let detail = "only cpu and memory resources for init or sidecar containers are mutable";
            causes.push(Cause::forbidden(list.index(i), detail));
        }
        let alone = new["restartPolicy"].as_str() != Some("Always");
        let restarts = |policy: &&Value| policy["restartPolicy"].as_str() == Some("RestartContainer");
        if new != old && alone {
            for _ in new["resizePolicy"].items().iter().filter(restarts) {
                let detail =
                    "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
                causes.push(Cause::forbidden(list.index(i), detail));
            }
        }
    }
}

fn pairs<'a>(pod: &'a Value, old: &'a Value, list: &str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    pod["spec"][list].items().iter().zip(old["spec"][list].items())
}

fn same_policies(new: &Value, old: &Value) -> bool {
    new["resizePolicy"].items() == old["resizePolicy"].items()
}

/// Whether the node of a pod that runs tells what its containers have.
fn is_supported(pod: &Value) -> bool {
    let mut statuses = pod["status"]["containerStatuses"].items().iter();
    let running = statuses.find(|status| !status["state"]["running"].is_null());
    running.is_none_or(|status| !status["resources"].is_null())
}

/// What the pod as a whole asks for.
fn check_whole(path: &Path<'_>, pod: &Value, old: &Value, causes: &mut Causes) {
    let (path, [new, old]) = (path.child("resources"), [pod, old].map(|pod| &pod["spec"]["resources"]));
    if !old.is_null() && new.is_null() {
        causes.push(Cause::forbidden(path, "pod-level resources cannot be removed"));
        return;
    }
    if !old.is_null() {
        check_kept(&path, new, old, "pod-level resource", causes);
    }
    let others = |resources: &Value, kind: &str| -> Vec<(String, Value)> {
        let amounts = MapView::of(&resources[kind]).iter().filter(|(name, _)| !is_resizable(name));
        amounts.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    };
    if ["requests", "limits"].iter().any(|kind| others(new, kind) != others(old, kind)) {
        let detail = "only cpu and memory resources are mutable at pod-level";
        causes.push(Cause::forbidden("spec", detail));
    }
}

fn is_resizable(name: &str) -> bool {
    matches!(name, "cpu" | "memory")
}

/// Whether containers came, went or changed places.
fn check_order(path: &Path<'_>, pod: &Value, old: &Value, causes: &mut Causes) -> bool {
    let known = causes.len();
    for list in LISTS {
        let at = path.child(list);
        if pod["spec"][list].items().len() != old["spec"][list].items().len() {
            causes.push(Cause::forbidden(at, &format!("{list} may not be added or removed on resize")));
            continue;
        }
        for (i, (new, old)) in pairs(pod, old, list).enumerate() {
            if new["name"] != old["name"] {
                let detail = format!("{list} may not be renamed or reordered on resize");
                causes.push(Cause::forbidden(at.index(i).child("name"), &detail));
            }
        }
    }
    causes.len() > known
}

/// What was asked for by name stays asked for.
fn check_kept(path: &Path<'_>, new: &Value, old: &Value, what: &str, causes: &mut Causes) {
    for kind in ["requests", "limits"] {
        if MapView::of(&old[kind]).iter().any(|(name, _)| new[kind].get(name).is_none()) {
            causes.push(Cause::forbidden(path.child(kind), &format!("{what} {kind} cannot be removed")));
        }
    }
}

/// Gives a container the CPU and memory of another.
fn keep_cpu_and_memory(container: &mut Value, old: &Value) {
    for kind in ["requests", "limits"] {
        for name in ["cpu", "memory"] {
            match old["resources"][kind].get(name) {
                Some(amount) => container.set(&["resources", kind, name], amount.clone()),
                None => {
                    container.remove(&["resources", kind, name]);
                }
            }
        }
        if container["resources"][kind].is_zero() {
            container.remove(&["resources", kind]);
        }
    }
}
