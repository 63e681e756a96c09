//! The rules of a Service.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::checks_health;
use super::is_headless;
use super::is_reached_from_outside;
use super::is_type;
use crate::Path;
use crate::address;
use crate::rules;
use crate::rules::Seen;
use crate::rules::supported;

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const LONGEST_AFFINITY_SECONDS: i64 = 86_400;
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const BALANCED_ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
const ONCE: &str = "may not change once set";

/// Every rule that a Service breaks; what stood in `old` already is not looked at for its spelling.
pub(super) fn check(service: &Value, old: Option<&Value>, causes: &mut Causes) {
    let (path, spec) = (Path::new("spec"), &service["spec"]);
    let named = is_type(service, "ExternalName");
    let ports = spec["ports"].items();
    if ports.is_empty() && !is_headless(service) && !named {
        causes.push(Cause::required(path.child("ports"), ""));
    }
    let kind = spec["type"].str_or_empty();
    if is_headless(service) && matches!(kind, "LoadBalancer" | "NodePort") {
        let detail = format!("may not be set to 'None' for {kind} services");
        causes.push(Cause::invalid("spec.clusterIPs[0]", "None", &detail));
    }
    if named {
        check_name(&path, spec, causes);
    }
    let list = path.child("ports");
    let mut names = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        check_port(&list.index(i), port, &mut names, ports.len() > 1, causes);
    }
    rules::labels(&path.child("selector"), &spec["selector"], causes);
    check_affinity(&path, spec, causes);
    check_addresses(service, old, causes);
    check_external_ips(&path.child("externalIPs"), spec, old, causes);
    rules::required(&path, spec, "type", causes);
    supported(&path, spec, "type", &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], causes);
    check_numbers(&list, kind, ports, causes);
    check_source_ranges(service, old, causes);
    let balanced = is_type(service, "LoadBalancer");
    match (balanced, spec["allocateLoadBalancerNodePorts"].is_null()) {
        (false, false) => {
            causes.push(Cause::forbidden(path.child("allocateLoadBalancerNodePorts"), BALANCED_ONLY));
        }
        (true, true) => causes.push(Cause::required("allocateLoadBalancerNodePorts", "")),
        _ => {}
    }
    check_class(service, causes);
    check_traffic(&path, service, causes);
}

/// Every rule that a change breaks.
pub(super) fn check_change(service: &Value, old: &Value, causes: &mut Causes) {
    let either = |kind: &str| is_type(service, kind) || is_type(old, kind);
    if !either("ExternalName") {
        check_addresses_change(service, old, causes);
        check_families_change(service, old, causes);
    }
    let (spec, before) = (&service["spec"], &old["spec"]);
    if is_type(service, "LoadBalancer") && is_type(old, "LoadBalancer") {
        let (new, old) = (&spec["loadBalancerClass"], &before["loadBalancerClass"]);
        if new != old {
            causes.push(Cause::invalid("spec.loadBalancerClass", new, ONCE));
        }
    }
    // Upstream looks at the class here, and again with everything else.
    check_class(service, causes);
    if checks_health(service)
        && checks_health(old)
        && !rules::same(&spec["healthCheckNodePort"], &before["healthCheckNodePort"])
    {
        causes.push(Cause::forbidden("spec.healthCheckNodePort", rules::IMMUTABLE));
    }
}

/// Every rule that the status of a Service breaks.
pub(super) fn check_status(service: &Value, old: &Value, causes: &mut Causes) {
    let points = service["status"]["loadBalancer"]["ingress"].items();
    let list = Path::new("status.loadBalancer.ingress");
    if !is_type(service, "LoadBalancer") && !points.is_empty() {
        causes.push(Cause::forbidden(list, "may only be used when `spec.type` is 'LoadBalancer'"));
        return;
    }
    let before = old["status"]["loadBalancer"]["ingress"].items();
    for (i, point) in points.iter().enumerate() {
        let path = list.index(i);
        let ip = point["ip"].str_or_empty();
        if !ip.is_empty() && !before.iter().any(|old| old["ip"].as_str() == Some(ip)) {
            address::check_ip(&path.child("ip"), ip, causes);
        }
        match (point["ipMode"].is_null(), ip.is_empty()) {
            (true, false) => {
                causes.push(Cause::required(path.child("ipMode"), "must be specified when `ip` is set"));
            }
            (false, true) => {
                let detail = "may not be specified when `ip` is not set";
                causes.push(Cause::forbidden(path.child("ipMode"), detail));
            }
            _ => supported(&path, point, "ipMode", &["Proxy", "VIP"], causes),
        }
        let host = point["hostname"].str_or_empty();
        rules::name(&path, point, "hostname", names::dns1123_subdomain, causes);
        if address::lenient_ip(host).is_some() {
            let detail = "must be a DNS name, not an IP address";
            causes.push(Cause::invalid(path.child("hostname"), host, detail));
        }
    }
}

