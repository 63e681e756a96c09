//! The watch cache: the current state of every resource and its latest changes, as shared objects
//! with their bytes.
//!
//! Invariants:
//! - It is fed by one watch of the store, in revision order; `applied` says how far.
//! - A list's version is never older than any object in it, and never newer than what was applied.
//! - A watch delivers every change after its start that its filter selects, once, in order; a
//!   watcher that does not keep up is cut off, never skipped.
//! - What is kept of the past is bytes: values are those of objects that exist.

mod change;
mod filter;
mod index;
mod queue;
mod room;
mod watchers;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use api::Object;
use api::Resource;
use parking_lot::RwLock;
use parking_lot::RwLockReadGuard;
use parking_lot::RwLockWriteGuard;
use tokio::sync::watch;

pub(crate) use change::Change;
pub(crate) use change::Event;
pub(crate) use change::Events;
pub(crate) use change::event_line;
pub(crate) use change::name_of;
pub(crate) use filter::Filter;
use index::Indexes;
pub(crate) use queue::Receiver;
use room::Room;
pub(crate) use room::Rooms;
use room::Share;
use watchers::Place;
use watchers::Watchers;

/// Changes kept per resource, for watches that begin in the past.
const WINDOW: usize = 4096;
/// Bytes of objects after which the window is cut earlier.
const WINDOW_BYTES: usize = 8 << 20;
/// A page of usual length; a client may ask for any.
const PAGE: usize = 500;
/// Changes that are kept whatever their size, as long as there is room.
const WINDOW_MINIMUM: usize = 256;

/// Every resource's cache.
pub(crate) struct WatchCache {
    caches: HashMap<(&'static str, &'static str), Arc<ResourceCache>>,
    /// Caches by the prefix of their keys, sorted.
    by_prefix: Vec<Arc<ResourceCache>>,
    applied: watch::Sender<u64>,
}

/// One resource's cache.
pub(crate) struct ResourceCache {
    pub(crate) resource: &'static Resource,
    /// What the store's keys of its objects begin with.
    pub(crate) prefix: String,
    inner: RwLock<Inner>,
    windows: Arc<Room>,
    changes: AtomicU64,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<Arc<str>, Arc<Object>>,
    indexes: Indexes,
    window: VecDeque<Arc<Change>>,
    /// What the changes of the window take of the room for windows, in the same order.
    shares: VecDeque<Share>,
    /// What the changes of the window weigh.
    window_bytes: usize,
    /// Every change after this revision is in the window.
    complete_after: u64,
    /// The revision of the last change.
    revision: u64,
    watchers: Watchers,
}

/// A watcher's end.
pub(crate) struct Watched {
    /// What already happened, then what happens.
    pub(crate) past: VecDeque<Event>,
    pub(crate) queue: Receiver,
}

/// The start of a watch lies before the window.
#[derive(Debug)]
pub(crate) struct TooOld {
    pub(crate) oldest: u64,
}

/// Objects with the version of the collection.
pub(crate) struct Snapshot {
    pub(crate) items: Vec<Arc<Object>>,
    pub(crate) revision: u64,
    /// The key of the last item where there are more, and how many more.
    pub(crate) more: Option<(Arc<str>, u64)>,
}

impl WatchCache {
    /// Empty caches for every resource that is stored; `prefix_of` gives the prefix of its keys. They
    /// share the rooms.
    pub(crate) fn new(
        resources: impl Iterator<Item = &'static Resource>,
        prefix_of: impl Fn(&Resource) -> String,
        rooms: &Rooms,
    ) -> Self {
        let mut caches = HashMap::new();
        let mut by_prefix = Vec::new();
        for resource in resources {
            let cache = Arc::new(ResourceCache::new(resource, prefix_of(resource), rooms));
            caches.insert((resource.group, resource.name), cache.clone());
            by_prefix.push(cache);
        }
        by_prefix.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        Self { caches, by_prefix, applied: watch::Sender::new(0) }
    }

    /// The cache of a resource that is stored.
    pub(crate) fn get(&self, group: &str, name: &str) -> Option<Arc<ResourceCache>> {
        // The borrow checker wants keys of the map's own lifetime; the table is static and small.
        self.caches.iter().find(|((g, n), _)| *g == group && *n == name).map(|(_, cache)| cache.clone())
    }

    /// The cache of a row.
    pub(crate) fn of(&self, resource: &'static Resource) -> Option<&Arc<ResourceCache>> {
        self.caches.get(&(resource.group, resource.name))
    }

    /// Every cache.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<ResourceCache>> {
        self.by_prefix.iter()
    }

    /// The cache that a key of the store belongs to.
    pub(crate) fn by_key(&self, key: &str) -> Option<&Arc<ResourceCache>> {
        let end = self.by_prefix.partition_point(|cache| cache.prefix.as_str() <= key);
        // Prefixes may nest (`services/` and `services/specs/`), so look back past neighbours.
        self.by_prefix[..end].iter().rev().take(4).find(|cache| key.starts_with(&cache.prefix))
    }

    /// How far the store's changes were applied.
    pub(crate) fn applied(&self) -> u64 {
        *self.applied.borrow()
    }

    /// Says that every change up to `revision` was applied.
    pub(crate) fn set_applied(&self, revision: u64) {
        self.applied.send_replace(revision);
    }

    /// Completes once every change up to `revision` was applied.
    pub(crate) async fn wait_applied(&self, revision: u64) {
        if self.applied() >= revision {
            return;
        }
        let mut applied = self.applied.subscribe();
        // The sender lives as long as the cache.
        applied.wait_for(|applied| *applied >= revision).await.map(drop).unwrap_or_default();
    }
}

