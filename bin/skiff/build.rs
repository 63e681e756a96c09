//! Links the program at a fixed address.
//!
//! Every pod's shim is this program. Loaded at a random address, it would have the pages of its
//! pointer tables patched and thus copied in each shim, which is most of what a shim would hold; at a
//! fixed address they stay shared with the file.

fn main() {
    println!("cargo::rustc-link-arg-bins=-no-pie");
    println!("cargo::rerun-if-changed=build.rs");
}
