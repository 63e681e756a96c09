//! The OCI bundle's `config.json` (OCI runtime specification 1.0).

use std::path::Path;
use std::path::PathBuf;

use linux::cgroup::Layout;
use serde_json::Value;
use serde_json::json;

use super::ProcessPlan;
use super::devices::DeviceFile;
use super::mounts;
use crate::state::SandboxDir;
use crate::types::ContainerConfig;
use crate::types::PidMode;
use crate::types::SandboxConfig;

/// Hidden from everyone who is not privileged: they tell of the node or let one harm it.
const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What a specification is made from.
pub(crate) struct Parts<'a> {
    pub(crate) sandbox_dir: &'a SandboxDir,
    pub(crate) sandbox: &'a SandboxConfig,
    pub(crate) config: &'a ContainerConfig,
    pub(crate) process: &'a ProcessPlan,
    pub(crate) devices: &'a [DeviceFile],
    pub(crate) rootfs: PathBuf,
    pub(crate) cgroup: PathBuf,
    pub(crate) layout: &'a Layout,
    /// The first process of the pod's shared process namespace.
    pub(crate) pause_pid: Option<i32>,
    /// The first process of the container whose process namespace is joined.
    pub(crate) target_pid: Option<i32>,
}

/// What every runtime needs; each adds its own `process`.
pub(crate) fn common(parts: &Parts<'_>) -> Value {
    let config = parts.config;
    let (joins, privileged) = (joined_processes(parts).is_some(), config.security.privileged);
    let cgroups = mounts::cgroups(parts.layout, &parts.cgroup, joins, privileged);
    let devices: Vec<Value> = parts.devices.iter().map(DeviceFile::to_spec).collect();
    json!({
        "ociVersion": "1.0.2",
        "root": { "path": parts.rootfs, "readonly": config.security.readonly_rootfs },
        "mounts": mounts::of(parts.sandbox_dir, parts.sandbox, config, cgroups),
        "linux": {
            "namespaces": namespaces(parts),
            "cgroupsPath": Path::new("/").join(&parts.cgroup),
            "maskedPaths": paths(config, config.security.masked_paths.as_ref(), &MASKED),
            "readonlyPaths": paths(config, config.security.readonly_paths.as_ref(), &READ_ONLY),
            "rootfsPropagation": mounts::root_propagation(config),
            "devices": devices,
        },
    })
}

/// The process whose process namespace is joined.
fn joined_processes(parts: &Parts<'_>) -> Option<i32> {
    match parts.sandbox.pid {
        PidMode::Container => parts.target_pid,
        PidMode::Pod => parts.pause_pid,
        // Everything is seen already.
        PidMode::Node => None,
    }
}

/// Network, IPC and UTS namespaces are the shim's and inherited.
fn namespaces(parts: &Parts<'_>) -> Vec<Value> {
    let mut namespaces = vec![json!({ "type": "mount" })];
    match (parts.sandbox.pid, joined_processes(parts)) {
        (_, Some(pid)) => namespaces.push(json!({ "type": "pid", "path": format!("/proc/{pid}/ns/pid") })),
        (PidMode::Container, None) => namespaces.push(json!({ "type": "pid" })),
        (PidMode::Pod | PidMode::Node, None) => {}
    }
    if matches!(parts.layout, Layout::V2(_)) && !parts.config.security.privileged {
        namespaces.push(json!({ "type": "cgroup" }));
    }
    namespaces
}

fn paths(config: &ContainerConfig, own: Option<&Vec<String>>, default: &[&str]) -> Vec<String> {
    match own {
        _ if config.security.privileged => Vec::new(),
        Some(own) => own.clone(),
        None => default.iter().map(|path| (*path).to_owned()).collect(),
    }
}
