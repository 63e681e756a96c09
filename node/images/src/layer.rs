//! Unpacked layers, one directory per chain id, and whether they survived the last power loss.

use std::fs;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::Digest;
use crate::Error;
use crate::Usage;
use crate::content;
use crate::content::ContentStore;
use crate::unpack;

/// Directory names are a prefix of the chain id: 128 bits identify it, and overlay's list of lower
/// directories must fit into a page where the kernel takes them in one string.
const NAME_LEN: usize = 32;

/// The directory `layers`.
#[derive(Clone, Debug)]
pub(crate) struct LayerStore {
    dir: PathBuf,
    content: ContentStore,
    boot_id: String,
}

/// What is kept beside a layer.
///
/// Flushing thousands of small files would dominate the start of a pod, so a new layer is used at
/// once and flushed in the background. Until then it is trusted only while the machine stays up:
/// after another boot a layer that was not flushed is unpacked again from its blob.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LayerRecord {
    pub(crate) chain_id: Digest,
    pub(crate) usage: Usage,
    boot_id: String,
    durable: bool,
}

impl LayerStore {
    /// Opens the directory and drops every layer that cannot be trusted. `boot_id` identifies the
    /// present boot of the kernel.
    pub(crate) fn open(root: &Path, content: ContentStore, boot_id: String) -> Result<Self, Error> {
        let store = Self { dir: root.join("layers"), content, boot_id };
        fs::create_dir_all(&store.dir).map_err(Error::io("creating", &store.dir))?;
        for name in store.names()? {
            let dir = store.dir.join(&name);
            let trusted =
                read_record(&dir).is_some_and(|record| record.durable || record.boot_id == store.boot_id);
            if !trusted {
                tracing::warn!(
                    layer = name,
                    "layer was not flushed before the machine stopped; it is unpacked again"
                );
                fs::remove_dir_all(&dir).map_err(Error::io("removing", &dir))?;
            }
        }
        Ok(store)
    }

    /// The overlay lower directory of a chain id.
    pub(crate) fn fs(&self, chain_id: &Digest) -> PathBuf {
        self.home(chain_id).join("fs")
    }

    pub(crate) fn has(&self, chain_id: &Digest) -> bool {
        self.home(chain_id).exists()
    }

    /// Unpacks a blob as the layer `chain_id` above `parents` (top first). Blocking.
    pub(crate) fn unpack(
        &self,
        blob: &Digest,
        diff_id: &Digest,
        chain_id: &Digest,
        parents: &[PathBuf],
    ) -> Result<(), Error> {
        let home = self.content.temporary();
        let unpacked = self.unpack_at(&home, blob, diff_id, chain_id, parents);
        if unpacked.is_err()
            && let Err(error) = fs::remove_dir_all(&home)
        {
            tracing::warn!(path = %home.display(), %error, "unfinished layer stays until the next start");
        }
        unpacked
    }

    /// Flushes the layers and notes that. Blocking, possibly for long.
    pub(crate) fn make_durable(&self, chain_ids: &[Digest]) -> Result<(), Error> {
        let homes = chain_ids.iter().map(|chain_id| self.home(chain_id));
        let records = homes.filter_map(|home| Some((read_record(&home)?, home)));
        let new: Vec<_> = records.filter(|(record, _)| !record.durable).collect();
        if new.is_empty() {
            return Ok(());
        }
        let dir = File::open(&self.dir).map_err(Error::io("opening", &self.dir))?;
        rustix::fs::syncfs(&dir).map_err(|error| Error::io("flushing", &self.dir)(error.into()))?;
        for (record, home) in new {
            write_record(&home, &LayerRecord { durable: true, ..record })?;
        }
        Ok(())
    }

    /// Records of all layers.
    pub(crate) fn list(&self) -> Result<Vec<LayerRecord>, Error> {
        Ok(self.names()?.into_iter().filter_map(|name| read_record(&self.dir.join(name))).collect())
    }

    /// Takes the layer out of the store and gives the directory to delete at leisure.
    pub(crate) fn detach(&self, chain_id: &Digest) -> Result<PathBuf, Error> {
        let trash = self.content.temporary();
        let home = self.home(chain_id);
        fs::rename(&home, &trash).map_err(Error::io("removing", &home))?;
        Ok(trash)
    }

    fn unpack_at(
        &self,
        home: &Path,
        blob: &Digest,
        diff_id: &Digest,
        chain_id: &Digest,
        parents: &[PathBuf],
    ) -> Result<(), Error> {
        let fs_dir = home.join("fs");
        fs::create_dir_all(&fs_dir).map_err(Error::io("creating", &fs_dir))?;
        let blob = self.content.path(blob);
        let file = File::open(&blob).map_err(Error::io("opening", &blob))?;
        let usage = unpack::unpack(BufReader::with_capacity(128 << 10, file), &fs_dir, parents, diff_id)?;
        let record =
            LayerRecord { chain_id: chain_id.clone(), usage, boot_id: self.boot_id.clone(), durable: false };
        write_record(home, &record)?;
        let target = self.home(chain_id);
        fs::rename(home, &target).map_err(Error::io("naming", &target))
    }

    fn home(&self, chain_id: &Digest) -> PathBuf {
        self.dir.join(&chain_id.hex()[..NAME_LEN])
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        let failed = || Error::io("listing", &self.dir);
        let entries = fs::read_dir(&self.dir).map_err(failed())?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        names.collect::<Result<_, _>>().map_err(failed())
    }
}

fn write_record(home: &Path, record: &LayerRecord) -> Result<(), Error> {
    let bytes = serde_json::to_vec(record).expect("a record of strings and numbers always serializes");
    let path = home.join("layer.json");
    if record.durable {
        return content::replace_file(&path, &bytes);
    }
    fs::write(&path, bytes).map_err(Error::io("writing", &path))
}

/// `None` for a record that is absent or unreadable: the layer is then not trusted.
fn read_record(home: &Path) -> Option<LayerRecord> {
    serde_json::from_slice(&fs::read(home.join("layer.json")).ok()?).ok()
}
