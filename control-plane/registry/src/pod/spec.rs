//! The rules of a pod's (or template's) spec as a whole.

use api::Value;
use meta::Cause;
use meta::names;

use super::container;
use super::scheduling;
use super::volumes;
use crate::Path;
use crate::rules;

const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCHES: usize = 32;

/// The rules of a spec. `claims` are claim templates that become volumes of the same name.
pub(crate) fn check_pod_spec(path: &Path<'_>, spec: &Value, claims: &Value, causes: &mut Vec<Cause>) {
    let volumes = volumes::check(&path.child("volumes"), spec, claims, causes);
    container::check_all(path, spec, &volumes, causes);
    check_host_network(path, spec, causes);
    rules::supported(path, spec, "restartPolicy", &["Always", "OnFailure", "Never"], causes);
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    rules::supported(path, spec, "dnsPolicy", &policies, causes);
    rules::labels(&path.child("nodeSelector"), &spec["nodeSelector"], causes);
    check_security(&path.child("securityContext"), spec, causes);
    scheduling::check(path, spec, causes);
    check_dns(&path.child("dnsConfig"), spec, causes);
    check_gates(path, spec, causes);
    for (field, rule) in [
        ("serviceAccountName", names::dns1123_subdomain as rules::NameRule),
        ("nodeName", names::dns1123_subdomain),
        ("hostname", names::dns1123_label),
        ("subdomain", names::dns1123_label),
        ("priorityClassName", names::dns1123_subdomain),
        ("runtimeClassName", names::dns1123_subdomain),
    ] {
        rules::name(path, spec, field, rule, causes);
    }
    rules::non_negative(path, spec, &["terminationGracePeriodSeconds"], causes);
    match spec["activeDeadlineSeconds"].as_i64() {
        Some(seconds) if !(1..=i64::from(i32::MAX)).contains(&seconds) => {
            let detail = "must be between 1 and 2147483647, inclusive";
            causes.push(Cause::invalid(path.child("activeDeadlineSeconds"), seconds, detail));
        }
        _ => {}
    }
    check_aliases(&path.child("hostAliases"), spec["hostAliases"].items(), causes);
}

/// On the host's network every port is a port of the host.
fn check_host_network(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
    if spec["hostNetwork"].as_bool() != Some(true) {
        return;
    }
    for list in ["containers", "initContainers"] {
        let path = path.child(list);
        for (i, container) in spec[list].items().iter().enumerate() {
            let path = path.index(i);
            let path = path.child("ports");
            for (j, port) in container["ports"].items().iter().enumerate() {
                if port["hostPort"] != port["containerPort"] {
                    let (path, number) = (path.index(j), port["hostPort"].as_i64().unwrap_or(0));
                    let detail = "must match `containerPort` when `hostNetwork` is true";
                    causes.push(Cause::invalid(path.child("hostPort"), number, detail));
                }
            }
        }
    }
}

fn check_security(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
    let context = &spec["securityContext"];
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        rules::user_id(&path.child(field), &context[field], causes);
    }
    for (i, group) in context["supplementalGroups"].items().iter().enumerate() {
        rules::user_id(&path.child("supplementalGroups").index(i), group, causes);
    }
    let on = |field: &str| spec[field].as_bool() == Some(true);
    if on("shareProcessNamespace") && on("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        causes.push(Cause::invalid(path.child("shareProcessNamespace"), true, detail));
    }
    let list = path.child("sysctls");
    let sysctls = context["sysctls"].items();
    for (i, sysctl) in sysctls.iter().enumerate() {
        let (path, name) = (list.index(i), sysctl["name"].str_or_empty());
        let field = path.child("name");
        if name.is_empty() {
            causes.push(Cause::required(field, ""));
        } else if !is_sysctl(name) {
            let detail = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
            causes.push(Cause::invalid(field, name, detail));
        } else if sysctls[..i].iter().any(|other| other["name"].as_str() == Some(name)) {
            causes.push(Cause::duplicate(field, name));
        }
    }
    check_profiles(path, context, causes);
    if spec["hostUsers"].as_bool() == Some(false) {
        for (field, shown) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        {
            if on(field) {
                let parent = path.to_string();
                let parent = parent.trim_end_matches(".securityContext");
                causes.push(Cause::forbidden(format!("{parent}.{shown}"), "when `hostUsers` is false"));
            }
        }
    }
}

