//! Makes the static tables of `machinery/api` from the facts of the API.
//!
//! Input: `api-types-v1.36.json` and `api-resources-v1.36.json`. Output: field names, types,
//! resources and views under `machinery/api/src/generated`. Only facts are taken over, no prose.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use anyhow::Result;
use serde_json::Value;

const HEADER: &str = "// Made by `cargo xtask codegen`; do not edit.\n";

/// Kinds that typed code reads; their types and everything reachable from them get views.
const VIEW_ROOTS: &[&str] = &[
    "core/v1.Pod",
    "core/v1.Node",
    "core/v1.Namespace",
    "core/v1.Service",
    "core/v1.ServiceAccount",
    "core/v1.ConfigMap",
    "core/v1.Secret",
    "core/v1.Event",
    "core/v1.Endpoints",
    "core/v1.LimitRange",
    "core/v1.ResourceQuota",
    "core/v1.PersistentVolume",
    "core/v1.PersistentVolumeClaim",
    "core/v1.ReplicationController",
    "apps/v1.Deployment",
    "apps/v1.ReplicaSet",
    "apps/v1.StatefulSet",
    "apps/v1.DaemonSet",
    "apps/v1.ControllerRevision",
    "autoscaling/v1.Scale",
    "batch/v1.Job",
    "batch/v1.CronJob",
    "coordination/v1.Lease",
    "discovery/v1.EndpointSlice",
    "networking/v1.Ingress",
    "networking/v1.IngressClass",
    "networking/v1.NetworkPolicy",
    "networking/v1.IPAddress",
    "networking/v1.ServiceCIDR",
    "policy/v1.PodDisruptionBudget",
    "policy/v1.Eviction",
    "rbac/v1.Role",
    "rbac/v1.RoleBinding",
    "rbac/v1.ClusterRole",
    "rbac/v1.ClusterRoleBinding",
    "scheduling/v1.PriorityClass",
    "storage/v1.StorageClass",
    "certificates/v1.CertificateSigningRequest",
    "authentication/v1.TokenRequest",
    "authentication/v1.TokenReview",
    "authorization/v1.SubjectAccessReview",
    "authorization/v1.SelfSubjectAccessReview",
    "meta/v1.DeleteOptions",
];

