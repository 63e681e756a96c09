//! Controllers of the cluster itself: namespaces, identities, ownership, nodes.

pub(crate) mod aggregation;
pub(crate) mod root_ca;
pub(crate) mod service_account;
