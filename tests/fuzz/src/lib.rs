//! Fuzz targets: every decoder and patch engine that meets bytes from outside, as a plain function of
//! those bytes.
//!
//! A target panics where something is wrong: a panic of what it calls, or a property that does not
//! hold (what was read and written is read as the same). Time and memory are watched by whoever calls
//! it: `cargo xtask fuzz TARGET` mutates inputs by coverage, and the tests of this crate replay
//! `corpus/TARGET/`, where every input that ever found something stays.
//!
//! Reading order: [`TARGETS`], then the modules by what they read.

mod machines;
mod objects;
mod text;

#[cfg(test)]
mod tests;

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "json", run: objects::json },
    Target { name: "yaml", run: objects::yaml },
    Target { name: "protobuf", run: objects::protobuf },
    Target { name: "body", run: objects::body },
    Target { name: "json-patch", run: objects::json_patch },
    Target { name: "merge-patch", run: objects::merge_patch },
    Target { name: "strategic-patch", run: objects::strategic_patch },
    Target { name: "apply", run: objects::apply },
    Target { name: "field-set", run: objects::field_set },
    Target { name: "label-selector", run: text::label_selector },
    Target { name: "field-selector", run: text::field_selector },
    Target { name: "quantity", run: text::quantity },
    Target { name: "request-head", run: text::request_head },
    Target { name: "continue-token", run: text::continue_token },
    Target { name: "log-line", run: text::log_line },
    Target { name: "image-reference", run: text::image_reference },
    Target { name: "spdy", run: machines::spdy },
    Target { name: "channel-message", run: machines::channel_message },
    Target { name: "image-manifest", run: machines::image_manifest },
    Target { name: "image-layer", run: machines::image_layer },
    Target { name: "dns", run: machines::dns },
];

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
