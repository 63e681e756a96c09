//! PersistentVolumeClaims and the templates of them.

use api::Value;
use api::view::quantity;
use meta::Cause;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::set_default;
use crate::rules;
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
            // Of two ways to name a source the newer one is kept equal to the older.
            for (from, to) in [("dataSource", "dataSourceRef"), ("dataSourceRef", "dataSource")] {
                let local = spec[from]["namespace"].str_or_empty().is_empty();
                if !spec[from].is_null() && spec[to].is_null() && local {
                    let source = spec[from].clone();
                    spec.set(&[to], source);
                }
            }
        }
        if object["status"]["phase"].str_or_empty().is_empty() {
            object.set(&["status", "phase"], "Pending");
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        object.set(&["status"], api::value!({"phase": "Pending"}));
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        check_spec(&Path::new("spec"), &object["spec"], causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
    ) {
        if part == Subresource::None {
            check_spec_change(object, old, causes);
        }
    }
}

/// The rules of a claim's spec.
pub(crate) fn check_spec(path: &Path<'_>, spec: &Value, causes: &mut Vec<Cause>) {
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
    rules::name(path, spec, "volumeAttributesClassName", class, causes);
}

/// A bound claim may ask for more; everything else is fixed.
fn check_spec_change(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
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
