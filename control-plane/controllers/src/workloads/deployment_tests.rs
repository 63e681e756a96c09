//! Steps of Deployments, and whole rollouts in a simulated cluster.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use proptest::prelude::*;

use super::deployment_plan::HASH_LABEL;
use super::deployment_plan::Op;
use super::deployment_plan::Plan;
use super::deployment_plan::Snapshot;
use super::deployment_plan::Wanted;
use super::deployment_plan::plan;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::text;
use crate::objects::condition;

fn deployment(replicas: i64, surge: Value, unavailable: Value, image: &str) -> Value {
    value!({
        "metadata": {"namespace": "ns", "name": "web", "uid": "web", "generation": 1},
        "spec": {
            "replicas": replicas, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
        }
    })
}

/// A cluster in which ReplicaSets make pods at once and pods become ready when the test says so.
struct World {
    deployment: Value,
    sets: Vec<Value>,
    now: i64,
    made: i64,
}

impl World {
    fn new(deployment: Value) -> Self {
        Self { deployment, sets: Vec::new(), now: 0, made: 0 }
    }

    fn plan(&self) -> Plan {
        let row = |value: &Value| object("apps", "replicasets", value.clone());
        let running = |set: &&Value| set["status"]["replicas"].as_i64().unwrap_or(0) > 0;
        let uid = |set: &Value| set["metadata"]["uid"].str_or_empty().to_owned();
        let sets: Vec<Arc<Object>> = self.sets.iter().map(row).collect();
        plan(&Snapshot {
            deployment: object("apps", "deployments", self.deployment.clone()),
            sets,
            running: self.sets.iter().filter(running).map(uid).collect(),
            now: at(self.now),
        })
    }

    /// One reconcile of the Deployment, and of every ReplicaSet after it. Returns what was done.
    fn step(&mut self) -> Vec<String> {
        self.now += 1;
        let plan = self.plan();
        let done = plan.ops.into_iter().map(|op| self.apply(op)).collect();
        self.deployment.set(&["status"], plan.status);
        for set in &mut self.sets {
            let wanted = set["spec"]["replicas"].as_i64().unwrap_or(0);
            let available = set["status"]["availableReplicas"].as_i64().unwrap_or(0).min(wanted);
            set.set(&["status"], value!({
                "replicas": wanted, "readyReplicas": available, "availableReplicas": available, "observedGeneration": 1
            }));
        }
        done
    }

    fn apply(&mut self, op: Op) -> String {
        match op {
            Op::Create(mut set) => {
                self.made += 1;
                set.set(&["metadata", "uid"], format!("rs{}", self.made));
                set.set(&["metadata", "creationTimestamp"], text(self.now));
                let line =
                    format!("create rs{} with {}", self.made, set["spec"]["replicas"].as_i64().unwrap_or(0));
                self.sets.push(set);
                line
            }
            Op::Update(set) => self.replace(set, "update".into()),
            Op::Scale { set, from, to } => self.replace(set, format!("{from}->{to}")),
            Op::Delete(set) => {
                self.sets.retain(|other| other["metadata"]["uid"] != set["metadata"]["uid"]);
                format!("delete {}", set["metadata"]["uid"].str_or_empty())
            }
            Op::Revision(revision) => {
                self.deployment
                    .set(&["metadata", "annotations", super::deployment_plan::REVISION], revision.as_str());
                format!("revision {revision}")
            }
        }
    }

    fn replace(&mut self, set: Value, what: String) -> String {
        let uid = set["metadata"]["uid"].str_or_empty().to_owned();
        let place = self.sets.iter().position(|other| other["metadata"]["uid"].as_str() == Some(&uid));
        self.sets[place.expect("it exists")] = set;
        format!("{uid} {what}")
    }

    /// Up to `count` pods of a ReplicaSet become ready.
    fn become_ready(&mut self, place: usize, count: i64) {
        let set = &mut self.sets[place];
        let replicas = set["status"]["replicas"].as_i64().unwrap_or(0);
        let ready = (set["status"]["readyReplicas"].as_i64().unwrap_or(0) + count).min(replicas);
        set.set(&["status", "readyReplicas"], ready);
        set.set(&["status", "availableReplicas"], ready);
    }

    fn sum(&self, path: &[&str]) -> i64 {
        self.sets.iter().map(|set| set.at(path).as_i64().unwrap_or(0)).sum()
    }

