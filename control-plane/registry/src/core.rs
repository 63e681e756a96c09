//! Small kinds of the core group and their like.

use api::Entry;
use api::Value;
use api::value;
use base64::Engine as _;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pem;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::strategy::keep_other_part;
use crate::table;

/// Largest sum of a ConfigMap's or Secret's data.
const MAX_DATA_BYTES: usize = 1024 * 1024;
/// Finalizers whose names belong to nobody.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

pub(crate) struct Namespaces;
pub(crate) struct ConfigMaps;
pub(crate) struct Secrets;
/// How the parts of the control plane are; never stored.
pub(crate) struct ComponentStatuses;
pub(crate) struct ServiceAccounts;
pub(crate) struct Leases;
pub(crate) struct PriorityClasses;

impl Strategy for Namespaces {
    fn table(&self) -> &'static Table {
        &table::NAMESPACE
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        let name = object["metadata"]["name"].str_or_empty().to_owned();
        if !name.is_empty() {
            object.set(&["metadata", "labels", "kubernetes.io/metadata.name"], name);
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        object.set(&["status"], value!({"phase": "Active"}));
        // Content goes before the namespace does: the namespace controller takes this away.
        let finalizers = object.at_mut(&["spec", "finalizers"]).ensure_list();
        if !finalizers.iter().any(|f| f.as_str() == Some("kubernetes")) {
            finalizers.push("kubernetes".into());
        }
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, object: &mut Value, old: &Value) {
        match part {
            Subresource::Other("finalize") => object.set(&["status"], old["status"].clone()),
            Subresource::None => {
                object.set(&["spec"], old["spec"].clone());
                object.set(&["status"], old["status"].clone());
            }
            part => keep_other_part(cx.resource, part, object, old),
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        names::dns1123_label(name)
    }

    fn check(&self, _cx: &Context<'_>, namespace: &Value, causes: &mut Causes) {
        check_finalizers(namespace, causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        namespace: &Value,
        _old: &Value,
        causes: &mut Causes,
    ) {
        match part {
            Subresource::Other("finalize") => check_finalizers(namespace, causes),
            Subresource::Status => check_phase(namespace, causes),
            _ => {}
        }
    }

    /// A namespace stays until its content is gone, which its controller says by `spec.finalizers`.
    fn is_held(&self, object: &Value) -> bool {
        !object["spec"]["finalizers"].items().is_empty()
    }

    fn mark_deleted(&self, object: &mut Value) {
        object.set(&["status", "phase"], "Terminating");
        // It ends when it is empty, not after a time.
        object.remove(&["metadata", "deletionGracePeriodSeconds"]);
    }

    fn is_deleted_by_itself(&self) -> bool {
        true
    }
}

fn check_finalizers(namespace: &Value, causes: &mut Causes) {
    let list = Path::new("spec.finalizers");
    for (i, finalizer) in namespace["spec"]["finalizers"].items().iter().enumerate() {
        let name = finalizer.str_or_empty();
        let errors = names::qualified_name(name);
        for error in &errors {
            causes.push(Cause::invalid(list.index(i), name, error));
        }
        if errors.is_empty() && !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(list.index(i), name, why));
        }
    }
}

/// What a namespace is follows from whether it was deleted.
fn check_phase(namespace: &Value, causes: &mut Causes) {
    let phase = namespace["status"]["phase"].str_or_empty();
    let (due, why) = match namespace["metadata"]["deletionTimestamp"].is_null() {
        true => ("Active", "may only be 'Active' if `deletionTimestamp` is empty"),
        false => ("Terminating", "may only be 'Terminating' if `deletionTimestamp` is not empty"),
    };
    if phase != due {
        causes.push(Cause::invalid("status.Phase", phase, why));
    }
}

impl Strategy for ConfigMaps {
    fn table(&self) -> &'static Table {
        &table::CONFIG_MAP
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let mut total = 0;
        for part in ["data", "binaryData"] {
            for entry in object[part].entries().iter() {
                let key = entry.key.as_str();
                let part = Path::new(part);
                let path = part.key(key);
                causes.extend(names::config_key(key).iter().map(|e| Cause::invalid(path, key, e)));
                total += entry.value.str_or_empty().len();
            }
        }
        for entry in object["data"].entries().iter() {
            if object["binaryData"].get(entry.key.as_str()).is_some() {
                let (key, detail) = (entry.key.as_str(), "duplicate of key present in binaryData");
                causes.push(Cause::invalid(Path::new("data").key(key), key, detail));
            }
        }
        if total > MAX_DATA_BYTES {
            causes.push(Cause::too_long("", MAX_DATA_BYTES));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        validate_immutable(object, old, &["data", "binaryData"], causes);
    }
}

