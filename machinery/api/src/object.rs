//! A stored object: its bytes, its value, and the small index that lists and watches need.

use std::fmt;
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
    index: ObjectIndex,
    json: OnceLock<Bytes>,
    value: OnceLock<Value>,
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
        let index = ObjectIndex::of(resource, &value);
        Self { resource, index, json: OnceLock::new(), value: OnceLock::from(value) }
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

fn field_text<'a>(value: &'a Value, path: &str) -> std::borrow::Cow<'a, str> {
    let mut found = value;
    for key in path.split('.') {
        found = &found[key];
    }
    match found {
        Value::String(text) => text.as_str().into(),
        Value::Null => "".into(),
        other => json::to_string(other).into(),
    }
}
