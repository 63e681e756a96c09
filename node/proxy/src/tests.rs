//! Plans as text, and what changes between two of them.

use std::net::IpAddr;
use std::time::Duration;

use crate::Endpoint;
use crate::HealthCheck;
use crate::Protocol;
use crate::ProxyConfig;
use crate::Service;
use crate::ServicePort;
use crate::ServiceSnapshot;
use crate::TrafficPolicy;
use crate::plan;

fn config() -> ProxyConfig {
    ProxyConfig {
        cluster_id: "test".into(),
        cluster_cidrs: vec!["10.42.0.0/16".parse().unwrap(), "fd00:42::/56".parse().unwrap()],
        node_name: "here".into(),
        zone: None,
        min_interval: Duration::ZERO,
    }
}

fn ips(list: &[&str]) -> Vec<IpAddr> {
    list.iter().map(|ip| ip.parse().unwrap()).collect()
}

fn service(name: &str, cluster_ips: &[&str], ports: Vec<ServicePort>) -> Service {
    Service {
        namespace: "default".into(),
        name: name.into(),
        cluster_ips: ips(cluster_ips),
        external_ips: Vec::new(),
        load_balancer_ips: Vec::new(),
        source_ranges: Vec::new(),
        session_affinity: None,
        internal_policy: TrafficPolicy::Cluster,
        external_policy: TrafficPolicy::Cluster,
        health_check_node_port: None,
        ports,
    }
}

/// Endpoints are written `address` or `address@here`, all on port 8080.
fn port(port: u16, protocol: Protocol, endpoints: &[&str]) -> ServicePort {
    let endpoints = endpoints.iter().map(|text| {
        let (ip, local) = text.split_once('@').map_or((*text, false), |(ip, _)| (ip, true));
        Endpoint::ready(ip.parse().unwrap(), 8080, local)
    });
    ServicePort { name: String::new(), protocol, port, node_port: None, endpoints: endpoints.collect() }
}

fn snapshot(services: Vec<Service>) -> ServiceSnapshot {
    ServiceSnapshot { services }
}

/// Set `UPDATE_TESTDATA=1` to write the file anew.
fn check(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    if std::env::var_os("UPDATE_TESTDATA").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name} differs");
}

fn check_plan(name: &str, services: Vec<Service>) {
    let empty = plan(&snapshot(Vec::new()), &config());
    check(name, &plan(&snapshot(services), &config()).update(&empty, "t"));
}

#[test]
fn the_skeleton() {
    check("skeleton.txt", &plan(&snapshot(Vec::new()), &config()).full("skiff-test-proxy"));
}

#[test]
fn cluster_ips() {
    let web = service(
        "web",
        &["10.43.0.10", "fd00:43::10"],
        vec![
            port(80, Protocol::Tcp, &["10.42.0.2@here", "10.42.1.2", "10.42.2.2", "fd00:42::2@here"]),
            port(53, Protocol::Udp, &["10.42.0.2@here"]),
        ],
    );
    let idle = service("idle", &["10.43.0.11"], vec![port(80, Protocol::Tcp, &[])]);
    let headless = service("headless", &[], vec![port(80, Protocol::Tcp, &["10.42.0.9"])]);
    check_plan("cluster-ip.txt", vec![web, idle, headless]);
}

#[test]
fn external_destinations() {
    let mut open =
        service("open", &["10.43.0.10"], vec![port(80, Protocol::Tcp, &["10.42.0.2@here", "10.42.1.2"])]);
    open.ports[0].node_port = Some(30080);
    open.external_ips = ips(&["192.0.2.10"]);
    open.load_balancer_ips = ips(&["192.0.2.20"]);
    open.source_ranges = vec!["198.51.100.0/24".parse().unwrap()];
    let mut local = Service { name: "local".into(), ..open.clone() };
    local.cluster_ips = ips(&["10.43.0.11"]);
    local.external_ips = Vec::new();
    local.load_balancer_ips = ips(&["192.0.2.21"]);
    local.source_ranges = Vec::new();
    local.external_policy = TrafficPolicy::Local;
    local.health_check_node_port = Some(31000);
    local.ports[0].node_port = Some(30081);
    let mut elsewhere = Service { name: "elsewhere".into(), ..local.clone() };
    elsewhere.cluster_ips = ips(&["10.43.0.12"]);
    elsewhere.load_balancer_ips = ips(&["192.0.2.22"]);
    elsewhere.internal_policy = TrafficPolicy::Local;
    elsewhere.ports = vec![ServicePort { node_port: Some(30082), ..port(80, Protocol::Tcp, &["10.42.1.2"]) }];
    let services = vec![open, local, elsewhere];
    let checks = plan(&snapshot(services.clone()), &config()).health_checks;
    let check = |name: &str, local_endpoints| HealthCheck {
        namespace: "default".into(),
        name: name.into(),
        port: 31000,
        local_endpoints,
    };
    assert_eq!(checks, [check("elsewhere", 0), check("local", 1)]);
    check_plan("external.txt", services);
}

