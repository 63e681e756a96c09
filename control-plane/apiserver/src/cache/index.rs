//! Which objects have a label or a field of some value.
//!
//! A list by selector looks at every object of its collection otherwise, each of which is a few cache
//! misses. An index of one label or field is made when a list of a large collection asks for it, is kept
//! up to date from then on, and gives way to others when it is the one that nobody asked for longest.
//! Nothing is indexed that nobody asks for.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use api::Object;
use api::Resource;
use meta::selector::Operator;

use super::filter::Filter;

/// Collections of fewer objects are looked through.
const WORTHWHILE: usize = 500;
/// Indexes of one resource.
const CAPACITY: usize = 8;

/// The indexes of one resource's objects.
#[derive(Default)]
pub(super) struct Indexes {
    indexes: HashMap<Term, Index>,
    uses: AtomicU64,
}

/// What objects are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Term {
    /// The label with this key.
    Label(Box<str>),
    /// The selectable field at this place of the resource's row.
    Field(usize),
}

/// Keys of objects by the value of one term.
#[derive(Default)]
struct Index {
    keys: HashMap<Box<str>, BTreeSet<Arc<str>>>,
    /// When it was last asked for, in uses of any.
    used: AtomicU64,
}

/// Objects by key, as the cache has them.
type Objects = BTreeMap<Arc<str>, Arc<Object>>;

/// A term and the one value that a filter asks of it.
type Condition<'f> = (Term, &'f str);

impl Indexes {
    /// The keys of all objects that `filter` can select, and more; `None` if they are best found by
    /// looking at every object.
    pub(super) fn candidates(
        &self,
        resource: &'static Resource,
        filter: &Filter,
    ) -> Option<&BTreeSet<Arc<str>>> {
        static NOTHING: BTreeSet<Arc<str>> = BTreeSet::new();
        let found = conditions(resource, filter).filter_map(|(term, value)| {
            let index = self.indexes.get(&term)?;
            index.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
            Some(index.keys.get(value).unwrap_or(&NOTHING))
        });
        found.min_by_key(|keys| keys.len())
    }

    /// The index that would be worth making for a filter.
    pub(super) fn wanted(
        &self,
        resource: &'static Resource,
        filter: &Filter,
        objects: &Objects,
    ) -> Option<Term> {
        if objects.len() < WORTHWHILE {
            return None;
        }
        let mut terms = conditions(resource, filter).map(|(term, _)| term).peekable();
        let first = terms.peek()?.clone();
        let served = terms.any(|term| self.indexes.contains_key(&term));
        (!served).then_some(first)
    }

    /// Makes an index.
    pub(super) fn make(&mut self, term: Term, objects: &Objects) {
        if self.indexes.contains_key(&term) {
            return;
        }
        if self.indexes.len() >= CAPACITY {
            let used = |index: &Index| index.used.load(Ordering::Relaxed);
            let idle = self.indexes.iter().min_by_key(|(_, index)| used(index)).map(|(term, _)| term.clone());
            idle.and_then(|term| self.indexes.remove(&term));
        }
        let mut index = Index::default();
        index.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        for (key, object) in objects {
            if let Some(value) = term.value(object) {
                index.insert(value, key.clone());
            }
        }
        self.indexes.insert(term, index);
    }

    /// Follows the change of the object under a key.
    pub(super) fn update(&mut self, key: &Arc<str>, before: Option<&Object>, after: Option<&Object>) {
        for (term, index) in &mut self.indexes {
            let old = before.and_then(|object| term.value(object));
            let new = after.and_then(|object| term.value(object));
            if old == new {
                continue;
            }
            if let Some(old) = old {
                index.remove(old, key);
            }
            if let Some(new) = new {
                index.insert(new, key.clone());
            }
        }
    }
}

impl Term {
    fn value<'o>(&self, object: &'o Object) -> Option<&'o str> {
        match self {
            Term::Label(key) => object.label(key),
            Term::Field(place) => object.index().fields.get(*place).map(|value| value.as_str()),
        }
    }
}

impl Index {
    fn insert(&mut self, value: &str, key: Arc<str>) {
        match self.keys.get_mut(value) {
            Some(keys) => {
                keys.insert(key);
            }
            None => {
                self.keys.insert(value.into(), BTreeSet::from([key]));
            }
        }
    }

    fn remove(&mut self, value: &str, key: &Arc<str>) {
        let Some(keys) = self.keys.get_mut(value) else { return };
        keys.remove(key);
        if keys.is_empty() {
            self.keys.remove(value);
        }
    }
}

/// What a filter asks to be equal to one value, and an index can answer.
fn conditions<'f>(resource: &'static Resource, filter: &'f Filter) -> impl Iterator<Item = Condition<'f>> {
    let selectable = resource.selectable().iter().enumerate();
    let fields =
        selectable.filter_map(|(place, field)| Some((Term::Field(place), filter.fields.exact(field)?)));
    let labels = filter.labels.requirements().iter().filter_map(|requirement| {
        match (requirement.operator, requirement.values.as_slice()) {
            (Operator::In, [value]) => Some((Term::Label(requirement.key.as_str().into()), value.as_str())),
            _ => None,
        }
    });
    fields.chain(labels)
}
