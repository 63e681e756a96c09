//! Errors of the image store.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::Digest;

/// What went wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no image reference.
    #[error("invalid image reference {reference:?}: {reason}")]
    Reference {
        /// As given.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The registry answered with an error; `message` is its own wording.
    #[error("{reference}: {message}")]
    Registry {
        /// What was asked for.
        reference: String,
        /// HTTP status.
        status: u16,
        /// The distribution specification's error code, such as `MANIFEST_UNKNOWN`; may be empty.
        code: String,
        /// The registry's own words, or the HTTP status when it said nothing.
        message: String,
    },
    /// The registry could not be reached, or the connection broke and could not be resumed.
    #[error("{reference}: {what}")]
    Transport {
        /// What was asked for.
        reference: String,
        /// The step that failed, with the address.
        what: String,
        /// Cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file system is full.
    #[error("no space left on the file system of {} while {what}; remove images or enlarge the disk", path.display())]
    DiskFull {
        /// What was being written.
        what: String,
        /// The file or directory.
        path: PathBuf,
    },
    /// Reading or writing the store failed.
    #[error("{what} {}", path.display())]
    Io {
        /// What was tried.
        what: String,
        /// The file or directory.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// Bytes are not what their digest promised.
    #[error("{what}: digest is {actual}, expected {expected}")]
    Digest {
        /// Which bytes.
        what: String,
        /// The promise.
        expected: Digest,
        /// The truth.
        actual: Digest,
    },
    /// A manifest, index or configuration cannot be used.
    #[error("{reference}: {reason}")]
    Manifest {
        /// Whose.
        reference: String,
        /// Why.
        reason: String,
    },
    /// A layer cannot be unpacked.
    #[error("layer {layer}: {reason}")]
    Layer {
        /// The layer's uncompressed digest.
        layer: Digest,
        /// Why, with the entry's path.
        reason: String,
    },
    /// A layer's entry could not be written.
    #[error("layer {layer}: cannot write {entry:?}")]
    LayerIo {
        /// The layer's uncompressed digest.
        layer: Digest,
        /// The entry's path.
        entry: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// An image archive cannot be used.
    #[error("image archive: {reason}")]
    Archive {
        /// Why.
        reason: String,
    },
    /// No such image in the store.
    #[error("image {reference} is not in the store")]
    NotFound {
        /// As asked for.
        reference: String,
    },
    /// A root filesystem is made from it.
    #[error("image {reference} is in use by {key}")]
    InUse {
        /// The image.
        reference: String,
        /// The root filesystem's key.
        key: String,
    },
    /// The key is taken by a root filesystem of another image, or cannot be a file name.
    #[error("root filesystem {key:?}: {reason}")]
    RootfsKey {
        /// The key.
        key: String,
        /// Why.
        reason: String,
    },
    /// Another process has the store open.
    #[error("image store {} is open in another process", root.display())]
    Locked {
        /// The store's directory.
        root: PathBuf,
    },
    /// The configuration is wrong.
    #[error("{}", mistakes.join("; "))]
    Config {
        /// One sentence each.
        mistakes: Vec<String>,
    },
}

/// How a caller should treat an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request itself is wrong (`InvalidImageName`).
    Invalid,
    /// No such image at the registry or in the store.
    NotFound,
    /// The registry wants other credentials.
    Unauthorized,
    /// The registry cannot be reached or has a bad moment: try again later (`RegistryUnavailable`).
    Unavailable,
    /// The image's own bytes are broken or unsupported.
    BadImage,
    /// This machine is the cause: disk, permissions, lock.
    Local,
}

impl Error {
    /// How to treat it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Reference { .. } | Error::RootfsKey { .. } | Error::Config { .. } => ErrorKind::Invalid,
            Error::NotFound { .. } | Error::Registry { status: 404, .. } => ErrorKind::NotFound,
            Error::Registry { status: 401 | 403, .. } => ErrorKind::Unauthorized,
            Error::Registry { status: 400..=499, code, .. } if code != "TOOMANYREQUESTS" => {
                ErrorKind::Invalid
            }
            Error::Registry { .. } | Error::Transport { .. } => ErrorKind::Unavailable,
            Error::Digest { .. } | Error::Manifest { .. } | Error::Layer { .. } | Error::Archive { .. } => {
                ErrorKind::BadImage
            }
            Error::DiskFull { .. }
            | Error::Io { .. }
            | Error::LayerIo { .. }
            | Error::InUse { .. }
            | Error::Locked { .. } => ErrorKind::Local,
        }
    }

    /// Wraps an IO error, turning a full disk into the one sentence that helps.
    pub(crate) fn io(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| match is_full(&source) {
            true => Error::DiskFull { what: what.to_owned(), path: path.to_owned() },
            false => Error::Io { what: what.to_owned(), path: path.to_owned(), source },
        }
    }

    pub(crate) fn archive(reason: impl Into<String>) -> Error {
        Error::Archive { reason: reason.into() }
    }

    pub(crate) fn manifest(reference: &str, reason: impl Into<String>) -> Error {
        Error::Manifest { reference: reference.to_owned(), reason: reason.into() }
    }
}

/// Whether the file system or the quota is exhausted.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
