//! A runtime that runs nothing, for tests of what stands above.
//!
//! It obeys the contract (states, errors, events, idempotence) and does what a test tells it: a
//! container runs until [`FakeRuntime::exit`], or ends by itself where [`FakeRuntime::exit_on_start`]
//! said so; calls fail where [`FakeRuntime::fail_next`] said so; [`FakeRuntime::calls`] lists them.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use parking_lot::Mutex;
use stdx::Clock;
use tokio::sync::broadcast;
use tokio::sync::watch;

use crate::contract::Runtime;
use crate::error::Error;
use crate::error::Result;
use crate::session::Session;
use crate::session::resize_channel;
use crate::state::ContainerRecord;
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

/// A runtime in memory; clones share it.
#[derive(Clone)]
pub struct FakeRuntime {
    clock: Clock,
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<LifecycleEvent>,
}

#[derive(Default)]
struct State {
    next_id: u64,
    sandboxes: BTreeMap<SandboxId, SandboxStatus>,
    containers: BTreeMap<ContainerId, Entry>,
    calls: Vec<String>,
    failures: BTreeMap<String, VecDeque<String>>,
    exits: BTreeMap<String, VecDeque<i32>>,
    ignores_term: Vec<String>,
    commands: BTreeMap<Vec<String>, ExecOutput>,
}

struct Entry {
    sandbox: SandboxId,
    config: ContainerConfig,
    record: watch::Sender<ContainerRecord>,
}

impl FakeRuntime {
    /// An empty runtime.
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::default(), events: broadcast::Sender::new(1024) }
    }

    /// The next call of `method` (such as `start_container`) fails with `message`.
    pub fn fail_next(&self, method: &str, message: &str) {
        self.state.lock().failures.entry(method.to_owned()).or_default().push_back(message.to_owned());
    }

    /// The next container called `name` ends with `code` as soon as it is started. Repeated calls
    /// queue up.
    pub fn exit_on_start(&self, name: &str, code: i32) {
        self.state.lock().exits.entry(name.to_owned()).or_default().push_back(code);
    }

    /// Containers called `name` end only by SIGKILL.
    pub fn ignore_term(&self, name: &str) {
        self.state.lock().ignores_term.push(name.to_owned());
    }

    /// What `command` gives; a command that nobody taught succeeds silently.
    pub fn teach_command(&self, command: &[&str], output: ExecOutput) {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        self.state.lock().commands.insert(command, output);
    }

    /// Ends a running container.
    pub fn exit(&self, id: &ContainerId, code: i32, reason: &str) {
        let sandbox = {
            let state = self.state.lock();
            let Some(entry) = state.containers.get(id) else { return };
            let record = entry.record.borrow().clone();
            if record.state != ContainerState::Running {
                return;
            }
            entry.record.send_replace(record.exited(self.clock.now(), code, reason, ""));
            entry.sandbox.clone()
        };
        self.publish(sandbox, id.clone(), LifecycleKind::Exited(code));
    }

    /// The id of the newest container called `name`.
    pub fn find(&self, name: &str) -> Option<ContainerId> {
        let state = self.state.lock();
        state.containers.iter().rev().find(|(_, entry)| entry.config.name == name).map(|(id, _)| id.clone())
    }

    /// Every changing call so far, as `method argument`, in order.
    pub fn calls(&self) -> Vec<String> {
        self.state.lock().calls.clone()
    }

    fn enter(&self, method: &str, argument: &str) -> Result<()> {
        let mut state = self.state.lock();
        state.calls.push(format!("{method} {argument}"));
        match state.failures.get_mut(method).and_then(VecDeque::pop_front) {
            Some(message) => Err(Error::Start(message)),
            None => Ok(()),
        }
    }

    fn new_id(&self) -> String {
        let mut state = self.state.lock();
        state.next_id += 1;
        format!("{:064x}", state.next_id)
    }

    fn publish(&self, sandbox: SandboxId, container: ContainerId, kind: LifecycleKind) {
        // Nobody listening is fine.
        drop(self.events.send(LifecycleEvent { sandbox, container, kind }));
    }

    fn running(&self, id: &ContainerId) -> Result<()> {
        let status = self.status(id)?;
        match status.state {
            ContainerState::Running => Ok(()),
            _ => Err(Error::WrongState { id: id.0.clone(), state: "not running", action: "used" }),
        }
    }

    fn status(&self, id: &ContainerId) -> Result<ContainerStatus> {
        let state = self.state.lock();
        let missing = || Error::NotFound { kind: "container", id: id.0.clone() };
        let entry = state.containers.get(id).ok_or_else(missing)?;
        let directory =
            state.sandboxes.get(&entry.sandbox).map(|s| s.config.log_directory.clone()).unwrap_or_default();
        let record = entry.record.borrow().clone();
        Ok(ContainerStatus {
            id: id.clone(),
            sandbox: entry.sandbox.clone(),
            state: record.state,
            pid: record.pid,
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            exit_code: record.exit_code,
            reason: record.reason,
            message: record.message,
            log_path: crate::shim::log_path(&directory, &entry.config.log_path),
            config: entry.config.clone(),
        })
    }

    fn ids_of(&self, sandbox: &SandboxId) -> Vec<ContainerId> {
        let state = self.state.lock();
        state.containers.iter().filter(|(_, e)| e.sandbox == *sandbox).map(|(id, _)| id.clone()).collect()
    }

    fn stats(&self) -> Stats {
        Stats {
            at: self.clock.now(),
            cpu_ns: 1_000_000,
            memory_bytes: 2 << 20,
            memory_working_set_bytes: 1 << 20,
            memory_rss_bytes: 1 << 20,
            page_faults: 0,
            major_page_faults: 0,
            pids: 1,
        }
    }
}

