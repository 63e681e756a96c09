//! The contract of a resource's strategy.

use std::collections::BTreeMap;

use api::Resource;
use api::Value;
use meta::Causes;
use meta::names;
use stdx::Clock;
use stdx::Rng;

use crate::Table;
use crate::facts;
use crate::table;
use crate::template;

/// What a strategy may use besides the objects.
pub struct Context<'a> {
    /// The time.
    pub clock: &'a Clock,
    /// Chance.
    pub rng: &'a Rng,
    /// Who asks.
    pub user: Requester<'a>,
    /// The row of the resource.
    pub resource: &'static Resource,
    /// The row that was asked for: another version of the same, where a kind has several.
    pub asked: &'static Resource,
}

/// Who asks, as `authentication.k8s.io/v1` UserInfo has it.
#[derive(Clone, Copy)]
pub struct Requester<'a> {
    /// The user name.
    pub name: &'a str,
    /// The uid, where there is one.
    pub uid: &'a str,
    /// Every group.
    pub groups: &'a [String],
    /// What else is known.
    pub extra: &'a BTreeMap<String, Vec<String>>,
}

/// Which part of an object a write is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subresource {
    /// The object itself: everything but its status.
    None,
    /// Its status only.
    Status,
    /// Another one that writes the stored object, by name (`ephemeralcontainers`, `resize`, …).
    Other(&'static str),
}

/// How `metadata.generation` is counted. A delete that leaves the object counts wherever there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Objects carry none.
    None,
    /// One at first, and one more with each change of anything but metadata and status.
    Counted,
    /// So too, and with each change of the labels.
    CountedWithLabels,
    /// So, but none at first.
    CountedFromZero,
    /// One, whatever changes.
    One,
}

/// What is special about a resource. Every method has the generic behaviour as its default.
pub trait Strategy: Send + Sync {
    /// The columns that `kubectl get` shows.
    fn table(&self) -> &'static Table {
        &table::GENERIC
    }

    /// Sets what the client may leave out. Runs after every decode, so it must be idempotent.
    fn set_defaults(&self, _object: &mut Value) {}

    /// Takes out of a new object what clients may not set, and sets what belongs to the server.
    fn prepare_create(&self, cx: &Context<'_>, object: &mut Value) {
        if has_status(cx.resource) {
            reset_status(object);
        }
        template::drop_disabled(self.template(), object, &api::NULL);
    }

    /// The same for a changed object.
    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, object: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, object, old);
        template::drop_disabled(self.template(), object, old);
    }

    /// Takes out of a changed object what goes with the change, though its writer wrote and owns it.
    fn settle_update(&self, _part: Subresource, _object: &mut Value, _old: &Value) {}

    /// How `metadata.generation` is counted.
    fn generation(&self, resource: &Resource) -> Generation {
        if has_status(resource) { Generation::Counted } else { Generation::None }
    }

    /// What a new object does not take from its writer, who owns none of it, besides its status.
    fn reset_fields(&self) -> &'static [&'static str] {
        &["status"]
    }

    /// Adds every rule of the resource's own that an object breaks.
    fn check(&self, _cx: &Context<'_>, _object: &Value, _causes: &mut Causes) {}

    /// Adds every rule of the resource's own that only a new object can break.
    fn check_create(&self, _cx: &Context<'_>, _object: &Value, _causes: &mut Causes) {}

    /// Adds every rule of the resource's own that the change from `old` breaks.
    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        _object: &Value,
        _old: &Value,
        _causes: &mut Causes,
    ) {
    }

    /// Every rule that a new object breaks: the resource's own, then those of the table of types.
    fn validate(&self, cx: &Context<'_>, object: &Value) -> Causes {
        let mut causes = Causes::default();
        self.check(cx, object, &mut causes);
        self.check_create(cx, object, &mut causes);
        facts::check(cx.resource, object, &mut causes);
        causes
    }

    /// Every rule that a change breaks. Where it is about the object itself, the object must be valid
    /// besides.
    fn validate_update(&self, cx: &Context<'_>, part: Subresource, object: &Value, old: &Value) -> Causes {
        let mut causes = Causes::default();
        if part == Subresource::None {
            self.check(cx, object, &mut causes);
        }
        self.check_change(cx, part, object, old, &mut causes);
        if part == Subresource::None {
            facts::check(cx.resource, object, &mut causes);
        }
        causes
    }

    /// Every rule that a name breaks.
    fn validate_name(&self, name: &str) -> Vec<String> {
        names::dns1123_subdomain(name)
    }

    /// Whether `PUT` to a name that does not exist creates it.
    fn allows_create_on_update(&self) -> bool {
        false
    }

    /// Whether an update may leave out which version it is of.
    fn allows_unconditional_update(&self) -> bool {
        true
    }

    /// The grace period of a delete in seconds, where the resource ends gracefully at all; `asked`
    /// is what the client wants. `None`: removed at once.
    fn graceful_delete(&self, _object: &Value, _asked: Option<u64>) -> Option<u64> {
        None
    }

    /// Whether something besides `metadata.finalizers` still keeps a deleted object.
    fn is_held(&self, _object: &Value) -> bool {
        false
    }

    /// Whether a delete has a way of its own, with words of its own for preconditions that fail.
    fn is_deleted_by_itself(&self) -> bool {
        false
    }

    /// What else changes when an object is marked as deleted.
    fn mark_deleted(&self, _object: &mut Value) {}

    /// Whether the answer to a delete is the object instead of a status: so it is for old kinds.
    fn returns_deleted(&self) -> bool {
        false
    }

    /// Whether objects can own others, so that a delete says what becomes of those.
    fn can_own(&self) -> bool {
        true
    }

    /// Whether dependents are orphaned where a delete says nothing about them.
    fn orphans_dependents(&self) -> bool {
        false
    }

    /// Warnings for the client about a delete that says nothing about dependents.
    fn delete_warnings(&self) -> &'static [&'static str] {
        &[]
    }

    /// What every request is told about a resource that will not be there for ever.
    fn deprecation(&self) -> Option<&'static str> {
        None
    }

    /// Where the pod template of an object stands; nowhere, if its kind has none.
    fn template(&self) -> &'static [&'static str] {
        &[]
    }

    /// Annotations that are fields in truth: where metadata stands alone, they are not there.
    fn derived_annotations(&self) -> &'static [&'static str] {
        &[]
    }

    /// Warnings for the client about a valid new object.
    fn warnings(&self, object: &Value) -> Vec<String> {
        template::warnings(self.template(), object)
    }

    /// Warnings for the client about a valid change: by itself about the template, if anything changed.
    fn change_warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let generation = |object: &Value| object["metadata"]["generation"].clone();
        if generation(object) == generation(old) {
            return Vec::new();
        }
        template::warnings(self.template(), object)
    }

    /// Whether its writes may be acknowledged before they are on disk: liveness data only.
    fn relaxed_durability(&self) -> bool {
        false
    }
}

