//! The words of the Kubernetes API: names, group/version/kind, selectors, quantities, timestamps
//! and `Status`.
//!
//! Invariants: values are parsed once, at the edge; a type of this crate is valid by construction.
//! Nothing here knows a resource or an object's body.

pub mod names;
pub mod quantity;
pub mod selector;
pub mod status;
pub mod time;

mod causes;
mod gvk;

pub use causes::Causes;
pub use gvk::GroupResource;
pub use gvk::GroupVersion;
pub use gvk::Gvk;
pub use gvk::Gvr;
pub use quantity::Quantity;
pub use selector::FieldSelector;
pub use selector::LabelSelector;
pub use status::Cause;
pub use status::Reason;
pub use status::Status;

/// The revision of an object or a list, as the store counts it. Zero means "none" or "any".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceVersion(pub u64);

impl ResourceVersion {
    /// Parses the decimal text that clients hand back; `""` and `"0"` both give zero.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(Self(0)) } else { text.parse().ok().map(Self) }
    }
}

impl std::fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
