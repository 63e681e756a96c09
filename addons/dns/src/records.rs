//! The cluster's zone: an immutable snapshot, and what it says to a question.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use hickory_proto::rr::Name;
use hickory_proto::rr::RData;
use hickory_proto::rr::Record;
use hickory_proto::rr::RecordType;
use hickory_proto::rr::rdata;

use crate::Error;

/// Version of the specification, told by `dns-version.<zone>`.
const SCHEMA_VERSION: &str = "1.1.0";
/// The name of the zone's own name server.
const NAME_SERVER: [&str; 2] = ["ns", "dns"];
/// SRV weights of one name add up to about this, as with CoreDNS.
const SRV_WEIGHT_TOTAL: usize = 100;

/// What the zone is made of, as plain data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordInputs {
    /// `cluster.local`, with or without a final dot.
    pub cluster_domain: String,
    /// Seconds that answers may be kept.
    pub ttl: u32,
    /// Grows with every change; the zone's serial number.
    pub serial: u32,
    /// Addresses of the DNS service itself, for the zone's NS record.
    pub server_ips: Vec<IpAddr>,
    /// Every namespace: its existence is what pod names depend on.
    pub namespaces: Vec<String>,
    /// Every Service.
    pub services: Vec<ServiceRecord>,
}

/// One Service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceRecord {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What its name stands for.
    pub kind: ServiceKind,
}

/// What a Service's name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceKind {
    /// Its own addresses.
    ClusterIp {
        /// `spec.clusterIPs`.
        ips: Vec<IpAddr>,
        /// `spec.ports`.
        ports: Vec<NamedPort>,
    },
    /// The addresses of its endpoints: those that are ready, or all where
    /// `publishNotReadyAddresses` is set.
    Headless {
        /// From its EndpointSlices.
        endpoints: Vec<HeadlessEndpoint>,
    },
    /// Another name (`spec.externalName`).
    ExternalName(String),
}

/// A port with what its SRV name is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// Name; an empty one has no SRV name.
    pub name: String,
    /// `tcp`, `udp` or `sctp`, in any case.
    pub protocol: String,
    /// Number.
    pub port: u16,
}

/// One address behind a headless Service.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadlessEndpoint {
    /// Address.
    pub ip: IpAddr,
    /// `hostname`, where the pod has one; otherwise the address stands for it.
    pub hostname: Option<String>,
    /// Target ports.
    pub ports: Vec<NamedPort>,
}

/// The zone, ready to answer.
#[derive(Debug)]
pub struct Records {
    zone: Name,
    ttl: u32,
    serial: u32,
    server_ips: Vec<IpAddr>,
    namespaces: HashMap<Box<str>, HashMap<Box<str>, Entry>>,
    reverse: HashMap<IpAddr, Vec<Name>>,
}

/// What the snapshot says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lookup {
    /// Not a name of this zone: somebody else's business.
    NotOurs,
    /// The name does not exist.
    NoName,
    /// The name exists. Without records it has none of the type that was asked for.
    Found {
        answers: Vec<Record>,
        additionals: Vec<Record>,
        /// The target of the last CNAME, when its records are still to be found elsewhere.
        chase: Option<Name>,
    },
}

