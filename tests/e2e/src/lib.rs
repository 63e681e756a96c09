//! Whole-cluster tests: the real binary, real containers, official clients.
//!
//! [`Cluster`] starts the program with a data directory of its own and takes everything down when it
//! is dropped, and fails the test if something stays behind. Every wait is for a condition with a
//! deadline; none is for time to pass.

pub mod command;
pub mod image;
pub mod registry;
pub mod web;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

pub use command::Background;
pub use command::Said;
pub use command::Words;
pub use command::run;
pub use command::wait_until;

use serde_json::Value;
use tempfile::TempDir;

/// How long a cluster may take for anything that these tests wait for.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Tasks that do not stop when they are asked to are waited for this long (`supervise`).
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A cluster of one test.
pub struct Cluster {
    dir: TempDir,
    program: PathBuf,
    kubectl: PathBuf,
    roles: &'static str,
    listen: String,
}

impl Cluster {
    /// Starts a cluster with these roles on a free port.
    pub fn start(roles: &'static str) -> Self {
        Self::start_for(roles, &kubectl())
    }

    /// The same, driven by this kubectl.
    pub fn start_for(roles: &'static str, kubectl: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the cluster");
        let port = free_port();
        let address = if roles.contains("node") { "0.0.0.0" } else { "127.0.0.1" };
        let cluster = Self {
            dir,
            program: program_path(),
            kubectl: kubectl.to_owned(),
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
    pub fn skiff(&self, args: impl Words) -> Said {
        run(command::limited(&self.program).args(args.words()).arg("--data-dir").arg(self.data_dir()))
    }

    /// `kubectl` as the administrator; fails the test if it fails.
    pub fn kubectl(&self, args: impl Words) -> String {
        let args = args.words();
        let said = run(&mut self.client(&args));
        assert_eq!(said.code, 0, "kubectl {}: {}\n{}", args.join(" "), said.all(), self.log());
        said.out
    }

    /// `kubectl` as the administrator, whatever it says.
    pub fn try_kubectl(&self, args: impl Words) -> Said {
        run(&mut self.client(&args.words()))
    }

    /// `kubectl` with something to read, whatever it says.
    pub fn kubectl_with(&self, args: impl Words, input: &str) -> Said {
        command::run_with(&mut self.client(&args.words()), input.as_bytes())
    }

    /// `kubectl` beside the test.
    pub fn kubectl_beside(&self, args: impl Words) -> Background {
        Background::start(&mut self.client(&args.words()))
    }

    /// `kubectl` on a terminal of 100 columns and 40 rows; what the terminal shows, and the exit code.
    pub fn kubectl_on_terminal(&self, args: &str) -> Said {
        self.kubectl_on_terminal_with(":", args)
    }

    /// The same while a shell command runs beside it, in which `KUBECTL` is the client.
    pub fn kubectl_on_terminal_with(&self, beside: &str, args: &str) -> Said {
        let kubectl = self.kubectl.display().to_string();
        let beside = beside.replace("KUBECTL", &kubectl);
        let line = format!("stty cols 100 rows 40; ( {beside} ) >/dev/null 2>&1 & {kubectl} {args}");
        let mut command = command::limited("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        run(command.env("KUBECONFIG", self.kubeconfig()))
    }

    /// The command line of `kubectl`, ended after [`PATIENCE`].
    pub fn client(&self, args: &[String]) -> Command {
        let mut command = command::limited(&self.kubectl);
        command.args(args).env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// The administrator's credentials.
    pub fn kubeconfig(&self) -> PathBuf {
        self.data_dir().join("admin.kubeconfig")
    }

    /// A file of this test's own, which goes with the cluster.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Imports the image of the web server under a name.
    pub fn import_web_image(&self, name: &str) {
        self.import(name, image::write_web_image);
    }

    /// Imports the same with curl.
    pub fn import_curl_image(&self, name: &str) {
        self.import(name, image::write_curl_image);
    }

    fn import(&self, name: &str, write: fn(&Path, &str)) {
        let archive = self.file("image.tar");
        write(&archive, name);
        let said = self.skiff(&["image", "import", &archive.display().to_string()]);
        assert!(said.code == 0 && said.out.contains(name), "skiff image import: {}", said.all());
    }

    /// Waits until an event about an object has this reason, and a message that `holds` accepts.
    pub fn wait_for_event(&self, object: &str, reason: &str, holds: impl Fn(&str) -> bool) -> String {
        let selector = format!("involvedObject.name={object},reason={reason}");
        let mut found = None;
        self.wait_for(&["events", "--field-selector", &selector], |list| {
            let messages = list["items"].as_array().into_iter().flatten();
            messages.filter_map(|event| event["message"].as_str()).any(&holds)
        });
        for event in self.get(&["events", "--field-selector", &selector])["items"].as_array().expect("a list")
        {
            found = event["message"].as_str().filter(|message| holds(message)).map(str::to_owned).or(found);
        }
        found.expect("it was there a moment ago")
    }

    /// `kubectl apply` of a manifest.
    pub fn apply(&self, manifest: &str) -> String {
        let file = self.dir.path().join("manifest.yaml");
        std::fs::write(&file, manifest).expect("a manifest can be written");
        self.kubectl(&["apply", "-f", &file.display().to_string()])
    }

    /// One object as JSON.
    pub fn get(&self, what: impl Words) -> Value {
        let mut args = vec!["get".to_owned(), "-o".to_owned(), "json".to_owned()];
        args.extend(what.words());
        let said = run(&mut self.client(&args));
        assert_eq!(said.code, 0, "kubectl {}: {}\n{}", args.join(" "), said.all(), self.log());
        serde_json::from_str(&said.out).expect("kubectl writes JSON")
    }

    /// Waits until `holds` says so of what `kubectl get WHAT -o json` gives.
    pub fn wait_for(&self, what: impl Words, holds: impl Fn(&Value) -> bool) -> Value {
        let what = what.words();
        let mut args = vec!["get".to_owned(), "-o".to_owned(), "json".to_owned()];
        args.extend(what.iter().cloned());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = run(&mut self.client(&args));
            let value: Value = serde_json::from_str(&said.out).unwrap_or_default();
            if said.code == 0 && holds(&value) {
                return value;
            }
            assert!(Instant::now() < deadline, "{what:?} is still {value:#}{}\n{}", said.err, self.log());
            std::thread::sleep(LOOK_EVERY);
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
        let began = Instant::now();
        let said = self.skiff("down --wipe");
        assert_eq!(said.code, 0, "skiff down --wipe: {}", said.all());
        let took = began.elapsed();
        assert!(
            took < DRAIN_DEADLINE,
            "skiff down --wipe took {took:?}: some task did not stop when asked to"
        );
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

/// The program, built by `cargo xtask test` beside the tests.
pub fn program_path() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it lies");
    let dir = own.parent().and_then(Path::parent).expect("tests lie in <profile>/deps");
    let program = dir.join("skiff");
    assert!(program.exists(), "{} is missing: run the tests by `cargo xtask test`", program.display());
    program
}

/// The official clients, the current one first: the variable is a list of paths.
pub fn clients() -> Vec<PathBuf> {
    let named = std::env::var_os("SKIFF_TEST_KUBECTL").unwrap_or_else(|| "kubectl".into());
    let clients: Vec<PathBuf> = std::env::split_paths(&named).collect();
    assert!(!clients.is_empty(), "SKIFF_TEST_KUBECTL names no client");
    clients
}

/// The current official client.
pub fn kubectl() -> PathBuf {
    clients().swap_remove(0)
}

/// A text inside of a value.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value:#}"))
}

/// The names of the objects of a list.
pub fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap_or_else(|| panic!("a list: {list:#}"));
    items.iter().map(|item| text(item, "/metadata/name").to_owned()).collect()
}
