//! Opening, reading and writing the files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Bound;
use std::ops::ControlFlow;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use redb::Database;
use redb::DatabaseError;
use redb::ReadOnlyTable;
use redb::ReadableDatabase;
use redb::ReadableTable;
use redb::StorageBackend;
use redb::StorageError;
use redb::WriteTransaction;

use super::format;
use super::format::Entry;
use super::format::Position;
use super::journal::Journal;
use super::journal::Replay;
use super::overlay::Change;
use crate::Error;
use crate::Record;
use crate::Result;
use crate::Revision;

/// The database file in the data directory.
const FILE: &str = "store.redb";
/// What was committed and is not in the database yet, beside it.
const JOURNAL_FILE: &str = "store.journal";
/// The name of a database that is still being made: whoever finds it may remove it.
const UNFINISHED_FILE: &str = "store.redb.new";
/// The name under which an in-memory store reports errors.
const MEMORY: &str = "(memory)";

/// What is kept of the file system for deletions, and for what was promised already.
const ROOM_BYTES: u64 = 16 << 20;

/// A record and its place in the transaction that wrote it.
#[derive(Clone, Debug)]
pub struct Located {
    /// The record.
    pub record: Record,
    /// The place.
    pub index: u32,
}

impl Located {
    /// Where the event is that wrote the record.
    pub fn position(&self) -> Position {
        Position { revision: self.record.modified, index: self.index }
    }
}

/// The database and its journal, for the commit path only.
pub struct Disk {
    database: Database,
    journal: Journal,
    journal_bytes: u64,
    /// What the values take in memory that the journal's changes wrote and replaced.
    held_bytes: u64,
    path: Arc<Path>,
    scratch: Vec<u8>,
}

/// How much the files may keep in memory and in the journal.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// The engine's page cache.
    pub cache_bytes: usize,
    /// The journal, and its changes in memory, when the database takes them over.
    pub journal_bytes: u64,
}

/// The counters as they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The current revision.
    pub current: Revision,
    /// No revision above it was handed out.
    pub reserved: Revision,
    /// The oldest revision that can be read.
    pub compacted: Revision,
    /// Spans `(before, last]` of revisions that may have been taken back.
    pub gaps: Vec<(Revision, Revision)>,
}

/// A consistent view of the file as of one transaction; cheap to share.
pub struct Snapshot {
    heads: ReadOnlyTable<&'static str, (u64, u64, u32)>,
    log: ReadOnlyTable<(u64, u32), &'static [u8]>,
    path: Arc<Path>,
    /// The last revision in it.
    pub revision: Revision,
}

/// What one slice of compaction did.
pub struct Slice {
    /// Events up to here have had what they replaced removed.
    pub compacted: Revision,
    /// The view after it.
    pub snapshot: Snapshot,
}

