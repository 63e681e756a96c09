//! The watch cache: the current state of every resource and its latest changes, as shared objects
//! with their bytes.
//!
//! Invariants:
//! - It is fed by one watch of the store, in revision order; `applied` says how far.
//! - A list's version is never older than any object in it, and never newer than what was applied.
//! - A watch delivers every change after its start that its filter selects, once, in order; a
//!   watcher that does not keep up is cut off, never skipped.
//! - What is kept of the past is bytes: values are those of objects that exist.

mod queue;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use api::Object;
use api::Resource;
use bytes::Bytes;
use client::EventKind;
use meta::FieldSelector;
use meta::LabelSelector;
use parking_lot::RwLock;
use tokio::sync::watch;

pub(crate) use queue::Receiver;
use queue::Sender;

/// Changes kept per resource, for watches that begin in the past.
const WINDOW: usize = 4096;
/// Bytes of objects after which the window is cut earlier.
const WINDOW_BYTES: usize = 8 << 20;
/// Changes that are kept whatever their size.
const WINDOW_MINIMUM: usize = 256;

/// Every resource's cache.
pub(crate) struct WatchCache {
    caches: HashMap<(&'static str, &'static str), Arc<ResourceCache>>,
    /// Caches by the prefix of their keys, sorted.
    by_prefix: Vec<(String, Arc<ResourceCache>)>,
    applied: watch::Sender<u64>,
}

/// One resource's cache.
pub(crate) struct ResourceCache {
    pub(crate) resource: &'static Resource,
    inner: RwLock<Inner>,
    changes: AtomicU64,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<Arc<str>, Arc<Object>>,
    window: VecDeque<Arc<Change>>,
    /// What the changes of the window weigh.
    window_bytes: usize,
    /// Every change after this revision is in the window.
    complete_after: u64,
    /// The revision of the last change.
    revision: u64,
    watchers: Vec<Watcher>,
}

/// One change of one object.
pub(crate) struct Change {
    revision: u64,
    /// The object after it; of a deletion, its last state.
    object: Arc<Object>,
    /// The object before it.
    previous: Option<Arc<Object>>,
    deleted: bool,
    /// The lines of a JSON watch, by kind of event, made on first demand for all watchers.
    lines: [OnceLock<Bytes>; 3],
    /// What a watch sees of an object that was deleted or that it no longer selects: the state before
    /// at the revision of the change.
    departed: OnceLock<Arc<Object>>,
}

/// What a watcher wants to see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) namespace: String,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

struct Watcher {
    filter: Filter,
    queue: Sender,
}

/// A watcher's end.
pub(crate) struct Watched {
    /// What already happened, then what happens.
    pub(crate) past: VecDeque<Arc<Change>>,
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
    /// Empty caches for every resource that is stored; `prefix_of` gives the prefix of its keys.
    pub(crate) fn new(
        resources: impl Iterator<Item = &'static Resource>,
        prefix_of: impl Fn(&Resource) -> String,
    ) -> Self {
        let mut caches = HashMap::new();
        let mut by_prefix = Vec::new();
        for resource in resources {
            let cache =
                Arc::new(ResourceCache { resource, inner: RwLock::default(), changes: AtomicU64::new(0) });
            caches.insert((resource.group, resource.name), cache.clone());
            by_prefix.push((prefix_of(resource), cache));
        }
        by_prefix.sort_by(|a, b| a.0.cmp(&b.0));
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
        self.by_prefix.iter().map(|(_, cache)| cache)
    }

