//! What Services, pods and ports mean to each other: shared by both forms of endpoints.

use std::net::IpAddr;
use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use api::value;
use api::view::View as _;
use api::views::PodView;
use api::views::ServiceView;
use client::Change;
use client::Informer;
use control::Key;
use control::WorkQueue;
use meta::LabelSelector;

use crate::objects::is_deleting;
use crate::workloads::pods;

/// The label of objects that belong to a Service without address.
pub(crate) const HEADLESS: &str = "service.kubernetes.io/headless";

/// The pods a Service selects; `None` where others look after its endpoints.
pub(crate) fn selector_of(service: &Object) -> Option<LabelSelector> {
    let spec = &service.value()["spec"];
    if spec["type"].as_str() == Some("ExternalName") { None } else { selector::label_map(&spec["selector"]) }
}

/// Whether a Service has no address of its own.
pub(crate) fn is_headless(service: &Object) -> bool {
    matches!(service.value()["spec"]["clusterIP"].str_or_empty(), "" | "None")
}

/// The pods that a Service may lead to.
pub(crate) fn selected(pods: &Informer, service: &Object, selector: &LabelSelector) -> Vec<Arc<Object>> {
    let mut selected = pods.list_in(service.namespace());
    selected.retain(|pod| {
        pod.index().matches_labels(selector) && !pods::has_ended(pod) && addresses(pod).next().is_some()
    });
    selected
}

/// Every address of a pod.
pub(crate) fn addresses(pod: &Object) -> impl Iterator<Item = IpAddr> {
    let status = &pod.value()["status"];
    let many = status["podIPs"].items();
    let single = if many.is_empty() { Some(&status["podIP"]) } else { None };
    many.iter().map(|entry| &entry["ip"]).chain(single).filter_map(|ip| ip.as_str()?.parse().ok())
}

/// Whether a pod can answer, told from whether it is about to end.
pub(crate) struct Condition {
    pub(crate) serving: bool,
    pub(crate) terminating: bool,
}

/// The condition of a pod.
pub(crate) fn condition_of(pod: &Object) -> Condition {
    Condition { serving: pods::is_ready(pod), terminating: is_deleting(pod) }
}

/// The ports by which a pod serves a Service. A named port that the pod lacks is left out.
pub(crate) fn ports_of(service: &Object, pod: &Object) -> Vec<Value> {
    let ports = service.value()["spec"]["ports"].items();
    ports
        .iter()
        .filter_map(|port| {
            let number = number_of(port, pod)?;
            let mut found = value!({
                "name": port["name"].str_or_empty(),
                "protocol": port["protocol"].as_str().unwrap_or("TCP"),
                "port": number
            });
            if let Some(protocol) = port["appProtocol"].as_str() {
                found.set(&["appProtocol"], protocol);
            }
            Some(found)
        })
        .collect()
}

fn number_of(port: &Value, pod: &Object) -> Option<i64> {
    match &port["targetPort"] {
        Value::Int(0) | Value::Null => port["port"].as_i64(),
        Value::Int(number) => Some(*number),
        Value::String(name) if name.is_empty() => port["port"].as_i64(),
        Value::String(name) => {
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            let spec = PodView::of(pod.value()).spec();
            let sidecars = spec.init_containers();
            let sidecars = sidecars.iter().filter(|c| c.restart_policy() == Some("Always"));
            let mut ports = spec.containers().iter().chain(sidecars).flat_map(|c| c.ports().iter());
            ports
                .find(|p| {
                    p.name() == name.as_str()
                        && (p.protocol() == protocol || (p.protocol().is_empty() && protocol == "TCP"))
                })
                .map(|p| p.container_port())
        }
        _ => None,
    }
}

/// The pod's own name under a Service of the same subdomain.
pub(crate) fn hostname<'a>(service: &Object, pod: &'a Object) -> Option<&'a str> {
    let spec = PodView::of(pod.value()).spec();
    let named = !spec.hostname().is_empty() && spec.subdomain() == service.name();
    named.then(|| spec.hostname())
}

/// A reference to a pod, as endpoints carry it.
pub(crate) fn target_ref(pod: &Object) -> Value {
    value!({"kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid()})
}

/// Whether addresses are published before pods are ready.
pub(crate) fn publishes_unready(service: &Object) -> bool {
    ServiceView::of(service.value()).spec().publish_not_ready_addresses()
}

/// Wakes Services for changes of themselves and of pods they select.
pub(crate) fn wake_for_services(services: &Informer, pods: &Informer, queue: &WorkQueue) {
    crate::context::wake_for_own(services, queue);
    let (services, queue) = (services.clone(), queue.clone());
    pods.subscribe(move |change: &Change<'_>| {
        if let (Some(old), Some(new)) = (change.old, change.new)
            && same_for_services(old, new)
        {
            return;
        }
        for service in services.list_in(change.object().namespace()) {
            let Some(selector) = selector_of(&service) else { continue };
            let selects = |pod: &&Arc<Object>| pod.index().matches_labels(&selector);
            if [change.old, change.new].into_iter().flatten().any(|pod| selects(&pod)) {
                queue.add(Key::of(&service), "pod changed");
            }
        }
    });
}

fn same_for_services(old: &Object, new: &Object) -> bool {
    let fields: [&[&str]; 6] = [
        &["status", "podIPs"],
        &["status", "podIP"],
        &["spec", "nodeName"],
        &["spec", "hostname"],
        &["spec", "subdomain"],
        &["metadata", "deletionTimestamp"],
    ];
    old.uid() == new.uid()
        && old.index().labels == new.index().labels
        && pods::is_ready(old) == pods::is_ready(new)
        && pods::has_ended(old) == pods::has_ended(new)
        && fields.iter().all(|field| old.value().at(field) == new.value().at(field))
}
