//! Namespace deletion: pods first, then everything else of every kind, then the namespace itself.
//!
//! Source: upstream's namespaced resources deleter, with KEP-5080 (pods before what they may need
//! while they end, such as NetworkPolicies).

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use client::Action;
use client::Change;
use client::Client;
use client::DeleteOptions;
use client::Informer;
use client::ListOptions;
use client::Propagation;
use client::Target;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use jiff::Timestamp;
use stdx::Clock;

use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::stored;
use crate::context::wake_for_own;
use crate::objects::is_deleting;
use crate::objects::same_status;
use crate::workloads::claim::target;

const NAME: &str = "namespace-controller";
const FINALIZER: &str = "kubernetes";
const WORKERS: usize = 5;
/// How soon a namespace with content is looked at again. Pods that end wake it sooner.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What one pass over the content of a namespace found.
#[derive(Debug, Default)]
struct Content {
    /// Kinds of which something is left, with how much.
    left: Vec<(&'static Resource, usize)>,
    /// Finalizers on what is left, with how many objects carry each.
    finalizers: Vec<(String, usize)>,
    /// What could not be deleted.
    failures: Vec<String>,
}

struct Controller {
    namespaces: Informer,
    client: Client,
    clock: Clock,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (namespaces, pods) = (context.informer("", "namespaces"), context.informer("", "pods"));
    let queue = context.queue();
    wake_for_own(&namespaces, &queue);
    let (wake, all) = (queue.clone(), namespaces.clone());
    pods.subscribe(move |change: &Change<'_>| {
        let name = change.object().namespace();
        if change.new.is_none() && all.get("", name).is_some_and(|namespace| is_deleting(&namespace)) {
            wake.add(Key::new("", name), "pod gone");
        }
    });
    let client = context.client(NAME);
    let controller = Controller { namespaces, client, clock: context.deps.clock.clone() };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(namespace) = self.namespaces.get("", &key.name).filter(|namespace| is_deleting(namespace))
        else {
            return Ok(Outcome::Done);
        };
        let finalizers = namespace.value()["spec"]["finalizers"].items();
        if !finalizers.iter().any(|finalizer| finalizer.as_str() == Some(FINALIZER)) {
            return Ok(Outcome::Done);
        }
        let content = self.empty(&namespace).await;
        let namespace = self.write_conditions(namespace, &content).await?;
        if !content.failures.is_empty() {
            return Err(Error::Other(content.failures.join("; ")));
        }
        if !content.left.is_empty() {
            return Ok(Outcome::RequeueAfter(LOOK_AGAIN));
        }
        let mut body = namespace.value().clone();
        let finalizers = body.at_mut(&["spec", "finalizers"]).ensure_list();
        finalizers.retain(|finalizer| finalizer.as_str() != Some(FINALIZER));
        match self.client.update(target(&namespace).sub("finalize"), body).await {
            Ok(_) => Ok(Outcome::Done),
            Err(error) if error.is_not_found() => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
        }
    }
}

impl Controller {
    /// Asks for the deletion of everything. Nothing else is touched while pods are left.
    async fn empty(&self, namespace: &Object) -> Content {
        let mut content = Content::default();
        self.empty_of(namespace.name(), row("", "pods"), &mut content).await;
        if !content.left.is_empty() || !content.failures.is_empty() {
            return content;
        }
        for resource in stored().filter(|resource| resource.namespaced) {
            self.empty_of(namespace.name(), resource, &mut content).await;
        }
        content
    }

    async fn empty_of(&self, namespace: &str, resource: &'static Resource, content: &mut Content) {
        if let Err(error) = self.try_empty_of(namespace, resource, content).await {
            content.failures.push(format!("{}: {error}", resource.name));
        }
    }

