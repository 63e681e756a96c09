//! Values to bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::MAGIC;
use crate::json;
use crate::types::Field;
use crate::types::Ty;
use crate::types::TypeId;
use crate::types::flags;
use crate::value::NULL;
use crate::value::Value;

/// Bytes of a frame's length.
const FRAME_HEAD: usize = 4;

/// Encodes an object of a type, enveloped.
pub fn encode(ty: TypeId, value: &Value) -> Vec<u8> {
    let mut raw = Vec::with_capacity(1024);
    level(ty, &[], value, &mut raw);
    envelope(value["apiVersion"].str_or_empty(), value["kind"].str_or_empty(), &raw)
}

/// Encodes a list of objects of a type, enveloped. `metadata` is a `metav1.ListMeta`.
pub fn encode_list<'a>(
    api_version: &str,
    list_kind: &str,
    ty: TypeId,
    metadata: &Value,
    items: impl Iterator<Item = &'a Value>,
) -> Vec<u8> {
    let mut raw = Vec::with_capacity(4096);
    let mut item = Vec::with_capacity(1024);
    if let Some(list_meta) = TypeId::find("meta/v1.ListMeta") {
        level(list_meta, &[], metadata, &mut item);
        chunk(1, &item, &mut raw);
    }
    for object in items {
        item.clear();
        level(ty, &[], object, &mut item);
        chunk(2, &item, &mut raw);
    }
    envelope(api_version, list_kind, &raw)
}

/// One frame of a watch: its length in four bytes, then a `metav1.WatchEvent` without an envelope
/// around an object that is enveloped.
pub fn encode_watch_event(kind: &str, object: &[u8]) -> Vec<u8> {
    let mut extension = Vec::with_capacity(object.len() + 8);
    chunk(1, object, &mut extension);
    let mut out = vec![0; FRAME_HEAD];
    chunk(1, kind.as_bytes(), &mut out);
    chunk(2, &extension, &mut out);
    let length = u32::try_from(out.len() - FRAME_HEAD).expect("an object is smaller than 4 GiB");
    out[..FRAME_HEAD].copy_from_slice(&length.to_be_bytes());
    out
}

fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut meta = Vec::new();
    chunk(1, api_version.as_bytes(), &mut meta);
    chunk(2, kind.as_bytes(), &mut meta);
    let mut out = Vec::with_capacity(raw.len() + meta.len() + 32);
    out.extend_from_slice(MAGIC);
    chunk(1, &meta, &mut out);
    chunk(2, raw, &mut out);
    chunk(3, &[], &mut out);
    chunk(4, &[], &mut out);
    out
}

/// One message: the struct's own, or that of an embedded struct below it.
fn level(ty: TypeId, prefix: &[u16], value: &Value, out: &mut Vec<u8>) {
    let at = prefix.len();
    let mut numbers: Vec<u16> = ty
        .def()
        .fields
        .iter()
        .filter(|f| f.proto.len() > at && f.proto.starts_with(prefix))
        .map(|f| f.proto[at])
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let mut path = prefix.to_vec();
        path.push(number);
        let direct = ty.def().fields.iter().find(|f| f.proto == path.as_slice());
        match direct {
            Some(field) => field_value(field, number, value.get(field.key).unwrap_or(&NULL), out),
            None => {
                // Embedded structs are no pointers, so their message is always written.
                let mut inner = Vec::new();
                level(ty, &path, value, &mut inner);
                chunk(number, &inner, out);
            }
        }
    }
}

fn field_value(field: &Field, number: u16, value: &Value, out: &mut Vec<u8>) {
    match &field.ty {
        Ty::List(item) => value.items().iter().for_each(|element| one(item, number, element, out)),
        Ty::Map(item) => {
            let mut entries: Vec<_> = value.entries().iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            for entry in entries {
                let mut inner = Vec::new();
                chunk(1, entry.key.as_str().as_bytes(), &mut inner);
                one(item, 2, &entry.value, &mut inner);
                chunk(number, &inner, out);
            }
        }
        ty => {
            let absent = value.is_null();
            let optional = field.has(flags::POINTER) || matches!(ty, Ty::Bytes | Ty::WrappedList(_));
            if !(absent && optional) {
                one(ty, number, value, out);
            }
        }
    }
}

fn one(ty: &Ty, number: u16, value: &Value, out: &mut Vec<u8>) {
    match ty {
        Ty::Bool => varint_field(number, u64::from(value.as_bool().unwrap_or(false)), out),
        Ty::Int32 | Ty::Int64 => varint_field(number, value.as_i64().unwrap_or(0) as u64, out),
        Ty::Double => {
            let float = match value {
                Value::Float(float) => *float,
                other => other.as_i64().unwrap_or(0) as f64,
            };
            varint((u64::from(number) << 3) | 1, out);
            out.extend_from_slice(&float.to_le_bytes());
        }
        Ty::String | Ty::Enum(_) => chunk(number, value.str_or_empty().as_bytes(), out),
        Ty::Bytes => chunk(number, &STANDARD.decode(value.str_or_empty()).unwrap_or_default(), out),
        ty => {
            let mut inner = Vec::new();
            message(ty, value, &mut inner);
            chunk(number, &inner, out);
        }
    }
}

fn message(ty: &Ty, value: &Value, out: &mut Vec<u8>) {
    match ty {
        Ty::Quantity => chunk(1, if value.is_null() { b"0" } else { value.str_or_empty().as_bytes() }, out),
        Ty::IntOrString => {
            varint_field(1, u64::from(value.as_str().is_some()), out);
            varint_field(2, value.as_i64().unwrap_or(0) as u64, out);
            chunk(3, value.str_or_empty().as_bytes(), out);
        }
        Ty::Time | Ty::MicroTime => {
            if let Some(time) = crate::view::time(value) {
                varint_field(1, time.as_second() as u64, out);
                varint_field(2, time.subsec_nanosecond() as u64, out);
            }
        }
        Ty::Duration => varint_field(1, go_nanos(value.str_or_empty()) as u64, out),
        Ty::RawExtension | Ty::FieldsV1 | Ty::Any => {
            if !value.is_null() {
                chunk(1, &json::to_vec(value), out);
            }
        }
        Ty::Struct(id) => level(*id, &[], value, out),
        Ty::WrappedList(item) => value.items().iter().for_each(|element| one(item, 1, element, out)),
        Ty::Bool
        | Ty::Int32
        | Ty::Int64
        | Ty::Double
        | Ty::String
        | Ty::Enum(_)
        | Ty::Bytes
        | Ty::List(_)
        | Ty::Map(_) => {}
    }
}

/// Nanoseconds of Go's text form of a duration; 0 where it is none.
fn go_nanos(text: &str) -> i64 {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().unwrap_or(0.0);
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "h" => 3.6e12,
                "m" => 6.0e10,
                "s" => 1.0e9,
                "ms" => 1.0e6,
                "us" | "µs" => 1.0e3,
                _ => 1.0,
            };
        rest = &rest[unit..];
    }
    (sign * total) as i64
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint_field(number: u16, value: u64, out: &mut Vec<u8>) {
    varint(u64::from(number) << 3, out);
    varint(value, out);
}

fn chunk(number: u16, bytes: &[u8], out: &mut Vec<u8>) {
    varint((u64::from(number) << 3) | 2, out);
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
