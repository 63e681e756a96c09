//! `metadata.managedFields` on the write path.

use api::Value;
use client::WriteOptions;
use registry::Subresource;
use registry::versions::Version;
use schema::apply;
use schema::apply::Writer;

use super::Call;

/// Longest name of a field manager.
const MAX_MANAGER_BYTES: usize = 128;

/// Who owns the fields of an object that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// The writer, of those that it changes.
    OfChanges,
    /// As the object says: an apply has worked it out.
    Settled,
}

impl Call<'_> {
    /// Brings `managedFields` up to date with a write. `old` is the object before it.
    ///
    /// Writes of the server itself name no manager, and a binding has none either: they leave
    /// ownership as it is.
    pub(super) fn own_fields(
        &self,
        object: &mut Value,
        old: Option<&Value>,
        part: Subresource,
        options: &WriteOptions,
    ) {
        let managed = if options.field_manager.is_empty() || part == Subresource::Other("binding") {
            old.map_or(Value::Null, |old| old["metadata"]["managedFields"].clone())
        } else {
            let time = meta::time::seconds(self.server.clock.now());
            let api_version = self.asked().api_version();
            let writer = self.writer(part, options, &api_version, &time);
            match self.version {
                None => apply::track(self.target.resource.ty, old, object, &writer),
                Some(version) => {
                    let (new, before) = (served(version, object), old.map(|old| served(version, old)));
                    let managed = apply::track(version.served.ty, before.as_ref(), &new, &writer);
                    in_all_versions(version, managed, object, old)
                }
            }
        };
        set_managed_fields(object, managed);
    }

    pub(super) fn writer<'a>(
        &'a self,
        part: Subresource,
        options: &'a WriteOptions,
        api_version: &'a str,
        time: &'a str,
    ) -> Writer<'a> {
        let reset: &[&str] = match part {
            Subresource::Status | Subresource::Other("approval") => &["spec"],
            Subresource::None if self.target.resource.subresource("status").is_some() => {
                registry::strategy(self.target.resource).reset_fields()
            }
            _ => &[],
        };
        let manager = &options.field_manager;
        Writer { manager, api_version, subresource: &self.target.subresource, time, reset }
    }
}

/// An object as it is served in a version.
pub(super) fn served(version: &Version, object: &Value) -> Value {
    let mut object = object.clone();
    version.to_served(&mut object);
    object
}

/// Entries of which those in the stored version were made without knowledge of its names: those are made
/// again, by looking at what the write changes in that version.
pub(super) fn in_all_versions(
    version: &Version,
    managed: Value,
    object: &Value,
    old: Option<&Value>,
) -> Value {
    let stored = version.stored.api_version();
    let is_stored = |entry: &&Value| entry["apiVersion"].as_str() == Some(stored.as_str());
    let Some(old) = old.filter(|_| managed.items().iter().any(|entry| is_stored(&entry))) else {
        return managed;
    };
    // A manager with a name that no client can have: its own entry is not of interest.
    let observer = Writer { manager: "\n", api_version: &stored, subresource: "", time: "", reset: &[] };
    let mut object = object.clone();
    set_managed_fields(&mut object, old["metadata"]["managedFields"].clone());
    let seen = apply::track(version.stored.ty, Some(old), &object, &observer);
    let identity = |entry: &Value| {
        ["manager", "operation", "apiVersion", "subresource"].map(|key| entry[key].str_or_empty().to_owned())
    };
    let entries = managed.items().iter().filter_map(|entry| {
        if !is_stored(&entry) {
            return Some(entry.clone());
        }
        seen.items().iter().find(|seen| identity(seen) == identity(entry)).cloned()
    });
    let entries: Vec<Value> = entries.collect();
    entries.into()
}

/// Puts entries in, or takes the field away.
pub(super) fn set_managed_fields(object: &mut Value, managed: Value) {
    if managed.is_null() {
        object.remove(&["metadata", "managedFields"]);
    } else {
        object.set(&["metadata", "managedFields"], managed);
    }
}

/// Decoding drops an empty list, though a client that sends one asks for something: to forget all
/// managers. A list of one empty entry asks for the same, and stays.
pub(super) fn keep_reset(body: &mut Value) {
    if apply::is_reset(&body["metadata"]["managedFields"]) {
        body.set(&["metadata", "managedFields"], api::value!([{}]));
    }
}

/// The manager of a client that names none: what its user agent starts with.
pub(crate) fn manager_of_agent(agent: &str) -> String {
    let name = agent.split('/').next().unwrap_or("");
    let mut manager: String = name.chars().filter(|c| !c.is_control()).collect();
    while manager.len() > MAX_MANAGER_BYTES {
        manager.pop();
    }
    if manager.is_empty() { "unknown".to_owned() } else { manager }
}
