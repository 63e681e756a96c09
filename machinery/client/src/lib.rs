//! How every component speaks to the API server: typed calls, watches, shared informers.
//!
//! Invariants:
//! - Components meet only at the API: whatever runs in the same process as the API server uses the
//!   in-process [`Transport`], which enters the same request path as a connection does.
//! - Objects travel as [`Arc<api::Object>`]: in one process, nothing is encoded or decoded twice.
//! - There is one watch and one copy of each kind per process ([`Informers`]).
//! - Whether an error may be retried is decided here, by type, and nowhere else.
//!
//! Reading order: [`Request`], [`Transport`], [`Client`], [`Informers`].

mod client;
mod error;
mod informer;
mod reflector;
mod request;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use error::Error;
pub use informer::Change;
pub use informer::Deleted;
pub use informer::Informer;
pub use informer::Informers;
pub use informer::Scope;
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
