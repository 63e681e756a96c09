//! Pulling an image: manifest, configuration, layers.
//!
//! Layers are downloaded side by side and unpacked one after the other, the base first, while
//! later ones still come in. Everything is keyed by digest, so that pulls of images with common
//! layers, or of one image twice, share the work.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use stdx::Backoff;
use stdx::BackoffPolicy;
use tokio::sync::mpsc;

use crate::Digest;
use crate::Error;
use crate::Image;
use crate::ImageStore;
use crate::Reference;
use crate::content::BlobWriter;
use crate::lock::Lease;
use crate::manifest;
use crate::manifest::ConfigDocument;
use crate::manifest::Descriptor;
use crate::manifest::Document;
use crate::manifest::Manifest;
use crate::metadata::ImageRecord;
use crate::metadata::LayerRef;
use crate::registry::Credentials;
use crate::registry::Repository;
use crate::store::blocking;

/// Chunks between the network and the disk: enough to keep both busy, few enough to bound memory.
const CHUNKS_MAX: usize = 32;
const RESUME: BackoffPolicy = BackoffPolicy::doubling(Duration::from_millis(200), Duration::from_secs(5));

/// Who pulls and who wants to watch.
#[derive(Clone, Default)]
pub struct PullOptions {
    /// For the registry, not for its mirrors.
    pub credentials: Option<Credentials>,
    /// Called now and then, from the pull's own task; it must not block.
    pub progress: Option<Arc<dyn Fn(PullProgress) + Send + Sync>>,
}

/// How far one layer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// The layer as the manifest names it.
    pub layer: Digest,
    /// Bytes received, of a compressed layer.
    pub received_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// One image's documents, fetched and verified.
pub(crate) struct Resolved {
    pub(crate) id: Digest,
    pub(crate) config: ConfigDocument,
    pub(crate) manifest: Manifest,
    /// Everything between the name and the configuration.
    pub(crate) documents: BTreeSet<Digest>,
}

