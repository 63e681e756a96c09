//! Decisions of DaemonSets on fixed nodes and pods.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;

use super::daemonset_plan::Place;
use super::daemonset_plan::Plan;
use super::daemonset_plan::Snapshot;
use super::daemonset_plan::place;
use super::daemonset_plan::plan;
use super::daemonset_plan::status;
use super::daemonset_plan::template_for;
use super::history;
use crate::fixture::at;
use crate::fixture::object;
use crate::fixture::pod;

fn set(spec: Value, strategy: Value) -> Arc<Object> {
    object(
        "apps",
        "daemonsets",
        value!({
            "metadata": {"namespace": "ns", "name": "ds", "uid": "ds", "generation": 2},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}}, "updateStrategy": strategy,
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec}
            }
        }),
    )
}

fn node(name: &str, taints: Value) -> Arc<Object> {
    object(
        "",
        "nodes",
        value!({"metadata": {"name": name, "labels": {"disk": "ssd"}}, "spec": {"taints": taints}}),
    )
}

fn daemon(name: &str, on: &str, hash: &str, ready: bool) -> Arc<Object> {
    let mut value = pod(name, "ds", on, "Running", ready);
    value.set(&["metadata", "labels", history::HASH_LABEL], hash);
    object("", "pods", value)
}

fn decide(set: &Object, nodes: &[Arc<Object>], pods: &[Arc<Object>]) -> (Vec<String>, Vec<String>) {
    let Plan { create, delete, .. } = plan(&Snapshot { set, nodes, pods, hash: "new", now: at(1000) });
    (create, delete.iter().map(|pod| pod.name().to_owned()).collect())
}

fn rolling(unavailable: Value, surge: Value) -> Value {
    value!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}})
}

#[test]
fn every_fitting_node_gets_one_pod() {
    let set = set(value!({"nodeSelector": {"disk": "ssd"}}), rolling(1.into(), 0.into()));
    let taint = |effect: &str| value!([{"key": "k", "effect": effect}]);
    let own = value!([{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]);
    let nodes = [
        node("a", Value::Null),
        node("b", own),
        node("c", taint("NoSchedule")),
        node("d", taint("NoExecute")),
    ];
    let places: Vec<Place> = nodes.iter().map(|node| place(&set, node)).collect();
    assert_eq!(places, [Place::Wanted, Place::Wanted, Place::Tolerated, Place::Unwanted]);
    let pods =
        [daemon("pc", "c", "new", true), daemon("pd", "d", "new", true), daemon("pa", "a", "new", true)];
    assert_eq!(decide(&set, &nodes, &pods), (vec!["b".into()], vec!["pd".into()]));
    let snapshot = Snapshot { set: &set, nodes: &nodes, pods: &pods, hash: "new", now: at(1000) };
    let status = status(&snapshot, None);
    let fields = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberMisscheduled",
        "numberReady",
        "numberUnavailable",
    ];
    assert_eq!(fields.map(|field| status[field].as_i64().unwrap_or(-1)), [2, 1, 2, 1, 1]);
}

#[test]
fn an_update_replaces_so_many_at_a_time() {
    let nodes: Vec<Arc<Object>> = ["a", "b", "c"].map(|name| node(name, Value::Null)).into();
    let old = |name: &str, ready| daemon(&format!("p{name}"), name, "old", ready);
    let one = set(value!({}), rolling(1.into(), 0.into()));
    assert_eq!(decide(&one, &nodes, &[old("a", true), old("b", true), old("c", true)]).1, ["pa"]);
    // A pod that does not work is replaced first, and it is the one that may be missing.
    assert_eq!(decide(&one, &nodes, &[old("a", true), old("b", false), old("c", true)]).1, ["pb"]);
    let new = daemon("na", "a", "new", false);
    assert_eq!(decide(&one, &nodes, &[new, old("b", true), old("c", true)]).1, Vec::<String>::new());
    let surging = set(value!({}), rolling(0.into(), "50%".into()));
    assert_eq!(decide(&surging, &nodes, &[old("a", true), old("b", true), old("c", true)]).0, ["a", "b"]);
    let both = [old("a", true), daemon("na", "a", "new", true), old("b", true), old("c", true)];
    assert_eq!(decide(&surging, &nodes, &both).1, ["pa"]);
    let waiting = set(value!({}), value!({"type": "OnDelete"}));
    assert_eq!(decide(&waiting, &nodes, &[old("a", true), old("b", true), old("c", true)]), (vec![], vec![]));
}

#[test]
fn a_pod_is_meant_for_its_node() {
    let set = set(value!({"hostNetwork": true}), Value::Null);
    let template = template_for(&set, "a", "h1");
    assert_eq!(template["metadata"]["labels"]["controller-revision-hash"].as_str(), Some("h1"));
    let keys: Vec<&str> =
        template["spec"]["tolerations"].items().iter().map(|t| t["key"].str_or_empty()).collect();
    assert_eq!(keys.len(), 7);
    assert!(keys.contains(&"node.kubernetes.io/network-unavailable"));
    // A pod that is not bound yet counts for the node it is meant for.
    let mut value = pod("p", "ds", "", "Pending", false);
    value.set(&["spec"], &template["spec"]);
    let nodes = [node("a", Value::Null)];
    assert_eq!(decide(&set, &nodes, &[object("", "pods", value)]).0, Vec::<String>::new());
}

#[test]
fn an_old_template_becomes_the_newest_revision_again() {
    let first = set(value!({"hostNetwork": true}), Value::Null);
    let history::Plan::Create(body) = history::plan(&first, &[], None) else { panic!("it is new") };
    assert_eq!(body["revision"].as_i64(), Some(1));
    let one = object("apps", "controllerrevisions", body);
    let second = set(value!({}), Value::Null);
    let history::Plan::Create(body) = history::plan(&second, std::slice::from_ref(&one), None) else {
        panic!("it is new")
    };
    let two = object("apps", "controllerrevisions", body);
    let both = [one, two];
    assert!(
        matches!(history::plan(&second, &both, None), history::Plan::Current(revision) if history::number(&revision) == 2)
    );
    assert!(matches!(history::plan(&first, &both, None), history::Plan::Renumber(_, 3)));
}
