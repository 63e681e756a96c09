//! Containers of a pod: regular, init and ephemeral.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::env;
use super::probes;
use super::resources;
use super::security;
use super::volumes::Volumes;
use super::volumes::descending;
use super::volumes::has_steps_up;
use crate::Path;
use crate::rules;
use crate::rules::Seen;
use crate::rules::texts_of;

/// The lists of containers, in the order in which upstream visits all of them.
pub(super) const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
const NO_INIT: &str = "may not be set for init containers without restartPolicy=Always";
/// What an ephemeral container has not, in the order of its fields.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];
const PROPAGATIONS: [&str; 3] = ["Bidirectional", "HostToContainer", "None"];
const READ_ONLY: [&str; 3] = ["Disabled", "Enabled", "IfPossible"];

/// Every container of a spec with its list and its place there.
pub(super) fn all(spec: &Value) -> impl Iterator<Item = (&'static str, usize, &Value)> {
    let of = move |list: &'static str| spec[list].items().iter().enumerate();
    LISTS.into_iter().flat_map(move |list| of(list).map(move |(i, container)| (list, i, container)))
}

/// The rules of every container of a spec.
pub(super) fn check_all(path: &Path<'_>, spec: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    check_regular(&path.child("containers"), spec, volumes, causes);
    check_init(&path.child("initContainers"), spec, volumes, causes);
    check_ephemeral(&path.child("ephemeralContainers"), spec, volumes, causes);
}

/// Images of a pod are trimmed; those of a template are left alone, for compatibility.
pub(super) fn check_images(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    for list in ["containers", "initContainers"] {
        let at = path.child(list);
        for (i, container) in spec[list].items().iter().enumerate() {
            check_image(&at.index(i), container, causes);
        }
    }
}

pub(super) fn check_image(path: &Path<'_>, container: &Value, causes: &mut Causes) {
    let image = container["image"].str_or_empty();
    if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(path.child("image"), image, detail));
    }
}

