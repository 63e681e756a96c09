//! Cluster DNS: names of Services and pods, by the Kubernetes DNS specification 1.1.0.
//!
//! The cluster's zone is answered from [`Records`], an immutable snapshot that is swapped as a whole.
//! Every name below the zone is answered here and finally: what is not there does not exist, and is
//! never asked of anybody else. Everything else is relayed to the resolvers of the node, packet by
//! packet, without being understood.
//!
//! Choices where the specification leaves room, all as CoreDNS makes them in a kubeadm cluster unless
//! noted: pod names (`10-42-0-7.namespace.pod`) are answered from the name alone when the namespace
//! exists; an SRV question for a Service's own name gives all its ports; reverse names that nobody
//! has are relayed. The TTL is 5 seconds (the specification's examples say 30, which kubeadm sets in
//! CoreDNS; CoreDNS itself says 5): an endpoint that is gone should be forgotten soon, and an answer
//! costs microseconds.
//!
//! Invariants: a packet from outside never panics, loops or grows memory without bound; a reply never
//! answers a reply; no question waits longer than the relay's deadline.
//!
//! Reading order: [`RecordInputs`], [`Records`] (records), `answer`, [`Dns`] (server), `relay`.

mod answer;
mod config;
mod error;
mod feed;
mod install;
mod records;
mod relay;
mod server;
mod socket;
#[cfg(test)]
mod tests;

pub mod outside;

pub use config::DnsConfig;
pub use config::Upstream;
pub use error::Error;
pub use feed::Feed;
pub use install::install;
pub use records::HeadlessEndpoint;
pub use records::NamedPort;
pub use records::RecordInputs;
pub use records::Records;
pub use records::ServiceKind;
pub use records::ServiceRecord;
pub use server::Dns;
pub use server::DnsDeps;
pub use server::Handle;
pub use server::Stats;
