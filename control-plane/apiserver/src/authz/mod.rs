//! May this user do this?

mod node;
mod rbac;

use client::Action;
use client::Target;

pub(crate) use node::NodeAuthorizer;
pub(crate) use rbac::Rbac;
pub(crate) use rbac::Rule;
pub(crate) use rbac::parse_rules;

use crate::user::User;

/// What is asked, apart from who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `get`, `list`, `create`, …; of URLs outside the resource tree the lower-cased HTTP method.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource; empty for URLs outside the resource tree.
    pub resource: String,
    /// The subresource.
    pub subresource: String,
    /// The namespace; empty for cluster-scoped resources and all namespaces.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// The URL path, outside the resource tree.
    pub path: String,
}

impl Attributes {
    /// The attributes of a call.
    pub fn of(target: &Target, action: &Action) -> Self {
        let verb = match action {
            Action::Get { .. } => "get",
            Action::List(_) => "list",
            Action::Watch(_) => "watch",
            Action::Create(..) => "create",
            Action::Update(..) => "update",
            Action::Patch(..) => "patch",
            Action::Delete(_) => "delete",
            Action::DeleteCollection(..) => "deletecollection",
        };
        Self::of_target(target, verb)
    }

    /// The attributes of something done to a target.
    pub fn of_target(target: &Target, verb: &str) -> Self {
        Self {
            verb: verb.into(),
            group: target.resource.group.into(),
            resource: target.resource.name.into(),
            subresource: target.subresource.clone(),
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            path: String::new(),
        }
    }

    /// The attributes of a request outside the resource tree.
    pub fn non_resource(verb: &str, path: &str) -> Self {
        Self { verb: verb.into(), path: path.into(), ..Self::default() }
    }

    /// The sentence for a user who may not.
    pub fn refusal(&self, user: &User) -> String {
        if self.resource.is_empty() {
            return format!("User {:?} cannot {} path {:?}", user.name, self.verb, self.path);
        }
        let resource = if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        };
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", self.namespace)
        };
        format!(
            "User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
            user.name, self.verb, self.group
        )
    }
}
