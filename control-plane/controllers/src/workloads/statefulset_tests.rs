//! Steps of StatefulSets.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;

use super::history;
use super::statefulset_plan::Op;
use super::statefulset_plan::Snapshot;
use super::statefulset_plan::plan;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::text;

struct World {
    set: Value,
    pods: Vec<Arc<Object>>,
    current: Arc<Object>,
    update: Arc<Object>,
}

fn set(replicas: i64, image: &str) -> Value {
    value!({
        "metadata": {"namespace": "ns", "name": "db", "uid": "db", "generation": 1},
        "spec": {
            "replicas": replicas, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
            "updateStrategy": {"type": "RollingUpdate"},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}],
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
        }
    })
}

fn revision(set: &Value) -> Arc<Object> {
    let history::Plan::Create(body) = history::plan(&object("apps", "statefulsets", set.clone()), &[], None)
    else {
        panic!("there is no history")
    };
    object("apps", "controllerrevisions", body)
}

impl World {
    fn new(replicas: i64) -> Self {
        let set = set(replicas, "i:1");
        let current = revision(&set);
        Self { set, pods: Vec::new(), update: current.clone(), current }
    }

    /// One reconcile. Deleted pods are gone at once; made ones are not ready.
    fn step(&mut self) -> Vec<String> {
        let set = object("apps", "statefulsets", self.set.clone());
        let snapshot = Snapshot {
            set: &set,
            pods: &self.pods,
            current: &self.current,
            update: &self.update,
            now: at(100),
        };
        let plan = plan(&snapshot, None);
        let done = plan.ops.into_iter().filter_map(|op| self.apply(op)).collect();
        if plan.status["currentRevision"] == plan.status["updateRevision"] {
            self.current = self.update.clone();
        }
        self.set.set(&["status"], plan.status);
        done
    }

    fn apply(&mut self, op: Op) -> Option<String> {
        match op {
            Op::Create(mut pod) => {
                let name = pod["metadata"]["name"].str_or_empty().to_owned();
                pod.set(&["metadata", "uid"], name.as_str());
                pod.set(&["status", "phase"], "Pending");
                let image = pod["spec"]["containers"].items()[0]["image"].str_or_empty().to_owned();
                self.pods.push(object("", "pods", pod));
                Some(format!("create {name} {image}"))
            }
            Op::Delete(pod) => {
                self.pods.retain(|other| other.name() != pod.name());
                Some(format!("delete {}", pod.name()))
            }
            Op::Claims(_) => None,
        }
    }

    fn set_status(&mut self, name: &str, phase: &str, ready: &str) {
        let place = self.pods.iter().position(|pod| pod.name() == name).expect("it exists");
        let mut value = self.pods[place].value().clone();
        value.set(&["status"], value!({"phase": phase, "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": text(0)}]}));
        self.pods[place] = object("", "pods", value);
    }

    fn all_ready(&mut self) {
        for name in self.pods.iter().map(|pod| pod.name().to_owned()).collect::<Vec<_>>() {
            self.set_status(&name, "Running", "True");
        }
    }

    fn settle(&mut self) -> Vec<String> {
        let mut done = Vec::new();
        loop {
            self.all_ready();
            let step = self.step();
            if step.is_empty() {
                return done;
            }
            done.extend(step);
        }
    }

    fn set_image(&mut self, image: &str) {
        self.set.set(&["spec", "template", "spec", "containers"], value!([{"name": "c", "image": image}]));
        self.update = revision(&self.set);
    }
}

#[test]
fn pods_come_one_after_the_other() {
    let mut world = World::new(3);
    assert_eq!(world.step(), ["create db-0 i:1"]);
    assert_eq!(world.step(), Vec::<String>::new());
    world.set_status("db-0", "Running", "True");
    assert_eq!(world.step(), ["create db-1 i:1"]);
    world.settle();
    let pod = world.pods[2].value();
    assert_eq!(pod["spec"]["hostname"].as_str(), Some("db-2"));
    assert_eq!(pod["spec"]["subdomain"].as_str(), Some("db"));
    assert_eq!(pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"].as_str(), Some("2"));
    assert_eq!(
        pod["spec"]["volumes"],
        value!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-2"}}])
    );
    let status = &world.set["status"];
    let fields = ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
    assert_eq!(fields.map(|field| status[field].as_i64().unwrap_or(-1)), [3; 5]);
    world.set.set(&["spec", "replicas"], 1);
    assert_eq!(world.settle(), ["delete db-2", "delete db-1"]);
}

#[test]
fn scaling_waits_for_what_is_not_well() {
    let mut world = World::new(2);
    world.settle();
    world.set_status("db-0", "Running", "False");
    world.set.set(&["spec", "replicas"], 1);
    assert_eq!(world.step(), Vec::<String>::new());
    world.set_status("db-0", "Failed", "False");
    assert_eq!(world.step(), ["delete db-0"]);
    assert_eq!(world.step(), ["create db-0 i:1"]);
}

#[test]
fn parallel_sets_do_not_wait() {
    let mut world = World::new(3);
    world.set.set(&["spec", "podManagementPolicy"], "Parallel");
    world.set.set(&["spec", "ordinals", "start"], 5);
    assert_eq!(world.step(), ["create db-5 i:1", "create db-6 i:1", "create db-7 i:1"]);
    world.set.set(&["spec", "replicas"], 0);
    assert_eq!(world.step(), ["delete db-7", "delete db-6", "delete db-5"]);
}

#[test]
fn an_update_goes_from_the_highest_down() {
    let mut world = World::new(3);
    world.settle();
    world.set_image("i:2");
    assert_eq!(world.step(), ["delete db-2"]);
    assert_eq!(world.step(), ["create db-2 i:2"]);
    assert_eq!(world.step(), Vec::<String>::new());
    assert_eq!(world.set["status"]["updatedReplicas"].as_i64(), Some(1));
    assert_ne!(world.set["status"]["currentRevision"], world.set["status"]["updateRevision"]);
    world.all_ready();
    assert_eq!(world.settle(), ["delete db-1", "create db-1 i:2", "delete db-0", "create db-0 i:2"]);
    assert_eq!(world.set["status"]["currentRevision"], world.set["status"]["updateRevision"]);
}

#[test]
fn a_partition_keeps_the_lower_ordinals() {
    let mut world = World::new(3);
    world.settle();
    world.set.set(&["spec", "updateStrategy", "rollingUpdate", "partition"], 2);
    world.set_image("i:2");
    assert_eq!(world.settle(), ["delete db-2", "create db-2 i:2"]);
    // A pod below the partition that is lost comes back as it was.
    world.pods.retain(|pod| pod.name() != "db-0");
    assert_eq!(world.step(), ["create db-0 i:1"]);
}