impl Disk {
    /// Opens the database of a data directory, or makes one.
    pub fn open(directory: &Path, sizes: Sizes) -> Result<(Disk, Recovered)> {
        let path = directory.join(FILE);
        let io = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::Io { action, path, source }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(io("create", directory))?;
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == 0 => {
                return Err(Error::Corrupt { path, what: "the file is empty".into() });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(directory, &path)?,
            Err(error) => return Err(io("inspect", &path)(error)),
        }
        let database =
            open_database(&path, || redb::Builder::new().set_cache_size(sizes.cache_bytes).open(&path))?;
        let journal_path = directory.join(JOURNAL_FILE);
        let format = read_format(&database, &path)?;
        // Under the database's lock, so that nobody else is making it.
        let journal = match journal_file(&journal_path, format) {
            Ok(journal) => UnlockedFile(journal),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::Corrupt { path, what: format!("{JOURNAL_FILE} beside it is missing") });
            }
            Err(error) => return Err(io("open", &journal_path)(error)),
        };
        if format < format::FORMAT {
            sync_directory(directory)?;
            transact(&database, &path, |transaction| {
                transaction.open_table(format::META)?.insert(format::META_FORMAT, format::FORMAT)?;
                Ok(())
            })?;
        }
        Self::recover(database, journal, (path.into(), journal_path.into()), sizes.journal_bytes)
    }

    /// Opens (or makes) a store on any storage: memory, or a simulated disk.
    pub fn open_backend(
        database: impl StorageBackend,
        journal: impl StorageBackend,
        sizes: Sizes,
    ) -> Result<(Disk, Recovered)> {
        let path: Arc<Path> = Path::new(MEMORY).into();
        let database = open_database(&path, || {
            let builder =
                redb::Builder::new().set_cache_size(sizes.cache_bytes).create_with_backend(database)?;
            initialise(&builder)?;
            Ok(builder)
        })?;
        Self::recover(database, journal, (path.clone(), path), sizes.journal_bytes)
    }

    /// What the file system that holds the file has left; of memory nothing is known.
    pub fn free_bytes(&self) -> Option<u64> {
        let free = rustix::fs::statvfs(self.path.parent()?).ok()?;
        Some(free.f_bavail.saturating_mul(free.f_frsize))
    }

    /// Fails where little room is left: a file that cannot grow breaks the engine, and removing things
    /// needs room too.
    pub fn check_room(&self, free_bytes: Option<u64>) -> Result<()> {
        match free_bytes {
            Some(free_bytes) if free_bytes < ROOM_BYTES => {
                Err(Error::NoRoom { path: self.path.to_path_buf(), free_bytes, room_bytes: ROOM_BYTES })
            }
            _ => Ok(()),
        }
    }

    /// A view of what is on disk now.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let read = || -> Result<Snapshot, redb::Error> {
            let transaction = self.database.begin_read()?;
            let revision = transaction
                .open_table(format::META)?
                .get(format::META_CURRENT)?
                .map_or(Revision::NONE, |row| Revision(row.value()));
            Ok(Snapshot {
                heads: transaction.open_table(format::HEADS)?,
                log: transaction.open_table(format::LOG)?,
                path: self.path.clone(),
                revision,
            })
        };
        read().map_err(|error| engine_error(&self.path, "read the store", error))
    }

    /// Appends changes and counters to the journal with one sync; `false`, and nothing is done, if that
    /// has no room for them: then a checkpoint is due.
    pub fn journal(&mut self, changes: &[&Change], current: Revision, reserved: Revision) -> Result<bool> {
        // A journal of deletions is short, and holds much.
        let held_bytes = self.held_bytes + changes.iter().map(|change| held_bytes(change)).sum::<u64>();
        if held_bytes.max(self.journal.len()) > self.journal_bytes {
            return Ok(false);
        }
        self.journal.append(changes, current, reserved)?;
        self.held_bytes = held_bytes;
        Ok(true)
    }

    /// Brings changes, in order, and counters into the database with one sync. They are all that the
    /// journal holds, and perhaps more.
    pub fn checkpoint(
        &mut self,
        changes: &[&Change],
        current: Revision,
        reserved: Revision,
    ) -> Result<Snapshot> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let written = transact(&self.database, &self.path, |transaction| {
            let mut log = transaction.open_table(format::LOG)?;
            for change in changes {
                scratch.clear();
                format::encode(change.position(), &change.entry(), &mut scratch);
                log.insert(change.position().row(), &scratch[..])?;
            }
            write_heads(transaction, changes.iter().map(|change| (change.position(), change.entry())))?;
            write_counters(transaction, current, reserved)
        });
        self.scratch = scratch;
        written?;
        self.journal.restart(current);
        self.held_bytes = 0;
        self.snapshot()
    }

    /// Removes what up to `limit` events after `compacted`, and none after `target`, replaced.
    pub fn compact(&mut self, compacted: Revision, target: Revision, limit: usize) -> Result<Slice> {
        let mut reached = target;
        transact(&self.database, &self.path, |transaction| {
            let mut log = transaction.open_table(format::LOG)?;
            let mut doomed = Vec::new();
            let rows = log.range((compacted.0 + 1, 0)..=(target.0, u32::MAX))?;
            for (examined, row) in rows.enumerate() {
                let (position, bytes) = row?;
                let position = Position::from(position.value());
                // Whole revisions only: the counter names the last one that is done.
                if examined >= limit && position.index == 0 {
                    reached = Revision(position.revision.0 - 1);
                    break;
                }
                let entry = format::decode(position, bytes.value()).ok_or_else(|| {
                    redb::Error::Corrupted(format!(
                        "revision {} does not match its checksum",
                        position.revision
                    ))
                })?;
                doomed.extend(entry.previous);
                if entry.value.is_none() {
                    doomed.push(position);
                }
            }
            for position in doomed {
                log.remove(position.row())?;
            }
            transaction.open_table(format::META)?.insert(format::META_COMPACTED, reached.0)?;
            let mut gaps = transaction.open_table(format::GAPS)?;
            gaps.retain_in(..=reached.0, |_, _| false)?;
            Ok(())
        })?;
        Ok(Slice { compacted: reached, snapshot: self.snapshot()? })
    }

    /// Closes the files in order.
    pub fn close(self) -> Result<()> {
        let path = self.path;
        self.database.close().map_err(|error| engine_error(&path, "close the store", error.into()))
    }

    /// Reads the counters, and brings what the journal holds beyond them into the database. After a
    /// crash, everything that was reserved but is not in the log becomes a gap, durably, and the
    /// current revision moves past it.
    fn recover(
        database: Database,
        journal: impl StorageBackend,
        (path, journal_path): (Arc<Path>, Arc<Path>),
        journal_bytes: u64,
    ) -> Result<(Disk, Recovered)> {
        let mut recovered = read_counters(&database, &path)?;
        let (mut journal, replay) = Journal::open(journal, journal_path, recovered.current)?;
        if let Some(replay) = replay {
            transact(&database, &path, |transaction| write_replay(transaction, &replay))?;
            (recovered.current, recovered.reserved) = (replay.current, replay.reserved);
        }
        if recovered.reserved > recovered.current {
            let (before, last) = (recovered.current, recovered.reserved);
            recovered.gaps.push((before, last));
            recovered.current = last.next();
            recovered.reserved = recovered.current;
            transact(&database, &path, |transaction| {
                transaction.open_table(format::GAPS)?.insert(last.0, before.0)?;
                write_counters(transaction, recovered.current, recovered.reserved)
            })?;
        }
        journal.restart(recovered.current);
        let disk = Disk { database, journal, journal_bytes, held_bytes: 0, path, scratch: Vec::new() };
        Ok((disk, recovered))
    }
}

