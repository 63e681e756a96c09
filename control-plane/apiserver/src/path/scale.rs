//! The size of what makes pods: `autoscaling/v1` Scale, which is written like an object of its own and
//! is the `spec.replicas` of another.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use api::value;
use client::Action;
use client::Answer;
use client::Patch;
use client::WriteOptions;
use meta::Cause;
use meta::Status;
use registry::Subresource;
use schema::apply;
use schema::apply::Part;
use schema::apply::Writer;

use super::Call;
use super::decode::PartKind;
use super::decode::Undecodable;
use super::managers::Ownership;
use super::managers::set_managed_fields;
use super::patch::Prepared;
use super::write::CONFLICT_TRIES;
use super::write::MODIFIED;
use super::write::Replace;

const API_VERSION: &str = "autoscaling/v1";
const SCALE: PartKind = PartKind { kind: "Scale", api_version: API_VERSION };

/// A Scale that is to become the size of an object.
struct Wanted {
    scale: Value,
    /// Whether an apply has worked out who manages it.
    settled: bool,
    /// Whether it is of one version, which must still be the current one.
    pinned: bool,
}

impl Call<'_> {
    /// Reads or sets the number of replicas.
    pub(super) async fn scale(&mut self, action: Action) -> Result<Answer, Status> {
        let object = match action {
            Action::Get { .. } => {
                self.server.storage.catch_up().await;
                self.current()?
            }
            Action::Update(body, options) => self.update_scale(body, &options).await?,
            Action::Patch(Patch::Apply { config, force }, options) => {
                self.apply_scale(&config, force, &options).await?
            }
            Action::Patch(patch, options) => self.patch_scale(patch, &options).await?,
            _ => return Err(self.not_allowed()),
        };
        Ok(Answer::Value(scale_of(&object)))
    }

    async fn update_scale(&mut self, body: Value, options: &WriteOptions) -> Result<Arc<Object>, Status> {
        let mut scale = self.decode_part(body, &SCALE, options).map_err(|error| match error {
            Undecodable::Kind(status) => status,
            Undecodable::Fields(error) => SCALE.refusal(&error),
        })?;
        self.place(&mut scale)?;
        self.check_place(&scale)?;
        let pinned = !scale["metadata"]["resourceVersion"].str_or_empty().is_empty();
        self.rescale(options, |call, old| {
            call.check_uid(&scale, old)?;
            Ok(Wanted { scale: scale.clone(), settled: false, pinned })
        })
        .await
    }

    async fn patch_scale(&mut self, patch: Patch, options: &WriteOptions) -> Result<Arc<Object>, Status> {
        let prepared = Prepared::new(patch, self, Some(SCALE.ty()))?;
        self.rescale(options, |call, old| {
            let live = scale_of(old);
            let patched = prepared.apply_to(live.clone())?;
            let pinned = patched["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"];
            let scale = call.decode_part(patched, &SCALE, options).map_err(|error| match error {
                Undecodable::Kind(status) => status,
                Undecodable::Fields(error) => prepared.refusal(&live, &error),
            })?;
            call.check_place(&scale)?;
            Ok(Wanted { scale, settled: false, pinned })
        })
        .await
    }

    async fn apply_scale(
        &mut self,
        config: &[u8],
        force: bool,
        options: &WriteOptions,
    ) -> Result<Arc<Object>, Status> {
        let config = self.applied_configuration(config, options, (SCALE.kind, API_VERSION))?;
        let pinned = !config["metadata"]["resourceVersion"].str_or_empty().is_empty();
        self.rescale(options, |call, old| {
            let live = call.managed_scale(old);
            let time = meta::time::seconds(call.server.clock.now());
            let applied =
                apply::apply(Some(SCALE.ty()), Some(&live), &config, &writer(options, &time), force);
            let scale = applied.map_err(|error| call.refusal(&config, error))?;
            Ok(Wanted { scale, settled: true, pinned })
        })
        .await
    }

    /// Sets the replicas of the object to those of the Scale that `change` makes of it, retrying when
    /// somebody else wrote first.
    async fn rescale(
        &mut self,
        options: &WriteOptions,
        mut change: impl FnMut(&mut Self, &Arc<Object>) -> Result<Wanted, Status>,
    ) -> Result<Arc<Object>, Status> {
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let old = self.current()?;
            let wanted = change(self, &old)?;
            let version = wanted.scale["metadata"]["resourceVersion"].str_or_empty();
            if wanted.pinned && version != old.resource_version().to_string() {
                break;
            }
            let replicas = replicas(&wanted.scale, &self.target.name)?;
            let mut object = old.value().clone();
            object.set(&["spec", "replicas"], replicas);
            set_managed_fields(&mut object, self.managers_of_scaled(&old, &wanted, replicas, options));
            match self.replace(&old, object, Subresource::None, options, Ownership::Settled).await {
                Err(Replace::Raced) if !wanted.pinned => self.server.storage.catch_up().await,
                Err(Replace::Raced) => break,
                Err(Replace::Refused(status)) => return Err(status),
                Ok(object) => return Ok(object),
            }
        }
        Err(self.conflict(MODIFIED))
    }

    /// The `managedFields` of an object that is scaled.
    fn managers_of_scaled(
        &self,
        old: &Object,
        wanted: &Wanted,
        replicas: i64,
        options: &WriteOptions,
    ) -> Value {
        let whole = &old.value()["metadata"]["managedFields"];
        if wanted.settled {
            return self.scaled_part().brought_back(whole, &wanted.scale["metadata"]["managedFields"]);
        }
        // Writes of the server itself name no manager.
        if options.field_manager.is_empty() {
            return whole.clone();
        }
        let live = self.managed_scale(old);
        let mut scale = live.clone();
        set_replicas(&mut scale, replicas);
        let time = meta::time::seconds(self.server.clock.now());
        let managed = apply::track(Some(SCALE.ty()), Some(&live), &scale, &writer(options, &time));
        if managed == live["metadata"]["managedFields"] {
            return whole.clone();
        }
        self.scaled_part().brought_back(whole, &managed)
    }

    /// The Scale of an object, with those who manage it.
    fn managed_scale(&self, object: &Object) -> Value {
        let mut scale = scale_of(object);
        let managed = self.scaled_part().taken_from(&object.value()["metadata"]["managedFields"]);
        set_managed_fields(&mut scale, managed);
        scale
    }

    fn scaled_part(&self) -> Part {
        let field = value!({"f:spec": {"f:replicas": {}}});
        Part::new(&field, API_VERSION, self.target.resource.api_version())
    }
}

