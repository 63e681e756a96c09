//! Volumes, claims and what describes them; network policies, whose defaults are of the same sort.

use api::Value;
use api::value;

use crate::Context;
use crate::Strategy;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;

pub(crate) struct PersistentVolumes;
pub(crate) struct StorageClasses;
pub(crate) struct CsiDrivers;
pub(crate) struct NetworkPolicies;
pub(crate) struct IngressClasses;

impl Strategy for PersistentVolumes {
    fn set_defaults(&self, object: &mut Value) {
        let spec = object.at_mut(&["spec"]);
        set_default(spec, "persistentVolumeReclaimPolicy", "Retain");
        set_default(spec, "volumeMode", "Filesystem");
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        object.set(&["status"], value!({"phase": "Pending"}));
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        false
    }
}

impl Strategy for StorageClasses {
    fn set_defaults(&self, object: &mut Value) {
        set_default(object, "reclaimPolicy", "Delete");
        set_default(object, "volumeBindingMode", "Immediate");
    }
}

impl Strategy for CsiDrivers {
    fn set_defaults(&self, object: &mut Value) {
        let spec = object.at_mut(&["spec"]);
        set_default(spec, "attachRequired", true);
        for flag in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
            set_default(spec, flag, false);
        }
        set_default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if spec["volumeLifecycleModes"].items().is_empty() {
            spec.set(&["volumeLifecycleModes"], value!(["Persistent"]));
        }
    }
}

impl Strategy for NetworkPolicies {
    fn set_defaults(&self, object: &mut Value) {
        let spec = object.at_mut(&["spec"]);
        if spec["policyTypes"].items().is_empty() {
            // A policy that names no direction is at least about what comes in.
            let types = match spec["egress"].items().is_empty() {
                true => value!(["Ingress"]),
                false => value!(["Ingress", "Egress"]),
            };
            spec.set(&["policyTypes"], types);
        }
        for direction in ["ingress", "egress"] {
            for rule in items_mut(spec, direction) {
                items_mut(rule, "ports").for_each(|port| set_default(port, "protocol", "TCP"));
            }
        }
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        true
    }
}

impl Strategy for IngressClasses {
    fn set_defaults(&self, object: &mut Value) {
        let spec = object.at_mut(&["spec"]);
        if !spec["parameters"].is_null() {
            set_default(spec.at_mut(&["parameters"]), "scope", "Cluster");
        }
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
