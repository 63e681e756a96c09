//! Inter-pod affinity: which pods want to be near each other, and which do not.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::framework::MAX_SCORE;
use crate::framework::Plugin;
use crate::framework::Prepared;
use crate::framework::Rejection;
use crate::framework::World;
use crate::framework::events;
use crate::node::NodeInfo;
use crate::pod::AffinityTerm;
use crate::pod::PodInfo;

/// What a required affinity of a pod that is there already weighs for pods that come.
const REQUIRED_WEIGHT: i64 = 1;

/// The plugin.
pub struct InterPodAffinity;

/// A topology domain: a label's key and value.
type Domain<'a> = (&'a str, &'a str);

struct Affinities<'a> {
    pod: &'a PodInfo,
    world: &'a World<'a>,
    /// Domains of pods that match every required term.
    near: HashSet<Domain<'a>>,
    /// Domains of pods that this pod must not meet.
    far: HashSet<Domain<'a>>,
    /// Domains of pods that must not meet this pod.
    forbidden: HashSet<Domain<'a>>,
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }

    fn weight(&self) -> i64 {
        2
    }

    fn events(&self) -> u8 {
        events::POD_GONE | events::POD_PLACED | events::NODE_ADDED
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, world: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        if pod.affinity.is_empty() && !world.cache.has_affinity() {
            return None;
        }
        let (near, far) = own_domains(pod, world);
        Some(Box::new(Affinities { pod, world, near, far, forbidden: forbidden(pod, world) }))
    }
}

impl Prepared for Affinities<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if !self.is_near(node) {
            return Err(Rejection::final_because("node(s) didn't match pod affinity rules"));
        }
        if self.pod.affinity.required_anti.iter().any(|term| is_in(&self.far, term, node)) {
            return Err(Rejection::for_now_because("node(s) didn't match pod anti-affinity rules"));
        }
        if self.forbidden.iter().any(|(key, value)| node.label(key) == Some(*value)) {
            return Err(Rejection::for_now_because(
                "node(s) didn't satisfy existing pods anti-affinity rules",
            ));
        }
        Ok(())
    }

    fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        let weights = self.weights();
        if weights.is_empty() {
            return Vec::new();
        }
        let sum = |node: &&NodeInfo| {
            weights.iter().filter(|((key, value), _)| node.label(key) == Some(*value)).map(|(_, w)| w).sum()
        };
        let sums: Vec<i64> = nodes.iter().map(sum).collect();
        let (min, max) = (sums.iter().min().copied().unwrap_or(0), sums.iter().max().copied().unwrap_or(0));
        let scaled = |sum: i64| if max > min { MAX_SCORE * (sum - min) / (max - min) } else { 0 };
        sums.into_iter().map(scaled).collect()
    }
}

impl<'a> Affinities<'a> {
    /// Whether every required term is met. The first of a group of pods that want to be near each
    /// other may go anywhere that has the domains.
    fn is_near(&self, node: &NodeInfo) -> bool {
        let terms = &self.pod.affinity.required;
        if !terms.iter().all(|term| node.label(&term.topology_key).is_some()) {
            return false;
        }
        let first = self.near.is_empty()
            && terms.iter().all(|term| term.selects(&self.pod.object, self.world.namespace_of));
        first || terms.iter().all(|term| is_in(&self.near, term, node))
    }

    /// What each domain is worth: the wishes of this pod about others, and of others about it.
    fn weights(&self) -> HashMap<Domain<'a>, i64> {
        let mut weights: HashMap<Domain<'a>, i64> = HashMap::new();
        let wishes = &self.pod.affinity.preferred;
        for node in self.world.cache.nodes() {
            if wishes.is_empty() && node.pods_with_affinity == 0 {
                continue;
            }
            for other in node.pods.values() {
                let mut add = |term: &'a AffinityTerm, weight: i64, selected: &PodInfo| {
                    if let Some(domain) = domain(term, node)
                        && term.selects(&selected.object, self.world.namespace_of)
                    {
                        *weights.entry(domain).or_insert(0) += weight;
                    }
                };
                wishes.iter().for_each(|(weight, term)| add(term, *weight, other));
                other.affinity.preferred.iter().for_each(|(weight, term)| add(term, *weight, self.pod));
                other.affinity.required.iter().for_each(|term| add(term, REQUIRED_WEIGHT, self.pod));
            }
        }
        weights
    }
}

/// The domains of pods that this pod's required terms speak of: near, and far.
fn own_domains<'a>(pod: &'a PodInfo, world: &'a World<'a>) -> (HashSet<Domain<'a>>, HashSet<Domain<'a>>) {
    let (mut near, mut far) = (HashSet::new(), HashSet::new());
    let affinity = &pod.affinity;
    if affinity.required.is_empty() && affinity.required_anti.is_empty() {
        return (near, far);
    }
    for node in world.cache.nodes() {
        for other in node.pods.values() {
            let selects = |term: &&AffinityTerm| term.selects(&other.object, world.namespace_of);
            if !affinity.required.is_empty() && affinity.required.iter().all(|term| selects(&term)) {
                near.extend(affinity.required.iter().filter_map(|term| domain(term, node)));
            }
            far.extend(affinity.required_anti.iter().filter(selects).filter_map(|term| domain(term, node)));
        }
    }
    (near, far)
}

/// The domains of pods whose anti-affinity speaks of this pod.
fn forbidden<'a>(pod: &'a PodInfo, world: &'a World<'a>) -> HashSet<Domain<'a>> {
    let mut forbidden = HashSet::new();
    for node in world.cache.nodes().iter().filter(|node| node.pods_with_affinity > 0) {
        for term in node.pods.values().flat_map(|other| &other.affinity.required_anti) {
            if term.selects(&pod.object, world.namespace_of) {
                forbidden.extend(domain(term, node));
            }
        }
    }
    forbidden
}

fn domain<'a>(term: &'a AffinityTerm, node: &'a NodeInfo) -> Option<Domain<'a>> {
    node.label(&term.topology_key).map(|value| (term.topology_key.as_str(), value))
}

fn is_in(domains: &HashSet<Domain<'_>>, term: &AffinityTerm, node: &NodeInfo) -> bool {
    domain(term, node).is_some_and(|domain| domains.contains(&domain))
}
