//! `metadata.managedFields`: who owns which fields.

use api::Key;
use api::Map;
use api::RawObject;
use api::Value;

use super::set::FieldSet;

/// How a manager came to own its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Server-side apply.
    Apply,
    /// Every other write.
    Update,
}

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer<'a> {
    /// The field manager.
    pub manager: &'a str,
    /// `v1` or `apps/v1`.
    pub api_version: &'a str,
    /// The subresource; empty for the object itself.
    pub subresource: &'a str,
    /// Now, as `metav1.Time` writes it.
    pub time: &'a str,
    /// Fields of the root that a write of this kind cannot set, such as `status` of the object itself.
    pub reset: &'a [&'a str],
}

/// One entry. The fields stay encoded until they are needed, which is seldom.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Manager {
    pub(super) name: String,
    pub(super) operation: Operation,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: String,
    /// Canonical `FieldsV1`.
    pub(super) fields: RawObject,
}

/// Entries of writers other than appliers that an object may have.
const MAX_UPDATERS: usize = 10;
/// The entry that takes over the oldest ones beyond that.
const ANCIENT: &str = "ancient-changes";

impl Manager {
    pub(super) fn new(writer: &Writer<'_>, operation: Operation) -> Self {
        Self::with(writer, operation, FieldSet::default().encode())
    }

    /// Whoever makes an object by no apply, with the fields of it.
    pub(super) fn making(writer: &Writer<'_>, fields: RawObject) -> Self {
        Self::with(writer, Operation::Update, fields)
    }

    fn with(writer: &Writer<'_>, operation: Operation, fields: RawObject) -> Self {
        Self {
            name: writer.manager.to_owned(),
            operation,
            api_version: writer.api_version.to_owned(),
            subresource: writer.subresource.to_owned(),
            time: writer.time.to_owned(),
            fields,
        }
    }

    /// Whether a write is that of this entry. An applier is one whatever version it applies.
    pub(super) fn is(&self, writer: &Writer<'_>, operation: Operation) -> bool {
        self.operation == operation
            && self.name == writer.manager
            && self.subresource == writer.subresource
            && (operation == Operation::Apply || self.api_version == writer.api_version)
    }

    /// The fields; stored ones were checked when they came in.
    pub(super) fn set(&self) -> FieldSet {
        FieldSet::read(&self.fields)
    }

    /// Takes fields away.
    pub(super) fn give_up(&mut self, lost: &FieldSet) {
        if !lost.is_empty() && lost.intersects(&self.fields) {
            self.fields = self.set().difference(lost).encode();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.as_str() == "{}"
    }

    /// How messages name it.
    pub(super) fn show(&self) -> String {
        let mut text = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.api_version));
        }
        text
    }

    fn decode(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry[key].str_or_empty().to_owned();
        let operation = match entry["operation"].str_or_empty() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        if text("apiVersion").is_empty() || text("fieldsType") != "FieldsV1" {
            return None;
        }
        Some(Self {
            name: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: text("time"),
            fields: match &entry["fieldsV1"] {
                Value::Raw(raw) => raw.clone(),
                fields => FieldSet::decode(fields).ok()?.encode(),
            },
        })
    }

    fn encode(self) -> Value {
        let operation = match self.operation {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        };
        let mut entries: Vec<(&str, Value)> = Vec::with_capacity(7);
        // Go's order of the fields.
        for (key, text) in [
            ("manager", self.name.as_str()),
            ("operation", operation),
            ("apiVersion", &self.api_version),
            ("time", &self.time),
            ("fieldsType", "FieldsV1"),
        ] {
            if !text.is_empty() {
                entries.push((key, text.into()));
            }
        }
        entries.push(("fieldsV1", Value::Raw(self.fields)));
        if !self.subresource.is_empty() {
            entries.push(("subresource", self.subresource.into()));
        }
        Value::Object(entries.into_iter().map(|(key, value)| (Key::from(key), value)).collect::<Map>())
    }
}

/// The entries of a list that the server wrote; none if any of them makes no sense.
pub(super) fn decode(list: &Value) -> Vec<Manager> {
    let entries: Option<Vec<Manager>> = list.items().iter().map(Manager::decode).collect();
    entries.unwrap_or_default()
}

/// The entries of a list that a client wrote.
pub(super) fn decode_foreign(list: &Value) -> Option<Vec<Manager>> {
    let canonical = |entry: &Value| {
        let mut manager = Manager::decode(entry)?;
        manager.fields = FieldSet::decode(&entry["fieldsV1"]).ok()?.encode();
        Some(manager)
    };
    list.items().iter().map(canonical).collect()
}

/// The list, in its order; `null` where there is no entry.
pub(super) fn encode(mut managers: Vec<Manager>) -> Value {
    managers.retain(|manager| !manager.is_empty());
    if managers.is_empty() {
        return Value::Null;
    }
    managers.sort_by(|a, b| order(a).cmp(&order(b)));
    managers.into_iter().map(Manager::encode).collect()
}

fn order(manager: &Manager) -> (Operation, &str, &str, &str, &str) {
    // Times are written in one form, which sorts as time does.
    (manager.operation, &manager.time, &manager.name, &manager.api_version, &manager.subresource)
}

/// Keeps the number of updaters bounded: the oldest of each version become one.
pub(super) fn cap(managers: &mut Vec<Manager>) {
    let mut updaters = managers.iter().filter(|manager| manager.operation == Operation::Update).count();
    if updaters <= MAX_UPDATERS {
        return;
    }
    managers.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut buckets: Vec<Manager> = Vec::new();
    let mut kept = Vec::with_capacity(managers.len());
    for manager in managers.drain(..) {
        if manager.operation == Operation::Apply || updaters <= MAX_UPDATERS {
            kept.push(manager);
            continue;
        }
        match buckets.iter_mut().find(|bucket| bucket.api_version == manager.api_version) {
            None => buckets.push(manager),
            Some(bucket) => {
                bucket.fields = bucket.set().union(&manager.set()).encode();
                bucket.time = manager.time;
                ANCIENT.clone_into(&mut bucket.name);
                bucket.subresource.clear();
                updaters -= 1;
            }
        }
    }
    kept.append(&mut buckets);
    *managers = kept;
}
