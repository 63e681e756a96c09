//! The words of the store.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// A point in the log. Zero means "none"; an empty store is at [`Revision::FIRST`], so that even the
/// list of an empty store has a resourceVersion that clients can watch from, and the first change
/// gets the revision after it (as in etcd).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// No revision.
    pub const NONE: Revision = Revision(0);
    /// The revision of an empty store.
    pub const FIRST: Revision = Revision(1);

    /// The revision after this one.
    pub const fn next(self) -> Revision {
        Revision(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: Arc<str>,
    /// The value as it was written.
    pub value: Bytes,
    /// The revision at which the key came into being (last).
    pub created: Revision,
    /// The revision of the last change.
    pub modified: Revision,
}

/// What must be true of a key for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The key does not exist.
    Absent,
    /// The key exists and was last changed at this revision.
    At(Revision),
    /// The key exists.
    Exists,
    /// Nothing.
    Any,
}

impl Expect {
    /// Whether a key last changed at `modified` (`None`: absent) meets the expectation.
    pub fn holds(self, modified: Option<Revision>) -> bool {
        match self {
            Expect::Absent => modified.is_none(),
            Expect::At(revision) => modified == Some(revision),
            Expect::Exists => modified.is_some(),
            Expect::Any => true,
        }
    }
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sets the value.
    Put(Bytes),
    /// Removes the key.
    Delete,
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The change is on disk.
    #[default]
    Synced,
    /// The change is visible and will be on disk within seconds, or with the next synced change.
    /// For liveness data that is written all the time and worthless soon: Leases, heartbeats,
    /// Events.
    Relaxed,
}

/// One change with its precondition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The key, 1 to [`Write::MAX_KEY_BYTES`] bytes.
    pub key: Arc<str>,
    /// What must be true before.
    pub expect: Expect,
    /// What to do.
    pub op: Op,
    /// What the acknowledgement promises.
    pub durability: Durability,
}

impl Write {
    /// The longest key: far above what names of Kubernetes can add up to.
    pub const MAX_KEY_BYTES: usize = 4096;

    /// A synced put.
    pub fn put(key: impl Into<Arc<str>>, expect: Expect, value: impl Into<Bytes>) -> Self {
        Self { key: key.into(), expect, op: Op::Put(value.into()), durability: Durability::Synced }
    }

    /// A synced deletion.
    pub fn delete(key: impl Into<Arc<str>>, expect: Expect) -> Self {
        Self { key: key.into(), expect, op: Op::Delete, durability: Durability::Synced }
    }

    /// The same write with [`Durability::Relaxed`].
    pub fn relaxed(self) -> Self {
        Self { durability: Durability::Relaxed, ..self }
    }
}

/// What a successful write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The revision of the change; the current one if there was nothing to change.
    pub revision: Revision,
    /// The record before.
    pub previous: Option<Record>,
}

/// One change of one key, as a watcher sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub revision: Revision,
    /// Which key.
    pub key: Arc<str>,
    /// What happened.
    pub kind: EventKind,
    /// The record before.
    pub previous: Option<Record>,
}

/// What happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It got a value.
    Put {
        /// The value.
        value: Bytes,
        /// When the key came into being; the event's own revision if this change created it.
        created: Revision,
    },
    /// It was removed.
    Delete,
}

impl Event {
    /// The record as this event left it; `None` after a deletion.
    pub fn record(&self) -> Option<Record> {
        match &self.kind {
            EventKind::Put { value, created } => Some(Record {
                key: self.key.clone(),
                value: value.clone(),
                created: *created,
                modified: self.revision,
            }),
            EventKind::Delete => None,
        }
    }
}

/// Which records to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Only keys that start with these bytes.
    pub prefix: String,
    /// Only keys after this one: where the last page ended.
    pub after: Option<String>,
    /// At most this many records; 0 for all.
    pub limit: usize,
    /// As of this revision; the current one if absent.
    pub at: Option<Revision>,
}

impl Range {
    /// Everything under `prefix`, now.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..Self::default() }
    }
}

/// The answer to a [`Range`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In key order.
    pub records: Vec<Record>,
    /// The revision all of them were read at.
    pub revision: Revision,
    /// How many further records the range holds; above zero only where the limit cut it.
    pub remaining: u64,
}

impl Page {
    /// Whether the limit cut the range.
    pub fn more(&self) -> bool {
        self.remaining > 0
    }
}
