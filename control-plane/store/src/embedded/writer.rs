//! The commit path: what the commit thread does with what it finds in its queue.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::History;
use super::disk::Disk;
use super::disk::Located;
use super::disk::Recovered;
use super::overlay::Change;
use super::overlay::Shared;
use super::overlay::Written;
use crate::Committed;
use crate::Durability;
use crate::Error;
use crate::Event;
use crate::EventKind;
use crate::Op;
use crate::Result;
use crate::Revision;
use crate::Write;

/// Most transactions to one fsync.
const BATCH_TRANSACTIONS: usize = 128;
/// A batch is also closed once its values add up to this.
const BATCH_BYTES: usize = 8 << 20;
/// How many revisions are reserved for relaxed writes at a time, and so how many changes may wait
/// in memory: a crash burns at most so many numbers.
const RESERVATION: u64 = 1024;
/// How many events one transaction of compaction looks at: it holds up writers for a few
/// milliseconds.
const COMPACTION_SLICE: usize = 512;

/// What the queue holds.
pub enum Command {
    /// A transaction.
    Commit {
        /// The writes.
        writes: Vec<Write>,
        /// Answered when the outcome is visible.
        reply: oneshot::Sender<Result<Vec<Committed>>>,
    },
    /// Give up history.
    Compact {
        /// Up to here.
        revision: Revision,
        /// Answered when ranges and watches before it fail.
        reply: oneshot::Sender<Result<()>>,
    },
    /// Make everything durable that is not.
    Flush,
    /// Finish what is queued, and close.
    Close,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More commands are welcome.
    Continue,
    /// The store was asked to close.
    Close,
}

/// Owns the files.
pub struct Writer {
    disk: Disk,
    shared: Arc<Shared>,
    history: History,
    reserved: Revision,
    compacted: Revision,
}

/// A batch that nobody sees yet.
struct Staged {
    changes: Vec<Change>,
    heads: HashMap<Arc<str>, Option<Located>>,
    revision: Revision,
    durability: Durability,
}

struct CloseOnDrop(Arc<Shared>);

type Outcome = (oneshot::Sender<Result<Vec<Committed>>>, Result<Vec<Committed>>);

impl Writer {
    /// The commit path of a store just opened.
    pub fn new(disk: Disk, recovered: &Recovered, shared: Arc<Shared>, history: History) -> Self {
        Self { disk, shared, history, reserved: recovered.reserved, compacted: recovered.compacted }
    }