impl Snapshot {
    /// Where the current record of `key` is.
    pub fn head(&self, key: &str) -> Result<Option<Position>> {
        let row = self.heads.get_owned(key).map_err(|error| self.error(error))?;
        Ok(row.map(|row| {
            let (_, modified, index) = row.value();
            Position::from((modified, index))
        }))
    }

    /// The current record of `key`.
    pub fn record(&self, key: &str) -> Result<Option<Located>> {
        self.head(key)?.map(|position| self.record_at(position)).transpose()
    }

    /// The record that the put at `position` wrote.
    pub fn record_at(&self, position: Position) -> Result<Located> {
        let row = self.log.get_owned(position.row()).map_err(|error| self.error(error))?;
        let row = row.ok_or_else(|| self.damaged(position, "is missing"))?;
        let entry = format::decode(position, row.value())
            .ok_or_else(|| self.damaged(position, "does not match its checksum"))?;
        let value =
            entry.value.ok_or_else(|| self.damaged(position, "is a deletion where a value belongs"))?;
        let record = Record {
            key: entry.key.into(),
            value: Bytes::copy_from_slice(value),
            created: entry.created,
            modified: position.revision,
        };
        Ok(Located { record, index: position.index })
    }

    /// Calls `visit` with each key from `start` on that begins with `prefix`, in order, until it
    /// says to stop.
    pub fn visit_heads(
        &self,
        prefix: &str,
        after: Option<&str>,
        mut visit: impl FnMut(&str, Position) -> Result<()>,
    ) -> Result<()> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let rows =
            self.heads.range_owned::<&str>((start, Bound::Unbounded)).map_err(|error| self.error(error))?;
        for row in rows {
            let (key, head) = row.map_err(|error| self.error(error))?;
            if !key.value().starts_with(prefix) {
                return Ok(());
            }
            let (_, modified, index) = head.value();
            visit(key.value(), Position::from((modified, index)))?;
        }
        Ok(())
    }

    /// Calls `visit` with each event from `from` on in order, until it says to stop.
    pub fn visit_log(
        &self,
        from: Position,
        mut visit: impl FnMut(Position, &Entry<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let rows = self.log.range_owned(from.row()..).map_err(|error| self.error(error))?;
        for row in rows {
            let (position, bytes) = row.map_err(|error| self.error(error))?;
            let position = Position::from(position.value());
            let entry = format::decode(position, bytes.value())
                .ok_or_else(|| self.damaged(position, "does not match its checksum"))?;
            if visit(position, &entry)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn damaged(&self, position: Position, what: &str) -> Error {
        Error::Corrupt {
            path: self.path.to_path_buf(),
            what: format!("revision {} {what}", position.revision),
        }
    }

    fn error(&self, error: StorageError) -> Error {
        engine_error(&self.path, "read the store", error.into())
    }
}

fn open_database(path: &Path, open: impl FnOnce() -> Result<Database, DatabaseError>) -> Result<Database> {
    // The engine asserts in debug builds where it reports damage in release builds.
    let opened = std::panic::catch_unwind(AssertUnwindSafe(open));
    let corrupt = |what: &str| Error::Corrupt { path: path.to_path_buf(), what: what.into() };
    opened
        .map_err(|_| corrupt("the engine cannot make sense of it"))?
        .map_err(|error| open_error(path, error))
}

/// The version of what a database holds, if this program reads it.
fn read_format(database: &Database, path: &Path) -> Result<u64> {
    let read = || -> Result<Option<u64>, redb::Error> {
        let meta = database.begin_read()?.open_table(format::META)?;
        Ok(meta.get(format::META_FORMAT)?.map(|row| row.value()))
    };
    let found = read().map_err(|error| engine_error(path, "read the store", error))?;
    let path = path.to_path_buf();
    match found {
        None => Err(Error::Corrupt { path, what: "it holds no format version".into() }),
        Some(found) if found > format::FORMAT => {
            Err(Error::NewerFormat { path, found, supported: format::FORMAT })
        }
        Some(found) => Ok(found),
    }
}

fn read_counters(database: &Database, path: &Path) -> Result<Recovered> {
    let read = || -> Result<Recovered, redb::Error> {
        let transaction = database.begin_read()?;
        let meta = transaction.open_table(format::META)?;
        let number = |name| {
            let row = meta.get(name)?.map(|row| row.value());
            Ok::<_, redb::Error>(Revision(row.unwrap_or(Revision::FIRST.0)))
        };
        let mut gaps = Vec::new();
        for gap in transaction.open_table(format::GAPS)?.iter()? {
            let (last, before) = gap?;
            gaps.push((Revision(before.value()), Revision(last.value())));
        }
        Ok(Recovered {
            current: number(format::META_CURRENT)?,
            reserved: number(format::META_RESERVED)?,
            compacted: number(format::META_COMPACTED)?,
            gaps,
        })
    };
    read().map_err(|error| engine_error(path, "read the store", error))
}

/// The journal of a database of this format: every database has one that is not older than journals.
fn journal_file(path: &Path, format: u64) -> Result<fs::File, io::Error> {
    let made_now = format == format::FORMAT_WITHOUT_JOURNAL;
    fs::OpenOptions::new().read(true).write(true).create(made_now).truncate(false).mode(0o600).open(path)
}

/// Makes an empty database under a provisional name and moves it in place, so that an empty or
/// half-made file under the real name is always damage and never mistaken for a new store.
fn make(directory: &Path, path: &Path) -> Result<()> {
    let unfinished = directory.join(UNFINISHED_FILE);
    let journal = directory.join(JOURNAL_FILE);
    let io = |action, path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    };
    let open = |path: &Path| {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
    };
    let file = open(&unfinished).map_err(io("create", &unfinished))?;
    // Held until the rename: of two processes that start at once, one makes the file.
    file.try_lock().map_err(|_| Error::Locked { path: unfinished.clone() })?;
    file.set_len(0).map_err(io("empty", &unfinished))?;
    // One that a store left which is gone belongs to nobody.
    open(&journal).and_then(|file| file.set_len(0)).map_err(io("create", &journal))?;
    // Before there is a database, which is damaged without one.
    sync_directory(directory)?;
    let builder = redb::Builder::new();
    let database = builder
        .create_with_backend(UnlockedFile(file))
        .and_then(|database| initialise(&database).map(|()| database))
        .map_err(|error| open_error(&unfinished, error))?;
    fs::rename(&unfinished, path).map_err(io("rename", &unfinished))?;
    database.close().map_err(|error| open_error(path, error))?;
    sync_directory(directory)
}

/// Makes durable which files there are.
fn sync_directory(path: &Path) -> Result<()> {
    fs::File::open(path).and_then(|directory| directory.sync_all()).map_err(|source| Error::Io {
        action: "sync",
        path: path.to_path_buf(),
        source,
    })
}

/// A file whose lock somebody else holds: redb would refuse its own process.
#[derive(Debug)]
struct UnlockedFile(fs::File);

impl StorageBackend for UnlockedFile {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, out, offset)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, data, offset)
    }
}

