//! Types as schemas.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::LazyLock;

use api::Entry;
use api::Key;
use api::Map;
use api::Resource;
use api::Value;
use api::json;
use api::types::Field;
use api::types::Merge;
use api::types::Patch;
use api::types::Ty;
use api::types::TypeDef;
use api::types::TypeId;
use api::types::flags;
use api::value;

use super::Dialect;
use super::descriptions::Descriptions;

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// The schemas that a document refers to so far. Asking for a reference adds what it refers to.
pub(super) struct Schemas {
    pub(super) dialect: Dialect,
    done: BTreeMap<String, Value>,
    descriptions: Descriptions,
}

impl Schemas {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, done: BTreeMap::new(), descriptions: Descriptions::unpack() }
    }

    /// All schemas by name.
    pub(super) fn finish(self) -> Value {
        Value::Object(self.done.into_iter().collect())
    }

    /// A reference to the schema of a struct.
    pub(super) fn structure(&mut self, id: TypeId) -> Value {
        let def = id.def();
        let name = schema_name(def);
        if !self.done.contains_key(&name) {
            // Types refer to themselves, so the name is taken before the fields are walked.
            self.done.insert(name.clone(), Value::Null);
            let schema = self.describe(def, &name);
            self.done.insert(name.clone(), schema);
        }
        self.reference(&name)
    }

    /// A reference to the schema of objects of a row.
    pub(super) fn kind(&mut self, ty: Option<TypeId>, group: &str, version: &str, kind: &str) -> Value {
        match ty {
            Some(id) => self.structure(id),
            None => self.untyped(group, version, kind),
        }
    }

    /// A reference to the schema of lists of a row.
    pub(super) fn list(&mut self, row: &Resource) -> Value {
        let kind = format!("{}List", row.kind);
        let named = row.ty.and_then(|id| {
            let (package, _) = id.def().name.rsplit_once('.')?;
            TypeId::find(&format!("{package}.{kind}"))
        });
        if let Some(id) = named {
            return self.structure(id);
        }
        let item = self.kind(row.ty, row.group, row.version, row.kind);
        let metadata = self.meta("ListMeta");
        let name = untyped_name(row.group, row.version, &kind);
        let schema = value!({
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": metadata,
                "items": {"type": "array", "items": item}
            },
            "x-kubernetes-group-version-kind": [gvk(row.group, row.version, &kind)]
        });
        self.add(&name, schema)
    }

    /// A reference to the schema of a type of `meta/v1`.
    pub(super) fn meta(&mut self, name: &str) -> Value {
        let id = TypeId::find(&format!("meta/v1.{name}")).expect("the table has the types of meta/v1");
        self.structure(id)
    }

    fn describe(&mut self, def: &'static TypeDef, name: &str) -> Value {
        let mut entries: Vec<Entry> =
            self.description(name, "").map(|text| entry("description", text)).into_iter().collect();
        entries.push(entry("type", "object"));
        let required: Vec<&str> = def
            .fields
            .iter()
            .filter(|field| field.flags & (flags::OPTIONAL | flags::OMITEMPTY) == 0)
            .map(|field| field.key.as_str())
            .collect();
        if !required.is_empty() {
            entries.push(entry("required", required));
        }
        let properties: Map = def.fields.iter().map(|field| (field.key, self.field(name, field))).collect();
        if !properties.is_empty() {
            entries.push(entry("properties", properties));
        }
        if def.atomic {
            entries.push(entry("x-kubernetes-map-type", "atomic"));
        }
        if let Some((group, version)) = kind_of(def) {
            let kinds = value!([gvk(group, version, def.go_name())]);
            entries.push(entry("x-kubernetes-group-version-kind", kinds));
        }
        Value::Object(entries.into())
    }

    /// What a type or a field is for. Lists are no types of the dependency: what is said of any kind, and
    /// of any list, is said of them.
    fn description(&self, name: &str, field: &str) -> Option<String> {
        let found = self.descriptions.find(name, field);
        let Some(item) = name.strip_suffix("List").filter(|_| found.is_none()) else {
            return found;
        };
        let kind = item.rsplit('.').next().unwrap_or_default();
        match field {
            "" => Some(format!("{kind}List is a list of {kind}.")),
            "kind" | "apiVersion" => self.descriptions.find(item, field),
            "metadata" => {
                Some("The version of the list, and where it goes on if this is a part of it.".into())
            }
            "items" => Some(format!("The objects of the list, each a {kind}.")),
            _ => None,
        }
    }

    fn field(&mut self, owner: &str, field: &'static Field) -> Value {
        let mut schema = match self.ty(&field.ty) {
            // A reference may have no siblings in version 3, so it is wrapped.
            reference if self.dialect == Dialect::V3 && reference.get("$ref").is_some() => {
                value!({"allOf": [reference]})
            }
            schema => schema,
        };
        let entries = schema.ensure_map();
        if let Some(text) = self.description(owner, field.key.as_str()) {
            entries.insert("description", text);
        }
        if self.dialect == Dialect::V3
            && let Some(default) = default_of(field)
        {
            entries.insert("default", default);
        }
        for (key, value) in merge_extensions(field) {
            entries.insert(key, value);
        }
        schema
    }

    fn ty(&mut self, ty: &Ty) -> Value {
        match ty {
            Ty::String => value!({"type": "string"}),
            Ty::Enum(values) => value!({"type": "string", "enum": values.to_vec()}),
            Ty::Bool => value!({"type": "boolean"}),
            Ty::Int32 => value!({"type": "integer", "format": "int32"}),
            Ty::Int64 => value!({"type": "integer", "format": "int64"}),
            Ty::Double => value!({"type": "number", "format": "double"}),
            Ty::Bytes => value!({"type": "string", "format": "byte"}),
            Ty::Quantity => {
                let schema = match self.dialect {
                    Dialect::V2 => value!({"type": "string"}),
                    Dialect::V3 => value!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
                };
                self.add("io.k8s.apimachinery.pkg.api.resource.Quantity", schema)
            }
            Ty::IntOrString => {
                let schema = match self.dialect {
                    Dialect::V2 => value!({"type": "string", "format": "int-or-string"}),
                    Dialect::V3 => {
                        value!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
                    }
                };
                self.add("io.k8s.apimachinery.pkg.util.intstr.IntOrString", schema)
            }
            Ty::Time => self.add_meta("Time", value!({"type": "string", "format": "date-time"})),
            Ty::MicroTime => self.add_meta("MicroTime", value!({"type": "string", "format": "date-time"})),
            Ty::Duration => self.add_meta("Duration", value!({"type": "string"})),
            Ty::FieldsV1 => self.add_meta("FieldsV1", value!({"type": "object"})),
            Ty::RawExtension => {
                self.add("io.k8s.apimachinery.pkg.runtime.RawExtension", value!({"type": "object"}))
            }
            Ty::Any => value!({}),
            Ty::Struct(id) => self.structure(*id),
            Ty::List(item) | Ty::WrappedList(item) => {
                let item = self.ty(item);
                value!({"type": "array", "items": item})
            }
            Ty::Map(item) => {
                let item = self.ty(item);
                value!({"type": "object", "additionalProperties": item})
            }
        }
    }

    /// Objects of a kind whose type is not in the table: anything, with metadata.
    fn untyped(&mut self, group: &str, version: &str, kind: &str) -> Value {
        let metadata = self.meta("ObjectMeta");
        let schema = value!({
            "type": "object",
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": metadata
            },
            "x-kubernetes-preserve-unknown-fields": true,
            "x-kubernetes-group-version-kind": [gvk(group, version, kind)]
        });
        self.add(&untyped_name(group, version, kind), schema)
    }

    fn add_meta(&mut self, name: &str, schema: Value) -> Value {
        self.add(&format!("{META}.{name}"), schema)
    }

    fn add(&mut self, name: &str, schema: Value) -> Value {
        if !self.done.contains_key(name) {
            let mut schema = schema;
            if let Some(text) = self.descriptions.find(name, "") {
                schema.ensure_map().insert("description", text);
            }
            self.done.insert(name.to_owned(), schema);
        }
        self.reference(name)
    }

    fn reference(&self, name: &str) -> Value {
        let place = match self.dialect {
            Dialect::V2 => "#/definitions/",
            Dialect::V3 => "#/components/schemas/",
        };
        value!({"$ref": format!("{place}{name}")})
    }
}