    async fn try_empty_of(
        &self,
        namespace: &str,
        resource: &'static Resource,
        content: &mut Content,
    ) -> Result<(), client::Error> {
        let target = Target::within(resource, namespace);
        if self
            .client
            .list(target.clone(), ListOptions { limit: 1, ..ListOptions::default() })
            .await?
            .items
            .is_empty()
        {
            return Ok(());
        }
        let options =
            DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
        self.client.call(target.clone(), Action::DeleteCollection(options, ListOptions::default())).await?;
        let left = self.client.list(target, ListOptions::default()).await?.items;
        if left.is_empty() {
            return Ok(());
        }
        content.left.push((resource, left.len()));
        for finalizer in left.iter().flat_map(|object| object.value()["metadata"]["finalizers"].items()) {
            let name = finalizer.str_or_empty();
            match content.finalizers.iter_mut().find(|(known, _)| known == name) {
                Some((_, count)) => *count += 1,
                None => content.finalizers.push((name.to_owned(), 1)),
            }
        }
        Ok(())
    }

    async fn write_conditions(
        &self,
        namespace: Arc<Object>,
        content: &Content,
    ) -> Result<Arc<Object>, Error> {
        let status = status(&namespace, content, self.clock.now());
        if same_status(&namespace.value()["status"], &status) {
            return Ok(namespace);
        }
        let mut body = namespace.value().clone();
        body.set(&["status"], status);
        Ok(self.client.update(target(&namespace).sub("status"), body).await?)
    }
}

/// The status with upstream's five conditions; a condition that stays as it is keeps its time.
fn status(namespace: &Object, content: &Content, now: Timestamp) -> Value {
    let join = |parts: Vec<String>| parts.join(", ");
    let left = content.left.iter().map(|(resource, count)| {
        let group = if resource.group.is_empty() { String::new() } else { format!(".{}", resource.group) };
        format!("{}{group} has {count} resource instances", resource.name)
    });
    let finalizers = content
        .finalizers
        .iter()
        .map(|(finalizer, count)| format!("{finalizer} in {count} resource instances"));
    let mut conditions = vec![
        ok(
            "NamespaceDeletionDiscoveryFailure",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        ok(
            "NamespaceDeletionGroupVersionParsingFailure",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
    ];
    conditions.push(if content.failures.is_empty() {
        let message = "All content successfully deleted, may be waiting on finalization";
        ok("NamespaceDeletionContentFailure", "ContentDeleted", message)
    } else {
        let message = format!(
            "Failed to delete all resource types, {} remaining: {}",
            content.failures.len(),
            content.failures.join(", ")
        );
        bad("NamespaceDeletionContentFailure", "ContentDeletionFailed", &message)
    });
    conditions.push(if content.left.is_empty() {
        ok("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed")
    } else {
        let message = format!("Some resources are remaining: {}", join(left.collect()));
        bad("NamespaceContentRemaining", "SomeResourcesRemain", &message)
    });
    conditions.push(if content.finalizers.is_empty() {
        ok(
            "NamespaceFinalizersRemaining",
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        )
    } else {
        let message =
            format!("Some content in the namespace has finalizers remaining: {}", join(finalizers.collect()));
        bad("NamespaceFinalizersRemaining", "SomeFinalizersRemain", &message)
    });
    let mut status = namespace.value()["status"].clone();
    for mut condition in conditions {
        let kind = condition["type"].str_or_empty().to_owned();
        let old = crate::objects::condition(&status, &kind);
        let since = old
            .filter(|old| old["status"] == condition["status"])
            .map(|old| old["lastTransitionTime"].clone());
        condition.set(&["lastTransitionTime"], since.unwrap_or_else(|| meta::time::seconds(now).into()));
        let list = status.at_mut(&["conditions"]).ensure_list();
        match list.iter_mut().find(|old| old["type"].as_str() == Some(&kind)) {
            Some(old) => *old = condition,
            None => list.push(condition),
        }
    }
    status
}

fn ok(kind: &str, reason: &str, message: &str) -> Value {
    value!({"type": kind, "status": "False", "reason": reason, "message": message})
}

fn bad(kind: &str, reason: &str, message: &str) -> Value {
    value!({"type": kind, "status": "True", "reason": reason, "message": message})
}
