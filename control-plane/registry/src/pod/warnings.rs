//! What is valid in a pod or a template, and still likely to be a mistake.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::net::IpAddr;

use api::Value;
use api::view::quantity;
use meta::names;

use super::annotations;
use super::container;
use super::virtual_paths;
use crate::Path;
use crate::rules::Seen;

/// More warnings than this do not fit into the headers of an answer, and are not looked for.
pub(super) const MOST: usize = 4096;
const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Labels of nodes that have newer names.
static OLD_LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", r#"deprecated since v1.14; use "kubernetes.io/arch" instead"#),
    ("beta.kubernetes.io/os", r#"deprecated since v1.14; use "kubernetes.io/os" instead"#),
    (
        "failure-domain.beta.kubernetes.io/region",
        r#"deprecated since v1.17; use "topology.kubernetes.io/region" instead"#,
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        r#"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
    ),
    (
        "beta.kubernetes.io/instance-type",
        r#"deprecated since v1.17; use "node.kubernetes.io/instance-type" instead"#,
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    ("node-role.kubernetes.io/master", r#"use "node-role.kubernetes.io/control-plane" instead"#),
];

/// Annotations that became fields.
static OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        r#"non-functional in v1.16+; use the "priorityClassName" field instead"#,
    ),
    ("security.alpha.kubernetes.io/sysctls", r#"non-functional in v1.11+; use the "sysctls" field instead"#),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        r#"non-functional in v1.11+; use the "sysctls" field instead"#,
    ),
];

/// Sources of volumes that nothing mounts any more, with the field as upstream spells it.
static OLD_SOURCES: [(&str, &str, &str); 9] = [
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// Warnings about a new pod.
pub(super) fn of_pod(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let errors = names::dns1123_label(pod["metadata"]["name"].str_or_empty());
    if !errors.is_empty() {
        let errors = errors.join(" ");
        found.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [{errors}]"
        ));
    }
    let path = Path::new("metadata.annotations");
    let containers = LazyCell::new(|| {
        let all = container::all(&pod["spec"]).collect::<Vec<_>>().into_iter().rev();
        let named = all.filter_map(|(_, _, container)| Some((container["name"].as_str()?, container)));
        named.collect::<HashMap<&str, &Value>>()
    });
    for (key, annotation) in pod["metadata"]["annotations"].entries().strings() {
        let Some(name) = key.strip_prefix(annotations::APPARMOR) else { continue };
        let field = containers.get(name).map(|container| &container["securityContext"]["appArmorProfile"]);
        let profile = annotations::apparmor_profile(annotation);
        let taken = field.is_some_and(|field| field.is_null() || profile.as_ref() == Some(field));
        let of_pod = &pod["spec"]["securityContext"]["appArmorProfile"];
        if taken && (profile.is_none() || profile.as_ref() != Some(of_pod)) {
            found.push(format!(
                "{}: deprecated since v1.30; use the \"appArmorProfile\" field instead",
                path.key(key)
            ));
        }
    }
    collect(&Path::new(""), pod, false, &mut found);
    found
}

/// Warnings about a template at this path.
pub(crate) fn of_template(path: &Path<'_>, template: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(path, template, true, &mut found);
    found
}

