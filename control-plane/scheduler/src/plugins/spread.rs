//! Pod topology spread: so many pods more in one domain than in another, and no more (KEP-895).

use std::collections::HashMap;

use meta::LabelSelector;

use crate::cache::Cache;
use crate::framework::MAX_SCORE;
use crate::framework::Plugin;
use crate::framework::Prepared;
use crate::framework::Rejection;
use crate::framework::World;
use crate::framework::events;
use crate::node::HOSTNAME;
use crate::node::NodeInfo;
use crate::node::ZONE;
use crate::plugins::node::allows;
use crate::pod::ControllerId;
use crate::pod::PodInfo;
use crate::pod::SpreadConstraint;

const BROKEN: &str = "node(s) didn't match pod topology spread constraints";
const NO_DOMAIN: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

/// The plugin.
pub struct PodTopologySpread;

struct Spread<'a> {
    pod: &'a PodInfo,
    cache: &'a Cache,
    required: Vec<Required<'a>>,
    preferred: Vec<Preferred<'a>>,
    /// Whether a node without one of the domains counts for nothing.
    needs_all_domains: bool,
}

/// A constraint with how many pods each domain has.
struct Required<'a> {
    constraint: &'a SpreadConstraint,
    counts: HashMap<&'a str, i64>,
    least: i64,
    /// One where the pod itself counts.
    own: i64,
}

struct Preferred<'a> {
    key: &'a str,
    max_skew: i64,
    counted: Counted<'a>,
    honors: Option<&'a SpreadConstraint>,
}

/// Which pods count.
enum Counted<'a> {
    /// Those a constraint selects.
    Selected(&'a LabelSelector),
    /// Those of the same controller: what is spread where nothing is said.
    Siblings(ControllerId),
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }

    fn weight(&self) -> i64 {
        2
    }

    fn events(&self) -> u8 {
        events::POD_GONE | events::POD_PLACED | events::NODE_ADDED
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, world: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let required = required(pod, world.cache);
        let preferred = preferred(pod);
        if required.is_empty() && preferred.is_empty() {
            return None;
        }
        let needs_all_domains = !pod.spread.is_empty();
        Some(Box::new(Spread { pod, cache: world.cache, required, preferred, needs_all_domains }))
    }
}

impl Prepared for Spread<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        for required in &self.required {
            let Some(domain) = node.label(&required.constraint.topology_key) else {
                return Err(Rejection::final_because(NO_DOMAIN));
            };
            let count = required.counts.get(domain).copied().unwrap_or(0);
            if count + required.own - required.least > required.constraint.max_skew {
                return Err(Rejection::for_now_because(BROKEN));
            }
        }
        Ok(())
    }

    fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        if self.preferred.is_empty() {
            return Vec::new();
        }
        let counts = |node: &&NodeInfo| {
            !self.needs_all_domains || self.preferred.iter().all(|p| node.label(p.key).is_some())
        };
        let ignored: Vec<bool> = nodes.iter().map(|node| !counts(node)).collect();
        let mut totals = vec![0.0f64; nodes.len()];
        for preferred in &self.preferred {
            self.add(preferred, nodes, &ignored, &mut totals);
        }
        let rounded = |total: &f64| total.round() as i64;
        let counted =
            || totals.iter().zip(&ignored).filter(|(_, ignored)| !**ignored).map(|(t, _)| rounded(t));
        let (min, max) = (counted().min().unwrap_or(0), counted().max().unwrap_or(0));
        let score = |(total, ignored): (&f64, &bool)| match (*ignored, max) {
            (true, _) => 0,
            (false, 0) => MAX_SCORE,
            (false, max) => MAX_SCORE * (max + min - rounded(total)) / max,
        };
        totals.iter().zip(&ignored).map(score).collect()
    }
}

