//! What can go wrong.

use std::io;
use std::time::Duration;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("listen on {address}")]
    Bind {
        /// The address.
        address: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The peer cannot be reached.
    #[error("connect to {endpoint}")]
    Connect {
        /// The peer.
        endpoint: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The peer was reached, but the TLS handshake failed.
    #[error("TLS handshake with {endpoint}")]
    Tls {
        /// The peer.
        endpoint: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The exchange broke.
    #[error("HTTP exchange with {endpoint}")]
    Http {
        /// The peer.
        endpoint: String,
        /// The cause.
        #[source]
        source: hyper::Error,
    },
    /// The peer did not answer in time.
    #[error("{endpoint} did not answer within {timeout:?}")]
    Timeout {
        /// The peer.
        endpoint: String,
        /// How long it had.
        timeout: Duration,
    },
    /// The other side's request or answer does not follow the protocol.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// No protocol that one side offers is known to the other.
    #[error("no common protocol, {offered:?} was offered")]
    NoCommonProtocol {
        /// What was offered.
        offered: Vec<String>,
    },
    /// The request does not ask for an upgrade, or not for one that is known.
    #[error("the request does not ask for a known upgrade")]
    NotAnUpgrade,
    /// The server answered an upgrade request with something else.
    #[error("the upgrade was refused with status {status}")]
    Refused {
        /// The status.
        status: http::StatusCode,
        /// The start of what it said.
        message: String,
    },
    /// The upgraded connection broke.
    #[error("upgraded connection")]
    Upgraded {
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A body could not be read.
    #[error("read a body")]
    Body {
        /// The cause.
        #[source]
        source: crate::BodyError,
    },
    /// A body is larger than was allowed.
    #[error("a body of more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}
