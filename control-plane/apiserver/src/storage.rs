//! Between objects and the store: keys, bytes, commits, and the feed of the watch cache.
//!
//! A stored value is the object's canonical JSON without `resourceVersion`, which only the commit
//! decides; the final bytes are spliced together once, by the feed, and shared from then on. A writer
//! hands the value that it already holds to the feed, so that what was just encoded is not parsed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use api::json;
use bytes::Bytes;
use meta::Status;
use parking_lot::Mutex;
use stdx::Clock;
use store::Durability;
use store::Expect;
use store::Op;
use store::Revision;
use store::Store;
use store::Watch;
use store::Write;
use supervise::Stop;
use tokio::sync::oneshot;

use crate::cache::Filter;
use crate::cache::ResourceCache;
use crate::cache::Rooms;
use crate::cache::Snapshot;
use crate::cache::WatchCache;

/// Everything of ours in the store.
pub(crate) const ROOT: &str = "/registry/";

/// What is reserved for an object's bytes at first: most fit.
const ENCODED_BYTES: usize = 8192;

/// Objects on top of a store.
pub(crate) struct Storage {
    store: Arc<dyn Store>,
    pub(crate) cache: WatchCache,
    handoffs: Mutex<HashMap<usize, Handoff>>,
    /// Opened before the first write, so that every event of ours arrives live, until the feed takes it.
    watch: Mutex<Option<Watch>>,
}

/// A value on its way from a writer to the feed, found by the address of its encoded bytes, which
/// are shared between the two and therefore unique while they live.
struct Handoff {
    value: Value,
    slot: usize,
    done: oneshot::Sender<Arc<Object>>,
}

/// One change of one object.
#[derive(Clone)]
pub(crate) struct ObjectWrite {
    pub(crate) resource: &'static Resource,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) expect: Expect,
    /// What is to be stored; `None` deletes.
    pub(crate) value: Option<Value>,
    pub(crate) durability: Durability,
}

/// Why a commit did not happen.
pub(crate) enum CommitError {
    /// A precondition does not hold.
    Conflict,
    /// Anything else.
    Failed(Status),
}

/// What a commit did.
pub(crate) struct Committed {
    /// The stored object of each write that stored one.
    pub(crate) objects: Vec<Option<Arc<Object>>>,
}

impl Storage {
    /// Reads everything there is into the watch cache, whose watches get these rooms.
    pub(crate) async fn load(store: Arc<dyn Store>, rooms: &Rooms) -> Result<Self, store::Error> {
        let stored = Resource::all().iter().filter(|r| is_stored(r));
        let cache = WatchCache::new(stored, prefix_of, rooms);
        let revision = store.current_revision();
        for resource_cache in cache.all() {
            let range = store::Range { at: Some(revision), ..store::Range::prefix(&resource_cache.prefix) };
            let page = store.range(range).await?;
            let objects = page.records.iter().filter_map(|record| {
                decode(resource_cache.resource, &record.value, record.modified)
                    .inspect_err(|error| tracing::error!(key = %record.key, %error, "stored object unreadable, left out"))
                    .ok()
            });
            resource_cache.load(objects.map(Arc::new).collect(), revision.0);
        }
        cache.set_applied(revision.0);
        let watch = store.watch(ROOT, revision).await?;
        Ok(Self { store, cache, handoffs: Mutex::default(), watch: Mutex::new(Some(watch)) })
    }

    /// Feeds the watch cache until stopped. An end without being asked is fatal to the API server.
    pub(crate) async fn feed(&self, stop: Stop) {
        let Some(mut watch) = self.watch.lock().take() else { return };
        // Cancel-safe: `next` keeps a batch that was not taken.
        while let Some(batch) = stop.unless(watch.next()).await {
            match batch {
                Ok(batch) => {
                    let mut touched: Vec<&Arc<ResourceCache>> = Vec::new();
                    for event in &batch.events {
                        let cache = self.apply(event);
                        touched.extend(cache.filter(|cache| !touched.iter().any(|t| Arc::ptr_eq(t, cache))));
                    }
                    touched.iter().for_each(|cache| cache.deliver());
                    // The writers first, who wait for their answers; watchers once for the batch.
                    self.cache.set_applied(batch.revision.0);
                    touched.iter().for_each(|cache| cache.ring());
                }
                Err(error) => return tracing::error!(%error, "the watch of the store broke"),
            }
        }
    }

