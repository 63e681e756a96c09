//! Pods.

use api::Value;
use api::value;
use meta::Cause;
use meta::names;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::pod_defaults::set_default;
use crate::pod_defaults::set_pod_spec_defaults;
use crate::strategy::copy_field;
use crate::strategy::keep_other_part;

pub(crate) struct Pods;

impl Strategy for Pods {
    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, pod: &mut Value) {
        if let Some(spec) = pod.get_mut("spec") {
            set_pod_spec_defaults(spec);
            set_default(spec, "enableServiceLinks", true);
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, pod: &mut Value) {
        let qos = qos_class(&pod["spec"]);
        pod.set(&["status"], value!({"phase": "Pending", "qosClass": qos}));
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, pod: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, pod, old);
        match part {
            Subresource::Status => {
                if let Some(qos) = old["status"].get("qosClass") {
                    pod.set(&["status", "qosClass"], qos.clone());
                }
            }
            Subresource::Other("ephemeralcontainers") => {
                let ephemeral = pod["spec"]["ephemeralContainers"].clone();
                copy_field(pod, old, "spec");
                copy_field(pod, old, "status");
                pod.set(&["spec", "ephemeralContainers"], ephemeral);
            }
            Subresource::None | Subresource::Other(_) => {}
        }
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        true
    }

    fn validate(&self, _cx: &Context<'_>, pod: &Value) -> Vec<Cause> {
        let mut causes = Vec::new();
        validate_pod_spec(&Path::new("spec"), &pod["spec"], &mut causes);
        causes
    }

    fn validate_update(&self, cx: &Context<'_>, part: Subresource, pod: &Value, old: &Value) -> Vec<Cause> {
        match part {
            Subresource::None => {
                let mut causes = self.validate(cx, pod);
                validate_spec_change(&pod["spec"], &old["spec"], &mut causes);
                causes
            }
            Subresource::Status | Subresource::Other(_) => Vec::new(),
        }
    }

    fn graceful_delete(&self, pod: &Value, asked: Option<u64>) -> Option<u64> {
        let spec_grace = pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
        let grace = asked.unwrap_or_else(|| u64::try_from(spec_grace).unwrap_or(1));
        // A pod that never reached a node, or that ended, has nobody to end it gracefully.
        let unassigned = pod["spec"]["nodeName"].str_or_empty().is_empty();
        let ended = matches!(pod["status"]["phase"].str_or_empty(), "Succeeded" | "Failed");
        Some(if unassigned || ended { 0 } else { grace })
    }
}

