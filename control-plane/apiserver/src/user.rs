//! Who asks.

use std::collections::BTreeMap;

/// Everybody who was authenticated.
pub const AUTHENTICATED: &str = "system:authenticated";
/// Everybody who was not.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// Those who may do everything.
pub const MASTERS: &str = "system:masters";
/// Every service account.
pub const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
/// Every node.
pub const NODES: &str = "system:nodes";

/// An identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The user name.
    pub name: String,
    /// The uid, where the authenticator knows one.
    pub uid: String,
    /// Every group.
    pub groups: Vec<String>,
    /// What else the authenticator knows.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// An authenticated user.
    pub fn new(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().copied().chain([AUTHENTICATED]).map(str::to_owned).collect();
        Self { name: name.to_owned(), groups, ..Self::default() }
    }

    /// The anonymous user.
    pub fn anonymous() -> Self {
        Self { name: "system:anonymous".into(), groups: vec![UNAUTHENTICATED.into()], ..Self::default() }
    }

    /// The identity of a service account.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        let own = format!("{SERVICE_ACCOUNTS}:{namespace}");
        Self::new(&format!("system:serviceaccount:{namespace}:{name}"), &[SERVICE_ACCOUNTS, &own])
    }

    /// Whether the user is in a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }

    /// The node's name, where the user is a kubelet.
    pub fn node_name(&self) -> Option<&str> {
        if self.is_in(NODES) { self.name.strip_prefix("system:node:") } else { None }
    }
}
