//! PodDisruptionBudgets: how many pods may be evicted right now.
//!
//! The API server spends what the status allows; this controller refills it. An eviction that was
//! granted is remembered in `disruptedPods` until its pod shows that it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::selector;
use api::value;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use jiff::SignedDuration;
use jiff::Timestamp;
use stdx::Clock;

use super::claim::target;
use super::pods;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_own;
use crate::objects::condition;
use crate::objects::controller_of;
use crate::objects::is_deleting;
use crate::objects::metadata;
use crate::objects::same_status;

const NAME: &str = "disruption-controller";
const WORKERS: usize = 2;
/// A granted eviction whose pod does not end within this time did not happen.
const GRANTED_FOR: SignedDuration = SignedDuration::from_secs(120);

/// What a budget is computed from.
pub(crate) struct Snapshot<'a> {
    pub(crate) budget: &'a Object,
    /// The pods it selects.
    pub(crate) pods: &'a [Arc<Object>],
    /// How many pods the controllers of these pods want together; an error where one cannot be asked.
    pub(crate) scale: Result<i64, String>,
    pub(crate) now: Timestamp,
}

/// The status of a budget, and when a granted eviction runs out.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> (Value, Option<Duration>) {
    let spec = &snapshot.budget.value()["spec"];
    let old = &snapshot.budget.value()["status"];
    let live: Vec<&Arc<Object>> = snapshot.pods.iter().filter(|pod| !pods::has_ended(pod)).collect();
    let (granted, look_again) = granted(old, &live, snapshot.now);
    let healthy = live
        .iter()
        .filter(|pod| pods::is_ready(pod) && !is_deleting(pod) && granted.get(pod.name()).is_none())
        .count() as i64;
    let mut status = old.clone();
    let (expected, desired) = match wanted(spec, live.len() as i64, &snapshot.scale) {
        Ok(numbers) => numbers,
        Err(message) => {
            status.set(&["disruptionsAllowed"], 0);
            set_condition(&mut status, "False", "SyncFailed", &message, snapshot);
            return (status, look_again);
        }
    };
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let mut status = value!({
        "observedGeneration": metadata(snapshot.budget).generation(), "disruptionsAllowed": allowed,
        "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
        "conditions": status["conditions"].clone()
    });
    if !granted.is_empty() {
        status.set(&["disruptedPods"], granted);
    }
    let (state, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    set_condition(&mut status, state, reason, "", snapshot);
    (status, look_again)
}

/// Evictions that were granted and whose pods do not end yet.
fn granted(old: &Value, live: &[&Arc<Object>], now: Timestamp) -> (api::Map, Option<Duration>) {
    let mut kept = Vec::new();
    let mut look_again: Option<Duration> = None;
    for (name, since) in old["disruptedPods"].entries().strings() {
        let waiting = live.iter().any(|pod| pod.name() == name && !is_deleting(pod));
        let Some(left) = meta::time::parse(since).map(|since| GRANTED_FOR - now.duration_since(since)) else {
            continue;
        };
        if waiting && left > SignedDuration::ZERO {
            kept.push((name, since));
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            look_again = Some(look_again.map_or(left, |known| known.min(left)));
        }
    }
    (kept.into_iter().collect(), look_again)
}

/// How many pods there should be, and how many of them must be healthy.
fn wanted(spec: &Value, pods: i64, scale: &Result<i64, String>) -> Result<(i64, i64), String> {
    let percent = |text: &str, total: i64| {
        let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
        (percent * total + 99) / 100
    };
    match (&spec["maxUnavailable"], &spec["minAvailable"]) {
        (Value::Int(most), _) => scale.clone().map(|scale| (scale, (scale - most).max(0))),
        (Value::String(most), _) => scale.clone().map(|scale| (scale, (scale - percent(most, scale)).max(0))),
        (_, Value::Int(least)) => Ok((pods, *least)),
        (_, Value::String(least)) => scale.clone().map(|scale| (scale, percent(least, scale))),
        _ => Ok((pods, 0)),
    }
}

fn set_condition(status: &mut Value, state: &str, reason: &str, message: &str, snapshot: &Snapshot<'_>) {
    const KIND: &str = "DisruptionAllowed";
    let old = condition(status, KIND);
    let since =
        old.filter(|old| old["status"].as_str() == Some(state)).map(|old| old["lastTransitionTime"].clone());
    let new = value!({
        "type": KIND, "status": state, "reason": reason, "message": message,
        "observedGeneration": metadata(snapshot.budget).generation(),
        "lastTransitionTime": since.unwrap_or_else(|| meta::time::seconds(snapshot.now).into())
    });
    let list = status.at_mut(&["conditions"]).ensure_list();
    list.retain(|condition| condition["type"].as_str() != Some(KIND));
    list.push(new);
}

