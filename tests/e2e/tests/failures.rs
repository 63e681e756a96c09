//! What breaks, and what the cluster makes of it.

use std::collections::BTreeMap;

use e2e::Cluster;
use e2e::text;
use serde_json::Value;

const IMAGE: &str = "test.example.com/web:v1";

fn start() -> Cluster {
    let cluster = Cluster::start("control-plane,node");
    cluster.import_web_image(IMAGE);
    cluster
}

/// A pod of one container with more fields for it.
fn pod(name: &str, container: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{terminationGracePeriodSeconds: 1, \
         containers: [{{name: c, image: \"{IMAGE}\", {container}}}]}}}}"
    )
}

fn container(pod: &Value) -> &Value {
    &pod["status"]["containerStatuses"][0]
}

/// A time of the API in seconds.
fn seconds(time: &str) -> i64 {
    let said = e2e::run(std::process::Command::new("date").args(["--utc", "+%s", "--date", time]));
    said.out.trim().parse().unwrap_or_else(|_| panic!("{time:?} is not a time: {}", said.err))
}

#[test]
fn a_crashing_container_is_restarted_ever_later() {
    let cluster = start();
    cluster.apply(&pod("crash", "command: [/bin/sh, -c, 'echo dying; exit 4']"));
    // When each run began and ended, by its number, and the pauses that were announced. The first run is
    // followed at once by the second, so a look may come too late for it.
    let mut runs: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut announced = Vec::new();
    e2e::wait_until("four runs", || {
        let pod = cluster.get("pod crash");
        let status = container(&pod);
        let count = status["restartCount"].as_i64().unwrap_or_default();
        let last = if status["state"]["waiting"].is_object() { count } else { count - 1 };
        for (number, record) in
            [(count, &status["state"]["terminated"]), (last, &status["lastState"]["terminated"])]
        {
            if let (Some(began), Some(ended)) = (record["startedAt"].as_str(), record["finishedAt"].as_str())
            {
                assert_eq!(
                    (record["exitCode"].as_i64(), record["reason"].as_str()),
                    (Some(4), Some("Error"))
                );
                runs.insert(number, (seconds(began), seconds(ended)));
            }
        }
        if let Some(pause) = announced_pause(&pod)
            && announced.last() != Some(&pause)
        {
            announced.push(pause);
        }
        if runs.contains_key(&3) { Ok(()) } else { Err(format!("{runs:?} {status:#}")) }
    });
    // The second run follows at once, the third ten seconds after the second, then twenty.
    let started = seconds(text(&cluster.get("pod crash"), "/status/startTime"));
    assert!((0..=5).contains(&(runs[&1].0 - started)), "{started} {runs:?}");
    assert!((10..=12).contains(&(runs[&2].0 - runs[&1].1)), "{runs:?}");
    assert!((20..=22).contains(&(runs[&3].0 - runs[&2].1)), "{runs:?}");
    assert!(announced.starts_with(&["10s".to_owned(), "20s".to_owned()]), "{announced:?}");
    let restarts = container(&cluster.get("pod crash"))["restartCount"].clone();
    assert_eq!(restarts, 3);
    assert_eq!(cluster.kubectl("logs crash --previous"), "dying\n");
    let table = cluster.kubectl("get pod crash");
    assert!(table.contains("3 (") && table.contains(" ago)"), "{table}");
    cluster.wait_for_event("crash", "BackOff", |message| {
        message.starts_with("Back-off restarting failed container c in pod crash_default(")
    });
    cluster.finish();
}

/// What the status says of the pause before the next run, in upstream's sentence.
fn announced_pause(pod: &Value) -> Option<String> {
    let waiting = &container(pod)["state"]["waiting"];
    if waiting["reason"] != "CrashLoopBackOff" {
        return None;
    }
    let (message, uid) = (text(waiting, "/message"), text(pod, "/metadata/uid"));
    let pause = message.strip_prefix("back-off ")?.split(' ').next()?;
    let sentence = format!("back-off {pause} restarting failed container=c pod=crash_default({uid})");
    assert_eq!(message, sentence);
    Some(pause.to_owned())
}

#[test]
fn a_killed_process_is_started_again() {
    let cluster = start();
    cluster.apply(&pod("web", "readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 1}"));
    cluster.kubectl("wait --for=condition=Ready pod/web --timeout=30s");
    let before = cluster.get("pod web");
    cluster.kubectl("exec web -- killall -9 httpd");
    let after = cluster
        .wait_for("pod web", |pod| container(pod)["restartCount"] == 1 && container(pod)["ready"] == true);
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["status"]["podIP"], before["status"]["podIP"], "the sandbox stays");
    let last = &container(&after)["lastState"]["terminated"];
    assert_eq!((last["exitCode"].as_i64(), last["reason"].as_str()), (Some(137), Some("Error")));
    assert_eq!(last["containerID"], container(&before)["containerID"]);
    assert_ne!(container(&after)["containerID"], container(&before)["containerID"]);
    assert_eq!(cluster.kubectl("logs web --previous"), "serving web\nKilled\n");
    // By the machine this time, and the container's first process.
    let init = e2e::wait_until("the container's first process", || {
        first_process(text(&after, "/metadata/uid")).ok_or_else(|| "none".to_owned())
    });
    let killed = e2e::run(std::process::Command::new("kill").args(["-9", &init.to_string()]));
    assert_eq!(killed.code, 0, "{}", killed.err);
    cluster.wait_for("pod web", |pod| container(pod)["restartCount"] == 2);
    cluster.finish();
}

/// The process that serves in a pod's container, as the machine numbers it.
fn first_process(uid: &str) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        read("cgroup").contains(uid) && read("cmdline").starts_with("/bin/sh\0-c\0")
    })
}

