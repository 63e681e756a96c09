//! Sets of fields, as `FieldsV1` writes them.
//!
//! An element is kept in its written form (`f:spec`, `k:{"name":"c"}`, `v:"x"`, `i:0`), so that
//! comparing costs a comparison of texts and writing costs a copy. Key and value elements are
//! canonical: compact JSON, keys sorted.

use std::cmp::Ordering;
use std::fmt::Write as _;

use api::Key;
use api::RawObject;
use api::Value;
use api::json;
use compact_str::CompactString;
use thiserror::Error as ThisError;

/// One step of a path, in its written form.
pub(super) type Element = CompactString;

/// A set of paths: a tree whose nodes may be members themselves. The children are sorted, and no
/// child is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    member: bool,
    children: Vec<(Element, FieldSet)>,
}

/// A text that is no `FieldsV1`.
#[derive(Debug, ThisError, PartialEq, Eq)]
#[error("{element:?} is no element of a field path")]
pub struct Error {
    element: String,
}

impl FieldSet {
    /// Reads `FieldsV1` that a client wrote.
    pub fn decode(fields: &Value) -> Result<Self, Error> {
        let parsed;
        let fields = match fields {
            Value::Raw(raw) => {
                parsed = raw.parse();
                &parsed
            }
            fields => fields,
        };
        let mut set = Self::decode_below(fields)?;
        set.member = false;
        Ok(set)
    }

    fn decode_below(fields: &Value) -> Result<Self, Error> {
        let entries = fields.entries();
        let mut set = Self { member: entries.is_empty(), children: Vec::with_capacity(entries.len()) };
        for entry in entries.iter() {
            match entry.key.as_str() {
                "." => set.member = true,
                text => set.children.push((canonical(text)?, Self::decode_below(&entry.value)?)),
            }
        }
        set.children.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(set)
    }

    /// Reads canonical `FieldsV1`.
    pub(super) fn read(fields: &RawObject) -> Self {
        let mut set = Reader::new(fields).set();
        set.member = false;
        set
    }

    /// Writes `FieldsV1`.
    pub fn encode(&self) -> RawObject {
        let mut text = Vec::with_capacity(256);
        self.write(&mut text);
        RawObject::trusted(std::str::from_utf8(&text).expect("the JSON writer writes UTF-8"))
    }

    fn write(&self, text: &mut Vec<u8>) {
        text.push(b'{');
        let mut separator: &[u8] = b"";
        if self.member && !self.children.is_empty() {
            text.extend_from_slice(b"\".\":{}");
            separator = b",";
        }
        for (element, child) in &self.children {
            text.extend_from_slice(separator);
            separator = b",";
            json::push_string(text, element);
            text.push(b':');
            child.write(text);
        }
        text.push(b'}');
    }

    /// Whether it has no path.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Whether the place itself is in the set, rather than only places below it.
    pub(super) fn is_member(&self) -> bool {
        self.member
    }

    /// A set with nothing but its own place.
    pub(super) fn leaf() -> Self {
        Self { member: true, children: Vec::new() }
    }

    pub(super) fn include(&mut self) {
        self.member = true;
    }

    pub(super) fn exclude(&mut self) {
        self.member = false;
    }

    /// Adds what lies below an element that was not added before; [`FieldSet::sort`] ends the series.
    pub(super) fn push(&mut self, element: Element, child: FieldSet) {
        if !child.is_empty() {
            self.children.push((element, child));
        }
    }

    pub(super) fn sort(&mut self) {
        self.children.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    }

    pub(super) fn children_mut(&mut self) -> impl Iterator<Item = (&str, &mut FieldSet)> {
        self.children.iter_mut().map(|(element, child)| (element.as_str(), child))
    }

    pub(super) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// What lies below an element.
    pub(super) fn child(&self, element: &str) -> Option<&FieldSet> {
        let place = self.children.binary_search_by(|(e, _)| e.as_str().cmp(element)).ok()?;
        Some(&self.children[place].1)
    }

    /// Changes what lies below an element, and forgets the element if nothing is left.
    pub(super) fn edit_child(&mut self, element: &str, change: impl FnOnce(&mut FieldSet)) {
        if let Ok(place) = self.children.binary_search_by(|(e, _)| e.as_str().cmp(element)) {
            change(&mut self.children[place].1);
            if self.children[place].1.is_empty() {
                self.children.remove(place);
            }
        }
    }

