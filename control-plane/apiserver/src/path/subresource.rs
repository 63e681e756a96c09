//! Subresources that read or write the stored object.

use std::sync::Arc;

use api::Object;
use api::Value;
use client::Action;
use client::Answer;
use client::DeleteOptions;
use client::WriteOptions;
use meta::Status;
use registry::Subresource;

use super::Call;
use super::managers::Ownership;
use super::write::CONFLICT_TRIES;
use super::write::Replace;

impl Call<'_> {
    pub(crate) async fn subresource(&mut self, action: Action) -> Result<Answer, Status> {
        let name = self.target.subresource.clone();
        match (name.as_str(), action) {
            ("scale", action) => self.scale(action).await,
            ("binding", Action::Create(body, options)) => self.bind(body, &options).await,
            ("eviction", Action::Create(body, options)) => self.evict(body, &options).await,
            ("token", Action::Create(body, options)) => self.request_token(body, &options).await,
            ("status" | "ephemeralcontainers" | "resize" | "finalize" | "approval", action) => match action {
                Action::Get { resource_version } => self.get(resource_version).await,
                Action::Update(body, options) => self.update(body, &options).await,
                Action::Patch(patch, options) => self.patch(patch, &options).await,
                _ => Err(self.not_allowed()),
            },
            _ => Err(self.not_allowed()),
        }
    }

    /// Changes the current object by `change`, retrying when somebody else wrote first.
    pub(super) async fn modify(
        &mut self,
        part: Subresource,
        options: &WriteOptions,
        change: impl Fn(&Self, &Arc<Object>) -> Result<Value, Status>,
    ) -> Result<Arc<Object>, Status> {
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let old = self.current()?;
            let object = change(self, &old)?;
            match self.replace(&old, object, part, options, Ownership::OfChanges).await {
                Err(Replace::Raced) => self.server.storage.catch_up().await,
                Err(Replace::Refused(status)) => return Err(status),
                Ok(object) => return Ok(object),
            }
        }
        Err(self.conflict("the object kept changing; please try again"))
    }
}

/// `metav1.DeleteOptions` as a body has them.
pub(crate) fn delete_options(body: &Value) -> DeleteOptions {
    use client::Propagation;
    let propagation = match body["propagationPolicy"].str_or_empty() {
        "Orphan" => Some(Propagation::Orphan),
        "Foreground" => Some(Propagation::Foreground),
        "Background" => Some(Propagation::Background),
        _ => match body["orphanDependents"].as_bool() {
            Some(true) => Some(Propagation::Orphan),
            Some(false) => Some(Propagation::Background),
            None => None,
        },
    };
    let preconditions = &body["preconditions"];
    DeleteOptions {
        // A negative grace is as short as one can be without being none.
        grace_period_seconds: body["gracePeriodSeconds"].as_i64().map(|n| u64::try_from(n).unwrap_or(1)),
        precondition: client::Precondition {
            uid: preconditions["uid"].as_str().map(str::to_owned),
            resource_version: preconditions["resourceVersion"]
                .as_str()
                .and_then(meta::ResourceVersion::parse),
        },
        propagation,
        dry_run: !body["dryRun"].items().is_empty(),
    }
}
