//! Errors of the contract.

use std::io;
use std::path::PathBuf;

/// Why a call of the runtime failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such sandbox or container.
    #[error("{kind} {id:?} not found")]
    NotFound {
        /// `sandbox` or `container`.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// What was asked for does not fit the present state.
    #[error("container {id} is {state}, it cannot be {action}")]
    WrongState {
        /// The container.
        id: String,
        /// What it is.
        state: &'static str,
        /// What it cannot be.
        action: &'static str,
    },
    /// A container's or a command's process could not be started. The text says why in the words
    /// that users of container runtimes know.
    #[error("{0}")]
    Start(String),
    /// A configuration that cannot be carried out.
    #[error("{0}")]
    Invalid(String),
    /// It took too long.
    #[error("{what} timed out after {seconds} s")]
    Timeout {
        /// What took too long.
        what: String,
        /// How long it could take.
        seconds: u64,
    },
    /// The sandbox's shim does not answer.
    #[error("the shim of sandbox {sandbox} {what}")]
    Shim {
        /// The sandbox.
        sandbox: String,
        /// What it did or did not do.
        what: String,
    },
    /// A file of the runtime's state could not be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's answer.
        #[source]
        source: io::Error,
    },
    /// The kernel refused.
    #[error("the kernel refused")]
    Linux(#[from] linux::Error),
    /// The service that does the work has stopped.
    #[error("the runtime is stopping")]
    Stopping,
}

/// The result of the contract's calls.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether the object that was named does not exist: for callers to whom that is success.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::NotFound { .. })
    }

    /// The error with its causes, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}

/// Adds action and path to an operating system error.
pub(crate) trait IoContext<T> {
    fn context(self, action: &'static str, path: &std::path::Path) -> Result<T>;
}

impl<T, E: Into<io::Error>> IoContext<T> for std::result::Result<T, E> {
    fn context(self, action: &'static str, path: &std::path::Path) -> Result<T> {
        self.map_err(|source| Error::Io { action, path: path.to_owned(), source: source.into() })
    }
}
