//! A node with what runs on it.

use std::collections::HashMap;
use std::sync::Arc;

use api::Object;
use api::view::View as _;
use api::views::NodeView;

use crate::pod::ControllerId;
use crate::pod::HostPort;
use crate::pod::PodInfo;
use crate::resources::Resources;

/// The label by which every node is a domain of its own.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label by which nodes share a zone.
pub const ZONE: &str = "topology.kubernetes.io/zone";

/// A node, what it offers, and what is taken.
#[derive(Debug, Default)]
pub struct NodeInfo {
    /// Its name.
    pub name: String,
    /// The node; `None` while only pods that name it are known.
    pub object: Option<Arc<Object>>,
    /// What pods may take.
    pub allocatable: Resources,
    /// How many pods may run.
    pub allowed_pods: i64,
    /// What its pods asked for.
    pub requested: Resources,
    /// CPU of its pods, with a floor for those that asked for none.
    pub usual_cpu_millis: i64,
    /// Memory likewise.
    pub usual_memory_bytes: i64,
    /// Its pods, by uid.
    pub pods: HashMap<String, Arc<PodInfo>>,
    /// How many of its pods have wishes about other pods.
    pub pods_with_affinity: usize,
    /// How many of its pods each controller manages. Asked of every node for every pod, so the keys
    /// are numbers and few.
    by_controller: Vec<(ControllerId, i64)>,
    /// Its values of [`HOSTNAME`] and [`ZONE`], asked for as often.
    domains: [Option<String>; 2],
    /// Pods that have no node, for which room is being made here.
    pub nominated: Vec<Arc<PodInfo>>,
    /// Ports taken, one entry for each pod and port.
    pub ports: Vec<HostPort>,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// Whether it takes no new pods.
    pub unschedulable: bool,
    /// Bytes of each image it holds.
    pub images: HashMap<String, i64>,
}

/// A taint of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// What happens to pods that do not tolerate it.
    pub effect: String,
}

impl NodeInfo {
    /// A node of which nothing is known yet.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Takes over a new state of the node.
    pub fn set(&mut self, object: Arc<Object>) {
        let view = NodeView::of(object.value());
        let (spec, status) = (view.spec(), view.status());
        self.allocatable = Resources::of(status.allocatable());
        self.allowed_pods = status.allocatable().quantity("pods").map_or(0, |q| q.value());
        self.unschedulable = spec.unschedulable();
        let taint = |t: api::views::TaintView<'_>| Taint {
            key: t.key().to_owned(),
            value: t.value().to_owned(),
            effect: t.effect().to_owned(),
        };
        self.taints = spec.taints().iter().map(taint).collect();
        self.images.clear();
        for image in status.images().iter() {
            for name in image.names().iter() {
                self.images.insert(name.to_owned(), image.size_bytes());
            }
        }
        self.domains = [HOSTNAME, ZONE].map(|key| object.label(key).map(str::to_owned));
        self.object = Some(object);
    }

    /// How many of its pods a controller manages.
    pub fn siblings(&self, controller: ControllerId) -> i64 {
        self.by_controller.iter().find(|(id, _)| *id == controller).map_or(0, |(_, count)| *count)
    }

    /// One of its labels.
    pub fn label(&self, key: &str) -> Option<&str> {
        match key {
            HOSTNAME => self.domains[0].as_deref(),
            ZONE => self.domains[1].as_deref(),
            key => self.object.as_ref().and_then(|object| object.label(key)),
        }
    }

    /// The first taint that keeps `pod` away.
    pub fn blocking_taint(&self, pod: &PodInfo) -> Option<&Taint> {
        let blocks = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
        self.taints.iter().filter(blocks).find(|t| !pod.tolerates(&t.key, &t.value, &t.effect))
    }

    /// Counts a pod in.
    pub fn add(&mut self, pod: Arc<PodInfo>) {
        self.shift(&pod, 1);
        self.ports.extend(pod.host_ports.iter().cloned());
        self.pods_with_affinity += usize::from(!pod.affinity.is_empty());
        if let Some(controller) = pod.controller {
            match self.by_controller.iter_mut().find(|(id, _)| *id == controller) {
                Some((_, count)) => *count += 1,
                None => self.by_controller.push((controller, 1)),
            }
        }
        self.pods.insert(pod.object.uid().to_owned(), pod);
    }

    /// Lets go of the version of a pod that only we would still hold. A pod that a decision looks at
    /// right now keeps it until it changes again.
    pub fn refresh(&mut self, object: &Arc<Object>) {
        if let Some(pod) = self.pods.get_mut(object.uid()).and_then(Arc::get_mut) {
            pod.object = object.clone();
        }
    }

    /// Counts a pod out.
    pub fn remove(&mut self, uid: &str) -> Option<Arc<PodInfo>> {
        let pod = self.pods.remove(uid)?;
        self.shift(&pod, -1);
        for port in &pod.host_ports {
            if let Some(place) = self.ports.iter().position(|p| p == port) {
                self.ports.swap_remove(place);
            }
        }
        self.pods_with_affinity -= usize::from(!pod.affinity.is_empty());
        if let Some(controller) = pod.controller
            && let Some(place) = self.by_controller.iter().position(|(id, _)| *id == controller)
        {
            self.by_controller[place].1 -= 1;
            if self.by_controller[place].1 == 0 {
                self.by_controller.swap_remove(place);
            }
        }
        Some(pod)
    }

    fn shift(&mut self, pod: &PodInfo, sign: i64) {
        self.requested.shift(&pod.requests.exact, sign);
        self.usual_cpu_millis += sign * pod.requests.usual_cpu_millis;
        self.usual_memory_bytes += sign * pod.requests.usual_memory_bytes;
    }
}
