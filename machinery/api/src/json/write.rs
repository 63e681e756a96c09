//! The JSON writer: compact, keys in the order the value has them, no HTML escaping.

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
                push_string(out, entry.key.as_str());
                out.push(b':');
                write(&entry.value, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends a quoted string.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (i, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[start..i]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        start = i + 1;
    }
    out.extend_from_slice(&bytes[start..]);
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
