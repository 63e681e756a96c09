//! What ownership of fields costs: time of each kind of write, and the size it adds to a pod.
//!
//! `cargo bench -p schema`. Times are the best of several rounds, on one thread.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use api::Key;
use api::Value;
use api::decode::normalize;
use api::types::TypeId;
use schema::apply::Writer;
use schema::apply::apply;
use schema::apply::track;

const POD: &str = include_str!("pod.json");
const CONFIG: &str = r#"{
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "web-0", "namespace": "default", "labels": {"app": "web", "tier": "front"}},
    "spec": {"containers": [{
        "name": "web", "image": "registry.example.com/web:2",
        "ports": [{"containerPort": 8080}], "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}
    }]}
}"#;
const ROUNDS: usize = 15;
const REPEATS: u32 = 400;

fn main() {
    let ty = TypeId::find("core/v1.Pod").expect("the table has pods");
    let parse = |text: &str| api::json::parse_value(text.as_bytes()).expect("JSON");
    let decode = |value: Value| normalize(ty, value).expect("decodes").value;
    let mut pod = decode(parse(POD));
    let writer = |manager| Writer {
        manager,
        api_version: "v1",
        subresource: "",
        time: "2026-01-01T00:00:00Z",
        reset: &["status"],
    };
    let owned = |mut object: Value, live: Option<&Value>, manager: &'static str| {
        let managed = track(Some(ty), live, &object, &writer(manager));
        object.set(&["metadata", "managedFields"], managed);
        decode(object)
    };
    println!("pod: {} bytes of JSON, {} bytes as a value", api::json::to_vec(&pod).len(), heap(&pod));
    time("normalize, for comparison", || normalize(ty, black_box(&pod).clone()));
    time("track a create", || track(Some(ty), None, black_box(&pod), &writer("controller")));
    pod = owned(pod, None, "controller");
    println!(
        "with managedFields: {} bytes of JSON, {} as a value",
        api::json::to_vec(&pod).len(),
        heap(&pod)
    );

    let kubelet = Writer { subresource: "status", reset: &["spec"], ..writer("kubelet") };
    let mut running = pod.clone();
    running.set(&["status", "phase"], "Running");
    running.set(&["status", "podIP"], "10.0.0.1");
    let managed = track(Some(ty), Some(&pod), &running, &kubelet);
    time("track a first status", || track(Some(ty), Some(&pod), black_box(&running), &kubelet));
    running.set(&["metadata", "managedFields"], managed);
    let mut failed = running.clone();
    failed.set(&["status", "phase"], "Failed");
    time("track a repeated status", || track(Some(ty), Some(&running), black_box(&failed), &kubelet));
    time("track nothing", || track(Some(ty), Some(&running), black_box(&running), &kubelet));

    let config = parse(CONFIG);
    let made = apply(Some(ty), None, &config, &writer("kubectl"), false).expect("applies");
    let live = decode(made);
    time("apply, made", || apply(Some(ty), None, black_box(&config), &writer("kubectl"), false));
    time("apply, unchanged", || apply(Some(ty), Some(&live), black_box(&config), &writer("kubectl"), false));
    let mut changed = config.clone();
    changed.set(&["metadata", "labels", "tier"], "back");
    time("apply, one label", || apply(Some(ty), Some(&live), black_box(&changed), &writer("kubectl"), false));
    changed.remove(&["metadata", "labels", "tier"]);
    time("apply, one label gone", || {
        apply(Some(ty), Some(&live), black_box(&changed), &writer("kubectl"), false)
    });
    time("apply to a whole pod", || {
        apply(Some(ty), Some(&running), black_box(&config), &writer("kubectl"), true)
    });
}

fn time<T>(what: &str, mut work: impl FnMut() -> T) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..REPEATS {
            black_box(work());
        }
        best = best.min(start.elapsed() / REPEATS);
    }
    println!("{what}: {:.1} µs", best.as_secs_f64() * 1e6);
}

/// Bytes that a value takes, its own included.
fn heap(value: &Value) -> usize {
    let below = match value {
        Value::Raw(raw) => raw.as_str().len(),
        Value::String(text) if text.len() > 24 => text.len(),
        Value::Array(list) => list.iter().map(heap).sum(),
        Value::Object(map) => map
            .iter()
            .map(|entry| {
                let key = match &entry.key {
                    Key::Known(_) => 0,
                    Key::Other(text) => text.len().next_multiple_of(16),
                };
                size_of::<Key>() + key + heap(&entry.value)
            })
            .sum(),
        _ => 0,
    };
    size_of::<Value>() + below
}
