//! One revision, one log: what every `resourceVersion` in the cluster comes from.
//!
//! A store is a log of revisions with a key index: read a key, read a range at one revision, commit
//! with preconditions, watch from a revision, compact. [`Store`] is the contract; [`Embedded`] keeps
//! it in a directory of the node's disk. Only the API server (and tests) may name this crate.
//!
//! Invariants:
//! - Revisions only grow, over crashes too: a revision that was handed out is never given to
//!   another change.
//! - A change acknowledged as [`Durability::Synced`] survives any crash. A change acknowledged as
//!   [`Durability::Relaxed`] survives the end of the process if it is orderly, and is otherwise lost
//!   only together with every change after it: what is on disk is always a prefix of the log.
//! - Nobody sees a change before it is acknowledged, and everybody sees it after: a range, a watch
//!   and a failed precondition never show a change that a crash could still take back, unless that
//!   change is relaxed.
//! - Watchers get every event of their prefix once, in revision order, or an error that tells them
//!   to list again. Events are in the watcher's queue before the commit is acknowledged and before
//!   [`Store::current_revision`] shows their revision.
//! - Values stay on disk. In memory are only changes that are not in the database yet (bounded), what
//!   watchers have not taken yet, and the page cache of a fixed size.
//!
//! Reading order: [`Store`] and `types` (the words), `watch`, then `embedded` from its `mod.rs`;
//! [`suite`] holds every backend to this page.

mod embedded;
mod error;
mod types;
mod watch;

pub mod suite;

pub use embedded::Embedded;
pub use embedded::Execution;
pub use embedded::History;
pub use embedded::Options;
pub use error::Error;
pub use types::Committed;
pub use types::Durability;
pub use types::Event;
pub use types::EventKind;
pub use types::Expect;
pub use types::Op;
pub use types::Page;
pub use types::Range;
pub use types::Record;
pub use types::Revision;
pub use types::Write;
pub use watch::Backlog;
pub use watch::Batch;
pub use watch::Watch;
pub use watch::WatchSender;

use async_trait::async_trait;

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A log of revisions with a key index. Cheap to call from many tasks at once.
#[async_trait]
pub trait Store: Send + Sync {
    /// The record under `key` at the current revision.
    async fn get(&self, key: &str) -> Result<Option<Record>>;

    /// The records of a range in key order, all as of one revision: [`Range::at`], or the current
    /// one. [`Page::revision`] says which.
    ///
    /// # Errors
    /// [`Error::Compacted`] if the revision is too old, [`Error::Future`] if nobody was given it yet.
    async fn range(&self, range: Range) -> Result<Page>;

    /// Makes one change if its precondition holds. A deletion of an absent key, where the
    /// precondition allows it, changes nothing and takes no revision.
    ///
    /// Dropping the future before it completes leaves open whether the change is made.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the record as it is if the precondition does not hold.
    async fn commit(&self, write: Write) -> Result<Committed> {
        let mut committed = self.commit_all(vec![write]).await?;
        Ok(committed.pop().expect("one result for each write"))
    }

    /// Makes all changes or none. They share **one revision**, as in etcd, and are visible
    /// together; a [`Batch`] never parts them. Whoever hands single events on (a watch over HTTP)
    /// must know that two events of one transaction cannot be told apart by revision, so a
    /// transaction should touch at most one key of each prefix that is watched on its own.
    ///
    /// The transaction is synced if any of its writes is.
    ///
    /// # Errors
    /// [`Error::Conflict`] for the first write whose precondition does not hold;
    /// [`Error::Invalid`] if a key occurs twice.
    async fn commit_all(&self, writes: Vec<Write>) -> Result<Vec<Committed>>;

    /// Every event under `prefix` with a revision above `from`, then each new one. The prefix is
    /// compared byte by byte; empty means everything.
    ///
    /// # Errors
    /// [`Error::Compacted`] if events after `from` are gone, [`Error::Future`] if `from` was not
    /// reached yet.
    async fn watch(&self, prefix: &str, from: Revision) -> Result<Watch>;

    /// Gives up the history below `revision`: ranges and watches from before it fail from now on.
    /// Records that are current stay. Asking for less than was already given up does nothing. The
    /// space is reclaimed in the background, in slices.
    ///
    /// # Errors
    /// [`Error::Future`] if `revision` was not reached yet.
    async fn compact(&self, revision: Revision) -> Result<()>;

    /// The revision of the latest change that is visible. One atomic load.
    fn current_revision(&self) -> Revision;

    /// The oldest revision that can be read or watched from. One atomic load.
    fn compacted_revision(&self) -> Revision;
}
