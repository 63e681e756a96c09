//! What can go wrong while the scheduler is built.

use thiserror::Error as ThisError;

/// Why the scheduler cannot be built.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The configuration is wrong; one sentence per mistake.
    #[error("the scheduler's configuration is wrong: {}", .0.join("; "))]
    Config(Vec<String>),
}
