//! One Strategy per resource.
