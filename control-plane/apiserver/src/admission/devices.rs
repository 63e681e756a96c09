//! Access to devices that others use, for administrators: only in namespaces that are marked for it.
//!
//! Source: Kubernetes documentation, "Dynamic Resource Allocation", admin access.

use api::Value;
use meta::Cause;
use meta::Status;

use crate::path::Call;

const ADMIN_NAMESPACE: &str = "resource.kubernetes.io/admin-access";

/// A claim with such access, a template of one, or the devices that one gets.
pub(super) fn admin_access(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    let resource = call.target.resource;
    let Some(object) = object.filter(|_| resource.group == "resource.k8s.io") else { return Ok(()) };
    let Some(field) = asked(resource.name, object, old) else { return Ok(()) };
    let namespace = call.server.object("namespaces", "", &call.target.namespace);
    let marked = |namespace: &Value| {
        namespace["metadata"]["labels"].get(ADMIN_NAMESPACE).and_then(Value::as_str) == Some("true")
    };
    if namespace.is_some_and(|namespace| marked(namespace.value())) {
        return Ok(());
    }
    let why = format!(
        "admin access to devices requires the `{ADMIN_NAMESPACE}: true` label on the containing namespace"
    );
    let cause = Cause::forbidden(field, &why);
    Err(Status::invalid(resource.group, resource.kind, &call.target.name, cause))
}

/// The field that asks for it anew. What is asked for never changes, nor does what was given.
fn asked(resource: &str, object: &Value, old: Option<&Value>) -> Option<String> {
    let first = |items: &Value, is: fn(&Value) -> bool| items.items().iter().position(is);
    let given = |claim: &Value| {
        let results = &claim["status"]["allocation"]["devices"]["results"];
        first(results, |result| result["adminAccess"].as_bool() == Some(true))
    };
    if let Some(old) = old {
        let place = given(object).filter(|_| given(old).is_none())?;
        return Some(format!("status.allocation.devices.results[{place}].adminAccess"));
    }
    let spec = match resource {
        "resourceclaims" => &object["spec"],
        "resourceclaimtemplates" => &object["spec"]["spec"],
        _ => return None,
    };
    // Upstream leaves out the part of the path that came with the second form of a request, and that of
    // the template.
    let place = first(&spec["devices"]["requests"], |request| {
        request["exactly"]["adminAccess"].as_bool() == Some(true)
    })?;
    Some(format!("spec.devices.requests[{place}].adminAccess"))
}