/// Profiles of seccomp and AppArmor, of a pod or of a container.
pub(super) fn check_profiles(path: &Path<'_>, context: &Value, causes: &mut Vec<Cause>) {
    for (field, kind) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
        let profile = &context[field];
        if profile.is_null() {
            continue;
        }
        let (path, local) = (path.child(field), profile["localhostProfile"].as_str());
        match profile["type"].str_or_empty() {
            "" => {
                let detail = format!("type is required when {field} is set");
                causes.push(Cause::required(path.child("type"), &detail));
            }
            "Localhost" if local.is_none_or(|name| name.trim().is_empty()) => {
                let detail = format!("must be set when {kind} type is Localhost");
                causes.push(Cause::required(path.child("localhostProfile"), &detail));
            }
            "Localhost" => {}
            _ if local.is_some() => {
                let detail = format!("can only be set when {kind} type is Localhost");
                causes.push(Cause::invalid(
                    path.child("localhostProfile"),
                    &profile["localhostProfile"],
                    &detail,
                ));
            }
            _ => {}
        }
    }
}

/// Names of kernel parameters: labels with inner underscores, joined by dots or slashes.
fn is_sysctl(name: &str) -> bool {
    let label = |part: &str| {
        let (bytes, alnum) = (part.as_bytes(), |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit());
        bytes.first().is_some_and(alnum)
            && bytes.last().is_some_and(alnum)
            && bytes.iter().all(|b| alnum(b) || matches!(b, b'-' | b'_'))
    };
    name.len() <= names::SUBDOMAIN_MAX && name.split(['.', '/']).all(label)
}

fn check_dns(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
    let config = &spec["dnsConfig"];
    let servers = config["nameservers"].items();
    if spec["dnsPolicy"].as_str() == Some("None") {
        if config.is_null() {
            let detail = "must provide `dnsConfig` when `dnsPolicy` is None";
            causes.push(Cause::required(path, detail));
            return;
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            causes.push(Cause::required(path.child("nameservers"), detail));
            return;
        }
    }
    let list = path.child("nameservers");
    if servers.len() > MAX_NAMESERVERS {
        let detail = "must not have more than 3 nameservers";
        causes.push(Cause::invalid(list, &config["nameservers"], detail));
    }
    for (i, server) in servers.iter().enumerate() {
        check_ip(&list.index(i), server.str_or_empty(), causes);
    }
    let list = path.child("searches");
    if config["searches"].items().len() > MAX_SEARCHES {
        let detail = "must not have more than 32 search paths";
        causes.push(Cause::invalid(list, &config["searches"], detail));
    }
    for (i, search) in config["searches"].items().iter().enumerate() {
        // A search path may name the root, and end in it; labels may have underscores.
        let text = search.str_or_empty();
        let text = if text == "." { continue } else { text.strip_suffix('.').unwrap_or(text) };
        if !names::dns1123_subdomain(&text.replace('_', "a")).is_empty() {
            rules::spelled(&list.index(i), text, names::dns1123_subdomain, causes);
        }
    }
    for (i, option) in config["options"].items().iter().enumerate() {
        if option["name"].str_or_empty().is_empty() {
            causes.push(Cause::required(path.child("options").index(i), "must not be empty"));
        }
    }
}

/// An address in its textual form.
pub(crate) fn check_ip(path: &Path<'_>, text: &str, causes: &mut Vec<Cause>) {
    if text.parse::<std::net::IpAddr>().is_err() {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        causes.push(Cause::invalid(path, text, detail));
    }
}

fn check_gates(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
    let list = path.child("readinessGates");
    for (i, gate) in spec["readinessGates"].items().iter().enumerate() {
        let (path, kind) = (list.index(i), gate["conditionType"].str_or_empty());
        rules::spelled(&path.child("conditionType"), kind, names::qualified_name, causes);
    }
    let list = path.child("schedulingGates");
    let gates = spec["schedulingGates"].items();
    for (i, gate) in gates.iter().enumerate() {
        let (path, name) = (list.index(i), gate["name"].str_or_empty());
        rules::spelled(&path, name, names::qualified_name, causes);
        if gates[..i].iter().any(|other| other["name"].as_str() == Some(name)) {
            causes.push(Cause::duplicate(path, name));
        }
    }
}

fn check_aliases(path: &Path<'_>, aliases: &[Value], causes: &mut Vec<Cause>) {
    for (i, alias) in aliases.iter().enumerate() {
        let path = path.index(i);
        check_ip(&path.child("ip"), alias["ip"].str_or_empty(), causes);
        let list = path.child("hostnames");
        for (j, name) in alias["hostnames"].items().iter().enumerate() {
            rules::spelled(&list.index(j), name.str_or_empty(), names::dns1123_subdomain, causes);
        }
    }
}
