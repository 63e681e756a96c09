//! Services and the ranges their addresses come from.
//!
//! Before a Service is checked it is settled: what it leaves open of families is worked out
//! ([`settle`]), the server gives it addresses and ports, and what goes with a type that it no longer has
//! is dropped ([`drop_for_type`]).

mod check;
mod families;

pub use families::drop_for_type;
pub use families::settle;

use api::Resource;
use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::address;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;

/// How long a client stays with one endpoint, where a Service says only that it does.
const AFFINITY_SECONDS: i64 = 10_800;

pub(crate) struct Services;
pub(crate) struct ServiceCidrs;
pub(crate) struct IpAddresses;

impl Strategy for Services {
    fn table(&self) -> &'static Table {
        &table::SERVICE
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, service: &mut Value) {
        let Some(spec @ Value::Object(_)) = service.get_mut("spec") else { return };
        set_default(spec, "type", "ClusterIP");
        set_default(spec, "sessionAffinity", "None");
        match spec["sessionAffinity"].str_or_empty() {
            "None" => drop(spec.remove(&["sessionAffinityConfig"])),
            "ClientIP" if spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"].is_null() => {
                spec.set(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"], AFFINITY_SECONDS);
            }
            _ => {}
        }
        for port in items_mut(spec, "ports") {
            set_default(port, "protocol", "TCP");
            if port["targetPort"].is_zero() {
                let number = port["port"].clone();
                port.set(&["targetPort"], number);
            }
        }
        if is_reached_from_outside(spec) {
            set_default(spec, "externalTrafficPolicy", "Cluster");
        }
        if spec["type"].as_str() != Some("ExternalName") {
            set_default(spec, "internalTrafficPolicy", "Cluster");
        }
        if spec["type"].as_str() != Some("LoadBalancer") {
            return;
        }
        set_default(spec, "allocateLoadBalancerNodePorts", true);
        if let Some(balancer) = service.get_mut("status").and_then(|status| status.get_mut("loadBalancer")) {
            for point in items_mut(balancer, "ingress") {
                if !point["ip"].str_or_empty().is_empty() {
                    set_default(point, "ipMode", "VIP");
                }
            }
        }
    }

    fn generation(&self, _resource: &Resource) -> Generation {
        Generation::None
    }

    fn prepare_create(&self, _cx: &Context<'_>, service: &mut Value) {
        service.set(&["status"], value!({"loadBalancer": {}}));
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        names::dns1123_label(name)
    }

    fn check_create(&self, _cx: &Context<'_>, service: &Value, causes: &mut Causes) {
        check::check(service, None, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        service: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::Status {
            check::check_status(service, old, causes);
        } else {
            check::check_change(service, old, causes);
            check::check(service, Some(old), causes);
        }
    }

    fn warnings(&self, service: &Value) -> Vec<String> {
        warnings(service)
    }

    fn change_warnings(&self, service: &Value, _old: &Value) -> Vec<String> {
        warnings(service)
    }
}

/// Whether clients outside of the cluster can reach a Service.
fn is_reached_from_outside(spec: &Value) -> bool {
    match spec["type"].str_or_empty() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => !spec["externalIPs"].items().is_empty(),
        _ => false,
    }
}

/// Whether balancers must ask each node for endpoints of its own, by a port for that.
pub fn checks_health(service: &Value) -> bool {
    let spec = &service["spec"];
    spec["type"].as_str() == Some("LoadBalancer") && spec["externalTrafficPolicy"].as_str() == Some("Local")
}

fn is_headless(service: &Value) -> bool {
    matches!(service["spec"]["clusterIPs"].items(), [one] if one.as_str() == Some("None"))
}

fn is_type(service: &Value, kind: &str) -> bool {
    service["spec"]["type"].as_str() == Some(kind)
}

