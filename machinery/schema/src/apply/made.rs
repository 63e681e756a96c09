//! The fields of an object that is being made, written as `FieldsV1` on one walk.
//!
//! Whoever makes an object owns all of it but what its type has from the start. As a set that is what
//! [`compare`](super::walk::compare) says has changed, and a test holds the two against each other; but
//! nobody asks that set anything before it is text, and to build it costs several times what writing does.

use api::Key;
use api::KnownKey;
use api::RawObject;
use api::Value;
use api::json;
use smallvec::SmallVec;

use super::UNOWNED;
use super::managers::Writer;
use super::set::Element;
use super::set::field_element;
use super::shape::Shape;
use super::walk::items;
use super::walk::pairs_of;

/// What most sets fit into.
const USUAL_BYTES: usize = 4096;

/// The fields of `new` that its maker owns; `None` if there is none. `empty` is the object as its type has
/// it before anything is set, in which no list has items.
pub(super) fn fields(shape: Shape, empty: &Value, new: &Value, writer: &Writer<'_>) -> Option<RawObject> {
    let settable = |key: &str| !matches!(key, "apiVersion" | "kind") && !writer.reset.contains(&key);
    let ownable = |key: &str| !UNOWNED.iter().any(|field| field.strip_prefix("f:") == Some(key));
    let mut out = Vec::with_capacity(USUAL_BYTES);
    // The root and its metadata are nobody's as such, only what is in them.
    let mut root = Set::begin(&mut out);
    root.add_parts(shape, &parts(Some(empty), new, settable), |shape, (key, old, new), out| {
        match key.as_str() {
            "metadata" => {
                let mut metadata = Set::begin(out);
                metadata.add_parts(shape, &parts(*old, new, ownable), write_part);
                metadata.end()
            }
            _ => write(shape, *old, new, out),
        }
    });
    let any = root.end();
    any.then(|| RawObject::trusted(std::str::from_utf8(&out).expect("the JSON writer writes UTF-8")))
}

/// Writes what differs between `old` and `new`, and says whether anything does.
fn write(shape: Shape, old: Option<&Value>, new: &Value, out: &mut Vec<u8>) -> bool {
    if old == Some(new) {
        return false;
    }
    if shape.is_leaf(old, Some(new)) {
        return write_leaf(out);
    }
    let is_member = old.is_none();
    let mut set = Set::begin(out);
    if is_member {
        set.add(".", write_leaf);
    }
    match shape {
        Shape::Keyed(..) | Shape::Set => add_items(shape, items(Some(new)), &mut set),
        _ => set.add_parts(shape, &parts(old, new, |_| true), write_part),
    }
    if is_member && set.elements == 1 {
        // A place with nothing below it is a member without saying so.
        set.out.truncate(set.start);
        return write_leaf(set.out);
    }
    set.end()
}

fn write_leaf(out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(b"{}");
    true
}

/// The items of a list by element. What stands several times is one unit, and an item without an element
/// cannot be owned.
fn add_items(shape: Shape, items: &[Value], set: &mut Set<'_>) {
    if let Some((key, named)) = named(shape, items) {
        for (name, item) in named {
            set.add_written(|out| push_named(out, key, name), |out| write(shape.item(), None, item, out));
        }
        return;
    }
    let mut found: SmallVec<[(Element, &Value); 8]> =
        items.iter().filter_map(|item| Some((shape.element(item).ok()?, item))).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    for group in found.chunk_by(|a, b| a.0 == b.0) {
        set.add(&group[0].0, |out| match group {
            [(_, item)] => write(shape.item(), None, item, out),
            _ => write_leaf(out),
        });
    }
}

type Named<'a> = SmallVec<[(&'a str, &'a Value); 16]>;

