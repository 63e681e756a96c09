//! The rules on a real kernel: a node with pods on a bridge and a host outside, real connections.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::time::Duration;
use std::time::Instant;

use ipnet::IpNet;
use netlink::Netlink;
use netlink::Route;
use netlink::Veth;
use netlink::nft;
use netlink::testbed::TestNamespace;
use proxy::Applier;
use proxy::Endpoint;
use proxy::Protocol;
use proxy::Proxy;
use proxy::ProxyConfig;
use proxy::ProxyDeps;
use proxy::Service;
use proxy::ServicePort;
use proxy::ServiceSnapshot;
use proxy::TrafficPolicy;
use proxy::plan;

const CLUSTER_IP: &str = "10.43.0.10";
const CLUSTER_IP6: &str = "fd00:43::10";

struct Node {
    pods: Vec<TestNamespace>,
    outside: TestNamespace,
    applier: Applier,
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn config() -> ProxyConfig {
    ProxyConfig {
        cluster_id: "test".into(),
        cluster_cidrs: vec![net("10.42.0.0/16"), net("fd00:42::/56")],
        node_name: "here".into(),
        zone: None,
        min_interval: Duration::ZERO,
    }
}

impl Node {
    /// `pods` pods that answer on port 8080 with their own number and the address of the caller.
    fn new(pods: u8) -> Self {
        TestNamespace::enter_new().expect("these tests need root: CAP_SYS_ADMIN");
        let mut here = Netlink::open().unwrap();
        let bridge = here.create_bridge("br0", 1500).unwrap().index;
        here.set_up(bridge).unwrap();
        here.add_address(bridge, net("10.42.0.1/24")).unwrap();
        here.add_address(bridge, net("fd00:42::1/64")).unwrap();
        for name in
            ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.br0.route_localnet"]
        {
            linux::namespace::set_sysctl(name, "1").unwrap();
        }
        let outside = TestNamespace::new().unwrap();
        let uplink = connect(&outside, "uplink", None, &["192.0.2.2/24", "2001:db8::2/64"], None);
        here.add_address(uplink, net("192.0.2.1/24")).unwrap();
        here.add_address(uplink, net("2001:db8::1/64")).unwrap();
        let way_out = Route {
            destination: net("0.0.0.0/0"),
            gateway: Some(ip("192.0.2.2")),
            link: uplink,
            source: None,
        };
        here.replace_route(&way_out).unwrap();
        let way_out = Route { destination: net("::/0"), gateway: Some(ip("2001:db8::2")), ..way_out };
        here.replace_route(&way_out).unwrap();
        let services = [("10.43.0.0/16", "192.0.2.1"), ("fd00:43::/112", "2001:db8::1")];
        let mut there = Netlink::open_in(outside.path()).unwrap();
        let link = there.link("eth0").unwrap().unwrap().index;
        for (destination, gateway) in services {
            let route =
                Route { destination: net(destination), gateway: Some(ip(gateway)), link, source: None };
            there.replace_route(&route).unwrap();
        }
        let pods = (0..pods)
            .map(|i| {
                let pod = TestNamespace::new().unwrap();
                let addresses = [format!("10.42.0.{}/32", i + 2), format!("fd00:42::{}/128", i + 2)];
                let gateways = Some([ip("10.42.0.1"), ip("fd00:42::1")]);
                connect(&pod, &format!("pod{i}"), Some(bridge), &[&addresses[0], &addresses[1]], gateways);
                serve(&pod, i);
                pod
            })
            .collect();
        Self { pods, outside, applier: Applier::new("test") }
    }

