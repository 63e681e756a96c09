//! The Service data plane.
