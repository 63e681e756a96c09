//! Defaults by class: DefaultStorageClass, DefaultIngressClass, RuntimeClass; what a class allows:
//! PersistentVolumeClaimResize; and what is held while in use: StorageObjectInUseProtection.
//!
//! Source: Kubernetes documentation, "Storage Classes", "Ingress", "Runtime Class".

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use meta::Status;
use quota::Resources;

use crate::path::Call;

const BETA_STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// A claim that names no class gets the default one. An empty name is a name.
pub(super) fn default_storage_class(
    call: &Call<'_>,
    claim: &mut Value,
    _old: Option<&Value>,
) -> Result<(), Status> {
    let named = claim["metadata"]["annotations"].get(BETA_STORAGE_CLASS).is_some()
        || !claim["spec"]["storageClassName"].is_null();
    if named || !super::is_about(call, "persistentvolumeclaims", "") {
        return Ok(());
    }
    let marks =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    if let Some(class) = newest_default(&all(call, "storage.k8s.io", "storageclasses"), &marks) {
        claim.set(&["spec", "storageClassName"], class.name());
    }
    Ok(())
}

/// New claims and volumes carry a finalizer that holds them while they are used; a controller takes it
/// off.
pub(super) fn storage_protection(
    call: &Call<'_>,
    object: &mut Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    let finalizer = if super::is_about(call, "persistentvolumeclaims", "") {
        "kubernetes.io/pvc-protection"
    } else if super::is_about(call, "persistentvolumes", "") {
        "kubernetes.io/pv-protection"
    } else if call.target.resource.name == "volumeattributesclasses" {
        "kubernetes.io/vac-protection"
    } else {
        return Ok(());
    };
    let finalizers = &object["metadata"]["finalizers"];
    if old.is_none() && !finalizers.items().iter().any(|name| name.as_str() == Some(finalizer)) {
        let names = finalizers.items().iter().cloned().chain([finalizer.into()]);
        let names: Vec<Value> = names.collect();
        object.set(&["metadata", "finalizers"], names);
    }
    Ok(())
}

/// An Ingress that names no class gets the default one.
pub(super) fn default_ingress_class(
    call: &Call<'_>,
    ingress: &mut Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    let target = &call.target;
    let about = (target.resource.group, target.resource.name) == ("networking.k8s.io", "ingresses");
    let named = ingress["metadata"]["annotations"].get("kubernetes.io/ingress.class").is_some()
        || !ingress["spec"]["ingressClassName"].is_null();
    if !about || named || old.is_some() {
        return Ok(());
    }
    let mark = ["ingressclass.kubernetes.io/is-default-class"];
    if let Some(class) = newest_default(&all(call, "networking.k8s.io", "ingressclasses"), &mark) {
        ingress.set(&["spec", "ingressClassName"], class.name());
    }
    Ok(())
}

/// Claims grow only where they are bound and their class lets them.
pub(super) fn claim_resize(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    let (Some(object), Some(old)) = (object, old) else { return Ok(()) };
    if !super::is_about(call, "persistentvolumeclaims", "") {
        return Ok(());
    }
    let class = storage_class(object).to_owned();
    let classes = cache(call, "storage.k8s.io", "storageclasses");
    let expands = || {
        let found = classes.get("", &class);
        found.is_some_and(|class| class.value()["allowVolumeExpansion"].as_bool() == Some(true))
    };
    check_resize(object, old, expands).map_err(|why| super::forbidden(call, why))
}

/// A pod pays the overhead of its runtime class and goes where that runs.
pub(super) fn runtime_class(call: &Call<'_>, pod: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    if old.is_some() || !super::is_about(call, "pods", "") {
        return Ok(());
    }
    match class_of_pod(call, pod)? {
        Some(class) => apply_class(class.value(), pod).map_err(|why| super::forbidden(call, &why)),
        None => Ok(()),
    }
}

/// Nobody makes up an overhead.
pub(super) fn validate_overhead(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    let Some(pod) = object.filter(|_| old.is_none() && super::is_about(call, "pods", "")) else {
        return Ok(());
    };
    let class = class_of_pod(call, pod)?;
    let overhead = class.as_ref().map(|class| &class.value()["overhead"]).filter(|o| !o.is_null());
    let set = &pod["spec"]["overhead"];
    let why = match overhead {
        None if set.is_null() => return Ok(()),
        Some(overhead) if Resources::of(&overhead["podFixed"]) == Resources::of(set) => return Ok(()),
        None => "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        Some(_) => OTHER_OVERHEAD,
    };
    Err(super::forbidden(call, why))
}

const OTHER_OVERHEAD: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

fn class_of_pod(call: &Call<'_>, pod: &Value) -> Result<Option<Arc<Object>>, Status> {
    let Some(name) = pod["spec"]["runtimeClassName"].as_str() else { return Ok(None) };
    if name.is_empty() {
        return Err(Status::unclassified("resource name may not be empty"));
    }
    let class = cache(call, "node.k8s.io", "runtimeclasses").get("", name);
    if class.is_none() {
        return Err(super::forbidden(call, &format!("pod rejected: RuntimeClass {name:?} not found")));
    }
    Ok(class)
}

