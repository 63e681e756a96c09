//! The one in-memory form of an object: compact, lossless, shared by reference.

use std::collections::HashMap;
use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;
use std::ops::DerefMut;
use std::ops::Index;

use compact_str::CompactString;

use crate::key::Key;
use crate::key::Lookup;
use crate::raw::RawObject;

/// A JSON value. 24 bytes; strings of up to 24 bytes are held in place.
///
/// Integers are `i64` and every other number is `f64`, as upstream's unstructured objects hold them.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(CompactString),
    /// A list.
    Array(List),
    /// An object, in the order in which its entries were written.
    Object(Map),
    /// An object that is kept as its text. Only `FieldsV1` is, and reads see nothing in it.
    Raw(RawObject),
}

/// The elements of a list. Reads are those of a slice; a push reallocates, so that a list that is
/// only read carries no spare room.
#[derive(Clone, PartialEq, Default)]
pub struct List {
    items: Box<[Value]>,
}

/// The entries of an object. Equality ignores order.
#[derive(Clone, Default)]
pub struct Map {
    entries: Box<[Entry]>,
}

/// One entry of an object.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Value,
}

/// Up to so many keys are looked up by comparing when they are merged.
const FEW: usize = 16;

/// What a read of something absent gives.
pub static NULL: Value = Value::Null;

/// An object without entries, for reads of absent objects.
static EMPTY_MAP: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::default);

impl Value {
    /// An empty object.
    pub fn object() -> Self {
        Value::Object(Map::default())
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, where it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text, or `""`: Go's reading of an absent string.
    pub fn str_or_empty(&self) -> &str {
        self.as_str().unwrap_or("")
    }

    /// The whole number, where it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Some(*number as i64),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements; empty where it is no list.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Array(list) => list,
            _ => &[],
        }
    }

    /// The elements for change, where it is a list.
    pub fn as_list_mut(&mut self) -> Option<&mut List> {
        match self {
            Value::Array(list) => Some(list),
            _ => None,
        }
    }

    /// The entries, where it is an object.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The entries for change, where it is an object.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The entries; empty where it is no object.
    pub fn entries(&self) -> &Map {
        self.as_map().unwrap_or(&EMPTY_MAP)
    }

    /// The value of a key, where this is an object that has it.
    #[inline]
    pub fn get<K: Lookup>(&self, key: K) -> Option<&Value> {
        self.as_map().and_then(|map| map.get(key))
    }

    /// The same, for change.
    #[inline]
    pub fn get_mut<K: Lookup>(&mut self, key: K) -> Option<&mut Value> {
        self.as_map_mut().and_then(|map| map.get_mut(key))
    }

    /// The value at a path of keys; `NULL` where any step is missing.
    pub fn at(&self, path: &[&str]) -> &Value {
        path.iter().fold(self, |value, key| value.get(*key).unwrap_or(&NULL))
    }

    /// The value at a path of keys for change; objects are made on the way, and anything that is no
    /// object on the way is replaced by one.
    pub fn at_mut(&mut self, path: &[&str]) -> &mut Value {
        path.iter().fold(self, |value, key| value.ensure_map().entry(key))
    }

    /// Sets the value at a path, making objects on the way.
    pub fn set(&mut self, path: &[&str], value: impl Into<Value>) {
        *self.at_mut(path) = value.into();
    }

    /// Removes the entry at a path and returns its value.
    pub fn remove(&mut self, path: &[&str]) -> Option<Value> {
        let (last, parents) = path.split_last()?;
        let mut value = self;
        for key in parents {
            value = value.get_mut(*key)?;
        }
        value.as_map_mut()?.remove(*last)
    }

    /// This as an object, replacing anything else by an empty one.
    pub fn ensure_map(&mut self) -> &mut Map {
        if !matches!(self, Value::Object(_)) {
            *self = Value::object();
        }
        self.as_map_mut().expect("made one above")
    }

    /// This as a list, replacing anything else by an empty one.
    pub fn ensure_list(&mut self) -> &mut List {
        if !matches!(self, Value::Array(_)) {
            *self = Value::Array(List::default());
        }
        self.as_list_mut().expect("made one above")
    }

    /// Takes the value out, leaving `null`.
    #[must_use]
    pub fn take(&mut self) -> Value {
        std::mem::take(self)
    }

    /// Go's zero value: `null`, `false`, `0`, `""`, an empty list or an empty object.
    pub fn is_zero(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Bool(value) => !value,
            Value::Int(number) => *number == 0,
            Value::Float(number) => *number == 0.0,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Raw(_) => false,
        }
    }

    /// JSON's name of the type, as error texts use it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) | Value::Raw(_) => "object",
        }
    }
}

