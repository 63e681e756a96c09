//! What is on disk, and who writes it.
//!
//! `sandbox.json` and a container's `config.json` are written once, by the runtime, before the shim
//! hears of them; `status.json` is the runtime's until the shim was asked to start the container and
//! the shim's from then on. Every file appears whole (written aside, then renamed), so that a crash
//! at any point leaves either the old or the new one. Nothing is synced: after a power loss no
//! container runs, and the directory may be on a tmpfs.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::OciKind;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::types::ContainerId;
use crate::types::ContainerState;
use crate::types::SandboxConfig;
use crate::types::SandboxId;

/// The shim's socket in a sandbox's directory.
pub(crate) const SOCKET: &str = "shim.sock";
/// The socket that receives a terminal, in a container's or a command's directory.
pub(crate) const CONSOLE: &str = "console.sock";

/// What a sandbox is, for its shim and for a restarted runtime.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SandboxRecord {
    pub(crate) id: SandboxId,
    #[serde(with = "stamp")]
    pub(crate) created_at: Timestamp,
    /// `skiff-<cluster id>`.
    pub(crate) cgroup_root: PathBuf,
    pub(crate) oci: OciKind,
    /// The program that is re-executed.
    pub(crate) executable: PathBuf,
    pub(crate) config: SandboxConfig,
}

/// Which process the shim is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShimRecord {
    pub(crate) pid: i32,
    /// With the pid and the boot it names the process for good.
    pub(crate) start_time: u64,
    pub(crate) boot_id: String,
    /// The first process of the pod's shared process namespace.
    pub(crate) pause_pid: Option<i32>,
}

/// Where a container is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContainerRecord {
    pub(crate) state: ContainerState,
    pub(crate) pid: Option<i32>,
    #[serde(with = "stamp")]
    pub(crate) created_at: Timestamp,
    #[serde(with = "stamp::option")]
    pub(crate) started_at: Option<Timestamp>,
    #[serde(with = "stamp::option")]
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// A command to run in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExecRecord {
    pub(crate) command: Vec<String>,
    pub(crate) tty: bool,
}

/// The directory of one sandbox.
#[derive(Clone, Debug)]
pub(crate) struct SandboxDir(pub(crate) PathBuf);

/// The directory of one container.
#[derive(Clone, Debug)]
pub(crate) struct ContainerDir(pub(crate) PathBuf);

impl SandboxRecord {
    /// The pod's cgroup.
    pub(crate) fn pod_cgroup(&self) -> PathBuf {
        let parent = self.config.cgroup_parent.trim_start_matches('/');
        if parent.is_empty() {
            return self.cgroup_root.join(format!("pod{}", self.config.uid));
        }
        self.cgroup_root.join(parent)
    }

    /// The cgroup of the sandbox's own process, beside those of its containers. A pod's cgroup may
    /// hold the remains of an earlier sandbox, so it is never killed as a whole.
    pub(crate) fn sandbox_cgroup(&self) -> PathBuf {
        self.pod_cgroup().join(self.id.as_str())
    }

    /// A container's cgroup.
    pub(crate) fn container_cgroup(&self, container: &ContainerId) -> PathBuf {
        self.pod_cgroup().join(container.as_str())
    }
}

impl ContainerRecord {
    pub(crate) fn created(at: Timestamp) -> Self {
        Self {
            state: ContainerState::Created,
            pid: None,
            created_at: at,
            started_at: None,
            finished_at: None,
            exit_code: None,
            reason: String::new(),
            message: String::new(),
        }
    }

    /// The record of the same container after its end.
    pub(crate) fn exited(&self, at: Timestamp, code: i32, reason: &str, message: impl Into<String>) -> Self {
        Self {
            state: ContainerState::Exited,
            pid: None,
            finished_at: Some(at),
            exit_code: Some(code),
            reason: reason.to_owned(),
            message: message.into(),
            ..self.clone()
        }
    }
}

impl SandboxDir {
    pub(crate) fn record(&self) -> PathBuf {
        self.0.join("sandbox.json")
    }
    pub(crate) fn shim(&self) -> PathBuf {
        self.0.join("shim.json")
    }
    pub(crate) fn netns(&self) -> PathBuf {
        self.0.join("netns")
    }
    pub(crate) fn shm(&self) -> PathBuf {
        self.0.join("shm")
    }
    pub(crate) fn resolv_conf(&self) -> PathBuf {
        self.0.join("resolv.conf")
    }
    pub(crate) fn hostname(&self) -> PathBuf {
        self.0.join("hostname")
    }
    /// Exists once the sandbox was stopped.
    pub(crate) fn stopped(&self) -> PathBuf {
        self.0.join("stopped")
    }
    pub(crate) fn containers(&self) -> PathBuf {
        self.0.join("containers")
    }
    pub(crate) fn container(&self, id: &str) -> ContainerDir {
        ContainerDir(self.containers().join(id))
    }
}

impl ContainerDir {
    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("config.json")
    }
    pub(crate) fn status(&self) -> PathBuf {
        self.0.join("status.json")
    }
    /// The empty directory that the overlay is mounted on, in the container's mount namespace only.
    pub(crate) fn rootfs(&self) -> PathBuf {
        self.0.join("rootfs")
    }
    /// The OCI bundle.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.0.join("bundle")
    }
    /// The OCI runtime's own state.
    pub(crate) fn oci(&self) -> PathBuf {
        self.0.join("oci")
    }
    pub(crate) fn execs(&self) -> PathBuf {
        self.0.join("exec")
    }
    pub(crate) fn exec(&self, name: &str) -> PathBuf {
        self.execs().join(name)
    }
}

/// Where a helper leaves the process id of what it started.
pub(crate) fn pid_file(dir: &Path) -> PathBuf {
    dir.join("pid")
}

/// Where a helper leaves why it failed.
pub(crate) fn error_file(dir: &Path) -> PathBuf {
    dir.join("error")
}

/// Where a command's request is.
pub(crate) fn request_file(dir: &Path) -> PathBuf {
    dir.join("request.json")
}

/// Writes `value` so that a reader sees the old file or the new one.
pub(crate) fn save<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let bytes = serde_json::to_vec(value).context("encode", path)?;
    save_bytes(path, &bytes)
}

/// Writes `bytes` so that a reader sees the old file or the new one.
pub(crate) fn save_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    std::fs::write(&aside, bytes).context("write", &aside)?;
    std::fs::rename(&aside, path).context("replace", path)
}

/// Reads what [`save`] wrote.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).context("read", path)?;
    serde_json::from_slice(&bytes).context("decode", path)
}

/// Like [`load`], but a file that does not exist is `None`.
pub(crate) fn load_if_present<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match load(path) {
        Ok(value) => Ok(Some(value)),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a directory with all in it; not existing is fine.
pub(crate) fn remove_dir(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("remove", path),
        _ => Ok(()),
    }
}

/// Times as RFC 3339 text.
mod stamp {
    use jiff::Timestamp;
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }

    pub(super) mod option {
        use super::*;

        pub(in super::super) fn serialize<S: Serializer>(
            time: &Option<Timestamp>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => to.collect_str(time),
                None => to.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
        }
    }
}