/// Writes the tables and counters of an empty store, unless they are there.
fn initialise(database: &Database) -> Result<(), DatabaseError> {
    let storage = |error: redb::Error| match error {
        redb::Error::Io(error) => DatabaseError::Storage(StorageError::Io(error)),
        other => DatabaseError::Storage(StorageError::Corrupted(other.to_string())),
    };
    let run = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        let fresh = {
            let mut meta = transaction.open_table(format::META)?;
            let fresh = meta.get(format::META_FORMAT)?.is_none();
            if fresh {
                meta.insert(format::META_FORMAT, format::FORMAT)?;
                for row in [format::META_CURRENT, format::META_RESERVED, format::META_COMPACTED] {
                    meta.insert(row, Revision::FIRST.0)?;
                }
                transaction.open_table(format::HEADS)?;
                transaction.open_table(format::LOG)?;
                transaction.open_table(format::GAPS)?;
            }
            fresh
        };
        if fresh {
            transaction.commit()?
        } else {
            transaction.abort()?
        }
        Ok(())
    };
    run().map_err(storage)
}

fn held_bytes(change: &Change) -> u64 {
    let written = change.entry().value.map_or(0, <[u8]>::len);
    let replaced = change.event.previous.as_ref().map_or(0, |record| record.value.len());
    (written + replaced) as u64
}

