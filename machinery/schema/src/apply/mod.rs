//! Server-side apply, and the ownership of fields that every write maintains.
//!
//! A manager owns the fields it set. An apply lays a configuration over the live object; a field that
//! another manager owns and that would get another value is a conflict, unless forced; a field that the
//! applier owned and no longer names goes, unless somebody else owns it. Every other write takes over
//! the fields it changes.
//! Source: KEP-555, "Server Side Apply"; the merge rules of structured-merge-diff.
//!
//! Invariants: the elements of a set are canonical, so that equal elements are equal texts; entries
//! of `managedFields` stay encoded unless a write touches their fields; a write that changes nothing
//! leaves them as they are.
//!
//! Reading order: `set`, `shape`, `walk`, `made`, `managers`, then [`track`] and [`apply`] here.

mod made;
mod managers;
mod part;
mod set;
mod shape;
mod walk;

use api::Value;
use api::decode;
use api::types::TypeId;
use thiserror::Error as ThisError;

pub use managers::Operation;
pub use managers::Writer;
pub use part::Part;
pub use set::Error as SetError;
pub use set::FieldSet;

use managers::Manager;
use shape::Shape;
use walk::Diff;

/// kubectl's default manager of server-side apply, which takes over from its client-side apply.
const KUBECTL: &str = "kubectl";
/// The manager of what was there before anybody was tracked.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// Where client-side apply keeps what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Fields that are nobody's: identity, and what only the server sets.
const UNOWNED: &[&str] = &[
    "f:name",
    "f:namespace",
    "f:creationTimestamp",
    "f:selfLink",
    "f:uid",
    "f:clusterName",
    "f:generation",
    "f:managedFields",
    "f:resourceVersion",
];

/// Why a configuration cannot be applied.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Other managers own fields that would get other values.
    #[error("{}", conflict_message(.0))]
    Conflicts(Vec<Conflict>),
    /// `managedFields` cannot be applied.
    #[error("metadata.managedFields must be nil")]
    ManagedFields,
    /// It does not fit its type: what is wrong, by path.
    #[error("{}", mistake_message(.0))]
    Mistakes(Vec<String>),
    /// A value of it has the wrong type.
    #[error("the applied configuration does not decode")]
    Decode(#[source] decode::Error),
}

/// A field that somebody else owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The owner, as messages name it.
    pub manager: String,
    /// The field, such as `.spec.replicas`.
    pub path: String,
}

/// The `managedFields` after a write that is no apply.
///
/// `live` is the object before it, or `None` where it is made; `new` is what it becomes, with the
/// `managedFields` the client sent. Whatever a client sends there, the answer makes sense.
pub fn track(ty: Option<TypeId>, live: Option<&Value>, new: &Value, writer: &Writer<'_>) -> Value {
    let sent = &new["metadata"]["managedFields"];
    let stored = live.map_or(&api::NULL, |live| &live["metadata"]["managedFields"]);
    if is_reset(sent) && live.is_some() {
        return Value::Null;
    }
    // Clients that know nothing of managed fields drop them; those that do may change them, though
    // not through a subresource.
    let foreign = !sent.items().is_empty() && sent != stored && writer.subresource.is_empty();
    let edited = if foreign { managers::decode_foreign(sent) } else { None };
    let is_edited = edited.is_some();
    if live.is_some() && !is_edited && stored.items().is_empty() {
        // Nobody is tracked before the first apply, unless from the start.
        return Value::Null;
    }
    let shape = Shape::of_kind(ty);
    if live.is_none() && !is_edited {
        let fields = match ty {
            Some(ty) => made::fields(shape, decode::unset(ty), new, writer),
            None => made::fields(shape, &empty_object(ty, new), new, writer),
        };
        return managers::encode(fields.map(|fields| Manager::making(writer, fields)).into_iter().collect());
    }
    let diff = difference(ty, shape, live, new, writer);
    if diff.is_empty() {
        return match edited {
            Some(managers) => managers::encode(managers),
            None => stored.clone(),
        };
    }
    let mut managers = edited.unwrap_or_else(|| managers::decode(stored));
    take_over(&mut managers, &diff, writer);
    managers::cap(&mut managers);
    managers::encode(managers)
}

