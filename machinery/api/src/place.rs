//! Where in a text something stands.

/// A path, such as `spec.replicas`, and its place in the text: the number of each key and element on the
/// way to it. Sorted by place, complaints stand in the order in which a reader of the text meets them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// The place; a key that stood before counts as one between its neighbours.
    pub place: Vec<usize>,
    /// The path.
    pub path: String,
}
