//! From any JSON value to an object of a type: Go's decoding and encoding rules in one pass.
//!
//! Upstream decodes into Go structs and encodes them again; what a client reads back is shaped by
//! both. [`normalize`] does the same to a [`Value`]: it refuses wrong types, notes unknown fields,
//! puts fields into the order of declaration, drops what `omitempty` drops, writes what Go always
//! writes, and brings quantities and timestamps into their canonical form.

use base64::Engine as _;
use meta::Quantity;
use smallvec::SmallVec;
use thiserror::Error;

use crate::key::Key;
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
    /// Paths of fields the type does not have; they were dropped.
    pub unknown: Vec<String>,
}

/// Brings `value` into the form in which upstream would write an object of this type.
pub fn normalize(ty: TypeId, value: Value) -> Result<Normalized, Error> {
    let mut pass = Pass { path: Vec::new(), unknown: Vec::new(), owner: ty };
    let value = pass.structure(ty, value)?;
    // In the order of the text, as a reader of the text meets them.
    pass.unknown.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Normalized { value, unknown: pass.unknown.into_iter().map(|(_, path)| path).collect() })
}

struct Pass {
    path: Vec<Step>,
    /// With the place of each in the text: that of every object and list around it.
    unknown: Vec<(Vec<usize>, String)>,
    owner: TypeId,
}

enum Step {
    /// With its place in the object, as it was written.
    Key(Key, usize),
    Index(usize),
}

/// The places that entries had before they were put into order; none where they stood in order.
type Places = Option<SmallVec<[usize; 32]>>;

impl Pass {
    fn structure(&mut self, id: TypeId, value: Value) -> Result<Value, Error> {
        let mut entries = match value {
            Value::Object(map) => map.into_vec(),
            Value::Null => Vec::new(),
            other => return Err(self.mismatch(&other, &go_struct(id))),
        };
        let def = id.def();
        let outer = std::mem::replace(&mut self.owner, id);
        let places = self.arrange(def, &mut entries);
        // In place: most objects that come here have been here before, and change little.
        let mut place = 0;
        let mut nth = 0;
        for field in def.fields {
            let present = entries.get(place).is_some_and(|entry| entry.key == Key::Known(field.key));
            let value = if present { entries[place].value.take() } else { Value::Null };
            let written = places.as_ref().and_then(|places| places.get(nth)).copied().unwrap_or(nth);
            nth += usize::from(present);
            match (self.field(field, value, written)?, present) {
                (Some(value), true) => entries[place].value = value,
                (Some(value), false) => {
                    entries.reserve_exact(1);
                    entries.insert(place, Entry { key: Key::Known(field.key), value });
                }
                (None, true) => {
                    entries.remove(place);
                    continue;
                }
                (None, false) => continue,
            }
            place += 1;
        }
        self.owner = outer;
        Ok(Value::Object(Map::from(entries)))
    }

    /// Notes and drops the entries that the type does not have, and brings the others into the order
    /// of declaration.
    fn arrange(&mut self, def: &TypeDef, entries: &mut Vec<Entry>) -> Places {
        let mut places: SmallVec<[usize; 32]> = SmallVec::new();
        let mut sorted = true;
        // Where the next field is looked for first: in order, each search ends where it begins.
        let mut next = 0;
        let mut written = 0;
        let mut dropped: SmallVec<[usize; 4]> = SmallVec::new();
        entries.retain(|entry| {
            let place = match &entry.key {
                Key::Known(known) => def.place(*known, next),
                Key::Other(_) => None,
            };
            match place {
                Some(place) => {
                    sorted &= place >= next;
                    next = place + 1;
                    places.push(place);
                }
                None => {
                    self.note_unknown(&entry.key, written);
                    dropped.push(written);
                }
            }
            written += 1;
            place.is_some()
        });
        if sorted && dropped.is_empty() {
            return None;
        }
        let kept = (0..written).filter(|place| !dropped.contains(place));
        if sorted {
            return Some(kept.collect());
        }
        let mut placed: Vec<(usize, usize, Entry)> = places
            .into_iter()
            .zip(kept)
            .zip(entries.drain(..))
            .map(|((place, written), entry)| (place, written, entry))
            .collect();
        placed.sort_by_key(|(place, ..)| *place);
        let mut order: SmallVec<[usize; 32]> = SmallVec::new();
        for (_, written, entry) in placed {
            match entries.last_mut() {
                // Of two entries with one key, which only values made by hand have, the last counts.
                Some(last) if last.key == entry.key => *last = entry,
                _ => {
                    entries.push(entry);
                    order.push(written);
                }
            }
        }
        Some(order)
    }

    /// The field's value as Go would write it, or `None` where it would not.
    fn field(&mut self, field: &Field, value: Value, written: usize) -> Result<Option<Value>, Error> {
        if value.is_null() {
            return Ok(absent(field));
        }
        self.path.push(Step::Key(Key::Known(field.key), written));
        let value = self.typed(&field.ty, value)?;
        self.path.pop();
        let omit = if field.has(flags::OMITZERO) {
            value.is_zero()
        } else {
            field.has(flags::OMITEMPTY) && !field.has(flags::POINTER) && is_empty(&field.ty, &value)
        };
        Ok(if omit { None } else { Some(value) })
    }

