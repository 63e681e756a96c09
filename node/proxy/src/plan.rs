//! From Services to rules: pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::HealthCheck;
use crate::Protocol;
use crate::ProxyConfig;
use crate::Ruleset;
use crate::Service;
use crate::ServicePort;
use crate::ServiceSnapshot;
use crate::TrafficPolicy;
use crate::ruleset::Affinity;
use crate::ruleset::UdpDestination;
use crate::select;
use crate::select::Selected;
use crate::select::Target;
use crate::table;
use crate::table::Family;

/// One port of a Service in one IP family, with what all its destinations share.
struct Port<'a> {
    service: &'a Service,
    port: &'a ServicePort,
    family: &'static Family,
    is_v4: bool,
    selected: Selected,
    /// Names the chains and maps of a port with session affinity.
    id: String,
}

/// Which list of endpoints a destination leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Cluster,
    Local,
}

/// Which maps a destination is entered into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// For everybody.
    Common,
    /// For sources outside the cluster, consulted first.
    Outside,
}

/// A destination: an address and port, or a port of every node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    Address(IpAddr),
    NodePort(u16),
}

/// The rules for a snapshot. Services are taken in the order of their names, whatever the
/// snapshot's, so that a conflict between two of them has one outcome.
pub fn plan(snapshot: &ServiceSnapshot, config: &ProxyConfig) -> Ruleset {
    let mut rules = Ruleset::default();
    for cidr in ipnet::IpNet::aggregate(&config.cluster_cidrs) {
        let digit = table::family(cidr.addr().is_ipv4()).digit;
        rules.claim(&format!("cluster{digit}"), cidr.trunc().to_string(), String::new());
    }
    let mut services: Vec<&Service> =
        snapshot.services.iter().filter(|service| !service.cluster_ips.is_empty()).collect();
    services.sort_by_key(|service| (&service.namespace, &service.name));
    for service in &services {
        for port in &service.ports {
            for is_v4 in [true, false] {
                if service.cluster_ips.iter().any(|ip| ip.is_ipv4() == is_v4) {
                    plan_port(&mut rules, &Port::new(service, port, is_v4, config));
                }
            }
        }
        rules.health_checks.extend(health_check(service, config));
    }
    rules
}

fn plan_port(rules: &mut Ruleset, port: &Port<'_>) {
    let family = port.family;
    let service = port.service;
    for ip in &port.selected.on_node {
        rules.claim(&format!("hairpin{}", family.digit), format!("{ip} . {ip}"), String::new());
    }
    let internal = list_of(service.internal_policy);
    for ip in port.of_family(&service.cluster_ips) {
        rules.claim(&format!("clusterips{}", family.digit), ip.to_string(), String::new());
        port.enter(rules, Destination::Address(ip), Place::Common, internal);
    }
    for ip in port.of_family(&service.external_ips).chain(port.of_family(&service.load_balancer_ips)) {
        port.enter_external(rules, Destination::Address(ip));
    }
    for ip in port.of_family(&service.load_balancer_ips) {
        port.guard(rules, ip);
    }
    if let Some(node_port) = port.port.node_port {
        port.enter_external(rules, Destination::NodePort(node_port));
    }
}

impl<'a> Port<'a> {
    fn new(service: &'a Service, port: &'a ServicePort, is_v4: bool, config: &ProxyConfig) -> Self {
        let selected = select::select(&port.endpoints, is_v4, config);
        let name = format!("{}/{}:{}:{}", service.namespace, service.name, port.protocol.name(), port.port);
        let family = table::family(is_v4);
        let id = format!("{:016x}{}", fnv1a(name.as_bytes()), family.digit);
        Self { service, port, family, is_v4, selected, id }
    }

