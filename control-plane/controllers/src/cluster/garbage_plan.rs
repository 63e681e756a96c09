//! What becomes of an object whose owners come and go. Pure.
//!
//! Source: upstream's generic garbage collector.

use std::sync::Arc;

use api::Object;
use api::Value;
use client::Propagation;

use crate::objects::is_deleting;
use crate::objects::metadata;

/// Dependents go before the owner.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// Dependents stay.
pub(crate) const ORPHAN: &str = "orphan";

/// What is known of one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It exists.
    Present,
    /// It exists, but waits for its dependents to go.
    WaitsForDependents,
    /// It is gone for certain: read live, by uid.
    Absent,
}

/// One operation.
#[derive(Debug)]
pub(crate) enum Op {
    /// Delete the object this way.
    Delete(Propagation),
    /// Delete the object before the owner that waits for it.
    DeleteForOwner,
    /// Take these owners (by uid) off the object.
    Disown(Vec<String>),
    /// Take our own uid off these dependents, all of them, and then [`ORPHAN`] off us.
    OrphanDependents(Vec<Arc<Object>>),
    /// Delete these dependents, and then come back.
    DeleteDependents(Vec<Arc<Object>>),
    /// Take this finalizer off the object.
    RemoveFinalizer(&'static str),
}

/// Decides about an object. `owners` tells of each of its owner references, in their order.
pub(crate) fn plan(object: &Object, owners: &[Owner], dependents: &[Arc<Object>]) -> Option<Op> {
    if is_deleting(object) {
        return plan_deleting(object, dependents);
    }
    let references = metadata(object).owner_references();
    if references.is_empty() {
        return None;
    }
    let uids = |wanted: &dyn Fn(Owner) -> bool| -> Vec<String> {
        let pairs = references.iter().zip(owners);
        pairs.filter(|(_, owner)| wanted(**owner)).map(|(reference, _)| reference.uid().to_owned()).collect()
    };
    if owners.contains(&Owner::Present) {
        let gone = uids(&|owner| owner != Owner::Present);
        return (!gone.is_empty()).then_some(Op::Disown(gone));
    }
    let waited_for = owners.contains(&Owner::WaitsForDependents);
    if waited_for {
        return Some(Op::DeleteForOwner);
    }
    let asked = finalizer(object, ORPHAN).then_some(Propagation::Orphan);
    let asked = asked.or_else(|| finalizer(object, FOREGROUND).then_some(Propagation::Foreground));
    Some(Op::Delete(asked.unwrap_or(Propagation::Background)))
}

fn plan_deleting(object: &Object, dependents: &[Arc<Object>]) -> Option<Op> {
    if finalizer(object, ORPHAN) {
        return Some(Op::OrphanDependents(dependents.to_vec()));
    }
    if !finalizer(object, FOREGROUND) {
        return None;
    }
    let blocking: Vec<Arc<Object>> =
        dependents.iter().filter(|dependent| blocks(dependent, object.uid())).cloned().collect();
    if blocking.is_empty() {
        return Some(Op::RemoveFinalizer(FOREGROUND));
    }
    let living: Vec<Arc<Object>> = blocking.into_iter().filter(|dependent| !is_deleting(dependent)).collect();
    (!living.is_empty()).then_some(Op::DeleteDependents(living))
}

/// How an object goes before an owner that waits for it: after its own dependents, if it has some.
pub(crate) fn propagation_for_owner(dependents: &[Arc<Object>]) -> Propagation {
    if dependents.is_empty() { Propagation::Background } else { Propagation::Foreground }
}

/// Whether what waits for an object may, by way of others, wait for itself: one of the object's own
/// dependents waits. It may be none; then an owner goes a little before its dependent.
pub(crate) fn may_be_a_circle(dependents: &[Arc<Object>]) -> bool {
    dependents.iter().any(|dependent| waits(dependent))
}

/// Whether an object is deleted and waits for its dependents.
pub(crate) fn waits(object: &Object) -> bool {
    is_deleting(object) && finalizer(object, FOREGROUND)
}

/// The owners of an object, none of which waits for it.
pub(crate) fn unblocked_owners(object: &Object) -> Vec<Value> {
    let mut owners = object.value()["metadata"]["ownerReferences"].items().to_vec();
    for owner in &mut owners {
        owner.set(&["blockOwnerDeletion"], false);
    }
    owners
}

/// Whether a finalizer is on an object.
pub(crate) fn finalizer(object: &Object, name: &str) -> bool {
    metadata(object).finalizers().contains(name)
}

/// Whether an owner may not go before this dependent.
fn blocks(dependent: &Object, owner: &str) -> bool {
    let references = metadata(dependent).owner_references();
    references.iter().any(|r| r.uid() == owner && r.block_owner_deletion() == Some(true))
}

/// The finalizers of an object without one of them.
pub(crate) fn without_finalizer(object: &Object, name: &str) -> Value {
    let mut body = object.value().clone();
    body.at_mut(&["metadata", "finalizers"])
        .ensure_list()
        .retain(|finalizer| finalizer.as_str() != Some(name));
    body
}
