//! Pods in real namespaces, real packets. Every test runs in a network of its own: a node, pods, and
//! a host outside that knows no way to pod addresses.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::io::Write;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::time::Duration;

use netlink::Netlink;
use netlink::Veth;
use netlink::nft;
use netlink::testbed::TestNamespace;
use network::Error;
use network::HostPort;
use network::NetworkConfig;
use network::PodNetwork;
use network::Protocol;

struct Node {
    network: PodNetwork,
    config: NetworkConfig,
    outside: TestNamespace,
    _dir: tempfile::TempDir,
}

impl Node {
    fn new() -> Self {
        TestNamespace::enter_new().expect("these tests need root: CAP_SYS_ADMIN");
        let outside = TestNamespace::new().unwrap();
        let mut here = Netlink::open().unwrap();
        let file = File::open(outside.path()).unwrap();
        let uplink = Veth {
            name: "uplink",
            master: None,
            peer_name: "uplink",
            peer_namespace: file.as_fd(),
            mtu: 1500,
        };
        here.create_veth(&uplink).unwrap();
        let mut there = Netlink::open_in(outside.path()).unwrap();
        for (netlink, host) in [(&mut here, 1), (&mut there, 2)] {
            let link = netlink.link("uplink").unwrap().unwrap().index;
            netlink.set_up(link).unwrap();
            netlink.add_address(link, format!("192.0.2.{host}/24").parse().unwrap()).unwrap();
            netlink.add_address(link, format!("2001:db8::{host}/64").parse().unwrap()).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let config = NetworkConfig {
            cluster_id: "test".into(),
            state_dir: dir.path().to_owned(),
            pod_cidrs: vec!["10.42.0.0/24".parse().unwrap(), "fd00:42::/64".parse().unwrap()],
            cluster_cidrs: vec!["10.42.0.0/16".parse().unwrap()],
            mtu: 1400,
        };
        Self { network: PodNetwork::open(config.clone()).unwrap(), config, outside, _dir: dir }
    }

    fn pod(&self, uid: &str, host_ports: &[HostPort]) -> Pod {
        let namespace = TestNamespace::new().unwrap();
        let ips = self.network.attach(namespace.path(), uid, host_ports).unwrap().ips;
        Pod { namespace, ips }
    }
}

struct Pod {
    namespace: TestNamespace,
    ips: Vec<IpAddr>,
}

impl Pod {
    /// Answers every TCP connection and UDP packet on a port with the caller's address.
    fn serve(&self, port: u16) {
        serve(&self.namespace, port);
    }

    fn v4(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ips[0], port)
    }

    fn v6(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ips[1], port)
    }
}

fn serve(namespace: &TestNamespace, port: u16) {
    let (tcp, udp) = namespace
        .run(move || (TcpListener::bind(("::", port)).unwrap(), UdpSocket::bind(("::", port)).unwrap()))
        .unwrap();
    std::thread::spawn(move || {
        for stream in tcp.incoming() {
            let mut stream = stream.unwrap();
            let peer = stream.peer_addr().unwrap().ip().to_canonical();
            // A client that left early is its own business.
            drop(stream.write_all(peer.to_string().as_bytes()));
        }
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 100];
        while let Ok((_, peer)) = udp.recv_from(&mut buffer) {
            drop(udp.send_to(peer.ip().to_canonical().to_string().as_bytes(), peer));
        }
    });
}

/// Runs `check` with translation of bridged packets (`br_netfilter`) on and off: neither the pod
/// network nor a user may depend on that machine-wide switch.
fn with_and_without_bridge_netfilter(check: impl Fn()) {
    for value in ["1", "0"] {
        for program in ["iptables", "ip6tables"] {
            let switch = format!("/proc/sys/net/bridge/bridge-nf-call-{program}");
            if std::path::Path::new(&switch).exists() {
                std::fs::write(switch, value).unwrap();
            }
        }
        check();
    }
}

/// Which address the server at `to` sees; `None` when there is no connection.
fn ask(to: SocketAddr) -> Option<IpAddr> {
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(3)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.parse().ok()
}

