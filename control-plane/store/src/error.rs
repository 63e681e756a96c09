//! What can go wrong.

use std::path::PathBuf;

use crate::Record;
use crate::Revision;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A precondition does not hold.
    #[error("precondition failed for {key}")]
    Conflict {
        /// The key.
        key: String,
        /// The write's place in its transaction, from 0.
        index: usize,
        /// The record as it is.
        current: Option<Box<Record>>,
    },
    /// The history asked for was given up (or, after a crash, lost with relaxed writes): list again.
    #[error("revision {requested} has been compacted, the oldest is {compacted}")]
    Compacted {
        /// What was asked for.
        requested: Revision,
        /// The oldest revision that can be asked for.
        compacted: Revision,
    },
    /// The revision was not reached yet.
    #[error("revision {requested} is in the future, the current one is {current}")]
    Future {
        /// What was asked for.
        requested: Revision,
        /// The current revision.
        current: Revision,
    },
    /// The watcher did not take its events fast enough, and was cut off: list again.
    #[error("watcher fell behind")]
    Lagged,
    /// The request makes no sense.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// The store stopped, in order or after an earlier failure.
    #[error("store is closed")]
    Closed,
    /// The disk is nearly full: only deletions are taken until there is room again.
    #[error(
        "the disk that holds {path} is nearly full ({free_bytes} bytes left, {room_bytes} are kept for \
         deletions): make room on it, writing goes on by itself then"
    )]
    NoRoom {
        /// The database file.
        path: PathBuf,
        /// What is left.
        free_bytes: u64,
        /// What must be left.
        room_bytes: u64,
    },
    /// A newer version of the program wrote the directory.
    #[error(
        "{path} was written by a newer version (data format {found}, this version reads up to \
         {supported}): start the newer version, or restore a backup made by this one"
    )]
    NewerFormat {
        /// The database file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest format this program knows.
        supported: u64,
    },
    /// Another process uses the directory.
    #[error("{path} is in use by another process: stop it, or choose another data directory")]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The file does not hold what was written into it.
    #[error("{path} is damaged ({what}): move it away and restore the latest backup; nothing was changed")]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The database file cannot be read or written.
    #[error("{action} {path}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The storage engine failed.
    #[error("{action}")]
    Engine {
        /// What was being done.
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<redb::Error>,
    },
}
