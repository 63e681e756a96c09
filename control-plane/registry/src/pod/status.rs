//! The status of a pod, written by its node.

use std::net::IpAddr;

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::annotations;
use super::spec::check_ip;
use crate::Path;
use crate::rules;
use crate::rules::Seen;

const NOT_STARTED: &str = "may not be transitioned to non-terminated state";
const HEALTH: [&str; 3] = ["Healthy", "Unhealthy", "Unknown"];
const MESSAGE_MAX: usize = 1024;
/// Lists of containers' statuses, and where the containers stand in the spec.
const STATUSES: [(&str, &str); 3] = [
    ("containerStatuses", "containers"),
    ("initContainerStatuses", "initContainers"),
    ("ephemeralContainerStatuses", "ephemeralContainers"),
];

/// Keeps what a writer of the status left out and may not take away.
pub(super) fn prepare(pod: &mut Value, old: &Value) {
    if pod["status"]["qosClass"].is_zero()
        && let Some(qos) = old["status"].get("qosClass")
    {
        pod.set(&["status", "qosClass"], qos.clone());
    }
    if pod["status"]["observedGeneration"].is_zero()
        && let Some(generation) = old["status"].get("observedGeneration")
    {
        pod.set(&["status", "observedGeneration"], generation.clone());
    }
    let known = old["status"]["conditions"].items();
    let Some(status) = pod.get_mut("status") else { return };
    for condition in crate::pod_defaults::items_mut(status, "conditions") {
        let before = known.iter().find(|before| before["type"] == condition["type"]);
        if condition["observedGeneration"].is_zero()
            && let Some(generation) = before.and_then(|before| before.get("observedGeneration"))
        {
            condition.set(&["observedGeneration"], generation.clone());
        }
    }
}

pub(super) fn check(pod: &Value, old: &Value, causes: &mut Causes) {
    annotations::check_change(pod, old, causes);
    let path = Path::new("status");
    let [status, before] = [pod, old].map(|pod| &pod["status"]);
    check_conditions(&path.child("conditions"), status["conditions"].items(), causes);
    let nominated = status["nominatedNodeName"].str_or_empty();
    if !nominated.is_empty() && before["nominatedNodeName"].str_or_empty() != nominated {
        let field = path.child("nominatedNodeName");
        rules::spelled(&field, nominated, names::dns1123_subdomain, causes);
        if !old["spec"]["nodeName"].str_or_empty().is_empty() {
            let detail = "may not be set on pods that are already bound to a node";
            causes.push(Cause::forbidden(field, detail));
        }
    }
    check_generation(&path, status, causes);
    rules::immutable(&path.child("qosClass"), &status["qosClass"], &before["qosClass"], causes);
    for (list, containers) in STATUSES {
        let at = path.child(list);
        check_transitions(&at, &status[list], &before[list], (&old["spec"], containers), causes);
    }
    check_claims(&path.child("resourceClaimStatuses"), pod, causes);
    check_addresses(&path, status, before, "podIPs", causes);
    let hosts = status["hostIPs"].items();
    if let Some(first) = hosts.first()
        && first["ip"].str_or_empty() != status["hostIP"].str_or_empty()
    {
        let field = path.child("hostIPs[0].ip");
        causes.push(Cause::invalid(field, first["ip"].str_or_empty(), "must be equal to `hostIP`"));
    }
    check_addresses(&path, status, before, "hostIPs", causes);
    for (list, _) in STATUSES {
        check_users(&path.child(list), status[list].items(), &pod["spec"], causes);
    }
    for (list, containers) in STATUSES {
        check_allocated(&path.child(list), status[list].items(), &pod["spec"][containers], list, causes);
    }
}

fn check_generation(path: &Path<'_>, object: &Value, causes: &mut Causes) {
    if let Some(generation) = object["observedGeneration"].as_i64().filter(|generation| *generation < 0) {
        let detail = "must be a non-negative integer";
        causes.push(Cause::invalid(path.child("observedGeneration"), generation, detail));
    }
}

