//! Whole-cluster tests: the real binary, real containers, official clients.
//!
//! [`Cluster`] starts the program with a data directory of its own and takes everything down when it
//! is dropped, and fails the test if something stays behind. Every wait is for a condition with a
//! deadline; none is for time to pass.

pub mod image;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

/// How long a cluster may take for anything that these tests wait for.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A cluster of one test.
pub struct Cluster {
    dir: TempDir,
    program: PathBuf,
    kubectl: PathBuf,
    roles: &'static str,
    listen: String,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Cluster {
    /// Starts a cluster with these roles on a free port.
    pub fn start(roles: &'static str) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the cluster");
        let port = free_port();
        let address = if roles.contains("node") { "0.0.0.0" } else { "127.0.0.1" };
        let cluster = Self {
            dir,
            program: program_path(),
            kubectl: kubectl(),
            roles,
            listen: format!("{address}:{port}"),
        };
        let said = cluster.up();
        assert_eq!(said.code, 0, "skiff up: {}{}\n{}", said.out, said.err, cluster.log());
        cluster
    }

    /// `skiff up`, as at first.
    pub fn up(&self) -> Said {
        self.up_with(&[])
    }

    /// `skiff up`, as at first, with more options.
    pub fn up_with(&self, more: &[&str]) -> Said {
        run(Command::new(&self.program)
            .args(["up", "--listen", &self.listen, "--roles", self.roles])
            .args(more)
            .arg("--data-dir")
            .arg(self.data_dir()))
    }

    /// Any other command of the program, with the data directory.
    pub fn skiff(&self, args: &[&str]) -> Said {
        run(Command::new(&self.program).args(args).arg("--data-dir").arg(self.data_dir()))
    }

    /// `kubectl` as the administrator; fails the test if it fails.
    pub fn kubectl(&self, args: &[&str]) -> String {
        let said = self.try_kubectl(args);
        assert_eq!(said.code, 0, "kubectl {}: {}{}\n{}", args.join(" "), said.out, said.err, self.log());
        said.out
    }

    /// `kubectl` as the administrator, whatever it says.
    pub fn try_kubectl(&self, args: &[&str]) -> Said {
        run(Command::new(&self.kubectl)
            .args(args)
            .env("KUBECONFIG", self.data_dir().join("admin.kubeconfig")))
    }

    /// `kubectl apply` of a manifest.
    pub fn apply(&self, manifest: &str) -> String {
        let file = self.dir.path().join("manifest.yaml");
        std::fs::write(&file, manifest).expect("a manifest can be written");
        self.kubectl(&["apply", "-f", &file.display().to_string()])
    }

    /// One object as JSON.
    pub fn get(&self, what: &[&str]) -> Value {
        let mut args = vec!["get", "-o", "json"];
        args.extend(what);
        serde_json::from_str(&self.kubectl(&args)).expect("kubectl writes JSON")
    }

    /// Waits until `holds` says so of what `kubectl get WHAT -o json` gives.
    pub fn wait_for(&self, what: &[&str], holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut args = vec!["get", "-o", "json"];
            args.extend(what);
            let said = self.try_kubectl(&args);
            let value: Value = serde_json::from_str(&said.out).unwrap_or_default();
            if said.code == 0 && holds(&value) {
                return value;
            }
            assert!(Instant::now() < deadline, "{what:?} is still {value:#}{}\n{}", said.err, self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The process id of the running cluster.
    pub fn pid(&self) -> i64 {
        self.status()["pid"].as_i64().expect("a running cluster has a process")
    }

    /// `skiff status -o json`.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.skiff(&["status", "-o", "json"]).out).expect("skiff writes JSON")
    }

    /// Where the cluster's data lies.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The end of the cluster's log, for the message of a failing test.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.data_dir().join("skiff.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// Takes everything down and looks for what stayed behind.
    pub fn finish(self) {
        let id = std::fs::read_to_string(self.data_dir().join("cluster-id")).expect("a cluster has an id");
        let said = self.skiff(&["down", "--wipe"]);
        assert_eq!(said.code, 0, "skiff down --wipe: {}{}", said.out, said.err);
        let left = leftovers(id.trim(), &self.data_dir());
        assert!(left.is_empty(), "left behind: {left:#?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.data_dir().exists() {
            self.skiff(&["down", "--wipe"]);
        }
    }
}

/// A port of this test's own: tests are processes, and below the range that the kernel hands out.
pub fn free_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    let free = |port: &u16| std::net::TcpListener::bind(("0.0.0.0", *port)).is_ok();
    (first..32_000).find(free).expect("a free port")
}

/// Everything on this machine that bears a cluster's id or lies in its directory.
fn leftovers(id: &str, data_dir: &Path) -> Vec<String> {
    let mut left = Vec::new();
    let data = data_dir.display().to_string();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    left.extend(mounts.lines().filter(|line| line.contains(&data)).map(|line| format!("mount {line}")));
    for (program, args) in [("nft", &["list", "tables"][..]), ("ip", &["-o", "link"])] {
        let said = run(Command::new(program).args(args));
        assert_eq!(said.code, 0, "{program} is needed to look for leftovers: {}", said.err);
        left.extend(said.out.lines().filter(|line| line.contains(id)).map(str::to_owned));
    }
    for entry in std::fs::read_dir("/proc").expect("/proc is mounted").flatten() {
        let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        if command.contains(&data) {
            left.push(format!(
                "process {} {}",
                entry.file_name().to_string_lossy(),
                command.replace('\0', " ")
            ));
        }
    }
    for root in [
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/memory",
        "/sys/fs/cgroup/cpu",
        "/sys/fs/cgroup/pids",
        "/sys/fs/cgroup/unified",
    ] {
        let path = Path::new(root).join(format!("skiff-{id}"));
        if path.exists() {
            left.push(format!("cgroup {}", path.display()));
        }
    }
    if data_dir.exists() {
        left.push(format!("directory {data}"));
    }
    left
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Said {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {shown}: {error}"));
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The program, built by `cargo xtask test` beside the tests.
pub fn program_path() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it lies");
    let dir = own.parent().and_then(Path::parent).expect("tests lie in <profile>/deps");
    let program = dir.join("skiff");
    assert!(program.exists(), "{} is missing: run the tests by `cargo xtask test`", program.display());
    program
}

/// The official client.
pub fn kubectl() -> PathBuf {
    std::env::var_os("SKIFF_TEST_KUBECTL").map_or_else(|| PathBuf::from("kubectl"), PathBuf::from)
}
