//! What is to be done for a pod: a pure function of the facts and the time.
//!
//! It is asked after every change and may repeat itself: an operation that is under way is a fact
//! ([`Busy`]), so nothing is done twice.

use std::time::Duration;

use jiff::Timestamp;
use runtime::types::ContainerState;
use runtime::types::Resources;

use crate::container;
use crate::pod::Kind;
use crate::state::Busy;
use crate::state::Ending;
use crate::state::PodState;
use crate::state::Setup;
use crate::state::Slot;
use crate::state::Teardown;
use crate::state::is_ended;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The pod's time is over: it fails.
    Expire,
    /// Volumes, sandbox, network.
    Setup,
    /// Get the image of a container.
    Pull { slot: usize },
    /// From now on a failed pull is a back-off.
    TurnToBackOff { slot: usize },
    /// Tell of a crash back-off.
    NoteBackOff { slot: usize },
    /// Make and start a container.
    Start { slot: usize },
    /// Stop a container: preStop, the stop signal, and a kill at the latest then.
    Stop { slot: usize, kill_at: Timestamp, message: String },
    /// Change the limits of a running container in place (KEP-1287).
    Resize { slot: usize, resources: Resources },
    /// Give up a pull or a hook.
    Cancel { slot: usize },
    /// Give up sandbox, network and volumes.
    Teardown,
    /// Remove every trace from the node.
    Remove,
    /// Ask the API to delete the object for good.
    Delete,
    /// Nothing is left to do, ever.
    Finish,
}

/// What to do now, and when to look again if nothing happens before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub actions: Vec<Action>,
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |known| known.min(at)));
    }
}

/// Decides.
pub(crate) fn plan(state: &PodState, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    match state.ending() {
        Some(ending) => plan_end(state, &ending, now, &mut plan),
        None => {
            if let Some(deadline) = state.deadline() {
                if deadline <= now {
                    plan.actions.push(Action::Expire);
                    return plan;
                }
                plan.wake(deadline);
            }
            plan_run(state, now, &mut plan);
        }
    }
    plan
}

fn plan_run(state: &PodState, now: Timestamp, plan: &mut Plan) {
    if state.ready_sandbox().is_none() {
        match state.setup {
            Setup::Busy => {}
            Setup::Failed(until) if now < until => plan.wake(until),
            // A start that is under way still uses the old sandbox.
            _ if state.slots.iter().any(|slot| slot.busy.is_some()) => {}
            _ => plan.actions.push(Action::Setup),
        }
        return;
    }
    for (index, slot) in state.slots.iter().enumerate() {
        if slot.kind == Kind::Ephemeral && slot.latest().is_none() {
            bring_up(state, index, now, plan, Order::Free);
        }
    }
    if !plan_init(state, now, plan) {
        return;
    }
    let mut order = Order::Free;
    for (index, slot) in state.slots.iter().enumerate() {
        if slot.kind != Kind::Regular {
            continue;
        }
        tend(state, index, now, plan, order);
        // Containers start in order, each after the postStart hook of the one before.
        if matches!(slot.busy, Some(Busy::Pulling | Busy::Starting | Busy::Hook))
            || plan
                .actions
                .iter()
                .any(|a| *a == Action::Start { slot: index } || *a == Action::Pull { slot: index })
        {
            order = Order::Behind;
        }
    }
}

/// Whether a container may be started, or only its image fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Free,
    Behind,
}

/// Init containers and sidecars, in order; whether regular containers may run.
fn plan_init(state: &PodState, now: Timestamp, plan: &mut Plan) -> bool {
    let initialized = state.has_initialized();
    for (index, slot) in state.slots.iter().enumerate() {
        match slot.kind {
            Kind::Sidecar => {
                tend(state, index, now, plan, Order::Free);
                let up = slot.is_running() && state.current(slot).is_some() && slot.started;
                let serves = up && slot.busy.is_none();
                if !initialized && !serves {
                    return false;
                }
            }
            Kind::Init if !initialized => {
                let current = state.current(slot);
                let succeeded = current.is_some_and(|r| is_ended(r) && r.exit_code == Some(0));
                if !succeeded {
                    tend(state, index, now, plan, Order::Free);
                    return false;
                }
            }
            Kind::Init | Kind::Regular | Kind::Ephemeral => {}
        }
    }
    true
}

/// What one container that should run needs.
fn tend(state: &PodState, index: usize, now: Timestamp, plan: &mut Plan, order: Order) {
    let slot = &state.slots[index];
    if slot.busy.is_some() {
        return;
    }
    let Some(record) = state.current(slot) else { return bring_up(state, index, now, plan, order) };
    match record.state {
        ContainerState::Running => {
            if let Some((message, grace)) = reason_to_kill(state, slot, record) {
                let kill_at =
                    grace.map_or_else(|| state.kill_at(now), |grace| crate::backoff::add(now, grace));
                plan.actions.push(Action::Stop { slot: index, kill_at, message });
            } else if let Some(resources) = limits_to_change(state, slot, record) {
                plan.actions.push(Action::Resize { slot: index, resources });
            }
        }
        // It was made by a process that died before it could start it.
        ContainerState::Created => bring_up(state, index, now, plan, order),
        ContainerState::Exited | ContainerState::Unknown => {
            if !state.restarts(slot, record) {
                return;
            }
            match slot.crash_until(now) {
                Some(until) => {
                    if slot.noted.as_ref() != Some(&record.id) {
                        plan.actions.push(Action::NoteBackOff { slot: index });
                    }
                    plan.wake(until);
                }
                None => bring_up(state, index, now, plan, order),
            }
        }
    }
}

