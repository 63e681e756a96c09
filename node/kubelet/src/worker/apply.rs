//! What reports of operations and of the runtime change in the facts.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use runtime::logs;
use runtime::types::ContainerId;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;
use stdx::BackoffPolicy;

use super::Message;
use super::PUBLISH_RETRY;
use super::Worker;
use super::ops::Failure;
use crate::backoff::add;
use crate::container::TERMINATION_FILE;
use crate::container::TERMINATION_POLICY;
use crate::probes::ProbeKind;
use crate::probes::ProbeReport;
use crate::state::PodState;
use crate::state::Setup;
use crate::state::Teardown;
use crate::state::Unhealthy;
use crate::state::Waiting;
use crate::state::is_ended;
use crate::state::seconds;

/// Longest termination message, from a file and from a log (upstream).
const MESSAGE_BYTES: u64 = 4096;
const LOG_MESSAGE_BYTES: usize = 2048;
const LOG_MESSAGE_LINES: usize = 80;
/// Pauses before a failed setup is tried again. Short at first: in a new namespace the service account
/// and the root certificates of the first pod are often a moment late.
const SETUP_RETRY: BackoffPolicy =
    BackoffPolicy::doubling(Duration::from_millis(200), Duration::from_secs(10));
/// Pause before a start that could not even be tried is tried again.
const RETRY_SECONDS: i64 = 5;
/// How long `ErrImagePull` is shown before it is called a back-off.
const TURN_SECONDS: i64 = 2;

impl Worker {
    pub(super) async fn apply(&mut self, message: Message) {
        let now = self.shared.deps.clock.now();
        match message {
            Message::Setup(Ok((sandbox, ips))) => {
                self.setup_failures = 0;
                self.state.setup = Setup::Done(sandbox.id.clone());
                if let Some(old) = self.state.sandbox.replace(*sandbox) {
                    let same = self.state.sandbox.as_ref().is_some_and(|new| new.id == old.id);
                    if !same {
                        self.old_sandboxes.push(old);
                    }
                }
                self.state.ips = ips;
                self.refresh_at =
                    super::next_refresh(&self.shared.deps.rng, now, self.volumes.next_renewal());
            }
            Message::Setup(Err(reason)) => {
                tracing::info!(pod = self.state.pod.name(), reason, "pod is not set up");
                self.state.setup = Setup::Failed(add(now, SETUP_RETRY.delay(self.setup_failures)));
                self.setup_failures += 1;
            }
            Message::Pulled { slot, op, result } if self.finished(slot, op) => {
                let slot = &mut self.state.slots[slot];
                match result {
                    Ok(image) => {
                        slot.image = Some(image);
                        slot.waiting = None;
                        slot.pull.reset();
                    }
                    Err(failure) => {
                        slot.pull.step(now, now);
                        let until = slot.pull.until(now).unwrap_or(now);
                        let turns =
                            (failure.reason == "ErrImagePull").then(|| add(now, seconds(TURN_SECONDS)));
                        let Failure { reason, message } = failure;
                        slot.waiting = Some(Waiting { reason, message, until, turns });
                    }
                }
            }
            Message::Started { slot, op, result } if self.finished(slot, op) => {
                self.started(slot, result).await
            }
            Message::Hooked { slot, op, result } if self.finished(slot, op) => {
                if let Err(reason) = result {
                    tracing::info!(pod = self.state.pod.name(), reason, "postStart hook failed");
                    let message = format!("FailedPostStartHook: {reason}");
                    self.state.slots[slot].unhealthy = Some(Unhealthy { message, grace: None });
                }
            }
            Message::Stopped { slot, op } if self.finished(slot, op) => self.read_runtime().await,
            // It was given up.
            Message::Pulled { .. }
            | Message::Started { .. }
            | Message::Hooked { .. }
            | Message::Stopped { .. } => {}
            Message::TornDown(result) => {
                self.state.teardown = if result.is_ok() { Teardown::Stopped } else { Teardown::No };
                self.read_runtime().await;
            }
            Message::Removed(result) => {
                self.state.teardown = if result.is_ok() { Teardown::Removed } else { Teardown::Stopped };
            }
            Message::Deleted(result) => {
                self.state.teardown = match result {
                    Ok(()) => Teardown::Over,
                    Err(error) if error.is_not_found() || error.is_conflict() => Teardown::Over,
                    Err(_) => Teardown::Removed,
                };
            }
            Message::Published(result) => self.published(result, now),
            Message::Resized { slot } => {
                let id = self.state.slots[slot].latest().map(|record| record.id.clone());
                if let Some(id) = id {
                    self.read_container(slot, &id).await;
                }
            }
            Message::Refreshed => self.refreshing = false,
            Message::Probe(report) => self.probed(report),
        }
    }