    /// Makes all changes or none, and completes once the watch cache shows them.
    pub(crate) async fn commit(&self, writes: Vec<ObjectWrite>) -> Result<Committed, CommitError> {
        let mut receivers = Vec::with_capacity(writes.len());
        let mut raw = Vec::with_capacity(writes.len());
        let mut guard = HandoffGuard { storage: self, keys: Vec::new() };
        for write in writes {
            let op = match write.value {
                None => {
                    receivers.push(None);
                    Op::Delete
                }
                Some(value) => {
                    let Encoded { bytes, slot, value } = encode(value);
                    let (done, receiver) = oneshot::channel();
                    let address = bytes.as_ptr() as usize;
                    self.handoffs.lock().insert(address, Handoff { value, slot, done });
                    guard.keys.push(address);
                    receivers.push(Some((receiver, write.resource, bytes.clone())));
                    Op::Put(bytes)
                }
            };
            let key = self.key_of(write.resource, &write.namespace, &write.name);
            raw.push(Write { key, expect: write.expect, op, durability: write.durability });
        }
        let committed = match self.store.commit_all(raw).await {
            Ok(committed) => committed,
            Err(error @ store::Error::Conflict { .. }) => {
                // Whoever is told of a conflict finds in the cache what they conflict with.
                self.catch_up().await;
                return Err(commit_error(error));
            }
            Err(error) => return Err(commit_error(error)),
        };
        let revision = committed.first().map(|c| c.revision).unwrap_or_default();
        self.cache.wait_applied(revision.0).await;
        let mut objects = Vec::with_capacity(receivers.len());
        for receiver in receivers {
            objects.push(match receiver {
                None => None,
                // The feed handed it back before it said that the revision was applied; unless the
                // store gave the feed a copy of the bytes, as a remote one does.
                Some((mut receiver, resource, bytes)) => Some(match receiver.try_recv() {
                    Ok(object) => object,
                    Err(_) => Arc::new(decode(resource, &bytes, revision).map_err(internal)?),
                }),
            });
        }
        Ok(Committed { objects })
    }

    /// Completes once the watch cache shows everything that was acknowledged before this call.
    pub(crate) async fn catch_up(&self) {
        self.cache.wait_applied(self.store.current_revision().0).await;
    }

    /// Whether something that is to be stored waits for the store.
    pub(crate) fn is_writing(&self) -> bool {
        !self.handoffs.lock().is_empty()
    }

