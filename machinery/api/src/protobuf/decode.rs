//! Bytes to values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Error;
use super::MAGIC;
use crate::json;
use crate::raw::RawObject;
use crate::types::Field;
use crate::types::Ty;
use crate::types::TypeId;
use crate::value::Entry;
use crate::value::Map;
use crate::value::Value;

const MAX_DEPTH: usize = 128;

/// Decodes an enveloped object. `type_of` finds the type of an apiVersion and kind.
pub fn decode(bytes: &[u8], type_of: impl Fn(&str, &str) -> Option<TypeId>) -> Result<Value, Error> {
    let body = bytes.strip_prefix(MAGIC).ok_or(Error::Magic)?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    let mut reader = Reader { bytes: body };
    while let Some((number, wire)) = reader.tag()? {
        match (number, wire) {
            (1, 2) => {
                let mut inner = Reader { bytes: reader.chunk()? };
                while let Some((number, wire)) = inner.tag()? {
                    match (number, wire) {
                        (1, 2) => api_version = inner.text("apiVersion")?.to_owned(),
                        (2, 2) => kind = inner.text("kind")?.to_owned(),
                        (_, wire) => inner.skip(wire)?,
                    }
                }
            }
            (2, 2) => raw = reader.chunk()?,
            (_, wire) => reader.skip(wire)?,
        }
    }
    let Some(ty) = type_of(&api_version, &kind) else {
        return Err(Error::UnknownType { api_version, kind });
    };
    let mut value = Value::object();
    value.set(&["kind"], kind);
    value.set(&["apiVersion"], api_version);
    structure(ty, raw, &mut value, 0)?;
    Ok(value)
}

/// Decodes a message of a struct type into an object that may have entries already.
fn structure(ty: TypeId, bytes: &[u8], into: &mut Value, depth: usize) -> Result<(), Error> {
    level(ty, &[], bytes, into, depth)
}

/// One message: the struct's own, or one of an embedded struct below it, whose fields lie flat in
/// the object; `prefix` are the numbers that lead to it.
fn level(ty: TypeId, prefix: &[u16], bytes: &[u8], into: &mut Value, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::Depth);
    }
    let mut reader = Reader { bytes };
    let mut maps: Vec<(&str, Vec<Entry>)> = Vec::new();
    while let Some((number, wire)) = reader.tag()? {
        let at = prefix.len();
        let fits = |f: &&Field| {
            f.proto.len() > at && f.proto.starts_with(prefix) && u32::from(f.proto[at]) == number
        };
        match ty.def().fields.iter().find(fits) {
            None => reader.skip(wire)?,
            Some(field) if field.proto.len() > at + 1 => {
                let inner = reader.chunk()?;
                let path = field.proto[..=at].to_vec();
                level(ty, &path, inner, into, depth + 1)?;
            }
            Some(field) => match &field.ty {
                Ty::Map(item) => {
                    let key = field.key.as_str();
                    let entry = map_entry(key, item, wire, &mut reader, depth)?;
                    match maps.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, entries)) => entries.push(entry),
                        None => {
                            // Its place among the fields is that of its first entry.
                            into.at_mut(&[key]).ensure_map();
                            maps.push((key, vec![entry]));
                        }
                    }
                }
                _ => field_value(field, wire, &mut reader, into, depth)?,
            },
        }
    }
    for (key, entries) in maps {
        into.at_mut(&[key]).ensure_map().extend(entries);
    }
    Ok(())
}

fn map_entry(
    key: &'static str,
    item: &Ty,
    wire: u8,
    reader: &mut Reader<'_>,
    depth: usize,
) -> Result<Entry, Error> {
    let mut entry = Reader { bytes: expect_chunk(key, wire, reader)? };
    let (mut name, mut value) = (String::new(), None);
    while let Some((number, wire)) = entry.tag()? {
        match number {
            1 => name = entry.text(key)?.to_owned(),
            2 => value = Some(one(key, item, wire, &mut entry, depth)?),
            _ => entry.skip(wire)?,
        }
    }
    let value = match value {
        Some(value) => value,
        None => one(key, item, 2, &mut Reader { bytes: &[0] }, depth)?,
    };
    Ok(Entry { key: name.into(), value })
}

