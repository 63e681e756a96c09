//! The content store: verified bytes below `blobs/sha256`, made in `ingest`.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::Digest;
use crate::Error;
use crate::digest::Hasher;

/// Paths and the rules of how files appear in them; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ContentStore {
    blobs: PathBuf,
    ingest: PathBuf,
    next: Arc<AtomicU64>,
}

impl ContentStore {
    /// Makes the directories and throws away what an earlier run left unfinished.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let store =
            Self { blobs: root.join("blobs/sha256"), ingest: root.join("ingest"), next: Arc::default() };
        if store.ingest.exists() {
            fs::remove_dir_all(&store.ingest).map_err(Error::io("emptying", &store.ingest))?;
        }
        for dir in [&store.blobs, &store.ingest] {
            fs::create_dir_all(dir).map_err(Error::io("creating", dir))?;
        }
        Ok(store)
    }

    /// Where the blob is, or would be.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        self.blobs.join(digest.hex())
    }

    /// Whether the blob is there. Its bytes were verified when they came.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.path(digest).exists()
    }

    /// A path in `ingest` that nobody else has: unfinished files and directories, and those on
    /// their way out.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.ingest.join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// A new, empty blob.
    pub(crate) fn writer(&self) -> Result<BlobWriter, Error> {
        let path = self.temporary();
        let file = File::create_new(&path).map_err(Error::io("creating", &path))?;
        Ok(BlobWriter { store: self.clone(), path, file: Some(file), hasher: Hasher::new(), size: 0 })
    }

    /// Stores bytes that are in memory already.
    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let mut writer = self.writer()?;
        writer.write_all(bytes).map_err(Error::io("writing", &writer.path))?;
        Ok(writer.commit("blob", None)?.0)
    }

    /// A small blob's bytes.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let path = self.path(digest);
        fs::read(&path).map_err(Error::io("reading", &path))
    }

    /// Every blob with its size in bytes.
    pub(crate) fn list(&self) -> Result<Vec<(Digest, u64)>, Error> {
        let failed = || Error::io("listing", &self.blobs);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.blobs).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let digest = entry.file_name().to_str().map(|hex| Digest::parse(&format!("sha256:{hex}")));
            if let Some(Ok(digest)) = digest {
                found.push((digest, entry.metadata().map_err(failed())?.len()));
            }
        }
        Ok(found)
    }

    /// Removes a blob; one that is gone already is fine.
    pub(crate) fn remove(&self, digest: &Digest) -> Result<(), Error> {
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("removing", &path)(error)),
            _ => Ok(()),
        }
    }
}

/// A blob in the making: hashes what it is given, removes itself when dropped unfinished.
pub(crate) struct BlobWriter {
    store: ContentStore,
    path: PathBuf,
    file: Option<File>,
    hasher: Hasher,
    size: u64,
}

impl BlobWriter {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes, verifies, and gives the blob its name. `what` is for the error.
    pub(crate) fn commit(mut self, what: &str, expected: Option<&Digest>) -> Result<(Digest, u64), Error> {
        let hasher = std::mem::replace(&mut self.hasher, Hasher::new());
        let actual = hasher.finish();
        if let Some(expected) = expected
            && *expected != actual
        {
            return Err(Error::Digest { what: what.to_owned(), expected: expected.clone(), actual });
        }
        let file = self.file.take().expect("a writer has its file until it is committed");
        let target = self.store.path(&actual);
        file.sync_all().map_err(Error::io("flushing", &self.path))?;
        fs::rename(&self.path, &target).map_err(Error::io("naming", &target))?;
        sync_dir(&self.store.blobs)?;
        Ok((actual, self.size))
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().expect("a writer has its file until it is committed");
        let written = file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if self.file.is_some()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "unfinished blob stays until the next start");
        }
    }
}

/// Hashes what is read through it.
pub(crate) struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> HashingReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, hasher: Hasher::new() }
    }

    /// Reads to the end and gives the digest of everything.
    pub(crate) fn finish(mut self) -> io::Result<Digest> {
        let mut buffer = vec![0; 64 << 10];
        while self.read(&mut buffer)? > 0 {}
        Ok(self.hasher.finish())
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}

/// Makes renames in `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io("flushing", dir))
}

/// Replaces `path` so that a reader and a power loss see the old or the new bytes, never a mixture.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let dir = path.parent().expect("every file of the store lies in a directory");
    let temporary = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(Error::io("replacing", path))?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_appears_only_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let store = ContentStore::open(dir.path()).unwrap();
        let digest = Digest::of(b"hello");
        let mut writer = store.writer().unwrap();
        writer.write_all(b"hell").unwrap();
        let error = writer.commit("a layer", Some(&digest)).unwrap_err();
        assert!(matches!(error, Error::Digest { .. }), "{error}");
        assert!(!store.has(&digest));
        assert_eq!(fs::read_dir(dir.path().join("ingest")).unwrap().count(), 0, "leftover");

        assert_eq!(store.put(b"hello").unwrap(), digest);
        assert_eq!(store.read(&digest).unwrap(), b"hello");
        assert_eq!(store.list().unwrap(), [(digest.clone(), 5)]);
        store.remove(&digest).unwrap();
        store.remove(&digest).unwrap();
        assert!(!store.has(&digest));
    }

    #[test]
    fn leftovers_go_at_start() {
        let dir = tempfile::tempdir().unwrap();
        let store = ContentStore::open(dir.path()).unwrap();
        fs::create_dir_all(store.temporary().join("fs/etc")).unwrap();
        ContentStore::open(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("ingest")).unwrap().count(), 0);
    }
}
