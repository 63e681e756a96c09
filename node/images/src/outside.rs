//! What reads bytes from outside, one plain function each: for the fuzzer.

use std::path::Path;

use crate::Digest;
use crate::manifest::Document;
use crate::unpack;

/// A manifest or an index.
pub fn manifest(bytes: &[u8]) -> bool {
    Document::parse("registry.example.com/fuzz", bytes).is_ok()
}

/// The configuration of an image.
pub fn config(bytes: &[u8]) -> bool {
    crate::manifest::ConfigDocument::parse("registry.example.com/fuzz", bytes).is_ok()
}

/// A layer, unpacked into an empty directory.
pub fn layer(bytes: &[u8], target: &Path) -> bool {
    let digest = format!("sha256:{}", "0".repeat(64));
    let digest = Digest::parse(&digest).expect("it has the form of a digest");
    unpack::unpack(bytes, target, &[], &digest).is_ok()
}