fn ask_udp(to: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if to.is_ipv4() { "0.0.0.0".parse().unwrap() } else { "::".parse().unwrap() };
    let socket = UdpSocket::bind((any, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    socket.send_to(b"x", to).unwrap();
    let mut buffer = [0; 100];
    let n = socket.recv(&mut buffer).ok()?;
    std::str::from_utf8(&buffer[..n]).unwrap().parse().ok()
}

fn port(host_port: u16, container_port: u16, protocol: Protocol) -> HostPort {
    HostPort { host_ip: None, host_port, container_port, protocol }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn pods_reach_each_other_the_node_and_the_world() {
    let node = Node::new();
    let (a, b) = (node.pod("a", &[]), node.pod("b", &[]));
    assert_eq!(a.ips, [ip("10.42.0.2"), ip("fd00:42::2")]);
    assert_eq!(b.ips, [ip("10.42.0.3"), ip("fd00:42::3")]);
    b.serve(80);
    serve(&node.outside, 80);
    // The node reaches the pod, and pods see each other's own addresses.
    assert_eq!(ask(b.v4(80)), Some(ip("10.42.0.1")));
    assert_eq!(ask(b.v6(80)), Some(ip("fd00:42::1")));
    let ways = [
        (b.v4(80), a.ips[0]),
        (b.v6(80), a.ips[1]),
        // Outside, the node stands for its pods.
        ("192.0.2.2:80".parse().unwrap(), ip("192.0.2.1")),
        ("[2001:db8::2]:80".parse().unwrap(), ip("2001:db8::1")),
    ];
    with_and_without_bridge_netfilter(|| {
        for (to, seen) in ways {
            assert_eq!(a.namespace.run(move || ask(to)).unwrap(), Some(seen), "{to}");
            assert_eq!(a.namespace.run(move || ask_udp(to)).unwrap(), Some(seen), "udp {to}");
        }
    });
    let usage = node.network.usage("a").unwrap().unwrap();
    assert!(usage.tx_packets > 10 && usage.rx_bytes > 500, "{usage:?}");
    assert_eq!(node.network.usage("nobody").unwrap(), None);
    // The node's loopback is not the pods'.
    let local = TcpListener::bind("127.0.0.1:81").unwrap();
    let reached = a.namespace.run(|| {
        std::process::Command::new("ip")
            .args(["route", "add", "127.9.9.9/32", "via", "10.42.0.1"])
            .status()
            .unwrap();
        TcpStream::connect_timeout(&"127.9.9.9:81".parse().unwrap(), Duration::from_millis(300)).is_ok()
    });
    assert!(!reached.unwrap());
    drop(local);
}

#[test]
fn host_ports() {
    let node = Node::new();
    let single = HostPort { host_ip: Some(ip("192.0.2.1")), ..port(9090, 80, Protocol::Tcp) };
    let ports = [port(8080, 80, Protocol::Tcp), port(8080, 80, Protocol::Udp), single];
    let (server, client) = (node.pod("server", &ports), node.pod("client", &[]));
    server.serve(80);
    let public: SocketAddr = "192.0.2.1:8080".parse().unwrap();
    let public6: SocketAddr = "[2001:db8::1]:8080".parse().unwrap();
    // From outside, with the caller's address.
    assert_eq!(node.outside.run(move || ask(public)).unwrap(), Some(ip("192.0.2.2")));
    assert_eq!(node.outside.run(move || ask(public6)).unwrap(), Some(ip("2001:db8::2")));
    assert_eq!(node.outside.run(move || ask_udp(public)).unwrap(), Some(ip("192.0.2.2")));
    assert_eq!(node.outside.run(|| ask("192.0.2.1:9090".parse().unwrap())).unwrap(), Some(ip("192.0.2.2")));
    // From the node, its loopback included; from another pod; from the pod itself.
    assert!(ask(public).is_some());
    assert!(ask("127.0.0.1:8080".parse().unwrap()).is_some());
    assert!(ask_udp("127.0.0.1:8080".parse().unwrap()).is_some());
    assert_eq!(ask("127.0.0.1:9090".parse().unwrap()), None, "bound to one address");
    with_and_without_bridge_netfilter(|| {
        assert_eq!(client.namespace.run(move || ask(public)).unwrap(), Some(client.ips[0]));
        assert!(server.namespace.run(move || ask(public)).unwrap().is_some(), "hairpin");
        assert!(server.namespace.run(move || ask(public6)).unwrap().is_some(), "hairpin");
    });

    let namespace = TestNamespace::new().unwrap();
    let error = node.network.attach(namespace.path(), "other", &[port(8080, 1, Protocol::Tcp)]).unwrap_err();
    assert_eq!(error.to_string(), "host port 8080/tcp is taken by pod server");
    node.network.detach("server").unwrap();
    assert_eq!(node.outside.run(move || ask(public)).unwrap(), None);
    node.network.attach(namespace.path(), "other", &[port(8080, 1, Protocol::Tcp)]).unwrap();
}

#[test]
fn attaching_again_repairs_and_a_restart_remembers() {
    let node = Node::new();
    let pod = node.pod("a", &[port(8080, 80, Protocol::Tcp)]);
    pod.serve(80);
    let ports = [port(8080, 80, Protocol::Tcp)];
    assert_eq!(node.network.attach(pod.namespace.path(), "a", &ports).unwrap().ips, pod.ips);
    // The sandbox was made anew: another namespace, the same pod.
    let again = TestNamespace::new().unwrap();
    assert_eq!(node.network.attach(again.path(), "a", &ports).unwrap().ips, pod.ips);
    serve(&again, 80);
    assert!(ask(pod.v4(80)).is_some());

    nft::delete_table("inet", &node.config.table_name()).unwrap();
    let restarted = PodNetwork::open(node.config.clone()).unwrap();
    assert_eq!(restarted.addresses("a").unwrap().ips, pod.ips);
    assert!(ask("192.0.2.1:8080".parse().unwrap()).is_some(), "host ports are back");
    let other = TestNamespace::new().unwrap();
    assert_eq!(restarted.attach(other.path(), "b", &[]).unwrap().ips[0], ip("10.42.0.3"));
    restarted.retain(&BTreeSet::from(["b".to_owned()])).unwrap();
    assert_eq!(restarted.addresses("a"), None);
    assert_eq!(ask(pod.v4(80)), None);
    restarted.detach("a").unwrap();
    // The address just given back is not the next one.
    let third = TestNamespace::new().unwrap();
    assert_eq!(restarted.attach(third.path(), "c", &[]).unwrap().ips[0], ip("10.42.0.4"));
}

#[test]
fn ranges_come_late_and_run_out() {
    let node = Node::new();
    let mut config = node.config.clone();
    config.cluster_id = "late".into();
    config.state_dir = node.config.state_dir.join("late");
    config.pod_cidrs = Vec::new();
    let network = PodNetwork::open(config).unwrap();
    let namespaces: Vec<_> = (0..4).map(|_| TestNamespace::new().unwrap()).collect();
    assert!(matches!(network.attach(namespaces[0].path(), "a", &[]), Err(Error::NoPodCidr)));
    network.set_pod_cidrs(&["10.43.0.0/29".parse().unwrap()]).unwrap();
    network.set_pod_cidrs(&["10.43.0.0/30".parse().unwrap()]).unwrap();
    assert_eq!(network.attach(namespaces[0].path(), "a", &[]).unwrap().ips, [ip("10.43.0.2")]);
    let error = network.attach(namespaces[1].path(), "b", &[]).unwrap_err();
    assert_eq!(error.to_string(), "no free address in 10.43.0.0/30");
    network.detach("a").unwrap();
    assert_eq!(network.attach(namespaces[1].path(), "b", &[]).unwrap().ips, [ip("10.43.0.2")]);
    serve(&namespaces[1], 80);
    assert!(ask("10.43.0.2:80".parse().unwrap()).is_some(), "no neighbour remembers the pod before");
    network.wipe().unwrap();
}

#[test]
fn a_dropping_forward_chain_is_opened_and_left_as_it_was() {
    let node = Node::new();
    // As Docker leaves it behind through iptables on nftables.
    let drop_all =
        "table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; }; }";
    nft::apply(drop_all).unwrap();
    let (a, b) = (node.pod("a", &[]), node.pod("b", &[]));
    b.serve(80);
    serve(&node.outside, 80);
    let (inside, outside) = (b.v4(80), "192.0.2.2:80".parse().unwrap());
    let before =
        a.namespace.run(move || TcpStream::connect_timeout(&inside, Duration::from_millis(300)).is_ok());
    assert!(!before.unwrap());
    for _ in 0..2 {
        node.network.ensure().unwrap();
    }
    let chain = nft::query(&["list", "chain", "ip", "filter", "FORWARD"]).unwrap();
    assert_eq!(chain.matches("skiff-test pods").count(), 2, "{chain}");
    assert!(a.namespace.run(move || ask(inside)).unwrap().is_some());
    assert!(a.namespace.run(move || ask(outside)).unwrap().is_some());
    node.network.wipe().unwrap();
    let chain = nft::query(&["list", "chain", "ip", "filter", "FORWARD"]).unwrap();
    assert!(!chain.contains("skiff"), "{chain}");
}

#[test]
fn wiping_leaves_nothing() {
    let node = Node::new();
    let links = || {
        Netlink::open().unwrap().links().unwrap().into_iter().map(|link| link.name).collect::<BTreeSet<_>>()
    };
    let pods: Vec<Pod> =
        (0..3).map(|i| node.pod(&i.to_string(), &[port(8000 + i, 80, Protocol::Tcp)])).collect();
    assert_eq!(links().len(), 6);
    node.network.wipe().unwrap();
    assert_eq!(links(), ["lo".to_owned(), "uplink".to_owned()].into());
    assert_eq!(nft::query(&["list", "ruleset"]).unwrap(), "");
    node.network.wipe().unwrap();
    // And it can begin anew.
    node.network.ensure().unwrap();
    let again = node.network.attach(pods[0].namespace.path(), "new", &[]).unwrap();
    serve(&pods[0].namespace, 80);
    assert!(ask(SocketAddr::new(again.ips[0], 80)).is_some());
}

/// What a pod's start pays for its network.
#[test]
fn attaching_takes_milliseconds() {
    let node = Node::new();
    let namespaces: Vec<_> = (0..40).map(|_| TestNamespace::new().unwrap()).collect();
    let start = std::time::Instant::now();
    for (i, namespace) in namespaces.iter().enumerate() {
        node.network.attach(namespace.path(), &format!("pod-{i}"), &[]).unwrap();
    }
    let each = start.elapsed() / 40;
    println!("attach: {each:?} per pod");
    assert!(each < Duration::from_millis(200), "{each:?}");
}
