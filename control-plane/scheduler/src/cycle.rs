//! One pod, one decision: pure.

use std::collections::BTreeMap;

use crate::framework::Plugin;
use crate::framework::Prepared;
use crate::framework::Rejection;
use crate::framework::World;
use crate::node::NodeInfo;
use crate::pod::PodInfo;

/// Below this many nodes all are looked at.
const SMALL_CLUSTER: usize = 100;
/// The search never ends before this share of the nodes (in percent) was found feasible.
const SMALLEST_SHARE: usize = 5;

/// What is decided about a pod.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes to this node.
    Place {
        /// The node's name.
        node: String,
    },
    /// It fits nowhere.
    Unschedulable {
        /// Why, as upstream words it.
        message: String,
        /// The changes after which it may fit: bits of [`crate::framework::events`].
        events: u8,
        /// The nodes on which fewer pods would help.
        candidates: Vec<String>,
        /// How many nodes there are.
        nodes: usize,
    },
}

/// How a cycle is made.
pub struct Cycle<'a> {
    /// The rules.
    pub plugins: &'a [Box<dyn Plugin>],
    /// Share of the nodes, in percent, that must be feasible; zero: falling with the cluster's size.
    pub percentage: u8,
}

/// Where a search begins, so that every node gets its turn.
#[derive(Debug, Default)]
pub struct Start(usize);

/// A rejected node, the place of the plugin that rejected it, and the reasons.
type Refusals<'a> = Vec<(&'a NodeInfo, usize, Rejection)>;

impl Cycle<'_> {
    /// Decides where `pod` goes. `pick` chooses one of so many equally good nodes.
    pub fn decide(
        &self,
        pod: &PodInfo,
        world: &World<'_>,
        start: &mut Start,
        pick: &mut dyn FnMut(usize) -> usize,
    ) -> Decision {
        let prepared: Vec<(usize, Box<dyn Prepared + '_>)> = (self.plugins.iter().enumerate())
            .filter_map(|(i, plugin)| plugin.prepare(pod, world).map(|prepared| (i, prepared)))
            .collect();
        let (feasible, refusals) = self.filter(&prepared, world, start);
        if feasible.is_empty() {
            return self.explain(&refusals);
        }
        let best = self.best(&prepared, &feasible);
        let chosen = best[if best.len() == 1 { 0 } else { pick(best.len()) }];
        Decision::Place { node: feasible[chosen].name.clone() }
    }

    fn filter<'w>(
        &self,
        prepared: &[(usize, Box<dyn Prepared + '_>)],
        world: &'w World<'_>,
        start: &mut Start,
    ) -> (Vec<&'w NodeInfo>, Refusals<'w>) {
        let nodes = world.cache.nodes();
        let wanted = self.wanted(nodes.len());
        let mut feasible = Vec::with_capacity(wanted);
        let mut refusals = Vec::new();
        let mut looked = 0;
        while looked < nodes.len() && feasible.len() < wanted {
            let node = &nodes[(start.0 + looked) % nodes.len()];
            looked += 1;
            if node.object.is_none() {
                continue;
            }
            match prepared.iter().find_map(|(i, p)| p.filter(node).err().map(|refusal| (*i, refusal))) {
                None => feasible.push(node),
                Some((plugin, refusal)) => refusals.push((node, plugin, refusal)),
            }
        }
        start.0 = (start.0 + looked) % nodes.len().max(1);
        (feasible, refusals)
    }

    /// How many feasible nodes end the search.
    fn wanted(&self, nodes: usize) -> usize {
        if nodes < SMALL_CLUSTER {
            return nodes;
        }
        let share = match self.percentage {
            0 => 50usize.saturating_sub(nodes / 125).max(SMALLEST_SHARE),
            share => usize::from(share),
        };
        (nodes * share / 100).max(SMALL_CLUSTER)
    }

    /// The places of the nodes with the highest score.
    fn best(&self, prepared: &[(usize, Box<dyn Prepared + '_>)], nodes: &[&NodeInfo]) -> Vec<usize> {
        if nodes.len() == 1 {
            return vec![0];
        }
        let mut totals = vec![0i64; nodes.len()];
        for (i, plugin) in prepared {
            let weight = self.plugins[*i].weight();
            if weight > 0 {
                for (total, score) in totals.iter_mut().zip(plugin.scores(nodes)) {
                    *total += weight * score;
                }
            }
        }
        let max = totals.iter().copied().max().unwrap_or(0);
        totals.iter().enumerate().filter(|(_, total)| **total == max).map(|(i, _)| i).collect()
    }

    fn explain(&self, refusals: &Refusals<'_>) -> Decision {
        if refusals.is_empty() {
            let message = "no nodes available to schedule pods".to_owned();
            let events = crate::framework::events::NODE_ADDED;
            return Decision::Unschedulable { message, events, candidates: Vec::new(), nodes: 0 };
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut events = 0;
        for (_, plugin, refusal) in refusals {
            events |= self.plugins[*plugin].events();
            for reason in &refusal.reasons {
                *counts.entry(reason).or_insert(0) += 1;
            }
        }
        let mut lines: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        lines.sort();
        let message = format!("0/{} nodes are available: {}.", refusals.len(), lines.join(", "));
        let resolvable = refusals.iter().filter(|(.., refusal)| refusal.resolvable);
        let candidates = resolvable.map(|(node, ..)| node.name.clone()).collect();
        Decision::Unschedulable { message, events, candidates, nodes: refusals.len() }
    }
}
