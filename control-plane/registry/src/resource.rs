//! Devices that are allocated dynamically, and claims to them.

use api::Resource;
use api::Value;

use crate::Generation;
use crate::Strategy;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
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
    if request["allocationMode"].as_str() == Some("ExactCount") && request["count"].is_zero() {
        request.set(&["count"], 1);
    }
}
