//! The JSON writer: compact, keys in the order the value has them, no HTML escaping.

use super::is_plain;
use super::plain_prefix;
use crate::key::Key;
use crate::value::Value;

/// The text of a value.
pub fn to_string(value: &Value) -> String {
    String::from_utf8(to_vec(value)).expect("the writer emits the UTF-8 it was given")
}

/// The bytes of a value.
pub fn to_vec(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    write(value, &mut out);
    out
}

/// Appends the bytes of a value.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        Value::Float(number) => write_float(*number, out),
        Value::String(text) => push_string(out, text),
        Value::Raw(raw) => out.extend_from_slice(raw.as_str().as_bytes()),
        Value::Array(list) => {
            out.push(b'[');
            for (i, item) in list.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            out.push(b'{');
            for (i, entry) in map.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_key(out, &entry.key);
                write(&entry.value, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends a key and its colon.
pub fn push_key(out: &mut Vec<u8>, key: &Key) {
    match key {
        Key::Known(known) => out.extend_from_slice(known.member().as_bytes()),
        Key::Other(text) => {
            push_string(out, text);
            out.push(b':');
        }
    }
}

/// Appends a quoted string.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        push_escaped(out, text);
    }
}

#[inline(never)]
fn push_escaped(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at(plain_prefix(rest));
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = after;
    }
    out.push(b'"');
}

/// Go's form: shortest digits, exponent only outside 1e-6..1e21.
fn write_float(number: f64, out: &mut Vec<u8>) {
    let magnitude = number.abs();
    let text = if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        // Go writes at least two exponent digits and always the sign of a positive exponent.
        match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent:0>2}"),
            Some((mantissa, exponent)) => format!("{mantissa}e-{}", exponent.trim_start_matches('-')),
            None => text,
        }
    } else {
        format!("{number}")
    };
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_as_go_writes_them() {
        for (number, text) in
            [(1.5, "1.5"), (1e21, "1e+21"), (1e-7, "1e-7"), (100.0, "100"), (-0.25, "-0.25")]
        {
            assert_eq!(to_string(&Value::Float(number)), text);
        }
    }
}
