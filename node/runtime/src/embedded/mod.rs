//! The runtime of the project's own.
//!
//! It keeps an index of what is on disk, talks to shims, and does what must be done in the node's
//! mount namespace. Whatever a method changes is on disk before it is in the index.

mod connection;
mod container;
mod recover;
mod sandbox;
mod streams;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use linux::cgroup::Hierarchy;
use linux::cgroup::Usage;
use parking_lot::Mutex;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::sync::broadcast;
use tokio::sync::watch;

use crate::config::Config;
use crate::contract::Runtime;
use crate::error::Error;
use crate::error::Result;
use crate::session::Session;
use crate::state;
use crate::state::ContainerDir;
use crate::state::ContainerRecord;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::types::ContainerConfig;
use crate::types::ContainerId;
use crate::types::ContainerState;
use crate::types::ContainerStatus;
use crate::types::ExecOutput;
use crate::types::ExecRequest;
use crate::types::LifecycleEvent;
use crate::types::LifecycleKind;
use crate::types::NamespaceMode;
use crate::types::Resources;
use crate::types::RuntimeInfo;
use crate::types::SandboxConfig;
use crate::types::SandboxId;
use crate::types::SandboxState;
use crate::types::SandboxStatus;
use crate::types::Stats;

/// Events that a slow listener may lag behind before it has to list anew.
const EVENT_BUFFER: usize = 1024;

static WATCH: TaskKind = TaskKind { name: "shim-watch", rank: Rank::Kubelet, on_end: OnEnd::Nothing };
static STREAM: TaskKind = TaskKind { name: "container-stream", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

/// What the runtime is given.
#[derive(Clone)]
pub struct Deps {
    /// Stamps records.
    pub clock: Clock,
    /// Makes identities.
    pub rng: Rng,
    /// Runs one task per sandbox and per attached stream.
    pub spawner: Spawner,
}

/// Runs containers without any other daemon; cheap to clone.
#[derive(Clone)]
pub struct EmbeddedRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    deps: Deps,
    hierarchy: Hierarchy,
    index: Mutex<Index>,
    events: broadcast::Sender<LifecycleEvent>,
}

#[derive(Default)]
struct Index {
    sandboxes: BTreeMap<SandboxId, Arc<Sandbox>>,
    containers: BTreeMap<ContainerId, Arc<Container>>,
}

struct Sandbox {
    dir: SandboxDir,
    record: SandboxRecord,
    state: Mutex<SandboxState>,
}

struct Container {
    id: ContainerId,
    dir: ContainerDir,
    sandbox: Arc<Sandbox>,
    config: Mutex<ContainerConfig>,
    record: watch::Sender<ContainerRecord>,
}

#[async_trait]
impl Runtime for EmbeddedRuntime {
    async fn info(&self) -> Result<RuntimeInfo> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(RuntimeInfo { name: "skiff".to_owned(), version, not_ready: None })
    }

    async fn create_sandbox(&self, config: &SandboxConfig) -> Result<SandboxStatus> {
        self.new_sandbox(config).await.map(|sandbox| sandbox.status())
    }

    async fn stop_sandbox(&self, id: &SandboxId) -> Result<()> {
        match self.sandbox(id) {
            Ok(sandbox) => self.halt_sandbox(&sandbox).await,
            Err(_unknown) => Ok(()),
        }
    }

    async fn remove_sandbox(&self, id: &SandboxId) -> Result<()> {
        match self.sandbox(id) {
            Ok(sandbox) => self.discard_sandbox(&sandbox).await,
            Err(_unknown) => Ok(()),
        }
    }

    async fn sandboxes(&self) -> Result<Vec<SandboxStatus>> {
        Ok(self.inner.index.lock().sandboxes.values().map(|sandbox| sandbox.status()).collect())
    }

    async fn sandbox_status(&self, id: &SandboxId) -> Result<SandboxStatus> {
        self.sandbox(id).map(|sandbox| sandbox.status())
    }

    async fn create_container(&self, sandbox: &SandboxId, config: &ContainerConfig) -> Result<ContainerId> {
        let sandbox = self.sandbox(sandbox)?;
        self.new_container(&sandbox, config)
    }

    async fn start_container(&self, id: &ContainerId) -> Result<()> {
        let container = self.container(id)?;
        self.launch(&container).await
    }

    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<()> {
        match self.container(id) {
            Ok(container) => self.halt_container(&container, grace).await,
            Err(_unknown) => Ok(()),
        }
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        match self.container(id) {
            Ok(container) => self.discard_container(&container).await,
            Err(_unknown) => Ok(()),
        }
    }

    async fn containers(&self) -> Result<Vec<ContainerStatus>> {
        Ok(self.inner.index.lock().containers.values().map(|container| container.status()).collect())
    }

    async fn container_status(&self, id: &ContainerId) -> Result<ContainerStatus> {
        self.container(id).map(|container| container.status())
    }

    async fn exec_sync(
        &self,
        id: &ContainerId,
        command: &[String],
        timeout: Option<Duration>,
    ) -> Result<ExecOutput> {
        let container = self.container(id)?;
        self.run_command(&container, command, timeout).await
    }

    async fn exec(&self, id: &ContainerId, request: &ExecRequest) -> Result<Session> {
        let container = self.container(id)?;
        self.start_command(&container, request).await.map(|command| command.session)
    }

    async fn attach(&self, id: &ContainerId) -> Result<Session> {
        let container = self.container(id)?;
        self.join_streams(&container).await
    }

    async fn update_resources(&self, id: &ContainerId, resources: &Resources) -> Result<()> {
        let container = self.container(id)?;
        self.change_resources(&container, resources)
    }

    async fn reopen_log(&self, id: &ContainerId) -> Result<()> {
        let container = self.container(id)?;
        container.require(ContainerState::Running, "asked to reopen its log")?;
        let request = crate::shim::protocol::Request::ReopenLog { container: id.0.clone() };
        container.sandbox.call(&request).await.map(drop)
    }

    async fn container_stats(&self, id: &ContainerId) -> Result<Stats> {
        let container = self.container(id)?;
        container.require(ContainerState::Running, "measured")?;
        let group = self.inner.hierarchy.group(container.sandbox.record.container_cgroup(id));
        Ok(self.stats(group.usage()?))
    }

    async fn sandbox_stats(&self, id: &SandboxId) -> Result<Stats> {
        let sandbox = self.sandbox(id)?;
        Ok(self.stats(self.inner.hierarchy.group(sandbox.record.pod_cgroup()).usage()?))
    }

    fn events(&self) -> broadcast::Receiver<LifecycleEvent> {
        self.inner.events.subscribe()
    }
}

