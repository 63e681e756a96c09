//! Sandboxes: make, watch, stop, remove.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use linux::cgroup::Cgroup;
use linux::mount;
use linux::namespace;
use linux::process;
use parking_lot::Mutex;
use tokio::io::AsyncReadExt;

use super::EmbeddedRuntime;
use super::Sandbox;
use super::WATCH;
use super::blocking;
use super::connection::Connection;
use super::connection::Message;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::session::async_fd;
use crate::shim;
use crate::shim::protocol::Reply;
use crate::shim::protocol::Request;
use crate::state;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::state::ShimRecord;
use crate::types::ContainerState;
use crate::types::DnsConfig;
use crate::types::KILL_PATIENCE;
use crate::types::NamespaceMode;
use crate::types::SandboxConfig;
use crate::types::SandboxId;
use crate::types::SandboxState;

/// The exit code of a container whose witness is gone: it was, or will be, killed.
const LOST_CODE: i32 = 137;
/// Before a connection to a shim that lives is taken up again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

impl EmbeddedRuntime {
    pub(super) async fn new_sandbox(&self, config: &SandboxConfig) -> Result<Arc<Sandbox>> {
        let id = SandboxId(self.new_id());
        let dir = SandboxDir(self.sandboxes_dir().join(id.as_str()));
        let record = SandboxRecord {
            id,
            created_at: self.inner.deps.clock.now(),
            cgroup_root: self.inner.config.cgroup_root(),
            oci: self.inner.config.oci.clone(),
            executable: self.inner.config.executable.clone(),
            config: config.clone(),
        };
        let sandbox = Arc::new(Sandbox { dir, record, state: Mutex::new(SandboxState::Ready) });
        if let Err(error) = self.build_sandbox(&sandbox).await {
            // The first error is what the caller must hear of.
            if let Err(second) = self.erase_sandbox(&sandbox).await {
                tracing::warn!(error = %second.chain(), "cannot clean up after a sandbox that failed");
            }
            return Err(error);
        }
        self.inner.index.lock().sandboxes.insert(sandbox.record.id.clone(), sandbox.clone());
        self.watch(sandbox.clone());
        Ok(sandbox)
    }

    async fn build_sandbox(&self, sandbox: &Arc<Sandbox>) -> Result<()> {
        let (owned, shm_bytes) = (sandbox.clone(), self.inner.config.shm_bytes);
        blocking(move || owned.write_files(shm_bytes)).await?;
        sandbox.start_shim().await
    }

    /// Kills what runs, ends the shim, gives up the namespaces.
    pub(super) async fn halt_sandbox(&self, sandbox: &Arc<Sandbox>) -> Result<()> {
        if sandbox.dir.stopped().exists() && sandbox.live_shim()?.is_none() {
            *sandbox.state.lock() = SandboxState::NotReady;
            return Ok(());
        }
        state::save_bytes(&sandbox.dir.stopped(), b"")?;
        *sandbox.state.lock() = SandboxState::NotReady;
        sandbox.end_shim(self.groups_of(sandbox)).await?;
        for container in self.containers_of(&sandbox.record.id) {
            self.refresh(&container)?;
        }
        self.mark_lost(sandbox)?;
        let (dir, own) = (sandbox.dir.clone(), self.inner.hierarchy.group(sandbox.record.sandbox_cgroup()));
        blocking(move || {
            namespace::remove_persistent(&dir.netns())?;
            mount::detach(&dir.shm())?;
            Ok(own.remove()?)
        })
        .await
    }

    pub(super) async fn discard_sandbox(&self, sandbox: &Arc<Sandbox>) -> Result<()> {
        self.halt_sandbox(sandbox).await?;
        for container in self.containers_of(&sandbox.record.id) {
            self.discard_container(&container).await?;
        }
        self.erase_sandbox(sandbox).await?;
        self.inner.index.lock().sandboxes.remove(&sandbox.record.id);
        Ok(())
    }

