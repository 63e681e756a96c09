//! Decisions about ownership, nodes, and left-over pods.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use client::Propagation;
use jiff::SignedDuration;

use super::garbage_plan::Op;
use super::garbage_plan::Owner;
use super::garbage_plan::may_be_a_circle;
use super::garbage_plan::plan;
use super::garbage_plan::propagation_for_owner;
use super::garbage_plan::unblocked_owners;
use super::node_ipam::first_free;
use super::node_plan::Eviction;
use super::node_plan::eviction;
use super::node_plan::silenced;
use super::node_plan::taints;
use super::node_plan::unready_pod;
use super::pod_gc::surplus;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::pod;
use crate::fixture::text;

fn owned(name: &str, owners: &[&str]) -> Arc<Object> {
    let references: Value = owners
        .iter()
        .map(|uid| value!({"apiVersion": "v1", "kind": "ConfigMap", "name": *uid, "uid": *uid, "blockOwnerDeletion": true}))
        .collect();
    object(
        "",
        "configmaps",
        value!({"metadata": {"namespace": "ns", "name": name, "uid": name, "ownerReferences": references}}),
    )
}

fn with(object: &Object, path: &[&str], part: impl Into<Value>) -> Arc<Object> {
    let mut value = object.value().clone();
    value.set(path, part);
    Arc::new(Object::new(object.resource(), value))
}

fn deleting(object: &Object, finalizer: &str) -> Arc<Object> {
    let object = with(object, &["metadata", "deletionTimestamp"], text(1));
    with(&object, &["metadata", "finalizers"], value!([finalizer]))
}

/// Objects have no equality, and need none but here: their debug form names kind, name and version.
fn assert_same(left: Option<Op>, right: Option<Op>) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

#[test]
fn an_object_goes_only_when_every_owner_is_gone() {
    let two = owned("x", &["a", "b"]);
    assert_same(plan(&two, &[Owner::Present, Owner::Present], &[]), None);
    assert_same(plan(&two, &[Owner::Present, Owner::Absent], &[]), Some(Op::Disown(vec!["b".into()])));
    assert_same(plan(&two, &[Owner::Absent, Owner::Absent], &[]), Some(Op::Delete(Propagation::Background)));
    assert_same(plan(&owned("x", &[]), &[], &[]), None);
    let orphaning = with(&two, &["metadata", "finalizers"], value!(["orphan"]));
    assert_same(
        plan(&orphaning, &[Owner::Absent, Owner::Absent], &[]),
        Some(Op::Delete(Propagation::Orphan)),
    );
}

#[test]
fn foreground_deletion_goes_from_the_leaves() {
    let parent = deleting(&owned("parent", &[]), "foregroundDeletion");
    let child = owned("child", &["parent"]);
    assert_same(
        plan(&parent, &[], std::slice::from_ref(&child)),
        Some(Op::DeleteDependents(vec![child.clone()])),
    );
    assert_same(plan(&child, &[Owner::WaitsForDependents], &[]), Some(Op::DeleteForOwner));
    let grandchild = owned("grandchild", &["child"]);
    assert_eq!(propagation_for_owner(&[]), Propagation::Background);
    assert_eq!(propagation_for_owner(std::slice::from_ref(&grandchild)), Propagation::Foreground);
    // A child that goes already is waited for; one that does not block is not.
    let going = deleting(&child, "foregroundDeletion");
    assert_same(plan(&parent, &[], &[going]), None);
    let loose = with(
        &child,
        &["metadata", "ownerReferences"],
        value!([{"uid": "parent", "blockOwnerDeletion": false}]),
    );
    assert_same(plan(&parent, &[], &[loose]), Some(Op::RemoveFinalizer("foregroundDeletion")));
}

#[test]
fn a_circle_of_owners_does_not_wait_for_itself() {
    // The parent waits for the child, whose own dependent is the parent.
    let parent = deleting(&owned("parent", &["child"]), "foregroundDeletion");
    let child = owned("child", &["parent"]);
    assert!(may_be_a_circle(std::slice::from_ref(&parent)));
    assert!(!may_be_a_circle(&[owned("grandchild", &["child"])]));
    let unblocked = with(&child, &["metadata", "ownerReferences"], Value::from(unblocked_owners(&child)));
    assert_same(plan(&parent, &[], &[unblocked]), Some(Op::RemoveFinalizer("foregroundDeletion")));
}

#[test]
fn orphans_are_set_free_before_the_owner_goes() {
    let parent = deleting(&owned("parent", &[]), "orphan");
    let child = owned("child", &["parent"]);
    assert_same(plan(&parent, &[], std::slice::from_ref(&child)), Some(Op::OrphanDependents(vec![child])));
}

fn node(ready: &str, spec: Value) -> Arc<Object> {
    object(
        "",
        "nodes",
        value!({
            "metadata": {"name": "n", "uid": "n"}, "spec": spec,
            "status": {"conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": text(100)}]}
        }),
    )
}

