//! Reads that every controller needs of objects: owners, selectors, conditions.

use api::Object;
use api::Value;
use api::value;
use api::view::View as _;
use api::views::ObjectMetaView;
use api::views::OwnerReferenceView;

/// The metadata of an object.
pub(crate) fn metadata(object: &Object) -> ObjectMetaView<'_> {
    ObjectMetaView::of(&object.value()["metadata"])
}

/// Whether deletion was asked for.
pub(crate) fn is_deleting(object: &Object) -> bool {
    !object.value()["metadata"]["deletionTimestamp"].is_null()
}

/// The owner that manages an object.
pub(crate) fn controller_of(object: &Object) -> Option<OwnerReferenceView<'_>> {
    metadata(object).owner_references().find(|owner| owner.controller() == Some(true))
}

/// The owner reference by which `owner` manages something.
pub(crate) fn controller_reference(owner: &Object) -> Value {
    value!({
        "apiVersion": owner.resource().api_version(), "kind": owner.resource().kind,
        "name": owner.name(), "uid": owner.uid(), "controller": true, "blockOwnerDeletion": true
    })
}

/// The condition of a type in `status.conditions`.
pub(crate) fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    status["conditions"].items().iter().find(|condition| condition["type"].as_str() == Some(kind))
}

/// Whether the condition of a type is `True`.
pub(crate) fn is_true(status: &Value, kind: &str) -> bool {
    condition(status, kind).is_some_and(|condition| condition["status"].as_str() == Some("True"))
}

/// Whether two statuses say the same: what is absent is zero, as in Go.
pub(crate) fn same_status(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let agrees = |x: &api::Map, y: &api::Map| {
                x.iter()
                    .all(|entry| same_status(&entry.value, y.get(entry.key.as_str()).unwrap_or(&api::NULL)))
            };
            agrees(a, b) && agrees(b, a)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same_status(a, b))
        }
        (a, b) => a == b || (a.is_zero() && b.is_zero()),
    }
}
