//! A control plane and a node in processes of their own, which meet over TLS only.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use e2e::Cluster;
use e2e::PATIENCE;
use e2e::Said;

const IMAGE: &str = "test.example.com/web:v1";
const NODE: &str = "worker-1";

/// A node alone; goes with the test.
struct Node {
    dir: tempfile::TempDir,
}

impl Node {
    fn start(cluster: &Cluster) -> Self {
        let node = Self { dir: tempfile::tempdir().expect("a directory for the node") };
        let made = cluster.skiff(&["credentials", "node", NODE]);
        assert_eq!(made.code, 0, "skiff credentials: {}", made.err);
        std::fs::write(node.kubeconfig(), made.out).expect("written");
        let said = node.up();
        assert_eq!(said.code, 0, "skiff up: {}{}\n{}", said.out, said.err, node.log());
        node
    }

    fn up(&self) -> Said {
        let kubeconfig = self.kubeconfig().display().to_string();
        self.skiff(&["up", "--roles", "node", "--kubeconfig", &kubeconfig])
    }

    fn skiff(&self, args: &[&str]) -> Said {
        let mut command = Command::new("timeout");
        command.arg("120").arg(e2e::program_path()).args(args).arg("--data-dir").arg(self.data_dir());
        e2e::run(&mut command)
    }

    fn kubeconfig(&self) -> PathBuf {
        self.dir.path().join("kubeconfig")
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.data_dir().join("skiff.log")).unwrap_or_default()
    }

    fn pid(&self) -> String {
        let status: serde_json::Value =
            serde_json::from_str(&self.skiff(&["status", "-o", "json"]).out).expect("skiff writes JSON");
        status["pid"].to_string()
    }

    fn finish(self) {
        let id = std::fs::read_to_string(self.data_dir().join("cluster-id")).expect("a node has an id");
        let said = self.skiff(&["down", "--wipe"]);
        assert_eq!(said.code, 0, "skiff down --wipe: {}{}", said.out, said.err);
        assert!(!self.data_dir().exists(), "the data directory is left behind");
        for (program, args) in [("nft", &["list", "tables"][..]), ("ip", &["-o", "link"])] {
            let said = e2e::run(Command::new(program).args(args));
            assert!(said.code == 0 && !said.out.contains(id.trim()), "left behind: {}{}", said.out, said.err);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.data_dir().exists() {
            self.skiff(&["down", "--wipe"]);
        }
    }
}

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: web}}}}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers:\n  - name: web\n    image: {IMAGE}\n    readinessProbe: {{httpGet: {{path: /, port: 8080}}, periodSeconds: 1}}\n"
    )
}

fn wait_until_ready(cluster: &Cluster, name: &str) {
    cluster.wait_for(&["pod", name], |pod| {
        let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
    });
}

/// Repeats a command that needs somebody to have come back, until it succeeds.
fn kubectl_in_time(cluster: &Cluster, args: &[&str]) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = cluster.try_kubectl(args);
        if said.code == 0 {
            return said.out;
        }
        assert!(Instant::now() < deadline, "kubectl {}: {}", args.join(" "), said.err);
    }
}

#[test]
fn a_node_alone_runs_pods_and_outlasts_its_control_plane() {
    let cluster = Cluster::start("control-plane");
    let node = Node::start(&cluster);
    let nodes = cluster.get(&["nodes"]);
    assert_eq!(nodes["items"].as_array().map(Vec::len), Some(1), "the control plane is no node");
    assert_eq!(nodes["items"][0]["metadata"]["name"], NODE);

    let archive = node.dir.path().join("image.tar");
    e2e::image::write_web_image(&archive, IMAGE);
    let said = node.skiff(&["image", "import", &archive.display().to_string()]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    cluster.apply(&pod("first"));
    cluster.kubectl(&["expose", "pod", "first", "--port=80", "--target-port=8080"]);
    wait_until_ready(&cluster, "first");
    // The API server reaches the kubelet by the node's address and trusts the cluster's authority.
    assert_eq!(cluster.kubectl(&["exec", "first", "--", "echo", "hello"]), "hello\n");
    assert_eq!(cluster.kubectl(&["logs", "first"]), "serving first\n");
    let by_name = ["exec", "first", "--", "wget", "-q", "-O", "-", "http://first.default.svc.cluster.local"];
    assert_eq!(kubectl_in_time(&cluster, &by_name), "first\n", "DNS and the proxy");

    let (first, pid) = (cluster.get(&["pod", "first"]), node.pid());
    let killed = e2e::run(Command::new("kill").args(["-9", &cluster.pid().to_string()]));
    assert_eq!(killed.code, 0, "{}", killed.err);
    let said = cluster.up();
    assert_eq!(said.code, 0, "{}{}\n{}", said.out, said.err, cluster.log());
    cluster.apply(&pod("second"));
    wait_until_ready(&cluster, "second");
    assert_eq!(kubectl_in_time(&cluster, &["exec", "second", "--", "echo", "again"]), "again\n");
    let still = cluster.get(&["pod", "first"]);
    for field in ["uid", "creationTimestamp"] {
        assert_eq!(first["metadata"][field], still["metadata"][field]);
    }
    let started = |pod: &serde_json::Value| pod["status"]["containerStatuses"][0]["containerID"].clone();
    assert_eq!(started(&first), started(&still), "its container went on");
    assert_eq!(node.pid(), pid, "the node's process went on");
    cluster.kubectl(&["delete", "pod", "first", "second"]);
    node.finish();
    cluster.finish();
}

#[test]
fn a_node_without_credentials_says_where_they_come_from() {
    let cluster = Cluster::start("control-plane");
    let dir = tempfile::tempdir().expect("a directory");
    let node = Node { dir };
    let said = node.skiff(&["up", "--foreground", "--roles", "node"]);
    assert!(said.code == 1 && said.err.contains("skiff credentials node NAME"), "{}", said.err);
    let admin = cluster.data_dir().join("admin.kubeconfig").display().to_string();
    let said = node.skiff(&["up", "--foreground", "--roles", "node", "--kubeconfig", &admin]);
    assert!(said.code == 1 && said.err.contains("is not of a node"), "{}", said.err);
    let made = cluster.skiff(&["credentials", "node", NODE]);
    std::fs::write(node.kubeconfig(), made.out).expect("written");
    let kubeconfig = node.kubeconfig().display().to_string();
    let args = ["up", "--foreground", "--roles", "node", "--kubeconfig", &kubeconfig, "--node-name", "other"];
    let said = node.skiff(&args);
    assert!(said.code == 1 && said.err.contains("made for the node \"worker-1\""), "{}", said.err);
    let said = cluster.skiff(&["credentials", "node", "Not A Name"]);
    assert!(said.code == 1 && said.err.contains("cannot be a node's name"), "{}", said.err);
    drop(node);
    cluster.finish();
}
