//! Variables of a container, and the downward API, which volumes use as well.

use api::Value;
use api::view::quantity;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::volumes::no_steps_up;
use crate::Path;
use crate::rules;

const SOURCES: &str =
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
const TWO: &str = "may not have more than one field specified at a time";

/// Fields of a pod that a variable can show.
const VARIABLE_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Fields of a pod that a file can show.
const FILE_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Fields that no place shows, but that upstream knows.
const OTHER_FIELDS: [&str; 3] = ["spec.restartPolicy", "spec.schedulerName", "status.phase"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const BYTE_DIVISORS: [&str; 13] =
    ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// Where the downward API shows something.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// In a variable.
    Variable,
    /// In a file.
    Volume,
}

pub(super) fn check(path: &Path<'_>, container: &Value, causes: &mut Causes) {
    let list = path.child("env");
    for (i, variable) in container["env"].items().iter().enumerate() {
        let path = list.index(i);
        rules::required_name(&path, variable, "name", names::env_name, causes);
        check_value_from(&path.child("valueFrom"), variable, causes);
    }
    let list = path.child("envFrom");
    for (i, source) in container["envFrom"].items().iter().enumerate() {
        check_env_from(&list, i, source, causes);
    }
}

/// Files that variables are read from stand in empty directories.
pub(super) fn check_files(path: &Path<'_>, container: &Value, spec: &Value, causes: &mut Causes) {
    let list = path.child("env");
    for (i, variable) in container["env"].items().iter().enumerate() {
        let file = &variable["valueFrom"]["fileKeyRef"];
        if file.is_null() {
            continue;
        }
        let (path, name) = (list.index(i), file["volumeName"].str_or_empty());
        let field = path.child("valueFrom.fileKeyRef.volumeName");
        // Of two volumes with one name upstream sees the later.
        let mut volumes = spec["volumes"].items().iter().rev();
        match volumes.find(|volume| volume["name"].str_or_empty() == name) {
            None => causes.push(Cause::not_found(field, name)),
            Some(volume) if volume["emptyDir"].is_null() => {
                causes.push(Cause::invalid(field, name, "referenced volume must be of type emptyDir"));
            }
            Some(_) => {}
        }
    }
}

fn check_value_from(path: &Path<'_>, variable: &Value, causes: &mut Causes) {
    let from = &variable["valueFrom"];
    if from.is_null() {
        return;
    }
    let mut sources = 0;
    for kind in ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] {
        let (path, reference) = (path.child(kind), &from[kind]);
        if reference.is_null() {
            continue;
        }
        sources += 1;
        match kind {
            "fieldRef" => check_field(&path, reference, Place::Variable, causes),
            "resourceFieldRef" => check_resource(&path, reference, Place::Variable, causes),
            "fileKeyRef" => check_file(&path, reference, causes),
            _ => {
                let name = reference["name"].str_or_empty();
                rules::spelled(&path.child("name"), name, names::dns1123_subdomain, causes);
                rules::required_name(&path, reference, "key", names::config_key, causes);
            }
        }
    }
    let detail = if sources == 0 {
        SOURCES
    } else if !variable["value"].str_or_empty().is_empty() {
        "may not be specified when `value` is not empty"
    } else if sources > 1 {
        TWO
    } else {
        return;
    };
    causes.push(Cause::invalid(path, "", detail));
}

fn check_file(path: &Path<'_>, file: &Value, causes: &mut Causes) {
    rules::required_name(path, file, "key", names::env_name, causes);
    rules::required_name(path, file, "volumeName", names::dns1123_label, causes);
    rules::required(path, file, "path", causes);
    no_steps_up(&path.child("path"), file["path"].str_or_empty(), causes);
}