fn check_conditions(list: &Path<'_>, conditions: &[Value], causes: &mut Causes) {
    for (i, condition) in conditions.iter().enumerate() {
        let (path, kind) = (list.index(i), condition["type"].str_or_empty());
        check_generation(&path, condition, causes);
        if !matches!(kind, "PodScheduled" | "Ready" | "Initialized") {
            // Upstream spells the field as in memory.
            rules::spelled(&path.child("Type"), kind, names::qualified_name, causes);
        }
    }
}

/// What has ended starts again only where its policy says so.
fn check_transitions(
    list: &Path<'_>,
    new: &Value,
    old: &Value,
    (spec, containers): (&Value, &str),
    causes: &mut Causes,
) {
    for (i, before) in old.items().iter().enumerate() {
        let ended = &before["state"]["terminated"];
        let status = new.items().iter().find(|status| status["name"] == before["name"]);
        let Some(status) = status.filter(|_| !ended.is_null()) else { continue };
        if !status["state"]["terminated"].is_null() {
            continue;
        }
        let container = spec[containers].items().iter().find(|c| c["name"] == before["name"]);
        let code = ended["exitCode"].as_i64().unwrap_or(0);
        let starts = containers != "ephemeralContainers"
            && container.is_some_and(|container| restarts(container, spec, code));
        if !starts {
            causes.push(Cause::forbidden(list.index(i).child("state"), NOT_STARTED));
        }
    }
}

/// Whether a container that ended with `code` is started again.
fn restarts(container: &Value, spec: &Value, code: i64) -> bool {
    for rule in container["restartPolicyRules"].items() {
        let codes = &rule["exitCodes"];
        let listed = codes["values"].items().iter().any(|value| value.as_i64() == Some(code));
        if !codes.is_null() && listed == (codes["operator"].as_str() == Some("In")) {
            return true;
        }
    }
    let policy = container["restartPolicy"].as_str().or(spec["restartPolicy"].as_str()).unwrap_or("Always");
    match policy {
        "Always" => true,
        "OnFailure" => code != 0,
        _ => false,
    }
}

