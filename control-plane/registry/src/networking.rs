//! Ingresses, their classes, and NetworkPolicies.

use std::net::IpAddr;

use api::Value;
use api::value;
use ipnet::IpNet;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::address::check_cidr;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;

const ANNOTATED_CLASS: &str = "kubernetes.io/ingress.class";

pub(crate) struct Ingresses;
pub(crate) struct IngressClasses;
pub(crate) struct NetworkPolicies;

impl Strategy for Ingresses {
    fn table(&self) -> &'static Table {
        &table::INGRESS
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let rules_of = spec["rules"].items();
        if rules_of.is_empty() && spec["defaultBackend"].is_null() {
            let detail = "either `defaultBackend` or `rules` must be specified";
            causes.push(Cause::invalid(path, &spec["rules"], detail));
        }
        if !spec["defaultBackend"].is_null() {
            check_backend(&path.child("defaultBackend"), &spec["defaultBackend"], causes);
        }
        let list = path.child("rules");
        for (i, rule) in rules_of.iter().enumerate() {
            check_rule(&list.index(i), rule, causes);
        }
        let list = path.child("tls");
        for (i, tls) in spec["tls"].items().iter().enumerate() {
            let path = list.index(i);
            let hosts = path.child("hosts");
            for (j, host) in tls["hosts"].items().iter().enumerate() {
                check_host(&hosts.index(j), host.str_or_empty(), causes);
            }
            rules::name(&path, tls, "secretName", names::dns1123_subdomain, causes);
        }
        rules::name(&path, spec, "ingressClassName", names::dns1123_subdomain, causes);
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let annotated = object["metadata"]["annotations"].get(ANNOTATED_CLASS).and_then(Value::as_str);
        let named = object["spec"]["ingressClassName"].as_str();
        if let (Some(annotated), Some(named)) = (annotated, named)
            && annotated != named
        {
            let field = format!("annotations.{ANNOTATED_CLASS}");
            let detail = "must match `ingressClassName` when both are specified";
            causes.push(Cause::invalid(field, annotated, detail));
        }
    }
}

/// A host, or a wildcard for the hosts of a domain.
fn check_host(path: &Path<'_>, host: &str, causes: &mut Causes) {
    let Some(domain) = host.strip_prefix("*.") else {
        if host.contains('*') {
            push_wildcard(path, host, causes);
        } else {
            rules::spelled(path, host, names::dns1123_subdomain, causes);
        }
        return;
    };
    if !names::dns1123_subdomain(domain).is_empty() {
        push_wildcard(path, host, causes);
    }
}

fn push_wildcard(path: &Path<'_>, host: &str, causes: &mut Causes) {
    let detail = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    causes.push(Cause::invalid(path, host, detail));
}

fn check_rule(path: &Path<'_>, rule: &Value, causes: &mut Causes) {
    let host = rule["host"].str_or_empty();
    if !host.is_empty() {
        if host.parse::<IpAddr>().is_ok() {
            let detail = "must be a DNS name, not an IP address";
            causes.push(Cause::invalid(path.child("host"), host, detail));
        }
        check_host(&path.child("host"), host, causes);
    }
    let http = &rule["http"];
    if http.is_null() {
        return;
    }
    let list = path.child("http.paths");
    if http["paths"].items().is_empty() {
        causes.push(Cause::required(list, ""));
    }
    for (i, entry) in http["paths"].items().iter().enumerate() {
        let path = list.index(i);
        let (kind, text) = (entry["pathType"].str_or_empty(), entry["path"].str_or_empty());
        match kind {
            "" => {
                causes.push(Cause::required(path.child("pathType"), "pathType must be specified"));
                continue;
            }
            "Exact" | "Prefix" => check_path(&path.child("path"), text, causes),
            "ImplementationSpecific" => {
                if !text.is_empty() && !text.starts_with('/') {
                    causes.push(Cause::invalid(path.child("path"), text, "must be an absolute path"));
                }
            }
            other => {
                let known = ["Exact", "ImplementationSpecific", "Prefix"];
                causes.push(Cause::not_supported(path.child("pathType"), other, &known));
            }
        }
        check_backend(&path.child("backend"), &entry["backend"], causes);
    }
}