#[derive(Debug)]
enum Entry {
    ClusterIp { ips: Vec<IpAddr>, ports: Vec<Port> },
    Headless { endpoints: Vec<Endpoint> },
    ExternalName(Name),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Port {
    name: Box<str>,
    protocol: Box<str>,
    port: u16,
}

#[derive(Debug)]
struct Endpoint {
    ip: IpAddr,
    label: Box<str>,
    ports: Vec<Port>,
}

impl Records {
    /// Makes the snapshot. Services whose names cannot be names in DNS are left out: the API server
    /// does not let them in.
    ///
    /// # Errors
    /// A cluster domain that is no domain name.
    pub fn build(inputs: &RecordInputs) -> Result<Self, Error> {
        let domain = inputs.cluster_domain.trim_end_matches('.').to_ascii_lowercase();
        let invalid = |reason: String| Error::Domain { domain: inputs.cluster_domain.clone(), reason };
        if domain.is_empty() {
            return Err(invalid("it is empty".into()));
        }
        let zone = Name::from_ascii(format!("{domain}.")).map_err(|error| invalid(error.to_string()))?;
        let mut records = Self {
            zone,
            ttl: inputs.ttl,
            serial: inputs.serial,
            server_ips: inputs.server_ips.clone(),
            namespaces: HashMap::new(),
            reverse: HashMap::new(),
        };
        for namespace in &inputs.namespaces {
            records.namespaces.entry(namespace.as_str().into()).or_default();
        }
        for service in &inputs.services {
            records.add(service);
        }
        Ok(records)
    }

    /// The record that goes with a negative answer.
    pub(crate) fn soa(&self) -> Record {
        let [host, sub] = NAME_SERVER;
        let soa = rdata::SOA::new(
            self.below(&[host, sub]),
            self.below(&["hostmaster"]),
            self.serial,
            7200,
            1800,
            86400,
            self.ttl,
        );
        Record::from_rdata(self.zone.clone(), self.ttl, RData::SOA(soa))
    }

    /// Answers a question for a name as it was asked; `rotation` turns lists of addresses, so that
    /// clients which take the first one spread.
    pub(crate) fn lookup(&self, name: &Name, kind: RecordType, rotation: usize) -> Lookup {
        if !self.zone.zone_of(name) {
            return match reverse_address(name) {
                Some(ip) => self.lookup_reverse(name, ip, kind),
                None => Lookup::NotOurs,
            };
        }
        let lower = name.to_lowercase();
        let depth = lower.iter().count() - self.zone.iter().count();
        let labels: Option<Vec<&str>> =
            lower.iter().take(depth).map(|label| std::str::from_utf8(label).ok()).collect();
        let Some(labels) = labels else { return Lookup::NoName };
        let question = Question { name, kind, rotation };
        match labels.as_slice() {
            [] => self.apex(&question),
            ["svc"] | ["pod"] | ["dns"] => Lookup::empty(),
            ["dns-version"] => self.version(&question),
            [host, sub] if [*host, *sub] == NAME_SERVER => {
                self.addresses(&question, self.server_ips.iter().copied())
            }
            [rest @ .., namespace, "svc"] => match self.namespaces.get(*namespace) {
                Some(services) => self.in_namespace(&question, namespace, services, rest),
                None => Lookup::NoName,
            },
            [rest @ .., namespace, "pod"] if self.namespaces.contains_key(*namespace) => {
                self.pod(&question, rest)
            }
            _ => Lookup::NoName,
        }
    }

    fn add(&mut self, service: &ServiceRecord) {
        let Ok(own) = self.zone.prepend_label("svc").and_then(|name| {
            name.prepend_label(service.namespace.as_str())?.prepend_label(service.name.as_str())
        }) else {
            tracing::debug!(
                namespace = service.namespace,
                name = service.name,
                "Service name is not a DNS name"
            );
            return;
        };
        let entry = match &service.kind {
            ServiceKind::ClusterIp { ips, ports } => {
                for ip in ips {
                    self.reverse.entry(*ip).or_default().push(own.clone());
                }
                Entry::ClusterIp { ips: ips.clone(), ports: ports.iter().map(Port::from).collect() }
            }
            ServiceKind::Headless { endpoints } => {
                let endpoints: Vec<Endpoint> = endpoints.iter().map(Endpoint::from).collect();
                for endpoint in &endpoints {
                    if let Ok(name) = own.prepend_label(&*endpoint.label) {
                        self.reverse.entry(endpoint.ip).or_default().push(name);
                    }
                }
                Entry::Headless { endpoints }
            }
            ServiceKind::ExternalName(target) => {
                let target = target.trim_end_matches('.');
                match Name::from_ascii(format!("{target}.")) {
                    Ok(target) => Entry::ExternalName(target),
                    Err(_) => return,
                }
            }
        };
        let services = self.namespaces.entry(service.namespace.as_str().into()).or_default();
        services.insert(service.name.as_str().into(), entry);
    }

