//! What people do with kubectl to the objects of an application that runs, with every client version
//! at hand.

use e2e::Cluster;
use e2e::text;
use e2e::web::WEB;
use e2e::web::assert_has;
use e2e::web::sleeper;
use e2e::web::with_web;
use serde_json::Value;

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
fn tables_say_what_matters_of_every_kind() {
    let cluster = Cluster::start("control-plane");
    cluster.apply(
        r#"
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {selector: {matchLabels: {a: b}}, serviceName: s,
 template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: example.com/disk, metadata: {name: fast,
 annotations: {storageclass.kubernetes.io/is-default-class: "true"}}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: 1Gi}, storageClassName: fast,
 accessModes: [ReadWriteOnce], hostPath: {path: /v}, claimRef: {namespace: default, name: c}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {ingressClassName: front,
 tls: [{hosts: [a.example.com]}], rules: [{host: a.example.com}, {host: b.example.com}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed}, spec: {podSelector: {matchLabels: {a: b}}}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "5"}}}
"#,
    );
    cluster.kubectl("create cronjob c --image=i --schedule=@hourly -- true");
    cluster.kubectl("create deployment d --image=i");
    cluster.kubectl("autoscale deployment d --min=1 --max=3");
    cluster.kubectl("create poddisruptionbudget p --selector=a=b --max-unavailable=10%");
    let row = |what: &str| {
        let table = cluster.kubectl(&["get", what]);
        let shown = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        // Ages are whatever they are.
        shown
            .map(|line| line.rsplit_once(' ').map_or(line.clone(), |(row, _)| row.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(row("statefulset"), ["NAME READY", "s 0/1"]);
    assert_eq!(
        row("cronjob"),
        ["NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE", "c @hourly <none> False 0 <none>"]
    );
    let autoscaler = row("hpa");
    assert_eq!(autoscaler[0], "NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS");
    assert!(
        autoscaler[1].starts_with("d Deployment/d ") && autoscaler[1].ends_with(" 1 3 0"),
        "{autoscaler:?}"
    );
    assert_eq!(row("pdb"), ["NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS", "p N/A 10% 0"]);
    assert_eq!(
        row("sc"),
        [
            "NAME PROVISIONER RECLAIMPOLICY VOLUMEBINDINGMODE ALLOWVOLUMEEXPANSION",
            "fast (default) example.com/disk Delete Immediate false"
        ]
    );
    assert_eq!(
        row("pv"),
        [
            "NAME CAPACITY ACCESS MODES RECLAIM POLICY STATUS CLAIM STORAGECLASS VOLUMEATTRIBUTESCLASS REASON",
            "v 1Gi RWO Retain Pending default/c fast <unset>"
        ]
    );
    assert_eq!(
        row("ingress"),
        ["NAME CLASS HOSTS ADDRESS PORTS", "i front a.example.com,b.example.com 80, 443"]
    );
    assert_eq!(row("netpol"), ["NAME POD-SELECTOR", "closed a=b"]);
    assert_eq!(row("quota")[0], "NAME REQUEST LIMIT");
    cluster.finish();
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
