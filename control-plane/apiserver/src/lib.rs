//! The API server: one path for every request, and the watch cache.
//!
//! A request is authenticated, authorized, routed by the resource table, and becomes one
//! [`client::Request`]; from there connections and in-process clients are the same. Reads are served
//! from the watch cache as bytes that already exist; writes are decoded, defaulted, admitted,
//! prepared and validated, committed with a precondition, and answered with the stored bytes.
//!
//! Invariants:
//! - No code here names a kind, except where a kind has a subresource of its own (binding, eviction,
//!   scale, token), an allocator (Services) or an admission plugin.
//! - Whatever a read returns was acknowledged, and a read without version sees every write that was
//!   acknowledged before it began.
//! - There is one write path; every verb that writes ends in `Call::replace` or `Call::create_once`.
//!
//! Reading order: [`ApiServer`], `path` (what each verb does), `storage`, `cache`, `authz`,
//! `admission`, `flow`, `http`.

mod addresses;
mod admission;
mod authn;
mod authz;
mod bootstrap;
mod cache;
mod config;
mod error;
mod flow;
mod http;
mod memo;
mod path;
mod server;
mod storage;
mod tokens;
mod user;

#[cfg(test)]
mod tests;

pub mod outside;

pub use config::Config;
pub use config::Limits;
pub use config::NodePorts;
pub use error::Error;
pub use server::ApiServer;
pub use server::Deps;
pub use user::MASTERS;
pub use user::NODES;
pub use user::User;
