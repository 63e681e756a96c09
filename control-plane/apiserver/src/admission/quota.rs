//! ResourceQuota: what is written is paid for in the same commit.
//!
//! The charge is a write of the quota's status, with the quota's version as its precondition, beside
//! the write of the object. So a quota is never exceeded, and what was refused was never paid for.
//! What ends is given back by the quota controller, which counts again.
//!
//! Source: Kubernetes documentation, "Resource Quotas".

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use jiff::Timestamp;
use meta::Status;
use quota::Resources;
use quota::pod;
use store::Durability;
use store::Expect;
use store::Revision;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::path::Call;
use crate::storage::ObjectWrite;

/// A write as quotas see it.
struct Request<'a> {
    resource: &'static Resource,
    subresource: &'a str,
    object: &'a Value,
    old: Option<&'a Value>,
    now: Timestamp,
}

/// One writer at a time pays in a namespace. The preconditions alone would do; but of many writers
/// at once all but one would come to nothing, again and again. Namespaces share a few turns.
pub(crate) struct Turns([Semaphore; 64]);

impl Turns {
    /// Nobody's turn.
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Semaphore::new(1)))
    }

    /// Waits for the turn of a namespace, in the order of asking; it lasts until the permit is
    /// dropped.
    pub(crate) async fn take(&self, namespace: &str) -> SemaphorePermit<'_> {
        let sum = namespace.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let turn = &self.0[sum % self.0.len()];
        turn.acquire().await.expect("turns are never closed")
    }
}

/// The writes of quotas that must happen with the write of an object; 403 where a quota refuses it.
pub(super) fn charge(
    call: &Call<'_>,
    object: &Value,
    old: Option<&Value>,
) -> Result<Vec<ObjectWrite>, Status> {
    let resource = call.target.resource;
    if !quota::is_quotable(resource) {
        return Ok(Vec::new());
    }
    let quotas = super::of_namespace(call, "resourcequotas");
    let request = Request {
        resource,
        subresource: &call.target.subresource,
        object,
        old,
        now: call.server.clock.now(),
    };
    if quotas.is_empty() || !request.is_counted() {
        return Ok(Vec::new());
    }
    let charges = plan(&quotas, &request).map_err(|why| super::forbidden(call, &why))?;
    Ok(charges.into_iter().map(|(quota, used)| write(quota, &used)).collect())
}

fn write(quota: &Object, used: &Resources) -> ObjectWrite {
    let mut value = quota.value().clone();
    value.set(&["status", "used"], used.to_value());
    ObjectWrite {
        resource: quota.resource(),
        namespace: quota.namespace().to_owned(),
        name: quota.name().to_owned(),
        expect: Expect::At(Revision(quota.resource_version().0)),
        value: Some(value),
        durability: Durability::Synced,
    }
}

impl Request<'_> {
    /// Whether a write of this kind can use more than before.
    fn is_counted(&self) -> bool {
        match (self.resource.group, self.resource.name, self.subresource) {
            ("", "pods", "resize") => true,
            ("", "pods", "") => {
                self.old.is_none_or(|old| pod::is_terminating(old) != pod::is_terminating(self.object))
            }
            ("", "services" | "persistentvolumeclaims", "") => true,
            ("", "persistentvolumeclaims", "status") => self.old.is_some(),
            (_, _, "") => self.old.is_none(),
            _ => false,
        }
    }

    /// What this write adds to what `quota` counts. What the quota did not count before is new to it.
    fn added(&self, quota: &Value) -> Resources {
        let wanted = quota::usage(self.resource, self.object, self.now);
        match self.old {
            Some(old) if quota::matches(quota, self.resource, old) => {
                wanted.above(&quota::usage(self.resource, old, self.now)).non_zero()
            }
            _ => wanted.non_zero(),
        }
    }
}

/// What each quota counts after the write, for those that count more; or why one refuses it.
fn plan<'q>(
    quotas: &'q [Arc<Object>],
    request: &Request<'_>,
) -> Result<Vec<(&'q Arc<Object>, Resources)>, String> {
    let mut concerned = Vec::new();
    for quota in quotas {
        let value = quota.value();
        if !quota::matches(value, request.resource, request.object) {
            continue;
        }
        let hard = Resources::of(&value["status"]["hard"]);
        let used = Resources::of(&value["status"]["used"]);
        let limited = quota::matching(request.resource, hard.names());
        if request.resource.name == "pods" {
            demand(quota, &limited, request.object)?;
        }
        if limited.iter().any(|name| !used.contains(name)) {
            return Err(format!(
                "status unknown for quota: {}, resources: {}",
                quota.name(),
                limited.join(",")
            ));
        }
        concerned.push((quota, hard, used));
    }
    let wanted = quota::usage(request.resource, request.object, request.now);
    let negative: Vec<&str> =
        wanted.iter().filter(|(_, amount)| amount.is_negative()).map(|(name, _)| name).collect();
    if !concerned.is_empty() && !negative.is_empty() {
        return Err(format!("quota usage is negative for resource(s): {}", negative.join(",")));
    }
    let mut charges = Vec::new();
    for (quota, hard, mut used) in concerned {
        let requested = request.added(quota.value()).only(|name| hard.contains(name));
        if requested.is_empty() {
            continue;
        }
        let before = used.clone();
        used.add(&requested);
        let exceeds = |name: &str| {
            requested.contains(name) && used.get(name).zip(hard.get(name)).is_some_and(|(u, h)| u > h)
        };
        let exceeded = requested.only(exceeds);
        // A status tells what is so already, and what is so cannot be refused.
        if !exceeded.is_empty() && request.subresource != "status" {
            return Err(format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                quota.name(),
                exceeded.describe(),
                before.only(exceeds).describe(),
                hard.only(exceeds).describe()
            ));
        }
        charges.push((quota, used));
    }
    Ok(charges)
}

