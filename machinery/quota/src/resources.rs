//! Amounts by name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use api::Value;
use meta::Quantity;

/// A `v1.ResourceList`: amounts by resource name, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, Quantity>);

impl Resources {
    /// Reads a list as objects have it. What is not a quantity is left out: validation says so.
    pub fn of(list: &Value) -> Self {
        list.entries()
            .iter()
            .filter_map(|entry| Some((entry.key.as_str().to_owned(), amount(&entry.value)?)))
            .collect()
    }

    /// The list as objects have it.
    pub fn to_value(&self) -> Value {
        let entries = self.0.iter().map(|(name, amount)| (name.as_str(), amount.to_string()));
        Value::Object(entries.collect())
    }

    /// The amount of one resource.
    pub fn get(&self, name: &str) -> Option<Quantity> {
        self.0.get(name).copied()
    }

    /// Whether a resource is named, be it with zero.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets the amount of one resource.
    pub fn set(&mut self, name: &str, amount: Quantity) {
        self.0.insert(name.to_owned(), amount);
    }

    /// Every resource with its amount.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Quantity)> {
        self.0.iter().map(|(name, amount)| (name.as_str(), *amount))
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether no resource is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds every amount of `other`.
    pub fn add(&mut self, other: &Resources) {
        self.merge(other, Quantity::plus);
    }

    /// Raises every amount to at least that of `other`.
    pub fn raise(&mut self, other: &Resources) {
        self.merge(other, Quantity::max);
    }

    /// What is more here than in `other`, never below zero.
    #[must_use]
    pub fn above(&self, other: &Resources) -> Resources {
        let difference = |(name, amount): (&str, Quantity)| {
            let left = other.get(name).map_or(amount, |other| amount.minus(other));
            (name.to_owned(), if left.is_negative() { Quantity::ZERO } else { left })
        };
        self.iter().map(difference).collect()
    }

    /// The part whose names `keep` accepts.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Resources {
        self.iter().filter(|(name, _)| keep(name)).map(|(name, amount)| (name.to_owned(), amount)).collect()
    }

    /// The part that is not zero.
    #[must_use]
    pub fn non_zero(&self) -> Resources {
        let parts = self.iter().filter(|(_, amount)| !amount.is_zero());
        parts.map(|(name, amount)| (name.to_owned(), amount)).collect()
    }

    /// `cpu=1,pods=3`: as upstream's sentences show amounts.
    pub fn describe(&self) -> String {
        self.iter().map(|(name, amount)| format!("{name}={amount}")).collect::<Vec<_>>().join(",")
    }

    fn merge(&mut self, other: &Resources, with: fn(Quantity, Quantity) -> Quantity) {
        for (name, amount) in other.iter() {
            match self.0.entry(name.to_owned()) {
                Entry::Occupied(mut own) => *own.get_mut() = with(*own.get(), amount),
                Entry::Vacant(place) => {
                    place.insert(amount);
                }
            }
        }
    }
}

impl FromIterator<(String, Quantity)> for Resources {
    fn from_iter<T: IntoIterator<Item = (String, Quantity)>>(amounts: T) -> Self {
        Self(amounts.into_iter().collect())
    }
}

/// A quantity as JSON may have it: text, or a bare number.
fn amount(value: &Value) -> Option<Quantity> {
    match value {
        Value::Int(number) => Some(Quantity::from_units(*number)),
        Value::Float(number) => Quantity::parse(&number.to_string()).ok(),
        value => Quantity::parse(value.as_str()?).ok(),
    }
}
