//! The strategy of a resource that is nothing special.

use crate::Strategy;

/// Generic behaviour throughout.
pub(crate) struct Generic;

impl Strategy for Generic {}