    /// Whether this is the report of the slot's present operation, which it ends.
    fn finished(&mut self, slot: usize, op: u64) -> bool {
        let current = self.slot_ops[slot].as_ref().is_some_and(|(number, _)| *number == op);
        if current {
            self.slot_ops[slot] = None;
            self.state.slots[slot].busy = None;
        }
        current
    }

    async fn started(&mut self, slot: usize, result: Result<ContainerId, Failure>) {
        self.state.slots[slot].image = None;
        match result {
            Ok(id) => {
                self.state.slots[slot].waiting = None;
                self.read_container(slot, &id).await;
                if self.state.slots[slot].is_running() {
                    defaults_of_started(&mut self.state, slot);
                    self.run_post_start(slot, id);
                }
                self.prune(slot);
            }
            Err(failure) => {
                let now = self.shared.deps.clock.now();
                // A container that was made and could not be started is an exit like any other.
                let known: Vec<ContainerId> =
                    self.state.slots[slot].records.iter().map(|r| r.id.clone()).collect();
                self.read_new_containers().await;
                let made =
                    self.state.slots[slot].latest().is_some_and(|r| !known.contains(&r.id) && is_ended(r));
                let until = if made { now } else { add(now, seconds(RETRY_SECONDS)) };
                let Failure { reason, message } = failure;
                self.state.slots[slot].waiting = Some(Waiting { reason, message, until, turns: None });
            }
        }
    }

    fn published(
        &mut self,
        result: Result<std::sync::Arc<api::Object>, client::Error>,
        now: jiff::Timestamp,
    ) {
        self.publishing = false;
        match result {
            Ok(pod) => {
                self.published_version = pod.resource_version();
                self.state.published = pod.value()["status"].clone();
            }
            Err(error) if error.is_not_found() => {
                // The informer will tell that it is gone.
                self.last_patch = None;
                self.publish_after = Some(add(now, PUBLISH_RETRY));
            }
            Err(error) => {
                self.last_patch = None;
                let pod = self.state.pod.name();
                tracing::warn!(pod, error = &error as &dyn std::error::Error, "pod status was not written");
                self.publish_after = Some(add(now, PUBLISH_RETRY));
            }
        }
        // What others wrote meanwhile.
        let desired = self.desired.borrow().clone();
        if let Some(pod) = desired
            && pod.resource_version() > self.published_version
        {
            self.published_version = pod.resource_version();
            self.state.published = pod.value()["status"].clone();
        }
    }

    fn probed(&mut self, report: ProbeReport) {
        let pod_ending = self.state.ending().is_some();
        let Some(slot) = self
            .state
            .slots
            .iter_mut()
            .find(|slot| slot.latest().is_some_and(|record| record.id == report.container))
        else {
            return;
        };
        match (report.kind, report.failure) {
            (ProbeKind::Readiness, failure) => slot.ready = failure.is_none(),
            (ProbeKind::Startup, None) => slot.started = true,
            (ProbeKind::Liveness, None) => {}
            (ProbeKind::Startup | ProbeKind::Liveness, Some(_)) if pod_ending => {}
            (kind, Some(_)) => {
                let message =
                    format!("Container {} failed {} probe, will be restarted", slot.name, kind.as_str());
                slot.unhealthy = Some(Unhealthy { message, grace: report.grace });
            }
        }
    }

