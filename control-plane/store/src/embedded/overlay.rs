//! What readers and watchers see: the database plus the changes that are not in it yet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use parking_lot::RwLock;
use tokio::sync::Notify;

use super::disk::Located;
use super::disk::Recovered;
use super::disk::Snapshot;
use super::format::Entry;
use super::format::Position;
use crate::Batch;
use crate::Error;
use crate::Event;
use crate::EventKind;
use crate::Result;
use crate::Revision;
use crate::WatchSender;

/// One event with what only the log needs to know.
#[derive(Clone, Debug)]
pub struct Change {
    /// The event.
    pub event: Arc<Event>,
    /// Its place in its transaction.
    pub index: u32,
    /// The event it replaced.
    pub previous: Option<Position>,
}

/// How far a batch got on its way to the disk.
pub enum Written {
    /// It is in memory only.
    Nowhere,
    /// It is in the journal, with all that was pending.
    Journal,
    /// It is in the database, with all that was pending; this is the view of it.
    Database(Box<Snapshot>),
}

/// Shared by the commit path, readers and watches.
pub struct Shared {
    /// Everything that must be seen together.
    pub visible: RwLock<Visible>,
    /// Rings when a change waits for the flush timer.
    pub dirty: Notify,
    revision: AtomicU64,
    floor: AtomicU64,
}

/// A consistent state.
pub struct Visible {
    /// The database; `None` once the store is closed.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Visible changes that are not in the database, in order.
    pub pending: Vec<Change>,
    /// How many of them, the first ones, are in the journal.
    journaled: usize,
    /// The state that `pending` leaves each of its keys in; `None` where deleted.
    pub heads: BTreeMap<Arc<str>, Option<Located>>,
    /// The current revision.
    pub revision: Revision,
    /// The oldest revision that can be read.
    pub floor: Revision,
    /// Spans `(before, last]` of revisions that may have been taken back.
    pub gaps: Vec<(Revision, Revision)>,
    watchers: Vec<Watcher>,
}

struct Watcher {
    prefix: Box<str>,
    sender: WatchSender,
}

impl Shared {
    /// The state after opening.
    pub fn new(snapshot: Snapshot, recovered: &Recovered) -> Self {
        let visible = Visible {
            snapshot: Some(Arc::new(snapshot)),
            pending: Vec::new(),
            journaled: 0,
            heads: BTreeMap::new(),
            revision: recovered.current,
            floor: recovered.compacted,
            gaps: recovered.gaps.clone(),
            watchers: Vec::new(),
        };
        Self {
            revision: AtomicU64::new(visible.revision.0),
            floor: AtomicU64::new(visible.floor.0),
            visible: RwLock::new(visible),
            dirty: Notify::new(),
        }
    }

    /// The current revision.
    pub fn revision(&self) -> Revision {
        Revision(self.revision.load(Ordering::Acquire))
    }

    /// The oldest revision that can be read.
    pub fn floor(&self) -> Revision {
        Revision(self.floor.load(Ordering::Acquire))
    }

    /// Shows changes up to `revision`.
    pub fn publish(&self, changes: Vec<Change>, revision: Revision, written: Written) {
        let mut visible = self.visible.write();
        visible.deliver(&changes, revision);
        visible.revision = revision;
        let retired = visible.advance(changes, written);
        // After the delivery: whoever reads the revision finds its events in the queues.
        self.revision.store(revision.0, Ordering::Release);
        let waits = !visible.unsynced().is_empty();
        drop(visible);
        drop(retired);
        if waits {
            self.dirty.notify_one();
        }
    }

    /// Replaces the view of the database by a newer one that holds the same state.
    pub fn replace_snapshot(&self, snapshot: Snapshot) {
        let retired = self.visible.write().snapshot.replace(Arc::new(snapshot));
        drop(retired);
    }

    /// Gives up the history before `floor`.
    pub fn raise_floor(&self, floor: Revision) {
        let mut visible = self.visible.write();
        visible.floor = visible.floor.max(floor);
        let floor = visible.floor;
        visible.gaps.retain(|&(_, last)| last > floor);
        self.floor.store(floor.0, Ordering::Release);
    }

    /// Adds a watcher of what comes next.
    pub fn register(visible: &mut Visible, prefix: &str, sender: WatchSender) {
        visible.watchers.push(Watcher { prefix: prefix.into(), sender });
    }

    /// Ends reads and watches.
    pub fn close(&self) {
        let mut visible = self.visible.write();
        visible.snapshot = None;
        visible.watchers.clear();
        visible.heads.clear();
        visible.pending.clear();
        visible.journaled = 0;
    }
}

impl Change {
    /// Where its event is in the log.
    pub fn position(&self) -> Position {
        Position { revision: self.event.revision, index: self.index }
    }

    /// What is written of it.
    pub fn entry(&self) -> Entry<'_> {
        let (value, created) = match &self.event.kind {
            EventKind::Put { value, created } => (Some(&value[..]), *created),
            EventKind::Delete => (None, Revision::NONE),
        };
        Entry { key: &self.event.key, value, created, previous: self.previous }
    }
}

impl Visible {
    /// The view of the database.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        self.snapshot.clone().ok_or(Error::Closed)
    }

    /// The visible changes that a crash would take back.
    pub fn unsynced(&self) -> &[Change] {
        &self.pending[self.journaled..]
    }

    /// Whether the state at `revision` can be told, and everything that happened after it.
    pub fn check(&self, revision: Revision) -> Result<()> {
        if revision > self.revision {
            return Err(Error::Future { requested: revision, current: self.revision });
        }
        if revision < self.floor {
            return Err(Error::Compacted { requested: revision, compacted: self.floor });
        }
        match self.gaps.iter().find(|&&(before, last)| before < revision && revision <= last) {
            Some(&(_, last)) => Err(Error::Compacted { requested: revision, compacted: last.next() }),
            None => Ok(()),
        }
    }

    fn deliver(&mut self, changes: &[Change], revision: Revision) {
        if changes.is_empty() {
            return;
        }
        self.watchers.retain(|watcher| {
            let matching = changes.iter().filter(|change| change.event.key.starts_with(&*watcher.prefix));
            let events: Vec<_> = matching.map(|change| change.event.clone()).collect();
            if events.is_empty() {
                return !watcher.sender.is_closed();
            }
            watcher.sender.send(Batch { revision, events })
        });
    }

    /// Takes changes in; the view that is no longer needed is returned, to be dropped outside the
    /// lock.
    fn advance(&mut self, changes: Vec<Change>, written: Written) -> Option<Arc<Snapshot>> {
        if let Written::Database(snapshot) = written {
            self.pending.clear();
            self.journaled = 0;
            self.heads.clear();
            return self.snapshot.replace(Arc::from(snapshot));
        }
        for change in &changes {
            let head = change.event.record().map(|record| Located { record, index: change.index });
            self.heads.insert(change.event.key.clone(), head);
        }
        self.pending.extend(changes);
        if let Written::Journal = written {
            self.journaled = self.pending.len();
        }
        None
    }
}