fn writer<'a>(options: &'a WriteOptions, time: &'a str) -> Writer<'a> {
    Writer {
        manager: &options.field_manager,
        api_version: API_VERSION,
        subresource: "scale",
        time,
        reset: &[],
    }
}

fn replicas(scale: &Value, name: &str) -> Result<i64, Status> {
    let number = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    if number < 0 {
        let cause = Cause::invalid("spec.replicas", number, "must be greater than or equal to 0");
        return Err(Status::invalid("autoscaling", "Scale", name, cause));
    }
    Ok(number)
}

fn set_replicas(scale: &mut Value, replicas: i64) {
    // As in Go, a number that is zero is left out.
    if replicas == 0 {
        scale.remove(&["spec", "replicas"]);
    } else {
        scale.set(&["spec", "replicas"], replicas);
    }
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
        "kind": "Scale", "apiVersion": API_VERSION,
        "metadata": {
            "name": object.name(), "namespace": object.namespace(), "uid": object.uid(),
            "resourceVersion": object.resource_version().to_string(),
            "creationTimestamp": &metadata["creationTimestamp"]
        },
        "spec": {},
        "status": {"replicas": value["status"]["replicas"].as_i64().unwrap_or(0)}
    });
    set_replicas(&mut scale, value["spec"]["replicas"].as_i64().unwrap_or(0));
    if !selector.is_empty() {
        scale.set(&["status", "selector"], selector);
    }
    scale
}
