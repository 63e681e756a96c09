//! Real containers, with both OCI runtimes. Needs root, and Debian's busybox-static and runc.

use std::time::Duration;
use std::time::Instant;

use crate::common::Node;
use crate::common::path_of;
use runtime::OciKind;
use runtime::Runtime;
use runtime::TerminalSize;
use runtime::types::ContainerState;
use runtime::types::ExecRequest;
use runtime::types::LifecycleKind;
use runtime::types::Mount;
use runtime::types::MountAccess;
use runtime::types::NamespaceMode;
use runtime::types::PidMode;
use runtime::types::Resources;
use runtime::types::RunAs;
use runtime::types::SeccompProfile;
use runtime::types::Security;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

/// Each function becomes a test of either OCI runtime.
macro_rules! both {
    ($($name:ident)*) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::OciKind::Embedded).await;
            })*
        }
        mod runc {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::common::runc()).await;
            })*
        }
    };
}

both! {
    runs_and_exits
    environment_user_and_directory
    mounts_are_read_only_or_not
    start_errors_say_why
    exec_with_half_closed_stdin
    exec_on_a_terminal
    exec_times_out
    attach_reads_and_writes
    stop_asks_then_kills
    memory_runs_out
    limits_are_in_force
    seccomp_and_capabilities
    read_only_root_and_masked_paths
    namespaces_of_a_pod
    processes_shared_by_a_pod
    terminal_container
}

async fn runs_and_exits(oci: OciKind) {
    let node = Node::new(oci).await;
    let mut events = node.runtime.events();
    let (status, output) = node.run(&node.shell("echo out; echo err >&2; printf unfinished; exit 3")).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (Some(3), "Error"));
    assert!(status.started_at.unwrap() <= status.finished_at.unwrap());
    for part in ["out\n", "err\n", "unfinished"] {
        assert!(output.contains(part), "{output:?}");
    }
    assert_eq!(events.recv().await.unwrap().kind, LifecycleKind::Started);
    assert_eq!(events.recv().await.unwrap().kind, LifecycleKind::Exited(3));
    let (status, output) = node.run(&node.shell("seq 1 20000")).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (Some(0), "Completed"));
    assert_eq!(output.lines().count(), 20_000);
    assert!(output.ends_with("\n20000\n"));
    let (_, output) = node.run(&node.shell("head -c 40000 /dev/zero | tr '\\0' x; echo")).await;
    assert_eq!(output.trim_end().len(), 40_000);
    node.finish().await;
}

async fn environment_user_and_directory(oci: OciKind) {
    let node = Node::new(oci).await;
    let mut config = node
        .shell("id -u; id -g; id -G; pwd; echo $A-$HOME-$HOSTNAME; hostname; touch /tmp/x && ls -ln /tmp/x");
    config.env = vec![("A".into(), "1".into()), ("A".into(), "two words".into())];
    config.cwd = "/new/dir".into();
    config.security.run_as =
        RunAs { username: Some("web".into()), supplemental_groups: vec![77], ..RunAs::default() };
    let (status, output) = node.run(&config).await;
    assert_eq!(status.exit_code, Some(0), "{output}");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(&lines[..2], ["33", "34"]);
    let mut groups: Vec<&str> = lines[2].split(' ').collect();
    groups.sort_unstable();
    assert_eq!(groups, ["34", "50", "77"]);
    assert_eq!(&lines[3..6], ["/new/dir", "two words-/tmp-pod-host", "pod-host"]);
    // The user owns its streams.
    let mut config = node.shell("echo again > /dev/stdout");
    config.security.run_as.uid = Some(1234);
    assert_eq!(node.run(&config).await.1, "again\n");
    node.finish().await;
}

