//! Two clusters on one machine, and the demo that shows a new one at work.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use e2e::Cluster;

/// What the demo of a cluster says at its node port, and the names of the pods that may say it.
fn demo_of(cluster: &Cluster) -> (u16, Vec<String>) {
    let service = cluster.get(&["service", "demo"]);
    let port = service["spec"]["ports"][0]["nodePort"].as_u64().expect("a node port");
    let pods = cluster.get(&["pods", "-l", "app=demo"]);
    let names = pods["items"].as_array().expect("a list").iter();
    let names = names.map(|pod| pod["metadata"]["name"].as_str().expect("a name").to_owned()).collect();
    (u16::try_from(port).expect("a port"), names)
}

/// The answer at a port of this machine.
fn answer(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the node port answers");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

fn assert_answers(cluster: &Cluster) {
    let (port, pods) = demo_of(cluster);
    for _ in 0..5 {
        let text = answer(port);
        assert!(text.contains("Hello from Skiff"), "{text}");
        assert!(pods.iter().any(|pod| text.contains(pod.as_str())), "{text} is of none of {pods:?}");
    }
}

#[test]
fn two_clusters_live_on_one_machine_and_one_goes_without_the_other() {
    let clusters = [Cluster::start("control-plane,node"), Cluster::start("control-plane,node")];
    for cluster in &clusters {
        let said = cluster.up_with(&["--demo"]);
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(said.out.matches("Hello from Skiff").count(), 3, "{said:?}");
    }
    clusters.iter().for_each(assert_answers);
    let ranges = |cluster: &Cluster| {
        std::fs::read_to_string(cluster.data_dir().join("ranges")).expect("a cluster has ranges")
    };
    assert_ne!(ranges(&clusters[0]), ranges(&clusters[1]));
    assert_ne!(demo_of(&clusters[0]).0, demo_of(&clusters[1]).0);

    let [first, second] = clusters;
    first.finish();
    assert_answers(&second);
    second.finish();
}