fn warnings(service: &Value) -> Vec<String> {
    let (path, spec) = (Path::new("spec"), &service["spec"]);
    let mut out = Vec::new();
    if !service["metadata"]["annotations"]["service.kubernetes.io/topology-aware-hints"].is_null() {
        out.push("annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead".to_owned());
    }
    let headless = is_type(service, "ClusterIP") && spec["clusterIP"].as_str() == Some("None");
    let list = path.child("clusterIPs");
    for (i, ip) in spec["clusterIPs"].items().iter().enumerate().filter(|_| !headless) {
        out.extend(address::warn_of_ip(&list.index(i), ip.str_or_empty()));
    }
    let external = spec["externalIPs"].items();
    if headless {
        let ignored = [
            (!spec["loadBalancerIP"].is_zero(), "spec.loadBalancerIP"),
            (!external.is_empty(), "spec.externalIPs"),
            (spec["sessionAffinity"].as_str() != Some("None"), "spec.SessionAffinity"),
        ];
        let said = ignored.iter().filter(|(is_set, _)| *is_set);
        out.extend(said.map(|(_, field)| format!("{field} is ignored for headless services")));
    }
    let list = path.child("externalIPs");
    for (i, ip) in external.iter().enumerate() {
        out.extend(address::warn_of_ip(&list.index(i), ip.str_or_empty()));
    }
    let named = is_type(service, "ExternalName");
    if !external.is_empty() && !headless && !named {
        out.push(
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_owned(),
        );
    }
    let balancer = spec["loadBalancerIP"].str_or_empty();
    if !balancer.is_empty() {
        out.extend(address::warn_of_ip(&path.child("loadBalancerIP"), balancer));
    }
    let list = path.child("loadBalancerSourceRanges");
    for (i, range) in spec["loadBalancerSourceRanges"].items().iter().enumerate() {
        out.extend(address::warn_of_cidr(&list.index(i), range.str_or_empty()));
    }
    if named && !external.is_empty() {
        out.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !named && !spec["externalName"].is_zero() {
        out.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if spec["trafficDistribution"].as_str() == Some("PreferClose") {
        let instead = "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
        out.push(instead.to_owned());
    }
    out
}

impl Strategy for ServiceCidrs {
    fn table(&self) -> &'static Table {
        &table::SERVICE_CIDR
    }

    fn generation(&self, _resource: &Resource) -> Generation {
        Generation::None
    }

    fn check_create(&self, _cx: &Context<'_>, range: &Value, causes: &mut Causes) {
        check_ranges(range, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        range: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part != Subresource::None {
            return;
        }
        let path = Path::new("spec.cidrs");
        let [new, before] = [range, old].map(|range| range["spec"]["cidrs"].items());
        let grows = before.len() == 1 && new.len() == 2;
        if !grows && new.len() != before.len() {
            causes.push(Cause::invalid(path, &range["spec"]["cidrs"], rules::IMMUTABLE));
            return;
        }
        for (i, (new, before)) in new.iter().zip(before).enumerate() {
            rules::immutable(&path.index(i), new, before, causes);
        }
        if grows {
            check_ranges(range, causes);
        }
    }
}

/// One range, or one of each family.
fn check_ranges(range: &Value, causes: &mut Causes) {
    let (path, list) = (Path::new("spec.cidrs"), &range["spec"]["cidrs"]);
    match list.items() {
        [] => return causes.push(Cause::required(path, "at least one CIDR required")),
        [_] | [_, _] => {}
        _ => {
            return causes.push(Cause::invalid(
                path,
                rules::InMemory(&range["spec"]),
                "may only hold up to 2 values",
            ));
        }
    }
    for (i, text) in list.items().iter().enumerate() {
        address::check_canonical_cidr(&path.index(i), text.str_or_empty(), causes);
    }
    let parsed: Vec<ipnet::IpNet> =
        list.items().iter().filter_map(|text| text.str_or_empty().parse().ok()).collect();
    if let [one, two] = parsed.as_slice()
        && one.addr().is_ipv4() == two.addr().is_ipv4()
    {
        let detail =
            "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
        causes.push(Cause::invalid(path, list, detail));
    }
}

impl Strategy for IpAddresses {
    fn table(&self) -> &'static Table {
        &table::IP_ADDRESS
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        address::canonical_ip_errors(name)
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let parent = &object["spec"]["parentRef"];
        if parent.is_null() {
            causes.push(Cause::required("spec.parentRef", ""));
            return;
        }
        let path = Path::new("spec.parentRef");
        rules::name(&path, parent, "group", names::dns1123_subdomain, causes);
        rules::required_name(&path, parent, "resource", names::path_segment, causes);
        rules::required_name(&path, parent, "name", names::path_segment, causes);
        rules::name(&path, parent, "namespace", names::path_segment, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        let [new, old] = [object, old].map(|object| &object["spec"]["parentRef"]);
        if !rules::same(new, old) {
            causes.push(Cause::invalid("spec.parentRef", rules::InMemory(new), rules::IMMUTABLE));
        }
    }
}
