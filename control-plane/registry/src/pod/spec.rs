//! The rules of a pod's (or template's) spec as a whole.

use api::NULL;
use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::annotations;
use super::container;
use super::env;
use super::platform;
use super::resources;
use super::scheduling;
use super::security;
use super::volumes;
use crate::Path;
use crate::rules;
use crate::rules::Seen;

const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCHES: usize = 32;
const MAX_SEARCH_CHARS: usize = 2048;
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// Whose spec it is.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    /// The pod's metadata; null for a template.
    pub(crate) metadata: &'a Value,
    /// Claim templates that become volumes of the same name.
    pub(crate) claims: &'a Value,
}

impl<'a> Owner<'a> {
    /// A pod.
    pub(crate) fn pod(metadata: &'a Value) -> Self {
        Self { metadata, claims: &NULL }
    }

    /// A template.
    pub(crate) fn template(claims: &'a Value) -> Self {
        Self { metadata: &NULL, claims }
    }

    /// Whether it is a pod, of which more is asked than of a template.
    pub(super) fn is_pod(&self) -> bool {
        !self.metadata.is_null()
    }

    /// The pod's name; empty for a template.
    pub(super) fn name(&self) -> &'a str {
        self.metadata["name"].str_or_empty()
    }
}

/// The rules of a spec, in upstream's order.
pub(crate) fn check_pod_spec(path: &Path<'_>, spec: &Value, owner: &Owner<'_>, causes: &mut Causes) {
    let volumes = volumes::check(&path.child("volumes"), spec, owner, causes);
    let mirror = annotations::is_mirror(owner.metadata);
    let claims = spec["resourceClaims"].items();
    resources::check_pod_claims(&path.child("resourceClaims"), claims, mirror, causes);
    container::check_all(path, spec, &volumes, causes);
    resources::check_pod(path, spec, causes);
    platform::check_host_network(path, spec, owner.is_pod(), causes);
    rules::one_of(path, spec, "restartPolicy", &["Always", "OnFailure", "Never"], causes);
    rules::one_of(path, spec, "dnsPolicy", &DNS_POLICIES, causes);
    rules::labels(&path.child("nodeSelector"), &spec["nodeSelector"], causes);
    security::check_pod(&path.child("securityContext"), spec, causes);
    scheduling::check_affinity(&path.child("affinity"), &spec["affinity"], causes);
    check_dns(&path.child("dnsConfig"), spec, causes);
    check_gates(path, spec, causes);
    let spread = &spec["topologySpreadConstraints"];
    scheduling::check_spread(&path.child("topologySpreadConstraints"), spread, causes);
    platform::check_host_process(path, spec, causes);
    platform::check_host_users(path, spec, causes);
    platform::check_hostname(path, spec, causes);
    rules::name(path, spec, "serviceAccountName", names::dns1123_subdomain, causes);
    rules::name(path, spec, "nodeName", names::dns1123_subdomain, causes);
    match spec["activeDeadlineSeconds"].as_i64() {
        Some(seconds) if !(1..=i64::from(i32::MAX)).contains(&seconds) => {
            let detail = "must be between 1 and 2147483647, inclusive";
            causes.push(Cause::invalid(path.child("activeDeadlineSeconds"), seconds, detail));
        }
        _ => {}
    }
    rules::name(path, spec, "hostname", names::dns1123_label, causes);
    rules::name(path, spec, "subdomain", names::dns1123_label, causes);
    scheduling::check_tolerations(&path.child("tolerations"), &spec["tolerations"], causes);
    check_aliases(&path.child("hostAliases"), spec["hostAliases"].items(), causes);
    rules::name(path, spec, "priorityClassName", names::dns1123_subdomain, causes);
    if let Some(class) = spec["runtimeClassName"].as_str() {
        rules::spelled(&path.child("runtimeClassName"), class, names::dns1123_subdomain, causes);
    }
    if !spec["preemptionPolicy"].is_null() {
        rules::one_of(path, spec, "preemptionPolicy", &["PreemptLowerPriority", "Never"], causes);
    }
    resources::check_overhead(&path.child("overhead"), &spec["overhead"], causes);
    platform::check_system(path, spec, causes);
    for (list, i, container) in container::all(spec) {
        let list = path.child(list);
        env::check_files(&list.index(i), container, spec, causes);
    }
}

