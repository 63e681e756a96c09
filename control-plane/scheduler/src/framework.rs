//! What a plugin is.
//!
//! A plugin looks at a pod once per cycle ([`Plugin::prepare`]) and, where it has something to say,
//! answers for each node. All of it is synchronous and pure.

use std::borrow::Cow;
use std::sync::Arc;

use api::Object;

use crate::cache::Cache;
use crate::node::NodeInfo;
use crate::pod::PodInfo;

/// Changes of the world, as bits: what may make a pod fit that did not.
pub mod events {
    /// A node appeared, or may take more than before.
    pub const NODE_ALLOCATABLE: u8 = 1;
    /// A node's labels or images changed.
    pub const NODE_LABELS: u8 = 2;
    /// A node's taints changed, or whether it takes pods.
    pub const NODE_TAINTS: u8 = 4;
    /// A pod on a node appeared, or its labels changed.
    pub const POD_PLACED: u8 = 8;
    /// A pod left a node.
    pub const POD_GONE: u8 = 16;
    /// A new node is all of these.
    pub const NODE_ADDED: u8 = NODE_ALLOCATABLE | NODE_LABELS | NODE_TAINTS;
    /// Anything.
    pub const ANY: u8 = u8::MAX;
}

/// Best score of a node.
pub const MAX_SCORE: i64 = 100;

/// What surrounds a cycle.
pub struct World<'a> {
    /// Nodes and their pods.
    pub cache: &'a Cache,
    /// The Namespace object of a name.
    pub namespace_of: &'a dyn Fn(&str) -> Option<Arc<Object>>,
}

/// A rule of scheduling.
pub trait Plugin: Send + Sync {
    /// The name, as upstream's.
    fn name(&self) -> &'static str;

    /// How much its scores count; zero where it only filters.
    fn weight(&self) -> i64 {
        0
    }

    /// The [`events`] after which a pod that this plugin refused may fit.
    fn events(&self) -> u8;

    /// Looks at a pod; `None` where the plugin has nothing to say about it.
    fn prepare<'a>(&'a self, pod: &'a PodInfo, world: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>>;
}

/// A plugin that has looked at a pod.
pub trait Prepared {
    /// Refuses a node, with the reasons as upstream words them.
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        Ok(())
    }

    /// Scores the feasible nodes, each from 0 to [`MAX_SCORE`]; empty where it has no opinion.
    fn scores(&self, _nodes: &[&NodeInfo]) -> Vec<i64> {
        Vec::new()
    }
}

/// Why a node was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Every reason.
    pub reasons: Vec<Cow<'static, str>>,
    /// Whether deleting pods from the node could help.
    pub resolvable: bool,
}

impl Rejection {
    /// Nothing done to the node's pods would help.
    pub fn final_because(reason: &'static str) -> Self {
        Self { reasons: vec![reason.into()], resolvable: false }
    }

    /// Fewer pods on the node would help.
    pub fn for_now_because(reason: &'static str) -> Self {
        Self { reasons: vec![reason.into()], resolvable: true }
    }
}

/// Scales scores so that the highest is [`MAX_SCORE`] (or, `reversed`, the lowest is).
pub fn normalized(mut scores: Vec<i64>, reversed: Reversed) -> Vec<i64> {
    let max = scores.iter().copied().max().unwrap_or(0);
    for score in &mut scores {
        let scaled = if max == 0 { 0 } else { *score * MAX_SCORE / max };
        *score = match reversed {
            Reversed::No => scaled,
            Reversed::Yes => MAX_SCORE - scaled,
        };
    }
    scores
}

/// Whether less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversed {
    /// More is better.
    No,
    /// Less is better.
    Yes,
}
