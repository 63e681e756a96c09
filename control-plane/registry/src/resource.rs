//! Devices that are allocated dynamically, and claims to them.

mod claims;
mod shared;
mod slices;

use api::Resource;
use api::Value;
use meta::Cause;
use meta::Causes;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::pod::is_extended_resource;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;
use crate::table::Table;

pub(crate) struct DeviceClasses;
pub(crate) struct ResourceClaims;
pub(crate) struct ResourceClaimTemplates;
pub(crate) struct ResourceSlices;

impl Strategy for DeviceClasses {
    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn table(&self) -> &'static Table {
        &table::AGE
    }

    fn check(&self, _cx: &Context<'_>, class: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &class["spec"]);
        shared::selectors(&path.child("selectors"), &spec["selectors"], causes);
        shared::configurations(&path.child("config"), &spec["config"], None, causes, |_, _, _| {});
        if let Some(name) = spec["extendedResourceName"].as_str().filter(|name| !is_extended_resource(name)) {
            let detail = "must be a valid extended resource name";
            causes.push(Cause::invalid(path.child("extendedResourceName"), name, detail));
        }
    }
}

impl Strategy for ResourceClaims {
    fn table(&self) -> &'static Table {
        &table::RESOURCE_CLAIM
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, claim: &mut Value) {
        if let Some(spec @ Value::Object(_)) = claim.get_mut("spec") {
            default_requests(spec);
        }
    }

    fn generation(&self, _resource: &Resource) -> Generation {
        Generation::None
    }

    fn settle_update(&self, part: Subresource, claim: &mut Value, old: &Value) {
        if part == Subresource::Status {
            claims::drop_devices_given_back(claim, old);
        }
    }

    fn check_create(&self, _cx: &Context<'_>, claim: &Value, causes: &mut Causes) {
        claims::check(&Path::new("spec"), &claim["spec"], causes);
    }

    fn validate_update(&self, _cx: &Context<'_>, part: Subresource, claim: &Value, old: &Value) -> Causes {
        let mut causes = Causes::default();
        match part {
            Subresource::None => immutable_spec(claim, old, &mut causes),
            _ => claims::check_status(claim, old, &mut causes),
        }
        causes
    }
}

/// What is asked for stays as it is, so that nothing else of it is looked at again.
fn immutable_spec(object: &Value, old: &Value, causes: &mut Causes) {
    if !rules::same(&object["spec"], &old["spec"]) {
        causes.push(Cause::invalid("spec", rules::InMemory(&object["spec"]), rules::IMMUTABLE));
    }
}

impl Strategy for ResourceClaimTemplates {
    fn table(&self) -> &'static Table {
        &table::AGE
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, template: &mut Value) {
        let spec = template.get_mut("spec").and_then(|spec| spec.get_mut("spec"));
        if let Some(spec @ Value::Object(_)) = spec {
            default_requests(spec);
        }
    }

    fn check_create(&self, _cx: &Context<'_>, template: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &template["spec"]);
        let at = path.child("metadata");
        rules::annotations(&at.child("annotations"), &spec["metadata"]["annotations"], causes);
        rules::labels(&at.child("labels"), &spec["metadata"]["labels"], causes);
        claims::check(&path.child("spec"), &spec["spec"], causes);
    }

    fn validate_update(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        template: &Value,
        old: &Value,
    ) -> Causes {
        let mut causes = Causes::default();
        immutable_spec(template, old, &mut causes);
        causes
    }
}

impl Strategy for ResourceSlices {
    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn table(&self) -> &'static Table {
        &table::RESOURCE_SLICE
    }

    fn prepare_create(&self, cx: &Context<'_>, slice: &mut Value) {
        prepare_devices(cx, slice, &api::NULL);
    }

    fn prepare_update(&self, cx: &Context<'_>, _part: Subresource, slice: &mut Value, old: &Value) {
        prepare_devices(cx, slice, old);
    }

    fn check_create(&self, _cx: &Context<'_>, slice: &Value, causes: &mut Causes) {
        slices::check(&slice["spec"], &api::NULL, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        slice: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        slices::check(&slice["spec"], &old["spec"], causes);
    }

    fn warnings(&self, slice: &Value) -> Vec<String> {
        let driver = slice["spec"]["driver"].str_or_empty();
        if !driver.chars().any(char::is_uppercase) {
            return Vec::new();
        }
        let told = "spec.driver: driver names should be lowercase";
        vec![format!("{told}; {driver:?} contains uppercase characters")]
    }
}

/// When a taint was added the server says where its writer does not; lists of values and resources of nodes
/// are behind gates that are off.
fn prepare_devices(cx: &Context<'_>, slice: &mut Value, old: &Value) {
    let Some(spec) = slice.get_mut("spec") else { return };
    let has =
        |field: &str| old["spec"]["devices"].items().iter().any(|device| !device[field].entries().is_empty());
    let had_mappings = has("nodeAllocatableResourceMappings");
    for device in items_mut(spec, "devices") {
        if !had_mappings {
            device.remove(&["nodeAllocatableResourceMappings"]);
        }
        for taint in items_mut(device, "taints") {
            if taint["timeAdded"].is_null() {
                taint.set(&["timeAdded"], meta::time::seconds(cx.clock.now()));
            }
        }
        let Some(attributes) = device.get_mut("attributes").and_then(Value::as_map_mut) else { continue };
        for attribute in attributes.iter_mut() {
            for list in ["bools", "ints", "strings", "versions"] {
                attribute.value.remove(&[list]);
            }
        }
    }
}

/// One device of each request, unless it says how many.
fn default_requests(spec: &mut Value) {
    let Some(devices @ Value::Object(_)) = spec.get_mut("devices") else { return };
    for request in items_mut(devices, "requests") {
        if let Some(exactly @ Value::Object(_)) = request.get_mut("exactly") {
            default_count(exactly);
        }
        for choice in items_mut(request, "firstAvailable") {
            default_count(choice);
        }
    }
}

fn default_count(request: &mut Value) {
    set_default(request, "allocationMode", "ExactCount");
    for toleration in items_mut(request, "tolerations") {
        set_default(toleration, "operator", "Equal");
    }
    if request["allocationMode"].as_str() == Some("ExactCount") && request["count"].is_zero() {
        request.set(&["count"], 1);
    }
}
