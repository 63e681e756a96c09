//! Decisions on small clusters, step by step.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use client::Change;
use tokio::time::Instant;

use crate::Config;
use crate::plugins;
use crate::state::State;
use crate::state::Step;

/// A cluster, the scheduler's state, and a clock that only the test moves.
struct Fixture {
    state: State,
    now: Instant,
    namespaces: Vec<Arc<Object>>,
}

pub(crate) fn object(resource: &str, value: Value) -> Arc<Object> {
    let row = Resource::find("", "v1", resource).expect("a row");
    Arc::new(Object::new(row, value))
}

pub(crate) fn node(name: &str, cpu: &str, memory: &str) -> Value {
    value!({
        "metadata": {"name": name, "uid": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "10"}}
    })
}

pub(crate) fn pod(name: &str, cpu: &str) -> Value {
    value!({
        "metadata": {"namespace": "ns", "name": name, "uid": name, "labels": {"app": "web"}},
        "spec": {
            "schedulerName": "default-scheduler",
            "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]
        }
    })
}

fn with(mut value: Value, path: &[&str], part: Value) -> Value {
    value.set(path, part);
    value
}

impl Fixture {
    fn new(nodes: Vec<Value>) -> Self {
        let mut config = Config::new("test");
        config.initial_backoff = Duration::from_secs(1);
        let state = State::new(&config, plugins::all());
        let mut fixture = Self { state, now: Instant::now(), namespaces: Vec::new() };
        for value in nodes {
            fixture.node(None, Some(value));
        }
        fixture
    }

    fn node(&mut self, old: Option<Value>, new: Option<Value>) {
        let (old, new) = (old.map(|v| object("nodes", v)), new.map(|v| object("nodes", v)));
        self.state.node_changed(&Change { old: old.as_ref(), new: new.as_ref() }, self.now);
    }

    fn pod(&mut self, old: Option<Value>, new: Option<Value>) {
        let (old, new) = (old.map(|v| object("pods", v)), new.map(|v| object("pods", v)));
        self.state.pod_changed(&Change { old: old.as_ref(), new: new.as_ref() }, self.now);
    }

    /// A pod that runs on a node already.
    fn running(&mut self, value: Value, on: &str) {
        self.pod(None, Some(with(value, &["spec", "nodeName"], on.into())));
    }

    /// The next decision, as a line of text; ties go to the first node.
    fn step(&mut self) -> String {
        let namespaces = self.namespaces.clone();
        let namespace_of = |name: &str| namespaces.iter().find(|n| n.name() == name).cloned();
        match self.state.step(&namespace_of, &mut |_| 0, self.now) {
            Step::Wait(_) => "wait".to_owned(),
            Step::Bind(pod, node) => format!("{} -> {node}", pod.object.name()),
            // What preemption says stands in a test of its own.
            Step::Report(pod, message) => {
                let message = message.split(" preemption: ").next().unwrap_or("").to_owned();
                format!("{}: {message}", pod.object.name())
            }
            Step::Preempt(pod, _, victims) => {
                let names: Vec<&str> = victims.pods.iter().map(|pod| pod.object.name()).collect();
                format!("{} evicts {} from {}", pod.object.name(), names.join(","), victims.node)
            }
        }
    }

    /// Schedules one new pod.
    fn place(&mut self, value: Value) -> String {
        self.pod(None, Some(value));
        self.step()
    }
}

#[test]
fn the_emptiest_node_is_taken_and_counts_at_once() {
    let mut fixture = Fixture::new(vec![node("a", "2", "4Gi"), node("b", "4", "4Gi")]);
    assert_eq!(fixture.place(pod("p1", "1")), "p1 -> b");
    assert_eq!(fixture.place(pod("p2", "2")), "p2 -> b");
    assert_eq!(fixture.place(pod("p3", "2")), "p3 -> a");
    assert_eq!(fixture.place(pod("p4", "2")), "p4: 0/2 nodes are available: 2 Insufficient cpu.");
    // The informer confirms what was assumed; nothing is counted twice.
    let bound = with(pod("p3", "2"), &["spec", "nodeName"], "a".into());
    fixture.pod(Some(pod("p3", "2")), Some(bound));
    let a = fixture.state.cache().node("a").expect("known");
    assert_eq!((a.requested.cpu_millis, a.pods.len()), (2000, 1));
}

