//! The rules that the table of types states for every kind: what must be set, and which texts a
//! field takes.
//!
//! They are checked here once, by a walk over the object along its type, so that no strategy repeats
//! them. Where upstream says such a thing in other words, or leaves a set of values open, the field
//! stands in [`OPEN`] or the strategy has spoken of it already: what it says comes first, and no
//! field is spoken of twice.

use std::collections::HashSet;

use api::Resource;
use api::Value;
use api::types::Field;
use api::types::Ty;
use api::types::TypeDef;
use api::types::flags;
use meta::Cause;
use meta::Causes;

use crate::Path;

/// Adds the rules of the table that `object` breaks. Metadata is checked by the server for all kinds
/// alike, and status is the business of its writer.
pub(crate) fn check(resource: &Resource, object: &Value, causes: &mut Causes) {
    let Some(ty) = resource.ty else { return };
    let mut found = Causes::default();
    let root = Path::new("");
    for field in ty.def().fields {
        if !matches!(field.key.as_str(), "metadata" | "status" | "kind" | "apiVersion") {
            check_field(&root, ty.def(), field, object, &mut found);
        }
    }
    if found.is_empty() {
        return;
    }
    let known: HashSet<String> = causes.iter().map(|cause| cause.field.clone()).collect();
    found.retain(|cause| !known.contains(&cause.field));
    causes.append(found);
}

/// Fields whose values upstream leaves open, or judges in words of its own: type, field.
const OPEN: &[(&str, &str)] = &[
    ("admissionregistration/v1.AuditAnnotation", "key"),
    ("admissionregistration/v1.Validation", "reason"),
    ("apps/v1.DaemonSetUpdateStrategy", "type"),
    ("apps/v1.StatefulSetUpdateStrategy", "type"),
    ("autoscaling/v2.ContainerResourceMetricSource", "name"),
    ("autoscaling/v2.ResourceMetricSource", "name"),
    ("batch/v1.PodFailurePolicyOnPodConditionsPattern", "type"),
    ("core/v1.ConfigMapNodeConfigSource", "kubeletConfigKey"),
    ("core/v1.ConfigMapNodeConfigSource", "name"),
    ("core/v1.ConfigMapNodeConfigSource", "namespace"),
    ("core/v1.EndpointAddress", "ip"),
    ("discovery/v1.ForZone", "name"),
    ("core/v1.GCEPersistentDiskVolumeSource", "pdName"),
    ("core/v1.LimitRangeItem", "type"),
    ("core/v1.NamespaceSpec", "finalizers"),
    ("core/v1.NodeSelectorRequirement", "key"),
    ("core/v1.NodeSelectorRequirement", "operator"),
    ("core/v1.PersistentVolumeClaimSpec", "accessModes"),
    ("core/v1.PersistentVolumeSpec", "accessModes"),
    ("core/v1.ResourceQuotaSpec", "scopes"),
    ("core/v1.ScopedResourceSelectorRequirement", "operator"),
    ("core/v1.ScopedResourceSelectorRequirement", "scopeName"),
    ("core/v1.Secret", "type"),
    ("core/v1.ServiceSpec", "ipFamilies"),
    ("core/v1.Taint", "effect"),
    ("core/v1.Taint", "key"),
    ("meta/v1.LabelSelectorRequirement", "key"),
    ("meta/v1.LabelSelectorRequirement", "operator"),
    ("node/v1.RuntimeClass", "handler"),
    ("rbac/v1.RoleRef", "kind"),
    ("storage/v1.CSIDriverSpec", "volumeLifecycleModes"),
    ("storage/v1.CSIStorageCapacity", "storageClassName"),
    ("storage/v1.TokenRequest", "audience"),
];

/// Types that their strategy judges whole, in an order of its own: type.
const WHOLE: &[&str] = &["core/v1.PodSpec"];

fn check_struct(path: &Path<'_>, def: &TypeDef, object: &Value, found: &mut Causes) {
    for field in def.fields {
        check_field(path, def, field, object, found);
    }
}

fn check_field(path: &Path<'_>, def: &TypeDef, field: &Field, object: &Value, found: &mut Causes) {
    let required = field.flags & (flags::OPTIONAL | flags::OMITEMPTY | flags::POINTER) == 0;
    let named = required && matches!(field.ty, Ty::String);
    if !named && !says_something(&field.ty) {
        return;
    }
    let value = object.get(field.key);
    let key = field.key.as_str();
    if required && matches!(field.ty, Ty::String | Ty::Enum(_)) {
        let empty = value.is_none_or(|value| value.str_or_empty().is_empty());
        if empty && !is_open(def, key) {
            found.push(Cause::required(path.child(key), ""));
        }
    }
    if let Some(value) = value {
        check_value(&path.child(key), (def, key), &field.ty, value, found);
    }
}

fn check_value(path: &Path<'_>, owner: (&TypeDef, &str), ty: &Ty, value: &Value, found: &mut Causes) {
    match ty {
        Ty::Enum(values) => {
            let text = value.str_or_empty();
            if !text.is_empty() && !values.contains(&text) && !is_open(owner.0, owner.1) {
                found.push(Cause::not_supported(path, text, values));
            }
        }
        Ty::Struct(ty) if matches!(value, Value::Object(_)) && !WHOLE.contains(&ty.def().name) => {
            check_struct(path, ty.def(), value, found);
        }
        Ty::List(item) | Ty::WrappedList(item) => {
            for (i, value) in value.items().iter().enumerate() {
                check_value(&path.index(i), owner, item, value, found);
            }
        }
        Ty::Map(item) => {
            for entry in value.entries().iter() {
                check_value(&path.key(entry.key.as_str()), owner, item, &entry.value, found);
            }
        }
        _ => {}
    }
}

/// Whether a rule can stand in a value of this type or below it.
fn says_something(ty: &Ty) -> bool {
    match ty {
        Ty::Enum(_) | Ty::Struct(_) => true,
        Ty::List(item) | Ty::WrappedList(item) | Ty::Map(item) => says_something(item),
        _ => false,
    }
}

fn is_open(def: &TypeDef, key: &str) -> bool {
    OPEN.iter().any(|(name, field)| *name == def.name && *field == key)
}

#[cfg(test)]
mod tests {
    use api::types::TypeId;

    use super::*;

    #[test]
    fn what_is_open_exists() {
        for (name, field) in OPEN {
            let ty = TypeId::find(name).unwrap_or_else(|| panic!("no type {name}"));
            assert!(ty.def().fields.iter().any(|f| f.key.as_str() == *field), "{name} has no {field}");
        }
    }
}
