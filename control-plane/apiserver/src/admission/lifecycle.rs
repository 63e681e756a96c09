//! NamespaceLifecycle: nothing is made in a namespace that ends, and some namespaces never do.

use api::Resource;
use api::Value;
use meta::Cause;
use meta::Status;

use crate::path::Call;

/// Namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Whatever is created goes into a namespace that exists and is not being deleted.
pub(super) fn namespace_exists(
    call: &Call<'_>,
    _object: &mut Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    let resource = call.target.resource;
    if old.is_some() || !resource.namespaced {
        return Ok(());
    }
    let namespaces = Resource::find("", "v1", "namespaces").expect("a row of the table");
    let cache = call.server.storage.cache.of(namespaces).expect("namespaces are stored");
    let name = &call.target.namespace;
    let Some(namespace) = cache.get("", name) else {
        return Err(Status::not_found(&namespaces.group_resource(), name));
    };
    if namespace.value()["metadata"]["deletionTimestamp"].is_null() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {name} because it is being terminated");
    let mut status = Status::forbidden(&resource.group_resource(), &call.target.name, &why);
    status.causes.push(Cause {
        reason: "NamespaceTerminating",
        message: format!("namespace {name} is being terminated"),
        field: "metadata.namespace".to_owned(),
    });
    Err(status)
}

/// Some namespaces are for ever.
pub(super) fn namespace_lifecycle(
    call: &Call<'_>,
    object: Option<&Value>,
    _old: Option<&Value>,
) -> Result<(), Status> {
    let deleting = object.is_none()
        && call.target.resource.name == "namespaces"
        && call.target.resource.group.is_empty();
    if deleting && IMMORTAL.contains(&call.target.name.as_str()) {
        let why = "this namespace may not be deleted";
        return Err(Status::forbidden(&call.target.resource.group_resource(), &call.target.name, why));
    }
    Ok(())
}