    /// Everything below an element goes, with it.
    pub(super) fn remove_child(&mut self, element: &str) {
        self.edit_child(element, |child| *child = FieldSet::default());
    }

    /// Paths of either.
    #[must_use]
    pub fn union(&self, other: &FieldSet) -> FieldSet {
        let mut children = Vec::with_capacity(self.children.len().max(other.children.len()));
        zip(&self.children, &other.children, |element, left, right| {
            let child = match (left, right) {
                (Some(left), Some(right)) => left.union(right),
                (Some(only), None) | (None, Some(only)) => only.clone(),
                (None, None) => return,
            };
            children.push((element.clone(), child));
        });
        FieldSet { member: self.member || other.member, children }
    }

    /// Paths that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, self.member && !other.member, |left, right| match right {
            Some(right) => left.difference(right),
            None => left.clone(),
        })
    }

    /// Paths that are in both.
    #[must_use]
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, self.member && other.member, |left, right| match right {
            Some(right) => left.intersection(right),
            None => FieldSet::default(),
        })
    }

    fn combine(
        &self,
        other: &FieldSet,
        member: bool,
        child: impl Fn(&FieldSet, Option<&FieldSet>) -> FieldSet,
    ) -> FieldSet {
        let mut set = FieldSet { member, children: Vec::with_capacity(self.children.len()) };
        zip(&self.children, &other.children, |element, left, right| {
            if let Some(left) = left {
                set.push(element.clone(), child(left, right));
            }
        });
        set
    }

    /// Whether any path is in both.
    pub(super) fn intersects(&self, fields: &RawObject) -> bool {
        Reader::new(fields).intersects(Some(self))
    }

    /// Whether every path is among `fields`.
    pub(super) fn is_within(&self, fields: &RawObject) -> bool {
        Reader::new(fields).covers(Some(self))
    }

    /// `fields` and the paths of this set. What is not touched of the text is copied as it stands.
    pub(super) fn joined_to(&self, fields: &RawObject) -> RawObject {
        // Elsewhere nothing below a place makes it a member; the root is none.
        if fields.as_str() == "{}" {
            return self.encode();
        }
        let mut text = Vec::with_capacity(fields.as_str().len() + 64);
        let mut reader = Reader::new(fields);
        reader.join(self, &mut text);
        RawObject::trusted(std::str::from_utf8(&text).expect("pieces of texts, cut between elements"))
    }

    /// Every path as people read it, such as `.spec.containers[name="c"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect_paths(&mut String::new(), &mut paths);
        paths
    }

    fn collect_paths(&self, path: &mut String, paths: &mut Vec<String>) {
        if self.member && !path.is_empty() {
            paths.push(path.clone());
        }
        for (element, child) in &self.children {
            let length = path.len();
            show(element, path);
            child.collect_paths(path, paths);
            path.truncate(length);
        }
    }
}