    /// The cache that a key of the store belongs to.
    pub(crate) fn by_key(&self, key: &str) -> Option<&Arc<ResourceCache>> {
        let end = self.by_prefix.partition_point(|(prefix, _)| prefix.as_str() <= key);
        // Prefixes may nest (`services/` and `services/specs/`), so look back past neighbours.
        self.by_prefix[..end]
            .iter()
            .rev()
            .take(4)
            .find(|(prefix, _)| key.starts_with(prefix.as_str()))
            .map(|(_, c)| c)
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
        let inner = self.inner.read();
        let prefix =
            if filter.namespace.is_empty() { String::new() } else { object_key(&filter.namespace, "") };
        let start = after.unwrap_or(&prefix);
        let candidates = range_from(&inner.objects, start)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter(|(key, object)| after != Some(&***key) && filter.selects(object));
        let revision = inner.revision.max(applied);
        if limit == 0 {
            return Snapshot { items: candidates.map(|(_, o)| o.clone()).collect(), revision, more: None };
        }
        let mut items = Vec::with_capacity(limit);
        let mut last = None;
        let mut remaining = 0;
        for (key, object) in candidates {
            if items.len() < limit {
                items.push(object.clone());
                last = Some(key.clone());
            } else {
                remaining += 1;
            }
        }
        let more = last.filter(|_| remaining > 0).map(|key| (key, remaining));
        Snapshot { items, revision, more }
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
    /// sleep on until [`ResourceCache::ring`].
    pub(crate) fn apply(&self, namespace: &str, name: &str, revision: u64, object: Option<Arc<Object>>) {
        let key = object_key(namespace, name);
        let mut inner = self.inner.write();
        let change = match object {
            Some(object) => {
                let previous = inner.objects.insert(key.into(), object.clone());
                Change::new(revision, object, previous)
            }
            None => {
                let Some(previous) = inner.objects.remove(key.as_str()) else { return };
                Change { deleted: true, ..Change::new(revision, previous.clone(), Some(previous)) }
            }
        };
        let change = Arc::new(change);
        inner.revision = revision;
        inner.remember(change.without_values());
        self.changes.fetch_add(1, Ordering::Release);
        // A full queue means a watcher that does not keep up: dropping its sender ends it with 410.
        inner.watchers.retain_mut(|watcher| {
            if watcher.filter.event(&change).is_none() {
                return !watcher.queue.is_closed();
            }
            watcher.queue.push(&change)
        });
    }

    /// Wakes the watchers that changes were applied for.
    pub(crate) fn ring(&self) {
        self.inner.write().watchers.iter_mut().for_each(|watcher| watcher.queue.ring());
    }

    /// Every selected change after `revision`.
    pub(crate) fn watch(&self, filter: Filter, revision: u64) -> Result<Watched, TooOld> {
        let mut inner = self.inner.write();
        if revision < inner.complete_after {
            return Err(TooOld { oldest: inner.complete_after });
        }
        let start = inner.window.partition_point(|change| change.revision <= revision);
        let past = inner.window.iter().skip(start).filter(|c| filter.event(c).is_some()).cloned().collect();
        let (sender, queue) = queue::queue();
        inner.watchers.push(Watcher { filter, queue: sender });
        Ok(Watched { past, queue })
    }

    /// The selected objects, and every selected change after them.
    pub(crate) fn snapshot_and_watch(&self, filter: Filter, applied: u64) -> (Snapshot, Watched) {
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

impl Inner {
    /// Adds a change to the window, which forgets its oldest.
    fn remember(&mut self, change: Change) {
        self.window_bytes += change.weight();
        self.window.push_back(Arc::new(change));
        while self.window.len() > WINDOW
            || (self.window.len() > WINDOW_MINIMUM && self.window_bytes > WINDOW_BYTES)
        {
            let Some(old) = self.window.pop_front() else { break };
            self.window_bytes -= old.weight();
            self.complete_after = old.revision;
        }
    }
}

impl Change {
    fn new(revision: u64, object: Arc<Object>, previous: Option<Arc<Object>>) -> Self {
        Self {
            revision,
            object,
            previous,
            deleted: false,
            lines: Default::default(),
            departed: OnceLock::new(),
        }
    }

    /// The same with objects that hold on to nothing but their bytes: whoever follows the past reads
    /// those, and the values of objects that are no more would be most of what the window takes.
    fn without_values(&self) -> Self {
        let lean = |object: &Arc<Object>| Arc::new(object.without_value());
        let previous = self.previous.as_ref().map(lean);
        Self { deleted: self.deleted, ..Self::new(self.revision, lean(&self.object), previous) }
    }

    /// The bytes of the version that it brought or ended. Those before it are another change's.
    fn weight(&self) -> usize {
        self.object.json().len()
    }

    /// The object that an event of this kind carries.
    pub(crate) fn object_for(&self, kind: EventKind) -> &Arc<Object> {
        match &self.previous {
            Some(previous) if kind == EventKind::Deleted => {
                self.departed.get_or_init(|| Arc::new(at_revision(previous, self.revision)))
            }
            _ => &self.object,
        }
    }

    /// The line of a JSON watch for an event of this kind.
    pub(crate) fn line(&self, kind: EventKind) -> Bytes {
        let (slot, name) = match kind {
            EventKind::Added => (0, "ADDED"),
            EventKind::Modified => (1, "MODIFIED"),
            EventKind::Deleted | EventKind::Bookmark => (2, "DELETED"),
        };
        self.lines[slot].get_or_init(|| event_line(name, self.object_for(kind).json())).clone()
    }
}

/// The same object with another `resourceVersion`.
fn at_revision(object: &Object, revision: u64) -> Object {
    let mut value = object.value().clone();
    value.set(&["metadata", "resourceVersion"], revision.to_string());
    Object::new(object.resource(), value)
}

/// One line of a JSON watch.
pub(crate) fn event_line(kind: &str, object: &[u8]) -> Bytes {
    let mut line = Vec::with_capacity(object.len() + kind.len() + 24);
    line.extend_from_slice(b"{\"type\":\"");
    line.extend_from_slice(kind.as_bytes());
    line.extend_from_slice(b"\",\"object\":");
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    line.into()
}

impl Filter {
    /// Whether an object is selected.
    pub(crate) fn selects(&self, object: &Object) -> bool {
        (self.namespace.is_empty() || object.namespace() == self.namespace)
            && (self.labels.is_empty() || object.index().matches_labels(&self.labels))
            && (self.fields.is_empty() || object.index().matches_fields(object.resource(), &self.fields))
    }

    /// What a change is to a watcher with this filter: an object that begins to be selected was
    /// added, one that ceases to be selected was deleted.
    pub(crate) fn event(&self, change: &Change) -> Option<EventKind> {
        let before = change.previous.as_ref().is_some_and(|object| self.selects(object));
        let after = !change.deleted && self.selects(&change.object);
        match (before, after) {
            (false, true) => Some(EventKind::Added),
            (true, true) => Some(EventKind::Modified),
            (true, false) => Some(EventKind::Deleted),
            (false, false) => None,
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
