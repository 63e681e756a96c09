//! Reads that every controller needs of objects: owners, selectors, conditions.

use api::Object;
use api::Value;
use api::value;
use api::view::View as _;
use api::views::ObjectMetaView;
use api::views::OwnerReferenceView;
use meta::LabelSelector;
use meta::selector::Operator;
use meta::selector::Requirement;

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

/// A `metav1.LabelSelector` as a selector; an absent one selects nothing (`None`), an empty one all.
pub(crate) fn selector(value: &Value) -> Option<LabelSelector> {
    let map = value.as_map()?;
    let mut requirements = Vec::new();
    for (key, label) in map.get("matchLabels").map(Value::entries).into_iter().flat_map(|m| m.strings()) {
        requirements.push(Requirement {
            key: key.to_owned(),
            operator: Operator::In,
            values: vec![label.to_owned()],
        });
    }
    for expression in value["matchExpressions"].items() {
        let operator = match expression["operator"].str_or_empty() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            _ => Operator::DoesNotExist,
        };
        let values = expression["values"].items().iter().map(|v| v.str_or_empty().to_owned()).collect();
        requirements.push(Requirement { key: expression["key"].str_or_empty().to_owned(), operator, values });
    }
    Some(LabelSelector::new(requirements))
}

/// A plain map of labels (as Services and ReplicationControllers have) as a selector; an empty one
/// selects nothing.
pub(crate) fn label_map(value: &Value) -> Option<LabelSelector> {
    let requirements: Vec<Requirement> = value
        .entries()
        .strings()
        .map(|(key, label)| Requirement {
            key: key.to_owned(),
            operator: Operator::In,
            values: vec![label.to_owned()],
        })
        .collect();
    if requirements.is_empty() { None } else { Some(LabelSelector::new(requirements)) }
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
