//! The image store against a real registry, misbehaving servers, and archives of other tools.

#![allow(clippy::unwrap_used, missing_docs)]

mod archives;
mod registry;
mod support;
