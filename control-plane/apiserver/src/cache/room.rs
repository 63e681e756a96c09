//! What watches may take in memory besides the objects: a bound in bytes for all resources together.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// A bound, and what counts against it. Nobody waits for room: whoever finds none forgets something.
#[derive(Debug)]
pub(crate) struct Room {
    bound: usize,
    taken: AtomicUsize,
}

/// The rooms of a watch cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rooms {
    /// For the past that watches may begin in.
    pub(crate) windows: Arc<Room>,
    /// For what waits for watchers that do not keep up.
    pub(crate) backlogs: Arc<Room>,
}

/// A part of a room that is taken, until it is dropped.
pub(super) struct Share {
    room: Arc<Room>,
    bytes: usize,
}

impl Rooms {
    /// Rooms of so many bytes.
    pub(crate) fn new(windows: usize, backlogs: usize) -> Self {
        let room = |bound| Arc::new(Room { bound, taken: AtomicUsize::new(0) });
        Self { windows: room(windows), backlogs: room(backlogs) }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { bound: usize::MAX, taken: AtomicUsize::new(0) }
    }
}

impl Room {
    /// Whether more is taken than there is.
    pub(super) fn is_over(&self) -> bool {
        // The counter guards no other memory: a look that is a moment old does no harm.
        self.taken.load(Ordering::Relaxed) > self.bound
    }

    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Share {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Share { room: self.clone(), bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
