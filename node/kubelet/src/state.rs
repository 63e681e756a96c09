//! What a worker knows of its pod: the facts that `plan` and `status` are decided from.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::ContainerView;
use api::views::PodView;
use jiff::SignedDuration;
use jiff::Timestamp;
use runtime::types::ContainerId;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;
use runtime::types::Resources;
use runtime::types::SandboxId;
use runtime::types::SandboxState;
use runtime::types::SandboxStatus;

use crate::backoff::Backoff;
use crate::pod;
use crate::pod::Kind;

/// Containers always get this long between the signal to stop and the kill (upstream
/// `minimumGracePeriodInSeconds`).
pub(crate) const MIN_GRACE: Duration = Duration::from_secs(2);
/// The API's default of `terminationGracePeriodSeconds`.
const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// All facts about one pod.
pub(crate) struct PodState {
    /// The pod as the API last told; for a pod that was gone before this process began, what the
    /// runtime remembers of it.
    pub pod: Arc<Object>,
    /// Whether the API still has it.
    pub exists: bool,
    /// The status as it was last read or written.
    pub published: Value,
    /// In the order of the specification.
    pub slots: Vec<Slot>,
    /// The newest sandbox.
    pub sandbox: Option<SandboxStatus>,
    /// Volumes, sandbox and network.
    pub setup: Setup,
    /// The pod's addresses, the primary family first.
    pub ips: Vec<IpAddr>,
    /// A decision that the pod has failed, with reason and message; it is never taken back.
    pub failed: Option<(String, String)>,
    /// How far the end of the pod has come.
    pub teardown: Teardown,
    /// When this node first took the pod up.
    pub start_time: Timestamp,
    /// Memory of the node, which shares are counted from.
    pub node_memory_bytes: i64,
}

/// The way to a sandbox that can hold containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// To be done (again).
    Needed,
    /// An operation is at it.
    Busy,
    /// Done for this sandbox.
    Done(SandboxId),
    /// Try again then.
    Failed(Timestamp),
}

/// The way to nothing being left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Teardown {
    /// Nothing was done.
    No,
    /// Sandbox, network and volumes are being given up.
    Stopping,
    /// They are given up; records and logs remain.
    Stopped,
    /// Records, logs and directories are being removed.
    Removing,
    /// Nothing of the pod is on the node.
    Removed,
    /// The API is being asked to delete the object.
    Deleting,
    /// The work is over.
    Over,
}

/// One container of the specification and what is known of it.
pub(crate) struct Slot {
    pub name: String,
    pub kind: Kind,
    /// The runtime's records, the oldest first.
    pub records: Vec<ContainerStatus>,
    /// What is being done.
    pub busy: Option<Busy>,
    /// The image to start from, once it is there.
    pub image: Option<PulledImage>,
    /// Readiness, as probed or by default.
    pub ready: bool,
    /// The startup probe has succeeded, or there is none; false until the process runs.
    pub started: bool,
    /// Why a probe wants it killed, as the event says it.
    pub unhealthy: Option<Unhealthy>,
    /// Why it cannot be started now.
    pub waiting: Option<Waiting>,
    pub crash: Backoff,
    pub pull: Backoff,
    /// The limits that were last tried on the running container.
    pub resized: Option<Resources>,
    /// The end of a container whose crash back-off was told in an event.
    pub noted: Option<ContainerId>,
    /// What the API knew when this process began.
    pub restored: Value,
    /// Messages of ended containers, newest last.
    pub messages: Vec<(ContainerId, String)>,
}

/// A failed liveness or startup probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unhealthy {
    pub message: String,
    /// `terminationGracePeriodSeconds` of the probe.
    pub grace: Option<Duration>,
}

/// An image that is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PulledImage {
    /// The store's id.
    pub id: String,
    /// For `imageID`: a digest reference, or the id.
    pub image_id: String,
}

/// Why a container is not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub reason: &'static str,
    pub message: String,
    /// Not before then.
    pub until: Timestamp,
    /// From then on it is said in the words of a back-off (`ImagePullBackOff`).
    pub turns: Option<Timestamp>,
}

/// An operation on a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Its image is being fetched.
    Pulling,
    /// It is being made and started: short.
    Starting,
    /// Its postStart hook runs.
    Hook,
    /// It is being stopped; killed at the latest then.
    Stopping(Timestamp),
}

/// Why a pod must not run (any more).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its object is gone from the API.
    Gone,
    /// Deletion was asked for.
    Deleted,
    /// It failed by a decision of the node.
    Failed,
    /// Its containers have done what they should, or failed for good.
    Finished,
}

