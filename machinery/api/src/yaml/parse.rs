//! YAML events to values.

use std::collections::HashMap;

use granit_parser::Event;
use granit_parser::Parser;
use granit_parser::ScalarStyle;
use granit_parser::Tag;
use thiserror::Error as ThisError;

use crate::json::Parsed;
use crate::key::Key;
use crate::place::Placed;
use crate::value::Entry;
use crate::value::Map;
use crate::value::Value;

/// Deepest nesting taken.
const MAX_DEPTH: usize = 512;
/// Maps with more keys than this look for duplicates by hashing instead of by scanning.
const SCAN_LIMIT: usize = 32;
/// Most values that are made of others, by anchors, which keep one, and aliases, which repeat it: a few
/// lines must not become gigabytes, nor deep nesting the square of what is in it.
const MAX_COPIED: usize = 100_000;

/// A text that is not YAML, or YAML that JSON cannot say.
#[derive(Debug, ThisError, PartialEq, Eq, Clone)]
#[error("yaml: {0}")]
pub struct Error(pub String);

/// Parses the first document; an empty text gives `null`.
pub fn parse(text: &str) -> Result<Parsed, Error> {
    let mut documents = parse_documents(text)?;
    if documents.is_empty() {
        return Ok(Parsed { value: Value::Null, duplicates: Vec::new() });
    }
    Ok(documents.swap_remove(0))
}

/// Parses every document of a stream.
pub fn parse_documents(text: &str) -> Result<Vec<Parsed>, Error> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|e| Error(format!("line {}: {}", e.marker().line(), e.info())))?;
        builder.event(event)?;
    }
    Ok(builder.documents)
}

#[derive(Default)]
struct Builder {
    documents: Vec<Parsed>,
    duplicates: Vec<Placed>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    copied: usize,
}

/// What an alias stands for.
struct Anchored {
    value: Value,
    /// How many values it is, itself counted.
    count: usize,
}

enum Open {
    List { items: Vec<Value>, anchor: usize },
    Map { entries: Entries, merges: Vec<Value>, key: Option<String>, anchor: usize },
}

/// The entries of a map that is being read; where there are many, with their places by key: a hostile
/// body must not cost `n²`.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    places: HashMap<Key, usize>,
}

impl Entries {
    fn get_mut(&mut self, key: &Key) -> Option<&mut Value> {
        let place = if self.list.len() <= SCAN_LIMIT {
            self.list.iter().position(|entry| entry.key == *key)
        } else {
            self.places.get(key).copied()
        };
        place.map(|place| &mut self.list[place].value)
    }

