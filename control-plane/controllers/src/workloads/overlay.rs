//! What a controller wrote, laid over what its informer shows already.
//!
//! An informer lags behind writes. A controller that made three pods and is woken before it sees
//! them would make three more; so it remembers each write until the informer has passed its
//! revision. Reads through the overlay never lag behind the controller's own writes.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use api::Object;
use client::Informer;
use parking_lot::Mutex;

/// Own writes of the objects of one informer, by the owner they were written for.
pub(crate) struct Overlay {
    /// The newest revision the informer has shown.
    seen: Arc<AtomicU64>,
    written: Mutex<HashMap<String, Written>>,
}

#[derive(Default)]
struct Written {
    made: Vec<Arc<Object>>,
    ended: HashSet<String>,
}

impl Overlay {
    /// An empty overlay of an informer.
    pub(crate) fn new(informer: &Informer) -> Self {
        let seen = Arc::new(AtomicU64::new(0));
        let newest = seen.clone();
        informer.subscribe(move |change| {
            newest.fetch_max(change.object().resource_version().0, Ordering::Relaxed);
        });
        Self { seen, written: Mutex::default() }
    }

    /// An object was made for an owner.
    pub(crate) fn made(&self, owner: &str, object: Arc<Object>) {
        self.written.lock().entry(owner.to_owned()).or_default().made.push(object);
    }

    /// Deletion of an object was asked for.
    pub(crate) fn ended(&self, owner: &str, uid: &str) {
        self.written.lock().entry(owner.to_owned()).or_default().ended.insert(uid.to_owned());
    }

    /// The owner's objects: those `shown` by the informer, with those it lacks still, without those
    /// that were ended and that it shows as `living` still.
    pub(crate) fn apply(
        &self,
        owner: &str,
        mut shown: Vec<Arc<Object>>,
        living: impl Fn(&Object) -> bool,
    ) -> Vec<Arc<Object>> {
        let mut all = self.written.lock();
        let Some(written) = all.get_mut(owner) else { return shown };
        let seen = self.seen.load(Ordering::Relaxed);
        let known = |object: &Arc<Object>| shown.iter().any(|other| other.uid() == object.uid());
        written.made.retain(|object| object.resource_version().0 > seen && !known(object));
        written.ended.retain(|uid| shown.iter().any(|object| object.uid() == uid && living(object)));
        shown.retain(|object| !written.ended.contains(object.uid()));
        shown.extend(written.made.iter().filter(|object| !written.ended.contains(object.uid())).cloned());
        if written.made.is_empty() && written.ended.is_empty() {
            all.remove(owner);
        }
        shown
    }
}
