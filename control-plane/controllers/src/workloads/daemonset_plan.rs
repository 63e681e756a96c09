//! Decisions of a DaemonSet: which nodes need a pod, which pods have to go. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use jiff::Timestamp;
use meta::selector::Operator;
use meta::selector::Requirement;

use super::history::HASH_LABEL;
use super::pods;
use crate::objects::is_deleting;
use crate::objects::metadata;

/// Taints that a daemon bears, whatever its template says: it is there to serve the node.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
const NETWORK_UNAVAILABLE: (&str, &str) = ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// What a reconcile decides from.
pub(crate) struct Snapshot<'a> {
    pub(crate) set: &'a Object,
    pub(crate) nodes: &'a [Arc<Object>],
    /// Every pod of the set.
    pub(crate) pods: &'a [Arc<Object>],
    /// The hash of the current template.
    pub(crate) hash: &'a str,
    pub(crate) now: Timestamp,
}

/// What is decided.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Nodes that get a pod.
    pub(crate) create: Vec<String>,
    /// Pods that go.
    pub(crate) delete: Vec<Arc<Object>>,
    /// Pods that failed, by node: they go after a back-off.
    pub(crate) failed: Vec<Arc<Object>>,
}

/// Whether a node is to have the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is.
    Wanted,
    /// It gets none, but keeps the one it has.
    Tolerated,
    /// It must have none.
    Unwanted,
}

/// Pods by the node they are on, or are meant for.
type ByNode<'a> = BTreeMap<&'a str, Vec<&'a Arc<Object>>>;

/// Decides.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let mut plan = Plan::default();
    let by_node = by_node(snapshot.pods);
    let surge = limits(snapshot).1 > 0;
    for node in snapshot.nodes {
        let pods = by_node.get(node.name()).map_or(&[][..], Vec::as_slice);
        match place(snapshot.set, node) {
            Place::Wanted if pods.is_empty() => plan.create.push(node.name().to_owned()),
            Place::Unwanted => {
                plan.delete.extend(pods.iter().filter(|pod| !is_deleting(pod)).map(|pod| (*pod).clone()))
            }
            wanted => keep_one(snapshot, node.name(), pods, wanted == Place::Wanted, surge, &mut plan),
        }
    }
    // Pods meant for nodes that are gone, and that no kubelet will ever end.
    let known = |name: &str| snapshot.nodes.iter().any(|node| node.name() == name);
    for (node, pods) in &by_node {
        if !known(node) {
            let lost =
                pods.iter().filter(|pod| !is_deleting(pod) && pod.value()["spec"]["nodeName"].is_null());
            plan.delete.extend(lost.map(|pod| (*pod).clone()));
        }
    }
    if plan.create.is_empty() && plan.delete.is_empty() && plan.failed.is_empty() {
        roll(snapshot, &by_node, &mut plan);
    }
    plan
}

/// On a node that has pods: ended ones go, and of several living ones all but the oldest (or, with
/// surge, all but the oldest of each template until the new one can take over).
fn keep_one(
    snapshot: &Snapshot<'_>,
    node: &str,
    pods: &[&Arc<Object>],
    wanted: bool,
    surge: bool,
    plan: &mut Plan,
) {
    let mut living: Vec<&Arc<Object>> = Vec::new();
    for pod in pods.iter().filter(|pod| !is_deleting(pod)) {
        match pods::phase(pod) {
            "Failed" => plan.failed.push((*pod).clone()),
            "Succeeded" => plan.delete.push((*pod).clone()),
            _ => living.push(pod),
        }
    }
    living.sort_by_key(|pod| (pod.value()["spec"]["nodeName"].is_null(), metadata(pod).creation_timestamp()));
    if !surge {
        plan.delete.extend(living.into_iter().skip(1).cloned());
        return;
    }
    if living.is_empty() && wanted && plan.failed.is_empty() {
        plan.create.push(node.to_owned());
    }
    let (new, old): (Vec<_>, Vec<_>) =
        living.into_iter().partition(|pod| pod.label(HASH_LABEL) == Some(snapshot.hash));
    plan.delete.extend(new.iter().skip(1).chain(old.iter().skip(1)).map(|pod| (*pod).clone()));
    if let (Some(new), Some(old)) = (new.first(), old.first())
        && (!pods::is_ready(old) || is_available(snapshot, new))
    {
        plan.delete.push((*old).clone());
    }
}

