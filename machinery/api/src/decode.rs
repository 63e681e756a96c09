//! From any JSON value to an object of a type: Go's decoding and encoding rules in one pass.
//!
//! Upstream decodes into Go structs and encodes them again; what a client reads back is shaped by
//! both. [`normalize`] does the same to a [`Value`]: it refuses wrong types, notes unknown fields,
//! puts fields into the order of declaration, drops what `omitempty` drops, writes what Go always
//! writes, and brings quantities and timestamps into their canonical form.

use std::sync::LazyLock;
use std::sync::OnceLock;

use base64::Engine as _;
use meta::Quantity;
use smallvec::SmallVec;
use thiserror::Error;

use crate::generated::types::TYPES;
use crate::key::Key;
use crate::place::Placed;
use crate::raw::RawObject;
use crate::types::Field;
use crate::types::Ty;
use crate::types::TypeDef;
use crate::types::TypeId;
use crate::types::flags;
use crate::value::Entry;
use crate::value::Map;
use crate::value::Value;

/// A value that its type cannot hold. The texts are those of upstream's decoder.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum Error {
    /// JSON of the wrong type.
    #[error("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {expected}")]
    Mismatch {
        /// JSON's name of what was found.
        found: String,
        /// The innermost struct.
        owner: String,
        /// The field's path from the root, without list indices.
        path: String,
        /// Go's name of what was expected.
        expected: String,
    },
    /// A quantity, time or base64 text that does not parse.
    #[error("{0}")]
    Scalar(String),
}

/// A normalized object.
#[derive(Debug, PartialEq)]
pub struct Normalized {
    /// The object.
    pub value: Value,
    /// Fields that the type does not have, in the order of the text; they were dropped.
    pub unknown: Vec<Placed>,
    /// Whether it holds a list or map that is empty; see [`without_empties`].
    pub empties: bool,
}

/// Brings `value` into the form in which upstream would write an object of this type.
pub fn normalize(ty: TypeId, mut value: Value) -> Result<Normalized, Error> {
    let mut pass = Pass::new(ty);
    pass.structure(ty, &mut value)?;
    pass.unknown.sort();
    Ok(Normalized { value, unknown: pass.unknown, empties: pass.empties })
}

/// What an object of this type has before anything is set: the structs that are no pointers, and nothing in
/// them.
pub fn unset(ty: TypeId) -> &'static Value {
    static UNSET: LazyLock<Vec<OnceLock<Value>>> =
        LazyLock::new(|| TYPES.iter().map(|_| OnceLock::new()).collect());
    UNSET[usize::from(ty.0)]
        .get_or_init(|| normalize(ty, Value::object()).map(|normalized| normalized.value).unwrap_or_default())
}

/// The same without empty lists and maps: upstream stores protobuf, which does not tell them from none.
pub fn without_empties(ty: TypeId, mut value: Value) -> Result<Value, Error> {
    let mut pass = Pass { drops_empties: true, ..Pass::new(ty) };
    pass.structure(ty, &mut value)?;
    Ok(value)
}

struct Pass {
    path: Vec<Step>,
    unknown: Vec<Placed>,
    owner: TypeId,
    empties: bool,
    drops_empties: bool,
}

enum Step {
    /// With its place in the object, as it was written.
    Key(Key, usize),
    Index(usize),
}

/// Places of entries among the fields of their type.
type Places = SmallVec<[u16; 32]>;
/// The place of an entry that is not written.
const DROPPED: u16 = u16::MAX;
/// The places that entries had in the text before they were put into order; none where they stood in order.
type Written = Option<Vec<usize>>;

impl Pass {
    fn new(owner: TypeId) -> Self {
        Self { path: Vec::new(), unknown: Vec::new(), owner, empties: false, drops_empties: false }
    }

    fn structure(&mut self, id: TypeId, value: &mut Value) -> Result<(), Error> {
        let map = match value {
            Value::Object(map) => map,
            Value::Null => {
                *value = Value::object();
                value.ensure_map()
            }
            other => return Err(self.mismatch(other, &go_struct(id))),
        };
        let outer = std::mem::replace(&mut self.owner, id);
        self.fields(id, map)?;
        self.owner = outer;
        Ok(())
    }

