//! Shared informers: one watch and one copy of each kind per process.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use api::Object;
use api::Resource;
use meta::FieldSelector;
use parking_lot::Mutex;
use parking_lot::RwLock;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::sync::watch;

use crate::Client;
use crate::reflector;

static REFLECTOR: TaskKind =
    TaskKind { name: "reflector", rank: Rank::Informers, on_end: OnEnd::StopProcess };

/// Which part of a collection an informer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// Only this namespace; empty for all.
    pub namespace: String,
    /// Only objects that this field selector (in its text form) selects; empty for all.
    pub fields: String,
}

/// Every informer of a process; cheap to clone.
#[derive(Clone)]
pub struct Informers {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    clock: Clock,
    rng: Rng,
    spawner: Spawner,
    running: Mutex<HashMap<(&'static str, &'static str, Scope), Informer>>,
}

/// The current state of a collection and its changes; cheap to clone.
#[derive(Clone)]
pub struct Informer {
    cache: Arc<Cache>,
}

/// One change of one object, as handlers see it.
pub struct Change<'a> {
    /// Before; `None` where it is new.
    pub old: Option<&'a Arc<Object>>,
    /// After; `None` where it is gone.
    pub new: Option<&'a Arc<Object>>,
}

impl Change<'_> {
    /// The object after the change, or the last state of one that is gone.
    pub fn object(&self) -> &Arc<Object> {
        self.new.or(self.old).expect("a change has at least one side")
    }
}