fn check_name(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if !spec[field].is_zero() {
            causes.push(Cause::forbidden(path.child(field), "may not be set for ExternalName services"));
        }
    }
    let name = spec["externalName"].str_or_empty();
    let (name, field) = (name.strip_suffix('.').unwrap_or(name), path.child("externalName"));
    if name.is_empty() {
        causes.push(Cause::required(field, ""));
    } else {
        rules::spelled(&field, name, names::dns1123_subdomain, causes);
    }
}

fn check_port<'v>(
    path: &Path<'_>,
    port: &'v Value,
    names: &mut Seen<&'v str>,
    named: bool,
    causes: &mut Causes,
) {
    let name = port["name"].str_or_empty();
    if name.is_empty() {
        if named {
            causes.push(Cause::required(path.child("name"), ""));
        }
    } else {
        rules::spelled(&path.child("name"), name, names::dns1123_label, causes);
        if names.again(name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
    }
    rules::port(&path.child("port"), port["port"].as_i64().unwrap_or(0), causes);
    rules::required(path, port, "protocol", causes);
    supported(path, port, "protocol", &PROTOCOLS, causes);
    rules::port_or_name(&path.child("targetPort"), &port["targetPort"], causes);
    if let Some(protocol) = port["appProtocol"].as_str() {
        rules::spelled(&path.child("appProtocol"), protocol, names::qualified_name, causes);
    }
}

/// Numbers of ports stand once for each protocol.
fn check_numbers(list: &Path<'_>, kind: &str, ports: &[Value], causes: &mut Causes) {
    let number = |port: &Value, field: &str| port[field].as_i64().unwrap_or(0);
    for (i, port) in ports.iter().enumerate().filter(|_| kind == "ClusterIP") {
        if number(port, "nodePort") != 0 {
            let detail = "may not be used when `type` is 'ClusterIP'";
            causes.push(Cause::forbidden(list.index(i).child("nodePort"), detail));
        }
    }
    let mut seen = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        let number = number(port, "nodePort");
        if number != 0 && seen.again((port["protocol"].str_or_empty(), number)) {
            causes.push(Cause::duplicate(list.index(i).child("nodePort"), number));
        }
    }
    let mut seen = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        if seen.again((port["protocol"].str_or_empty(), number(port, "port"))) {
            let identity = api::value!({
                "name": "", "protocol": port["protocol"].clone(), "port": port["port"].clone(), "targetPort": 0
            });
            causes.push(Cause::duplicate(list.index(i), rules::InMemory(&identity)));
        }
    }
}

fn check_affinity(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    rules::required(path, spec, "sessionAffinity", causes);
    supported(path, spec, "sessionAffinity", &["ClientIP", "None"], causes);
    let (config, path) = (&spec["sessionAffinityConfig"], path.child("sessionAffinityConfig"));
    if spec["sessionAffinity"].as_str() != Some("ClientIP") {
        return;
    }
    let seconds = &config["clientIP"]["timeoutSeconds"];
    match seconds.as_i64() {
        None => {
            let detail = "when session affinity type is ClientIP";
            causes.push(Cause::required(path, detail));
        }
        Some(number) if !(1..=LONGEST_AFFINITY_SECONDS).contains(&number) => {
            let detail = format!("must be greater than 0 and less than {LONGEST_AFFINITY_SECONDS}");
            causes.push(Cause::invalid(path.child("clientIP.timeoutSeconds"), number, &detail));
        }
        Some(_) => {}
    }
}

