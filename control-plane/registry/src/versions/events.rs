//! `events.k8s.io/v1`: the Event of the core group, with the names of its successor.

use api::Value;

use super::rename;

/// Names in `events.k8s.io/v1`, names in the core group.
const NAMES: [(&str, &str); 7] = [
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
    ("reportingController", "reportingComponent"),
];

/// Selectable fields, by both names.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("regarding.kind", "involvedObject.kind"),
    ("regarding.namespace", "involvedObject.namespace"),
    ("regarding.name", "involvedObject.name"),
    ("regarding.uid", "involvedObject.uid"),
    ("regarding.apiVersion", "involvedObject.apiVersion"),
    ("regarding.resourceVersion", "involvedObject.resourceVersion"),
    ("regarding.fieldPath", "involvedObject.fieldPath"),
    ("reportingController", "reportingComponent"),
];

pub(super) fn to_core(event: &mut Value) {
    for (new, core) in NAMES {
        rename(event, new, core);
    }
}

pub(super) fn from_core(event: &mut Value) {
    for (new, core) in NAMES {
        rename(event, core, new);
    }
}
