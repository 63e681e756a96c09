//! Errors of this crate.

use std::io;
use std::path::Path;
use std::path::PathBuf;

/// What went wrong with the kernel.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory could not be used.
    #[error("cannot {action} {}", path.display())]
    Path {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A system call without a path failed.
    #[error("cannot {action}")]
    Call {
        /// What was tried, as a verb phrase.
        action: &'static str,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// The machine lacks something.
    #[error("{0}")]
    Unsupported(String),
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// A value that the kernel did not grant, and what is in force instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downgrade {
    /// What was asked for, such as `oom_score_adj -998`.
    pub wanted: String,
    /// What is in force.
    pub granted: String,
}

impl Error {
    /// The operating system's error kind behind this error.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Error::Path { source, .. } | Error::Call { source, .. } => source.kind(),
            Error::Unsupported(_) => io::ErrorKind::Unsupported,
        }
    }

    /// The error with its causes, in one line.
    pub fn chain(&self) -> String {
        match self {
            Error::Path { source, .. } | Error::Call { source, .. } => format!("{self}: {source}"),
            Error::Unsupported(_) => self.to_string(),
        }
    }
}

/// Adds what was tried and on which path to an operating system error.
pub(crate) trait OnPath<T> {
    fn on(self, action: &'static str, path: &Path) -> Result<T>;
}

/// Adds what was tried to an operating system error.
pub(crate) trait During<T> {
    fn during(self, action: &'static str) -> Result<T>;
}

impl<T, E: Into<io::Error>> OnPath<T> for std::result::Result<T, E> {
    fn on(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Path { action, path: path.to_owned(), source: source.into() })
    }
}

impl<T, E: Into<io::Error>> During<T> for std::result::Result<T, E> {
    fn during(self, action: &'static str) -> Result<T> {
        self.map_err(|source| Error::Call { action, source: source.into() })
    }
}
