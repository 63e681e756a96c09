//! Carrying out a plan: each action becomes an operation, or a change of the facts.

use std::time::Duration;

use api::view::View as _;
use futures_util::FutureExt;
use jiff::Timestamp;
use runtime::types::ContainerId;
use runtime::types::Resources;

use super::Message;
use super::Worker;
use super::ops;
use crate::plan::Action;
use crate::pod;
use crate::probes;
use crate::state::Busy;
use crate::state::Setup;
use crate::state::Slot;
use crate::state::Teardown;
use crate::status;

impl Worker {
    pub(super) fn execute(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::Expire => {
                let message = "Pod was active on the node longer than the specified deadline";
                self.state.failed = Some(("DeadlineExceeded".to_owned(), message.to_owned()));
                self.changed = true;
            }
            Action::Setup => self.set_up(),
            Action::Pull { slot } => self.pull(slot),
            Action::TurnToBackOff { slot } => self.turn_to_back_off(slot),
            Action::NoteBackOff { slot } => self.note_back_off(slot),
            Action::Start { slot } => self.start(slot, now),
            Action::Stop { slot, kill_at, message } => self.stop_container(slot, kill_at, &message),
            Action::Resize { slot, resources } => self.resize(slot, resources),
            Action::Cancel { slot } => {
                if let Some((_, stop)) = self.slot_ops[slot].take() {
                    stop.request();
                }
                self.state.slots[slot].busy = None;
                self.changed = true;
            }
            Action::Teardown => self.tear_down(),
            Action::Remove => self.remove(),
            Action::Delete => self.delete(now),
            Action::Finish => self.state.teardown = Teardown::Over,
        }
    }

    fn set_up(&mut self) {
        self.state.setup = Setup::Busy;
        let existing = self.state.sandbox.clone();
        let attempt = existing.as_ref().map_or(0, |sandbox| sandbox.config.attempt + 1);
        let operation = ops::set_up(
            self.shared.clone(),
            self.state.pod.clone(),
            self.volumes.clone(),
            self.surroundings(),
            existing,
            attempt,
        );
        self.spawn(operation.map(|made| Message::Setup(made.map(|(sandbox, ips)| (Box::new(sandbox), ips)))));
    }

    fn pull(&mut self, index: usize) {
        let slot = &self.state.slots[index];
        let Some(container) = self.state.container(slot) else { return };
        // What is on the node already needs no operation.
        if let Some(image) = ops::present(&self.shared, container) {
            let image_name = container.image().to_owned();
            let message = format!(
                "Container image {image_name:?} already present on machine and can be accessed by the pod"
            );
            self.shared.event(&self.state.pod, slot.kind, &slot.name, "Pulled", &message);
            let slot = &mut self.state.slots[index];
            slot.image = Some(image);
            slot.waiting = None;
            self.changed = true;
            return;
        }
        let (shared, pod, name) = (self.shared.clone(), self.state.pod.clone(), slot.name.clone());
        self.state.slots[index].busy = Some(Busy::Pulling);
        self.spawn_for(index, |op| {
            async move { Message::Pulled { slot: index, op, result: ops::pull(&shared, &pod, &name).await } }
                .boxed()
        });
    }

    fn turn_to_back_off(&mut self, index: usize) {
        let slot = &mut self.state.slots[index];
        let Some(waiting) = &mut slot.waiting else { return };
        let image = pod::container(api::view::View::of(self.state.pod.value()), &slot.name)
            .map(|(_, container)| container.image().to_owned())
            .unwrap_or_default();
        let message = format!("Back-off pulling image {image:?}");
        waiting.message = format!("{message}: {}: {}", waiting.reason, waiting.message);
        waiting.reason = "ImagePullBackOff";
        waiting.turns = None;
        let (kind, name) = (slot.kind, slot.name.clone());
        self.shared.event(&self.state.pod, kind, &name, "BackOff", &message);
        self.shared.warning(&self.state.pod, kind, &name, "Failed", "Error: ImagePullBackOff");
        self.changed = true;
    }

    fn note_back_off(&mut self, index: usize) {
        let slot = &mut self.state.slots[index];
        slot.noted = slot.latest().map(|record| record.id.clone());
        let slot = &self.state.slots[index];
        let message = format!(
            "Back-off restarting failed container {} in pod {}_{}({})",
            slot.name,
            self.state.pod.name(),
            self.state.pod.namespace(),
            self.state.pod.uid()
        );
        tracing::debug!(message = status::crash_message(&self.state, slot), "container is in back-off");
        self.shared.warning(&self.state.pod, slot.kind, &slot.name, "BackOff", &message);
        self.changed = true;
    }

    fn start(&mut self, index: usize, now: Timestamp) {
        let Some(sandbox) = self.state.ready_sandbox().map(|sandbox| sandbox.id.clone()) else { return };
        let slot = &mut self.state.slots[index];
        let Some(image) = slot.image.clone() else { return };
        slot.busy = Some(Busy::Starting);
        if let Some(ended) = slot.latest() {
            let at = ended.finished_at.unwrap_or(ended.created_at);
            slot.crash.step(at, now);
        }
        let job = ops::StartJob {
            pod: self.state.pod.clone(),
            name: slot.name.clone(),
            attempt: slot.next_attempt(),
            image,
            sandbox,
            ips: self.state.ips.clone(),
            volumes: self.volumes.clone(),
        };
        let shared = self.shared.clone();
        self.spawn_for(index, |op| {
            async move { Message::Started { slot: index, op, result: ops::start(&shared, job).await } }
                .boxed()
        });
    }

    pub(super) fn run_post_start(&mut self, index: usize, id: ContainerId) {
        let Some(container) = self.state.container(&self.state.slots[index]) else { return };
        if container.lifecycle().and_then(|lifecycle| lifecycle.post_start()).is_none() {
            return;
        }
        self.state.slots[index].busy = Some(Busy::Hook);
        let (shared, pod, ips) = (self.shared.clone(), self.state.pod.clone(), self.state.ips.clone());
        let name = self.state.slots[index].name.clone();
        self.spawn_for(index, |op| {
            async move {
                let result = ops::post_start(&shared, &pod, &name, &id, &ips).await;
                Message::Hooked { slot: index, op, result }
            }
            .boxed()
        });
    }

    fn stop_container(&mut self, index: usize, kill_at: Timestamp, message: &str) {
        let slot = &mut self.state.slots[index];
        let Some(id) = slot.latest().map(|record| record.id.clone()) else { return };
        let again = matches!(slot.busy, Some(Busy::Stopping(_)));
        slot.busy = Some(Busy::Stopping(kill_at));
        let (kind, name) = (slot.kind, slot.name.clone());
        if !again {
            self.shared.event(&self.state.pod, kind, &name, "Killing", message);
        }
        let (shared, pod, ips) = (self.shared.clone(), self.state.pod.clone(), self.state.ips.clone());
        self.spawn_for(index, |op| {
            async move {
                // A container that is stopped anew has had its hook.
                if !again {
                    ops::pre_stop(&shared, &pod, &name, &id, &ips, kill_at).await;
                }
                ops::stop(&shared, &id, kill_at).await;
                Message::Stopped { slot: index, op }
            }
            .boxed()
        });
    }

    fn resize(&mut self, index: usize, resources: Resources) {
        let slot = &mut self.state.slots[index];
        slot.resized = Some(resources.clone());
        let Some(id) = slot.latest().map(|record| record.id.clone()) else { return };
        let runtime = self.shared.deps.runtime.clone();
        self.spawn(async move {
            if let Err(error) = runtime.update_resources(&id, &resources).await {
                tracing::warn!(container = %id, error = &error as &dyn std::error::Error, "container is not resized");
            }
            Message::Resized { slot: index }
        });
    }

    fn tear_down(&mut self) {
        self.state.teardown = Teardown::Stopping;
        let sandbox = self.state.sandbox.iter().chain(&self.old_sandboxes).map(|s| s.id.clone()).collect();
        let operation = ops::tear_down(self.shared.clone(), self.state.pod.uid().to_owned(), sandbox);
        self.spawn(operation.map(Message::TornDown));
    }

    fn remove(&mut self) {
        self.state.teardown = Teardown::Removing;
        let sandboxes = self.state.sandbox.iter().chain(&self.old_sandboxes).map(|s| s.id.clone()).collect();
        let records = self.state.slots.iter().flat_map(|slot: &Slot| slot.records.clone()).collect();
        let operation = ops::remove(self.shared.clone(), self.state.pod.clone(), sandboxes, records);
        self.spawn(operation.map(Message::Removed));
    }

    fn delete(&mut self, now: Timestamp) {
        // The last status is told before the object goes.
        if self.publishing || self.publish_after.is_some() || self.status_patch(now).is_some() {
            return;
        }
        self.state.teardown = Teardown::Deleting;
        let (shared, pod) = (self.shared.clone(), self.state.pod.clone());
        self.spawn(async move {
            let result = ops::delete(&shared, &pod).await;
            if let Err(error) = &result
                && !error.is_not_found()
                && !error.is_conflict()
            {
                tracing::warn!(
                    pod = pod.name(),
                    error = error as &dyn std::error::Error,
                    "pod was not deleted"
                );
                shared.deps.clock.sleep(Duration::from_secs(1)).await;
            }
            Message::Deleted(result)
        });
    }

    /// Starts probes of containers that run, and ends those of containers that do not.
    pub(super) fn tend_probes(&mut self) {
        let ending = self.state.ending().is_some();
        let mut wanted = Vec::new();
        for slot in &self.state.slots {
            let stopping = matches!(slot.busy, Some(Busy::Stopping(_)));
            if !slot.is_running() || slot.busy == Some(Busy::Starting) {
                continue;
            }
            let (Some(record), Some(container)) = (slot.latest(), self.state.container(slot)) else {
                continue;
            };
            for (kind, probe) in probes::of(container, slot.started) {
                // Readiness is told to the end; nothing that is being ended is killed by a probe.
                if kind == probes::ProbeKind::Readiness || !(ending || stopping) {
                    wanted.push((
                        record.id.clone(),
                        kind,
                        probe.value().clone(),
                        container.value().clone(),
                        slot.kind,
                        slot.name.clone(),
                    ));
                }
            }
        }
        self.probes.retain(|(id, kind), stop| {
            let keep =
                wanted.iter().any(|(wanted_id, wanted_kind, ..)| wanted_id == id && wanted_kind == kind);
            if !keep {
                stop.request();
            }
            keep
        });
        for (id, kind, probe, container, container_kind, name) in wanted {
            let key = (id.clone(), kind);
            if self.probes.contains_key(&key) {
                continue;
            }
            let stop = self.stop.child();
            self.probes.insert(key, stop.clone());
            let started_at = self.state.slots.iter().find_map(|slot| {
                slot.latest().filter(|record| record.id == id).and_then(|record| record.started_at)
            });
            let prober = probes::Prober {
                shared: self.shared.clone(),
                pod: self.state.pod.clone(),
                container_kind,
                name,
                id,
                kind,
                probe,
                container,
                ip: self.state.ips.first().copied(),
                started_at: started_at.unwrap_or_else(|| self.shared.deps.clock.now()),
            };
            let sender = self.sender.clone();
            self.shared.deps.spawner.spawn(&super::OPERATION, "probe", async move {
                stop.unless(prober.run(sender)).await;
            });
        }
    }
}