impl Strategy for Secrets {
    fn table(&self) -> &'static Table {
        &table::SECRET
    }

    fn set_defaults(&self, object: &mut Value) {
        set_default(object, "type", "Opaque");
        // Written for convenience, never stored.
        if let Some(plain) = object.remove(&["stringData"]) {
            let encode = |text: &Value| base64::engine::general_purpose::STANDARD.encode(text.str_or_empty());
            let texts = plain.entries().iter();
            let encoded =
                texts.map(|entry| Entry { key: entry.key.clone(), value: encode(&entry.value).into() });
            object.at_mut(&["data"]).ensure_map().extend(encoded.collect());
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let mut total = 0;
        for entry in object["data"].entries().iter() {
            let key = entry.key.as_str();
            let data = Path::new("data");
            let path = data.key(key);
            causes.extend(names::config_key(key).iter().map(|e| Cause::invalid(path, key, e)));
            total += entry.value.str_or_empty().len() / 4 * 3;
        }
        if total > MAX_DATA_BYTES {
            causes.push(Cause::too_long("data", MAX_DATA_BYTES));
        }
        let required: &[&str] = match object["type"].str_or_empty() {
            "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
            "kubernetes.io/dockercfg" => &[".dockercfg"],
            "kubernetes.io/tls" => &["tls.crt", "tls.key"],
            _ => &[],
        };
        let (path, data) = (Path::new("data"), &object["data"]);
        for key in required.iter().filter(|key| data.get(**key).is_none()) {
            causes.push(Cause::required(path.key(key), ""));
        }
        match object["type"].str_or_empty() {
            "kubernetes.io/dockerconfigjson" => check_json(data, ".dockerconfigjson", causes),
            "kubernetes.io/dockercfg" => check_json(data, ".dockercfg", causes),
            "kubernetes.io/ssh-auth" if data["ssh-privatekey"].str_or_empty().is_empty() => {
                causes.push(Cause::required(path.key("ssh-privatekey"), ""));
            }
            "kubernetes.io/basic-auth" => {
                let keys = ["username", "password"];
                if keys.iter().all(|key| data.get(*key).is_none()) {
                    causes.extend(keys.map(|key| Cause::required(path.key(key), "")));
                }
            }
            _ => {}
        }
    }

    fn warnings(&self, secret: &Value) -> Vec<String> {
        let pair = ["tls.crt", "tls.key"].map(|key| &secret["data"][key]);
        let wrong =
            (secret["type"].as_str() == Some("kubernetes.io/tls")).then(|| pem::pair(pair.map(decoded)));
        wrong.flatten().into_iter().collect()
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if object["type"] != old["type"] {
            causes.push(Cause::invalid("type", object["type"].str_or_empty(), "field is immutable"));
        }
        validate_immutable(object, old, &["data"], causes);
    }
}

/// Bytes as they are behind their base64.
fn decoded(encoded: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(encoded.str_or_empty()).unwrap_or_default()
}

/// A value that must be a JSON object. It is not shown.
fn check_json(data: &Value, key: &str, causes: &mut Causes) {
    let Some(encoded) = data.get(key) else { return };
    let detail = match api::json::parse_value(&decoded(encoded)) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(other) => {
            let found = other.type_name();
            format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}")
        }
        Err(error) => error.message,
    };
    causes.push(Cause::invalid(Path::new("data").key(key), "<secret contents redacted>", &detail));
}

fn validate_immutable(object: &Value, old: &Value, fields: &[&str], causes: &mut Causes) {
    if old["immutable"].as_bool() != Some(true) {
        return;
    }
    if object["immutable"].as_bool() != Some(true) {
        causes.push(Cause::forbidden("immutable", "field is immutable when `immutable` is set"));
    }
    for field in fields {
        if object[*field] != old[*field] {
            causes.push(Cause::forbidden(*field, "field is immutable when `immutable` is set"));
        }
    }
}

