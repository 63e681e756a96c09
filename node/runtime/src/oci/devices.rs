//! Device files: those asked for, all of them for the privileged, and the rules that allow them.

use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::error::IoContext;
use crate::error::Result;
use crate::types::ContainerConfig;

/// Everyone may make device files, but use only these: null, zero, full, tty, random, urandom,
/// console, pseudo-terminals.
const DEFAULT_RULES: [&str; 11] = [
    "c *:* m",
    "b *:* m",
    "c 1:3 rwm",
    "c 1:5 rwm",
    "c 1:7 rwm",
    "c 5:0 rwm",
    "c 1:8 rwm",
    "c 1:9 rwm",
    "c 5:1 rwm",
    "c 136:* rwm",
    "c 5:2 rwm",
];

/// One device file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceFile {
    path: PathBuf,
    kind: char,
    major: u32,
    minor: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    permissions: String,
}

/// The device files that a container gets beyond the default ones.
pub(crate) fn of(config: &ContainerConfig) -> Result<Vec<DeviceFile>> {
    let mut found = Vec::new();
    if config.security.privileged {
        collect(Path::new("/dev"), &mut found)?;
    }
    for device in &config.devices {
        let meta = std::fs::metadata(&device.host_path).context("use the device", &device.host_path)?;
        let permissions = if device.permissions.is_empty() { "rwm" } else { &device.permissions };
        found.extend(DeviceFile::new(&device.container_path, &meta, permissions));
    }
    Ok(found)
}

/// The rules for the device cgroup.
pub(crate) fn rules(config: &ContainerConfig, devices: &[DeviceFile]) -> linux::cgroup::Devices {
    if config.security.privileged {
        return linux::cgroup::Devices::All;
    }
    let own = devices.iter().map(|d| format!("{} {}:{} {}", d.kind, d.major, d.minor, d.permissions));
    linux::cgroup::Devices::Only(DEFAULT_RULES.iter().map(|rule| (*rule).to_owned()).chain(own).collect())
}

impl DeviceFile {
    fn new(path: &Path, meta: &std::fs::Metadata, permissions: &str) -> Option<Self> {
        let kind = match meta.file_type() {
            kind if kind.is_char_device() => 'c',
            kind if kind.is_block_device() => 'b',
            _ => return None,
        };
        Some(Self {
            path: path.to_owned(),
            kind,
            major: rustix::fs::major(meta.rdev()),
            minor: rustix::fs::minor(meta.rdev()),
            mode: meta.mode() & 0o7777,
            uid: meta.uid(),
            gid: meta.gid(),
            permissions: permissions.to_owned(),
        })
    }

    /// As the OCI runtime specification has it (Linux, devices).
    pub(crate) fn to_spec(&self) -> Value {
        json!({
            "path": self.path, "type": self.kind.to_string(), "major": self.major, "minor": self.minor,
            "fileMode": self.mode, "uid": self.uid, "gid": self.gid,
        })
    }
}

/// Those below `dir`, but none that a container has of its own.
fn collect(dir: &Path, found: &mut Vec<DeviceFile>) -> Result<()> {
    const OWN: [&str; 13] = [
        "pts", "shm", "fd", "mqueue", "console", "ptmx", "null", "zero", "full", "random", "urandom", "tty",
        ".lxd",
    ];
    for entry in std::fs::read_dir(dir).context("list", dir)? {
        let entry = entry.context("list", dir)?;
        let path = entry.path();
        if entry.file_name().to_str().is_none_or(|name| OWN.contains(&name)) {
            continue;
        }
        let meta = std::fs::symlink_metadata(&path).context("inspect", &path)?;
        if meta.is_dir() {
            collect(&path, found)?;
        } else {
            found.extend(DeviceFile::new(&path, &meta, "rwm"));
        }
    }
    Ok(())
}
