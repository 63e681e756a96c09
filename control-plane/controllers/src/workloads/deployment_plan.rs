//! Decisions of a Deployment: which ReplicaSet is the new one, which grows and which shrinks, what
//! the status says. Pure.
//!
//! Source: upstream's deployment controller (rolling update, recreate, proportional scaling,
//! progress). One call decides one step; what it changes leads to the next call.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::value;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::deployment_status;
use super::hash::template_hash;
use crate::objects::controller_reference;
use crate::objects::is_deleting;
use crate::objects::metadata;

/// The order of rollouts, on ReplicaSets and on the Deployment.
pub(crate) const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// What the Deployment wanted when the ReplicaSet was last scaled: tells scaling from rolling out.
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// What it wanted at most, surge included.
const MAX: &str = "deployment.kubernetes.io/max-replicas";
/// The label that keeps the pods of ReplicaSets apart.
pub(crate) const HASH_LABEL: &str = "pod-template-hash";
/// Annotations of a Deployment that say nothing about its ReplicaSets.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];
/// Longest list of earlier revisions kept on a ReplicaSet, in characters.
const MAX_HISTORY_CHARS: usize = 2000;

/// What a reconcile decides from.
pub(crate) struct Snapshot {
    /// The Deployment.
    pub(crate) deployment: Arc<Object>,
    /// Every ReplicaSet it manages.
    pub(crate) sets: Vec<Arc<Object>>,
    /// Whether pods that have not ended exist under the ReplicaSet of this uid.
    pub(crate) running: Vec<String>,
    /// Now.
    pub(crate) now: Timestamp,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// Make the new ReplicaSet.
    Create(Value),
    /// Replace a ReplicaSet (its annotations and `minReadySeconds` follow the Deployment's).
    Update(Value),
    /// Give a ReplicaSet another size.
    Scale {
        /// The ReplicaSet with its new size and annotations.
        set: Value,
        /// The size it had.
        from: i64,
        /// The size it gets.
        to: i64,
    },
    /// Delete a ReplicaSet of the past.
    Delete(Value),
    /// Note the revision on the Deployment.
    Revision(String),
}

/// What is decided.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In this order; the first failure ends the step.
    pub(crate) ops: Vec<Op>,
    /// The status that follows.
    pub(crate) status: Value,
    /// When lack of progress must be looked at.
    pub(crate) look_again: Option<Duration>,
}

/// A ReplicaSet with the size that this step gives it.
#[derive(Clone)]
pub(crate) struct Set {
    pub(crate) object: Arc<Object>,
    pub(crate) replicas: i64,
}

/// The numbers a Deployment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) replicas: i64,
    pub(crate) max_surge: i64,
    pub(crate) max_unavailable: i64,
    pub(crate) rolling: bool,
}

/// A step under construction.
pub(crate) struct Step<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) deployment: &'a Object,
    pub(crate) wanted: Wanted,
    pub(crate) new: Option<Set>,
    pub(crate) old: Vec<Set>,
    pub(crate) ops: Vec<Op>,
    /// The status so far: the old one with what this step adds to its conditions.
    pub(crate) status: Value,
}

/// Decides one step.
pub(crate) fn plan(snapshot: &Snapshot) -> Plan {
    let deployment = &*snapshot.deployment;
    let (new, old) = split(deployment, &snapshot.sets);
    let mut step = Step {
        snapshot,
        deployment,
        wanted: Wanted::of(deployment),
        new,
        old,
        ops: Vec::new(),
        status: deployment.value()["status"].clone(),
    };
    if is_deleting(deployment) {
        return step.finish(Progress::Ignored);
    }
    deployment_status::note_pause(&mut step);
    let paused = deployment.value()["spec"]["paused"].as_bool().unwrap_or(false);
    if step.follow_deployment() {
        return step.finish(Progress::Ignored);
    }
    if paused || step.is_scaling() {
        step.scale();
        if paused {
            step.clean_up();
        }
        return step.finish(Progress::Ignored);
    }
    if step.wanted.rolling {
        step.roll()
    } else {
        step.recreate()
    }
    step.finish(Progress::Judged)
}

