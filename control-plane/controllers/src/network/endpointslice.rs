//! EndpointSlices: the addresses a Service leads to, a hundred to a slice.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;

use super::service;
use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::objects::controller_reference;
use crate::objects::is_deleting;
use crate::objects::metadata;
use crate::workloads::claim::target;
use crate::workloads::overlay::Overlay;
use crate::workloads::pods::is_terminating;
use crate::workloads::pods::only_this;

const NAME: &str = "endpointslice-controller";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const BY_SERVICE: &str = "service";
const WORKERS: usize = 5;
/// Most endpoints in one slice, as upstream's default.
const MAX_ENDPOINTS: usize = 100;

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    Create(Value),
    Update(Value),
    Delete(String),
}

/// What a Service's slices are decided from.
pub(crate) struct Snapshot<'a> {
    pub(crate) service: &'a Object,
    /// Selected pods with an address.
    pub(crate) pods: &'a [Arc<Object>],
    /// The slices we manage.
    pub(crate) slices: &'a [Arc<Object>],
    /// The zone of a node.
    pub(crate) zone_of: &'a dyn Fn(&str) -> Option<String>,
}

/// Endpoints that share address family and ports.
struct Group {
    family: &'static str,
    ports: Value,
    endpoints: Vec<Value>,
}

/// Decides. Slices that need no change are not written; endpoints stay in the slice they are in.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Vec<Op> {
    let service = snapshot.service;
    let mut left: Vec<&Arc<Object>> = snapshot.slices.iter().filter(|slice| !is_deleting(slice)).collect();
    let mut ops = Vec::new();
    for group in groups(snapshot) {
        let alike = |slice: &&Arc<Object>| {
            slice.value()["addressType"].as_str() == Some(group.family)
                && same_ports(&slice.value()["ports"], &group.ports)
        };
        let (mine, others) = left.into_iter().partition(alike);
        left = others;
        ops.extend(fill(service, &group, mine));
    }
    ops.extend(left.into_iter().map(|slice| Op::Delete(slice.name().to_owned())));
    ops
}

fn groups(snapshot: &Snapshot<'_>) -> Vec<Group> {
    let service = snapshot.service;
    let families = service.value()["spec"]["ipFamilies"].items();
    let families: Vec<&'static str> = if families.is_empty() {
        vec!["IPv4"]
    } else {
        families.iter().map(|family| if family.as_str() == Some("IPv6") { "IPv6" } else { "IPv4" }).collect()
    };
    let mut groups: Vec<Group> = Vec::new();
    for family in families {
        let first = groups.len();
        for pod in snapshot.pods {
            let Some(endpoint) = endpoint(snapshot, pod, family) else { continue };
            let ports = service::ports_of(service, pod);
            let portless =
                service.value()["spec"]["ports"].items().is_empty() && service::is_headless(service);
            if ports.is_empty() && !portless {
                continue;
            }
            let ports = Value::from(ports);
            match groups[first..].iter_mut().find(|group| group.ports == ports) {
                Some(group) => group.endpoints.push(endpoint),
                None => groups.push(Group { family, ports, endpoints: vec![endpoint] }),
            }
        }
        // A Service without endpoints shows so by an empty slice.
        if groups.len() == first {
            groups.push(Group { family, ports: Value::Null, endpoints: Vec::new() });
        }
    }
    groups
}

fn endpoint(snapshot: &Snapshot<'_>, pod: &Object, family: &str) -> Option<Value> {
    let of_family = |ip: &std::net::IpAddr| ip.is_ipv6() == (family == "IPv6");
    let addresses: Vec<String> = service::addresses(pod).filter(of_family).map(|ip| ip.to_string()).collect();
    if addresses.is_empty() {
        return None;
    }
    let condition = service::condition_of(pod);
    // A pod that is about to end is never ready, unless readiness does not matter at all.
    let ready = service::publishes_unready(snapshot.service) || (condition.serving && !condition.terminating);
    let mut endpoint = value!({
        "addresses": addresses,
        "conditions": {"ready": ready, "serving": condition.serving, "terminating": condition.terminating}
    });
    if let Some(hostname) = service::hostname(snapshot.service, pod) {
        endpoint.set(&["hostname"], hostname);
    }
    endpoint.set(&["targetRef"], service::target_ref(pod));
    let node = pod.value()["spec"]["nodeName"].str_or_empty();
    if !node.is_empty() {
        endpoint.set(&["nodeName"], node);
        if let Some(zone) = (snapshot.zone_of)(node) {
            endpoint.set(&["zone"], zone);
        }
    }
    Some(endpoint)
}

