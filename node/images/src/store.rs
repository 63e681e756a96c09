//! The image store: what is there, who uses it, and what can go.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use parking_lot::RwLock;
use rustix::fs::FlockOperation;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::sync::Semaphore;

use crate::Digest;
use crate::Error;
use crate::ImagesConfig;
use crate::Reference;
use crate::Rootfs;
use crate::RunConfig;
use crate::Usage;
use crate::content::ContentStore;
use crate::digest;
use crate::layer::LayerStore;
use crate::lock::EVERYTHING;
use crate::lock::KeyedLocks;
use crate::lock::Leases;
use crate::manifest::ConfigDocument;
use crate::metadata::ImageRecord;
use crate::metadata::LayerRef;
use crate::metadata::Metadata;
use crate::registry::Client;
use crate::rootfs;
use crate::rootfs::RootfsRecord;
use crate::rootfs::RootfsStore;

/// Layers unpacked at the same time: it is processor work.
const PARALLEL_UNPACKS: usize = 2;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

static FLUSH: TaskKind = TaskKind { name: "image layer flush", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

/// All images of one node; cheap to clone.
#[derive(Clone)]
pub struct ImageStore {
    pub(crate) inner: Arc<Inner>,
}

/// What the store is given besides its configuration.
#[derive(Clone)]
pub struct ImagesDeps {
    /// Spawns connections and flushes.
    pub spawner: Spawner,
    /// For waiting between attempts.
    pub clock: Clock,
    /// For jitter.
    pub rng: Rng,
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The digest of its configuration: what identifies it.
    pub id: Digest,
    /// `domain/path:tag`, sorted; empty for an image that lost its last tag to another.
    pub repo_tags: Vec<String>,
    /// `domain/path@digest`, sorted.
    pub repo_digests: Vec<String>,
    /// Bytes of configuration and layers as fetched (compressed), as containerd counts.
    pub size: u64,
    /// Whether it came by hand, from an archive: it may be in no registry, so only a hand removes it.
    pub pinned: bool,
    /// How to run it.
    pub config: Arc<RunConfig>,
}

/// The file system that holds the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FsUsage {
    /// Size in bytes.
    pub capacity_bytes: u64,
    /// Bytes that are free to use.
    pub available_bytes: u64,
    /// Inodes in all; 0 where the file system has no such bound.
    pub inodes: u64,
    /// Free inodes.
    pub inodes_free: u64,
    /// What images take: blobs and unpacked layers, without what containers wrote.
    pub images: Usage,
}

/// What a collection removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Blobs removed.
    pub blobs: u64,
    /// Unpacked layers removed.
    pub layers: u64,
    /// Bytes given back.
    pub bytes: u64,
}

pub(crate) struct Inner {
    pub(crate) config: ImagesConfig,
    pub(crate) content: ContentStore,
    pub(crate) client: Arc<Client>,
    pub(crate) locks: KeyedLocks,
    pub(crate) leases: Leases,
    pub(crate) downloads: Semaphore,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    layers: LayerStore,
    rootfs: RootfsStore,
    unpacks: Semaphore,
    spawner: Spawner,
    state: RwLock<State>,
    /// Held while a new state is written, so that readers never wait for the disk.
    writer: Mutex<()>,
    /// The lock file; the kernel releases it with the process.
    _lock: File,
}

#[derive(Clone)]
struct State {
    metadata: Metadata,
    configs: BTreeMap<Digest, Arc<RunConfig>>,
}

