//! Official clients at work: each test starts a cluster with an application and has a real client do
//! what its users do with it: create, list, watch, patch in every way, apply, exec.
//!
//! Clients of other languages are scripts in `scripts/`, run by the interpreter that `cargo xtask test`
//! installed. A script asserts what it sees and prints the name of each step that it finished, so that
//! a step left out fails the test as well.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use e2e::Cluster;

/// The image of the application that is exec'ed into.
const IMAGE: &str = "test.example.com/web:v1";
/// What every script does, in this order.
pub const STEPS: &[&str] =
    &["create", "list", "watch", "patch", "conflict", "apply", "exec", "logs", "errors", "delete"];

/// Starts a cluster with the application and returns it with the name of one of its pods.
pub fn start() -> (Cluster, String) {
    let cluster = Cluster::start("control-plane,node");
    cluster.import_web_image(IMAGE);
    cluster.apply(e2e::web::WEB);
    cluster.kubectl("rollout status deployment/web --timeout=60s");
    let pod = e2e::names(&cluster.get("pods -l app=web")).swap_remove(0);
    (cluster, pod)
}

/// Runs a script against a new cluster; `interpreter` is the variable that names its interpreter.
pub fn run_script(interpreter: &str, script: &str) {
    let program = env::var_os(interpreter)
        .unwrap_or_else(|| panic!("{interpreter} is not set: run the tests by `cargo xtask test`"));
    let (cluster, pod) = start();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script);
    let mut command = Command::new("timeout");
    command.arg("120").arg(program).arg(path).arg(cluster.kubeconfig()).arg(pod);
    let said = e2e::run(&mut command);
    assert_eq!(said.code, 0, "{script}: {}\n{}", said.all(), cluster.log());
    assert_eq!(said.out.lines().collect::<Vec<_>>(), STEPS, "{}", said.err);
    cluster.finish();
}