/// Whether the step says something about the progress of a rollout.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Judged,
    Ignored,
}

/// Splits ReplicaSets into the one whose template is the Deployment's (the oldest of several) and
/// the others, oldest first.
pub(crate) fn split(deployment: &Object, sets: &[Arc<Object>]) -> (Option<Set>, Vec<Set>) {
    let mut sets: Vec<Set> = sets.iter().map(Set::of).collect();
    sets.sort_by_key(|set| (metadata(&set.object).creation_timestamp(), set.object.name().to_owned()));
    let template = without_hash(&deployment.value()["spec"]["template"]);
    let place = sets.iter().position(|set| without_hash(&set.object.value()["spec"]["template"]) == template);
    let new = place.map(|place| sets.remove(place));
    (new, sets)
}

impl Set {
    fn of(object: &Arc<Object>) -> Self {
        Self { object: object.clone(), replicas: object.value()["spec"]["replicas"].as_i64().unwrap_or(1) }
    }

    pub(crate) fn status(&self, field: &str) -> i64 {
        self.object.value()["status"][field].as_i64().unwrap_or(0)
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        metadata(&self.object).annotations().str(key)
    }

    fn revision(&self) -> i64 {
        self.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

impl Wanted {
    /// Reads a Deployment: surge rounds up, unavailability down, and where both come to nothing one
    /// replica may be unavailable, for else nothing could ever move.
    pub(crate) fn of(deployment: &Object) -> Self {
        let spec = &deployment.value()["spec"];
        let replicas = spec["replicas"].as_i64().unwrap_or(1);
        let rolling = spec["strategy"]["type"].as_str() != Some("Recreate");
        if !rolling {
            return Self { replicas, max_surge: 0, max_unavailable: 0, rolling };
        }
        let update = &spec["strategy"]["rollingUpdate"];
        let max_surge = scaled(&update["maxSurge"], replicas, Rounding::Up);
        let mut max_unavailable = scaled(&update["maxUnavailable"], replicas, Rounding::Down);
        if max_surge == 0 && max_unavailable == 0 {
            max_unavailable = 1;
        }
        Self { replicas, max_surge, max_unavailable: max_unavailable.min(replicas), rolling }
    }
}

enum Rounding {
    Up,
    Down,
}

/// A number or a percentage of `total`; 25 % where nothing is said.
fn scaled(value: &Value, total: i64, rounding: Rounding) -> i64 {
    if let Some(number) = value.as_i64() {
        return number;
    }
    let percent: i64 = value.as_str().unwrap_or("25%").trim_end_matches('%').parse().unwrap_or(0);
    match rounding {
        Rounding::Up => (percent * total + 99) / 100,
        Rounding::Down => percent * total / 100,
    }
}

impl Step<'_> {
    fn all(&self) -> impl Iterator<Item = &Set> {
        self.old.iter().chain(self.new.as_ref())
    }

    fn total(&self) -> i64 {
        self.all().map(|set| set.replicas).sum()
    }

    fn available(&self) -> i64 {
        self.all().map(|set| set.status("availableReplicas")).sum()
    }

    /// Makes the new ReplicaSet's annotations and `minReadySeconds`, and the Deployment's revision,
    /// what they should be. Returns whether the ReplicaSet changes: then this is the whole step.
    fn follow_deployment(&mut self) -> bool {
        let Some(new) = &self.new else { return false };
        let mut body = new.object.value().clone();
        self.annotate(&mut body);
        let min_ready = self.deployment.value()["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
        if body["spec"]["minReadySeconds"].as_i64().unwrap_or(0) != min_ready {
            body.set(&["spec", "minReadySeconds"], min_ready);
        }
        if body != *new.object.value() {
            self.ops.push(Op::Update(body));
            return true;
        }
        let (revision, name) = (new.revision(), new.object.name().to_owned());
        self.note_revision(revision);
        deployment_status::note_found(self, &name);
        false
    }

    /// Copies the Deployment's annotations to a ReplicaSet and gives it the newest revision.
    fn annotate(&self, set: &mut Value) {
        for (key, text) in metadata(self.deployment).annotations().strs() {
            if !NOT_COPIED.contains(&key) && set["metadata"]["annotations"][key].as_str() != Some(text) {
                set.set(&["metadata", "annotations", key], text);
            }
        }
        let newest = self.old.iter().map(Set::revision).max().unwrap_or(0) + 1;
        let current = set["metadata"]["annotations"][REVISION].as_str().map(str::to_owned);
        let number = current.as_deref().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        if number >= newest {
            return;
        }
        set.set(&["metadata", "annotations", REVISION], newest.to_string());
        // It served before: this is a rollback, and the revisions it had are history.
        if let Some(current) = current {
            let history = set["metadata"]["annotations"][HISTORY].str_or_empty();
            let longer = if history.is_empty() { current } else { format!("{history},{current}") };
            let cut = longer.len().saturating_sub(MAX_HISTORY_CHARS);
            let kept =
                if cut == 0 { &longer } else { longer[cut..].split_once(',').map_or("", |(_, rest)| rest) };
            set.set(&["metadata", "annotations", HISTORY], kept);
        }
    }

    fn note_revision(&mut self, revision: i64) {
        let text = revision.to_string();
        if revision > 0 && metadata(self.deployment).annotations().str(REVISION) != Some(&text) {
            self.ops.push(Op::Revision(text));
        }
    }

    /// Whether the Deployment's size changed since its ReplicaSets were last scaled.
    fn is_scaling(&self) -> bool {
        self.all().filter(|set| set.replicas > 0).any(|set| {
            let desired = set.annotation(DESIRED).and_then(|text| text.parse::<i64>().ok());
            desired.is_some_and(|desired| desired != self.wanted.replicas)
        })
    }

    fn create_new(&mut self) {
        let spec = &self.deployment.value()["spec"];
        let collisions = self.status["collisionCount"].as_i64();
        let hash = template_hash(&spec["template"], collisions);
        let name = format!("{}-{hash}", self.deployment.name());
        let mut template = spec["template"].clone();
        template.set(&["metadata", "labels", HASH_LABEL], hash.as_str());
        let mut selector = spec["selector"].clone();
        selector.set(&["matchLabels", HASH_LABEL], hash.as_str());
        let replicas = self.size_of_new(0);
        let mut set = value!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "namespace": self.deployment.namespace(), "name": name.as_str(),
                "labels": &template["metadata"]["labels"],
                "ownerReferences": [controller_reference(self.deployment)]
            },
            "spec": {"replicas": replicas, "selector": selector, "template": template}
        });
        if let Some(seconds) = spec["minReadySeconds"].as_i64().filter(|seconds| *seconds > 0) {
            set.set(&["spec", "minReadySeconds"], seconds);
        }
        self.annotate(&mut set);
        self.annotate_size(&mut set);
        let revision = self.old.iter().map(Set::revision).max().unwrap_or(0) + 1;
        self.ops.push(Op::Create(set));
        self.note_revision(revision);
        deployment_status::note_created(self, &name);
    }

    /// How large the new ReplicaSet may be, where it has `current` replicas.
    fn size_of_new(&self, current: i64) -> i64 {
        if !self.wanted.rolling {
            return self.wanted.replicas;
        }
        let room = self.wanted.replicas + self.wanted.max_surge - self.total();
        if room <= 0 { current } else { current + room.min(self.wanted.replicas - current) }
    }

    fn annotate_size(&self, set: &mut Value) {
        let most = self.wanted.replicas + self.wanted.max_surge;
        set.set(&["metadata", "annotations", DESIRED], self.wanted.replicas.to_string());
        set.set(&["metadata", "annotations", MAX], most.to_string());
    }

    /// Plans another size for a ReplicaSet; returns whether it is another one.
    fn resize(&mut self, place: Place, to: i64) -> bool {
        let set = self.at(place);
        let from = set.replicas;
        if from == to {
            return false;
        }
        let mut body = set.object.value().clone();
        body.set(&["spec", "replicas"], to);
        self.annotate_size(&mut body);
        self.ops.push(Op::Scale { set: body, from, to });
        match place {
            Place::New => self.new.iter_mut().for_each(|set| set.replicas = to),
            Place::Old(i) => self.old[i].replicas = to,
        }
        true
    }

    fn at(&self, place: Place) -> &Set {
        match place {
            Place::New => self.new.as_ref().expect("only an existing set is resized"),
            Place::Old(i) => &self.old[i],
        }
    }

    fn roll(&mut self) {
        if self.new.is_none() {
            return self.create_new();
        }
        let current = self.at(Place::New).replicas;
        let size = match current.cmp(&self.wanted.replicas) {
            std::cmp::Ordering::Greater => self.wanted.replicas,
            std::cmp::Ordering::Equal => current,
            std::cmp::Ordering::Less => self.size_of_new(current),
        };
        if self.resize(Place::New, size) || self.shrink_old() {
            return;
        }
        if deployment_status::is_complete(self.deployment, &self.deployment.value()["status"]) {
            self.clean_up();
        }
    }

    /// Takes old replicas away as far as availability allows: unhealthy ones first, since they are
    /// not missed.
    fn shrink_old(&mut self) -> bool {
        if self.old.iter().all(|set| set.replicas == 0) {
            return false;
        }
        let least = self.wanted.replicas - self.wanted.max_unavailable;
        let new = self.at(Place::New);
        let new_unavailable = new.replicas - new.status("availableReplicas");
        let most = self.total() - least - new_unavailable;
        if most <= 0 {
            return false;
        }
        let mut cleaned = 0;
        for i in 0..self.old.len() {
            let set = &self.old[i];
            let unhealthy = (set.replicas - set.status("availableReplicas")).max(0).min(most - cleaned);
            if set.replicas > 0 && unhealthy > 0 {
                let to = set.replicas - unhealthy;
                cleaned += unhealthy;
                self.resize(Place::Old(i), to);
            }
        }
        let mut spare = self.available() - least;
        let mut shrunk = false;
        for i in 0..self.old.len() {
            let replicas = self.old[i].replicas;
            if spare <= 0 || replicas == 0 {
                continue;
            }
            let down = replicas.min(spare);
            spare -= down;
            shrunk |= self.resize(Place::Old(i), replicas - down);
        }
        self.merge_resizes();
        cleaned > 0 || shrunk
    }

    /// Two resizes of one ReplicaSet are one.
    fn merge_resizes(&mut self) {
        let mut merged: Vec<Op> = Vec::new();
        for op in std::mem::take(&mut self.ops) {
            let uid_of = |set: &Value| set["metadata"]["uid"].str_or_empty().to_owned();
            if let Op::Scale { set, to, .. } = &op
                && let Some(Op::Scale { set: earlier, to: earlier_to, .. }) = merged
                    .iter_mut()
                    .find(|op| matches!(op, Op::Scale { set: other, .. } if uid_of(other) == uid_of(set)))
            {
                *earlier = set.clone();
                *earlier_to = *to;
                continue;
            }
            merged.push(op);
        }
        self.ops = merged;
    }

    fn recreate(&mut self) {
        let mut shrunk = false;
        for i in 0..self.old.len() {
            shrunk |= self.resize(Place::Old(i), 0);
        }
        let new_uid = self.new.as_ref().map_or("", |set| set.object.uid()).to_owned();
        let old_live = self.old.iter().any(|set| set.status("replicas") > 0)
            || self.snapshot.running.iter().any(|uid| *uid != new_uid);
        if shrunk || old_live {
            return;
        }
        if self.new.is_none() {
            return self.create_new();
        }
        let resized = self.resize(Place::New, self.wanted.replicas);
        if !resized && deployment_status::is_complete(self.deployment, &self.deployment.value()["status"]) {
            self.clean_up();
        }
    }

    /// Scales in proportion, so that a change of size neither hastens nor delays a rollout.
    fn scale(&mut self) {
        let mut active: Vec<Place> =
            (0..self.old.len()).filter(|i| self.old[*i].replicas > 0).map(Place::Old).collect();
        if self.new.as_ref().is_some_and(|set| set.replicas > 0) {
            active.push(Place::New);
        }
        if active.len() <= 1 {
            let latest = self.old.len().checked_sub(1).map(Place::Old);
            let newest = self.new.as_ref().map(|_| Place::New).or(latest);
            if let Some(place) = active.first().copied().or(newest)
                && !self.resize(place, self.wanted.replicas)
            {
                self.refresh_size(place);
            }
            return;
        }
        if self.new.as_ref().is_some_and(|new| self.is_saturated(new)) {
            for i in 0..self.old.len() {
                self.resize(Place::Old(i), 0);
            }
            return;
        }
        if self.wanted.rolling {
            self.scale_in_proportion(active);
        } else {
            active.into_iter().for_each(|place| self.refresh_size(place));
        }
    }

    fn is_saturated(&self, new: &Set) -> bool {
        new.replicas == self.wanted.replicas
            && new.annotation(DESIRED) == Some(&self.wanted.replicas.to_string())
            && new.status("availableReplicas") == self.wanted.replicas
    }

    fn scale_in_proportion(&mut self, mut active: Vec<Place>) {
        let wanted = self.wanted;
        let most = if wanted.replicas > 0 { wanted.replicas + wanted.max_surge } else { 0 };
        let change = most - self.total();
        // Of equal size, newer ones grow first and older ones shrink first. `active` is oldest first.
        if change > 0 {
            active.reverse();
        }
        active.sort_by_key(|place| std::cmp::Reverse(self.at(*place).replicas));
        let mut sizes: Vec<i64> = active.iter().map(|place| self.at(*place).replicas).collect();
        let mut spread = 0;
        if change != 0 {
            for (place, size) in active.iter().zip(&mut sizes) {
                let share = self.share(self.at(*place), most, change, spread);
                *size += share;
                spread += share;
            }
            sizes[0] = (sizes[0] + change - spread).max(0);
        }
        for (place, size) in active.into_iter().zip(sizes) {
            if !self.resize(place, size) {
                self.refresh_size(place);
            }
        }
    }

    /// A set that keeps its size still learns what the Deployment wants now: else the change of size
    /// would never count as dealt with.
    fn refresh_size(&mut self, place: Place) {
        let mut body = self.at(place).object.value().clone();
        self.annotate_size(&mut body);
        if body != *self.at(place).object.value() {
            self.ops.push(Op::Update(body));
        }
    }

    /// One set's part of a change, no more than is left of it.
    fn share(&self, set: &Set, most: i64, change: i64, spread: i64) -> i64 {
        let left = change - spread;
        if set.replicas == 0 || left == 0 {
            return 0;
        }
        let own = if self.wanted.replicas == 0 {
            -set.replicas
        } else {
            let noted = set.annotation(MAX).and_then(|text| text.parse::<i64>().ok()).filter(|max| *max != 0);
            let before =
                noted.unwrap_or_else(|| self.deployment.value()["status"]["replicas"].as_i64().unwrap_or(0));
            if before == 0 {
                return 0;
            }
            ((set.replicas * most) as f64 / before as f64).round() as i64 - set.replicas
        };
        if change > 0 { own.min(left) } else { own.max(left) }
    }

    /// Deletes the oldest empty ReplicaSets beyond the history limit.
    fn clean_up(&mut self) {
        let limit = self.deployment.value()["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10);
        let mut past: Vec<&Set> = self.old.iter().filter(|set| !is_deleting(&set.object)).collect();
        let surplus = past.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        past.sort_by_key(|set| set.revision());
        let idle = |set: &&Set| {
            let generation = metadata(&set.object).generation();
            set.status("replicas") == 0 && set.replicas == 0 && generation <= set.status("observedGeneration")
        };
        let deletions: Vec<Op> = (past.into_iter().take(surplus))
            .filter(idle)
            .map(|set| Op::Delete(set.object.value().clone()))
            .collect();
        self.ops.extend(deletions);
    }

    fn finish(mut self, progress: Progress) -> Plan {
        deployment_status::settle(&mut self, progress);
        let look_again = deployment_status::next_look(&self, progress)
            .and_then(|wait: SignedDuration| Duration::try_from(wait).ok());
        Plan { ops: self.ops, status: self.status, look_again }
    }
}

#[derive(Clone, Copy)]
enum Place {
    New,
    Old(usize),
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    template.remove(&["metadata", "labels", HASH_LABEL]);
    template
}
