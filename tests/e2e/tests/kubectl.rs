//! What people do with kubectl on an application that runs, with every client version at hand.

use std::path::Path;
use std::process::Command;

use e2e::Cluster;
use e2e::text;
use serde_json::Value;

const WEB: &str = r#"
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
fn with_web(test: impl Fn(&Cluster, &str)) {
    for client in e2e::clients() {
        let cluster = start(&client);
        let pod = e2e::names(&cluster.get("pods -l app=web")).swap_remove(0);
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

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

/// One pod of an image that is there, whatever it runs.
fn sleeper(name: &str, command: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: {name}}}}}, spec: {{restartPolicy: Never, \
         terminationGracePeriodSeconds: 1, containers: [{{name: c, image: \"test.example.com/web:v1\", \
         stdin: true, stdinOnce: true, command: [/bin/sh, -c, \"{command}\"]}}]}}}}"
    )
}

#[test]
fn get_and_describe_show_what_runs() {
    with_web(|cluster, pod| {
        let table = cluster.kubectl("get pods -o wide");
        assert_has(
            &table,
            &["READY   STATUS    RESTARTS", "NOMINATED NODE   READINESS GATES", "1/1     Running   0"],
        );
        assert_has(
            &cluster.kubectl("get deployment web -o wide"),
            &["2/2     2            2", "test.example.com/web:v1   app=web"],
        );
        assert_has(&cluster.kubectl("get nodes -o wide"), &["Ready", "skiff://", "INTERNAL-IP"]);
        assert_has(&cluster.kubectl("get service web"), &["NodePort", "80:", "/TCP"]);
        assert_has(
            &cluster.kubectl("get all"),
            &["pod/web-", "service/web ", "deployment.apps/web ", "replicaset.apps/web-"],
        );
        assert_eq!(
            cluster.kubectl("get deployment,service -o name -l app!=x"),
            "deployment.apps/web\nservice/kubernetes\nservice/web\n"
        );
        assert_eq!(
            cluster.kubectl("get deployment web -o jsonpath={.spec.template.spec.containers[0].image}"),
            "test.example.com/web:v1"
        );
        assert_eq!(cluster.kubectl("get cm settings -o go-template={{.data.greeting}}"), "hello");
        assert_has(
            &cluster.kubectl("get service web -o yaml"),
            &["apiVersion: v1\nkind: Service\n", "    app: web\n", "  type: NodePort\n"],
        );
        let columns = cluster.kubectl(
            "get pods --sort-by=.metadata.name -o custom-columns=NAME:.metadata.name,PHASE:.status.phase",
        );
        assert_eq!(columns.lines().filter(|line| line.ends_with("Running")).count(), 2, "{columns}");
        assert_eq!(
            e2e::names(&cluster.get("pods --field-selector=status.phase=Pending")),
            Vec::<String>::new()
        );
        assert_eq!(
            cluster.try_kubectl("get pods nope").err,
            "Error from server (NotFound): pods \"nope\" not found\n"
        );

        let described = cluster.kubectl(&["describe", "pod", pod]);
        assert_has(
            &described,
            &[
                "Service Account:  default",
                "Controlled By:  ReplicaSet/web-",
                "Container ID:   skiff://",
                "State:          Running",
                "http-get http://:http/ready delay=0s timeout=1s period=1s #success=1 #failure=3",
                "GREETING:  <set to the key 'greeting' of config map 'settings'>",
                "/scratch from scratch (rw)",
                "/var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-",
                "QoS Class:                   Burstable",
                "Ready                       True",
                "Successfully assigned default/",
            ],
        );
        assert_has(
            &cluster.kubectl("describe deployment web"),
            &[
                "Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable",
                "RollingUpdateStrategy:  25% max unavailable, 25% max surge",
                "Available      True    MinimumReplicasAvailable",
                "NewReplicaSet:   web-",
                "Scaled up replica set web-",
            ],
        );
        let node = text(&cluster.get(&["pod", pod]), "/spec/nodeName").to_owned();
        assert_has(
            &cluster.kubectl(&["describe", "node", &node]),
            &[
                "MemoryPressure   False",
                "KubeletReady",
                "Non-terminated Pods:          (2 in total)",
                "Allocated resources:",
                "HolderIdentity:  ",
            ],
        );
        assert_has(
            &cluster.kubectl("describe service web"),
            &["Type:                     NodePort", "TargetPort:               http/TCP", ":8080,"],
        );
    });
}

#[test]
fn the_api_explains_itself() {
    with_web(|cluster, pod| {
        let resources = cluster.kubectl("api-resources");
        assert_has(
            &resources,
            &[
                "deployments                         deploy       apps/v1",
                "pods                                po           v1 ",
            ],
        );
        assert_has(&cluster.kubectl("api-versions"), &["apps/v1\n", "networking.k8s.io/v1\n", "\nv1\n"]);
        assert_has(
            &cluster.kubectl("explain pod.spec.containers.livenessProbe"),
            &["KIND:       Pod", "failureThreshold\t<integer>"],
        );
        assert_has(
            &cluster.kubectl("explain deployment --recursive"),
            &["GROUP:      apps", "        terminationGracePeriodSeconds\t<integer>"],
        );
        let unknown = cluster.try_kubectl("explain pod.spec.nope");
        assert_eq!((unknown.code, unknown.err.as_str()), (1, "error: field \"nope\" does not exist\n"));
        for what in ["pods", "nodes"] {
            let said = cluster.try_kubectl(&["top", what]);
            assert_eq!((said.code, said.err.as_str()), (1, "error: Metrics API not available\n"));
        }
        cluster.kubectl("wait --for=condition=Available deployment/web --timeout=10s");
        cluster.kubectl("wait --for=condition=Ready pod -l app=web --timeout=10s");
        cluster.kubectl("wait --for=jsonpath={.status.readyReplicas}=2 deployment/web --timeout=10s");
        let said = cluster.try_kubectl("wait --for=condition=Nonsense deployment/web --timeout=1s");
        assert_eq!(
            (said.code, said.err.as_str()),
            (1, "error: timed out waiting for the condition on deployments/web\n")
        );
        assert_has(
            &cluster.kubectl("events"),
            &["ScalingReplicaSet", "Scheduled", "SuccessfulCreate", "Started"],
        );
        let of_pod = cluster.kubectl(&["events", "--for", &format!("pod/{pod}")]);
        assert!(of_pod.contains("Scheduled") && !of_pod.contains("ScalingReplicaSet"), "{of_pod}");
        assert_has(&cluster.kubectl("get --raw /version"), &["\"gitVersion\":"]);
        assert_eq!(cluster.kubectl("get --raw /readyz"), "ok");
        assert_has(&cluster.kubectl("cluster-info"), &["Kubernetes control plane", "is running at"]);
    });
}

#[test]
fn logs_are_read_followed_and_cut() {
    with_web(|cluster, pod| {
        assert_eq!(cluster.kubectl(&["logs", pod]), format!("serving {pod}\n"));
        assert_eq!(
            cluster
                .kubectl("logs -l app=web --prefix")
                .lines()
                .filter(|line| line.contains("/web] serving web-"))
                .count(),
            2
        );
        // Three lines, two seconds of silence, and more of them when it is told so.
        cluster
            .apply(&sleeper("counter", "seq 1 3; sleep 2; echo late; read go; seq 11 13; read more; exit 3"));
        let all = || cluster.kubectl("logs counter");
        e2e::wait_until("three numbers and a word", || match all() {
            said if said == "1\n2\n3\nlate\n" => Ok(()),
            said => Err(said),
        });
        assert_eq!(cluster.kubectl("logs counter --tail=2"), "3\nlate\n");
        assert_eq!(cluster.kubectl("logs counter --since=1h --limit-bytes=4"), "1\n2\n");
        let stamped = cluster.kubectl("logs counter --timestamps");
        let times: Vec<&str> =
            stamped.lines().filter_map(|line| line.split_once(' ')).map(|(time, _)| time).collect();
        assert_eq!(times.len(), 4, "{stamped}");
        // From the last line's own time on, the first three are too old.
        assert_eq!(cluster.kubectl(&["logs", "counter", &format!("--since-time={}", times[3])]), "late\n");

        let followed = cluster.kubectl_beside("logs -f counter --tail=1");
        followed.wait_until(|said| said == "late\n");
        let mut attached = cluster.kubectl_beside("attach -i counter");
        attached.write("go\n");
        followed.wait_until(|said| said == "late\n11\n12\n13\n");
        attached.write("more\n");
        // The end of the container is the end of both.
        assert_eq!(followed.finish(), (0, "late\n11\n12\n13\n".to_owned()));
        attached.finish();
        let gone = cluster.wait_for("pod counter", |pod| pod["status"]["phase"] == "Failed");
        assert_eq!(gone["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
        assert_eq!(cluster.kubectl("logs counter"), "1\n2\n3\nlate\n11\n12\n13\n");
        let previous = cluster.try_kubectl("logs counter --previous");
        assert_eq!(
            previous.err,
            "Error from server (BadRequest): previous terminated container \"c\" in pod \"counter\" not found\n"
        );
        let nobody = cluster.try_kubectl("logs nobody");
        assert_eq!(
            nobody.err,
            "error: error from server (NotFound): pods \"nobody\" not found in namespace \"default\"\n"
        );
        let other = cluster.try_kubectl("logs counter -c other");
        assert_has(&other.err, &["container other is not valid for pod counter"]);
    });
}

#[test]
fn exec_runs_commands_and_tells_their_exit_codes() {
    with_web(|cluster, pod| {
        assert_eq!(cluster.try_kubectl(&["exec", pod, "--", "sh", "-c", "exit 7"]).code, 7);
        let both = cluster.try_kubectl(&["exec", pod, "--", "sh", "-c", "echo out; echo err >&2"]);
        assert_eq!((both.code, both.out.as_str(), both.err.as_str()), (0, "out\n", "err\n"));
        let large = cluster.kubectl(&["exec", pod, "--", "seq", "1", "200000"]);
        assert_eq!((large.lines().count(), large.lines().last()), (200_000, Some("200000")));
        let echoed = cluster.kubectl_with(&["exec", "-i", pod, "--", "cat"], "some input\n");
        assert_eq!((echoed.code, echoed.out.as_str()), (0, "some input\n"));
        let missing = cluster.try_kubectl(&["exec", pod, "--", "nonsense"]);
        assert_eq!(missing.code, 1);
        assert!(
            missing.err.ends_with(
                "unable to start container process: exec: \"nonsense\": executable file not found in $PATH\n"
            ),
            "{}",
            missing.err
        );
        let nobody = cluster.try_kubectl("exec nobody -- true");
        assert_eq!(nobody.err, "Error from server (NotFound): pods \"nobody\" not found\n");

        // On a terminal: it is one inside as well, of the same size, and tells the exit code.
        let shown = cluster.kubectl_on_terminal(&format!(
            "exec -it {pod} -- sh -c 'until [ \"$(stty size)\" = \"40 100\" ]; do :; done; tty; stty size; exit 5'"
        ));
        assert_eq!(shown.code, 5, "{}", shown.all());
        assert_has(&shown.out, &["/dev/pts/0\r\n40 100\r\n"]);
        // A resize during the session arrives: the second size is set when the first was seen.
        let resized = cluster.kubectl_on_terminal_with(
            &format!("until KUBECTL exec {pod} -- stat /scratch/seen; do :; done; stty cols 120 rows 50 </dev/tty"),
            &format!(
                "exec -it {pod} -- sh -c 'until [ \"$(stty size)\" = \"40 100\" ]; do :; done; touch /scratch/seen; \
                 until [ \"$(stty size)\" = \"50 120\" ]; do :; done; echo resized'"
            ),
        );
        assert_eq!(resized.code, 0, "{}", resized.all());
        assert_has(&resized.out, &["resized\r\n"]);
    });
}

#[test]
fn files_and_ports_go_through() {
    with_web(|cluster, pod| {
        let there = cluster.file("there");
        let back = cluster.file("back");
        let bytes: Vec<u8> =
            (0..3_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        std::fs::write(&there, &bytes).expect("a file can be written");
        cluster.kubectl(&["cp", &there.display().to_string(), &format!("{pod}:/scratch/file")]);
        cluster.kubectl(&["cp", &format!("{pod}:scratch/file"), &back.display().to_string()]);
        assert!(std::fs::read(&back).expect("it was copied") == bytes, "what came back is something else");
        let folder = cluster.file("folder");
        std::fs::create_dir_all(folder.join("inner")).expect("a directory");
        std::fs::write(folder.join("inner/file"), "deep").expect("a file can be written");
        cluster.kubectl(&["cp", &folder.display().to_string(), &format!("{pod}:/scratch/folder")]);
        assert_eq!(cluster.kubectl(&["exec", pod, "--", "cat", "/scratch/folder/inner/file"]), "deep");

        for target in ["service/web 80", &format!("pod/{pod} 8080"), "deployment/web 8080"] {
            let (what, port) = target.split_once(' ').expect("two words");
            let forward = cluster.kubectl_beside(&["port-forward", what, &format!(":{port}")]);
            let said = forward.wait_until(|said| said.contains("Forwarding from 127.0.0.1:"));
            let local =
                said.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()).expect("a port");
            for _ in 0..5 {
                let said = e2e::run(Command::new("curl").args([
                    "-sS",
                    "--max-time",
                    "10",
                    &format!("http://127.0.0.1:{local}/version"),
                ]));
                assert_eq!(
                    (said.code, said.out.as_str()),
                    (0, "test.example.com/web:v1"),
                    "{} {}",
                    said.err,
                    forward.said()
                );
            }
        }
        let forward = cluster.kubectl_beside(&["port-forward", &format!("pod/{pod}"), ":9"]);
        let said = forward.wait_until(|said| said.contains("Forwarding from 127.0.0.1:"));
        let local = said.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()).expect("a port");
        e2e::run(Command::new("curl").args([
            "-sS",
            "--max-time",
            "10",
            &format!("http://127.0.0.1:{local}/"),
        ]));
        forward.wait_until(|said| said.contains("error forwarding port 9 to pod"));
    });
}

#[test]
fn objects_are_changed_in_every_way() {
    with_web(|cluster, _| {
        cluster.kubectl("label cm settings team=a");
        assert_eq!(
            cluster.try_kubectl("label cm settings team=b").err,
            "error: 'team' already has a value (a), and --overwrite is false\n"
        );
        cluster.kubectl("label cm settings team=b --overwrite");
        cluster.kubectl("annotate cm settings note=x");
        cluster.kubectl("label cm settings team-");
        let found = cluster.get("cm settings");
        assert_eq!(
            (found["metadata"]["labels"].clone(), text(&found, "/metadata/annotations/note")),
            (Value::Null, "x")
        );
        let patch = |kind: &str, patch: &str| {
            cluster.kubectl(&["patch", "deployment", "web", "--type", kind, "-p", patch])
        };
        patch(
            "json",
            r#"[{"op":"test","path":"/spec/replicas","value":2},{"op":"replace","path":"/spec/replicas","value":3}]"#,
        );
        patch("merge", r#"{"spec":{"replicas":2,"minReadySeconds":1}}"#);
        patch(
            "strategic",
            r#"{"spec":{"minReadySeconds":0,"template":{"spec":{"containers":[{"name":"web","env":[{"name":"NEW","value":"1"}]}]}}}}"#,
        );
        let spec = cluster.get("deployment web")["spec"].clone();
        assert_eq!(spec["replicas"], 2);
        let variables = spec["template"]["spec"]["containers"][0]["env"].as_array().expect("a list").clone();
        assert_eq!(variables.len(), 2, "strategic patches merge by name: {variables:?}");

        // apply, diff and edit agree on what is there.
        let file = cluster.file("web.yaml").display().to_string();
        std::fs::write(&file, WEB).expect("a manifest can be written");
        assert_has(
            &cluster.kubectl(&["apply", "-f", &file]),
            &["configmap/settings unchanged", "deployment.apps/web configured"],
        );
        assert_eq!(cluster.try_kubectl(&["diff", "-f", &file]).code, 0);
        std::fs::write(&file, WEB.replace("hello", "goodbye")).expect("a manifest can be written");
        let difference = cluster.try_kubectl(&["diff", "-f", &file]);
        assert_eq!(difference.code, 1, "{}", difference.all());
        assert_has(&difference.out, &["-  greeting: hello\n+  greeting: goodbye\n"]);
        let edit = |editor: &str| {
            e2e::run(
                cluster
                    .client(&["edit".to_owned(), "cm".to_owned(), "settings".to_owned()])
                    .env("KUBE_EDITOR", editor),
            )
        };
        assert_eq!(edit("sed -i s/hello/edited/").out, "configmap/settings edited\n");
        assert_eq!(edit("true").all(), "Edit cancelled, no changes made.\n");
        assert_eq!(text(&cluster.get("cm settings"), "/data/greeting"), "edited");

        let apply = |manager: &str, value: &str, more: &[&str]| {
            let manifest = format!(
                "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: shared}}, data: {{key: {value}}}}}"
            );
            let manager = format!("--field-manager={manager}");
            let mut args = vec!["apply", "--server-side", &manager, "-f", "-"];
            args.extend(more);
            cluster.kubectl_with(&args, &manifest)
        };
        assert_eq!(apply("one", "a", &[]).out, "configmap/shared serverside-applied\n");
        let conflict = apply("two", "b", &[]);
        assert_eq!(conflict.code, 1);
        assert!(
            conflict
                .err
                .starts_with("error: Apply failed with 1 conflict: conflict with \"one\": .data.key\n"),
            "{}",
            conflict.err
        );
        assert_eq!(apply("two", "b", &["--force-conflicts"]).code, 0);
        assert_eq!(text(&cluster.get("cm shared"), "/data/key"), "b");
        let nonsense = cluster
            .kubectl_with("apply -f -", "{apiVersion: v1, kind: ConfigMap, metadata: {name: odd}, dada: {}}");
        assert_has(&nonsense.err, &["unknown field \"dada\""]);
        let managers = cluster.get("cm shared --show-managed-fields");
        assert_eq!(text(&managers, "/metadata/managedFields/0/manager"), "two");
    });
}

#[test]
fn versions_are_rolled_out_and_back() {
    with_web(|cluster, _| {
        let version = |expected: &str| {
            cluster.kubectl("rollout status deployment/web --timeout=60s");
            let pods = cluster.wait_for("pods -l app=web", |pods| e2e::names(pods).len() == 2);
            for pod in e2e::names(&pods) {
                assert_eq!(cluster.kubectl(&["exec", &pod, "--", "cat", "/www/version"]), expected);
            }
        };
        cluster.kubectl("set image deployment/web web=test.example.com/web:v2");
        cluster.kubectl("annotate deployment web kubernetes.io/change-cause=second");
        version("test.example.com/web:v2");
        assert_has(
            &cluster.kubectl("rollout history deployment/web"),
            &["REVISION  CHANGE-CAUSE\n1         <none>\n2         second\n"],
        );
        assert_has(
            &cluster.kubectl("rollout history deployment/web --revision=1"),
            &["Image:\ttest.example.com/web:v1"],
        );
        cluster.kubectl("rollout undo deployment/web");
        version("test.example.com/web:v1");
        cluster.kubectl("rollout undo deployment/web --to-revision=2");
        version("test.example.com/web:v2");
        assert_has(
            &cluster.kubectl("rollout history deployment/web"),
            &["\n3         <none>\n4         second\n"],
        );
        let before = e2e::names(&cluster.get("pods -l app=web"));
        cluster.kubectl("rollout restart deployment/web");
        version("test.example.com/web:v2");
        assert!(e2e::names(&cluster.get("pods -l app=web")).iter().all(|pod| !before.contains(pod)));
        // A version that cannot start leaves the old one serving.
        cluster.kubectl("set image deployment/web web=test.example.com/none:v1");
        let stuck = cluster.try_kubectl("rollout status deployment/web --timeout=2s");
        assert_eq!((stuck.code, stuck.err.as_str()), (1, "error: timed out waiting for the condition\n"));
        assert_eq!(cluster.get("deployment web")["status"]["availableReplicas"], 2);
        cluster.kubectl("rollout undo deployment/web");
        version("test.example.com/web:v2");
        cluster.kubectl("scale deployment/web --replicas=3 --current-replicas=2");
        let refused = cluster.try_kubectl("scale deployment/web --replicas=4 --current-replicas=1");
        assert_eq!(refused.err, "error: Expected replicas to be 1, was 3\n");
        cluster.wait_for("deployment web", |web| web["status"]["readyReplicas"] == 3);
    });
}

#[test]
fn deletion_takes_or_leaves_what_belongs() {
    with_web(|cluster, _| {
        cluster.kubectl("delete deployment web --cascade=orphan");
        let sets = cluster.get("replicasets");
        assert_eq!(e2e::names(&sets).len(), 1);
        assert_eq!(sets["items"][0]["metadata"]["ownerReferences"], Value::Null);
        assert_eq!(e2e::names(&cluster.get("pods")).len(), 2);
        // A new Deployment of the same selector adopts what was left.
        let pods = e2e::names(&cluster.get("pods -l app=web"));
        cluster.apply(WEB);
        cluster.kubectl("rollout status deployment/web --timeout=60s");
        assert_eq!(e2e::names(&cluster.get("pods -l app=web")), pods);
        // In the foreground the owner goes last.
        cluster.kubectl("delete deployment web --cascade=foreground");
        assert_eq!(e2e::names(&cluster.get("replicasets")), Vec::<String>::new());
        assert_eq!(e2e::names(&cluster.get("pods")), Vec::<String>::new());
        cluster.apply(WEB);
        cluster.kubectl("rollout status deployment/web --timeout=60s");
        cluster.kubectl("delete deployment web --cascade=background");
        cluster.wait_for("pods", |pods| e2e::names(pods).is_empty());
        cluster.kubectl("create namespace passing");
        cluster.kubectl("create configmap inside -n passing --from-literal=a=b");
        cluster.kubectl("delete namespace passing");
        assert_has(
            &cluster.try_kubectl("get namespace passing").err,
            &["(NotFound): namespaces \"passing\" not found"],
        );
    });
}

#[test]
fn pods_are_run_attached_and_debugged() {
    with_web(|cluster, pod| {
        let image = "--image=test.example.com/web:v1";
        let run = cluster.kubectl_with(
            &["run", "once", "--rm", "-i", image, "--restart=Never", "--", "sh", "-c", "cat; exit 5"],
            "given\n",
        );
        assert_eq!(run.code, 5, "{}", run.all());
        assert_has(&run.out, &["given\n", "pod \"once\" deleted"]);
        let shown = cluster.kubectl_on_terminal(&format!("run term --rm -it {image} --restart=Never -- sh -c 'until [ \"$(stty size)\" = \"40 100\" ]; do :; done; tty; exit 4'"));
        assert_eq!(shown.code, 4, "{}", shown.all());
        assert_has(&shown.out, &["/dev/pts/0\r\n", "pod \"term\" deleted"]);
        cluster.apply(&sleeper("talker", "while read line; do echo got $line; done; echo end"));
        cluster.kubectl("wait --for=condition=Ready pod/talker --timeout=30s");
        let attached = cluster.kubectl_with("attach -i talker", "one\ntwo\n");
        assert_eq!(attached.code, 0, "{}", attached.all());
        assert_has(&attached.out, &["got one\ngot two\nend\n"]);
        cluster.wait_for("pod talker", |pod| pod["status"]["phase"] == "Succeeded");

        cluster.kubectl(&[
            "debug",
            pod,
            image,
            "-c",
            "looker",
            "--",
            "sh",
            "-c",
            "echo $HOSTNAME; cat /www/version",
        ]);
        let said = cluster.wait_for(&["pod", pod], |pod| {
            !pod["status"]["ephemeralContainerStatuses"][0]["state"]["terminated"].is_null()
        });
        assert_eq!(said["status"]["ephemeralContainerStatuses"][0]["state"]["terminated"]["exitCode"], 0);
        assert_eq!(
            cluster.kubectl(&["logs", pod, "-c", "looker"]),
            format!("{pod}\ntest.example.com/web:v1")
        );
    });
}

#[test]
fn nodes_are_emptied_and_used_again() {
    with_web(|cluster, pod| {
        let node = text(&cluster.get(&["pod", pod]), "/spec/nodeName").to_owned();
        cluster.apply(&sleeper("bare", "read line"));
        cluster.kubectl("wait --for=condition=Ready pod/bare --timeout=30s");
        assert_eq!(cluster.kubectl(&["cordon", &node]), format!("node/{node} cordoned\n"));
        assert_has(&cluster.kubectl("get nodes"), &["Ready,SchedulingDisabled"]);
        let refused = cluster.try_kubectl(&["drain", &node, "--delete-emptydir-data"]);
        assert_eq!(refused.code, 1);
        assert_has(&refused.err, &["cannot delete Pods that declare no controller", "default/bare"]);
        let drained =
            cluster.kubectl(&["drain", &node, "--delete-emptydir-data", "--force", "--timeout=60s"]);
        assert_has(&drained, &["evicting pod default/bare", &format!("node/{node} drained")]);
        cluster.wait_for("pods -l app=web", |pods| {
            e2e::names(pods).len() == 2
                && pods["items"]
                    .as_array()
                    .is_some_and(|items| items.iter().all(|pod| pod["status"]["phase"] == "Pending"))
        });
        let waiting = e2e::names(&cluster.get("pods -l app=web")).swap_remove(0);
        cluster.wait_for_event(&waiting, "FailedScheduling", |message| {
            message.starts_with("0/1 nodes are available: 1 node(s) were unschedulable.")
        });
        cluster.kubectl(&["uncordon", &node]);
        cluster.kubectl("rollout status deployment/web --timeout=60s");
        // A disruption budget is respected.
        cluster.kubectl("create poddisruptionbudget web --selector=app=web --min-available=2");
        cluster.wait_for("pdb web", |budget| budget["status"]["currentHealthy"] == 2);
        let refused =
            cluster.try_kubectl(&["drain", &node, "--delete-emptydir-data", "--force", "--timeout=1s"]);
        assert_eq!(refused.code, 1);
        assert_has(&refused.all(), &["Cannot evict pod as it would violate the pod's disruption budget."]);
        assert_eq!(cluster.get("deployment web")["status"]["readyReplicas"], 2);
    });
}
