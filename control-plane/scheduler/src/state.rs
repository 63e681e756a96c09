//! What the scheduler knows, and how news changes it: pure apart from the clock it is given.

use std::sync::Arc;

use api::Object;
use client::Change;
use tokio::time::Instant;

use crate::Config;
use crate::cache::Cache;
use crate::cycle::Cycle;
use crate::cycle::Decision;
use crate::cycle::Start;
use crate::framework::Plugin;
use crate::framework::World;
use crate::framework::events;
use crate::pod::PodInfo;
use crate::preemption::Preemption;
use crate::preemption::Victims;
use crate::queue::Queue;

/// Cache, queue and rules.
pub struct State {
    scheduler_name: String,
    percentage: u8,
    plugins: Vec<Box<dyn Plugin>>,
    cache: Cache,
    queue: Queue,
    start: Start,
}

/// What is to be done next.
pub enum Step {
    /// Nothing before this instant, unless there is news.
    Wait(Option<Instant>),
    /// Bind the pod, which counts as placed already.
    Bind(Arc<PodInfo>, String),
    /// Tell the world that the pod fits nowhere.
    Report(Arc<PodInfo>, String),
    /// Likewise, and evict other pods so that it will fit.
    Preempt(Arc<PodInfo>, String, Victims),
}

impl State {
    /// Nothing known.
    pub fn new(config: &Config, plugins: Vec<Box<dyn Plugin>>) -> Self {
        Self {
            scheduler_name: config.scheduler_name.clone(),
            percentage: config.percentage_of_nodes_to_score,
            plugins,
            cache: Cache::default(),
            queue: Queue::new(config.initial_backoff, config.max_backoff, config.unschedulable_timeout),
            start: Start::default(),
        }
    }

    /// Takes the next pod and decides.
    pub fn step(
        &mut self,
        namespace_of: &dyn Fn(&str) -> Option<Arc<Object>>,
        pick: &mut dyn FnMut(usize) -> usize,
        now: Instant,
    ) -> Step {
        let Some(pod) = self.queue.pop(now) else { return Step::Wait(self.queue.next_due()) };
        let world = World { cache: &self.cache, namespace_of };
        let cycle = Cycle { plugins: &self.plugins, percentage: self.percentage };
        match cycle.decide(&pod, &world, &mut self.start, pick) {
            Decision::Place { node } => {
                self.cache.assume(pod.clone(), &node);
                Step::Bind(pod, node)
            }
            Decision::Unschedulable { message, events, candidates, nodes } => {
                self.queue.unschedulable(pod.object.uid(), events, now);
                self.preempt(pod, message, &candidates, nodes, namespace_of)
            }
        }
    }