    /// Brings the entries of a struct into form, in place: most objects that come here have been here
    /// before, and change little. What it costs grows with the entries, not with the fields of the type.
    fn fields(&mut self, id: TypeId, map: &mut Map) -> Result<(), Error> {
        let def = id.def();
        let (mut places, written) = match ordered(def, map) {
            Some(places) => (places, None),
            None => map.edit(|entries| self.arrange(def, entries)),
        };
        let mut kept = 0;
        for (nth, entry) in map.iter_mut().enumerate() {
            let written = written.as_ref().map_or(nth, |written| written[nth]);
            if self.field(&def.fields[usize::from(places[nth])], &mut entry.value, written)? {
                kept += 1;
            } else {
                places[nth] = DROPPED;
            }
        }
        if kept < places.len() {
            let mut nth = 0;
            map.retain(|_| {
                nth += 1;
                places[nth - 1] != DROPPED
            });
            places.retain(|place| *place != DROPPED);
        }
        add_unset(id, map, &mut places);
        Ok(())
    }

    /// Notes and drops the entries that the type does not have, and brings the others into the order
    /// of declaration: their places among the fields, and those that they had as they were written.
    fn arrange(&mut self, def: &TypeDef, entries: &mut Vec<Entry>) -> (Places, Written) {
        let mut places = Places::new();
        let mut sorted = true;
        // Where the next field is looked for first: in order, each search ends where it begins.
        let mut next = 0;
        let mut written = 0;
        let mut order = Vec::with_capacity(entries.len());
        entries.retain(|entry| {
            let place = match &entry.key {
                Key::Known(known) => def.place(*known, next),
                Key::Other(_) => None,
            };
            match place {
                Some(place) => {
                    sorted &= place >= next;
                    next = place + 1;
                    places.push(u16::try_from(place).expect("no type has so many fields"));
                    order.push(written);
                }
                None => self.note_unknown(&entry.key, written),
            }
            written += 1;
            place.is_some()
        });
        if sorted {
            return (places, Some(order));
        }
        // Few, and mostly in order: each goes to its place among those before it.
        for at in 1..entries.len() {
            let place = places[at];
            let to = places[..at].iter().rposition(|before| *before <= place).map_or(0, |before| before + 1);
            places[to..=at].rotate_right(1);
            order[to..=at].rotate_right(1);
            entries[to..=at].rotate_right(1);
        }
        // Of two entries with one key, which only values made by hand have, the last counts.
        for at in (1..entries.len()).rev() {
            if places[at] == places[at - 1] {
                entries.remove(at - 1);
                places.remove(at - 1);
                order.remove(at);
            }
        }
        (places, Some(order))
    }

    /// Makes the field's value what Go would write, and says whether Go would write it.
    fn field(&mut self, field: &Field, value: &mut Value, written: usize) -> Result<bool, Error> {
        if value.is_null() {
            return Ok(absent(field).map(|unset| *value = unset).is_some());
        }
        // Checked before there is a path to it, which only those need that can be wrong.
        if !is_in_form(&field.ty, value) {
            self.path.push(Step::Key(Key::Known(field.key), written));
            self.typed(&field.ty, value)?;
            self.path.pop();
        }
        Ok(if field.has(flags::OMITZERO) {
            !value.is_zero()
        } else {
            !field.has(flags::OMITEMPTY) || field.has(flags::POINTER) || !is_empty(&field.ty, value)
        })
    }

    fn typed(&mut self, ty: &Ty, value: &mut Value) -> Result<(), Error> {
        if is_in_form(ty, value) {
            return Ok(());
        }
        if is_empty_collection(ty, value) {
            self.empties = true;
            if self.drops_empties {
                *value = Value::Null;
            }
            return Ok(());
        }
        match (ty, &mut *value) {
            (Ty::Struct(id), _) => self.structure(*id, value)?,
            (Ty::List(item) | Ty::WrappedList(item), Value::Array(list)) => self.list(item, list)?,
            (Ty::Map(item), Value::Object(map)) => self.map(item, map)?,
            (Ty::Quantity, _) => self.quantity(value)?,
            (Ty::Time | Ty::MicroTime, _) => self.time(ty, value)?,
            (Ty::Bytes, _) => self.bytes(value)?,
            (Ty::FieldsV1, Value::Object(_)) => *value = Value::Raw(RawObject::of(value)),
            (Ty::FieldsV1 | Ty::List(_) | Ty::WrappedList(_) | Ty::Map(_), Value::Null)
            | (Ty::FieldsV1, _) => {}
            (Ty::String | Ty::Enum(_), Value::Null) => *value = Value::from(""),
            (Ty::Bool, Value::Null) => *value = Value::Bool(false),
            (Ty::Int32 | Ty::Int64 | Ty::IntOrString, Value::Null) => *value = Value::Int(0),
            (Ty::Double, Value::Int(number)) => *value = Value::Float(*number as f64),
            _ => return Err(self.mismatch(value, &go_type(ty))),
        }
        Ok(())
    }