impl Strategy for ComponentStatuses {
    fn table(&self) -> &'static Table {
        &table::COMPONENT_STATUS
    }

    fn deprecation(&self) -> Option<&'static str> {
        Some("v1 ComponentStatus is deprecated in v1.19+")
    }
}

impl Strategy for ServiceAccounts {
    fn warnings(&self, account: &Value) -> Vec<String> {
        let old = "kubernetes.io/enforce-mountable-secrets";
        let used = account["metadata"]["annotations"].get(old).is_some();
        let told = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets";
        used.then(|| format!("metadata.annotations[{old}]: {told}")).into_iter().collect()
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        keep_names_of_secrets(object);
    }

    fn prepare_update(&self, _cx: &Context<'_>, _part: Subresource, object: &mut Value, _old: &Value) {
        keep_names_of_secrets(object);
    }

    fn table(&self) -> &'static Table {
        &table::SERVICE_ACCOUNT
    }
}

/// An account refers to secrets beside it, so that a reference is a name.
fn keep_names_of_secrets(object: &mut Value) {
    for secret in items_mut(object, "secrets") {
        let name = secret["name"].clone();
        *secret = if name.is_null() { value!({}) } else { value!({"name": name}) };
    }
}

/// Elections that a server coordinates are behind a gate that is off.
const COORDINATED: [&str; 2] = ["strategy", "preferredHolder"];

impl Strategy for Leases {
    fn prepare_create(&self, _cx: &Context<'_>, lease: &mut Value) {
        for field in COORDINATED {
            lease.remove(&["spec", field]);
        }
    }

    fn prepare_update(&self, _cx: &Context<'_>, _part: Subresource, lease: &mut Value, old: &Value) {
        for field in COORDINATED.iter().filter(|field| old["spec"][**field].is_null()) {
            lease.remove(&["spec", field]);
        }
    }

    fn table(&self) -> &'static Table {
        &table::LEASE
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        if spec["leaseDurationSeconds"].as_i64().is_some_and(|seconds| seconds <= 0) {
            let field = path.child("leaseDurationSeconds");
            causes.push(Cause::invalid(field, &spec["leaseDurationSeconds"], "must be greater than 0"));
        }
        rules::non_negative(&path, spec, &["leaseTransitions"], causes);
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn relaxed_durability(&self) -> bool {
        true
    }
}

/// The classes of the system, and what they are worth.
const SYSTEM_PRIORITIES: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

impl Strategy for PriorityClasses {
    fn table(&self) -> &'static Table {
        &table::PRIORITY_CLASS
    }

    fn set_defaults(&self, object: &mut Value) {
        if object["preemptionPolicy"].is_null() {
            object.set(&["preemptionPolicy"], "PreemptLowerPriority");
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::One
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let name = object["metadata"]["name"].str_or_empty();
        let value = object["value"].as_i64().unwrap_or(0);
        let wrong = match SYSTEM_PRIORITIES.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != value => {
                Some(format!("value of {name} PriorityClass must be {known}"))
            }
            Some(_) if object["globalDefault"].as_bool() == Some(true) => {
                Some(format!("globalDefault of {name} PriorityClass must be false"))
            }
            Some(_) => None,
            None => Some(format!("{name} is not a known system priority class")),
        };
        let system = name.starts_with("system-");
        if let Some(wrong) = wrong.filter(|_| system) {
            let detail = "priority class names with 'system-' prefix are reserved for system use only";
            causes.push(Cause::forbidden("metadata.name", &format!("{detail}. error: {wrong}")));
        }
        rules::one_of(&Path::new(""), object, "preemptionPolicy", &["PreemptLowerPriority", "Never"], causes);
        if value > 1_000_000_000 && !system {
            let detail = "maximum allowed value of a user defined priority is 1000000000";
            causes.push(Cause::forbidden("value", detail));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if object["value"] != old["value"] {
            causes.push(Cause::forbidden("value", "may not be changed in an update."));
        }
        let [new, before] = [object, old].map(|class| &class["preemptionPolicy"]);
        rules::immutable(&Path::new("preemptionPolicy"), new, before, causes);
    }
}