    fn apex(&self, question: &Question<'_>) -> Lookup {
        let [host, sub] = NAME_SERVER;
        let server = self.below(&[host, sub]);
        match question.kind {
            RecordType::SOA => Lookup::found(vec![self.soa()]),
            RecordType::NS => Lookup::Found {
                answers: vec![Record::from_rdata(
                    question.name.clone(),
                    self.ttl,
                    RData::NS(rdata::NS(server.clone())),
                )],
                additionals: self.server_ips.iter().map(|ip| self.address(&server, *ip)).collect(),
                chase: None,
            },
            _ => Lookup::empty(),
        }
    }

    fn version(&self, question: &Question<'_>) -> Lookup {
        if question.kind != RecordType::TXT {
            return Lookup::empty();
        }
        let text = rdata::TXT::new(vec![SCHEMA_VERSION.to_owned()]);
        Lookup::found(vec![Record::from_rdata(question.name.clone(), self.ttl, RData::TXT(text))])
    }

    /// Names below `<namespace>.svc.<zone>`; `rest` is what stands before the namespace.
    fn in_namespace(
        &self,
        question: &Question<'_>,
        namespace: &str,
        services: &HashMap<Box<str>, Entry>,
        rest: &[&str],
    ) -> Lookup {
        let Some((service, prefix)) = rest.split_last() else { return Lookup::empty() };
        let Some(entry) = services.get(*service) else { return Lookup::NoName };
        let own = || self.below(&[service, namespace, "svc"]);
        match (prefix, entry) {
            ([], Entry::ExternalName(target)) => self.external_name(question, target),
            (_, Entry::ExternalName(_)) => Lookup::NoName,
            ([], _) if question.kind == RecordType::SRV => self.srv(question, &own(), entry, |_| true),
            ([], Entry::ClusterIp { ips, .. }) => self.addresses(question, ips.iter().copied()),
            ([], Entry::Headless { endpoints }) => {
                self.addresses(question, endpoints.iter().map(|endpoint| endpoint.ip))
            }
            ([port, protocol], _) if port.starts_with('_') && protocol.starts_with('_') => {
                let (port, protocol) = (&port[1..], &protocol[1..]);
                self.srv(question, &own(), entry, |p| *p.name == *port && *p.protocol == *protocol)
            }
            // Nothing of its own, but something below it.
            ([protocol], _) if protocol.starts_with('_') => {
                match entry.ports().any(|port| *port.protocol == protocol[1..] && !port.name.is_empty()) {
                    true => Lookup::empty(),
                    false => Lookup::NoName,
                }
            }
            ([label], Entry::Headless { endpoints }) => {
                let ips = endpoints
                    .iter()
                    .filter(|endpoint| *endpoint.label == **label)
                    .map(|endpoint| endpoint.ip);
                self.existing_addresses(question, ips)
            }
            _ => Lookup::NoName,
        }
    }