    fn apply(&mut self, services: &[Service]) {
        let snapshot = ServiceSnapshot { services: services.to_vec() };
        self.applier.apply(plan(&snapshot, &config())).unwrap();
    }
}

/// A veth pair into a namespace, `eth0` there; gives the index of this end.
fn connect(
    namespace: &TestNamespace,
    name: &str,
    master: Option<u32>,
    addresses: &[&str],
    gateways: Option<[IpAddr; 2]>,
) -> u32 {
    let mut here = Netlink::open().unwrap();
    let file = File::open(namespace.path()).unwrap();
    here.create_veth(&Veth { name, master, peer_name: "eth0", peer_namespace: file.as_fd(), mtu: 1500 })
        .unwrap();
    let mut there = Netlink::open_in(namespace.path()).unwrap();
    let link = there.link("eth0").unwrap().unwrap().index;
    there.set_up(link).unwrap();
    for address in addresses {
        there.add_address(link, net(address)).unwrap();
    }
    for gateway in gateways.into_iter().flatten() {
        let everything = if gateway.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
        let on_link = Route { destination: IpNet::from(gateway), gateway: None, link, source: None };
        there.replace_route(&on_link).unwrap();
        there
            .replace_route(&Route { destination: net(everything), gateway: Some(gateway), ..on_link })
            .unwrap();
    }
    let port = here.link(name).unwrap().unwrap().index;
    if master.is_some() {
        // Where br_netfilter is on, translation happens on the bridge itself.
        here.set_hairpin(port).unwrap();
    }
    port
}

fn serve(namespace: &TestNamespace, number: u8) {
    let (tcp, udp) = namespace
        .run(|| (TcpListener::bind("[::]:8080").unwrap(), UdpSocket::bind("[::]:8080").unwrap()))
        .unwrap();
    std::thread::spawn(move || {
        for stream in tcp.incoming() {
            let mut stream = stream.unwrap();
            let peer = stream.peer_addr().unwrap().ip().to_canonical();
            // A client that left early is its own business.
            drop(stream.write_all(format!("{number} {peer}").as_bytes()));
        }
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 100];
        while let Ok((_, peer)) = udp.recv_from(&mut buffer) {
            drop(udp.send_to(format!("{number} {}", peer.ip().to_canonical()).as_bytes(), peer));
        }
    });
}

/// Runs `check` with translation of bridged packets (`br_netfilter`) on and off.
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

/// How long an answer may take: a machine whose processors are taken away stands still for seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// Who answered, and which address it saw.
fn ask(to: SocketAddr) -> Result<(u8, IpAddr), ErrorKind> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE).map_err(|error| error.kind())?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(|error| error.kind())?;
    Ok(parse(&text))
}

fn parse(text: &str) -> (u8, IpAddr) {
    let (number, peer) = text.split_once(' ').unwrap();
    (number.parse().unwrap(), ip(peer))
}

fn udp_client(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    socket.connect(to).unwrap();
    socket
}

fn ask_udp(socket: &UdpSocket) -> Result<u8, ErrorKind> {
    let mut buffer = [0; 100];
    socket.send(b"x").map_err(|error| error.kind())?;
    let n = socket.recv(&mut buffer).map_err(|error| error.kind())?;
    Ok(parse(std::str::from_utf8(&buffer[..n]).unwrap()).0)
}

fn at(address: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip(address), port)
}

/// Endpoints of both families, all on this node.
fn service(pods: &[u8]) -> Service {
    let endpoints = |pods: &[u8]| -> Vec<Endpoint> {
        let addresses =
            pods.iter().flat_map(|i| [format!("10.42.0.{}", i + 2), format!("fd00:42::{}", i + 2)]);
        addresses.map(|address| Endpoint::ready(ip(&address), 8080, true)).collect()
    };
    let port = |protocol, port, node_port| ServicePort {
        name: String::new(),
        protocol,
        port,
        node_port: Some(node_port),
        endpoints: endpoints(pods),
    };
    Service {
        namespace: "default".into(),
        name: "web".into(),
        cluster_ips: vec![ip(CLUSTER_IP), ip(CLUSTER_IP6)],
        external_ips: Vec::new(),
        load_balancer_ips: Vec::new(),
        source_ranges: Vec::new(),
        session_affinity: None,
        internal_policy: TrafficPolicy::Cluster,
        external_policy: TrafficPolicy::Cluster,
        health_check_node_port: None,
        ports: vec![port(Protocol::Tcp, 80, 30080), port(Protocol::Udp, 53, 30053)],
    }
}

