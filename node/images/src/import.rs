//! Importing image archives: `docker save` and OCI layouts, plain or compressed.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use crate::Digest;
use crate::Error;
use crate::Image;
use crate::ImageStore;
use crate::Platform;
use crate::Reference;
use crate::content::ContentStore;
use crate::lock::EVERYTHING;
use crate::manifest;
use crate::manifest::ConfigDocument;
use crate::manifest::Descriptor;
use crate::manifest::Document;
use crate::manifest::Manifest;
use crate::metadata::ImageRecord;
use crate::pull;
use crate::pull::Resolved;
use crate::store::blocking;
use crate::unpack;

const CONTAINERD_NAME: &str = "io.containerd.image.name";
const OCI_REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Bound on every JSON document in an archive.
const DOCUMENT_MAX: u64 = 8 << 20;

/// An image found in an archive, its blobs already in the content store.
struct Found {
    resolved: Resolved,
    names: Vec<Reference>,
    /// What a name stands for, where the archive says it.
    digest: Option<Digest>,
    size: u64,
}

/// The files of an archive by name, each stored as a blob under its own digest.
#[derive(Default)]
struct Files {
    blobs: BTreeMap<PathBuf, (Digest, u64)>,
    links: BTreeMap<PathBuf, PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEntry {
    config: PathBuf,
    repo_tags: Option<Vec<String>>,
    layers: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

impl ImageStore {
    /// Reads every image of an archive: the output of `docker save`, or an OCI layout as a tar
    /// file; gzip, zstd or plain. Images take the names that the archive gives them; one without a
    /// name is found by its id.
    ///
    /// # Errors
    /// [`Error::Archive`] when it is no image archive; nothing is named then.
    pub async fn import(&self, archive: impl Read + Send + 'static) -> Result<Vec<Image>, Error> {
        let mut lease = self.inner.leases.open();
        lease.hold(EVERYTHING);
        let (content, platform) = (self.inner.content.clone(), self.inner.config.platform.clone());
        let found = blocking(move || read_archive(archive, &content, &platform)).await?;
        let mut images = Vec::with_capacity(found.len());
        for image in found {
            let layers = pull::layer_refs("image archive", &image.resolved)?;
            for i in 0..layers.len() {
                self.ensure_layer(&layers, i).await?;
            }
            self.flush_later(layers.iter().map(|layer| layer.chain_id.clone()).collect());
            let digests =
                image.digest.iter().flat_map(|digest| image.names.iter().map(|n| n.with_digest(digest)));
            let record = ImageRecord {
                repo_digests: digests.collect(),
                repo_tags: image.names.iter().filter_map(Reference::tagged).collect(),
                manifests: image.resolved.documents,
                layers,
                size: image.size,
                pinned: true,
            };
            images.push(self.commit(image.resolved.id, record, image.resolved.config.run_config()).await?);
        }
        Ok(images)
    }
}

fn read_archive(
    archive: impl Read,
    content: &ContentStore,
    platform: &Platform,
) -> Result<Vec<Found>, Error> {
    let files = store_files(archive, content)?;
    if files.get(Path::new("oci-layout")).is_ok() {
        return oci_layout(&files, content, platform);
    }
    if files.get(Path::new("manifest.json")).is_ok() {
        return docker_archive(&files, content);
    }
    Err(Error::archive("it has neither a manifest.json (docker save) nor an oci-layout file"))
}

/// Writes every regular file as a blob. Those that no image refers to go with the next collection.
fn store_files(archive: impl Read, content: &ContentStore) -> Result<Files, Error> {
    let broken = |error: io::Error| Error::archive(format!("cannot be read: {error}"));
    let stream = unpack::decompress(BufReader::with_capacity(128 << 10, archive)).map_err(broken)?;
    let mut archive = tar::Archive::new(stream);
    let mut files = Files::default();
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = clean(&entry.path().map_err(broken)?);
        match entry.header().entry_type() {
            tar::EntryType::Regular => {
                let mut writer = content.writer()?;
                // A copy's error is the archive's or the disk's; a full disk is told apart by kind.
                io::copy(&mut entry, &mut writer).map_err(|error| match crate::error::is_full(&error) {
                    true => Error::io("importing an image into", writer.path())(error),
                    false => broken(error),
                })?;
                files.blobs.insert(path, writer.commit("archive", None)?);
            }
            // Older `docker save` links equal layers to each other.
            tar::EntryType::Symlink | tar::EntryType::Link => {
                let Some(target) = entry.link_name().map_err(broken)? else { continue };
                let base = match entry.header().entry_type() {
                    tar::EntryType::Symlink => path.parent().unwrap_or(Path::new("")).join(&target),
                    _ => target.into_owned(),
                };
                files.links.insert(path, clean(&base));
            }
            _ => {}
        }
    }
    Ok(files)
}

fn docker_archive(files: &Files, content: &ContentStore) -> Result<Vec<Found>, Error> {
    let entries: Vec<DockerEntry> =
        document(files.get(Path::new("manifest.json"))?, content, "manifest.json")?;
    let mut found = Vec::new();
    for entry in entries {
        let config = files.get(&clean(&entry.config))?;
        let bytes = read_document(config, content, "image configuration")?;
        let descriptor = |media_type: &str, (digest, size): &(Digest, u64)| Descriptor {
            media_type: media_type.into(),
            digest: digest.clone(),
            size: *size,
            platform: None,
            annotations: BTreeMap::new(),
        };
        let layers = entry.layers.iter().map(|path| files.get(&clean(path)));
        let layers: Vec<_> =
            layers.map(|file| Ok(descriptor(manifest::OCI_LAYER, file?))).collect::<Result<_, Error>>()?;
        let size = config.1 + layers.iter().map(|layer| layer.size).sum::<u64>();
        let manifest = Manifest {
            schema_version: 2,
            media_type: manifest::OCI_MANIFEST.into(),
            config: descriptor(manifest::OCI_CONFIG, config),
            layers,
        };
        let names = entry.repo_tags.unwrap_or_default();
        found.push(Found {
            names: names.iter().map(|name| Reference::parse(name)).collect::<Result<_, _>>()?,
            digest: None,
            size,
            resolved: Resolved {
                id: config.0.clone(),
                config: ConfigDocument::parse("image archive", &bytes)?,
                manifest,
                documents: BTreeSet::new(),
            },
        });
    }
    Ok(found)
}

fn oci_layout(files: &Files, content: &ContentStore, platform: &Platform) -> Result<Vec<Found>, Error> {
    let index: Index = document(files.get(Path::new("index.json"))?, content, "index.json")?;
    // One manifest may be listed once per name.
    let mut by_digest: BTreeMap<Digest, Vec<Reference>> = BTreeMap::new();
    for entry in &index.manifests {
        let names = by_digest.entry(entry.digest.clone()).or_default();
        if let Some(name) = entry_name(entry)? {
            names.push(name);
        }
    }
    by_digest.into_iter().map(|(digest, names)| oci_image(digest, names, content, platform)).collect()
}

fn oci_image(
    digest: Digest,
    names: Vec<Reference>,
    content: &ContentStore,
    platform: &Platform,
) -> Result<Found, Error> {
    let label = names.first().map_or_else(|| digest.to_string(), Reference::to_string);
    let read = |digest: &Digest| {
        let size = std::fs::metadata(content.path(digest))
            .map_err(|_| Error::archive(format!("it lacks blob {digest}")))?;
        read_document(&(digest.clone(), size.len()), content, digest.as_str())
    };
    let mut documents = BTreeSet::from([digest.clone()]);
    let mut current = digest.clone();
    let manifest = loop {
        match Document::parse(&label, &read(&current)?)? {
            Document::Manifest(manifest) => break manifest,
            Document::Index(entries) => {
                current = manifest::select(&label, &entries, platform)?.digest.clone();
                if !documents.insert(current.clone()) {
                    return Err(Error::archive(format!("index {current} contains itself")));
                }
            }
        }
    };
    if let Some(missing) = manifest.layers.iter().find(|layer| !content.has(&layer.digest)) {
        return Err(Error::archive(format!("it lacks layer {}", missing.digest)));
    }
    let id = manifest.config.digest.clone();
    let config = ConfigDocument::parse(&label, &read(&id)?)?;
    let size = manifest.config.size + manifest.layers.iter().map(|layer| layer.size).sum::<u64>();
    Ok(Found { resolved: Resolved { id, config, manifest, documents }, names, digest: Some(digest), size })
}

/// containerd's annotation holds a whole name; the OCI one may be only a tag, which names nothing.
fn entry_name(entry: &Descriptor) -> Result<Option<Reference>, Error> {
    if let Some(name) = entry.annotations.get(CONTAINERD_NAME) {
        return Reference::parse(name).map(Some);
    }
    match entry.annotations.get(OCI_REF_NAME) {
        Some(name) if name.contains(['/', ':']) => Reference::parse(name).map(Some),
        _ => Ok(None),
    }
}

impl Files {
    fn get(&self, path: &Path) -> Result<&(Digest, u64), Error> {
        let mut path = path;
        // A chain of links longer than the number of links is a circle.
        for _ in 0..=self.links.len() {
            match (self.blobs.get(path), self.links.get(path)) {
                (Some(file), _) => return Ok(file),
                (None, Some(target)) => path = target,
                (None, None) => break,
            }
        }
        Err(Error::archive(format!("it lacks {}", path.display())))
    }
}

fn document<T: serde::de::DeserializeOwned>(
    file: &(Digest, u64),
    content: &ContentStore,
    name: &str,
) -> Result<T, Error> {
    let bytes = read_document(file, content, name)?;
    serde_json::from_slice(&bytes).map_err(|error| Error::archive(format!("{name}: {error}")))
}

fn read_document(
    (digest, size): &(Digest, u64),
    content: &ContentStore,
    name: &str,
) -> Result<Vec<u8>, Error> {
    if *size > DOCUMENT_MAX {
        return Err(Error::archive(format!("{name} is larger than {DOCUMENT_MAX} bytes")));
    }
    content.read(digest)
}

/// Names in an archive are only compared with each other, never opened.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::Normal(name) => clean.push(name),
            std::path::Component::ParentDir => {
                clean.pop();
            }
            _ => {}
        }
    }
    clean
}