    /// One SRV record for every port and target, with the targets' addresses beside them.
    fn srv(
        &self,
        question: &Question<'_>,
        own: &Name,
        entry: &Entry,
        wanted: impl Fn(&Port) -> bool,
    ) -> Lookup {
        let mut found: Vec<(u16, Name, Vec<IpAddr>)> = Vec::new();
        match entry {
            Entry::ClusterIp { ips, ports } => {
                for port in ports.iter().filter(|port| wanted(port)) {
                    found.push((port.port, own.clone(), ips.clone()));
                }
            }
            Entry::Headless { endpoints } => {
                for endpoint in endpoints {
                    let Ok(target) = own.prepend_label(&*endpoint.label) else { continue };
                    for port in endpoint.ports.iter().filter(|port| wanted(port)) {
                        match found
                            .iter_mut()
                            .find(|(number, name, _)| *number == port.port && *name == target)
                        {
                            // A pod of two families, or of two slices, is one target.
                            Some((_, _, ips)) => ips.push(endpoint.ip),
                            None => found.push((port.port, target.clone(), vec![endpoint.ip])),
                        }
                    }
                }
            }
            Entry::ExternalName(_) => {}
        }
        if found.is_empty() {
            // The Service's own name exists whether or not it has ports.
            return if question.name.num_labels() == own.num_labels() {
                Lookup::empty()
            } else {
                Lookup::NoName
            };
        }
        if question.kind != RecordType::SRV {
            let ips: BTreeSet<IpAddr> = found.into_iter().flat_map(|(_, _, ips)| ips).collect();
            return self.addresses(question, ips.into_iter());
        }
        let weight = u16::try_from((SRV_WEIGHT_TOTAL / found.len()).max(1)).unwrap_or(1);
        let mut described = HashSet::new();
        let (mut answers, mut additionals) = (Vec::new(), Vec::new());
        for (port, target, ips) in found {
            let srv = rdata::SRV::new(0, weight, port, target.clone());
            answers.push(Record::from_rdata(question.name.clone(), self.ttl, RData::SRV(srv)));
            for ip in ips {
                if described.insert((target.clone(), ip)) {
                    additionals.push(self.address(&target, ip));
                }
            }
        }
        Lookup::Found { answers, additionals, chase: None }
    }

    /// `10-42-0-7` and `fd00--7` stand for addresses.
    fn pod(&self, question: &Question<'_>, rest: &[&str]) -> Lookup {
        match rest {
            [] => Lookup::empty(),
            [label] => {
                let v4 = label.replace('-', ".").parse::<Ipv4Addr>().map(IpAddr::from).ok();
                let ip = v4.or_else(|| label.replace('-', ":").parse::<Ipv6Addr>().map(IpAddr::from).ok());
                self.existing_addresses(question, ip.into_iter())
            }
            _ => Lookup::NoName,
        }
    }

    /// A CNAME, with the records of its target where the target is a name of this zone.
    fn external_name(&self, question: &Question<'_>, target: &Name) -> Lookup {
        let cname = RData::CNAME(rdata::CNAME(target.clone()));
        let mut answers = vec![Record::from_rdata(question.name.clone(), self.ttl, cname)];
        if question.kind == RecordType::CNAME {
            return Lookup::found(answers);
        }
        if !self.zone.zone_of(target) {
            return Lookup::Found { answers, additionals: Vec::new(), chase: Some(target.clone()) };
        }
        // A chain of such Services is followed one step: the next answer could lead back here.
        let is_service_of_its_own = matches!(self.entry(target), Some(Entry::ExternalName(_)));
        if !is_service_of_its_own
            && let Lookup::Found { answers: more, .. } = self.lookup(target, question.kind, question.rotation)
        {
            answers.extend(more);
        }
        Lookup::found(answers)
    }

    fn entry(&self, name: &Name) -> Option<&Entry> {
        let lower = name.to_lowercase();
        let labels: Vec<&str> = lower.iter().map(std::str::from_utf8).collect::<Result<_, _>>().ok()?;
        match labels.get(..labels.len().checked_sub(self.zone.iter().count())?)? {
            [service, namespace, "svc"] => self.namespaces.get(*namespace)?.get(*service),
            _ => None,
        }
    }

    fn lookup_reverse(&self, name: &Name, ip: IpAddr, kind: RecordType) -> Lookup {
        let Some(names) = self.reverse.get(&ip) else { return Lookup::NotOurs };
        if !matches!(kind, RecordType::PTR | RecordType::ANY) {
            return Lookup::empty();
        }
        let pointer = |target: &Name| {
            Record::from_rdata(name.clone(), self.ttl, RData::PTR(rdata::PTR(target.clone())))
        };
        Lookup::found(names.iter().map(pointer).collect())
    }

