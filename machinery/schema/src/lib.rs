//! What the schema of a type says about its objects: patches, server-side apply, and OpenAPI.
//!
//! Invariants: every function is synchronous and pure; nothing here names a kind; a patch costs time
//! and memory in proportion to patch and object, whatever it says.
//!
//! Reading order: [`patch`], [`apply`], [`openapi`].

pub mod apply;
pub mod openapi;
pub mod patch;
