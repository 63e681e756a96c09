//! The control plane alone, through the official client.

use e2e::Cluster;

#[test]
fn kubectl_reads_and_writes() {
    let cluster = Cluster::start("control-plane");
    assert!(cluster.kubectl(&["version"]).contains("v1.36"));
    let namespaces = cluster.kubectl(&["get", "namespaces", "-o", "name"]);
    assert_eq!(
        namespaces,
        "namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n"
    );
    cluster.kubectl(&["create", "configmap", "a", "--from-literal=x=y"]);
    cluster.kubectl(&["label", "configmap", "a", "app=web"]);
    cluster.kubectl(&["annotate", "configmap", "a", "k=v"]);
    cluster.kubectl(&[
        "patch",
        "configmap",
        "a",
        "--type=json",
        "-p",
        r#"[{"op":"add","path":"/data/z","value":"1"}]"#,
    ]);
    cluster.kubectl(&["patch", "configmap", "a", "--type=merge", "-p", r#"{"data":{"x":null}}"#]);
    cluster.kubectl(&["patch", "configmap", "a", "--type=strategic", "-p", r#"{"data":{"s":"t"}}"#]);
    assert_eq!(cluster.get(&["configmap", "a"])["data"], serde_json::json!({"s": "t", "z": "1"}));
    let table = cluster.kubectl(&["get", "configmaps", "-l", "app=web"]);
    assert!(table.starts_with("NAME   DATA   AGE\na      2      "), "{table}");
    let missing = cluster.try_kubectl(&["get", "configmap", "nope"]);
    assert_eq!(missing.err, "Error from server (NotFound): configmaps \"nope\" not found\n");
    assert_eq!(cluster.kubectl(&["auth", "can-i", "create", "pods"]), "yes\n");
    let denied = cluster.try_kubectl(&["auth", "can-i", "create", "pods", "--as=somebody"]);
    assert_eq!((denied.code, denied.out.as_str()), (1, "no\n"));
    let metrics = cluster.try_kubectl(&["top", "pods"]);
    assert!(metrics.err.contains("Metrics API not available"), "{}", metrics.err);
    cluster.kubectl(&["delete", "configmap", "a"]);
    cluster.finish();
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let cluster = Cluster::start("control-plane");
    for i in 0..20 {
        cluster.kubectl(&["create", "configmap", &format!("m{i}"), "--from-literal=a=b"]);
    }
    let before = cluster.get(&["configmaps", "-n", "default"]);
    let killed = e2e::run(std::process::Command::new("kill").args(["-9", &cluster.pid().to_string()]));
    assert_eq!(killed.code, 0, "{}", killed.err);
    let said = cluster.up();
    assert_eq!(said.code, 0, "{}{}\n{}", said.out, said.err, cluster.log());
    let after = cluster.get(&["configmaps", "-n", "default"]);
    for i in 0..20 {
        let find = |list: &serde_json::Value| {
            let items = list["items"].as_array().expect("a list").clone();
            items.into_iter().find(|item| item["metadata"]["name"] == format!("m{i}")).expect("it is there")
        };
        assert_eq!(find(&before), find(&after));
    }
    cluster.finish();
}

#[test]
fn mistakes_at_start_end_in_one_sentence() {
    let cluster = Cluster::start("control-plane");
    let again = cluster.up();
    assert!(again.code == 0 && again.out.contains("already running"), "{}{}", again.out, again.err);
    let second =
        cluster.skiff(&["up", "--foreground", "--roles", "control-plane", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 1);
    assert!(
        second.err.contains("skiff: ")
            && second
                .err
                .trim()
                .lines()
                .last()
                .is_some_and(|l| l.contains("in use") || l.contains("listen on")),
        "{}",
        second.err
    );
    let other = tempfile::tempdir().expect("a directory");
    let port = cluster.status()["endpoints"]["apiserver"]
        .as_str()
        .expect("an address")
        .trim_start_matches("https://")
        .to_owned();
    let taken = e2e::run(
        std::process::Command::new(e2e::program_path())
            .args(["up", "--roles", "control-plane", "--listen", &port, "--data-dir"])
            .arg(other.path()),
    );
    assert_eq!(taken.code, 1);
    assert!(taken.err.contains(&port), "{}", taken.err);
    cluster.finish();
}
