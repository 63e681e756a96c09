//! What every workload controller asks of pods, and how it makes and ends them.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use api::view::View as _;
use api::views::PodView;
use client::Client;
use client::DeleteOptions;
use client::Precondition;
use client::Target;
use control::EventType;
use control::Recorder;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::context::row;
use crate::objects::condition;
use crate::objects::controller_reference;
use crate::objects::is_true;

/// Index of pods by the uid of what manages them; orphans lie under their namespace.
pub(crate) const BY_CONTROLLER: &str = "controller";

/// The bucket of [`BY_CONTROLLER`] an object lies in.
pub(crate) fn controller_bucket(object: &Object) -> Vec<String> {
    vec![match crate::objects::controller_of(object) {
        Some(owner) => owner.uid().to_owned(),
        None => orphan_bucket(object.namespace()),
    }]
}

/// The bucket of the orphans of a namespace. No uid contains a slash.
pub(crate) fn orphan_bucket(namespace: &str) -> String {
    format!("orphans/{namespace}")
}

/// `status.phase`.
pub(crate) fn phase(pod: &Object) -> &str {
    pod.value()["status"]["phase"].str_or_empty()
}

/// Whether its containers have ended for good.
pub(crate) fn has_ended(pod: &Object) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Whether it counts as a replica: not ended, not about to end.
pub(crate) fn is_active(pod: &Object) -> bool {
    !has_ended(pod) && !crate::objects::is_deleting(pod)
}

/// Whether it is ready.
pub(crate) fn is_ready(pod: &Object) -> bool {
    is_true(&pod.value()["status"], "Ready")
}

/// When it last became ready, where it is.
pub(crate) fn ready_since(pod: &Object) -> Option<Timestamp> {
    let ready = condition(&pod.value()["status"], "Ready")?;
    if ready["status"].as_str() == Some("True") {
        api::view::time(&ready["lastTransitionTime"])
    } else {
        None
    }
}

/// Whether it has been ready for `min_ready_seconds`; else, where it is ready, how long it still takes.
pub(crate) fn availability(
    pod: &Object,
    min_ready_seconds: i64,
    now: Timestamp,
) -> Result<(), Option<SignedDuration>> {
    if !is_ready(pod) {
        return Err(None);
    }
    if min_ready_seconds == 0 {
        return Ok(());
    }
    let Some(since) = ready_since(pod) else { return Err(None) };
    let left = SignedDuration::from_secs(min_ready_seconds) - now.duration_since(since);
    if left <= SignedDuration::ZERO { Ok(()) } else { Err(Some(left)) }
}

/// Most restarts of any container.
pub(crate) fn restarts(pod: &Object) -> i64 {
    let status = PodView::of(pod.value()).status();
    let statuses = status.container_statuses();
    statuses.iter().map(|container| container.restart_count()).max().unwrap_or(0)
}

/// A new pod from the template of `owner`, named after it.
pub(crate) fn from_template(owner: &Object, template: &Value) -> Value {
    let metadata = &template["metadata"];
    // A prefix too long for a name with suffix is cut by the API server.
    let mut pod = value!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "generateName": format!("{}-", owner.name()), "namespace": owner.namespace(),
            "ownerReferences": [controller_reference(owner)]
        },
        "spec": &template["spec"]
    });
    for field in ["labels", "annotations", "finalizers"] {
        if !metadata[field].is_null() {
            pod.set(&["metadata", field], &metadata[field]);
        }
    }
    pod
}

/// Makes and ends pods in the name of an owner, with upstream's events.
pub(crate) struct PodControl {
    pub(crate) client: Client,
    pub(crate) recorder: Recorder,
}

impl PodControl {
    /// Makes a pod.
    pub(crate) async fn create(&self, owner: &Object, pod: Value) -> Result<Arc<Object>, client::Error> {
        match self.client.create(row("", "pods"), pod).await {
            Ok(pod) => {
                let message = format!("Created pod: {}", pod.name());
                self.recorder.record(owner, EventType::Normal, "SuccessfulCreate", &message);
                Ok(pod)
            }
            Err(error) => {
                // In a namespace that is going away nothing can be made; that is no news.
                if !is_terminating(&error) {
                    let message = format!("Error creating: {error}");
                    self.recorder.record(owner, EventType::Warning, "FailedCreate", &message);
                }
                Err(error)
            }
        }
    }

    /// Ends a pod; one that is gone already is fine.
    pub(crate) async fn delete(&self, owner: &Object, pod: &Object) -> Result<(), client::Error> {
        let target = Target::object(row("", "pods"), pod.namespace(), pod.name());
        match self.client.delete(target, only_this(pod)).await {
            Ok(()) => {
                let message = format!("Deleted pod: {}", pod.name());
                self.recorder.record(owner, EventType::Normal, "SuccessfulDelete", &message);
                Ok(())
            }
            Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
            Err(error) => {
                let message = format!("Error deleting: {error}");
                self.recorder.record(owner, EventType::Warning, "FailedDelete", &message);
                Err(error)
            }
        }
    }
}

/// Deletes this object, not one that took its name.
pub(crate) fn only_this(object: &Object) -> DeleteOptions {
    let precondition = Precondition { uid: Some(object.uid().to_owned()), resource_version: None };
    DeleteOptions { precondition, ..DeleteOptions::default() }
}

/// Whether a create was refused because the namespace is going away.
pub(crate) fn is_terminating(error: &client::Error) -> bool {
    error
        .status()
        .is_some_and(|status| status.causes.iter().any(|cause| cause.reason == "NamespaceTerminating"))
}
