//! Errors of the kubelet as a whole; what goes wrong with one pod is told in its status and events.

use std::io;
use std::path::Path;
use std::path::PathBuf;

/// Why the kubelet could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error("{}", mistakes.join("; "))]
    Config {
        /// One sentence each.
        mistakes: Vec<String>,
    },
    /// A directory or file cannot be used.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The kubelet's API cannot be served.
    #[error("cannot serve the kubelet API")]
    Server(#[from] wire::Error),
    /// The server's TLS configuration cannot be made.
    #[error("cannot make the TLS configuration")]
    Tls(#[from] pki::Error),
}

impl Error {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { what, path, source }
    }
}

/// An error with its causes, in one line: for messages in statuses and events.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