impl ImageStore {
    /// Opens the store, making it where there is none, and removes leftovers of an earlier run.
    /// Blocking, and short: nothing is verified that was verified when it came.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A wrong configuration, a store that is open elsewhere, a directory that cannot be used.
    pub fn open(config: ImagesConfig, deps: ImagesDeps) -> Result<Self, Error> {
        config.validate().map_err(|mistakes| Error::Config { mistakes })?;
        let root = &config.root;
        fs::create_dir_all(root).map_err(Error::io("creating", root))?;
        let lock_path = root.join("lock");
        let lock = File::create(&lock_path).map_err(Error::io("opening", &lock_path))?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| Error::Locked { root: root.clone() })?;
        let content = ContentStore::open(root)?;
        let boot_id = fs::read_to_string(BOOT_ID).map_err(Error::io("reading", BOOT_ID.as_ref()))?;
        let layers = LayerStore::open(root, content.clone(), boot_id.trim().to_owned())?;
        let state = State::load(Metadata::load(root)?, &content);
        let inner = Inner {
            client: Arc::new(Client::new(config.registries.clone(), deps.spawner.clone())?),
            locks: KeyedLocks::default(),
            leases: Leases::default(),
            downloads: Semaphore::new(config.parallel_downloads),
            unpacks: Semaphore::new(PARALLEL_UNPACKS),
            clock: deps.clock,
            rng: deps.rng,
            spawner: deps.spawner,
            rootfs: RootfsStore::open(root)?,
            state: RwLock::new(state),
            writer: Mutex::new(()),
            _lock: lock,
            content,
            layers,
            config,
        };
        let store = Self { inner: Arc::new(inner) };
        // An earlier run of this boot may have ended before its layers were flushed.
        store.flush_later(store.inner.layers.list()?.into_iter().map(|layer| layer.chain_id).collect());
        Ok(store)
    }

    /// Every image, by id.
    pub fn list(&self) -> Vec<Image> {
        let state = self.inner.state.read();
        state.metadata.images.iter().map(|(id, record)| state.image(id, record)).collect()
    }

    /// The image of a name, a name with digest, or an id (whole, or its first digits when they are
    /// unambiguous).
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Reference`] when the text is neither name nor id.
    pub fn inspect(&self, reference_or_id: &str) -> Result<Image, Error> {
        let state = self.inner.state.read();
        let (id, _) = state.resolve(reference_or_id)?;
        Ok(state.image(&id, &state.metadata.images[&id]))
    }

    /// Takes a name away; with its last tag, or by id or digest, the image goes with its content.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InUse`] when the image would go while a root filesystem is
    /// made from it.
    pub async fn remove(&self, reference_or_id: &str) -> Result<(), Error> {
        let (inner, reference) = (self.inner.clone(), reference_or_id.to_owned());
        blocking(move || {
            inner.remove(&reference)?;
            inner.sweep().map(|_| ())
        })
        .await
    }

    /// Removes content that no image, root filesystem or running pull refers to.
    pub async fn gc(&self) -> Result<GcReport, Error> {
        let inner = self.inner.clone();
        blocking(move || inner.sweep()).await
    }

    /// How full the store's file system is, and the images' part in it.
    pub async fn fs_usage(&self) -> Result<FsUsage, Error> {
        let inner = self.inner.clone();
        blocking(move || inner.fs_usage()).await
    }

    /// Makes the directories of a container's overlay mount. The same key and image again give the
    /// same directories with what the container wrote.
    ///
    /// An image without layers has no lower directories: its root is `upper` itself.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::RootfsKey`] when the key belongs to another image.
    pub async fn prepare_rootfs(&self, image: &str, key: &str) -> Result<Rootfs, Error> {
        RootfsStore::check_key(key)?;
        let _turn = self.inner.locks.lock(&format!("rootfs {key}")).await;
        let mut lease = self.inner.leases.open();
        let (id, layers) = {
            let state = self.inner.state.read();
            let (id, _) = state.resolve(image)?;
            let layers = state.metadata.images[&id].layers.clone();
            (id, layers)
        };
        lease.hold(id.as_str());
        for layer in &layers {
            lease.hold(layer.chain_id.as_str());
            lease.hold(layer.blob.as_str());
        }
        // Again, now that it is held: it may have been removed between the two.
        self.inspect(id.as_str())?;
        for i in 0..layers.len() {
            self.ensure_layer(&layers, i).await?;
        }
        let lower: Vec<PathBuf> =
            layers.iter().rev().map(|layer| self.inner.layers.fs(&layer.chain_id)).collect();
        let chain_ids = layers.into_iter().map(|layer| layer.chain_id).collect();
        let record = RootfsRecord { key: key.to_owned(), image: id, chain_ids };
        let (rootfs, top) = (self.inner.rootfs.clone(), lower.first().cloned());
        blocking(move || match rootfs.load(&record.key)? {
            Some(known) if known.image == record.image => Ok(()),
            Some(known) => {
                let reason = format!("it belongs to image {}", known.image);
                Err(Error::RootfsKey { key: record.key, reason })
            }
            None => rootfs.create(&record, top.as_deref()),
        })
        .await?;
        Ok(Rootfs { lower, upper: self.inner.rootfs.upper(key), work: self.inner.rootfs.work(key) })
    }

    /// Removes a container's directories; nothing when there are none. It must be unmounted.
    pub async fn remove_rootfs(&self, key: &str) -> Result<(), Error> {
        RootfsStore::check_key(key)?;
        let _turn = self.inner.locks.lock(&format!("rootfs {key}")).await;
        let (rootfs, trash, key) =
            (self.inner.rootfs.clone(), self.inner.content.temporary(), key.to_owned());
        blocking(move || match rootfs.detach(&key, &trash)? {
            true => fs::remove_dir_all(&trash).map_err(Error::io("removing", &trash)),
            false => Ok(()),
        })
        .await
    }

    /// Keys of all root filesystems, sorted: what a restarted node compares with its containers.
    pub async fn list_rootfs(&self) -> Result<Vec<String>, Error> {
        let rootfs = self.inner.rootfs.clone();
        let mut keys: Vec<String> =
            blocking(move || rootfs.list()).await?.into_iter().map(|record| record.key).collect();
        keys.sort();
        Ok(keys)
    }

    /// What a container wrote into its root filesystem.
    pub async fn rootfs_usage(&self, key: &str) -> Result<Usage, Error> {
        RootfsStore::check_key(key)?;
        let upper = self.inner.rootfs.upper(key);
        blocking(move || rootfs::measure(&upper).map_err(Error::io("measuring", &upper))).await
    }

    /// Unpacks the layer `layers[i]` unless that is done; those below it must be there.
    pub(crate) async fn ensure_layer(&self, layers: &[LayerRef], i: usize) -> Result<(), Error> {
        let layer = layers[i].clone();
        let _turn = self.inner.locks.lock(&format!("unpack {}", layer.chain_id)).await;
        if self.inner.layers.has(&layer.chain_id) {
            return Ok(());
        }
        let _permit = self.inner.unpacks.acquire().await.expect("the semaphore is never closed");
        let parents: Vec<PathBuf> =
            layers[..i].iter().rev().map(|layer| self.inner.layers.fs(&layer.chain_id)).collect();
        let store = self.inner.layers.clone();
        blocking(move || store.unpack(&layer.blob, &layer.diff_id, &layer.chain_id, &parents)).await
    }

    /// Flushes layers to disk in the background.
    pub(crate) fn flush_later(&self, chain_ids: Vec<Digest>) {
        let store = self.inner.layers.clone();
        let label = chain_ids.last().map(Digest::to_string).unwrap_or_default();
        self.inner.spawner.spawn(&FLUSH, label, async move {
            if let Err(error) = blocking(move || store.make_durable(&chain_ids)).await {
                tracing::warn!(%error, "layers not flushed; they are unpacked again after a reboot");
            }
        });
    }

    /// Names an image whose content is complete.
    pub(crate) async fn commit(
        &self,
        id: Digest,
        record: ImageRecord,
        config: RunConfig,
    ) -> Result<Image, Error> {
        let inner = self.inner.clone();
        blocking(move || {
            inner.update(|state| {
                state.metadata.add(id.clone(), record);
                state.configs.insert(id.clone(), Arc::new(config));
                Ok(())
            })?;
            let state = inner.state.read();
            Ok(state.image(&id, &state.metadata.images[&id]))
        })
        .await
    }
}

