//! What waits for one watcher.
//!
//! A channel would wake its reader for every change. Changes come in batches, one for each fsync of
//! the store, and a hundred watchers that wake once for each batch send it as one piece: so putting a
//! change in and waking the reader are two steps here.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Change;

/// Changes that may wait for one watcher.
const BACKLOG: usize = 4096;

/// The cache's end.
pub(super) struct Sender {
    shared: Arc<Shared>,
    /// Whether something was put in that the reader was not woken for.
    quiet: bool,
}

/// The watcher's end.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Default)]
struct State {
    changes: VecDeque<Arc<Change>>,
    /// The other end is gone.
    closed: bool,
}

/// Both ends of a queue.
pub(super) fn queue() -> (Sender, Receiver) {
    let shared = Arc::new(Shared::default());
    (Sender { shared: shared.clone(), quiet: false }, Receiver { shared })
}

impl Sender {
    /// Puts a change in, without waking the reader. `false` if the reader is gone, or so far behind
    /// that it must be cut off, which dropping this end does.
    pub(super) fn push(&mut self, change: &Arc<Change>) -> bool {
        let mut state = self.shared.state.lock();
        if state.closed || state.changes.len() >= BACKLOG {
            return false;
        }
        state.changes.push_back(change.clone());
        self.quiet = true;
        true
    }

    /// Wakes the reader, if there is something new for it.
    pub(super) fn ring(&mut self) {
        if std::mem::take(&mut self.quiet) {
            self.shared.bell.notify_one();
        }
    }

    /// Whether the reader is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.shared.state.lock().closed
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
    pub(crate) fn take(&self, into: &mut VecDeque<Arc<Change>>) -> bool {
        let mut state = self.shared.state.lock();
        let open = !state.closed || !state.changes.is_empty();
        if into.is_empty() {
            std::mem::swap(into, &mut state.changes);
        } else {
            into.append(&mut state.changes);
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
        let mut state = self.shared.state.lock();
        state.closed = true;
        state.changes.clear();
    }
}
