//! Values as YAML, in the form Go's emitter gives: sorted keys, two blanks, quotes where a plain
//! scalar would be read as something else.

use crate::value::Value;

/// The longest key that is written as `key: value`: Go's emitter's.
const LONGEST_KEY: usize = 128;

/// The YAML text of a value, with a final newline.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(value, 0, &mut out),
        Value::Array(list) if !list.is_empty() => sequence(value, 0, &mut out),
        scalar => {
            inline(scalar, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

fn mapping(value: &Value, indent: usize, out: &mut String) {
    let mut entries: Vec<_> = value.entries().iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    for (i, entry) in entries.into_iter().enumerate() {
        if i > 0 {
            pad(indent, out);
        }
        key(entry.key.as_str(), indent, out);
        out.push(':');
        nested(&entry.value, indent, out);
    }
}

/// A key stands on one line; a long one is announced, or it would not be taken for a key.
fn key(string: &str, indent: usize, out: &mut String) {
    let long = string.len() > LONGEST_KEY;
    if long {
        out.push_str("? ");
    }
    if string.contains('\n') {
        quoted(string, out);
    } else {
        text(string, indent, out);
    }
    if long {
        out.push('\n');
        pad(indent, out);
    }
}

fn nested(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            pad(indent + 2, out);
            mapping(value, indent + 2, out);
        }
        Value::Array(list) if !list.is_empty() => {
            // Go writes a list at the indentation of its key.
            out.push('\n');
            pad(indent, out);
            sequence(value, indent, out);
        }
        Value::Raw(raw) => nested(&raw.parse(), indent, out),
        scalar => {
            out.push(' ');
            inline(scalar, indent, out);
            out.push('\n');
        }
    }
}

fn sequence(value: &Value, indent: usize, out: &mut String) {
    for (i, item) in value.items().iter().enumerate() {
        if i > 0 {
            pad(indent, out);
        }
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push(' ');
                mapping(item, indent + 2, out);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push(' ');
                sequence(item, indent + 2, out);
            }
            scalar => {
                out.push(' ');
                inline(scalar, indent, out);
                out.push('\n');
            }
        }
    }
}

fn inline(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(string) => text(string, indent, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => out.push_str(&crate::json::to_string(other)),
    }
}

fn text(string: &str, indent: usize, out: &mut String) {
    if string.contains('\n') && block_safe(string) {
        block(string, indent, out);
    } else if plain_safe(string) {
        out.push_str(string);
    } else if string.chars().any(|c| c.is_control()) {
        quoted(string, out);
    } else if looks_like_other_type(string) || is_timestamp(string) || string.is_empty() {
        out.push('"');
        out.push_str(&string.replace('\\', "\\\\").replace('"', "\\\""));
        out.push('"');
    } else {
        out.push('\'');
        out.push_str(&string.replace('\'', "''"));
        out.push('\'');
    }
}

fn quoted(string: &str, out: &mut String) {
    let mut bytes = Vec::new();
    crate::json::push_string(&mut bytes, string);
    out.push_str(&String::from_utf8_lossy(&bytes));
}

fn block(string: &str, indent: usize, out: &mut String) {
    let chomp = if !string.ends_with('\n') {
        "-"
    } else if string.ends_with("\n\n") {
        "+"
    } else {
        ""
    };
    out.push('|');
    out.push_str(chomp);
    let body = string.strip_suffix('\n').unwrap_or(string);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(indent + 2, out);
            out.push_str(line);
        }
    }
}

/// Whether a literal block can carry it: no control characters, no leading blank on the first line.
fn block_safe(string: &str) -> bool {
    !string.starts_with([' ', '\n', '\t'])
        && !string.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

fn looks_like_other_type(string: &str) -> bool {
    !matches!(super::parse::resolve(string), Ok(Value::String(_)))
}

fn plain_safe(string: &str) -> bool {
    let Some(first) = string.chars().next() else { return false };
    let indicator = matches!(
        first,
        '-' | '?'
            | ':'
            | ','
            | '['
            | ']'
            | '{'
            | '}'
            | '#'
            | '&'
            | '*'
            | '!'
            | '|'
            | '>'
            | '\''
            | '"'
            | '%'
            | '@'
            | '`'
            | '='
    );
    let lone_dash =
        first == '-' && string.len() > 1 && !string[1..].starts_with(' ') && !string.starts_with("---");
    let edge_space = string.starts_with(' ') || string.ends_with(' ');
    let control = string.chars().any(|c| c.is_control() || c == '\u{feff}');
    if (indicator && !lone_dash) || edge_space || control {
        return false;
    }
    if string.contains(": ") || string.contains(" #") || string.ends_with(':') || string == "<<" {
        return false;
    }
    !looks_like_other_type(string) && !is_timestamp(string)
}

/// YAML 1.1 would read `2026-11-23` and longer forms as a time; Go quotes them.
fn is_timestamp(string: &str) -> bool {
    let bytes = string.as_bytes();
    bytes.len() >= 10
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[5..7].iter().all(u8::is_ascii_digit)
        && bytes[7] == b'-'
        && bytes[8..10].iter().all(u8::is_ascii_digit)
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value;

    #[test]
    fn form() {
        let value = value!({
            "b": [1, {"x": "y", "z": []}], "a": "yes", "c": {}, "d": "line1\nline2\n",
            "e": "2026-11-23T00:00:00Z", "f": "a: b", "g": "", "h": null, "i": "- x", "j": "-x"
        });
        let expected = "a: \"yes\"\nb:\n- 1\n- x: \"y\"\n  z: []\nc: {}\nd: |\n  line1\n  line2\ne: \"2026-11-23T00:00:00Z\"\nf: 'a: b'\ng: \"\"\nh: null\ni: '- x'\nj: -x\n";
        assert_eq!(to_string(&value), expected);
        assert_eq!(crate::yaml::parse(expected).expect("valid").value, value);
    }
}
