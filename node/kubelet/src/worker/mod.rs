//! The worker of one pod UID: holds the facts, asks `plan` what to do, starts operations, publishes
//! the status, and waits for the next change.
//!
//! Operations run beside the worker and report back ([`Message`]); one that was given up is known by
//! its number, and what it still reports is dropped.

mod apply;
mod execute;
mod ops;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::view::View as _;
use api::views::PodView;
use control::Recorder;
use jiff::Timestamp;
use runtime::types::ContainerId;
use runtime::types::ContainerStatus;
use runtime::types::SandboxStatus;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Stop;
use supervise::TaskKind;
use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::config::Config;
use crate::node::Machine;
use crate::plan;
use crate::pod;
use crate::probes::ProbeKind;
use crate::probes::ProbeReport;
use crate::run::Deps;
use crate::state;
use crate::state::PodState;
use crate::state::PulledImage;
use crate::state::Setup;
use crate::state::Slot;
use crate::state::Teardown;
use crate::status;
use crate::volumes;
use crate::volumes::Volumes;

static OPERATION: TaskKind = TaskKind { name: "pod operation", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

/// Reports that may wait for a worker; its own operations only.
const INBOX: usize = 64;
/// Content of volumes is looked at this often, give or take (upstream's sync period of a minute).
const REFRESH_EVERY: Duration = Duration::from_secs(50);
const REFRESH_JITTER_MS: u64 = 20_000;
/// A status that could not be written is tried again after this.
const PUBLISH_RETRY: Duration = Duration::from_secs(1);

/// What every worker uses.
pub(crate) struct Shared {
    pub config: Arc<Config>,
    pub deps: Deps,
    pub recorder: Recorder,
    pub services: client::Informer,
    pub machine: Machine,
}

/// What a worker begins with.
pub(crate) struct Beginning {
    /// The pod; for one that is gone, what the runtime remembers of it.
    pub pod: Arc<Object>,
    /// Whether the API has it.
    pub exists: bool,
    /// Why the node does not take it, with reason and message.
    pub rejected: Option<(String, String)>,
    /// Its sandboxes, the oldest first.
    pub sandboxes: Vec<SandboxStatus>,
    /// Its containers, the oldest first.
    pub containers: Vec<ContainerStatus>,
}

/// How the main loop reaches a worker.
pub(crate) struct Handle {
    /// The pod as the API has it; `None` when it is gone.
    pub desired: watch::Sender<Option<Arc<Object>>>,
    /// Something happened to one of its containers.
    pub wake: Arc<Notify>,
}

/// What an operation reports.
pub(crate) enum Message {
    Setup(Result<(Box<SandboxStatus>, Vec<std::net::IpAddr>), String>),
    Pulled { slot: usize, op: u64, result: Result<PulledImage, ops::Failure> },
    Started { slot: usize, op: u64, result: Result<ContainerId, ops::Failure> },
    Hooked { slot: usize, op: u64, result: Result<(), String> },
    Stopped { slot: usize, op: u64 },
    TornDown(Result<(), String>),
    Removed(Result<(), String>),
    Deleted(Result<(), client::Error>),
    Published(Result<Arc<Object>, client::Error>),
    Refreshed,
    Resized { slot: usize },
    Probe(ProbeReport),
}

/// The worker of one pod.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    state: PodState,
    /// Sandboxes before the newest one.
    old_sandboxes: Vec<SandboxStatus>,
    desired: watch::Receiver<Option<Arc<Object>>>,
    wake: Arc<Notify>,
    inbox: mpsc::Receiver<Message>,
    sender: mpsc::Sender<Message>,
    /// The operation of each slot: its number and what ends it.
    slot_ops: Vec<Option<(u64, Stop)>>,
    next_op: u64,
    volumes: Volumes,
    /// Setups that failed in a row.
    setup_failures: u32,
    publishing: bool,
    /// What was written last, unless that failed.
    last_patch: Option<api::Value>,
    published_version: meta::ResourceVersion,
    publish_after: Option<Timestamp>,
    refreshing: bool,
    refresh_at: Timestamp,
    probes: BTreeMap<(ContainerId, ProbeKind), Stop>,
    /// Facts changed while actions were carried out: plan again before waiting.
    changed: bool,
    stop: Stop,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, beginning: Beginning, stop: Stop) -> (Self, Handle) {
        let (desired_sender, desired) = watch::channel(beginning.exists.then(|| beginning.pod.clone()));
        let wake = Arc::new(Notify::new());
        let (sender, inbox) = mpsc::channel(INBOX);
        let now = shared.deps.clock.now();
        let volumes =
            Volumes::new(shared.config.clone(), shared.deps.client.clone(), shared.deps.clock.clone());
        let published_version = beginning.pod.resource_version();
        let mut sandboxes = beginning.sandboxes;
        let newest = sandboxes.pop();
        let state = restore(&shared, beginning.pod, beginning.exists, newest, beginning.containers, now);
        let mut worker = Self {
            slot_ops: state.slots.iter().map(|_| None).collect(),
            state,
            old_sandboxes: sandboxes,
            desired,
            wake: wake.clone(),
            inbox,
            sender,
            next_op: 0,
            volumes,
            setup_failures: 0,
            publishing: false,
            last_patch: None,
            published_version,
            publish_after: None,
            refreshing: false,
            refresh_at: now,
            probes: BTreeMap::new(),
            changed: false,
            stop,
            shared,
        };
        worker.state.failed = beginning.rejected;
        (worker, Handle { desired: desired_sender, wake })
    }

    /// Works until the pod is gone or the process stops.
    pub(crate) async fn run(mut self) {
        self.read_messages_of_ended().await;
        loop {
            let now = self.shared.deps.clock.now();
            let plan = plan::plan(&self.state, now);
            for action in plan.actions {
                self.execute(action, now);
            }
            if self.state.teardown == Teardown::Over && !self.state.exists {
                return;
            }
            if std::mem::take(&mut self.changed) {
                continue;
            }
            self.tend_probes();
            self.publish(now);
            let wake_at = [plan.wake_at, self.refresh(now), self.publish_after].into_iter().flatten().min();
            if !self.wait(now, wake_at).await {
                self.probes.values().for_each(Stop::request);
                return;
            }
        }
    }

    /// Waits for something to happen; `false` when the process stops.
    async fn wait(&mut self, now: Timestamp, wake_at: Option<Timestamp>) -> bool {
        let clock = self.shared.deps.clock.clone();
        let timer = async {
            match wake_at {
                // A little more than the remaining time: a timer must not fire before its time.
                Some(at) => clock.sleep(state::remaining(now, at) + Duration::from_millis(1)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // All arms are cancel-safe: what was not received stays where it is.
            () = self.stop.requested() => return false,
            message = self.inbox.recv() => {
                if let Some(message) = message {
                    self.apply(message).await;
                }
                while let Ok(message) = self.inbox.try_recv() {
                    self.apply(message).await;
                }
            }
            changed = self.desired.changed() => {
                if changed.is_err() {
                    return false;
                }
                let desired = self.desired.borrow_and_update().clone();
                self.take_desired(desired);
            }
            () = self.wake.notified() => self.read_runtime().await,
            () = timer => {}
        }
        true
    }

    /// The pod as the API has it now.
    fn take_desired(&mut self, desired: Option<Arc<Object>>) {
        let Some(pod) = desired else {
            self.state.exists = false;
            return;
        };
        let changed_metadata = pod.value()["metadata"]["labels"]
            != self.state.pod.value()["metadata"]["labels"]
            || pod.value()["metadata"]["annotations"] != self.state.pod.value()["metadata"]["annotations"];
        if changed_metadata {
            self.refresh_at = self.shared.deps.clock.now();
        }
        if pod.resource_version() > self.published_version && !self.publishing {
            self.published_version = pod.resource_version();
            self.state.published = pod.value()["status"].clone();
            // Somebody else may have taken back what was written.
            self.last_patch = None;
        }
        self.state.pod = pod;
        // Ephemeral containers can be added to a pod that runs.
        let known: Vec<String> = self.state.slots.iter().map(|slot| slot.name.clone()).collect();
        let added: Vec<Slot> = pod::containers(PodView::of(self.state.pod.value()))
            .filter(|(_, container)| !known.iter().any(|name| name == container.name()))
            .map(|(kind, container)| Slot::new(container.name(), kind))
            .collect();
        for slot in added {
            self.state.slots.push(slot);
            self.slot_ops.push(None);
        }
    }

    /// Writes the status if it differs from what the API has.
    fn publish(&mut self, now: Timestamp) {
        if self.publishing || !self.state.exists || self.state.teardown >= Teardown::Deleting {
            return;
        }
        if self.publish_after.is_some_and(|after| now < after) {
            return;
        }
        self.publish_after = None;
        let Some(patch) = self.status_patch(now) else { return };
        self.publishing = true;
        self.last_patch = Some(patch.clone());
        let client = self.shared.deps.client.clone();
        let target = client::Target::object(pod::pods(), self.state.pod.namespace(), self.state.pod.name())
            .sub("status");
        self.spawn(async move { Message::Published(client.strategic_patch(target, &patch).await) });
    }

    fn status_patch(&self, now: Timestamp) -> Option<api::Value> {
        let wanted = status::status(&self.state, &self.shared.config.node_ips, now);
        let patch = status::patch(&self.state.published, &wanted, self.state.pod.uid())?;
        // What the API did not take as it was written is not written again and again.
        (self.last_patch.as_ref() != Some(&patch)).then_some(patch)
    }

    /// Refreshes the content of volumes when it is time; gives the next time.
    fn refresh(&mut self, now: Timestamp) -> Option<Timestamp> {
        let active = self.state.ready_sandbox().is_some() && self.state.ending().is_none();
        if !active || self.refreshing || !volumes::has_content(self.state.view()) {
            return None;
        }
        if now < self.refresh_at {
            return Some(self.refresh_at);
        }
        self.refreshing = true;
        self.refresh_at = next_refresh(&self.shared.deps.rng, now, self.volumes.next_renewal());
        let (volumes, pod, around) = (self.volumes.clone(), self.state.pod.clone(), self.surroundings());
        self.spawn(async move {
            volumes.refresh(&pod, &around).await;
            Message::Refreshed
        });
        None
    }

    /// Runs an operation; it reports once and cannot be given up.
    fn spawn(&self, operation: impl Future<Output = Message> + Send + 'static) {
        let (sender, stop) = (self.sender.clone(), self.stop.clone());
        self.shared.deps.spawner.spawn(&OPERATION, self.state.pod.name(), async move {
            let Some(message) = stop.unless(operation).await else { return };
            if sender.send(message).await.is_err() {
                tracing::debug!("an operation outlived its pod's worker");
            }
        });
    }

    /// Runs an operation on a slot, in the place of the one that may be under way; gives its number.
    fn spawn_for(
        &mut self,
        slot: usize,
        make: impl FnOnce(u64) -> futures_util::future::BoxFuture<'static, Message>,
    ) {
        self.next_op += 1;
        let (op, stop) = (self.next_op, self.stop.child());
        if let Some((_, old)) = self.slot_ops[slot].replace((op, stop.clone())) {
            old.request();
        }
        let (operation, sender) = (make(op), self.sender.clone());
        self.shared.deps.spawner.spawn(&OPERATION, self.state.pod.name(), async move {
            let Some(message) = stop.unless(operation).await else { return };
            if sender.send(message).await.is_err() {
                tracing::debug!("an operation outlived its pod's worker");
            }
        });
    }

    fn surroundings(&self) -> volumes::Surroundings {
        let allocatable = ["cpu", "memory"].into_iter().filter_map(|name| {
            Some((name, crate::node::allocatable(&self.shared.config, &self.shared.machine, name)?))
        });
        volumes::Surroundings {
            host_ips: self.shared.config.node_ips.clone(),
            pod_ips: self.state.ips.clone(),
            allocatable: allocatable.collect(),
        }
    }
}

fn next_refresh(rng: &Rng, now: Timestamp, renewal: Option<Timestamp>) -> Timestamp {
    let pause = REFRESH_EVERY + Duration::from_millis(rng.below(REFRESH_JITTER_MS));
    let at = crate::backoff::add(now, pause);
    renewal.map_or(at, |renewal| renewal.clamp(crate::backoff::add(now, Duration::from_secs(1)), at))
}

/// The facts about a pod from what the API and the runtime know of it.
fn restore(
    shared: &Shared,
    pod: Arc<Object>,
    exists: bool,
    sandbox: Option<SandboxStatus>,
    containers: Vec<ContainerStatus>,
    now: Timestamp,
) -> PodState {
    let view = PodView::of(pod.value());
    let published = pod.value()["status"].clone();
    let all_statuses = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
    let mut slots: Vec<Slot> = pod::containers(view).map(|(kind, c)| Slot::new(c.name(), kind)).collect();
    for record in containers {
        let name = record.config.name.clone();
        if !slots.iter().any(|slot| slot.name == name) {
            // Its specification is not known any more; it is only to be ended.
            slots.push(Slot::new(&name, pod::Kind::Regular));
        }
        let slot = slots.iter_mut().find(|slot| slot.name == name).expect("made above");
        slot.records.push(record);
    }
    for slot in &mut slots {
        slot.records.sort_by_key(|record| (record.config.attempt, record.created_at));
        let known = all_statuses
            .iter()
            .flat_map(|list| published[*list].items())
            .find(|status| status["name"].as_str() == Some(&slot.name));
        slot.restored = known.cloned().unwrap_or_default();
        // A container that crashed before this process began is not started the sooner for it.
        if let Some(latest) = slot.latest() {
            let began = latest.started_at.unwrap_or(latest.created_at);
            slot.crash = crate::backoff::Backoff::after(latest.config.attempt, began);
        }
        let id = slot.latest().map(|record| format!("{}{}", status::ID_PREFIX, record.id));
        if slot.is_running() && id.as_deref() == slot.restored["containerID"].as_str() {
            // What was ready stays so until a probe says otherwise.
            slot.ready = slot.restored["ready"].as_bool() == Some(true);
            slot.started = slot.restored["started"].as_bool() == Some(true);
        }
    }
    let network = view.spec().host_network();
    let ips = match shared.deps.network.addresses(pod.uid()) {
        _ if network => shared.config.node_ips.clone(),
        Some(addresses) => addresses.ips,
        None => Vec::new(),
    };
    let ready = sandbox.as_ref().filter(|sandbox| sandbox.state == runtime::types::SandboxState::Ready);
    let setup = match ready {
        Some(sandbox) if !ips.is_empty() => Setup::Done(sandbox.id.clone()),
        _ => Setup::Needed,
    };
    let ips = if ready.is_some() { ips } else { Vec::new() };
    let start_time = view.status().start_time().unwrap_or(now);
    let mut state = PodState {
        exists,
        published,
        slots,
        sandbox,
        setup,
        ips,
        failed: None,
        teardown: Teardown::No,
        start_time,
        node_memory_bytes: shared.machine.memory_bytes,
        pod: pod.clone(),
    };
    for index in 0..state.slots.len() {
        if state.slots[index].is_running() && state.slots[index].restored.is_null() {
            apply::defaults_of_started(&mut state, index);
        }
    }
    state
}