/// `Guaranteed`, `Burstable` or `BestEffort`, by requests and limits of CPU and memory.
pub(crate) fn qos_class(spec: &Value) -> &'static str {
    let mut any = false;
    let mut guaranteed = true;
    for container in ["containers", "initContainers"].into_iter().flat_map(|list| spec[list].items()) {
        for resource in ["cpu", "memory"] {
            let amount = |kind: &str| {
                api::view::quantity(&container["resources"][kind][resource]).filter(|q| !q.is_zero())
            };
            let (request, limit) = (amount("requests"), amount("limits"));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// The rules of a pod's (or template's) spec.
pub(crate) fn validate_pod_spec(path: &Path, spec: &Value, causes: &mut Vec<Cause>) {
    let volumes = validate_volumes(&path.child("volumes"), &spec["volumes"], causes);
    let containers = &spec["containers"];
    if containers.items().is_empty() {
        causes.push(Cause::required(path.child("containers"), ""));
    }
    let mut seen = Vec::new();
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for (i, container) in spec[list].items().iter().enumerate() {
            validate_container(&path.child(list).index(i), container, &volumes, &mut seen, causes);
        }
    }
    supported(path, spec, "restartPolicy", &["Always", "Never", "OnFailure"], causes);
    supported(
        path,
        spec,
        "dnsPolicy",
        &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
        causes,
    );
    if let Some(seconds) = spec["terminationGracePeriodSeconds"].as_i64()
        && seconds < 0
    {
        let field = path.child("terminationGracePeriodSeconds");
        causes.push(Cause::invalid(field, seconds, "must be greater than or equal to 0"));
    }
    for (field, check) in [
        ("serviceAccountName", names::dns1123_subdomain as fn(&str) -> Vec<String>),
        ("nodeName", names::dns1123_subdomain),
        ("hostname", names::dns1123_label),
        ("subdomain", names::dns1123_label),
    ] {
        let text = spec[field].str_or_empty();
        if !text.is_empty() {
            causes.extend(check(text).iter().map(|e| Cause::invalid(path.child(field), text, e)));
        }
    }
}

fn validate_volumes<'a>(path: &Path, volumes: &'a Value, causes: &mut Vec<Cause>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for (i, volume) in volumes.items().iter().enumerate() {
        let field = path.index(i).child("name");
        let name = volume["name"].str_or_empty();
        if name.is_empty() {
            causes.push(Cause::required(field, ""));
        } else if seen.contains(&name) {
            causes.push(Cause::duplicate(field, name));
        } else {
            causes.extend(names::dns1123_label(name).iter().map(|e| Cause::invalid(&field, name, e)));
        }
        seen.push(name);
        let mut sources =
            volume.entries().iter().filter(|entry| entry.key.as_str() != "name" && !entry.value.is_null());
        if let Some(second) = sources.nth(1) {
            let field = path.index(i).child(second.key.as_str());
            causes.push(Cause::forbidden(field, "may not specify more than 1 volume type"));
        }
    }
    seen
}

fn validate_container<'a>(
    path: &Path,
    container: &'a Value,
    volumes: &[&str],
    seen: &mut Vec<&'a str>,
    causes: &mut Vec<Cause>,
) {
    let name = container["name"].str_or_empty();
    if name.is_empty() {
        causes.push(Cause::required(path.child("name"), ""));
    } else {
        causes.extend(names::dns1123_label(name).iter().map(|e| Cause::invalid(path.child("name"), name, e)));
    }
    if seen.contains(&name) && !name.is_empty() {
        causes.push(Cause::duplicate(path.child("name"), name));
    }
    seen.push(name);
    let image = container["image"].str_or_empty();
    if image.is_empty() {
        causes.push(Cause::required(path.child("image"), ""));
    } else if image.trim() != image {
        causes.push(Cause::invalid(
            path.child("image"),
            image,
            "must not have leading or trailing whitespace",
        ));
    }
    supported(path, container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], causes);
    for (i, port) in container["ports"].items().iter().enumerate() {
        validate_port(&path.child("ports").index(i), port, causes);
    }
    for (i, variable) in container["env"].items().iter().enumerate() {
        let field = path.child("env").index(i).child("name");
        let name = variable["name"].str_or_empty();
        if name.is_empty() {
            causes.push(Cause::required(field, ""));
        } else {
            causes.extend(names::env_name(name).iter().map(|e| Cause::invalid(&field, name, e)));
        }
    }
    let mut mounts = Vec::new();
    for (i, mount) in container["volumeMounts"].items().iter().enumerate() {
        let field = path.child("volumeMounts").index(i);
        let name = mount["name"].str_or_empty();
        if name.is_empty() {
            causes.push(Cause::required(field.child("name"), ""));
        } else if !volumes.contains(&name) {
            causes.push(Cause::not_found(field.child("name"), name));
        }
        let target = mount["mountPath"].str_or_empty();
        if target.is_empty() {
            causes.push(Cause::required(field.child("mountPath"), ""));
        } else if mounts.contains(&target) {
            causes.push(Cause::invalid(field.child("mountPath"), target, "must be unique"));
        }
        mounts.push(target);
    }
    validate_resources(&path.child("resources"), &container["resources"], causes);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(value) = container.get(probe) {
            validate_probe(&path.child(probe), value, probe, causes);
        }
    }
}

