//! Decisions of ReplicaSet and ReplicationController: how many pods, which go first, what the status
//! says. Pure.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::value;
use api::view::View as _;
use api::views::PodView;
use jiff::Timestamp;

use super::pods;
use crate::objects::condition;
use crate::objects::metadata;

/// Most pods made or ended in one reconcile, as upstream.
const BURST: usize = 500;

/// What a reconcile decides from.
pub(crate) struct Snapshot<'a> {
    /// The ReplicaSet.
    pub(crate) set: &'a Object,
    /// Its pods, ended and ending ones included.
    pub(crate) pods: &'a [Arc<Object>],
    /// Active pods that do the same work, those of sibling ReplicaSets included: a node with many of
    /// them loses one first.
    pub(crate) related: &'a [Arc<Object>],
    /// Whether the kind's status tells about pods that are about to end.
    pub(crate) tells_terminating: bool,
    /// Now.
    pub(crate) now: Timestamp,
}

/// What is decided.
#[derive(Debug)]
pub(crate) struct Plan {
    /// How many pods to make.
    pub(crate) create: usize,
    /// Pods to end.
    pub(crate) delete: Vec<Arc<Object>>,
    /// When a ready pod becomes available without anybody telling.
    pub(crate) look_again: Option<Duration>,
}

/// Decides. A set that is being deleted is left to the garbage collector.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let active: Vec<&Arc<Object>> = snapshot.pods.iter().filter(|pod| pods::is_active(pod)).collect();
    let wanted = wanted(snapshot.set);
    let mut plan = Plan { create: 0, delete: Vec::new(), look_again: next_available(snapshot, &active) };
    if crate::objects::is_deleting(snapshot.set) {
        return plan;
    }
    if active.len() < wanted {
        plan.create = (wanted - active.len()).min(BURST);
    } else if active.len() > wanted {
        let surplus = (active.len() - wanted).min(BURST);
        plan.delete = ranked(&active, snapshot.related, snapshot.now).into_iter().take(surplus).collect();
    }
    plan
}

/// The status that follows from the pods. `failure` is what went wrong with making or ending pods.
pub(crate) fn status(snapshot: &Snapshot<'_>, failure: Option<&str>) -> Value {
    let active: Vec<&Arc<Object>> = snapshot.pods.iter().filter(|pod| pods::is_active(pod)).collect();
    let min_ready = snapshot.set.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
    let template_labels = &snapshot.set.value()["spec"]["template"]["metadata"]["labels"];
    let labelled =
        |pod: &&&Arc<Object>| template_labels.entries().strings().all(|(k, v)| pod.label(k) == Some(v));
    let available = |pod: &&&Arc<Object>| pods::availability(pod, min_ready, snapshot.now).is_ok();
    let mut status = value!({
        "replicas": active.len(),
        "fullyLabeledReplicas": active.iter().filter(labelled).count(),
        "readyReplicas": active.iter().filter(|pod| pods::is_ready(pod)).count(),
        "availableReplicas": active.iter().filter(available).count(),
        "observedGeneration": metadata(snapshot.set).generation()
    });
    if snapshot.tells_terminating {
        let ending = |pod: &&Arc<Object>| !pods::has_ended(pod) && crate::objects::is_deleting(pod);
        status.set(&["terminatingReplicas"], snapshot.pods.iter().filter(ending).count());
    }
    let conditions = conditions(snapshot, active.len(), failure);
    if !conditions.is_empty() {
        status.set(&["conditions"], conditions);
    }
    status
}

/// `spec.replicas`, one where nothing is said.
pub(crate) fn wanted(set: &Object) -> usize {
    usize::try_from(set.value()["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0)
}

/// Pods in the order in which they are ended: the one that is missed least comes first.
pub(crate) fn ranked(active: &[&Arc<Object>], related: &[Arc<Object>], now: Timestamp) -> Vec<Arc<Object>> {
    let mut on_node: HashMap<&str, usize> = HashMap::new();
    for pod in related {
        *on_node.entry(node_of(pod)).or_insert(0) += 1;
    }
    let mut ranked: Vec<Arc<Object>> = active.iter().map(|pod| (*pod).clone()).collect();
    let crowd = |pod: &Object| on_node.get(node_of(pod)).copied().unwrap_or(0);
    ranked.sort_by(|a, b| by_worth(a, b, now, &crowd));
    ranked
}

/// Upstream's order (`ActivePodsWithRanks`): unassigned, not running, not ready, cheap, crowded,
/// recently ready, often restarted, young. Ages are compared by their power of two, so that among
/// pods of about the same age chance (the uid) decides.
fn by_worth(a: &Object, b: &Object, now: Timestamp, crowd: &dyn Fn(&Object) -> usize) -> Ordering {
    let phase = |pod: &Object| match pods::phase(pod) {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let age = |since: Option<Timestamp>| {
        since.map_or(0, |since| {
            now.duration_since(since).as_secs().max(0).checked_ilog2().map_or(0, |n| n + 1)
        })
    };
    (!node_of(a).is_empty())
        .cmp(&!node_of(b).is_empty())
        .then_with(|| phase(a).cmp(&phase(b)))
        .then_with(|| pods::is_ready(a).cmp(&pods::is_ready(b)))
        .then_with(|| deletion_cost(a).cmp(&deletion_cost(b)))
        .then_with(|| crowd(b).cmp(&crowd(a)))
        .then_with(|| age(pods::ready_since(a)).cmp(&age(pods::ready_since(b))))
        .then_with(|| pods::restarts(b).cmp(&pods::restarts(a)))
        .then_with(|| age(metadata(a).creation_timestamp()).cmp(&age(metadata(b).creation_timestamp())))
        .then_with(|| a.uid().cmp(b.uid()))
}

/// The annotation by which a person says what a pod is worth (KEP-2255).
fn deletion_cost(pod: &Object) -> i64 {
    let cost = metadata(pod).annotations().str("controller.kubernetes.io/pod-deletion-cost");
    cost.and_then(|text| text.parse::<i32>().ok()).map_or(0, i64::from)
}

fn node_of(pod: &Object) -> &str {
    PodView::of(pod.value()).spec().node_name()
}

fn next_available(snapshot: &Snapshot<'_>, active: &[&Arc<Object>]) -> Option<Duration> {
    let min_ready = snapshot.set.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
    let waits =
        active.iter().filter_map(|pod| pods::availability(pod, min_ready, snapshot.now).err().flatten());
    waits.min().and_then(|wait| Duration::try_from(wait).ok())
}

/// The old conditions, with `ReplicaFailure` where something went wrong.
fn conditions(snapshot: &Snapshot<'_>, active: usize, failure: Option<&str>) -> Vec<Value> {
    const FAILURE: &str = "ReplicaFailure";
    let old = &snapshot.set.value()["status"];
    let mut conditions: Vec<Value> = old["conditions"].items().to_vec();
    match (failure, condition(old, FAILURE)) {
        (Some(message), None) => {
            let reason = if active < wanted(snapshot.set) { "FailedCreate" } else { "FailedDelete" };
            conditions.push(value!({
                "type": FAILURE, "status": "True", "reason": reason, "message": message,
                "lastTransitionTime": meta::time::seconds(snapshot.now)
            }));
        }
        (None, Some(_)) => conditions.retain(|condition| condition["type"].as_str() != Some(FAILURE)),
        _ => {}
    }
    conditions
}
