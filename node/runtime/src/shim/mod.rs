//! The pod's shim: parent of its containers, keeper of their streams, witness of their exits.
//!
//! The shim is this same program, executed anew with `shim <sandbox directory>`. It has one thread,
//! no asynchronous runtime and small buffers; whatever is heavy happens in a helper (`oci …`, see
//! [`crate::oci`]) that ends when the process it started runs. The shim lives inside the pod's
//! network, IPC and UTS namespaces, which keeps them alive and hands them down to every helper, and
//! so to every container, by inheritance.
//!
//! It writes an exit to disk before it tells anyone, so that a runtime which was not there when it
//! happened reads the truth later. It ends only when asked to, or by force.

mod container;
mod log;
pub(crate) mod protocol;
mod server;
mod setup;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) use container::log_path;
pub(crate) use setup::READY;
pub(crate) use setup::mount_shared_memory;

/// The first argument of a shim.
pub(crate) const SHIM: &str = "shim";
/// The first argument of a helper.
pub(crate) const OCI: &str = "oci";

/// Runs this process as shim or helper if its arguments (without the program's name) say so; `None`
/// means that they are for the caller. To be called in `main` before anything that starts a thread.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter();
    let role = args.next()?;
    let rest: Vec<OsString> = args.collect();
    match role.to_str() {
        Some(SHIM) => match rest.as_slice() {
            [dir] => Some(setup::main(PathBuf::from(dir))),
            _ => Some(ExitCode::from(2)),
        },
        Some(OCI) => Some(crate::oci::main(&rest)),
        _ => None,
    }
}
