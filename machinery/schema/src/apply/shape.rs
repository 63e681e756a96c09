//! How the value at a place merges: a type and its field's topology in one word.

use api::Key;
use api::KnownKey;
use api::Value;
use api::json;
use api::types::Merge;
use api::types::Ty;
use api::types::TypeDef;
use api::types::TypeId;

use super::set::Element;
use super::set::key_element;
use super::set::value_element;

/// How a value merges.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// One value.
    Scalar,
    /// A list, map or struct that is replaced as a whole.
    Atomic,
    /// Field by field.
    Struct(&'static TypeDef),
    /// Key by key.
    Map(&'static Ty),
    /// A list of structs, told apart by keys.
    Keyed(&'static [KnownKey], &'static TypeDef),
    /// A list of scalars without duplicates.
    Set,
    /// Whatever the value says: objects key by key, anything else as a whole.
    Deduced,
    /// An object of a kind without a type: only its metadata is known.
    Untyped,
}

impl Shape {
    /// The shape of objects of a kind.
    pub(super) fn of_kind(ty: Option<TypeId>) -> Self {
        ty.map_or(Shape::Untyped, |id| Shape::Struct(id.def()))
    }

    fn of(ty: &'static Ty, merge: Merge) -> Self {
        match (ty, merge) {
            (Ty::Struct(_) | Ty::Map(_) | Ty::List(_) | Ty::WrappedList(_), Merge::Atomic) => Shape::Atomic,
            (Ty::Struct(id), _) if id.def().atomic => Shape::Atomic,
            (Ty::Struct(id), _) => Shape::Struct(id.def()),
            (Ty::Map(item), _) => Shape::Map(item),
            (Ty::List(Ty::Struct(id)), Merge::Keys(keys)) => Shape::Keyed(keys, id.def()),
            (Ty::List(_) | Ty::WrappedList(_), Merge::Set) => Shape::Set,
            (Ty::List(_) | Ty::WrappedList(_), _) => Shape::Atomic,
            (Ty::RawExtension, _) => Shape::Atomic,
            (Ty::FieldsV1 | Ty::Any, _) => Shape::Deduced,
            _ => Shape::Scalar,
        }
    }

    /// The shape of a field or key, and whether it is declared by the type rather than a free key of
    /// a map. `None`: the type has no such field.
    pub(super) fn child(self, key: &Key) -> Option<(Shape, Declared)> {
        match (self, key) {
            (Shape::Struct(def), Key::Known(known)) => {
                let field = def.field(*known)?;
                let shape = match field.ty {
                    Ty::Struct(id) if is_granular(def, *known) => Shape::Struct(id.def()),
                    _ => Shape::of(&field.ty, field.merge),
                };
                Some((shape, Declared::Yes))
            }
            (Shape::Map(item), _) => Some((Shape::of(item, Merge::Default), Declared::No)),
            (Shape::Deduced, _) => Some((Shape::Deduced, Declared::No)),
            (Shape::Untyped, key) => Some(match key.as_str() {
                "metadata" => {
                    let id = TypeId::find("meta/v1.ObjectMeta").expect("the table has ObjectMeta");
                    (Shape::Struct(id.def()), Declared::Yes)
                }
                "kind" | "apiVersion" => (Shape::Scalar, Declared::Yes),
                "spec" | "status" => (Shape::Deduced, Declared::Yes),
                _ => (Shape::Deduced, Declared::No),
            }),
            _ => None,
        }
    }

    /// The shape of the elements of a list that is not atomic.
    pub(super) fn item(self) -> Shape {
        match self {
            Shape::Keyed(_, def) if def.atomic => Shape::Atomic,
            Shape::Keyed(_, def) => Shape::Struct(def),
            _ => Shape::Scalar,
        }
    }

    /// Whether the two forms of a value are compared and replaced as a whole.
    pub(super) fn is_leaf(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let empty = |value: Option<&Value>| match value {
            Some(Value::Object(map)) => map.is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            _ => true,
        };
        match self {
            Shape::Scalar | Shape::Atomic => true,
            Shape::Deduced => {
                let other = |value: Option<&Value>| {
                    value.is_some_and(|v| !v.is_null() && !matches!(v, Value::Object(_)))
                };
                other(left) || other(right) || (empty(left) && empty(right))
            }
            // Empty and absent differ, and have nothing below them that could tell.
            _ => empty(left) && empty(right),
        }
    }

    /// The element by which a list tells an item apart.
    pub(super) fn element(self, item: &Value) -> Result<Element, String> {
        match self {
            Shape::Keyed(keys, def) => keyed_element(keys, def, item),
            _ => match item {
                Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".to_owned())
                }
                Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
                Value::Null => {
                    Err("associative list without keys has an element that's an explicit null".to_owned())
                }
                scalar => Ok(value_element(scalar)),
            },
        }
    }
}

/// Fields whose type is one unit elsewhere, and of which here each part has an owner of its own: the type
/// says so in upstream's declarations (`structType=granular`), for which the table has no place.
const GRANULAR: &[(&str, &str)] = &[("core/v1.PersistentVolumeSpec", "claimRef")];

fn is_granular(def: &TypeDef, key: KnownKey) -> bool {
    GRANULAR.iter().any(|(name, field)| *name == def.name && *field == key.as_str())
}

/// Whether a name belongs to the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    Yes,
    No,
}

fn keyed_element(keys: &[KnownKey], def: &TypeDef, item: &Value) -> Result<Element, String> {
    let Value::Object(map) = item else {
        let what = if item.is_null() { "a null element" } else { "non-map elements" };
        return Err(format!("associative list with keys may not have {what}"));
    };
    // One key is by far the most frequent case, and needs neither order nor default.
    if let [key] = keys
        && let Some(value) = map.get(*key)
    {
        return Ok(key_element(&[(key.as_str(), value)]));
    }
    let defaults: Vec<(KnownKey, Value)> = keys
        .iter()
        .filter(|key| !map.contains(**key))
        .filter_map(|key| {
            let text = def.field(*key)?.default;
            Some((*key, json::parse_value(text.as_bytes()).ok()?))
        })
        .collect();
    let mut pairs: Vec<(&str, &Value)> = keys
        .iter()
        .filter_map(|key| {
            let fallback = || defaults.iter().find(|(k, _)| k == key).map(|(_, value)| value);
            Some((key.as_str(), map.get(*key).or_else(fallback)?))
        })
        .collect();
    if pairs.is_empty() {
        let names: Vec<String> = keys.iter().map(|key| format!("{:?}", key.as_str())).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            names.join(" ")
        ));
    }
    pairs.sort_unstable_by_key(|(key, _)| *key);
    Ok(key_element(&pairs))
}
