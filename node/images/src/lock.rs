//! One flight per key, and leases that keep unfinished work from the garbage collector.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Weak;

use parking_lot::Mutex;
use parking_lot::MutexGuard;
use tokio::sync::OwnedMutexGuard;

/// A mutex for every key, made when first asked for and forgotten when nobody holds it.
#[derive(Default)]
pub(crate) struct KeyedLocks {
    locks: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl KeyedLocks {
    /// Waits for the key's turn. Cancel-safe.
    pub(crate) async fn lock(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.locks.lock();
            match locks.get(key).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    locks.retain(|_, lock| lock.strong_count() > 0);
                    let lock = Arc::new(tokio::sync::Mutex::new(()));
                    locks.insert(key.to_owned(), Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }
}

/// The lease of work whose content is not known by name yet: nothing at all is collected meanwhile.
pub(crate) const EVERYTHING: &str = "*";

/// Counts of content in use by work in progress, by digest or chain id.
#[derive(Default)]
pub(crate) struct Leases {
    counts: Arc<Mutex<HashMap<String, usize>>>,
}

/// The content of one piece of work, held until dropped.
pub(crate) struct Lease {
    counts: Arc<Mutex<HashMap<String, usize>>>,
    keys: Vec<String>,
}

impl Leases {
    /// A lease of nothing yet.
    pub(crate) fn open(&self) -> Lease {
        Lease { counts: self.counts.clone(), keys: Vec::new() }
    }

    /// The leased keys, frozen: nothing can be leased while the guard lives, so a collector that
    /// decides and removes under it cannot take what somebody is about to use.
    pub(crate) fn freeze(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.counts.lock()
    }
}

impl Lease {
    /// Adds a key. Lease first, look whether it exists afterwards.
    pub(crate) fn hold(&mut self, key: &str) {
        *self.counts.lock().entry(key.to_owned()).or_default() += 1;
        self.keys.push(key.to_owned());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        for key in &self.keys {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
    }
}
