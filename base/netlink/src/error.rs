//! Errors of this crate.

use std::io;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel refused a request.
    #[error("cannot {what}")]
    Request {
        /// What was tried.
        what: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// The network namespace cannot be entered.
    #[error("cannot enter the network namespace")]
    Namespace {
        /// Cause.
        #[source]
        source: linux::Error,
    },
    /// The `nft` program could not be run.
    #[error("cannot run nft (Debian package nftables)")]
    NftMissing {
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// `nft` refused the ruleset; nothing of it is in force.
    #[error("nft refused the ruleset: {message}")]
    Nft {
        /// Its own words.
        message: String,
    },
}

impl Error {
    pub(crate) fn request(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let what = what.into();
        move |source| Error::Request { what, source }
    }

    /// Whether the kernel said that the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        use rustix::io::Errno;
        let Error::Request { source, .. } = self else { return false };
        let absent = [Errno::NODEV, Errno::NOENT, Errno::SRCH, Errno::ADDRNOTAVAIL, Errno::NXIO];
        absent.iter().any(|errno| source.raw_os_error() == Some(errno.raw_os_error()))
    }
}
