//! What an object counts as, by kind.

use std::collections::BTreeMap;

use api::Resource;
use api::Value;
use jiff::SignedDuration;
use jiff::Timestamp;
use meta::Quantity;

use crate::Resources;
use crate::Scope;
use crate::pod;
use crate::pod::Bound;
use crate::pod::Source;

const REQUESTS: &str = "requests.";
const LIMITS: &str = "limits.";
const HUGE_PAGES: &str = "hugepages-";
const STORAGE_CLASS: &str = ".storageclass.storage.k8s.io/";
const DEVICE_CLASS: &str = ".deviceclass.resource.k8s.io/devices";
/// What can be asked of a node and exceeds its requests by limits.
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// A quota on one of these demands that every container names it.
const DEMANDED: [&str; 6] =
    ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

/// `count/RESOURCE.GROUP`, the name under which every resource can be counted.
pub fn count_name(resource: &Resource) -> String {
    match resource.group {
        "" => format!("count/{}", resource.name),
        group => format!("count/{}.{group}", resource.name),
    }
}

/// Whether objects of a resource can be counted. Events are not: they come and go by themselves.
pub fn is_quotable(resource: &Resource) -> bool {
    resource.namespaced && resource.name != "events"
}

/// Which of the named resources objects of `resource` use.
pub fn matching<'n>(resource: &Resource, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let count = count_name(resource);
    names.into_iter().filter(|name| *name == count || uses(resource, name)).collect()
}

/// What one object uses, at a time: a pod that stays longer than its end allows no longer counts.
pub fn usage(resource: &Resource, object: &Value, now: Timestamp) -> Resources {
    let mut used = Resources::default();
    used.set(&count_name(resource), Quantity::from_units(1));
    match (resource.group, resource.name) {
        ("", "pods") => pod_usage(object, now, &mut used),
        ("", "services") => service_usage(object, &mut used),
        ("", "persistentvolumeclaims") => claim_usage(object, &mut used),
        ("resource.k8s.io", "resourceclaims") => device_usage(object, &mut used),
        ("", name) if is_counted_by_name(name) => used.set(name, Quantity::from_units(1)),
        _ => {}
    }
    used
}

/// Whether an object counts against a quota at all, going by what the quota's status limits.
pub fn matches(quota: &Value, resource: &Resource, object: &Value) -> bool {
    let limited = quota["status"]["hard"].entries().iter().map(|entry| entry.key.as_str());
    !matching(resource, limited).is_empty()
        && Scope::all_of(quota).iter().all(|scope| scope.holds(resource, object))
}

/// What a quota on `names` demands that a pod's containers name, by resource: the containers that do
/// not.
pub fn missing(pod: &Value, names: &[&str]) -> BTreeMap<&'static str, Vec<String>> {
    let mut missing: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    if pod::has_own_resources(pod) {
        return missing;
    }
    let containers = pod["spec"]["containers"].items().iter().chain(pod["spec"]["initContainers"].items());
    for container in containers {
        let requests = Resources::of(&container["resources"]["requests"]);
        let limits = Resources::of(&container["resources"]["limits"]);
        let named = compute(&requests, &limits);
        for name in DEMANDED {
            if names.contains(&name) && !named.contains(name) {
                missing.entry(name).or_default().push(container["name"].str_or_empty().to_owned());
            }
        }
    }
    for names in missing.values_mut() {
        names.sort_unstable();
        names.dedup();
    }
    missing
}

/// What all objects of one resource use together of what `hard` limits, within the scopes of a
/// quota. Resources of `hard` that this resource can use are named even where nothing uses them.
pub fn total<'o>(
    quota: &Value,
    hard: &Resources,
    resource: &Resource,
    objects: impl IntoIterator<Item = &'o Value>,
    now: Timestamp,
) -> Resources {
    let scopes = Scope::all_of(quota);
    let names = matching(resource, hard.names());
    let mut sum: Resources = names.iter().map(|name| ((*name).to_owned(), Quantity::ZERO)).collect();
    for object in objects {
        if scopes.iter().all(|scope| scope.holds(resource, object)) {
            sum.add(&usage(resource, object, now).only(|name| names.contains(&name)));
        }
    }
    sum
}

fn uses(resource: &Resource, name: &str) -> bool {
    match (resource.group, resource.name) {
        ("", "pods") => is_compute(name) || name == "pods" || is_extended(name),
        ("", "services") => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
        ("", "persistentvolumeclaims") => {
            let plain = |name: &str| matches!(name, "persistentvolumeclaims" | "requests.storage");
            plain(name) || name.split_once(STORAGE_CLASS).is_some_and(|(_, of_class)| plain(of_class))
        }
        ("resource.k8s.io", "resourceclaims") => name.ends_with(DEVICE_CLASS),
        ("", own) => name == own && is_counted_by_name(own),
        _ => false,
    }
}

/// Resources that could be counted before `count/` existed.
fn is_counted_by_name(resource: &str) -> bool {
    matches!(resource, "configmaps" | "resourcequotas" | "replicationcontrollers" | "secrets")
}

