//! What survives the runtime, and what a wipe leaves: nothing.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use crate::common::Node;
use crate::common::assert_nothing_left;
use crate::common::processes_of;
use runtime::OciKind;
use runtime::Runtime;
use runtime::types::ContainerConfig;
use runtime::types::ContainerId;
use runtime::types::ContainerState;
use runtime::types::PidMode;
use runtime::types::SandboxId;
use runtime::types::SandboxState;

/// A runtime in a process of its own that has started one container.
fn manager(node: &Node, container: &ContainerConfig) -> (Child, SandboxId, ContainerId) {
    let json = |value: serde_json::Result<String>| value.unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_runtime-harness"))
        .arg("manage")
        .arg(json(serde_json::to_string(&node.config)))
        .arg(json(serde_json::to_string(&node.sandbox_config())))
        .arg(json(serde_json::to_string(container)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (sandbox, id) = line.trim().split_once(' ').unwrap_or_else(|| panic!("{line}"));
    (child, SandboxId(sandbox.into()), ContainerId(id.into()))
}

fn kill(mut manager: Child) {
    manager.kill().unwrap();
    manager.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_runtime_is_not_noticed() {
    let mut node = Node::new(OciKind::Embedded).await;
    let gate = crate::common::path_of(&node, "gate");
    let mut config =
        node.shell("echo before; until test -e /gate/open; do sleep 0.02; done; echo after; exit 12");
    config.mounts = vec![runtime::types::Mount {
        host_path: gate.clone(),
        container_path: "/gate".into(),
        ..Default::default()
    }];
    let (manager, sandbox, id) = manager(&node, &config);
    kill(manager);
    node.reopen().await;
    assert_eq!(node.runtime.sandbox_status(&sandbox).await.unwrap().state, SandboxState::Ready);
    let status = node.runtime.container_status(&id).await.unwrap();
    assert_eq!(status.state, ContainerState::Running);
    let output = node.runtime.exec_sync(&id, &["echo".into(), "in".into()], None).await.unwrap();
    assert_eq!(output.stdout, b"in\n");
    std::fs::write(gate.join("open"), "").unwrap();
    let status = node.end_of(&id).await;
    assert_eq!(status.exit_code, Some(12));
    assert_eq!(node.output(&id).await, "before\nafter\n");
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exit_without_a_runtime_is_known() {
    let mut node = Node::new(OciKind::Embedded).await;
    let config = node.shell("read line; echo done; exit 42");
    let fifo_holder = ContainerConfig { stdin: true, stdin_once: true, ..config };
    let (manager, _, id) = manager(&node, &fifo_holder);
    kill(manager);
    // A second runtime ends the container's input and is gone before the container is.
    node.reopen().await;
    let mut session = node.runtime.attach(&id).await.unwrap();
    let path = node.runtime.container_status(&id).await.unwrap().log_path.unwrap();
    let mut stdin = session.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, b"x\n").await.unwrap();
    let status_file = node.config.state_dir.join("sandboxes");
    let status_file = std::fs::read_dir(status_file).unwrap().next().unwrap().unwrap().path();
    let status_file = status_file.join("containers").join(id.as_str()).join("status.json");
    let recorded = async {
        while !std::fs::read_to_string(&status_file).unwrap().contains("\"Exited\"") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), recorded).await.expect("the shim records the exit");
    // Only now a runtime looks, which has heard nothing.
    node.reopen().await;
    let status = node.runtime.container_status(&id).await.unwrap();
    assert_eq!((status.state, status.exit_code), (ContainerState::Exited, Some(42)));
    assert!(status.finished_at.unwrap() >= status.started_at.unwrap());
    assert_eq!(crate::common::plain_log(&path), "done\n");
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_shim_is_cleaned_up_after() {
    let node = Node::new(OciKind::Embedded).await;
    let mut config = node.sandbox_config();
    config.pid = PidMode::Pod;
    let sandbox = node.runtime.create_sandbox(&config).await.unwrap().id;
    let id = node.start(&sandbox, &node.shell("sleep 1000")).await;
    let text = std::fs::read_to_string(
        node.config.state_dir.join("sandboxes").join(sandbox.as_str()).join("shim.json"),
    );
    let shim: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    let pid = i32::try_from(shim["pid"].as_i64().unwrap()).unwrap();
    linux::process::signal(pid, linux::process::Signal::SIGKILL).unwrap();
    let status = node.end_of(&id).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (Some(137), "Unknown"));
    assert_eq!(node.runtime.sandbox_status(&sandbox).await.unwrap().state, SandboxState::NotReady);
    // The pod's next sandbox shares its cgroup with the remains of the last.
    let next = node.runtime.create_sandbox(&config).await.unwrap().id;
    let id = node.start(&next, &node.shell("sleep 1000 & wait")).await;
    node.runtime.remove_sandbox(&sandbox).await.unwrap();
    assert_eq!(node.runtime.container_status(&id).await.unwrap().state, ContainerState::Running);
    node.runtime.remove_sandbox(&next).await.unwrap();
    assert!(processes_of(&node.config).is_empty());
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_are_reopened_after_rotation() {
    let node = Node::new(OciKind::Embedded).await;
    let sandbox = node.sandbox().await;
    let mut config = node.shell("echo one; read x; echo two; read x");
    config.stdin = true;
    let id = node.start(&sandbox, &config).await;
    node.printed(&id, "one").await;
    let path = node.runtime.container_status(&id).await.unwrap().log_path.unwrap();
    let rotated = path.with_extension("old");
    std::fs::rename(&path, &rotated).unwrap();
    node.runtime.reopen_log(&id).await.unwrap();
    let mut session = node.runtime.attach(&id).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(session.stdin.as_mut().unwrap(), b"x\n").await.unwrap();
    node.printed(&id, "two").await;
    assert_eq!(crate::common::plain_log(&rotated), "one\n");
    assert_eq!(crate::common::plain_log(&path), "two\n");
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clusters_do_not_touch_each_other() {
    let (one, two) =
        (Node::named(OciKind::Embedded, "one").await, Node::named(OciKind::Embedded, "two").await);
    let (in_one, in_two) = (one.sandbox().await, two.sandbox().await);
    let (a, b) = (
        one.start(&in_one, &one.shell("sleep 1000")).await,
        two.start(&in_two, &two.shell("sleep 1000")).await,
    );
    assert_eq!(one.runtime.containers().await.unwrap().len(), 1);
    assert!(one.runtime.container_status(&b).await.unwrap_err().is_not_found());
    one.runtime.wipe().await.unwrap();
    assert_nothing_left(&one.config);
    assert_eq!(two.runtime.container_status(&b).await.unwrap().state, ContainerState::Running);
    let output = two.runtime.exec_sync(&b, &["true".into()], None).await.unwrap();
    assert_eq!(output.exit_code, 0);
    assert_ne!(a, b);
    two.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_made_state_is_removed() {
    let mut node = Node::new(OciKind::Embedded).await;
    let sandbox = node.sandbox().await;
    let sandboxes = node.config.state_dir.join("sandboxes");
    // As a crash leaves them: a sandbox without a record, a container without a status.
    std::fs::create_dir_all(sandboxes.join("half/containers")).unwrap();
    std::fs::create_dir_all(sandboxes.join(sandbox.as_str()).join("containers/half")).unwrap();
    node.reopen().await;
    assert!(!sandboxes.join("half").exists());
    assert!(!sandboxes.join(sandbox.as_str()).join("containers/half").exists());
    assert_eq!(node.runtime.sandboxes().await.unwrap().len(), 1);
    assert!(node.runtime.containers().await.unwrap().is_empty());
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shim_is_small() {
    let node = Node::new(OciKind::Embedded).await;
    let sandbox = node.sandbox().await;
    let id = node.start(&sandbox, &node.shell("seq 1 5000; sleep 1000")).await;
    node.printed(&id, "5000").await;
    let text = std::fs::read_to_string(
        node.config.state_dir.join("sandboxes").join(sandbox.as_str()).join("shim.json"),
    );
    let shim: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", shim["pid"])).unwrap();
    let kib = |key: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    // Anonymous memory is what each pod costs; the program's pages are shared by all shims.
    assert!(kib("RssAnon:") <= 1024, "{status}");
    assert_eq!(kib("Threads:"), 1);
    node.finish().await;
}
