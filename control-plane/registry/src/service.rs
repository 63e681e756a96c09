//! Services and the ranges their addresses come from.

use api::Value;
use meta::Cause;
use meta::names;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::rules::supported;
use crate::table;

pub(crate) struct Services;
pub(crate) struct ServiceCidrs;
pub(crate) struct IpAddresses;

impl Strategy for Services {
    fn table(&self) -> &'static Table {
        &table::SERVICE
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, service: &mut Value) {
        let Some(spec) = service.get_mut("spec") else { return };
        set_default(spec, "type", "ClusterIP");
        set_default(spec, "sessionAffinity", "None");
        let kind = spec["type"].str_or_empty().to_owned();
        if spec["sessionAffinity"].as_str() == Some("ClientIP")
            && spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"].is_null()
        {
            spec.set(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"], 10800);
        }
        if kind != "ExternalName" {
            set_default(spec, "internalTrafficPolicy", "Cluster");
        }
        if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
            set_default(spec, "externalTrafficPolicy", "Cluster");
        }
        if kind == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"].is_null() {
            spec.set(&["allocateLoadBalancerNodePorts"], true);
        }
        for port in items_mut(spec, "ports") {
            set_default(port, "protocol", "TCP");
            if port["targetPort"].is_zero() {
                let number = port["port"].clone();
                port.set(&["targetPort"], number);
            }
        }
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        false
    }

    fn prepare_create(&self, _cx: &Context<'_>, service: &mut Value) {
        service.set(&["status"], api::value!({"loadBalancer": {}}));
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        names::dns1123_label(name)
    }

    fn check(&self, _cx: &Context<'_>, service: &Value, causes: &mut Vec<Cause>) {
        let path = Path::new("spec");
        let spec = &service["spec"];
        let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        supported(&path, spec, "type", &kinds, causes);
        supported(&path, spec, "sessionAffinity", &["ClientIP", "None"], causes);
        supported(&path, spec, "internalTrafficPolicy", &["Cluster", "Local"], causes);
        supported(&path, spec, "externalTrafficPolicy", &["Cluster", "Local"], causes);
        let headless = spec["clusterIP"].as_str() == Some("None");
        let external_name = spec["type"].as_str() == Some("ExternalName");
        if external_name && spec["externalName"].str_or_empty().is_empty() {
            causes.push(Cause::required(path.child("externalName"), ""));
        } else if external_name {
            let name = spec["externalName"].str_or_empty();
            let path = path.child("externalName");
            rules::spelled(&path, name.strip_suffix('.').unwrap_or(name), names::dns1123_subdomain, causes);
        }
        if headless && matches!(spec["type"].str_or_empty(), "NodePort" | "LoadBalancer") {
            let detail = format!("may not be set to 'None' for {} services", spec["type"].str_or_empty());
            causes.push(Cause::invalid("spec.clusterIPs[0]", "None", &detail));
        }
        let mut families = Vec::new();
        for (i, family) in spec["ipFamilies"].items().iter().enumerate() {
            let list = path.child("ipFamilies");
            if families.contains(&family) {
                causes.push(Cause::duplicate(list.index(i), family));
            }
            families.push(family);
        }
        let ports = spec["ports"].items();
        if ports.is_empty() && !headless && !external_name {
            causes.push(Cause::required(path.child("ports"), ""));
        }
        let mut seen = Vec::new();
        let mut named = Vec::new();
        for (i, port) in ports.iter().enumerate() {
            let list = path.child("ports");
            let field = list.index(i);
            validate_port(&field, port, ports.len() > 1, causes);
            let name = port["name"].str_or_empty();
            if !name.is_empty() && named.contains(&name) {
                causes.push(Cause::duplicate(field.child("name"), name));
            }
            named.push(name);
            let identity = (port["port"].as_i64(), port["protocol"].str_or_empty());
            if seen.contains(&identity) {
                causes.push(Cause::duplicate(field, api::json::to_string(port)));
            }
            seen.push(identity);
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        service: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
    ) {
        if part != Subresource::None {
            return;
        }
        let (new_ip, old_ip) =
            (service["spec"]["clusterIP"].str_or_empty(), old["spec"]["clusterIP"].str_or_empty());
        let was_external = old["spec"]["type"].as_str() == Some("ExternalName");
        let becomes_external = service["spec"]["type"].as_str() == Some("ExternalName");
        if !was_external && !becomes_external && !old_ip.is_empty() && new_ip != old_ip {
            let shown = vec![new_ip.to_owned()];
            causes.push(Cause::invalid("spec.clusterIPs[0]", shown, "may not change once set"));
        }
    }
}

fn validate_port(path: &Path, port: &Value, named: bool, causes: &mut Vec<Cause>) {
    let name = port["name"].str_or_empty();
    if named && name.is_empty() {
        causes.push(Cause::required(path.child("name"), ""));
    } else if !name.is_empty() {
        causes.extend(names::dns1123_label(name).iter().map(|e| Cause::invalid(path.child("name"), name, e)));
    }
    let number = port["port"].as_i64().unwrap_or(0);
    if !(1..=65535).contains(&number) {
        let detail = "must be between 1 and 65535, inclusive";
        causes.push(Cause::invalid(path.child("port"), number, detail));
    }
    supported(path, port, "protocol", &["SCTP", "TCP", "UDP"], causes);
    rules::name(path, port, "appProtocol", names::qualified_name, causes);
    match &port["targetPort"] {
        Value::Int(number) if !(1..=65535).contains(number) => {
            let detail = "must be between 1 and 65535, inclusive";
            causes.push(Cause::invalid(path.child("targetPort"), number, detail));
        }
        Value::String(name) => {
            causes.extend(
                names::port_name(name)
                    .iter()
                    .map(|e| Cause::invalid(path.child("targetPort"), name.as_str(), e)),
            );
        }
        _ => {}
    }
}

impl Strategy for ServiceCidrs {
    fn table(&self) -> &'static Table {
        &table::SERVICE_CIDR
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        false
    }
}

impl Strategy for IpAddresses {
    fn table(&self) -> &'static Table {
        &table::IP_ADDRESS
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        match name.parse::<std::net::IpAddr>() {
            Ok(address) if address.to_string() == name => Vec::new(),
            _ => vec!["must be a valid IP address in canonical form".to_owned()],
        }
    }
}
