//! A watcher's end and the store's end of one watch.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Error;
use crate::Event;
use crate::Result;
use crate::Revision;

/// Events of one or more whole revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Every event of the watch up to this revision has been delivered once this batch is.
    pub revision: Revision,
    /// In revision order, never empty.
    pub events: Vec<Arc<Event>>,
}

/// History that a watch delivers before the live events: read piece by piece, so that a watch from
/// long ago does not take the memory of all of it.
pub trait Backlog: Send {
    /// The next piece, or `None` at the end.
    ///
    /// # Errors
    /// Any error ends the watch.
    fn next(&mut self) -> Result<Option<Batch>>;

    /// Whether [`Backlog::next`] may wait for the disk and belongs on a thread that may block.
    fn blocks(&self) -> bool {
        true
    }
}

/// A watch: take batches with [`Watch::next`] until it errs; drop it to end it.
pub struct Watch {
    history: History,
    live: mpsc::Receiver<Batch>,
    shared: Arc<Shared>,
}

/// The store's end of a watch.
#[derive(Debug)]
pub struct WatchSender {
    live: mpsc::Sender<Batch>,
    shared: Arc<Shared>,
    capacity_events: usize,
}

#[derive(Debug, Default)]
struct Shared {
    lagged: AtomicBool,
    queued_events: AtomicUsize,
}

type Piece = (Result<Option<Batch>>, Box<dyn Backlog>);

enum History {
    Unread(Box<dyn Backlog>),
    /// Kept here and not in the future of [`Watch::next`], which may be dropped.
    Reading(JoinHandle<Piece>),
    Done,
}

/// How many batches may wait, besides the bound on events.
const CAPACITY_BATCHES: usize = 4096;

impl Watch {
    /// A watch and the end that feeds it; for backends. At most `capacity_events` events wait,
    /// except that a single larger batch is let through to a watcher that is not behind.
    pub fn channel(capacity_events: usize, backlog: Option<Box<dyn Backlog>>) -> (WatchSender, Watch) {
        let (sender, live) = mpsc::channel(CAPACITY_BATCHES);
        let shared = Arc::new(Shared::default());
        let history = backlog.map_or(History::Done, History::Unread);
        let watch = Watch { history, live, shared: shared.clone() };
        (WatchSender { live: sender, shared, capacity_events }, watch)
    }

    /// The next events. Cancel-safe.
    ///
    /// # Errors
    /// [`Error::Lagged`] if the queue overflowed (what was queued is not delivered),
    /// [`Error::Closed`] if the store stopped, anything that reading history can meet. Every call
    /// after an error errs.
    pub async fn next(&mut self) -> Result<Batch> {
        match self.next_of_history().await {
            Ok(Some(batch)) => return Ok(batch),
            Ok(None) => {}
            Err(error) => {
                // Live events must not follow a hole.
                self.live.close();
                self.shared.lagged.store(true, Ordering::Release);
                return Err(error);
            }
        }
        let batch = self.live.recv().await;
        self.taken(batch)
    }

    /// The next live events if there are any now; `None` where [`Watch::next`] would wait or still
    /// reads history.
    ///
    /// A watcher that was quiet for long learns how far it is like this: load
    /// [`crate::Store::current_revision`], then take batches until this returns `None` while
    /// [`Watch::is_live`]; every event up to the loaded revision has then been delivered.
    ///
    /// # Errors
    /// As [`Watch::next`].
    pub fn try_next(&mut self) -> Result<Option<Batch>> {
        if !self.is_live() {
            return Ok(None);
        }
        match self.live.try_recv() {
            Ok(batch) => self.taken(Some(batch)).map(Some),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => self.taken(None).map(Some),
        }
    }

    /// Whether the history has been delivered.
    pub fn is_live(&self) -> bool {
        matches!(self.history, History::Done)
    }

    async fn next_of_history(&mut self) -> Result<Option<Batch>> {
        if let History::Unread(_) = self.history {
            let History::Unread(mut backlog) = std::mem::replace(&mut self.history, History::Done) else {
                unreachable!("matched above");
            };
            if !backlog.blocks() {
                let batch = backlog.next()?;
                if batch.is_some() {
                    self.history = History::Unread(backlog);
                }
                return Ok(batch);
            }
            let read = tokio::task::spawn_blocking(move || (backlog.next(), backlog));
            self.history = History::Reading(read);
        }
        let History::Reading(read) = &mut self.history else {
            return Ok(None);
        };
        let piece = read.await;
        self.history = History::Done;
        let (batch, backlog) = piece.map_err(|_| Error::Closed)?;
        let batch = batch?;
        if batch.is_some() {
            self.history = History::Unread(backlog);
        }
        Ok(batch)
    }

    fn taken(&self, batch: Option<Batch>) -> Result<Batch> {
        if self.shared.lagged.load(Ordering::Acquire) {
            return Err(Error::Lagged);
        }
        let batch = batch.ok_or(Error::Closed)?;
        self.shared.queued_events.fetch_sub(batch.events.len(), Ordering::AcqRel);
        Ok(batch)
    }
}

impl WatchSender {
    /// Queues a batch; `false` if the watcher is gone, or was cut off because it is behind: drop
    /// the sender then.
    pub fn send(&self, batch: Batch) -> bool {
        let count = batch.events.len();
        let queued = self.shared.queued_events.fetch_add(count, Ordering::AcqRel);
        let fits = queued == 0 || queued + count <= self.capacity_events;
        let sent = if fits { self.live.try_send(batch) } else { Err(mpsc::error::TrySendError::Full(batch)) };
        if let Err(mpsc::error::TrySendError::Full(_)) = &sent {
            self.shared.lagged.store(true, Ordering::Release);
        }
        sent.is_ok()
    }

    /// Whether the watcher is gone.
    pub fn is_closed(&self) -> bool {
        self.live.is_closed()
    }
}
