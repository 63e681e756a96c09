//! A node for one test: an image of busybox, a runtime, and the proof that nothing is left.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use linux::cgroup::Hierarchy;
use runtime::Config;
use runtime::Deps;
use runtime::EmbeddedRuntime;
use runtime::OciKind;
use runtime::Runtime;
use runtime::types::ContainerConfig;
use runtime::types::ContainerId;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;
use runtime::types::Rootfs;
use runtime::types::SandboxConfig;
use runtime::types::SandboxId;
use tempfile::TempDir;

const BUSYBOX: &str = "/bin/busybox";
const RUNC: &str = "/usr/sbin/runc";
const APPLETS: [&str; 30] = [
    "sh", "cat", "echo", "sleep", "id", "env", "pwd", "ls", "touch", "mkdir", "true", "false", "mount",
    "unshare", "dd", "tail", "stty", "grep", "kill", "hostname", "ip", "wc", "seq", "readlink", "head", "tr",
    "printf", "ps", "nproc", "test",
];

pub struct Node {
    pub dir: TempDir,
    pub config: Config,
    pub runtime: EmbeddedRuntime,
    images: std::sync::atomic::AtomicU32,
    _supervisor: supervise::Supervisor,
}

pub fn runc() -> OciKind {
    assert!(Path::new(RUNC).exists(), "{RUNC} is missing: install the Debian package runc");
    OciKind::Runc(RUNC.into())
}

impl Node {
    pub async fn new(oci: OciKind) -> Node {
        Self::named(oci, "a").await
    }

    pub async fn named(oci: OciKind, suffix: &str) -> Node {
        assert!(
            Path::new(BUSYBOX).exists(),
            "{BUSYBOX} is missing: install the Debian package busybox-static"
        );
        let dir = tempfile::Builder::new().prefix("skiff-runtime-").tempdir().unwrap();
        make_image(&dir.path().join("image"));
        let mut config =
            Config::new(format!("test-{}-{suffix}", std::process::id()), dir.path().join("state"));
        config.oci = oci;
        config.executable = env!("CARGO_BIN_EXE_runtime-harness").into();
        let (runtime, supervisor) = open(&config).await;
        Node { dir, config, runtime, images: 0.into(), _supervisor: supervisor }
    }

    /// Another runtime on the same state, as after a restart.
    pub async fn reopen(&mut self) {
        let (runtime, supervisor) = open(&self.config).await;
        self.runtime = runtime;
        self._supervisor = supervisor;
    }

    pub fn sandbox_config(&self) -> SandboxConfig {
        SandboxConfig {
            name: "pod".into(),
            namespace: "default".into(),
            uid: "0000-1111".into(),
            hostname: "pod-host".into(),
            log_directory: self.dir.path().join("logs"),
            ..SandboxConfig::default()
        }
    }

    /// A container that runs `script`.
    pub fn shell(&self, script: &str) -> ContainerConfig {
        let number = self.images.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let layer = self.dir.path().join(format!("layer-{number}"));
        ContainerConfig {
            name: format!("c{number}"),
            image: "busybox".into(),
            rootfs: Rootfs {
                lower: vec![self.dir.path().join("image")],
                upper: layer.join("upper"),
                work: layer.join("work"),
            },
            args: ["sh", "-c", script].map(String::from).to_vec(),
            log_path: format!("c{number}/0.log").into(),
            ..ContainerConfig::default()
        }
    }

    pub async fn sandbox(&self) -> SandboxId {
        self.runtime.create_sandbox(&self.sandbox_config()).await.unwrap().id
    }

    pub async fn start(&self, sandbox: &SandboxId, config: &ContainerConfig) -> ContainerId {
        let id = self.runtime.create_container(sandbox, config).await.unwrap();
        self.runtime.start_container(&id).await.unwrap();
        id
    }

    /// Runs a container in a sandbox of its own to its end.
    pub async fn run(&self, config: &ContainerConfig) -> (ContainerStatus, String) {
        let sandbox = self.sandbox().await;
        let id = self.start(&sandbox, config).await;
        let status = self.end_of(&id).await;
        (status, self.output(&id).await)
    }

    pub async fn end_of(&self, id: &ContainerId) -> ContainerStatus {
        wait_for_end(&self.runtime, id).await
    }

