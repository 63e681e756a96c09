//! Walks of typed values: the set of fields, what differs, merging, removing.

use std::collections::HashMap;

use api::Entry;
use api::Key;
use api::Value;

use super::set::Element;
use super::set::FieldSet;
use super::set::field_element;
use super::set::show;
use super::shape::Declared;
use super::shape::Shape;

/// What differs between two versions of an object.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Diff {
    /// Fields that were added or have another value.
    pub(super) changed: FieldSet,
    /// Fields that are gone.
    pub(super) removed: FieldSet,
}

impl Diff {
    pub(super) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }

    fn push(&mut self, element: Element, below: Diff) {
        if !below.changed.is_empty() {
            self.changed.push(element.clone(), below.changed);
        }
        if !below.removed.is_empty() {
            self.removed.push(element, below.removed);
        }
    }
}

/// The fields that an applied configuration names.
pub(super) fn fields_of(shape: Shape, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    match (shape, value) {
        (Shape::Scalar | Shape::Atomic, _) => set.include(),
        (Shape::Keyed(..) | Shape::Set, Value::Array(items)) => {
            for (element, group) in groups(shape, items) {
                // Duplicates count as one unit, so nothing below them is told apart.
                let mut child = match group.as_slice() {
                    [item] => fields_of(shape.item(), item),
                    _ => FieldSet::default(),
                };
                child.include();
                set.push(element, child);
            }
        }
        (_, Value::Object(map)) => {
            for entry in map.iter() {
                let Some((child_shape, declared)) = shape.child(&entry.key) else { continue };
                let mut child = fields_of(child_shape, &entry.value);
                let is_empty = match &entry.value {
                    Value::Null => true,
                    Value::Object(map) => map.is_empty(),
                    _ => false,
                };
                if is_empty || declared == Declared::No {
                    child.include();
                }
                set.push(field_element(&entry.key), child);
            }
        }
        (Shape::Deduced, _) => set.include(),
        _ => {}
    }
    set.sort();
    set
}

/// What differs between `old` and `new`; at least one is there.
pub(super) fn compare(shape: Shape, old: Option<&Value>, new: Option<&Value>) -> Diff {
    let mut diff = Diff::default();
    if old == new {
        return diff;
    }
    if !shape.is_leaf(old, new) {
        match shape {
            Shape::Keyed(..) | Shape::Set => compare_lists(shape, old, new, &mut diff),
            _ => compare_maps(shape, old, new, &mut diff),
        }
        diff.changed.sort();
        diff.removed.sort();
        if old.is_none() {
            diff.changed.include();
        } else if new.is_none() {
            diff.removed.include();
        }
        return diff;
    }
    if new.is_none() {
        diff.removed.include()
    } else {
        diff.changed.include()
    }
    diff
}

fn compare_maps(shape: Shape, old: Option<&Value>, new: Option<&Value>, diff: &mut Diff) {
    for (key, old, new) in pairs(entries(old), entries(new)) {
        if old == new {
            continue;
        }
        if let Some((child, _)) = shape.child(key) {
            diff.push(field_element(key), compare(child, old, new));
        }
    }
}

fn entries(value: Option<&Value>) -> &[Entry] {
    match value {
        Some(Value::Object(map)) => map,
        _ => &[],
    }
}

pub(super) fn items(value: Option<&Value>) -> &[Value] {
    value.map_or(&[], Value::items)
}

/// The values of two objects side by side. Objects of one type have one order, so that the partner
/// of an entry is nearly always found at the first look.
fn pairs<'a>(
    old: &'a [Entry],
    new: &'a [Entry],
) -> impl Iterator<Item = (&'a Key, Option<&'a Value>, Option<&'a Value>)> {
    let present = partners(old, new).map(|(key, old, new)| (key, old, Some(new)));
    let new_index = Index::new(new);
    let mut hint = 0;
    let gone = old.iter().filter_map(move |entry| match new_index.find(&entry.key, hint) {
        Some(place) => {
            hint = place + 1;
            None
        }
        None => Some((&entry.key, Some(&entry.value), None)),
    });
    present.chain(gone)
}

/// The entries of `new`, which is there, with their partners in `old`.
pub(super) fn pairs_of<'a>(
    old: Option<&'a Value>,
    new: &'a Value,
) -> impl Iterator<Item = (&'a Key, Option<&'a Value>, &'a Value)> {
    partners(entries(old), entries(Some(new)))
}

fn partners<'a>(
    old: &'a [Entry],
    new: &'a [Entry],
) -> impl Iterator<Item = (&'a Key, Option<&'a Value>, &'a Value)> {
    let index = Index::new(old);
    let mut hint = 0;
    new.iter().map(move |entry| {
        let partner = index.find(&entry.key, hint);
        hint = partner.map_or(hint, |place| place + 1);
        (&entry.key, partner.map(|place| &old[place].value), &entry.value)
    })
}

/// Finds entries by key in constant time, without building anything for the few fields of a struct.
struct Index<'a> {
    entries: &'a [Entry],
    places: Option<HashMap<&'a Key, usize>>,
}

