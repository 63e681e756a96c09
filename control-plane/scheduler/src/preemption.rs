//! Preemption: which less important pods make room for a pod that fits nowhere. Pure but for the
//! cache, which is changed while it is asked and is the same afterwards.
//!
//! Source: upstream's DefaultPreemption, without PodDisruptionBudgets.

use std::cmp::Reverse;
use std::sync::Arc;

use api::Object;

use crate::cache::Cache;
use crate::framework::Plugin;
use crate::framework::World;
use crate::pod::PodInfo;

/// Most nodes that are tried, unless a tenth of the cluster is more.
const CANDIDATES: usize = 100;

/// Pods to be evicted from a node.
#[derive(Debug)]
pub struct Victims {
    /// The node.
    pub node: String,
    /// The pods, the most important first.
    pub pods: Vec<Arc<PodInfo>>,
}

/// Tries to make room for pods.
pub struct Preemption<'a> {
    /// The rules.
    pub plugins: &'a [Box<dyn Plugin>],
    /// The Namespace object of a name.
    pub namespace_of: &'a dyn Fn(&str) -> Option<Arc<Object>>,
}

impl Preemption<'_> {
    /// Finds the node on which room costs least, among those where fewer pods would help.
    pub fn find(&self, pod: &PodInfo, cache: &mut Cache, candidates: &[String]) -> Option<Victims> {
        let most = CANDIDATES.max(cache.nodes().len() / 10);
        let found = candidates.iter().take(most).filter_map(|node| self.victims_on(pod, cache, node));
        found.min_by_key(cost)
    }

    /// The pods that have to leave one node: all that are less important, less those that can stay.
    fn victims_on(&self, pod: &PodInfo, cache: &mut Cache, node: &str) -> Option<Victims> {
        let lower = |other: &&Arc<PodInfo>| other.priority < pod.priority;
        let mut removed: Vec<Arc<PodInfo>> = cache.node(node)?.pods.values().filter(lower).cloned().collect();
        if removed.is_empty() {
            return None;
        }
        removed.sort_by_key(|other| (Reverse(other.priority), other.created));
        let held: Vec<_> = removed.iter().map(|other| cache.take(other.object.uid())).collect();
        let possible = self.fits(pod, cache, node);
        let mut victims = Vec::new();
        for (other, held) in removed.into_iter().zip(held) {
            let Some(held) = held else { continue };
            cache.put_back(held);
            if possible && !self.fits(pod, cache, node) {
                victims.push((cache.take(other.object.uid()), other));
            }
        }
        let mut pods = Vec::new();
        for (held, other) in victims {
            if let Some(held) = held {
                cache.put_back(held);
            }
            pods.push(other);
        }
        (!pods.is_empty()).then(|| Victims { node: node.to_owned(), pods })
    }

    fn fits(&self, pod: &PodInfo, cache: &Cache, node: &str) -> bool {
        let Some(node) = cache.node(node) else { return false };
        let world = World { cache, namespace_of: self.namespace_of };
        let mut prepared = self.plugins.iter().filter_map(|plugin| plugin.prepare(pod, &world));
        prepared.all(|plugin| plugin.filter(node).is_ok())
    }
}

/// Upstream's order: the least important victims, the smallest sum of importance, the fewest, the
/// youngest.
fn cost(victims: &Victims) -> (i64, i64, usize, Reverse<Option<jiff::Timestamp>>) {
    let highest = victims.pods.iter().map(|pod| pod.priority).max().unwrap_or(i64::MIN);
    // Shifted, so that many unimportant pods never cost less than few.
    let sum = victims.pods.iter().map(|pod| pod.priority + i64::from(i32::MAX) + 1).sum();
    let oldest =
        victims.pods.iter().filter(|pod| pod.priority == highest).filter_map(|pod| pod.created).min();
    (highest, sum, victims.pods.len(), Reverse(oldest))
}