impl Inner {
    /// Changes the state on disk, then in memory.
    fn update(&self, change: impl FnOnce(&mut State) -> Result<(), Error>) -> Result<(), Error> {
        let _writer = self.writer.lock();
        let mut next = self.state.read().clone();
        change(&mut next)?;
        next.metadata.save(&self.config.root)?;
        *self.state.write() = next;
        Ok(())
    }

    fn remove(&self, reference: &str) -> Result<(), Error> {
        // Nobody can begin to use the image between the look and the removal.
        let leases = self.leases.freeze();
        let used = self.rootfs.list()?;
        self.update(|state| {
            let (id, tag) = state.resolve(reference)?;
            let record = state.metadata.images.get_mut(&id).expect("resolved just now");
            if let Some(tag) = tag {
                record.repo_tags.remove(&tag);
                if !record.repo_tags.is_empty() {
                    return Ok(());
                }
            }
            let key = used.iter().find(|rootfs| rootfs.image == id).map(|rootfs| rootfs.key.clone());
            let key = key.or_else(|| leases.contains_key(id.as_str()).then(|| "work in progress".to_owned()));
            if let Some(key) = key {
                return Err(Error::InUse { reference: reference.to_owned(), key });
            }
            state.metadata.images.remove(&id);
            state.configs.remove(&id);
            Ok(())
        })
    }

    fn sweep(&self) -> Result<GcReport, Error> {
        let mut report = GcReport::default();
        let mut trash = Vec::new();
        {
            let leases = self.leases.freeze();
            if leases.contains_key(EVERYTHING) {
                return Ok(report);
            }
            let (blobs, layers) = self.referenced()?;
            for (digest, size) in self.content.list()? {
                if !blobs.contains(&digest) && !leases.contains_key(digest.as_str()) {
                    self.content.remove(&digest)?;
                    report.blobs += 1;
                    report.bytes += size;
                }
            }
            for layer in self.layers.list()? {
                if !layers.contains(&layer.chain_id) && !leases.contains_key(layer.chain_id.as_str()) {
                    trash.push(self.layers.detach(&layer.chain_id)?);
                    report.layers += 1;
                    report.bytes += layer.usage.bytes;
                }
            }
        }
        for dir in trash {
            fs::remove_dir_all(&dir).map_err(Error::io("removing", &dir))?;
        }
        Ok(report)
    }

