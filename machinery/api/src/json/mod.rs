//! JSON: parsing into [`crate::Value`] and writing it.
//!
//! Invariants: parsing takes bounded memory and stack for any input; what was parsed and written
//! again is the same value; nothing is dropped.

mod parse;
mod write;

pub use parse::Error;
pub use parse::Parsed;
pub use parse::parse;
pub use parse::parse_value;
pub use write::push_string;
pub use write::to_string;
pub use write::to_vec;
pub use write::write;
