//! A stored object: its bytes, its value, and the small index that lists and watches need.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;
use compact_str::CompactString;
use meta::FieldSelector;
use meta::LabelSelector;
use meta::ResourceVersion;

use crate::json;
use crate::raw::RawObject;
use crate::resources::Resource;
use crate::value::Value;
use crate::view::View;

/// One version of one object, never changed once made; shared by reference between the watch cache,
/// the in-process transport and every informer.
///
/// Bytes and value are two forms of the same thing; each is made from the other on first demand.
pub struct Object {
    resource: &'static Resource,
    index: Arc<ObjectIndex>,
    json: OnceLock<Bytes>,
    value: OnceLock<Value>,
    protobuf: OnceLock<Bytes>,
}

/// What can be asked of an object without its body.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectIndex {
    /// `metadata.namespace`; empty for cluster-scoped objects.
    pub namespace: CompactString,
    /// `metadata.name`.
    pub name: CompactString,
    /// `metadata.uid`.
    pub uid: CompactString,
    /// `metadata.resourceVersion`.
    pub resource_version: ResourceVersion,
    /// `metadata.labels`.
    pub labels: Box<[(CompactString, CompactString)]>,
    /// The values of the resource's selectable fields, in the order of [`Resource::selectable`].
    pub fields: Box<[CompactString]>,
}

impl Object {
    /// From a complete value (its `resourceVersion` included).
    pub fn new(resource: &'static Resource, value: Value) -> Self {
        let index = Arc::new(ObjectIndex::of(resource, &value));
        Self {
            resource,
            index,
            json: OnceLock::new(),
            value: OnceLock::from(value),
            protobuf: OnceLock::new(),
        }
    }

    /// From a value and the bytes that say the same.
    pub fn with_json(resource: &'static Resource, value: Value, json: Bytes) -> Self {
        let object = Self::new(resource, value);
        object.json.get_or_init(|| json);
        object
    }

    /// From bytes that a server sent.
    pub fn from_json(resource: &'static Resource, json: Bytes) -> Result<Self, json::Error> {
        let mut value = json::parse_value(&json)?;
        RawObject::compact(&mut value);
        Ok(Self::with_json(resource, value, json))
    }

    /// The same object without its value, which is made anew should anybody ask: for keeping what is
    /// seldom read.
    #[must_use]
    pub fn without_value(&self) -> Self {
        let json = OnceLock::from(self.json().clone());
        Self {
            resource: self.resource,
            index: self.index.clone(),
            json,
            value: OnceLock::new(),
            protobuf: OnceLock::new(),
        }
    }

    /// The row of its resource.
    pub fn resource(&self) -> &'static Resource {
        self.resource
    }

    /// The index.
    pub fn index(&self) -> &ObjectIndex {
        &self.index
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        &self.index.name
    }

    /// `metadata.namespace`; empty for cluster-scoped objects.
    pub fn namespace(&self) -> &str {
        &self.index.namespace
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        &self.index.uid
    }

    /// `metadata.resourceVersion`.
    pub fn resource_version(&self) -> ResourceVersion {
        self.index.resource_version
    }

    /// One label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.index.label(key)
    }

    /// The value.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| {
            let json = self.json.get().expect("an object is made from bytes or from a value");
            let mut value = json::parse_value(json).expect("the bytes were written or checked by this crate");
            RawObject::compact(&mut value);
            value
        })
    }

    /// The JSON bytes.
    pub fn json(&self) -> &Bytes {
        self.json.get_or_init(|| Bytes::from(json::to_vec(self.value())))
    }

    /// The protobuf bytes, enveloped; `None` for a kind that has no such form.
    pub fn protobuf(&self) -> Option<&Bytes> {
        let ty = self.resource.ty?;
        Some(self.protobuf.get_or_init(|| Bytes::from(crate::protobuf::encode(ty, self.value()))))
    }

    /// Reads it as a type.
    pub fn view<'a, V: View<'a>>(&'a self) -> V {
        V::of(self.value())
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}/{} @{}",
            self.resource.kind, self.index.namespace, self.index.name, self.index.resource_version
        )
    }
}

impl ObjectIndex {
    /// Reads the index off a value.
    pub fn of(resource: &'static Resource, value: &Value) -> Self {
        let metadata = &value["metadata"];
        let text = |key: &str| CompactString::new(metadata[key].str_or_empty());
        let labels = metadata["labels"].entries();
        let field = |path: &&str| CompactString::new(field_text(value, path));
        Self {
            namespace: text("namespace"),
            name: text("name"),
            uid: text("uid"),
            resource_version: ResourceVersion::parse(metadata["resourceVersion"].str_or_empty())
                .unwrap_or_default(),
            labels: labels.strings().map(|(k, v)| (CompactString::new(k), CompactString::new(v))).collect(),
            fields: resource.selectable().iter().map(field).collect(),
        }
    }

    /// One label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Whether a label selector selects it.
    pub fn matches_labels(&self, selector: &LabelSelector) -> bool {
        selector.matches(|key| self.label(key))
    }

    /// Whether a field selector selects it; `resource` is the object's own.
    pub fn matches_fields(&self, resource: &'static Resource, selector: &FieldSelector) -> bool {
        selector.matches(|field| match field {
            "metadata.name" => Some(self.name.as_str()),
            "metadata.namespace" => Some(self.namespace.as_str()),
            other => {
                let place = resource.selectable().iter().position(|name| *name == other)?;
                self.fields.get(place).map(CompactString::as_str)
            }
        })
    }
}

/// What a field selector compares with, as upstream's types spell it: a number or a truth value that
/// is not set has its zero value.
fn field_text<'a>(value: &'a Value, path: &str) -> std::borrow::Cow<'a, str> {
    if path == "source" {
        // Of an event: the component, by its old name or its new one.
        let (old, new) = (value["source"]["component"].str_or_empty(), &value["reportingComponent"]);
        return if old.is_empty() { new.str_or_empty().into() } else { old.into() };
    }
    // The selector's name of it is not the field's.
    let path = if path == "status.successful" { "status.succeeded" } else { path };
    let mut found = value;
    for key in path.split('.') {
        found = &found[key];
    }
    match found {
        Value::String(text) => text.as_str().into(),
        Value::Null => match path {
            "spec.unschedulable" | "spec.hostNetwork" => "false".into(),
            "status.replicas" | "status.succeeded" => "0".into(),
            _ => "".into(),
        },
        other => json::to_string(other).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value;

    #[test]
    fn field_selectors_see_zero_values_as_upstream_spells_them() {
        let selects = |group: &str, resource: &str, body: Value, selector: &str| {
            let resource = Resource::find(group, "v1", resource).expect("a row of the table");
            let selector = FieldSelector::parse(selector).expect("a selector");
            ObjectIndex::of(resource, &body).matches_fields(resource, &selector)
        };
        assert!(selects("", "nodes", value!({"spec": {}}), "spec.unschedulable=false"));
        assert!(!selects("", "nodes", value!({"spec": {"unschedulable": true}}), "spec.unschedulable=false"));
        assert!(selects("", "pods", value!({}), "spec.hostNetwork=false,status.podIP="));
        assert!(selects("", "replicationcontrollers", value!({}), "status.replicas=0"));
        assert!(selects("batch", "jobs", value!({"status": {"succeeded": 2}}), "status.successful=2"));
        assert!(selects("", "events", value!({"source": {"component": "kubelet"}}), "source=kubelet"));
        assert!(selects("", "events", value!({"reportingComponent": "x"}), "source=x"));
    }
}
