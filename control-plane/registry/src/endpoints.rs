//! Endpoints and EndpointSlices: where a Service leads.

use std::collections::HashSet;

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::address::check_ip;
use crate::address::check_ordinary_ip;
use crate::address::lenient_ip;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::rules::NameRule;
use crate::table;

/// Most addresses of one endpoint.
const MAX_ADDRESSES: usize = 100;
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

pub(crate) struct Endpoints;
pub(crate) struct EndpointSlices;

impl Strategy for Endpoints {
    fn table(&self) -> &'static Table {
        &table::ENDPOINTS
    }

    fn deprecation(&self) -> Option<&'static str> {
        Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        for subset in items_mut(object, "subsets") {
            for port in items_mut(subset, "ports") {
                set_default(port, "protocol", "TCP");
            }
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let list = Path::new("subsets");
        for (i, subset) in object["subsets"].items().iter().enumerate() {
            let path = list.index(i);
            let lists = ["addresses", "notReadyAddresses"];
            if lists.iter().all(|list| subset[*list].items().is_empty()) {
                causes.push(Cause::required(path, "must specify `addresses` or `notReadyAddresses`"));
            }
            for list in lists {
                let path = path.child(list);
                for (i, address) in subset[list].items().iter().enumerate() {
                    check_endpoint_address(&path.index(i), address, causes);
                }
            }
            let ports = subset["ports"].items();
            let path = path.child("ports");
            for (i, port) in ports.iter().enumerate() {
                check_endpoint_port(&path.index(i), port, ports.len() > 1, causes);
            }
        }
    }
}

fn check_endpoint_address(path: &Path<'_>, address: &Value, causes: &mut Causes) {
    let text = address["ip"].str_or_empty();
    let ip = path.child("ip");
    check_ip(&ip, text, causes);
    rules::name(path, address, "hostname", names::dns1123_label, causes);
    rules::name(path, address, "nodeName", names::dns1123_subdomain, causes);
    match lenient_ip(text) {
        Some(address) => check_ordinary_ip(&ip, text, address, causes),
        None => causes.push(Cause::invalid(ip, text, "must be a valid IP address")),
    }
}

fn check_endpoint_port(path: &Path<'_>, port: &Value, named: bool, causes: &mut Causes) {
    if named {
        rules::required(path, port, "name", causes);
    }
    rules::name(path, port, "name", names::dns1123_label, causes);
    rules::port(&path.child("port"), port["port"].as_i64().unwrap_or(0), causes);
    rules::required(path, port, "protocol", causes);
    rules::supported(path, port, "protocol", &PROTOCOLS, causes);
    rules::name(path, port, "appProtocol", names::qualified_name, causes);
}

impl Strategy for EndpointSlices {
    fn table(&self) -> &'static Table {
        &table::ENDPOINT_SLICE
    }

    fn set_defaults(&self, object: &mut Value) {
        for port in items_mut(object, "ports") {
            set_default(port, "protocol", "TCP");
            if port["name"].is_null() {
                port.set(&["name"], "");
            }
        }
        // Only the beta version of the API had it.
        for endpoint in items_mut(object, "endpoints") {
            endpoint.remove(&["deprecatedTopology"]);
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::CountedWithLabels
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let kinds = ["FQDN", "IPv4", "IPv6"];
        let kind = object["addressType"].str_or_empty();
        match kind {
            "" => causes.push(Cause::required("addressType", "")),
            kind if !kinds.contains(&kind) => causes.push(Cause::not_supported("addressType", kind, &kinds)),
            _ => {}
        }
        let list = Path::new("endpoints");
        for (i, endpoint) in object["endpoints"].items().iter().enumerate() {
            check_endpoint(&list.index(i), kind, endpoint, causes);
        }
        let mut seen = HashSet::new();
        let list = Path::new("ports");
        for (i, port) in object["ports"].items().iter().enumerate() {
            let path = list.index(i);
            let name = port["name"].str_or_empty();
            rules::name(&path, port, "name", names::dns1123_label, causes);
            if !seen.insert(name) {
                causes.push(Cause::duplicate(path.child("name"), name));
            }
            rules::supported(&path, port, "protocol", &PROTOCOLS, causes);
            rules::name(&path, port, "appProtocol", names::qualified_name, causes);
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if object["addressType"] != old["addressType"] {
            let shown = object["addressType"].str_or_empty();
            causes.push(Cause::invalid("addressType", shown, "field is immutable"));
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        let fqdn = object["addressType"].as_str() == Some("FQDN");
        fqdn.then(|| "spec.addressType: FQDN endpoints are deprecated".to_owned()).into_iter().collect()
    }
}

fn check_endpoint(path: &Path<'_>, kind: &str, endpoint: &Value, causes: &mut Causes) {
    let list = path.child("addresses");
    let addresses = endpoint["addresses"].items();
    if addresses.is_empty() {
        causes.push(Cause::required(list, "must contain at least 1 address"));
    } else if addresses.len() > MAX_ADDRESSES {
        causes.push(rules::too_many(list, addresses.len(), MAX_ADDRESSES));
    }
    for (i, address) in addresses.iter().enumerate() {
        check_slice_address(&list, i, kind, address.str_or_empty(), causes);
    }
    rules::name(path, endpoint, "nodeName", names::dns1123_subdomain, causes);
    rules::name(path, endpoint, "hostname", names::dns1123_label, causes);
    let hints = path.child("hints");
    let lists: [(&str, NameRule); 2] =
        [("forZones", names::label_value), ("forNodes", names::dns1123_subdomain)];
    for (field, rule) in lists {
        let list = hints.child(field);
        let mut seen = HashSet::new();
        for (i, hint) in endpoint["hints"][field].items().iter().enumerate() {
            let path = list.index(i);
            let name = hint["name"].str_or_empty();
            if !seen.insert(name) {
                causes.push(Cause::duplicate(path.child("name"), name));
            }
            rules::spelled(&path.child("name"), name, rule, causes);
        }
    }
}

fn check_slice_address(list: &Path<'_>, i: usize, kind: &str, text: &str, causes: &mut Causes) {
    let path = list.index(i);
    match kind {
        "IPv4" | "IPv6" => {
            check_ip(&path, text, causes);
            let Some(address) = lenient_ip(text) else { return };
            if kind == "IPv4" && address.is_ipv6() {
                causes.push(Cause::invalid(list, text, "must be an IPv4 address"));
            } else if kind == "IPv6" && address.is_ipv4() {
                causes.push(Cause::invalid(list, text, "must be an IPv6 address"));
            }
            check_ordinary_ip(&path, text, address, causes);
        }
        "FQDN" => rules::spelled(&path, text, names::dns1123_subdomain, causes),
        _ => {}
    }
}