fn check_claims(list: &Path<'_>, pod: &Value, causes: &mut Causes) {
    let statuses = pod["status"]["resourceClaimStatuses"].items();
    let claims = rules::texts_of(pod["spec"]["resourceClaims"].items(), "name");
    let mut seen = Seen::default();
    for (i, status) in statuses.iter().enumerate() {
        let (path, name) = (list.index(i), status["name"].str_or_empty());
        if !claims.has(&name) {
            let detail = "must match the name of an entry in `spec.resourceClaims`";
            causes.push(Cause::invalid(path.child("name"), name, detail));
        }
        if seen.again(name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
        if let Some(claim) = status["resourceClaimName"].as_str() {
            rules::spelled(&path.child("resourceClaimName"), claim, names::dns1123_subdomain, causes);
        }
    }
}

/// Addresses: one of each family. What was stored may stay as it is.
fn check_addresses(path: &Path<'_>, status: &Value, old: &Value, field: &str, causes: &mut Causes) {
    let (list, addresses) = (path.child(field), status[field].items());
    let text = |address: &Value| address["ip"].str_or_empty().to_owned();
    let stored: Vec<String> = old[field].items().iter().map(text).collect();
    for (i, address) in addresses.iter().map(text).enumerate() {
        if !stored.contains(&address) {
            check_ip(&list.index(i), &address, causes);
        }
    }
    let wrong = addresses.iter().map(text).enumerate().find(|(_, text)| text.parse::<IpAddr>().is_err());
    if let Some((i, text)) = wrong.filter(|_| addresses.len() > 1) {
        let message =
            format!("Internal error: failed to check for dual stack with error:invalid IP[{i}]: {text}");
        causes.push(Cause { reason: "InternalError", message, field: list.to_string() });
    }
    let parsed: Vec<IpAddr> = addresses.iter().filter_map(|address| text(address).parse().ok()).collect();
    let dual = parsed.iter().any(IpAddr::is_ipv4) && parsed.iter().any(IpAddr::is_ipv6);
    if addresses.len() > 1 && (!dual || addresses.len() > 2) {
        let detail = "may specify no more than one IP for each IP family";
        causes.push(Cause::invalid(list, rules::InMemory(&status[field]), detail));
    }
}

fn check_users(list: &Path<'_>, statuses: &[Value], spec: &Value, causes: &mut Causes) {
    for (i, status) in statuses.iter().enumerate() {
        let user = &status["user"]["linux"];
        if user.is_null() {
            continue;
        }
        let path = list.index(i);
        let path = path.child("user.linux");
        if spec["os"]["name"].as_str() == Some("windows") {
            causes.push(Cause::forbidden(path, "cannot be set for a windows pod"));
            continue;
        }
        for field in ["uid", "gid"] {
            rules::user_id(&path.child(field), &user[field], causes);
        }
        let groups = path.child("supplementalGroups");
        for (j, group) in user["supplementalGroups"].items().iter().enumerate() {
            rules::user_id(&groups.index(j), group, causes);
        }
    }
}

fn check_allocated(
    list: &Path<'_>,
    statuses: &[Value],
    containers: &Value,
    which: &str,
    causes: &mut Causes,
) {
    for (i, status) in statuses.iter().enumerate() {
        let (path, allocated) = (list.index(i), status["allocatedResourcesStatus"].items());
        let path = path.child("allocatedResourcesStatus");
        if which == "ephemeralContainerStatuses" {
            if !allocated.is_empty() {
                causes.push(Cause::forbidden(path, "must not be specified in container status"));
            }
            continue;
        }
        let container = containers.items().iter().find(|container| container["name"] == status["name"]);
        for (j, resource) in allocated.iter().enumerate() {
            let path = path.index(j);
            if let Some(container) = container {
                check_allocated_name(&path.child("name"), resource, container, causes);
            }
            check_health(&path.child("resources"), resource["resources"].items(), causes);
        }
    }
}

fn check_allocated_name(path: &Path<'_>, resource: &Value, container: &Value, causes: &mut Causes) {
    let name = resource["name"].str_or_empty();
    let resources = &container["resources"];
    let (found, detail) = match name.strip_prefix("claim:") {
        Some(claim) => {
            let spelled = |known: &Value| {
                let [name, request] = ["name", "request"].map(|field| known[field].str_or_empty());
                if request.is_empty() { claim == name } else { claim == format!("{name}/{request}") }
            };
            let detail = "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
            (resources["claims"].items().iter().any(spelled), detail)
        }
        None => {
            let detail = "must match one of the container's resource requests";
            (resources["requests"].get(name).is_some(), detail)
        }
    };
    if !found {
        causes.push(Cause::invalid(path, name, detail));
    }
}

fn check_health(list: &Path<'_>, resources: &[Value], causes: &mut Causes) {
    let mut seen = Seen::default();
    for (i, resource) in resources.iter().enumerate() {
        let (path, health) = (list.index(i), resource["health"].str_or_empty());
        if !HEALTH.contains(&health) {
            causes.push(Cause::not_supported(path.child("health"), health, &HEALTH));
        }
        match resource["message"].as_str() {
            Some("") => {
                causes.push(Cause::required(path.child("message"), "must be non-empty if specified"));
            }
            Some(text) if text.len() > MESSAGE_MAX => {
                causes.push(Cause::too_long(path.child("message"), MESSAGE_MAX));
            }
            _ => {}
        }
        let id = resource["resourceID"].str_or_empty();
        if seen.again(id) {
            causes.push(Cause::duplicate(path.child("resourceID"), id));
        }
    }
}
