//! What the schema of a type says about changing its objects: patches and server-side apply.
//!
//! Invariants: every function is synchronous and pure; nothing here names a kind; a patch costs time
//! and memory in proportion to patch and object, whatever it says.
//!
//! Reading order: [`patch`].

pub mod patch;