async fn mounts_are_read_only_or_not(oci: OciKind) {
    let node = Node::new(oci).await;
    let (rw, ro) = (path_of(&node, "rw"), path_of(&node, "ro"));
    let file = node.dir.path().join("file");
    std::fs::write(&file, "from a file").unwrap();
    let mut config = node.shell("touch /rw/x && cat /etc/conf && ! touch /ro/x && ls -d /made && grep tmpfs /proc/mounts | grep -c /dev/shm");
    let mount = |host: &std::path::Path, container: &str, access| Mount {
        host_path: host.to_owned(),
        container_path: container.into(),
        access,
        ..Mount::default()
    };
    config.mounts = vec![
        mount(&rw, "/rw", MountAccess::ReadWrite),
        mount(&ro, "/ro", MountAccess::ReadOnly),
        mount(&file, "/etc/conf", MountAccess::ReadOnly),
        mount(&node.dir.path().join("missing"), "/made", MountAccess::ReadWrite),
    ];
    let (status, output) = node.run(&config).await;
    assert_eq!(status.exit_code, Some(0), "{output}");
    assert!(output.contains("from a file"), "{output}");
    assert!(rw.join("x").exists());
    assert!(!ro.join("x").exists());
    // Nothing that a container mounts is seen on the node.
    let mounts = linux::mount::list().unwrap();
    assert!(mounts.iter().all(|m| m.fs_type != "overlay" || !m.target.starts_with(node.dir.path())));
    node.finish().await;
}

async fn start_errors_say_why(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let cases = [
        (vec!["nonsense"], r#"exec: "nonsense": executable file not found in $PATH"#),
        (vec!["/no/such"], "no such file or directory"),
        (vec!["/etc/passwd"], "permission denied"),
    ];
    for (args, expected) in cases {
        let mut config = node.shell("");
        config.args = args.into_iter().map(String::from).collect();
        let id = node.runtime.create_container(&sandbox, &config).await.unwrap();
        let error = node.runtime.start_container(&id).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        let status = node.runtime.container_status(&id).await.unwrap();
        assert_eq!(status.state, ContainerState::Exited);
        assert_eq!((status.exit_code, status.reason.as_str()), (Some(128), "StartError"));
        assert!(status.message.contains(expected), "{}", status.message);
        assert!(node.runtime.start_container(&id).await.is_err());
    }
    let mut config = node.shell("true");
    config.security.run_as.username = Some("nobody-here".into());
    let id = node.runtime.create_container(&sandbox, &config).await.unwrap();
    let error = node.runtime.start_container(&id).await.unwrap_err().to_string();
    assert!(error.contains("unable to find user nobody-here"), "{error}");
    let running = node.start(&sandbox, &node.shell("sleep 1000")).await;
    let error = node.runtime.exec_sync(&running, &["nonsense".into()], None).await.unwrap_err().to_string();
    assert!(error.contains("executable file not found in $PATH"), "{error}");
    node.finish().await;
}

async fn exec_with_half_closed_stdin(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let mut config = node.shell("sleep 1000");
    config.env = vec![("FROM".into(), "the pod".into())];
    let id = node.start(&sandbox, &config).await;
    let command = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let script = command(&["sh", "-c", "echo $FROM; echo bad >&2; exit 7"]);
    let output = node.runtime.exec_sync(&id, &script, None).await.unwrap();
    assert_eq!(output.stdout, b"the pod\n");
    assert_eq!(output.stderr, b"bad\n");
    assert_eq!(output.exit_code, 7);
    // Without a stdin the command reads its end at once.
    assert_eq!(node.runtime.exec_sync(&id, &command(&["cat"]), None).await.unwrap().exit_code, 0);
    let request = ExecRequest { command: command(&["wc", "-c"]), stdin: true, tty: false };
    let mut session = node.runtime.exec(&id, &request).await.unwrap();
    let mut stdin = session.stdin.take().unwrap();
    let data = vec![b'x'; 300_000];
    stdin.write_all(&data).await.unwrap();
    drop(stdin);
    let mut text = String::new();
    session.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    assert_eq!(text.trim(), "300000");
    assert_eq!(session.exit.await.unwrap(), 0);
    assert_eq!(node.runtime.container_status(&id).await.unwrap().state, ContainerState::Running);
    node.finish().await;
}

async fn exec_on_a_terminal(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let id = node.start(&sandbox, &node.shell("sleep 1000")).await;
    let request = ExecRequest { command: vec!["sh".into()], stdin: true, tty: true };
    let mut session = node.runtime.exec(&id, &request).await.unwrap();
    assert!(session.stderr.is_none());
    session.resize.send(TerminalSize { columns: 132, rows: 43 }).await.unwrap();
    let mut stdin = session.stdin.take().unwrap();
    let mut stdout = session.stdout.take().unwrap();
    // The size arrives by a way of its own: ask until it is there.
    stdin
        .write_all(b"until [ \"$(stty size)\" = '43 132' ]; do :; done; echo size-$?; exit 5\n")
        .await
        .unwrap();
    let mut text = String::new();
    stdout.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("size-0"), "{text:?}");
    assert_eq!(session.exit.await.unwrap(), 5);
    node.finish().await;
}

