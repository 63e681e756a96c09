//! The embedded backend: a redb database, a journal before it, one commit thread.
//!
//! Writes queue up for the commit thread, which takes what is there (up to a bound), checks the
//! preconditions against the state they will meet, gives out revisions, and makes the whole batch
//! durable with one write to the journal and one fsync; then it shows the batch to readers and watchers
//! and acknowledges. What is not in the database is kept in the [`overlay`]; when the journal is full,
//! one transaction brings all of it there. A batch of only relaxed writes is shown at once and is in
//! the overlay alone until the next synced batch or the flush timer takes it along.
//!
//! Reading order: `format` (what is in the database), `journal` (what is on its way there), `disk`
//! (reading and writing both), `overlay` (what is not in the database yet), `writer` (the commit path),
//! `history` (ranges at old revisions, watch backlogs), `housekeeping` (the two timers).

mod disk;
mod format;
mod history;
mod housekeeping;
mod journal;
mod overlay;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use stdx::Clock;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::TaskKind;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use self::disk::Disk;
use self::disk::Recovered;
use self::disk::Sizes;
use self::history::RangeQuery;
use self::overlay::Shared;
use self::writer::Command;
use self::writer::Writer;
use crate::Backlog;
use crate::Committed;
use crate::Error;
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
    /// How large the journal grows, and its changes in memory, before the database takes them over.
    /// Writers wait while that happens: some milliseconds for each MiB.
    pub journal_bytes: u64,
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
    /// At most about this many revisions. They bound the file, and with it the time that opening
    /// takes after a crash, when the engine reads all of it: about 0.7 s for each GiB. (Its
    /// `quick_repair` would make that instant, at 1.7 times the cost of every write.)
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
            cache_bytes: 4 << 20,
            journal_bytes: 1 << 20,
            relaxed_delay: Duration::from_secs(5),
            history: History { age: Duration::from_secs(300), revisions: 20_000 },
            watch_capacity_events: 20_000,
            execution: Execution::Thread,
        }
    }
}

impl Options {
    fn sizes(&self) -> Sizes {
        Sizes { cache_bytes: self.cache_bytes, journal_bytes: self.journal_bytes }
    }
}

/// The embedded store; cheap to clone.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
    handle: Handle,
    options: Arc<Options>,
}

/// Brings commands to the commit path. Weak where a task holds it: when the last [`Embedded`] is
/// dropped, the store closes.
#[derive(Clone)]
enum Handle {
    Thread(mpsc::Sender<Command>),
    WeakThread(mpsc::WeakSender<Command>),
    Inline(Arc<Mutex<Option<Writer>>>),
}

static COMMIT: TaskKind = TaskKind { name: "store-commit", rank: Rank::Store, on_end: OnEnd::StopProcess };
static FLUSH: TaskKind = TaskKind { name: "store-flush", rank: Rank::Store, on_end: OnEnd::Nothing };
static FORGET: TaskKind = TaskKind { name: "store-forget", rank: Rank::Store, on_end: OnEnd::Nothing };

/// How many transactions may wait for the commit thread; callers beyond wait to get in.
const QUEUE: usize = 1024;

impl Embedded {
    /// Opens (or makes) the store in `directory`. The commit thread and the timers are tasks of
    /// `spawner` in the store's rank: when that rank is asked to stop, queued writes are finished,
    /// everything is made durable, and the file is closed.
    ///
    /// # Errors
    /// Each names the file and what to do: [`Error::Locked`], [`Error::NewerFormat`],
    /// [`Error::Corrupt`], [`Error::Io`].
    pub async fn open(directory: &Path, options: Options, spawner: &Spawner, clock: &Clock) -> Result<Self> {
        let (directory, sizes) = (directory.to_path_buf(), options.sizes());
        let open = tokio::task::spawn_blocking(move || Disk::open(&directory, sizes));
        let (disk, recovered) = open.await.map_err(|_| Error::Closed)??;
        Self::start(disk, recovered, options, spawner, clock)
    }

    /// A store in memory that starts empty: for tests and simulations.
    ///
    /// # Errors
    /// Only if the engine is broken.
    pub async fn in_memory(options: Options, spawner: &Spawner, clock: &Clock) -> Result<Self> {
        let memory = redb::backends::InMemoryBackend::new;
        let (disk, recovered) = Disk::open_backend(memory(), memory(), options.sizes())?;
        Self::start(disk, recovered, options, spawner, clock)
    }

    /// The same as a trait object.
    pub fn shared(self) -> Arc<dyn Store> {
        Arc::new(self)
    }