/// Up to here a search is quicker than a table.
const SMALL: usize = 48;

impl<'a> Index<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let places = (entries.len() > SMALL)
            .then(|| entries.iter().enumerate().map(|(place, entry)| (&entry.key, place)).collect());
        Self { entries, places }
    }

    fn find(&self, key: &Key, hint: usize) -> Option<usize> {
        if self.entries.get(hint).is_some_and(|entry| entry.key == *key) {
            return Some(hint);
        }
        match &self.places {
            Some(places) => places.get(key).copied(),
            None => self.entries.iter().position(|entry| entry.key == *key),
        }
    }
}

fn compare_lists(shape: Shape, old: Option<&Value>, new: Option<&Value>, diff: &mut Diff) {
    let mut old_groups: HashMap<Element, Vec<&Value>> = groups(shape, items(old)).into_iter().collect();
    let item = shape.item();
    for (element, new) in groups(shape, items(new)) {
        let old = old_groups.remove(&element).unwrap_or_default();
        let below = match (old.as_slice(), new.as_slice()) {
            (old, [new]) if old.len() <= 1 => compare(item, old.first().copied(), Some(new)),
            // What stands several times is one unit.
            (old, [new]) => {
                let mut below = compare(item, None, Some(new));
                if !old.is_empty() {
                    below.removed.include();
                }
                below
            }
            (old, new) if old.len() >= 2 => {
                let mut below = Diff::default();
                if old != new {
                    below.changed.include();
                }
                below
            }
            (old, _) => {
                let mut below = old.first().map(|old| compare(item, Some(old), None)).unwrap_or_default();
                below.changed.include();
                below
            }
        };
        diff.push(element, below);
    }
    for (element, old) in old_groups {
        let below = match old.as_slice() {
            [old] => compare(item, Some(old), None),
            _ => Diff { changed: FieldSet::default(), removed: FieldSet::leaf() },
        };
        diff.push(element, below);
    }
}

/// The items of a list by element, in the list's order. Items without an element are left out: they
/// cannot be owned.
fn groups(shape: Shape, items: &[Value]) -> Vec<(Element, Vec<&Value>)> {
    let mut places: HashMap<Element, usize> = HashMap::new();
    let mut out: Vec<(Element, Vec<&Value>)> = Vec::with_capacity(items.len());
    for item in items {
        let Ok(element) = shape.element(item) else { continue };
        let place = if items.len() <= 8 {
            out.iter().position(|(known, _)| *known == element)
        } else {
            places.get(&element).copied()
        };
        match place {
            Some(place) => out[place].1.push(item),
            None => {
                if items.len() > 8 {
                    places.insert(element.clone(), out.len());
                }
                out.push((element, vec![item]));
            }
        }
    }
    out
}

/// Lays an applied configuration over the live value.
pub(super) fn merge(shape: Shape, live: &mut Value, config: &Value) {
    if shape.is_leaf(Some(live), Some(config)) {
        live.clone_from(config);
        return;
    }
    let is_empty = |value: &Value| match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => true,
    };
    // An empty or null configuration of something granular names no field.
    if is_empty(config) {
        return;
    }
    if is_empty(live) {
        live.clone_from(config);
        return;
    }
    match (live, config) {
        (Value::Object(live), Value::Object(config)) => live.edit(|entries| {
            let known = Index::new(entries);
            let mut hint = 0;
            let places: Vec<Option<usize>> = config
                .iter()
                .map(|entry| {
                    let place = known.find(&entry.key, hint);
                    hint = place.map_or(hint, |place| place + 1);
                    place
                })
                .collect();
            for (entry, place) in config.iter().zip(places) {
                match (place, shape.child(&entry.key)) {
                    (Some(place), Some((child, _))) => merge(child, &mut entries[place].value, &entry.value),
                    (Some(place), None) => entries[place].value.clone_from(&entry.value),
                    (None, _) => entries.push(entry.clone()),
                }
            }
        }),
        (Value::Array(live), Value::Array(config)) => {
            live.edit(|items| {
                let merged = merge_items(shape, std::mem::take(items), config);
                *items = merged;
            });
        }
        (live, config) => live.clone_from(config),
    }
}