impl EmbeddedRuntime {
    /// The cgroup below which everything of this cluster is, relative to the root of each hierarchy:
    /// the kubelet makes its QoS groups there.
    pub fn cgroup_root(&self) -> std::path::PathBuf {
        self.inner.config.cgroup_root()
    }

    fn sandbox(&self, id: &SandboxId) -> Result<Arc<Sandbox>> {
        let missing = || Error::NotFound { kind: "sandbox", id: id.0.clone() };
        self.inner.index.lock().sandboxes.get(id).cloned().ok_or_else(missing)
    }

    fn container(&self, id: &ContainerId) -> Result<Arc<Container>> {
        let missing = || Error::NotFound { kind: "container", id: id.0.clone() };
        self.inner.index.lock().containers.get(id).cloned().ok_or_else(missing)
    }

    fn containers_of(&self, sandbox: &SandboxId) -> Vec<Arc<Container>> {
        let index = self.inner.index.lock();
        index.containers.values().filter(|c| c.sandbox.record.id == *sandbox).cloned().collect()
    }

    fn new_id(&self) -> String {
        let mut bytes = [0; 32];
        self.inner.deps.rng.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn publish(&self, container: &Container, kind: LifecycleKind) {
        let event = LifecycleEvent {
            sandbox: container.sandbox.record.id.clone(),
            container: container.id.clone(),
            kind,
        };
        // Nobody listening is fine: they list when they come.
        drop(self.inner.events.send(event));
    }

    /// Takes over what the shim wrote about a container, and tells if that is news.
    fn refresh(&self, container: &Container) -> Result<()> {
        let record: ContainerRecord = state::load(&container.dir.status())?;
        self.take_over(container, record);
        Ok(())
    }

    fn take_over(&self, container: &Container, record: ContainerRecord) {
        let (state, code) = (record.state, record.exit_code.unwrap_or_default());
        let has_started = record.started_at.is_some();
        let mut before = state;
        container.record.send_modify(|known| {
            before = known.state;
            *known = record;
        });
        if before == state {
            return;
        }
        // A short life may be over before its beginning is heard of: listeners get both.
        if before == ContainerState::Created && has_started {
            self.publish(container, LifecycleKind::Started);
        }
        if state == ContainerState::Exited {
            self.publish(container, LifecycleKind::Exited(code));
        }
    }

    fn stats(&self, usage: Usage) -> Stats {
        Stats {
            at: self.inner.deps.clock.now(),
            cpu_ns: usage.cpu_ns,
            memory_bytes: usage.memory_bytes,
            memory_working_set_bytes: usage.memory_working_set_bytes,
            memory_rss_bytes: usage.memory_rss_bytes,
            page_faults: usage.page_faults,
            major_page_faults: usage.major_page_faults,
            pids: usage.pids,
        }
    }
}

impl Sandbox {
    fn status(&self) -> SandboxStatus {
        let netns = (self.record.config.network == NamespaceMode::Pod).then(|| self.dir.netns());
        SandboxStatus {
            id: self.record.id.clone(),
            state: *self.state.lock(),
            created_at: self.record.created_at,
            netns,
            config: self.record.config.clone(),
        }
    }
}

impl Container {
    fn status(&self) -> ContainerStatus {
        let record = self.record.borrow().clone();
        let config = self.config.lock().clone();
        let directory = &self.sandbox.record.config.log_directory;
        ContainerStatus {
            id: self.id.clone(),
            sandbox: self.sandbox.record.id.clone(),
            state: record.state,
            pid: record.pid,
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            exit_code: record.exit_code,
            reason: record.reason,
            message: record.message,
            log_path: crate::shim::log_path(directory, &config.log_path),
            config,
        }
    }

    fn require(&self, wanted: ContainerState, action: &'static str) -> Result<()> {
        let state = self.record.borrow().state;
        if state == wanted {
            return Ok(());
        }
        let state = match state {
            ContainerState::Created => "created",
            ContainerState::Running => "running",
            ContainerState::Exited => "exited",
            ContainerState::Unknown => "unknown",
        };
        Err(Error::WrongState { id: self.id.0.clone(), state, action })
    }
}

/// Runs blocking work of the kernel's file systems away from the threads that serve.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_cancelled) => Err(Error::Stopping),
        },
    }
}
