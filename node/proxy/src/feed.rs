//! From informers to snapshots: Services joined with their EndpointSlices.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use api::view::View as _;
use api::views::EndpointSliceView;
use api::views::ServiceView;
use client::Informer;
use client::Informers;
use supervise::Stop;
use tokio::sync::Notify;

use crate::Endpoint;
use crate::Handle;
use crate::Protocol;
use crate::Service;
use crate::ServicePort;
use crate::ServiceSnapshot;
use crate::TrafficPolicy;

const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Keeps a proxy's snapshot in step with the API.
pub struct Feed {
    services: Informer,
    slices: Informer,
    node_name: String,
    handle: Handle,
    changed: Arc<Notify>,
}

impl Feed {
    /// Reads Services and EndpointSlices from `informers`; endpoints on `node_name` are local.
    pub fn new(informers: &Informers, node_name: &str, handle: Handle) -> Self {
        let row = |group, name| Resource::find(group, "v1", name).expect("a row of the table");
        let services = informers.get(row("", "services"));
        let slices = informers.get(row("discovery.k8s.io", "endpointslices"));
        let changed = Arc::new(Notify::new());
        for informer in [&services, &slices] {
            let changed = changed.clone();
            informer.subscribe(move |_| changed.notify_one());
        }
        Self { services, slices, node_name: node_name.to_owned(), handle, changed }
    }

    /// Publishes a snapshot after every change, many changes at once where they come quickly.
    pub async fn run(self, stop: Stop) {
        let synced = async {
            self.services.synced().await;
            self.slices.synced().await;
        };
        if stop.unless(synced).await.is_none() {
            return;
        }
        loop {
            self.handle.publish(snapshot(&self.services.list(), &self.slices.list(), &self.node_name));
            // A change that arrives while a snapshot is made leaves a permit behind.
            if stop.unless(self.changed.notified()).await.is_none() {
                return;
            }
        }
    }
}

/// Joins Services with their slices.
pub fn snapshot(services: &[Arc<Object>], slices: &[Arc<Object>], node_name: &str) -> ServiceSnapshot {
    let mut by_service: HashMap<(&str, &str), Vec<EndpointSliceView<'_>>> = HashMap::new();
    for slice in slices {
        if let Some(name) = slice.label(SERVICE_NAME) {
            by_service.entry((slice.namespace(), name)).or_default().push(slice.view());
        }
    }
    let services =
        services.iter().filter(|service| service.value()["spec"]["type"].as_str() != Some("ExternalName"));
    let services = services.map(|service| {
        let slices = by_service.get(&(service.namespace(), service.name())).map_or(&[][..], Vec::as_slice);
        join(service, slices, node_name)
    });
    ServiceSnapshot { services: services.collect() }
}