fn check_path(path: &Path<'_>, text: &str, causes: &mut Causes) {
    if !text.starts_with('/') {
        causes.push(Cause::invalid(path, text, "must be an absolute path"));
    }
    for part in ["//", "/./", "/../", "%2f", "%2F"].into_iter().filter(|part| text.contains(part)) {
        causes.push(Cause::invalid(path, text, &format!("must not contain '{part}'")));
    }
    for end in ["/..", "/."].into_iter().filter(|end| text.ends_with(end)) {
        causes.push(Cause::invalid(path, text, &format!("cannot end with '{end}'")));
    }
}

fn check_backend(path: &Path<'_>, backend: &Value, causes: &mut Causes) {
    let (service, resource) = (&backend["service"], &backend["resource"]);
    match (service.is_null(), resource.is_null()) {
        (false, false) => {
            causes.push(Cause::invalid(path, "", "cannot set both resource and service backends"));
        }
        (true, true) => causes.push(Cause::invalid(path, "", "resource or service backend is required")),
        (true, false) => {
            rules::name(&path.child("resource"), resource, "apiGroup", names::dns1123_subdomain, causes);
        }
        (false, true) => {
            let at = path.child("service");
            rules::required_name(&at, service, "name", names::dns1123_label, causes);
            let (name, number) = (service["port"]["name"].str_or_empty(), service["port"]["number"].as_i64());
            let number = number.filter(|number| *number != 0);
            match (name.is_empty(), number) {
                (false, Some(_)) => {
                    causes.push(Cause::invalid(path, "", "cannot set both port name & port number"));
                }
                (false, None) => rules::spelled(&at.child("port.name"), name, names::port_name, causes),
                (true, Some(number)) => rules::port(&at.child("port.number"), number, causes),
                (true, None) => causes.push(Cause::required(path, "port name or number is required")),
            }
        }
    }
}

impl Strategy for IngressClasses {
    fn table(&self) -> &'static Table {
        &table::INGRESS_CLASS
    }

    fn set_defaults(&self, object: &mut Value) {
        let parameters = object.get_mut("spec").and_then(|spec| spec.get_mut("parameters"));
        if let Some(parameters @ Value::Object(_)) = parameters {
            set_default(parameters, "scope", "Cluster");
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let controller = spec["controller"].str_or_empty();
        if controller.len() > 250 {
            causes.push(Cause::too_long(path.child("controller"), 250));
        }
        rules::domain_prefixed(&path.child("controller"), controller, causes);
        let (path, parameters) = (path.child("parameters"), &spec["parameters"]);
        if parameters.is_null() {
            return;
        }
        rules::name(&path, parameters, "apiGroup", names::dns1123_subdomain, causes);
        for field in ["kind", "name"] {
            rules::required_name(&path, parameters, field, names::path_segment, causes);
        }
        let namespace = parameters["namespace"].as_str();
        match parameters["scope"].str_or_empty() {
            "Namespace" if namespace.is_none() => {
                let detail = "`parameters.scope` is set to 'Namespace'";
                causes.push(Cause::required(path.child("namespace"), detail));
            }
            "Namespace" => {
                let name = namespace.unwrap_or_default();
                rules::spelled(&path.child("namespace"), name, names::dns1123_label, causes);
            }
            "Cluster" if namespace.is_some() => {
                let detail = "`parameters.scope` is set to 'Cluster'";
                causes.push(Cause::forbidden(path.child("namespace"), detail));
            }
            "Cluster" => {}
            other => {
                let known = ["Cluster", "Namespace"];
                causes.push(Cause::not_supported(path.child("scope"), other, &known));
            }
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
        let [new, old] = [object, old].map(|object| &object["spec"]["controller"]);
        rules::immutable(&Path::new("spec.controller"), new, old, causes);
    }
}

impl Strategy for NetworkPolicies {
    fn table(&self) -> &'static Table {
        &table::NETWORK_POLICY
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec @ Value::Object(_)) = object.get_mut("spec") else { return };
        if spec["policyTypes"].items().is_empty() {
            let outward = !spec["egress"].items().is_empty();
            let types = if outward { value!(["Ingress", "Egress"]) } else { value!(["Ingress"]) };
            spec.set(&["policyTypes"], types);
        }
        for list in ["ingress", "egress"] {
            for rule in items_mut(spec, list) {
                for port in items_mut(rule, "ports") {
                    set_default(port, "protocol", "TCP");
                }
            }
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        rules::label_selector(&path.child("podSelector"), &spec["podSelector"], causes);
        for (list, peers) in [("ingress", "from"), ("egress", "to")] {
            let at = path.child(list);
            for (i, rule) in spec[list].items().iter().enumerate() {
                let path = at.index(i);
                let ports = path.child("ports");
                for (j, port) in rule["ports"].items().iter().enumerate() {
                    check_port(&ports.index(j), port, causes);
                }
                let at = path.child(peers);
                for (j, peer) in rule[peers].items().iter().enumerate() {
                    check_peer(&at.index(j), peer, causes);
                }
            }
        }
        let (list, known) = (path.child("policyTypes"), ["Ingress", "Egress"]);
        for (i, kind) in spec["policyTypes"].items().iter().enumerate().take(2) {
            if !known.contains(&kind.str_or_empty()) {
                causes.push(Cause::not_supported(list.index(i), kind, &known));
            }
        }
        if spec["policyTypes"].items().len() > 2 {
            let detail = "may not specify more than two policyTypes";
            causes.push(Cause::invalid(path.child("policyTypes"), &spec["policyTypes"], detail));
        }
    }
}