impl List {
    /// Adds an element.
    pub fn push(&mut self, value: Value) {
        self.edit(|items| {
            // Exact: the list keeps no spare room, which would only be given back at once.
            items.reserve_exact(1);
            items.push(value);
        });
    }

    /// Keeps the elements for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Value) -> bool) {
        self.edit(|items| items.retain(keep));
    }

    /// Any change of the list as a vector.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let mut items = std::mem::take(&mut self.items).into_vec();
        let result = change(&mut items);
        self.items = items.into_boxed_slice();
        result
    }

    /// The elements as a vector.
    pub fn into_vec(self) -> Vec<Value> {
        self.items.into_vec()
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl DerefMut for List {
    fn deref_mut(&mut self) -> &mut [Value] {
        &mut self.items
    }
}

impl Map {
    /// The value of a key.
    #[inline]
    pub fn get<K: Lookup>(&self, key: K) -> Option<&Value> {
        self.position(key).map(|i| &self.entries[i].value)
    }

    /// The same, for change.
    #[inline]
    pub fn get_mut<K: Lookup>(&mut self, key: K) -> Option<&mut Value> {
        self.position(key).map(|i| &mut self.entries[i].value)
    }

    /// Whether the key is there.
    #[inline]
    pub fn contains<K: Lookup>(&self, key: K) -> bool {
        self.position(key).is_some()
    }

    /// Sets a key: in its place if it is there, else at the end.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) {
        let key = key.into();
        let value = value.into();
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.push(Entry { key, value }),
        }
    }

    /// The value of a key, made `null` at the end if it is missing.
    pub fn entry(&mut self, key: &str) -> &mut Value {
        let place = self.position(key).unwrap_or_else(|| {
            self.push(Entry { key: Key::from(key), value: Value::Null });
            self.entries.len() - 1
        });
        &mut self.entries[place].value
    }

    /// Sets those of the keys that are missing, or whose values are `unset`. The entries grow once at most.
    pub fn fill<const N: usize>(&mut self, values: [(&str, Value); N], unset: impl Fn(&Value) -> bool) {
        let mut missing = 0;
        let values = values.map(|(key, value)| match self.get_mut(key) {
            Some(old) => {
                if unset(old) {
                    *old = value;
                }
                None
            }
            None => {
                missing += 1;
                Some(Entry { key: Key::from(key), value })
            }
        });
        if missing > 0 {
            self.edit(|entries| {
                entries.reserve_exact(missing);
                entries.extend(values.into_iter().flatten());
            });
        }
    }

    /// Hands each entry to `merge` with the value that its key has, and keeps what comes back: in its place,
    /// or at the end if the key was not there; `None` removes it. In the time of the number of both, where
    /// one key after another would take the time of their product.
    ///
    /// # Errors
    /// What `merge` says, and the map is empty then.
    pub fn merge<E>(
        &mut self,
        entries: Vec<Entry>,
        mut merge: impl FnMut(&Key, Option<Value>, Value) -> Result<Option<Value>, E>,
    ) -> Result<(), E> {
        let mut known = std::mem::take(&mut self.entries).into_vec();
        // A few are compared one by one.
        let mut places = (entries.len() > FEW).then(|| {
            let keys = known.iter().enumerate();
            keys.map(|(place, entry)| (entry.key.clone(), place)).collect::<HashMap<Key, usize>>()
        });
        let mut removed = HashSet::new();
        for Entry { key, value } in entries {
            let place = match &places {
                Some(places) => places.get(&key).copied(),
                None => known.iter().position(|entry| entry.key == key),
            };
            let old = place.map(|place| known[place].value.take());
            match (merge(&key, old, value)?, place, &mut places) {
                (Some(value), Some(place), _) => known[place].value = value,
                (Some(value), None, Some(places)) => {
                    places.insert(key.clone(), known.len());
                    known.push(Entry { key, value });
                }
                (Some(value), None, None) => {
                    known.reserve_exact(1);
                    known.push(Entry { key, value });
                }
                (None, Some(place), Some(places)) => {
                    places.remove(&key);
                    removed.insert(place);
                }
                (None, Some(place), None) => {
                    known.remove(place);
                }
                (None, None, _) => {}
            }
        }
        if !removed.is_empty() {
            let mut place = 0..;
            known.retain(|_| place.next().is_some_and(|place| !removed.contains(&place)));
        }
        self.entries = known.into_boxed_slice();
        Ok(())
    }

    /// Sets many keys, as [`Self::insert`] sets one.
    pub fn extend(&mut self, entries: Vec<Entry>) {
        let set: Result<(), Infallible> = self.merge(entries, |_, _, value| Ok(Some(value)));
        let Ok(()) = set;
    }

    /// Sets those of many keys that are not there.
    pub fn add_missing(&mut self, entries: Vec<Entry>) {
        let set: Result<(), Infallible> = self.merge(entries, |_, old, value| Ok(Some(old.unwrap_or(value))));
        let Ok(()) = set;
    }

    /// Removes a key and returns its value.
    #[inline]
    pub fn remove<K: Lookup>(&mut self, key: K) -> Option<Value> {
        let place = self.position(key)?;
        Some(self.edit(|entries| entries.remove(place).value))
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.edit(|entries| entries.retain(keep));
    }

    /// Any change of the entries as a vector.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        let mut entries = std::mem::take(&mut self.entries).into_vec();
        let result = change(&mut entries);
        self.entries = entries.into_boxed_slice();
        result
    }

    /// The entries as a vector.
    pub fn into_vec(self) -> Vec<Entry> {
        self.entries.into_vec()
    }

    /// Keys and texts of the entries whose value is text.
    pub fn strings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().filter_map(|e| e.value.as_str().map(|text| (e.key.as_str(), text)))
    }

    fn push(&mut self, entry: Entry) {
        self.edit(|entries| {
            // Exact, as in a list.
            entries.reserve_exact(1);
            entries.push(entry);
        });
    }

    #[inline]
    fn position<K: Lookup>(&self, key: K) -> Option<usize> {
        key.find_in(&self.entries)
    }
}