    /// Reads anew what may have changed: the sandbox and containers that had not ended.
    pub(super) async fn read_runtime(&mut self) {
        let runtime = self.shared.deps.runtime.clone();
        if let Some(sandbox) = &self.state.sandbox {
            match runtime.sandbox_status(&sandbox.id).await {
                Ok(status) => self.state.sandbox = Some(status),
                Err(error) if error.is_not_found() => self.state.sandbox = None,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "sandbox status is unknown");
                }
            }
        }
        for index in 0..self.state.slots.len() {
            let open: Vec<ContainerId> = self.state.slots[index]
                .records
                .iter()
                .filter(|record| !is_ended(record))
                .map(|record| record.id.clone())
                .collect();
            for id in open {
                self.read_container(index, &id).await;
            }
        }
    }

    /// Containers that were made and never reported, because making them failed later.
    async fn read_new_containers(&mut self) {
        let Some(sandbox) = self.state.sandbox.as_ref().map(|sandbox| sandbox.id.clone()) else { return };
        let all = match self.shared.deps.runtime.containers().await {
            Ok(all) => all,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "containers are unknown");
                return;
            }
        };
        for record in all.into_iter().filter(|record| record.sandbox == sandbox) {
            if let Some(index) = self.state.slots.iter().position(|slot| slot.name == record.config.name) {
                self.take_record(index, record).await;
            }
        }
    }

    async fn read_container(&mut self, index: usize, id: &ContainerId) {
        match self.shared.deps.runtime.container_status(id).await {
            Ok(record) => self.take_record(index, record).await,
            Err(error) if error.is_not_found() => {
                self.state.slots[index].records.retain(|record| record.id != *id);
            }
            Err(error) => {
                tracing::warn!(container = %id, error = &error as &dyn std::error::Error, "container status is unknown");
            }
        }
    }

    async fn take_record(&mut self, index: usize, record: ContainerStatus) {
        let slot = &mut self.state.slots[index];
        let ended = is_ended(&record);
        let id = record.id.clone();
        let was_ended = match slot.records.iter_mut().find(|known| known.id == record.id) {
            Some(known) => {
                let was = is_ended(known);
                *known = record.clone();
                was
            }
            None => {
                slot.records.push(record.clone());
                slot.records.sort_by_key(|record| (record.config.attempt, record.created_at));
                false
            }
        };
        if ended && !was_ended {
            slot.ready = false;
            slot.started = false;
            slot.unhealthy = None;
            self.keep_message(index, id, record).await;
        }
    }

    /// Termination messages of containers that ended before this process began.
    pub(super) async fn read_messages_of_ended(&mut self) {
        for index in 0..self.state.slots.len() {
            let ended: Vec<ContainerStatus> =
                self.state.slots[index].records.iter().filter(|record| is_ended(record)).cloned().collect();
            for record in ended {
                self.keep_message(index, record.id.clone(), record).await;
            }
        }
    }

    async fn keep_message(&mut self, index: usize, id: ContainerId, record: ContainerStatus) {
        let read = tokio::task::spawn_blocking(move || termination_message(&record)).await;
        let messages = &mut self.state.slots[index].messages;
        messages.retain(|(known, _)| *known != id);
        messages.push((id, read.unwrap_or_default()));
    }

    /// Removes all but the two newest containers of a slot: status needs no more.
    fn prune(&mut self, index: usize) {
        let slot = &mut self.state.slots[index];
        let uid = self.state.pod.uid().to_owned();
        while slot.records.len() > 2 {
            let old = slot.records.remove(0);
            slot.messages.retain(|(known, _)| *known != old.id);
            self.shared.remove_container(&uid, old, self.state.pod.name());
        }
    }
}

/// Readiness and start of a container that has just been started, before any probe.
pub(super) fn defaults_of_started(state: &mut PodState, index: usize) {
    let (startup, readiness) = match state.container(&state.slots[index]) {
        Some(container) => (container.startup_probe().is_some(), container.readiness_probe().is_some()),
        None => (false, false),
    };
    let slot = &mut state.slots[index];
    slot.started = !startup;
    slot.ready = !readiness;
    slot.unhealthy = None;
    slot.resized = None;
}

/// What a container left to say: its file, or the end of its log where its policy says so.
fn termination_message(record: &ContainerStatus) -> String {
    if record.state == ContainerState::Created {
        return String::new();
    }
    let annotations = &record.config.annotations;
    let mut text = Vec::new();
    if let Some(path) = annotations.get(TERMINATION_FILE)
        && let Ok(file) = std::fs::File::open(path)
        && let Err(error) = file.take(MESSAGE_BYTES).read_to_end(&mut text)
    {
        tracing::debug!(%error, "termination message cannot be read");
    }
    let fall_back =
        annotations.get(TERMINATION_POLICY).is_some_and(|policy| policy == "FallbackToLogsOnError");
    if text.is_empty() && fall_back && record.exit_code != Some(0) {
        text = record.log_path.clone().map(end_of_log).unwrap_or_default();
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn end_of_log(path: PathBuf) -> Vec<u8> {
    let text = std::fs::read(path).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').rev().filter_map(logs::parse_line);
    let last: Vec<_> = lines.take(LOG_MESSAGE_LINES).collect();
    let mut joined = Vec::new();
    for line in last.into_iter().rev() {
        joined.extend_from_slice(line.text);
        if !line.partial {
            joined.push(b'\n');
        }
    }
    let from = joined.len().saturating_sub(LOG_MESSAGE_BYTES);
    joined.split_off(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_ends_as_the_container_ended_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.log");
        std::fs::write(&path, "2020-01-01T00:00:01Z stdout F one\n2020-01-01T00:00:02Z stdout P DONE\n")
            .unwrap();
        assert_eq!(end_of_log(path.clone()), b"one\nDONE");
        std::fs::write(&path, "2020-01-01T00:00:01Z stdout F one\n").unwrap();
        assert_eq!(end_of_log(path), b"one\n");
    }
}