fn keys(taints: Option<Vec<Value>>) -> Vec<String> {
    let line = |t: &Value| {
        let key = t["key"].str_or_empty().trim_start_matches("node.kubernetes.io/").to_owned();
        format!("{key}:{}", t["effect"].str_or_empty())
    };
    taints.map_or_else(|| vec!["unchanged".to_owned()], |taints| taints.iter().map(line).collect())
}

#[test]
fn taints_follow_conditions_and_leave_others_alone() {
    let fresh = value!({"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}, {"key": "mine", "effect": "NoExecute"}]});
    assert_eq!(keys(taints(&node("True", fresh.clone()), at(0))), ["mine:NoExecute"]);
    assert_eq!(
        keys(taints(&node("False", fresh.clone()), at(0))),
        ["not-ready:NoSchedule", "mine:NoExecute", "not-ready:NoExecute"]
    );
    assert_eq!(
        keys(taints(&node("Unknown", fresh), at(0))),
        ["mine:NoExecute", "unreachable:NoSchedule", "unreachable:NoExecute"]
    );
    assert_eq!(
        keys(taints(&node("True", value!({"unschedulable": true})), at(0))),
        ["unschedulable:NoSchedule"]
    );
    assert_eq!(keys(taints(&node("True", value!({})), at(0))), ["unchanged"]);
    let unborn = object(
        "",
        "nodes",
        value!({"metadata": {"name": "n"}, "spec": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}}),
    );
    assert_eq!(keys(taints(&unborn, at(0))), ["unchanged"]);
}

#[test]
fn silence_is_told_once() {
    let node = node("True", value!({}));
    let status = silenced(&node, at(200)).expect("it was ready");
    let kinds: Vec<(&str, &str)> = (status["conditions"].items().iter())
        .map(|c| (c["type"].str_or_empty(), c["reason"].str_or_empty()))
        .collect();
    assert_eq!(kinds[0], ("Ready", "NodeStatusUnknown"));
    assert_eq!(kinds[1], ("MemoryPressure", "NodeStatusNeverUpdated"));
    assert_eq!(silenced(&with(&node, &["status"], status), at(300)), None);
}

#[test]
fn pods_of_a_lost_node_are_not_ready() {
    let lost = node("Unknown", value!({}));
    let ready = object("", "pods", pod("p", "rs", "n", "Running", true));
    let status = unready_pod(&ready, &lost, at(200)).expect("it was ready before");
    assert_eq!(status["conditions"].items()[0]["status"].as_str(), Some("False"));
    // A pod that its kubelet called ready after the node's condition changed is left to the kubelet.
    let later = value!([{"type": "Ready", "status": "True", "lastTransitionTime": text(150)}]);
    assert_eq!(unready_pod(&with(&ready, &["status", "conditions"], later), &lost, at(200)), None);
}

#[test]
fn tolerations_buy_time() {
    let tainted = node(
        "Unknown",
        value!({"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": text(100)}]}),
    );
    let tolerating = |tolerations: Value| {
        with(&object("", "pods", pod("p", "rs", "n", "Running", true)), &["spec", "tolerations"], tolerations)
    };
    let patient = |seconds: i64| value!([{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}]);
    let decide = |tolerations: Value, now: i64| eviction(&tolerating(tolerations), &tainted, at(now));
    assert_eq!(decide(value!([]), 101), Eviction::Now);
    assert_eq!(decide(value!([{"operator": "Exists"}]), 9999), Eviction::Never);
    assert_eq!(decide(patient(300), 150), Eviction::In(SignedDuration::from_secs(250)));
    assert_eq!(decide(patient(300), 400), Eviction::Now);
}

#[test]
fn ranges_of_nodes_never_overlap() {
    let cluster = "10.244.0.0/16".parse().expect("a range");
    let range = |text: &str| text.parse().expect("a range");
    assert_eq!(first_free(cluster, 24, &[]), Some(range("10.244.0.0/24")));
    assert_eq!(
        first_free(cluster, 24, &[range("10.244.0.0/24"), range("10.244.1.128/25")]),
        Some(range("10.244.2.0/24"))
    );
    let small = range("10.0.0.0/31");
    assert_eq!(first_free(small, 32, &[range("10.0.0.0/32"), range("10.0.0.1/32")]), None);
}

#[test]
fn the_oldest_ended_pods_go_first() {
    let ended = |name: &str, age: i64| {
        with(
            &object("", "pods", pod(name, "rs", "n", "Succeeded", false)),
            &["metadata", "creationTimestamp"],
            text(age),
        )
    };
    let pods = vec![
        ended("young", 30),
        ended("old", 10),
        ended("middle", 20),
        object("", "pods", pod("live", "rs", "n", "Running", true)),
    ];
    let names: Vec<String> = surplus(&pods, 2).iter().map(|pod| pod.name().to_owned()).collect();
    assert_eq!(names, ["old"]);
    assert!(surplus(&pods, 0).is_empty());
}
