//! Nodes.

use api::Value;
use api::value;

use crate::Context;
use crate::Strategy;

pub(crate) struct Nodes;

impl Strategy for Nodes {
    /// A node that registers says at once what it is: its status is not reset.
    fn prepare_create(&self, _cx: &Context<'_>, node: &mut Value) {
        // A new node takes no pods before its controller has seen it ready.
        let taints = node.at_mut(&["spec", "taints"]).ensure_list();
        let key = "node.kubernetes.io/not-ready";
        if !taints.iter().any(|taint| taint["key"].as_str() == Some(key)) {
            taints.push(value!({"key": key, "effect": "NoSchedule"}));
        }
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        false
    }
}