/// Shared items stand in the order of the configuration; items that only one side has keep their
/// place between them.
fn merge_items(shape: Shape, live: Vec<Value>, config: &[Value]) -> Vec<Value> {
    let wanted: Vec<Element> = config.iter().filter_map(|item| shape.element(item).ok()).collect();
    let rank: HashMap<&Element, usize> = wanted.iter().enumerate().map(|(i, e)| (e, i)).collect();
    let mut shared: HashMap<usize, Vec<Value>> = HashMap::new();
    let mut order: Vec<Slot> = Vec::with_capacity(live.len());
    for item in live {
        match shape.element(&item).ok().and_then(|element| rank.get(&element).copied()) {
            Some(place) => {
                let copies = shared.entry(place).or_default();
                if copies.is_empty() {
                    order.push(Slot::Shared(place));
                }
                copies.push(item);
            }
            None => order.push(Slot::Live(item)),
        }
    }
    let mut combine = |place: usize| match shared.remove(&place).as_deref_mut() {
        Some([live]) => {
            merge(shape.item(), live, &config[place]);
            live.take()
        }
        // Duplicates give way to the one that was applied.
        _ => config[place].clone(),
    };
    let mut turns: Vec<usize> = order.iter().filter_map(Slot::shared).collect();
    turns.sort_unstable();
    let mut turns = turns.into_iter().peekable();
    let mut out = Vec::with_capacity(order.len() + wanted.len());
    let mut next = 0;
    for slot in order {
        match slot {
            Slot::Live(item) => out.push(item),
            Slot::Shared(place) if turns.peek() == Some(&place) => {
                turns.next();
                while next <= place {
                    out.push(combine(next));
                    next += 1;
                }
            }
            // It is not its turn in the order of the configuration: it comes where it belongs.
            Slot::Shared(_) => {}
        }
    }
    while next < wanted.len() {
        out.push(combine(next));
        next += 1;
    }
    out
}

enum Slot {
    Live(Value),
    /// By its place in the configuration.
    Shared(usize),
}

impl Slot {
    fn shared(&self) -> Option<usize> {
        match self {
            Slot::Live(_) => None,
            Slot::Shared(place) => Some(*place),
        }
    }
}

/// Removes the fields of a set from a value; what becomes empty stays as something empty.
pub(super) fn remove(shape: Shape, value: &mut Value, set: &FieldSet) {
    match (shape, value) {
        (Shape::Scalar | Shape::Atomic, _) => {}
        (Shape::Keyed(..) | Shape::Set, Value::Array(list)) => list.edit(|items| {
            items.retain_mut(|item| match shape.element(item).ok().and_then(|element| set.child(&element)) {
                Some(below) if below.is_member() => false,
                Some(below) => {
                    remove(shape.item(), item, below);
                    true
                }
                None => true,
            });
        }),
        (_, Value::Object(map)) => map.edit(|entries| {
            entries.retain_mut(|entry| match set.child(&field_element(&entry.key)) {
                Some(below) if below.is_member() => false,
                Some(below) => {
                    if let Some((child, _)) = shape.child(&entry.key) {
                        remove(child, &mut entry.value, below);
                    }
                    true
                }
                None => true,
            });
        }),
        _ => {}
    }
}

/// The same set with every declared field on the way to a member being a member too, so that a struct
/// that lost all its fields goes with them.
pub(super) fn with_parents(shape: Shape, set: &FieldSet) -> FieldSet {
    let mut out = set.clone();
    include_parents(shape, &mut out);
    out
}

fn include_parents(shape: Shape, set: &mut FieldSet) {
    for (element, child) in set.children_mut() {
        match element.strip_prefix("f:") {
            Some(name) => {
                if let Some((below, declared)) = shape.child(&Key::from(name)) {
                    include_parents(below, child);
                    if declared == Declared::Yes && child.has_children() {
                        child.include();
                    }
                }
            }
            None => include_parents(shape.item(), child),
        }
    }
}

/// What is wrong with an applied configuration, as seen from its type: unknown fields, and list items
/// that cannot be told apart. Values of the wrong type are found when the merged object is decoded.
pub(super) fn mistakes(shape: Shape, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    find_mistakes(shape, value, &mut String::new(), &mut found);
    found
}

fn find_mistakes(shape: Shape, value: &Value, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    match (shape, value) {
        (Shape::Scalar, Value::Object(_) | Value::Array(_)) => {
            found.push(format!("{path}: expected scalar, got {}", api::json::to_string(value)));
        }
        (Shape::Scalar | Shape::Atomic | Shape::Deduced, _) | (_, Value::Null) => {}
        (Shape::Keyed(..) | Shape::Set, Value::Array(items)) => {
            let mut seen: HashMap<Element, ()> = HashMap::with_capacity(items.len());
            for (i, item) in items.iter().enumerate() {
                match shape.element(item) {
                    Err(why) => found.push(format!("{path}: element {i}: {why}")),
                    Ok(element) => {
                        show(&element, path);
                        find_mistakes(shape.item(), item, path, found);
                        if seen.contains_key(&element) {
                            let shown = path[length..].to_owned();
                            found.push(format!("{}: duplicate entries for key {shown}", &path[..length]));
                        }
                        path.truncate(length);
                        seen.insert(element, ());
                    }
                }
            }
        }
        (Shape::Keyed(..) | Shape::Set, other) => {
            found.push(format!("{path}: expected list, got {}", api::json::to_string(other)));
        }
        (_, Value::Object(map)) => {
            for entry in map.iter() {
                path.push('.');
                path.push_str(entry.key.as_str());
                match shape.child(&entry.key) {
                    Some((child, _)) => find_mistakes(child, &entry.value, path, found),
                    None => found.push(format!("{path}: field not declared in schema")),
                }
                path.truncate(length);
            }
        }
        (_, other) => found.push(format!("{path}: expected map, got {}", api::json::to_string(other))),
    }
}