#[async_trait]
impl Runtime for FakeRuntime {
    async fn info(&self) -> Result<RuntimeInfo> {
        Ok(RuntimeInfo { name: "fake".to_owned(), version: "1".to_owned(), not_ready: None })
    }

    async fn create_sandbox(&self, config: &SandboxConfig) -> Result<SandboxStatus> {
        self.enter("create_sandbox", &config.name)?;
        let id = SandboxId(self.new_id());
        let netns = (config.network == NamespaceMode::Pod).then(|| format!("/fake/netns/{id}").into());
        let status = SandboxStatus {
            id: id.clone(),
            state: SandboxState::Ready,
            created_at: self.clock.now(),
            netns,
            config: config.clone(),
        };
        self.state.lock().sandboxes.insert(id, status.clone());
        Ok(status)
    }

    async fn stop_sandbox(&self, id: &SandboxId) -> Result<()> {
        self.enter("stop_sandbox", id.as_str())?;
        for container in self.ids_of(id) {
            self.exit(&container, 137, "Error");
        }
        if let Some(sandbox) = self.state.lock().sandboxes.get_mut(id) {
            sandbox.state = SandboxState::NotReady;
        }
        Ok(())
    }

    async fn remove_sandbox(&self, id: &SandboxId) -> Result<()> {
        self.enter("remove_sandbox", id.as_str())?;
        self.stop_sandbox(id).await?;
        let ids = self.ids_of(id);
        let mut state = self.state.lock();
        ids.iter().for_each(|id| drop(state.containers.remove(id)));
        state.sandboxes.remove(id);
        Ok(())
    }

    async fn sandboxes(&self) -> Result<Vec<SandboxStatus>> {
        Ok(self.state.lock().sandboxes.values().cloned().collect())
    }

    async fn sandbox_status(&self, id: &SandboxId) -> Result<SandboxStatus> {
        let missing = || Error::NotFound { kind: "sandbox", id: id.0.clone() };
        self.state.lock().sandboxes.get(id).cloned().ok_or_else(missing)
    }

    async fn create_container(&self, sandbox: &SandboxId, config: &ContainerConfig) -> Result<ContainerId> {
        self.enter("create_container", &config.name)?;
        if self.sandbox_status(sandbox).await?.state != SandboxState::Ready {
            return Err(Error::Invalid(format!("sandbox {sandbox} is not ready")));
        }
        let id = ContainerId(self.new_id());
        let record = watch::Sender::new(ContainerRecord::created(self.clock.now()));
        let entry = Entry { sandbox: sandbox.clone(), config: config.clone(), record };
        self.state.lock().containers.insert(id.clone(), entry);
        Ok(id)
    }

    async fn start_container(&self, id: &ContainerId) -> Result<()> {
        let status = self.status(id)?;
        let entered = self.enter("start_container", &status.config.name);
        if status.state != ContainerState::Created {
            return Err(Error::WrongState { id: id.0.clone(), state: "not created", action: "started" });
        }
        let now = self.clock.now();
        let exit = {
            let mut state = self.state.lock();
            let exit = state.exits.get_mut(&status.config.name).and_then(VecDeque::pop_front);
            let Some(entry) = state.containers.get(id) else { return Ok(()) };
            entry.record.send_modify(|record| match &entered {
                Ok(()) => {
                    record.state = ContainerState::Running;
                    record.started_at = Some(now);
                    record.pid = Some(1);
                }
                Err(error) => *record = record.exited(now, 128, "StartError", error.to_string()),
            });
            exit
        };
        entered?;
        self.publish(status.sandbox, id.clone(), LifecycleKind::Started);
        if let Some(code) = exit {
            self.exit(id, code, if code == 0 { "Completed" } else { "Error" });
        }
        Ok(())
    }

    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<()> {
        let Ok(status) = self.status(id) else { return Ok(()) };
        self.enter("stop_container", &status.config.name)?;
        let stubborn = self.state.lock().ignores_term.contains(&status.config.name);
        if stubborn {
            self.clock.sleep(grace).await;
        }
        self.exit(id, if stubborn || grace.is_zero() { 137 } else { 143 }, "Error");
        Ok(())
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        let Ok(status) = self.status(id) else { return Ok(()) };
        self.enter("remove_container", &status.config.name)?;
        self.exit(id, 137, "Error");
        self.state.lock().containers.remove(id);
        Ok(())
    }

