//! The resource table, the schema of every built-in type, and the object value with its codecs.
//!
//! Invariants:
//! - There is one in-memory form of an object, [`Value`]; typed code reads it through generated
//!   views and writes values or patches. Nothing unknown is lost.
//! - A kind is a row of [`Resource`] and a [`types::TypeDef`]; no code of this crate names a kind.
//! - Generated tables are data, not types, so that builds stay quick.
//!
//! Reading order: [`Value`], [`Key`], [`json`], [`types`], [`decode`], [`Resource`], [`Object`],
//! [`view`].

pub mod decode;
pub mod json;
pub mod protobuf;
pub mod selector;
pub mod types;
pub mod view;
pub mod yaml;

mod generated;
mod key;
mod object;
mod place;
mod raw;
mod resources;
mod value;

pub use generated::keys as k;
pub use generated::views;
pub use key::Key;
pub use key::KnownKey;
pub use key::Lookup;
pub use object::Object;
pub use object::ObjectIndex;
pub use place::Placed;
pub use raw::RawObject;
pub use resources::Resource;
pub use resources::Subresource;
pub use resources::verbs;
pub use value::Entry;
pub use value::List;
pub use value::Map;
pub use value::NULL;
pub use value::Value;
