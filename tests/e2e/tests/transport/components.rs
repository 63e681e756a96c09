//! Scheduler and controller manager as processes of their own, which know the API server by a
//! kubeconfig and nothing else.

use std::process::Child;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::value;
use apiserver::MASTERS;
use client::Informer;
use client::Target;

use crate::bed::Bed;
use crate::bed::Http;
use crate::row;

/// A component's process; ends with the test.
struct Component {
    child: Child,
}

impl Component {
    fn start(verb: &str, kubeconfig: &std::path::Path, more: &[&str]) -> Self {
        let mut command = Command::new(e2e::program_path());
        command.arg(verb).arg("--kubeconfig").arg(kubeconfig).args(more);
        Self { child: command.spawn().expect("the program starts") }
    }

    /// Asks it to stop; its exit code.
    async fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert_eq!(e2e::run(Command::new("kill").arg(pid)).code, 0);
        let waited = tokio::task::spawn_blocking(move || self.child.wait().expect("it ends")).await;
        waited.expect("waited").code().unwrap_or(-1)
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        // It ended already unless the test failed.
        self.child.kill().unwrap_or_default();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_controlled_and_scheduled_from_elsewhere() {
    let bed = Bed::start(Http::Any).await;
    let admin = bed.remote("admin", &[MASTERS]);
    let dir = tempfile::tempdir().expect("a directory");
    let kubeconfig = |user: &str| bed.write_kubeconfig(dir.path(), user, &[]);
    let range = ["--cluster-cidr", "10.244.0.0/16"];
    let manager =
        Component::start("controller-manager", &kubeconfig("system:kube-controller-manager"), &range);
    let scheduler = Component::start("scheduler", &kubeconfig("system:kube-scheduler"), &[]);

    let resources = value!({"cpu": "2", "memory": "1Gi", "pods": "10"});
    let node = value!({"metadata": {"name": "n"}});
    admin.create(row("", "nodes"), node).await.expect("made");
    let status = value!({"status": {
        "capacity": &resources, "allocatable": &resources,
        "conditions": [{"type": "Ready", "status": "True", "reason": "x", "message": "x",
            "lastHeartbeatTime": bed.clock.now().to_string(), "lastTransitionTime": bed.clock.now().to_string()}]
    }});
    let target = Target::object(row("", "nodes"), "", "n");
    admin.merge_patch(target.clone().sub("status"), &status).await.expect("written");
    let pod = value!({"metadata": {"labels": {"a": "b"}}, "spec": {
        "tolerations": [{"operator": "Exists"}], "containers": [{"name": "c", "image": "i"}]
    }});
    let deployment = value!({
        "metadata": {"namespace": "default", "name": "d"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": pod}
    });
    admin.create(row("apps", "deployments"), deployment).await.expect("made");

    let informers = bed.informers(&admin);
    until(&informers.get(row("", "pods")), |pods| {
        pods.iter().filter(|pod| pod.value()["spec"]["nodeName"].as_str() == Some("n")).count() == 3
    })
    .await;
    let node = admin.get(target).await.expect("there");
    assert_eq!(node.value()["spec"]["podCIDR"].as_str(), Some("10.244.0.0/24"));
    // Its pods can be bound before it has said what it made.
    until(&informers.get(row("apps", "replicasets")), |sets| {
        sets.iter().any(|set| managers(set.value()).iter().any(|manager| manager == "replicaset-controller"))
    })
    .await;
    assert_eq!((scheduler.stop().await, manager.stop().await), (0, 0));
}

/// Waits until something holds of the objects.
async fn until(informer: &Informer, holds: impl Fn(&[Arc<Object>]) -> bool + Send + Sync + 'static) {
    let (seen, mut held) = tokio::sync::watch::channel(false);
    let all = informer.clone();
    informer.subscribe(move |_| {
        seen.send_replace(holds(&all.list()));
    });
    let held = tokio::time::timeout(Duration::from_secs(60), held.wait_for(|held| *held));
    held.await.expect("in time").expect("the informer goes on");
}

fn managers(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].items().iter();
    entries.map(|entry| entry["manager"].str_or_empty().to_owned()).collect()
}
