//! What every backend is held to.
