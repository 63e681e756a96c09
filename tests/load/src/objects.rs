//! The objects that are written: of the size that real ones have.

use serde_json::Value;
use serde_json::json;

/// A pod of about 5 KiB once it is stored, bound to a node that nobody plays.
pub(crate) fn pod(number: usize) -> Value {
    let settings: Vec<Value> =
        (0..10).map(|k| json!({"name": format!("SETTING_{k}"), "value": format!("value-{k}")})).collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": pod_name(number),
            "labels": {"app": app(number), "tier": "backend", "pod-template-hash": "5d8f6c7b9"},
            "annotations": {"example.com/config-hash": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d"}
        },
        "spec": {
            "nodeName": format!("node-{}", number % 100),
            "terminationGracePeriodSeconds": 0,
            "tolerations": [{"key": "example.com/dedicated", "operator": "Exists", "effect": "NoSchedule"}],
            "volumes": [{"name": "config", "configMap": {"name": "app"}}, {"name": "cache", "emptyDir": {}}],
            "containers": [{
                "name": "main", "image": "registry.example.com/team/app:v1.2.3",
                "command": ["/bin/app", "--listen=:8080"],
                "ports": [{"containerPort": 8080, "name": "http"}],
                "env": settings,
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
                "volumeMounts": [
                    {"name": "config", "mountPath": "/etc/app"}, {"name": "cache", "mountPath": "/var/cache/app"}
                ]
            }]
        }
    })
}

pub(crate) fn pod_name(number: usize) -> String {
    format!("pod-{number:06}")
}

/// The label of every hundredth pod.
pub(crate) fn app(number: usize) -> String {
    format!("app-{}", number % 100)
}

/// A ConfigMap of a few hundred bytes.
pub(crate) fn config_map(name: &str, round: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"kind-of": "load"}},
        "data": {"one": "1", "round": round.to_string(), "three": "three"}
    })
}