    /// Takes commands until told to close, the queue is dropped, or the disk fails; then closes.
    pub fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        // Readers and watchers must not go on without the writer, even if it panics.
        let _end = CloseOnDrop(self.shared.clone());
        let ended = self.serve(&mut queue);
        queue.close();
        let closed = ended.and_then(|()| {
            // Commands that came in before the queue closed are finished.
            let mut rest = Vec::new();
            while let Ok(command) = queue.try_recv() {
                rest.push(command);
            }
            self.process(rest)?;
            self.close()
        });
        if let Err(error) = closed {
            tracing::error!(error = &error as &dyn std::error::Error, "store failed");
        }
    }

    /// Handles commands as one batch.
    ///
    /// # Errors
    /// The disk failed: nothing of the batch is visible, whether it is durable is unknown, and the
    /// store must be opened anew.
    pub fn process(&mut self, commands: Vec<Command>) -> Result<Next> {
        let mut staged = Staged::after(self.shared.revision());
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(commands.len());
        let mut compactions = Vec::new();
        let mut next = Next::Continue;
        let free_bytes = self.disk.free_bytes();
        for command in commands {
            match command {
                Command::Commit { writes, reply } => {
                    let grows = writes.iter().any(|write| write.op != Op::Delete);
                    let allowed = if grows { self.disk.check_room(free_bytes) } else { Ok(()) };
                    let outcome = allowed.and_then(|()| self.stage(&mut staged, writes));
                    outcomes.push((reply, outcome));
                }
                Command::Compact { revision, reply } => compactions.push((revision, reply)),
                Command::Flush => staged.durability = Durability::Synced,
                Command::Close => next = Next::Close,
            }
        }
        self.settle(staged, outcomes)?;
        for (revision, reply) in compactions {
            answer(reply, self.compact(revision));
        }
        self.keep_history_short();
        Ok(next)
    }

    /// Whether [`Writer::compact_slice`] has something to do.
    pub fn compaction_is_due(&self) -> bool {
        self.compaction_target() > self.compacted
    }

    /// Reclaims the space of some of the history that was given up.
    ///
    /// # Errors
    /// The disk failed.
    pub fn compact_slice(&mut self) -> Result<()> {
        let slice = self.disk.compact(self.compacted, self.compaction_target(), COMPACTION_SLICE)?;
        self.compacted = slice.compacted;
        self.shared.replace_snapshot(slice.snapshot);
        Ok(())
    }

    /// Makes everything durable and closes the files; readers and watchers get
    /// [`Error::Closed`].
    ///
    /// # Errors
    /// The disk failed.
    pub fn close(mut self) -> Result<()> {
        // No reservation is left: opening will find nothing lost.
        let revision = self.shared.revision();
        if self.reserved != revision || !self.shared.visible.read().pending.is_empty() {
            self.checkpoint(&[], revision, revision)?;
        }
        self.shared.close();
        self.disk.close()
    }

    fn serve(&mut self, queue: &mut mpsc::Receiver<Command>) -> Result<()> {
        loop {
            let first = if self.compaction_is_due() {
                match queue.try_recv() {
                    Ok(command) => Some(command),
                    Err(mpsc::error::TryRecvError::Empty) => {
                        self.compact_slice()?;
                        continue;
                    }
                    Err(mpsc::error::TryRecvError::Disconnected) => None,
                }
            } else {
                queue.blocking_recv()
            };
            let Some(first) = first else {
                return Ok(());
            };
            gather(queue);
            if self.process(drain(first, queue))? == Next::Close {
                return Ok(());
            }
        }
    }

    /// Makes a batch durable where it must be, shows it, and answers.
    fn settle(&mut self, staged: Staged, outcomes: Vec<Outcome>) -> Result<()> {
        let Staged { changes, revision, durability, .. } = staged;
        let waiting = !self.shared.visible.read().unsynced().is_empty();
        let synced = durability == Durability::Synced && (waiting || !changes.is_empty());
        let written = if synced || revision > self.reserved {
            match self.persist(&changes, revision, Revision(revision.0 + RESERVATION)) {
                Ok(written) => written,
                Err(error) => {
                    outcomes.into_iter().for_each(|(reply, _)| answer(reply, Err(Error::Closed)));
                    return Err(error);
                }
            }
        } else {
            Written::Nowhere
        };
        if !changes.is_empty() || !matches!(written, Written::Nowhere) {
            self.shared.publish(changes, revision, written);
        }
        outcomes.into_iter().for_each(|(reply, outcome)| answer(reply, outcome));
        Ok(())
    }

    /// Makes all that is only in memory durable, and then `changes`.
    fn persist(&mut self, changes: &[Change], revision: Revision, reserved: Revision) -> Result<Written> {
        let waiting = self.shared.visible.read().unsynced().to_vec();
        let fresh: Vec<&Change> = waiting.iter().chain(changes).collect();
        if !self.disk.journal(&fresh, revision, reserved)? {
            return self.checkpoint(changes, revision, reserved);
        }
        self.reserved = reserved;
        Ok(Written::Journal)
    }

    /// Brings all pending changes and then `changes` into the database.
    fn checkpoint(&mut self, changes: &[Change], revision: Revision, reserved: Revision) -> Result<Written> {
        let pending = self.shared.visible.read().pending.clone();
        let all: Vec<&Change> = pending.iter().chain(changes).collect();
        let snapshot = self.disk.checkpoint(&all, revision, reserved)?;
        self.reserved = reserved;
        Ok(Written::Database(Box::new(snapshot)))
    }

    /// Checks a transaction and adds it to the batch; leaves the batch as it was if it fails.
    fn stage(&self, staged: &mut Staged, writes: Vec<Write>) -> Result<Vec<Committed>> {
        validate(&writes)?;
        let mut found = Vec::with_capacity(writes.len());
        for (index, write) in writes.iter().enumerate() {
            let current = self.current(staged, &write.key)?;
            if !write.expect.holds(current.as_ref().map(|located| located.record.modified)) {
                let current = current.map(|located| Box::new(located.record));
                return Err(Error::Conflict { key: write.key.to_string(), index, current });
            }
            found.push(current);
        }
        let changes_something =
            writes.iter().zip(&found).any(|(write, found)| found.is_some() || write.op != Op::Delete);
        if changes_something {
            staged.revision = staged.revision.next();
        }
        let committed = writes.into_iter().zip(found).enumerate();
        Ok(committed.map(|(index, (write, found))| staged.apply(index as u32, write, found)).collect())
    }

    fn current(&self, staged: &Staged, key: &Arc<str>) -> Result<Option<Located>> {
        if let Some(head) = staged.heads.get(key) {
            return Ok(head.clone());
        }
        let snapshot = {
            let visible = self.shared.visible.read();
            if let Some(head) = visible.heads.get(key) {
                return Ok(head.clone());
            }
            visible.snapshot()?
        };
        snapshot.record(key)
    }

    fn compact(&self, revision: Revision) -> Result<()> {
        let current = self.shared.revision();
        if revision > current {
            return Err(Error::Future { requested: revision, current });
        }
        self.shared.raise_floor(revision);
        Ok(())
    }

    /// Only what is in the database can be compacted there; the rest follows once it is.
    fn compaction_target(&self) -> Revision {
        let visible = self.shared.visible.read();
        visible.snapshot.as_ref().map_or(self.compacted, |snapshot| snapshot.revision.min(visible.floor))
    }

    /// Some slack, so that a busy store does not compact after every batch.
    fn keep_history_short(&self) {
        let (current, floor) = (self.shared.revision(), self.shared.floor());
        let kept = self.history.revisions;
        if current.0 - floor.0 > kept + kept / 8 {
            self.shared.raise_floor(Revision(current.0 - kept));
        }
    }
}