    /// Adds an entry whose key is not there.
    fn push(&mut self, key: Key, value: Value) {
        self.list.push(Entry { key, value });
        let first = match self.list.len() {
            length if length <= SCAN_LIMIT => return,
            // From here on they are looked up.
            length if length == SCAN_LIMIT + 1 => 0,
            length => length - 1,
        };
        let added = self.list.iter().enumerate().skip(first);
        self.places.extend(added.map(|(place, entry)| (entry.key.clone(), place)));
    }
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = if self.wants_key() {
                    // A key is text; a plain one is first resolved, so that `yes:` means `true:`.
                    Value::from(key_text(&text, style, tag.as_deref())?)
                } else {
                    scalar(&text, style, tag.as_deref())?
                };
                self.finish(value, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Open::List { items: Vec::new(), anchor }),
            Event::MappingStart(_, anchor, _) => {
                self.open(Open::Map { entries: Entries::default(), merges: Vec::new(), key: None, anchor })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => {
                let unknown = || Error("unknown anchor".to_owned());
                let count = self.anchors.get(&id).ok_or_else(unknown)?.count;
                self.copy(count)?;
                let value = self.anchors[&id].value.clone();
                self.finish(value, 0)
            }
            _ => Ok(()),
        }
    }

    /// Allows so many copies, before they are made.
    fn copy(&mut self, count: usize) -> Result<(), Error> {
        self.copied = self.copied.saturating_add(count);
        if self.copied > MAX_COPIED {
            return Err(Error("document contains excessive aliasing".to_owned()));
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None, .. }))
    }

    fn open(&mut self, open: Open) -> Result<(), Error> {
        if self.wants_key() {
            return Err(Error("a mapping key must be a scalar".to_owned()));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Error("exceeded max depth".to_owned()));
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        match self.open.pop().expect("the parser balances starts and ends") {
            Open::List { items, anchor } => self.finish(items.into(), anchor),
            Open::Map { mut entries, merges, anchor, .. } => {
                for merge in merges {
                    add_merged(&mut entries, merge)?;
                }
                self.finish(Value::Object(Map::from(entries.list)), anchor)
            }
        }
    }

    fn finish(&mut self, value: Value, anchor: usize) -> Result<(), Error> {
        if anchor != 0 {
            let count = count(&value);
            self.copy(count)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), count });
        }
        match self.open.last_mut() {
            None => {
                let duplicates = std::mem::take(&mut self.duplicates);
                self.documents.push(Parsed { value, duplicates });
            }
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Map { key: key @ None, .. }) => {
                let Value::String(text) = value else {
                    return Err(Error("a mapping key must be a scalar".to_owned()));
                };
                *key = Some(text.into());
            }
            Some(Open::Map { entries, merges, key, .. }) => {
                let name = key.take().expect("checked by the arm above");
                if name == "<<" {
                    merges.push(value);
                    return Ok(());
                }
                let key = Key::from(name);
                match entries.get_mut(&key) {
                    Some(present) => {
                        *present = value;
                        self.note_duplicate(&key);
                    }
                    None => entries.push(key, value),
                }
            }
        }
        Ok(())
    }

    fn note_duplicate(&mut self, last: &Key) {
        let mut path = String::new();
        let place = self.open.iter().map(|open| match open {
            Open::List { items, .. } => items.len(),
            Open::Map { entries, .. } => entries.list.len(),
        });
        let place = place.collect();
        for open in &self.open[..self.open.len() - 1] {
            match open {
                Open::List { items, .. } => path.push_str(&format!("[{}]", items.len())),
                Open::Map { key: Some(key), .. } => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Open::Map { .. } => {}
            }
        }
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(last.as_str());
        self.duplicates.push(Placed { place, path });
    }
}

/// YAML 1.1 merge: entries of the merged maps that are not set already.
fn add_merged(entries: &mut Entries, merge: Value) -> Result<(), Error> {
    match merge {
        Value::Object(map) => {
            for entry in map.into_vec() {
                if entries.get_mut(&entry.key).is_none() {
                    entries.push(entry.key, entry.value);
                }
            }
            Ok(())
        }
        Value::Array(list) => list.into_vec().into_iter().try_for_each(|item| add_merged(entries, item)),
        _ => Err(Error("map merge requires map or sequence of maps as the value".to_owned())),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.iter().map(|entry| count(&entry.value)).sum(),
        _ => 0,
    }
}

fn key_text(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<String, Error> {
    if text == "<<" && style == ScalarStyle::Plain {
        return Ok(text.to_owned());
    }
    Ok(match scalar(text, style, tag)? {
        Value::String(text) => text.into(),
        Value::Null => "null".to_owned(),
        other => crate::json::to_string(&other),
    })
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Error> {
    let core = tag.and_then(Tag::core_suffix);
    if core == Some("str") {
        return Ok(text.into());
    }
    if tag.is_some_and(|t| t.suffix() == "binary") {
        use base64::Engine as _;
        let compact: String = text.split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(compact)
            .map_err(|_| Error("!!binary value contains invalid base64 data".to_owned()))?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned().into());
    }
    if style != ScalarStyle::Plain && core.is_none() {
        return Ok(text.into());
    }
    let value = resolve(text)?;
    Ok(match (core, value) {
        (Some("float"), Value::Int(number)) => Value::Float(number as f64),
        (_, value) => value,
    })
}

/// A plain scalar as goyaml.v2 resolves it.
pub(super) fn resolve(text: &str) -> Result<Value, Error> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(Value::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(Value::Bool(false));
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" | ".nan"
        | ".NaN" | ".NAN" => return Err(Error(format!("{text} has no JSON form"))),
        _ => {}
    }
    if !matches!(text.as_bytes()[0], b'0'..=b'9' | b'+' | b'-' | b'.') {
        return Ok(text.into());
    }
    Ok(number(text).unwrap_or_else(|| text.into()))
}

