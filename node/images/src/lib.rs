//! Registry client, content store, snapshots.