    fn list(&mut self, item: &Ty, items: &mut [Value]) -> Result<(), Error> {
        for (i, value) in items.iter_mut().enumerate() {
            if !is_in_form(item, value) {
                self.path.push(Step::Index(i));
                self.typed(item, value)?;
                self.path.pop();
            }
        }
        Ok(())
    }

    /// Go writes maps with sorted keys.
    fn map(&mut self, item: &Ty, map: &mut Map) -> Result<(), Error> {
        for (written, entry) in map.iter_mut().enumerate() {
            match item {
                _ if is_in_form(item, &entry.value) => {}
                // No bytes, once they were stored.
                Ty::Bytes if entry.value.is_null() => entry.value = Value::from(""),
                // Go's decoder names the field that is a map, not the key in it.
                Ty::String => self.typed(item, &mut entry.value)?,
                _ => {
                    self.path.push(Step::Key(entry.key.clone(), written));
                    self.typed(item, &mut entry.value)?;
                    self.path.pop();
                }
            }
        }
        if !map.is_sorted_by(|a, b| a.key <= b.key) {
            map.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Ok(())
    }

    fn quantity(&mut self, value: &mut Value) -> Result<(), Error> {
        let text = match &*value {
            Value::String(text) => text.trim().to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Float(_) => crate::json::to_string(value),
            Value::Null => "0".to_owned(),
            other => return Err(self.mismatch(other, "resource.Quantity")),
        };
        let quantity = Quantity::parse(&text).map_err(|e| Error::Scalar(e.to_string()))?;
        let canonical = quantity.to_string();
        // Keep the text's allocation where it is canonical already.
        if value.as_str() != Some(&canonical) {
            *value = canonical.into();
        }
        Ok(())
    }

    fn time(&mut self, ty: &Ty, value: &mut Value) -> Result<(), Error> {
        let Value::String(text) = &*value else {
            return if value.is_null() { Ok(()) } else { Err(self.mismatch(value, "string")) };
        };
        // The form that every component writes; anything else takes the slow way.
        let seconds_form = |t: &[u8]| t.len() == 20 && t[19] == b'Z' && t[10] == b'T' && t[18] != b'.';
        let micros_form = |t: &[u8]| t.len() == 27 && t[26] == b'Z' && t[19] == b'.';
        let layout = match ty {
            Ty::MicroTime => "2006-01-02T15:04:05.000000Z07:00",
            _ => "2006-01-02T15:04:05Z07:00",
        };
        let refused = |rest: &str, part: &str| {
            Error::Scalar(format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}"))
        };
        let time = meta::time::parse(text).ok_or_else(|| refused(text, "2006"))?;
        // Go reads six digits after the point, no fewer.
        if let (Ty::MicroTime, Some(rest)) = (ty, text.get(19..)) {
            let digits = rest
                .strip_prefix('.')
                .map_or(0, |rest| rest.bytes().take_while(|byte| byte.is_ascii_digit()).count());
            if digits < 6 {
                return Err(refused(rest, ".000000"));
            }
        }
        match ty {
            Ty::MicroTime if micros_form(text.as_bytes()) => {}
            Ty::MicroTime => *value = meta::time::micros(time).into(),
            _ if seconds_form(text.as_bytes()) => {}
            _ => *value = meta::time::seconds(time).into(),
        }
        Ok(())
    }

    fn bytes(&mut self, value: &Value) -> Result<(), Error> {
        let Value::String(text) = value else {
            return if value.is_null() { Ok(()) } else { Err(self.mismatch(value, "[]uint8")) };
        };
        match base64::engine::general_purpose::STANDARD.decode(text.as_bytes()) {
            Ok(_) => Ok(()),
            Err(base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _)) => {
                Err(Error::Scalar(format!("illegal base64 data at input byte {at}")))
            }
            Err(_) => Err(Error::Scalar(format!("illegal base64 data at input byte {}", text.len()))),
        }
    }

