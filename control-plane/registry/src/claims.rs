//! PersistentVolumeClaims and the templates of them.

use api::NULL;
use api::Value;
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
use crate::pod_defaults::set_default;
use crate::rules;
use crate::strategy::keep_other_part;
use crate::table;

pub(crate) struct Claims;

impl Strategy for Claims {
    fn table(&self) -> &'static Table {
        &table::CLAIM
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        if let Some(spec @ Value::Object(_)) = object.get_mut("spec") {
            set_default(spec, "volumeMode", "Filesystem");
        }
        if object["status"]["phase"].str_or_empty().is_empty() {
            object.set(&["status", "phase"], "Pending");
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        object.set(&["status"], api::value!({"phase": "Pending"}));
        settle_sources(object, &NULL);
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, object: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, object, old);
        settle_sources(object, old);
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_spec(&Path::new("spec"), &object["spec"], causes);
    }

    fn warnings(&self, claim: &Value) -> Vec<String> {
        let annotated = claim["metadata"]["annotations"].get(CLASS_ANNOTATION).is_some();
        let told = || {
            format!(
                "metadata.annotations[{CLASS_ANNOTATION}]: deprecated since v1.8; use \"storageClassName\" attribute instead"
            )
        };
        annotated.then(told).into_iter().collect()
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::None {
            check_class_annotation(object, old, causes);
            check_spec_change(object, old, causes);
        }
    }
}

/// What named the class of a claim before there was a field for it.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Of two ways to name a source of data the newer one is kept equal to the older. What only the newer can
/// name is dropped from the older one, and a source in another namespace is dropped altogether: its
/// feature is off by default.
fn settle_sources(claim: &mut Value, old: &Value) {
    let Some(spec @ Value::Object(_)) = claim.get_mut("spec") else { return };
    let before = &old["spec"];
    if !spec["dataSourceRef"]["namespace"].str_or_empty().is_empty() && before["dataSourceRef"].is_null() {
        spec.remove(&["dataSourceRef"]);
    }
    let source = &spec["dataSource"];
    let of_old = match (source["apiGroup"].str_or_empty(), source["kind"].str_or_empty()) {
        ("", kind) => kind == "PersistentVolumeClaim",
        (group, kind) => group == "snapshot.storage.k8s.io" && kind == "VolumeSnapshot",
    };
    if !of_old && before["dataSource"].is_null() && spec["dataSourceRef"].is_null() {
        spec.remove(&["dataSource"]);
    }
    for (from, to) in [("dataSource", "dataSourceRef"), ("dataSourceRef", "dataSource")] {
        let source = &spec[from];
        if !source.is_null() && spec[to].is_null() && source["namespace"].str_or_empty().is_empty() {
            let mut copy = source.clone();
            copy.remove(&["namespace"]);
            spec.set(&[to], copy);
        }
    }
}

fn check_source(path: &Path<'_>, source: &Value, causes: &mut Causes) {
    if source.is_null() {
        return;
    }
    rules::required(path, source, "name", causes);
    rules::required(path, source, "kind", causes);
    let kind = source["kind"].str_or_empty();
    if source["apiGroup"].str_or_empty().is_empty() && kind != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        causes.push(Cause::invalid(path, kind, detail));
    }
    rules::name(path, source, "apiGroup", names::dns1123_subdomain, causes);
    rules::name(path, source, "namespace", names::dns1123_label, causes);
}

/// The annotation stays what it is, unless the field takes its place.
fn check_class_annotation(claim: &Value, old: &Value, causes: &mut Causes) {
    let [new, before] = [claim, old].map(|claim| &claim["metadata"]["annotations"][CLASS_ANNOTATION]);
    let [class, class_before] = [claim, old].map(|claim| &claim["spec"]["storageClassName"]);
    let moved = !before.is_null() && class_before.is_null() && class == before;
    if new.str_or_empty() != before.str_or_empty() && !(moved && new.is_null()) {
        let path = Path::new("metadata.annotations");
        causes.push(Cause::invalid(path.child(CLASS_ANNOTATION), new.str_or_empty(), rules::IMMUTABLE));
    }
}

