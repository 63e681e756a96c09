//! Every rule of scheduling, in the order in which they filter.

mod affinity;
mod node;
mod resources;
mod spread;

use crate::framework::Plugin;

/// The plugins of the default profile.
pub fn all() -> Vec<Box<dyn Plugin>> {
    vec![
        Box::new(node::NodeUnschedulable),
        Box::new(node::NodeName),
        Box::new(node::TaintToleration),
        Box::new(node::NodeAffinity),
        Box::new(node::NodePorts),
        Box::new(resources::Fit),
        Box::new(spread::PodTopologySpread),
        Box::new(affinity::InterPodAffinity),
        Box::new(resources::BalancedAllocation),
    ]
}
