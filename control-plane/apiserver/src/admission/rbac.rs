//! Nobody hands out rights that they do not have.
//!
//! Source: Kubernetes documentation, "Using RBAC Authorization", privilege escalation prevention.

use api::Value;
use meta::Status;

use crate::authz::Attributes;
use crate::authz::Rule;
use crate::path::Call;
use crate::user::MASTERS;

/// Roles may grant, and bindings may bind, only what the user has; unless the user has the verbs
/// `escalate` or `bind`.
pub(super) fn no_escalation(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    let resource = call.target.resource;
    let Some(object) = object else { return Ok(()) };
    if resource.group != "rbac.authorization.k8s.io" || call.user.is_in(MASTERS) {
        return Ok(());
    }
    let (wanted, verb, asked_name, asked_resource) = match resource.name {
        "roles" | "clusterroles" => {
            if old.is_some_and(|old| old["rules"] == object["rules"]) {
                return Ok(());
            }
            (crate::authz::parse_rules(object), "escalate", call.target.name.clone(), resource.name)
        }
        _ => {
            if old.is_some_and(|old| {
                old["subjects"] == object["subjects"] && old["roleRef"] == object["roleRef"]
            }) {
                return Ok(());
            }
            let kind = object["roleRef"]["kind"].str_or_empty();
            let name = object["roleRef"]["name"].str_or_empty();
            // Binding a role that does not exist yet could bind anything later.
            let rules = call
                .server
                .rbac
                .role_rules(kind, &call.target.namespace, name)
                .unwrap_or_else(|| vec![Rule::everything()]);
            let bound = if kind == "ClusterRole" { "clusterroles" } else { "roles" };
            (rules, "bind", name.to_owned(), bound)
        }
    };
    let attributes = Attributes {
        verb: verb.to_owned(),
        group: resource.group.to_owned(),
        resource: asked_resource.to_owned(),
        namespace: call.target.namespace.clone(),
        name: asked_name,
        ..Attributes::default()
    };
    if call.server.is_allowed(call.user, &attributes) {
        return Ok(());
    }
    let owned = call.server.rbac.rules_for(call.user, &call.target.namespace);
    let lacking: Vec<String> =
        wanted.iter().filter(|rule| !rule.is_covered_by(&owned)).map(|rule| rule.describe()).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let why = format!(
        "user {:?} (groups={:?}) is attempting to grant RBAC permissions not currently held:\n{}",
        call.user.name,
        call.user.groups,
        lacking.join("\n")
    );
    Err(Status::forbidden(&resource.group_resource(), &call.target.name, &why))
}