    /// Looks for less important pods whose eviction would make room.
    fn preempt(
        &mut self,
        pod: Arc<PodInfo>,
        message: String,
        candidates: &[String],
        nodes: usize,
        namespace_of: &dyn Fn(&str) -> Option<Arc<Object>>,
    ) -> Step {
        if nodes == 0 {
            return Step::Report(pod, message);
        }
        if !pod.preempts {
            return Step::Report(
                pod,
                format!("{message} preemption: not eligible due to preemptionPolicy=Never."),
            );
        }
        if self.is_room_coming(&pod) {
            let why = "preemption: not eligible due to a terminating pod on the nominated node.";
            return Step::Report(pod, format!("{message} {why}"));
        }
        let preemption = Preemption { plugins: &self.plugins, namespace_of };
        if let Some(victims) = preemption.find(&pod, &mut self.cache, candidates) {
            self.cache.nominate(pod.clone(), &victims.node);
            return Step::Preempt(pod, message, victims);
        }
        self.cache.withdraw(pod.object.uid());
        let lines = [
            (candidates.len(), "No preemption victims found for incoming pod"),
            (nodes - candidates.len(), "Preemption is not helpful for scheduling"),
        ];
        let mut lines: Vec<String> = lines
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, text)| format!("{count} {text}"))
            .collect();
        lines.sort();
        let tried = format!("preemption: 0/{nodes} nodes are available: {}.", lines.join(", "));
        Step::Report(pod, format!("{message} {tried}"))
    }

    /// Whether pods that were evicted for this one are still ending.
    fn is_room_coming(&self, pod: &PodInfo) -> bool {
        let node = self.cache.nomination(pod.object.uid()).and_then(|name| self.cache.node(name));
        let ending = |other: &Arc<PodInfo>| {
            other.priority < pod.priority && !other.object.value()["metadata"]["deletionTimestamp"].is_null()
        };
        node.is_some_and(|node| node.pods.values().any(ending))
    }

    /// A binding failed.
    pub fn unbind(&mut self, pod: &PodInfo, now: Instant) {
        let uid = pod.object.uid();
        self.cache.forget(uid);
        self.queue.failed(uid, now);
        self.queue.wake(events::POD_GONE, now);
    }

    /// Something that was to change did not: pods that wait for it must not wait for ever.
    pub fn retry_all(&mut self, now: Instant) {
        self.queue.wake(events::ANY, now);
    }

    /// News of a pod.
    pub fn pod_changed(&mut self, change: &Change<'_>, now: Instant) {
        if let (Some(old), Some(new)) = (change.old, change.new)
            && old.uid() != new.uid()
        {
            self.pod_gone(old, now);
        }
        match change.new {
            None => self.pod_gone(change.object(), now),
            Some(new) if has_ended(new) => self.pod_gone(new, now),
            Some(new) if is_assigned(new) => self.pod_assigned(change.old, new, now),
            Some(new) => self.pod_waiting(change.old, new),
        }
    }

    /// News of a node.
    pub fn node_changed(&mut self, change: &Change<'_>, now: Instant) {
        let Some(new) = change.new else { return self.cache.remove_node(change.object().name()) };
        let event = change.old.map_or(events::NODE_ADDED, |old| node_event(old, new));
        if event != 0 {
            self.cache.set_node(new.clone());
            self.queue.wake(event, now);
        }
    }

    /// Number of pods that wait for a node.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The nodes and their pods.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    fn pod_gone(&mut self, pod: &Object, now: Instant) {
        self.queue.remove(pod.uid());
        self.cache.withdraw(pod.uid());
        if self.cache.remove_pod(pod.uid()) {
            self.queue.wake(events::POD_GONE, now);
        }
    }

    fn pod_assigned(&mut self, old: Option<&Arc<Object>>, new: &Arc<Object>, now: Instant) {
        self.queue.remove(new.uid());
        self.cache.withdraw(new.uid());
        let known = old.is_some_and(|old| is_assigned(old) && same_for_us(old, new));
        if known && self.cache.is_placed(new.uid()) {
            return self.cache.refresh_pod(new);
        }
        self.cache.set_pod(Arc::new(PodInfo::new(new.clone())));
        // Smaller requests after a resize free resources.
        let event = if old.is_some_and(|old| is_assigned(old)) { events::POD_GONE } else { 0 };
        self.queue.wake(events::POD_PLACED | event, now);
    }

    fn pod_waiting(&mut self, old: Option<&Arc<Object>>, new: &Arc<Object>) {
        let ours = new.value()["spec"]["schedulerName"].as_str() == Some(&self.scheduler_name);
        if !ours || !new.value()["metadata"]["deletionTimestamp"].is_null() {
            self.cache.withdraw(new.uid());
            return self.queue.remove(new.uid());
        }
        // Our own condition on the pod is no reason to try again.
        let known = old.is_some_and(|old| same_for_us(old, new));
        if !known && !self.cache.is_placed(new.uid()) {
            let pod = Arc::new(PodInfo::new(new.clone()));
            let nominated = new.value()["status"]["nominatedNodeName"].str_or_empty();
            if !nominated.is_empty() && self.cache.nomination(new.uid()).is_none() {
                self.cache.nominate(pod.clone(), nominated);
            }
            self.queue.set(pod);
        }
    }
}

fn is_assigned(pod: &Object) -> bool {
    !pod.value()["spec"]["nodeName"].str_or_empty().is_empty()
}

fn has_ended(pod: &Object) -> bool {
    matches!(pod.value()["status"]["phase"].str_or_empty(), "Succeeded" | "Failed")
}

fn same_for_us(old: &Object, new: &Object) -> bool {
    old.uid() == new.uid()
        && old.index().labels == new.index().labels
        && old.value()["spec"] == new.value()["spec"]
        && old.value()["metadata"]["deletionTimestamp"] == new.value()["metadata"]["deletionTimestamp"]
}

/// What changed about a node, as bits of [`events`]; heartbeats give zero.
fn node_event(old: &Object, new: &Object) -> u8 {
    let differs = |path: &[&str]| old.value().at(path) != new.value().at(path);
    let mut event = 0;
    if differs(&["status", "allocatable"]) {
        event |= events::NODE_ALLOCATABLE;
    }
    if differs(&["metadata", "labels"]) || differs(&["status", "images"]) {
        event |= events::NODE_LABELS;
    }
    if differs(&["spec", "taints"]) || differs(&["spec", "unschedulable"]) {
        event |= events::NODE_TAINTS;
    }
    if old.uid() != new.uid() {
        event |= events::NODE_ADDED;
    }
    event
}
