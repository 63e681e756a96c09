//! The embedded backend: one redb file, one commit thread.
//!
//! Writes queue up for the commit thread, which takes what is there (up to a bound), checks the
//! preconditions against the state they will meet, gives out revisions, and makes the whole batch
//! durable with one transaction and one fsync; then it shows the batch to readers and watchers and
//! acknowledges. A batch of only relaxed writes is shown at once and kept in the [`overlay`] until
//! the next synced batch or the flush timer takes it along.
//!
//! Reading order: `format` (what is in the file), `disk` (reading and writing it), `overlay` (what
//! is not in it yet), `writer` (the commit path), `history` (ranges at old revisions, watch
//! backlogs), `housekeeping` (the two timers).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use stdx::Clock;
use supervise::Spawner;

use crate::Committed;
use crate::Page;
use crate::Range;
use crate::Record;
use crate::Result;
use crate::Revision;
use crate::Store;
use crate::Watch;
use crate::Write;

/// How an [`Embedded`] store behaves. The defaults are those of production.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size of redb's page cache. Small: the API server keeps what is read often.
    pub cache_bytes: usize,
    /// How long a relaxed write may stay in memory only.
    pub relaxed_delay: Duration,
    /// How much history is kept.
    pub history: History,
    /// How many events may wait for one watcher before it is cut off.
    pub watch_capacity_events: usize,
    /// Where commits run.
    pub execution: Execution,
}

/// How much history is kept for watches and ranges at old revisions: both bounds hold.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// At least this long (while below `revisions`), at most twice as long.
    pub age: Duration,
    /// At most about this many revisions.
    pub revisions: u64,
}

/// Where commits run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// On a thread of their own, many writes to one fsync.
    Thread,
    /// In the task that commits, each by itself, and nothing on other threads: for simulations,
    /// where the order of things must follow from the seed.
    Inline,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 12 << 20,
            relaxed_delay: Duration::from_secs(5),
            history: History { age: Duration::from_secs(300), revisions: 50_000 },
            watch_capacity_events: 20_000,
            execution: Execution::Thread,
        }
    }
}

/// The embedded store; cheap to clone.
#[derive(Clone)]
pub struct Embedded {}

impl Embedded {
    /// Opens (or makes) the store in `directory`. The commit thread and the timers are tasks of
    /// `spawner` in the store's rank: when that rank is asked to stop, queued writes are finished,
    /// everything is made durable, and the file is closed.
    ///
    /// # Errors
    /// Each names the file and what to do: [`crate::Error::Locked`], [`crate::Error::NewerFormat`],
    /// [`crate::Error::Corrupt`], [`crate::Error::Io`].
    pub async fn open(
        _directory: &Path,
        _options: Options,
        _spawner: &Spawner,
        _clock: &Clock,
    ) -> Result<Self> {
        Err(crate::Error::Closed)
    }

    /// A store in memory that starts empty: for tests and simulations.
    ///
    /// # Errors
    /// Only if the engine is broken.
    pub async fn in_memory(_options: Options, _spawner: &Spawner, _clock: &Clock) -> Result<Self> {
        Err(crate::Error::Closed)
    }

    /// The same as a trait object.
    pub fn shared(self) -> Arc<dyn Store> {
        Arc::new(self)
    }
}

#[async_trait]
impl Store for Embedded {
    async fn get(&self, _key: &str) -> Result<Option<Record>> {
        Err(crate::Error::Closed)
    }

    async fn range(&self, _range: Range) -> Result<Page> {
        Err(crate::Error::Closed)
    }

    async fn commit_all(&self, _writes: Vec<Write>) -> Result<Vec<Committed>> {
        Err(crate::Error::Closed)
    }

    async fn watch(&self, _prefix: &str, _from: Revision) -> Result<Watch> {
        Err(crate::Error::Closed)
    }

    async fn compact(&self, _revision: Revision) -> Result<()> {
        Err(crate::Error::Closed)
    }

    fn current_revision(&self) -> Revision {
        Revision::FIRST
    }

    fn compacted_revision(&self) -> Revision {
        Revision::FIRST
    }
}
