//! Containers of a pod: regular, init and ephemeral.

use api::Value;
use api::view::MapView;
use api::view::quantity;
use meta::Cause;
use meta::names;

use super::spec::check_profiles;
use super::volumes::check_relative;
use crate::Path;
use crate::rules;

/// Resources that a container may ask for by a plain name.
const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const NO_INIT: &str = "may not be set for init containers without restartPolicy=Always";
const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
/// What an ephemeral container has not.
const NOT_EPHEMERAL: [&str; 7] =
    ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources", "resizePolicy"];
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// The rules of every container of a spec. `volumes` are the names of its volumes.
pub(super) fn check_all(path: &Path<'_>, spec: &Value, volumes: &[&str], causes: &mut Vec<Cause>) {
    if spec["containers"].items().is_empty() {
        causes.push(Cause::required(path.child("containers"), ""));
    }
    let grace = spec["terminationGracePeriodSeconds"].as_i64();
    let mut seen: Vec<&str> = Vec::new();
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let at = path.child(list);
        let mut host_ports = Vec::new();
        for (i, container) in spec[list].items().iter().enumerate() {
            let path = at.index(i);
            check(&path, container, volumes, causes);
            let name = container["name"].str_or_empty();
            if seen.contains(&name) && !name.is_empty() {
                causes.push(Cause::duplicate(path.child("name"), name));
            }
            seen.push(name);
            if list != "containers" {
                // Init containers run one by one.
                host_ports.clear();
            }
            check_host_ports(&path.child("ports"), container, &mut host_ports, causes);
            match list {
                "initContainers" if container["restartPolicy"].as_str() != Some("Always") => {
                    for field in ["lifecycle"].iter().chain(&PROBES).filter(|f| !container[**f].is_null()) {
                        causes.push(Cause::forbidden(path.child(field), NO_INIT));
                    }
                }
                "ephemeralContainers" => check_ephemeral(&path, container, spec, causes),
                _ => check_long_lived(&path, container, grace, causes),
            }
        }
    }
}

/// Images of a pod are trimmed; those of a template are left alone, for compatibility.
pub(super) fn check_images(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let at = path.child(list);
        for (i, container) in spec[list].items().iter().enumerate() {
            let image = container["image"].str_or_empty();
            if image.trim() != image {
                let (path, detail) = (at.index(i), "must not have leading or trailing whitespace");
                causes.push(Cause::invalid(path.child("image"), image, detail));
            }
        }
    }
}

fn check(path: &Path<'_>, container: &Value, volumes: &[&str], causes: &mut Vec<Cause>) {
    rules::required_name(path, container, "name", names::dns1123_label, causes);
    rules::required(path, container, "image", causes);
    let policies = ["File", "FallbackToLogsOnError"];
    rules::supported(path, container, "terminationMessagePolicy", &policies, causes);
    let (list, ports) = (path.child("ports"), container["ports"].items());
    for (i, port) in ports.iter().enumerate() {
        check_port(&list.index(i), port, &ports[..i], causes);
    }
    let list = path.child("env");
    for (i, variable) in container["env"].items().iter().enumerate() {
        let path = list.index(i);
        rules::required_name(&path, variable, "name", names::env_name, causes);
        check_value_from(&path.child("valueFrom"), variable, causes);
    }
    let list = path.child("envFrom");
    for (i, source) in container["envFrom"].items().iter().enumerate() {
        check_env_from(&list.index(i), source, causes);
    }
    check_mounts(path, container, volumes, causes);
    check_resources(&path.child("resources"), &container["resources"], causes);
    check_resize_policy(&path.child("resizePolicy"), container["resizePolicy"].items(), causes);
    check_security(&path.child("securityContext"), &container["securityContext"], causes);
}

fn check_port(path: &Path<'_>, port: &Value, before: &[Value], causes: &mut Vec<Cause>) {
    let name = port["name"].str_or_empty();
    if !name.is_empty() {
        let field = path.child("name");
        let known = causes.len();
        rules::spelled(&field, name, names::port_name, causes);
        if causes.len() == known && before.iter().any(|other| other["name"].as_str() == Some(name)) {
            causes.push(Cause::duplicate(field, name));
        }
    }
    if port["containerPort"].is_zero() {
        causes.push(Cause::required(path.child("containerPort"), ""));
    }
    for field in ["containerPort", "hostPort"] {
        if !port[field].is_zero() {
            rules::port(&path.child(field), port[field].as_i64().unwrap_or(0), causes);
        }
    }
}