/// Replaces pods of an older template, within `maxUnavailable` or `maxSurge`.
fn roll(snapshot: &Snapshot<'_>, by_node: &ByNode<'_>, plan: &mut Plan) {
    if snapshot.set.value()["spec"]["updateStrategy"]["type"].as_str() == Some("OnDelete") {
        return;
    }
    let (max_unavailable, max_surge) = limits(snapshot);
    let (mut unavailable, mut surging) = (0, 0);
    let (mut free, mut candidates): (Vec<&Arc<Object>>, Vec<&Arc<Object>>) = (Vec::new(), Vec::new());
    for node in snapshot.nodes.iter().filter(|node| place(snapshot.set, node) == Place::Wanted) {
        let pods = by_node.get(node.name()).map_or(&[][..], Vec::as_slice);
        let new = pods.iter().find(|pod| pod.label(HASH_LABEL) == Some(snapshot.hash));
        let old = pods.iter().find(|pod| pod.label(HASH_LABEL) != Some(snapshot.hash));
        match (new, old) {
            (Some(new), None) => unavailable += usize::from(!is_available(snapshot, new) || is_deleting(new)),
            (Some(_), Some(_)) => surging += 1,
            (None, None) => unavailable += 1,
            (None, Some(old)) if is_deleting(old) => unavailable += 1,
            (None, Some(old)) if !is_available(snapshot, old) => {
                unavailable += usize::from(max_surge == 0);
                free.push(old);
            }
            (None, Some(old)) => candidates.push(old),
        }
    }
    if max_surge > 0 {
        // Beside an old pod that works comes a new one; one that does not work may go at once.
        plan.delete.extend(free.into_iter().cloned());
        let room = max_surge.saturating_sub(surging);
        plan.create.extend(candidates.into_iter().take(room).map(|old| node_of(old).to_owned()));
        return;
    }
    let room = max_unavailable.saturating_sub(unavailable);
    plan.delete.extend(free.into_iter().chain(candidates.into_iter().take(room)).cloned());
}

/// The status that follows.
pub(crate) fn status(snapshot: &Snapshot<'_>, collisions: Option<i64>) -> Value {
    let by_node = by_node(snapshot.pods);
    let (mut desired, mut current, mut misplaced, mut ready, mut available, mut updated) = (0, 0, 0, 0, 0, 0);
    for node in snapshot.nodes {
        let pods = by_node.get(node.name()).map_or(&[][..], Vec::as_slice);
        let living = pods.iter().filter(|pod| pods::is_active(pod));
        let oldest = living.min_by_key(|pod| metadata(pod).creation_timestamp());
        let wanted = place(snapshot.set, node) == Place::Wanted;
        desired += i64::from(wanted);
        let Some(pod) = oldest else { continue };
        if !wanted {
            misplaced += 1;
            continue;
        }
        current += 1;
        ready += i64::from(pods::is_ready(pod));
        available += i64::from(is_available(snapshot, pod));
        updated += i64::from(pod.label(HASH_LABEL) == Some(snapshot.hash));
    }
    let mut status = value!({
        "currentNumberScheduled": current, "numberMisscheduled": misplaced, "desiredNumberScheduled": desired,
        "numberReady": ready, "observedGeneration": metadata(snapshot.set).generation(),
        "updatedNumberScheduled": updated, "numberAvailable": available,
        "numberUnavailable": desired - available
    });
    if let Some(collisions) = collisions {
        status.set(&["collisionCount"], collisions);
    }
    if let Some(conditions) = snapshot.set.value()["status"].get("conditions") {
        status.set(&["conditions"], conditions);
    }
    status
}

/// The template for the pod of one node: bound to it by affinity, tolerant, and labelled.
pub(crate) fn template_for(set: &Object, node: &str, hash: &str) -> Value {
    let mut template = set.value()["spec"]["template"].clone();
    template.set(&["metadata", "labels", HASH_LABEL], hash);
    let only = value!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]);
    let path = ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
    template.set(&path, value!({"nodeSelectorTerms": only}));
    let tolerations = tolerations(&template["spec"]);
    template.set(&["spec", "tolerations"], tolerations);
    template
}

