//! PodSecurity: the Pod Security Standards, by the labels of the namespace.
//!
//! `enforce` refuses pods; `warn` tells the client, for pods and for what makes pods. `audit` is read
//! and checked like the others, and has nowhere to go while there is no audit log. Nobody is exempt.
//!
//! Source: Kubernetes documentation, "Pod Security Standards" and "Pod Security Admission".

mod checks;
mod policy;

use std::collections::BTreeMap;

use api::Value;
use meta::Status;

use self::checks::violations;
use self::policy::Level;
use self::policy::LevelVersion;
use self::policy::Policy;
use crate::path::Call;

/// Most existing pods that are looked at when a namespace becomes stricter.
const MAX_PODS: usize = 3000;

/// Refuses pods that their namespace does not allow, and namespaces whose labels say nothing.
pub(super) fn validate(call: &Call<'_>, object: Option<&Value>, old: Option<&Value>) -> Result<(), Status> {
    let Some(object) = object else { return Ok(()) };
    if super::is_about(call, "namespaces", "") {
        return validate_labels(call, object, old);
    }
    let Some(policy) = policy_for_pod(call, object, old) else { return Ok(()) };
    let found = violations(policy.enforce, &object["metadata"], &object["spec"]);
    if found.is_empty() {
        return Ok(());
    }
    let why = format!("violates PodSecurity {:?}: {}", policy.enforce.to_string(), checks::details(&found));
    Err(super::forbidden(call, &why))
}

/// What the client should know about something that is allowed.
pub(super) fn warnings(call: &Call<'_>, object: &Value, old: Option<&Value>) -> Vec<String> {
    if super::is_about(call, "namespaces", "") {
        return old.map_or_else(Vec::new, |old| existing_pods(call, object, old));
    }
    let (policy, metadata, spec) = match policy_for_pod(call, object, old) {
        Some(policy) => (policy, &object["metadata"], &object["spec"]),
        None => {
            let Some(template) = template(call, object) else { return Vec::new() };
            (policy_of_namespace(call), &template["metadata"], &template["spec"])
        }
    };
    let found = violations(policy.warn, metadata, spec);
    if found.is_empty() {
        return Vec::new();
    }
    let level = policy.warn.to_string();
    vec![format!("would violate PodSecurity {level:?}: {}", checks::details(&found))]
}

/// The policy for a write of a pod; `None` where the write is not of a pod, or changes nothing that
/// a policy is about.
fn policy_for_pod(call: &Call<'_>, object: &Value, old: Option<&Value>) -> Option<Policy> {
    let written =
        ["", "ephemeralcontainers", "resize"].iter().any(|part| super::is_about(call, "pods", part));
    if !written || old.is_some_and(|old| !is_significant(object, old)) {
        return None;
    }
    Some(policy_of_namespace(call))
}

fn policy_of_namespace(call: &Call<'_>) -> Policy {
    let namespace = call.server.object("namespaces", "", &call.target.namespace);
    namespace.map_or_else(Policy::default, |namespace| Policy::of(&namespace.value()["metadata"]["labels"]).0)
}

/// Only images can change in a way that a policy may judge anew, and containers that come.
fn is_significant(pod: &Value, old: &Value) -> bool {
    ["containers", "initContainers", "ephemeralContainers"].iter().any(|list| {
        let [new, old] = [pod, old].map(|pod| {
            let containers = pod["spec"][list].items().iter();
            containers.map(|c| (c["name"].str_or_empty(), c["image"].str_or_empty()))
        });
        new.ne(old)
    })
}

/// The pod template of what makes pods.
fn template<'v>(call: &Call<'_>, object: &'v Value) -> Option<&'v Value> {
    if !call.target.subresource.is_empty() {
        return None;
    }
    let template = match (call.target.resource.group, call.target.resource.name) {
        ("", "podtemplates") => &object["template"],
        ("", "replicationcontrollers")
        | ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets")
        | ("batch", "jobs") => &object["spec"]["template"],
        ("batch", "cronjobs") => &object["spec"]["jobTemplate"]["spec"]["template"],
        _ => return None,
    };
    (!template.is_null()).then_some(template)
}