fn collect(root: &Path<'_>, of: &Value, template: bool, found: &mut Vec<String>) {
    let (path, spec) = (root.child("spec"), &of["spec"]);
    about_nodes(&path, spec, found);
    let at = root.child("metadata.annotations");
    for (key, message) in OLD_ANNOTATIONS {
        if of["metadata"]["annotations"].get(key).is_some() {
            found.push(format!("{}: {message}", at.key(key)));
        }
    }
    about_volumes(&path.child("volumes"), spec, found);
    about_names(&path, spec, found);
    about_profiles(&at, of, template, found);
    for (list, i, container) in container::all(spec) {
        let list = path.child(list);
        about_container(&list.index(i), container, found);
    }
    about_ports(&path, spec, found);
    if spec["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0) {
        let field = path.child("terminationGracePeriodSeconds");
        found.push(format!("{field}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    about_terms(&path.child("affinity"), &spec["affinity"], found);
    let list = path.child("dnsConfig.nameservers");
    for (i, server) in spec["dnsConfig"]["nameservers"].items().iter().enumerate() {
        about_address(&list.index(i), server.str_or_empty(), found);
    }
    let list = path.child("hostAliases");
    for (i, alias) in spec["hostAliases"].items().iter().enumerate() {
        about_address(&list.index(i).child("ip"), alias["ip"].str_or_empty(), found);
    }
}

fn newer_name(label: &str) -> Option<&'static str> {
    OLD_LABELS.iter().find(|(old, _)| *old == label).map(|(_, message)| *message)
}

fn about_nodes(path: &Path<'_>, spec: &Value, found: &mut Vec<String>) {
    let at = path.child("nodeSelector");
    for (key, _) in spec["nodeSelector"].entries().strings() {
        found.extend(newer_name(key).map(|message| format!("{}: {message}", at.key(key))));
    }
    let at = path.child("affinity.nodeAffinity");
    let affinity = &spec["affinity"]["nodeAffinity"];
    let required = at.child(REQUIRED);
    let list = required.child("nodeSelectorTerms");
    for (i, term) in affinity[REQUIRED]["nodeSelectorTerms"].items().iter().enumerate() {
        about_node_term(&list.index(i), term, false, found);
    }
    let list = at.child(PREFERRED);
    for (i, term) in affinity[PREFERRED].items().iter().enumerate() {
        about_node_term(&list.index(i).child("preference"), &term["preference"], true, found);
    }
    let list = path.child("topologySpreadConstraints");
    for (i, constraint) in spec["topologySpreadConstraints"].items().iter().enumerate() {
        let (path, key) = (list.index(i), constraint["topologyKey"].str_or_empty());
        let message = newer_name(key);
        found.extend(message.map(|message| format!("{}: {key} is {message}", path.child("topologyKey"))));
        if constraint["labelSelector"].is_null() {
            found.push(format!("{}: {NO_SELECTOR}", path.child("labelSelector")));
        }
    }
}

/// Values of a preference are not checked where it is made, so they are looked at here.
fn about_node_term(path: &Path<'_>, term: &Value, values: bool, found: &mut Vec<String>) {
    let list = path.child("matchExpressions");
    for (i, expression) in term["matchExpressions"].items().iter().enumerate() {
        let (path, key) = (list.index(i), expression["key"].str_or_empty());
        found.extend(newer_name(key).map(|message| format!("{}: {key} is {message}", path.child("key"))));
        let list = path.child("values");
        for (j, value) in expression["values"].items().iter().enumerate().filter(|_| values) {
            for error in names::label_value(value.str_or_empty()) {
                let (at, value) = (list.index(j), value.str_or_empty());
                found.push(format!("{at}: {value} is invalid, {error}"));
            }
        }
    }
}

fn about_volumes(list: &Path<'_>, spec: &Value, found: &mut Vec<String>) {
    for (i, volume) in spec["volumes"].items().iter().enumerate() {
        let path = list.index(i);
        for source in volume.entries().iter().filter(|source| !source.value.is_null()) {
            let key = source.key.as_str();
            let old = OLD_SOURCES.iter().find(|(old, ..)| *old == key);
            found.extend(old.map(|(_, shown, message)| format!("{}: {message}", path.child(shown))));
        }
        let claim = &volume["ephemeral"]["volumeClaimTemplate"]["spec"]["resources"];
        found.extend(claim_warnings(&path.child("ephemeral.volumeClaimTemplate.spec.resources"), claim));
    }
    found.extend(virtual_paths::overlaps(spec["volumes"].items()));
}

/// Warnings about what a claim asks for.
pub(crate) fn claim_warnings(path: &Path<'_>, resources: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for kind in ["requests", "limits"] {
        about_fraction(&path.child(kind), "storage", &resources[kind], &mut found);
    }
    found
}

/// Bytes do not come in fractions.
fn about_fraction(path: &Path<'_>, name: &str, amounts: &Value, found: &mut Vec<String>) {
    if let Some(amount) = quantity(&amounts[name]).filter(|amount| amount.milli_value() % 1000 != 0) {
        let shown = amount.to_string();
        let at = path.key(name);
        found.push(format!("{at}: fractional byte value {shown:?} is invalid, must be an integer"));
    }
}

/// What stands twice in lists that are not checked for it.
fn about_names(path: &Path<'_>, spec: &Value, found: &mut Vec<String>) {
    for (list, field) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let (at, items) = (path.child(list), spec[list].items());
        let mut seen = Seen::default();
        for (i, item) in items.iter().enumerate() {
            let text = item[field].str_or_empty();
            if seen.again(text) {
                found.push(format!("{}: duplicate {field} {text:?}", at.index(i).child(field)));
            }
        }
    }
    let list = path.child("imagePullSecrets");
    for (i, secret) in spec["imagePullSecrets"].items().iter().enumerate() {
        if secret["name"].str_or_empty().is_empty() {
            found.push(format!("{}: invalid empty name \"\"", list.index(i).child("name")));
        }
    }
    for name in ["memory", "ephemeral-storage"] {
        about_fraction(&path.child("overhead"), name, &spec["overhead"], found);
    }
}

/// Profiles that annotations ask for, and no field.
fn about_profiles(at: &Path<'_>, of: &Value, template: bool, found: &mut Vec<String>) {
    let (annotations, spec) = (&of["metadata"]["annotations"], &of["spec"]);
    let old = r#"non-functional in v1.27+; use the "seccompProfile" field instead"#;
    let unset = |of: &Value| of["securityContext"]["seccompProfile"].is_null();
    if annotations.entries().is_empty() {
        return;
    }
    if unset(spec) && annotations.get(annotations::SECCOMP_POD).is_some() {
        found.push(format!("{}: {old}", at.key(annotations::SECCOMP_POD)));
    }
    for (_, _, container) in container::all(spec) {
        let name = container["name"].str_or_empty();
        let key = format!("{}{name}", annotations::SECCOMP);
        if unset(container) && annotations.get(key.as_str()).is_some() {
            found.push(format!("{}: {old}", at.key(&key)));
        }
        let key = format!("{}{name}", annotations::APPARMOR);
        let annotation = annotations.get(key.as_str()).and_then(Value::as_str);
        if let Some(annotation) = annotation.filter(|_| template)
            && container["securityContext"]["appArmorProfile"].is_null()
            && annotations::apparmor_profile(annotation).as_ref()
                != Some(&spec["securityContext"]["appArmorProfile"])
        {
            let at = at.key(&key);
            found.push(format!("{at}: deprecated since v1.30; use the \"appArmorProfile\" field instead"));
        }
    }
}