/// Whether a node is to have the daemon: by name, selector, affinity and taints.
pub(crate) fn place(set: &Object, node: &Object) -> Place {
    let spec = &set.value()["spec"]["template"]["spec"];
    let named = spec["nodeName"].str_or_empty();
    if (!named.is_empty() && named != node.name()) || !fits(spec, node) {
        return Place::Unwanted;
    }
    let tolerations = tolerations(spec);
    let tolerated = |taint: &&Value| tolerations.iter().any(|toleration| tolerates(toleration, taint));
    let taints = node.value()["spec"]["taints"].items();
    let mut borne =
        taints.iter().filter(|taint| !tolerated(taint)).map(|taint| taint["effect"].str_or_empty());
    if borne.clone().any(|effect| effect == "NoExecute") {
        Place::Unwanted
    } else if borne.any(|effect| effect == "NoSchedule") {
        Place::Tolerated
    } else {
        Place::Wanted
    }
}

fn fits(spec: &Value, node: &Object) -> bool {
    let selected =
        spec["nodeSelector"].entries().strings().all(|(key, value)| node.label(key) == Some(value));
    let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = required["nodeSelectorTerms"].items();
    selected && (required.is_null() || terms.iter().any(|term| term_matches(term, node)))
}

fn term_matches(term: &Value, node: &Object) -> bool {
    let (labels, fields) = (term["matchExpressions"].items(), term["matchFields"].items());
    let empty = labels.is_empty() && fields.is_empty();
    !empty
        && labels.iter().all(|r| requirement(r).matches(node.label(r["key"].str_or_empty())))
        && fields.iter().all(|r| requirement(r).matches(Some(node.name())))
}

fn requirement(value: &Value) -> Requirement {
    let operator = match value["operator"].str_or_empty() {
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::Gt,
        "Lt" => Operator::Lt,
        _ => Operator::In,
    };
    let values = value["values"].items().iter().map(|v| v.str_or_empty().to_owned()).collect();
    Requirement { key: value["key"].str_or_empty().to_owned(), operator, values }
}

/// The template's tolerations with those every daemon has.
fn tolerations(spec: &Value) -> Vec<Value> {
    let mut tolerations = spec["tolerations"].items().to_vec();
    let host = spec["hostNetwork"].as_bool().unwrap_or(false);
    for (key, effect) in TOLERATED.into_iter().chain(host.then_some(NETWORK_UNAVAILABLE)) {
        let toleration = value!({"key": key, "operator": "Exists", "effect": effect});
        if !tolerations.contains(&toleration) {
            tolerations.push(toleration);
        }
    }
    tolerations
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (effect, key) = (toleration["effect"].str_or_empty(), toleration["key"].str_or_empty());
    (effect.is_empty() || taint["effect"].as_str() == Some(effect))
        && (key.is_empty() || taint["key"].as_str() == Some(key))
        && (toleration["operator"].as_str() == Some("Exists")
            || toleration["value"].str_or_empty() == taint["value"].str_or_empty())
}

/// `maxUnavailable` and `maxSurge`, percentages rounded up.
fn limits(snapshot: &Snapshot<'_>) -> (usize, usize) {
    let update = &snapshot.set.value()["spec"]["updateStrategy"]["rollingUpdate"];
    let desired = snapshot.nodes.iter().filter(|node| place(snapshot.set, node) == Place::Wanted).count();
    let read = |value: &Value, default: usize| match value {
        Value::Int(number) => usize::try_from(*number).unwrap_or(0),
        Value::String(text) => {
            let percent: usize = text.trim_end_matches('%').parse().unwrap_or(0);
            (percent * desired).div_ceil(100)
        }
        _ => default,
    };
    let surge = read(&update["maxSurge"], 0);
    let unavailable = read(&update["maxUnavailable"], 1);
    (if surge == 0 { unavailable.max(1) } else { unavailable }, surge)
}

fn is_available(snapshot: &Snapshot<'_>, pod: &Object) -> bool {
    let min_ready = snapshot.set.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
    pods::availability(pod, min_ready, snapshot.now).is_ok()
}

fn by_node(pods: &[Arc<Object>]) -> ByNode<'_> {
    let mut by_node = ByNode::new();
    for pod in pods {
        by_node.entry(node_of(pod)).or_default().push(pod);
    }
    by_node
}

/// The node a daemon's pod is on, or the one its affinity names while it has none.
fn node_of(pod: &Object) -> &str {
    let spec = &pod.value()["spec"];
    if let Some(name) = spec["nodeName"].as_str().filter(|name| !name.is_empty()) {
        return name;
    }
    let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let fields = required["nodeSelectorTerms"].items().iter().flat_map(|term| term["matchFields"].items());
    let mut names = fields.filter(|field| field["key"].as_str() == Some("metadata.name"));
    names.next().and_then(|field| field["values"].items().first()).map_or("", Value::str_or_empty)
}
