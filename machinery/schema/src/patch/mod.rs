//! The three patch formats.

mod json;
mod merge;
mod strategic;

use thiserror::Error as ThisError;

pub use json::apply_json;
pub use merge::apply_merge;
pub use strategic::apply_strategic;

/// A patch that cannot be applied. The first kind is the client's mistake in writing (400), the
/// second does not fit the object (422).
#[derive(Debug, ThisError, PartialEq, Eq, Clone)]
pub enum Error {
    /// It is no patch of its format.
    #[error("{0}")]
    Malformed(String),
    /// It is one, but does not fit this object.
    #[error("{0}")]
    Unprocessable(String),
}
