//! Which addresses go where.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;

use super::endpoints;
use super::endpointslice::Op;
use super::endpointslice::Snapshot;
use super::endpointslice::plan;
use crate::fixture::object;
use crate::fixture::pod;
use crate::fixture::text;

fn service(target_port: Value) -> Arc<Object> {
    object(
        "",
        "services",
        value!({
            "metadata": {"namespace": "ns", "name": "web", "uid": "svc", "labels": {"team": "a"}},
            "spec": {
                "clusterIP": "10.96.0.9", "ipFamilies": ["IPv4"], "selector": {"app": "web"},
                "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": target_port}]
            }
        }),
    )
}

fn running(name: &str, ip: &str, ready: bool) -> Value {
    let mut value = pod(name, "rs", "node-1", "Running", ready);
    value.set(&["status", "podIP"], ip);
    value.set(&["status", "podIPs"], value!([{"ip": ip}]));
    value
}

fn pods(values: Vec<Value>) -> Vec<Arc<Object>> {
    values.into_iter().map(|value| object("", "pods", value)).collect()
}

fn decide(service: &Object, pods: &[Arc<Object>], slices: &[Arc<Object>]) -> Vec<Op> {
    let zone_of = |node: &str| (node == "node-1").then(|| "zone-a".to_owned());
    plan(&Snapshot { service, pods, slices, zone_of: &zone_of })
}

/// Plays the API server: the slices after the operations.
fn apply(slices: &mut Vec<Arc<Object>>, ops: Vec<Op>) {
    for op in ops {
        match op {
            Op::Create(mut body) => {
                let name = format!("web-{}", slices.len());
                body.set(&["metadata", "name"], name.as_str());
                slices.push(object("discovery.k8s.io", "endpointslices", body));
            }
            Op::Update(body) => {
                let name = body["metadata"]["name"].str_or_empty().to_owned();
                slices.retain(|slice| slice.name() != name);
                slices.push(object("discovery.k8s.io", "endpointslices", body));
            }
            Op::Delete(name) => slices.retain(|slice| slice.name() != name),
        }
    }
}

fn sizes(slices: &[Arc<Object>]) -> Vec<usize> {
    let mut sizes: Vec<usize> = slices.iter().map(|s| s.value()["endpoints"].items().len()).collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn an_endpoint_tells_everything_about_its_pod() {
    let mut ending = running("b", "10.0.0.2", true);
    ending.set(&["metadata", "deletionTimestamp"], text(1));
    let mut named = running("a", "10.0.0.1", true);
    named.set(&["spec", "hostname"], "host");
    named.set(&["spec", "subdomain"], "web");
    let pods = pods(vec![named, ending, running("c", "10.0.0.3", false)]);
    let service = service(8080.into());
    let ops = decide(&service, &pods, &[]);
    let [Op::Create(slice)] = ops.as_slice() else { panic!("one slice is made: {ops:?}") };
    assert_eq!(
        slice["metadata"]["labels"],
        value!({
            "team": "a", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": "web"
        })
    );
    assert_eq!(slice["ports"], value!([{"name": "http", "protocol": "TCP", "port": 8080}]));
    let first = &slice["endpoints"].items()[0];
    assert_eq!(
        *first,
        value!({
            "addresses": ["10.0.0.1"], "conditions": {"ready": true, "serving": true, "terminating": false},
            "hostname": "host", "targetRef": {"kind": "Pod", "namespace": "ns", "name": "a", "uid": "a"},
            "nodeName": "node-1", "zone": "zone-a"
        })
    );
    let conditions = |i: usize| slice["endpoints"].items()[i]["conditions"].clone();
    assert_eq!(conditions(1), value!({"ready": false, "serving": true, "terminating": true}));
    assert_eq!(conditions(2), value!({"ready": false, "serving": false, "terminating": false}));
}

#[test]
fn slices_hold_a_hundred_and_are_not_rewritten() {
    let service = service(8080.into());
    let many = |count: u8| {
        pods((0..count).map(|i| running(&format!("p{i:03}"), &format!("10.0.0.{i}"), true)).collect())
    };
    let mut slices = Vec::new();
    apply(&mut slices, decide(&service, &many(250), &[]));
    assert_eq!(sizes(&slices), [50, 100, 100]);
    assert_eq!(decide(&service, &many(250), &slices), Vec::new());
    // One pod more goes where there is room; one pod less changes one slice.
    assert!(matches!(decide(&service, &many(251), &slices).as_slice(), [Op::Update(_)]));
    assert!(matches!(decide(&service, &many(249), &slices).as_slice(), [Op::Update(_)]));
    let ops = decide(&service, &[], &slices);
    apply(&mut slices, ops);
    assert_eq!(sizes(&slices), [0]);
    assert_eq!(decide(&service, &[], &slices), Vec::new());
}

#[test]
fn named_ports_may_differ_from_pod_to_pod() {
    let with_port = |name: &str, ip: &str, port: i64| {
        let mut value = running(name, ip, true);
        value.set(
            &["spec", "containers"],
            value!([{"name": "c", "ports": [{"name": "web", "containerPort": port, "protocol": "TCP"}]}]),
        );
        value
    };
    let pods = pods(vec![
        with_port("a", "10.0.0.1", 80),
        with_port("b", "10.0.0.2", 81),
        with_port("c", "10.0.0.3", 80),
        running("portless", "10.0.0.4", true),
    ]);
    let service = service("web".into());
    let mut slices = Vec::new();
    apply(&mut slices, decide(&service, &pods, &[]));
    assert_eq!(sizes(&slices), [1, 2]);
    let object = endpoints::plan(&service, &pods, None).expect("it is new");
    let subsets = object["subsets"].items();
    assert_eq!(subsets.len(), 2);
    assert_eq!(subsets[0]["addresses"].items().len(), 2);
    assert_eq!(subsets[0]["ports"], value!([{"name": "http", "protocol": "TCP", "port": 80}]));
}

#[test]
fn endpoints_keep_ready_and_unready_apart() {
    let service = service(8080.into());
    let mut ending = running("ending", "10.0.0.9", true);
    ending.set(&["metadata", "deletionTimestamp"], text(1));
    let pods = pods(vec![running("a", "10.0.0.1", true), running("b", "10.0.0.2", false), ending]);
    let body = endpoints::plan(&service, &pods, None).expect("it is new");
    let subset = &body["subsets"].items()[0];
    assert_eq!(subset["addresses"].items()[0]["ip"].as_str(), Some("10.0.0.1"));
    assert_eq!(subset["notReadyAddresses"].items()[0]["ip"].as_str(), Some("10.0.0.2"));
    let current = object("", "endpoints", body);
    assert_eq!(endpoints::plan(&service, &pods, Some(&current)), None);
}
