//! What objects use of a ResourceQuota.
//!
//! The API server charges a quota when something is written, the quota controller counts again when
//! something ends. Both must come to the same sums, so both take them from here.
//!
//! Invariants:
//! - Everything is a function of the objects and the time; nothing is cached, nothing is read.
//! - A resource that no rule here knows is counted as `count/RESOURCE.GROUP` and as nothing else.
//!
//! Source: Kubernetes documentation, "Resource Quotas". Reading order: [`Resources`], [`pod`],
//! [`usage`], [`matching`], [`Scope`], [`total`].

pub mod pod;

mod resources;
mod scope;
mod usage;

#[cfg(test)]
mod tests;

pub use resources::Resources;
pub use scope::Scope;
pub use usage::count_name;
pub use usage::is_quotable;
pub use usage::matches;
pub use usage::matching;
pub use usage::missing;
pub use usage::total;
pub use usage::usage;
