//! ResourceQuotas: what is used, counted again when something ends.
//!
//! The API server charges a quota in the commit of what is charged for; this controller gives back.
//! It wakes by its informers, but it counts in one consistent list after it has read the quota: an
//! informer that lags behind would give back what was charged a moment ago. Whoever is charged while
//! we count changes the quota, so that our write, which is for the quota as it was read, fails.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use client::Change;
use client::Client;
use client::Informer;
use client::ListOptions;
use client::Target;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use jiff::Timestamp;
use quota::Resources;
use stdx::Clock;

use crate::context::Context;
use crate::context::Part;
use crate::context::stored;
use crate::objects::is_deleting;

const NAME: &str = "resourcequota-controller";
const WORKERS: usize = 2;
/// Pods that should be gone cease to count without any event, so everything is counted now and then.
const RESYNC: Duration = Duration::from_secs(300);

/// What a quota is counted from.
pub(crate) struct Snapshot<'a> {
    pub(crate) quota: &'a Object,
    /// Of each resource that the quota limits, every object in its namespace.
    pub(crate) objects: &'a [(&'static Resource, Vec<Arc<Object>>)],
    pub(crate) now: Timestamp,
}

/// The status that a quota should have; `None` where it has it.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Option<Value> {
    let value = snapshot.quota.value();
    let hard = Resources::of(&value["spec"]["hard"]);
    let mut used = Resources::default();
    for (resource, objects) in snapshot.objects {
        let values = objects.iter().map(|object| object.value());
        for (name, amount) in quota::total(value, &hard, resource, values, snapshot.now).iter() {
            used.set(name, amount);
        }
    }
    let old = &value["status"];
    // What nobody here can count keeps what somebody else counted.
    for (name, amount) in Resources::of(&old["used"]).iter() {
        if hard.contains(name) && !used.contains(name) {
            used.set(name, amount);
        }
    }
    let done = Resources::of(&old["hard"]) == hard
        && Resources::of(&old["used"]) == used
        && !old["hard"].is_null()
        && !old["used"].is_null();
    if done {
        return None;
    }
    let mut status = Value::object();
    status.set(&["hard"], hard.to_value());
    status.set(&["used"], used.to_value());
    Some(status)
}

/// Whether a change of an object can lower what it uses, or move it between scopes.
fn concerns(resource: &Resource, change: &Change<'_>, now: Timestamp) -> bool {
    let (Some(old), Some(new)) = (change.old, change.new) else { return change.new.is_none() };
    let (old, new) = (old.value(), new.value());
    quota::usage(resource, old, now) != quota::usage(resource, new, now)
        || (resource.name == "pods" && quota::pod::is_terminating(old) != quota::pod::is_terminating(new))
}

/// Whether a quota must be counted because it changed. Charges change it, too, and are no reason.
fn is_for_us(change: &Change<'_>) -> bool {
    let Some(new) = change.new else { return false };
    let status = &new.value()["status"];
    let behind = Resources::of(&status["hard"]) != Resources::of(&new.value()["spec"]["hard"])
        || Resources::of(&status["hard"]).names().ne(Resources::of(&status["used"]).names());
    change.old.is_none() || behind
}

struct Controller {
    quotas: Informer,
    client: Client,
    clock: Clock,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let quotas = context.informer("", "resourcequotas");
    let queue = context.queue();
    let wake = queue.clone();
    quotas.subscribe(move |change: &Change<'_>| {
        if is_for_us(change) {
            wake.add(Key::of(change.object()), "limits changed");
        }
    });
    for resource in countable() {
        let (wake, all, clock) = (queue.clone(), quotas.clone(), context.deps.clock.clone());
        context.deps.informers.get(resource).subscribe(move |change: &Change<'_>| {
            let concerned = all.list_in(change.object().namespace());
            if concerned.is_empty() || !concerns(resource, change, clock.now()) {
                return;
            }
            for quota in concerned {
                if limits(&quota, resource) {
                    wake.add(Key::of(&quota), "something ended");
                }
            }
        });
    }
    let controller = Controller { quotas, client: context.client(NAME), clock: context.deps.clock.clone() };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(quota) = self.quotas.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        if is_deleting(&quota) {
            return Ok(Outcome::Done);
        }
        let mut objects = Vec::new();
        for resource in countable().filter(|resource| limits(&quota, resource)) {
            let target = Target::within(resource, &key.namespace);
            let list = self.client.list(target, ListOptions::default()).await?;
            objects.push((resource, list.items));
        }
        let now = self.clock.now();
        if let Some(status) = plan(&Snapshot { quota: &quota, objects: &objects, now }) {
            let mut body = quota.value().clone();
            body.set(&["status"], status);
            let target = Target::object(quota.resource(), &key.namespace, &key.name).sub("status");
            match self.client.update(target, body).await {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(Outcome::RequeueAfter(RESYNC))
    }
}