/// What of addresses and families cannot stand beside each other.
pub(super) fn check_addresses(service: &Value, old: Option<&Value>, causes: &mut Causes) {
    if is_type(service, "ExternalName") {
        return;
    }
    let (spec, list) = (&service["spec"], Path::new("spec.clusterIPs"));
    let (ip, ips) = (spec["clusterIP"].str_or_empty(), spec["clusterIPs"].items());
    match (ip, ips.first()) {
        ("", Some(_)) => {
            let detail = "must be empty when `clusterIP` is not specified";
            causes.push(Cause::invalid(list, &spec["clusterIPs"], detail));
        }
        ("", None) => {}
        (_, None) => causes.push(Cause::required(list, "")),
        (ip, Some(first)) if first.as_str() != Some(ip) => {
            causes.push(Cause::invalid(list, &spec["clusterIPs"], "first value must match `clusterIP`"));
        }
        _ => {}
    }
    let families = spec["ipFamilies"].items();
    let of_families = Path::new("spec.ipFamilies");
    let mut seen = Seen::default();
    for (i, family) in families.iter().enumerate() {
        let text = family.str_or_empty();
        if !matches!(text, "IPv4" | "IPv6") {
            causes.push(Cause::not_supported(of_families.index(i), text, &["IPv4", "IPv6"]));
        }
        if seen.again(text) {
            causes.push(Cause::duplicate(of_families.index(i), text));
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    supported(&Path::new("spec"), spec, "ipFamilyPolicy", &policies, causes);
    let before = old.map_or(&[][..], |old| old["spec"]["clusterIPs"].items());
    if check_spelling(&list, &spec["clusterIPs"], before, causes) {
        check_dual(service, causes);
    }
}

/// Whether each of the addresses is one, so that more can be said of them.
fn check_spelling(list: &Path<'_>, ips: &Value, before: &[Value], causes: &mut Causes) -> bool {
    let mut spelled = true;
    for (i, ip) in ips.items().iter().enumerate() {
        if i == 0 && ip.as_str() == Some("None") {
            if ips.items().len() > 1 {
                spelled = false;
                causes.push(Cause::invalid(list, ips, "'None' must be the first and only value"));
            }
            continue;
        }
        let count = causes.len();
        if !before.contains(ip) {
            address::check_ip(&list.index(i), ip.str_or_empty(), causes);
        }
        spelled &= causes.len() == count;
    }
    if ips.items().len() > 2 {
        causes.push(Cause::invalid(list, ips, "may only hold up to 2 values"));
    }
    spelled
}

fn check_dual(service: &Value, causes: &mut Causes) {
    let (spec, list) = (&service["spec"], Path::new("spec.clusterIPs"));
    let ips = spec["clusterIPs"].items();
    let is_v6 = |ip: &Value| ip.str_or_empty().contains(':');
    let sixes = ips.iter().filter(|ip| is_v6(ip)).count();
    if ips.len() > 1 && (sixes == 0 || sixes == ips.len()) {
        let detail = "may specify no more than one IP for each IP family";
        causes.push(Cause::invalid(list, &spec["clusterIPs"], detail));
    }
    if is_headless(service) {
        return;
    }
    for (i, (ip, family)) in ips.iter().zip(spec["ipFamilies"].items()).enumerate() {
        let family = family.str_or_empty();
        let fits = match family {
            "IPv4" => !is_v6(ip),
            "IPv6" => is_v6(ip),
            _ => true,
        };
        if !fits {
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{i}]`");
            causes.push(Cause::invalid(list.index(i), ip, &detail));
        }
    }
}

fn check_external_ips(list: &Path<'_>, spec: &Value, old: Option<&Value>, causes: &mut Causes) {
    let before = old.map_or(&[][..], |old| old["spec"]["externalIPs"].items());
    for (i, ip) in spec["externalIPs"].items().iter().enumerate() {
        let (path, text, count) = (list.index(i), ip.str_or_empty(), causes.len());
        if !before.contains(ip) {
            address::check_ip(&path, text, causes);
        }
        if causes.len() == count
            && let Some(address) = address::lenient_ip(text)
        {
            address::check_ordinary_ip(&path, text, address, causes);
        }
    }
}

/// Ranges of clients, in the field or in the annotation that came before it.
fn check_source_ranges(service: &Value, old: Option<&Value>, causes: &mut Causes) {
    let balanced = is_type(service, "LoadBalancer");
    let spec = Path::new("spec");
    // Upstream spells the field so.
    let list = spec.child("LoadBalancerSourceRanges");
    let ranges = service["spec"]["loadBalancerSourceRanges"].items();
    if !ranges.is_empty() {
        if !balanced {
            causes.push(Cause::forbidden(list, BALANCED_ONLY));
        }
        let before = old.map_or(&[][..], |old| old["spec"]["loadBalancerSourceRanges"].items());
        let stood = |text: &str| before.iter().any(|old| old.str_or_empty().trim() == text);
        for (i, range) in ranges.iter().enumerate() {
            let text = range.str_or_empty().trim();
            if !stood(text) {
                address::check_cidr(&list.index(i), text, causes);
            }
        }
        return;
    }
    let annotation =
        |service: &Value| service["metadata"]["annotations"][SOURCE_RANGES].as_str().map(str::to_owned);
    let Some(text) = annotation(service) else { return };
    let annotations = Path::new("metadata.annotations");
    let path = annotations.key(SOURCE_RANGES);
    if !balanced {
        causes.push(Cause::forbidden(path, BALANCED_ONLY));
    }
    if !text.trim().is_empty() && old.and_then(annotation).as_deref() != Some(text.as_str()) {
        for range in text.split(',') {
            address::check_cidr(&path, range.trim(), causes);
        }
    }
}

fn check_class(service: &Value, causes: &mut Causes) {
    let (path, spec) = (Path::new("spec"), &service["spec"]);
    let Some(class) = spec["loadBalancerClass"].as_str() else { return };
    if is_type(service, "LoadBalancer") {
        rules::spelled(&path.child("loadBalancerClass"), class, names::qualified_name, causes);
    } else {
        causes.push(Cause::forbidden(path.child("loadBalancerClass"), BALANCED_ONLY));
    }
}

fn check_traffic(path: &Path<'_>, service: &Value, causes: &mut Causes) {
    let spec = &service["spec"];
    let policy = spec["externalTrafficPolicy"].str_or_empty();
    if is_reached_from_outside(spec) {
        rules::required(path, spec, "externalTrafficPolicy", causes);
        supported(path, spec, "externalTrafficPolicy", &["Cluster", "Local"], causes);
    } else if !policy.is_empty() {
        let detail = "may only be set for externally-accessible services";
        causes.push(Cause::invalid(path.child("externalTrafficPolicy"), policy, detail));
    }
    let (health, field) =
        (spec["healthCheckNodePort"].as_i64().unwrap_or(0), path.child("healthCheckNodePort"));
    match (checks_health(service), health) {
        (false, 0) => {}
        (false, _) => {
            let detail =
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            causes.push(Cause::invalid(field, health, detail));
        }
        (true, 0) => causes.push(Cause::required(field, "")),
        (true, _) => rules::port(&field, health, causes),
    }
    let inside = matches!(spec["type"].str_or_empty(), "ClusterIP" | "NodePort" | "LoadBalancer");
    if inside {
        rules::required(path, spec, "internalTrafficPolicy", causes);
    }
    supported(path, spec, "internalTrafficPolicy", &["Cluster", "Local"], causes);
    let distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(asked) = spec["trafficDistribution"].as_str().filter(|asked| !distributions.contains(asked)) {
        causes.push(Cause::not_supported(path.child("trafficDistribution"), asked, &distributions));
    }
}

/// Addresses are given once: a second one comes and goes with the policy.
fn check_addresses_change(service: &Value, old: &Value, causes: &mut Causes) {
    if is_headless(service) && is_headless(old) {
        return;
    }
    let (path, list) = (Path::new("spec.clusterIPs"), &service["spec"]["clusterIPs"]);
    let (new, before) = (list.items(), old["spec"]["clusterIPs"].items());
    if new.len() == before.len() {
        for (i, (new, before)) in new.iter().zip(before).enumerate() {
            if new != before {
                causes.push(Cause::invalid(path.index(i), list, ONCE));
            }
        }
        return;
    }
    if new.is_empty() {
        causes.push(Cause::invalid(path.index(0), list, "primary clusterIP can not be unset"));
    }
    if let (Some(new), Some(before)) = (new.first(), before.first())
        && new != before
    {
        causes.push(Cause::invalid(path.index(0), list, ONCE));
    }
    let policy = &service["spec"]["ipFamilyPolicy"];
    if new.len() < before.len() && new.len() == 1 && policy.as_str() != Some("SingleStack") {
        let detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
        causes.push(Cause::invalid("spec.ipFamilyPolicy", policy, detail));
    }
}

fn check_families_change(service: &Value, old: &Value, causes: &mut Causes) {
    if is_headless(service) || is_headless(old) {
        return;
    }
    let spec = &service["spec"];
    let (path, list) = (Path::new("spec.ipFamilies"), &spec["ipFamilies"]);
    let (new, before) = (list.items(), old["spec"]["ipFamilies"].items());
    if new.len() == before.len() {
        for (new, before) in new.iter().zip(before) {
            if new != before {
                causes.push(Cause::invalid(path.index(0), list, ONCE));
            }
        }
        return;
    }
    if new.len() < before.len() && spec["clusterIPs"].items().is_empty() {
        causes.push(Cause::invalid(path.index(0), list, "primary ipFamily can not be unset"));
    }
    if let (Some(new), Some(before)) = (new.first(), before.first())
        && new != before
    {
        causes.push(Cause::invalid(path.index(0), &spec["clusterIPs"], ONCE));
    }
    if new.len() < before.len() && new.len() == 1 && spec["ipFamilyPolicy"].as_str() != Some("SingleStack") {
        let detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
        causes.push(Cause::invalid("spec.ipFamilyPolicy", &spec["ipFamilyPolicy"], detail));
    }
}