impl fmt::Debug for PullOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PullOptions").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl ImageStore {
    /// Fetches an image and makes it ready to run. What is in the store already is not fetched
    /// again. Dropping the future stops the pull; finished layers stay.
    ///
    /// # Errors
    /// In the registry's own words where it spoke; see [`Error::kind`] for how to react.
    pub async fn pull(&self, reference: &Reference, options: &PullOptions) -> Result<Image, Error> {
        let repositories = self.inner.client.repositories(reference, options.credentials.clone())?;
        let mut last = None;
        for repository in &repositories {
            match self.pull_from(repository, reference, options).await {
                Ok(image) => return Ok(image),
                Err(error) => {
                    if last.is_none() && repositories.len() > 1 {
                        tracing::debug!(%reference, at = repository.address(), %error, "pull failed here");
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.expect("the registry itself is always among the repositories"))
    }

    async fn pull_from(
        &self,
        repository: &Repository,
        reference: &Reference,
        options: &PullOptions,
    ) -> Result<Image, Error> {
        let mut lease = self.inner.leases.open();
        let (resolved, digest) = self.resolve(repository, reference, &mut lease).await?;
        let layers = layer_refs(&reference.to_string(), &resolved)?;
        for layer in &layers {
            lease.hold(layer.blob.as_str());
            lease.hold(layer.chain_id.as_str());
        }
        let (sender, mut receiver) = mpsc::channel::<usize>(layers.len().max(1));
        let fetch = async {
            // Owned descriptors: a closure over borrowed ones would make this future unfit for
            // tasks (its lifetime is not general enough for `Send`).
            let wanted: Vec<_> = resolved.manifest.layers.iter().cloned().enumerate().collect();
            let downloads = wanted.into_iter().map(|(i, layer)| async move {
                self.fetch_layer(repository, reference, &layer, options).await.map(|()| i)
            });
            // In order, so that the base can be unpacked first; the semaphore bounds what runs.
            let mut downloads = stream::iter(downloads).buffered(self.inner.config.parallel_downloads);
            while let Some(done) = downloads.next().await {
                sender.send(done?).await.expect("the unpacking side outlives the downloads");
            }
            drop(sender);
            Ok::<_, Error>(())
        };
        let unpack = async {
            while let Some(i) = receiver.recv().await {
                self.ensure_layer(&layers, i).await?;
            }
            Ok::<_, Error>(())
        };
        futures_util::future::try_join(fetch, unpack).await?;
        self.flush_later(layers.iter().map(|layer| layer.chain_id.clone()).collect());

        let record = ImageRecord {
            size: resolved.manifest.config.size
                + resolved.manifest.layers.iter().map(|l| l.size).sum::<u64>(),
            manifests: resolved.documents,
            layers,
            repo_tags: reference.tagged().into_iter().collect(),
            repo_digests: BTreeSet::from([reference.with_digest(&digest)]),
            pinned: false,
        };
        let image = self.commit(resolved.id, record, resolved.config.run_config()).await?;
        tracing::info!(%reference, id = %image.id, bytes = image.size, "image pulled");
        Ok(image)
    }

    /// Follows the name to manifest and configuration; gives the digest that the name stands for.
    async fn resolve(
        &self,
        repository: &Repository,
        reference: &Reference,
        lease: &mut Lease,
    ) -> Result<(Resolved, Digest), Error> {
        let text = reference.to_string();
        let bytes = repository.manifest(reference.manifest()).await?;
        let digest = self.keep(&bytes, lease).await?;
        let mut documents = BTreeSet::from([digest.clone()]);
        let manifest = match Document::parse(&text, &bytes)? {
            Document::Manifest(manifest) => manifest,
            Document::Index(entries) => {
                let entry = manifest::select(&text, &entries, &self.inner.config.platform)?;
                let bytes = repository.manifest(entry.digest.as_str()).await?;
                documents.insert(self.keep(&bytes, lease).await?);
                match Document::parse(&text, &bytes)? {
                    Document::Manifest(manifest) => manifest,
                    Document::Index(_) => return Err(Error::manifest(&text, "an index within an index")),
                }
            }
        };
        let id = manifest.config.digest.clone();
        lease.hold(id.as_str());
        let bytes = match self.inner.content.has(&id) {
            true => self.inner.content.read(&id)?.into(),
            false => repository.small_blob(&id).await?,
        };
        self.keep(&bytes, lease).await?;
        let config = ConfigDocument::parse(&text, &bytes)?;
        Ok((Resolved { id, config, manifest, documents }, digest))
    }

    /// Stores a document that was fetched into memory.
    async fn keep(&self, bytes: &Bytes, lease: &mut Lease) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        lease.hold(digest.as_str());
        if self.inner.content.has(&digest) {
            return Ok(digest);
        }
        let (content, bytes) = (self.inner.content.clone(), bytes.clone());
        blocking(move || content.put(&bytes)).await
    }

    async fn fetch_layer(
        &self,
        repository: &Repository,
        reference: &Reference,
        layer: &Descriptor,
        options: &PullOptions,
    ) -> Result<(), Error> {
        let _turn = self.inner.locks.lock(layer.digest.as_str()).await;
        if self.inner.content.has(&layer.digest) {
            return Ok(());
        }
        let _permit = self.inner.downloads.acquire().await.expect("the semaphore is never closed");
        let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
        let writer = self.inner.content.writer()?;
        let writing = blocking(move || write_chunks(writer, receiver));
        let receiving = self.receive(repository, layer, options, sender);
        let (received, writer) = tokio::join!(receiving, writing);
        // The disk's error is the cause when both sides fail.
        let writer = writer?;
        received?;
        let (what, expected) = (format!("{reference}: layer"), layer.digest.clone());
        blocking(move || writer.commit(&what, Some(&expected))).await?;
        Ok(())
    }

    /// Receives a blob, taking up a broken transfer where it stopped.
    async fn receive(
        &self,
        repository: &Repository,
        layer: &Descriptor,
        options: &PullOptions,
        sender: mpsc::Sender<Bytes>,
    ) -> Result<(), Error> {
        let mut backoff = Backoff::new(RESUME, self.inner.rng.clone());
        let mut received = 0;
        while received < layer.size {
            let before = received;
            let Err(error) = self.transfer(repository, layer, options, &sender, &mut received).await else {
                continue;
            };
            let again = matches!(error.kind(), crate::ErrorKind::Unavailable) && !sender.is_closed();
            if received > before {
                backoff.reset();
            }
            if !again || backoff.attempts() >= self.inner.client.config().resume_attempts {
                return Err(error);
            }
            tracing::debug!(layer = %layer.digest, received, %error, "download broke, resuming");
            self.inner.clock.sleep(backoff.next_delay()).await;
        }
        Ok(())
    }

    /// One connection's worth of a blob; `received` counts what reached the writer.
    async fn transfer(
        &self,
        repository: &Repository,
        layer: &Descriptor,
        options: &PullOptions,
        sender: &mpsc::Sender<Bytes>,
        received: &mut u64,
    ) -> Result<(), Error> {
        let (mut exchange, start) = repository.blob(&layer.digest, *received).await?;
        // A registry that ignores ranges begins again: pass over what is there already.
        let mut skip = *received - start;
        while let Some(mut chunk) = exchange.chunk().await.map_err(|source| repository.broken(source))? {
            let skipped = skip.min(chunk.len() as u64);
            skip -= skipped;
            chunk = chunk.slice(skipped as usize..);
            if *received + chunk.len() as u64 > layer.size {
                return Err(Error::manifest(
                    layer.digest.as_str(),
                    "the blob is larger than the manifest says",
                ));
            }
            *received += chunk.len() as u64;
            if sender.send(chunk).await.is_err() {
                return Err(repository.broken("the writer has given up".into()));
            }
            if let Some(progress) = &options.progress {
                let (layer, total_bytes) = (layer.digest.clone(), layer.size);
                progress(PullProgress { layer, received_bytes: *received, total_bytes });
            }
        }
        if *received < layer.size {
            return Err(repository.broken("the blob ended early".into()));
        }
        Ok(())
    }
}

/// Matches the manifest's layers with the configuration's.
pub(crate) fn layer_refs(reference: &str, resolved: &Resolved) -> Result<Vec<LayerRef>, Error> {
    let diff_ids = &resolved.config.rootfs.diff_ids;
    let layers = &resolved.manifest.layers;
    if diff_ids.len() != layers.len() {
        let reason = format!("{} layers, but the configuration names {}", layers.len(), diff_ids.len());
        return Err(Error::manifest(reference, reason));
    }
    let chain = manifest::chain_ids(diff_ids);
    let zipped = layers.iter().zip(diff_ids).zip(chain);
    let refs = zipped.map(|((layer, diff_id), chain_id)| LayerRef {
        blob: layer.digest.clone(),
        diff_id: diff_id.clone(),
        chain_id,
    });
    Ok(refs.collect())
}

/// The disk's side of a download: hashing and writing off the async threads.
fn write_chunks(mut writer: BlobWriter, mut chunks: mpsc::Receiver<Bytes>) -> Result<BlobWriter, Error> {
    while let Some(chunk) = chunks.blocking_recv() {
        if let Err(error) = writer.write_all(&chunk) {
            return Err(Error::io("writing a layer to", writer.path())(error));
        }
    }
    Ok(writer)
}
