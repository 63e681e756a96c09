//! Containers: record, start, stop, change, remove.

use std::sync::Arc;
use std::time::Duration;

use linux::process;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::Container;
use super::EmbeddedRuntime;
use super::Sandbox;
use super::blocking;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::oci;
use crate::shim::protocol::Request;
use crate::shim::protocol::Target;
use crate::state;
use crate::state::ContainerRecord;
use crate::types::ContainerConfig;
use crate::types::ContainerId;
use crate::types::ContainerState;
use crate::types::KILL_PATIENCE;
use crate::types::Resources;
use crate::types::SandboxState;

const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;

impl EmbeddedRuntime {
    pub(super) fn new_container(
        &self,
        sandbox: &Arc<Sandbox>,
        config: &ContainerConfig,
    ) -> Result<ContainerId> {
        if *sandbox.state.lock() != SandboxState::Ready {
            return Err(Error::Invalid(format!("sandbox {} is not ready", sandbox.record.id)));
        }
        let id = ContainerId(self.new_id());
        let dir = sandbox.dir.container(id.as_str());
        std::fs::create_dir_all(&dir.0).context("create", &dir.0)?;
        let record = ContainerRecord::created(self.inner.deps.clock.now());
        state::save(&dir.config(), config)?;
        // The status comes last: a directory without one is what a crash left, and is removed.
        state::save(&dir.status(), &record)?;
        let container = Container {
            id: id.clone(),
            dir,
            sandbox: sandbox.clone(),
            config: Mutex::new(config.clone()),
            record: watch::Sender::new(record),
        };
        self.inner.index.lock().containers.insert(id.clone(), Arc::new(container));
        Ok(id)
    }

    pub(super) async fn launch(&self, container: &Arc<Container>) -> Result<()> {
        container.require(ContainerState::Created, "started")?;
        let request = Request::Start { container: container.id.0.clone() };
        let started = container.sandbox.call(&request).await;
        self.refresh(container)?;
        let Err(error) = started else { return Ok(()) };
        let record = container.record.borrow().clone();
        if record.state == ContainerState::Created {
            // The shim did not come as far as a record of its own.
            let now = self.inner.deps.clock.now();
            let record = record.exited(now, 128, "StartError", error.to_string());
            state::save(&container.dir.status(), &record)?;
            self.take_over(container, record);
        }
        Err(error)
    }

    pub(super) async fn halt_container(&self, container: &Arc<Container>, grace: Duration) -> Result<()> {
        if container.record.borrow().state != ContainerState::Running {
            return Ok(());
        }
        if !grace.is_zero() {
            let name = container.config.lock().stop_signal.clone();
            let signal = process::parse_signal(&name).unwrap_or(SIGTERM);
            self.signal(container, signal, Target::Init).await?;
            if container.wait_for_end(grace).await {
                return Ok(());
            }
        }
        self.signal(container, SIGKILL, Target::All).await?;
        if container.wait_for_end(KILL_PATIENCE).await {
            return Ok(());
        }
        let what = format!("killing container {}", container.id);
        Err(Error::Timeout { what, seconds: KILL_PATIENCE.as_secs() })
    }

    pub(super) async fn discard_container(&self, container: &Arc<Container>) -> Result<()> {
        self.halt_container(container, Duration::ZERO).await?;
        let request = Request::Forget { container: container.id.0.clone() };
        if container.sandbox.live_shim()?.is_some() {
            container.sandbox.call(&request).await?;
        }
        let cgroup = container.sandbox.record.container_cgroup(&container.id);
        let (group, dir) = (self.inner.hierarchy.group(cgroup), container.dir.clone());
        blocking(move || {
            group.kill()?;
            group.remove()?;
            state::remove_dir(&dir.0)
        })
        .await?;
        self.inner.index.lock().containers.remove(&container.id);
        Ok(())
    }

    pub(super) fn change_resources(&self, container: &Container, resources: &Resources) -> Result<()> {
        if container.record.borrow().state == ContainerState::Running {
            let cgroup = container.sandbox.record.container_cgroup(&container.id);
            self.inner.hierarchy.group(cgroup).apply(&oci::limits(resources))?;
        }
        let mut config = container.config.lock();
        merge(&mut config.resources, resources);
        state::save(&container.dir.config(), &*config)
    }

    async fn signal(&self, container: &Container, signal: i32, target: Target) -> Result<()> {
        let request = Request::Signal { container: container.id.0.clone(), signal, target };
        match container.sandbox.call(&request).await {
            // A shim that is gone takes its containers with it; the watch records that.
            Err(Error::Shim { .. }) if container.sandbox.live_shim()?.is_none() => Ok(()),
            other => other.map(drop),
        }
    }
}

impl Container {
    /// Waits until the container has ended; `false` if `limit` passed first.
    async fn wait_for_end(&self, limit: Duration) -> bool {
        let mut record = self.record.subscribe();
        let ended = record.wait_for(|record| record.state != ContainerState::Running);
        tokio::time::timeout(limit, ended).await.is_ok()
    }
}

/// What is set replaces; what is not, stays.
fn merge(own: &mut Resources, new: &Resources) {
    own.cpu_shares = new.cpu_shares.or(own.cpu_shares);
    own.cpu_quota_us = new.cpu_quota_us.or(own.cpu_quota_us);
    own.cpu_period_us = new.cpu_period_us.or(own.cpu_period_us);
    own.memory_limit_bytes = new.memory_limit_bytes.or(own.memory_limit_bytes);
    own.oom_score_adj = new.oom_score_adj.or(own.oom_score_adj);
    own.pids_limit = new.pids_limit.or(own.pids_limit);
    own.cpuset_cpus = new.cpuset_cpus.clone().or_else(|| own.cpuset_cpus.clone());
    own.cpuset_mems = new.cpuset_mems.clone().or_else(|| own.cpuset_mems.clone());
}