/// A kind as extensions of schemas and operations name it.
pub(super) fn gvk(group: &str, version: &str, kind: &str) -> Value {
    value!({"group": group, "version": version, "kind": kind})
}

/// The name of a struct's schema: Go's package, with the host name turned round.
fn schema_name(def: &TypeDef) -> String {
    match def.name.split_once('/') {
        Some(("meta", rest)) => format!("io.k8s.apimachinery.pkg.apis.meta.{rest}"),
        Some((group, rest)) => format!("io.k8s.api.{group}.{rest}"),
        None => def.name.to_owned(),
    }
}

/// The name of the schema of a kind that the table of types lacks.
fn untyped_name(group: &str, version: &str, kind: &str) -> String {
    let reversed: Vec<&str> = group.rsplit('.').collect();
    format!("{}.{version}.{kind}", reversed.join("."))
}

fn entry(key: &str, value: impl Into<Value>) -> Entry {
    Entry { key: Key::from(key), value: value.into() }
}

fn merge_extensions(field: &Field) -> impl Iterator<Item = (&'static str, Value)> + use<> {
    let is_list = matches!(field.ty, Ty::List(_) | Ty::WrappedList(_));
    let (list_type, keys) = match field.merge {
        Merge::Default => (None, None),
        Merge::Atomic if is_list => (Some(("x-kubernetes-list-type", "atomic")), None),
        // The struct's own schema says it.
        Merge::Atomic if matches!(field.ty, Ty::Struct(id) if id.def().atomic) => (None, None),
        Merge::Atomic => (Some(("x-kubernetes-map-type", "atomic")), None),
        Merge::Set => (Some(("x-kubernetes-list-type", "set")), None),
        Merge::Keys(keys) => (Some(("x-kubernetes-list-type", "map")), Some(keys)),
    };
    let keys = keys.map(|keys| keys.iter().map(|key| key.as_str()).collect::<Vec<_>>());
    let (strategy, merge_key) = match field.patch {
        Patch::Default => (None, None),
        Patch::Merge => (Some("merge"), None),
        Patch::MergeBy(key) => (Some("merge"), Some(key.as_str())),
        Patch::MergeByRetainKeys(key) => (Some("merge,retainKeys"), Some(key.as_str())),
        Patch::RetainKeys => (Some("retainKeys"), None),
    };
    [
        keys.map(|keys| ("x-kubernetes-list-map-keys", keys.into())),
        list_type.map(|(key, value)| (key, value.into())),
        merge_key.map(|key| ("x-kubernetes-patch-merge-key", key.into())),
        strategy.map(|strategy| ("x-kubernetes-patch-strategy", strategy.into())),
    ]
    .into_iter()
    .flatten()
}