/// The rules of a claim's spec.
pub(crate) fn check_spec(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    rules::label_selector(&path.child("selector"), &spec["selector"], causes);
    let modes = spec["accessModes"].items();
    if modes.is_empty() {
        causes.push(Cause::required(path.child("accessModes"), "at least 1 access mode is required"));
    }
    let known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    for mode in modes.iter().map(Value::str_or_empty).filter(|mode| !known.contains(mode)) {
        causes.push(Cause::not_supported(path.child("accessModes"), mode, &known));
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode.as_str() == Some("ReadWriteOncePod")) {
        let detail = "may not use ReadWriteOncePod with other access modes";
        causes.push(Cause::forbidden(path.child("accessModes"), detail));
    }
    let requested = &spec["resources"]["requests"]["storage"];
    let list = path.child("resources");
    if requested.is_null() {
        // Upstream names the map here, and then the key as if it were of the resources.
        causes.push(Cause::required(list.key("storage"), ""));
    } else if let Some(amount) = quantity(requested)
        && (amount.is_negative() || amount.is_zero())
    {
        let detail = rules::POSITIVE;
        causes.push(Cause::invalid(list.key("storage"), amount.to_string(), detail));
    }
    let class = names::dns1123_subdomain;
    rules::name(path, spec, "storageClassName", class, causes);
    let (source, reference) = (&spec["dataSource"], &spec["dataSourceRef"]);
    check_source(&path.child("dataSource"), source, causes);
    check_source(&path.child("dataSourceRef"), reference, causes);
    let differ =
        ["apiGroup", "kind", "name"].iter().any(|field| !rules::same(&source[*field], &reference[*field]));
    if !source.is_null() && !reference.is_null() && differ {
        // Upstream shows the path here, which has nothing to show.
        causes.push(Cause::invalid(path, Value::object(), "must match dataSourceRef"));
    }
    rules::name(path, spec, "volumeAttributesClassName", class, causes);
}

/// A bound claim may ask for more; everything else is fixed.
fn check_spec_change(object: &Value, old: &Value, causes: &mut Causes) {
    let (spec, before) = (&object["spec"], &old["spec"]);
    if spec == before {
        return;
    }
    let [new, asked] = [spec, before].map(|spec| quantity(&spec["resources"]["requests"]["storage"]));
    let bound = old["status"]["phase"].as_str() == Some("Bound");
    let mut comparable = spec.clone();
    if before["volumeName"].str_or_empty().is_empty() {
        crate::strategy::copy_field(&mut comparable, before, "volumeName");
    }
    if before["storageClassName"].is_null() {
        // The default class is given to claims that were made before there was one.
        comparable.remove(&["storageClassName"]);
    }
    if bound {
        crate::strategy::copy_field(&mut comparable, before, "volumeAttributesClassName");
    }
    if bound && let Some(amount) = before["resources"]["requests"].get("storage") {
        comparable.set(&["resources", "requests", "storage"], amount.clone());
    }
    if comparable != *before {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        causes.push(Cause::forbidden("spec", detail));
    }
    if let (Some(new), Some(asked)) = (new, asked)
        && new < asked
        && quantity(&old["status"]["capacity"]["storage"])
            .map_or(new.is_zero() || new.is_negative(), |has| new <= has)
    {
        let detail = "field can not be less than status.capacity";
        causes.push(Cause::forbidden("spec.resources.requests.storage", detail));
    }
    let [class, class_before] = [spec, before].map(|spec| &spec["volumeAttributesClassName"]);
    if class != class_before && !old["status"]["currentVolumeAttributesClassName"].is_null() {
        let to = match class.as_str() {
            None => "nil",
            Some("") => "empty string",
            Some(_) => return,
        };
        let detail =
            format!("update to {to} is forbidden when status.currentVolumeAttributesClassName is not nil");
        causes.push(Cause::forbidden("spec.volumeAttributesClassName", &detail));
    }
}
