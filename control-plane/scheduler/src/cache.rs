//! The snapshot: every node with its pods, kept up to date change by change.
//!
//! A pod that we placed counts from the moment of the decision (it is *assumed*); the informer
//! confirms it later, or the binding fails and it is forgotten.

use std::collections::HashMap;
use std::sync::Arc;

use api::Object;

use crate::node::NodeInfo;
use crate::pod::PodInfo;

/// Nodes and the pods on them.
#[derive(Debug, Default)]
pub struct Cache {
    nodes: Vec<NodeInfo>,
    by_name: HashMap<String, usize>,
    /// Where each counted pod is, by uid.
    placed: HashMap<String, Placed>,
    /// Where room is being made for pods that have no node yet, by uid.
    nominated: HashMap<String, String>,
    /// How many counted pods have wishes about other pods.
    pods_with_affinity: usize,
}

/// A pod that was taken out to be put back.
pub struct Held {
    pod: Arc<PodInfo>,
    placed: Placed,
}

#[derive(Debug)]
struct Placed {
    node: String,
    assumed: bool,
}

impl Cache {
    /// Every node, those included of which only pods are known.
    pub fn nodes(&self) -> &[NodeInfo] {
        &self.nodes
    }

    /// A node.
    pub fn node(&self, name: &str) -> Option<&NodeInfo> {
        self.by_name.get(name).map(|place| &self.nodes[*place])
    }

    /// Number of nodes that exist.
    pub fn len(&self) -> usize {
        self.nodes.iter().filter(|node| node.object.is_some()).count()
    }

    /// Whether no node exists.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any pod has wishes about other pods.
    pub fn has_affinity(&self) -> bool {
        self.pods_with_affinity > 0
    }

    /// A node appeared or changed.
    pub fn set_node(&mut self, object: Arc<Object>) {
        let place = self.place_of(object.name());
        self.nodes[place].set(object);
    }

    /// A node is gone; its pods are known until they go too.
    pub fn remove_node(&mut self, name: &str) {
        if let Some(place) = self.by_name.get(name) {
            let node = &mut self.nodes[*place];
            node.object = None;
        }
        self.drop_if_unused(name);
    }

    /// Room is being made on a node for a pod that has none: less important pods must not take it.
    pub fn nominate(&mut self, pod: Arc<PodInfo>, node: &str) {
        self.withdraw(pod.object.uid());
        if let Some(place) = self.by_name.get(node) {
            self.nominated.insert(pod.object.uid().to_owned(), node.to_owned());
            self.nodes[*place].nominated.push(pod);
        }
    }

    /// The node on which room is being made for a pod.
    pub fn nomination(&self, uid: &str) -> Option<&str> {
        self.nominated.get(uid).map(String::as_str)
    }

    /// The pod needs no room any more.
    pub fn withdraw(&mut self, uid: &str) {
        if let Some(node) = self.nominated.remove(uid)
            && let Some(place) = self.by_name.get(&node)
        {
            self.nodes[*place].nominated.retain(|pod| pod.object.uid() != uid);
        }
    }

    /// Takes a pod out for a moment, to see what would be without it.
    pub fn take(&mut self, uid: &str) -> Option<Held> {
        let node = self.placed.get(uid)?.node.clone();
        let pod = self.node(&node)?.pods.get(uid)?.clone();
        let assumed = self.placed.get(uid)?.assumed;
        self.remove_pod(uid);
        Some(Held { pod, placed: Placed { node, assumed } })
    }

    /// Puts back what was taken out.
    pub fn put_back(&mut self, held: Held) {
        self.place(held.pod, held.placed.node, held.placed.assumed);
    }

    /// A pod on a node appeared or changed, or an assumed one is confirmed.
    pub fn set_pod(&mut self, pod: Arc<PodInfo>) {
        self.remove_pod(pod.object.uid());
        let node = pod.node_name.clone();
        self.place(pod, node, false);
    }

    /// A placed pod has a new version, which is the same to us.
    pub fn refresh_pod(&mut self, object: &Arc<Object>) {
        let place = self.placed.get(object.uid()).and_then(|placed| self.by_name.get(&placed.node));
        if let Some(place) = place {
            self.nodes[*place].refresh(object);
        }
    }

    /// A pod is about to be bound to a node.
    pub fn assume(&mut self, pod: Arc<PodInfo>, node: &str) {
        self.withdraw(pod.object.uid());
        self.remove_pod(pod.object.uid());
        self.place(pod, node.to_owned(), true);
    }

    /// The binding failed: the pod is not there, unless the informer says that it is.
    pub fn forget(&mut self, uid: &str) {
        if self.placed.get(uid).is_some_and(|placed| placed.assumed) {
            self.remove_pod(uid);
        }
    }

    /// Whether a pod counts somewhere, assumed or known.
    pub fn is_placed(&self, uid: &str) -> bool {
        self.placed.contains_key(uid)
    }

    /// A pod is gone or has ended. Returns whether it counted.
    pub fn remove_pod(&mut self, uid: &str) -> bool {
        let Some(placed) = self.placed.remove(uid) else { return false };
        if let Some(place) = self.by_name.get(&placed.node)
            && let Some(pod) = self.nodes[*place].remove(uid)
        {
            self.pods_with_affinity -= usize::from(!pod.affinity.is_empty());
        }
        self.drop_if_unused(&placed.node);
        true
    }

    fn place(&mut self, pod: Arc<PodInfo>, node: String, assumed: bool) {
        self.pods_with_affinity += usize::from(!pod.affinity.is_empty());
        let place = self.place_of(&node);
        self.placed.insert(pod.object.uid().to_owned(), Placed { node, assumed });
        self.nodes[place].add(pod);
    }

    fn place_of(&mut self, name: &str) -> usize {
        if let Some(place) = self.by_name.get(name) {
            return *place;
        }
        self.nodes.push(NodeInfo::named(name));
        self.by_name.insert(name.to_owned(), self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    fn drop_if_unused(&mut self, name: &str) {
        let Some(place) = self.by_name.get(name).copied() else { return };
        if self.nodes[place].object.is_some() || !self.nodes[place].pods.is_empty() {
            return;
        }
        self.by_name.remove(name);
        for pod in self.nodes.swap_remove(place).nominated {
            self.nominated.remove(pod.object.uid());
        }
        if let Some(moved) = self.nodes.get(place) {
            self.by_name.insert(moved.name.clone(), place);
        }
    }
}
