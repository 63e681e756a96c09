//! The OCI runtime as a program: `runc`, or one that takes the same arguments.

use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use super::Command;
use super::Launch;
use super::OciRuntime;
use super::ProcessPlan;
use super::spec;
use super::spec::Parts;
use super::start_error;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::state;

/// Starts processes with the program at `program`.
pub(super) struct Runc {
    pub(super) program: PathBuf,
}

impl OciRuntime for Runc {
    fn spec(&self, parts: &Parts<'_>) -> Result<Value> {
        let mut spec = spec::common(parts);
        spec["process"] = process(parts.process);
        if let Some(profile) = &parts.process.seccomp {
            spec["linux"]["seccomp"] = profile.to_spec();
        }
        // Limits are in force before runc comes; it still wants to write the device rules itself.
        let rules = match super::devices::rules(parts.config, parts.devices) {
            linux::cgroup::Devices::Only(rules) => rules,
            linux::cgroup::Devices::All | linux::cgroup::Devices::Inherit => vec!["a *:* rwm".to_owned()],
        };
        let mut devices = vec![json!({ "allow": false, "access": "rwm" })];
        devices.extend(rules.iter().filter_map(|rule| rule_to_spec(rule)));
        spec["linux"]["resources"] = json!({ "devices": devices });
        Ok(spec)
    }

    fn start(&self, launch: &Launch) -> Result<i32> {
        let dir = &launch.dir.0;
        let mut command = self.command(&launch.dir.oci(), dir, "run");
        command.arg("--bundle").arg(launch.dir.bundle());
        if launch.process.terminal {
            // With a bundle, runc first changes to the bundle's directory.
            command.arg("--console-socket").arg(Path::new("..").join(state::CONSOLE));
        }
        finish(command, dir, &[launch.id.as_str()])
    }

    fn exec(&self, exec: &Command) -> Result<i32> {
        let request = exec.exec_dir.join("process.json");
        state::save(&request, &process(&exec.process))?;
        let mut command = self.command(&exec.dir.oci(), &exec.exec_dir, "exec");
        command.arg("--process").arg(&request);
        if exec.process.terminal {
            command.args(["--console-socket", state::CONSOLE]);
        }
        finish(command, &exec.exec_dir, &[exec.id.as_str()])
    }
}

impl Runc {
    /// `runc … verb --detach --pid-file …`, working in `dir` so that sockets have short paths.
    fn command(&self, root: &Path, dir: &Path, verb: &str) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.current_dir(dir).arg("--root").arg(root);
        command.args([
            "--log",
            "runc.json",
            "--log-format",
            "json",
            verb,
            "--detach",
            "--pid-file",
            "runc.pid",
        ]);
        command
    }
}

fn finish(mut command: std::process::Command, dir: &Path, last: &[&str]) -> Result<i32> {
    // The streams are the container's: runc hands its own on.
    command.args(last).stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let status =
        command.status().map_err(|error| Error::Start(format!("cannot run the OCI runtime: {error}")))?;
    if !status.success() {
        return Err(start_error(reason(dir)));
    }
    let path = dir.join("runc.pid");
    let text = std::fs::read_to_string(&path).context("read", &path)?;
    text.trim().parse().map_err(|_| start_error("the OCI runtime left no process id"))
}

/// The last error in runc's log, without the layers of its own that come first.
fn reason(dir: &Path) -> String {
    let log = std::fs::read_to_string(dir.join("runc.json")).unwrap_or_default();
    let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = entries.rev().find(|entry| entry["level"] == "error");
    let text = last.and_then(|entry| entry["msg"].as_str().map(str::to_owned)).unwrap_or_default();
    match text.rsplit_once("container process: ") {
        Some((_, reason)) => reason.to_owned(),
        None if text.is_empty() => "the OCI runtime gave no reason".to_owned(),
        None => text,
    }
}

fn process(plan: &ProcessPlan) -> Value {
    let capabilities = &plan.capabilities;
    json!({
        "terminal": plan.terminal,
        "user": { "uid": plan.uid, "gid": plan.gid, "additionalGids": plan.groups },
        "args": plan.args,
        "env": plan.env,
        "cwd": plan.cwd,
        "capabilities": {
            "bounding": capabilities, "effective": capabilities, "permitted": capabilities,
        },
        "noNewPrivileges": plan.no_new_privileges,
    })
}

/// `c 1:3 rwm` as the specification has it; a star is left out.
fn rule_to_spec(rule: &str) -> Option<Value> {
    let mut words = rule.split(' ');
    let (kind, numbers, access) = (words.next()?, words.next()?, words.next()?);
    let (major, minor) = numbers.split_once(':')?;
    let mut value = json!({ "allow": true, "type": kind, "access": access });
    for (name, number) in [("major", major), ("minor", minor)] {
        if let Ok(number) = number.parse::<i64>() {
            value[name] = json!(number);
        }
    }
    Some(value)
}
