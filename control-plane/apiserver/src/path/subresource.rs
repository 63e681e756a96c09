//! Subresources that read or write the stored object.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use api::value;
use client::Action;
use client::Answer;
use client::DeleteOptions;
use client::WriteOptions;
use meta::Status;
use registry::Subresource;
use schema::patch;

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
            ("token", Action::Create(body, _)) => self.request_token(body).await,
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

    /// Reads or sets the number of replicas through `autoscaling/v1` Scale.
    async fn scale(&mut self, action: Action) -> Result<Answer, Status> {
        match action {
            Action::Get { .. } => {
                self.server.storage.catch_up().await;
                let object = self.current()?;
                Ok(Answer::Value(scale_of(&object)))
            }
            Action::Update(body, options) => {
                let pinned = body["metadata"]["resourceVersion"].str_or_empty().to_owned();
                let wanted = replicas(&body)?;
                let set = |call: &Self, old: &Arc<Object>| {
                    if !pinned.is_empty() && pinned != old.resource_version().to_string() {
                        return Err(call.conflict("the object has been modified; please apply your changes to the latest version and try again"));
                    }
                    let mut object = old.value().clone();
                    object.set(&["spec", "replicas"], wanted);
                    Ok(object)
                };
                let object = self.modify(Subresource::None, &options, set).await?;
                Ok(Answer::Value(scale_of(&object)))
            }
            Action::Patch(client::Patch::Apply { config, force }, options) => {
                let object = self.apply_scale(&config, force, &options).await?;
                Ok(Answer::Value(scale_of(&object)))
            }
            Action::Patch(patch, options) => {
                let change = ScalePatch::parse(patch)?;
                let set = |_: &Self, old: &Arc<Object>| {
                    let mut scale = scale_of(old);
                    change.apply(&mut scale)?;
                    let mut object = old.value().clone();
                    object.set(&["spec", "replicas"], replicas(&scale)?);
                    Ok(object)
                };
                let object = self.modify(Subresource::None, &options, set).await?;
                Ok(Answer::Value(scale_of(&object)))
            }
            _ => Err(self.not_allowed()),
        }
    }
}

impl Call<'_> {
    /// Applies a number of replicas: to the object that is scaled, as if no more of it were applied.
    async fn apply_scale(
        &mut self,
        config: &[u8],
        force: bool,
        options: &WriteOptions,
    ) -> Result<Arc<Object>, Status> {
        let text = String::from_utf8_lossy(config);
        let scale = api::yaml::parse(&text).map_err(|e| Status::bad_request(e.to_string()))?.value;
        let resource = self.target.resource;
        let mut applied = value!({"apiVersion": resource.api_version(), "kind": resource.kind});
        if !scale["spec"]["replicas"].is_null() {
            applied.set(&["spec", "replicas"], replicas(&scale)?);
        }
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let old = self.current()?;
            let object = self.merge_applied(Some(&old), &applied, force, Subresource::None, options)?;
            match self.replace(&old, object, Subresource::None, options, Ownership::Settled).await {
                Err(Replace::Raced) => self.server.storage.catch_up().await,
                Err(Replace::Refused(status)) => return Err(status),
                Ok(object) => return Ok(object),
            }
        }
        Err(self.conflict("the object kept changing; please try again"))
    }
}

enum ScalePatch {
    Json(Value),
    Merge(Value),
}

impl ScalePatch {
    fn parse(patch: client::Patch) -> Result<Self, Status> {
        let parse = |bytes: &[u8]| {
            api::json::parse_value(bytes)
                .map_err(|e| Status::bad_request(format!("error decoding patch: {e}")))
        };
        match patch {
            client::Patch::Json(bytes) => Ok(ScalePatch::Json(parse(&bytes)?)),
            // Scale has no lists, so the strategic and the plain merge are the same.
            client::Patch::Merge(bytes) | client::Patch::Strategic(bytes) => {
                Ok(ScalePatch::Merge(parse(&bytes)?))
            }
            client::Patch::Apply { .. } => Err(Status::bad_request("an apply is no patch of this sort")),
        }
    }

    fn apply(&self, scale: &mut Value) -> Result<(), Status> {
        match self {
            ScalePatch::Json(operations) => {
                patch::apply_json(scale, operations).map_err(|e| Status::bad_request(e.to_string()))
            }
            ScalePatch::Merge(value) => {
                patch::apply_merge(scale, value.clone());
                Ok(())
            }
        }
    }
}

fn replicas(scale: &Value) -> Result<i64, Status> {
    let number = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    if number < 0 {
        let cause = meta::Cause::invalid("spec.replicas", number, "must be greater than or equal to 0");
        let name = scale["metadata"]["name"].str_or_empty().to_owned();
        return Err(Status::invalid("autoscaling", "Scale", &name, vec![cause]));
    }
    Ok(number)
}

fn scale_of(object: &Object) -> Value {
    let value = object.value();
    let selector = match &value["spec"]["selector"] {
        selector if selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some() => {
            selector::labels(selector).map(|selector| selector.to_string()).unwrap_or_default()
        }
        plain => plain.entries().strings().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","),
    };
    let metadata = &value["metadata"];
    let mut scale = value!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": object.name(), "namespace": object.namespace(), "uid": object.uid(),
            "resourceVersion": object.resource_version().to_string(),
            "creationTimestamp": &metadata["creationTimestamp"]
        },
        "spec": {},
        "status": {"replicas": value["status"]["replicas"].as_i64().unwrap_or(0)}
    });
    let wanted = value["spec"]["replicas"].as_i64().unwrap_or(0);
    if wanted != 0 {
        scale.set(&["spec", "replicas"], wanted);
    }
    if !selector.is_empty() {
        scale.set(&["status", "selector"], selector);
    }
    scale
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