fn counts(n: usize, mut who: impl FnMut() -> u8) -> BTreeMap<u8, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..n {
        *counts.entry(who()).or_default() += 1;
    }
    counts
}

#[test]
fn traffic_spreads_over_all_endpoints_from_everywhere() {
    let mut node = Node::new(4);
    node.apply(&[service(&[0, 1, 2])]);
    for address in [CLUSTER_IP, CLUSTER_IP6] {
        let to = at(address, 80);
        // From the node itself, through the output hook.
        let counts = counts(300, || ask(to).unwrap().0);
        assert_eq!(counts.len(), 3, "{counts:?}");
        assert!(counts.values().all(|n| (60..=140).contains(n)), "{counts:?}");
        // From another pod, which keeps its address.
        with_and_without_bridge_netfilter(|| {
            let seen = node.pods[3].run(move || ask(to).unwrap()).unwrap().1;
            assert_eq!(seen, if to.is_ipv4() { ip("10.42.0.5") } else { ip("fd00:42::5") });
        });
        // From outside the cluster, which would not find the way back.
        let seen = node.outside.run(move || ask(to).unwrap()).unwrap().1;
        assert_eq!(seen, if to.is_ipv4() { ip("10.42.0.1") } else { ip("fd00:42::1") });
        let udp = udp_client(at(address, 53));
        let first = ask_udp(&udp).unwrap();
        assert_eq!(ask_udp(&udp).unwrap(), first, "a flow keeps its endpoint");
    }
}

#[test]
fn a_pod_reaches_itself_through_its_service() {
    let mut node = Node::new(1);
    node.apply(&[service(&[0])]);
    with_and_without_bridge_netfilter(|| {
        for address in [CLUSTER_IP, CLUSTER_IP6] {
            let to = at(address, 80);
            assert_eq!(node.pods[0].run(move || ask(to)).unwrap().unwrap().0, 0);
        }
    });
}

#[test]
fn node_ports_on_every_local_address() {
    let mut node = Node::new(2);
    node.apply(&[service(&[0, 1])]);
    for address in ["192.0.2.1", "10.42.0.1", "127.0.0.1", "2001:db8::1"] {
        assert!(ask(at(address, 30080)).is_ok(), "{address}");
        assert!(ask_udp(&udp_client(at(address, 30053))).is_ok(), "udp {address}");
    }
    for address in ["192.0.2.1", "2001:db8::1"] {
        let to = at(address, 30080);
        let (_, seen) = node.outside.run(move || ask(to)).unwrap().unwrap();
        assert!(seen == ip("10.42.0.1") || seen == ip("fd00:42::1"), "masqueraded: {seen}");
        assert!(node.pods[0].run(move || ask(to)).unwrap().is_ok());
    }
    // Somebody else's address is not ours to answer for.
    assert!(ask(at("192.0.2.2", 30080)).is_err());
}