    fn set_image(&mut self, image: &str) {
        let containers = value!([{"name": "c", "image": image}]);
        self.deployment.set(&["spec", "template", "spec", "containers"], containers);
        self.bump();
    }

    fn set_replicas(&mut self, replicas: i64) {
        self.deployment.set(&["spec", "replicas"], replicas);
        self.bump();
    }

    fn bump(&mut self) {
        let generation = self.deployment["metadata"]["generation"].as_i64().unwrap_or(0);
        self.deployment.set(&["metadata", "generation"], generation + 1);
    }

    /// Runs until nothing changes, with every pod ready after each step.
    fn settle(&mut self) {
        for _ in 0..200 {
            let before = (self.deployment.clone(), self.sets.clone());
            self.step();
            for place in 0..self.sets.len() {
                self.become_ready(place, i64::MAX / 2);
            }
            if (self.deployment.clone(), self.sets.clone()) == before {
                return;
            }
        }
        panic!("it does not settle: {:?} {:?}", self.deployment, self.sets);
    }

    fn reason(&self, kind: &str) -> &str {
        condition(&self.deployment["status"], kind).map_or("", |c| c["reason"].str_or_empty())
    }
}

#[test]
fn a_new_deployment_becomes_complete() {
    let mut world = World::new(deployment(3, "25%".into(), "25%".into(), "i:1"));
    assert_eq!(world.step(), ["create rs1 with 3", "revision 1"]);
    assert_eq!(world.reason("Progressing"), "NewReplicaSetCreated");
    let set = world.sets[0].clone();
    let hash = set["metadata"]["labels"][HASH_LABEL].str_or_empty();
    assert_eq!(set["metadata"]["name"].as_str(), Some(format!("web-{hash}").as_str()));
    assert_eq!(set["spec"]["selector"]["matchLabels"][HASH_LABEL].as_str(), Some(hash));
    assert_eq!(
        set["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"].as_str(),
        Some("3")
    );
    assert_eq!(set["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"].as_str(), Some("4"));
    world.step();
    assert_eq!(world.reason("Available"), "MinimumReplicasUnavailable");
    world.become_ready(0, 3);
    world.step();
    assert_eq!(world.reason("Available"), "MinimumReplicasAvailable");
    assert_eq!(world.reason("Progressing"), "NewReplicaSetAvailable");
    let status = &world.deployment["status"];
    let numbers =
        ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"];
    assert_eq!(numbers.map(|field| status[field].as_i64().unwrap_or(-1)), [3, 3, 3, 3, 0]);
    assert_eq!(world.step(), Vec::<String>::new());
}

#[test]
fn a_rolling_update_goes_step_by_step() {
    let mut world = World::new(deployment(4, 1.into(), 1.into(), "i:1"));
    world.settle();
    world.set_image("i:2");
    assert_eq!(world.step(), ["create rs2 with 1", "revision 2"]);
    assert_eq!(world.step(), ["rs1 4->3"]);
    assert_eq!(world.step(), ["rs2 1->2"]);
    assert_eq!(world.step(), Vec::<String>::new());
    world.become_ready(1, 2);
    assert_eq!(world.step(), ["rs1 3->1"]);
    world.settle();
    let sizes: Vec<i64> =
        world.sets.iter().map(|set| set["spec"]["replicas"].as_i64().unwrap_or(-1)).collect();
    assert_eq!(sizes, [0, 4]);
    // Back to the first image: the old ReplicaSet serves again and takes the newest revision.
    world.set_image("i:1");
    assert_eq!(world.step(), ["rs1 update"]);
    assert_eq!(
        world.sets[0]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"].as_str(),
        Some("1")
    );
    world.settle();
    assert_eq!(
        world.deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str(),
        Some("3")
    );
    // One old ReplicaSet is kept; a third image makes the oldest go.
    world.set_image("i:3");
    world.settle();
    let left: Vec<&str> = world.sets.iter().map(|set| set["metadata"]["uid"].str_or_empty()).collect();
    assert_eq!(left, ["rs1", "rs3"]);
}

