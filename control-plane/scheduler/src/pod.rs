//! A pod as the scheduler sees it: parsed once for each version of its specification.

use std::hash::BuildHasher as _;
use std::hash::BuildHasherDefault;
use std::hash::DefaultHasher;
use std::sync::Arc;

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::PodAffinityTermView;
use api::views::PodView;
use api::views::TolerationView;
use jiff::Timestamp;
use meta::LabelSelector;
use meta::selector::Operator;
use meta::selector::Requirement;

use crate::resources::Requests;
use crate::selector::NodeTerm;
use crate::selector::label_selector;
use crate::selector::narrowed;
use crate::selector::requirement;

/// What scheduling needs to know of a pod.
#[derive(Debug)]
pub struct PodInfo {
    /// The pod.
    pub object: Arc<Object>,
    /// What it asks for.
    pub requests: Requests,
    /// More goes first.
    pub priority: i64,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The node it runs on; empty while it has none.
    pub node_name: String,
    /// The taints it bears.
    pub tolerations: Vec<Toleration>,
    /// `nodeSelector`: every one must hold.
    pub node_selector: Vec<Requirement>,
    /// Required node affinity: one of these must match, where there is a list.
    pub required_nodes: Option<Vec<NodeTerm>>,
    /// Preferred node affinity, with weights.
    pub preferred_nodes: Vec<(i64, NodeTerm)>,
    /// Ports it takes on its node.
    pub host_ports: Vec<HostPort>,
    /// Affinity to other pods.
    pub affinity: PodAffinities,
    /// Spreading over topology domains.
    pub spread: Vec<SpreadConstraint>,
    /// Images of its containers.
    pub images: Vec<String>,
    /// What manages it.
    pub controller: Option<ControllerId>,
    /// Whether less important pods may be evicted for it.
    pub preempts: bool,
    /// Whether it must wait for somebody to remove a gate.
    pub gated: bool,
}

/// The identity of a controller: a hash of its uid. Two controllers that met in one number would be
/// spread as if they were one, and nothing worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControllerId(u64);

impl ControllerId {
    /// The identity of the controller with this uid.
    pub fn of(uid: &str) -> Self {
        Self(BuildHasherDefault::<DefaultHasher>::default().hash_one(uid))
    }
}

/// Tolerance of a taint.
#[derive(Clone, Debug)]
pub struct Toleration {
    key: String,
    exists: bool,
    value: String,
    effect: String,
}

/// A port of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Where it listens; `0.0.0.0` for everywhere.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The number.
    pub port: i64,
}

/// Which pods a pod wants to be near to, or far from.
#[derive(Debug, Default)]
pub struct PodAffinities {
    /// Must be near.
    pub required: Vec<AffinityTerm>,
    /// Must be far.
    pub required_anti: Vec<AffinityTerm>,
    /// Should be near (positive weight) or far (negative weight).
    pub preferred: Vec<(i64, AffinityTerm)>,
}

/// Pods in a topology domain.
#[derive(Clone, Debug)]
pub struct AffinityTerm {
    selector: Option<LabelSelector>,
    namespaces: Vec<String>,
    namespace_selector: Option<LabelSelector>,
    /// The node label whose values are the domains.
    pub topology_key: String,
}

/// A constraint on how evenly pods are spread.
#[derive(Clone, Debug)]
pub struct SpreadConstraint {
    /// The largest difference between domains.
    pub max_skew: i64,
    /// The node label whose values are the domains.
    pub topology_key: String,
    /// Whether a node that breaks it is ruled out, or only less liked.
    pub required: bool,
    /// The pods that count.
    pub selector: LabelSelector,
    /// With fewer domains than this, the least loaded counts as empty.
    pub min_domains: i64,
    /// Whether only nodes that the pod's node affinity allows count.
    pub honor_affinity: bool,
    /// Whether only nodes whose taints the pod tolerates count.
    pub honor_taints: bool,
}

impl PodInfo {
    /// Parses a pod.
    pub fn new(object: Arc<Object>) -> Self {
        let view = PodView::of(object.value());
        let (metadata, spec) = (view.metadata(), view.spec());
        let labels = &object.value()["metadata"]["labels"];
        let node_affinity = spec.affinity().and_then(|a| a.node_affinity());
        let required = node_affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution());
        let preferred = node_affinity
            .into_iter()
            .flat_map(|a| a.preferred_during_scheduling_ignored_during_execution().iter())
            .map(|p| (p.weight(), NodeTerm::of(p.preference())))
            .collect();
        let containers = spec.containers().iter().chain(spec.init_containers().iter());
        let controller = metadata.owner_references().find(|o| o.controller() == Some(true));
        Self {
            requests: Requests::of(spec),
            priority: spec.priority().unwrap_or(0),
            created: metadata.creation_timestamp(),
            node_name: spec.node_name().to_owned(),
            tolerations: spec.tolerations().iter().map(Toleration::of).collect(),
            node_selector: spec
                .node_selector()
                .strs()
                .map(|(key, value)| requirement(key, Operator::In, vec![value.to_owned()]))
                .collect(),
            required_nodes: required.map(|r| r.node_selector_terms().iter().map(NodeTerm::of).collect()),
            preferred_nodes: preferred,
            host_ports: host_ports(view),
            affinity: PodAffinities::of(view, labels),
            spread: spread(view, labels),
            images: containers.map(|c| c.image().to_owned()).collect(),
            controller: controller.map(|owner| ControllerId::of(owner.uid())),
            preempts: spec.preemption_policy() != Some("Never"),
            gated: !spec.scheduling_gates().is_empty(),
            object,
        }
    }

    /// Whether a taint is tolerated.
    pub fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        self.tolerations.iter().any(|t| t.tolerates(key, value, effect))
    }
}