fn is_compute(name: &str) -> bool {
    let of_requests = name.strip_prefix(REQUESTS);
    let bare = of_requests.or(name.strip_prefix(LIMITS)).unwrap_or(name);
    COMPUTE.contains(&bare) || of_requests.unwrap_or(name).starts_with(HUGE_PAGES)
}

/// `requests.EXTENDED`: devices and the like, which cannot be overcommitted.
fn is_extended(name: &str) -> bool {
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    name.strip_prefix(REQUESTS)
        .is_some_and(|rest| !native || rest.starts_with("deviceclass.resource.kubernetes.io/"))
}

fn pod_usage(pod: &Value, now: Timestamp, used: &mut Resources) {
    if has_ended(pod, now) {
        return;
    }
    let requests = pod::resources(pod, Bound::Requests, Source::SpecAndStatus);
    let limits = pod::resources(pod, Bound::Limits, Source::SpecAndStatus);
    used.add(&compute(&requests, &limits));
    used.set("pods", Quantity::from_units(1));
}

/// Whether a pod no longer uses anything: it has ended, or should have ended and its node does not
/// say so.
fn has_ended(pod: &Value, now: Timestamp) -> bool {
    if matches!(pod["status"]["phase"].str_or_empty(), "Succeeded" | "Failed") {
        return true;
    }
    let deleted = pod["metadata"]["deletionTimestamp"].as_str().and_then(meta::time::parse);
    match (deleted, pod["metadata"]["deletionGracePeriodSeconds"].as_i64()) {
        (Some(deleted), Some(grace)) => now.duration_since(deleted) > SignedDuration::from_secs(grace),
        _ => false,
    }
}

/// Requests and limits under every name that a quota may give them.
fn compute(requests: &Resources, limits: &Resources) -> Resources {
    let mut named = Resources::default();
    for (name, amount) in requests.iter() {
        let whole = COMPUTE.contains(&name) || name.starts_with(HUGE_PAGES);
        if whole {
            named.set(name, amount);
        }
        if whole || is_extended(&format!("{REQUESTS}{name}")) {
            named.set(&format!("{REQUESTS}{name}"), amount);
        }
    }
    for (name, amount) in limits.iter().filter(|(name, _)| COMPUTE.contains(name)) {
        named.set(&format!("{LIMITS}{name}"), amount);
    }
    named
}

fn service_usage(service: &Value, used: &mut Resources) {
    let spec = &service["spec"];
    let ports = spec["ports"].items();
    let balanced = spec["type"].as_str() == Some("LoadBalancer");
    // The intent counts: node ports are not allocated yet when a Service is admitted.
    let node_ports = match spec["type"].str_or_empty() {
        "LoadBalancer" if spec["allocateLoadBalancerNodePorts"].as_bool() == Some(false) => {
            ports.iter().filter(|port| port["nodePort"].as_i64().unwrap_or(0) != 0).count()
        }
        "LoadBalancer" | "NodePort" => ports.len(),
        _ => 0,
    };
    used.set("services", Quantity::from_units(1));
    used.set("services.nodeports", Quantity::from_units(i64::try_from(node_ports).unwrap_or(i64::MAX)));
    used.set("services.loadbalancers", Quantity::from_units(i64::from(balanced)));
}

fn claim_usage(claim: &Value, used: &mut Resources) {
    let one = Quantity::from_units(1);
    used.set("persistentvolumeclaims", one);
    let annotated = claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"].as_str();
    let class = annotated.unwrap_or(claim["spec"]["storageClassName"].str_or_empty());
    if !class.is_empty() {
        used.set(&format!("{class}{STORAGE_CLASS}persistentvolumeclaims"), one);
    }
    let Some(mut storage) = Resources::of(&claim["spec"]["resources"]["requests"]).get("storage") else {
        return;
    };
    // A volume that is still being shrunk back to its request has not given anything back (KEP-1790).
    if let Some(allocated) = Resources::of(&claim["status"]["allocatedResources"]).get("storage") {
        storage = storage.max(allocated);
    }
    if !storage.is_integer() {
        storage = Quantity::from_bytes(storage.value());
    }
    used.set("requests.storage", storage);
    if !class.is_empty() {
        used.set(&format!("{class}{STORAGE_CLASS}requests.storage"), storage);
    }
}

/// Devices by class. Of alternatives the most counts, since any of them may be granted (KEP-4381).
fn device_usage(claim: &Value, used: &mut Resources) {
    /// How many devices of its class a request for all of them may come to.
    const MOST_DEVICES: i64 = 32;
    let wanted = |request: &Value| {
        let count = match request["allocationMode"].str_or_empty() {
            "All" => MOST_DEVICES,
            _ => request["count"].as_i64().unwrap_or(1),
        };
        let class = request["deviceClassName"].str_or_empty();
        let mut devices = Resources::default();
        if !class.is_empty() {
            devices.set(&format!("{class}{DEVICE_CLASS}"), Quantity::from_units(count));
        }
        devices
    };
    for request in claim["spec"]["devices"]["requests"].items() {
        used.add(&wanted(&request["exactly"]));
        let mut most = Resources::default();
        request["firstAvailable"].items().iter().for_each(|alternative| most.raise(&wanted(alternative)));
        used.add(&most);
    }
}