fn validate_labels(call: &Call<'_>, object: &Value, old: Option<&Value>) -> Result<(), Status> {
    let (_, causes) = Policy::of(&object["metadata"]["labels"]);
    let before = old.map(|old| Policy::of(&old["metadata"]["labels"]).1).unwrap_or_default();
    // Labels that were wrong before stay; otherwise nothing else could be changed.
    if causes.is_empty() || causes == before {
        return Ok(());
    }
    Err(Status::invalid("", "Namespace", &call.target.name, causes))
}

/// The pods of a namespace that would not be allowed again, where it becomes stricter.
fn existing_pods(call: &Call<'_>, namespace: &Value, old: &Value) -> Vec<String> {
    let enforce = Policy::of(&namespace["metadata"]["labels"]).0.enforce;
    let before = Policy::of(&old["metadata"]["labels"]).0.enforce;
    let relaxed = enforce.version == before.version && enforce.level <= before.level;
    if enforce == before || enforce.level == Level::Privileged || relaxed {
        return Vec::new();
    }
    let pods = call.server.storage.cache.of(crate::tokens::core("pods")).expect("pods are stored");
    let pods = pods.in_namespace(&call.target.name);
    let checked = pods.iter().take(MAX_PODS).map(|pod| (pod.name(), pod.value()));
    let mut warnings = pods_that_violate(&call.target.name, enforce, checked);
    if pods.len() > MAX_PODS {
        let text = format!(
            "new PodSecurity enforce level only checked against the first {MAX_PODS} of {} existing pods",
            pods.len()
        );
        warnings.insert(0, text);
    }
    warnings
}

fn pods_that_violate<'v>(
    namespace: &str,
    enforce: LevelVersion,
    pods: impl Iterator<Item = (&'v str, &'v Value)>,
) -> Vec<String> {
    let mut by_reason: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (name, pod) in pods {
        let found = violations(enforce, &pod["metadata"], &pod["spec"]);
        if !found.is_empty() {
            let (first, count) = by_reason.entry(checks::reasons(&found)).or_insert((name.to_owned(), 0));
            *count += 1;
            if name < first.as_str() {
                name.clone_into(first);
            }
        }
    }
    if by_reason.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = by_reason
        .iter()
        .map(|(reason, (first, count))| match count {
            1 => format!("{first}: {reason}"),
            2 => format!("{first} (and 1 other pod): {reason}"),
            more => format!("{first} (and {} other pods): {reason}", more - 1),
        })
        .collect();
    lines.sort_unstable();
    let level = enforce.to_string();
    lines.insert(
        0,
        format!(
            "existing pods in namespace {namespace:?} violate the new PodSecurity enforce level {level:?}"
        ),
    );
    lines
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn only_containers_and_images_are_judged_anew() {
        let pod = |image: &str| value!({"spec": {"containers": [{"name": "a", "image": image}]}});
        assert!(!is_significant(&pod("x"), &pod("x")));
        assert!(is_significant(&pod("x"), &pod("y")));
        let mut debugged = pod("x");
        debugged.set(&["spec", "ephemeralContainers"], value!([{"name": "d", "image": "y"}]));
        assert!(is_significant(&debugged, &pod("x")));
    }

    #[test]
    fn pods_that_are_there_already_are_told_by_reason() {
        let privileged = value!({"spec": {"hostPID": true}});
        let fine = value!({"spec": {}});
        let pods = [("b", &privileged), ("c", &fine), ("a", &privileged), ("d", &privileged)];
        let enforce = Policy::of(&value!({"pod-security.kubernetes.io/enforce": "baseline"})).0.enforce;
        assert_eq!(
            pods_that_violate("ns", enforce, pods.into_iter()),
            [
                "existing pods in namespace \"ns\" violate the new PodSecurity enforce level \"baseline:latest\"",
                "a (and 2 other pods): host namespaces"
            ]
        );
    }
}