    fn of_family(&self, ips: &'a [IpAddr]) -> impl Iterator<Item = IpAddr> + 'a {
        let is_v4 = self.is_v4;
        ips.iter().copied().filter(move |ip| ip.is_ipv4() == is_v4)
    }

    /// An address or port that is reached from outside: masqueraded unless its policy keeps the
    /// client's address, and in that case with a list of its own for clients outside.
    fn enter_external(&self, rules: &mut Ruleset, destination: Destination) {
        let digit = self.family.digit;
        let local = self.service.external_policy == TrafficPolicy::Local;
        if !self.enter(rules, destination, Place::Common, List::Cluster) {
            return;
        }
        if local && self.selected.any {
            self.enter(rules, destination, Place::Outside, List::Local);
        }
        let verdict = if local { "goto masquerade-node" } else { "goto masquerade-all" };
        let set = match destination {
            Destination::Address(_) => format!("masquerade{digit}"),
            Destination::NodePort(_) => format!("masquerade-nodeports{digit}"),
        };
        rules.claim(&set, self.key(destination), verdict.to_owned());
    }

    /// Enters a destination into the maps; `false` when another Service has it.
    fn enter(&self, rules: &mut Ruleset, destination: Destination, place: Place, list: List) -> bool {
        let digit = self.family.digit;
        let key = self.key(destination);
        let suffix = if place == Place::Outside { "-local" } else { "" };
        let outside = place == Place::Outside;
        let by_address = matches!(destination, Destination::Address(_));
        let endpoints = table::endpoints_map(self.family, self.port.protocol, by_address, outside);
        let (verdicts, refused) = match destination {
            Destination::Address(_) => (format!("services{suffix}{digit}"), format!("refused{digit}")),
            Destination::NodePort(_) => {
                (format!("nodeports{suffix}{digit}"), format!("refused-nodeports{digit}"))
            }
        };
        let taken = |set: &str| rules.sets.get(set).is_some_and(|elements| elements.contains_key(&key));
        if taken(&verdicts) || taken(&refused) {
            return false;
        }
        self.note_udp(rules, destination);
        if !self.selected.any {
            return rules.claim(&refused, key, String::new());
        }
        let targets = self.targets(list);
        if targets.is_empty() {
            // Endpoints elsewhere, none on this node: another node is the right address.
            return rules.claim(&verdicts, key, "drop".to_owned());
        }
        for (i, (ip, port)) in targets.iter().enumerate() {
            let key = match destination {
                Destination::Address(address) => format!("{address} . {} . {i}", self.port.port),
                Destination::NodePort(node_port) => format!("{node_port} . {i}"),
            };
            rules.claim(&endpoints, key, format!("{ip} . {port}"));
        }
        let spread = self.spread_chain(rules, by_address, &endpoints, targets.len());
        let chain = match self.service.session_affinity {
            None => spread,
            Some(_) => self.affine_chain(rules, destination, place, list, &spread),
        };
        rules.claim(&verdicts, key, format!("goto {chain}"))
    }

    /// The chain that draws one of `n`: shared by all destinations of that kind.
    fn spread_chain(&self, rules: &mut Ruleset, by_address: bool, endpoints: &str, n: usize) -> String {
        let chain = format!("{endpoints}-{n}");
        let rule = || vec![table::spread_rule(self.family, self.port.protocol, by_address, n, endpoints)];
        rules.chains.entry(chain.clone()).or_insert_with(rule);
        chain
    }

    /// The chain that looks for an earlier choice first, and the one that remembers a new one.
    fn affine_chain(
        &self,
        rules: &mut Ruleset,
        destination: Destination,
        place: Place,
        list: List,
        spread: &str,
    ) -> String {
        let [ip_map, port_map] = table::affinity_maps(&self.affinity(rules, list));
        let (word, protocol) = (self.family.word, self.port.protocol.name());
        let chain = format!("affine-{}-{spread}-{}", self.id, list.name());
        rules.chains.insert(
            chain.clone(),
            vec![
                format!(
                    "meta l4proto {protocol} dnat {word} to {word} saddr map @{ip_map} : {word} saddr map @{port_map}"
                ),
                format!("goto {spread}"),
            ],
        );
        let set = match destination {
            Destination::Address(_) => format!("remember{}", self.family.digit),
            Destination::NodePort(_) => format!("remember-nodeports{}", self.family.digit),
        };
        // A destination with a list for outside comes here twice; the second time says more.
        let outside = place == Place::Outside;
        let remember = self.remember_chain(rules, list, outside);
        rules.sets.entry(set).or_default().insert(self.key(destination), format!("goto {remember}"));
        chain
    }

    fn remember_chain(&self, rules: &mut Ruleset, list: List, outside: bool) -> String {
        let Family { word, digit, .. } = self.family;
        let seconds = self.service.session_affinity.map_or(0, |timeout| timeout.as_secs().max(1));
        let update = |list: List| {
            let [ip_map, port_map] = table::affinity_maps(&self.affinity_name(list));
            let key = format!("{word} saddr timeout {seconds}s");
            format!("update @{ip_map} {{ {key} : {word} daddr }} update @{port_map} {{ {key} : th dport }}")
        };
        let chain = format!("remember-{}-{}", self.id, if outside { "both" } else { list.name() });
        let mut chain_rules = Vec::new();
        if outside {
            let from_outside = format!("{word} saddr != @cluster{digit} fib saddr type != local");
            chain_rules.push(format!("{from_outside} {} return", update(List::Local)));
            chain_rules.push(update(List::Cluster));
        } else {
            chain_rules.push(update(list));
        }
        rules.chains.insert(chain.clone(), chain_rules);
        chain
    }

    fn affinity(&self, rules: &mut Ruleset, list: List) -> String {
        let name = self.affinity_name(list);
        let targets: BTreeSet<Target> = self.targets(list).iter().copied().collect();
        rules.affinities.insert(name.clone(), Affinity { is_v4: self.is_v4, targets });
        name
    }

    fn affinity_name(&self, list: List) -> String {
        format!("affinity-{}-{}", self.id, list.name())
    }

    /// Source ranges hold for load balancer addresses (Service API, `loadBalancerSourceRanges`).
    fn guard(&self, rules: &mut Ruleset, ip: IpAddr) {
        let ranges = self.service.source_ranges.iter().filter(|range| range.addr().is_ipv4() == self.is_v4);
        let ranges: Vec<ipnet::IpNet> = ranges.map(ipnet::IpNet::trunc).collect();
        if self.service.source_ranges.is_empty() {
            return;
        }
        let (key, digit) = (self.key(Destination::Address(ip)), self.family.digit);
        for range in ipnet::IpNet::aggregate(&ranges) {
            rules.claim(&format!("allowed{digit}"), format!("{key} . {range}"), String::new());
        }
        rules.claim(&format!("guarded{digit}"), key, String::new());
    }

    fn note_udp(&self, rules: &mut Ruleset, destination: Destination) {
        if self.port.protocol != Protocol::Udp {
            return;
        }
        let destination = match destination {
            Destination::Address(ip) => UdpDestination::Address(ip, self.port.port),
            Destination::NodePort(port) => UdpDestination::NodePort(port),
        };
        let targets = self.selected.cluster.iter().chain(&self.selected.local).copied();
        rules.udp.entry(destination).or_default().extend(targets);
    }

    fn targets(&self, list: List) -> &[Target] {
        match list {
            List::Cluster => &self.selected.cluster,
            List::Local => &self.selected.local,
        }
    }

    fn key(&self, destination: Destination) -> String {
        let protocol = self.port.protocol.name();
        match destination {
            Destination::Address(ip) => format!("{ip} . {protocol} . {}", self.port.port),
            Destination::NodePort(port) => format!("{protocol} . {port}"),
        }
    }
}

impl List {
    fn name(self) -> &'static str {
        match self {
            List::Cluster => "cluster",
            List::Local => "local",
        }
    }
}

fn list_of(policy: TrafficPolicy) -> List {
    match policy {
        TrafficPolicy::Cluster => List::Cluster,
        TrafficPolicy::Local => List::Local,
    }
}

fn health_check(service: &Service, config: &ProxyConfig) -> Option<HealthCheck> {
    let port = service.health_check_node_port?;
    let mut local = BTreeSet::new();
    for endpoints in service.ports.iter().map(|port| &port.endpoints) {
        for is_v4 in [true, false] {
            local.extend(select::select(endpoints, is_v4, config).local.into_iter().map(|(ip, _)| ip));
        }
    }
    let (namespace, name) = (service.namespace.clone(), service.name.clone());
    Some(HealthCheck { namespace, name, port, local_endpoints: local.len() })
}

/// FNV-1a: names must be the same in every version of the program.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
