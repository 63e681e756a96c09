//! How pods find and reach each other: names, Services, node ports, and what happens when one is
//! not ready.

use std::collections::BTreeSet;

use e2e::Cluster;
use e2e::text;
use serde_json::Value;

const MANIFEST: &str = r#"
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
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1, failureThreshold: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec: {sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "test.example.com/curl:v1"}]}
"#;

fn start() -> Cluster {
    let cluster = Cluster::start("control-plane,node");
    cluster.import_web_image("test.example.com/web:v1");
    cluster.import_curl_image("test.example.com/curl:v1");
    cluster.apply(MANIFEST);
    cluster.kubectl("rollout status deployment/web --timeout=60s");
    cluster.kubectl("wait --for=condition=Ready pod/client --timeout=60s");
    cluster
}

fn inside(cluster: &Cluster, command: &str) -> String {
    cluster.kubectl(&["exec", "client", "--", "sh", "-c", command])
}

/// The pods that answer requests to a URL from the client's pod.
fn answers(cluster: &Cluster, url: &str, requests: usize) -> BTreeSet<String> {
    let said = inside(cluster, &format!("for i in $(seq {requests}); do curl -sS --max-time 5 {url}; done"));
    said.lines().map(str::to_owned).collect()
}

fn ready_addresses(slices: &Value) -> usize {
    let slices = slices["items"].as_array().into_iter().flatten();
    let endpoints = slices.flat_map(|slice| slice["endpoints"].as_array().cloned().unwrap_or_default());
    endpoints.filter(|endpoint| endpoint["conditions"]["ready"] == true).count()
}

#[test]
fn names_lead_to_pods() {
    let cluster = start();
    let names: BTreeSet<String> = e2e::names(&cluster.get("pods -l app=web")).into_iter().collect();
    let service = cluster.get("service web");
    let ip = text(&service, "/spec/clusterIP").to_owned();
    let resolv = inside(&cluster, "cat /etc/resolv.conf");
    assert!(
        resolv.contains("search default.svc.cluster.local svc.cluster.local cluster.local")
            && resolv.contains("options ndots:5"),
        "{resolv}"
    );
    for name in ["web", "web.default", "web.default.svc", "web.default.svc.cluster.local", &ip] {
        assert!(answers(&cluster, &format!("http://{name}/"), 2).is_subset(&names), "{name}");
    }
    assert_eq!(answers(&cluster, "http://web/", 60), names, "requests spread over the pods");
    assert_eq!(answers(&cluster, "http://sticky/", 20).len(), 1, "a client stays with one pod");

    // A headless Service is its pods.
    let addresses: BTreeSet<String> = cluster.get("pods -l app=web")["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pod| text(pod, "/status/podIP").to_owned())
        .collect();
    let resolved = inside(&cluster, "nslookup headless.default.svc.cluster.local");
    let found: BTreeSet<String> = addresses.iter().filter(|ip| resolved.contains(*ip)).cloned().collect();
    assert_eq!(found, addresses, "{resolved}");
    assert!(answers(&cluster, "http://headless:8080/", 3).is_subset(&names));

    // The node port, from the host, from the host's own address, and from a pod.
    let port = service["spec"]["ports"][0]["nodePort"].as_i64().expect("a node port");
    let node = cluster.get("nodes");
    let host = text(&node, "/items/0/status/addresses/0/address");
    for url in [format!("http://127.0.0.1:{port}/"), format!("http://{host}:{port}/")] {
        let said = e2e::run(std::process::Command::new("curl").args(["-sS", "--max-time", "5", &url]));
        assert!(said.code == 0 && names.contains(said.out.trim()), "{url}: {}", said.all());
    }
    assert!(answers(&cluster, &format!("http://{host}:{port}/"), 2).is_subset(&names));

    // What does not exist is known not to, and what has no pods refuses at once.
    let missing =
        cluster.try_kubectl("exec client -- curl -sS --max-time 5 http://nothing.default.svc.cluster.local/");
    assert!(missing.code == 6 && missing.err.contains("Could not resolve host"), "{}", missing.all());
    let refused = cluster.try_kubectl("exec client -- curl -sS --max-time 5 http://nobody/");
    assert!(refused.code == 7, "{}", refused.all());
    // A pod reaches itself through its own Service.
    let own = text(&cluster.get("pods -l app=web"), "/items/0/metadata/name").to_owned();
    let reached: BTreeSet<String> = cluster
        .kubectl(&[
            "exec",
            &own,
            "--",
            "sh",
            "-c",
            &format!("for i in $(seq 30); do wget -q -O - http://{ip}/; done"),
        ])
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(reached, names);
    cluster.finish();
}

#[test]
fn a_pod_that_is_not_ready_gets_no_requests() {
    let cluster = start();
    let names: BTreeSet<String> = e2e::names(&cluster.get("pods -l app=web")).into_iter().collect();
    let broken = names.first().expect("three pods").clone();
    let slices = "endpointslices -l kubernetes.io/service-name=web";
    cluster.wait_for(slices, |slices| ready_addresses(slices) == 3);
    cluster.kubectl(&["exec", &broken, "--", "rm", "/www/ready"]);
    cluster.wait_for(slices, |slices| ready_addresses(slices) == 2);
    let message = cluster.wait_for_event(&broken, "Unhealthy", |message| message.starts_with("Readiness"));
    assert_eq!(message, "Readiness probe failed: HTTP probe failed with statuscode: 404");
    let pod = cluster.get(&["pod", &broken]);
    assert_eq!(pod["status"]["containerStatuses"][0]["ready"], false);
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 0, "readiness never restarts anything");
    let mut others = names.clone();
    others.remove(&broken);
    e2e::wait_until("the proxy to leave the pod out", || {
        let found = answers(&cluster, "http://web/", 40);
        if found == others { Ok(()) } else { Err(format!("{found:?}")) }
    });
    let resolved = inside(&cluster, "nslookup headless.default.svc.cluster.local");
    assert!(!resolved.contains(text(&pod, "/status/podIP")), "{resolved}");
    // And back.
    cluster.kubectl(&["exec", &broken, "--", "touch", "/www/ready"]);
    cluster.wait_for(slices, |slices| ready_addresses(slices) == 3);
    e2e::wait_until("the proxy to take the pod in", || {
        let found = answers(&cluster, "http://web/", 40);
        if found == names { Ok(()) } else { Err(format!("{found:?}")) }
    });
    // A deleted pod leaves the Service, and its replacement joins it.
    cluster.kubectl(&["delete", "pod", &broken]);
    let now = cluster.wait_for("pods -l app=web", |pods| {
        e2e::names(pods).len() == 3
            && pods["items"].as_array().is_some_and(|pods| {
                pods.iter().all(|pod| pod["status"]["containerStatuses"][0]["ready"] == true)
            })
    });
    let now: BTreeSet<String> = e2e::names(&now).into_iter().collect();
    assert!(!now.contains(&broken));
    e2e::wait_until("the proxy to know the new pod", || {
        let found = answers(&cluster, "http://web/", 40);
        if found == now { Ok(()) } else { Err(format!("{found:?}")) }
    });
    cluster.finish();
}
