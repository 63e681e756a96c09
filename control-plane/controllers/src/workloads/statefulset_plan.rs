//! Decisions of a StatefulSet: which ordinal is made, ended or replaced next. Pure.
//!
//! Source: upstream's stateful set control. With `OrderedReady` one thing happens at a time and only
//! while everything before it is well; with `Parallel` everything happens at once, updates excepted.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use jiff::Timestamp;

use super::history::HASH_LABEL;
use super::pods;
use crate::objects::controller_reference;
use crate::objects::is_deleting;
use crate::objects::metadata;

/// The label that names a pod, so that a Service can select one.
pub(crate) const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// The label with a pod's ordinal.
pub(crate) const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";

/// What a reconcile decides from.
pub(crate) struct Snapshot<'a> {
    pub(crate) set: &'a Object,
    pub(crate) pods: &'a [Arc<Object>],
    /// The revision that the set had before the update under way; the same as `update` without one.
    pub(crate) current: &'a Object,
    /// The revision of the template.
    pub(crate) update: &'a Object,
    pub(crate) now: Timestamp,
}

/// One operation.
#[derive(Debug)]
pub(crate) enum Op {
    /// Make this pod, and its claims before it.
    Create(Value),
    /// Make what claims of this pod are missing.
    Claims(Arc<Object>),
    /// End this pod.
    Delete(Arc<Object>),
}

/// What is decided.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) ops: Vec<Op>,
    pub(crate) status: Value,
}

/// Which ordinals there are to be.
#[derive(Clone, Copy)]
struct Ordinals {
    start: i64,
    replicas: i64,
}

/// Decides one step.
pub(crate) fn plan(snapshot: &Snapshot<'_>, collisions: Option<i64>) -> Plan {
    let status = status(snapshot, collisions);
    let ops = if is_deleting(snapshot.set) { Vec::new() } else { step(snapshot, &status) };
    Plan { ops, status }
}

fn step(snapshot: &Snapshot<'_>, status: &Value) -> Vec<Op> {
    let spec = &snapshot.set.value()["spec"];
    let ordered = spec["podManagementPolicy"].as_str() != Some("Parallel");
    let ordinals = Ordinals::of(snapshot.set);
    let mut ops = Vec::new();
    let mut settled = true;
    for ordinal in ordinals.start..ordinals.start + ordinals.replicas {
        let before = ops.len();
        let well = replica(snapshot, status, ordinal, &mut ops);
        settled &= well && ops[before..].iter().all(|op| matches!(op, Op::Claims(_)));
        if ordered && !settled {
            return ops;
        }
    }
    let mut condemned: Vec<&Arc<Object>> = (snapshot.pods.iter())
        .filter(|pod| ordinal_of(snapshot.set, pod).is_some_and(|ordinal| !ordinals.contains(ordinal)))
        .collect();
    condemned.sort_by_key(|pod| std::cmp::Reverse(ordinal_of(snapshot.set, pod)));
    // The lowest that is not well may go out of turn: nothing waits for it to become well.
    let first_ill =
        condemned.iter().rev().find(|pod| !is_well(snapshot, pod)).map(|pod| pod.uid().to_owned());
    for pod in &condemned {
        let waits = !is_well(snapshot, pod) && first_ill.as_deref() != Some(pod.uid());
        if ordered && (is_deleting(pod) || waits) {
            return ops;
        }
        if !is_deleting(pod) {
            ops.push(Op::Delete((*pod).clone()));
            if ordered {
                return ops;
            }
        }
    }
    if condemned.is_empty() {
        roll(snapshot, ordinals, &mut ops);
    }
    ops
}

/// Brings one ordinal to where it should be; returns whether it is well.
fn replica(snapshot: &Snapshot<'_>, status: &Value, ordinal: i64, ops: &mut Vec<Op>) -> bool {
    let Some(pod) = pod_of(snapshot, ordinal) else {
        let revision = revision_for(snapshot, status, ordinal);
        ops.push(Op::Create(new_pod(snapshot.set, revision, ordinal)));
        return false;
    };
    if pods::has_ended(pod) {
        if !is_deleting(pod) {
            ops.push(Op::Delete(pod.clone()));
        }
        return false;
    }
    if pods::phase(pod) != "Running" && !is_deleting(pod) {
        ops.push(Op::Claims(pod.clone()));
    }
    is_well(snapshot, pod)
}

