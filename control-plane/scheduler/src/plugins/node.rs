//! Rules about the node itself: cordons, names, taints, affinity, ports.

use crate::framework::Plugin;
use crate::framework::Prepared;
use crate::framework::Rejection;
use crate::framework::Reversed;
use crate::framework::World;
use crate::framework::events;
use crate::framework::normalized;
use crate::node::NodeInfo;
use crate::pod::PodInfo;

/// A cordoned node takes no pods that do not tolerate that.
pub struct NodeUnschedulable;
/// A pod that names a node goes nowhere else.
pub struct NodeName;
/// Taints keep away pods that do not tolerate them.
pub struct TaintToleration;
/// `nodeSelector` and node affinity.
pub struct NodeAffinity;
/// A port of a node serves one pod.
pub struct NodePorts;

struct Cordon;
struct Named<'a>(&'a PodInfo);
struct Taints<'a>(&'a PodInfo);
struct Affinity<'a>(&'a PodInfo);
struct Ports<'a>(&'a PodInfo);

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }

    fn events(&self) -> u8 {
        events::NODE_TAINTS
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let tolerated = pod.tolerates("node.kubernetes.io/unschedulable", "", "NoSchedule");
        (!tolerated).then(|| Box::new(Cordon) as _)
    }
}

impl Prepared for Cordon {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if node.unschedulable {
            return Err(Rejection::final_because("node(s) were unschedulable"));
        }
        Ok(())
    }
}

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }

    fn events(&self) -> u8 {
        events::NODE_ADDED
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        (!pod.node_name.is_empty()).then(|| Box::new(Named(pod)) as _)
    }
}

impl Prepared for Named<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if node.name != self.0.node_name {
            return Err(Rejection::final_because("node(s) didn't match the requested node name"));
        }
        Ok(())
    }
}

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }

    fn weight(&self) -> i64 {
        3
    }

    fn events(&self) -> u8 {
        events::NODE_TAINTS
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(Box::new(Taints(pod)))
    }
}

impl Prepared for Taints<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        match node.blocking_taint(self.0) {
            None => Ok(()),
            Some(_) => Err(Rejection::final_because("node(s) had untolerated taint(s)")),
        }
    }

    fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        if nodes.iter().all(|node| node.taints.is_empty()) {
            return Vec::new();
        }
        let bothered = |node: &&NodeInfo| {
            let soft = node.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
            soft.filter(|taint| !self.0.tolerates(&taint.key, &taint.value, &taint.effect)).count() as i64
        };
        normalized(nodes.iter().map(bothered).collect(), Reversed::Yes)
    }
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    fn weight(&self) -> i64 {
        2
    }

    fn events(&self) -> u8 {
        events::NODE_LABELS
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let silent =
            pod.node_selector.is_empty() && pod.required_nodes.is_none() && pod.preferred_nodes.is_empty();
        (!silent).then(|| Box::new(Affinity(pod)) as _)
    }
}

/// Whether a pod's `nodeSelector` and required node affinity allow a node.
pub fn allows(pod: &PodInfo, node: &NodeInfo) -> bool {
    pod.node_selector.iter().all(|r| r.matches(node.label(&r.key)))
        && pod.required_nodes.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(node)))
}

impl Prepared for Affinity<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if allows(self.0, node) {
            return Ok(());
        }
        Err(Rejection::final_because("node(s) didn't match Pod's node affinity/selector"))
    }

    fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        if self.0.preferred_nodes.is_empty() {
            return Vec::new();
        }
        let liked = |node: &&NodeInfo| {
            let terms = self.0.preferred_nodes.iter().filter(|(_, term)| term.matches(node));
            terms.map(|(weight, _)| weight).sum()
        };
        normalized(nodes.iter().map(liked).collect(), Reversed::No)
    }
}

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }

    fn events(&self) -> u8 {
        events::POD_GONE | events::NODE_ADDED
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        (!pod.host_ports.is_empty()).then(|| Box::new(Ports(pod)) as _)
    }
}

impl Prepared for Ports<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let taken = |wanted: &crate::pod::HostPort| node.ports.iter().any(|port| port.conflicts(wanted));
        if self.0.host_ports.iter().any(taken) {
            return Err(Rejection::for_now_because(
                "node(s) didn't have free ports for the requested pod ports",
            ));
        }
        Ok(())
    }
}
