//! Every controller.

use crate::context::Context;
use crate::context::Part;

/// A row: one controller.
pub(crate) struct Row {
    /// Its name, which is that of its service account where it has one of its own.
    pub(crate) name: &'static str,
    pub(crate) build: fn(&Context<'_>) -> Vec<Part>,
}

pub(crate) static CONTROLLERS: &[Row] = &[];