/// Applies `config` to `live` (`None` where the object is made by it): the object with its
/// `managedFields`, without defaults yet.
pub fn apply(
    ty: Option<TypeId>,
    live: Option<&Value>,
    config: &Value,
    writer: &Writer<'_>,
    force: bool,
) -> Result<Value, Error> {
    if !config["metadata"]["managedFields"].is_null() {
        return Err(Error::ManagedFields);
    }
    let shape = Shape::of_kind(ty);
    let mistakes = walk::mistakes(shape, config);
    if !mistakes.is_empty() {
        return Err(Error::Mistakes(mistakes));
    }
    let empty = empty_object(ty, config);
    let base = live.unwrap_or(&empty);
    let mut managers = managers::decode(&base["metadata"]["managedFields"]);
    if let Some(live) = live
        && managers.is_empty()
    {
        let before = Writer { manager: BEFORE_FIRST_APPLY, ..writer.clone() };
        let diff = Diff {
            changed: filtered(walk::compare(shape, Some(&empty), Some(live)).changed, &before),
            ..Diff::default()
        };
        take_over(&mut managers, &diff, &before);
    }
    let place = managers.iter().position(|manager| manager.is(writer, Operation::Apply));
    let previous = place.map(|place| managers.swap_remove(place));
    let mut applied = walk::fields_of(shape, config);
    reset(&mut applied, writer);
    let mut object = base.clone();
    object.remove(&["metadata", "managedFields"]);
    walk::merge(shape, &mut object, config);
    if let Some(previous) = &previous {
        prune(shape, &mut object, previous, &managers, &applied);
    }
    let merged = object;
    let mut object = decoded(ty, merged.clone())?;
    let diff = applied_difference(shape, base, &merged, &object, writer);
    let conflicts = conflicts(&managers, &diff.changed);
    if !conflicts.is_empty() && !force {
        settle(shape, live, conflicts, writer)?;
    }
    for manager in &mut managers {
        manager.give_up(&diff.changed);
        manager.give_up(&diff.removed);
    }
    strip(&mut applied);
    let mut own = Manager::new(writer, Operation::Apply);
    own.fields = applied.encode();
    if let Some(previous) = previous
        && diff.is_empty()
        && previous.fields == own.fields
        && previous.api_version == own.api_version
    {
        own.time = previous.time;
    }
    managers.push(own);
    if writer.manager == KUBECTL {
        refresh_last_applied(&mut object, config);
    }
    match managers::encode(managers) {
        Value::Null => {}
        list => object.set(&["metadata", "managedFields"], list),
    }
    Ok(object)
}

/// Whether two objects are the same but for the times in `managedFields`.
pub fn same_managers_but_times(left: &Value, right: &Value) -> bool {
    let (left, right) = (left.items(), right.items());
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            let (left, right) = (left.entries(), right.entries());
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|(a, b)| a.key == b.key && (a.key.as_str() == "time" || a.value == b.value))
        })
}

/// Whether a client asks to forget all managers: an empty list, or one of one empty entry.
pub fn is_reset(managed_fields: &Value) -> bool {
    match managed_fields {
        Value::Array(list) => match &**list {
            [] => true,
            [entry] => entry.entries().iter().all(|field| field.value.is_zero()),
            _ => false,
        },
        _ => false,
    }
}

/// What the write changes of what its writer may set.
fn difference(
    ty: Option<TypeId>,
    shape: Shape,
    live: Option<&Value>,
    new: &Value,
    writer: &Writer<'_>,
) -> Diff {
    let empty;
    let live = match live {
        Some(live) => live,
        None => {
            empty = empty_object(ty, new);
            &empty
        }
    };
    let mut diff = walk::compare(shape, Some(live), Some(new));
    for set in [&mut diff.changed, &mut diff.removed] {
        reset(set, writer);
        strip(set);
    }
    diff
}

/// What an apply changes. `merged` still says what the configuration said, `decoded` what is left of
/// it: a `false` that decoding drops is a change, a `1` that becomes `"1"` is none.
fn applied_difference(
    shape: Shape,
    base: &Value,
    merged: &Value,
    decoded: &Value,
    writer: &Writer<'_>,
) -> Diff {
    let mut diff = walk::compare(shape, Some(base), Some(decoded));
    if !diff.is_empty() {
        let said = walk::compare(shape, Some(base), Some(merged)).changed;
        diff = Diff {
            changed: said.intersection(&diff.changed.union(&diff.removed)),
            removed: diff.removed.difference(&said),
        };
    }
    for set in [&mut diff.changed, &mut diff.removed] {
        reset(set, writer);
        strip(set);
    }
    diff
}

/// The writer owns what it changed; nobody owns what is gone.
fn take_over(managers: &mut Vec<Manager>, diff: &Diff, writer: &Writer<'_>) {
    let place = managers.iter().position(|manager| manager.is(writer, Operation::Update));
    for (i, manager) in managers.iter_mut().enumerate() {
        if Some(i) != place {
            manager.give_up(&diff.changed);
        }
        manager.give_up(&diff.removed);
    }
    if diff.changed.is_empty() {
        return;
    }
    let place = place.unwrap_or_else(|| {
        managers.push(Manager::new(writer, Operation::Update));
        managers.len() - 1
    });
    let own = &mut managers[place];
    if own.is_empty() {
        own.fields = diff.changed.encode();
    } else if !diff.changed.is_within(&own.fields) {
        own.fields = diff.changed.joined_to(&own.fields);
    }
    writer.time.clone_into(&mut own.time);
}

