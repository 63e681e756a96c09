//! Revisions, watch, compaction; the embedded backend.