fn join(object: &Object, slices: &[EndpointSliceView<'_>], node_name: &str) -> Service {
    let service = ServiceView::of(object.value());
    let spec = service.spec();
    let policy = |text: &str| if text == "Local" { TrafficPolicy::Local } else { TrafficPolicy::Cluster };
    let affinity = (spec.session_affinity() == "ClientIP").then(|| {
        let seconds =
            spec.session_affinity_config().and_then(|c| c.client_ip()).and_then(|c| c.timeout_seconds());
        Duration::from_secs(seconds.and_then(|s| u64::try_from(s).ok()).unwrap_or(10_800))
    });
    let ingress = service.status().load_balancer().ingress();
    Service {
        namespace: object.namespace().to_owned(),
        name: object.name().to_owned(),
        cluster_ips: spec.cluster_ips().iter().filter_map(|ip| ip.parse().ok()).collect(),
        external_ips: spec.external_ips().iter().filter_map(|ip| ip.parse().ok()).collect(),
        load_balancer_ips: ingress
            .iter()
            .filter(|ingress| ingress.ip_mode().is_none_or(|mode| mode == "VIP"))
            .filter_map(|ingress| ingress.ip().parse().ok())
            .collect(),
        source_ranges: spec
            .load_balancer_source_ranges()
            .iter()
            .filter_map(|range| range.parse().ok())
            .collect(),
        session_affinity: affinity,
        internal_policy: policy(spec.internal_traffic_policy().unwrap_or("")),
        external_policy: policy(spec.external_traffic_policy()),
        health_check_node_port: u16::try_from(spec.health_check_node_port()).ok().filter(|port| *port > 0),
        ports: spec
            .ports()
            .iter()
            .filter_map(|port| {
                Some(ServicePort {
                    name: port.name().to_owned(),
                    protocol: protocol(port.protocol()),
                    port: u16::try_from(port.port()).ok()?,
                    node_port: u16::try_from(port.node_port()).ok().filter(|port| *port > 0),
                    endpoints: slices
                        .iter()
                        .flat_map(|slice| endpoints(slice, port.name(), node_name))
                        .collect(),
                })
            })
            .collect(),
    }
}

/// The endpoints of a slice behind the port with this name.
fn endpoints(slice: &EndpointSliceView<'_>, port_name: &str, node_name: &str) -> Vec<Endpoint> {
    let port =
        slice.ports().iter().find(|port| port.name().unwrap_or("") == port_name).and_then(|port| port.port());
    let Some(port) = port.and_then(|port| u16::try_from(port).ok()) else { return Vec::new() };
    let mut found = Vec::new();
    for endpoint in slice.endpoints().iter() {
        let conditions = endpoint.conditions();
        let ready = conditions.ready().unwrap_or(true);
        let names =
            |list: &Value| list.items().iter().map(|hint| hint["name"].str_or_empty().to_owned()).collect();
        let hints = endpoint.value().get("hints").unwrap_or(&api::NULL);
        for ip in endpoint.addresses().iter().filter_map(|ip| ip.parse().ok()) {
            found.push(Endpoint {
                ip,
                port,
                ready,
                serving: conditions.serving().unwrap_or(ready),
                terminating: conditions.terminating().unwrap_or(false),
                local: endpoint.node_name() == Some(node_name),
                zone_hints: names(&hints["forZones"]),
                node_hints: names(&hints["forNodes"]),
            });
        }
    }
    found
}

fn protocol(name: &str) -> Protocol {
    match name {
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => Protocol::Tcp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn ports_are_joined_by_name() {
        let row = |group, name| Resource::find(group, "v1", name).expect("a row");
        let service = Object::new(
            row("", "services"),
            value!({"metadata": {"namespace": "n", "name": "s"}, "spec": {
                "clusterIPs": ["10.0.0.1"], "ports": [{"name": "http", "port": 80, "nodePort": 30080, "protocol": "TCP"}]
            }}),
        );
        let slice = Object::new(
            row("discovery.k8s.io", "endpointslices"),
            value!({
                "metadata": {"namespace": "n", "name": "s-1", "labels": {"kubernetes.io/service-name": "s"}},
                "addressType": "IPv4", "ports": [{"name": "other", "port": 1}, {"name": "http", "port": 8080}],
                "endpoints": [
                    {"addresses": ["10.1.0.1"], "nodeName": "here", "conditions": {"ready": true}},
                    {"addresses": ["10.1.0.2"], "conditions": {"ready": false, "serving": true, "terminating": true}}
                ]
            }),
        );
        let snapshot = snapshot(&[Arc::new(service)], &[Arc::new(slice)], "here");
        let port = &snapshot.services[0].ports[0];
        assert_eq!((port.port, port.node_port), (80, Some(30080)));
        let mut second = Endpoint::ready("10.1.0.2".parse().expect("an address"), 8080, false);
        second.ready = false;
        second.terminating = true;
        assert_eq!(
            port.endpoints,
            [Endpoint::ready("10.1.0.1".parse().expect("an address"), 8080, true), second]
        );
    }
}