    fn referenced(&self) -> Result<(BTreeSet<Digest>, BTreeSet<Digest>), Error> {
        let (mut blobs, mut layers) = (BTreeSet::new(), BTreeSet::new());
        for (id, record) in &self.state.read().metadata.images {
            blobs.insert(id.clone());
            blobs.extend(record.manifests.iter().cloned());
            blobs.extend(record.layers.iter().map(|layer| layer.blob.clone()));
            layers.extend(record.layers.iter().map(|layer| layer.chain_id.clone()));
        }
        for rootfs in self.rootfs.list()? {
            layers.extend(rootfs.chain_ids);
        }
        Ok((blobs, layers))
    }

    fn fs_usage(&self) -> Result<FsUsage, Error> {
        let root = &self.config.root;
        let stat = rustix::fs::statvfs(root).map_err(|error| Error::io("measuring", root)(error.into()))?;
        let mut images = Usage::default();
        for (_, size) in self.content.list()? {
            images.bytes += size;
            images.inodes += 1;
        }
        for layer in self.layers.list()? {
            images.bytes += layer.usage.bytes;
            images.inodes += layer.usage.inodes;
        }
        Ok(FsUsage {
            capacity_bytes: stat.f_blocks * stat.f_frsize,
            available_bytes: stat.f_bavail * stat.f_frsize,
            inodes: stat.f_files,
            inodes_free: stat.f_ffree,
            images,
        })
    }
}

impl State {
    /// Keeps the images whose content is there.
    fn load(mut metadata: Metadata, content: &ContentStore) -> Self {
        let mut configs = BTreeMap::new();
        metadata.images.retain(|id, record| {
            let config = content.read(id).and_then(|bytes| ConfigDocument::parse(id.as_str(), &bytes));
            let missing = record.layers.iter().find(|layer| !content.has(&layer.blob));
            match (config, missing) {
                (Ok(config), None) => {
                    configs.insert(id.clone(), Arc::new(config.run_config()));
                    true
                }
                (Err(error), _) => {
                    tracing::warn!(image = %id, %error, "image dropped: its configuration is unreadable");
                    false
                }
                (_, Some(layer)) => {
                    tracing::warn!(image = %id, layer = %layer.blob, "image dropped: a layer is missing");
                    false
                }
            }
        });
        Self { metadata, configs }
    }

    fn image(&self, id: &Digest, record: &ImageRecord) -> Image {
        Image {
            id: id.clone(),
            repo_tags: record.repo_tags.iter().cloned().collect(),
            repo_digests: record.repo_digests.iter().cloned().collect(),
            size: record.size,
            pinned: record.pinned,
            config: self.configs.get(id).cloned().unwrap_or_default(),
        }
    }

    /// The image's id, and the tag when it was found by tag.
    fn resolve(&self, text: &str) -> Result<(Digest, Option<String>), Error> {
        let not_found = || Error::NotFound { reference: text.to_owned() };
        if let Some(id) = self.resolve_id(text) {
            return Ok((id, None));
        }
        if digest::is_hex(text) || text.starts_with("sha256:") {
            return Err(not_found());
        }
        let reference = Reference::parse(text)?;
        let by_digest = reference.digest().map(|digest| reference.with_digest(digest));
        let tag = reference.tagged().filter(|_| by_digest.is_none());
        let found = self.metadata.images.iter().find(|(_, record)| {
            by_digest.as_ref().is_some_and(|name| record.repo_digests.contains(name))
                || tag.as_ref().is_some_and(|tag| record.repo_tags.contains(tag))
        });
        found.map(|(id, _)| (id.clone(), tag)).ok_or_else(not_found)
    }

    fn resolve_id(&self, text: &str) -> Option<Digest> {
        /// Fewer digits could be meant as a name.
        const DIGITS_MIN: usize = 12;
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        if hex.len() < DIGITS_MIN || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut matching = self.metadata.images.keys().filter(|id| id.hex().starts_with(hex));
        let first = matching.next()?;
        matching.next().is_none().then(|| first.clone())
    }
}

/// Runs disk work off the async threads. A panic goes on in the caller.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Error::io("stopping before the end of work in", "the image store".as_ref())(
                std::io::Error::other(error),
            )),
        },
    }
}