impl Deref for Map {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.entries
    }
}

impl DerefMut for Map {
    fn deref_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        // Normalized objects have one order; only values made by hand need the search.
        for (i, (a, b)) in self.iter().zip(other.iter()).enumerate() {
            if a.key != b.key {
                return self[i..]
                    .iter()
                    .all(|a| other[i..].iter().any(|b| a.key == b.key && a.value == b.value));
            }
            if a.value != b.value {
                return false;
            }
        }
        true
    }
}

impl Index<&str> for Value {
    type Output = Value;

    /// The value of a key; [`NULL`] where there is none.
    // Inlined, so that the compiler makes what the search for a key that stands in the program begins with;
    // the search itself is not.
    #[inline]
    fn index(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&NULL)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::json::to_string(self))
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|e| (&e.key, &e.value))).finish()
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

macro_rules! from_integers {
    ($($int:ty),*) => {$(
        impl From<$int> for Value {
            fn from(number: $int) -> Self {
                Value::Int(i64::from(number))
            }
        }
    )*};
}

from_integers!(i64, i32, u32, u16, u8);

impl From<usize> for Value {
    /// Counts: saturates at `i64::MAX`, which no count reaches.
    fn from(number: usize) -> Self {
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(CompactString::new(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(CompactString::from(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::String(CompactString::new(text))
    }
}

impl From<CompactString> for Value {
    fn from(text: CompactString) -> Self {
        Value::String(text)
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Object(map)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl From<Vec<Entry>> for Map {
    fn from(entries: Vec<Entry>) -> Self {
        Map { entries: entries.into_boxed_slice() }
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> Self {
        List { items: items.into_boxed_slice() }
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::Array(List::from(exact(items.into_iter().map(Into::into))))
    }
}

impl<K: Into<Key>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entry = |(key, value): (K, V)| Entry { key: key.into(), value: value.into() };
        exact(entries.into_iter().map(entry)).into()
    }
}

/// A vector of all items without spare room, if their number is known beforehand. `collect` makes room for
/// four at least, which would be given back at once.
pub(crate) fn exact<T>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let items = items.into_iter();
    let mut all = Vec::with_capacity(items.size_hint().0);
    all.extend(items);
    all
}

/// Builds a [`Value`] from JSON-like text with Rust expressions as values.
///
/// ```
/// let replicas = 3;
/// let spec = api::value!({"replicas": replicas, "template": {"labels": ["a", "b"]}, "paused": null});
/// assert_eq!(spec["replicas"].as_i64(), Some(3));
/// ```
#[macro_export]
macro_rules! value {
    (null) => { $crate::Value::Null };
    ([ $($items:tt)* ]) => { $crate::value!(@list [] $($items)*) };
    ({ $($entries:tt)* }) => { $crate::value!(@map [] $($entries)*) };
    ($other:expr) => { $crate::Value::from($other) };

    (@list [$($done:expr,)*]) => { <[$crate::Value; _] as IntoIterator>::into_iter([$($done,)*]).collect::<$crate::Value>() };
    (@list [$($done:expr,)*] null $(, $($rest:tt)*)?) => { $crate::value!(@list [$($done,)* $crate::value!(null),] $($($rest)*)?) };
    (@list [$($done:expr,)*] { $($inner:tt)* } $(, $($rest:tt)*)?) => { $crate::value!(@list [$($done,)* $crate::value!({ $($inner)* }),] $($($rest)*)?) };
    (@list [$($done:expr,)*] [ $($inner:tt)* ] $(, $($rest:tt)*)?) => { $crate::value!(@list [$($done,)* $crate::value!([ $($inner)* ]),] $($($rest)*)?) };
    (@list [$($done:expr,)*] $next:expr $(, $($rest:tt)*)?) => { $crate::value!(@list [$($done,)* $crate::Value::from($next),] $($($rest)*)?) };

    (@map [$($done:expr,)*]) => { $crate::Value::Object(<Vec<$crate::Entry> as From<[$crate::Entry; _]>>::from([$($done,)*]).into()) };
    (@map [$($done:expr,)*] $key:literal : null $(, $($rest:tt)*)?) => { $crate::value!(@map [$($done,)* $crate::value!(@entry $key, $crate::Value::Null),] $($($rest)*)?) };
    (@map [$($done:expr,)*] $key:literal : { $($inner:tt)* } $(, $($rest:tt)*)?) => { $crate::value!(@map [$($done,)* $crate::value!(@entry $key, $crate::value!({ $($inner)* })),] $($($rest)*)?) };
    (@map [$($done:expr,)*] $key:literal : [ $($inner:tt)* ] $(, $($rest:tt)*)?) => { $crate::value!(@map [$($done,)* $crate::value!(@entry $key, $crate::value!([ $($inner)* ])),] $($($rest)*)?) };
    (@map [$($done:expr,)*] $key:literal : $value:expr $(, $($rest:tt)*)?) => { $crate::value!(@map [$($done,)* $crate::value!(@entry $key, $crate::Value::from($value)),] $($($rest)*)?) };
    (@entry $key:literal, $value:expr) => { $crate::Entry { key: $crate::Key::from($key), value: $value } };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_small() {
        assert_eq!(size_of::<Value>(), 24);
        assert_eq!(size_of::<Entry>(), 40);
    }

    #[test]
    fn paths() {
        let mut value = crate::value!({"metadata": {"name": "a"}, "list": [1, {"x": null}, "s"]});
        value.set(&["metadata", "labels", "app"], "web");
        assert_eq!(value["metadata"]["labels"]["app"].as_str(), Some("web"));
        assert_eq!(value.at(&["no", "such"]), &NULL);
        assert_eq!(
            value.remove(&["metadata", "name"]).and_then(|v| v.as_str().map(str::to_owned)),
            Some("a".into())
        );
        assert_eq!(value["list"].items().len(), 3);
        assert!(value["metadata"].get("name").is_none());
    }

    #[test]
    fn equality_ignores_the_order_of_entries() {
        assert_eq!(crate::value!({"a": 1, "b": 2}), crate::value!({"b": 2, "a": 1}));
        assert_ne!(crate::value!({"a": 1, "b": 2}), crate::value!({"b": 2, "a": 2}));
    }
}
