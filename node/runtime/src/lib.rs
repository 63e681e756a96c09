//! The Runtime contract and the embedded runtime.