fn number(text: &str) -> Option<Value> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let radix = |prefix: &str, radix: u32| {
        let digits = digits.strip_prefix(prefix)?;
        // A second sign after the prefix is no number.
        let first = digits.chars().next().filter(|c| c.is_digit(radix));
        first.and_then(|_| i64::from_str_radix(digits, radix).ok())
    };
    let octal = || {
        let octal =
            digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
        if octal { i64::from_str_radix(digits, 8).ok() } else { None }
    };
    let decimal =
        || if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse::<i64>().ok() } else { None };
    let whole =
        radix("0b", 2).or_else(|| radix("0o", 8)).or_else(|| radix("0x", 16)).or_else(octal).or_else(decimal);
    if let Some(number) = whole {
        return Some(Value::Int(if negative { -number } else { number }));
    }
    if is_float(digits) {
        let number: f64 = plain.trim_start_matches('+').parse().ok()?;
        // JSON has one kind of number: 1.0 is written as 1.
        return Some(if number.fract() == 0.0 && number.abs() < 1e15 {
            Value::Int(number as i64)
        } else {
            Value::Float(number)
        });
    }
    None
}

/// `[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?` with at least one digit before the exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let dots = mantissa.bytes().filter(|b| *b == b'.').count();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let exponent_ok = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && e.bytes().all(|b| b.is_ascii_digit())
    });
    dots <= 1 && digits > 0 && dots + digits == mantissa.len() && exponent_ok
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::to_string;

    fn check(yaml: &str, json: &str) {
        assert_eq!(to_string(&parse(yaml).expect(yaml).value), json, "{yaml}");
    }

    #[test]
    fn scalars_as_kubectl_reads_them() {
        for (yaml, json) in [
            ("yes", "true"),
            ("Off", "false"),
            ("~", "null"),
            ("0644", "420"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("1_000", "1000"),
            ("089", "89"),
            ("-12", "-12"),
            ("+12", "12"),
            ("1.0", "1"),
            ("1.5e3", "1500"),
            ("1e-2", "0.01"),
            (".5", "0.5"),
            ("1.2.3", r#""1.2.3""#),
            ("12:30", r#""12:30""#),
            ("'yes'", r#""yes""#),
            ("!!str 12", r#""12""#),
            ("!!binary aGk=", r#""hi""#),
            ("-", r#"[null]"#),
            ("2026-11-23", r#""2026-11-23""#),
            ("-x", r#""-x""#),
        ] {
            check(yaml, json);
        }
    }

    #[test]
    fn structure() {
        check("a: 1\nb:\n- x\n- {c: d}\n", r#"{"a":1,"b":["x",{"c":"d"}]}"#);
        check(
            "base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\n",
            r#"{"base":{"x":1,"z":2},"use":{"z":3,"x":1}}"#,
        );
        check("yes: 1\n1: x\n", r#"{"true":1,"1":"x"}"#);
        check("text: |\n  a\n  b\n", r#"{"text":"a\nb\n"}"#);
        let parsed = parse("a:\n  b: 1\n  b: 2\n").expect("valid");
        assert_eq!(parsed.duplicates.len(), 1);
        assert_eq!(parsed.duplicates[0].path, "a.b");
        assert_eq!(parse_documents("a: 1\n---\nb: 2\n").expect("valid").len(), 2);
    }

    #[test]
    fn hostile() {
        assert!(parse("a: [").is_err());
        assert!(parse("? [a]\n: b").is_err());
        assert!(parse("a: .nan").is_err());
        let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for i in 1..9 {
            let aliases = vec![format!("*a{}", i - 1); 10].join(",");
            laughs.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
        }
        assert_eq!(parse(&laughs).expect_err("too much").0, "document contains excessive aliasing");
        // In time that grows with the text: squared, this would take minutes.
        let many: String = (0..150_000).map(|i| format!("key-{i:06}: 1\n")).collect();
        let parsed = parse(&format!("{many}key-000007: 2\n")).expect("valid");
        assert_eq!(parsed.value["key-000007"].as_i64(), Some(2));
        assert_eq!(parsed.duplicates.len(), 1);
        // Each anchor would keep all that is below it.
        let items = vec!["x"; 1000].join(",");
        let nested = (0..120).map(|i| format!("&a{i} [")).collect::<String>() + &items + &"]".repeat(120);
        assert_eq!(parse(&nested).expect_err("too much").0, "document contains excessive aliasing");
    }
}