async fn exec_times_out(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let id = node.start(&sandbox, &node.shell("sleep 1000")).await;
    let command = ["sleep", "999"].map(String::from);
    let error = node.runtime.exec_sync(&id, &command, Some(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(error, runtime::Error::Timeout { .. }), "{error}");
    let list = ["sh", "-c", "until ! ps | grep -q '[s]leep 999'; do :; done"].map(String::from);
    let output = node.runtime.exec_sync(&id, &list, Some(Duration::from_secs(10))).await.unwrap();
    assert_eq!(output.exit_code, 0);
    node.finish().await;
}

async fn attach_reads_and_writes(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let mut config = node.shell("while read line; do echo \"got $line\"; done; echo end >&2; exit 4");
    config.stdin = true;
    config.stdin_once = true;
    let id = node.start(&sandbox, &config).await;
    let mut session = node.runtime.attach(&id).await.unwrap();
    let mut second = node.runtime.attach(&id).await.unwrap();
    let mut stdin = session.stdin.take().unwrap();
    stdin.write_all(b"one\n").await.unwrap();
    let mut first_line = [0; 8];
    session.stdout.as_mut().unwrap().read_exact(&mut first_line).await.unwrap();
    assert_eq!(&first_line, b"got one\n");
    // A second client sees the same; its input must not keep the container's stdin open.
    drop(second.stdin.take());
    drop(stdin);
    let mut rest = String::new();
    session.stderr.take().unwrap().read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "end\n");
    assert_eq!(session.exit.await.unwrap(), 4);
    let mut text = String::new();
    second.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "got one\n");
    assert_eq!(node.output(&id).await, "got one\nend\n");
    node.finish().await;
}

async fn stop_asks_then_kills(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let polite = node.shell("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.1; done");
    let polite = node.start(&sandbox, &polite).await;
    node.printed(&polite, "ready").await;
    node.runtime.stop_container(&polite, Duration::from_secs(20)).await.unwrap();
    let status = node.runtime.container_status(&polite).await.unwrap();
    assert_eq!((status.state, status.exit_code), (ContainerState::Exited, Some(9)));
    assert_eq!(node.output(&polite).await, "ready\nbye\n");
    let mut quitter = node.shell("trap 'exit 8' QUIT; echo ready; while :; do sleep 0.1; done");
    quitter.stop_signal = "SIGQUIT".into();
    let quitter = node.start(&sandbox, &quitter).await;
    node.printed(&quitter, "ready").await;
    node.runtime.stop_container(&quitter, Duration::from_secs(20)).await.unwrap();
    assert_eq!(node.runtime.container_status(&quitter).await.unwrap().exit_code, Some(8));
    let stubborn =
        node.start(&sandbox, &node.shell("trap '' TERM; echo ready; while :; do sleep 0.1; done")).await;
    node.printed(&stubborn, "ready").await;
    let before = Instant::now();
    node.runtime.stop_container(&stubborn, Duration::from_millis(400)).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(400));
    assert_eq!(node.runtime.container_status(&stubborn).await.unwrap().exit_code, Some(137));
    // Stopping again, and what is unknown, is success.
    node.runtime.stop_container(&stubborn, Duration::ZERO).await.unwrap();
    node.runtime.remove_container(&stubborn).await.unwrap();
    node.runtime.remove_container(&stubborn).await.unwrap();
    assert!(node.runtime.container_status(&stubborn).await.unwrap_err().is_not_found());
    node.finish().await;
}

async fn memory_runs_out(oci: OciKind) {
    let node = Node::new(oci).await;
    let mut config = node.shell("tail /dev/zero");
    config.args = ["tail", "/dev/zero"].map(String::from).to_vec();
    config.resources.memory_limit_bytes = Some(32 << 20);
    let (status, _) = node.run(&config).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (Some(137), "OOMKilled"));
    node.finish().await;
}