/// Entry point of `cargo xtask codegen`.
pub fn run(args: &[String]) -> Result<()> {
    let root = crate::root();
    let data = match args {
        [flag, dir] if flag == "--data" => PathBuf::from(dir),
        [] => root.join("../shared/data"),
        _ => anyhow::bail!("takes --data DIR only"),
    };
    let read = |name: &str| -> Result<Value> {
        let path = data.join(name);
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(serde_json::from_slice(&text)?)
    };
    let facts = Facts::new(read("api-types-v1.36.json")?)?;
    let resources = read("api-resources-v1.36.json")?;
    let out = root.join("machinery/api/src/generated");
    for (name, text) in [
        ("keys.rs", keys(&facts)),
        ("types.rs", types(&facts)?),
        ("resources.rs", resource_table(&facts, &resources)?),
        ("views.rs", views(&facts)?),
    ] {
        let path = out.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let formatted = Command::new("cargo").args(["fmt", "-p", "api"]).current_dir(&root).status()?;
    anyhow::ensure!(formatted.success(), "cargo fmt failed");
    Ok(())
}

/// The types of the API with embedded structs laid flat.
struct Facts {
    all: BTreeMap<String, Value>,
    structs: BTreeMap<String, Vec<FlatField>>,
    index: BTreeMap<String, usize>,
}

#[derive(Clone)]
struct FlatField {
    name: String,
    fact: Value,
    proto: Vec<u64>,
}

impl Facts {
    fn new(types: Value) -> Result<Self> {
        let Value::Object(map) = types else { anyhow::bail!("the types are no object") };
        let all: BTreeMap<String, Value> = map.into_iter().collect();
        let mut facts = Facts { all, structs: BTreeMap::new(), index: BTreeMap::new() };
        for name in facts.all.keys() {
            if facts.all[name]["kind"] == "struct" && special(name).is_none() {
                let fields = facts.flat(name, &[]);
                facts.structs.insert(name.clone(), fields);
            }
        }
        facts.index = facts.structs.keys().enumerate().map(|(i, name)| (name.clone(), i)).collect();
        Ok(facts)
    }

    fn flat(&self, name: &str, prefix: &[u64]) -> Vec<FlatField> {
        let mut fields = Vec::new();
        // Older versions embed a newer version's struct under an alias.
        let mut name = name;
        while let Some(of) = self.all.get(name).and_then(|t| t["of"].as_str()) {
            name = of;
        }
        let facts = self.all.get(name).and_then(|t| t["fields"].as_array()).cloned().unwrap_or_default();
        for fact in facts {
            let mut proto = prefix.to_vec();
            proto.extend(fact["proto"].as_u64());
            match fact["name"].as_str() {
                None if fact["inline"] == true => {
                    let mut embedded = self.flat(fact["type"].as_str().unwrap_or(""), &proto);
                    if !fact["proto"].is_u64() {
                        // `TypeMeta` is embedded in JSON only: protobuf carries it in the envelope.
                        embedded.iter_mut().for_each(|field| field.proto.clear());
                    }
                    fields.extend(embedded);
                }
                None => {}
                Some(json) => {
                    // An embedded message without number has no protobuf form at all.
                    let complete = fact["proto"].is_u64();
                    let proto = if complete { proto } else { Vec::new() };
                    fields.push(FlatField { name: json.to_owned(), fact, proto });
                }
            }
        }
        fields
    }

    /// The Rust expression of a type.
    fn ty(&self, name: &str) -> Result<String> {
        if let Some(special) = special(name) {
            return Ok(format!("Ty::{special}"));
        }
        if let Some(item) = name.strip_prefix("[]") {
            return Ok(format!("Ty::List(&{})", self.ty(item)?));
        }
        if let Some(rest) = name.strip_prefix("map[") {
            let (_, item) = rest.split_once(']').context("a map type has a key")?;
            return Ok(format!("Ty::Map(&{})", self.ty(item)?));
        }
        if let Some(i) = self.index.get(name) {
            return Ok(format!("Ty::Struct(TypeId({i}))"));
        }
        let alias = self.all.get(name).with_context(|| format!("unknown type {name}"))?;
        let of = alias["of"].as_str().with_context(|| format!("{name} is neither struct nor alias"))?;
        if let Some(item) = of.strip_prefix("[]") {
            return Ok(format!("Ty::WrappedList(&{})", self.ty(item)?));
        }
        if let (true, Some(values)) = (of == "string", alias["enum"].as_array()) {
            let list: Vec<String> = values.iter().map(Value::to_string).collect();
            return Ok(format!("Ty::Enum(&[{}])", list.join(", ")));
        }
        self.ty(of)
    }
}

/// Types with a form of their own.
fn special(name: &str) -> Option<&'static str> {
    Some(match name {
        "string" => "String",
        "bool" => "Bool",
        "int32" | "intstr.Type" | "uint16" | "uint8" => "Int32",
        "int64" | "int" | "uint64" | "uint32" => "Int64",
        "float64" | "float32" => "Double",
        "bytes" | "[]byte" => "Bytes",
        "any" => "Any",
        "resource.Quantity" => "Quantity",
        "intstr.IntOrString" => "IntOrString",
        "meta/v1.Time" | "time.Time" => "Time",
        "meta/v1.MicroTime" => "MicroTime",
        "meta/v1.Duration" | "time.Duration" => "Duration",
        "runtime.RawExtension" => "RawExtension",
        "meta/v1.FieldsV1" => "FieldsV1",
        "resource.Format" | "runtime.Object" => "Any",
        _ => return None,
    })
}

fn keys(facts: &Facts) -> String {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for field in facts.structs.values().flatten() {
        names.insert(&field.name);
    }
    let mut out = format!(
        "{HEADER}//! Every field name of the API, sorted.\n\n#![allow(missing_docs, reason = \"the names are the API's own\")]\n\nuse crate::key::KnownKey;\nuse crate::key::names;\n\n"
    );
    let list: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    writeln!(out, "names![{}];\n", list.join(", ")).expect("String");
    for (i, name) in names.iter().enumerate() {
        writeln!(out, "pub const {}: KnownKey = KnownKey::at({i});", constant(name)).expect("String");
    }
    out
}

