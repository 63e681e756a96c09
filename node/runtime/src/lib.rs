//! The Runtime contract, and a container runtime of the project's own that fulfils it.
//!
//! [`Runtime`] is what the kubelet needs from whatever runs containers, in plain types that know no
//! API object ([`types`]). [`EmbeddedRuntime`] runs real containers without any other daemon; each pod
//! has a shim ([`shim`]), the same program executed anew, which outlives the runtime. [`fake`] keeps
//! everything in memory, for tests of what stands above. [`logs`] reads the log files.
//!
//! Invariants:
//! - State is in files, each written whole; a runtime that is killed at any instruction and opened
//!   again knows every sandbox, every container and every exit (module `state`).
//! - An exit is on disk before anyone is told of it.
//! - Everything the runtime makes carries the cluster's id; removal leaves no process, mount,
//!   namespace or cgroup behind.
//! - Only a shim or its helpers ever fork: they have one thread.
//!
//! Reading order: [`types`], [`Runtime`], [`Session`], [`Config`], `state`, `embedded`, [`shim`]
//! (`protocol`, `setup`, `server`, `container`), `oci` (`start`, `plan`, `spec`, `embedded`).

mod config;
mod contract;
mod embedded;
mod error;
pub mod fake;
pub mod logs;
mod oci;
mod seccomp;
mod session;
pub mod shim;
mod state;
pub mod types;

pub use config::Config;
pub use config::OciKind;
pub use contract::Runtime;
pub use embedded::Deps;
pub use embedded::EmbeddedRuntime;
pub use error::Error;
pub use error::Result;
pub use session::Session;
pub use session::TerminalSize;
pub use session::resize_channel;
