//! A container's mounts, as the OCI runtime specification writes them.

use std::collections::BTreeSet;
use std::path::Path;

use linux::cgroup::Layout;
use serde_json::Value;
use serde_json::json;

use crate::error::IoContext;
use crate::error::Result;
use crate::state::SandboxDir;
use crate::types::ContainerConfig;
use crate::types::Mount;
use crate::types::MountAccess;
use crate::types::NamespaceMode;
use crate::types::Propagation;
use crate::types::SandboxConfig;

/// Every mount of a container, in the order they are made; `cgroups` are those of [`cgroups`].
pub(crate) fn of(
    dir: &SandboxDir,
    sandbox: &SandboxConfig,
    config: &ContainerConfig,
    cgroups: Vec<Value>,
) -> Vec<Value> {
    let privileged = config.security.privileged;
    let sys = if privileged { "rw" } else { "ro" };
    let mut mounts = vec![
        special("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        special("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        special(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        special("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
        special("/sys", "sysfs", &["nosuid", "noexec", "nodev", sys]),
    ];
    mounts.extend(cgroups);
    let shm = if sandbox.ipc == NamespaceMode::Pod { dir.shm() } else { "/dev/shm".into() };
    let own = [
        (shm, "/dev/shm", "rw"),
        (dir.resolv_conf(), "/etc/resolv.conf", if config.security.readonly_rootfs { "ro" } else { "rw" }),
        (dir.hostname(), "/etc/hostname", if config.security.readonly_rootfs { "ro" } else { "rw" }),
    ];
    for (source, target, access) in own {
        // The pod's own volumes win over what every container gets.
        if !config.mounts.iter().any(|mount| mount.container_path == Path::new(target)) {
            mounts.push(json!({
                "destination": target, "type": "bind", "source": source,
                "options": ["rbind", "rprivate", access],
            }));
        }
    }
    // A mount below another one must come after it.
    let mut volumes: Vec<&Mount> = config.mounts.iter().collect();
    volumes.sort_by_key(|mount| mount.container_path.components().count());
    mounts.extend(volumes.into_iter().map(bind));
    mounts
}

/// What shows a container its cgroups. The runtime's own mount of version 1 looks its process up by the
/// number that it has in its process namespace; where that namespace is not new, another process of the
/// node has that number, or none. There, the container's groups are bound one by one.
pub(crate) fn cgroups(layout: &Layout, group: &Path, joins_processes: bool, privileged: bool) -> Vec<Value> {
    let access = if privileged { "rw" } else { "ro" };
    let controllers = match layout {
        Layout::V1(controllers) if joins_processes => controllers,
        Layout::V1(_) | Layout::V2(_) => {
            return vec![special(CGROUPS, "cgroup", &["nosuid", "noexec", "nodev", "relatime", access])];
        }
    };
    let mut mounts = vec![special(CGROUPS, "tmpfs", &["nosuid", "noexec", "nodev", "mode=755"])];
    // Controllers that are mounted together share their place.
    let roots: BTreeSet<&Path> = controllers.values().map(|root| root.as_path()).collect();
    mounts.extend(roots.into_iter().filter_map(|root| {
        Some(json!({
            "destination": Path::new(CGROUPS).join(root.file_name()?), "type": "bind",
            "source": root.join(group), "options": ["bind", "nosuid", "noexec", "nodev", access],
        }))
    }));
    mounts
}

/// Makes what is to be mounted exist: a missing path of the node becomes a directory.
pub(crate) fn make_sources(config: &ContainerConfig) -> Result<()> {
    for mount in config.mounts.iter().filter(|mount| !mount.host_path.exists()) {
        std::fs::create_dir_all(&mount.host_path).context("create", &mount.host_path)?;
    }
    Ok(())
}

/// How the container's root mount must propagate for the volumes to work.
pub(crate) fn root_propagation(config: &ContainerConfig) -> &'static str {
    match config.mounts.iter().any(|mount| mount.propagation == Propagation::Bidirectional) {
        true => "shared",
        false => "slave",
    }
}

const CGROUPS: &str = "/sys/fs/cgroup";

fn special(target: &str, fs_type: &str, options: &[&str]) -> Value {
    json!({ "destination": target, "type": fs_type, "source": fs_type, "options": options })
}

fn bind(mount: &Mount) -> Value {
    let access = match mount.access {
        MountAccess::ReadWrite => "rw",
        MountAccess::ReadOnly => "ro",
        MountAccess::RecursiveReadOnly => "rro",
    };
    let propagation = match mount.propagation {
        Propagation::Private => "rprivate",
        Propagation::HostToContainer => "rslave",
        Propagation::Bidirectional => "rshared",
    };
    json!({
        "destination": mount.container_path, "type": "bind", "source": mount.host_path,
        "options": ["rbind", propagation, access],
    })
}
