//! Sorts of volumes whose rules are more than names that must be there.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::spec::Owner;
use super::volumes::no_steps_up;
use crate::Path;
use crate::rules;

const HOST_PATHS: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
/// Longest name of a driver.
const DRIVER_MAX: usize = 63;
/// Longest volume name and portal of an initiator that is named, with the colon between them.
const ISCSI_MAX: usize = 64;

pub(super) fn host_path(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    let target = source["path"].str_or_empty();
    if target.is_empty() {
        causes.push(Cause::required(path.child("path"), ""));
        return;
    }
    no_steps_up(&path.child("path"), target, causes);
    if let Some(kind) = source["type"].as_str().filter(|kind| !HOST_PATHS.contains(kind)) {
        causes.push(Cause::not_supported(path.child("type"), kind, &HOST_PATHS));
    }
}

/// A partition of a disk; none is 0.
pub(super) fn partition(path: &Path<'_>, source: &Value, causes: &mut Causes) {
    let number = source["partition"].as_i64().unwrap_or(0);
    if !(0..=255).contains(&number) {
        let detail = "must be between 1 and 255, inclusive";
        causes.push(Cause::invalid(path.child("partition"), number, detail));
    }
}

pub(super) fn iscsi(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    rules::required(path, source, "targetPortal", causes);
    let target = source["iqn"].str_or_empty();
    if target.is_empty() {
        causes.push(Cause::required(path.child("iqn"), ""));
    } else if let Some(detail) = wrong_initiator(target) {
        causes.push(Cause::invalid(path.child("iqn"), target, detail));
    }
    let lun = source["lun"].as_i64().unwrap_or(0);
    if !(0..=255).contains(&lun) {
        causes.push(Cause::invalid(path.child("lun"), lun, "must be between 0 and 255, inclusive"));
    }
    let authenticated = ["chapAuthDiscovery", "chapAuthSession"];
    if authenticated.iter().any(|field| source[*field].as_bool() == Some(true))
        && source["secretRef"].is_null()
    {
        causes.push(Cause::required(path.child("secretRef"), ""));
    }
    if let Some(name) = source["initiatorName"].as_str()
        && let Some(detail) = wrong_initiator(name)
    {
        causes.push(Cause::invalid(path.child("initiatorname"), name, detail));
    }
}

/// What is wrong about the name of an iSCSI node (RFC 3720 §3.2.6).
fn wrong_initiator(name: &str) -> Option<&'static str> {
    let alnum = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    let fits = if name.starts_with("iqn") {
        is_qualified_iscsi(name)
    } else if let Some(rest) = name.strip_prefix("eui") {
        rest.len() == 17 && alnum(&rest[1..])
    } else if let Some(rest) = name.strip_prefix("naa") {
        rest.len() == 33 && alnum(&rest[1..])
    } else {
        return Some("must be valid format starting with iqn, eui, or naa");
    };
    (!fits).then_some("must be valid format")
}

/// `iqn.2015-02.example.com:what`.
fn is_qualified_iscsi(name: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let Some((date, rest)) = name.strip_prefix("iqn.").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let Some((authority, what)) = rest.split_once(':') else { return false };
    date.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2))
        && !authority.is_empty()
        && authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && !what.is_empty()
        && !what.contains(|c: char| c.is_whitespace() || ",;*&$|".contains(c))
}

/// With an initiator of its own a volume's name becomes part of another name.
pub(super) fn iscsi_name(path: &Path<'_>, volume: &Value, causes: &mut Causes) {
    let (name, source) = (volume["name"].str_or_empty(), &volume["iscsi"]);
    let length = name.len() + 1 + source["targetPortal"].str_or_empty().len();
    if !source["initiatorName"].is_null() && length > ISCSI_MAX {
        let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
        causes.push(Cause::invalid(path.child("name"), name, detail));
    }
}

pub(super) fn flocker(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    let [name, uuid] = ["datasetName", "datasetUUID"].map(|field| source[field].str_or_empty());
    if name.is_empty() && uuid.is_empty() {
        causes.push(Cause::required(path, "one of datasetName and datasetUUID is required"));
    }
    if !name.is_empty() && !uuid.is_empty() {
        let detail = "datasetName and datasetUUID can not be specified simultaneously";
        causes.push(Cause::invalid(path, "resource", detail));
    }
    if name.contains('/') {
        causes.push(Cause::invalid(path.child("datasetName"), name, "must not contain '/'"));
    }
}

/// Monitors of a Ceph cluster.
pub(super) fn monitors(path: &Path<'_>, source: &Value, causes: &mut Causes) {
    if source["monitors"].items().is_empty() {
        causes.push(Cause::required(path.child("monitors"), ""));
    }
}

/// A reference to a Secret, if there is one, names it.
pub(super) fn named_secret(path: &Path<'_>, source: &Value, field: &str, causes: &mut Causes) {
    if !source[field].is_null() {
        rules::required(&path.child(field), &source[field], "name", causes);
    }
}

