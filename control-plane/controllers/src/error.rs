//! What can go wrong while the controllers are built.

use thiserror::Error as ThisError;

/// Why the controllers cannot be built.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The configuration is wrong; one sentence per mistake.
    #[error("the controllers' configuration is wrong: {}", .0.join("; "))]
    Config(Vec<String>),
}
