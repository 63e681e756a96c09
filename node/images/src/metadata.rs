//! `images.json`: which names stand for which images.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::Digest;
use crate::Error;
use crate::content;

const FORMAT: u32 = 1;

/// One image, by the digest of its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageRecord {
    /// Manifests that the image was found through, the index included.
    pub(crate) manifests: BTreeSet<Digest>,
    /// Layer blobs, the base first.
    pub(crate) layers: Vec<LayerRef>,
    /// Names with tags.
    pub(crate) repo_tags: BTreeSet<String>,
    /// Names with digests.
    pub(crate) repo_digests: BTreeSet<String>,
    /// Bytes of configuration and layers as fetched.
    pub(crate) size: u64,
    /// Whether it came by hand: no registry may have it.
    #[serde(default)]
    pub(crate) pinned: bool,
}

/// A layer blob and what it is when unpacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LayerRef {
    pub(crate) blob: Digest,
    pub(crate) diff_id: Digest,
    pub(crate) chain_id: Digest,
}

/// The whole file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Metadata {
    format: u32,
    pub(crate) images: BTreeMap<Digest, ImageRecord>,
}

impl Metadata {
    /// Reads the file; an absent one is an empty store.
    pub(crate) fn load(root: &Path) -> Result<Self, Error> {
        let path = path(root);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { format: FORMAT, images: BTreeMap::new() });
            }
            Err(error) => return Err(Error::io("reading", &path)(error)),
        };
        let loaded: Self =
            serde_json::from_slice(&bytes).map_err(|error| Error::io("reading", &path)(error.into()))?;
        if loaded.format > FORMAT {
            let newer = format!("format {} is newer than this program's {FORMAT}", loaded.format);
            return Err(Error::io("reading", &path)(io::Error::new(io::ErrorKind::InvalidData, newer)));
        }
        Ok(loaded)
    }

    /// Replaces the file.
    pub(crate) fn save(&self, root: &Path) -> Result<(), Error> {
        let bytes = serde_json::to_vec(self).expect("records of strings and numbers always serialize");
        content::replace_file(&path(root), &bytes)
    }

    /// Gives the image its names; takes the tag from whoever had it.
    pub(crate) fn add(&mut self, id: Digest, record: ImageRecord) {
        for other in self.images.values_mut() {
            other.repo_tags.retain(|tag| !record.repo_tags.contains(tag));
        }
        match self.images.get_mut(&id) {
            Some(known) => {
                known.manifests.extend(record.manifests);
                known.repo_tags.extend(record.repo_tags);
                known.repo_digests.extend(record.repo_digests);
                known.layers = record.layers;
                known.size = record.size;
                known.pinned |= record.pinned;
            }
            None => {
                self.images.insert(id, record);
            }
        }
    }
}

fn path(root: &Path) -> PathBuf {
    root.join("images.json")
}
