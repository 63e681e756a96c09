//! How every component speaks to the API server: typed calls, watches, shared informers.
//!
//! Invariants:
//! - Components meet only at the API: whatever runs in the same process as the API server uses the
//!   in-process [`Transport`], which enters the same request path as a connection does.
//! - Objects travel as [`Arc<api::Object>`]: in one process, nothing is encoded or decoded twice.
//! - There is one watch and one copy of each kind per process ([`Informers`]).
//! - Whether an error may be retried is decided here, by type, and nowhere else.
//!
//! - Both transports answer the same: what a call gives does not depend on how it travelled.
//!
//! Reading order: [`Request`], [`Transport`], [`Client`], [`Informers`], then [`Remote`] (the
//! transport over TLS) and [`kubeconfig`].

mod client;
mod error;
mod informer;
mod reflector;
mod remote;
mod request;
mod service_account;

pub mod kubeconfig;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use error::Error;
pub use informer::Change;
pub use informer::Deleted;
pub use informer::Informer;
pub use informer::Informers;
pub use informer::Scope;
pub use remote::Identity;
pub use remote::Impersonation;
pub use remote::Remote;
pub use remote::RemoteConfig;
pub use remote::RemoteDeps;
pub use remote::RemoteError;
pub use remote::Token;
pub use request::Action;
pub use request::Answer;
pub use request::DeleteOptions;
pub use request::EventKind;
pub use request::ListOptions;
pub use request::ObjectList;
pub use request::Patch;
pub use request::Precondition;
pub use request::Propagation;
pub use request::Request;
pub use request::Target;
pub use request::Transport;
pub use request::VersionMatch;
pub use request::WatchEvent;
pub use request::WatchOptions;
pub use request::WatchStream;
pub use request::WriteOptions;
pub use service_account::ServiceAccount;
