//! What a node's health means: conditions, taints, the readiness of its pods, evictions. Pure.
//!
//! Source: upstream's node lifecycle and taint eviction controllers.

use api::Object;
use api::Value;
use api::value;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::objects::condition;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Conditions that keep pods away while they are `True`.
const PRESSURES: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
];
/// Conditions that only the kubelet knows: when it falls silent, nobody does.
const KUBELETS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// How a node says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// `Ready` is `True`.
    Ready,
    /// `Ready` is `False`.
    NotReady,
    /// `Ready` is `Unknown`.
    Unreachable,
    /// It has never said anything.
    Unborn,
}

/// Reads a node's `Ready` condition.
pub(crate) fn health(node: &Object) -> Health {
    match condition(&node.value()["status"], "Ready").map(|ready| ready["status"].str_or_empty()) {
        None => Health::Unborn,
        Some("True") => Health::Ready,
        Some("False") => Health::NotReady,
        Some(_) => Health::Unreachable,
    }
}

/// The status of a node that has been silent for too long; `None` where it says so already.
pub(crate) fn silenced(node: &Object, now: Timestamp) -> Option<Value> {
    let mut status = node.value()["status"].clone();
    let now = meta::time::seconds(now);
    let mut changed = false;
    for kind in KUBELETS {
        let list = status.at_mut(&["conditions"]).ensure_list();
        match list.iter_mut().find(|condition| condition["type"].as_str() == Some(kind)) {
            Some(condition) if condition["status"].as_str() == Some("Unknown") => {}
            Some(condition) => {
                condition.set(&["status"], "Unknown");
                condition.set(&["reason"], "NodeStatusUnknown");
                condition.set(&["message"], "Kubelet stopped posting node status.");
                condition.set(&["lastTransitionTime"], now.as_str());
                changed = true;
            }
            None => {
                list.push(value!({
                    "type": kind, "status": "Unknown", "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                    "lastHeartbeatTime": &node.value()["metadata"]["creationTimestamp"],
                    "lastTransitionTime": now.as_str()
                }));
                changed = true;
            }
        }
    }
    changed.then_some(status)
}

/// The taints a node should have; `None` where it has them. Taints of others stay.
pub(crate) fn taints(node: &Object, now: Timestamp) -> Option<Vec<Value>> {
    let spec = &node.value()["spec"];
    let current = spec["taints"].items();
    let health = health(node);
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    match health {
        Health::NotReady => wanted.extend([(NOT_READY, "NoSchedule"), (NOT_READY, "NoExecute")]),
        Health::Unreachable => wanted.extend([(UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute")]),
        // It came with this taint, and keeps it until it says that it is ready.
        Health::Unborn => wanted.push((NOT_READY, "NoSchedule")),
        Health::Ready => {}
    }
    for (kind, key) in PRESSURES {
        if crate::objects::is_true(&node.value()["status"], kind) {
            wanted.push((key, "NoSchedule"));
        }
    }
    if spec["unschedulable"].as_bool().unwrap_or(false) {
        wanted.push((UNSCHEDULABLE, "NoSchedule"));
    }
    let ours = |taint: &Value| {
        let (key, effect) = (taint["key"].str_or_empty(), taint["effect"].str_or_empty());
        let known = key == UNSCHEDULABLE || PRESSURES.iter().any(|(_, pressure)| *pressure == key);
        let lifecycle = matches!(key, NOT_READY | UNREACHABLE);
        (known && effect == "NoSchedule") || (lifecycle && matches!(effect, "NoSchedule" | "NoExecute"))
    };
    let is = |taint: &Value, key: &str, effect: &str| {
        taint["key"].as_str() == Some(key) && taint["effect"].as_str() == Some(effect)
    };
    let keeps = |taint: &&Value| !ours(taint) || wanted.iter().any(|(key, effect)| is(taint, key, effect));
    let mut taints: Vec<Value> = current.iter().filter(keeps).cloned().collect();
    let mut changed = taints.len() != current.len();
    for (key, effect) in wanted {
        if !taints.iter().any(|taint| is(taint, key, effect)) {
            taints.push(value!({"key": key, "effect": effect, "timeAdded": meta::time::seconds(now)}));
            changed = true;
        }
    }
    changed.then_some(taints)
}

/// The status of a pod that cannot be ready since its node is not; `None` where it says so, or became
/// ready after the node ceased to be.
pub(crate) fn unready_pod(pod: &Object, node: &Object, now: Timestamp) -> Option<Value> {
    let mut status = pod.value()["status"].clone();
    let since = |condition: &Value| api::view::time(&condition["lastTransitionTime"]);
    let node_since = condition(&node.value()["status"], "Ready").and_then(since);
    let list = status.at_mut(&["conditions"]).ensure_list();
    let ready = list.iter_mut().find(|condition| condition["type"].as_str() == Some("Ready"))?;
    if ready["status"].as_str() != Some("True") || since(ready) > node_since {
        return None;
    }
    ready.set(&["status"], "False");
    ready.set(&["reason"], "NodeNotReady");
    ready.set(&["lastTransitionTime"], meta::time::seconds(now));
    Some(status)
}

/// What `NoExecute` taints mean for a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eviction {
    /// It stays.
    Never,
    /// It goes after this long.
    In(SignedDuration),
    /// It goes.
    Now,
}

/// Decides about a pod on a node with these taints. Of several tolerations the shortest counts.
pub(crate) fn eviction(pod: &Object, node: &Object, now: Timestamp) -> Eviction {
    let tolerations = pod.value()["spec"]["tolerations"].items();
    let mut shortest: Option<(SignedDuration, Timestamp)> = None;
    let taints = node.value()["spec"]["taints"].items();
    for taint in taints.iter().filter(|taint| taint["effect"].as_str() == Some("NoExecute")) {
        let Some(toleration) = tolerations.iter().find(|toleration| tolerates(toleration, taint)) else {
            return Eviction::Now;
        };
        let Some(seconds) = toleration["tolerationSeconds"].as_i64() else { continue };
        let patience = SignedDuration::from_secs(seconds.max(0));
        let since = api::view::time(&taint["timeAdded"]).unwrap_or(now);
        if shortest.is_none_or(|(known, _)| patience < known) {
            shortest = Some((patience, since));
        }
    }
    match shortest {
        None => Eviction::Never,
        Some((patience, since)) => {
            let left = patience - now.duration_since(since);
            if left <= SignedDuration::ZERO { Eviction::Now } else { Eviction::In(left) }
        }
    }
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (effect, key) = (toleration["effect"].str_or_empty(), toleration["key"].str_or_empty());
    (effect.is_empty() || effect == "NoExecute")
        && (key.is_empty() || taint["key"].as_str() == Some(key))
        && (toleration["operator"].as_str() == Some("Exists")
            || toleration["value"].str_or_empty() == taint["value"].str_or_empty())
}