/// The items in the order of their elements where one key tells them apart and is text that needs no
/// escapes, as nearly all lists have it.
fn named(shape: Shape, items: &[Value]) -> Option<(KnownKey, Named<'_>)> {
    let Shape::Keyed([key], _) = shape else { return None };
    // What sorts before the quote that ends a text in its element would change the order.
    let simple = |name: &&str| !name.bytes().any(|byte| byte <= b'"' || byte == b'\\');
    let name = |item| Some((Value::get(item, *key)?.as_str().filter(simple)?, item));
    let mut named: Named<'_> = items.iter().map(name).collect::<Option<_>>()?;
    named.sort_by_key(|(name, _)| *name);
    let distinct = named.windows(2).all(|pair| pair[0].0 != pair[1].0);
    distinct.then_some((*key, named))
}

fn push_named(out: &mut Vec<u8>, key: KnownKey, name: &str) {
    for part in [r#""k:{\""#, key.as_str(), r#"\":\""#, name, r#"\"}":"#] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The key of an entry of an object, its value before, and its value.
type Part<'a> = (&'a Key, Option<&'a Value>, &'a Value);
type Parts<'a> = SmallVec<[Part<'a>; 16]>;

/// The entries of `new` that `wanted` lets through, in the order of their keys.
fn parts<'a>(old: Option<&'a Value>, new: &'a Value, wanted: impl Fn(&str) -> bool) -> Parts<'a> {
    let mut parts: Parts<'a> = pairs_of(old, new).filter(|(key, ..)| wanted(key.as_str())).collect();
    parts.sort_unstable_by_key(|(key, ..)| *key);
    parts
}

fn write_part(shape: Shape, (_, old, new): &Part<'_>, out: &mut Vec<u8>) -> bool {
    write(shape, *old, new, out)
}

/// A set of fields on its way into a text.
struct Set<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    elements: usize,
}

impl<'o> Set<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Self { out, start, elements: 0 }
    }

    /// Adds an element with what `below` writes, unless it says that there is nothing.
    fn add(&mut self, element: &str, below: impl FnOnce(&mut Vec<u8>) -> bool) {
        let element = |out: &mut Vec<u8>| {
            json::push_string(out, element);
            out.push(b':');
        };
        self.add_written(element, below);
    }

    fn add_field(&mut self, key: &Key, below: impl FnOnce(&mut Vec<u8>) -> bool) {
        match key {
            Key::Known(known) => {
                self.add_written(|out| out.extend_from_slice(known.element().as_bytes()), below)
            }
            Key::Other(_) => self.add(&field_element(key), below),
        }
    }

    fn add_written(&mut self, element: impl FnOnce(&mut Vec<u8>), below: impl FnOnce(&mut Vec<u8>) -> bool) {
        let before = self.out.len();
        if self.elements > 0 {
            self.out.push(b',');
        }
        element(self.out);
        if below(self.out) {
            self.elements += 1;
        } else {
            self.out.truncate(before);
        }
    }

    /// Adds the entries that the type has.
    fn add_parts(
        &mut self,
        shape: Shape,
        parts: &Parts<'_>,
        write: impl Fn(Shape, &Part<'_>, &mut Vec<u8>) -> bool,
    ) {
        for part in parts {
            if let Some((child, _)) = shape.child(part.0) {
                self.add_field(part.0, |out| write(child, part, out));
            }
        }
    }

    /// Whether it has elements.
    fn end(self) -> bool {
        self.out.push(b'}');
        self.elements > 0
    }
}

#[cfg(test)]
mod tests {
    use api::Map;
    use api::decode;
    use api::types::Ty;
    use api::types::TypeDef;
    use api::types::TypeId;
    use api::value;
    use proptest::prelude::*;

    use super::super::Operation;
    use super::super::difference;
    use super::super::empty_object;
    use super::*;