fn transact(
    database: &Database,
    path: &Path,
    write: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
) -> Result<()> {
    let run = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        write(&transaction)?;
        transaction.commit()?;
        Ok(())
    };
    run().map_err(|error| engine_error(path, "write the store", error))
}

fn write_replay(transaction: &WriteTransaction, replay: &Replay) -> Result<(), redb::Error> {
    let mut log = transaction.open_table(format::LOG)?;
    for (position, row) in replay.rows() {
        log.insert(position.row(), row)?;
    }
    let entries =
        replay.rows().filter_map(|(position, row)| Some((position, format::decode(position, row)?)));
    write_heads(transaction, entries)?;
    write_counters(transaction, replay.current, replay.reserved)
}

/// Brings the key index up to events, which are in order.
fn write_heads<'a>(
    transaction: &WriteTransaction,
    events: impl Iterator<Item = (Position, Entry<'a>)>,
) -> Result<(), redb::Error> {
    let head = |position: Position, entry: &Entry<'_>| {
        entry.value.map(|_| (entry.created.0, position.revision.0, position.index))
    };
    // Once for each key, in key order: neighbours share pages.
    let heads: BTreeMap<&str, _> =
        events.map(|(position, entry)| (entry.key, head(position, &entry))).collect();
    let mut table = transaction.open_table(format::HEADS)?;
    for (key, head) in heads {
        match head {
            Some(head) => table.insert(key, head)?,
            None => table.remove(key)?,
        };
    }
    Ok(())
}

fn write_counters(
    transaction: &WriteTransaction,
    current: Revision,
    reserved: Revision,
) -> Result<(), redb::Error> {
    let mut meta = transaction.open_table(format::META)?;
    meta.insert(format::META_CURRENT, current.0)?;
    meta.insert(format::META_RESERVED, reserved.0)?;
    Ok(())
}

fn open_error(path: &Path, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::Locked { path: path.to_path_buf() },
        other => engine_error(path, "open the store", other.into()),
    }
}

fn engine_error(path: &Path, action: &'static str, error: redb::Error) -> Error {
    let path: PathBuf = path.to_path_buf();
    match error {
        redb::Error::Corrupted(what) => Error::Corrupt { path, what },
        redb::Error::TableDoesNotExist(table) => {
            Error::Corrupt { path, what: format!("table {table} is missing") }
        }
        redb::Error::UpgradeRequired(version) => {
            Error::Corrupt { path, what: format!("file format {version} is not one this program ever wrote") }
        }
        redb::Error::DatabaseClosed => Error::Closed,
        redb::Error::Io(error) => match error.kind() {
            io::ErrorKind::InvalidData => Error::Corrupt { path, what: error.to_string() },
            io::ErrorKind::UnexpectedEof => Error::Corrupt { path, what: "the file is cut short".into() },
            _ => Error::Io { action, path, source: error },
        },
        other => Error::Engine { action, source: Box::new(other) },
    }
}
