//! Opening: taking up what an earlier process left. Wiping: leaving nothing.

use std::path::Path;
use std::sync::Arc;

use linux::cgroup::Hierarchy;
use linux::credentials::Capabilities;
use linux::mount;
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio::sync::watch;

use super::Container;
use super::Deps;
use super::EVENT_BUFFER;
use super::EmbeddedRuntime;
use super::Index;
use super::Inner;
use super::Sandbox;
use super::blocking;
use super::sandbox::kill;
use crate::config::Config;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::state;
use crate::state::ContainerRecord;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::types::ContainerConfig;
use crate::types::ContainerId;
use crate::types::SandboxState;

impl EmbeddedRuntime {
    /// Takes up the state directory: shims that live are watched again, containers that ended
    /// meanwhile are known with their true exit, and what a crash left half-made is removed.
    pub async fn open(config: Config, deps: Deps) -> Result<Self> {
        config.validate().map_err(|mistakes| Error::Invalid(mistakes.join("; ")))?;
        report_missing_privilege()?;
        let state_dir = config.state_dir.clone();
        let hierarchy = blocking(move || {
            make_private(&state_dir)?;
            Ok(Hierarchy::detect()?)
        })
        .await?;
        let events = broadcast::Sender::new(EVENT_BUFFER);
        let inner = Inner { config, deps, hierarchy, index: Mutex::new(Index::default()), events };
        let runtime = Self { inner: Arc::new(inner) };
        for dir in subdirectories(&runtime.sandboxes_dir())? {
            runtime.take_up(SandboxDir(dir)).await?;
        }
        Ok(runtime)
    }

    /// Removes everything of this cluster from the machine: containers, sandboxes, mounts, cgroups
    /// and the state directory. The runtime is of no use afterwards.
    pub async fn wipe(&self) -> Result<()> {
        let sandboxes: Vec<_> = self.inner.index.lock().sandboxes.values().cloned().collect();
        for sandbox in sandboxes {
            self.discard_sandbox(&sandbox).await?;
        }
        let root = self.inner.hierarchy.group(self.inner.config.cgroup_root());
        let state_dir = self.inner.config.state_dir.clone();
        blocking(move || {
            // Whatever is left here has no record: it still carries the cluster's name.
            root.kill()?;
            root.remove()?;
            mount::detach_below(&state_dir)?;
            state::remove_dir(&state_dir)
        })
        .await
    }

    async fn take_up(&self, dir: SandboxDir) -> Result<()> {
        let Some(record) = state::load_if_present::<SandboxRecord>(&dir.record())? else {
            tracing::info!(path = %dir.0.display(), "removing a sandbox that was never finished");
            mount::detach_below(&dir.0)?;
            return state::remove_dir(&dir.0);
        };
        let sandbox = Arc::new(Sandbox { dir, record, state: Mutex::new(SandboxState::Ready) });
        let live = sandbox.live_shim()?.is_some();
        if !live && !sandbox.dir.shim().exists() && !sandbox.dir.stopped().exists() {
            tracing::info!(sandbox = %sandbox.record.id, "removing a sandbox that was never finished");
            return self.erase_sandbox(&sandbox).await;
        }
        let id = sandbox.record.id.clone();
        self.inner.index.lock().sandboxes.insert(id.clone(), sandbox.clone());
        for dir in subdirectories(&sandbox.dir.containers())? {
            self.take_up_container(&sandbox, &dir)?;
        }
        let stopped = sandbox.dir.stopped().exists();
        match (live, stopped) {
            (true, false) => self.watch(sandbox),
            // A stop was under way: finish it.
            (true, true) => self.halt_sandbox(&sandbox).await?,
            (false, _) => {
                *sandbox.state.lock() = SandboxState::NotReady;
                kill(self.groups_of(&sandbox)).await?;
                self.mark_lost(&sandbox)?;
            }
        }
        Ok(())
    }

    fn take_up_container(&self, sandbox: &Arc<Sandbox>, path: &Path) -> Result<()> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let dir = sandbox.dir.container(name);
        let Some(record) = state::load_if_present::<ContainerRecord>(&dir.status())? else {
            return state::remove_dir(&dir.0);
        };
        let config: ContainerConfig = state::load(&dir.config())?;
        let id = ContainerId(name.to_owned());
        let container = Container {
            id: id.clone(),
            dir,
            sandbox: sandbox.clone(),
            config: Mutex::new(config),
            record: watch::Sender::new(record),
        };
        self.inner.index.lock().containers.insert(id, Arc::new(container));
        Ok(())
    }
}

/// The state directory becomes a mount of its own that propagates nowhere: helpers mount containers'
/// root file systems below it, which must not appear anywhere else.
fn make_private(state_dir: &Path) -> Result<()> {
    std::fs::create_dir_all(state_dir).context("create", state_dir)?;
    if !mount::is_mount_point(state_dir)? {
        mount::bind(state_dir, state_dir)?;
    }
    Ok(mount::make_private(state_dir, mount::Depth::One)?)
}

fn report_missing_privilege() -> Result<()> {
    if !Capabilities::effective()?.contains("SYS_RESOURCE") {
        tracing::warn!(
            "without CAP_SYS_RESOURCE the kernel refuses oom_score_adj below this process's own: \
             containers keep the lowest value it grants"
        );
    }
    Ok(())
}

fn subdirectories(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("list", dir),
    };
    entries.map(|entry| entry.map(|entry| entry.path()).context("list", dir)).collect()
}
