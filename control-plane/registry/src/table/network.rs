//! Services and what leads to them.

use std::collections::BTreeSet;

use api::Object;
use api::Value;
use jiff::Timestamp;

use super::NONE;
use super::STR;
use super::Table;
use super::age;
use super::label_selector;
use super::limited;
use super::or;
use super::or_none;
use super::pairs;

pub(crate) static SERVICE: Table = Table::new(
    &[
        ("Type", STR, 0),
        ("Cluster-IP", STR, 0),
        ("External-IP", STR, 0),
        ("Port(s)", STR, 0),
        ("Age", STR, 0),
        ("Selector", STR, 1),
    ],
    service,
);

pub(crate) static ENDPOINTS: Table = Table::new(&[("Endpoints", STR, 0), ("Age", STR, 0)], endpoints);

pub(crate) static ENDPOINT_SLICE: Table = Table::new(
    &[("AddressType", STR, 0), ("Ports", STR, 0), ("Endpoints", STR, 0), ("Age", STR, 0)],
    endpoint_slice,
);

/// Upstream shows the age without naming its column.
pub(crate) static IP_ADDRESS: Table = Table::new(&[("ParentRef", STR, 0)], ip_address);

pub(crate) static SERVICE_CIDR: Table = Table::new(&[("CIDRs", STR, 0), ("Age", STR, 0)], service_cidr);

pub(crate) static INGRESS: Table = Table::new(
    &[("Class", STR, 0), ("Hosts", STR, 0), ("Address", STR, 0), ("Ports", STR, 0), ("Age", STR, 0)],
    ingress,
);

pub(crate) static INGRESS_CLASS: Table =
    Table::new(&[("Controller", STR, 0), ("Parameters", STR, 0), ("Age", STR, 0)], ingress_class)
        .marked(&["ingressclass.kubernetes.io/is-default-class"]);

pub(crate) static NETWORK_POLICY: Table =
    Table::new(&[("Pod-Selector", STR, 0), ("Age", STR, 0)], network_policy);

fn service(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let ports: Vec<String> = spec["ports"]
        .items()
        .iter()
        .map(|port| {
            let (number, protocol) = (port["port"].as_i64().unwrap_or(0), port["protocol"].str_or_empty());
            match port["nodePort"].as_i64() {
                Some(node) if node > 0 => format!("{number}:{node}/{protocol}"),
                _ => format!("{number}/{protocol}"),
            }
        })
        .collect();
    let own = spec["externalIPs"].items().iter().map(Value::str_or_empty);
    let external: Vec<&str> = match spec["type"].str_or_empty() {
        "ExternalName" => vec![spec["externalName"].str_or_empty()],
        "LoadBalancer" => {
            let ingress = object.value()["status"]["loadBalancer"]["ingress"].items();
            let points = ingress.iter().filter_map(|i| i["ip"].as_str().or(i["hostname"].as_str()));
            let points: BTreeSet<&str> = points.collect();
            let all: Vec<&str> = points.into_iter().chain(own).collect();
            if all.is_empty() { vec!["<pending>"] } else { all }
        }
        _ => own.collect(),
    };
    vec![
        spec["type"].clone(),
        or_none(spec["clusterIP"].str_or_empty()),
        or_none(&external.join(",")),
        or_none(&ports.join(",")),
        age(object, now),
        pairs(&spec["selector"]),
    ]
}

fn endpoints(object: &Object, now: Timestamp) -> Vec<Value> {
    let mut list = Vec::new();
    for subset in object.value()["subsets"].items() {
        let (addresses, ports) = (subset["addresses"].items(), subset["ports"].items());
        let ips = || addresses.iter().map(|address| address["ip"].str_or_empty());
        if ports.is_empty() {
            list.extend(ips().map(str::to_owned));
        }
        for port in ports {
            let port = port["port"].as_i64().unwrap_or(0);
            list.extend(ips().map(|ip| format!("{}:{port}", bracketed(ip))));
        }
    }
    vec![limited(&list, 3).into(), age(object, now)]
}

fn bracketed(ip: &str) -> String {
    if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() }
}

fn endpoint_slice(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let ports: Vec<String> = value["ports"]
        .items()
        .iter()
        .map(|p| p["port"].as_i64().map_or("*".to_owned(), |n| n.to_string()))
        .collect();
    let addresses: Vec<String> = value["endpoints"]
        .items()
        .iter()
        .flat_map(|endpoint| endpoint["addresses"].items())
        .map(|address| address.str_or_empty().to_owned())
        .collect();
    let unset = |list: String| if list == NONE { "<unset>".to_owned() } else { list };
    vec![
        value["addressType"].clone(),
        unset(limited(&ports, 3)).into(),
        unset(limited(&addresses, 3)).into(),
        age(object, now),
    ]
}

fn ip_address(object: &Object, now: Timestamp) -> Vec<Value> {
    let parent = &object.value()["spec"]["parentRef"];
    let part = |key: &str| parent[key].str_or_empty();
    let dot = if part("group").is_empty() { "" } else { "." };
    let resource = format!("{}{dot}{}", part("resource"), part("group")).to_lowercase();
    let shown = match (parent.is_null(), part("namespace")) {
        (true, _) => NONE.to_owned(),
        (false, "") => format!("{resource}/{}", part("name")),
        (false, namespace) => format!("{resource}/{namespace}/{}", part("name")),
    };
    vec![shown.into(), age(object, now)]
}

fn service_cidr(object: &Object, now: Timestamp) -> Vec<Value> {
    let cidrs: Vec<&str> = object.value()["spec"]["cidrs"].items().iter().map(Value::str_or_empty).collect();
    vec![cidrs.join(",").into(), age(object, now)]
}

fn ingress(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let hosts: Vec<String> = spec["rules"]
        .items()
        .iter()
        .map(|rule| rule["host"].str_or_empty().to_owned())
        .filter(|host| !host.is_empty())
        .collect();
    let mut addresses: Vec<&str> = object.value()["status"]["loadBalancer"]["ingress"]
        .items()
        .iter()
        .map(|ingress| ingress["ip"].as_str().unwrap_or(ingress["hostname"].str_or_empty()))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let secured = !spec["tls"].items().is_empty();
    vec![
        or(&spec["ingressClassName"], NONE),
        if hosts.is_empty() { "*".into() } else { limited(&hosts, 3).into() },
        addresses.join(",").into(),
        if secured { "80, 443" } else { "80" }.into(),
        age(object, now),
    ]
}

fn ingress_class(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let parameters = &spec["parameters"];
    let shown = match (parameters.is_null(), parameters["apiGroup"].as_str()) {
        (true, _) => NONE.to_owned(),
        (false, Some(group)) => {
            format!("{}.{group}/{}", parameters["kind"].str_or_empty(), parameters["name"].str_or_empty())
        }
        (false, None) => {
            format!("{}/{}", parameters["kind"].str_or_empty(), parameters["name"].str_or_empty())
        }
    };
    vec![spec["controller"].str_or_empty().into(), shown.into(), age(object, now)]
}

fn network_policy(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![label_selector(&object.value()["spec"]["podSelector"]), age(object, now)]
}
