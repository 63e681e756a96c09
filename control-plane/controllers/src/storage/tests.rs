//! When claims and volumes are held, and when they are let go.

use api::Value;
use api::value;

use super::protection::Step;
use super::protection::holds;
use super::protection::step;
use crate::fixture::object;
use crate::fixture::text;

const FINALIZER: &str = "kubernetes.io/pvc-protection";

fn claim(finalizers: &[&str], deleted: bool) -> std::sync::Arc<api::Object> {
    let mut claim = value!({"metadata": {
        "namespace": "ns", "name": "web-data", "uid": "claim", "finalizers": finalizers.to_vec(),
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "pod", "controller": true}]
    }});
    if deleted {
        claim.set(&["metadata", "deletionTimestamp"], text(0));
    }
    object("", "persistentvolumeclaims", claim)
}

fn pod(node: &str, volume: Value, grace: Option<i64>) -> std::sync::Arc<api::Object> {
    let mut pod = value!({
        "metadata": {"namespace": "ns", "name": "web", "uid": "pod"},
        "spec": {"nodeName": node, "volumes": [volume]}
    });
    if let Some(grace) = grace {
        pod.set(&["metadata", "deletionTimestamp"], text(0));
        pod.set(&["metadata", "deletionGracePeriodSeconds"], grace);
    }
    object("", "pods", pod)
}

#[test]
fn the_finalizer_comes_and_goes() {
    for (finalizers, deleted, used, expected) in [
        (&[][..], false, false, Some(Step::Add)),
        (&["other"], false, true, Some(Step::Add)),
        (&[FINALIZER], false, false, None),
        (&[FINALIZER], true, true, None),
        (&["other", FINALIZER], true, false, Some(Step::Remove)),
        (&["other"], true, false, None),
    ] {
        let found = step(&claim(finalizers, deleted), FINALIZER, used);
        assert_eq!(found, expected, "{finalizers:?} deleted {deleted} used {used}");
    }
}

#[test]
fn pods_hold_the_claims_they_run_with() {
    let named = value!({"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}});
    let ephemeral = value!({"name": "data", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}});
    let other = value!({"name": "data", "persistentVolumeClaim": {"claimName": "other"}});
    for (node, volume, grace, expected) in [
        ("node", &named, None, true),
        ("", &named, None, false),
        ("node", &other, None, false),
        ("node", &named, Some(0), true),
        ("node", &ephemeral, None, true),
        ("node", &ephemeral, Some(30), true),
        ("node", &ephemeral, Some(0), false),
    ] {
        let pod = pod(node, volume.clone(), grace);
        assert_eq!(holds(&pod, &claim(&[], true)), expected, "on {node:?}, {grace:?}: {volume:?}");
    }
}
