//! Configuration of the embedded runtime.

use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

/// Which OCI runtime starts the processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OciKind {
    /// The library, in a short-lived process of this program.
    #[default]
    Embedded,
    /// The `runc` program (or one that takes the same arguments) at this path.
    Runc(PathBuf),
}

/// Configuration of the embedded runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Tells this cluster's containers from those of others on the machine: lower-case letters,
    /// digits and dashes.
    pub cluster_id: String,
    /// Holds everything the runtime must remember; no two runtimes share one.
    pub state_dir: PathBuf,
    /// Starts processes.
    #[serde(default)]
    pub oci: OciKind,
    /// The program that is re-executed as shim and helper: one whose `main` calls
    /// [`crate::shim::main`] first.
    #[serde(default = "own_executable")]
    pub executable: PathBuf,
    /// Size of a pod's `/dev/shm`, in bytes.
    #[serde(default = "default_shm_bytes")]
    pub shm_bytes: u64,
}

impl Config {
    /// A configuration with the defaults for everything else.
    pub fn new(cluster_id: impl Into<String>, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            cluster_id: cluster_id.into(),
            state_dir: state_dir.into(),
            oci: OciKind::Embedded,
            executable: own_executable(),
            shm_bytes: default_shm_bytes(),
        }
    }

    /// Every mistake, each with the field it is in.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.cluster_id.is_empty() || !self.cluster_id.chars().all(allowed) {
            mistakes.push("cluster_id: must be lower-case letters, digits and dashes".to_owned());
        }
        if !self.state_dir.is_absolute() {
            mistakes.push("state_dir: must be an absolute path".to_owned());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// The root of everything in the cgroup file system that belongs to this cluster.
    pub fn cgroup_root(&self) -> PathBuf {
        format!("skiff-{}", self.cluster_id).into()
    }
}

/// The running program, also after its file was replaced by an upgrade.
fn own_executable() -> PathBuf {
    "/proc/self/exe".into()
}

fn default_shm_bytes() -> u64 {
    64 << 20
}
