//! What the node's operating system and the host's namespaces allow of a spec.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::container;
use crate::Path;
use crate::rules;

/// Longest name of a host.
const HOSTNAME_MAX: usize = 64;
const NOT_WINDOWS: &str = "cannot be set for a windows pod";
const NOT_HOST: &str = "when `hostUsers` is false";
const SYSTEMS: [&str; 2] = ["linux", "windows"];

/// What a Windows pod has not, in the order in which upstream looks: the spec's own fields, and those of
/// its security context.
const POD_FIELDS: [&str; 15] = [
    "securityContext.appArmorProfile",
    "securityContext.seLinuxOptions",
    "hostUsers",
    "hostPID",
    "hostIPC",
    "securityContext.seccompProfile",
    "securityContext.fsGroup",
    "securityContext.fsGroupChangePolicy",
    "securityContext.sysctls",
    "shareProcessNamespace",
    "securityContext.runAsUser",
    "securityContext.runAsGroup",
    "securityContext.supplementalGroups",
    "securityContext.supplementalGroupsPolicy",
    "securityContext.seLinuxChangePolicy",
];
/// What a Windows container has not in its security context.
const CONTAINER_FIELDS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// On the host's network every port is a port of the host.
pub(super) fn check_host_network(path: &Path<'_>, spec: &Value, is_pod: bool, causes: &mut Causes) {
    if spec["hostNetwork"].as_bool() != Some(true) {
        return;
    }
    let path = path.child("containers");
    for (i, container) in spec["containers"].items().iter().enumerate() {
        let path = path.index(i);
        let path = path.child("ports");
        for (j, port) in container["ports"].items().iter().enumerate() {
            let [host, own] = ["hostPort", "containerPort"].map(|f| port[f].as_i64().unwrap_or(0));
            if (is_pod || host != 0) && host != own {
                let path = path.index(j);
                let detail = "must match `containerPort` when `hostNetwork` is true";
                causes.push(Cause::invalid(path.child("hostPort"), host, detail));
            }
        }
    }
}

/// Containers that are processes of a Windows host: all of a pod, or none.
pub(super) fn check_host_process(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let asked = |of: &Value| of["securityContext"]["windowsOptions"]["hostProcess"].as_bool();
    let (whole, mut count, mut processes) = (asked(spec), 0, 0);
    for (list, i, container) in container::all(spec) {
        count += 1;
        let own = asked(container);
        if let (Some(whole), Some(own)) = (whole, own)
            && whole != own
        {
            let list = path.child(list);
            let at = list.index(i);
            let detail =
                format!("pod hostProcess value must be identical if both are specified, was {whole}");
            let field = at.child("securityContext.windowsOptions.hostProcess");
            causes.push(Cause::invalid(field, own, &detail));
        }
        processes += usize::from(own.or(whole) == Some(true));
    }
    if processes == 0 {
        return;
    }
    if processes != count {
        let detail =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        causes.push(Cause::invalid(path, "", detail));
    }
    if spec["hostNetwork"].as_bool() != Some(true) {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        causes.push(Cause::invalid(path.child("hostNetwork"), false, detail));
    }
}

/// With users of its own a pod shares no other namespace with the host.
pub(super) fn check_host_users(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    if spec["hostUsers"].as_bool() != Some(false) {
        return;
    }
    for (field, shown) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec[field].as_bool() == Some(true) {
            causes.push(Cause::forbidden(path.child(shown), NOT_HOST));
        }
    }
    for (list, i, container) in container::all(spec) {
        if !container["volumeDevices"].items().is_empty() {
            let list = path.child(list);
            causes.push(Cause::forbidden(list.index(i).child("volumeDevices"), NOT_HOST));
        }
    }
}

pub(super) fn check_hostname(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let Some(name) = spec["hostnameOverride"].as_str() else { return };
    let field = path.child("hostnameOverride");
    for other in ["setHostnameAsFQDN", "hostNetwork"] {
        if spec[other].as_bool() == Some(true) {
            let detail = format!("may not be specified when {other} is true");
            causes.push(Cause::forbidden(field, &detail));
        }
    }
    if name.len() > HOSTNAME_MAX {
        causes.push(Cause::too_long(field, HOSTNAME_MAX));
    }
    rules::spelled(&field, name, names::dns1123_subdomain, causes);
}

/// The operating system that a pod is for.
pub(super) fn check_system(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let system = &spec["os"];
    if system.is_null() {
        return;
    }
    match system["name"].str_or_empty() {
        "" => causes.push(Cause::required(path.child("os.name"), "")),
        "linux" => check_linux(path, spec, causes),
        "windows" => check_windows(path, spec, causes),
        other => causes.push(Cause::not_supported(path.child("os"), other, &SYSTEMS)),
    }
}

fn check_linux(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let detail = "windows options cannot be set for a linux pod";
    let set = |of: &Value| !of["securityContext"]["windowsOptions"].is_null();
    let field = "securityContext.windowsOptions";
    if set(spec) {
        causes.push(Cause::forbidden(path.child(field), detail));
    }
    for (list, i, _) in container::all(spec).filter(|(_, _, container)| set(container)) {
        let list = path.child(list);
        causes.push(Cause::forbidden(list.index(i).child(field), detail));
    }
}

fn check_windows(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    for field in POD_FIELDS {
        let value = match field.strip_prefix("securityContext.") {
            Some(inner) => &spec["securityContext"][inner],
            None => &spec[field],
        };
        // These two are plain truth values in memory, and the list counts by what is in it.
        let set = match field {
            "hostPID" | "hostIPC" | "securityContext.sysctls" => !value.is_zero(),
            _ => !value.is_null(),
        };
        if set {
            causes.push(Cause::forbidden(path.child(field), NOT_WINDOWS));
        }
    }
    for (list, i, container) in container::all(spec) {
        let (list, context) = (path.child(list), &container["securityContext"]);
        let at = list.index(i);
        let at = at.child("securityContext");
        for field in CONTAINER_FIELDS.into_iter().filter(|field| !context[*field].is_null()) {
            causes.push(Cause::forbidden(at.child(field), NOT_WINDOWS));
        }
    }
}