#[test]
fn scaling_in_the_middle_of_a_rollout_keeps_the_proportion() {
    let mut world = World::new(deployment(10, 3.into(), 2.into(), "i:1"));
    world.settle();
    world.set_image("i:2");
    for _ in 0..3 {
        world.step();
    }
    let sizes = |world: &World| -> Vec<i64> {
        world.sets.iter().map(|set| set["spec"]["replicas"].as_i64().unwrap_or(-1)).collect()
    };
    assert_eq!(sizes(&world), [8, 5]);
    world.set_replicas(15);
    world.step();
    assert_eq!(sizes(&world), [11, 7]);
    world.set_replicas(10);
    world.step();
    assert_eq!(sizes(&world), [8, 5]);
}

#[test]
fn recreate_waits_for_the_old_pods() {
    let mut recreating = deployment(2, Value::Null, Value::Null, "i:1");
    recreating.set(&["spec", "strategy"], value!({"type": "Recreate"}));
    let mut world = World::new(recreating);
    world.settle();
    world.set_image("i:2");
    assert_eq!(world.step(), ["rs1 2->0"]);
    assert_eq!(world.step(), ["create rs2 with 2", "revision 2"]);
    world.settle();
    assert_eq!(world.reason("Progressing"), "NewReplicaSetAvailable");
}

#[test]
fn a_pause_stops_everything_but_scaling() {
    let mut world = World::new(deployment(2, 1.into(), 0.into(), "i:1"));
    world.settle();
    world.deployment.set(&["spec", "paused"], true);
    world.set_image("i:2");
    assert_eq!(world.step(), Vec::<String>::new());
    assert_eq!(world.reason("Progressing"), "DeploymentPaused");
    world.set_replicas(3);
    assert_eq!(world.step(), ["rs1 2->3"]);
    world.deployment.set(&["spec", "paused"], false);
    world.bump();
    assert_eq!(world.step(), ["create rs2 with 1", "revision 2"]);
}

#[test]
fn lack_of_progress_is_told_after_the_deadline() {
    let mut world = World::new(deployment(1, 1.into(), 0.into(), "i:1"));
    world.step();
    world.step();
    let wait = world.plan().look_again.expect("the deadline is watched");
    assert!(wait.as_secs() >= 598 && wait.as_secs() <= 602, "{wait:?}");
    world.now += 700;
    world.step();
    assert_eq!(world.reason("Progressing"), "ProgressDeadlineExceeded");
    assert_eq!(world.plan().look_again, None);
}

#[test]
fn percentages_round_towards_safety() {
    let wanted = |replicas: i64, surge: &str, unavailable: &str| {
        let value = deployment(replicas, surge.into(), unavailable.into(), "i");
        let wanted = Wanted::of(&object("apps", "deployments", value));
        (wanted.max_surge, wanted.max_unavailable)
    };
    assert_eq!(wanted(10, "25%", "25%"), (3, 2));
    assert_eq!(wanted(1, "25%", "25%"), (1, 0));
    assert_eq!(wanted(3, "0%", "10%"), (0, 1));
    assert_eq!(wanted(2, "0%", "200%"), (0, 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever order pods become ready in, a rollout ends, and on its way there are never too many
    /// replicas nor too few available ones.
    #[test]
    fn a_rollout_converges_within_its_bounds(
        replicas in 1i64..12,
        surge in 0i64..4,
        unavailable in 0i64..4,
        readiness in prop::collection::vec((0usize..2, 0i64..4), 0..60),
    ) {
        let mut world = World::new(deployment(replicas, surge.into(), unavailable.into(), "i:1"));
        world.settle();
        world.set_image("i:2");
        let wanted = Wanted::of(&object("apps", "deployments", world.deployment.clone()));
        for (place, count) in readiness {
            world.step();
            let total = world.sum(&["spec", "replicas"]);
            prop_assert!(total <= replicas + wanted.max_surge, "{total} replicas");
            let available = world.sum(&["status", "availableReplicas"]);
            prop_assert!(available >= replicas - wanted.max_unavailable, "{available} available");
            if place < world.sets.len() {
                world.become_ready(place, count);
            }
        }
        world.settle();
        let sizes: Vec<i64> = world.sets.iter().map(|set| set["spec"]["replicas"].as_i64().unwrap_or(-1)).collect();
        prop_assert_eq!(sizes, vec![0, replicas]);
        prop_assert_eq!(world.reason("Progressing"), "NewReplicaSetAvailable");
    }
}