fn check_regular(list: &Path<'_>, spec: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    let containers = spec["containers"].items();
    if containers.is_empty() {
        causes.push(Cause::required(list, ""));
        return;
    }
    let mut seen = Seen::default();
    for (i, container) in containers.iter().enumerate() {
        let path = list.index(i);
        check(&path, container, spec, volumes, causes);
        let name = container["name"].str_or_empty();
        if seen.again(name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
        probes::check_hooks(&path, container, spec, causes);
        probes::check_all(&path, container, causes);
        probes::check_restarts(&path, container, causes);
    }
    let mut taken = Seen::default();
    for (i, container) in containers.iter().enumerate() {
        check_host_ports(&list.index(i), container, &mut taken, causes);
    }
}

fn check_init(list: &Path<'_>, spec: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    let (regular, containers) =
        (texts_of(spec["containers"].items(), "name"), spec["initContainers"].items());
    let mut seen = Seen::default();
    for (i, container) in containers.iter().enumerate() {
        let path = list.index(i);
        check(&path, container, spec, volumes, causes);
        if !container["restartPolicy"].is_null() {
            probes::check_restarts(&path, container, causes);
        } else if !container["restartPolicyRules"].items().is_empty() {
            probes::require_policy(&path, causes);
        }
        let name = container["name"].str_or_empty();
        if regular.has(&name) || (!name.is_empty() && seen.again(name)) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
        // Init containers run one by one; upstream speaks of each as if it were the first.
        check_host_ports(&list.index(0), container, &mut Seen::default(), causes);
        let stays = container["restartPolicy"].as_str() == Some("Always");
        if stays {
            probes::check_hooks(&path, container, spec, causes);
            probes::check_all(&path, container, causes);
        } else {
            let fields = ["lifecycle"].into_iter().chain(probes::PROBES);
            for field in fields.filter(|field| !container[*field].is_null()) {
                causes.push(Cause::forbidden(path.child(field), NO_INIT));
            }
            let at = path.child("resizePolicy");
            for (j, policy) in container["resizePolicy"].items().iter().enumerate() {
                if policy["restartPolicy"].as_str() == Some("RestartContainer") {
                    let at = at.index(j);
                    let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                    causes.push(Cause::invalid(at.child("restartPolicy"), "RestartContainer", detail));
                }
            }
        }
    }
}

fn check_ephemeral(list: &Path<'_>, spec: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    let containers = spec["ephemeralContainers"].items();
    let others = ["containers", "initContainers"].into_iter().flat_map(|list| spec[list].items());
    let others = texts_of(others, "name");
    let mut seen = Seen::default();
    for (i, container) in containers.iter().enumerate() {
        let path = list.index(i);
        check(&path, container, spec, volumes, causes);
        check_image(&path, container, causes);
        let name = container["name"].str_or_empty();
        if others.has(&name) || seen.again(name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
        let target = container["targetContainerName"].str_or_empty();
        if !target.is_empty() && !others.has(&target) {
            causes.push(Cause::not_found(path.child("targetContainerName"), target));
        }
        let detail = "cannot be set for an Ephemeral Container";
        for field in NOT_EPHEMERAL.into_iter().filter(|field| !container[*field].is_zero()) {
            causes.push(Cause::forbidden(path.child(field), detail));
        }
        let list = path.child("volumeMounts");
        for (i, mount) in container["volumeMounts"].items().iter().enumerate() {
            for field in ["subPath", "subPathExpr"].into_iter().filter(|field| !mount[*field].is_zero()) {
                causes.push(Cause::forbidden(list.index(i).child(field), detail));
            }
        }
    }
}

/// What every sort of container has in common.
fn check(path: &Path<'_>, container: &Value, spec: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    rules::required_name(path, container, "name", names::dns1123_label, causes);
    rules::required(path, container, "image", causes);
    let policies = ["File", "FallbackToLogsOnError"];
    rules::one_of(path, container, "terminationMessagePolicy", &policies, causes);
    check_ports(&path.child("ports"), container["ports"].items(), causes);
    env::check(path, container, causes);
    check_mounts(&path.child("volumeMounts"), container, volumes, causes);
    check_devices(&path.child("volumeDevices"), container, volumes, causes);
    check_pull_policy(&path.child("imagePullPolicy"), &container["imagePullPolicy"], causes);
    let claims = &spec["resourceClaims"];
    resources::check(&path.child("resources"), &container["resources"], claims, causes);
    check_resize_policy(&path.child("resizePolicy"), container, spec, causes);
    security::check(&path.child("securityContext"), container, spec, causes);
}

/// When an image is pulled.
pub(super) fn check_pull_policy(path: &Path<'_>, policy: &Value, causes: &mut Causes) {
    let known = ["Always", "IfNotPresent", "Never"];
    match policy.str_or_empty() {
        "" => causes.push(Cause::required(path, "")),
        text if !known.contains(&text) => causes.push(Cause::not_supported(path, text, &known)),
        _ => {}
    }
}

fn check_ports(list: &Path<'_>, ports: &[Value], causes: &mut Causes) {
    let mut seen = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        let path = list.index(i);
        let name = port["name"].str_or_empty();
        if !name.is_empty() {
            let errors = names::port_name(name);
            let field = path.child("name");
            if errors.is_empty() && seen.again(name) {
                causes.push(Cause::duplicate(field, name));
            }
            causes.extend(errors.iter().map(|detail| Cause::invalid(field, name, detail)));
        }
        match port["containerPort"].as_i64().unwrap_or(0) {
            0 => causes.push(Cause::required(path.child("containerPort"), "")),
            number => rules::port(&path.child("containerPort"), number, causes),
        }
        match port["hostPort"].as_i64().unwrap_or(0) {
            0 => {}
            number => rules::port(&path.child("hostPort"), number, causes),
        }
        rules::one_of(&path, port, "protocol", &["SCTP", "TCP", "UDP"], causes);
    }
}

type HostPort<'a> = (&'a str, &'a str, i64);

fn check_host_ports<'a>(
    path: &Path<'_>,
    container: &'a Value,
    taken: &mut Seen<HostPort<'a>>,
    causes: &mut Causes,
) {
    let list = path.child("ports");
    for (i, port) in container["ports"].items().iter().enumerate() {
        let Some(number) = port["hostPort"].as_i64().filter(|number| *number != 0) else { continue };
        let asked = (port["protocol"].str_or_empty(), port["hostIP"].str_or_empty(), number);
        if taken.again(asked) {
            let shown = format!("{}/{}/{number}", asked.0, asked.1);
            causes.push(Cause::duplicate(list.index(i).child("hostPort"), shown));
        }
    }
}