impl ResourceCache {
    fn new(resource: &'static Resource, prefix: String, rooms: &Rooms) -> Self {
        let inner = Inner { watchers: Watchers::new(rooms.backlogs.clone()), ..Inner::default() };
        let (inner, windows) = (RwLock::new(inner), rooms.windows.clone());
        Self { resource, prefix, inner, windows, changes: AtomicU64::new(0) }
    }

    /// One object.
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.inner.read().objects.get(object_key(namespace, name).as_str()).cloned()
    }

    /// Every object.
    pub(crate) fn all(&self) -> Vec<Arc<Object>> {
        self.inner.read().objects.values().cloned().collect()
    }

    /// Every object of a namespace.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<Arc<Object>> {
        let inner = self.inner.read();
        let prefix = object_key(namespace, "");
        range_from(&inner.objects, &prefix)
            .take_while(|(k, _)| k.starts_with(&prefix))
            .map(|(_, o)| o.clone())
            .collect()
    }

    /// Number of objects.
    pub(crate) fn len(&self) -> usize {
        self.inner.read().objects.len()
    }

    /// A number that grows with every change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// The selected objects after key `after`, at most `limit` of them (zero for all). `applied` is
    /// what [`WatchCache::applied`] gave before this call.
    pub(crate) fn snapshot(
        &self,
        filter: &Filter,
        after: Option<&str>,
        limit: usize,
        applied: u64,
    ) -> Snapshot {
        let inner = self.read_for(filter);
        let revision = inner.revision.max(applied);
        let Some(bounds) = Bounds::of(filter, after) else {
            return Snapshot::of(std::iter::empty(), limit, revision);
        };
        let range = bounds.as_range();
        // The bounds are the namespace; nobody is looked at who need not be.
        let selective = !filter.labels.is_empty() || !filter.fields.is_empty();
        let selected = |(_, object): &(&Arc<str>, &Arc<Object>)| !selective || filter.selects(object);
        if let Some(name) = filter.fields.exact("metadata.name")
            && filter.namespace.is_empty() != self.resource.namespaced
        {
            let one = object_key(&filter.namespace, name);
            let one = inner.objects.get_key_value(one.as_str());
            let one = one.into_iter().filter(|(key, _)| bounds.begin_before(key));
            return Snapshot::of(one.filter(selected), limit, revision);
        }
        match inner.indexes.candidates(self.resource, filter) {
            Some(keys) => {
                let found = keys.range::<str, _>(range);
                let found = found.filter_map(|key| inner.objects.get_key_value(key));
                Snapshot::of(found.filter(selected), limit, revision)
            }
            None => {
                let all = inner.objects.range::<str, _>(range);
                Snapshot::of(all.filter(selected), limit, revision)
            }
        }
    }

    /// The state, with the index that a filter asks for.
    fn read_for(&self, filter: &Filter) -> RwLockReadGuard<'_, Inner> {
        let inner = self.inner.read();
        let Some(term) = inner.indexes.wanted(self.resource, filter, &inner.objects) else { return inner };
        drop(inner);
        let mut inner = self.inner.write();
        let Inner { indexes, objects, .. } = &mut *inner;
        indexes.make(term, objects);
        RwLockWriteGuard::downgrade(inner)
    }

    /// Sets the state at the start, before anything reads or watches.
    pub(crate) fn load(&self, objects: Vec<Arc<Object>>, revision: u64) {
        let mut inner = self.inner.write();
        inner.objects =
            objects.into_iter().map(|o| (object_key(o.namespace(), o.name()).into(), o)).collect();
        inner.complete_after = revision;
        inner.revision = revision;
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Applies a change: `object` is what now exists, or `None` for a deletion at `revision`. Watchers
    /// get it by [`ResourceCache::deliver`].
    pub(crate) fn apply(&self, namespace: &str, name: &str, revision: u64, object: Option<Arc<Object>>) {
        let key = object_key(namespace, name);
        let mut inner = self.inner.write();
        let key: Arc<str> = key.into();
        let change = match object {
            Some(object) => {
                let previous = inner.objects.insert(key.clone(), object.clone());
                inner.indexes.update(&key, previous.as_deref(), Some(&object));
                Change::new(revision, object, previous)
            }
            None => {
                let Some(last) = inner.objects.remove(&key) else { return };
                inner.indexes.update(&key, Some(&last), None);
                Change::deletion(revision, last)
            }
        };
        let change = Arc::new(change);
        inner.revision = revision;
        inner.remember(change.without_values(), &self.windows);
        self.changes.fetch_add(1, Ordering::Release);
        inner.watchers.note(&change);
    }

    /// Puts the changes that were applied into the queues of their watchers, who sleep on until
    /// [`ResourceCache::ring`].
    pub(crate) fn deliver(&self) {
        self.inner.write().watchers.deliver();
    }

    /// Wakes the watchers that something was delivered to.
    pub(crate) fn ring(&self) {
        self.inner.write().watchers.ring();
    }

    /// Every selected change after `revision`.
    pub(crate) fn watch(self: &Arc<Self>, filter: Filter, revision: u64) -> Result<Watched, TooOld> {
        let mut inner = self.inner.write();
        if revision < inner.complete_after {
            return Err(TooOld { oldest: inner.complete_after });
        }
        let start = inner.window.partition_point(|change| change.revision <= revision);
        let event = |change: &Arc<Change>| Some((filter.event(change)?, change.clone()));
        let past = inner.window.iter().skip(start).filter_map(event).collect();
        let place = inner.watchers.reserve(self.resource, filter);
        let (sender, queue) = queue::queue(Arc::downgrade(self), place);
        inner.watchers.join(place, sender);
        Ok(Watched { past, queue })
    }

    /// Forgets a watcher.
    fn leave(&self, place: Place) {
        self.inner.write().watchers.leave(self.resource, place);
    }

    /// The selected objects, and every selected change after them.
    pub(crate) fn snapshot_and_watch(self: &Arc<Self>, filter: Filter, applied: u64) -> (Snapshot, Watched) {
        // Between the two locks changes may happen; they are in the window and so in the watch.
        let snapshot = self.snapshot(&filter, None, 0, applied);
        let watched = self.watch(filter.clone(), snapshot.revision);
        match watched {
            Ok(watched) => (snapshot, watched),
            // Thousands of changes between the two locks: take both again.
            Err(_) => self.snapshot_and_watch(filter, applied),
        }
    }
}