/// Reads canonical `FieldsV1` from its text, without building what nobody asks for.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(fields: &'a RawObject) -> Self {
        Self { text: fields.as_str(), at: 0 }
    }

    fn set(&mut self) -> FieldSet {
        let mut set = FieldSet::default();
        let entries = self.entries(|reader, element| {
            let child = reader.set();
            if element == "." {
                set.member = true;
            } else {
                set.children.push((Element::from(element), child));
            }
        });
        set.member |= entries == 0;
        set
    }

    fn intersects(&mut self, set: Option<&FieldSet>) -> bool {
        let Some(set) = set else {
            self.pass_value();
            return false;
        };
        let (mut found, mut member) = (false, false);
        let entries = self.entries(|reader, element| {
            member |= element == ".";
            found |= reader.intersects(set.child(element));
        });
        found || ((member || entries == 0) && set.member)
    }

    fn covers(&mut self, set: Option<&FieldSet>) -> bool {
        let Some(set) = set else {
            self.pass_value();
            return true;
        };
        let (mut covered, mut member) = (0, false);
        let entries = self.entries(|reader, element| {
            member |= element == ".";
            let child = set.child(element);
            if reader.covers(child) && child.is_some() {
                covered += 1;
            }
        });
        covered == set.children.len() && (!set.member || member || entries == 0)
    }

    /// Writes the object that starts here with the paths of `set`.
    fn join(&mut self, set: &FieldSet, out: &mut Vec<u8>) {
        out.push(b'{');
        let begin = out.len();
        let mut children = set.children.iter().peekable();
        let mut member = set.member;
        let entries = self.entries(|reader, element| {
            if element == "." {
                member = true;
                return reader.pass_value();
            }
            while let Some((before, child)) = children.next_if(|(added, _)| added.as_str() < element) {
                push_element(before, begin, out);
                child.write(out);
            }
            push_element(element, begin, out);
            match children.next_if(|(added, _)| added.as_str() == element) {
                Some((_, child)) => reader.join(child, out),
                None => {
                    let start = reader.at;
                    reader.pass_value();
                    out.extend_from_slice(&reader.text.as_bytes()[start..reader.at]);
                }
            }
        });
        for (element, child) in children {
            push_element(element, begin, out);
            child.write(out);
        }
        // A member with nothing below it does not say so.
        if (member || entries == 0) && out.len() > begin {
            out.splice(begin..begin, *b"\".\":{},");
        }
        out.push(b'}');
    }

    /// Goes behind the object that starts here.
    fn pass_value(&mut self) {
        let mut depth = 0;
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' => {
                    self.end_of_string();
                    continue;
                }
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth <= 0 {
                return;
            }
        }
    }

    /// Visits the elements of the object that starts here; `visit` consumes the value of each. Gives
    /// their number.
    fn entries(&mut self, mut visit: impl FnMut(&mut Self, &str)) -> usize {
        let mut count = 0;
        self.skip(b'{');
        while self.text.as_bytes().get(self.at) == Some(&b'"') {
            let start = self.at;
            let escaped = self.end_of_string();
            let quoted = &self.text[start..self.at];
            self.skip(b':');
            if escaped {
                // Only texts within keys and values of lists have quotes in them.
                let parsed = json::parse_value(quoted.as_bytes()).unwrap_or_default();
                visit(self, parsed.str_or_empty());
            } else {
                visit(self, quoted.trim_matches('"'));
            }
            count += 1;
            self.skip(b',');
        }
        self.skip(b'}');
        count
    }

    fn skip(&mut self, byte: u8) {
        if self.text.as_bytes().get(self.at) == Some(&byte) {
            self.at += 1;
        }
    }

    /// Goes behind the string that starts here, and says whether it has escapes.
    fn end_of_string(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    break;
                }
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        // The text was written by the JSON writer; were it cut off, reading ends with it.
        self.at = self.at.min(bytes.len());
        escaped
    }
}

/// Begins an element of the object whose text begins at `begin`.
fn push_element(element: &str, begin: usize, out: &mut Vec<u8>) {
    if out.len() > begin {
        out.push(b',');
    }
    json::push_string(out, element);
    out.push(b':');
}

/// The element of a field.
pub(super) fn field_element(key: &Key) -> Element {
    let mut element = Element::const_new("f:");
    element.push_str(key.as_str());
    element
}

/// The element of a member of a set of scalars.
pub(super) fn value_element(value: &Value) -> Element {
    let mut element = Element::const_new("v:");
    element.push_str(&json::to_string(value));
    element
}

/// The element of a struct in a list that is told apart by keys. The pairs are sorted by key.
pub(super) fn key_element(pairs: &[(&str, &Value)]) -> Element {
    let mut text = Vec::with_capacity(48);
    text.extend_from_slice(b"k:{");
    for (i, (key, value)) in pairs.iter().enumerate() {
        if i > 0 {
            text.push(b',');
        }
        json::push_string(&mut text, key);
        text.push(b':');
        json::write(value, &mut text);
    }
    text.push(b'}');
    Element::from_utf8(text).expect("the JSON writer writes UTF-8")
}

fn zip<'a>(
    left: &'a [(Element, FieldSet)],
    right: &'a [(Element, FieldSet)],
    mut visit: impl FnMut(&'a Element, Option<&'a FieldSet>, Option<&'a FieldSet>),
) {
    let (mut l, mut r) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (l.peek(), r.peek()) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let from_left = if order == Ordering::Greater { None } else { l.next() };
        let from_right = if order == Ordering::Less { None } else { r.next() };
        if let Some((element, _)) = from_left.or(from_right) {
            visit(element, from_left.map(|(_, set)| set), from_right.map(|(_, set)| set));
        }
    }
}

