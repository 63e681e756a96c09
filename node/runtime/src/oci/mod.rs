//! Starting processes: the short-lived helper between a shim and a container.
//!
//! A helper is this same program with `oci start …` or `oci exec …`. It inherits the streams that
//! become the container's and the pod's namespaces, prepares everything that must be in place before
//! the process runs, has an [`OciRuntime`] start it, writes its process id to a file and ends; the
//! process then becomes the shim's child. Signals, exits and state are the shim's business, who is
//! the parent, so the trait holds only what differs between runtimes.

mod devices;
mod embedded;
mod executor;
mod mounts;
mod plan;
mod report;
mod runc;
mod spec;
mod start;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) use plan::ProcessPlan;
pub(crate) use start::limits;

use crate::config::OciKind;
use crate::error::Error;
use crate::error::Result;
use crate::state;
use crate::state::ContainerDir;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::types::ContainerId;

/// A container that is ready to start: its bundle is written, its root is mounted, its cgroup exists.
pub(crate) struct Launch {
    pub(crate) id: ContainerId,
    pub(crate) dir: ContainerDir,
    pub(crate) process: ProcessPlan,
}

/// A command that is ready to run in a container.
pub(crate) struct Command {
    pub(crate) id: ContainerId,
    pub(crate) dir: ContainerDir,
    /// The command's own directory.
    pub(crate) exec_dir: PathBuf,
    pub(crate) process: ProcessPlan,
}

/// Starts processes in containers. Both calls return the process id once the program itself runs,
/// and [`Error::Start`] with the reason if it does not.
pub(crate) trait OciRuntime {
    /// What this runtime must find in a bundle's `config.json`.
    fn spec(&self, parts: &spec::Parts<'_>) -> Result<serde_json::Value>;

    /// Creates and starts a container.
    fn start(&self, launch: &Launch) -> Result<i32>;

    /// Runs a command in a container that runs.
    fn exec(&self, command: &Command) -> Result<i32>;
}

/// The helper's `main`; `args` follow the word `oci`.
pub(crate) fn main(args: &[OsString]) -> ExitCode {
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let (dir, result) = match words.as_slice() {
        ["start", sandbox, container] => {
            let sandbox = SandboxDir(PathBuf::from(sandbox));
            (sandbox.container(container).0, start::start(&sandbox, container))
        }
        ["exec", sandbox, container, name] => {
            let sandbox = SandboxDir(PathBuf::from(sandbox));
            (sandbox.container(container).exec(name), start::exec(&sandbox, container, name))
        }
        _ => return ExitCode::from(2),
    };
    let (path, text) = match &result {
        Ok(pid) => (state::pid_file(&dir), pid.to_string()),
        Err(error) => (state::error_file(&dir), error.chain()),
    };
    let written = state::save_bytes(&path, text.as_bytes());
    if result.is_ok() && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The runtime that a sandbox was made with.
pub(crate) fn of(record: &SandboxRecord) -> Box<dyn OciRuntime> {
    match &record.oci {
        OciKind::Embedded => Box::new(embedded::Embedded),
        OciKind::Runc(path) => Box::new(runc::Runc { program: path.clone() }),
    }
}

/// The error that a user of container runtimes expects.
pub(crate) fn start_error(text: impl std::fmt::Display) -> Error {
    Error::Start(format!("unable to start container process: {text}"))
}
