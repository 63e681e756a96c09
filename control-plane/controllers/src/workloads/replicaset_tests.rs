//! Decisions of ReplicaSets on fixed pods.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use api::value;
use client::Deleted;
use client::Informer;

use super::claim::claim;
use super::overlay::Overlay;
use super::pods;
use super::replicaset_plan::Snapshot;
use super::replicaset_plan::plan;
use super::replicaset_plan::status;
use crate::context::row;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::pod;
use crate::fixture::text;

fn set(replicas: i64) -> Arc<Object> {
    object(
        "apps",
        "replicasets",
        value!({
            "metadata": {"namespace": "ns", "name": "rs", "uid": "rs", "generation": 3},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
            }
        }),
    )
}

fn pods_of(values: Vec<Value>) -> Vec<Arc<Object>> {
    values.into_iter().map(|value| object("", "pods", value)).collect()
}

fn snapshot<'a>(set: &'a Object, pods: &'a [Arc<Object>]) -> Snapshot<'a> {
    Snapshot { set, pods, related: pods, tells_terminating: true, now: at(1000) }
}

fn with(mut value: Value, path: &[&str], part: impl Into<Value>) -> Value {
    value.set(path, part);
    value
}

#[test]
fn the_pod_that_is_missed_least_goes_first() {
    let ready_at = |name: &str, seconds: i64| {
        with(
            pod(name, "rs", "n9", "Running", true),
            &["status", "conditions"],
            value!([{"type": "Ready", "status": "True", "lastTransitionTime": text(seconds)}]),
        )
    };
    let cheap = with(
        pod("cheap", "rs", "n1", "Running", true),
        &["metadata", "annotations"],
        value!({"controller.kubernetes.io/pod-deletion-cost": "-5"}),
    );
    let restarted = with(
        ready_at("restarted", 0),
        &["status", "containerStatuses"],
        value!([{"name": "c", "restartCount": 4}]),
    );
    let pods = pods_of(vec![
        ready_at("old", 0),
        restarted,
        ready_at("fresh", 998),
        pod("crowded1", "rs", "n2", "Running", true),
        pod("crowded2", "rs", "n2", "Running", true),
        pod("crowded3", "rs", "n2", "Running", true),
        pod("crowded4", "rs", "n2", "Running", true),
        cheap,
        pod("unready", "rs", "n3", "Running", false),
        pod("pending", "rs", "n4", "Pending", false),
        pod("homeless", "rs", "", "Pending", false),
    ]);
    let set = set(0);
    let plan = plan(&snapshot(&set, &pods));
    let names: Vec<&str> = plan.delete.iter().map(|pod| pod.name()).collect();
    let expected = [
        "homeless",
        "pending",
        "unready",
        "cheap",
        "crowded1",
        "crowded2",
        "crowded3",
        "crowded4",
        "fresh",
        "restarted",
        "old",
    ];
    assert_eq!(names, expected);
}

#[test]
fn ended_and_ending_pods_do_not_count() {
    let ending =
        with(pod("ending", "rs", "n1", "Running", true), &["metadata", "deletionTimestamp"], text(5));
    let pods =
        pods_of(vec![pod("a", "rs", "n1", "Running", true), pod("b", "rs", "n1", "Failed", false), ending]);
    let set = set(3);
    let snapshot = snapshot(&set, &pods);
    assert_eq!(plan(&snapshot).create, 2);
    let status = status(&snapshot, Some("quota"));
    let number = |field: &str| status[field].as_i64().expect("a number");
    assert_eq!((number("replicas"), number("readyReplicas"), number("availableReplicas")), (1, 1, 1));
    assert_eq!((number("fullyLabeledReplicas"), number("terminatingReplicas")), (1, 1));
    assert_eq!(number("observedGeneration"), 3);
    assert_eq!(status["conditions"].items()[0]["reason"].as_str(), Some("FailedCreate"));
}

#[test]
fn availability_waits_for_min_ready_seconds() {
    let set = object("apps", "replicasets", with(set(1).value().clone(), &["spec", "minReadySeconds"], 1010));
    let pods = pods_of(vec![pod("a", "rs", "n1", "Running", true)]);
    let snapshot = snapshot(&set, &pods);
    assert_eq!(status(&snapshot, None)["availableReplicas"].as_i64(), Some(0));
    assert_eq!(plan(&snapshot).look_again.map(|wait| wait.as_secs()), Some(10));
}

#[test]
fn orphans_are_adopted_and_strangers_left_alone() {
    let set = set(1);
    let orphan = with(pod("orphan", "rs", "", "Running", true), &["metadata", "ownerReferences"], value!([]));
    let strayed =
        with(pod("strayed", "rs", "", "Running", true), &["metadata", "labels"], value!({"app": "db"}));
    let pods = pods_of(vec![
        pod("mine", "rs", "", "Running", true),
        pod("theirs", "other", "", "Running", true),
        orphan,
        strayed,
    ]);
    let selector = selector::labels(&set.value()["spec"]["selector"]).expect("there is one");
    let claim = claim(&set, &selector, pods, pods::is_active);
    let names = |pods: &[Arc<Object>]| pods.iter().map(|p| p.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&claim.owned), ["mine"]);
    assert_eq!(names(&claim.adopt), ["orphan"]);
    assert_eq!(names(&claim.release), ["strayed"]);
}

#[test]
fn own_writes_show_before_the_informer_does() {
    let informer = Informer::detached(row("", "pods"));
    let overlay = Overlay::new(&informer);
    let version = |value: Value, version: &str| {
        object("", "pods", with(value, &["metadata", "resourceVersion"], version))
    };
    let (old, new) = (
        version(pod("old", "rs", "", "Running", true), "5"),
        version(pod("new", "rs", "", "Pending", false), "9"),
    );
    informer.apply(old.clone(), Deleted::No);
    overlay.made("rs", new.clone());
    overlay.ended("rs", "old");
    let names = |shown: Vec<Arc<Object>>| {
        let shown = overlay.apply("rs", shown, pods::is_active);
        shown.iter().map(|p| p.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(informer.list()), ["new"]);
    // The informer catches up: the overlay has nothing left to say.
    informer.apply(new.clone(), Deleted::No);
    informer.apply(old, Deleted::Yes);
    assert_eq!(names(informer.list()), ["new"]);
    // A pod that was made and has gone since is not shown for ever.
    informer.apply(new, Deleted::Yes);
    assert_eq!(names(informer.list()), Vec::<String>::new());
}
