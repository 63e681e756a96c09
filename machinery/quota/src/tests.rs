//! What each kind counts as, scopes, and totals.

use api::Resource;
use api::Value;
use api::value;
use jiff::Timestamp;
use meta::Quantity;
use proptest::prelude::*;

use crate::Resources;
use crate::matches;
use crate::matching;
use crate::missing;
use crate::pod;
use crate::pod::Bound;
use crate::pod::Source;
use crate::total;
use crate::usage;

fn row(group: &str, name: &str) -> &'static Resource {
    Resource::preferred(group, name).expect("a row of the table")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time of this age")
}

fn used(group: &str, resource: &str, object: &Value) -> String {
    usage(row(group, resource), object, at(1000)).describe()
}

fn container(name: &str, cpu: &str, memory: &str) -> Value {
    value!({"name": name, "resources": {"requests": {"cpu": cpu}, "limits": {"memory": memory, "cpu": cpu}}})
}

#[test]
fn pods_count_under_every_name() {
    let pod = value!({"spec": {"containers": [container("a", "100m", "1Gi"), {
        "name": "b", "resources": {
            "requests": {"cpu": "1", "hugepages-2Mi": "4Mi", "example.com/dongle": "3", "ephemeral-storage": "1Gi"},
            "limits": {"example.com/dongle": "3"}
        }
    }]}});
    assert_eq!(
        used("", "pods", &pod),
        "count/pods=1,cpu=1100m,ephemeral-storage=1Gi,hugepages-2Mi=4Mi,limits.cpu=100m,limits.memory=1Gi,pods=1,\
         requests.cpu=1100m,requests.ephemeral-storage=1Gi,requests.example.com/dongle=3,requests.hugepages-2Mi=4Mi"
    );
    let names = ["pods", "count/pods", "requests.cpu", "requests.example.com/dongle", "requests.storage"];
    assert_eq!(matching(row("", "pods"), names), &names[..4]);
}

#[test]
fn pods_that_ended_only_exist() {
    let mut pod =
        value!({"spec": {"containers": [container("a", "1", "1Gi")]}, "status": {"phase": "Succeeded"}});
    assert_eq!(used("", "pods", &pod), "count/pods=1");
    pod = value!({
        "metadata": {"deletionTimestamp": meta::time::seconds(at(900)), "deletionGracePeriodSeconds": 30},
        "spec": {"containers": []}
    });
    assert_eq!(used("", "pods", &pod), "count/pods=1");
    pod.set(&["metadata", "deletionGracePeriodSeconds"], 300);
    assert_eq!(used("", "pods", &pod), "count/pods=1,pods=1");
}

#[test]
fn what_a_pod_asks_for_is_the_most_at_any_time() {
    let mut sidecar = container("s", "1", "1Gi");
    sidecar.set(&["restartPolicy"], "Always");
    let mut pod = value!({"spec": {
        "initContainers": [container("early", "5", "1Gi"), sidecar, container("late", "3", "8Gi")],
        "containers": [container("a", "2", "1Gi")]
    }});
    let ask = |pod: &Value, bound| pod::resources(pod, bound, Source::Spec).describe();
    assert_eq!(ask(&pod, Bound::Requests), "cpu=5");
    assert_eq!(ask(&pod, Bound::Limits), "cpu=5,memory=9Gi");
    pod.set(&["spec", "overhead"], value!({"cpu": "250m", "memory": "64Mi"}));
    assert_eq!(ask(&pod, Bound::Requests), "cpu=5250m,memory=64Mi");
    pod.set(&["spec", "resources", "requests"], value!({"cpu": "7"}));
    assert_eq!(ask(&pod, Bound::Requests), "cpu=7250m,memory=64Mi");
}

#[test]
fn a_resize_counts_what_is_held_as_well() {
    let mut pod = value!({
        "spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]},
        "status": {"containerStatuses": [{
            "name": "a", "allocatedResources": {"cpu": "2"}, "resources": {"requests": {"cpu": "1500m"}}
        }]}
    });
    let ask = |pod: &Value| pod::resources(pod, Bound::Requests, Source::SpecAndStatus).describe();
    assert_eq!(ask(&pod), "cpu=2");
    pod.set(&["spec", "containers"], value!([{"name": "a", "resources": {"requests": {"cpu": "9"}}}]));
    assert_eq!(ask(&pod), "cpu=9");
    pod.set(&["status", "conditions"], value!([{"type": "PodResizePending", "reason": "Infeasible"}]));
    assert_eq!(ask(&pod), "cpu=2");
}

#[test]
fn services_count_by_intent() {
    let service = |spec: Value| used("", "services", &value!({"spec": spec}));
    let ports = value!([{"port": 1}, {"port": 2, "nodePort": 30000}]);
    let counted = |nodes: i64, balancers: i64| {
        let part = |name: &str, n: i64| format!("services.{name}={n}");
        format!(
            "count/services=1,services=1,{},{}",
            part("loadbalancers", balancers),
            part("nodeports", nodes)
        )
    };
    assert_eq!(service(value!({"type": "ClusterIP", "ports": ports.clone()})), counted(0, 0));
    assert_eq!(service(value!({"type": "NodePort", "ports": ports.clone()})), counted(2, 0));
    assert_eq!(service(value!({"type": "LoadBalancer", "ports": ports.clone()})), counted(2, 1));
    let without = value!({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false, "ports": ports});
    assert_eq!(service(without), counted(1, 1));
}

