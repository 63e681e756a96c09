//! Annotations that mean something for a pod: older forms of fields, most of them.

use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;

use super::container;
use super::security::is_apparmor;
use super::volumes::descending;
use crate::Path;

/// The pod is the image of one that a node runs from a file.
pub(super) const MIRROR: &str = "kubernetes.io/config.mirror";
/// How AppArmor was asked for, with a container's name behind it.
pub(super) const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
/// How seccomp was asked for: for a pod, and with a container's name behind it.
pub(super) const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
pub(super) const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const LOCAL: &str = "localhost/";

/// Whether a pod is the image of one that a node runs from a file.
pub(super) fn is_mirror(metadata: &Value) -> bool {
    metadata["annotations"].get(MIRROR).is_some()
}

/// The rules of annotations of a pod or a template.
pub(crate) fn check(path: &Path<'_>, annotations: &Value, spec: &Value, causes: &mut Causes) {
    let text = |key: &str| annotations.get(key).and_then(Value::as_str);
    if let Some(value) = text(MIRROR)
        && spec["nodeName"].str_or_empty().is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        causes.push(Cause::invalid(path.key(MIRROR), value, detail));
    }
    if let Some(value) = text(DELETION_COST).filter(|value| !is_cost(value)) {
        causes.push(Cause::invalid(path.key(DELETION_COST), value, "must be a 32bit integer"));
    }
    for (key, value) in annotations.entries().strings() {
        if key == SECCOMP_POD || key.starts_with(SECCOMP) {
            check_seccomp(&path.child(key), value, causes);
        }
    }
    for (key, value) in annotations.entries().strings() {
        let Some(name) = key.strip_prefix(APPARMOR) else { continue };
        if !container::all(spec).any(|(_, _, container)| container["name"].as_str() == Some(name)) {
            causes.push(Cause::invalid(path.key(key), name, "container not found"));
        }
        if !matches!(value, "" | "runtime/default" | "unconfined") && !value.starts_with(LOCAL) {
            let detail = format!("invalid AppArmor profile name: {value:?}");
            causes.push(Cause::invalid(path.key(key), value, &detail));
        }
    }
}

/// A number as Go reads it, without what a careful hand would not write.
fn is_cost(text: &str) -> bool {
    let plain = text == "0" || text.starts_with(|c: char| c == '-' || ('1'..='9').contains(&c));
    plain && text.parse::<i32>().is_ok()
}

fn check_seccomp(path: &Path<'_>, profile: &str, causes: &mut Causes) {
    match profile {
        "runtime/default" | "docker/default" | "unconfined" => {}
        _ => match profile.strip_prefix(LOCAL) {
            Some(file) => descending(path, file, causes),
            None => causes.push(Cause::invalid(path, profile, "must be a valid seccomp profile")),
        },
    }
}

/// Where annotation and field are both there, they say the same.
pub(crate) fn check_fields(path: &Path<'_>, metadata: &Value, spec: &Value, causes: &mut Causes) {
    let annotations = &metadata["annotations"];
    let text = |key: &str| annotations.get(key).and_then(Value::as_str);
    let pod = &spec["securityContext"];
    if let Some(annotation) = text(SECCOMP_POD) {
        let path = path.child("securityContext.seccompProfile");
        check_match(&path, "seccomp", annotation, &pod["seccompProfile"], causes);
    }
    for (list, i, container) in container::all(spec) {
        let (list, name) = (path.child(list), container["name"].str_or_empty());
        let at = list.index(i);
        let context = &container["securityContext"];
        if let Some(annotation) = text(&format!("{SECCOMP}{name}")) {
            let path = at.child("securityContext.seccompProfile");
            check_match(&path, "seccomp", annotation, &context["seccompProfile"], causes);
        }
    }
    if spec["os"]["name"].as_str() == Some("windows") {
        return;
    }
    for (list, i, container) in container::all(spec) {
        let (list, name) = (path.child(list), container["name"].str_or_empty());
        let at = list.index(i);
        let own = &container["securityContext"]["appArmorProfile"];
        let profile = if own.is_null() { &pod["appArmorProfile"] } else { own };
        if let Some(annotation) = text(&format!("{APPARMOR}{name}")) {
            let path = at.child("securityContext.appArmorProfile");
            check_match(&path, "apparmor", annotation, profile, causes);
        }
    }
}

fn check_match(path: &Path<'_>, sort: &str, annotation: &str, profile: &Value, causes: &mut Causes) {
    let local = annotation.strip_prefix(LOCAL);
    let kind_matches = match profile["type"].str_or_empty() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => {
            annotation == "runtime/default" || (sort == "seccomp" && annotation == "docker/default")
        }
        "Localhost" => local.is_some(),
        _ => return,
    };
    if !kind_matches {
        let detail = format!("{sort} type in annotation and field must match");
        causes.push(Cause::forbidden(path.child("type"), &detail));
    } else if profile["type"].as_str() == Some("Localhost") && local != profile["localhostProfile"].as_str() {
        let detail = format!("{sort} profile in annotation and field must match");
        causes.push(Cause::forbidden(path.child("localhostProfile"), &detail));
    }
}

/// The AppArmor profile that an annotation asks for.
pub(super) fn apparmor_profile(annotation: &str) -> Option<Value> {
    let profile = match annotation {
        "unconfined" => value!({"type": "Unconfined"}),
        "runtime/default" => value!({"type": "RuntimeDefault"}),
        other => {
            let file = other.strip_prefix(LOCAL).filter(|file| !file.is_empty())?;
            value!({"type": "Localhost", "localhostProfile": file})
        }
    };
    is_apparmor(&profile).then_some(profile)
}

/// What of a pod's annotations may not change.
pub(super) fn check_change(pod: &Value, old: &Value, causes: &mut Causes) {
    let path = Path::new("metadata.annotations");
    let [new, old] = [pod, old].map(|pod| pod["metadata"]["annotations"].entries());
    for entry in old.iter().filter(|entry| new.get(entry.key.as_str()) != Some(&entry.value)) {
        let key = entry.key.as_str();
        if key.starts_with(APPARMOR) {
            causes.push(Cause::forbidden(path.key(key), "may not remove or update AppArmor annotations"));
        }
        if key == MIRROR {
            causes.push(Cause::forbidden(path.key(key), "may not remove or update mirror pod annotation"));
        }
    }
    for entry in new.iter().filter(|entry| old.get(entry.key.as_str()).is_none()) {
        let key = entry.key.as_str();
        if key.starts_with(APPARMOR) {
            causes.push(Cause::forbidden(path.key(key), "may not add AppArmor annotations"));
        }
        if key == MIRROR {
            causes.push(Cause::forbidden(path.key(key), "may not add mirror pod annotation"));
        }
    }
    check(&path, &pod["metadata"]["annotations"], &pod["spec"], causes);
}