type HostPort<'a> = (&'a str, &'a str, i64);

fn check_host_ports<'a>(
    list: &Path<'_>,
    container: &'a Value,
    seen: &mut Vec<HostPort<'a>>,
    causes: &mut Vec<Cause>,
) {
    for (i, port) in container["ports"].items().iter().enumerate() {
        let Some(number) = port["hostPort"].as_i64().filter(|number| *number != 0) else { continue };
        let taken = (port["protocol"].str_or_empty(), port["hostIP"].str_or_empty(), number);
        if seen.contains(&taken) {
            let shown = format!("{}/{}/{number}", taken.0, taken.1);
            let path = list.index(i);
            causes.push(Cause::duplicate(path.child("hostPort"), shown));
        }
        seen.push(taken);
    }
}

fn check_value_from(path: &Path<'_>, variable: &Value, causes: &mut Vec<Cause>) {
    let from = &variable["valueFrom"];
    if from.is_null() {
        return;
    }
    let sources = from.entries().iter().filter(|entry| !entry.value.is_null()).count();
    let detail = if sources == 0 {
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
    } else if !variable["value"].str_or_empty().is_empty() {
        "may not be specified when `value` is not empty"
    } else if sources > 1 {
        "may not have more than one field specified at a time"
    } else {
        ""
    };
    if !detail.is_empty() {
        causes.push(Cause::invalid(path, "", detail));
    }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(reference @ Value::Object(_)) = from.get(kind) {
            let path = path.child(kind);
            rules::required(&path, reference, "name", causes);
            rules::required_name(&path, reference, "key", names::config_key, causes);
        }
    }
}

fn check_env_from(path: &Path<'_>, source: &Value, causes: &mut Vec<Cause>) {
    rules::name(path, source, "prefix", names::env_name, causes);
    let mut sources = 0;
    for kind in ["configMapRef", "secretRef"] {
        if let Some(reference @ Value::Object(_)) = source.get(kind) {
            sources += 1;
            let path = path.child(kind);
            rules::required_name(&path, reference, "name", names::dns1123_subdomain, causes);
        }
    }
    if sources != 1 {
        let detail = if sources == 0 {
            "must specify one of: `configMapRef` or `secretRef`"
        } else {
            "may not have more than one field specified at a time"
        };
        causes.push(Cause::invalid(path, "", detail));
    }
}

fn check_mounts(path: &Path<'_>, container: &Value, volumes: &[&str], causes: &mut Vec<Cause>) {
    let (list, mounts) = (path.child("volumeMounts"), container["volumeMounts"].items());
    for (i, mount) in mounts.iter().enumerate() {
        let path = list.index(i);
        let (name, target) = (mount["name"].str_or_empty(), mount["mountPath"].str_or_empty());
        rules::required(&path, mount, "name", causes);
        if !volumes.contains(&name) {
            causes.push(Cause::not_found(path.child("name"), name));
        }
        rules::required(&path, mount, "mountPath", causes);
        if mounts[..i].iter().any(|other| other["mountPath"].str_or_empty() == target) {
            causes.push(Cause::invalid(path.child("mountPath"), target, "must be unique"));
        }
        let [sub_path, expression] = ["subPath", "subPathExpr"].map(|f| mount[f].str_or_empty());
        // Upstream names the list here, not the mount.
        check_relative(&list.child("subPath"), sub_path, causes);
        if !sub_path.is_empty() && !expression.is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            causes.push(Cause::invalid(path.child("subPathExpr"), expression, detail));
        }
        check_relative(&list.child("subPathExpr"), expression, causes);
        let privileged = container["securityContext"]["privileged"].as_bool() == Some(true);
        if mount["mountPropagation"].as_str() == Some("Bidirectional") && !privileged {
            let detail = "Bidirectional mount propagation is available only to privileged containers";
            causes.push(Cause::forbidden(list.child("mountPropagation"), detail));
        }
    }
    let (list, devices) = (path.child("volumeDevices"), container["volumeDevices"].items());
    for (i, device) in devices.iter().enumerate() {
        let (path, name) = (list.index(i), device["name"].str_or_empty());
        if !volumes.contains(&name) {
            causes.push(Cause::not_found(path.child("name"), name));
        }
        for field in ["name", "devicePath"] {
            if devices[..i].iter().any(|other| other[field] == device[field]) {
                causes.push(Cause::invalid(path.child(field), &device[field], "must be unique"));
            }
        }
        if mounts.iter().any(|mount| mount["name"].str_or_empty() == name) {
            let detail = "must not already exist in volumeMounts";
            causes.push(Cause::invalid(path.child("name"), name, detail));
        }
    }
}

