//! The OCI runtime in this program: libcontainer, with the last steps before exec our own.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use libcontainer::container::builder::ContainerBuilder;
use libcontainer::syscall::syscall::SyscallType;
use serde_json::Value;
use serde_json::json;

use super::Command;
use super::Launch;
use super::OciRuntime;
use super::ProcessPlan;
use super::executor::FinalSteps;
use super::report;
use super::spec;
use super::spec::Parts;
use super::start_error;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::state;

/// Starts processes with libcontainer.
///
/// The library would drop privileges before it could load a seccomp filter without libseccomp, so it
/// is told to start the process as root with everything, and [`FinalSteps`] does the rest.
pub(super) struct Embedded;

impl OciRuntime for Embedded {
    fn spec(&self, parts: &Parts<'_>) -> Result<Value> {
        let mut spec = spec::common(parts);
        spec["process"] = process(parts.process);
        Ok(spec)
    }

    fn start(&self, launch: &Launch) -> Result<i32> {
        let dir = &launch.dir.0;
        let (steps, mut report) = FinalSteps::new(&launch.process)?;
        let mut builder = ContainerBuilder::new(launch.id.0.clone(), SyscallType::default())
            .with_root_path(launch.dir.oci())
            .map_err(|error| failure(dir, &error))?
            .with_executor(steps);
        if launch.process.terminal {
            builder = builder.with_console_socket(Some(dir.join(state::CONSOLE)));
        }
        let created = builder.as_init(launch.dir.bundle()).with_systemd(false).with_detach(true).build();
        let mut container = created.map_err(|error| told(&mut report, dir, &error))?;
        let pid = container.pid().ok_or_else(|| start_error("the process has no id"))?.as_raw();
        container.start().map_err(|error| told(&mut report, dir, &error))?;
        wait_for_exec(&mut report, dir)?;
        Ok(pid)
    }

    fn exec(&self, command: &Command) -> Result<i32> {
        let dir = &command.exec_dir;
        let (steps, mut report) = FinalSteps::new(&command.process)?;
        let request = dir.join("process.json");
        state::save(&request, &process(&command.process))?;
        let mut builder = ContainerBuilder::new(command.id.0.clone(), SyscallType::default())
            .with_root_path(command.dir.oci())
            .map_err(|error| failure(dir, &error))?
            .with_executor(steps);
        if command.process.terminal {
            builder = builder.with_console_socket(Some(dir.join(state::CONSOLE)));
        }
        let started = builder.as_tenant().with_detach(true).with_process(Some(request)).build();
        let pid = started.map_err(|error| told(&mut report, dir, &error))?.as_raw();
        wait_for_exec(&mut report, dir)?;
        Ok(pid)
    }
}

/// The process as the library is to start it.
fn process(plan: &ProcessPlan) -> Value {
    json!({
        "terminal": plan.terminal,
        "user": { "uid": 0, "gid": 0 },
        "args": plan.args,
        "env": plan.env,
        "cwd": plan.cwd,
    })
}

/// The pipe closes when the program runs; anything read from it is why it does not.
fn wait_for_exec(report: &mut File, dir: &Path) -> Result<()> {
    let mut text = String::new();
    report.read_to_string(&mut text).context("read the outcome of", dir)?;
    if text.is_empty() { Ok(()) } else { Err(start_error(text)) }
}

/// Why a process did not start: what it said itself, or else what the library says.
///
/// The library repeats a failure of the last steps in words of its own, which only hide the reason.
fn told(report: &mut File, dir: &Path, error: &dyn std::error::Error) -> Error {
    // The other end may still be open somewhere in the library: what was not written is not awaited.
    let mut reason = [0; 4096];
    let read = rustix::io::ioctl_fionbio(&*report, true).map_err(std::io::Error::from);
    match read.and_then(|()| report.read(&mut reason)) {
        Ok(length @ 1..) => start_error(String::from_utf8_lossy(&reason[..length])),
        Ok(0) | Err(_) => failure(dir, error),
    }
}

/// The library's error with the first detail that it logged.
fn failure(dir: &Path, error: &dyn std::error::Error) -> Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    match report::first(dir) {
        Some(detail) if !text.contains(&detail) => start_error(format!("{text}: {detail}")),
        Some(_) | None => start_error(text),
    }
}