async fn limits_are_in_force(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let mut config = node.shell("sleep 1000");
    config.resources = Resources {
        cpu_shares: Some(512),
        cpu_quota_us: Some(50_000),
        cpu_period_us: Some(100_000),
        memory_limit_bytes: Some(64 << 20),
        pids_limit: Some(20),
        oom_score_adj: Some(500),
        ..Resources::default()
    };
    let id = node.start(&sandbox, &config).await;
    let run = async |script: &str| {
        let command = ["sh", "-c", script].map(String::from);
        let output = node.runtime.exec_sync(&id, &command, Some(Duration::from_secs(20))).await.unwrap();
        (output.exit_code, String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run("cat /proc/1/oom_score_adj /proc/self/oom_score_adj").await.1, "500\n500\n");
    let forks = "i=0; while [ $i -lt 30 ]; do sleep 3 & i=$((i+1)); done";
    assert_ne!(run(forks).await.0, 0, "thirty processes where twenty are allowed");
    let stats = node.runtime.container_stats(&id).await.unwrap();
    assert!(stats.pids >= 1 && stats.pids <= 20, "{stats:?}");
    assert!(stats.memory_bytes > 0 && stats.memory_bytes <= 64 << 20, "{stats:?}");
    assert!(node.runtime.sandbox_stats(&sandbox).await.unwrap().cpu_ns > 0);
    let update =
        Resources { memory_limit_bytes: Some(128 << 20), cpu_shares: Some(256), ..Resources::default() };
    node.runtime.update_resources(&id, &update).await.unwrap();
    let status = node.runtime.container_status(&id).await.unwrap();
    assert_eq!(status.config.resources.memory_limit_bytes, Some(128 << 20));
    assert_eq!(status.config.resources.pids_limit, Some(20));
    node.finish().await;
}

async fn seccomp_and_capabilities(oci: OciKind) {
    let node = Node::new(oci).await;
    let script = "unshare -U true; echo unshare-$?; grep -E 'Seccomp:|CapEff|NoNewPrivs' /proc/self/status";
    let mut config = node.shell(script);
    config.security.seccomp = SeccompProfile::RuntimeDefault;
    let (_, confined) = node.run(&config).await;
    assert!(confined.contains("Operation not permitted"), "{confined}");
    assert!(confined.contains("Seccomp:\t2"), "{confined}");
    assert!(confined.contains("NoNewPrivs:\t0"), "{confined}");
    // chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw,
    // sys_chroot, mknod, audit_write, setfcap.
    assert!(confined.contains("CapEff:\t00000000a80425fb"), "{confined}");
    let mut config = node.shell(script);
    config.security = Security {
        drop_capabilities: vec!["ALL".into()],
        add_capabilities: vec!["NET_ADMIN".into()],
        no_new_privileges: true,
        ..Security::default()
    };
    let (_, open) = node.run(&config).await;
    assert!(open.contains("unshare-0"), "{open}");
    assert!(open.contains("Seccomp:\t0"), "{open}");
    assert!(open.contains("NoNewPrivs:\t1"), "{open}");
    assert!(open.contains("CapEff:\t0000000000001000"), "{open}");
    let profile = node.dir.path().join("profile.json");
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}"#;
    std::fs::write(&profile, text).unwrap();
    let mut config = node.shell("mkdir /tmp/x");
    config.security.seccomp = SeccompProfile::Localhost(profile);
    config.security.no_new_privileges = true;
    let (status, output) = node.run(&config).await;
    assert_eq!(status.exit_code, Some(1));
    assert!(output.contains("No space left on device"), "{output}");
    let mut config = node.shell("mount -t tmpfs none /tmp && grep CapEff /proc/self/status && touch /proc/sys/vm/swappiness && ls /dev/vda");
    config.security.privileged = true;
    let (status, output) = node.run(&config).await;
    assert_eq!(status.exit_code, Some(0), "{output}");
    node.finish().await;
}

async fn read_only_root_and_masked_paths(oci: OciKind) {
    let node = Node::new(oci).await;
    let mut config = node.shell(
        "touch /x; echo root-$?; touch /dev/shm/x; echo shm-$?; echo 1 > /proc/sys/vm/swappiness; echo sys-$?; wc -c < /proc/kcore; ls /sys/firmware | wc -l; mount -t tmpfs none /tmp; echo mount-$?",
    );
    config.security.readonly_rootfs = true;
    let (_, output) = node.run(&config).await;
    for part in ["root-1", "shm-0", "sys-1", "mount-1"] {
        assert!(output.contains(part), "{part}: {output}");
    }
    assert!(!node.dir.path().join("layer-0/upper/x").exists());
    node.finish().await;
}