/// A field of the pod.
pub(super) fn check_field(path: &Path<'_>, reference: &Value, place: Place, causes: &mut Causes) {
    let [version, text] = ["apiVersion", "fieldPath"].map(|field| reference[field].str_or_empty());
    for (field, text) in [("apiVersion", version), ("fieldPath", text)] {
        if text.is_empty() {
            causes.push(Cause::required(path.child(field), ""));
            return;
        }
    }
    let known: &[&str] = match place {
        Place::Variable => &VARIABLE_FIELDS,
        Place::Volume => &FILE_FIELDS,
    };
    let subscript = subscript(text);
    let all = || VARIABLE_FIELDS.iter().chain(&FILE_FIELDS).chain(&OTHER_FIELDS).chain(&["spec.host"]);
    let error = match subscript {
        _ if version != "v1" => format!("unsupported pod version: {version}"),
        Some(("metadata.annotations", key)) => {
            rules::spelled(path, &key.to_ascii_lowercase(), names::qualified_name, causes);
            return;
        }
        Some(("metadata.labels", key)) => return rules::spelled(path, key, names::qualified_name, causes),
        Some(_) => format!("field label does not support subscript: {text}"),
        None if all().any(|field| *field == text) => {
            let text = if text == "spec.host" { "spec.nodeName" } else { text };
            if !known.contains(&text) {
                causes.push(Cause::not_supported(path.child("fieldPath"), text, known));
            }
            return;
        }
        None => format!("field label not supported: {text}"),
    };
    let detail = format!("error converting fieldPath: {error}");
    causes.push(Cause::invalid(path.child("fieldPath"), text, &detail));
}

/// `metadata.labels['key']` as field and key.
fn subscript(text: &str) -> Option<(&str, &str)> {
    let (field, key) = text.strip_suffix("']")?.split_once("['")?;
    (!field.is_empty()).then_some((field, key))
}

/// A request or limit of a container.
pub(super) fn check_resource(path: &Path<'_>, reference: &Value, place: Place, causes: &mut Causes) {
    let resource = reference["resource"].str_or_empty();
    let pages = ["limits.hugepages-", "requests.hugepages-"].iter().any(|p| resource.starts_with(p));
    if place == Place::Volume && reference["containerName"].str_or_empty().is_empty() {
        causes.push(Cause::required(path.child("containerName"), ""));
    } else if resource.is_empty() {
        causes.push(Cause::required(path.child("resource"), ""));
    } else if !RESOURCES.contains(&resource) && !pages {
        causes.push(Cause::not_supported(path.child("resource"), resource, &RESOURCES));
    }
    let Some(divisor) = quantity(&reference["divisor"]).filter(|divisor| !divisor.is_zero()) else { return };
    let (sort, known): (&str, &[&str]) = match resource {
        "limits.cpu" | "requests.cpu" => ("cpu", &["1m", "1"]),
        "limits.memory" | "requests.memory" => ("memory", &BYTE_DIVISORS),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            ("local ephemeral storage", &BYTE_DIVISORS)
        }
        _ if pages => ("hugepages", &BYTE_DIVISORS),
        _ => return,
    };
    if !known.contains(&divisor.to_string().as_str()) {
        let list = if sort == "cpu" { known.join(" and ") } else { known.join(", ") };
        let detail = format!("only divisor's values {list} are supported with the {sort} resource");
        causes.push(Cause::invalid(path.child("divisor"), resource, &detail));
    }
}

fn check_env_from(list: &Path<'_>, i: usize, source: &Value, causes: &mut Causes) {
    let path = list.index(i);
    rules::name(&path, source, "prefix", names::env_name, causes);
    let mut sources = 0;
    for kind in ["configMapRef", "secretRef"] {
        if !source[kind].is_null() {
            sources += 1;
            rules::required_name(&path.child(kind), &source[kind], "name", names::dns1123_subdomain, causes);
        }
    }
    // Upstream names the list here, not the source.
    match sources {
        0 => causes.push(Cause::invalid(list, "", "must specify one of: `configMapRef` or `secretRef`")),
        1 => {}
        _ => causes.push(Cause::invalid(list, "", TWO)),
    }
}
