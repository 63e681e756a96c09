//! NodeRestriction: a kubelet changes its own node and what is on it, and draws no other work to it.
//!
//! Source: Kubernetes documentation, "Admission Controllers", NodeRestriction.

use std::collections::BTreeSet;

use api::Value;
use meta::Status;

use crate::path::Call;

const LEASES: &str = "kube-node-lease";
const RESTRICTED: &str = "node-restriction.kubernetes.io";
/// Labels in Kubernetes' own domains that a kubelet may set on its node.
const LABELS: [&str; 11] = [
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
];

/// Refuses what a kubelet must not write; other users are not looked at.
pub(super) fn restriction(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    let Some(node) = call.user.node_name() else { return Ok(()) };
    let target = &call.target;
    let name = target.name.as_str();
    let checked = match (target.resource.group, target.resource.name) {
        ("", "nodes") if name != node => Err(format!("node {node:?} is not allowed to modify node {name:?}")),
        ("", "nodes") => object.map_or(Ok(()), |object| check_node(node, object, old)),
        ("", "pods") => check_pod(node, object, old),
        ("coordination.k8s.io", "leases") if target.namespace != LEASES => {
            Err(format!("can only access leases in the {LEASES:?} system namespace"))
        }
        ("coordination.k8s.io", "leases") if name != node => {
            Err("can only access node lease with the same name as the requesting node".to_owned())
        }
        ("storage.k8s.io", "csinodes") if name != node => {
            Err("can only access CSINode with the same name as the requesting node".to_owned())
        }
        _ => Ok(()),
    };
    checked.map_err(|why| super::forbidden(call, &why))
}

fn check_node(node: &str, object: &Value, old: Option<&Value>) -> Result<(), String> {
    let nothing = Value::Null;
    let before = old.unwrap_or(&nothing);
    // A node comes with taints; later they are for others to change.
    if old.is_some() && object["spec"]["taints"] != before["spec"]["taints"] {
        return Err(format!("node {node:?} is not allowed to modify taints"));
    }
    if old.is_some() && object["metadata"]["ownerReferences"] != before["metadata"]["ownerReferences"] {
        return Err(format!("node {node:?} is not allowed to modify ownerReferences"));
    }
    let forbidden = forbidden_labels(&object["metadata"]["labels"], &before["metadata"]["labels"]);
    if forbidden.is_empty() {
        return Ok(());
    }
    let shown = forbidden.into_iter().collect::<Vec<_>>().join(", ");
    Err(match old {
        None => format!("node {node:?} is not allowed to set the following labels: {shown}"),
        Some(_) => format!("is not allowed to modify labels: {shown}"),
    })
}

/// What was set, changed or removed and is not for a kubelet to set.
fn forbidden_labels<'v>(labels: &'v Value, before: &'v Value) -> BTreeSet<&'v str> {
    let keys = labels.entries().strings().chain(before.entries().strings()).map(|(key, _)| key);
    keys.filter(|key| labels[*key] != before[*key] && !may_set(key)).collect()
}

fn may_set(label: &str) -> bool {
    let domain = label.split_once('/').map_or("", |(domain, _)| domain);
    let within = |parent: &str| {
        domain == parent || domain.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
    };
    let ours = within("kubernetes.io") || within("k8s.io");
    let known = LABELS.contains(&label) || within("kubelet.kubernetes.io") || within("node.kubernetes.io");
    !within(RESTRICTED) && (!ours || known)
}

fn check_pod(node: &str, object: Option<&Value>, old: Option<&Value>) -> Result<(), String> {
    let bound = |pod: &Value| pod["spec"]["nodeName"].as_str() == Some(node);
    let why = match (object, old) {
        (Some(pod), None) if !bound(pod) => "can only create pods with spec.nodeName set to itself",
        (Some(pod), None) if pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_none() => {
            "pod does not have \"kubernetes.io/config.mirror\" annotation, node can only create mirror pods"
        }
        (_, Some(pod)) if !bound(pod) => "can only update or delete pods with spec.nodeName set to itself",
        _ => return Ok(()),
    };
    Err(format!("node {node:?} {why}"))
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn node(labels: Value, taints: Value) -> Value {
        value!({"metadata": {"name": "a", "labels": labels}, "spec": {"taints": taints}})
    }

    #[test]
    fn a_kubelet_labels_its_node_with_what_it_knows() {
        let fine = node(
            value!({"kubernetes.io/os": "linux", "mine.node.kubernetes.io/x": "1", "example.com/y": "2", "plain": "3"}),
            value!([{"key": "new"}]),
        );
        assert_eq!(check_node("a", &fine, None), Ok(()));
        let wrong =
            value!({"node-role.kubernetes.io/control-plane": "", "x.node-restriction.kubernetes.io/z": "1"});
        let wrong = node(wrong, value!([{"key": "new"}]));
        let names = "node-role.kubernetes.io/control-plane, x.node-restriction.kubernetes.io/z";
        assert_eq!(
            check_node("a", &wrong, None),
            Err(format!("node \"a\" is not allowed to set the following labels: {names}"))
        );
        assert_eq!(
            check_node("a", &fine, Some(&wrong)),
            Err(format!("is not allowed to modify labels: {names}")),
            "nor does it take them away"
        );
        assert_eq!(check_node("a", &wrong, Some(&wrong)), Ok(()));
    }

    #[test]
    fn taints_are_for_others() {
        let tainted = node(Value::Null, value!([{"key": "new"}]));
        let free = node(Value::Null, Value::Null);
        assert_eq!(
            check_node("a", &free, Some(&tainted)),
            Err("node \"a\" is not allowed to modify taints".to_owned())
        );
    }

    #[test]
    fn a_kubelet_makes_only_mirrors_of_its_own_pods() {
        let pod = |node: &str| value!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}, "spec": {"nodeName": node}});
        assert_eq!(check_pod("a", Some(&pod("a")), None), Ok(()));
        let other = check_pod("a", Some(&pod("b")), None).expect_err("another node's");
        assert_eq!(other, "node \"a\" can only create pods with spec.nodeName set to itself");
        let plain = value!({"spec": {"nodeName": "a"}});
        assert!(
            check_pod("a", Some(&plain), None)
                .expect_err("no mirror")
                .contains("can only create mirror pods")
        );
        assert!(check_pod("a", None, Some(&pod("b"))).is_err());
    }
}
