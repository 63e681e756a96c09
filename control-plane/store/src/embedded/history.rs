//! Ranges at any revision that is kept, and the history that a watch starts with.
//!
//! The state at an old revision is the file's current state with later events undone: the first
//! event of a key after the revision names the record before it. So a range at an old revision
//! costs a walk over the events since, and no second index has to be kept for the few that ask.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Located;
use super::disk::Snapshot;
use super::format::Entry;
use super::format::Position;
use super::overlay::Visible;
use crate::Backlog;
use crate::Batch;
use crate::Event;
use crate::EventKind;
use crate::Page;
use crate::Range;
use crate::Record;
use crate::Result;
use crate::Revision;

/// How many events a piece of a backlog holds (and more only to finish a revision).
const PIECE_EVENTS: usize = 256;
/// A piece also ends when its values add up to this.
const PIECE_BYTES: usize = 2 << 20;

/// A range that has been resolved against one state; reads the disk when it is run.
pub struct RangeQuery {
    range: Range,
    revision: Revision,
    snapshot: Arc<Snapshot>,
    /// How the state differs from the snapshot, for keys of the range.
    patch: BTreeMap<Arc<str>, Patch>,
}

/// The events between two revisions that a new watch is owed.
pub struct History {
    prefix: Box<str>,
    snapshot: Arc<Snapshot>,
    next: Position,
    tail: Vec<Arc<Event>>,
    revision: Revision,
    blocks: bool,
}

enum Patch {
    Absent,
    Record(Record),
    /// The record that this event wrote.
    Logged(Position),
}

impl RangeQuery {
    /// Resolves a range against what is visible.
    pub fn new(visible: &Visible, range: Range) -> Result<Self> {
        let revision = range.at.unwrap_or(visible.revision);
        visible.check(revision)?;
        let snapshot = visible.snapshot()?;
        let mut query = Self { range, revision, snapshot, patch: BTreeMap::new() };
        if revision == visible.revision {
            let prefix = query.range.prefix.clone();
            let from = (Bound::Included(prefix.as_str()), Bound::Unbounded);
            for (key, head) in visible.heads.range::<str, _>(from) {
                if !key.starts_with(&prefix) {
                    break;
                }
                query.patch_with(key, head.as_ref().map(|located| located.record.clone()));
            }
        } else {
            let pending = visible.pending.iter().map(|change| &change.event);
            for event in pending.take_while(|event| event.revision <= revision) {
                query.patch_with(&event.key, event.record());
            }
        }
        Ok(query)
    }

    /// Reads the page. May block on the disk.
    pub fn run(mut self) -> Result<Page> {
        if self.revision < self.snapshot.revision {
            self.undo()?;
        }
        let mut page = Page { records: Vec::new(), revision: self.revision, remaining: 0 };
        let limit = if self.range.limit == 0 { usize::MAX } else { self.range.limit };
        let mut patch = std::mem::take(&mut self.patch).into_iter().peekable();
        let snapshot = &self.snapshot;
        self.snapshot.visit_heads(&self.range.prefix, self.range.after.as_deref(), |key, position| {
            while let Some((_, patch)) = patch.next_if(|(patched, _)| **patched < *key) {
                page.add(snapshot, patch, limit)?;
            }
            let patched = patch.next_if(|(patched, _)| **patched == *key);
            page.add(snapshot, patched.map_or(Patch::Logged(position), |(_, patch)| patch), limit)
        })?;
        for (_, patch) in patch {
            page.add(snapshot, patch, limit)?;
        }
        Ok(page)
    }

    /// Finds what the keys were before the events after the revision.
    fn undo(&mut self) -> Result<()> {
        let mut undone: BTreeMap<Arc<str>, Patch> = BTreeMap::new();
        let range = &self.range;
        self.snapshot.visit_log(Position::start_of(self.revision.next()), |_, entry| {
            if in_range(range, entry.key) && !undone.contains_key(entry.key) {
                let patch = entry.previous.map_or(Patch::Absent, Patch::Logged);
                undone.insert(entry.key.into(), patch);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.patch = undone;
        Ok(())
    }

    fn patch_with(&mut self, key: &Arc<str>, record: Option<Record>) {
        if in_range(&self.range, key) {
            self.patch.insert(key.clone(), record.map_or(Patch::Absent, Patch::Record));
        }
    }
}

impl Page {
    fn add(&mut self, snapshot: &Snapshot, patch: Patch, limit: usize) -> Result<()> {
        if matches!(patch, Patch::Absent) {
            return Ok(());
        }
        if self.records.len() >= limit {
            self.remaining += 1;
            return Ok(());
        }
        match patch {
            Patch::Absent => {}
            Patch::Record(record) => self.records.push(record),
            Patch::Logged(position) => self.records.push(snapshot.record_at(position)?.record),
        }
        Ok(())
    }
}

impl History {
    /// What happened under `prefix` after `from`; `None` if nothing can have.
    pub fn new(visible: &Visible, prefix: &str, from: Revision, blocks: bool) -> Result<Option<Self>> {
        visible.check(from)?;
        if from == visible.revision {
            return Ok(None);
        }
        let pending = visible.pending.iter().map(|change| &change.event);
        let tail = pending.filter(|event| event.revision > from && event.key.starts_with(prefix));
        Ok(Some(Self {
            prefix: prefix.into(),
            snapshot: visible.snapshot()?,
            next: Position::start_of(from.next()),
            tail: tail.cloned().collect(),
            revision: visible.revision,
            blocks,
        }))
    }
}

impl Backlog for History {
    fn next(&mut self) -> Result<Option<Batch>> {
        let mut events = Vec::new();
        let mut bytes = 0;
        // Where the next piece starts, if this one does not reach the end of the file.
        let mut cut = None;
        let snapshot = &self.snapshot;
        self.snapshot.visit_log(self.next, |position, entry| {
            let full = events.len() >= PIECE_EVENTS || bytes >= PIECE_BYTES;
            if full && position.index == 0 {
                cut = Some(position);
                return Ok(ControlFlow::Break(()));
            }
            if entry.key.starts_with(&*self.prefix) {
                let previous = entry.previous.map(|previous| snapshot.record_at(previous)).transpose()?;
                bytes += entry.value.map_or(0, <[u8]>::len);
                events.push(Arc::new(event(position, entry, previous)));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if let Some(next) = cut {
            self.next = next;
            return Ok(Some(Batch { revision: Revision(next.revision.0 - 1), events }));
        }
        self.next = Position::start_of(self.snapshot.revision.next());
        events.append(&mut self.tail);
        Ok((!events.is_empty()).then_some(Batch { revision: self.revision, events }))
    }

    fn blocks(&self) -> bool {
        self.blocks
    }
}

fn event(position: Position, entry: &Entry<'_>, previous: Option<Located>) -> Event {
    let kind = match entry.value {
        Some(value) => EventKind::Put { value: Bytes::copy_from_slice(value), created: entry.created },
        None => EventKind::Delete,
    };
    Event {
        revision: position.revision,
        key: entry.key.into(),
        kind,
        previous: previous.map(|located| located.record),
    }
}

fn in_range(range: &Range, key: &str) -> bool {
    key.starts_with(&range.prefix) && range.after.as_deref().is_none_or(|after| key > after)
}