#[test]
fn policy_local_keeps_the_address_and_this_nodes_endpoints() {
    let mut node = Node::new(3);
    let mut local = service(&[0, 1]);
    local.external_policy = TrafficPolicy::Local;
    local.load_balancer_ips = vec![ip("192.0.2.99")];
    // One of the two is said to be on another node.
    for port in &mut local.ports {
        port.endpoints.iter_mut().for_each(|e| e.local = e.ip == ip("10.42.0.2") || e.ip == ip("fd00:42::2"));
    }
    node.apply(std::slice::from_ref(&local));
    let route = Route {
        destination: net("192.0.2.99/32"),
        gateway: Some(ip("192.0.2.1")),
        link: Netlink::open_in(node.outside.path()).unwrap().link("eth0").unwrap().unwrap().index,
        source: None,
    };
    Netlink::open_in(node.outside.path()).unwrap().replace_route(&route).unwrap();
    for to in [at("192.0.2.1", 30080), at("192.0.2.99", 80)] {
        for _ in 0..20 {
            assert_eq!(node.outside.run(move || ask(to)).unwrap(), Ok((0, ip("192.0.2.2"))), "{to}");
        }
        // From within, all endpoints.
        assert_eq!(counts(60, || ask(to).unwrap().0).len(), 2);
        let pod = &node.pods[2];
        assert_eq!(counts(60, || pod.run(move || ask(to)).unwrap().unwrap().0).len(), 2);
    }
    local.ports[0].endpoints.retain(|endpoint| !endpoint.local);
    node.apply(std::slice::from_ref(&local));
    let dropped =
        node.outside.run(|| TcpStream::connect_timeout(&at("192.0.2.1", 30080), Duration::from_millis(300)));
    assert_eq!(dropped.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
    local.internal_policy = TrafficPolicy::Local;
    node.apply(std::slice::from_ref(&local));
    let dropped = TcpStream::connect_timeout(&at(CLUSTER_IP, 80), Duration::from_millis(300));
    assert_eq!(dropped.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn source_ranges() {
    let mut node = Node::new(1);
    let mut guarded = service(&[0]);
    guarded.load_balancer_ips = vec![ip("192.0.2.1")];
    guarded.source_ranges = vec![net("198.51.100.0/24")];
    node.apply(std::slice::from_ref(&guarded));
    let refused =
        node.outside.run(|| TcpStream::connect_timeout(&at("192.0.2.1", 80), Duration::from_millis(300)));
    assert_eq!(refused.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
    guarded.source_ranges.push(net("192.0.2.0/30"));
    node.apply(std::slice::from_ref(&guarded));
    assert!(node.outside.run(|| ask(at("192.0.2.1", 80))).unwrap().is_ok());
}

#[test]
fn affinity_holds_until_its_endpoint_goes_or_its_time_is_up() {
    let mut node = Node::new(3);
    let mut sticky = service(&[0, 1, 2]);
    sticky.session_affinity = Some(Duration::from_secs(10800));
    node.apply(std::slice::from_ref(&sticky));
    for address in [CLUSTER_IP, CLUSTER_IP6] {
        let to = at(address, 80);
        let chosen = counts(40, || ask(to).unwrap().0);
        assert_eq!(chosen.len(), 1, "{chosen:?}");
        // One choice for all ways to the Service's port.
        let by_node_port = ask(at(if to.is_ipv4() { "192.0.2.1" } else { "2001:db8::1" }, 30080)).unwrap().0;
        let seen = ask(to).unwrap().0;
        assert!(chosen.contains_key(&seen) && by_node_port < 3);
    }
    let first = ask(at(CLUSTER_IP, 80)).unwrap().0;
    let rest: Vec<u8> = (0..3).filter(|i| *i != first).collect();
    let mut fewer = service(&rest);
    fewer.session_affinity = sticky.session_affinity;
    node.apply(&[fewer.clone()]);
    let second = counts(40, || ask(at(CLUSTER_IP, 80)).unwrap().0);
    assert_eq!(second.len(), 1);
    assert!(!second.contains_key(&first));
    // The endpoint is back; the client stays where it is.
    node.apply(std::slice::from_ref(&sticky));
    assert_eq!(
        counts(20, || ask(at(CLUSTER_IP, 80)).unwrap().0).keys().collect::<Vec<_>>(),
        second.keys().collect::<Vec<_>>()
    );
    // Switched off, and on again.
    node.apply(&[service(&[0, 1, 2])]);
    assert_eq!(counts(100, || ask(at(CLUSTER_IP, 80)).unwrap().0).len(), 3);
    sticky.session_affinity = Some(Duration::from_secs(1));
    node.apply(std::slice::from_ref(&sticky));
    let deadline = Instant::now() + Duration::from_secs(20);
    let first = ask(at(CLUSTER_IP, 80)).unwrap().0;
    loop {
        // Longer than the affinity: nothing but the passing of time is under test here.
        std::thread::sleep(Duration::from_millis(1100));
        if ask(at(CLUSTER_IP, 80)).unwrap().0 != first {
            break;
        }
        assert!(Instant::now() < deadline, "the affinity never ended");
    }
}

#[test]
fn services_without_endpoints_and_unknown_ports_refuse() {
    let mut node = Node::new(2);
    node.apply(&[service(&[])]);
    for to in [at(CLUSTER_IP, 80), at(CLUSTER_IP6, 80), at("192.0.2.1", 30080), at("2001:db8::1", 30080)] {
        assert_eq!(ask(to), Err(ErrorKind::ConnectionRefused), "{to}");
        assert_eq!(node.pods[0].run(move || ask(to)).unwrap(), Err(ErrorKind::ConnectionRefused), "{to}");
        assert_eq!(node.outside.run(move || ask(to)).unwrap(), Err(ErrorKind::ConnectionRefused), "{to}");
    }
    let refused = node.pods[0].run(|| ask_udp(&udp_client(at(CLUSTER_IP, 53)))).unwrap();
    assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
    // On the node itself the send call is what fails.
    assert_eq!(ask_udp(&udp_client(at(CLUSTER_IP, 53))), Err(ErrorKind::PermissionDenied));
    node.apply(&[service(&[0])]);
    assert!(ask(at(CLUSTER_IP, 80)).is_ok() && ask(at("192.0.2.1", 30080)).is_ok());
    for to in [at(CLUSTER_IP, 81), at(CLUSTER_IP6, 81)] {
        assert_eq!(ask(to), Err(ErrorKind::ConnectionRefused), "{to}");
        assert_eq!(node.pods[0].run(move || ask(to)).unwrap(), Err(ErrorKind::ConnectionRefused), "{to}");
    }
}

#[test]
fn endpoints_come_and_go_under_way() {
    let mut node = Node::new(4);
    let to = at(CLUSTER_IP, 80);
    for pods in [&[0, 1, 2][..], &[1, 2], &[1, 2, 3], &[3], &[0, 3]] {
        node.apply(&[service(pods)]);
        let counts = counts(60, || ask(to).unwrap().0);
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), pods);
    }
    // An open connection outlives its endpoint's removal.
    node.apply(&[service(&[0])]);
    let listener = node.pods[1].run(|| TcpListener::bind("[::]:8081").unwrap()).unwrap();
    let mut long = service(&[]);
    long.ports[0].endpoints = vec![Endpoint::ready(ip("10.42.0.3"), 8081, true)];
    node.apply(std::slice::from_ref(&long));
    let mut client = TcpStream::connect(to).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    node.apply(&[service(&[0])]);
    server.write_all(b"still here").unwrap();
    let mut buffer = [0; 10];
    client.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    client.read_exact(&mut buffer).unwrap();
    assert_eq!(ask(to).unwrap().0, 0, "new ones go elsewhere");
}

#[test]
fn udp_flows_follow_the_endpoints() {
    let mut node = Node::new(3);
    node.apply(&[service(&[])]);
    for (address, port) in [(CLUSTER_IP, 53), (CLUSTER_IP6, 53), ("192.0.2.1", 30053)] {
        node.apply(&[service(&[0])]);
        let client = udp_client(at(address, port));
        assert_eq!(ask_udp(&client), Ok(0), "{address}");
        // The same socket, hence the same flow.
        node.apply(&[service(&[1])]);
        assert_eq!(ask_udp(&client), Ok(1), "{address}");
        node.apply(&[service(&[1, 2])]);
        assert_eq!(ask_udp(&client), Ok(1), "a flow that is fine is left alone");
    }
}

#[test]
fn wiping_and_starting_over() {
    let mut node = Node::new(1);
    node.apply(&[service(&[0])]);
    assert!(ask(at(CLUSTER_IP, 80)).is_ok());
    // A new process knows nothing of the old one's table.
    Applier::new("test").apply(plan(&ServiceSnapshot { services: vec![service(&[0])] }, &config())).unwrap();
    assert!(ask(at(CLUSTER_IP, 80)).is_ok());
    // Somebody has removed the table: the change fails, the next one makes it whole.
    proxy::wipe("test").unwrap();
    proxy::wipe("test").unwrap();
    assert_eq!(nft::query(&["list", "ruleset"]).unwrap(), "");
    let rules = plan(&ServiceSnapshot { services: vec![] }, &config());
    assert!(node.applier.apply(rules).is_err());
    node.apply(&[service(&[0])]);
    assert!(ask(at(CLUSTER_IP, 80)).is_ok());
}

/// The component as a whole: snapshots in, rules and status out, many snapshots at once as one.
#[test]
fn the_loop_follows_the_newest_snapshot() {
    let node = Node::new(2);
    // Threads of this runtime come from this thread, and share its namespace.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let deps = ProxyDeps { clock: stdx::Clock::system(), rng: stdx::Rng::from_seed(1) };
        let config = ProxyConfig { min_interval: Duration::from_millis(20), ..config() };
        let (proxy, handle) = Proxy::build(config, deps).unwrap();
        let stop = supervise::Stop::new();
        let follow = async {
            let mut status = handle.status();
            for _ in 0..50 {
                handle.publish(ServiceSnapshot { services: vec![service(&[])] });
            }
            handle.publish(ServiceSnapshot { services: vec![service(&[0])] });
            status.wait_for(|status| status.syncs == 1).await.unwrap();
            assert_eq!(ask(at(CLUSTER_IP, 80)).unwrap().0, 0);
            // The table is gone under its feet: one failure, then it is whole again.
            proxy::wipe("test").unwrap();
            handle.publish(ServiceSnapshot { services: vec![service(&[1])] });
            let status = status.wait_for(|status| status.syncs == 2).await.unwrap().clone();
            assert_eq!((status.failures, status.last_error), (1, None));
            assert_eq!(ask(at(CLUSTER_IP, 80)).unwrap().0, 1);
            stop.request();
        };
        tokio::join!(proxy.run(stop.clone()), follow);
    });
    drop(node);
    assert!(ask(at(CLUSTER_IP, 80)).is_ok(), "the rules outlive the proxy");
}

