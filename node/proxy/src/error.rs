//! Errors of the proxy.

/// What went wrong with the Service data plane.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error("{}", mistakes.join("; "))]
    Config {
        /// One sentence each.
        mistakes: Vec<String>,
    },
    /// The rules could not be put in place; the old ones are in force.
    #[error("cannot change the Service rules")]
    Rules {
        /// Cause.
        #[source]
        source: netlink::Error,
    },
    /// The rules are in place, but old flows or affinities could not be forgotten.
    #[error("cannot forget stale {what}")]
    Stale {
        /// `flows` or `affinities`.
        what: &'static str,
        /// Cause.
        #[source]
        source: netlink::Error,
    },
}