struct Controller {
    budgets: Informer,
    pods: Informer,
    /// What may manage pods, by kind.
    managers: BTreeMap<&'static str, Informer>,
    client: Client,
    clock: Clock,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (budgets, pods) = (context.informer("policy", "poddisruptionbudgets"), context.informer("", "pods"));
    let queue = context.queue();
    wake_for_own(&budgets, &queue);
    let (wake, all) = (queue.clone(), budgets.clone());
    pods.subscribe(move |change: &Change<'_>| {
        if let (Some(old), Some(new)) = (change.old, change.new)
            && old.index().labels == new.index().labels
            && pods::is_ready(old) == pods::is_ready(new)
            && pods::is_active(old) == pods::is_active(new)
        {
            return;
        }
        for budget in all.list_in(change.object().namespace()) {
            let Some(selector) = selector::labels(&budget.value()["spec"]["selector"]) else { continue };
            if [change.old, change.new].into_iter().flatten().any(|pod| pod.index().matches_labels(&selector))
            {
                wake.add(Key::of(&budget), "pod changed");
            }
        }
    });
    let managers = [
        ("ReplicaSet", context.informer("apps", "replicasets")),
        ("Deployment", context.informer("apps", "deployments")),
        ("StatefulSet", context.informer("apps", "statefulsets")),
        ("ReplicationController", context.informer("", "replicationcontrollers")),
    ];
    for (_, informer) in &managers {
        let (wake, all) = (queue.clone(), budgets.clone());
        informer.subscribe(move |change: &Change<'_>| {
            let size = |object: &Arc<Object>| object.value()["spec"]["replicas"].as_i64();
            if change.old.map(size) != change.new.map(size) {
                all.list_in(change.object().namespace()).iter().for_each(|b| wake.add(Key::of(b), "scaled"));
            }
        });
    }
    let controller = Controller {
        budgets,
        pods,
        managers: managers.into_iter().collect(),
        client: context.client(NAME),
        clock: context.deps.clock.clone(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(budget) = self.budgets.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        let mut pods = self.pods.list_in(&key.namespace);
        let selector = selector::labels(&budget.value()["spec"]["selector"]);
        pods.retain(|pod| selector.as_ref().is_some_and(|selector| pod.index().matches_labels(selector)));
        let scale = self.scale(&pods);
        let (status, look_again) =
            plan(&Snapshot { budget: &budget, pods: &pods, scale, now: self.clock.now() });
        if !same_status(&budget.value()["status"], &status) {
            let mut body = budget.value().clone();
            body.set(&["status"], status);
            match self.client.update(target(&budget).sub("status"), body).await {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(look_again.map_or(Outcome::Done, Outcome::RequeueAfter))
    }
}

impl Controller {
    /// How many pods the managers of these pods want, each manager once.
    fn scale(&self, pods: &[Arc<Object>]) -> Result<i64, String> {
        let mut sizes: BTreeMap<String, i64> = BTreeMap::new();
        for pod in pods.iter().filter(|pod| pods::is_active(pod)) {
            let manager = self
                .manager(pod)
                .ok_or_else(|| format!("found no controllers with a scale for pod {:?}", pod.name()))?;
            sizes.insert(manager.uid().to_owned(), manager.value()["spec"]["replicas"].as_i64().unwrap_or(1));
        }
        Ok(sizes.values().sum())
    }

    /// What manages an object, and what manages that, up to what nobody manages.
    fn manager(&self, object: &Object) -> Option<Arc<Object>> {
        let owner = controller_of(object)?;
        let manager = self.managers.get(owner.kind())?.get(object.namespace(), owner.name())?;
        if manager.uid() != owner.uid() {
            return None;
        }
        Some(self.manager(&manager).unwrap_or(manager))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::at;
    use crate::fixture::object;
    use crate::fixture::pod;
    use crate::fixture::text;

    fn decide(spec: Value, status: Value, ready: &[bool], scale: Result<i64, String>) -> Value {
        let budget = object(
            "policy",
            "poddisruptionbudgets",
            value!({"metadata": {"namespace": "ns", "name": "b", "generation": 4}, "spec": spec, "status": status}),
        );
        let pods: Vec<Arc<Object>> = (ready.iter().enumerate())
            .map(|(i, ready)| object("", "pods", pod(&format!("p{i}"), "rs", "n", "Running", *ready)))
            .collect();
        plan(&Snapshot { budget: &budget, pods: &pods, scale, now: at(1000) }).0
    }

    fn numbers(status: &Value) -> [i64; 4] {
        ["expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed"]
            .map(|field| status[field].as_i64().unwrap_or(-1))
    }

    #[test]
    fn what_is_left_may_be_disrupted() {
        let ready = [true, true, true, false];
        assert_eq!(numbers(&decide(value!({"minAvailable": 2}), Value::Null, &ready, Ok(4))), [4, 2, 3, 1]);
        assert_eq!(
            numbers(&decide(value!({"minAvailable": "50%"}), Value::Null, &ready, Ok(5))),
            [5, 3, 3, 0]
        );
        assert_eq!(numbers(&decide(value!({"maxUnavailable": 2}), Value::Null, &ready, Ok(4))), [4, 2, 3, 1]);
        assert_eq!(
            numbers(&decide(value!({"maxUnavailable": "25%"}), Value::Null, &ready, Ok(4))),
            [4, 3, 3, 0]
        );
        let unknown = decide(value!({"maxUnavailable": 1}), Value::Null, &ready, Err("nobody".into()));
        assert_eq!(
            condition(&unknown, "DisruptionAllowed").expect("told")["reason"].as_str(),
            Some("SyncFailed")
        );
        assert_eq!(unknown["disruptionsAllowed"].as_i64(), Some(0));
    }

    #[test]
    fn a_granted_eviction_counts_until_it_happens() {
        let granted = |since: i64| value!({"disruptedPods": {"p0": text(since)}});
        let fresh = decide(value!({"minAvailable": 1}), granted(990), &[true, true], Ok(2));
        assert_eq!(numbers(&fresh), [2, 1, 1, 0]);
        assert_eq!(fresh["disruptedPods"].entries().len(), 1);
        let stale = decide(value!({"minAvailable": 1}), granted(100), &[true, true], Ok(2));
        assert_eq!(numbers(&stale), [2, 1, 2, 1]);
        assert!(stale["disruptedPods"].is_null());
    }
}