    /// Addresses of a name that exists only by having some.
    fn existing_addresses(&self, question: &Question<'_>, ips: impl Iterator<Item = IpAddr>) -> Lookup {
        let mut ips = ips.peekable();
        match ips.peek() {
            Some(_) => self.addresses(question, ips),
            None => Lookup::NoName,
        }
    }

    fn addresses(&self, question: &Question<'_>, ips: impl Iterator<Item = IpAddr>) -> Lookup {
        let wanted = |ip: &IpAddr| match question.kind {
            RecordType::A => ip.is_ipv4(),
            RecordType::AAAA => ip.is_ipv6(),
            RecordType::ANY => true,
            _ => false,
        };
        let mut answers: Vec<Record> = ips.filter(wanted).map(|ip| self.address(question.name, ip)).collect();
        if !answers.is_empty() {
            let middle = question.rotation % answers.len();
            answers.rotate_left(middle);
        }
        Lookup::found(answers)
    }

    fn address(&self, name: &Name, ip: IpAddr) -> Record {
        let data = match ip {
            IpAddr::V4(ip) => RData::A(ip.into()),
            IpAddr::V6(ip) => RData::AAAA(ip.into()),
        };
        Record::from_rdata(name.clone(), self.ttl, data)
    }

    /// A name of the zone, the first label first. Labels come from names that were in DNS form.
    fn below(&self, labels: &[&str]) -> Name {
        labels.iter().rev().fold(self.zone.clone(), |name, label| name.prepend_label(*label).unwrap_or(name))
    }
}

struct Question<'a> {
    /// In the letter case of the client, which checks it.
    name: &'a Name,
    kind: RecordType,
    rotation: usize,
}

impl Lookup {
    fn found(answers: Vec<Record>) -> Self {
        Lookup::Found { answers, additionals: Vec::new(), chase: None }
    }

    fn empty() -> Self {
        Self::found(Vec::new())
    }
}

impl Entry {
    fn ports(&self) -> Box<dyn Iterator<Item = &Port> + '_> {
        match self {
            Entry::ClusterIp { ports, .. } => Box::new(ports.iter()),
            Entry::Headless { endpoints } => Box::new(endpoints.iter().flat_map(|endpoint| &endpoint.ports)),
            Entry::ExternalName(_) => Box::new(std::iter::empty()),
        }
    }
}

impl From<&NamedPort> for Port {
    fn from(port: &NamedPort) -> Self {
        Self {
            name: port.name.to_ascii_lowercase().into(),
            protocol: port.protocol.to_ascii_lowercase().into(),
            port: port.port,
        }
    }
}

impl From<&HeadlessEndpoint> for Endpoint {
    fn from(endpoint: &HeadlessEndpoint) -> Self {
        let label = match &endpoint.hostname {
            Some(hostname) => hostname.to_ascii_lowercase(),
            None => endpoint.ip.to_string().replace(['.', ':'], "-"),
        };
        Self { ip: endpoint.ip, label: label.into(), ports: endpoint.ports.iter().map(Port::from).collect() }
    }
}

/// The address that a complete reverse name stands for.
fn reverse_address(name: &Name) -> Option<IpAddr> {
    let lower = name.to_lowercase();
    let labels: Vec<&str> = lower.iter().map(std::str::from_utf8).collect::<Result<_, _>>().ok()?;
    match labels.as_slice() {
        [d, c, b, a, "in-addr", "arpa"] => format!("{a}.{b}.{c}.{d}").parse().ok(),
        [nibbles @ .., "ip6", "arpa"] if nibbles.len() == 32 => {
            let mut bits = 0u128;
            for nibble in nibbles.iter().rev() {
                let digit = (nibble.len() == 1).then(|| u8::from_str_radix(nibble, 16).ok()).flatten()?;
                bits = bits << 4 | u128::from(digit);
            }
            Some(Ipv6Addr::from_bits(bits).into())
        }
        _ => None,
    }
}
