//! Errors of the DNS server.

use std::io;
use std::net::SocketAddr;

/// What keeps the server from starting, or a record from being made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error("{}", mistakes.join("; "))]
    Config {
        /// One sentence each.
        mistakes: Vec<String>,
    },
    /// The cluster domain is no domain name.
    #[error("cluster domain {domain:?}: {reason}")]
    Domain {
        /// As given.
        domain: String,
        /// Why not.
        reason: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address} ({transport})")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// `udp` or `tcp`.
        transport: &'static str,
        /// Cause.
        #[source]
        source: io::Error,
    },
}
