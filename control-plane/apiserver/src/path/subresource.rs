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
use meta::Reason;
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
    async fn modify(
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

    /// Binds a pod to a node: the scheduler's decision.
    async fn bind(&mut self, body: Value, options: &WriteOptions) -> Result<Answer, Status> {
        let node = body["target"]["name"].str_or_empty().to_owned();
        if node.is_empty() {
            let cause = meta::Cause::required("target.name", "");
            return Err(Status::invalid("", "Binding", &self.target.name, vec![cause]));
        }
        let uid = body["metadata"]["uid"].str_or_empty().to_owned();
        let annotations = body["metadata"]["annotations"].clone();
        let bound = |call: &Self, old: &Arc<Object>| {
            let mut pod = old.value().clone();
            if !uid.is_empty() && uid != old.uid() {
                return Err(call.conflict("the pod's uid is not that of the binding"));
            }
            if !pod["metadata"]["deletionTimestamp"].is_null() {
                return Err(call.conflict(&format!(
                    "pod {} is being deleted, cannot be assigned to a host",
                    old.name()
                )));
            }
            let assigned = pod["spec"]["nodeName"].str_or_empty();
            if !assigned.is_empty() {
                return Err(
                    call.conflict(&format!("pod {} is already assigned to node {assigned:?}", old.name()))
                );
            }
            if !pod["spec"]["schedulingGates"].items().is_empty() {
                return Err(call.conflict(&format!("pod {} has non-empty .spec.schedulingGates", old.name())));
            }
            pod.set(&["spec", "nodeName"], node.as_str());
            for (key, value) in annotations.entries().strings() {
                pod.set(&["metadata", "annotations", key], value);
            }
            let now = meta::time::seconds(call.server.clock.now());
            let conditions = pod.at_mut(&["status", "conditions"]).ensure_list();
            conditions.retain(|condition| condition["type"].as_str() != Some("PodScheduled"));
            conditions.push(value!({"type": "PodScheduled", "status": "True", "lastTransitionTime": now}));
            Ok(pod)
        };
        self.modify(Subresource::Other("binding"), options, bound).await?;
        self.created = true;
        Ok(Answer::Value(
            value!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
        ))
    }

    /// Deletes a pod if its disruption budgets allow it.
    async fn evict(&mut self, body: Value, options: &WriteOptions) -> Result<Answer, Status> {
        self.server.storage.catch_up().await;
        let pod = self.current()?;
        let ended =
            matches!(pod.value()["status"]["phase"].str_or_empty(), "Succeeded" | "Failed" | "Pending");
        if !ended && pod.value()["metadata"]["deletionTimestamp"].is_null() {
            self.spend_budget(&pod).await?;
        }
        let mut delete = delete_options(&body["deleteOptions"]);
        delete.dry_run |= options.dry_run;
        self.target.subresource.clear();
        if !delete.dry_run {
            let mark = |call: &Self, pod: &Arc<Object>| {
                call.check_precondition(pod, &delete)?;
                Ok(call.disrupted(pod))
            };
            let marked = self.modify(Subresource::Status, &WriteOptions::default(), mark).await?;
            // The version that the client means became another by the mark.
            let version = delete.precondition.resource_version.map(|_| marked.resource_version());
            delete.precondition.resource_version = version;
        }
        self.delete(&delete).await?;
        self.created = true;
        Ok(Answer::Value(
            value!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
        ))
    }

    /// The pod with the condition that tells controllers why it goes away.
    fn disrupted(&self, pod: &Object) -> Value {
        let mut pod = pod.value().clone();
        let conditions = pod.at_mut(&["status", "conditions"]).ensure_list();
        let now = meta::time::seconds(self.server.clock.now());
        conditions.retain(|condition| condition["type"].as_str() != Some("DisruptionTarget"));
        conditions.push(value!({
            "type": "DisruptionTarget", "status": "True", "lastTransitionTime": now,
            "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"
        }));
        pod
    }

    async fn spend_budget(&mut self, pod: &Object) -> Result<(), Status> {
        let budgets =
            api::Resource::find("policy", "v1", "poddisruptionbudgets").expect("a row of the table");
        let cache = self.server.storage.cache.of(budgets).expect("budgets are stored");
        let selecting: Vec<_> = cache
            .in_namespace(pod.namespace())
            .into_iter()
            .filter(|budget| {
                selector::labels(&budget.value()["spec"]["selector"])
                    .is_some_and(|selector| selector.matches(|key| pod.label(key)))
            })
            .collect();
        let budget = match selecting.as_slice() {
            [] => return Ok(()),
            [budget] => budget.clone(),
            _ => {
                return Err(Status::internal(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        };
        let (pod_target, name) = (self.target.clone(), pod.name().to_owned());
        self.target = client::Target::object(budgets, budget.namespace(), budget.name());
        let now = meta::time::seconds(self.server.clock.now());
        let spend = |_: &Self, old: &Arc<Object>| {
            let allowed = old.value()["status"]["disruptionsAllowed"].as_i64().unwrap_or(0);
            let observed = old.value()["status"]["observedGeneration"].as_i64()
                == old.value()["metadata"]["generation"].as_i64();
            if allowed <= 0 || !observed {
                let mut status = Status::new(
                    Reason::TooManyRequests,
                    "Cannot evict pod as it would violate the pod's disruption budget.",
                );
                status.causes.push(meta::Cause {
                    reason: "DisruptionBudget",
                    message: format!(
                        "The disruption budget {} needs {} healthy pods and has {} currently",
                        old.name(),
                        old.value()["status"]["desiredHealthy"].as_i64().unwrap_or(0),
                        old.value()["status"]["currentHealthy"].as_i64().unwrap_or(0)
                    ),
                    field: String::new(),
                });
                return Err(status);
            }
            let mut changed = old.value().clone();
            changed.set(&["status", "disruptionsAllowed"], allowed - 1);
            changed.set(&["status", "disruptedPods", name.as_str()], now.as_str());
            Ok(changed)
        };
        let spent = self.modify(Subresource::Status, &WriteOptions::default(), spend).await;
        self.target = pod_target;
        spent.map(drop)
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
            client::Patch::Apply { config, .. } => {
                let text = String::from_utf8_lossy(&config).into_owned();
                let parsed = api::yaml::parse(&text).map_err(|e| Status::bad_request(e.to_string()))?;
                Ok(ScalePatch::Merge(parsed.value))
            }
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
