//! PersistentVolumes and the storage group.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use api::Value;
use api::value;
use api::view::quantity;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod::check_node_selector;
use crate::pod::check_source_of_volume;
use crate::pod::no_steps_up;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::rules::Seen;
use crate::table;

pub(crate) struct PersistentVolumes;
pub(crate) struct StorageClasses;
pub(crate) struct VolumeAttachments;
pub(crate) struct CsiDrivers;
pub(crate) struct CsiNodes;
pub(crate) struct StorageCapacities;
pub(crate) struct VolumeAttributesClasses;

/// Fields of a PersistentVolume's spec that name no source.
const NO_SOURCE: [&str; 9] = [
    "capacity",
    "accessModes",
    "claimRef",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "volumeMode",
    "nodeAffinity",
    "volumeAttributesClassName",
];
const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const MAX_DRIVER_NAME: usize = 63;
const LIFECYCLE_MODES: [&str; 2] = ["Persistent", "Ephemeral"];
const MAX_NODE_ID: usize = 256;
const TOKENS_ARE_LOGGED: &str = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes";

impl Strategy for PersistentVolumes {
    fn table(&self) -> &'static Table {
        &table::VOLUME
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        if let Some(spec @ Value::Object(_)) = object.get_mut("spec") {
            set_default(spec, "persistentVolumeReclaimPolicy", "Retain");
            set_default(spec, "volumeMode", "Filesystem");
            if let Some(path @ Value::Object(_)) = spec.get_mut("hostPath")
                && path["type"].is_null()
            {
                path.set(&["type"], "");
            }
        }
        if object["status"]["phase"].str_or_empty().is_empty() {
            object.set(&["status", "phase"], "Pending");
        }
    }

    fn prepare_create(&self, cx: &Context<'_>, object: &mut Value) {
        let now = meta::time::seconds(cx.clock.now());
        object.set(&["status"], value!({"phase": "Pending", "lastPhaseTransitionTime": now}));
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_volume(&Path::new("spec"), &object["spec"], false, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part != Subresource::None {
            return;
        }
        let (spec, before) = (&object["spec"], &old["spec"]);
        let keys = spec.entries().iter().chain(before.entries().iter()).map(|entry| entry.key.as_str());
        let mut sources = keys.filter(|key| !NO_SOURCE.contains(key));
        // How a volume grows may be said later.
        let source = |spec: &Value, key: &str| {
            let mut source = spec[key].clone();
            source.remove(&["controllerExpandSecretRef"]);
            source
        };
        if sources.any(|key| !rules::same(&source(spec, key), &source(before, key))) {
            let detail = "spec.persistentvolumesource is immutable after creation";
            causes.push(Cause::forbidden("spec.persistentvolumesource", detail));
        }
        // Upstream names this field as if it were no part of the spec.
        rules::immutable(&Path::new("volumeMode"), &spec["volumeMode"], &before["volumeMode"], causes);
        let [new, old] = [spec, before].map(|spec| newer_labels(&spec["nodeAffinity"]));
        if !old.is_null() && new != old {
            let detail = "field is immutable, except for updating from beta label to GA";
            causes.push(Cause::invalid("nodeAffinity", rules::InMemory(&spec["nodeAffinity"]), detail));
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        let old = "volume.beta.kubernetes.io/storage-class";
        let used = object["metadata"]["annotations"].get(old).is_some();
        let told = "deprecated since v1.8; use \"storageClassName\" attribute instead";
        used.then(|| format!("metadata.annotations[{old}]: {told}")).into_iter().collect()
    }
}

/// The rules of a volume's spec; `inline`: within the request to attach it.
fn check_volume(path: &Path<'_>, spec: &Value, inline: bool, causes: &mut Causes) {
    if inline {
        for field in ["claimRef", "capacity"].iter().filter(|field| !spec[**field].is_zero()) {
            let detail = "may not be specified in the context of inline volumes";
            causes.push(Cause::forbidden(path.child(field), detail));
        }
        if spec["csi"].is_null() {
            let detail = "has to be specified in the context of inline volumes";
            causes.push(Cause::required(path.child("csi"), detail));
        }
    }
    let modes = spec["accessModes"].items();
    if modes.is_empty() {
        causes.push(Cause::required(path.child("accessModes"), ""));
    }
    for mode in modes.iter().filter_map(Value::as_str).filter(|mode| !ACCESS_MODES.contains(mode)) {
        causes.push(Cause::not_supported(path.child("accessModes"), mode, &ACCESS_MODES));
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode.as_str() == Some("ReadWriteOncePod")) {
        let detail = "may not use ReadWriteOncePod with other access modes";
        causes.push(Cause::forbidden(path.child("accessModes"), detail));
    }
    if !inline {
        check_capacity(&path.child("capacity"), &spec["capacity"], causes);
    }
    check_volume_source(path, spec, causes);
    rules::name(path, spec, "storageClassName", names::dns1123_subdomain, causes);
    match spec["volumeAttributesClassName"].as_str() {
        Some("") => {
            let at = path.child("volumeAttributesClassName");
            causes.push(Cause::required(at, "an empty string is disallowed"));
        }
        _ => rules::name(path, spec, "volumeAttributesClassName", names::dns1123_subdomain, causes),
    }
    let affinity = &spec["nodeAffinity"];
    if !affinity.is_null() {
        let path = path.child("nodeAffinity.required");
        if affinity["required"].is_null() {
            causes.push(Cause::required(path, "must specify required node constraints"));
        } else {
            check_node_selector(&path, &affinity["required"], causes);
        }
    }
}

fn check_capacity(path: &Path<'_>, capacity: &Value, causes: &mut Causes) {
    if capacity.is_zero() {
        causes.push(Cause::required(path, ""));
    }
    if capacity.get("storage").is_none() || capacity.entries().len() > 1 {
        causes.push(Cause::not_supported(path, capacity, &["storage"]));
    }
    if let Some(amount) = quantity(&capacity["storage"])
        && (amount.is_negative() || amount.is_zero())
    {
        if amount.is_negative() {
            causes.push(Cause::invalid(
                path.key("storage"),
                amount.value(),
                "must be a valid resource quantity",
            ));
        }
        causes.push(Cause::invalid(path.key("storage"), amount.to_string(), rules::POSITIVE));
    }
}

/// Where a volume is, by the labels of today.
fn newer_labels(affinity: &Value) -> Value {
    const LABELS: [(&str, &str); 5] = [
        ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
        ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
        ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
        ("beta.kubernetes.io/os", "kubernetes.io/os"),
        ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ];
    let mut affinity = affinity.clone();
    let Some(required) = affinity.get_mut("required") else { return affinity };
    for term in items_mut(required, "nodeSelectorTerms") {
        for expression in items_mut(term, "matchExpressions") {
            if let Some((_, newer)) = LABELS.iter().find(|(old, _)| expression["key"].as_str() == Some(old)) {
                expression.set(&["key"], *newer);
            }
        }
    }
    affinity
}

/// The rules of one sort of source: those of a pod's volume, but where a volume by itself has others.
fn check_source(path: &Path<'_>, key: &str, source: &Value, causes: &mut Causes) {
    let at = path.child(key);
    match key {
        "csi" => {
            check_driver_name(&at, source, "driver", causes);
            rules::required(&at, source, "volumeHandle", causes);
            for field in SECRETS_OF_CSI {
                let (at, secret) = (at.child(field), &source[field]);
                for part in ["name", "namespace"].iter().filter(|_| !secret.is_null()) {
                    rules::required(&at, secret, part, causes);
                }
            }
        }
        "local" => {
            rules::required(&at, source, "path", causes);
            no_steps_up(&at.child("path"), source["path"].str_or_empty(), causes);
        }
        _ => {
            let known = causes.len();
            check_source_of_volume(path, key, source, causes);
            // Of a volume by itself upstream does not say how the name of an iSCSI target begins.
            for cause in &mut causes[known..] {
                cause.message = cause.message.replace(" starting with iqn, eui, or naa", "");
            }
        }
    }
}

const SECRETS_OF_CSI: [&str; 5] = [
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeStageSecretRef",
    "nodeExpandSecretRef",
];

fn check_volume_source(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let entries = spec.entries().iter().filter(|entry| !entry.value.is_null());
    let mut sources = entries.map(|entry| entry.key.as_str()).filter(|key| !NO_SOURCE.contains(key));
    if sources.next().is_none() {
        causes.push(Cause::required(path, "must specify a volume type"));
    }
    for second in sources {
        causes.push(Cause::forbidden(path.child(second), "may not specify more than 1 volume type"));
    }
    for entry in spec.entries().iter().filter(|entry| matches!(entry.value, Value::Object(_))) {
        check_source(path, entry.key.as_str(), &entry.value, causes);
    }
    if !spec["local"].is_null() && spec["nodeAffinity"].is_null() {
        causes.push(Cause::required(path.child("nodeAffinity"), "Local volume requires node affinity"));
    }
    let recycled = spec["persistentVolumeReclaimPolicy"].as_str() == Some("Recycle");
    if recycled && spec["hostPath"]["path"].as_str() == Some("/") {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        causes.push(Cause::forbidden(path.child("persistentVolumeReclaimPolicy"), detail));
    }
}

impl Strategy for StorageClasses {
    fn table(&self) -> &'static Table {
        &table::STORAGE_CLASS
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        for (field, default) in [("reclaimPolicy", "Delete"), ("volumeBindingMode", "Immediate")] {
            if object[field].is_null() {
                object.set(&[field], default);
            }
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_provisioner("provisioner", object, causes);
        if object["parameters"].entries().iter().any(|entry| entry.key.as_str().is_empty()) {
            causes.push(Cause::invalid("parameters", "", "field can not be empty."));
        }
        rules::supported(&Path::new(""), object, "reclaimPolicy", &["Delete", "Retain"], causes);
        if object["volumeBindingMode"].as_str() == Some("") {
            let modes = ["Immediate", "WaitForFirstConsumer"];
            causes.push(Cause::not_supported("volumeBindingMode", "", &modes));
        }
        check_topologies(&Path::new("allowedTopologies"), object["allowedTopologies"].items(), causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            rules::immutable(&Path::new(field), &object[field], &old[field], causes);
        }
    }
}

fn check_provisioner(field: &str, object: &Value, causes: &mut Causes) {
    let lower = object[field].str_or_empty().to_ascii_lowercase();
    if !lower.is_empty() {
        rules::spelled(&Path::new(field), &lower, names::qualified_name, causes);
    }
}

/// Where volumes of a class may be: terms that differ, each of keys that differ.
fn check_topologies(list: &Path<'_>, terms: &[Value], causes: &mut Causes) {
    let texts = |values: &Value| -> BTreeSet<String> {
        values.items().iter().map(|value| value.str_or_empty().to_owned()).collect()
    };
    let mut known: HashMap<BTreeMap<String, BTreeSet<String>>, usize> = HashMap::new();
    let mut told = 0;
    for (i, term) in terms.iter().enumerate() {
        let path = list.index(i);
        let at = path.child("matchLabelExpressions");
        let mut keys = BTreeMap::new();
        for (j, expression) in term["matchLabelExpressions"].items().iter().enumerate() {
            let path = at.index(j);
            let (key, values) = (expression["key"].str_or_empty(), expression["values"].items());
            if values.is_empty() {
                causes.push(Cause::required(path.child("values"), ""));
            }
            let list = path.child("values");
            rules::distinct(&list, values.iter().map(Value::str_or_empty), causes);
            rules::spelled(&path.child("key"), key, names::qualified_name, causes);
            if keys.insert(key.to_owned(), texts(&expression["values"])).is_some() {
                causes.push(Cause::duplicate(path.child("key"), key));
            }
        }
        // Upstream takes an empty term for the second of its kind, as often as there are terms.
        let empty = if keys.is_empty() { terms.len() } else { 0 };
        let before = known.entry(keys).or_default();
        let again = (*before + empty).min(rules::TOLD - told);
        causes.extend(std::iter::repeat_with(|| Cause::duplicate(at, "")).take(again));
        told += again;
        *before += 1;
    }
}

impl Strategy for VolumeAttachments {
    fn table(&self) -> &'static Table {
        &table::VOLUME_ATTACHMENT
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        check_driver_name(&path, spec, "attacher", causes);
        let (source, at) = (&spec["source"], path.child("source"));
        let named = source["persistentVolumeName"].as_str();
        let detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
        match (source["inlineVolumeSpec"].is_null(), named) {
            (true, None) => causes.push(Cause::required(at, detail)),
            (false, Some(_)) => causes.push(Cause::forbidden(at, detail)),
            (true, Some("")) => {
                let detail = "must specify non empty persistentVolumeName";
                causes.push(Cause::required(at.child("persistentVolumeName"), detail));
            }
            _ => {}
        }
        if let Some(name) = named {
            rules::spelled(&at.child("persistentVolumeName"), name, names::dns1123_subdomain, causes);
        } else if !source["inlineVolumeSpec"].is_null() {
            check_volume(&at.child("inlineVolumeSpec"), &source["inlineVolumeSpec"], true, causes);
        }
        let node = spec["nodeName"].str_or_empty();
        rules::spelled(&path.child("nodeName"), node, names::dns1123_subdomain, causes);
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let rule = names::dns1123_subdomain;
        let (path, source) = (Path::new("spec.source"), &object["spec"]["source"]);
        rules::name(&path, source, "persistentVolumeName", rule, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::None && object["spec"] != old["spec"] {
            causes.push(Cause::invalid("spec", rules::InMemory(&object["spec"]), rules::IMMUTABLE));
        }
    }
}

fn check_driver_name(path: &Path<'_>, object: &Value, field: &str, causes: &mut Causes) {
    let name = object[field].str_or_empty();
    rules::required(path, object, field, causes);
    if name.len() > MAX_DRIVER_NAME {
        causes.push(Cause::too_long(path.child(field), MAX_DRIVER_NAME));
    }
    if !name.is_empty() {
        let errors = names::dns1123_subdomain(&name.to_ascii_lowercase());
        causes.extend(errors.iter().map(|e| Cause::invalid(path.child(field), name, e)));
    }
}

impl Strategy for CsiDrivers {
    fn table(&self) -> &'static Table {
        &table::CSI_DRIVER
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::CountedFromZero
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        let spec = &object["spec"];
        let asks = !spec["tokenRequests"].items().is_empty();
        let warn = asks && spec["serviceAccountTokenInSecrets"].is_null();
        warn.then(|| TOKENS_ARE_LOGGED.to_owned()).into_iter().collect()
    }

    fn change_warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let same = object["spec"]["tokenRequests"] == old["spec"]["tokenRequests"];
        if same { Vec::new() } else { self.warnings(object) }
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec @ Value::Object(_)) = object.get_mut("spec") else { return };
        set_default(spec, "attachRequired", true);
        for field in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
            set_default(spec, field, false);
        }
        set_default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if spec["volumeLifecycleModes"].items().is_empty() {
            spec.set(&["volumeLifecycleModes"], value!(["Persistent"]));
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (list, requests) = (Path::new("spec.tokenRequests"), object["spec"]["tokenRequests"].items());
        let mut seen = Seen::default();
        for (i, request) in requests.iter().enumerate() {
            let (path, audience) = (list.index(i), request["audience"].str_or_empty());
            if seen.again(audience) {
                causes.push(Cause::duplicate(path.child("audience"), audience));
            }
            let Some(seconds) = request["expirationSeconds"].as_i64() else { continue };
            let detail = match seconds {
                ..600 => "may not specify a duration less than 10 minutes",
                600..=0x1_0000_0000 => continue,
                _ => "may not specify a duration larger than 2^32 seconds",
            };
            causes.push(Cause::invalid(path.child("expirationSeconds"), seconds, detail));
        }
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let at = path.child("volumeLifecycleModes");
        for mode in spec["volumeLifecycleModes"].items().iter().filter_map(Value::as_str) {
            if !LIFECYCLE_MODES.contains(&mode) {
                causes.push(Cause::not_supported(at, mode, &LIFECYCLE_MODES));
            }
        }
        match spec["nodeAllocatableUpdatePeriodSeconds"].as_i64() {
            Some(seconds) if seconds < 10 => {
                let at = path.child("nodeAllocatableUpdatePeriodSeconds");
                causes.push(Cause::invalid(at, seconds, "must be greater than or equal to 10 seconds"));
            }
            _ => {}
        }
        let in_secrets = &spec["serviceAccountTokenInSecrets"];
        if !in_secrets.is_null() && requests.is_empty() {
            let detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
            causes.push(Cause::invalid(path.child("serviceAccountTokenInSecrets"), in_secrets, detail));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        // Upstream misspells the first of these.
        let fields = [
            ("attachRequired", "spec.attachedRequired"),
            ("volumeLifecycleModes", "spec.volumeLifecycleModes"),
        ];
        for (field, path) in fields {
            let [new, old] = [object, old].map(|object| &object["spec"][field]);
            rules::immutable(&Path::new(path), new, old, causes);
        }
    }
}

