//! Kubernetes protobuf, from the tables: no generated messages.
//!
//! Source: the envelope and field rules of the Kubernetes API ("Kubernetes Protobuf encoding"), and
//! proto2 as Go writes it: fields in the order of their numbers, values that are no pointers always,
//! repeated fields unpacked, maps with sorted keys.

mod decode;
mod encode;

use thiserror::Error as ThisError;

pub use decode::decode;
pub use encode::encode;
pub use encode::encode_list;
pub use encode::encode_watch_event;

/// The first bytes of every message.
pub const MAGIC: &[u8; 4] = b"k8s\0";

/// Bytes that are no message of their type.
#[derive(Debug, ThisError, PartialEq, Eq, Clone)]
pub enum Error {
    /// The first four bytes are not those of the envelope.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    Magic,
    /// The message ends too early or a length is wrong.
    #[error("proto: unexpected end of the message")]
    Truncated,
    /// A field has another wire type than its number says.
    #[error("proto: wrong wireType = {found} for field {field}")]
    WireType {
        /// The field's JSON name.
        field: &'static str,
        /// The wire type found.
        found: u8,
    },
    /// Text that is not UTF-8.
    #[error("proto: string field {field} contains invalid UTF-8")]
    Utf8 {
        /// The field's JSON name.
        field: &'static str,
    },
    /// Embedded JSON that is none.
    #[error("proto: field {field} holds invalid JSON: {source}")]
    Json {
        /// The field's JSON name.
        field: &'static str,
        /// The cause.
        #[source]
        source: crate::json::Error,
    },
    /// A timestamp outside of what can be written.
    #[error("proto: field {field} holds a time out of range")]
    Time {
        /// The field's JSON name.
        field: &'static str,
    },
    /// The kind has no protobuf form.
    #[error("no protobuf form is known for {api_version}, Kind={kind}")]
    UnknownType {
        /// The apiVersion of the envelope.
        api_version: String,
        /// The kind of the envelope.
        kind: String,
    },
    /// Nested deeper than any API type.
    #[error("proto: exceeded max depth")]
    Depth,
}

#[cfg(test)]
mod tests;
