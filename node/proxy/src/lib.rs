//! The Service data plane (kube-proxy): Services and their endpoints as one nftables table.
//!
//! A packet's first meeting with a Service is one lookup in a verdict map, keyed by address,
//! protocol and port; the verdict leads to one of a few chains, named after the number of endpoints
//! `n`, whose single rule draws a number below `n` and looks the endpoint up under the same key and
//! that number. There is no chain per Service: chains cost the kernel time that grows faster than
//! their number, elements do not. (A Service with session affinity is the exception: it has chains
//! and a map of its own, which holds the choices that were made.)
//!
//! What happens after the translation is decided by the flow's original destination, which
//! connection tracking keeps, and not by packet marks: marks belong to the machine's owner.
//!
//! Invariants:
//! - [`plan`] is pure: the same snapshot gives the same [`Ruleset`].
//! - A change is one transaction: packets meet the old rules or the new ones.
//! - A change touches the elements that changed, so that affinity and flows live on.
//! - Masquerade only where an answer could not find its way: hairpin, and external destinations
//!   whose policy is `Cluster`.
//! - Everything is in table `inet skiff-<cluster id>-proxy`; [`wipe`] takes it away.
//!
//! Reading order: [`ServiceSnapshot`] (snapshot), `select`, [`plan`], [`Ruleset`] (ruleset), `table`,
//! `apply`, [`Proxy`] (run).

mod apply;
mod config;
mod error;
mod feed;
mod plan;
mod ruleset;
mod run;
mod select;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;

pub use apply::Applier;
pub use apply::wipe;
pub use config::ProxyConfig;
pub use error::Error;
pub use feed::Feed;
pub use plan::plan;
pub use ruleset::HealthCheck;
pub use ruleset::Ruleset;
pub use run::Handle;
pub use run::Proxy;
pub use run::ProxyDeps;
pub use run::Status;
pub use snapshot::Endpoint;
pub use snapshot::Protocol;
pub use snapshot::Service;
pub use snapshot::ServicePort;
pub use snapshot::ServiceSnapshot;
pub use snapshot::TrafficPolicy;