impl Strategy for CsiNodes {
    fn table(&self) -> &'static Table {
        &table::CSI_NODE
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (list, drivers) = (Path::new("spec.drivers"), object["spec"]["drivers"].items());
        let mut seen = Seen::default();
        for (i, driver) in drivers.iter().enumerate() {
            let (path, name) = (list.index(i), driver["name"].str_or_empty());
            check_driver_name(&path, driver, "name", causes);
            if seen.again(name) {
                causes.push(Cause::duplicate(path.child("name"), name));
            }
            let id = driver["nodeID"].str_or_empty();
            if id.len() > MAX_NODE_ID {
                let detail = "must be 256 characters or less";
                causes.push(Cause::invalid(path.child("nodeID"), id, detail));
            }
            let mut seen = Seen::default();
            for text in driver["topologyKeys"].items().iter().map(Value::str_or_empty) {
                // Upstream blames the driver.
                if text.is_empty() {
                    causes.push(Cause::required(path, ""));
                }
                if seen.again(text) {
                    causes.push(Cause::duplicate(path, text));
                }
                rules::spelled(&path, text, names::qualified_name, causes);
            }
            rules::non_negative(&path.child("allocatable"), &driver["allocatable"], &["count"], causes);
        }
    }

    /// Of a driver that stays, only how much can be attached may change.
    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        let fixed = |driver: &Value| {
            let mut driver = driver.clone();
            driver.remove(&["allocatable"]);
            driver
        };
        for before in old["spec"]["drivers"].items() {
            let drivers = object["spec"]["drivers"].items().iter();
            for driver in drivers.filter(|driver| driver["name"] == before["name"]).map(fixed) {
                if driver != fixed(before) {
                    let shown = rules::InMemory(&driver);
                    causes.push(Cause::invalid("spec.drivers", shown, rules::IMMUTABLE));
                }
            }
        }
    }
}