/// Requests and limits of a container.
pub(super) fn check_resources(path: &Path<'_>, resources: &Value, causes: &mut Vec<Cause>) {
    for kind in ["limits", "requests"] {
        let list = path.child(kind);
        for (name, value) in MapView::of(&resources[kind]).iter() {
            let field = list.key(name);
            check_resource_name(&list, name, causes);
            let Some(amount) = quantity(value) else { continue };
            rules::non_negative_quantity(&field, &amount, causes);
            if name.contains('/') && !amount.is_integer() {
                causes.push(Cause::invalid(field, amount.to_string(), "must be an integer"));
            }
            if kind == "requests" {
                check_request(path, name, &amount, &resources["limits"], causes);
            }
        }
    }
}

fn check_request(
    path: &Path<'_>,
    name: &str,
    request: &meta::Quantity,
    limits: &Value,
    causes: &mut Vec<Cause>,
) {
    // What is not shared out in fractions cannot be promised beyond its limit, nor fall short of it.
    let exact = name.contains('/') || name.starts_with("hugepages-");
    match quantity(&limits[name]) {
        Some(limit) if exact && *request != limit => {
            let detail = format!("must be equal to {name} limit of {limit}");
            causes.push(Cause::invalid(path.child("requests"), request.to_string(), &detail));
        }
        Some(limit) if *request > limit => {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(path.child("requests"), request.to_string(), &detail));
        }
        None if exact => {
            let detail = "Limit must be set for non overcommitable resources";
            causes.push(Cause::required(path.child("limits"), detail));
        }
        _ => {}
    }
}

fn check_resource_name(path: &Path<'_>, name: &str, causes: &mut Vec<Cause>) {
    rules::spelled(path, name, names::qualified_name, causes);
    match name.split_once('/') {
        None if !STANDARD.contains(&name) && !name.starts_with("hugepages-") => {
            causes.push(Cause::invalid(path, name, "must be a standard resource for containers"));
        }
        Some((domain, _)) if domain.starts_with("requests.") => {
            causes.push(Cause::invalid(path, name, "doesn't follow extended resource name standard"));
        }
        _ => {}
    }
}

fn check_resize_policy(list: &Path<'_>, policies: &[Value], causes: &mut Vec<Cause>) {
    for (i, policy) in policies.iter().enumerate() {
        let name = policy["resourceName"].str_or_empty();
        if policies[..i].iter().any(|other| other["resourceName"].as_str() == Some(name)) {
            causes.push(Cause::duplicate(list.index(i), name));
        }
        let restart = policy["restartPolicy"].str_or_empty();
        for (text, known) in [(name, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])] {
            if text.is_empty() {
                causes.push(Cause::required(list, ""));
            } else if !known.contains(&text) {
                causes.push(Cause::not_supported(list, text, &known));
            }
        }
    }
}

fn check_security(path: &Path<'_>, context: &Value, causes: &mut Vec<Cause>) {
    if context.is_null() {
        return;
    }
    for field in ["runAsUser", "runAsGroup"] {
        rules::user_id(&path.child(field), &context[field], causes);
    }
    check_profiles(path, context, causes);
    if context["allowPrivilegeEscalation"].as_bool() != Some(false) {
        return;
    }
    if context["privileged"].as_bool() == Some(true) {
        let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        causes.push(Cause::invalid(path, context, detail));
    }
    if context["capabilities"]["add"].items().iter().any(|cap| cap.as_str() == Some("CAP_SYS_ADMIN")) {
        let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        causes.push(Cause::invalid(path, context, detail));
    }
}