    /// The newest revision of the store, and the newest that the watch cache shows.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.store.current_revision().0, self.cache.applied())
    }

    /// The selected objects of a collection exactly as they were at a revision, from the store's
    /// history.
    pub(crate) async fn range_at(
        &self,
        resource: &'static Resource,
        filter: &Filter,
        after: Option<&str>,
        limit: usize,
        revision: u64,
    ) -> Result<Snapshot, Status> {
        let root = prefix_of(resource);
        let prefix =
            if filter.namespace.is_empty() { root.clone() } else { format!("{root}{}/", filter.namespace) };
        let mut snapshot = Snapshot { items: Vec::new(), revision, more: None };
        let mut after = after.map(|key| format!("{root}{key}"));
        loop {
            let range = store::Range {
                prefix: prefix.clone(),
                after: after.take(),
                limit,
                at: Some(Revision(revision)),
            };
            let page = self.store.range(range).await.map_err(|error| match error {
                store::Error::Compacted { .. } => {
                    Status::expired("The resourceVersion for the provided list is too old.")
                }
                error => Status::internal(error),
            })?;
            for (i, record) in page.records.iter().enumerate() {
                let object = decode(resource, &record.value, record.modified).map_err(Status::internal)?;
                if !filter.selects(&object) {
                    continue;
                }
                snapshot.items.push(Arc::new(object));
                if limit > 0 && snapshot.items.len() == limit {
                    let left = page.remaining + (page.records.len() - i - 1) as u64;
                    if left > 0 {
                        snapshot.more = Some((record.key[root.len()..].into(), left));
                    }
                    return Ok(snapshot);
                }
            }
            if page.remaining == 0 {
                return Ok(snapshot);
            }
            after = page.records.last().map(|record| record.key.to_string());
        }
    }

    /// Whether the history of a revision was given up.
    pub(crate) fn gave_up(&self, revision: u64) -> bool {
        revision < self.store.compacted_revision().0
    }

    /// Gives up history that is older than `interval`, again and again until asked to stop: each time
    /// what was already there the time before, so that it lives for one to two intervals.
    pub(crate) async fn compact(self: Arc<Self>, clock: Clock, interval: Duration, stop: Stop) {
        loop {
            let seen = self.store.current_revision();
            tokio::select! {
                () = clock.sleep(interval) => {}
                () = stop.requested() => return,
            }
            match self.store.compact(seen).await {
                Ok(()) => tracing::debug!(revision = seen.0, "history was given up"),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "history was not given up");
                }
            }
        }
    }

    fn key_of(&self, resource: &'static Resource, namespace: &str, name: &str) -> Arc<str> {
        let cache = self.cache.of(resource).expect("only stored resources are written");
        let parts: [&str; 4] = match namespace {
            "" => [&cache.prefix, "", "", name],
            namespace => [&cache.prefix, namespace, "/", name],
        };
        parts.concat().into()
    }

    /// Applies an event to the cache that it is about.
    fn apply(&self, event: &store::Event) -> Option<&Arc<ResourceCache>> {
        let cache = self.cache.by_key(&event.key)?;
        let (namespace, name) = split_key(cache, &event.key)?;
        let object = match &event.kind {
            store::EventKind::Delete => None,
            store::EventKind::Put { value, .. } => {
                let handoff = self.handoffs.lock().remove(&(value.as_ptr() as usize));
                let object = match handoff {
                    Some(Handoff { value: parsed, slot, done }) => {
                        let object = Arc::new(finish(cache.resource, parsed, value, slot, event.revision));
                        // A writer whose client has gone no longer listens.
                        drop(done.send(object.clone()));
                        object
                    }
                    None => match decode(cache.resource, value, event.revision) {
                        Ok(object) => Arc::new(object),
                        Err(error) => {
                            tracing::error!(key = %event.key, %error, "stored object unreadable");
                            return None;
                        }
                    },
                };
                Some(object)
            }
        };
        cache.apply(namespace, name, event.revision.0, object);
        Some(cache)
    }
}

/// Takes handoffs back if the commit fails or its future is dropped.
struct HandoffGuard<'a> {
    storage: &'a Storage,
    keys: Vec<usize>,
}

impl Drop for HandoffGuard<'_> {
    fn drop(&mut self) {
        let mut handoffs = self.storage.handoffs.lock();
        for key in &self.keys {
            handoffs.remove(key);
        }
    }
}

/// Whether objects of a resource are stored, in this version.
pub(crate) fn is_stored(resource: &Resource) -> bool {
    let storable = resource.allows(api::verbs::GET) && resource.allows(api::verbs::CREATE);
    resource.served_by_default && storable && registry::versions::of(resource).is_none()
}

/// Where upstream keeps the objects of a resource, so that a cluster's etcd can be taken over.
fn prefix_of(resource: &Resource) -> String {
    let place = match (resource.group, resource.name) {
        ("", "nodes") => "minions".to_owned(),
        ("", "replicationcontrollers") => "controllers".to_owned(),
        ("", "services") => "services/specs".to_owned(),
        ("", "endpoints") => "services/endpoints".to_owned(),
        ("networking.k8s.io", "ingresses") => "ingress".to_owned(),
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", name) => format!("{}/{name}", resource.group),
        (_, name) => name.to_owned(),
    };
    format!("{ROOT}{place}/")
}

/// Where the object is stored.
pub(crate) fn key_of(resource: &Resource, namespace: &str, name: &str) -> String {
    prefix_of(resource) + &crate::cache::object_key(namespace, name)
}

fn split_key<'a>(cache: &ResourceCache, key: &'a str) -> Option<(&'a str, &'a str)> {
    let rest = key.strip_prefix(&cache.prefix)?;
    if cache.resource.namespaced { rest.split_once('/') } else { Some(("", rest)) }
}

struct Encoded {
    bytes: Bytes,
    /// Where `resourceVersion` belongs.
    slot: usize,
    value: Value,
}

