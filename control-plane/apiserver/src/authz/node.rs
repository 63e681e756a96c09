//! The Node authorizer: a kubelet may do its work, for its own node and its own pods only.
//!
//! Source: Kubernetes documentation, "Using Node Authorization".

use std::sync::Arc;

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::PodView;

use super::Attributes;
use crate::cache::ResourceCache;
use crate::cache::WatchCache;
use crate::user::User;

/// The Node authorizer.
pub(crate) struct NodeAuthorizer {
    pods: Arc<ResourceCache>,
}

const READ: &[&str] = &["get", "list", "watch"];

/// What every node may do regardless of name: group, resource (with subresource), verbs.
const FREE: &[(&str, &str, &[&str])] = &[
    ("", "services", READ),
    ("", "endpoints", READ),
    ("", "namespaces", &["get"]),
    ("", "nodes", &["create", "get", "list", "watch"]),
    ("", "pods", READ),
    ("", "events", &["create", "patch", "update"]),
    ("", "pods/eviction", &["create"]),
    ("discovery.k8s.io", "endpointslices", READ),
    ("node.k8s.io", "runtimeclasses", READ),
    ("storage.k8s.io", "csidrivers", READ),
    ("networking.k8s.io", "servicecidrs", READ),
    ("certificates.k8s.io", "certificatesigningrequests", &["create", "get", "list", "watch"]),
    ("authentication.k8s.io", "tokenreviews", &["create"]),
    ("authorization.k8s.io", "subjectaccessreviews", &["create"]),
    ("authorization.k8s.io", "localsubjectaccessreviews", &["create"]),
    ("coordination.k8s.io", "leases", &["create"]),
];

impl NodeAuthorizer {
    pub(crate) fn new(cache: &WatchCache) -> Self {
        Self { pods: cache.get("", "pods").expect("a row of the table") }
    }

    /// Whether a node may do it. Users that are no nodes are none of its business.
    pub(crate) fn allows(&self, user: &User, attributes: &Attributes) -> bool {
        let Some(node) = user.node_name() else { return false };
        let full = match attributes.subresource.as_str() {
            "" => attributes.resource.clone(),
            sub => format!("{}/{sub}", attributes.resource),
        };
        let verb = attributes.verb.as_str();
        if FREE
            .iter()
            .any(|(group, name, verbs)| *group == attributes.group && *name == full && verbs.contains(&verb))
        {
            return true;
        }
        match (attributes.group.as_str(), full.as_str(), verb) {
            ("", "nodes" | "nodes/status", "update" | "patch") => attributes.name == node,
            ("coordination.k8s.io", "leases", "get" | "update" | "patch" | "delete") => {
                attributes.namespace == "kube-node-lease" && attributes.name == node
            }
            ("storage.k8s.io", "csinodes", _) => attributes.name == node,
            ("", "pods", "create") => true,
            ("", "pods", "delete") | ("", "pods/status", "update" | "patch") => {
                self.pods.get(&attributes.namespace, &attributes.name).is_none_or(|pod| on_node(&pod, node))
            }
            ("", "secrets" | "configmaps" | "persistentvolumeclaims", "get" | "list" | "watch") => {
                !attributes.name.is_empty() && self.refers(node, attributes)
            }
            ("", "persistentvolumes", "get") | ("storage.k8s.io", "volumeattachments", "get") => true,
            ("", "serviceaccounts", "get") => self.runs_as(node, attributes),
            ("", "serviceaccounts/token", "create") => self.runs_as(node, attributes),
            _ => false,
        }
    }

    fn pods_on(&self, node: &str, namespace: &str) -> Vec<Arc<Object>> {
        self.pods.in_namespace(namespace).into_iter().filter(|pod| on_node(pod, node)).collect()
    }

    fn runs_as(&self, node: &str, attributes: &Attributes) -> bool {
        self.pods_on(node, &attributes.namespace)
            .iter()
            .any(|pod| PodView::of(pod.value()).spec().service_account_name() == attributes.name)
    }

    fn refers(&self, node: &str, attributes: &Attributes) -> bool {
        self.pods_on(node, &attributes.namespace).iter().any(|pod| match attributes.resource.as_str() {
            "secrets" => names_secret(&pod.value()["spec"], &attributes.name),
            "configmaps" => names_config_map(&pod.value()["spec"], &attributes.name),
            _ => pod.value()["spec"]["volumes"].items().iter().any(|volume| {
                volume["persistentVolumeClaim"]["claimName"].as_str() == Some(&attributes.name)
            }),
        })
    }
}

fn on_node(pod: &Object, node: &str) -> bool {
    pod.value()["spec"]["nodeName"].as_str() == Some(node)
}

fn names_secret(spec: &Value, name: &str) -> bool {
    spec["imagePullSecrets"].items().iter().any(|secret| secret["name"].as_str() == Some(name))
        || anywhere(spec, &|key, value| match key {
            "secret" => value["secretName"].as_str() == Some(name) || value["name"].as_str() == Some(name),
            "secretRef" | "secretKeyRef" => value["name"].as_str() == Some(name),
            _ => false,
        })
}

fn names_config_map(spec: &Value, name: &str) -> bool {
    anywhere(spec, &|key, value| {
        matches!(key, "configMap" | "configMapRef" | "configMapKeyRef")
            && value["name"].as_str() == Some(name)
    })
}

/// Whether `found` holds for any entry of a value, at any depth.
fn anywhere(value: &Value, found: &dyn Fn(&str, &Value) -> bool) -> bool {
    match value {
        Value::Object(map) => {
            map.iter().any(|entry| found(entry.key.as_str(), &entry.value) || anywhere(&entry.value, found))
        }
        Value::Array(list) => list.iter().any(|item| anywhere(item, found)),
        _ => false,
    }
}