/// Distributes a group's endpoints over its slices.
fn fill(service: &Object, group: &Group, slices: Vec<&Arc<Object>>) -> Vec<Op> {
    let mut missing: Vec<&Value> = group.endpoints.iter().collect();
    let labels = labels(service);
    let mut kept: Vec<(&Arc<Object>, Vec<Value>, bool)> = Vec::new();
    for slice in slices {
        let mut endpoints = Vec::new();
        for old in slice.value()["endpoints"].items() {
            let uid = &old["targetRef"]["uid"];
            if let Some(place) = missing.iter().position(|new| new["targetRef"]["uid"] == *uid) {
                endpoints.push(missing.swap_remove(place).clone());
            }
        }
        let same = endpoints.as_slice() == slice.value()["endpoints"].items() && is_labelled(slice, &labels);
        kept.push((slice, endpoints, !same));
    }
    // In a stable order, since `swap_remove` shuffled them.
    missing.sort_by(|a, b| a["targetRef"]["name"].str_or_empty().cmp(b["targetRef"]["name"].str_or_empty()));
    // Slices that are written anyway take what is missing first, the fullest before others.
    kept.sort_by_key(|(_, endpoints, changed)| (!changed, std::cmp::Reverse(endpoints.len())));
    let room = |endpoints: &[Value]| MAX_ENDPOINTS - endpoints.len().min(MAX_ENDPOINTS);
    for (_, endpoints, changed) in &mut kept {
        let fits = *changed || (!missing.is_empty() && missing.len() <= room(endpoints));
        if fits && !missing.is_empty() {
            let count = missing.len().min(room(endpoints));
            endpoints.extend(missing.drain(..count).cloned());
            *changed |= count > 0;
        }
    }
    let mut ops = Vec::new();
    let mut shown = false;
    for (slice, endpoints, changed) in kept {
        if endpoints.is_empty() && (!group.endpoints.is_empty() || shown) {
            ops.push(Op::Delete(slice.name().to_owned()));
            continue;
        }
        shown = true;
        if changed {
            let mut body = slice.value().clone();
            body.set(&["endpoints"], endpoints);
            body.set(&["ports"], group.ports.clone());
            body.set(&["metadata", "labels"], Value::Object(labels.clone()));
            ops.push(Op::Update(body));
        }
    }
    for chunk in missing.chunks(MAX_ENDPOINTS) {
        shown = true;
        ops.push(Op::Create(new_slice(service, group, chunk.iter().map(|e| (*e).clone()).collect())));
    }
    if !shown {
        ops.push(Op::Create(new_slice(service, group, Vec::new())));
    }
    ops
}

fn new_slice(service: &Object, group: &Group, endpoints: Vec<Value>) -> Value {
    value!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "namespace": service.namespace(), "generateName": format!("{}-", service.name()),
            "labels": Value::Object(labels(service)), "ownerReferences": [controller_reference(service)]
        },
        "addressType": group.family, "endpoints": endpoints, "ports": group.ports.clone()
    })
}

/// The Service's labels and ours.
fn labels(service: &Object) -> api::Map {
    let reserved = [MANAGED_BY, SERVICE_NAME, service::HEADLESS];
    let own = metadata(service).labels();
    let mut labels: api::Map = own.strs().filter(|(key, _)| !reserved.contains(key)).collect();
    labels.insert(MANAGED_BY, MANAGER);
    labels.insert(SERVICE_NAME, service.name());
    if service::is_headless(service) {
        labels.insert(service::HEADLESS, "");
    }
    labels
}

