//! Services and endpoints as plain data: what EndpointSlices and Services say, already joined.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

/// Every Service of the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceSnapshot {
    /// In any order.
    pub services: Vec<Service>,
}

/// One Service. Headless Services and those of type ExternalName may be left out; one without
/// cluster IPs is passed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `spec.clusterIPs` without `None`.
    pub cluster_ips: Vec<IpAddr>,
    /// `spec.externalIPs`.
    pub external_ips: Vec<IpAddr>,
    /// `status.loadBalancer.ingress[].ip` whose `ipMode` is `VIP` or absent.
    pub load_balancer_ips: Vec<IpAddr>,
    /// `spec.loadBalancerSourceRanges`; empty means everybody.
    pub source_ranges: Vec<IpNet>,
    /// `spec.sessionAffinityConfig.clientIP.timeoutSeconds` where `spec.sessionAffinity` is `ClientIP`.
    pub session_affinity: Option<Duration>,
    /// `spec.internalTrafficPolicy`.
    pub internal_policy: TrafficPolicy,
    /// `spec.externalTrafficPolicy`.
    pub external_policy: TrafficPolicy,
    /// `spec.healthCheckNodePort`.
    pub health_check_node_port: Option<u16>,
    /// `spec.ports`.
    pub ports: Vec<ServicePort>,
}

/// Which endpoints traffic may go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrafficPolicy {
    /// All of them.
    #[default]
    Cluster,
    /// Those on this node.
    Local,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// One port of a Service with its endpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePort {
    /// Name; may be empty.
    pub name: String,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Port of the Service.
    pub port: u16,
    /// Port of every node.
    pub node_port: Option<u16>,
    /// From the EndpointSlices' ports of the same name; of both IP families.
    pub endpoints: Vec<Endpoint>,
}

/// One address behind a Service port (EndpointSlice, `endpoints[]`).
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Target port.
    pub port: u16,
    /// `conditions.ready`, absent meaning true.
    pub ready: bool,
    /// `conditions.serving`, absent meaning `ready`.
    pub serving: bool,
    /// `conditions.terminating`.
    pub terminating: bool,
    /// Whether it runs on this node (`nodeName`).
    pub local: bool,
    /// `hints.forZones[].name`.
    pub zone_hints: Vec<String>,
    /// `hints.forNodes[].name`.
    pub node_hints: Vec<String>,
}

impl Protocol {
    /// Every one of them.
    pub(crate) const ALL: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

    /// As nftables spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

impl Endpoint {
    /// A ready endpoint without hints.
    pub fn ready(ip: IpAddr, port: u16, local: bool) -> Self {
        Self {
            ip,
            port,
            ready: true,
            serving: true,
            terminating: false,
            local,
            zone_hints: Vec::new(),
            node_hints: Vec::new(),
        }
    }
}
