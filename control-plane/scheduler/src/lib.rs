//! The scheduler: finds a node for every pod that has none.
//!
//! ```text
//! informers (pods, nodes) ──> cache (nodes with their pods) ──┐
//!                        └──> queue (pods without a node) ────┴─> cycle: filter, score (pure) ─┐
//!            pods/binding, asynchronously <── assumed in the cache at once <───────────────────┘
//! ```
//!
//! Invariants:
//! - A decision is a pure function of the cache, the pod and a choice among equals.
//! - A pod counts on its node from the moment of the decision; a binding that fails takes that back.
//! - A pod is in exactly one place: in line, backing off, waiting for the world to change, being
//!   tried, or gated. Nothing is polled: what a plugin refused waits for the events it named.
//!
//! Reading order: [`Config`], [`Scheduler`] (run), `state`, `queue`, `cache`, `cycle`, `framework`,
//! `plugins`, `preemption`.

pub mod cache;
pub mod cycle;
pub mod framework;
pub mod node;
pub mod plugins;
pub mod pod;
pub mod preemption;
pub mod queue;
pub mod resources;
pub mod selector;
pub mod state;

mod config;
mod error;
mod run;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use error::Error;
pub use run::Deps;
pub use run::Scheduler;
