//! Root filesystems of containers: the directories of an overlay mount.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::Digest;
use crate::Error;
use crate::content;

/// The directories of one overlay mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rootfs {
    /// Read-only layers, the top first: overlay's `lowerdir` order.
    pub lower: Vec<PathBuf>,
    /// What the container writes.
    pub upper: PathBuf,
    /// Overlay's own scratch directory, on the same file system as `upper`.
    pub work: PathBuf,
}

/// Space taken on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Allocated bytes.
    pub bytes: u64,
    /// Files, directories and links.
    pub inodes: u64,
}

/// What is kept beside a root filesystem.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RootfsRecord {
    pub(crate) key: String,
    pub(crate) image: Digest,
    pub(crate) chain_ids: Vec<Digest>,
}

/// The directory `rootfs`.
#[derive(Clone, Debug)]
pub(crate) struct RootfsStore {
    dir: PathBuf,
}

impl RootfsStore {
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let store = Self { dir: root.join("rootfs") };
        fs::create_dir_all(&store.dir).map_err(Error::io("creating", &store.dir))?;
        Ok(store)
    }

    /// Checks that a key can be a directory's name.
    pub(crate) fn check_key(key: &str) -> Result<(), Error> {
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if (1..=128).contains(&key.len()) && key.bytes().all(word) && !key.starts_with('.') {
            return Ok(());
        }
        let reason = "letters, digits, '-', '_' and '.' only, up to 128, and no leading '.'".into();
        Err(Error::RootfsKey { key: key.to_owned(), reason })
    }

    /// Makes the writable directories; `top` gives the mount's root directory its owner and mode,
    /// which overlay takes from the upper directory.
    pub(crate) fn create(&self, record: &RootfsRecord, top: Option<&Path>) -> Result<(), Error> {
        let home = self.home(&record.key);
        let upper = home.join("upper");
        for dir in [&upper, &home.join("work")] {
            fs::create_dir_all(dir).map_err(Error::io("creating", dir))?;
        }
        if let Some(top) = top {
            let from = fs::metadata(top).map_err(Error::io("reading", top))?;
            std::os::unix::fs::chown(&upper, Some(from.uid()), Some(from.gid()))
                .and_then(|()| fs::set_permissions(&upper, fs::Permissions::from_mode(from.mode() & 0o7777)))
                .map_err(Error::io("preparing", &upper))?;
        }
        let bytes = serde_json::to_vec(record).expect("a record of strings always serializes");
        // Last: a root filesystem without its record is a leftover.
        content::replace_file(&home.join("rootfs.json"), &bytes)
    }

    pub(crate) fn load(&self, key: &str) -> Result<Option<RootfsRecord>, Error> {
        let path = self.home(key).join("rootfs.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| Error::io("reading", &path)(error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("reading", &path)(error)),
        }
    }

    /// Every root filesystem's record.
    pub(crate) fn list(&self) -> Result<Vec<RootfsRecord>, Error> {
        let failed = || Error::io("listing", &self.dir);
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name();
            if let Some(record) = self.load(&name.to_string_lossy())? {
                records.push(record);
            }
        }
        Ok(records)
    }

    /// Takes the directory away to `trash`; gives whether there was one.
    pub(crate) fn detach(&self, key: &str, trash: &Path) -> Result<bool, Error> {
        let home = self.home(key);
        match fs::rename(&home, trash) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io("removing", &home)(error)),
        }
    }

    pub(crate) fn upper(&self, key: &str) -> PathBuf {
        self.home(key).join("upper")
    }

    pub(crate) fn work(&self, key: &str) -> PathBuf {
        self.home(key).join("work")
    }

    fn home(&self, key: &str) -> PathBuf {
        self.dir.join(key)
    }
}

/// Walks a directory without following links. Files that vanish meanwhile are not counted.
pub(crate) fn measure(dir: &Path) -> io::Result<Usage> {
    let mut usage = Usage::default();
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            usage.inodes += 1;
            usage.bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    Ok(usage)
}