    fn typed(&mut self, ty: &Ty, value: Value) -> Result<Value, Error> {
        match (ty, value) {
            (Ty::Struct(id), value) => self.structure(*id, value),
            (Ty::String | Ty::Enum(_), value @ Value::String(_))
            | (Ty::Bool, value @ Value::Bool(_))
            | (Ty::Int64, value @ Value::Int(_))
            | (Ty::Any | Ty::RawExtension | Ty::FieldsV1, value @ Value::Raw(_))
            | (Ty::Any | Ty::RawExtension, value) => Ok(value),
            (Ty::FieldsV1, value @ Value::Object(_)) => Ok(Value::Raw(RawObject::of(&value))),
            (Ty::FieldsV1, value) => Ok(value),
            (Ty::String | Ty::Enum(_), Value::Null) => Ok(Value::from("")),
            (Ty::Bool, Value::Null) => Ok(Value::Bool(false)),
            (Ty::Int32 | Ty::Int64, Value::Null) => Ok(Value::Int(0)),
            (Ty::List(_) | Ty::WrappedList(_) | Ty::Map(_), Value::Null) => Ok(Value::Null),
            (Ty::Int32, Value::Int(number)) if i32::try_from(number).is_ok() => Ok(Value::Int(number)),
            (Ty::Double, Value::Int(number)) => Ok(Value::Float(number as f64)),
            (Ty::Double, value @ Value::Float(_)) => Ok(value),
            (Ty::List(item) | Ty::WrappedList(item), Value::Array(list)) => self.list(item, list.into_vec()),
            (Ty::Map(item), Value::Object(map)) => self.map(item, map.into_vec()),
            (Ty::IntOrString, value @ (Value::Int(_) | Value::String(_))) => Ok(value),
            (Ty::IntOrString, Value::Null) => Ok(Value::Int(0)),
            (Ty::Quantity, value) => self.quantity(value),
            (Ty::Time | Ty::MicroTime, value) => self.time(ty, value),
            (Ty::Bytes, value) => self.bytes(value),
            (Ty::Duration, value @ Value::String(_)) => Ok(value),
            (ty, value) => Err(self.mismatch(&value, &go_type(ty))),
        }
    }

    fn list(&mut self, item: &Ty, mut items: Vec<Value>) -> Result<Value, Error> {
        for (i, value) in items.iter_mut().enumerate() {
            self.path.push(Step::Index(i));
            *value = self.typed(item, value.take())?;
            self.path.pop();
        }
        Ok(items.into())
    }

    /// Go writes maps with sorted keys.
    fn map(&mut self, item: &Ty, mut entries: Vec<Entry>) -> Result<Value, Error> {
        for (written, entry) in entries.iter_mut().enumerate() {
            // Texts need no path: nothing below them can be wrong.
            entry.value = match (item, entry.value.take()) {
                (Ty::String, text @ Value::String(_)) => text,
                // Go's decoder names the field that is a map, not the key in it.
                (Ty::String, value) => self.typed(item, value)?,
                (_, value) => {
                    self.path.push(Step::Key(entry.key.clone(), written));
                    let value = self.typed(item, value)?;
                    self.path.pop();
                    value
                }
            };
        }
        if !entries.is_sorted_by(|a, b| a.key <= b.key) {
            entries.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Ok(Value::Object(Map::from(entries)))
    }

    fn quantity(&mut self, value: Value) -> Result<Value, Error> {
        let text = match &value {
            Value::String(text) => text.trim().to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Float(_) => crate::json::to_string(&value),
            Value::Null => "0".to_owned(),
            other => return Err(self.mismatch(other, "resource.Quantity")),
        };
        let quantity = Quantity::parse(&text).map_err(|e| Error::Scalar(e.to_string()))?;
        let canonical = quantity.to_string();
        // Keep the text's allocation where it is canonical already.
        Ok(if value.as_str() == Some(&canonical) { value } else { canonical.into() })
    }

    fn time(&mut self, ty: &Ty, value: Value) -> Result<Value, Error> {
        let Value::String(text) = &value else {
            return if value.is_null() { Ok(Value::Null) } else { Err(self.mismatch(&value, "string")) };
        };
        // The form that every component writes; anything else takes the slow way.
        let seconds_form = |t: &[u8]| t.len() == 20 && t[19] == b'Z' && t[10] == b'T' && t[18] != b'.';
        let micros_form = |t: &[u8]| t.len() == 27 && t[26] == b'Z' && t[19] == b'.';
        let time = meta::time::parse(text).ok_or_else(|| {
            Error::Scalar(format!(
                "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
            ))
        })?;
        Ok(match ty {
            Ty::MicroTime if micros_form(text.as_bytes()) => value,
            Ty::MicroTime => meta::time::micros(time).into(),
            _ if seconds_form(text.as_bytes()) => value,
            _ => meta::time::seconds(time).into(),
        })
    }

    fn bytes(&mut self, value: Value) -> Result<Value, Error> {
        let Value::String(text) = &value else {
            return if value.is_null() { Ok(Value::Null) } else { Err(self.mismatch(&value, "[]uint8")) };
        };
        match base64::engine::general_purpose::STANDARD.decode(text.as_bytes()) {
            Ok(_) => Ok(value),
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
        self.unknown.push((place, path));
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
        assert_eq!(
            normalize(ty, input).expect("decodes").unknown,
            ["x", "spec.template.spec.containers[0].nam"]
        );
    }
}
