//! The contract between the kubelet and whatever runs containers.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::error::Result;
use crate::session::Session;
use crate::types::ContainerConfig;
use crate::types::ContainerId;
use crate::types::ContainerStatus;
use crate::types::ExecOutput;
use crate::types::ExecRequest;
use crate::types::LifecycleEvent;
use crate::types::Resources;
use crate::types::RuntimeInfo;
use crate::types::SandboxConfig;
use crate::types::SandboxId;
use crate::types::SandboxStatus;
use crate::types::Stats;

/// Runs pods' containers. Object safe; calls may be made at the same time from anywhere, and each
/// may be repeated after a crash: making is the only thing that is not idempotent.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// Name, version and readiness.
    async fn info(&self) -> Result<RuntimeInfo>;

    /// Makes a pod's shared surroundings. The network namespace exists on return, with nothing but
    /// loopback in it: the caller sets up the network before it starts a container.
    async fn create_sandbox(&self, config: &SandboxConfig) -> Result<SandboxStatus>;

    /// Kills the sandbox's containers and gives up its namespaces. Records stay readable. A stopped
    /// or unknown sandbox is success.
    async fn stop_sandbox(&self, id: &SandboxId) -> Result<()>;

    /// Removes the sandbox with its containers and every trace. An unknown sandbox is success.
    async fn remove_sandbox(&self, id: &SandboxId) -> Result<()>;

    /// All sandboxes, stopped ones included.
    async fn sandboxes(&self) -> Result<Vec<SandboxStatus>>;

    /// One sandbox.
    async fn sandbox_status(&self, id: &SandboxId) -> Result<SandboxStatus>;

    /// Records a container. Nothing runs yet.
    async fn create_container(&self, sandbox: &SandboxId, config: &ContainerConfig) -> Result<ContainerId>;

    /// Starts its process. [`crate::Error::Start`] if that fails; the container is then `Exited` with
    /// code 128 and the reason in its status.
    async fn start_container(&self, id: &ContainerId) -> Result<()>;

    /// Sends the stop signal, waits up to `grace`, then kills. Returns when the process has ended. A
    /// container that does not run, or is unknown, is success.
    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<()>;

    /// Removes a container, killing it if it runs. Its writable layer and its log stay: they are the
    /// image manager's and the kubelet's. An unknown container is success.
    async fn remove_container(&self, id: &ContainerId) -> Result<()>;

    /// All containers, ended ones included.
    async fn containers(&self) -> Result<Vec<ContainerStatus>>;

    /// One container.
    async fn container_status(&self, id: &ContainerId) -> Result<ContainerStatus>;

    /// Runs a command to its end and collects what it prints. When `timeout` passes the command is
    /// killed and the error is [`crate::Error::Timeout`].
    async fn exec_sync(
        &self,
        id: &ContainerId,
        command: &[String],
        timeout: Option<Duration>,
    ) -> Result<ExecOutput>;

    /// Runs a command whose streams the caller holds.
    async fn exec(&self, id: &ContainerId, request: &ExecRequest) -> Result<Session>;

    /// Joins the streams of the container's own process.
    async fn attach(&self, id: &ContainerId) -> Result<Session>;

    /// Changes limits of a container in place. Fields that are `None` stay.
    async fn update_resources(&self, id: &ContainerId, resources: &Resources) -> Result<()>;

    /// Opens the log file anew after it was renamed.
    async fn reopen_log(&self, id: &ContainerId) -> Result<()>;

    /// What a running container uses.
    async fn container_stats(&self, id: &ContainerId) -> Result<Stats>;

    /// What a pod as a whole uses.
    async fn sandbox_stats(&self, id: &SandboxId) -> Result<Stats>;

    /// Starts and exits from now on. A receiver that lags loses the oldest and is told so; it then
    /// lists anew.
    fn events(&self) -> broadcast::Receiver<LifecycleEvent>;
}