    fn note_unknown(&mut self, key: &Key, written: usize) {
        let mut path = self.path_text(Indices::Shown);
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key.as_str());
        let around = self.path.iter().map(|step| match step {
            Step::Key(_, place) | Step::Index(place) => *place,
        });
        let place = around.chain([written]).collect();
        self.unknown.push(Placed { place, path });
    }

    fn mismatch(&self, found: &Value, expected: &str) -> Error {
        let found = match found {
            Value::Int(_) | Value::Float(_) if expected.starts_with("int") => {
                format!("number {}", crate::json::to_string(found))
            }
            other => other.type_name().to_owned(),
        };
        Error::Mismatch {
            found,
            owner: self.owner.def().go_name().to_owned(),
            path: self.path_text(Indices::Hidden),
            expected: expected.to_owned(),
        }
    }

    fn path_text(&self, indices: Indices) -> String {
        let mut out = String::new();
        for step in &self.path {
            match step {
                Step::Key(key, _) => {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    out.push_str(key.as_str());
                }
                Step::Index(i) if matches!(indices, Indices::Shown) => out.push_str(&format!("[{i}]")),
                Step::Index(_) => {}
            }
        }
        out
    }
}

#[derive(Clone, Copy)]
enum Indices {
    Shown,
    Hidden,
}

/// Whether a value is already what its type writes: nearly all are, and need no path in case of a mistake.
fn is_in_form(ty: &Ty, value: &Value) -> bool {
    match (ty, value) {
        (Ty::String | Ty::Enum(_) | Ty::IntOrString | Ty::Duration, Value::String(_))
        | (Ty::Bool, Value::Bool(_))
        | (Ty::Int64 | Ty::IntOrString, Value::Int(_))
        | (Ty::Double, Value::Float(_))
        | (Ty::FieldsV1, Value::Raw(_))
        | (Ty::Any | Ty::RawExtension, _) => true,
        (Ty::Int32, Value::Int(number)) => i32::try_from(*number).is_ok(),
        _ => false,
    }
}

fn is_empty_collection(ty: &Ty, value: &Value) -> bool {
    match (ty, value) {
        (Ty::List(_) | Ty::WrappedList(_), Value::Array(list)) => list.is_empty(),
        (Ty::Map(_), Value::Object(map)) => map.is_empty(),
        _ => false,
    }
}

/// The places of the entries, if the type has all of them and they stand in its order.
fn ordered(def: &TypeDef, map: &Map) -> Option<Places> {
    let mut places = Places::new();
    let mut next = 0;
    for entry in map.iter() {
        let Key::Known(known) = &entry.key else { return None };
        let place = next + def.keys[next..].iter().position(|key| key == known)?;
        places.push(u16::try_from(place).expect("no type has so many fields"));
        next = place + 1;
    }
    Some(places)
}

/// Adds what Go writes for fields that were not set. `places` are those of the entries, in order.
fn add_unset(id: TypeId, map: &mut Map, places: &mut Places) {
    let unset = &WRITTEN_UNSET[usize::from(id.0)];
    let mut at = 0;
    for &place in unset {
        at += places[at..].iter().take_while(|known| **known < place).count();
        if places.get(at) == Some(&place) {
            continue;
        }
        let field = &id.def().fields[usize::from(place)];
        if let Some(value) = absent(field) {
            map.edit(|entries| {
                // Exact: the object keeps no spare room, which would only be given back at once.
                entries.reserve_exact(1);
                entries.insert(at, Entry { key: Key::Known(field.key), value });
            });
            places.insert(at, place);
        }
    }
}

/// Of each type, the places of the fields that are written though they were never set: few, or none.
static WRITTEN_UNSET: LazyLock<Vec<Box<[u16]>>> = LazyLock::new(|| {
    let unset = |def: &TypeDef| {
        let fields = def.fields.iter().zip(0..).filter(|(field, _)| absent(field).is_some());
        fields.map(|(_, place)| place).collect()
    };
    TYPES.iter().map(unset).collect()
});

/// What Go writes for a field that was never set.
fn absent(field: &Field) -> Option<Value> {
    if field.has(flags::OMITZERO) {
        return None;
    }
    if field.has(flags::POINTER) {
        return if field.has(flags::OMITEMPTY) { None } else { Some(Value::Null) };
    }
    if field.has(flags::OMITEMPTY) && zero_is_empty(&field.ty) {
        return None;
    }
    Some(zero(&field.ty))
}

