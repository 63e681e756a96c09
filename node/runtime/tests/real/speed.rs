//! How long a pod takes: the runtime's part of the budget. The limits here hold for unoptimised
//! builds on two busy processors; `--no-capture` shows the figures.

use std::time::Duration;
use std::time::Instant;

use crate::common::Node;
use runtime::OciKind;
use runtime::Runtime;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_pod_is_quick() {
    let node = Node::new(OciKind::Embedded).await;
    let mut best = [Duration::MAX; 5];
    for _ in 0..10 {
        let mut times = Vec::new();
        let mut lap = Instant::now();
        let mut take = || times.push(std::mem::replace(&mut lap, Instant::now()).elapsed());
        let sandbox = node.sandbox().await;
        take();
        let id = node.runtime.create_container(&sandbox, &node.shell("exec sleep 1000")).await.unwrap();
        take();
        node.runtime.start_container(&id).await.unwrap();
        take();
        node.runtime.exec_sync(&id, &["true".into()], None).await.unwrap();
        take();
        node.runtime.remove_sandbox(&sandbox).await.unwrap();
        take();
        best.iter_mut().zip(times).for_each(|(best, time)| *best = time.min(*best));
    }
    let [sandbox, create, start, exec, remove] = best;
    println!("sandbox {sandbox:?}, create {create:?}, start {start:?}, exec {exec:?}, remove {remove:?}");
    assert!(sandbox + create + start < Duration::from_millis(500));
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_pods_at_once() {
    let node = Node::new(OciKind::Embedded).await;
    let before = Instant::now();
    let pods = (0..40).map(|_| async {
        let sandbox = node.sandbox().await;
        node.start(&sandbox, &node.shell("exec sleep 1000")).await
    });
    let started = futures_util::future::join_all(pods).await;
    println!("forty pods {:?}", before.elapsed());
    assert_eq!(started.len(), 40);
    assert!(before.elapsed() < Duration::from_secs(20));
    let before = Instant::now();
    node.finish().await;
    println!("wiped after {:?}", before.elapsed());
}