fn about_container(path: &Path<'_>, container: &Value, found: &mut Vec<String>) {
    let at = path.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        for kind in ["limits", "requests"] {
            about_fraction(&at.child(kind), name, &container["resources"][kind], found);
        }
    }
    let (list, variables) = (path.child("env"), container["env"].items());
    let mut seen = Seen::default();
    for (i, variable) in variables.iter().enumerate() {
        let name = variable["name"].str_or_empty();
        if !seen.again(name) {
            continue;
        }
        // A value that is built on the earlier one is meant.
        let (value, reference) = (variable["value"].str_or_empty(), format!("$({name})"));
        let builds = variable["valueFrom"].is_null() && value != reference && value.contains(&reference);
        if !builds {
            let at = list.index(i);
            found.push(format!(
                "{at}: hides previous definition of {name:?}, which may be dropped when using apply"
            ));
        }
    }
}

/// A port, and where it is: list and place of its container, place in that.
struct Port<'v> {
    at: (&'static str, usize, usize),
    number: i64,
    protocol: &'v str,
    host: i64,
    address: &'v str,
    name: &'v str,
}

fn about_ports(path: &Path<'_>, spec: &Value, found: &mut Vec<String>) {
    let mut ports: Vec<Port<'_>> = Vec::new();
    for (list, i, container) in container::all(spec) {
        for (j, port) in container["ports"].items().iter().enumerate() {
            ports.push(Port {
                at: (list, i, j),
                number: port["containerPort"].as_i64().unwrap_or(0),
                protocol: port["protocol"].str_or_empty(),
                host: port["hostPort"].as_i64().unwrap_or(0),
                address: port["hostIP"].str_or_empty(),
                name: port["name"].str_or_empty(),
            });
        }
    }
    let place = |port: &Port<'_>| {
        let (list, i, j) = port.at;
        path.child(list).index(i).child("ports").index(j).to_string()
    };
    let mut alike: HashMap<(i64, &str), Vec<&Port<'_>>> = HashMap::new();
    let mut named: HashMap<&str, &Port<'_>> = HashMap::new();
    for port in &ports {
        if found.len() > MOST {
            return;
        }
        if !port.address.is_empty() && port.host == 0 {
            let at = place(port);
            let Port { name, host, number, protocol, address, .. } = port;
            found.push(format!(
                "{at}: hostIP set without hostPort: {{Name:{name} HostPort:{host} ContainerPort:{number} Protocol:{protocol} HostIP:{address}}}"
            ));
        }
        let earlier = alike.entry((port.number, port.protocol)).or_default();
        for other in &*earlier {
            let what = if port.address == other.address && port.host == other.host {
                "duplicate"
            } else if port.host == 0 || other.host == 0 {
                "overlapping"
            } else if port.host == other.host && port.address.is_empty() != other.address.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            found.push(format!("{}: {what} port definition with {}", place(port), place(other)));
        }
        earlier.push(port);
    }
    for port in ports.iter().filter(|port| !port.name.is_empty()) {
        let first = *named.entry(port.name).or_insert(port);
        if !std::ptr::eq(first, port) {
            let (at, name, first) = (place(port), port.name, place(first));
            found.push(format!(
                "{at}: duplicate port name {name:?} with {first}, services and probes that select ports by name will use {first}"
            ));
        }
    }
}

fn about_terms(path: &Path<'_>, affinity: &Value, found: &mut Vec<String>) {
    for field in ["podAffinity", "podAntiAffinity"] {
        let (at, terms) = (path.child(field), &affinity[field]);
        let list = at.child(REQUIRED);
        for (i, term) in terms[REQUIRED].items().iter().enumerate() {
            if term["labelSelector"].is_null() {
                found.push(format!("{}: {NO_SELECTOR}", list.index(i).child("labelSelector")));
            }
        }
        let list = at.child(PREFERRED);
        for (i, term) in terms[PREFERRED].items().iter().enumerate() {
            if term["podAffinityTerm"]["labelSelector"].is_null() {
                let at = list.index(i);
                found.push(format!("{}: {NO_SELECTOR}", at.child("podAffinityTerm.labelSelector")));
            }
        }
    }
}

/// An address that is not written as RFC 5952 has it.
fn about_address(path: &Path<'_>, text: &str, found: &mut Vec<String>) {
    if let Ok(IpAddr::V6(address)) = text.parse()
        && address.to_string() != text
    {
        let canonical = address.to_string();
        found.push(format!(
            "{path}: IPv6 address {text:?} should be in RFC 5952 canonical format ({canonical:?})"
        ));
    }
}