impl Strategy for StorageCapacities {
    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let class = object["storageClassName"].str_or_empty();
        rules::spelled(&Path::new("storageClassName"), class, names::dns1123_subdomain, causes);
        rules::label_selector(&Path::new("nodeTopology"), &object["nodeTopology"], causes);
        if let Some(amount) = quantity(&object["capacity"]) {
            rules::non_negative_quantity(&Path::new("capacity"), &amount, causes);
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        for field in ["nodeTopology", "storageClassName"] {
            rules::immutable(&Path::new(field), &object[field], &old[field], causes);
        }
    }
}

impl Strategy for VolumeAttributesClasses {
    fn table(&self) -> &'static Table {
        &table::VOLUME_ATTRIBUTES_CLASS
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_provisioner("driverName", object, causes);
        let parameters = object["parameters"].entries();
        if parameters.is_empty() {
            causes.push(Cause::required("parameters", "must contain at least one key/value pair"));
        }
        if parameters.iter().any(|entry| entry.key.as_str().is_empty()) {
            causes.push(Cause::invalid("parameters", "", "field can not be empty."));
        }
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        for field in ["driverName", "parameters"] {
            if !rules::same(&object[field], &old[field]) {
                causes.push(Cause::forbidden(field, &format!("updates to {field} are forbidden.")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networking::NetworkPolicies;

    fn defaulted(strategy: &dyn Strategy, mut object: Value) -> Value {
        strategy.set_defaults(&mut object);
        let once = object.clone();
        strategy.set_defaults(&mut object);
        assert_eq!(object, once, "defaults are set once");
        object
    }

    #[test]
    fn volumes_wait_and_are_kept() {
        let volume = defaulted(&PersistentVolumes, value!({"spec": {"capacity": {"storage": "1Gi"}}}));
        assert_eq!(volume["spec"]["persistentVolumeReclaimPolicy"].as_str(), Some("Retain"));
        assert_eq!(volume["spec"]["volumeMode"].as_str(), Some("Filesystem"));
        let claim = defaulted(&crate::claims::Claims, value!({"spec": {"volumeMode": "Block"}}));
        assert_eq!(claim["spec"]["volumeMode"].as_str(), Some("Block"));
    }

    #[test]
    fn policies_name_their_directions() {
        let open = defaulted(&NetworkPolicies, value!({"spec": {"podSelector": {}}}));
        assert_eq!(open["spec"]["policyTypes"], value!(["Ingress"]));
        let both = defaulted(&NetworkPolicies, value!({"spec": {"egress": [{"ports": [{"port": 53}]}]}}));
        assert_eq!(both["spec"]["policyTypes"], value!(["Ingress", "Egress"]));
        assert_eq!(both["spec"]["egress"].items()[0]["ports"].items()[0]["protocol"].as_str(), Some("TCP"));
    }
}