/// Replaces the highest pod of an older revision, once everything above it is well.
fn roll(snapshot: &Snapshot<'_>, ordinals: Ordinals, ops: &mut Vec<Op>) {
    let strategy = &snapshot.set.value()["spec"]["updateStrategy"];
    if strategy["type"].as_str() == Some("OnDelete") {
        return;
    }
    let partition = strategy["rollingUpdate"]["partition"].as_i64().unwrap_or(0);
    let mut room = max_unavailable(&strategy["rollingUpdate"]["maxUnavailable"], ordinals.replicas);
    // Counting from the start: a range that does not begin with zero has partitions all the same.
    for ordinal in (ordinals.start + partition..ordinals.start + ordinals.replicas).rev() {
        let Some(pod) = pod_of(snapshot, ordinal) else { return };
        let outdated = pod.label(HASH_LABEL) != Some(snapshot.update.name());
        if outdated && !is_deleting(pod) {
            ops.push(Op::Delete(pod.clone()));
            room -= 1;
        } else if !is_well(snapshot, pod) {
            room -= 1;
        }
        if room <= 0 {
            return;
        }
    }
}

fn max_unavailable(value: &Value, replicas: i64) -> i64 {
    match value {
        Value::Int(number) => (*number).max(1),
        Value::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            ((percent * replicas + 99) / 100).max(1)
        }
        _ => 1,
    }
}

/// The revision a new pod gets: the current one for ordinals that the update has not reached.
fn revision_for<'a>(snapshot: &Snapshot<'a>, status: &Value, ordinal: i64) -> &'a Object {
    let strategy = &snapshot.set.value()["spec"]["updateStrategy"];
    let start = Ordinals::of(snapshot.set).start;
    let reached = if strategy["type"].as_str() == Some("OnDelete") {
        ordinal >= start + status["currentReplicas"].as_i64().unwrap_or(0)
    } else {
        match strategy["rollingUpdate"]["partition"].as_i64() {
            Some(partition) if partition > 0 => ordinal >= start + partition,
            _ => ordinal >= start + status["currentReplicas"].as_i64().unwrap_or(0),
        }
    };
    if reached { snapshot.update } else { snapshot.current }
}

fn status(snapshot: &Snapshot<'_>, collisions: Option<i64>) -> Value {
    let ordinals = Ordinals::of(snapshot.set);
    let counted = || snapshot.pods.iter().filter(|pod| ordinal_of(snapshot.set, pod).is_some());
    let of = |revision: &Object| {
        let has = |pod: &&Arc<Object>| pod.label(HASH_LABEL) == Some(revision.name()) && !is_deleting(pod);
        counted().filter(has).count() as i64
    };
    let replicas = counted().count() as i64;
    let ready = counted().filter(|pod| pods::is_ready(pod) && pods::phase(pod) == "Running").count() as i64;
    let available = counted().filter(|pod| is_available(snapshot, pod)).count() as i64;
    let updated = of(snapshot.update);
    let mut current = of(snapshot.current);
    let mut current_name = snapshot.current.name();
    let rolls = snapshot.set.value()["spec"]["updateStrategy"]["type"].as_str() != Some("OnDelete");
    // An update is over when every pod has the new revision and is ready: it is the current one then.
    if rolls && updated == replicas && ready == replicas && replicas == ordinals.replicas {
        (current, current_name) = (updated, snapshot.update.name());
    }
    let mut status = value!({
        "observedGeneration": metadata(snapshot.set).generation(), "replicas": replicas,
        "readyReplicas": ready, "currentReplicas": current, "updatedReplicas": updated,
        "currentRevision": current_name, "updateRevision": snapshot.update.name(),
        "collisionCount": collisions.unwrap_or(0), "availableReplicas": available
    });
    if let Some(conditions) = snapshot.set.value()["status"].get("conditions") {
        status.set(&["conditions"], conditions);
    }
    status
}