fn field_value(
    field: &Field,
    wire: u8,
    reader: &mut Reader<'_>,
    into: &mut Value,
    depth: usize,
) -> Result<(), Error> {
    let key = field.key.as_str();
    match &field.ty {
        Ty::List(item) => {
            // Lists of numbers may come packed.
            if wire == 2 && matches!(item, Ty::Int32 | Ty::Int64 | Ty::Bool) {
                let mut packed = Reader { bytes: reader.chunk()? };
                while !packed.bytes.is_empty() {
                    let value = one(key, item, 0, &mut packed, depth)?;
                    into.at_mut(&[key]).ensure_list().push(value);
                }
                return Ok(());
            }
            let value = one(key, item, wire, reader, depth)?;
            // Collected as a plain vector first would need state over calls; lists are short, and a
            // long one is dominated by its elements.
            into.at_mut(&[key]).ensure_list().push(value);
        }
        ty => {
            let value = one(key, ty, wire, reader, depth)?;
            into.set(&[key], value);
        }
    }
    Ok(())
}

fn expect_chunk<'a>(field: &'static str, wire: u8, reader: &mut Reader<'a>) -> Result<&'a [u8], Error> {
    if wire != 2 {
        return Err(Error::WireType { field, found: wire });
    }
    reader.chunk()
}

fn one(
    field: &'static str,
    ty: &Ty,
    wire: u8,
    reader: &mut Reader<'_>,
    depth: usize,
) -> Result<Value, Error> {
    let number = |reader: &mut Reader<'_>| {
        if wire == 0 { reader.varint() } else { Err(Error::WireType { field, found: wire }) }
    };
    Ok(match ty {
        Ty::Bool => Value::Bool(number(reader)? != 0),
        Ty::Int32 => Value::Int(i64::from(number(reader)? as i32)),
        Ty::Int64 => Value::Int(number(reader)? as i64),
        Ty::Double => {
            if wire != 1 {
                return Err(Error::WireType { field, found: wire });
            }
            let bytes = reader.take(8)?;
            Value::Float(f64::from_le_bytes(bytes.try_into().map_err(|_| Error::Truncated)?))
        }
        ty => message(field, ty, expect_chunk(field, wire, reader)?, depth)?,
    })
}

/// A value that travels with a length.
fn message(field: &'static str, ty: &Ty, bytes: &[u8], depth: usize) -> Result<Value, Error> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Error::Utf8 { field });
    Ok(match ty {
        Ty::String | Ty::Enum(_) => Value::from(text(bytes)?),
        Ty::Bytes => STANDARD.encode(bytes).into(),
        Ty::Quantity => {
            let quantity = text(first_chunk(bytes)?)?;
            // Go writes no text for a quantity that was never set.
            if quantity.is_empty() { "0".into() } else { quantity.into() }
        }
        Ty::IntOrString => int_or_string(bytes)?,
        Ty::Time | Ty::MicroTime => time(field, ty, bytes)?,
        Ty::Duration => {
            let nanos = first_varint(bytes)? as i64;
            go_duration(nanos).into()
        }
        Ty::RawExtension | Ty::FieldsV1 | Ty::Any => {
            let raw = first_chunk(bytes)?;
            if raw.is_empty() {
                return Ok(Value::Null);
            }
            let value = json::parse_value(raw).map_err(|source| Error::Json { field, source })?;
            match (ty, value) {
                (Ty::FieldsV1, value @ Value::Object(_)) => Value::Raw(RawObject::of(&value)),
                (_, value) => value,
            }
        }
        Ty::Struct(id) => {
            let mut value = Value::object();
            structure(*id, bytes, &mut value, depth + 1)?;
            value
        }
        Ty::WrappedList(item) => {
            let mut reader = Reader { bytes };
            let mut items = Vec::new();
            while let Some((number, wire)) = reader.tag()? {
                if number == 1 {
                    items.push(one(field, item, wire, &mut reader, depth)?)
                } else {
                    reader.skip(wire)?
                }
            }
            items.into()
        }
        Ty::Map(item) => {
            let mut entries: Vec<Entry> = Vec::new();
            let mut reader = Reader { bytes };
            while let Some((_, wire)) = reader.tag()? {
                let value = one(field, item, wire, &mut reader, depth)?;
                entries.push(Entry { key: field.into(), value });
            }
            Value::Object(Map::from(entries))
        }
        Ty::Bool | Ty::Int32 | Ty::Int64 | Ty::Double | Ty::List(_) => {
            return Err(Error::WireType { field, found: 2 });
        }
    })
}