impl Slot {
    pub(crate) fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            records: Vec::new(),
            busy: None,
            image: None,
            ready: false,
            started: false,
            unhealthy: None,
            waiting: None,
            crash: Backoff::default(),
            pull: Backoff::default(),
            resized: None,
            noted: None,
            restored: Value::Null,
            messages: Vec::new(),
        }
    }

    /// The newest container.
    pub(crate) fn latest(&self) -> Option<&ContainerStatus> {
        self.records.last()
    }

    /// The newest that ended before that.
    pub(crate) fn previous(&self) -> Option<&ContainerStatus> {
        self.records.iter().rev().skip(1).find(|record| record.state == ContainerState::Exited)
    }

    /// Whether its process runs.
    pub(crate) fn is_running(&self) -> bool {
        self.latest().is_some_and(|record| record.state == ContainerState::Running)
    }

    /// The number of the next container.
    pub(crate) fn next_attempt(&self) -> u32 {
        let known = self.latest().map(|record| record.config.attempt + 1);
        known.or_else(|| self.restored_attempt().map(|attempt| attempt + 1)).unwrap_or(0)
    }

    /// The number of the last container that the API knows of.
    pub(crate) fn restored_attempt(&self) -> Option<u32> {
        if self.restored["containerID"].str_or_empty().is_empty() && self.restored["lastState"].is_zero() {
            return None;
        }
        Some(u32::try_from(self.restored["restartCount"].as_i64().unwrap_or(0)).unwrap_or(0))
    }

    /// When the crash back-off of the newest container ends, if that is to come.
    pub(crate) fn crash_until(&self, now: Timestamp) -> Option<Timestamp> {
        let ended = self.latest().filter(|record| is_ended(record))?;
        self.crash.until_since(ended.finished_at.unwrap_or(ended.created_at), now)
    }

    pub(crate) fn message_of(&self, id: &ContainerId) -> Option<&str> {
        self.messages.iter().find(|(known, _)| known == id).map(|(_, message)| message.as_str())
    }
}

/// Whether it will never run again.
pub(crate) fn is_ended(record: &ContainerStatus) -> bool {
    matches!(record.state, ContainerState::Exited | ContainerState::Unknown)
}

impl PodState {
    pub(crate) fn view(&self) -> PodView<'_> {
        PodView::of(self.pod.value())
    }

    /// The specification of a slot's container.
    pub(crate) fn container(&self, slot: &Slot) -> Option<ContainerView<'_>> {
        pod::container(self.view(), &slot.name).map(|(_, container)| container)
    }

    /// The sandbox that containers can be started in.
    pub(crate) fn ready_sandbox(&self) -> Option<&SandboxStatus> {
        let sandbox = self.sandbox.as_ref().filter(|sandbox| sandbox.state == SandboxState::Ready)?;
        (self.setup == Setup::Done(sandbox.id.clone())).then_some(sandbox)
    }

    /// The newest container of a slot, if it belongs to the present sandbox.
    pub(crate) fn current<'a>(&self, slot: &'a Slot) -> Option<&'a ContainerStatus> {
        let sandbox = self.sandbox.as_ref()?;
        slot.latest().filter(|record| record.sandbox == sandbox.id)
    }

    /// Regular containers were started in this sandbox: init containers are behind them.
    pub(crate) fn has_initialized(&self) -> bool {
        self.slots.iter().any(|slot| slot.kind == Kind::Regular && self.current(slot).is_some())
    }

    /// Whether a container that has ended is started again.
    pub(crate) fn restarts(&self, slot: &Slot, record: &ContainerStatus) -> bool {
        let Some(container) = self.container(slot) else { return false };
        pod::should_restart(self.view(), slot.kind, container, record.exit_code.unwrap_or(0))
    }

    /// Every regular container has ended for good, or an init container has failed for good.
    pub(crate) fn is_done(&self) -> bool {
        let ended_for_good = |slot: &Slot| {
            slot.busy.is_none() && slot.latest().is_some_and(|r| is_ended(r) && !self.restarts(slot, r))
        };
        let failed_init = self.slots.iter().any(|slot| {
            let code = slot.latest().and_then(|record| record.exit_code);
            slot.kind == Kind::Init && ended_for_good(slot) && code != Some(0)
        });
        let mut regular = self.slots.iter().filter(|slot| slot.kind == Kind::Regular).peekable();
        failed_init || (regular.peek().is_some() && regular.all(ended_for_good))
    }

    /// Why the pod must not run, if that is so.
    pub(crate) fn ending(&self) -> Option<Ending> {
        if !self.exists {
            return Some(Ending::Gone);
        }
        if self.view().metadata().deletion_timestamp().is_some() {
            return Some(Ending::Deleted);
        }
        if self.failed.is_some() {
            return Some(Ending::Failed);
        }
        let phase = self.published["phase"].str_or_empty();
        (pod::is_terminal(phase) || self.is_done()).then_some(Ending::Finished)
    }

    /// When the pod's time is over (`activeDeadlineSeconds`).
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let seconds = self.view().spec().active_deadline_seconds()?;
        self.start_time.checked_add(SignedDuration::from_secs(seconds)).ok()
    }

    /// When containers of an ending pod are killed at the latest.
    pub(crate) fn kill_at(&self, now: Timestamp) -> Timestamp {
        let metadata = self.view().metadata();
        let spec = self.view().spec().termination_grace_period_seconds();
        let spec = spec.map_or(DEFAULT_GRACE, seconds);
        let at = match metadata.deletion_timestamp() {
            // The API server set it to the moment of the request plus the grace period.
            Some(at) => at.min(crate::backoff::add(
                now,
                metadata.deletion_grace_period_seconds().map_or(spec, seconds),
            )),
            None => crate::backoff::add(now, spec),
        };
        at.max(now)
    }
}

/// Seconds of the API, which are never negative where they mean a length.
pub(crate) fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// The time from `now` to `at`; nothing if that is past.
pub(crate) fn remaining(now: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}
