//! Objects for tests.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use jiff::Timestamp;

use crate::context::row;

/// An object of a resource.
pub(crate) fn object(group: &str, resource: &str, value: Value) -> Arc<Object> {
    Arc::new(Object::new(row(group, resource), value))
}

/// A point in time, in seconds since the epoch.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time of this age")
}

/// The text of a point in time.
pub(crate) fn text(seconds: i64) -> String {
    meta::time::seconds(at(seconds))
}

/// A pod that an owner manages.
pub(crate) fn pod(name: &str, owner: &str, node: &str, phase: &str, ready: bool) -> Value {
    value!({
        "metadata": {
            "namespace": "ns", "name": name, "uid": name, "creationTimestamp": text(0), "labels": {"app": "web"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": true}]
        },
        "spec": {"nodeName": node},
        "status": {"phase": phase, "conditions": [
            {"type": "Ready", "status": if ready { "True" } else { "False" }, "lastTransitionTime": text(0)}
        ]}
    })
}