fn int_or_string(bytes: &[u8]) -> Result<Value, Error> {
    let (mut kind, mut int, mut string) = (0, 0, String::new());
    let mut reader = Reader { bytes };
    while let Some((number, wire)) = reader.tag()? {
        match (number, wire) {
            (1, 0) => kind = reader.varint()?,
            (2, 0) => int = reader.varint()? as i32,
            (3, 2) => string = reader.text("strVal")?.to_owned(),
            (_, wire) => reader.skip(wire)?,
        }
    }
    Ok(if kind == 1 { string.into() } else { int.into() })
}

fn time(field: &'static str, ty: &Ty, bytes: &[u8]) -> Result<Value, Error> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0, 0);
    let mut reader = Reader { bytes };
    while let Some((number, wire)) = reader.tag()? {
        match (number, wire) {
            (1, 0) => seconds = reader.varint()? as i64,
            (2, 0) => nanos = reader.varint()? as i32,
            (_, wire) => reader.skip(wire)?,
        }
    }
    let time = jiff::Timestamp::new(seconds, nanos).map_err(|_| Error::Time { field })?;
    Ok(match ty {
        Ty::MicroTime => meta::time::micros(time).into(),
        _ => meta::time::seconds(time).into(),
    })
}

/// Field 1 of a message that has only that, as bytes.
fn first_chunk(bytes: &[u8]) -> Result<&[u8], Error> {
    let mut reader = Reader { bytes };
    while let Some((number, wire)) = reader.tag()? {
        match (number, wire) {
            (1, 2) => return reader.chunk(),
            (_, wire) => reader.skip(wire)?,
        }
    }
    Ok(&[])
}

fn first_varint(bytes: &[u8]) -> Result<u64, Error> {
    let mut reader = Reader { bytes };
    while let Some((number, wire)) = reader.tag()? {
        match (number, wire) {
            (1, 0) => return reader.varint(),
            (_, wire) => reader.skip(wire)?,
        }
    }
    Ok(0)
}

/// Go's `time.Duration.String()`.
pub(super) fn go_duration(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let total = nanos.unsigned_abs();
    let trimmed = |whole: u64, fraction: u64, digits: usize, unit: &str| {
        let text = format!("{fraction:0digits$}");
        let text = text.trim_end_matches('0');
        if text.is_empty() { format!("{sign}{whole}{unit}") } else { format!("{sign}{whole}.{text}{unit}") }
    };
    if total < 1_000 {
        return format!("{sign}{total}ns");
    }
    if total < 1_000_000 {
        return trimmed(total / 1_000, total % 1_000, 3, "µs");
    }
    if total < 1_000_000_000 {
        return trimmed(total / 1_000_000, total % 1_000_000, 6, "ms");
    }
    let (hours, rest) = (total / 3_600_000_000_000, total % 3_600_000_000_000);
    let (minutes, rest) = (rest / 60_000_000_000, rest % 60_000_000_000);
    let seconds = trimmed(rest / 1_000_000_000, rest % 1_000_000_000, 9, "s");
    let seconds = seconds.trim_start_matches('-');
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next field's number and wire type; `None` at the end.
    fn tag(&mut self) -> Result<Option<(u32, u8)>, Error> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        Ok(Some((u32::try_from(tag >> 3).map_err(|_| Error::Truncated)?, (tag & 7) as u8)))
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let (byte, rest) = self.bytes.split_first().ok_or(Error::Truncated)?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::Truncated)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        if count > self.bytes.len() {
            return Err(Error::Truncated);
        }
        let (taken, rest) = self.bytes.split_at(count);
        self.bytes = rest;
        Ok(taken)
    }

    fn chunk(&mut self) -> Result<&'a [u8], Error> {
        let length = usize::try_from(self.varint()?).map_err(|_| Error::Truncated)?;
        self.take(length)
    }

    fn text(&mut self, field: &'static str) -> Result<&'a str, Error> {
        std::str::from_utf8(self.chunk()?).map_err(|_| Error::Utf8 { field })
    }

    fn skip(&mut self, wire: u8) -> Result<(), Error> {
        match wire {
            0 => self.varint().map(drop),
            1 => self.take(8).map(drop),
            2 => self.chunk().map(drop),
            5 => self.take(4).map(drop),
            _ => Err(Error::Truncated),
        }
    }
}