impl Spread<'_> {
    /// Adds what one constraint says about each node: the more pods its domain has, the worse.
    fn add(&self, preferred: &Preferred<'_>, nodes: &[&NodeInfo], ignored: &[bool], totals: &mut [f64]) {
        let considered =
            || nodes.iter().zip(ignored).filter(|(_, ignored)| !**ignored).map(|(node, _)| *node);
        let mut domains: HashMap<&str, i64> = HashMap::new();
        let per_node = preferred.key == HOSTNAME;
        if !per_node {
            domains
                .extend(considered().filter_map(|node| node.label(preferred.key)).map(|domain| (domain, 0)));
            if domains.is_empty() {
                return;
            }
            for node in self.cache.nodes() {
                let here = preferred.count(self.pod, node);
                if here > 0
                    && preferred.honors.is_none_or(|constraint| is_included(constraint, self.pod, node))
                    && let Some(count) = node.label(preferred.key).and_then(|domain| domains.get_mut(domain))
                {
                    *count += here;
                }
            }
        }
        // The fewer domains there are, the less each one weighs.
        let size = if per_node { considered().count() } else { domains.len() };
        let weight = ((size + 2) as f64).ln();
        for (total, node) in totals.iter_mut().zip(nodes) {
            let Some(domain) = node.label(preferred.key) else { continue };
            let count = if per_node {
                preferred.count(self.pod, node)
            } else {
                domains.get(domain).copied().unwrap_or(0)
            };
            *total += count as f64 * weight + (preferred.max_skew - 1) as f64;
        }
    }
}

impl Preferred<'_> {
    fn count(&self, pod: &PodInfo, node: &NodeInfo) -> i64 {
        match self.counted {
            Counted::Selected(selector) => count(selector, pod, node),
            Counted::Siblings(controller) => node.siblings(controller),
        }
    }
}

fn required<'a>(pod: &'a PodInfo, cache: &'a Cache) -> Vec<Required<'a>> {
    let constraints: Vec<&SpreadConstraint> = pod.spread.iter().filter(|c| c.required).collect();
    let mut required: Vec<Required<'a>> = Vec::new();
    for constraint in &constraints {
        let mut counts: HashMap<&str, i64> = HashMap::new();
        for node in cache.nodes() {
            // Only a node that has every domain is a place where the pod could go.
            if !constraints.iter().all(|c| node.label(&c.topology_key).is_some())
                || !is_included(constraint, pod, node)
            {
                continue;
            }
            if let Some(domain) = node.label(&constraint.topology_key) {
                *counts.entry(domain).or_insert(0) += count(&constraint.selector, pod, node);
            }
        }
        let few = (counts.len() as i64) < constraint.min_domains;
        let least = if few { 0 } else { counts.values().copied().min().unwrap_or(0) };
        let own = i64::from(pod.object.index().matches_labels(&constraint.selector));
        required.push(Required { constraint, counts, least, own });
    }
    required
}

/// The constraints that only say what is better. Where a pod has none at all, the pods of one
/// controller are spread over nodes and zones.
fn preferred(pod: &PodInfo) -> Vec<Preferred<'_>> {
    if !pod.spread.is_empty() {
        let soft = pod.spread.iter().filter(|c| !c.required);
        let preferred = soft.map(|c| Preferred {
            key: &c.topology_key,
            max_skew: c.max_skew,
            counted: Counted::Selected(&c.selector),
            honors: Some(c),
        });
        return preferred.collect();
    }
    let Some(controller) = pod.controller else { return Vec::new() };
    [(HOSTNAME, 3), (ZONE, 5)]
        .map(|(key, max_skew)| Preferred {
            key,
            max_skew,
            counted: Counted::Siblings(controller),
            honors: None,
        })
        .into()
}

/// Whether the pods of a node count at all.
fn is_included(constraint: &SpreadConstraint, pod: &PodInfo, node: &NodeInfo) -> bool {
    (!constraint.honor_affinity || allows(pod, node))
        && (!constraint.honor_taints || node.blocking_taint(pod).is_none())
}

fn count(selector: &LabelSelector, pod: &PodInfo, node: &NodeInfo) -> i64 {
    let counts = |other: &&std::sync::Arc<PodInfo>| {
        other.object.namespace() == pod.object.namespace()
            && other.object.index().matches_labels(selector)
            && other.object.value()["metadata"]["deletionTimestamp"].is_null()
    };
    node.pods.values().filter(counts).count() as i64
}