#[test]
fn a_pod_that_fits_nowhere_waits_for_what_may_help() {
    let mut fixture = Fixture::new(vec![node("a", "1", "4Gi")]);
    fixture.running(pod("old", "1"), "a");
    assert_eq!(fixture.place(pod("p", "500m")), "p: 0/1 nodes are available: 1 Insufficient cpu.");
    assert_eq!(fixture.step(), "wait");
    // A label does not give CPU.
    let labelled = with(node("a", "1", "4Gi"), &["metadata", "labels"], value!({"x": "y"}));
    fixture.node(Some(node("a", "1", "4Gi")), Some(labelled));
    fixture.now += Duration::from_secs(20);
    assert_eq!(fixture.step(), "wait");
    let gone = with(pod("old", "1"), &["spec", "nodeName"], "a".into());
    fixture.pod(Some(gone), None);
    assert_eq!(fixture.step(), "p -> a");
}

#[test]
fn news_during_the_backoff_is_kept_until_it_is_over() {
    let mut fixture = Fixture::new(vec![node("a", "1", "4Gi")]);
    assert_eq!(fixture.place(pod("p", "2")), "p: 0/1 nodes are available: 1 Insufficient cpu.");
    fixture.node(None, Some(node("b", "4", "4Gi")));
    assert_eq!(fixture.step(), "wait");
    fixture.now += Duration::from_secs(1);
    assert_eq!(fixture.step(), "p -> b");
}

#[test]
fn a_failed_binding_gives_back_what_was_assumed() {
    let mut fixture = Fixture::new(vec![node("a", "1", "4Gi")]);
    fixture.pod(None, Some(pod("p", "1")));
    let Step::Bind(info, _) = fixture.state.step(&|_| None, &mut |_| 0, fixture.now) else {
        panic!("it fits")
    };
    fixture.state.unbind(&info, fixture.now);
    assert_eq!(fixture.state.cache().node("a").expect("known").requested.cpu_millis, 0);
    assert_eq!(fixture.step(), "wait");
    fixture.now += Duration::from_secs(1);
    assert_eq!(fixture.step(), "p -> a");
}

#[test]
fn more_important_pods_go_first() {
    let mut fixture = Fixture::new(vec![node("a", "4", "4Gi")]);
    fixture.pod(None, Some(pod("low", "1")));
    fixture.pod(None, Some(with(pod("high", "1"), &["spec", "priority"], 10.into())));
    fixture.pod(None, Some(with(pod("gated", "1"), &["spec", "schedulingGates"], value!([{"name": "g"}]))));
    fixture.pod(None, Some(with(pod("other", "1"), &["spec", "schedulerName"], "mine".into())));
    assert_eq!([fixture.step(), fixture.step(), fixture.step()], ["high -> a", "low -> a", "wait"]);
    fixture.pod(
        Some(with(pod("gated", "1"), &["spec", "schedulingGates"], value!([{"name": "g"}]))),
        Some(pod("gated", "1")),
    );
    assert_eq!(fixture.step(), "gated -> a");
}

#[test]
fn reasons_are_counted_as_upstream_words_them() {
    let taint = value!([{"key": "k", "value": "v", "effect": "NoSchedule"}]);
    let mut fixture = Fixture::new(vec![
        with(node("tainted", "4", "4Gi"), &["spec", "taints"], taint.clone()),
        with(node("cordoned", "4", "4Gi"), &["spec", "unschedulable"], true.into()),
        node("small", "1", "4Gi"),
    ]);
    assert_eq!(
        fixture.place(pod("p", "2")),
        "p: 0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable."
    );
    let tolerant = with(
        pod("t", "2"),
        &["spec", "tolerations"],
        value!([{"key": "k", "operator": "Exists", "effect": "NoSchedule"}]),
    );
    assert_eq!(fixture.place(tolerant), "t -> tainted");
    let selective = with(pod("s", "100m"), &["spec", "nodeSelector"], value!({"disk": "ssd"}));
    assert!(fixture.place(selective).contains("node(s) didn't match Pod's node affinity/selector"));
    let mut empty = Fixture::new(Vec::new());
    assert_eq!(empty.place(pod("p", "1")), "p: no nodes available to schedule pods");
}

#[test]
fn node_affinity_and_ports() {
    let labelled = |name: &str, zone: &str| {
        with(node(name, "4", "4Gi"), &["metadata", "labels"], value!({"zone": zone, "size": "12"}))
    };
    let mut fixture = Fixture::new(vec![labelled("a", "one"), labelled("b", "two")]);
    let affine = |name: &str, operator: &str| {
        with(
            pod(name, "100m"),
            &["spec", "affinity"],
            value!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "zone", "operator": operator, "values": ["two"]}, {"key": "size", "operator": "Gt", "values": ["9"]}]}
            ]}}}),
        )
    };
    assert_eq!(fixture.place(affine("p", "In")), "p -> b");
    assert_eq!(fixture.place(affine("q", "NotIn")), "q -> a");
    let preferring = with(
        pod("r", "1"),
        &["spec", "affinity"],
        value!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 5, "preference": {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}}
        ]}}),
    );
    assert_eq!(fixture.place(preferring), "r -> b");
    let listening = |name: &str, ip: &str| {
        with(
            pod(name, "100m"),
            &["spec", "containers"],
            value!([{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80, "hostIP": ip}]}]),
        )
    };
    assert_eq!(fixture.place(listening("l1", "")), "l1 -> a");
    assert_eq!(fixture.place(listening("l2", "192.0.2.1")), "l2 -> b");
    assert_eq!(fixture.place(listening("l3", "192.0.2.2")), "l3 -> b");
    assert_eq!(
        fixture.place(listening("l4", "192.0.2.1")),
        "l4: 0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."
    );
}