#[test]
fn claims_count_by_storage_class() {
    let mut claim =
        value!({"spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "10Gi"}}}});
    let class = "gold.storageclass.storage.k8s.io";
    assert_eq!(
        used("", "persistentvolumeclaims", &claim),
        format!(
            "count/persistentvolumeclaims=1,{class}/persistentvolumeclaims=1,{class}/requests.storage=10Gi,\
             persistentvolumeclaims=1,requests.storage=10Gi"
        )
    );
    claim.set(&["status", "allocatedResources"], value!({"storage": "20Gi"}));
    claim.remove(&["spec", "storageClassName"]);
    assert_eq!(
        used("", "persistentvolumeclaims", &claim),
        "count/persistentvolumeclaims=1,persistentvolumeclaims=1,requests.storage=20Gi"
    );
    let names = [&format!("{class}/requests.storage")[..], "x.storageclass.storage.k8s.io/other", "pods"];
    assert_eq!(matching(row("", "persistentvolumeclaims"), names), &names[..1]);
}

#[test]
fn everything_else_counts_once() {
    assert_eq!(used("", "secrets", &Value::Null), "count/secrets=1,secrets=1");
    assert_eq!(used("apps", "deployments", &Value::Null), "count/deployments.apps=1");
    assert_eq!(used("", "serviceaccounts", &Value::Null), "count/serviceaccounts=1");
    let claim = value!({"spec": {"devices": {"requests": [
        {"name": "a", "exactly": {"deviceClassName": "gpu", "count": 2}},
        {"name": "b", "firstAvailable": [
            {"deviceClassName": "gpu", "count": 1}, {"deviceClassName": "fpga", "allocationMode": "All"}
        ]}
    ]}}});
    assert_eq!(
        used("resource.k8s.io", "resourceclaims", &claim),
        "count/resourceclaims.resource.k8s.io=1,fpga.deviceclass.resource.k8s.io/devices=32,\
         gpu.deviceclass.resource.k8s.io/devices=3"
    );
}

#[test]
fn scopes_choose_pods() {
    let quota = |spec: Value| value!({"spec": spec, "status": {"hard": {"pods": "5"}}});
    let plain = |scope: &str| quota(value!({"scopes": [scope]}));
    let by_class = |operator: &str, values: Value| {
        let expression = value!({"scopeName": "PriorityClass", "operator": operator, "values": values});
        quota(value!({"scopeSelector": {"matchExpressions": [expression]}}))
    };
    let best_effort = value!({"spec": {"containers": [{"name": "a"}], "activeDeadlineSeconds": 5}});
    let other = value!({"spec": {
        "containers": [container("a", "1", "1Gi")], "priorityClassName": "gold",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"namespaceSelector": {}, "topologyKey": "zone"}}
        ]}}
    }});
    let chosen = |quota: Value| [&best_effort, &other].map(|pod| matches(&quota, row("", "pods"), pod));
    assert_eq!(chosen(plain("BestEffort")), [true, false]);
    assert_eq!(chosen(plain("NotBestEffort")), [false, true]);
    assert_eq!(chosen(plain("Terminating")), [true, false]);
    assert_eq!(chosen(plain("NotTerminating")), [false, true]);
    assert_eq!(chosen(plain("CrossNamespacePodAffinity")), [false, true]);
    assert_eq!(chosen(by_class("Exists", Value::Null)), [false, true]);
    assert_eq!(chosen(by_class("DoesNotExist", Value::Null)), [true, false]);
    assert_eq!(chosen(by_class("In", value!(["gold", "silver"]))), [false, true]);
    assert_eq!(chosen(by_class("NotIn", value!(["silver"]))), [true, true]);
    assert!(!matches(&plain("BestEffort"), row("", "secrets"), &Value::Null), "no scope is about secrets");
}

#[test]
fn quotas_on_compute_demand_that_containers_name_it() {
    let pod = value!({"spec": {
        "containers": [container("b", "1", "1Gi"), {"name": "a"}], "initContainers": [{"name": "c"}]
    }});
    let missed = missing(&pod, &["cpu", "limits.memory", "memory", "pods", "requests.ephemeral-storage"]);
    let shown: Vec<String> =
        missed.iter().map(|(name, containers)| format!("{name} for: {}", containers.join(","))).collect();
    assert_eq!(shown, ["cpu for: a,c", "limits.memory for: a,c", "memory for: a,b,c"]);
    let mut whole = pod.clone();
    whole.set(&["spec", "resources", "limits"], value!({"cpu": "1"}));
    assert!(missing(&whole, &["cpu"]).is_empty());
}

#[test]
fn a_total_names_what_nothing_uses() {
    let quota = value!({"spec": {"scopes": ["NotBestEffort"]}});
    let hard = Resources::of(&value!({"pods": "5", "requests.cpu": "1", "secrets": "2"}));
    let pods = [
        value!({"spec": {"containers": [container("a", "250m", "1Gi")]}}),
        value!({"spec": {"containers": [{"name": "a"}]}}),
    ];
    let sum = |pods: &[Value]| total(&quota, &hard, row("", "pods"), pods, at(0)).describe();
    assert_eq!(sum(&pods), "pods=1,requests.cpu=250m");
    assert_eq!(sum(&[]), "pods=0,requests.cpu=0");
}

proptest! {
    #[test]
    fn amounts_are_never_lost(a in proptest::collection::btree_map("[a-c]", 0i64..1000, 0..4),
                              b in proptest::collection::btree_map("[a-c]", 0i64..1000, 0..4)) {
        let list = |map: std::collections::BTreeMap<String, i64>| -> Resources {
            map.into_iter().map(|(name, n)| (name, Quantity::from_millis(n))).collect()
        };
        let (a, b) = (list(a), list(b));
        let mut sum = a.clone();
        sum.add(&b);
        // What was added on top is what a difference finds again.
        for (name, amount) in sum.above(&a).iter() {
            prop_assert_eq!(amount, b.get(name).unwrap_or(Quantity::ZERO));
        }
        prop_assert_eq!(Resources::of(&sum.to_value()), sum);
    }
}
