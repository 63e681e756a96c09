//! The words of the contract: plain data shaped like the CRI, without any API object.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Names one pod sandbox on this node, for ever: 64 hexadecimal digits.
    SandboxId
);
id!(
    /// Names one container on this node, for ever: 64 hexadecimal digits.
    ContainerId
);

/// Where a namespace comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NamespaceMode {
    /// The pod has one of its own.
    #[default]
    Pod,
    /// The node's.
    Node,
}

/// Which processes a container sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PidMode {
    /// Its own only.
    #[default]
    Container,
    /// Those of the pod (`shareProcessNamespace`).
    Pod,
    /// Those of the node (`hostPID`).
    Node,
}

/// What becomes `/etc/resolv.conf`. All empty means the node's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsConfig {
    /// Addresses of name servers.
    pub servers: Vec<String>,
    /// Search domains.
    pub searches: Vec<String>,
    /// Options, such as `ndots:5`.
    pub options: Vec<String>,
}

/// A pod's shared surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxConfig {
    /// The pod's name.
    pub name: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's UID.
    pub uid: String,
    /// How many sandboxes this pod had before.
    pub attempt: u32,
    /// Host name inside; ignored with the node's network.
    pub hostname: String,
    /// Name resolution inside.
    pub dns: DnsConfig,
    /// Namespaced kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// The pod's cgroup, relative to the cluster's cgroup root (`kubepods/burstable/pod<uid>`). Empty:
    /// `pod<uid>`. Made where missing; removed with the sandbox where empty.
    pub cgroup_parent: String,
    /// Network namespace.
    pub network: NamespaceMode,
    /// Process namespace.
    pub pid: PidMode,
    /// IPC namespace, and with it `/dev/shm`.
    pub ipc: NamespaceMode,
    /// Directory that containers' log paths are relative to.
    pub log_directory: PathBuf,
    /// Carried along, not interpreted.
    pub labels: BTreeMap<String, String>,
    /// Carried along, not interpreted.
    pub annotations: BTreeMap<String, String>,
}

/// Whether a sandbox can hold running containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SandboxState {
    /// It can.
    Ready,
    /// It was stopped, or its shim is gone.
    NotReady,
}

/// A sandbox as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxStatus {
    /// Its identity.
    pub id: SandboxId,
    /// Whether it can hold running containers.
    pub state: SandboxState,
    /// When it was made.
    pub created_at: Timestamp,
    /// The file its network namespace is bound to; `None` with the node's network.
    pub netns: Option<PathBuf>,
    /// What it was made from.
    pub config: SandboxConfig,
}

/// The layers of a container's root file system; the runtime mounts them as an overlay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rootfs {
    /// Read-only layers, the topmost first.
    pub lower: Vec<PathBuf>,
    /// Takes what the container writes.
    pub upper: PathBuf,
    /// Overlay's scratch space, on the same file system as `upper`.
    pub work: PathBuf,
}

/// How mounts below a volume travel between node and container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// Not at all.
    #[default]
    Private,
    /// From the node into the container.
    HostToContainer,
    /// Both ways.
    Bidirectional,
}

/// Who may write to a mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountAccess {
    /// The container.
    #[default]
    ReadWrite,
    /// Nobody in the container, at the mount itself.
    ReadOnly,
    /// Nobody in the container, at the mount and all below it (KEP-3857).
    RecursiveReadOnly,
}

/// A file or directory of the node inside a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// On the node. A missing one is made as a directory.
    pub host_path: PathBuf,
    /// In the container.
    pub container_path: PathBuf,
    /// Who may write.
    pub access: MountAccess,
    /// How mounts below travel.
    pub propagation: Propagation,
}

/// A device file of the node inside a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// On the node.
    pub host_path: PathBuf,
    /// In the container.
    pub container_path: PathBuf,
    /// Any of `r`, `w`, `m`.
    pub permissions: String,
}

/// What a container may use. `None` leaves the kernel's default, or in an update what was set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Relative share of processor time (1024 is a request of one CPU).
    pub cpu_shares: Option<u64>,
    /// Processor time per period, in microseconds; negative for no limit.
    pub cpu_quota_us: Option<i64>,
    /// Length of the period, in microseconds.
    pub cpu_period_us: Option<u64>,
    /// Memory, in bytes; negative for no limit.
    pub memory_limit_bytes: Option<i64>,
    /// How readily the kernel kills it when the node runs out of memory, -1000 to 1000.
    pub oom_score_adj: Option<i32>,
    /// Number of processes and threads; negative for no limit.
    pub pids_limit: Option<i64>,
    /// Processors, as a list such as `0-3`.
    pub cpuset_cpus: Option<String>,
    /// Memory nodes, as a list.
    pub cpuset_mems: Option<String>,
}

/// Which groups a container's process gets beyond its primary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupsPolicy {
    /// Those asked for and those of the image's `/etc/group`.
    #[default]
    Merge,
    /// Those asked for only.
    Strict,
}

/// As whom a container's process runs. Nothing set means root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAs {
    /// User id; wins over `username`.
    pub uid: Option<u32>,
    /// Primary group id; otherwise that of the user in the image's `/etc/passwd`, or 0.
    pub gid: Option<u32>,
    /// As an image configuration writes it: `user`, `uid`, `user:group` or `uid:gid`.
    pub username: Option<String>,
    /// Further groups.
    pub supplemental_groups: Vec<u32>,
    /// Whether the image's group memberships count.
    pub groups_policy: GroupsPolicy,
}