    /// Removes every trace, whatever state it is in.
    pub(super) async fn erase_sandbox(&self, sandbox: &Arc<Sandbox>) -> Result<()> {
        if sandbox.live_shim()?.is_some() {
            sandbox.end_shim(self.groups_of(sandbox)).await?;
        }
        let (sandbox, hierarchy) = (sandbox.clone(), self.inner.hierarchy.clone());
        blocking(move || {
            namespace::remove_persistent(&sandbox.dir.netns())?;
            mount::detach_below(&sandbox.dir.0)?;
            hierarchy.group(sandbox.record.sandbox_cgroup()).remove()?;
            // A pod's group that another sandbox still uses stays.
            hierarchy.group(sandbox.record.pod_cgroup()).remove_if_empty()?;
            state::remove_dir(&sandbox.dir.0)
        })
        .await
    }

    /// Follows a shim's events until it or this process ends.
    pub(super) fn watch(&self, sandbox: Arc<Sandbox>) {
        let runtime = self.clone();
        let stop = self.inner.deps.spawner.stop(WATCH.rank);
        let label = sandbox.record.id.0.clone();
        self.inner.deps.spawner.spawn(&WATCH, label, async move {
            match stop.unless(runtime.follow(&sandbox)).await {
                None => {}
                Some(Ok(())) => runtime.on_shim_gone(&sandbox).await,
                Some(Err(error)) => {
                    tracing::debug!(error = %error.chain(), "lost the connection to a shim");
                    runtime.on_shim_gone(&sandbox).await;
                }
            }
        });
    }

    async fn follow(&self, sandbox: &Arc<Sandbox>) -> Result<()> {
        let connection = Connection::open(&sandbox.dir, &sandbox.record.id, &Request::Subscribe, &[]).await?;
        connection.expect_ok().await?;
        // What happened before the subscription is in the files.
        for container in self.containers_of(&sandbox.record.id) {
            self.refresh(&container)?;
        }
        while let Some(message) = connection.receive().await? {
            let id = match message {
                Message::Reply(Reply::Started { container } | Reply::Ended { container, .. }, _) => container,
                Message::Reply(..) | Message::Output(..) => continue,
            };
            if let Ok(container) = self.container(&crate::types::ContainerId(id)) {
                self.refresh(&container)?;
            }
        }
        Ok(())
    }

    /// A shim that nobody asked to end leaves processes without a witness: they are killed, and
    /// recorded as lost.
    async fn on_shim_gone(&self, sandbox: &Arc<Sandbox>) {
        if let Ok(Some(_)) = sandbox.live_shim() {
            // Only the connection broke, perhaps because we did not read: take it up again.
            self.inner.deps.clock.sleep(RECONNECT_PAUSE).await;
            return self.watch(sandbox.clone());
        }
        if sandbox.dir.stopped().exists() || !sandbox.dir.record().exists() {
            return;
        }
        tracing::warn!(sandbox = %sandbox.record.id, "a shim ended unasked, its containers are killed");
        *sandbox.state.lock() = SandboxState::NotReady;
        let killed = kill(self.groups_of(sandbox)).await;
        if let Err(error) = killed.and_then(|()| self.mark_lost(sandbox)) {
            tracing::warn!(error = %error.chain(), "cannot clean up after a shim that ended");
        }
    }

    /// Writes the end of containers whose shim can no longer do so.
    pub(super) fn mark_lost(&self, sandbox: &Arc<Sandbox>) -> Result<()> {
        for container in self.containers_of(&sandbox.record.id) {
            // The shim may have written the truth just before it ended.
            self.refresh(&container)?;
            let record = container.record.borrow().clone();
            if record.state == ContainerState::Running {
                let now = self.inner.deps.clock.now();
                let message = "the pod's shim ended before the container";
                let record = record.exited(now, LOST_CODE, "Unknown", message);
                state::save(&container.dir.status(), &record)?;
                self.take_over(&container, record);
            }
        }
        Ok(())
    }

    /// The cgroups of everything that runs in a sandbox.
    pub(super) fn groups_of(&self, sandbox: &Sandbox) -> Vec<Cgroup> {
        let containers = self.containers_of(&sandbox.record.id);
        let paths = containers.iter().map(|container| sandbox.record.container_cgroup(&container.id));
        let paths = paths.chain([sandbox.record.sandbox_cgroup()]);
        paths.map(|path| self.inner.hierarchy.group(path)).collect()
    }

    pub(super) fn sandboxes_dir(&self) -> std::path::PathBuf {
        self.inner.config.state_dir.join("sandboxes")
    }
}

