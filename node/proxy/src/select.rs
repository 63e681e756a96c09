//! Which endpoints of a port are used: readiness, termination, topology hints, locality.

use std::net::IpAddr;

use crate::Endpoint;
use crate::ProxyConfig;

/// A translated destination.
pub(crate) type Target = (IpAddr, u16);

/// The endpoints of one port and one IP family, sorted, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    /// For traffic policy `Cluster`.
    pub(crate) cluster: Vec<Target>,
    /// For traffic policy `Local`.
    pub(crate) local: Vec<Target>,
    /// Addresses on this node, of either list: those that could call themselves.
    pub(crate) on_node: Vec<IpAddr>,
    /// Whether any endpoint is usable at all, on whatever node.
    pub(crate) any: bool,
}

/// Ready endpoints, or, when there is none, those that terminate and still serve (KEP-1669);
/// separately for the cluster and for this node.
pub(crate) fn select(endpoints: &[Endpoint], is_v4: bool, config: &ProxyConfig) -> Selected {
    let of_family = || endpoints.iter().filter(|endpoint| endpoint.ip.is_ipv4() == is_v4);
    let ready: Vec<&Endpoint> = of_family().filter(|endpoint| endpoint.ready).collect();
    let fallback = |endpoint: &&Endpoint| endpoint.serving && endpoint.terminating;
    let mut cluster = hinted(&ready, config);
    if cluster.is_empty() {
        cluster = of_family().filter(fallback).collect();
    }
    let mut local: Vec<&Endpoint> = ready.iter().copied().filter(|endpoint| endpoint.local).collect();
    if local.is_empty() {
        local = of_family().filter(fallback).filter(|endpoint| endpoint.local).collect();
    }
    let mut on_node: Vec<IpAddr> =
        cluster.iter().chain(&local).filter(|endpoint| endpoint.local).map(|endpoint| endpoint.ip).collect();
    on_node.sort();
    on_node.dedup();
    let any = !cluster.is_empty() || !local.is_empty();
    Selected { cluster: targets(&cluster), local: targets(&local), on_node, any }
}

/// Endpoints meant for this node, or for its zone. Hints count only when every ready endpoint has
/// them and one of them is for us (KEP-2433, KEP-3015): half-written hints must not overload
/// anybody.
fn hinted<'a>(ready: &[&'a Endpoint], config: &ProxyConfig) -> Vec<&'a Endpoint> {
    let for_us = |hints: fn(&Endpoint) -> &Vec<String>, own: &str| -> Vec<&'a Endpoint> {
        if ready.iter().any(|endpoint| hints(endpoint).is_empty()) {
            return Vec::new();
        }
        ready.iter().copied().filter(|endpoint| hints(endpoint).iter().any(|hint| hint == own)).collect()
    };
    let mut chosen = for_us(|endpoint| &endpoint.node_hints, &config.node_name);
    if let Some(zone) = config.zone.as_ref().filter(|_| chosen.is_empty()) {
        chosen = for_us(|endpoint| &endpoint.zone_hints, zone);
    }
    if chosen.is_empty() { ready.to_vec() } else { chosen }
}

fn targets(endpoints: &[&Endpoint]) -> Vec<Target> {
    let mut targets: Vec<Target> = endpoints.iter().map(|endpoint| (endpoint.ip, endpoint.port)).collect();
    targets.sort();
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ProxyConfig {
        ProxyConfig {
            cluster_id: "test".into(),
            cluster_cidrs: Vec::new(),
            node_name: "here".into(),
            zone: Some("a".into()),
            min_interval: std::time::Duration::ZERO,
        }
    }

    fn endpoint(last: u8, local: bool) -> Endpoint {
        Endpoint::ready(IpAddr::from([10, 0, 0, last]), 80, local)
    }

    fn last(targets: &[Target]) -> Vec<u8> {
        targets.iter().map(|(ip, _)| ip.to_string().rsplit('.').next().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn terminating_endpoints_are_the_last_resort() {
        let gone = Endpoint { ready: false, serving: false, ..endpoint(1, true) };
        let leaving = Endpoint { ready: false, terminating: true, ..endpoint(2, true) };
        let ready = endpoint(3, false);
        let selected = select(&[gone.clone(), leaving.clone(), ready], true, &config());
        assert_eq!((last(&selected.cluster), last(&selected.local)), (vec![3], vec![2]));
        assert_eq!(selected.on_node.len(), 1);
        let selected = select(&[gone.clone(), leaving], true, &config());
        assert_eq!((last(&selected.cluster), last(&selected.local)), (vec![2], vec![2]));
        assert!(!select(&[gone], true, &config()).any);
        assert!(!select(&[endpoint(1, true)], false, &config()).any);
    }

    #[test]
    fn hints_count_only_when_complete() {
        let zone = |last, zones: &[&str]| Endpoint {
            zone_hints: zones.iter().map(|zone| zone.to_string()).collect(),
            ..endpoint(last, false)
        };
        let chosen = |endpoints: &[Endpoint]| last(&select(endpoints, true, &config()).cluster);
        assert_eq!(chosen(&[zone(1, &["a"]), zone(2, &["b"]), zone(3, &["b", "a"])]), [1, 3]);
        assert_eq!(chosen(&[zone(1, &["a"]), zone(2, &[])]), [1, 2]);
        assert_eq!(chosen(&[zone(1, &["b"]), zone(2, &["c"])]), [1, 2]);
        let node = |last, node: &str| Endpoint { node_hints: vec![node.to_owned()], ..zone(last, &["a"]) };
        assert_eq!(chosen(&[node(1, "there"), node(2, "here")]), [2]);
    }
}
