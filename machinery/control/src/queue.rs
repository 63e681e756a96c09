//! A queue of keys: each at most once, none while it is being worked on, delays and back-off.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use stdx::BackoffPolicy;
use stdx::Clock;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Back-off of a key that fails, as upstream's default rate limiter: 5 ms doubling to 1,000 s.
const FAILURE: BackoffPolicy = BackoffPolicy {
    initial: Duration::from_millis(5),
    max: Duration::from_secs(1000),
    factor: 2.0,
    jitter: 0.0,
};

/// Namespace and name of an object; the namespace is empty for cluster-scoped ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// A key.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The key of an object.
    pub fn of(object: &api::Object) -> Self {
        Self::new(object.namespace(), object.name())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// A queue of keys; cheap to clone.
#[derive(Clone)]
pub struct WorkQueue {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Key>,
    /// Keys waiting for a worker, with the first reason they were added for.
    waiting: HashMap<Key, &'static str>,
    working: HashSet<Key>,
    delayed: BinaryHeap<Reverse<(Instant, Key)>>,
    /// The earliest time each delayed key is due: later entries of the heap are stale.
    due: HashMap<Key, Instant>,
    failures: HashMap<Key, u32>,
}

impl WorkQueue {
    /// An empty queue.
    pub fn new(clock: Clock) -> Self {
        Self { shared: Arc::new(Shared { clock, state: Mutex::default(), changed: Notify::new() }) }
    }

    /// Adds a key. The reason is for the log only; merged wake-ups keep the first.
    pub fn add(&self, key: Key, reason: &'static str) {
        self.shared.state.lock().add(key, reason);
        self.shared.changed.notify_one();
    }

    /// Adds a key after a delay; of several delays of one key the shortest counts.
    pub fn add_after(&self, key: Key, delay: Duration) {
        let at = self.shared.clock.instant() + delay;
        let mut state = self.shared.state.lock();
        if state.due.get(&key).is_some_and(|due| *due <= at) {
            return;
        }
        state.due.insert(key.clone(), at);
        state.delayed.push(Reverse((at, key)));
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Adds a key that failed, after its back-off; returns the delay.
    pub fn retry(&self, key: Key) -> Duration {
        let delay = {
            let mut state = self.shared.state.lock();
            let failures = state.failures.entry(key.clone()).or_insert(0);
            *failures += 1;
            FAILURE.delay(*failures - 1)
        };
        self.add_after(key, delay);
        delay
    }

    /// Forgets that a key failed.
    pub fn forget(&self, key: &Key) {
        self.shared.state.lock().failures.remove(key);
    }

    /// The next key and the reason it was added for. It is not handed out again before
    /// [`WorkQueue::done`]. Cancel-safe.
    pub async fn next(&self) -> (Key, &'static str) {
        loop {
            let wake = {
                let mut state = self.shared.state.lock();
                state.release_due(self.shared.clock.instant());
                if let Some(found) = state.take() {
                    if !state.ready.is_empty() {
                        self.shared.changed.notify_one();
                    }
                    return found;
                }
                state.delayed.peek().map(|Reverse((at, _))| *at)
            };
            match wake {
                None => self.shared.changed.notified().await,
                Some(at) => tokio::select! {
                    // Both arms only wake the loop, so losing either loses nothing.
                    () = self.shared.changed.notified() => {}
                    () = self.shared.clock.sleep_until(at) => {}
                },
            }
        }
    }

    /// The work on a key ended; if it was added meanwhile it is handed out again.
    pub fn done(&self, key: &Key) {
        let mut state = self.shared.state.lock();
        state.working.remove(key);
        if state.waiting.contains_key(key) {
            state.ready.push_back(key.clone());
            drop(state);
            self.shared.changed.notify_one();
        }
    }

    /// Number of keys waiting for a worker.
    pub fn len(&self) -> usize {
        self.shared.state.lock().waiting.len()
    }

    /// Whether no key waits for a worker.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl State {
    fn add(&mut self, key: Key, reason: &'static str) {
        if self.waiting.contains_key(&key) {
            return;
        }
        self.waiting.insert(key.clone(), reason);
        if !self.working.contains(&key) {
            self.ready.push_back(key);
        }
    }

    fn take(&mut self) -> Option<(Key, &'static str)> {
        let key = self.ready.pop_front()?;
        let reason = self.waiting.remove(&key).unwrap_or("unknown");
        self.working.insert(key.clone());
        Some((key, reason))
    }

    fn release_due(&mut self, now: Instant) {
        while let Some(Reverse((at, _))) = self.delayed.peek()
            && *at <= now
        {
            let Some(Reverse((at, key))) = self.delayed.pop() else { return };
            if self.due.get(&key) == Some(&at) {
                self.due.remove(&key);
                self.add(key, "delay over");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn merges_holds_back_and_delays() {
        let queue = WorkQueue::new(Clock::system());
        let (a, b) = (Key::new("n", "a"), Key::new("", "b"));
        queue.add(a.clone(), "first");
        queue.add(a.clone(), "second");
        queue.add(b.clone(), "x");
        assert_eq!(queue.next().await, (a.clone(), "first"));
        queue.add(a.clone(), "third");
        assert_eq!(queue.next().await, (b.clone(), "x"));
        // `a` is being worked on: it comes back only after it is done.
        assert!(tokio::time::timeout(Duration::from_secs(1), queue.next()).await.is_err());
        queue.done(&a);
        assert_eq!(queue.next().await, (a.clone(), "third"));
        queue.done(&a);
        queue.add_after(a.clone(), Duration::from_secs(9));
        queue.add_after(a.clone(), Duration::from_secs(3));
        let start = Instant::now();
        assert_eq!(queue.next().await.0, a);
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        queue.done(&a);
        // The longer delay was dropped, not kept for later.
        assert!(tokio::time::timeout(Duration::from_secs(60), queue.next()).await.is_err());
        assert_eq!(queue.retry(a.clone()), Duration::from_millis(5));
        assert_eq!(queue.next().await.0, a);
        assert_eq!(queue.retry(a.clone()), Duration::from_millis(10));
        queue.forget(&a);
        assert_eq!(format!("{a} {b}"), "n/a b");
    }
}