/// The declared default, or the zero value of what is always written.
fn default_of(field: &Field) -> Option<Value> {
    if !field.default.is_empty() {
        return json::parse_value(field.default.as_bytes()).ok();
    }
    if field.has(flags::POINTER) {
        return None;
    }
    let always = !field.has(flags::OMITEMPTY);
    match field.ty {
        Ty::Struct(_) => Some(Value::object()),
        Ty::String | Ty::Enum(_) if always => Some("".into()),
        Ty::Bool if always => Some(false.into()),
        Ty::Int32 | Ty::Int64 if always => Some(0.into()),
        _ => None,
    }
}

/// Group and version of a struct that is a kind.
fn kind_of(def: &'static TypeDef) -> Option<(&'static str, &'static str)> {
    let (package, name) = def.name.rsplit_once('.')?;
    let is_options = package == "meta/v1" && matches!(name, "DeleteOptions" | "WatchEvent");
    let has = |name: &str| def.fields.iter().any(|field| field.key.as_str() == name);
    let is_kind = has("kind") && has("apiVersion") && has("metadata");
    if is_kind || is_options { GROUP_OF_PACKAGE.get(package).copied() } else { None }
}

/// The API group and version of each package of types.
static GROUP_OF_PACKAGE: LazyLock<HashMap<&'static str, (&'static str, &'static str)>> =
    LazyLock::new(|| {
        let rows = Resource::all().iter().filter_map(|row| {
            let (package, _) = row.ty?.def().name.rsplit_once('.')?;
            Some((package, (row.group, row.version)))
        });
        rows.chain([("meta/v1", ("", "v1"))]).collect()
    });