async fn namespaces_of_a_pod(oci: OciKind) {
    let node = Node::new(oci).await;
    let status = node.runtime.create_sandbox(&node.sandbox_config()).await.unwrap();
    let netns = status.netns.clone().unwrap();
    let identity = linux::namespace::identity(&netns).unwrap();
    let show = "for n in net ipc uts pid mnt; do readlink /proc/self/ns/$n; done; ip addr show lo | grep -c LOOPBACK,UP; echo shared > /dev/shm/f-$N; ls /dev/shm; cat /etc/hostname";
    let mut first = node.shell(show);
    first.env = vec![("N".into(), "1".into())];
    let mut second = node.shell(show);
    second.env = vec![("N".into(), "2".into())];
    let first = node.start(&status.id, &first).await;
    node.end_of(&first).await;
    let second = node.start(&status.id, &second).await;
    node.end_of(&second).await;
    let (first, second) = (node.output(&first).await, node.output(&second).await);
    let (a, b): (Vec<&str>, Vec<&str>) = (first.lines().collect(), second.lines().collect());
    assert_eq!(a[0], format!("net:[{identity}]"), "{first}");
    assert_eq!(a[..3], b[..3]);
    assert_eq!(a[5], "1", "loopback is up: {first}");
    assert_eq!(b[6..], ["f-1", "f-2", "pod-host"]);
    let mut host = node.sandbox_config();
    host.network = NamespaceMode::Node;
    host.ipc = NamespaceMode::Node;
    host.pid = PidMode::Node;
    let host = node.runtime.create_sandbox(&host).await.unwrap();
    assert_eq!(host.netns, None);
    let id =
        node.start(&host.id, &node.shell("for n in net pid uts; do readlink /proc/self/ns/$n; done")).await;
    node.end_of(&id).await;
    let link =
        |name: &str| std::fs::read_link(format!("/proc/self/ns/{name}")).unwrap().display().to_string();
    assert_eq!(node.output(&id).await, format!("{}\n{}\n{}\n", link("net"), link("pid"), link("uts")));
    node.runtime.stop_sandbox(&status.id).await.unwrap();
    assert!(!netns.exists());
    node.finish().await;
}

async fn processes_shared_by_a_pod(oci: OciKind) {
    let node = Node::new(oci).await;
    let mut config = node.sandbox_config();
    config.pid = PidMode::Pod;
    let sandbox = node.runtime.create_sandbox(&config).await.unwrap().id;
    let main = node.start(&sandbox, &node.shell("sleep 555 & echo up; sleep 1000")).await;
    node.printed(&main, "up").await;
    let other = node.start(&sandbox, &node.shell("ps | grep -c '[s]leep 555'; test $$ != 1; echo $?")).await;
    assert_eq!(node.end_of(&other).await.exit_code, Some(0));
    assert_eq!(node.output(&other).await, "1\n0\n");
    // Everything of a container dies with its first process, the rest of the pod lives on.
    node.runtime.stop_container(&main, Duration::ZERO).await.unwrap();
    let third =
        node.start(&sandbox, &node.shell("until ! ps | grep -q '[s]leep 555'; do :; done; echo gone")).await;
    node.end_of(&third).await;
    assert_eq!(node.output(&third).await, "gone\n");
    node.finish().await;
}

async fn terminal_container(oci: OciKind) {
    let node = Node::new(oci).await;
    let sandbox = node.sandbox().await;
    let mut config = node.shell("stty size; test -t 0 && echo tty; read x; echo \"read $x\"; exit 6");
    config.tty = true;
    config.stdin = true;
    let id = node.start(&sandbox, &config).await;
    let mut session = node.runtime.attach(&id).await.unwrap();
    session.stdin.as_mut().unwrap().write_all(b"hello\n").await.unwrap();
    assert_eq!(node.end_of(&id).await.exit_code, Some(6));
    let output = node.output(&id).await;
    assert!(output.contains("tty") && output.contains("read hello"), "{output:?}");
    node.finish().await;
}
