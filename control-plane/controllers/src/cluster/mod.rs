//! Controllers of the cluster itself: namespaces, identities, ownership, nodes.

pub(crate) mod aggregation;
pub(crate) mod garbage;
pub(crate) mod namespace;
pub(crate) mod node_ipam;
pub(crate) mod node_lifecycle;
pub(crate) mod pod_gc;
pub(crate) mod resource_quota;
pub(crate) mod root_ca;
pub(crate) mod service_account;
pub(crate) mod taint_eviction;

mod garbage_plan;
mod node_plan;

#[cfg(test)]
mod tests;