fn validate_port(path: &Path, port: &Value, causes: &mut Vec<Cause>) {
    let in_range = |field: &str, causes: &mut Vec<Cause>| {
        let number = port[field].as_i64().unwrap_or(0);
        if !(1..=65535).contains(&number) {
            let detail = "must be between 1 and 65535, inclusive";
            causes.push(Cause::invalid(path.child(field), number, detail));
        }
    };
    if port["containerPort"].is_zero() {
        causes.push(Cause::required(path.child("containerPort"), ""));
    } else {
        in_range("containerPort", causes);
    }
    if !port["hostPort"].is_zero() {
        in_range("hostPort", causes);
    }
    supported(path, port, "protocol", &["SCTP", "TCP", "UDP"], causes);
    let name = port["name"].str_or_empty();
    if !name.is_empty() {
        causes.extend(names::port_name(name).iter().map(|e| Cause::invalid(path.child("name"), name, e)));
    }
}

fn validate_resources(path: &Path, resources: &Value, causes: &mut Vec<Cause>) {
    for kind in ["limits", "requests"] {
        for (name, value) in api::view::MapView::of(&resources[kind]).iter() {
            let field = path.child(kind).key(name);
            let Some(amount) = api::view::quantity(value) else { continue };
            if amount.is_negative() {
                causes.push(Cause::invalid(&field, amount.to_string(), "must be greater than or equal to 0"));
            }
            let limit = api::view::quantity(&resources["limits"][name]);
            if kind == "requests"
                && let Some(limit) = limit
                && amount > limit
            {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                causes.push(Cause::invalid(path.child("requests"), amount.to_string(), &detail));
            }
        }
    }
}

fn validate_probe(path: &Path, probe: &Value, kind: &str, causes: &mut Vec<Cause>) {
    let handlers: Vec<&str> =
        ["exec", "httpGet", "tcpSocket", "grpc"].into_iter().filter(|h| !probe[*h].is_null()).collect();
    match handlers.as_slice() {
        [] => causes.push(Cause::required(path, "must specify a handler type")),
        [_] => {}
        [_, second, ..] => {
            causes.push(Cause::forbidden(path.child(second), "may not specify more than 1 handler type"));
        }
    }
    for field in
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
    {
        let number = probe[field].as_i64().unwrap_or(0);
        if number < 0 {
            causes.push(Cause::invalid(path.child(field), number, "must be greater than or equal to 0"));
        }
    }
    if kind != "readinessProbe" && probe["successThreshold"].as_i64().unwrap_or(1) != 1 {
        let number = probe["successThreshold"].as_i64().unwrap_or(0);
        causes.push(Cause::invalid(path.child("successThreshold"), number, "must be 1"));
    }
}

/// A text field that must be one of a few values (absent is fine: defaults ran before).
pub(crate) fn supported(path: &Path, object: &Value, field: &str, values: &[&str], causes: &mut Vec<Cause>) {
    let text = object[field].str_or_empty();
    if !text.is_empty() && !values.contains(&text) {
        causes.push(Cause::not_supported(path.child(field), text, values));
    }
}

/// Of a pod that exists, only images, deadline, grace period, gates and further tolerations may
/// change.
fn validate_spec_change(spec: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let mut comparable = spec.clone();
    for list in ["containers", "initContainers"] {
        if comparable[list].items().len() != old[list].items().len() {
            let detail = "pod updates may not add or remove containers";
            causes.push(Cause::forbidden(format!("spec.{list}"), detail));
            return;
        }
        for (i, container) in crate::pod_defaults::items_mut(&mut comparable, list).enumerate() {
            let image = old[list].items()[i]["image"].clone();
            container.set(&["image"], image);
        }
    }
    for field in ["activeDeadlineSeconds", "terminationGracePeriodSeconds", "schedulingGates"] {
        copy_field(&mut comparable, old, field);
    }
    let kept = old["tolerations"].items().iter().all(|t| comparable["tolerations"].items().contains(t));
    if kept {
        copy_field(&mut comparable, old, "tolerations");
    }
    if comparable != *old {
        let detail = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        causes.push(Cause::forbidden("spec", detail));
    }
}