/// Upstream names the list instead of the mount for what stands below a mount's name and path.
fn check_mounts(list: &Path<'_>, container: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    let (mounts, devices) = (container["volumeMounts"].items(), container["volumeDevices"].items());
    let [names, paths] = ["name", "devicePath"].map(|field| texts_of(devices, field));
    let mut seen = Seen::default();
    for (i, mount) in mounts.iter().enumerate() {
        let path = list.index(i);
        let (name, target) = (mount["name"].str_or_empty(), mount["mountPath"].str_or_empty());
        rules::required(&path, mount, "name", causes);
        if volumes.find(name).is_none() {
            causes.push(Cause::not_found(path.child("name"), name));
        }
        rules::required(&path, mount, "mountPath", causes);
        if seen.again(target) {
            causes.push(Cause::invalid(path.child("mountPath"), target, "must be unique"));
        }
        if names.has(&name) {
            let detail = "must not already exist in volumeDevices";
            causes.push(Cause::invalid(path.child("name"), name, detail));
        }
        if paths.has(&target) {
            let detail = "must not already exist as a path in volumeDevices";
            causes.push(Cause::invalid(path.child("mountPath"), target, detail));
        }
        let [below, expression] = ["subPath", "subPathExpr"].map(|field| mount[field].str_or_empty());
        descending(&list.child("subPath"), below, causes);
        if !below.is_empty() && !expression.is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            causes.push(Cause::invalid(path.child("subPathExpr"), expression, detail));
        }
        descending(&list.child("subPathExpr"), expression, causes);
        check_propagation(&list.child("mountPropagation"), mount, container, causes);
        check_recursion(&list.child("recursiveReadOnly"), mount, causes);
    }
}

fn check_propagation(path: &Path<'_>, mount: &Value, container: &Value, causes: &mut Causes) {
    let Some(propagation) = mount["mountPropagation"].as_str() else { return };
    if !PROPAGATIONS.contains(&propagation) {
        causes.push(Cause::not_supported(path, propagation, &PROPAGATIONS));
    }
    let privileged = container["securityContext"]["privileged"].as_bool() == Some(true);
    if propagation == "Bidirectional" && !privileged {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        causes.push(Cause::forbidden(path, detail));
    }
}

fn check_recursion(path: &Path<'_>, mount: &Value, causes: &mut Causes) {
    match mount["recursiveReadOnly"].as_str() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount["readOnly"].as_bool() != Some(true) {
                causes.push(Cause::forbidden(path, "may only be specified when readOnly is true"));
            }
            if mount["mountPropagation"].as_str().is_some_and(|text| text != "None") {
                let detail = "may only be specified when mountPropagation is None or not specified";
                causes.push(Cause::forbidden(path, detail));
            }
        }
        Some(text) => causes.push(Cause::not_supported(path, text, &READ_ONLY)),
    }
}

fn check_devices(list: &Path<'_>, container: &Value, volumes: &Volumes<'_>, causes: &mut Causes) {
    let (mounts, devices) = (container["volumeMounts"].items(), container["volumeDevices"].items());
    let [mounted, targets] = ["name", "mountPath"].map(|field| texts_of(mounts, field));
    let (mut names, mut paths) = (Seen::default(), Seen::default());
    for (i, device) in devices.iter().enumerate() {
        let path = list.index(i);
        let (name, target) = (device["name"].str_or_empty(), device["devicePath"].str_or_empty());
        let (at_name, at_path) = (path.child("name"), path.child("devicePath"));
        rules::required(&path, device, "name", causes);
        if !name.is_empty() && names.again(name) {
            causes.push(Cause::invalid(at_name, name, "must be unique"));
        }
        match volumes.find(name) {
            None => causes.push(Cause::not_found(at_name, name)),
            Some(volume) if volume["persistentVolumeClaim"].is_null() && volume["ephemeral"].is_null() => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                causes.push(Cause::invalid(at_name, name, detail));
            }
            Some(_) => {}
        }
        rules::required(&path, device, "devicePath", causes);
        if paths.again(target) && !has_steps_up(target) {
            causes.push(Cause::invalid(at_path, target, "must be unique"));
        }
        if has_steps_up(target) {
            causes.push(Cause::invalid(at_path, target, "can not contain backsteps ('..')"));
        }
        if mounted.has(&name) {
            causes.push(Cause::invalid(at_name, name, "must not already exist in volumeMounts"));
        }
        if targets.has(&target) {
            let detail = "must not already exist as a path in volumeMounts";
            causes.push(Cause::invalid(at_path, target, detail));
        }
    }
}

fn check_resize_policy(list: &Path<'_>, container: &Value, spec: &Value, causes: &mut Causes) {
    let policies = container["resizePolicy"].items();
    let mut seen = Seen::default();
    for (i, policy) in policies.iter().enumerate() {
        let name = policy["resourceName"].str_or_empty();
        if seen.again(name) {
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
        if spec["restartPolicy"].as_str() == Some("Never") && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            causes.push(Cause::invalid(list, restart, detail));
        }
    }
}