/// The one written form of an element.
fn canonical(text: &str) -> Result<Element, Error> {
    let mistake = || Error { element: text.to_owned() };
    let parse = |json: &str| json::parse_value(json.as_bytes()).map_err(|_| mistake());
    match text.split_once(':') {
        Some(("f", _)) => Ok(Element::from(text)),
        Some(("v", rest)) => Ok(value_element(&parse(rest)?)),
        Some(("k", rest)) => {
            let parsed = parse(rest)?;
            let map = parsed.as_map().filter(|map| !map.is_empty()).ok_or_else(mistake)?;
            let mut pairs: Vec<(&str, &Value)> = map.iter().map(|e| (e.key.as_str(), &e.value)).collect();
            pairs.sort_unstable_by_key(|(key, _)| *key);
            Ok(key_element(&pairs))
        }
        Some(("i", rest)) if rest.parse::<i64>().is_ok() => Ok(Element::from(text)),
        _ => Err(mistake()),
    }
}

/// Appends an element as people read it.
pub(super) fn show(element: &str, out: &mut String) {
    let (kind, rest) = element.split_once(':').unwrap_or(("f", element));
    match kind {
        "k" => {
            let parsed = json::parse_value(rest.as_bytes()).unwrap_or_default();
            out.push('[');
            for (i, entry) in parsed.entries().iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                write!(out, "{comma}{}={}", entry.key.as_str(), json::to_string(&entry.value))
                    .expect("a String takes every write");
            }
            out.push(']');
        }
        "v" => write!(out, "[={rest}]").expect("a String takes every write"),
        "i" => write!(out, "[{rest}]").expect("a String takes every write"),
        _ => write!(out, ".{rest}").expect("a String takes every write"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn written_forms() {
        let fields = value!({
            "f:spec": {
                "f:ports": {".": {}, "k:{\"protocol\":\"TCP\", \"containerPort\":80}": {".": {}, "f:name": {}}},
                "f:replicas": {}
            },
            "f:metadata": {"f:finalizers": {"v:\"a\"": {}}}
        });
        let set = FieldSet::decode(&fields).expect("valid");
        assert_eq!(
            set.encode().as_str(),
            r#"{"f:metadata":{"f:finalizers":{"v:\"a\"":{}}},"f:spec":{"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{}}},"f:replicas":{}}}"#
        );
        assert_eq!(
            set.paths(),
            [
                ".metadata.finalizers[=\"a\"]",
                ".spec.ports",
                ".spec.ports[containerPort=80,protocol=\"TCP\"]",
                ".spec.ports[containerPort=80,protocol=\"TCP\"].name",
                ".spec.replicas"
            ]
        );
        for wrong in [value!({"spec": {}}), value!({"k:{}": {}}), value!({"k:[1]": {}}), value!({"i:x": {}})]
        {
            assert!(FieldSet::decode(&wrong).is_err(), "{wrong:?}");
        }
        assert!(FieldSet::decode(&value!({})).expect("valid").is_empty());
        assert_eq!(FieldSet::read(&set.encode()), set);
        assert!(FieldSet::read(&FieldSet::default().encode()).is_empty());
    }

    #[test]
    fn algebra() {
        let set = |fields: Value| FieldSet::decode(&fields).expect("valid");
        let left = set(value!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}));
        let right = set(value!({"f:a": {"f:b": {}, "f:d": {}}}));
        assert_eq!(left.union(&right), set(value!({"f:a": {".": {}, "f:b": {}, "f:d": {}}, "f:c": {}})));
        assert_eq!(left.difference(&right), set(value!({"f:a": {}, "f:c": {}})));
        assert_eq!(left.intersection(&right), set(value!({"f:a": {"f:b": {}}})));
        assert!(left.intersects(&right.encode()));
        assert!(!left.is_within(&right.encode()));
        assert!(left.intersection(&right).is_within(&right.encode()));
        assert!(!set(value!({"f:a": {}})).intersects(&right.encode()));
    }
}
