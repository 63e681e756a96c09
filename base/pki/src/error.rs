//! What can go wrong.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bytes are not what they should be.
    #[error("not a valid {what}: {why}")]
    Malformed {
        /// What they should be.
        what: &'static str,
        /// What is wrong with them.
        why: String,
    },
    /// The key does not belong to the certificate.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// A signature does not match.
    #[error("the signature of the {0} does not match")]
    Signature(&'static str),
    /// The kind of key or signature is not supported.
    #[error("unsupported kind of {0}")]
    Unsupported(&'static str),
    /// The crypto library failed, for lack of randomness or memory.
    #[error("the crypto library could not {0}")]
    Crypto(&'static str),
    /// No authority of the bundle vouches for the certificate.
    #[error("certificate is not trusted")]
    Untrusted {
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The TLS library refuses the configuration.
    #[error("TLS configuration is refused")]
    Tls {
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// A sealed value was changed, was sealed with another key, or belongs elsewhere.
    #[error("sealed value cannot be opened: wrong key, wrong place, or changed")]
    Sealed,
    /// A file cannot be read or written.
    #[error("{action} {path}")]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("in {path}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    pub(crate) fn malformed(what: &'static str, why: impl ToString) -> Self {
        Error::Malformed { what, why: why.to_string() }
    }
}
