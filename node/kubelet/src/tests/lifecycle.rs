//! Pods from their beginning to their end.

use api::Value;
use api::value;
use runtime::Runtime;
use runtime::types::ExecOutput;

use super::bed::Bed;
use super::bed::IMAGE;
use crate::objects::config_maps;
use crate::objects::secrets;

fn container(name: &str) -> Value {
    value!({"name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log"})
}

fn with(mut container: Value, key: &str, value: impl Into<Value>) -> Value {
    container.set(&[key], value);
    container
}

fn is_ready(status: &Value) -> bool {
    condition(status, "Ready") == "True"
}

fn condition<'a>(status: &'a Value, kind: &str) -> &'a str {
    let found =
        status["conditions"].items().iter().find(|condition| condition["type"].as_str() == Some(kind));
    found.map_or("", |condition| condition["status"].str_or_empty())
}

fn waiting(status: &Value) -> &str {
    status["containerStatuses"].items().first().map_or("", |c| c["state"]["waiting"]["reason"].str_or_empty())
}

#[tokio::test]
async fn a_pod_runs_and_is_deleted() {
    let bed = Bed::start().await;
    bed.create("web", value!({"containers": [container("a"), container("b")]})).await;
    let status = bed.until("web", is_ready).await;
    assert_eq!(status["phase"].as_str(), Some("Running"));
    assert_eq!(status["podIP"].as_str(), Some("127.0.0.1"));
    assert_eq!(status["observedGeneration"].as_i64(), Some(1));
    for kind in ["PodReadyToStartContainers", "Initialized", "ContainersReady", "PodScheduled"] {
        assert_eq!(condition(&status, kind), "True", "{kind}");
    }
    let first = &status["containerStatuses"].items()[0];
    assert_eq!(first["started"].as_bool(), Some(true));
    assert!(first["containerID"].str_or_empty().starts_with("skiff://"));
    assert!(!first["state"]["running"]["startedAt"].str_or_empty().is_empty());
    assert!(first["imageID"].str_or_empty().contains("sha256:"));
    for event in ["Pulled: Container image", "Created: Container created", "Started: Container started"] {
        bed.until_event(event).await;
    }
    bed.delete("web", 5).await;
    bed.until_gone("web").await;
    bed.until_runtime_is_empty().await;
    bed.until_event("Killing: Stopping container a").await;
    assert_eq!(bed.api.calls().iter().filter(|call| call.starts_with("delete")).count(), 1);
    let left: Vec<_> = std::fs::read_dir(bed.dir.path().join("kubelet/pods")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_status_is_written_once_per_transition() {
    let bed = Bed::start().await;
    bed.create("web", value!({"containers": [container("a")]})).await;
    bed.until("web", is_ready).await;
    // Pending, then perhaps with its sandbox, then running: and nothing after that.
    let writes = bed.api.calls().iter().filter(|call| *call == "patch pods/web").count();
    assert!(writes <= 3, "{:?}", bed.api.calls());
    let before = bed.pod("web").unwrap().resource_version();
    bed.create("other", value!({"containers": [container("a")]})).await;
    bed.until("other", is_ready).await;
    assert_eq!(bed.pod("web").unwrap().resource_version(), before);
}

#[tokio::test]
async fn init_containers_and_sidecars_come_first() {
    let bed = Bed::start().await;
    bed.runtime.exit_on_start("one", 0);
    bed.runtime.exit_on_start("two", 0);
    let sidecar = with(container("side"), "restartPolicy", "Always");
    let spec = value!({
        "initContainers": [container("one"), sidecar, container("two")], "containers": [container("main")]
    });
    bed.create("p", spec).await;
    let status = bed.until("p", is_ready).await;
    let started: Vec<String> = {
        let mut containers = bed.runtime.containers().await.unwrap();
        containers.sort_by_key(|record| record.created_at);
        containers.into_iter().map(|record| record.config.name).collect()
    };
    assert_eq!(started, ["one", "side", "two", "main"]);
    let init = status["initContainerStatuses"].items();
    assert_eq!(init[0]["state"]["terminated"]["reason"].as_str(), Some("Completed"));
    assert_eq!(init[0]["ready"].as_bool(), Some(true));
    assert!(!init[1]["state"]["running"].is_null());
    // The sidecar ends after the others.
    bed.delete("p", 5).await;
    bed.until_gone("p").await;
    let stops: Vec<String> =
        bed.runtime.calls().into_iter().filter(|call| call.starts_with("stop_container")).collect();
    assert_eq!(stops.len(), 2, "{stops:?}");
}

#[tokio::test]
async fn a_failing_init_container_fails_the_pod_that_never_restarts() {
    let bed = Bed::start().await;
    bed.runtime.exit_on_start("one", 3);
    let spec = value!({"restartPolicy": "Never", "initContainers": [container("one")], "containers": [container("main")]});
    bed.create("p", spec).await;
    let status = bed.until("p", |status| status["phase"].as_str() == Some("Failed")).await;
    assert_eq!(
        status["initContainerStatuses"].items()[0]["state"]["terminated"]["exitCode"].as_i64(),
        Some(3)
    );
    assert_eq!(waiting(&status), "PodInitializing");
}

#[tokio::test]
async fn a_crashing_container_backs_off() {
    let bed = Bed::start().await;
    for _ in 0..2 {
        bed.runtime.exit_on_start("a", 1);
    }
    bed.create("p", value!({"containers": [container("a")]})).await;
    let status = bed.until("p", |status| waiting(status) == "CrashLoopBackOff").await;
    let container = &status["containerStatuses"].items()[0];
    assert_eq!(container["restartCount"].as_i64(), Some(1));
    assert_eq!(container["lastState"]["terminated"]["exitCode"].as_i64(), Some(1));
    let message = container["state"]["waiting"]["message"].str_or_empty();
    assert!(message.starts_with("back-off 10s restarting failed container=a pod=p_ns("), "{message}");
    assert_eq!(status["phase"].as_str(), Some("Running"));
    bed.until_event("BackOff: Back-off restarting failed container a in pod p_ns(").await;
}

#[tokio::test]
async fn a_pod_that_has_done_its_work_stays_done() {
    let mut bed = Bed::start().await;
    bed.runtime.exit_on_start("a", 0);
    bed.create("job", value!({"restartPolicy": "OnFailure", "containers": [container("a")]})).await;
    let status = bed.until("job", |status| status["phase"].as_str() == Some("Succeeded")).await;
    assert_eq!(condition(&status, "Ready"), "False");
    assert_eq!(
        status["containerStatuses"].items()[0]["state"]["terminated"]["reason"].as_str(),
        Some("Completed")
    );
    bed.restart_kubelet().await;
    bed.create("other", value!({"containers": [container("b")]})).await;
    bed.until("other", is_ready).await;
    let starts = bed.runtime.calls().iter().filter(|call| call.starts_with("start_container")).count();
    assert_eq!(starts, 2, "{:?}", bed.runtime.calls());
    assert_eq!(bed.pod("job").unwrap().value()["status"]["phase"].as_str(), Some("Succeeded"));
}

#[tokio::test]
async fn a_kubelet_that_restarts_disturbs_nothing() {
    let mut bed = Bed::start().await;
    bed.runtime.exit_on_start("a", 1);
    bed.create("p", value!({"containers": [container("a")]})).await;
    let before = bed.until("p", is_ready).await;
    assert_eq!(before["containerStatuses"].items()[0]["restartCount"].as_i64(), Some(1));
    let (calls, version) = (bed.runtime.calls(), bed.pod("p").unwrap().resource_version());
    bed.restart_kubelet().await;
    bed.create("other", value!({"containers": [container("b")]})).await;
    bed.until("other", is_ready).await;
    let after = bed.pod("p").unwrap();
    assert_eq!(after.resource_version(), version, "{}", api::json::to_string(&after.value()["status"]));
    assert_eq!(bed.runtime.calls()[..calls.len()], calls);
    // What ends after the restart is still seen, and counted on.
    let id = bed.runtime.find("a").unwrap();
    bed.runtime.exit(&id, 2, "Error");
    let restarted =
        |status: &Value| status["containerStatuses"].items()[0]["restartCount"].as_i64() == Some(2);
    let status = bed.until("p", |status| restarted(status) && is_ready(status)).await;
    assert_eq!(
        status["containerStatuses"].items()[0]["lastState"]["terminated"]["exitCode"].as_i64(),
        Some(2)
    );
}

#[tokio::test]
async fn what_is_missing_is_said_and_waited_for() {
    let bed = Bed::start().await;
    let env = value!([{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k"}}}]);
    bed.create("config", value!({"containers": [with(container("a"), "env", env)]})).await;
    let status = bed.until("config", |status| waiting(status) == "CreateContainerConfigError").await;
    let message =
        status["containerStatuses"].items()[0]["state"]["waiting"]["message"].str_or_empty().to_owned();
    assert_eq!(message, "configmap \"cm\" not found");
    bed.create_object(config_maps(), "cm", value!({"data": {"k": "v"}})).await;
    bed.until("config", is_ready).await;
    let never =
        with(with(container("a"), "image", "registry.example.com/none:v1"), "imagePullPolicy", "Never");
    bed.create("never", value!({"containers": [never]})).await;
    bed.until("never", |status| waiting(status) == "ErrImageNeverPull").await;
    bed.create("wrong", value!({"containers": [with(container("a"), "image", "Not An Image")]})).await;
    bed.until("wrong", |status| waiting(status) == "InvalidImageName").await;
    // Nothing listens there: the error is the connection's own.
    let refused = with(container("a"), "image", "127.0.0.1:1/app:v1");
    bed.create("pull", value!({"containers": [refused]})).await;
    bed.until("pull", |status| waiting(status) == "ErrImagePull").await;
    let status = bed.until("pull", |status| waiting(status) == "ImagePullBackOff").await;
    let message =
        status["containerStatuses"].items()[0]["state"]["waiting"]["message"].str_or_empty().to_owned();
    assert!(
        message.starts_with("Back-off pulling image \"127.0.0.1:1/app:v1\": ErrImagePull: "),
        "{message}"
    );
}

#[tokio::test]
async fn volumes_hold_what_they_should() {
    let bed = Bed::start().await;
    bed.create_object(config_maps(), "cm", value!({"data": {"k": "v"}})).await;
    bed.create_object(secrets(), "s", value!({"data": {"pw": "aHVudGVy"}})).await;
    let mount = |name: &str| value!({"name": name, "mountPath": format!("/{name}")});
    let volumes = value!([
        {"name": "cm", "configMap": {"name": "cm"}},
        {"name": "all", "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
            {"secret": {"name": "s", "items": [{"key": "pw", "path": "dir/password", "mode": 256}]}},
            {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}}
        ]}},
        {"name": "tmp", "emptyDir": {}}
    ]);
    let mut sub = mount("cm");
    sub.set(&["subPath"], "k");
    sub.set(&["mountPath"], "/file");
    let mounts = value!([mount("cm"), mount("all"), mount("tmp"), sub]);
    bed.create(
        "p",
        value!({"volumes": volumes, "containers": [with(container("a"), "volumeMounts", mounts)]}),
    )
    .await;
    bed.until("p", is_ready).await;
    let record = bed.runtime.container_status(&bed.runtime.find("a").unwrap()).await.unwrap();
    let host = |path: &str| {
        let mount = record.config.mounts.iter().find(|mount| mount.container_path.to_str() == Some(path));
        mount.unwrap_or_else(|| panic!("{path} is mounted")).host_path.clone()
    };
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(host("/cm").join("k")), "v");
    assert_eq!(read(host("/all").join("token")), "a-token");
    assert_eq!(read(host("/all").join("dir/password")), "hunter");
    assert_eq!(read(host("/all").join("name")), "p");
    assert_eq!(read(host("/file")), "v");
    assert!(host("/tmp").is_dir());
    assert!(read(host("/etc/hosts")).starts_with("# Kubernetes-managed hosts file (host network)."));
    // Its last words.
    std::fs::write(host("/dev/termination-log"), "good bye").unwrap();
    bed.runtime.exit(&record.id, 1, "Error");
    let ended = |status: &Value| {
        let last = &status["containerStatuses"].items()[0]["lastState"]["terminated"];
        last["message"].as_str() == Some("good bye")
    };
    bed.until("p", ended).await;
}

#[tokio::test]
async fn a_volume_that_is_not_there_keeps_the_pod_waiting() {
    let bed = Bed::start().await;
    let volumes = value!([{"name": "cm", "configMap": {"name": "gone"}}]);
    bed.create("p", value!({"volumes": volumes, "containers": [container("a")]})).await;
    bed.until_event("FailedMount: MountVolume.SetUp failed for volume \"cm\" : configmap \"gone\" not found")
        .await;
    let status = bed.until("p", |status| waiting(status) == "ContainerCreating").await;
    assert_eq!(condition(&status, "PodReadyToStartContainers"), "False");
    bed.delete("p", 1).await;
    bed.until_gone("p").await;
}

#[tokio::test]
async fn probes_decide() {
    let bed = Bed::start().await;
    let failing = ExecOutput { stdout: b"no".to_vec(), exit_code: 1, ..ExecOutput::default() };
    bed.runtime.teach_command(&["ready"], failing.clone());
    bed.runtime.teach_command(&["alive"], failing);
    let probe = |command: &str| value!({"exec": {"command": [command]}, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 2, "successThreshold": 1});
    let unready = with(container("a"), "readinessProbe", probe("ready"));
    bed.create("unready", value!({"containers": [unready]})).await;
    bed.until_event("Unhealthy: Readiness probe failed: no").await;
    let status = bed.until("unready", |status| status["phase"].as_str() == Some("Running")).await;
    assert_eq!(condition(&status, "Ready"), "False");
    bed.runtime.teach_command(&["ready"], ExecOutput::default());
    bed.until("unready", is_ready).await;
    let dying = with(container("b"), "livenessProbe", probe("alive"));
    bed.create("dying", value!({"containers": [dying]})).await;
    let restarted = |status: &Value| {
        status["containerStatuses"].items().first().is_some_and(|c| c["restartCount"].as_i64() == Some(1))
    };
    bed.until("dying", restarted).await;
    bed.until_event("Killing: Container b failed liveness probe, will be restarted").await;
}

#[tokio::test]
async fn a_pod_that_vanishes_leaves_nothing() {
    let bed = Bed::start().await;
    bed.create("p", value!({"containers": [container("a")]})).await;
    bed.until("p", is_ready).await;
    bed.vanish("p");
    bed.until_runtime_is_empty().await;
    assert!(!bed.api.calls().iter().any(|call| call.starts_with("delete")), "it was gone already");
}

#[tokio::test]
async fn two_pods_of_one_name_share_nothing() {
    let bed = Bed::start().await;
    let first = bed.create("p", value!({"containers": [container("a")]})).await;
    bed.until("p", is_ready).await;
    bed.vanish("p");
    let second = bed.create("p", value!({"containers": [container("a")]})).await;
    assert_ne!(first.uid(), second.uid());
    bed.until("p", is_ready).await;
    let uids: Vec<String> =
        bed.runtime.calls().into_iter().filter(|call| call.starts_with("create_sandbox")).collect();
    assert_eq!(uids.len(), 2, "{uids:?}");
}

#[tokio::test]
async fn time_runs_out() {
    let bed = Bed::start().await;
    bed.create("p", value!({"activeDeadlineSeconds": 1, "containers": [container("a")]})).await;
    let status = bed.until("p", |status| status["phase"].as_str() == Some("Failed")).await;
    assert_eq!(status["reason"].as_str(), Some("DeadlineExceeded"));
}

#[tokio::test]
async fn the_node_refuses_what_does_not_fit() {
    let bed = Bed::start().await;
    bed.create("p", value!({"nodeSelector": {"zone": "nowhere"}, "containers": [container("a")]})).await;
    let status = bed.until("p", |status| status["phase"].as_str() == Some("Failed")).await;
    assert_eq!(status["reason"].as_str(), Some("NodeAffinity"));
    assert!(bed.runtime.calls().is_empty(), "{:?}", bed.runtime.calls());
}
