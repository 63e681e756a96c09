//! PersistentVolumes and the storage group.

use api::Value;
use api::value;
use api::view::quantity;
use meta::Cause;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod::check_node_selector;
use crate::pod_defaults::set_default;
use crate::rules;
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
const MAX_DRIVER_NAME: usize = 63;
const MAX_NODE_ID: usize = 192;
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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let modes = spec["accessModes"].items();
        if modes.is_empty() {
            causes.push(Cause::required(path.child("accessModes"), ""));
        }
        if modes.len() > 1 && modes.iter().any(|mode| mode.as_str() == Some("ReadWriteOncePod")) {
            let detail = "may not use ReadWriteOncePod with other access modes";
            causes.push(Cause::forbidden(path.child("accessModes"), detail));
        }
        let capacity = &spec["capacity"];
        if capacity.is_zero() {
            causes.push(Cause::required(path.child("capacity"), ""));
        } else if capacity.get("storage").is_none() || capacity.entries().len() > 1 {
            causes.push(Cause::not_supported(path.child("capacity"), capacity, &["storage"]));
        }
        if let Some(amount) = quantity(&capacity["storage"])
            && (amount.is_negative() || amount.is_zero())
        {
            let at = path.child("capacity");
            causes.push(Cause::invalid(at.key("storage"), amount.to_string(), rules::POSITIVE));
        }
        check_volume_source(&path, spec, causes);
        rules::name(&path, spec, "storageClassName", names::dns1123_subdomain, causes);
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

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
    ) {
        if part != Subresource::None {
            return;
        }
        let (spec, before) = (&object["spec"], &old["spec"]);
        let keys = spec.entries().iter().chain(before.entries().iter()).map(|entry| entry.key.as_str());
        let mut sources = keys.filter(|key| !NO_SOURCE.contains(key));
        if sources.any(|key| !rules::same(&spec[key], &before[key])) {
            let detail = "spec.persistentvolumesource is immutable after creation";
            causes.push(Cause::forbidden("spec.persistentvolumesource", detail));
        }
        // Upstream names this field as if it were no part of the spec.
        rules::immutable(&Path::new("volumeMode"), &spec["volumeMode"], &before["volumeMode"], causes);
    }
}

fn check_volume_source(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
    let entries = spec.entries().iter().filter(|entry| !entry.value.is_null());
    let mut sources = entries.map(|entry| entry.key.as_str()).filter(|key| !NO_SOURCE.contains(key));
    if sources.next().is_none() {
        causes.push(Cause::required(path, "must specify a volume type"));
    }
    for second in sources {
        causes.push(Cause::forbidden(path.child(second), "may not specify more than 1 volume type"));
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
        set_default(object, "reclaimPolicy", "Delete");
        set_default(object, "volumeBindingMode", "Immediate");
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        let provisioner = object["provisioner"].str_or_empty();
        if !provisioner.is_empty() {
            let field = Path::new("provisioner");
            let lower = provisioner.to_ascii_lowercase();
            let errors = names::qualified_name(&lower);
            causes.extend(errors.iter().map(|e| Cause::invalid(field, provisioner, e)));
        }
        if object["parameters"].entries().iter().any(|entry| entry.key.as_str().is_empty()) {
            causes.push(Cause::invalid("parameters", "", "field can not be empty."));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
    ) {
        for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            rules::immutable(&Path::new(field), &object[field], &old[field], causes);
        }
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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
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
        let node = spec["nodeName"].str_or_empty();
        rules::spelled(&path.child("nodeName"), node, names::dns1123_subdomain, causes);
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
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
        causes: &mut Vec<Cause>,
    ) {
        if part == Subresource::None && object["spec"] != old["spec"] {
            causes.push(Cause::invalid("spec", &object["spec"], rules::IMMUTABLE));
        }
    }
}

fn check_driver_name(path: &Path<'_>, object: &Value, field: &str, causes: &mut Vec<Cause>) {
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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        let (list, requests) = (Path::new("spec.tokenRequests"), object["spec"]["tokenRequests"].items());
        for (i, request) in requests.iter().enumerate() {
            let (path, audience) = (list.index(i), request["audience"].str_or_empty());
            if requests[..i].iter().any(|other| other["audience"].str_or_empty() == audience) {
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
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        let (list, drivers) = (Path::new("spec.drivers"), object["spec"]["drivers"].items());
        for (i, driver) in drivers.iter().enumerate() {
            let path = list.index(i);
            check_driver_name(&path, driver, "name", causes);
            if drivers[..i].iter().any(|other| other["name"] == driver["name"]) {
                causes.push(Cause::duplicate(path.child("name"), driver["name"].str_or_empty()));
            }
            let id = driver["nodeID"].str_or_empty();
            if id.len() > MAX_NODE_ID {
                let detail = "must be 192 characters or less";
                causes.push(Cause::invalid(path.child("nodeID"), id, detail));
            }
            let keys = driver["topologyKeys"].items();
            for (j, key) in keys.iter().enumerate() {
                let (field, text) = (path.child("topologyKeys"), key.str_or_empty());
                if text.is_empty() {
                    causes.push(Cause::required(field, ""));
                } else if keys[..j].contains(key) {
                    causes.push(Cause::duplicate(field, text));
                } else {
                    rules::spelled(&field, text, names::qualified_name, causes);
                }
            }
            rules::non_negative(&path.child("allocatable"), &driver["allocatable"], &["count"], causes);
        }
    }
}

impl Strategy for StorageCapacities {
    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        let class = object["storageClassName"].str_or_empty();
        rules::spelled(&Path::new("storageClassName"), class, names::dns1123_subdomain, causes);
        rules::label_selector(&Path::new("nodeTopology"), &object["nodeTopology"], causes);
        for field in ["capacity", "maximumVolumeSize"] {
            if let Some(amount) = quantity(&object[field]) {
                rules::non_negative_quantity(&Path::new(field), &amount, causes);
            }
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
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

    fn returns_deleted(&self) -> bool {
        true
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
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
