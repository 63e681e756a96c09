//! The runtime with real containers on the running kernel. Needs root, and Debian's busybox-static
//! and runc; whatever a test makes is gone when it ends.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;
mod containers;
mod restart;
mod speed;
