//! Why the API server does not start.

/// An error at start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings are wrong.
    #[error("the API server's settings are wrong: {}", mistakes.join("; "))]
    Config {
        /// Each mistake with its field.
        mistakes: Vec<String>,
    },
    /// The store cannot be read.
    #[error("cannot read the store")]
    Load {
        /// The cause.
        #[source]
        source: store::Error,
    },
    /// What every cluster has cannot be made.
    #[error("cannot make the objects that every cluster has")]
    Bootstrap {
        /// The cause.
        #[source]
        source: Box<meta::Status>,
    },
}