    /// What a container printed, both streams, lines joined.
    pub async fn output(&self, id: &ContainerId) -> String {
        let path = self.runtime.container_status(id).await.unwrap().log_path.unwrap();
        plain_log(&path)
    }

    /// Waits until a container has printed `text`.
    pub async fn printed(&self, id: &ContainerId, text: &str) {
        use futures_util::StreamExt;
        let path = self.runtime.container_status(id).await.unwrap().log_path.unwrap();
        let (_sender, ended) = tokio::sync::watch::channel(false);
        let options = runtime::logs::LogOptions { follow: true, ..Default::default() };
        let stream = runtime::logs::read(path, options, ended);
        tokio::pin!(stream);
        let mut seen = String::new();
        while !seen.contains(text) {
            let next = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
            let chunk = next.unwrap_or_else(|_| panic!("no {text:?} in {seen:?}")).unwrap().unwrap();
            seen.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Wipes, and proves that nothing is left.
    pub async fn finish(self) {
        self.runtime.wipe().await.unwrap();
        assert_nothing_left(&self.config);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // After a failed test: nothing of it may disturb others.
        if let Ok(hierarchy) = Hierarchy::detect() {
            let root = hierarchy.group(self.config.cgroup_root());
            root.kill().ok();
            root.remove().ok();
        }
        linux::mount::detach_below(self.dir.path()).ok();
    }
}

pub async fn open(config: &Config) -> (EmbeddedRuntime, supervise::Supervisor) {
    let supervisor = supervise::Supervisor::new();
    let deps =
        Deps { clock: stdx::Clock::system(), rng: stdx::Rng::from_system(), spawner: supervisor.spawner() };
    (EmbeddedRuntime::open(config.clone(), deps).await.unwrap(), supervisor)
}

pub async fn wait_for_end(runtime: &EmbeddedRuntime, id: &ContainerId) -> ContainerStatus {
    let mut events = runtime.events();
    let wait = async {
        loop {
            let status = runtime.container_status(id).await.unwrap();
            if status.state == ContainerState::Exited {
                return status;
            }
            events.recv().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the container ends")
}

pub fn plain_log(path: &Path) -> String {
    let text = std::fs::read(path).unwrap();
    let mut plain = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter_map(runtime::logs::parse_line) {
        plain.extend_from_slice(line.text);
        if !line.partial {
            plain.push(b'\n');
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

pub fn assert_nothing_left(config: &Config) {
    assert!(!config.state_dir.exists(), "the state directory is still there");
    let group = Hierarchy::detect().unwrap().group(config.cgroup_root());
    assert!(!group.exists(), "cgroups are still there");
    let mounts = linux::mount::list().unwrap();
    let left: Vec<_> = mounts.iter().filter(|mount| mount.target.starts_with(&config.state_dir)).collect();
    assert!(left.is_empty(), "mounts are still there: {left:?}");
    let left = processes_of(config);
    assert!(left.is_empty(), "processes are still there: {left:?}");
}

/// Every process whose command line names the state directory: shims and helpers.
pub fn processes_of(config: &Config) -> BTreeSet<String> {
    let state_dir = config.state_dir.to_string_lossy().into_owned();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(line) = std::fs::read_to_string(entry.path().join("cmdline")) else { continue };
        if line.contains(&state_dir) && entry.file_name() != *std::process::id().to_string() {
            found.insert(line.replace('\0', " "));
        }
    }
    found
}

fn make_image(dir: &Path) {
    for sub in ["bin", "etc", "tmp", "root", "proc", "sys", "dev"] {
        std::fs::create_dir_all(dir.join(sub)).unwrap();
    }
    std::fs::copy(BUSYBOX, dir.join("bin/busybox")).unwrap();
    for applet in APPLETS {
        std::os::unix::fs::symlink("busybox", dir.join("bin").join(applet)).unwrap();
    }
    let passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/tmp:/bin/sh\n";
    std::fs::write(dir.join("etc/passwd"), passwd).unwrap();
    std::fs::write(dir.join("etc/group"), "root:x:0:\nwww:x:34:\nlogs:x:50:web\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
    std::fs::set_permissions(dir.join("tmp"), mode).unwrap();
}

pub fn path_of(node: &Node, name: &str) -> PathBuf {
    let path = node.dir.path().join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}