    fn start(
        disk: Disk,
        recovered: Recovered,
        options: Options,
        spawner: &Spawner,
        clock: &Clock,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::new(disk.snapshot()?, &recovered));
        let writer = Writer::new(disk, &recovered, shared.clone(), options.history);
        let stop = spawner.stop(Rank::Store);
        let handle = match options.execution {
            Execution::Thread => Self::start_thread(writer, spawner, stop.clone())?,
            Execution::Inline => Self::start_inline(writer, spawner, stop.clone()),
        };
        let (delay, age) = (options.relaxed_delay, options.history.age);
        let weak = handle.downgrade();
        let flush = housekeeping::flush(shared.clone(), weak.clone(), delay, clock.clone(), stop.clone());
        spawner.spawn(&FLUSH, "", flush);
        spawner.spawn(&FORGET, "", housekeeping::forget(shared.clone(), weak, age, clock.clone(), stop));
        Ok(Self { shared, handle, options: Arc::new(options) })
    }

    fn start_thread(writer: Writer, spawner: &Spawner, stop: Stop) -> Result<Handle> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let (ended, mut end) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("store-commit".into());
        let run = move || {
            // Dropped with the thread, also when it panics.
            let _ended = ended;
            writer.run(queue);
        };
        thread.spawn(run).map_err(|source| Error::Io {
            action: "start the commit thread of",
            path: "store".into(),
            source,
        })?;
        let weak = sender.downgrade();
        spawner.spawn(&COMMIT, "", async move {
            tokio::select! {
                // The thread is gone: it failed, or the last handle was dropped.
                _ = &mut end => return,
                () = stop.requested() => {}
            }
            if let Some(sender) = weak.upgrade()
                && sender.send(Command::Close).await.is_err()
            {
                tracing::debug!("the commit thread was already closing");
            }
            // Its only end is being dropped.
            end.await.unwrap_or_default();
        });
        Ok(Handle::Thread(sender))
    }

    fn start_inline(writer: Writer, spawner: &Spawner, stop: Stop) -> Handle {
        let writer = Arc::new(Mutex::new(Some(writer)));
        let owned = writer.clone();
        spawner.spawn(&COMMIT, "", async move {
            stop.requested().await;
            let closed = owned.lock().take().map_or(Ok(()), Writer::close);
            if let Err(error) = closed {
                tracing::error!(error = &error as &dyn std::error::Error, "store failed");
            }
        });
        Handle::Inline(writer)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (reply, outcome) = oneshot::channel();
        if !self.handle.send(command(reply)).await {
            return Err(Error::Closed);
        }
        outcome.await.unwrap_or(Err(Error::Closed))
    }
}

impl Handle {
    /// Hands a command over; `false` if the store is closed.
    async fn send(&self, command: Command) -> bool {
        match self {
            Handle::Thread(sender) => sender.send(command).await.is_ok(),
            Handle::WeakThread(sender) => match sender.upgrade() {
                Some(sender) => sender.send(command).await.is_ok(),
                None => false,
            },
            Handle::Inline(writer) => Self::run_inline(writer, command),
        }
    }

    fn run_inline(writer: &Mutex<Option<Writer>>, command: Command) -> bool {
        let mut slot = writer.lock();
        let Some(writer) = slot.as_mut() else {
            return false;
        };
        let done = writer.process(vec![command]).and_then(|_| {
            while writer.compaction_is_due() {
                writer.compact_slice()?;
            }
            Ok(())
        });
        if let Err(error) = done {
            tracing::error!(error = &error as &dyn std::error::Error, "store failed");
            *slot = None;
        }
        true
    }

    fn downgrade(&self) -> Handle {
        match self {
            Handle::Thread(sender) => Handle::WeakThread(sender.downgrade()),
            other => other.clone(),
        }
    }
}

#[async_trait]
impl Store for Embedded {
    async fn get(&self, key: &str) -> Result<Option<Record>> {
        let snapshot = {
            let visible = self.shared.visible.read();
            if let Some(head) = visible.heads.get(key) {
                return Ok(head.as_ref().map(|located| located.record.clone()));
            }
            visible.snapshot()?
        };
        // Two lookups in a page cache, mostly: not worth a trip to another thread.
        Ok(snapshot.record(key)?.map(|located| located.record))
    }

    async fn range(&self, range: Range) -> Result<Page> {
        let query = RangeQuery::new(&self.shared.visible.read(), range)?;
        match self.options.execution {
            Execution::Inline => query.run(),
            Execution::Thread => {
                tokio::task::spawn_blocking(move || query.run()).await.unwrap_or(Err(Error::Closed))
            }
        }
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<Vec<Committed>> {
        self.ask(|reply| Command::Commit { writes, reply }).await
    }

    async fn watch(&self, prefix: &str, from: Revision) -> Result<Watch> {
        let blocks = self.options.execution == Execution::Thread;
        let mut visible = self.shared.visible.write();
        visible.snapshot()?;
        // Under one lock: the history ends where the live events start.
        let history = history::History::new(&visible, prefix, from, blocks)?;
        let backlog = history.map(|history| Box::new(history) as Box<dyn Backlog>);
        let (sender, watch) = Watch::channel(self.options.watch_capacity_events, backlog);
        Shared::register(&mut visible, prefix, sender);
        Ok(watch)
    }

    async fn compact(&self, revision: Revision) -> Result<()> {
        self.ask(|reply| Command::Compact { revision, reply }).await
    }

    fn current_revision(&self) -> Revision {
        self.shared.revision()
    }

    fn compacted_revision(&self) -> Revision {
        self.shared.floor()
    }
}