/// A quota on CPU or memory demands that every container says how much it wants.
fn demand(quota: &Object, limited: &[&str], pod: &Value) -> Result<(), String> {
    let missing = quota::missing(pod, limited);
    if missing.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> =
        missing.iter().map(|(name, containers)| format!("{name} for: {}", containers.join(","))).collect();
    Err(format!("failed quota: {}: must specify {}", quota.name(), shown.join("; ")))
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn row(name: &str) -> &'static Resource {
        Resource::preferred("", name).expect("a row of the table")
    }

    fn a_quota(name: &str, scopes: Value, hard: Value, used: Value) -> Arc<Object> {
        let value = value!({
            "metadata": {"namespace": "ns", "name": name}, "spec": {"hard": hard.clone(), "scopes": scopes},
            "status": {"hard": hard, "used": used}
        });
        Arc::new(Object::new(row("resourcequotas"), value))
    }

    fn asks(cpu: &str) -> Value {
        value!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}})
    }

    fn decide(quotas: &[Arc<Object>], resource: &str, object: &Value, old: Option<&Value>) -> String {
        let request =
            Request { resource: row(resource), subresource: "", object, old, now: Timestamp::UNIX_EPOCH };
        assert!(request.is_counted());
        match plan(quotas, &request) {
            Err(why) => why,
            Ok(charges) => {
                let shown =
                    charges.iter().map(|(quota, used)| format!("{}: {}", quota.name(), used.describe()));
                shown.collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn what_fits_is_charged_to_every_quota_that_counts_it() {
        let quotas = [
            a_quota(
                "a",
                Value::Null,
                value!({"pods": "2", "cpu": "1"}),
                value!({"pods": "1", "cpu": "250m"}),
            ),
            a_quota("b", value!(["BestEffort"]), value!({"pods": "2"}), value!({"pods": "0"})),
            a_quota(
                "c",
                value!(["NotBestEffort"]),
                value!({"pods": "2", "secrets": "1"}),
                value!({"pods": "0", "secrets": "1"}),
            ),
        ];
        assert_eq!(decide(&quotas, "pods", &asks("750m"), None), "a: cpu=1,pods=2; c: pods=1,secrets=1");
        let none = a_quota("d", Value::Null, value!({"secrets": "1"}), value!({"secrets": "1"}));
        assert_eq!(decide(&[none], "pods", &asks("1"), None), "");
    }

    #[test]
    fn what_exceeds_is_refused_in_upstreams_words() {
        let full = a_quota(
            "full",
            Value::Null,
            value!({"pods": "5", "requests.cpu": "1", "cpu": "2"}),
            value!({"pods": "1", "requests.cpu": "500m", "cpu": "500m"}),
        );
        assert_eq!(
            decide(std::slice::from_ref(&full), "pods", &asks("600m"), None),
            "exceeded quota: full, requested: requests.cpu=600m, used: requests.cpu=500m, limited: requests.cpu=1"
        );
        let silent = value!({"spec": {"containers": [{"name": "b"}, {"name": "a"}]}});
        assert_eq!(
            decide(&[full], "pods", &silent, None),
            "failed quota: full: must specify cpu for: a,b; requests.cpu for: a,b"
        );
        let fresh = a_quota("fresh", Value::Null, value!({"pods": "1", "count/pods": "1"}), Value::Null);
        assert_eq!(
            decide(&[fresh], "pods", &asks("1"), None),
            "status unknown for quota: fresh, resources: count/pods,pods"
        );
        let limit = a_quota("limit", Value::Null, value!({"cpu": "1"}), value!({"cpu": "0"}));
        assert_eq!(
            decide(&[limit], "pods", &asks("-1"), None),
            "quota usage is negative for resource(s): cpu,requests.cpu"
        );
    }

    #[test]
    fn an_update_pays_for_the_difference() {
        let quota = a_quota(
            "q",
            Value::Null,
            value!({"services": "1", "services.nodeports": "1"}),
            value!({"services": "1", "services.nodeports": "0"}),
        );
        let service = |kind: &str, ports: Value| value!({"spec": {"type": kind, "ports": ports}});
        let old = service("ClusterIP", value!([{"port": 1}]));
        let decide = |new: Value| decide(std::slice::from_ref(&quota), "services", &new, Some(&old));
        assert_eq!(decide(old.clone()), "");
        let one = service("NodePort", value!([{"port": 1}]));
        assert_eq!(decide(one), "q: services=1,services.nodeports=1");
        let two = service("NodePort", value!([{"port": 1}, {"port": 2}]));
        assert_eq!(
            decide(two),
            "exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1"
        );
    }

    #[test]
    fn a_quota_that_is_already_exceeded_refuses_only_what_asks_for_more() {
        let over =
            a_quota("q", Value::Null, value!({"pods": "1", "cpu": "9"}), value!({"pods": "3", "cpu": "0"}));
        let mut ending = asks("1");
        ending.set(&["spec", "activeDeadlineSeconds"], 5);
        assert_eq!(decide(std::slice::from_ref(&over), "pods", &ending, Some(&asks("1"))), "");
        let refused = decide(&[over], "pods", &asks("1"), None);
        assert_eq!(refused, "exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=1");
    }
}