/// A pod that runs under no account has no token.
pub(super) fn check_tokens(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    if !spec["serviceAccountName"].str_or_empty().is_empty() {
        return;
    }
    let volumes = path.child("volumes");
    for (i, volume) in spec["volumes"].items().iter().enumerate() {
        let at = volumes.index(i);
        let list = at.child("projected.sources");
        for (j, source) in volume["projected"]["sources"].items().iter().enumerate() {
            if !source["serviceAccountToken"].is_null() {
                let detail = "must not be specified when serviceAccountName is not set";
                causes.push(Cause::forbidden(list.index(j).child("serviceAccountToken"), detail));
            }
        }
    }
}

fn check_dns(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
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
    let (list, searches) = (path.child("searches"), config["searches"].items());
    if searches.len() > MAX_SEARCHES {
        let detail = "must not have more than 32 search paths";
        causes.push(Cause::invalid(list, &config["searches"], detail));
    }
    let chars: usize = searches.iter().map(|search| search.str_or_empty().len() + 1).sum();
    if chars > MAX_SEARCH_CHARS + 1 {
        let detail = "must not have more than 2048 characters (including spaces) in the search list";
        causes.push(Cause::invalid(list, &config["searches"], detail));
    }
    for (i, search) in searches.iter().enumerate() {
        // A search path may name the root, and end in it.
        let text = search.str_or_empty();
        if text != "." {
            let text = text.strip_suffix('.').unwrap_or(text);
            rules::spelled(&list.index(i), text, names::dns1123_subdomain_with_underscore, causes);
        }
    }
    for (i, option) in config["options"].items().iter().enumerate() {
        if option["name"].str_or_empty().is_empty() {
            causes.push(Cause::required(path.child("options").index(i), "must not be empty"));
        }
    }
}

/// An address in a textual form that every reader understands alike.
pub(crate) fn check_ip(path: &Path<'_>, text: &str, causes: &mut Causes) {
    let detail = match text.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            "must not be an IPv4-mapped IPv6 address"
        }
        Ok(_) => return,
        Err(_) if is_padded(text) => "must not have leading 0s",
        Err(_) => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    };
    causes.push(Cause::invalid(path, text, detail));
}

/// Whether an address would be one but for leading zeros in its numbers.
fn is_padded(text: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u8>().is_ok()
    };
    text.split('.').count() == 4 && text.split('.').all(number)
}

fn check_gates(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let list = path.child("readinessGates");
    for (i, gate) in spec["readinessGates"].items().iter().enumerate() {
        let (path, kind) = (list.index(i), gate["conditionType"].str_or_empty());
        rules::spelled(&path.child("conditionType"), kind, names::qualified_name, causes);
    }
    let list = path.child("schedulingGates");
    let gates = spec["schedulingGates"].items();
    let mut seen = Seen::default();
    for (i, gate) in gates.iter().enumerate() {
        let (path, name) = (list.index(i), gate["name"].str_or_empty());
        rules::spelled(&path, name, names::qualified_name, causes);
        if seen.again(name) {
            causes.push(Cause::duplicate(path, name));
        }
    }
}

fn check_aliases(path: &Path<'_>, aliases: &[Value], causes: &mut Causes) {
    for (i, alias) in aliases.iter().enumerate() {
        let path = path.index(i);
        check_ip(&path.child("ip"), alias["ip"].str_or_empty(), causes);
        let list = path.child("hostnames");
        for (j, name) in alias["hostnames"].items().iter().enumerate() {
            rules::spelled(&list.index(j), name.str_or_empty(), names::dns1123_subdomain, causes);
        }
    }
}