impl Sandbox {
    /// Sends the shim a request that is answered by `Ok`.
    pub(super) async fn call(&self, request: &Request) -> Result<(Option<i32>, Vec<OwnedFd>)> {
        Connection::call(&self.dir, &self.record.id, request).await
    }

    /// The shim's process if it lives.
    pub(super) fn live_shim(&self) -> Result<Option<ShimRecord>> {
        let Some(shim) = state::load_if_present::<ShimRecord>(&self.dir.shim())? else { return Ok(None) };
        let same = shim.boot_id == process::boot_id()?
            && process::is_alive(shim.pid)
            && process::start_time(shim.pid) == Some(shim.start_time);
        Ok(same.then_some(shim))
    }

    fn write_files(&self, shm_bytes: u64) -> Result<()> {
        let containers = self.dir.containers();
        std::fs::create_dir_all(&containers).context("create", &containers)?;
        let config = &self.record.config;
        state::save_bytes(&self.dir.resolv_conf(), resolv_conf(&config.dns)?.as_bytes())?;
        let hostname = match config.network {
            NamespaceMode::Pod => config.hostname.clone(),
            NamespaceMode::Node => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        };
        state::save_bytes(&self.dir.hostname(), format!("{hostname}\n").as_bytes())?;
        if config.ipc == NamespaceMode::Pod {
            shim::mount_shared_memory(&self.dir, shm_bytes)?;
        }
        state::save(&self.dir.record(), &self.record)
    }

    async fn start_shim(&self) -> Result<()> {
        let program = &self.record.executable;
        let mut command = tokio::process::Command::new(program);
        command.arg(shim::SHIM).arg(&self.dir.0).env_clear();
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("start a shim from", program)?;
        let mut text = String::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_string(&mut text).await.context("listen to a shim from", program)?;
        }
        child.wait().await.context("wait for a shim from", program)?;
        match text.as_str() {
            shim::READY => Ok(()),
            "" => Err(Error::Start("the pod's shim ended without a word".to_owned())),
            reason => Err(Error::Start(format!("the pod's shim cannot start: {reason}"))),
        }
    }

    /// Asks the shim to kill everything and end; forces it if it does not.
    async fn end_shim(&self, groups: Vec<Cgroup>) -> Result<()> {
        let Some(shim) = self.live_shim()? else { return kill(groups).await };
        let watched = process::pidfd(shim.pid);
        let asked = tokio::time::timeout(KILL_PATIENCE, self.call(&Request::Shutdown)).await;
        let Ok(pidfd) = watched else { return Ok(()) };
        if !matches!(asked, Ok(Ok(_))) {
            tracing::warn!(sandbox = %self.record.id, "a shim does not end when asked, killing it");
            kill(groups).await?;
            process::kill_pidfd(&pidfd)?;
        }
        let gone = async_fd(pidfd).context("watch the shim in", &self.dir.0)?;
        gone.readable().await.map(drop).context("watch the shim in", &self.dir.0)
    }
}

/// Kills everything in the groups.
pub(super) async fn kill(groups: Vec<Cgroup>) -> Result<()> {
    blocking(move || Ok(groups.iter().try_for_each(Cgroup::kill)?)).await
}

/// resolv.conf(5); without any setting, the node's own file.
fn resolv_conf(dns: &DnsConfig) -> Result<String> {
    if *dns == DnsConfig::default() {
        let path = std::path::Path::new("/etc/resolv.conf");
        return match std::fs::read_to_string(path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error).context("read", path),
        };
    }
    let mut text = String::new();
    if !dns.searches.is_empty() {
        text.push_str(&format!("search {}\n", dns.searches.join(" ")));
    }
    dns.servers.iter().for_each(|server| text.push_str(&format!("nameserver {server}\n")));
    if !dns.options.is_empty() {
        text.push_str(&format!("options {}\n", dns.options.join(" ")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolv_conf_text() {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        let dns = DnsConfig {
            servers: own(&["10.96.0.10"]),
            searches: own(&["a.svc.cluster.local", "svc.cluster.local"]),
            options: own(&["ndots:5"]),
        };
        let expected =
            "search a.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        assert_eq!(resolv_conf(&dns).unwrap(), expected);
    }
}
