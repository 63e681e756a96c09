//! Images made from files in memory, with no registry and no build tool.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;

use crate::Error;
use crate::Image;
use crate::ImageStore;
use crate::Reference;
use crate::RunConfig;
use crate::content::BlobWriter;
use crate::content::ContentStore;
use crate::lock::EVERYTHING;
use crate::manifest;
use crate::manifest::ConfigDocument;
use crate::manifest::ConfigJson;
use crate::manifest::Descriptor;
use crate::manifest::Manifest;
use crate::manifest::RootfsJson;
use crate::metadata::ImageRecord;
use crate::pull;
use crate::pull::Resolved;
use crate::store::blocking;

/// One file of an image, owned by root. Directories on the way to it are made.
#[derive(Clone, Debug)]
pub struct ImageFile {
    /// Path in the image.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// What it is.
    pub content: FileContent,
}

/// What a file of an image is.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// A regular file with these bytes.
    Bytes(Bytes),
    /// A regular file, copied from this machine.
    HostFile(PathBuf),
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Symlink(String),
}

impl ImageStore {
    /// Makes an image of one layer and names it. The same files and configuration give the same
    /// image id.
    ///
    /// # Errors
    /// When a file of this machine cannot be read or the store cannot be written.
    pub async fn build_single_layer(
        &self,
        name: &Reference,
        config: &RunConfig,
        files: Vec<ImageFile>,
    ) -> Result<Image, Error> {
        let mut lease = self.inner.leases.open();
        lease.hold(EVERYTHING);
        let (content, platform) = (self.inner.content.clone(), self.inner.config.platform.clone());
        let document = ConfigDocument {
            architecture: platform.architecture,
            os: platform.os,
            variant: platform.variant,
            config: Some(ConfigJson::from(config)),
            ..ConfigDocument::default()
        };
        let resolved = blocking(move || build(&content, document, &files)).await?;
        let layers = pull::layer_refs(&name.to_string(), &resolved)?;
        self.ensure_layer(&layers, 0).await?;
        self.flush_later(layers.iter().map(|layer| layer.chain_id.clone()).collect());
        let record = ImageRecord {
            size: resolved.manifest.config.size + resolved.manifest.layers[0].size,
            repo_digests: resolved.documents.iter().map(|digest| name.with_digest(digest)).collect(),
            repo_tags: name.tagged().into_iter().collect(),
            manifests: resolved.documents,
            layers,
            pinned: true,
        };
        self.commit(resolved.id, record, config.clone()).await
    }
}

fn build(content: &ContentStore, mut config: ConfigDocument, files: &[ImageFile]) -> Result<Resolved, Error> {
    let mut writer = content.writer()?;
    write_tar(&mut writer, files)?;
    let (layer, layer_size) = writer.commit("layer", None)?;
    config.rootfs = RootfsJson { kind: "layers".into(), diff_ids: vec![layer.clone()] };
    let json = serde_json::to_vec(&config).expect("a configuration of strings always serializes");
    let id = content.put(&json)?;
    let descriptor = |media_type: &str, digest, size| Descriptor {
        media_type: media_type.into(),
        digest,
        size,
        platform: None,
        annotations: BTreeMap::new(),
    };
    let manifest = Manifest {
        schema_version: 2,
        media_type: manifest::OCI_MANIFEST.into(),
        config: descriptor(manifest::OCI_CONFIG, id.clone(), json.len() as u64),
        layers: vec![descriptor(manifest::OCI_LAYER, layer, layer_size)],
    };
    let document =
        content.put(&serde_json::to_vec(&manifest).expect("a manifest of strings always serializes"))?;
    Ok(Resolved { id, config, manifest, documents: [document].into() })
}

fn write_tar(writer: &mut BlobWriter, files: &[ImageFile]) -> Result<(), Error> {
    let path = writer.path().to_owned();
    let mut builder = tar::Builder::new(writer);
    for file in files {
        match &file.content {
            FileContent::HostFile(source) => {
                let opened = File::open(source).map_err(Error::io("opening", source))?;
                let size = opened.metadata().map_err(Error::io("reading", source))?.len();
                append(&mut builder, file, tar::EntryType::Regular, size, opened)
            }
            FileContent::Bytes(bytes) => {
                append(&mut builder, file, tar::EntryType::Regular, bytes.len() as u64, bytes.as_ref())
            }
            FileContent::Directory => append(&mut builder, file, tar::EntryType::Directory, 0, io::empty()),
            FileContent::Symlink(target) => {
                let mut header = header(tar::EntryType::Symlink, file.mode, 0);
                builder.append_link(&mut header, relative(&file.path), target)
            }
        }
        .map_err(Error::io("writing a layer to", &path))?;
    }
    builder.finish().map_err(Error::io("writing a layer to", &path))
}

fn append(
    builder: &mut tar::Builder<&mut BlobWriter>,
    file: &ImageFile,
    kind: tar::EntryType,
    size: u64,
    content: impl io::Read,
) -> io::Result<()> {
    let mut header = header(kind, file.mode, size);
    builder.append_data(&mut header, relative(&file.path), content)
}

/// No times and no names of users: the same files make the same layer.
fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}