impl Ordinals {
    fn of(set: &Object) -> Self {
        let spec = &set.value()["spec"];
        Self {
            start: spec["ordinals"]["start"].as_i64().unwrap_or(0),
            replicas: spec["replicas"].as_i64().unwrap_or(1),
        }
    }

    fn contains(self, ordinal: i64) -> bool {
        (self.start..self.start + self.replicas).contains(&ordinal)
    }
}

/// The ordinal in a pod's name; `None` where it is not a name of this set.
pub(crate) fn ordinal_of(set: &Object, pod: &Object) -> Option<i64> {
    pod.name().strip_prefix(set.name())?.strip_prefix('-')?.parse().ok()
}

fn pod_of<'a>(snapshot: &'a Snapshot<'_>, ordinal: i64) -> Option<&'a Arc<Object>> {
    snapshot.pods.iter().find(|pod| ordinal_of(snapshot.set, pod) == Some(ordinal))
}

/// Running, ready and not about to end, for as long as `minReadySeconds` asks.
fn is_well(snapshot: &Snapshot<'_>, pod: &Object) -> bool {
    !is_deleting(pod) && is_available(snapshot, pod)
}

fn is_available(snapshot: &Snapshot<'_>, pod: &Object) -> bool {
    let min_ready = snapshot.set.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
    pods::phase(pod) == "Running" && pods::availability(pod, min_ready, snapshot.now).is_ok()
}

/// The pod of an ordinal, from the template of a revision.
fn new_pod(set: &Object, revision: &Object, ordinal: i64) -> Value {
    let mut template = revision.value()["data"]["spec"]["template"].clone();
    template.remove(&["$patch"]);
    let name = format!("{}-{ordinal}", set.name());
    let mut pod = value!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": set.namespace(), "name": name.as_str(), "ownerReferences": [controller_reference(set)]},
        "spec": &template["spec"]
    });
    for field in ["labels", "annotations", "finalizers"] {
        if !template["metadata"][field].is_null() {
            pod.set(&["metadata", field], &template["metadata"][field]);
        }
    }
    pod.set(&["metadata", "labels", HASH_LABEL], revision.name());
    pod.set(&["metadata", "labels", POD_NAME_LABEL], name.as_str());
    pod.set(&["metadata", "labels", POD_INDEX_LABEL], ordinal.to_string());
    pod.set(&["spec", "hostname"], name.as_str());
    let service = set.value()["spec"]["serviceName"].str_or_empty();
    if !service.is_empty() {
        pod.set(&["spec", "subdomain"], service);
    }
    let claims = claims(set, &name);
    if !claims.is_empty() {
        let volumes = pod.at_mut(&["spec", "volumes"]).ensure_list();
        for (template, claim) in claims {
            volumes.retain(|volume| volume["name"].as_str() != Some(&template));
            let claim = claim["metadata"]["name"].clone();
            volumes.push(value!({"name": template, "persistentVolumeClaim": {"claimName": claim}}));
        }
    }
    pod
}

/// The claims of a pod, each with the name of its template.
pub(crate) fn claims(set: &Object, pod: &str) -> Vec<(String, Value)> {
    let spec = &set.value()["spec"];
    let of = |template: &Value| {
        let name = template["metadata"]["name"].str_or_empty().to_owned();
        let mut claim = value!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"namespace": set.namespace(), "name": format!("{name}-{pod}")},
            "spec": &template["spec"]
        });
        for field in ["labels", "annotations"] {
            if !template["metadata"][field].is_null() {
                claim.set(&["metadata", field], &template["metadata"][field]);
            }
        }
        for (key, label) in spec["selector"]["matchLabels"].entries().strings() {
            claim.set(&["metadata", "labels", key], label);
        }
        (name, claim)
    };
    spec["volumeClaimTemplates"].items().iter().map(of).collect()
}
