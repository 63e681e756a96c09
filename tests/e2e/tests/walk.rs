//! A person's first hour: an application on the cluster, driven by the official client.
//!
//! The other files of this folder go into each part of it; this one is the whole, with every client
//! version that is at hand.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use e2e::Cluster;
use e2e::text;

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
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1}
        livenessProbe: {httpGet: {path: /version, port: http}, periodSeconds: 2}
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
    let pods = cluster.get("pods -l app=web");
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

#[test]
fn an_application_runs_is_found_and_survives_the_process() {
    e2e::clients().iter().for_each(|client| walk(client));
}

fn walk(client: &Path) {
    let cluster = Cluster::start_for("control-plane,node", client);
    cluster.import_web_image("test.example.com/web:v1");
    cluster.apply(MANIFEST);
    cluster.kubectl("rollout status deployment/web --timeout=60s");
    let names: BTreeSet<String> = e2e::names(&cluster.get("pods -l app=web")).into_iter().collect();
    assert_eq!(names.len(), 3);
    let first = names.first().expect("three pods").clone();

    configuration_reaches_the_container(&cluster, &first);
    let ip = the_service_finds_every_pod(&cluster, &first, &names);
    containers_outlive_the_process(&cluster, &ip, &names);

    // A deleted pod is replaced, and leaves the Service.
    cluster.kubectl(&["delete", "pod", &first]);
    cluster.wait_for("deployment web", |d| {
        d["status"]["readyReplicas"] == 3 && d["status"]["unavailableReplicas"].is_null()
    });
    assert!(!e2e::names(&cluster.get("pods -l app=web")).contains(&first));

    cluster.kubectl("scale deployment/web --replicas=1");
    cluster.wait_for("pods -l app=web", |pods| e2e::names(pods).len() == 1);
    cluster.kubectl("delete deployment,service web");
    cluster.wait_for("pods", |pods| e2e::names(pods).is_empty());
    cluster.finish();
}

fn configuration_reaches_the_container(cluster: &Cluster, pod: &str) {
    let inside = |command: &str| cluster.kubectl(&["exec", pod, "--", "/bin/sh", "-c", command]);
    assert_eq!(
        inside("echo $GREETING $PASSWORD; cat /settings/file.txt; touch /scratch/x; ls /scratch"),
        "hello s3cret\nfrom a filex\n"
    );
    assert_eq!(inside("hostname").trim(), pod);
    assert_eq!(inside("ls /var/run/secrets/kubernetes.io/serviceaccount"), "ca.crt\nnamespace\ntoken\n");
}

/// Requests spread over the pods, the node port answers, the name resolves; the Service's address.
fn the_service_finds_every_pod(cluster: &Cluster, pod: &str, names: &BTreeSet<String>) -> String {
    let inside = |command: &str| cluster.kubectl(&["exec", pod, "--", "/bin/sh", "-c", command]);
    let service = cluster.get("service web");
    let ip = text(&service, "/spec/clusterIP").to_owned();
    let port = service["spec"]["ports"][0]["nodePort"].as_i64().expect("a node port");
    cluster
        .wait_for("endpoints web", |e| e["subsets"][0]["addresses"].as_array().is_some_and(|a| a.len() == 3));
    let answers: BTreeSet<String> = (0..60).map(|_| fetch(&format!("http://{ip}/"))).collect();
    assert_eq!(&answers, names);
    assert!(names.contains(&fetch(&format!("http://127.0.0.1:{port}/"))));
    assert!(inside("nslookup web.default.svc.cluster.local").contains(&ip));
    assert!(names.contains(inside(&format!("wget -q -O - http://{ip}/")).trim()));
    ip
}

fn containers_outlive_the_process(cluster: &Cluster, ip: &str, names: &BTreeSet<String>) {
    let before = uids_and_restarts(cluster);
    let killed = e2e::run(Command::new("kill").args(["-9", &cluster.pid().to_string()]));
    assert_eq!(killed.code, 0, "{}", killed.err);
    assert!(names.contains(&fetch(&format!("http://{ip}/"))), "containers and rules outlive the process");
    let said = cluster.up();
    assert_eq!(said.code, 0, "{}\n{}", said.all(), cluster.log());
    assert_eq!(uids_and_restarts(cluster), before);
}