impl Snapshot {
    /// The first `limit` of what was found (zero for all), in the order of keys.
    fn of<'a>(
        found: impl Iterator<Item = (&'a Arc<str>, &'a Arc<Object>)>,
        limit: usize,
        revision: u64,
    ) -> Self {
        if limit == 0 {
            return Self { items: found.map(|(_, object)| object.clone()).collect(), revision, more: None };
        }
        let mut items = Vec::with_capacity(limit.min(PAGE));
        let mut last = None;
        let mut remaining = 0;
        for (key, object) in found {
            if items.len() < limit {
                items.push(object.clone());
                last = Some(key.clone());
            } else {
                remaining += 1;
            }
        }
        let more = last.filter(|_| remaining > 0).map(|key| (key, remaining));
        Self { items, revision, more }
    }
}

/// The keys of a namespace after one of them.
struct Bounds {
    start: Bound<String>,
    end: Bound<String>,
}

impl Bounds {
    /// `None` if there can be none.
    fn of(filter: &Filter, after: Option<&str>) -> Option<Self> {
        let prefix =
            if filter.namespace.is_empty() { String::new() } else { object_key(&filter.namespace, "") };
        let end = match filter.namespace.as_str() {
            "" => Bound::Unbounded,
            // What follows the slash in the order of bytes.
            namespace => Bound::Excluded(format!("{namespace}0")),
        };
        let start = match after {
            // A client may say anything here.
            Some(after) if after >= prefix.as_str() => Bound::Excluded(after.to_owned()),
            _ => Bound::Included(prefix),
        };
        match (&start, &end) {
            (Bound::Excluded(start), Bound::Excluded(end)) if start >= end => None,
            _ => Some(Self { start, end }),
        }
    }

    /// Whether a key of the namespace is not before the start.
    fn begin_before(&self, key: &str) -> bool {
        match &self.start {
            Bound::Excluded(after) => key > after.as_str(),
            Bound::Included(first) => key >= first.as_str(),
            Bound::Unbounded => true,
        }
    }

    fn as_range(&self) -> (Bound<&str>, Bound<&str>) {
        (self.start.as_ref().map(String::as_str), self.end.as_ref().map(String::as_str))
    }
}

impl Inner {
    /// Adds a change to the window, which forgets its oldest.
    fn remember(&mut self, change: Change, room: &Arc<Room>) {
        self.window_bytes += change.weight();
        self.shares.push_back(room.take(change.weight()));
        self.window.push_back(Arc::new(change));
        while self.window.len() > WINDOW
            || (self.window.len() > WINDOW_MINIMUM && self.window_bytes > WINDOW_BYTES)
            || (self.window.len() > 1 && room.is_over())
        {
            let Some(old) = self.window.pop_front() else { break };
            self.shares.pop_front();
            self.window_bytes -= old.weight();
            self.complete_after = old.revision;
        }
    }
}

/// The key of an object within its resource.
pub(crate) fn object_key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn range_from<'a>(
    objects: &'a BTreeMap<Arc<str>, Arc<Object>>,
    start: &str,
) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Object>)> + use<'a> {
    let bounds = (std::ops::Bound::Included(start), std::ops::Bound::Unbounded);
    objects.range::<str, _>(bounds)
}