impl Toleration {
    /// Reads one.
    pub fn of(view: TolerationView<'_>) -> Self {
        Self {
            key: view.key().to_owned(),
            exists: view.operator() == "Exists",
            value: view.value().to_owned(),
            effect: view.effect().to_owned(),
        }
    }

    fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        (self.effect.is_empty() || self.effect == effect)
            && (self.key.is_empty() || self.key == key)
            && (self.exists || self.value == value)
    }
}

impl HostPort {
    /// Whether both cannot be on one node.
    pub fn conflicts(&self, other: &HostPort) -> bool {
        const ANY: &str = "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || self.ip == ANY || other.ip == ANY)
    }
}

impl PodAffinities {
    fn of(pod: PodView<'_>, labels: &Value) -> Self {
        let Some(affinity) = pod.spec().affinity() else { return Self::default() };
        let namespace = pod.metadata().namespace();
        let term = |view| AffinityTerm::of(view, namespace, labels);
        let (near, far) = (affinity.pod_affinity(), affinity.pod_anti_affinity());
        let mut preferred = Vec::new();
        for weighted in
            near.into_iter().flat_map(|a| a.preferred_during_scheduling_ignored_during_execution().iter())
        {
            preferred.push((weighted.weight(), term(weighted.pod_affinity_term())));
        }
        for weighted in
            far.into_iter().flat_map(|a| a.preferred_during_scheduling_ignored_during_execution().iter())
        {
            preferred.push((-weighted.weight(), term(weighted.pod_affinity_term())));
        }
        let required =
            near.into_iter().flat_map(|a| a.required_during_scheduling_ignored_during_execution().iter());
        let required_anti =
            far.into_iter().flat_map(|a| a.required_during_scheduling_ignored_during_execution().iter());
        Self {
            required: required.map(term).collect(),
            required_anti: required_anti.map(term).collect(),
            preferred,
        }
    }

    /// Whether the pod says nothing about other pods.
    pub fn is_empty(&self) -> bool {
        self.required.is_empty() && self.required_anti.is_empty() && self.preferred.is_empty()
    }
}

impl AffinityTerm {
    fn of(view: PodAffinityTermView<'_>, own_namespace: &str, labels: &Value) -> Self {
        let mut namespaces = view.namespaces().to_vec();
        let namespace_selector = label_selector(view.namespace_selector());
        if namespaces.is_empty() && namespace_selector.is_none() {
            namespaces.push(own_namespace.to_owned());
        }
        let selector = label_selector(view.label_selector()).map(|selector| {
            let selector = narrowed(selector, view.match_label_keys(), Operator::In, labels);
            narrowed(selector, view.mismatch_label_keys(), Operator::NotIn, labels)
        });
        Self { selector, namespaces, namespace_selector, topology_key: view.topology_key().to_owned() }
    }

    /// Whether the term speaks of `pod`; `namespace_of` gives the Namespace object of a name.
    pub fn selects(&self, pod: &Object, namespace_of: &dyn Fn(&str) -> Option<Arc<Object>>) -> bool {
        let selected = self.selector.as_ref().is_some_and(|s| pod.index().matches_labels(s));
        selected
            && (self.namespaces.iter().any(|n| n == pod.namespace())
                || self.namespace_selector.as_ref().is_some_and(|selector| {
                    selector.is_empty()
                        || namespace_of(pod.namespace()).is_some_and(|n| n.index().matches_labels(selector))
                }))
    }
}

fn host_ports(pod: PodView<'_>) -> Vec<HostPort> {
    let spec = pod.spec();
    let sidecars = spec.init_containers();
    let sidecars = sidecars.iter().filter(|c| c.restart_policy() == Some("Always"));
    let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
    spec.containers()
        .iter()
        .chain(sidecars)
        .flat_map(|container| container.ports().iter())
        .filter(|port| port.host_port() > 0)
        .map(|port| HostPort {
            ip: or(port.host_ip(), "0.0.0.0"),
            protocol: or(port.protocol(), "TCP"),
            port: port.host_port(),
        })
        .collect()
}

fn spread(pod: PodView<'_>, labels: &Value) -> Vec<SpreadConstraint> {
    let constraints = pod.spec().topology_spread_constraints();
    constraints
        .iter()
        .filter_map(|c| {
            let selector = label_selector(c.label_selector())?;
            Some(SpreadConstraint {
                max_skew: c.max_skew(),
                topology_key: c.topology_key().to_owned(),
                required: c.when_unsatisfiable() == "DoNotSchedule",
                selector: narrowed(selector, c.match_label_keys(), Operator::In, labels),
                min_domains: c.min_domains().unwrap_or(1),
                honor_affinity: c.node_affinity_policy() != Some("Ignore"),
                honor_taints: c.node_taints_policy() == Some("Honor"),
            })
        })
        .collect()
}
