//! Snapshot, cycle, plugins.
