//! The request path behind authorization: what each verb does.

mod apply;
mod binding;
mod components;
mod decode;
mod delete;
mod eviction;
mod managers;
mod patch;
mod read;
mod review;
mod scale;
mod subresource;
mod token;
mod versions;
mod watch;
mod write;

pub(crate) use components::is_made_up;
pub(crate) use managers::manager_of_agent;
pub(crate) use read::list_options_are_consistent;
pub(crate) use read::read_token;
pub(crate) use subresource::delete_options;
pub(crate) use watch::Deliveries;
pub(crate) use watch::Delivery;

use api::Resource;
use api::Value;
use client::Action;
use client::Answer;
use client::Target;
use meta::Reason;
use meta::Status;
use registry::versions::Version;

use crate::server::Inner;
use crate::user::User;

/// One call on its way.
pub(crate) struct Call<'a> {
    pub(crate) server: &'a Inner,
    pub(crate) user: &'a User,
    pub(crate) target: Target,
    /// The version that was asked for, where another one is stored.
    pub(crate) version: Option<&'static Version>,
    /// Keys that stood twice in the body.
    pub(crate) duplicates: Vec<api::Placed>,
    /// Keys that stood twice in a patch: complained of before anything about the patched object.
    pub(crate) patch_duplicates: Vec<api::Placed>,
    /// For the client.
    pub(crate) warnings: Vec<String>,
    /// Whether an object was made.
    pub(crate) created: bool,
}

impl Call<'_> {
    /// Does what an authorized request asks for.
    pub(crate) async fn run(&mut self, action: Action) -> Result<Answer, Status> {
        match registry::versions::of(self.target.resource) {
            Some(version) => self.run_in(version, action).await,
            None => self.run_stored(action).await,
        }
    }

    async fn run_stored(&mut self, action: Action) -> Result<Answer, Status> {
        let resource = self.target.resource;
        if !self.target.subresource.is_empty() {
            return self.subresource(action).await;
        }
        self.warnings.extend(registry::strategy(self.target.resource).deprecation().map(str::to_owned));
        if !crate::storage::is_stored(resource) {
            return match action {
                Action::Get { .. } => self.component_status(),
                Action::List(options) => self.component_statuses(options),
                Action::Create(body, options) => self.post_review(body, &options).await,
                _ => Err(self.not_allowed()),
            };
        }
        match action {
            Action::Get { resource_version } => self.get(resource_version).await,
            Action::List(options) => self.list(options).await.map(Answer::List),
            Action::Watch(options) => Ok(Answer::Watch(self.watch(options).await?.into_stream())),
            Action::Create(body, options) => self.create(body, &options).await,
            Action::Update(body, options) => self.update(body, &options).await,
            Action::Patch(patch, options) => self.patch(patch, &options).await,
            Action::Delete(options) => self.delete(&options).await,
            Action::DeleteCollection(options, list) => self.delete_collection(&options, list).await,
        }
    }

    pub(crate) fn not_allowed(&self) -> Status {
        let message = "the server does not allow this method on the requested resource";
        Status::new(Reason::MethodNotAllowed, message).about(&self.target.resource.group_resource(), "")
    }

    /// The row that was asked for.
    fn asked(&self) -> &'static Resource {
        self.version.map_or(self.target.resource, |version| version.served)
    }

    fn not_found(&self) -> Status {
        Status::not_found(&self.asked().group_resource(), &self.target.name)
    }

    fn conflict(&self, why: &str) -> Status {
        Status::conflict(&self.asked().group_resource(), &self.target.name, why)
    }

    fn context(&self) -> registry::Context<'_> {
        registry::Context {
            clock: &self.server.clock,
            rng: &self.server.rng,
            user: registry::Requester {
                name: &self.user.name,
                uid: &self.user.uid,
                groups: &self.user.groups,
                extra: &self.user.extra,
            },
            resource: self.target.resource,
            asked: self.asked(),
        }
    }
}

/// Where upstream looks for kinds; it is part of a sentence.
const SCHEME: &str = "pkg/api/legacyscheme/scheme.go:30";

/// What the client must have meant: kind and apiVersion of a body are filled in or must fit.
pub(crate) fn check_type(resource: &Resource, body: &mut Value) -> Result<(), Status> {
    let expected = resource.api_version();
    let own = |field: &str, default: &str| match body[field].str_or_empty() {
        "" => default.to_owned(),
        found => found.to_owned(),
    };
    let (kind, version) = (own("kind", resource.kind), own("apiVersion", &expected));
    if kind != resource.kind || version != expected {
        let (group, short) = version.split_once('/').unwrap_or(("", &version));
        let message = if Resource::for_kind(group, short, &kind).is_some_and(|row| row.served_by_default) {
            format!(
                "the API version in the data ({version}) does not match the expected API version ({expected})"
            )
        } else {
            format!(
                "{kind} in version {short:?} cannot be handled as a {}: no kind {kind:?} is registered for version {version:?} in scheme {SCHEME:?}",
                resource.kind
            )
        };
        return Err(Status::bad_request(message));
    }
    body.set(&["kind"], kind);
    body.set(&["apiVersion"], version);
    Ok(())
}