    /// A value of a type, or something else, as a series of choices has it.
    fn grown(ty: &Ty, choices: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
        let choice = choices.next().unwrap_or(0);
        let text = |choice: u8| ["", "a", "b", "\"quoted\"", "c/d.e"][usize::from(choice % 5)];
        match ty {
            Ty::Struct(id) if depth < 8 => grown_struct(id.def(), choices, depth),
            Ty::List(item) | Ty::WrappedList(item) => {
                (0..choice % 4).map(|_| grown(item, choices, depth + 1)).collect::<Vec<_>>().into()
            }
            Ty::Map(item) => {
                let entries = (0..choice % 4)
                    .map(|n| (text(n.wrapping_add(choice)).to_owned(), grown(item, choices, depth + 1)));
                Value::Object(entries.collect::<Map>())
            }
            Ty::String | Ty::Enum(_) => text(choice).into(),
            Ty::Bool => Value::Bool(choice.is_multiple_of(2)),
            Ty::Int32 | Ty::Int64 | Ty::Double | Ty::IntOrString => i64::from(choice % 3).into(),
            Ty::Quantity => ["1", "100m", "1Gi"][usize::from(choice % 3)].into(),
            Ty::Any | Ty::RawExtension | Ty::FieldsV1 => value!({"x": text(choice), "y": [1, {"z": null}]}),
            _ => Value::Null,
        }
    }

    fn grown_struct(def: &TypeDef, choices: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
        let mut map = Map::default();
        for field in def.fields {
            if choices.next().unwrap_or(1).is_multiple_of(3) {
                map.insert(field.key, grown(&field.ty, choices, depth + 1));
            }
        }
        Value::Object(map)
    }

    fn as_set(ty: Option<TypeId>, new: &Value, writer: &Writer<'_>) -> Option<RawObject> {
        let changed = difference(ty, Shape::of_kind(ty), None, new, writer).changed;
        (!changed.is_empty()).then(|| changed.encode())
    }

    fn check(ty: Option<TypeId>, new: &Value, reset: &[&str]) -> Result<(), TestCaseError> {
        let writer = Writer { manager: "m", api_version: "v1", subresource: "", time: "", reset };
        let written = fields(Shape::of_kind(ty), &empty_object(ty, new), new, &writer);
        prop_assert_eq!(written, as_set(ty, new, &writer), "{:?}", new);
        Ok(())
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_set(
            row in any::<prop::sample::Index>(),
            choices in proptest::collection::vec(any::<u8>(), 0..600),
            normal: bool,
            reset: bool,
        ) {
            let rows: Vec<_> = api::Resource::all().iter().filter(|row| row.ty.is_some()).collect();
            let row = row.get(&rows);
            let ty = row.ty.expect("chosen for it");
            let mut new = grown_struct(ty.def(), &mut choices.into_iter(), 0);
            new.set(&["kind"], row.kind);
            new.set(&["apiVersion"], row.api_version());
            if normal && let Ok(decoded) = decode::normalize(ty, new.clone()) {
                new = decoded.value;
            }
            check(Some(ty), &new, if reset { &["status"] } else { &[] })?;
        }

        #[test]
        fn and_so_it_is_of_kinds_without_a_type(choices in proptest::collection::vec(any::<u8>(), 0..300)) {
            let shown = TypeId::find("core/v1.Pod").expect("the table has pods");
            let mut new = grown_struct(shown.def(), &mut choices.into_iter(), 0);
            new.set(&["kind"], "Thing");
            new.set(&["apiVersion"], "example.com/v1");
            check(None, &new, &["status"])?;
        }
    }

    #[test]
    fn the_one_entry_of_a_new_object() {
        let ty = TypeId::find("core/v1.ConfigMap");
        let writer = Writer { manager: "m", api_version: "v1", subresource: "", time: "", reset: &[] };
        let bare = value!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a", "uid": "u"}});
        assert_eq!(super::super::track(ty, None, &bare, &writer), Value::Null);
        let mut full = bare;
        full.set(&["data", "k"], "v");
        let managed = super::super::track(ty, None, &full, &writer);
        let [entry] = managed.items() else { panic!("{managed:?}") };
        assert_eq!(entry["operation"].as_str(), Some(format!("{:?}", Operation::Update).as_str()));
        assert_eq!(json::to_string(&entry["fieldsV1"]), r#"{"f:data":{".":{},"f:k":{}}}"#);
    }
}
