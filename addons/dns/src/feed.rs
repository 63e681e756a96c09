//! From informers to records.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use api::Object;
use api::Resource;
use api::view::View as _;
use api::views::EndpointSliceView;
use api::views::ServiceView;
use client::Informer;
use client::Informers;
use supervise::Stop;
use tokio::sync::Notify;

use crate::Handle;
use crate::HeadlessEndpoint;
use crate::NamedPort;
use crate::RecordInputs;
use crate::Records;
use crate::ServiceKind;
use crate::ServiceRecord;

const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Seconds that answers may be kept: endpoints of headless Services come and go.
const TTL: u32 = 5;

/// Keeps a DNS server's records in step with the API.
pub struct Feed {
    namespaces: Informer,
    services: Informer,
    slices: Informer,
    domain: String,
    server_ips: Vec<IpAddr>,
    handle: Handle,
    changed: Arc<Notify>,
}

impl Feed {
    /// Reads namespaces, Services and EndpointSlices from `informers`. `server_ips` are the
    /// addresses of the DNS service.
    pub fn new(informers: &Informers, domain: &str, server_ips: Vec<IpAddr>, handle: Handle) -> Self {
        let row = |group, name| Resource::find(group, "v1", name).expect("a row of the table");
        let namespaces = informers.get(row("", "namespaces"));
        let services = informers.get(row("", "services"));
        let slices = informers.get(row("discovery.k8s.io", "endpointslices"));
        let changed = Arc::new(Notify::new());
        for informer in [&namespaces, &services, &slices] {
            let changed = changed.clone();
            informer.subscribe(move |_| changed.notify_one());
        }
        Self { namespaces, services, slices, domain: domain.to_owned(), server_ips, handle, changed }
    }

    /// Publishes records after every change.
    pub async fn run(self, stop: Stop) {
        let synced = async {
            self.namespaces.synced().await;
            self.services.synced().await;
            self.slices.synced().await;
        };
        if stop.unless(synced).await.is_none() {
            return;
        }
        for serial in 1.. {
            let inputs = self.inputs(serial);
            match Records::build(&inputs) {
                Ok(records) => self.handle.publish(records),
                Err(error) => tracing::error!(%error, "records not built"),
            }
            // A change that arrives while records are made leaves a permit behind.
            if stop.unless(self.changed.notified()).await.is_none() {
                return;
            }
        }
    }

    fn inputs(&self, serial: u32) -> RecordInputs {
        let slices = self.slices.list();
        let mut by_service: HashMap<(&str, &str), Vec<EndpointSliceView<'_>>> = HashMap::new();
        for slice in &slices {
            if let Some(name) = slice.label(SERVICE_NAME) {
                by_service.entry((slice.namespace(), name)).or_default().push(slice.view());
            }
        }
        let services = self.services.list();
        let records = services.iter().map(|service| {
            let slices =
                by_service.get(&(service.namespace(), service.name())).map_or(&[][..], Vec::as_slice);
            record(service, slices)
        });
        RecordInputs {
            cluster_domain: self.domain.clone(),
            ttl: TTL,
            serial,
            server_ips: self.server_ips.clone(),
            namespaces: self.namespaces.list().iter().map(|namespace| namespace.name().to_owned()).collect(),
            services: records.collect(),
        }
    }
}

fn record(object: &Object, slices: &[EndpointSliceView<'_>]) -> ServiceRecord {
    let spec = ServiceView::of(object.value()).spec();
    let port = |name: &str, protocol: &str, number: i64| {
        let port = u16::try_from(number).ok()?;
        Some(NamedPort { name: name.to_owned(), protocol: protocol.to_owned(), port })
    };
    let kind = if spec.type_() == "ExternalName" {
        ServiceKind::ExternalName(spec.external_name().to_owned())
    } else if spec.cluster_ip() == "None" {
        let publish_all = spec.publish_not_ready_addresses();
        let endpoints = slices.iter().flat_map(|slice| headless(slice, publish_all, &port));
        ServiceKind::Headless { endpoints: endpoints.collect() }
    } else {
        ServiceKind::ClusterIp {
            ips: spec.cluster_ips().iter().filter_map(|ip| ip.parse().ok()).collect(),
            ports: spec.ports().iter().filter_map(|p| port(p.name(), p.protocol(), p.port())).collect(),
        }
    };
    ServiceRecord { namespace: object.namespace().to_owned(), name: object.name().to_owned(), kind }
}

fn headless(
    slice: &EndpointSliceView<'_>,
    publish_all: bool,
    port: &dyn Fn(&str, &str, i64) -> Option<NamedPort>,
) -> Vec<HeadlessEndpoint> {
    let ports: Vec<NamedPort> = slice
        .ports()
        .iter()
        .filter_map(|p| port(p.name().unwrap_or(""), p.protocol().unwrap_or("TCP"), p.port()?))
        .collect();
    let published =
        slice.endpoints().iter().filter(|e| publish_all || e.conditions().ready().unwrap_or(true));
    published
        .flat_map(|endpoint| {
            let hostname = endpoint.hostname().filter(|name| !name.is_empty()).map(str::to_owned);
            let ips: Vec<IpAddr> = endpoint.addresses().iter().filter_map(|ip| ip.parse().ok()).collect();
            ips.into_iter().map(move |ip| (ip, hostname.clone()))
        })
        .map(|(ip, hostname)| HeadlessEndpoint { ip, hostname, ports: ports.clone() })
        .collect()
}