fn types(facts: &Facts) -> Result<String> {
    let mut out = format!(
        "{HEADER}//! Every struct type of the API.\n\nuse super::keys as k;\nuse crate::types::{{Field, Merge, Patch, Ty, TypeDef, TypeId}};\n\npub(crate) static TYPES: &[TypeDef] = &[\n"
    );
    for (name, fields) in &facts.structs {
        let atomic = facts.all[name]["structType"] == "atomic";
        writeln!(out, "TypeDef {{ name: {name:?}, atomic: {atomic}, fields: &[")?;
        for field in fields {
            writeln!(out, "{},", field_row(facts, name, field)?)?;
        }
        let keys: Vec<String> = fields.iter().map(|field| format!("k::{}", constant(&field.name))).collect();
        writeln!(out, "], keys: &[{}] }},", keys.join(", "))?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn field_row(facts: &Facts, owner: &str, field: &FlatField) -> Result<String> {
    let fact = &field.fact;
    let ty = facts.ty(fact["type"].as_str().context("a field has a type")?)?;
    let omitzero = field.name == "creationTimestamp" && owner == "meta/v1.ObjectMeta";
    let mut flags = 0;
    for (bit, set) in [
        (1, fact["pointer"] == true),
        (2, fact["omitempty"] == true),
        (4, fact["optional"] == true),
        (8, omitzero),
    ] {
        flags |= if set { bit } else { 0 };
    }
    let merge = merge(facts, fact);
    let key = fact["patchMergeKey"].as_str().map(|key| format!("k::{}", constant(key)));
    let patch = match (fact["patchStrategy"].as_str(), key) {
        (Some("merge,retainKeys" | "retainKeys,merge"), Some(key)) => {
            format!("Patch::MergeByRetainKeys({key})")
        }
        (Some("merge"), Some(key)) => format!("Patch::MergeBy({key})"),
        (Some("merge"), None) => "Patch::Merge".to_owned(),
        (Some("retainKeys"), _) => "Patch::RetainKeys".to_owned(),
        _ => "Patch::Default".to_owned(),
    };
    let default = match fact["default"].as_str().unwrap_or("") {
        "ref(AzureDataDiskCachingReadWrite)" => "\"ReadWrite\"".to_owned(),
        "ref(AzureSharedBlobDisk)" => "\"Shared\"".to_owned(),
        text => text.to_owned(),
    };
    anyhow::ensure!(!default.starts_with("ref("), "unresolved default {default} of {owner}.{}", field.name);
    Ok(format!(
        "Field {{ key: k::{}, ty: {ty}, flags: {flags}, proto: &{:?}, merge: {merge}, patch: {patch}, default: {default:?} }}",
        constant(&field.name),
        field.proto
    ))
}

fn merge(facts: &Facts, fact: &Value) -> String {
    let own_type = fact["type"].as_str().and_then(|name| facts.all.get(name));
    let atomic_type = own_type.is_some_and(|t| t["structType"] == "atomic" || t["mapType"] == "atomic");
    match (fact["listType"].as_str(), fact["mapType"].as_str(), fact["structType"].as_str()) {
        (Some("map"), ..) => {
            let keys: Vec<String> = fact["listMapKeys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|key| format!("k::{}", constant(key)))
                .collect();
            format!("Merge::Keys(&[{}])", keys.join(", "))
        }
        (Some("set"), ..) => "Merge::Set".to_owned(),
        (Some("atomic"), ..) | (_, Some("atomic"), _) | (_, _, Some("atomic")) => "Merge::Atomic".to_owned(),
        _ if atomic_type => "Merge::Atomic".to_owned(),
        _ => "Merge::Default".to_owned(),
    }
}

fn resource_table(facts: &Facts, resources: &Value) -> Result<String> {
    let mut out = format!(
        "{HEADER}//! Every resource of the API.\n\nuse crate::resources::{{Resource, Subresource}};\nuse crate::types::TypeId;\n\npub(crate) static RESOURCES: &[Resource] = &[\n"
    );
    for row in resources.as_array().context("the resources are a list")? {
        let text = |key: &str| row[key].as_str().unwrap_or("");
        let version = text("version");
        let served = version == "v1" || (text("group") == "autoscaling" && version == "v2");
        let mut subresources = String::new();
        for sub in row["subresources"].as_array().into_iter().flatten() {
            let part = |key: &str| sub[key].as_str().unwrap_or("");
            // A subresource without group and version of its own has those of its resource.
            let own = part("version").is_empty();
            let (group, sub_version) =
                if own { (text("group"), version) } else { (part("group"), part("version")) };
            writeln!(
                subresources,
                "Subresource {{ name: {:?}, group: {group:?}, version: {sub_version:?}, kind: {:?}, verbs: {}, ty: {} }},",
                part("name"),
                part("kind"),
                verb_bits(&sub["verbs"]),
                type_id(facts, group, sub_version, part("kind")),
            )?;
        }
        writeln!(
            out,
            "Resource {{ group: {:?}, version: {version:?}, name: {:?}, singular: {:?}, kind: {:?}, namespaced: {}, verbs: {}, short_names: &{}, categories: &{}, subresources: &[{subresources}], ty: {}, served_by_default: {served} }},",
            text("group"),
            text("resource"),
            text("singular"),
            text("kind"),
            row["namespaced"],
            verb_bits(&row["verbs"]),
            row["shortNames"],
            row["categories"],
            type_id(facts, text("group"), version, text("kind")),
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn verb_bits(verbs: &Value) -> u16 {
    const NAMES: [&str; 8] =
        ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let has = |name: &str| verbs.as_array().is_some_and(|list| list.iter().any(|v| v == name));
    NAMES.iter().enumerate().filter(|(_, name)| has(name)).map(|(i, _)| 1 << i).sum()
}

fn type_id(facts: &Facts, group: &str, version: &str, kind: &str) -> String {
    let short = match group {
        "" => "core",
        "internal.apiserver.k8s.io" => "apiserverinternal",
        group => group.split('.').next().unwrap_or(group),
    };
    match facts.index.get(&format!("{short}/{version}.{kind}")) {
        Some(i) => format!("Some(TypeId({i}))"),
        None => "None".to_owned(),
    }
}

fn views(facts: &Facts) -> Result<String> {
    let names = view_names(facts)?;
    let mut out = format!(
        "{HEADER}//! Typed reads of objects.\n\n#![allow(missing_docs, reason = \"the names are the API's own\")]\n\nuse jiff::Timestamp;\nuse meta::Quantity;\n\nuse super::keys as k;\nuse crate::value::NULL;\nuse crate::value::Value;\nuse crate::view::{{MapView, Strs, View, Views}};\n"
    );
    for (name, view) in &names {
        writeln!(
            out,
            "\n#[derive(Clone, Copy)]\npub struct {view}<'a>(pub &'a Value);\n\nimpl<'a> View<'a> for {view}<'a> {{\nfn of(value: &'a Value) -> Self {{ Self(value) }}\nfn value(self) -> &'a Value {{ self.0 }}\n}}\n\nimpl<'a> {view}<'a> {{"
        )?;
        for field in &facts.structs[name] {
            out.push_str(&accessor(facts, &names, field)?);
        }
        out.push_str("}\n");
    }
    Ok(out)
}

/// The types that get views, with the views' names: `PodView`, and with the group before it where
/// two groups have a type of the same name (`DiscoveryEndpointPortView`).
fn view_names(facts: &Facts) -> Result<BTreeMap<String, String>> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut queue: Vec<String> = VIEW_ROOTS.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = queue.pop() {
        let fields = facts.structs.get(&name).with_context(|| format!("no type {name}"))?;
        if !wanted.insert(name.clone()) {
            continue;
        }
        for field in fields {
            let mut ty = field.fact["type"].as_str().unwrap_or("");
            ty = ty.trim_start_matches("[]");
            ty = ty.strip_prefix("map[").and_then(|rest| rest.split_once(']')).map_or(ty, |(_, item)| item);
            if facts.structs.contains_key(ty) {
                queue.push(ty.to_owned());
            }
        }
    }
    let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let mut names = BTreeMap::new();
    for name in &wanted {
        let shared = wanted.iter().filter(|other| short(other) == short(name)).count() > 1;
        let group = name.split('/').next().unwrap_or("");
        let prefix = match (shared, group) {
            (false, _) | (true, "core" | "meta") => String::new(),
            (true, group) => group[..1].to_uppercase() + &group[1..],
        };
        names.insert(name.clone(), format!("{prefix}{}View", short(name)));
    }
    Ok(names)
}

fn accessor(facts: &Facts, names: &BTreeMap<String, String>, field: &FlatField) -> Result<String> {
    let pointer = field.fact["pointer"] == true;
    let name = field.fact["type"].as_str().unwrap_or("");
    let get = format!("self.0.get(k::{})", constant(&field.name));
    let ty = facts.ty(name)?;
    let item_name = name.trim_start_matches("[]");
    let view = |name: &str| names.get(name).cloned().unwrap_or_default();
    let (result, body) = match ty.as_str() {
        t if t == "Ty::String" || t == "Ty::Bytes" || t.starts_with("Ty::Enum") => match pointer {
            true => ("Option<&'a str>".to_owned(), format!("{get}.and_then(Value::as_str)")),
            false => ("&'a str".to_owned(), format!("{get}.map_or(\"\", Value::str_or_empty)")),
        },
        "Ty::Int32" | "Ty::Int64" => match pointer {
            true => ("Option<i64>".to_owned(), format!("{get}.and_then(Value::as_i64)")),
            false => ("i64".to_owned(), format!("{get}.and_then(Value::as_i64).unwrap_or(0)")),
        },
        "Ty::Bool" => match pointer {
            true => ("Option<bool>".to_owned(), format!("{get}.and_then(Value::as_bool)")),
            false => ("bool".to_owned(), format!("{get}.and_then(Value::as_bool).unwrap_or(false)")),
        },
        "Ty::Time" | "Ty::MicroTime" => {
            ("Option<Timestamp>".to_owned(), format!("{get}.and_then(crate::view::time)"))
        }
        "Ty::Quantity" => ("Option<Quantity>".to_owned(), format!("{get}.and_then(crate::view::quantity)")),
        t if t.starts_with("Ty::Struct") => match pointer {
            true => (
                format!("Option<{}<'a>>", view(name)),
                format!("{get}.filter(|v| !v.is_null()).map({}::of)", view(name)),
            ),
            false => (format!("{}<'a>", view(name)), format!("{}({get}.unwrap_or(&NULL))", view(name))),
        },
        t if t.starts_with("Ty::List(&Ty::Struct") => {
            (format!("Views<'a, {}<'a>>", view(item_name)), format!("Views::of({get}.unwrap_or(&NULL))"))
        }
        t if t.starts_with("Ty::List(&Ty::String")
            || t.starts_with("Ty::List(&Ty::Enum")
            || t.starts_with("Ty::WrappedList(&Ty::String") =>
        {
            ("Strs<'a>".to_owned(), format!("Strs::of({get}.unwrap_or(&NULL))"))
        }
        t if t.starts_with("Ty::Map") => {
            ("MapView<'a>".to_owned(), format!("MapView::of({get}.unwrap_or(&NULL))"))
        }
        _ => ("&'a Value".to_owned(), format!("{get}.unwrap_or(&NULL)")),
    };
    Ok(format!("pub fn {}(self) -> {result} {{ {body} }}\n", method(&field.name)))
}

/// `podIPs` becomes `pod_ips`, `clusterIP` becomes `cluster_ip`.
fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let boundary = i > 0
            && c.is_ascii_uppercase()
            && (!chars[i - 1].is_ascii_uppercase()
                || chars.get(i + 1).is_some_and(|next| next.is_ascii_lowercase() && *next != 's'));
        if boundary && chars[i - 1] != '_' {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    out
}

fn method(name: &str) -> String {
    match snake(name).as_str() {
        keyword
        @ ("type" | "ref" | "match" | "continue" | "default" | "self" | "use" | "static" | "move") => {
            format!("{keyword}_")
        }
        other => other.to_owned(),
    }
}

fn constant(name: &str) -> String {
    let upper = snake(name).to_uppercase();
    // Two JSON names that differ in case only would collide; the second form is the spelled-out one.
    match name {
        "$ref" => "REF_DOLLAR".to_owned(),
        "$schema" => "SCHEMA_DOLLAR".to_owned(),
        "Port" => "PORT_CAPITAL".to_owned(),
        _ => upper.trim_start_matches('_').to_owned(),
    }
}
