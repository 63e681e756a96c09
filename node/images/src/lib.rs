//! Container images: fetched from registries or archives, verified, unpacked, and handed out as
//! overlay lower directories.
//!
//! Why a store of our own: the node needs no other daemon, and an image store is a directory of
//! verified bytes plus one small index. Nothing here knows a Pod.
//!
//! Layout below the root:
//!
//! ```text
//! blobs/sha256/<hex>          verified bytes: manifests, configurations, layers as fetched
//! layers/<chain id>/fs        an unpacked layer, ready as an overlay lower directory
//! layers/<chain id>/layer.json   what it took to make it, and whether it reached the disk
//! rootfs/<key>/{upper,work}   the writable part of one container
//! images.json                 names and the images that they stand for
//! ingest/                     everything that is not finished; emptied at start
//! ```
//!
//! Invariants:
//! - A file below `blobs` has the digest that its name says; it appears by rename after `fsync`.
//! - A directory below `layers` is complete; it appears by rename. Whether it survived a power
//!   loss is known: one that was not flushed in an earlier boot is unpacked again from its blob.
//! - Names change by replacing `images.json`; an image record never refers to a blob that was not
//!   there when it was written.
//! - Content is removed only when no image, no root filesystem and no running pull refers to it.
//! - Bytes of an image never decide where on the host they are written: every path is resolved by
//!   the kernel inside the layer's directory.
//!
//! Reading order: [`ImageStore`] (store), `pull`, `registry`, `unpack`, `import`.

mod config;
mod content;
mod digest;
mod error;
mod import;
mod layer;
mod lock;
mod manifest;
mod metadata;
mod pull;
mod reference;
mod registry;
mod rootfs;
mod single_layer;
mod store;
mod unpack;

pub mod outside;

pub use config::ImagesConfig;
pub use config::Platform;
pub use config::RegistriesConfig;
pub use config::RegistryHost;
pub use digest::Digest;
pub use error::Error;
pub use error::ErrorKind;
pub use manifest::RunConfig;
pub use pull::PullOptions;
pub use pull::PullProgress;
pub use reference::Reference;
pub use registry::Credentials;
pub use rootfs::Rootfs;
pub use rootfs::Usage;
pub use single_layer::FileContent;
pub use single_layer::ImageFile;
pub use store::FsUsage;
pub use store::GcReport;
pub use store::Image;
pub use store::ImageStore;
pub use store::ImagesDeps;
