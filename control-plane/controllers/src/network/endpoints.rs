//! Endpoints: the old form of what a Service leads to, one object of up to a thousand addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;
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
use crate::objects::is_deleting;
use crate::objects::metadata;
use crate::workloads::claim::target;
use crate::workloads::pods::is_terminating;
use crate::workloads::pods::only_this;

const NAME: &str = "endpoint-controller";
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const WORKERS: usize = 5;
/// Most addresses in one object, as upstream.
const MAX_ADDRESSES: usize = 1000;

/// The Endpoints a Service should have, on top of what is there. `None` where nothing changes.
pub(crate) fn plan(service: &Object, pods: &[Arc<Object>], current: Option<&Object>) -> Option<Value> {
    let (subsets, truncated) = subsets(service, pods);
    let mut body = match current {
        Some(current) => current.value().clone(),
        None => value!({
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"namespace": service.namespace(), "name": service.name()}
        }),
    };
    let mut labels: api::Map =
        metadata(service).labels().strs().filter(|(key, _)| *key != service::HEADLESS).collect();
    labels.insert(MANAGED_BY, NAME);
    if service::is_headless(service) {
        labels.insert(service::HEADLESS, "");
    }
    body.set(&["metadata", "labels"], Value::Object(labels));
    if truncated {
        body.set(&["metadata", "annotations", OVER_CAPACITY], "truncated");
    } else {
        body.remove(&["metadata", "annotations", OVER_CAPACITY]);
    }
    if subsets.is_empty() {
        body.remove(&["subsets"]);
    } else {
        body.set(&["subsets"], subsets);
    }
    match current {
        Some(current) if crate::objects::same_status(current.value(), &body) => None,
        _ => Some(body),
    }
}

/// Addresses that share ports, each with whether it is ready.
type Group = (Vec<Value>, BTreeMap<IpAddr, (Value, bool)>);

/// Addresses by the ports they serve, and whether some had to be left out.
fn subsets(service: &Object, pods: &[Arc<Object>]) -> (Vec<Value>, bool) {
    let unready_too = service::publishes_unready(service);
    let portless = service.value()["spec"]["ports"].items().is_empty() && service::is_headless(service);
    let ipv6 = service.value()["spec"]["ipFamilies"].items().first().and_then(Value::as_str) == Some("IPv6");
    // By ports in text form, then by address: the same pods always give the same object.
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for pod in pods {
        let condition = service::condition_of(pod);
        if condition.terminating && !unready_too {
            continue;
        }
        let Some(ip) = service::addresses(pod).find(|ip| ip.is_ipv6() == ipv6) else { continue };
        let ports: Vec<Value> = service::ports_of(service, pod).into_iter().map(without_empty_name).collect();
        if ports.is_empty() && !portless {
            continue;
        }
        let mut address = value!({"ip": ip.to_string()});
        if let Some(hostname) = service::hostname(service, pod) {
            address.set(&["hostname"], hostname);
        }
        let node = pod.value()["spec"]["nodeName"].str_or_empty();
        if !node.is_empty() {
            address.set(&["nodeName"], node);
        }
        address.set(&["targetRef"], service::target_ref(pod));
        let key = api::json::to_string(&Value::from(ports.clone()));
        let ready = condition.serving || unready_too;
        groups.entry(key).or_insert_with(|| (ports, BTreeMap::new())).1.insert(ip, (address, ready));
    }
    let total: usize = groups.values().map(|(_, addresses)| addresses.len()).sum();
    let mut room = MAX_ADDRESSES;
    let mut subsets = Vec::new();
    for (ports, addresses) in groups.into_values() {
        let (ready, unready): (Vec<_>, Vec<_>) = addresses.into_values().partition(|(_, ready)| *ready);
        let mut subset = Value::object();
        for (field, list) in [("addresses", ready), ("notReadyAddresses", unready)] {
            let list: Vec<Value> = list.into_iter().map(|(address, _)| address).take(room).collect();
            room -= list.len();
            if !list.is_empty() {
                subset.set(&[field], list);
            }
        }
        if subset.entries().is_empty() {
            continue;
        }
        if !ports.is_empty() {
            subset.set(&["ports"], ports);
        }
        subsets.push(subset);
    }
    (subsets, total > MAX_ADDRESSES)
}

fn without_empty_name(mut port: Value) -> Value {
    if port["name"].str_or_empty().is_empty() {
        port.remove(&["name"]);
    }
    port
}

struct Controller {
    services: Informer,
    pods: Informer,
    endpoints: Informer,
    client: Client,
}

/// The controller; keys are Services.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (services, pods) = (context.informer("", "services"), context.informer("", "pods"));
    let endpoints = context.informer("", "endpoints");
    let queue = context.queue();
    service::wake_for_services(&services, &pods, &queue);
    let wake = queue.clone();
    endpoints.subscribe(move |change: &Change<'_>| wake.add(Key::of(change.object()), "endpoints changed"));
    let controller = Controller { services, pods, endpoints, client: context.client(NAME) };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let current = self.endpoints.get(&key.namespace, &key.name);
        let service = self.services.get(&key.namespace, &key.name).filter(|service| !is_deleting(service));
        let Some(service) = service else { return self.clean_up(current).await };
        let Some(selector) = service::selector_of(&service) else { return Ok(Outcome::Done) };
        let pods = service::selected(&self.pods, &service, &selector);
        let Some(body) = plan(&service, &pods, current.as_deref()) else { return Ok(Outcome::Done) };
        let result = match &current {
            Some(current) => self.client.update(target(current), body).await,
            None => self.client.create(row("", "endpoints"), body).await,
        };
        match result {
            Ok(_) => Ok(Outcome::Done),
            Err(error) if is_terminating(&error) => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
        }
    }
}

impl Controller {
    /// Endpoints have no owner reference: what we made for a Service that is gone, we take away.
    async fn clean_up(&self, current: Option<Arc<Object>>) -> Result<Outcome, Error> {
        let Some(current) = current.filter(|object| object.label(MANAGED_BY) == Some(NAME)) else {
            return Ok(Outcome::Done);
        };
        match self.client.delete(target(&current), only_this(&current)).await {
            Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error.into()),
            _ => Ok(Outcome::Done),
        }
    }
}