fn is_labelled(slice: &Object, labels: &api::Map) -> bool {
    slice.value()["metadata"]["labels"].entries() == labels
}

fn same_ports(old: &Value, new: &Value) -> bool {
    old.items().len() == new.items().len()
        && new.items().iter().all(|port| {
            old.items().iter().any(|other| {
                ["name", "protocol", "port", "appProtocol"]
                    .iter()
                    .all(|field| crate::objects::same_status(&port[field], &other[field]))
            })
        })
}

struct Controller {
    services: Informer,
    pods: Informer,
    slices: Informer,
    nodes: Informer,
    overlay: Overlay,
    client: Client,
}

/// The controller; keys are Services.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (services, pods) = (context.informer("", "services"), context.informer("", "pods"));
    let (slices, nodes) =
        (context.informer("discovery.k8s.io", "endpointslices"), context.informer("", "nodes"));
    slices.add_index(BY_SERVICE, |slice| vec![format!("{}/{}", slice.namespace(), service_of(slice))]);
    let queue = context.queue();
    let overlay = Overlay::new(&slices);
    service::wake_for_services(&services, &pods, &queue);
    let wake = queue.clone();
    slices.subscribe(move |change: &Change<'_>| {
        let slice = change.object();
        if slice.label(MANAGED_BY) == Some(MANAGER) {
            wake.add(Key::new(slice.namespace(), service_of(slice)), "slice changed");
        }
    });
    let client = context.client(NAME);
    let controller = Controller { services, pods, slices, nodes, overlay, client };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

fn service_of(slice: &Object) -> &str {
    slice.label(SERVICE_NAME).unwrap_or("")
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let service = self.services.get(&key.namespace, &key.name).filter(|service| !is_deleting(service));
        // What a Service leaves behind, the garbage collector takes.
        let Some(service) = service else { return Ok(Outcome::Done) };
        let Some(selector) = service::selector_of(&service) else { return Ok(Outcome::Done) };
        let pods = service::selected(&self.pods, &service, &selector);
        let mut slices = self.slices.indexed(BY_SERVICE, &key.to_string());
        slices.retain(|slice| slice.label(MANAGED_BY) == Some(MANAGER));
        let slices = self.overlay.apply(service.uid(), slices, |slice| !is_deleting(slice));
        let zone_of = |node: &str| {
            let node = self.nodes.get("", node)?;
            node.label("topology.kubernetes.io/zone").map(str::to_owned)
        };
        let ops = plan(&Snapshot { service: &service, pods: &pods, slices: &slices, zone_of: &zone_of });
        for op in ops {
            match self.execute(&service, &slices, op).await {
                Err(error) if is_terminating(&error) || error.is_not_found() => return Ok(Outcome::Done),
                result => result?,
            }
        }
        Ok(Outcome::Done)
    }
}

impl Controller {
    async fn execute(&self, service: &Object, slices: &[Arc<Object>], op: Op) -> Result<(), client::Error> {
        match op {
            Op::Create(body) => {
                let made = self.client.create(row("discovery.k8s.io", "endpointslices"), body).await?;
                self.overlay.made(service.uid(), made);
            }
            Op::Update(body) => {
                let name = body["metadata"]["name"].str_or_empty();
                let Some(slice) = slices.iter().find(|slice| slice.name() == name) else { return Ok(()) };
                self.client.update(target(slice), body).await?;
            }
            Op::Delete(name) => {
                let Some(slice) = slices.iter().find(|slice| slice.name() == name) else { return Ok(()) };
                match self.client.delete(target(slice), only_this(slice)).await {
                    Err(error) if !error.is_not_found() && !error.is_conflict() => return Err(error),
                    _ => self.overlay.ended(service.uid(), slice.uid()),
                }
            }
        }
        Ok(())
    }
}
