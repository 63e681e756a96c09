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
fn claims_are_held_while_pods_use_them() {
    let cluster = Cluster::start("control-plane");
    cluster.apply(
        r#"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  nodeName: elsewhere
  containers: [{name: c, image: test.example.com/none}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"#,
    );
    cluster.kubectl("delete persistentvolumeclaim data --wait=false");
    let held = cluster
        .wait_for("persistentvolumeclaim data", |claim| claim["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(held["metadata"]["finalizers"], serde_json::json!(["kubernetes.io/pvc-protection"]));
    cluster.kubectl("delete pod user --force --grace-period=0");
    cluster.kubectl("wait --for=delete persistentvolumeclaim/data --timeout=60s");
    cluster.finish();
}