fn reason_to_kill(
    state: &PodState,
    slot: &Slot,
    record: &runtime::types::ContainerStatus,
) -> Option<(String, Option<Duration>)> {
    if let Some(unhealthy) = &slot.unhealthy {
        return Some((unhealthy.message.clone(), unhealthy.grace));
    }
    let container = state.container(slot)?;
    if container.image() != record.config.image {
        return Some((format!("Container {} definition changed, will be restarted", slot.name), None));
    }
    let wanted = container::resources(state.view(), container, state.node_memory_bytes);
    let had = &record.config.resources;
    let restarts = container.resize_policy().iter().any(|policy| {
        policy.restart_policy() == "RestartContainer"
            && match policy.resource_name() {
                "cpu" => wanted.cpu_shares != had.cpu_shares || wanted.cpu_quota_us != had.cpu_quota_us,
                _ => wanted.memory_limit_bytes != had.memory_limit_bytes,
            }
    });
    restarts.then(|| (format!("Container {} resize requires restart", slot.name), None))
}

/// The limits that a running container should have and does not, unless they were tried already.
fn limits_to_change(
    state: &PodState,
    slot: &Slot,
    record: &runtime::types::ContainerStatus,
) -> Option<Resources> {
    let wanted = container::resources(state.view(), state.container(slot)?, state.node_memory_bytes);
    // How readily the kernel kills it is decided at its start.
    let wanted = Resources { oom_score_adj: record.config.resources.oom_score_adj, ..wanted };
    (wanted != record.config.resources && slot.resized.as_ref() != Some(&wanted)).then_some(wanted)
}

/// Image first, then the container.
fn bring_up(state: &PodState, index: usize, now: Timestamp, plan: &mut Plan, order: Order) {
    let slot = &state.slots[index];
    if slot.busy.is_some() {
        return;
    }
    if let Some(waiting) = &slot.waiting {
        match waiting.turns {
            Some(turns) if turns <= now => plan.actions.push(Action::TurnToBackOff { slot: index }),
            Some(turns) => plan.wake(turns),
            None => {}
        }
        if now < waiting.until {
            plan.wake(waiting.until);
            return;
        }
    }
    match (&slot.image, order) {
        (None, _) => plan.actions.push(Action::Pull { slot: index }),
        (Some(_), Order::Free) => plan.actions.push(Action::Start { slot: index }),
        (Some(_), Order::Behind) => {}
    }
}

fn plan_end(state: &PodState, ending: &Ending, now: Timestamp, plan: &mut Plan) {
    let kill_at = state.kill_at(now);
    let mut alive = false;
    for (index, slot) in state.slots.iter().enumerate() {
        if slot.kind != Kind::Sidecar {
            alive |= end_container(index, slot, kill_at, plan);
        }
    }
    // Sidecars serve the others to their end, and end in reverse order, one at a time.
    for (index, slot) in state.slots.iter().enumerate().rev() {
        if slot.kind != Kind::Sidecar {
            continue;
        }
        if alive && slot.is_running() && !matches!(slot.busy, Some(Busy::Stopping(_))) && now < kill_at {
            if slot.busy == Some(Busy::Hook) {
                plan.actions.push(Action::Cancel { slot: index });
            }
            plan.wake(kill_at);
            continue;
        }
        alive |= end_container(index, slot, kill_at, plan);
    }
    if alive || state.setup == Setup::Busy {
        return;
    }
    match (state.teardown, ending) {
        (Teardown::No, _) => plan.actions.push(Action::Teardown),
        (Teardown::Stopped, Ending::Gone | Ending::Deleted) => plan.actions.push(Action::Remove),
        (Teardown::Removed, Ending::Deleted) => plan.actions.push(Action::Delete),
        (Teardown::Removed | Teardown::Over, Ending::Gone) => plan.actions.push(Action::Finish),
        _ => {}
    }
}

/// Ends one container; whether it still needs waiting for.
fn end_container(index: usize, slot: &Slot, kill_at: Timestamp, plan: &mut Plan) -> bool {
    let stop = || Action::Stop { slot: index, kill_at, message: format!("Stopping container {}", slot.name) };
    match slot.busy {
        Some(Busy::Pulling) => {
            plan.actions.push(Action::Cancel { slot: index });
            return false;
        }
        Some(Busy::Starting) => return true,
        // A shorter grace period than the one it was given counts.
        Some(Busy::Stopping(at)) if at <= kill_at => return true,
        Some(Busy::Hook | Busy::Stopping(_)) | None => {}
    }
    if slot.is_running() {
        plan.actions.push(stop());
        return true;
    }
    if slot.busy == Some(Busy::Hook) {
        plan.actions.push(Action::Cancel { slot: index });
    }
    matches!(slot.busy, Some(Busy::Stopping(_)))
}
