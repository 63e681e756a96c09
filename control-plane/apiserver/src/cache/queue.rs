//! What waits for one watcher.
//!
//! A channel would wake its reader for every piece. Writers wait for the same batch of the store that
//! watchers are told of, and come first: so putting something in and waking the reader are two steps
//! here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Weak;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::ResourceCache;
use super::change::Events;
use super::room::Room;
use super::watchers::Place;

/// Changes that may wait for one watcher.
const BACKLOG: usize = 4096;

/// The cache's end.
pub(super) struct Sender {
    shared: Arc<Shared>,
}

/// The watcher's end. The cache forgets the watcher when it is dropped.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    cache: Weak<ResourceCache>,
    place: Place,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Arc<Events>>,
    /// How many changes they are.
    changes: usize,
    /// Nothing more will come.
    closed: bool,
}

/// Both ends of the queue of a watcher of `cache`, who is at `place`.
pub(super) fn queue(cache: Weak<ResourceCache>, place: Place) -> (Sender, Receiver) {
    let shared = Arc::new(Shared::default());
    (Sender { shared: shared.clone() }, Receiver { shared, cache, place })
}

impl Sender {
    /// Puts changes in, without waking the reader. `false` if the reader is so far behind that it must
    /// be cut off, which dropping this end does.
    pub(super) fn push(&self, events: &Arc<Events>, room: &Room) -> bool {
        let mut state = self.shared.state.lock();
        if state.changes > 0 && (state.changes + events.len() > BACKLOG || room.is_over()) {
            return false;
        }
        state.changes += events.len();
        state.batches.push_back(events.clone());
        true
    }

    /// Wakes the reader.
    pub(super) fn ring(&self) {
        self.shared.bell.notify_one();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.bell.notify_one();
    }
}

impl Receiver {
    /// Moves everything that waits to the end of `into`. `false` once nothing will come any more.
    pub(crate) fn take(&self, into: &mut VecDeque<Arc<Events>>) -> bool {
        let mut state = self.shared.state.lock();
        let open = !state.closed || !state.batches.is_empty();
        state.changes = 0;
        if into.is_empty() {
            std::mem::swap(into, &mut state.batches);
        } else {
            into.append(&mut state.batches);
        }
        open
    }

    /// Completes when something came in since the last look, or the other end is gone. Cancel-safe: it
    /// takes nothing, and a wake-up that was missed is kept for the next call.
    pub(crate) async fn rang(&self) {
        self.shared.bell.notified().await;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(cache) = self.cache.upgrade() {
            cache.leave(self.place);
        }
    }
}