/// Probes and hooks.
fn check_long_lived(path: &Path<'_>, container: &Value, grace: Option<i64>, causes: &mut Vec<Cause>) {
    for hook in ["postStart", "preStop"] {
        let handler = &container["lifecycle"][hook];
        if !handler.is_null() {
            let path = path.child("lifecycle");
            check_handler(&path.child(hook), handler, grace, causes);
        }
    }
    for probe in PROBES {
        let value = &container[probe];
        if !value.is_null() {
            check_probe(&path.child(probe), value, probe, causes);
        }
    }
}

fn check_probe(path: &Path<'_>, probe: &Value, kind: &str, causes: &mut Vec<Cause>) {
    check_handler(path, probe, None, causes);
    let counts =
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
    rules::non_negative(path, probe, &counts, causes);
    let grace = probe["terminationGracePeriodSeconds"].as_i64();
    if grace.is_some_and(|seconds| seconds <= 0) {
        let field = path.child("terminationGracePeriodSeconds");
        causes.push(Cause::invalid(field, grace.unwrap_or(0), "must be greater than 0"));
    }
    if kind == "readinessProbe" {
        if let Some(grace) = grace {
            let field = path.child("terminationGracePeriodSeconds");
            causes.push(Cause::invalid(field, grace, "must not be set for readinessProbes"));
        }
    } else if probe["successThreshold"].as_i64().unwrap_or(1) != 1 {
        let number = probe["successThreshold"].as_i64().unwrap_or(0);
        causes.push(Cause::invalid(path.child("successThreshold"), number, "must be 1"));
    }
}

fn check_handler(path: &Path<'_>, handler: &Value, grace: Option<i64>, causes: &mut Vec<Cause>) {
    let mut handlers = HANDLERS.into_iter().filter(|kind| !handler[*kind].is_null());
    let Some(kind) = handlers.next() else {
        causes.push(Cause::required(path, "must specify a handler type"));
        return;
    };
    for second in handlers {
        causes.push(Cause::forbidden(path.child(second), "may not specify more than 1 handler type"));
    }
    let (path, action) = (path.child(kind), &handler[kind]);
    match kind {
        "exec" if action["command"].items().is_empty() => {
            causes.push(Cause::required(path.child("command"), ""));
        }
        "httpGet" => {
            rules::required(&path, action, "path", causes);
            rules::port_or_name(&path.child("port"), &action["port"], causes);
            for header in action["httpHeaders"].items() {
                let name = header["name"].str_or_empty();
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                    let detail = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
                    causes.push(Cause::invalid(path.child("httpHeaders"), name, detail));
                }
            }
        }
        "tcpSocket" => rules::port_or_name(&path.child("port"), &action["port"], causes),
        "grpc" => rules::port(&path.child("port"), action["port"].as_i64().unwrap_or(0), causes),
        "sleep" => {
            let seconds = action["seconds"].as_i64().unwrap_or(0);
            if let Some(grace) = grace.filter(|grace| !(0..=*grace).contains(&seconds)) {
                let detail =
                    format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                causes.push(Cause::invalid(path, seconds, &detail));
            }
        }
        _ => {}
    }
}

fn check_ephemeral(path: &Path<'_>, container: &Value, spec: &Value, causes: &mut Vec<Cause>) {
    for field in NOT_EPHEMERAL.into_iter().filter(|field| !container[*field].is_zero()) {
        causes.push(Cause::forbidden(path.child(field), "cannot be set for an Ephemeral Container"));
    }
    let list = path.child("volumeMounts");
    for (i, mount) in container["volumeMounts"].items().iter().enumerate() {
        for field in ["subPath", "subPathExpr"].into_iter().filter(|field| !mount[*field].is_zero()) {
            let path = list.index(i);
            causes.push(Cause::forbidden(path.child(field), "cannot be set for an Ephemeral Container"));
        }
    }
    let target = container["targetContainerName"].str_or_empty();
    let mut others = ["containers", "initContainers"].into_iter().flat_map(|list| spec[list].items());
    if !target.is_empty() && !others.any(|other| other["name"].as_str() == Some(target)) {
        causes.push(Cause::not_found(path.child("targetContainerName"), target));
    }
}
