//! A call to the API, apart from how it travels.

use std::pin::Pin;
use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use bytes::Bytes;
use futures_util::Stream;
use meta::FieldSelector;
use meta::LabelSelector;
use meta::ResourceVersion;
use meta::Status;

use crate::Error;

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The row of the resource.
    pub resource: &'static Resource,
    /// The namespace; empty for cluster-scoped resources and for calls across all namespaces.
    pub namespace: String,
    /// The object's name; empty for calls on the collection.
    pub name: String,
    /// The subresource; empty for the object itself.
    pub subresource: String,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it is about.
    pub target: Target,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Read one object (or subresource).
    Get {
        /// The oldest acceptable version; zero takes any.
        resource_version: Option<ResourceVersion>,
    },
    /// Read a collection.
    List(ListOptions),
    /// Follow a collection.
    Watch(WatchOptions),
    /// Make an object (or post to a subresource).
    Create(Value, WriteOptions),
    /// Replace an object.
    Update(Value, WriteOptions),
    /// Change an object.
    Patch(Patch, WriteOptions),
    /// Delete an object.
    Delete(DeleteOptions),
    /// Delete every object that the list options select.
    DeleteCollection(DeleteOptions, ListOptions),
}

/// How a list chooses its version (`resourceVersionMatch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionMatch {
    /// Exactly that version.
    Exact,
    /// That version or a newer one.
    NotOlderThan,
}

/// Which objects a list returns, and from which version.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// By labels.
    pub labels: LabelSelector,
    /// By fields.
    pub fields: FieldSelector,
    /// Most objects to return; zero for all.
    pub limit: usize,
    /// Where an earlier page ended.
    pub continue_token: String,
    /// `None`: the most recent. Zero: whatever is at hand.
    pub resource_version: Option<ResourceVersion>,
    /// How `resource_version` is meant.
    pub version_match: Option<VersionMatch>,
}

/// Which events a watch delivers, and from where.
#[derive(Clone, Debug, Default)]
pub struct WatchOptions {
    /// By labels.
    pub labels: LabelSelector,
    /// By fields.
    pub fields: FieldSelector,
    /// Events after this version. `None` or zero: start with what exists now.
    pub resource_version: Option<ResourceVersion>,
    /// Whether bookmarks are wanted.
    pub bookmarks: bool,
    /// Whether existing objects come first as `ADDED`, closed by an annotated bookmark.
    pub initial_events: Option<bool>,
    /// Seconds until the server ends the watch.
    pub timeout_seconds: Option<u64>,
}

/// Options of every write.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Go through everything, store nothing.
    pub dry_run: bool,
    /// Who writes, in `managedFields`.
    pub field_manager: String,
    /// What happens to unknown and duplicate fields: `Strict`, `Warn` (the default) or `Ignore`.
    pub field_validation: String,
}

/// A change of an object.
#[derive(Clone, Debug)]
pub enum Patch {
    /// RFC 6902.
    Json(Bytes),
    /// RFC 7396.
    Merge(Bytes),
    /// Kubernetes' strategic merge patch.
    Strategic(Bytes),
    /// Server-side apply: the applied configuration, as JSON or YAML.
    Apply {
        /// The configuration.
        config: Bytes,
        /// Take fields from other managers.
        force: bool,
    },
}

/// What happens to dependents of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They stay, without owner.
    Orphan,
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
}

/// What must hold of an object for a delete to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// It has this uid.
    pub uid: Option<String>,
    /// It is at this version.
    pub resource_version: Option<ResourceVersion>,
}

/// Options of a delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// Seconds an object may take to end; zero removes it at once.
    pub grace_period_seconds: Option<u64>,
    /// What must hold.
    pub precondition: Precondition,
    /// What happens to dependents.
    pub propagation: Option<Propagation>,
    /// Go through everything, delete nothing.
    pub dry_run: bool,
}

/// What comes back.
pub enum Answer {
    /// A stored object.
    Object(Arc<Object>),
    /// A collection.
    List(ObjectList),
    /// A stream of changes.
    Watch(WatchStream),
    /// Anything that is not stored: reviews, tokens, scales, statuses.
    Value(Value),
}

/// A collection at one version.
#[derive(Clone, Debug, Default)]
pub struct ObjectList {
    /// The objects, in key order.
    pub items: Vec<Arc<Object>>,
    /// The version of the collection.
    pub resource_version: ResourceVersion,
    /// Where the next page starts; empty on the last one.
    pub continue_token: String,
    /// How many objects follow this page, where known.
    pub remaining: Option<u64>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It appeared (to this watch).
    Added,
    /// It changed.
    Modified,
    /// It disappeared (from this watch).
    Deleted,
    /// Nothing: everything up to the object's version was delivered.
    Bookmark,
}

/// One change.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// What happened.
    pub kind: EventKind,
    /// The object after it; of a deletion, the last state with the version of the deletion. Of a
    /// bookmark only `metadata` counts.
    pub object: Arc<Object>,
}

/// Changes in order; ends with an error where the server ended it with one.
pub type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchEvent, Status>> + Send>>;

/// How calls travel.
#[async_trait::async_trait]
pub trait Transport: Send + Sync {
    /// Performs a call.
    async fn call(&self, request: Request) -> Result<Answer, Error>;
}

impl Target {
    /// A whole collection, across namespaces.
    pub fn all(resource: &'static Resource) -> Self {
        Self { resource, namespace: String::new(), name: String::new(), subresource: String::new() }
    }

    /// A collection in a namespace.
    pub fn within(resource: &'static Resource, namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), ..Self::all(resource) }
    }

    /// One object; the namespace is empty for cluster-scoped resources.
    pub fn object(resource: &'static Resource, namespace: &str, name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::within(resource, namespace) }
    }

    /// A subresource of this.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "short for subresource; nothing is subtracted here")]
    pub fn sub(mut self, subresource: &str) -> Self {
        subresource.clone_into(&mut self.subresource);
        self
    }

    /// The URL path.
    pub fn path(&self) -> String {
        let mut path = if self.resource.group.is_empty() {
            format!("/api/{}", self.resource.version)
        } else {
            format!("/apis/{}/{}", self.resource.group, self.resource.version)
        };
        if !self.namespace.is_empty() {
            path.push_str("/namespaces/");
            path.push_str(&self.namespace);
        }
        for part in [self.resource.name, &self.name, &self.subresource] {
            if !part.is_empty() {
                path.push('/');
                path.push_str(part);
            }
        }
        path
    }
}