#[test]
fn session_affinity() {
    let mut sticky =
        service("sticky", &["10.43.0.10"], vec![port(80, Protocol::Tcp, &["10.42.0.2@here", "10.42.1.2"])]);
    sticky.session_affinity = Some(Duration::from_secs(10800));
    sticky.external_policy = TrafficPolicy::Local;
    sticky.ports[0].node_port = Some(30080);
    check_plan("affinity.txt", vec![sticky.clone()]);
    let before = plan(&snapshot(vec![sticky.clone()]), &config());
    sticky.ports[0].endpoints.pop();
    let after = plan(&snapshot(vec![sticky]), &config());
    let stale: Vec<&str> =
        after.stale_affinities(&before).map(|(name, _)| name.rsplit('-').next().unwrap()).collect();
    assert_eq!(stale, ["cluster"], "the list of this node's endpoints is as it was");
}

#[test]
fn a_change_touches_what_changed() {
    let web = |endpoints: &[&str]| {
        let other =
            service("other", &["10.43.0.11"], vec![port(80, Protocol::Tcp, &["10.42.1.9", "10.42.1.8"])]);
        snapshot(vec![service("web", &["10.43.0.10"], vec![port(80, Protocol::Tcp, endpoints)]), other])
    };
    let mut text = String::new();
    let steps: [&[&str]; 6] = [
        &["10.42.1.1"],
        &["10.42.1.1", "10.42.1.2"],
        &["10.42.1.1", "10.42.1.2", "10.42.1.3"],
        &["10.42.1.1", "10.42.1.3"],
        &["10.42.1.1", "10.42.1.3"],
        &[],
    ];
    for pair in steps.windows(2) {
        let (old, new) = (plan(&web(pair[0]), &config()), plan(&web(pair[1]), &config()));
        text.push_str(&format!("# {:?} -> {:?}\n{}", pair[0], pair[1], new.update(&old, "t")));
    }
    check("changes.txt", &text);
}

#[test]
fn a_conflict_has_one_outcome() {
    let claim = |name: &str, endpoint: &str| {
        let mut service = service(
            name,
            &[if name == "a" { "10.43.0.1" } else { "10.43.0.2" }],
            vec![port(80, Protocol::Tcp, &[endpoint])],
        );
        service.external_ips = ips(&["192.0.2.1"]);
        service
    };
    let (a, b) = (claim("a", "10.42.1.1"), claim("b", "10.42.1.2"));
    let one = plan(&snapshot(vec![a.clone(), b.clone()]), &config());
    assert_eq!(one, plan(&snapshot(vec![b, a]), &config()));
    let text = one.full("t");
    assert!(text.contains("192.0.2.1 . 80 . 0 : 10.42.1.1 . 8080"));
    assert!(!text.contains("192.0.2.1 . 80 . 0 : 10.42.1.2"));
}

proptest::proptest! {
    /// Whatever the way from one snapshot to another, the rules end up the same: an update applied
    /// to the old elements gives the new ones.
    #[test]
    fn updates_lead_to_the_plan(
        old in proptest::collection::vec((0u8..6, 0u8..4, proptest::bool::ANY, proptest::bool::ANY), 0..6),
        new in proptest::collection::vec((0u8..6, 0u8..4, proptest::bool::ANY, proptest::bool::ANY), 0..6),
    ) {
        let build = |specs: &[(u8, u8, bool, bool)]| {
            let services = specs.iter().map(|(id, n, sticky, local)| {
                let endpoints: Vec<String> = (0..*n).map(|i| format!("10.42.{id}.{i}@here")).collect();
                let endpoints: Vec<&str> = endpoints.iter().map(String::as_str).collect();
                let cluster_ip = format!("10.43.0.{id}");
                let mut service = service(&format!("s{id}"), &[&cluster_ip], vec![port(80, Protocol::Udp, &endpoints)]);
                service.session_affinity = sticky.then_some(Duration::from_secs(10));
                service.external_policy = if *local { TrafficPolicy::Local } else { TrafficPolicy::Cluster };
                service.ports[0].node_port = Some(30000 + u16::from(*id));
                service
            });
            plan(&snapshot(services.collect()), &config())
        };
        let (old, new) = (build(&old), build(&new));
        let script = new.update(&old, "t");
        let mut sets = old.sets.clone();
        for line in script.lines() {
            let Some((verb, rest)) = line.split_once(" element inet t ") else { continue };
            let (set, elements) = rest.split_once(" { ").unwrap();
            let set = sets.entry(set.to_owned()).or_default();
            for element in elements.trim_end_matches(" }").split(", ") {
                let (key, value) = element.split_once(" : ").unwrap_or((element, ""));
                match verb {
                    "add" => proptest::prop_assert!(set.insert(key.into(), value.into()).is_none(), "{key} was there"),
                    _ => proptest::prop_assert!(set.remove(key).is_some(), "{key} was not there"),
                }
            }
        }
        sets.retain(|_, elements| !elements.is_empty());
        let mut wanted = new.sets.clone();
        wanted.retain(|_, elements| !elements.is_empty());
        proptest::prop_assert_eq!(sets, wanted);
        proptest::prop_assert_eq!(new.update(&new, "t"), "");
    }
}