/// Whether a resource has a `status` subresource.
pub(crate) fn has_status(resource: &Resource) -> bool {
    resource.subresource("status").is_some()
}

/// An empty status, as Go writes it for a new object.
pub(crate) fn reset_status(object: &mut Value) {
    if let Some(status) = object.get_mut("status") {
        *status = Value::object();
    }
}

/// Takes from the old object what the part being written does not cover.
pub(crate) fn keep_other_part(resource: &Resource, part: Subresource, object: &mut Value, old: &Value) {
    match part {
        Subresource::None if has_status(resource) => copy_field(object, old, "status"),
        Subresource::None => {}
        Subresource::Status => {
            let [metadata, status] = ["metadata", "status"].map(|field| object.get(field).cloned());
            *object = old.clone();
            object.set(&["metadata"], metadata.unwrap_or_default());
            if let Some(status) = status {
                object.set(&["status"], status);
            }
            for field in kept_by_status(resource) {
                copy_metadata(object, old, field);
            }
        }
        Subresource::Other(_) => {}
    }
}

/// What of the metadata a write of the status cannot change. Most kinds leave all of it open.
fn kept_by_status(resource: &Resource) -> &'static [&'static str] {
    const ALL: &[&str] = &["labels", "annotations", "finalizers", "ownerReferences"];
    match (resource.group, resource.name) {
        ("apps", "deployments") => &["labels"],
        ("", "pods") => &["ownerReferences"],
        ("admissionregistration.k8s.io" | "flowcontrol.apiserver.k8s.io" | "resource.k8s.io", _)
        | ("apiextensions.k8s.io" | "apiregistration.k8s.io", _)
        | ("networking.k8s.io", "servicecidrs")
        | ("storage.k8s.io", "volumeattachments") => ALL,
        _ => &[],
    }
}

/// Makes a field of the metadata what it is in `old`.
pub(crate) fn copy_metadata(object: &mut Value, old: &Value, field: &str) {
    match old["metadata"].get(field) {
        Some(value) => object.set(&["metadata", field], value.clone()),
        None => {
            object.remove(&["metadata", field]);
        }
    }
}

/// Makes `field` of `object` what it is in `old`.
pub(crate) fn copy_field(object: &mut Value, old: &Value, field: &str) {
    match old.get(field) {
        Some(value) => object.set(&[field], value.clone()),
        None => {
            object.remove(&[field]);
        }
    }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn status_write(group: &str, resource: &str) -> Value {
        let resource = Resource::find(group, "v1", resource).expect("a row of the table");
        let old = value!({
            "metadata": {"name": "a", "labels": {"old": "1"}, "annotations": {"old": "1"}},
            "spec": {"x": 1}, "status": {"s": 1}
        });
        let mut object = value!({
            "metadata": {"name": "a", "labels": {"new": "1"}, "annotations": {"new": "1"}},
            "spec": {"x": 2}, "status": {"s": 2}
        });
        keep_other_part(resource, Subresource::Status, &mut object, &old);
        assert_eq!(object["spec"], old["spec"]);
        assert_eq!(object["status"], value!({"s": 2}));
        object
    }

    #[test]
    fn a_write_of_the_status_may_change_metadata_where_upstream_lets_it() {
        let job = status_write("batch", "jobs");
        assert_eq!(
            (&job["metadata"]["labels"]["new"], &job["metadata"]["annotations"]["new"]),
            (&"1".into(), &"1".into())
        );
        let deployment = status_write("apps", "deployments");
        assert_eq!(deployment["metadata"]["labels"], value!({"old": "1"}));
        assert_eq!(deployment["metadata"]["annotations"], value!({"new": "1"}));
        let attachment = status_write("storage.k8s.io", "volumeattachments");
        assert_eq!(attachment["metadata"]["labels"], value!({"old": "1"}));
        assert_eq!(attachment["metadata"]["annotations"], value!({"old": "1"}));
    }
}
