//! NamespaceLifecycle and NodeRestriction.

use api::Resource;
use api::Value;
use meta::Cause;
use meta::GroupResource;
use meta::Status;

use crate::path::Call;
use crate::user::User;

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

/// A kubelet changes its own node and the pods on it, and gives itself no labels that would draw
/// other people's work to it.
pub(super) fn node_restriction(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    let Some(node) = call.user.node_name() else { return Ok(()) };
    let resource = call.target.resource.group_resource();
    let refuse = |why: String| Err(Status::forbidden(&resource, &call.target.name, &why));
    match (call.target.resource.group, call.target.resource.name) {
        ("", "nodes") => {
            if call.target.name != node {
                return refuse(format!("node {node:?} is not allowed to modify node {:?}", call.target.name));
            }
            let Some(object) = object else { return Ok(()) };
            for (key, value) in object["metadata"]["labels"].entries().strings() {
                let changed = old.is_none_or(|old| old["metadata"]["labels"][key].as_str() != Some(value));
                if changed && key.contains("node-restriction.kubernetes.io/") {
                    return refuse(format!("is not allowed to modify labels: {key}"));
                }
            }
            Ok(())
        }
        ("", "pods") => restrict_pod(call.user, &resource, object, old, &call.target.name),
        _ => Ok(()),
    }
}

fn restrict_pod(
    user: &User,
    resource: &GroupResource,
    object: Option<&Value>,
    old: Option<&Value>,
    name: &str,
) -> Result<(), Status> {
    let node = user.node_name().unwrap_or("");
    let bound = |pod: &Value| pod["spec"]["nodeName"].as_str() == Some(node);
    let why = match (object, old) {
        (Some(pod), None) if !bound(pod) => "can only create pods with spec.nodeName set to itself",
        (Some(pod), None) if pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_none() => {
            "pod does not have \"kubernetes.io/config.mirror\" annotation, node can only create mirror pods"
        }
        (_, Some(pod)) if !bound(pod) => "can only update or delete pods with spec.nodeName set to itself",
        _ => return Ok(()),
    };
    Err(Status::forbidden(resource, name, &format!("node {node:?} {why}")))
}
