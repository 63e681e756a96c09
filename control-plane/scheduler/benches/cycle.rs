//! CPU time of one decision: `cargo bench -p scheduler`. Prints microseconds of CPU per pod.

#![allow(clippy::print_stdout, reason = "a benchmark reports to its user")]

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use client::Change;
use scheduler::Config;
use scheduler::plugins;
use scheduler::state::State;
use scheduler::state::Step;

const PODS: usize = 20_000;

fn object(resource: &str, value: Value) -> Arc<Object> {
    Arc::new(Object::new(Resource::find("", "v1", resource).expect("a row of the table"), value))
}

fn node(i: usize) -> Arc<Object> {
    let name = format!("node-{i:05}");
    object(
        "nodes",
        value!({
            "metadata": {"name": name.as_str(), "uid": name.as_str(), "labels": {
                "kubernetes.io/hostname": name.as_str(), "topology.kubernetes.io/zone": format!("zone-{}", i % 3)
            }},
            "status": {"allocatable": {"cpu": "32", "memory": "64Gi", "pods": "110"}}
        }),
    )
}

fn pod(i: usize) -> Arc<Object> {
    let name = format!("pod-{i:06}");
    object(
        "pods",
        value!({
            "metadata": {
                "namespace": "bench", "name": name.as_str(), "uid": name.as_str(), "labels": {"app": "web"},
                "ownerReferences": [{"uid": format!("rs-{}", i % 50), "kind": "ReplicaSet", "name": "rs", "controller": true}]
            },
            "spec": {"schedulerName": "default-scheduler", "containers": [
                {"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
            ]}
        }),
    )
}

/// Time this thread has run, which other work on the machine does not count towards.
fn cpu_micros() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanos: f64 = text.split(' ').next().and_then(|field| field.parse().ok()).expect("a number");
    nanos / 1e3
}

fn main() {
    for nodes in [100, 1_000, 5_000] {
        let mut state = State::new(&Config::new("bench"), plugins::all());
        let now = tokio::time::Instant::now();
        for i in 0..nodes {
            state.node_changed(&Change { old: None, new: Some(&node(i)) }, now);
        }
        let pods: Vec<Arc<Object>> = (0..PODS.min(nodes * 50)).map(pod).collect();
        let mut draws = 0usize;
        let start = cpu_micros();
        for pod in &pods {
            state.pod_changed(&Change { old: None, new: Some(pod) }, now);
            let mut pick = |count: usize| {
                draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (draws >> 33) % count
            };
            match state.step(&|_| None, &mut pick, now) {
                Step::Bind(..) => {}
                _ => panic!("every pod fits somewhere"),
            }
        }
        let micros = (cpu_micros() - start) / pods.len() as f64;
        println!("{nodes} nodes, {} pods: {micros:.1} us per pod", pods.len());
    }
}