pub(super) fn quobyte(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    let registry = source["registry"].str_or_empty();
    let detail = "must be a host:port pair or multiple pairs separated by commas";
    if registry.is_empty() {
        causes.push(Cause::required(path.child("registry"), detail));
    } else if source["tenant"].str_or_empty().len() >= 65 {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        causes.push(Cause::required(path.child("tenant"), detail));
    } else {
        for _ in registry.split(',').filter(|pair| !pair.contains(':')) {
            causes.push(Cause::invalid(path.child("registry"), registry, detail));
        }
    }
    rules::required(path, source, "volume", causes);
}

pub(super) fn fibre_channel(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    let [targets, ids] = ["targetWWNs", "wwids"].map(|field| !source[field].items().is_empty());
    let field = path.child("targetWWNs");
    if !targets && !ids {
        let detail = "must specify either targetWWNs or wwids, but not both";
        causes.push(Cause::required(field, detail));
    }
    if targets && ids {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        causes.push(Cause::invalid(field, &source["targetWWNs"], detail));
    }
    if targets {
        match source["lun"].as_i64() {
            None => {
                let detail = "lun is required if targetWWNs is specified";
                causes.push(Cause::required(path.child("lun"), detail));
            }
            Some(lun) if !(0..=255).contains(&lun) => {
                causes.push(Cause::invalid(path.child("lun"), lun, "must be between 0 and 255, inclusive"));
            }
            Some(_) => {}
        }
    }
}

pub(super) fn flex_volume(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    rules::required(path, source, "driver", causes);
    let options = path.child("options");
    for (key, _) in source["options"].entries().strings() {
        let domain = format!(".{}", key.split('/').next().unwrap_or(key).to_ascii_lowercase());
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            causes.push(Cause::invalid(options.key(key), key, detail));
        }
    }
}

pub(super) fn azure_disk(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    rules::required(path, source, "diskName", causes);
    rules::required(path, source, "diskURI", causes);
    let kinds = ["Dedicated", "Managed", "Shared"];
    for (field, known) in [("cachingMode", ["None", "ReadOnly", "ReadWrite"]), ("kind", kinds)] {
        rules::supported(path, source, field, &known, causes);
    }
    let (uri, managed) = (source["diskURI"].str_or_empty(), source["kind"].as_str() == Some("Managed"));
    let (start, shape) = if managed {
        (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        )
    } else {
        ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd")
    };
    if !uri.starts_with(start) {
        causes.push(Cause::not_supported(path.child("diskURI"), uri, &[shape]));
    }
}

pub(super) fn storage_os(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    rules::required_name(path, source, "volumeName", names::dns1123_label, causes);
    rules::name(path, source, "volumeNamespace", names::dns1123_label, causes);
    named_secret(path, source, "secretRef", causes);
}

pub(super) fn csi(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    let (driver, field) = (source["driver"].str_or_empty(), path.child("driver"));
    if driver.is_empty() {
        causes.push(Cause::required(field, ""));
    } else {
        if driver.len() > DRIVER_MAX {
            causes.push(Cause::too_long(field, DRIVER_MAX));
        }
        let errors = names::dns1123_subdomain(&driver.to_ascii_lowercase());
        causes.extend(errors.iter().map(|detail| Cause::invalid(field, driver, detail)));
    }
    named_secret(path, source, "nodePublishSecretRef", causes);
    // Upstream names a field of the source here.
    let secret = &source["nodePublishSecretRef"];
    rules::name(path, secret, "name", names::dns1123_subdomain, causes);
}

pub(super) fn ephemeral(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    let (template, path) = (&source["volumeClaimTemplate"], path.child("volumeClaimTemplate"));
    if template.is_null() {
        causes.push(Cause::required(path, ""));
        return;
    }
    let (metadata, at) = (&template["metadata"], path.child("metadata"));
    rules::annotations(&at.child("annotations"), &metadata["annotations"], causes);
    rules::labels(&at.child("labels"), &metadata["labels"], causes);
    for entry in metadata.entries().iter() {
        let key = entry.key.as_str();
        if !matches!(key, "annotations" | "labels") && !entry.value.is_zero() {
            causes.push(Cause::forbidden(at.child(key), "cannot be set"));
        }
    }
    crate::claims::check_spec(&path.child("spec"), &template["spec"], causes);
}

/// The claim that is made for a volume is named after the pod and the volume.
pub(super) fn ephemeral_name(path: &Path<'_>, volume: &Value, owner: &Owner<'_>, causes: &mut Causes) {
    let (pod, name) = (owner.name(), volume["name"].str_or_empty());
    if pod.is_empty() || name.is_empty() {
        return;
    }
    let claim = format!("{pod}-{name}");
    for error in names::dns1123_subdomain(&claim) {
        let detail = format!("PVC name {claim:?}: {error}");
        causes.push(Cause::invalid(path.child("name"), name, &detail));
    }
}
