//! The resource table: one row for everything the API server serves.

use meta::GroupResource;
use meta::Gvk;

use crate::generated::resources::RESOURCES;
use crate::types::TypeId;

/// One resource: names, scope, verbs, subresources, type.
#[derive(Debug)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The API version.
    pub version: &'static str,
    /// The plural name, as it stands in URLs.
    pub name: &'static str,
    /// The singular name.
    pub singular: &'static str,
    /// The kind of its objects.
    pub kind: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// The verbs, as bits of [`verbs`].
    pub verbs: u16,
    /// Short names, such as `po`.
    pub short_names: &'static [&'static str],
    /// Categories, such as `all`.
    pub categories: &'static [&'static str],
    /// Subresources.
    pub subresources: &'static [Subresource],
    /// The type of its objects; `None` where the table of types lacks it.
    pub ty: Option<TypeId>,
    /// Whether it is served without being asked for: stable versions are.
    pub served_by_default: bool,
}

/// One subresource.
#[derive(Debug)]
pub struct Subresource {
    /// Its name, such as `status`.
    pub name: &'static str,
    /// The group of its kind.
    pub group: &'static str,
    /// The version of its kind.
    pub version: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// The verbs, as bits of [`verbs`].
    pub verbs: u16,
    /// The type of its body.
    pub ty: Option<TypeId>,
}

/// Verbs as bits, in alphabetical order as discovery lists them.
pub mod verbs {
    /// The name of each bit.
    pub const NAMES: [&str; 8] =
        ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    /// `POST` on a collection.
    pub const CREATE: u16 = 1;
    /// `DELETE` on an object.
    pub const DELETE: u16 = 2;
    /// `DELETE` on a collection.
    pub const DELETE_COLLECTION: u16 = 4;
    /// `GET` of an object.
    pub const GET: u16 = 8;
    /// `GET` of a collection.
    pub const LIST: u16 = 16;
    /// `PATCH`.
    pub const PATCH: u16 = 32;
    /// `PUT`.
    pub const UPDATE: u16 = 64;
    /// `GET` with `watch=true`.
    pub const WATCH: u16 = 128;

    /// The names of the bits that are set.
    pub fn names(bits: u16) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().enumerate().filter(move |(i, _)| bits & (1 << i) != 0).map(|(_, name)| name)
    }
}

impl Resource {
    /// Every row.
    pub fn all() -> &'static [Resource] {
        RESOURCES
    }

    /// The row for a group, version and plural name.
    pub fn find(group: &str, version: &str, name: &str) -> Option<&'static Resource> {
        RESOURCES.iter().find(|r| r.name == name && r.group == group && r.version == version)
    }

    /// The row for a kind.
    pub fn for_kind(group: &str, version: &str, kind: &str) -> Option<&'static Resource> {
        RESOURCES.iter().find(|r| r.kind == kind && r.group == group && r.version == version)
    }

    /// The row of the preferred version of a resource.
    pub fn preferred(group: &str, name: &str) -> Option<&'static Resource> {
        RESOURCES.iter().find(|r| r.name == name && r.group == group && r.served_by_default)
    }

    /// The subresource with this name.
    pub fn subresource(&self, name: &str) -> Option<&'static Subresource> {
        self.subresources.iter().find(|s| s.name == name)
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk { group: self.group.into(), version: self.version.into(), kind: self.kind.into() }
    }

    /// Group and resource, as error texts spell it.
    pub fn group_resource(&self) -> GroupResource {
        GroupResource { group: self.group.into(), resource: self.name.into() }
    }

    /// The fields that field selectors may name besides `metadata.name` and `metadata.namespace`.
    pub fn selectable(&self) -> &'static [&'static str] {
        match (self.group, self.name) {
            ("", "pods") => &[
                "spec.nodeName",
                "status.phase",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.podIP",
                "status.nominatedNodeName",
                "spec.hostNetwork",
            ],
            ("", "events") => &[
                "involvedObject.kind",
                "involvedObject.namespace",
                "involvedObject.name",
                "involvedObject.uid",
                "involvedObject.apiVersion",
                "involvedObject.resourceVersion",
                "involvedObject.fieldPath",
                "reason",
                "reportingComponent",
                "source",
                "type",
            ],
            ("", "secrets") => &["type"],
            ("", "namespaces") => &["status.phase"],
            ("", "nodes") => &["spec.unschedulable"],
            ("", "services") => &["spec.clusterIP", "spec.type"],
            ("", "replicationcontrollers") => &["status.replicas"],
            ("batch", "jobs") => &["status.successful"],
            ("certificates.k8s.io", "certificatesigningrequests") => &["spec.signerName"],
            ("resource.k8s.io", "resourceslices") => &["spec.nodeName", "spec.driver"],
            _ => &[],
        }
    }

    /// Whether the verb is among its verbs.
    pub fn allows(&self, verb: u16) -> bool {
        self.verbs & verb != 0
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        (self.group, self.version, self.name) == (other.group, other.version, other.name)
    }
}

impl Eq for Resource {}