fn countable() -> impl Iterator<Item = &'static Resource> {
    stored().filter(|resource| quota::is_quotable(resource))
}

fn limits(quota: &Object, resource: &Resource) -> bool {
    let names = quota.value()["spec"]["hard"].entries().iter().map(|entry| entry.key.as_str());
    !quota::matching(resource, names).is_empty()
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;
    use crate::context::row;
    use crate::fixture::at;
    use crate::fixture::object;
    use crate::fixture::pod;

    fn a_quota(hard: Value, status: Value) -> Arc<Object> {
        let value =
            value!({"metadata": {"namespace": "ns", "name": "q"}, "spec": {"hard": hard}, "status": status});
        object("", "resourcequotas", value)
    }

    fn count(quota: &Object, pods: Vec<Arc<Object>>) -> Option<Value> {
        let secrets = vec![object("", "secrets", value!({"metadata": {"namespace": "ns", "name": "s"}}))];
        let objects = [(row("", "pods"), pods), (row("", "secrets"), secrets)];
        plan(&Snapshot { quota, objects: &objects, now: at(0) })
    }

    #[test]
    fn a_new_quota_counts_everything_that_there_is() {
        let quota = a_quota(value!({"pods": "5", "secrets": 2, "count/pods": "9", "cpu": "1"}), Value::Null);
        let pods = vec![
            object("", "pods", pod("a", "rs", "n", "Running", true)),
            object("", "pods", pod("b", "rs", "n", "Succeeded", false)),
        ];
        let status = count(&quota, pods).expect("nothing was counted yet");
        assert_eq!(status["hard"], value!({"pods": "5", "secrets": "2", "count/pods": "9", "cpu": "1"}));
        assert_eq!(status["used"], value!({"pods": "1", "secrets": "1", "count/pods": "2", "cpu": "0"}));
    }

    #[test]
    fn what_ended_is_given_back_and_what_is_right_stays() {
        let hard = value!({"pods": "5", "example.com/things": "3"});
        let used = value!({"pods": "2", "example.com/things": "1", "gone": "4"});
        let quota = a_quota(hard.clone(), value!({"hard": hard.clone(), "used": used}));
        let status = count(&quota, Vec::new()).expect("two pods too many");
        assert_eq!(status["used"], value!({"pods": "0", "example.com/things": "1"}));
        let right = a_quota(hard, status);
        assert_eq!(count(&right, Vec::new()), None);
        let empty = a_quota(value!({}), Value::Null);
        assert!(count(&empty, Vec::new()).is_some(), "an empty quota still gets its status");
    }

    #[test]
    fn only_what_can_lower_a_sum_wakes() {
        let pods = row("", "pods");
        let running = object("", "pods", pod("a", "rs", "n", "Running", true));
        let ready = object("", "pods", pod("a", "rs", "n", "Running", false));
        let ended = object("", "pods", pod("a", "rs", "n", "Failed", false));
        let wakes = |old, new| concerns(pods, &Change { old, new }, at(0));
        assert!(!wakes(None, Some(&running)), "a new pod was charged when it was made");
        assert!(!wakes(Some(&running), Some(&ready)));
        assert!(wakes(Some(&running), Some(&ended)));
        assert!(wakes(Some(&running), None));
        let hard = value!({"pods": "5"});
        let charged = |n: &str| a_quota(hard.clone(), value!({"hard": hard.clone(), "used": {"pods": n}}));
        let (before, after) = (charged("1"), charged("2"));
        assert!(!is_for_us(&Change { old: Some(&before), new: Some(&after) }));
        let mut limits = after.value().clone();
        limits.set(&["spec", "hard", "pods"], "6");
        let limits = object("", "resourcequotas", limits);
        assert!(is_for_us(&Change { old: Some(&after), new: Some(&limits) }));
    }
}