/// Removes what the applier owned and no longer names, unless somebody else owns it.
fn prune(shape: Shape, object: &mut Value, previous: &Manager, others: &[Manager], applied: &FieldSet) {
    let last = previous.set();
    if last.difference(applied).is_empty() {
        return;
    }
    let last = walk::with_parents(shape, &last);
    let owned = others.iter().fold(applied.clone(), |owned, manager| owned.union(&manager.set()));
    let owned = walk::with_parents(shape, &owned);
    let fields = |value: &Value| walk::with_parents(shape, &walk::fields_of(shape, value));
    let merged = fields(object);
    // Everything that was applied last time goes; then what has an owner comes back with all that
    // is on the way to it; then what was never the applier's.
    let mut pruned = object.clone();
    walk::remove(shape, &mut pruned, &last);
    let mut pruned_back = object.clone();
    walk::remove(shape, &mut pruned_back, &merged.difference(&fields(&pruned).union(&owned)));
    let gone = merged.difference(&fields(&pruned_back)).intersection(&last);
    walk::remove(shape, object, &gone);
}

fn conflicts(managers: &[Manager], changed: &FieldSet) -> Vec<(String, FieldSet)> {
    let touched = managers.iter().filter(|manager| changed.intersects(&manager.fields));
    touched.map(|manager| (manager.show(), manager.set().intersection(changed))).collect()
}

/// Conflicts stand, unless all of them are about fields that kubectl's client-side apply left behind
/// and its server-side apply now takes over.
fn settle(
    shape: Shape,
    live: Option<&Value>,
    conflicts: Vec<(String, FieldSet)>,
    writer: &Writer<'_>,
) -> Result<(), Error> {
    let own = if writer.manager == KUBECTL {
        live.and_then(|live| last_applied_fields(shape, live, writer))
    } else {
        None
    };
    let own = own.unwrap_or_default();
    let mut left = Vec::new();
    for (manager, set) in conflicts {
        let paths = set.difference(&own).paths();
        left.extend(paths.into_iter().map(|path| Conflict { manager: manager.clone(), path }));
    }
    left.sort_by(|a, b| a.manager.cmp(&b.manager));
    if left.is_empty() { Ok(()) } else { Err(Error::Conflicts(left)) }
}

/// The fields of the last client-side apply that still have the value it gave them.
fn last_applied_fields(shape: Shape, live: &Value, writer: &Writer<'_>) -> Option<FieldSet> {
    let text = live["metadata"]["annotations"].get(LAST_APPLIED)?.as_str()?;
    let last = api::json::parse_value(text.as_bytes()).ok()?;
    if last["apiVersion"].str_or_empty() != writer.api_version {
        return None;
    }
    let diff = walk::compare(shape, Some(&last), Some(live));
    Some(walk::fields_of(shape, &last).difference(&diff.changed).difference(&diff.removed))
}

/// Client-side apply, should somebody go back to it, finds what was applied last.
fn refresh_last_applied(object: &mut Value, config: &Value) {
    let annotation = object["metadata"]["annotations"].get(LAST_APPLIED);
    if annotation.is_none_or(|text| text.str_or_empty().is_empty()) {
        return;
    }
    let mut applied = config.clone();
    applied.remove(&["metadata", "annotations", LAST_APPLIED]);
    let mut text = api::json::to_string(&applied);
    text.push('\n');
    object.set(&["metadata", "annotations", LAST_APPLIED], text);
}

/// What Go has before anything is set: the structs that are no pointers, and nothing in them.
fn empty_object(ty: Option<TypeId>, like: &Value) -> Value {
    let named = api::value!({"kind": &like["kind"], "apiVersion": &like["apiVersion"]});
    match ty {
        Some(ty) => decode::normalize(ty, named).map(|normalized| normalized.value).unwrap_or_default(),
        None => api::value!({"kind": &like["kind"], "apiVersion": &like["apiVersion"], "metadata": {}}),
    }
}

fn decoded(ty: Option<TypeId>, object: Value) -> Result<Value, Error> {
    match ty {
        Some(ty) => decode::normalize(ty, object).map(|normalized| normalized.value).map_err(Error::Decode),
        None => Ok(object),
    }
}

fn filtered(mut set: FieldSet, writer: &Writer<'_>) -> FieldSet {
    reset(&mut set, writer);
    strip(&mut set);
    set
}

fn reset(set: &mut FieldSet, writer: &Writer<'_>) {
    for field in writer.reset {
        set.remove_child(&format!("f:{field}"));
    }
}

fn strip(set: &mut FieldSet) {
    set.exclude();
    set.remove_child("f:apiVersion");
    set.remove_child("f:kind");
    set.edit_child("f:metadata", |metadata| {
        metadata.exclude();
        for field in UNOWNED {
            metadata.remove_child(field);
        }
    });
}

fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [conflict] = conflicts {
        return format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            conflict.manager, conflict.path
        );
    }
    let mut lines = Vec::new();
    let mut manager = "";
    for conflict in conflicts {
        if conflict.manager != manager {
            manager = &conflict.manager;
            lines.push(format!("conflicts with {manager}:"));
        }
        lines.push(format!("- {}", conflict.path));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

fn mistake_message(mistakes: &[String]) -> String {
    match mistakes {
        [mistake] => mistake.clone(),
        mistakes => {
            let lines: String = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
            format!("errors:{lines}")
        }
    }
}

#[cfg(test)]
mod tests;
