//! Built-in admission: an ordered table of plugins, each up to four functions.
//!
//! Mutating functions change the object of a create or update; validating functions refuse; warning
//! functions tell the client; charging functions say what else must be written with it. All see the call, so that they can read other
//! objects from the watch cache; none of them waits.

mod certificates;
mod classes;
mod devices;
mod lifecycle;
mod limits;
mod node;
mod pod;
mod pod_security;
mod quota;
mod rbac;

use std::sync::Arc;

use api::Object;
use api::Value;
use meta::Status;

use crate::path::Call;
use crate::storage::ObjectWrite;
use crate::tokens::core;

pub(crate) use quota::Turns;

type Mutate = fn(&Call<'_>, &mut Value, Option<&Value>) -> Result<(), Status>;
type Validate = fn(&Call<'_>, Option<&Value>, Option<&Value>) -> Result<(), Status>;
type Warn = fn(&Call<'_>, &Value, Option<&Value>) -> Vec<String>;
type Charge = fn(&Call<'_>, &Value, Option<&Value>) -> Result<Vec<ObjectWrite>, Status>;

/// One plugin; a step that it lacks is `None`.
struct Plugin {
    /// Its name, as upstream's `--enable-admission-plugins` spells it.
    name: &'static str,
    mutate: Option<Mutate>,
    validate: Option<Validate>,
    warn: Option<Warn>,
    charge: Option<Charge>,
}

const NONE: Plugin = Plugin { name: "", mutate: None, validate: None, warn: None, charge: None };

/// In upstream's order (`AllOrderedPlugins`); what pays comes last, when nothing else can refuse.
const PLUGINS: &[Plugin] = &[
    Plugin {
        name: "NamespaceLifecycle",
        mutate: Some(lifecycle::namespace_exists),
        validate: Some(lifecycle::namespace_lifecycle),
        ..NONE
    },
    Plugin {
        name: "LimitRanger",
        mutate: Some(limits::set_defaults),
        validate: Some(limits::validate),
        ..NONE
    },
    Plugin { name: "ServiceAccount", mutate: Some(pod::service_account), ..NONE },
    Plugin { name: "NodeRestriction", validate: Some(node::restriction), ..NONE },
    Plugin {
        name: "PodSecurity",
        validate: Some(pod_security::validate),
        warn: Some(pod_security::warnings),
        ..NONE
    },
    Plugin { name: "Priority", mutate: Some(pod::priority), ..NONE },
    Plugin { name: "DefaultTolerationSeconds", mutate: Some(pod::default_tolerations), ..NONE },
    Plugin { name: "DefaultStorageClass", mutate: Some(classes::default_storage_class), ..NONE },
    Plugin { name: "StorageObjectInUseProtection", mutate: Some(classes::storage_protection), ..NONE },
    Plugin { name: "PersistentVolumeClaimResize", validate: Some(classes::claim_resize), ..NONE },
    Plugin {
        name: "RuntimeClass",
        mutate: Some(classes::runtime_class),
        validate: Some(classes::validate_overhead),
        ..NONE
    },
    Plugin { name: "CertificateApproval", validate: Some(certificates::approval), ..NONE },
    Plugin { name: "CertificateSigning", validate: Some(certificates::signing), ..NONE },
    Plugin { name: "CertificateSubjectRestriction", validate: Some(certificates::subject), ..NONE },
    Plugin { name: "DefaultIngressClass", mutate: Some(classes::default_ingress_class), ..NONE },
    // Upstream's storage of roles and bindings checks this; here it is one more plugin.
    Plugin { name: "RBACEscalation", validate: Some(rbac::no_escalation), ..NONE },
    // As does its storage of claims to devices.
    Plugin { name: "DeviceAdminAccess", validate: Some(devices::admin_access), ..NONE },
    Plugin { name: "ResourceQuota", charge: Some(quota::charge), ..NONE },
];

/// Runs the mutating functions on the object of a create or, with the old object, an update.
pub(crate) fn mutate(call: &Call<'_>, object: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    for plugin in PLUGINS {
        if let Some(mutate) = plugin.mutate {
            mutate(call, object, old).inspect_err(|_| refused(call, plugin))?;
        }
    }
    Ok(())
}

/// Runs the validating functions; of a delete, `object` is `None`.
pub(crate) fn validate(call: &Call<'_>, object: Option<&Value>, old: Option<&Value>) -> Result<(), Status> {
    for plugin in PLUGINS {
        if let Some(validate) = plugin.validate {
            validate(call, object, old).inspect_err(|_| refused(call, plugin))?;
        }
    }
    Ok(())
}

/// What the client should know about an object that was let through.
pub(crate) fn warnings(call: &Call<'_>, object: &Value, old: Option<&Value>) -> Vec<String> {
    PLUGINS.iter().filter_map(|plugin| plugin.warn).flat_map(|warn| warn(call, object, old)).collect()
}

/// What must be written together with an object, as things are now.
pub(crate) fn charge(
    call: &Call<'_>,
    object: &Value,
    old: Option<&Value>,
) -> Result<Vec<ObjectWrite>, Status> {
    let mut writes = Vec::new();
    for plugin in PLUGINS {
        if let Some(charge) = plugin.charge {
            writes.extend(charge(call, object, old).inspect_err(|_| refused(call, plugin))?);
        }
    }
    Ok(writes)
}

fn refused(call: &Call<'_>, plugin: &Plugin) {
    let target = &call.target;
    tracing::debug!(
        plugin = plugin.name,
        resource = target.resource.name,
        namespace = %target.namespace,
        name = %target.name,
        "admission refused a request"
    );
}

/// 403 about the object of the call.
fn forbidden(call: &Call<'_>, why: &str) -> Status {
    Status::forbidden(&call.target.resource.group_resource(), &call.target.name, why)
}

/// Whether the call is about a resource of the core group, or a subresource of it.
fn is_about(call: &Call<'_>, resource: &str, subresource: &str) -> bool {
    let target = &call.target;
    target.resource.group.is_empty() && target.resource.name == resource && target.subresource == subresource
}

/// Every object of a core resource in the namespace of the call.
fn of_namespace(call: &Call<'_>, resource: &str) -> Vec<Arc<Object>> {
    let cache = call.server.storage.cache.of(core(resource)).expect("core resources are stored");
    cache.in_namespace(&call.target.namespace)
}