/// Encodes a value without its `resourceVersion`, and finds the place where that belongs.
fn encode(mut value: Value) -> Encoded {
    let metadata = value.at_mut(&["metadata"]).ensure_map();
    metadata.remove("resourceVersion");
    // Go's order: name, generateName, namespace, selfLink, uid, then resourceVersion.
    let before = ["name", "generateName", "namespace", "selfLink", "uid"];
    let place = metadata.iter().take_while(|entry| before.contains(&entry.key.as_str())).count();
    let mut bytes = Vec::with_capacity(ENCODED_BYTES);
    bytes.push(b'{');
    let mut slot = 0;
    for (i, entry) in value.entries().iter().enumerate() {
        if i > 0 {
            bytes.push(b',');
        }
        json::push_key(&mut bytes, &entry.key);
        if entry.key.as_str() != "metadata" {
            json::write(&entry.value, &mut bytes);
            continue;
        }
        bytes.push(b'{');
        for (i, field) in entry.value.entries().iter().enumerate() {
            if i == place {
                slot = bytes.len();
            }
            if i > 0 {
                bytes.push(b',');
            }
            json::push_key(&mut bytes, &field.key);
            json::write(&field.value, &mut bytes);
        }
        if place == entry.value.entries().len() {
            slot = bytes.len();
        }
        bytes.push(b'}');
    }
    bytes.push(b'}');
    let entry = api::Entry { key: "resourceVersion".into(), value: Value::Null };
    value.at_mut(&["metadata"]).ensure_map().edit(|entries| entries.insert(place, entry));
    Encoded { bytes: bytes.into(), slot, value }
}

/// The object at the revision of its commit.
fn finish(
    resource: &'static Resource,
    mut value: Value,
    bytes: &Bytes,
    slot: usize,
    revision: Revision,
) -> Object {
    let text = revision.to_string();
    let mut json = Vec::with_capacity(bytes.len() + text.len() + 24);
    json.extend_from_slice(&bytes[..slot]);
    // Something always precedes it: an object has a name.
    json.extend_from_slice(b",\"resourceVersion\":\"");
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
    json.extend_from_slice(&bytes[slot..]);
    value.set(&["metadata", "resourceVersion"], text);
    Object::with_json(resource, value, json.into())
}

/// An object from its stored bytes.
fn decode(resource: &'static Resource, bytes: &[u8], revision: Revision) -> Result<Object, json::Error> {
    let mut value = json::parse_value(bytes)?;
    api::RawObject::compact(&mut value);
    let Encoded { bytes, slot, value } = encode(value);
    Ok(finish(resource, value, &bytes, slot, revision))
}

fn commit_error(error: store::Error) -> CommitError {
    match error {
        store::Error::Conflict { .. } => CommitError::Conflict,
        store::Error::Closed => CommitError::Failed(stopping()),
        error => {
            tracing::error!(%error, "commit failed");
            CommitError::Failed(Status::internal(error))
        }
    }
}

fn internal(error: json::Error) -> CommitError {
    CommitError::Failed(Status::internal(error))
}

fn stopping() -> Status {
    Status::new(meta::Reason::ServiceUnavailable, "the API server is stopping")
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn the_version_is_spliced_into_its_place() {
        let pods = Resource::find("", "v1", "pods").expect("a row");
        for (input, output) in [
            (
                value!({"kind": "Pod", "metadata": {"name": "a", "uid": "u", "labels": {"x": "y"}}, "spec": {}}),
                r#"{"kind":"Pod","metadata":{"name":"a","uid":"u","resourceVersion":"7","labels":{"x":"y"}},"spec":{}}"#,
            ),
            (
                value!({"metadata": {"name": "a", "resourceVersion": "3"}}),
                r#"{"metadata":{"name":"a","resourceVersion":"7"}}"#,
            ),
        ] {
            let Encoded { bytes, slot, value } = encode(input);
            let object = finish(pods, value, &bytes, slot, Revision(7));
            assert_eq!(object.json(), output);
            assert_eq!(json::to_string(object.value()), output);
            assert_eq!(object.resource_version().0, 7);
            assert_eq!(decode(pods, &bytes, Revision(7)).expect("decodes").json(), output);
        }
    }
}