fn apply_class(class: &Value, pod: &mut Value) -> Result<(), String> {
    let fixed = &class["overhead"]["podFixed"];
    if !class["overhead"].is_null() {
        let own = Resources::of(&pod["spec"]["overhead"]);
        if !own.is_empty() && own != Resources::of(fixed) {
            return Err(OTHER_OVERHEAD.to_owned());
        }
        if !fixed.is_null() {
            pod.set(&["spec", "overhead"], fixed.clone());
        }
    }
    let scheduling = &class["scheduling"];
    for (key, wanted) in scheduling["nodeSelector"].entries().strings() {
        let own = pod["spec"]["nodeSelector"][key].as_str();
        if let Some(own) = own.filter(|own| *own != wanted) {
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {wanted}; pod.spec.nodeSelector[{key}] = {own}"
            ));
        }
        pod.set(&["spec", "nodeSelector", key], wanted);
    }
    for toleration in scheduling["tolerations"].items() {
        let list = pod.at_mut(&["spec", "tolerations"]).ensure_list();
        if !list.contains(toleration) {
            list.push(toleration.clone());
        }
    }
    Ok(())
}

fn check_resize(object: &Value, old: &Value, expands: impl Fn() -> bool) -> Result<(), &'static str> {
    let size = |claim: &Value| {
        Resources::of(&claim["spec"]["resources"]["requests"]).get("storage").unwrap_or(meta::Quantity::ZERO)
    };
    if size(object) <= size(old) {
        return Ok(());
    }
    if old["status"]["phase"].as_str() != Some("Bound") {
        return Err("Only bound persistent volume claims can be expanded");
    }
    let class = storage_class(object);
    if class.is_empty() || class != storage_class(old) || !expands() {
        return Err(
            "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        );
    }
    Ok(())
}

fn storage_class(claim: &Value) -> &str {
    let annotated = claim["metadata"]["annotations"][BETA_STORAGE_CLASS].as_str();
    annotated.unwrap_or(claim["spec"]["storageClassName"].str_or_empty())
}

/// Of several defaults the newest; of equally new ones the first by name.
fn newest_default(classes: &[Arc<Object>], marks: &[&str]) -> Option<Arc<Object>> {
    let is_default = |class: &&Arc<Object>| {
        let annotations = &class.value()["metadata"]["annotations"];
        marks.iter().any(|mark| annotations[*mark].as_str() == Some("true"))
    };
    let made = |class: &Arc<Object>| class.value()["metadata"]["creationTimestamp"].str_or_empty().to_owned();
    let newest = classes
        .iter()
        .filter(is_default)
        .min_by(|a, b| made(b).cmp(&made(a)).then_with(|| a.name().cmp(b.name())));
    newest.cloned()
}

fn all(call: &Call<'_>, group: &str, name: &str) -> Vec<Arc<Object>> {
    cache(call, group, name).all()
}

fn cache<'c>(call: &'c Call<'_>, group: &str, name: &str) -> &'c crate::cache::ResourceCache {
    let resource = Resource::preferred(group, name).expect("a row of the table");
    call.server.storage.cache.of(resource).expect("classes are stored")
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn the_newest_default_wins() {
        let class = |name: &str, made: &str, default: &str| {
            let resource = Resource::preferred("storage.k8s.io", "storageclasses").expect("a row");
            let value = value!({"metadata": {"name": name, "creationTimestamp": made, "annotations": {"is-default": default}}});
            Arc::new(Object::new(resource, value))
        };
        let classes = [
            class("old", "2026-01-01T00:00:00Z", "true"),
            class("b", "2026-02-01T00:00:00Z", "true"),
            class("a", "2026-02-01T00:00:00Z", "true"),
            class("other", "2026-03-01T00:00:00Z", "false"),
        ];
        assert_eq!(newest_default(&classes, &["is-default"]).expect("three").name(), "a");
        assert!(newest_default(&classes[3..], &["is-default"]).is_none());
    }

    #[test]
    fn claims_grow_where_their_class_lets_them() {
        let claim = |size: &str, phase: &str, class: &str| value!({"spec": {"storageClassName": class, "resources": {"requests": {"storage": size}}}, "status": {"phase": phase}});
        let (small, large) = (claim("1Gi", "Bound", "gold"), claim("2Gi", "Bound", "gold"));
        assert_eq!(check_resize(&large, &small, || true), Ok(()));
        assert_eq!(
            check_resize(&small, &large, || false),
            Ok(()),
            "shrinking is for the validation to refuse"
        );
        assert_eq!(
            check_resize(&large, &claim("1Gi", "Pending", "gold"), || true),
            Err("Only bound persistent volume claims can be expanded")
        );
        let fixed = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
        assert_eq!(check_resize(&large, &small, || false), Err(fixed));
        assert_eq!(check_resize(&claim("2Gi", "Bound", ""), &claim("1Gi", "Bound", ""), || true), Err(fixed));
    }

    #[test]
    fn a_runtime_class_brings_overhead_and_place() {
        let class = value!({
            "handler": "vm", "overhead": {"podFixed": {"cpu": "250m"}},
            "scheduling": {"nodeSelector": {"vm": "yes"}, "tolerations": [{"key": "vm", "operator": "Exists"}]}
        });
        let mut pod = value!({"spec": {"nodeSelector": {"zone": "a"}}});
        apply_class(&class, &mut pod).expect("nothing is in the way");
        apply_class(&class, &mut pod).expect("and again");
        assert_eq!(pod["spec"]["overhead"], value!({"cpu": "250m"}));
        assert_eq!(pod["spec"]["nodeSelector"], value!({"zone": "a", "vm": "yes"}));
        assert_eq!(pod["spec"]["tolerations"].items().len(), 1);
        let mut other = value!({"spec": {"nodeSelector": {"vm": "no"}}});
        assert_eq!(
            apply_class(&class, &mut other).expect_err("it cannot be both"),
            "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"
        );
        let mut cheap = value!({"spec": {"overhead": {"cpu": "1m"}}});
        assert_eq!(apply_class(&class, &mut cheap).expect_err("it is more"), OTHER_OVERHEAD);
    }
}