#[test]
fn requests_of_init_containers_sidecars_and_overhead() {
    let value = value!({"spec": {
        "initContainers": [
            {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"cpu": "300m", "memory": "100"}}},
            {"name": "init", "resources": {"requests": {"cpu": "2", "memory": "50"}}}
        ],
        "containers": [{"name": "a", "resources": {"requests": {"cpu": "1", "example.com/gpu": "2"}}}, {"name": "b"}],
        "overhead": {"cpu": "10m"}
    }});
    let spec = <api::views::PodSpecView<'_> as api::view::View<'_>>::of(&value["spec"]);
    let requests = crate::resources::Requests::of(spec);
    assert_eq!((requests.exact.cpu_millis, requests.exact.memory_bytes), (2310, 150));
    assert_eq!(requests.exact.extended("example.com/gpu"), 2);
    assert_eq!(requests.usual_cpu_millis, 2310);
    assert_eq!(requests.usual_memory_bytes, 2 * 200 * 1024 * 1024 + 100);
}

fn zoned(name: &str, zone: &str) -> Value {
    with(
        node(name, "8", "8Gi"),
        &["metadata", "labels"],
        value!({"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}),
    )
}

fn spreading(name: &str, unsatisfiable: &str) -> Value {
    with(
        pod(name, "100m"),
        &["spec", "topologySpreadConstraints"],
        value!([{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": unsatisfiable, "labelSelector": {"matchLabels": {"app": "web"}}}]),
    )
}

#[test]
fn pods_are_spread_over_zones() {
    let mut fixture = Fixture::new(vec![zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b")]);
    let places: Vec<String> =
        (0..4).map(|i| fixture.place(spreading(&format!("p{i}"), "DoNotSchedule"))).collect();
    let in_b = places.iter().filter(|place| place.ends_with("b1")).count();
    assert_eq!(in_b, 2, "{places:?}");
    fixture
        .node(Some(zoned("b1", "b")), Some(with(zoned("b1", "b"), &["spec", "unschedulable"], true.into())));
    assert!(fixture.place(spreading("p4", "DoNotSchedule")).starts_with("p4 -> a"));
    assert_eq!(
        fixture.place(spreading("p5", "DoNotSchedule")),
        "p5: 0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod topology spread constraints."
    );
    assert!(fixture.place(spreading("p6", "ScheduleAnyway")).starts_with("p6 -> a"));
}

#[test]
fn pods_of_one_controller_are_spread_without_being_asked() {
    let owned = |name: &str| {
        with(
            pod(name, "100m"),
            &["metadata", "ownerReferences"],
            value!([{"uid": "rs", "kind": "ReplicaSet", "name": "rs", "controller": true}]),
        )
    };
    // The first node stays the emptiest by far: only spreading leads elsewhere.
    let big = with(node("big", "1000", "1000Gi"), &["status", "allocatable", "pods"], "110".into());
    let mut fixture = Fixture::new(vec![big, node("b", "4", "4Gi"), node("c", "4", "4Gi")]);
    let mut places: Vec<String> = (0..3).map(|i| fixture.place(owned(&format!("p{i}")))).collect();
    places.iter_mut().for_each(|place| *place = place.split(" -> ").last().unwrap_or("").to_owned());
    places.sort();
    assert_eq!(places, ["b", "big", "c"]);
}

fn affine(name: &str, app: &str, kind: &str, to: &str, key: &str) -> Value {
    let term = value!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": to}}});
    let mut value = with(pod(name, "100m"), &["metadata", "labels"], value!({"app": app}));
    value.set(&["spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"], value!([term]));
    value
}

#[test]
fn pods_meet_and_avoid_each_other() {
    let zone = "topology.kubernetes.io/zone";
    let mut fixture = Fixture::new(vec![zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b")]);
    assert_eq!(
        fixture.place(affine("early", "x", "podAffinity", "db", zone)),
        "early: 0/3 nodes are available: 3 node(s) didn't match pod affinity rules."
    );
    fixture.running(with(pod("db", "100m"), &["metadata", "labels"], value!({"app": "db"})), "b1");
    // The pod that waited is woken by the new one, after its back-off.
    fixture.now += Duration::from_secs(2);
    assert_eq!(fixture.step(), "early -> b1");
    // The first of a group that wants to be together may go anywhere, the next one follows.
    let first = fixture.place(affine("g1", "group", "podAffinity", "group", "kubernetes.io/hostname"));
    let second = fixture.place(affine("g2", "group", "podAffinity", "group", "kubernetes.io/hostname"));
    assert_eq!(first.replace("g1", ""), second.replace("g2", ""));
    // One lonely pod for each zone.
    let lonely = |name: &str| affine(name, "lonely", "podAntiAffinity", "lonely", zone);
    let places = [fixture.place(lonely("l1")), fixture.place(lonely("l2"))];
    assert!(
        places.iter().any(|p| p.ends_with("b1")) && places.iter().any(|p| p.contains("-> a")),
        "{places:?}"
    );
    assert_eq!(
        fixture.place(lonely("l3")),
        "l3: 0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules."
    );
    // The other way round: those that are there do not want the one that comes.
    let plain = with(pod("plain", "100m"), &["metadata", "labels"], value!({"app": "lonely"}));
    assert_eq!(
        fixture.place(plain),
        "plain: 0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules."
    );
}

#[test]
fn terms_reach_other_namespaces_by_their_labels() {
    let mut fixture = Fixture::new(vec![node("a", "4", "4Gi"), node("b", "4", "4Gi")]);
    fixture.namespaces =
        vec![object("namespaces", value!({"metadata": {"name": "other", "labels": {"team": "t"}}}))];
    fixture.running(with(pod("there", "100m"), &["metadata", "namespace"], "other".into()), "b");
    let mut value = affine("p", "x", "podAffinity", "web", "kubernetes.io/hostname");
    let path = ["spec", "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
    value.at_mut(&path).as_list_mut().expect("a list")[0]
        .set(&["namespaceSelector"], value!({"matchLabels": {"team": "t"}}));
    assert_eq!(fixture.place(value), "p -> b");
}

fn prioritized(name: &str, cpu: &str, priority: i64) -> Value {
    with(pod(name, cpu), &["spec", "priority"], priority.into())
}

#[test]
fn the_least_important_pods_make_room() {
    let mut fixture = Fixture::new(vec![node("a", "4", "4Gi"), node("b", "4", "4Gi")]);
    fixture.running(prioritized("a-high", "3", 5), "a");
    fixture.running(prioritized("a-low", "1", 1), "a");
    fixture.running(prioritized("b1", "2", 2), "b");
    fixture.running(prioritized("b2", "1", 2), "b");
    fixture.running(prioritized("b3", "1", 1), "b");
    // On `a` a more important pod would have to go; on `b` two are enough, and the third may stay.
    assert_eq!(fixture.place(prioritized("p", "3", 10)), "p evicts b1,b3 from b");
    // Nothing was really taken out of the cache.
    assert_eq!(fixture.state.cache().node("b").expect("known").pods.len(), 3);
    // The room is kept: one that is less important does not get it while the victims end.
    let gone = |name: &str, cpu: &str, priority| {
        with(prioritized(name, cpu, priority), &["spec", "nodeName"], "b".into())
    };
    fixture.pod(Some(gone("b1", "2", 2)), None);
    assert_eq!(
        fixture.place(prioritized("thief", "2", 3)),
        "thief: 0/2 nodes are available: 2 Insufficient cpu."
    );
    fixture.pod(Some(gone("b3", "1", 1)), None);
    fixture.now += Duration::from_secs(2);
    assert_eq!(fixture.step(), "p -> b");
}

#[test]
fn preemption_says_why_it_does_nothing() {
    let mut fixture = Fixture::new(vec![
        node("a", "4", "4Gi"),
        with(node("b", "4", "4Gi"), &["spec", "unschedulable"], true.into()),
    ]);
    fixture.running(prioritized("equal", "4", 1), "a");
    let message = |fixture: &mut Fixture, value: Value| {
        fixture.pod(None, Some(value));
        match fixture.state.step(&|_| None, &mut |_| 0, fixture.now) {
            Step::Report(_, message) => message,
            _ => panic!("it fits nowhere"),
        }
    };
    assert_eq!(
        message(&mut fixture, prioritized("p", "1", 1)),
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
    );
    let peaceful = with(prioritized("q", "1", 9), &["spec", "preemptionPolicy"], "Never".into());
    assert!(
        message(&mut fixture, peaceful).ends_with("preemption: not eligible due to preemptionPolicy=Never.")
    );
}