/// 5,000 Services of three endpoints each.
#[test]
fn fifteen_thousand_endpoints_load_in_a_fraction_of_a_second() {
    TestNamespace::enter_new().expect("these tests need root: CAP_SYS_ADMIN");
    let mut services: Vec<Service> = (0..5000u32)
        .map(|i| {
            let address = |base: u8, n: u32| IpAddr::from([10, base, (n >> 8) as u8, n as u8]);
            let mut service = service(&[]);
            service.name = format!("s{i}");
            service.cluster_ips = vec![address(43, i)];
            service.ports.truncate(1);
            service.ports[0].node_port = None;
            service.ports[0].endpoints =
                (0..3).map(|e| Endpoint::ready(address(42, i * 3 + e), 8080, e == 0)).collect();
            service
        })
        .collect();
    let mut applier = Applier::new("test");
    let timed = |what: &str, applier: &mut Applier, services: &[Service]| {
        let snapshot = ServiceSnapshot { services: services.to_vec() };
        let start = Instant::now();
        let rules = plan(&snapshot, &config());
        let planned = start.elapsed();
        applier.apply(rules).unwrap();
        println!("{what}: plan {planned:?}, apply {:?}", start.elapsed() - planned);
        start.elapsed()
    };
    let full = timed("full load", &mut applier, &services);
    services[77].ports[0].endpoints.pop();
    let one = timed("one endpoint less", &mut applier, &services);
    let none = timed("nothing", &mut applier, &services);
    // Generous: a shared machine and an unoptimised build. The figures are in the output.
    assert!(full < Duration::from_secs(5), "{full:?}");
    assert!(one < Duration::from_secs(1), "{one:?}");
    assert!(none < one.max(Duration::from_millis(500)));
}