/// Go's zero value of a type, as it is written.
fn zero(ty: &Ty) -> Value {
    match ty {
        Ty::String | Ty::Enum(_) => Value::from(""),
        Ty::Bool => Value::Bool(false),
        Ty::Int32 | Ty::Int64 | Ty::IntOrString => Value::Int(0),
        Ty::Double => Value::Float(0.0),
        Ty::Quantity => Value::from("0"),
        Ty::Duration => Value::from("0s"),
        Ty::Struct(id) => Value::Object(
            id.def()
                .fields
                .iter()
                .filter_map(|field| absent(field).map(|value| (field.key, value)))
                .collect::<Map>(),
        ),
        Ty::Time
        | Ty::MicroTime
        | Ty::Bytes
        | Ty::RawExtension
        | Ty::FieldsV1
        | Ty::Any
        | Ty::List(_)
        | Ty::WrappedList(_)
        | Ty::Map(_) => Value::Null,
    }
}

/// Whether Go's `omitempty` ever drops a value of this type: it never drops a struct.
fn zero_is_empty(ty: &Ty) -> bool {
    !matches!(
        ty,
        Ty::Struct(_)
            | Ty::Quantity
            | Ty::IntOrString
            | Ty::Time
            | Ty::MicroTime
            | Ty::Duration
            | Ty::RawExtension
            | Ty::FieldsV1
    )
}

fn is_empty(ty: &Ty, value: &Value) -> bool {
    zero_is_empty(ty) && value.is_zero()
}

fn go_struct(id: TypeId) -> String {
    let def = id.def();
    let version = def.name.split(['/', '.']).nth(1).unwrap_or("v1");
    format!("{version}.{}", def.go_name())
}

fn go_type(ty: &Ty) -> String {
    match ty {
        Ty::String | Ty::Enum(_) => "string".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Int32 => "int32".to_owned(),
        Ty::Int64 => "int64".to_owned(),
        Ty::Double => "float64".to_owned(),
        Ty::Bytes => "[]uint8".to_owned(),
        Ty::Quantity => "resource.Quantity".to_owned(),
        Ty::IntOrString => "intstr.IntOrString".to_owned(),
        Ty::Time => "v1.Time".to_owned(),
        Ty::MicroTime => "v1.MicroTime".to_owned(),
        Ty::Duration => "v1.Duration".to_owned(),
        Ty::RawExtension => "runtime.RawExtension".to_owned(),
        Ty::FieldsV1 => "v1.FieldsV1".to_owned(),
        Ty::Any => "interface {}".to_owned(),
        Ty::Struct(id) => go_struct(*id),
        Ty::List(item) | Ty::WrappedList(item) => format!("[]{}", go_type(item)),
        Ty::Map(item) => format!("map[string]{}", go_type(item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::value;

    fn check(ty: &str, input: Value, expected: &str) {
        let ty = TypeId::find(ty).expect("known type");
        let normalized = normalize(ty, input).expect("decodes");
        assert_eq!(json::to_string(&normalized.value), expected);
        assert_eq!(normalize(ty, normalized.value.clone()).expect("decodes again").value, normalized.value);
    }

    #[test]
    fn go_rules() {
        check(
            "core/v1.ServiceSpec",
            value!({"selector": {"b": "2", "a": "1"}, "ports": [{"port": 80}], "type": "", "externalIPs": []}),
            r#"{"ports":[{"port":80,"targetPort":0}],"selector":{"a":"1","b":"2"}}"#,
        );
        check(
            "core/v1.Container",
            value!({"resources": {"limits": {"cpu": 1, "memory": "1024Mi"}}, "name": "c"}),
            r#"{"name":"c","resources":{"limits":{"cpu":"1","memory":"1Gi"}}}"#,
        );
        check(
            "apps/v1.Deployment",
            value!({"spec": {"replicas": 0}, "kind": "Deployment", "metadata": {"creationTimestamp": null}}),
            r#"{"kind":"Deployment","metadata":{},"spec":{"replicas":0,"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"status":{}}"#,
        );
    }

    #[test]
    fn errors_and_unknown_fields() {
        let ty = TypeId::find("apps/v1.Deployment").expect("known");
        let error = normalize(ty, value!({"spec": {"replicas": "3"}})).expect_err("mismatch");
        assert_eq!(
            error.to_string(),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
        let input = value!({"x": 1, "spec": {"template": {"spec": {"containers": [{"nam": "c"}]}}}});
        let unknown = normalize(ty, input).expect("decodes").unknown;
        let paths: Vec<&str> = unknown.iter().map(|unknown| unknown.path.as_str()).collect();
        assert_eq!(paths, ["x", "spec.template.spec.containers[0].nam"]);
    }
}