type Handler = Box<dyn Fn(&Change<'_>) + Send + Sync>;
type KeysOf = fn(&Object) -> Vec<String>;

/// Namespace and name. Cluster-scoped objects have an empty namespace.
pub(crate) type ObjectKey = (String, String);

pub(crate) struct Cache {
    pub(crate) resource: &'static Resource,
    pub(crate) scope: Scope,
    state: RwLock<State>,
    handlers: RwLock<Vec<Handler>>,
    synced: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<ObjectKey, Arc<Object>>,
    indexes: Vec<Index>,
}

struct Index {
    name: &'static str,
    keys_of: KeysOf,
    entries: HashMap<String, BTreeMap<ObjectKey, Arc<Object>>>,
}

impl Informers {
    /// Informers that read through `client`.
    pub fn new(client: Client, clock: Clock, rng: Rng, spawner: Spawner) -> Self {
        let shared = Shared { client, clock, rng, spawner, running: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The informer of a whole resource, started on first use.
    pub fn get(&self, resource: &'static Resource) -> Informer {
        self.scoped(resource, Scope::default())
    }

    /// The informer of part of a resource, started on first use.
    pub fn scoped(&self, resource: &'static Resource, scope: Scope) -> Informer {
        let key = (resource.group, resource.name, scope.clone());
        let mut running = self.shared.running.lock();
        if let Some(informer) = running.get(&key) {
            return informer.clone();
        }
        let cache = Arc::new(Cache {
            resource,
            scope,
            state: RwLock::default(),
            handlers: RwLock::default(),
            synced: watch::Sender::new(false),
        });
        let informer = Informer { cache: cache.clone() };
        running.insert(key, informer.clone());
        let (client, clock, rng) =
            (self.shared.client.clone(), self.shared.clock.clone(), self.shared.rng.clone());
        let stop = self.shared.spawner.stop(Rank::Informers);
        self.shared.spawner.spawn(&REFLECTOR, resource.name, reflector::run(cache, client, clock, rng, stop));
        informer
    }

    /// Completes once every informer asked for so far holds the state of its first list.
    pub async fn synced(&self) {
        let informers: Vec<Informer> = self.shared.running.lock().values().cloned().collect();
        for informer in informers {
            informer.synced().await;
        }
    }
}

impl Informer {
    /// An informer without reflector, fed by [`Informer::replace`]: for tests of components.
    pub fn detached(resource: &'static Resource) -> Self {
        let cache = Cache {
            resource,
            scope: Scope::default(),
            state: RwLock::default(),
            handlers: RwLock::default(),
            synced: watch::Sender::new(false),
        };
        Self { cache: Arc::new(cache) }
    }

    /// The resource it holds.
    pub fn resource(&self) -> &'static Resource {
        self.cache.resource
    }

    /// One object.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.cache.state.read().objects.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// Every object, in key order.
    pub fn list(&self) -> Vec<Arc<Object>> {
        self.cache.state.read().objects.values().cloned().collect()
    }

    /// The objects of a namespace, in key order.
    pub fn list_in(&self, namespace: &str) -> Vec<Arc<Object>> {
        let state = self.cache.state.read();
        let from = (namespace.to_owned(), String::new());
        state
            .objects
            .range(from..)
            .take_while(|((ns, _), _)| ns == namespace)
            .map(|(_, o)| o.clone())
            .collect()
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.cache.state.read().objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an index: `keys_of` names the buckets an object belongs to. Adding the same name twice
    /// does nothing.
    pub fn add_index(&self, name: &'static str, keys_of: KeysOf) {
        let mut state = self.cache.state.write();
        if state.indexes.iter().any(|index| index.name == name) {
            return;
        }
        let mut index = Index { name, keys_of, entries: HashMap::new() };
        for (key, object) in &state.objects {
            index.add(key, object);
        }
        state.indexes.push(index);
    }

    /// The objects in a bucket of an index. Asking for an index that was never added is a mistake of
    /// the program.
    pub fn indexed(&self, name: &'static str, bucket: &str) -> Vec<Arc<Object>> {
        let state = self.cache.state.read();
        let index = state.indexes.iter().find(|i| i.name == name).expect("the index was added at build time");
        index.entries.get(bucket).map(|entries| entries.values().cloned().collect()).unwrap_or_default()
    }

    /// Calls `handler` for every object there is, and then for every change, in order. It must be
    /// quick: it runs where the cache is updated, and typically only adds a key to a queue.
    pub fn subscribe(&self, handler: impl Fn(&Change<'_>) + Send + Sync + 'static) {
        // Changes are applied under the handlers' read lock, so none is missed or seen twice.
        let mut handlers = self.cache.handlers.write();
        for object in self.list() {
            handler(&Change { old: None, new: Some(&object) });
        }
        handlers.push(Box::new(handler));
    }

    /// Whether the first list has arrived.
    pub fn is_synced(&self) -> bool {
        *self.cache.synced.borrow()
    }

    /// Completes once the first list has arrived.
    pub async fn synced(&self) {
        let mut synced = self.cache.synced.subscribe();
        // The sender lives in the cache that `self` holds.
        synced.wait_for(|synced| *synced).await.map(drop).unwrap_or_default();
    }

    /// Replaces the whole state, as a new list does.
    pub fn replace(&self, objects: Vec<Arc<Object>>) {
        self.cache.replace(objects);
    }

    /// Applies one change, as a watch event does.
    pub fn apply(&self, object: Arc<Object>, deleted: Deleted) {
        self.cache.apply(object, deleted);
    }
}

/// Whether a change removed the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It exists.
    No,
    /// It is gone.
    Yes,
}

impl Cache {
    pub(crate) fn replace(&self, objects: Vec<Arc<Object>>) {
        let handlers = self.handlers.read();
        let mut fresh: BTreeMap<ObjectKey, Arc<Object>> =
            objects.into_iter().map(|o| (key_of(&o), o)).collect();
        let gone: Vec<ObjectKey> = {
            let state = self.state.read();
            state.objects.keys().filter(|key| !fresh.contains_key(*key)).cloned().collect()
        };
        for key in gone {
            let old = self.state.write().remove(&key);
            notify(&handlers, &Change { old: old.as_ref(), new: None });
        }
        while let Some((key, object)) = fresh.pop_first() {
            let old = self.state.write().insert(key, object.clone());
            let unchanged = old.as_ref().is_some_and(|old| {
                old.resource_version() == object.resource_version() && old.uid() == object.uid()
            });
            if !unchanged {
                notify(&handlers, &Change { old: old.as_ref(), new: Some(&object) });
            }
        }
        drop(handlers);
        self.synced.send_replace(true);
    }

    pub(crate) fn apply(&self, object: Arc<Object>, deleted: Deleted) {
        let handlers = self.handlers.read();
        let key = key_of(&object);
        match deleted {
            Deleted::Yes => {
                let old = self.state.write().remove(&key).unwrap_or(object);
                notify(&handlers, &Change { old: Some(&old), new: None });
            }
            Deleted::No => {
                let old = self.state.write().insert(key, object.clone());
                notify(&handlers, &Change { old: old.as_ref(), new: Some(&object) });
            }
        }
    }

    pub(crate) fn field_selector(&self) -> FieldSelector {
        FieldSelector::parse(&self.scope.fields).expect("a scope's selector is written in the program")
    }
}

impl State {
    fn insert(&mut self, key: ObjectKey, object: Arc<Object>) -> Option<Arc<Object>> {
        let old = self.objects.insert(key.clone(), object.clone());
        for index in &mut self.indexes {
            if let Some(old) = &old {
                index.remove(&key, old);
            }
            index.add(&key, &object);
        }
        old
    }

    fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Object>> {
        let old = self.objects.remove(key)?;
        for index in &mut self.indexes {
            index.remove(key, &old);
        }
        Some(old)
    }
}

impl Index {
    fn add(&mut self, key: &ObjectKey, object: &Arc<Object>) {
        for bucket in (self.keys_of)(object) {
            self.entries.entry(bucket).or_default().insert(key.clone(), object.clone());
        }
    }

    fn remove(&mut self, key: &ObjectKey, object: &Object) {
        for bucket in (self.keys_of)(object) {
            if let Some(entries) = self.entries.get_mut(&bucket) {
                entries.remove(key);
                if entries.is_empty() {
                    self.entries.remove(&bucket);
                }
            }
        }
    }
}

fn key_of(object: &Object) -> ObjectKey {
    (object.namespace().to_owned(), object.name().to_owned())
}

fn notify(handlers: &[Handler], change: &Change<'_>) {
    for handler in handlers {
        handler(change);
    }
}