    async fn containers(&self) -> Result<Vec<ContainerStatus>> {
        let ids: Vec<_> = self.state.lock().containers.keys().cloned().collect();
        ids.iter().map(|id| self.status(id)).collect()
    }

    async fn container_status(&self, id: &ContainerId) -> Result<ContainerStatus> {
        self.status(id)
    }

    async fn exec_sync(
        &self,
        id: &ContainerId,
        command: &[String],
        _: Option<Duration>,
    ) -> Result<ExecOutput> {
        self.running(id)?;
        self.enter("exec_sync", &command.join(" "))?;
        Ok(self.state.lock().commands.get(command).cloned().unwrap_or_default())
    }

    async fn exec(&self, id: &ContainerId, request: &ExecRequest) -> Result<Session> {
        let output = self.exec_sync(id, &request.command, None).await?;
        let code = output.exit_code;
        Ok(Session {
            stdin: request.stdin.then(|| Box::new(tokio::io::sink()) as _),
            stdout: Some(Box::new(std::io::Cursor::new(output.stdout))),
            stderr: (!request.tty).then(|| Box::new(std::io::Cursor::new(output.stderr)) as _),
            resize: resize_channel().0,
            exit: async move { Ok(code) }.boxed(),
        })
    }

    async fn attach(&self, id: &ContainerId) -> Result<Session> {
        self.running(id)?;
        let status = self.status(id)?;
        let mut record = {
            let state = self.state.lock();
            let missing = || Error::NotFound { kind: "container", id: id.0.clone() };
            state.containers.get(id).ok_or_else(missing)?.record.subscribe()
        };
        Ok(Session {
            stdin: status.config.stdin.then(|| Box::new(tokio::io::sink()) as _),
            stdout: Some(Box::new(tokio::io::empty())),
            stderr: (!status.config.tty).then(|| Box::new(tokio::io::empty()) as _),
            resize: resize_channel().0,
            exit: async move {
                let ended = record.wait_for(|record| record.state == ContainerState::Exited).await;
                ended.map(|record| record.exit_code.unwrap_or_default()).map_err(|_| Error::Stopping)
            }
            .boxed(),
        })
    }

    async fn update_resources(&self, id: &ContainerId, resources: &Resources) -> Result<()> {
        self.enter("update_resources", id.as_str())?;
        let mut state = self.state.lock();
        let missing = || Error::NotFound { kind: "container", id: id.0.clone() };
        state.containers.get_mut(id).ok_or_else(missing)?.config.resources = resources.clone();
        Ok(())
    }

    async fn reopen_log(&self, id: &ContainerId) -> Result<()> {
        self.running(id)?;
        self.enter("reopen_log", id.as_str())
    }

    async fn container_stats(&self, id: &ContainerId) -> Result<Stats> {
        self.running(id)?;
        Ok(self.stats())
    }

    async fn sandbox_stats(&self, id: &SandboxId) -> Result<Stats> {
        self.sandbox_status(id).await?;
        Ok(self.stats())
    }

    fn events(&self) -> broadcast::Receiver<LifecycleEvent> {
        self.events.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_life_as_told() {
        let fake = FakeRuntime::new(Clock::system());
        let mut events = fake.events();
        let sandbox = fake.create_sandbox(&SandboxConfig::default()).await.unwrap();
        let config = ContainerConfig { name: "c".into(), ..ContainerConfig::default() };
        let id = fake.create_container(&sandbox.id, &config).await.unwrap();
        fake.exit_on_start("c", 3);
        fake.start_container(&id).await.unwrap();
        let status = fake.container_status(&id).await.unwrap();
        assert_eq!((status.state, status.exit_code), (ContainerState::Exited, Some(3)));
        assert_eq!(events.recv().await.unwrap().kind, LifecycleKind::Started);
        assert_eq!(events.recv().await.unwrap().kind, LifecycleKind::Exited(3));
        fake.fail_next("create_container", "on purpose");
        let error = fake.create_container(&sandbox.id, &config).await.unwrap_err();
        assert_eq!(error.to_string(), "on purpose");
        fake.remove_sandbox(&sandbox.id).await.unwrap();
        assert!(fake.containers().await.unwrap().is_empty());
        assert!(fake.container_status(&id).await.unwrap_err().is_not_found());
    }
}
