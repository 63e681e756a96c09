//! The application that the tests of the client work on.

use std::path::Path;

use crate::Cluster;

/// The application: a Deployment of two pods, its configuration and its Service.
pub const WEB: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: test.example.com/web:v1
        env: [{name: GREETING, valueFrom: {configMapKeyRef: {name: settings, key: greeting}}}]
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1}
        resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {memory: 64Mi}}
        volumeMounts: [{name: scratch, mountPath: /scratch}]
      volumes: [{name: scratch, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
"#;

/// Runs a test with every client, each on a cluster with the application; the test gets a pod's name.
pub fn with_web(test: impl Fn(&Cluster, &str)) {
    for client in crate::clients() {
        let cluster = start(&client);
        let pod = crate::names(&cluster.get("pods -l app=web")).swap_remove(0);
        test(&cluster, &pod);
        cluster.finish();
    }
}

fn start(client: &Path) -> Cluster {
    let cluster = Cluster::start_for("control-plane,node", client);
    cluster.import_web_image("test.example.com/web:v1");
    cluster.import_web_image("test.example.com/web:v2");
    cluster.apply(WEB);
    cluster.kubectl("rollout status deployment/web --timeout=60s");
    cluster
}

/// Fails unless every part is in the text.
pub fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

/// A pod that runs a shell command once, with a standard input that is attached to once.
pub fn sleeper(name: &str, command: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: {name}}}}}, spec: {{restartPolicy: Never, \
         terminationGracePeriodSeconds: 1, containers: [{{name: c, image: \"test.example.com/web:v1\", \
         stdin: true, stdinOnce: true, command: [/bin/sh, -c, \"{command}\"]}}]}}}}"
    )
}
