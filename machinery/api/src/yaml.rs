//! YAML: parsing into [`Value`] as kubectl reads it, and writing.
//!
//! Scalars resolve as goyaml.v2 resolves them (YAML 1.1: `yes` and `on` are booleans, `0644` is
//! octal, `1_000` a number), because that is what every manifest was written against.

mod parse;
mod write;

pub use parse::Error;
pub use parse::parse;
pub use parse::parse_documents;
pub use write::to_string;