impl Staged {
    fn after(revision: Revision) -> Self {
        Self { changes: Vec::new(), heads: HashMap::new(), revision, durability: Durability::Relaxed }
    }

    /// Makes one write that is known to be allowed.
    fn apply(&mut self, index: u32, write: Write, found: Option<Located>) -> Committed {
        let revision = self.revision;
        let kind = match write.op {
            Op::Put(value) => {
                let created = found.as_ref().map_or(revision, |located| located.record.created);
                EventKind::Put { value, created }
            }
            Op::Delete if found.is_none() => return Committed { revision, previous: None },
            Op::Delete => EventKind::Delete,
        };
        if write.durability == Durability::Synced {
            self.durability = Durability::Synced;
        }
        let previous_position = found.as_ref().map(Located::position);
        let previous = found.map(|located| located.record);
        let event = Event { revision, key: write.key.clone(), kind, previous: previous.clone() };
        let head = event.record().map(|record| Located { record, index });
        self.heads.insert(write.key, head);
        self.changes.push(Change { event: Arc::new(event), index, previous: previous_position });
        Committed { revision, previous }
    }
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Lets callers that are about to write do so, as long as more come: they share the fsync that is due
/// rather than wait for it to end. Where nobody else wants to run, this takes no time.
fn gather(queue: &mpsc::Receiver<Command>) {
    let mut waiting = queue.len();
    while waiting < BATCH_TRANSACTIONS {
        std::thread::yield_now();
        let before = std::mem::replace(&mut waiting, queue.len());
        if waiting == before {
            return;
        }
    }
}

/// What is in the queue, within the bounds of a batch.
fn drain(first: Command, queue: &mut mpsc::Receiver<Command>) -> Vec<Command> {
    let mut bytes = size(&first);
    let mut commands = vec![first];
    while commands.len() < BATCH_TRANSACTIONS && bytes < BATCH_BYTES {
        let Ok(command) = queue.try_recv() else {
            break;
        };
        bytes += size(&command);
        commands.push(command);
    }
    commands
}

fn size(command: &Command) -> usize {
    match command {
        Command::Commit { writes, .. } => writes
            .iter()
            .map(|write| match &write.op {
                Op::Put(value) => value.len(),
                Op::Delete => 0,
            })
            .sum(),
        Command::Compact { .. } | Command::Flush | Command::Close => 0,
    }
}

fn validate(writes: &[Write]) -> Result<()> {
    if let Some(write) = writes.iter().find(|write| !(1..=Write::MAX_KEY_BYTES).contains(&write.key.len())) {
        let (bytes, max) = (write.key.len(), Write::MAX_KEY_BYTES);
        return Err(Error::Invalid(format!("a key of {bytes} bytes, 1 to {max} are allowed")));
    }
    if writes.len() > 1 {
        let mut keys: Vec<_> = writes.iter().map(|write| &*write.key).collect();
        keys.sort_unstable();
        if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Invalid(format!("key {} occurs twice in one transaction", pair[0])));
        }
    }
    Ok(())
}

fn answer<T>(reply: oneshot::Sender<T>, outcome: T) {
    if reply.send(outcome).is_err() {
        // The caller stopped waiting, which is its right; the change stands.
        tracing::trace!("nobody waits for the outcome of a commit");
    }
}