#[test]
fn probes_restart_what_does_not_answer() {
    let cluster = start();
    cluster.apply(&pod(
        "sick",
        "livenessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 1, failureThreshold: 2}, \
         startupProbe: {httpGet: {path: /version, port: 8080}, periodSeconds: 1, failureThreshold: 30}",
    ));
    cluster.kubectl("wait --for=condition=Ready pod/sick --timeout=30s");
    cluster.kubectl("exec sick -- rm /www/ready");
    cluster
        .wait_for("pod sick", |pod| container(pod)["restartCount"] == 1 && container(pod)["ready"] == true);
    cluster.wait_for_event("sick", "Unhealthy", |message| {
        message == "Liveness probe failed: HTTP probe failed with statuscode: 404"
    });
    cluster.wait_for_event("sick", "Killing", |message| {
        message == "Container c failed liveness probe, will be restarted"
    });
    cluster.apply(&pod("asked", "readinessProbe: {exec: {command: [cat, /tmp/ok]}, periodSeconds: 1}"));
    cluster.wait_for_event("asked", "Unhealthy", |message| {
        message.starts_with("Readiness probe failed: cat: can't open '/tmp/ok': No such file or directory")
    });
    cluster.kubectl("exec asked -- touch /tmp/ok");
    cluster.kubectl("wait --for=condition=Ready pod/asked --timeout=30s");
    cluster.finish();
}

#[test]
fn what_cannot_start_says_why() {
    let cluster = start();
    cluster.apply(&pod("nocommand", "command: [nonsense]"));
    let found = cluster
        .wait_for("pod nocommand", |pod| container(pod)["lastState"]["terminated"]["reason"] == "StartError");
    let last = &container(&found)["lastState"]["terminated"];
    assert_eq!(last["exitCode"], 128);
    let sentence =
        "unable to start container process: exec: \"nonsense\": executable file not found in $PATH";
    assert!(text(last, "/message").ends_with(sentence), "{last:#}");
    cluster.wait_for_event("nocommand", "Failed", |message| {
        message.starts_with("Error: ") && message.ends_with(sentence)
    });
    let described = cluster.kubectl("describe pod nocommand");
    assert!(described.contains("StartError") && described.contains(sentence), "{described}");

    cluster.apply(&pod("noconfig", "envFrom: [{configMapRef: {name: nothing}}]"));
    cluster.wait_for("pod noconfig", |pod| {
        container(pod)["state"]["waiting"]["reason"] == "CreateContainerConfigError"
            && container(pod)["state"]["waiting"]["message"] == "configmap \"nothing\" not found"
    });
    let said = cluster.try_kubectl("logs noconfig");
    assert_eq!(
        said.err,
        "Error from server (BadRequest): container \"c\" in pod \"noconfig\" is waiting to start: \
         CreateContainerConfigError\n"
    );
    // It starts as soon as it can.
    cluster.kubectl("create configmap nothing --from-literal=A=b");
    cluster.kubectl("wait --for=condition=Ready pod/noconfig --timeout=60s");

    let mounted =
        "volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, secret: {secretName: nothing}";
    cluster.apply(&pod("nosecret", mounted));
    cluster.wait_for_event("nosecret", "FailedMount", |message| {
        message == "MountVolume.SetUp failed for volume \"v\" : secret \"nothing\" not found"
    });
    assert!(cluster.kubectl("get pod nosecret").contains("ContainerCreating"));

    let hog = "command: [/bin/sh, -c, 'x=$(cat /dev/zero | tr \"\\\\0\" x | head -c 200000000); echo $x'], \
               resources: {limits: {memory: 20Mi}}";
    cluster.apply(&pod("hog", hog));
    let found = cluster.wait_for("pod hog", |pod| {
        [&container(pod)["state"], &container(pod)["lastState"]]
            .iter()
            .any(|state| state["terminated"]["reason"] == "OOMKilled")
    });
    assert!(found.to_string().contains("137"));

    let large = "resources: {requests: {cpu: '1000'}}";
    cluster.apply(&pod("large", large));
    cluster.wait_for_event("large", "FailedScheduling", |message| {
        message.starts_with("0/1 nodes are available: 1 Insufficient cpu.")
    });
    cluster.finish();
}