fn check_port(path: &Path<'_>, port: &Value, causes: &mut Causes) {
    rules::supported(path, port, "protocol", &["TCP", "UDP", "SCTP"], causes);
    let end = port["endPort"].as_i64();
    let field = path.child("endPort");
    match (&port["port"], end) {
        (Value::Int(first), Some(end)) => {
            rules::port(&path.child("port"), *first, causes);
            if end < *first {
                let detail = "must be greater than or equal to `port`";
                causes.push(Cause::invalid(field, *first, detail));
            }
            rules::port(&field, end, causes);
        }
        (Value::Null, Some(end)) => {
            causes.push(Cause::invalid(field, end, "may not be specified when `port` is not specified"));
        }
        (Value::Null, None) => {}
        (number, end) => {
            if let Some(end) = end {
                let detail = "may not be specified when `port` is non-numeric";
                causes.push(Cause::invalid(field, end, detail));
            }
            rules::port_or_name(&path.child("port"), number, causes);
        }
    }
}

fn check_peer(path: &Path<'_>, peer: &Value, causes: &mut Causes) {
    let (block, mut others) = (&peer["ipBlock"], 0);
    for field in ["podSelector", "namespaceSelector"].into_iter().filter(|field| !peer[*field].is_null()) {
        rules::label_selector(&path.child(field), &peer[field], causes);
        others += 1;
    }
    if !block.is_null() {
        check_block(&path.child("ipBlock"), block, causes);
    }
    match (others, block.is_null()) {
        (0, true) => causes.push(Cause::required(path, "must specify a peer")),
        (0, false) | (_, true) => {}
        _ => causes.push(Cause::forbidden(path, "may not specify both ipBlock and another peer")),
    }
}

fn check_block(path: &Path<'_>, block: &Value, causes: &mut Causes) {
    let text = block["cidr"].str_or_empty();
    if text.is_empty() {
        causes.push(Cause::required(path.child("cidr"), ""));
        return;
    }
    let whole = check_cidr(&path.child("cidr"), text, causes);
    let list = path.child("except");
    for (i, except) in block["except"].items().iter().enumerate() {
        let (path, text) = (list.index(i), except.str_or_empty());
        let part = check_cidr(&path, text, causes);
        if let (Some(whole), Some(part)) = (whole, part)
            && !holds(whole, part)
        {
            causes.push(Cause::invalid(path, text, "must be a strict subset of `cidr`"));
        }
    }
}

/// Whether `part` is a network within `whole`, and not all of it.
fn holds(whole: IpNet, part: IpNet) -> bool {
    whole.prefix_len() < part.prefix_len() && whole.contains(&part.addr())
}
