//! The metadata of every object.
//!
//! The rules are the same for all kinds but for what [`EXCEPTIONS`] says: upstream's kinds reach them by
//! different ways, and some ways leave a rule out or state it twice.

use api::Resource;
use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::Strategy;
use crate::rules;
use crate::rules::spelled;

/// Longest sum of annotation keys and values.
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;
/// Finalizers without a domain that the API itself knows.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// What a kind's way to these rules leaves out.
#[derive(Clone, Copy)]
struct Exception {
    /// Finalizers may lack a domain.
    plain_finalizers: bool,
    /// What may not change is said once.
    said_once: bool,
    /// The prefix of a generated name may be anything.
    any_prefix: bool,
    /// The name must fit into a path, and that is all.
    any_name: bool,
    /// There are no rules but those of every object: of the name as before, and nothing of the
    /// metadata is said of a new object of which there is something else to say.
    bare: bool,
}

const NONE: Exception =
    Exception { plain_finalizers: false, said_once: false, any_prefix: false, any_name: false, bare: false };
const ANY_PREFIX: Exception = Exception { any_prefix: true, ..NONE };
const ONCE: Exception = Exception { said_once: true, ..NONE };

/// By group and resource; an empty resource stands for all of the group.
const EXCEPTIONS: &[(&str, &str, Exception)] = &[
    (
        "",
        "events",
        Exception { plain_finalizers: true, said_once: true, any_prefix: true, any_name: true, bare: true },
    ),
    (
        "policy",
        "poddisruptionbudgets",
        Exception { plain_finalizers: true, said_once: true, any_prefix: true, ..NONE },
    ),
    ("node.k8s.io", "runtimeclasses", Exception { plain_finalizers: true, ..NONE }),
    ("coordination.k8s.io", "", Exception { plain_finalizers: true, ..NONE }),
    ("admissionregistration.k8s.io", "", Exception { plain_finalizers: true, said_once: true, ..NONE }),
    ("", "limitranges", ONCE),
    ("", "persistentvolumes", ONCE),
    ("discovery.k8s.io", "endpointslices", ONCE),
    ("flowcontrol.apiserver.k8s.io", "", ONCE),
    ("storage.k8s.io", "csinodes", ONCE),
    ("storage.k8s.io", "volumeattachments", ONCE),
    (
        "certificates.k8s.io",
        "certificatesigningrequests",
        Exception { any_prefix: true, any_name: true, ..NONE },
    ),
    ("", "replicationcontrollers", ANY_PREFIX),
    ("rbac.authorization.k8s.io", "", ANY_PREFIX),
    ("resource.k8s.io", "deviceclasses", ANY_PREFIX),
];

fn exception(resource: &Resource) -> Exception {
    let fits = |(group, name, _): &&(&str, &str, Exception)| {
        *group == resource.group && (*name == resource.name || name.is_empty() && !group.is_empty())
    };
    EXCEPTIONS.iter().find(fits).map_or(NONE, |(_, _, exception)| *exception)
}

/// Whether nothing is said of the metadata of a new object of which there is something else to say.
pub(crate) fn comes_last(resource: &Resource) -> bool {
    exception(resource).bare
}

/// Every rule that the metadata of an object breaks.
pub(crate) fn check(resource: &Resource, strategy: &dyn Strategy, metadata: &Value) -> Causes {
    let exception = exception(resource);
    let mut causes = Causes::default();
    let path = Path::new("metadata");
    let prefix = metadata["generateName"].str_or_empty();
    if !prefix.is_empty() && !exception.any_prefix {
        // Something follows the dash that a prefix may end with.
        let name = prefix.strip_suffix('-').map_or(prefix.to_owned(), |start| format!("{start}a"));
        let path = path.child("generateName");
        causes.extend(strategy.validate_name(&name).iter().map(|e| Cause::invalid(path, prefix, e)));
    }
    let name = metadata["name"].str_or_empty();
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else if exception.any_name {
        spelled(&path.child("name"), name, names::path_segment, &mut causes);
    } else {
        spelled_by(&path.child("name"), name, strategy, &mut causes);
    }
    check_maps(&path, metadata, &mut causes);
    check_owners(&path.child("ownerReferences"), &metadata["ownerReferences"], &mut causes);
    let list = path.child("finalizers");
    let finalizers = metadata["finalizers"].items();
    for finalizer in finalizers {
        spelled(&list, finalizer.str_or_empty(), names::qualified_name, &mut causes);
    }
    check_managers(&path.child("managedFields"), metadata, &mut causes);
    if !exception.plain_finalizers {
        for (i, finalizer) in finalizers.iter().enumerate() {
            let text = finalizer.str_or_empty();
            if !text.contains('/') && !STANDARD_FINALIZERS.contains(&text) {
                let detail = "name is neither a standard finalizer name nor is it fully qualified";
                causes.push(Cause::invalid(list.index(i), text, detail));
            }
        }
    }
    causes
}

