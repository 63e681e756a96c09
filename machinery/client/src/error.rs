//! What can go wrong with a call.

use meta::Reason;
use meta::Status;
use thiserror::Error as ThisError;

/// A failed call.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The API server answered with a failure.
    #[error("{0}")]
    Api(Box<Status>),
    /// The API server could not be reached, or the connection broke.
    #[error("cannot reach the API server: {0}")]
    Transport(String),
}

impl Error {
    /// The failure the API server answered with.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Error::Api(status) => Some(status),
            Error::Transport(_) => None,
        }
    }

    /// The reason the API server gave.
    pub fn reason(&self) -> Option<Reason> {
        self.status().map(|status| status.reason)
    }

    /// The object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.reason() == Some(Reason::NotFound)
    }

    /// The name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.reason() == Some(Reason::AlreadyExists)
    }

    /// A precondition failed: read again and decide again.
    pub fn is_conflict(&self) -> bool {
        self.reason() == Some(Reason::Conflict)
    }

    /// The revision asked for is gone: list again.
    pub fn is_expired(&self) -> bool {
        matches!(self.reason(), Some(Reason::Expired | Reason::Gone))
    }

    /// The same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self.reason() {
            None => true,
            Some(reason) => matches!(
                reason,
                Reason::Timeout
                    | Reason::ServerTimeout
                    | Reason::TooManyRequests
                    | Reason::InternalError
                    | Reason::ServiceUnavailable
                    | Reason::Conflict
            ),
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Error::Api(Box::new(status))
    }
}
