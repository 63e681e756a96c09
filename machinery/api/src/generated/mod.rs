//! Tables made by `cargo xtask codegen` from the facts of the API; do not edit.

pub mod keys;
pub mod resources;
pub mod types;
pub mod views;
