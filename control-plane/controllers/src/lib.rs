//! The controller manager: one module per controller, one table, one loop.
//!
//! Invariants:
//! - A controller is a pure `plan` on what its informers show, and a short executor that applies the
//!   planned operations with preconditions (`uid`, `resourceVersion`).
//! - Wake-ups carry a key, never data: every reconcile is right for any earlier state of the world.
//! - Each controller acts as a service account of its own, with the rights upstream gives it; all of
//!   them read through the same shared informers.
//! - Only the holder of the Lease works.
//!
//! Reading order: [`Config`], [`Deps`], [`Controllers`], `table` (every controller), then any module
//! under `workloads`, `cluster`, `network` or `storage`.

mod config;
mod context;
mod error;
mod objects;
mod run;
mod table;

mod cluster;
mod network;
mod storage;
mod workloads;

#[cfg(test)]
mod fixture;

pub use config::Config;
pub use error::Error;
pub use run::Controllers;
pub use run::Deps;