/// Every rule that a change of metadata breaks.
pub(crate) fn check_change(resource: &Resource, metadata: &Value, old: &Value) -> Causes {
    let mut causes = Causes::default();
    let path = Path::new("metadata");
    if !old["deletionTimestamp"].is_null() {
        let known = old["finalizers"].items();
        let mut fresh: Vec<&str> = metadata["finalizers"]
            .items()
            .iter()
            .filter(|f| !known.contains(f))
            .map(Value::str_or_empty)
            .collect();
        fresh.sort_unstable();
        if !fresh.is_empty() {
            let shown: Vec<String> = fresh.iter().map(|name| format!("{name:?}")).collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                shown.join(", ")
            );
            causes.push(Cause::forbidden(path.child("finalizers"), &detail));
        }
    }
    for field in ["name", "namespace", "uid", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        rules::immutable(&path.child(field), &metadata[field], &old[field], &mut causes);
    }
    check_maps(&path, metadata, &mut causes);
    check_owners(&path.child("ownerReferences"), &metadata["ownerReferences"], &mut causes);
    check_managers(&path.child("managedFields"), metadata, &mut causes);
    if !exception(resource).said_once {
        let again = causes.clone();
        causes.extend(again);
    }
    causes
}

fn spelled_by(path: &Path<'_>, name: &str, strategy: &dyn Strategy, causes: &mut Causes) {
    causes.extend(strategy.validate_name(name).iter().map(|e| Cause::invalid(path, name, e)));
}

fn check_maps(path: &Path<'_>, metadata: &Value, causes: &mut Causes) {
    rules::labels(&path.child("labels"), &metadata["labels"], causes);
    let path = path.child("annotations");
    rules::annotations(&path, &metadata["annotations"], causes);
    let bytes: usize = metadata["annotations"].entries().strings().map(|(k, v)| k.len() + v.len()).sum();
    if bytes > MAX_ANNOTATION_BYTES {
        causes.push(Cause::too_long(path, MAX_ANNOTATION_BYTES));
    }
}

fn check_owners(path: &Path<'_>, owners: &Value, causes: &mut Causes) {
    let mut controller: Option<String> = None;
    for owner in owners.items() {
        let text = |field: &str| owner[field].str_or_empty().to_owned();
        for (field, detail) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if text(field).is_empty() {
                causes.push(Cause::invalid(path.child(field), "", detail));
            }
        }
        if text("apiVersion") == "v1" && text("kind") == "Event" {
            causes.push(Cause::invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"));
        }
        if owner["controller"].as_bool() == Some(true) {
            let this = format!("{}/{}", text("kind"), text("name"));
            match &controller {
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    causes.push(Cause::invalid(path, owners, &detail));
                }
                None => controller = Some(this),
            }
        }
    }
}

fn check_managers(path: &Path<'_>, metadata: &Value, causes: &mut Causes) {
    for (i, entry) in metadata["managedFields"].items().iter().enumerate() {
        let path = path.index(i);
        let operation = entry["operation"].str_or_empty();
        if !matches!(operation, "Apply" | "Update") {
            causes.push(Cause::invalid(path.child("operation"), operation, "must be `Apply` or `Update`"));
        }
        let kind = entry["fieldsType"].str_or_empty();
        if !matches!(kind, "" | "FieldsV1") {
            causes.push(Cause::invalid(path.child("fieldsType"), kind, "must be `FieldsV1`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_about_rows() {
        for (group, name, _) in EXCEPTIONS {
            let mut rows = Resource::all().iter().filter(|row| row.group == *group);
            assert!(rows.any(|row| name.is_empty() || row.name == *name), "{group} {name}");
        }
    }
}
