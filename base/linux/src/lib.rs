//! What the node needs from Linux: namespaces, cgroups, mounts, seccomp, capabilities, processes.
//!
//! Invariants:
//! - Nothing here knows of pods or containers; paths, process ids and numbers only.
//! - A limit that the kernel or the missing privilege of this process does not allow is never a
//!   silent success: it is either an error or a [`Downgrade`] that says what was granted instead.
//! - `unsafe` stays in the private halves of [`cgroup`], [`namespace`], [`process`], [`seccomp`] and [`terminal`].
//!
//! Reading order: [`cgroup`], [`mount`], [`namespace`], [`process`], [`credentials`], [`seccomp`],
//! [`socket`], [`terminal`].

pub mod cgroup;
pub mod credentials;
mod error;
pub mod mount;
pub mod namespace;
pub mod process;
pub mod seccomp;
pub mod socket;
mod syscalls;
pub mod terminal;

pub use error::Downgrade;
pub use error::Error;
pub use error::Result;
pub use syscalls::syscall_number;
