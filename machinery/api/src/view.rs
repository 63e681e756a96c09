//! What the generated views are made of: a view is a typed, zero-cost way to read a [`Value`].
//!
//! Reads follow Go: an absent text is `""`, an absent number is `0`, an absent struct is empty;
//! fields that are pointers in Go give an `Option`.

use std::marker::PhantomData;

use jiff::Timestamp;
use meta::Quantity;

use crate::value::Map;
use crate::value::Value;

/// A view over a value.
pub trait View<'a>: Copy {
    /// Reads `value` as this type.
    fn of(value: &'a Value) -> Self;
    /// The value behind it.
    fn value(self) -> &'a Value;
}

/// A list of structs.
#[derive(Clone, Copy)]
pub struct Views<'a, V> {
    items: &'a [Value],
    view: PhantomData<V>,
}

impl<'a, V: View<'a>> Views<'a, V> {
    /// Over the elements of a list value.
    pub fn of(value: &'a Value) -> Self {
        Self { items: value.items(), view: PhantomData }
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.items.is_empty()
    }

    /// The elements.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator + Clone + use<'a, V> {
        self.items.iter().map(V::of)
    }

    /// One element.
    pub fn get(self, index: usize) -> Option<V> {
        self.items.get(index).map(V::of)
    }

    /// The first element for which `found` holds.
    pub fn find(self, mut found: impl FnMut(V) -> bool) -> Option<V> {
        self.iter().find(|v| found(*v))
    }
}

/// A list of texts.
#[derive(Clone, Copy)]
pub struct Strs<'a> {
    items: &'a [Value],
}

impl<'a> Strs<'a> {
    /// Over the elements of a list value.
    pub fn of(value: &'a Value) -> Self {
        Self { items: value.items() }
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.items.is_empty()
    }

    /// The elements.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = &'a str> + ExactSizeIterator + Clone {
        self.items.iter().map(Value::str_or_empty)
    }

    /// The first element.
    pub fn first(self) -> Option<&'a str> {
        self.items.first().map(Value::str_or_empty)
    }

    /// Whether `text` is among them.
    pub fn contains(self, text: &str) -> bool {
        self.iter().any(|item| item == text)
    }

    /// Owned copies.
    pub fn to_vec(self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }
}

/// A map with text keys.
#[derive(Clone, Copy)]
pub struct MapView<'a> {
    map: &'a Map,
}

impl<'a> MapView<'a> {
    /// Over the entries of an object value.
    pub fn of(value: &'a Value) -> Self {
        Self { map: value.entries() }
    }

    /// Number of entries.
    pub fn len(self) -> usize {
        self.map.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.map.is_empty()
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    /// The text of a key.
    pub fn str(self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    /// The quantity of a key.
    pub fn quantity(self, key: &str) -> Option<Quantity> {
        self.get(key).and_then(quantity)
    }

    /// Keys and values.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (&'a str, &'a Value)> + ExactSizeIterator + Clone {
        self.map.iter().map(|entry| (entry.key.as_str(), &entry.value))
    }

    /// Keys and texts.
    pub fn strs(self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
        self.iter().map(|(key, value)| (key, value.str_or_empty()))
    }
}

/// The point in time that a `metav1.Time` or `MicroTime` holds.
pub fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(meta::time::parse)
}

/// The quantity that a value holds.
pub fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Int(units) => Some(Quantity::from_units(*units)),
        _ => None,
    }
}
