//! A person's first hour: an application on the cluster, driven by the official client.

use std::collections::BTreeSet;
use std::process::Command;

use e2e::Cluster;
use serde_json::Value;

const MANIFEST: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello, file.txt: "from a file"}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {value: s3cret}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: test.example.com/web:v1
        env:
        - {name: GREETING, valueFrom: {configMapKeyRef: {name: settings, key: greeting}}}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: password, key: value}}}
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        livenessProbe: {httpGet: {path: /, port: http}, periodSeconds: 2}
        resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {memory: 64Mi}}
        volumeMounts: [{name: settings, mountPath: /settings}, {name: scratch, mountPath: /scratch}]
      volumes: [{name: settings, configMap: {name: settings}}, {name: scratch, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"#;

fn uids_and_restarts(cluster: &Cluster) -> BTreeSet<String> {
    let pods = cluster.get(&["pods", "-l", "app=web"]);
    let items = pods["items"].as_array().expect("a list");
    items
        .iter()
        .map(|pod| {
            format!("{} {}", pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"])
        })
        .collect()
}

fn fetch(url: &str) -> String {
    let said = e2e::run(Command::new("curl").args(["--silent", "--max-time", "5", url]));
    assert_eq!(said.code, 0, "curl {url}: {}", said.err);
    said.out.trim().to_owned()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value:#}"))
}

#[test]
fn an_application_runs_is_found_and_survives_the_process() {
    let cluster = Cluster::start("control-plane,node");
    let archive = cluster.data_dir().join("web.tar");
    e2e::image::write_web_image(&archive, "test.example.com/web:v1");
    let imported = cluster.skiff(&["image", "import", &archive.display().to_string()]);
    assert!(
        imported.code == 0 && imported.out.contains("test.example.com/web:v1"),
        "{}{}",
        imported.out,
        imported.err
    );

    cluster.apply(MANIFEST);
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    let pods = cluster.get(&["pods", "-l", "app=web"]);
    let names: BTreeSet<String> = pods["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pod| text(pod, "/metadata/name").to_owned())
        .collect();
    assert_eq!(names.len(), 3);
    let first = names.first().expect("three pods").clone();

    // Configuration and volumes.
    let inside = |command: &str| cluster.kubectl(&["exec", &first, "--", "/bin/sh", "-c", command]);
    assert_eq!(
        inside("echo $GREETING $PASSWORD; cat /settings/file.txt; touch /scratch/x; ls /scratch"),
        "hello s3cret\nfrom a filex\n"
    );
    assert_eq!(inside("hostname").trim(), first);
    assert!(inside("ls /var/run/secrets/kubernetes.io/serviceaccount").contains("token"));

    // The Service: requests spread over the three pods, the node port answers, the name resolves.
    let service = cluster.get(&["service", "web"]);
    let ip = text(&service, "/spec/clusterIP").to_owned();
    let port = service["spec"]["ports"][0]["nodePort"].as_i64().expect("a node port");
    cluster.wait_for(&["endpoints", "web"], |e| {
        e["subsets"][0]["addresses"].as_array().is_some_and(|a| a.len() == 3)
    });
    let answers: BTreeSet<String> = (0..60).map(|_| fetch(&format!("http://{ip}/"))).collect();
    assert_eq!(answers, names);
    assert!(names.contains(&fetch(&format!("http://127.0.0.1:{port}/"))));
    assert!(inside("nslookup web.default.svc.cluster.local").contains(&ip));
    assert!(names.contains(inside(&format!("wget -q -O - http://{ip}/")).trim()));

    // Killed and started again: no container noticed.
    let before = uids_and_restarts(&cluster);
    let killed = e2e::run(Command::new("kill").args(["-9", &cluster.pid().to_string()]));
    assert_eq!(killed.code, 0, "{}", killed.err);
    assert!(names.contains(&fetch(&format!("http://{ip}/"))), "containers and rules outlive the process");
    let said = cluster.up();
    assert_eq!(said.code, 0, "{}{}\n{}", said.out, said.err, cluster.log());
    assert_eq!(uids_and_restarts(&cluster), before);

    // A deleted pod is replaced, and leaves the Service.
    cluster.kubectl(&["delete", "pod", &first]);
    cluster.wait_for(&["deployment", "web"], |d| {
        d["status"]["readyReplicas"] == 3 && d["status"]["unavailableReplicas"].is_null()
    });
    let now = cluster.get(&["pods", "-l", "app=web"]);
    assert!(
        now["items"].as_array().expect("a list").iter().all(|pod| pod["metadata"]["name"] != first.as_str())
    );

    cluster.kubectl(&["scale", "deployment/web", "--replicas=1"]);
    cluster.wait_for(&["pods", "-l", "app=web"], |pods| {
        pods["items"].as_array().is_some_and(|items| items.len() == 1)
    });
    cluster.kubectl(&["delete", "deployment,service", "web"]);
    cluster.wait_for(&["pods"], |pods| pods["items"].as_array().is_some_and(Vec::is_empty));
    cluster.finish();
}
