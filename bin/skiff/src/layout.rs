//! Where things lie in a data directory.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use stdx::Rng;

/// The paths of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(data_dir: &Path) -> anyhow::Result<Self> {
        let root = std::path::absolute(data_dir)
            .with_context(|| format!("cannot resolve {}", data_dir.display()))?;
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn pki(&self, file: &str) -> PathBuf {
        self.root.join("pki").join(file)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    pub(crate) fn node(&self, part: &str) -> PathBuf {
        self.root.join("node").join(part)
    }

    /// The ranges of pods and Services that the cluster was made with.
    pub(crate) fn ranges(&self) -> PathBuf {
        self.root.join("ranges")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("skiff.log")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.root.join("skiff.sock")
    }

    pub(crate) fn admin_kubeconfig(&self) -> PathBuf {
        self.root.join("admin.kubeconfig")
    }

    /// What tells this cluster's bridges, tables and cgroups from another's: six characters, made
    /// once.
    pub(crate) fn cluster_id(&self, rng: &Rng) -> anyhow::Result<String> {
        let path = self.root.join("cluster-id");
        if let Some(id) = read_if_there(&path)? {
            return Ok(id.trim().to_owned());
        }
        let id = rng.name_suffix(6);
        std::fs::write(&path, &id).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(id)
    }

    /// The id of a cluster that was started before.
    pub(crate) fn existing_cluster_id(&self) -> anyhow::Result<Option<String>> {
        Ok(read_if_there(&self.root.join("cluster-id"))?.map(|id| id.trim().to_owned()))
    }

    /// Makes the directories, closed to other users.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        for dir in [self.root.clone(), self.root.join("pki"), self.root.join("node")] {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
            made.with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(())
    }
}

fn read_if_there(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