/// Which system calls are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeccompProfile {
    /// All.
    #[default]
    Unconfined,
    /// Those of the runtime's default list.
    RuntimeDefault,
    /// Those of a profile file on the node.
    Localhost(PathBuf),
}

/// What a container's process may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// As whom it runs.
    pub run_as: RunAs,
    /// Capabilities beyond the default set; `ALL` for every one.
    pub add_capabilities: Vec<String>,
    /// Capabilities taken from the default set; `ALL` for every one. Adding wins over dropping.
    pub drop_capabilities: Vec<String>,
    /// Every capability, every device, nothing masked, no seccomp.
    pub privileged: bool,
    /// Executing set-user-id programs gains nothing.
    pub no_new_privileges: bool,
    /// The root file system is read-only; mounts are not.
    pub readonly_rootfs: bool,
    /// Replaces the default list of paths that are hidden; `Some(vec![])` hides none (procMount).
    pub masked_paths: Option<Vec<String>>,
    /// Replaces the default list of paths that are read-only.
    pub readonly_paths: Option<Vec<String>>,
    /// System calls.
    pub seccomp: SeccompProfile,
}

/// One container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerConfig {
    /// Its name within the pod.
    pub name: String,
    /// How many containers of this name the pod had before.
    pub attempt: u32,
    /// The image as the user wrote it, for status.
    pub image: String,
    /// The image's identity, for status.
    pub image_id: String,
    /// Its root file system.
    pub rootfs: Rootfs,
    /// Program and arguments, resolved.
    pub args: Vec<String>,
    /// Environment; later entries win.
    pub env: Vec<(String, String)>,
    /// Working directory; empty for `/`. Made where missing.
    pub cwd: String,
    /// Files and directories of the node.
    pub mounts: Vec<Mount>,
    /// Device files of the node.
    pub devices: Vec<Device>,
    /// A terminal as stdin, stdout and stderr.
    pub tty: bool,
    /// Keep stdin open for `attach`.
    pub stdin: bool,
    /// Close stdin for good when the first attached client closes it.
    pub stdin_once: bool,
    /// Relative to the sandbox's log directory; empty for no log.
    pub log_path: PathBuf,
    /// Limits.
    pub resources: Resources,
    /// Rights.
    pub security: Security,
    /// A running container of the sandbox whose processes this one sees and joins, whatever the
    /// sandbox's mode is (CRI, `NamespaceMode.TARGET`).
    #[serde(default)]
    pub target: Option<ContainerId>,
    /// Sent first to stop it; empty for SIGTERM.
    pub stop_signal: String,
    /// Carried along, not interpreted.
    pub labels: BTreeMap<String, String>,
    /// Carried along, not interpreted.
    pub annotations: BTreeMap<String, String>,
}

/// Where a container is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerState {
    /// Made, never started.
    #[default]
    Created,
    /// Its process runs.
    Running,
    /// Its process ended, or could not be started.
    Exited,
    /// It cannot be told.
    Unknown,
}

/// A container as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStatus {
    /// Its identity.
    pub id: ContainerId,
    /// The sandbox it belongs to.
    pub sandbox: SandboxId,
    /// Where it is in its life.
    pub state: ContainerState,
    /// Its process on the node, while it runs.
    pub pid: Option<i32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its process started.
    pub started_at: Option<Timestamp>,
    /// When its process ended.
    pub finished_at: Option<Timestamp>,
    /// How its process ended: its code, or 128 plus a signal's number.
    pub exit_code: Option<i32>,
    /// In one word: `Completed`, `Error`, `OOMKilled`, `StartError`, `Unknown`.
    pub reason: String,
    /// In a sentence.
    pub message: String,
    /// Its log on the node.
    pub log_path: Option<PathBuf>,
    /// What it was made from.
    pub config: ContainerConfig,
}

/// What a container or a pod has used and uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// When it was measured.
    pub at: Timestamp,
    /// Processor time since start, in nanoseconds.
    pub cpu_ns: u64,
    /// Memory in use, page cache included.
    pub memory_bytes: u64,
    /// Memory in use without what can be dropped at once.
    pub memory_working_set_bytes: u64,
    /// Anonymous memory.
    pub memory_rss_bytes: u64,
    /// Page faults since start.
    pub page_faults: u64,
    /// Page faults that read from a disk.
    pub major_page_faults: u64,
    /// Processes and threads.
    pub pids: u64,
}

/// What [`crate::Runtime::exec_sync`] brings back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// At most [`ExecOutput::LIMIT`] bytes; the rest is read and dropped.
    pub stdout: Vec<u8>,
    /// Likewise.
    pub stderr: Vec<u8>,
    /// The command's exit code.
    pub exit_code: i32,
}

impl ExecOutput {
    /// A probe that prints without end must not fill the node's memory (16 MiB, as the CRI has it).
    pub const LIMIT: usize = 16 << 20;
}

/// A command to run in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecRequest {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Give it a terminal; stdout and stderr are then one stream.
    pub tty: bool,
    /// Give it a stdin; otherwise it reads the end at once.
    pub stdin: bool,
}

/// Something happened to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// The container.
    pub container: ContainerId,
    /// What happened.
    pub kind: LifecycleKind,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleKind {
    /// Its process started.
    Started,
    /// Its process ended with this code.
    Exited(i32),
}

/// What the runtime says of itself (CRI `Version` and `Status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeInfo {
    /// As in `containerRuntimeVersion`: the name before `://`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `None` when it is ready, or why it is not.
    pub not_ready: Option<String>,
}

/// How long a stopped container may take to die after SIGKILL before that is an error.
pub(crate) const KILL_PATIENCE: Duration = Duration::from_secs(30);
