//! Claims and volumes that are in use outlive their deletion: a finalizer holds them until they are not.
//!
//! Admission puts the finalizer on new objects; this puts it on older ones and takes it off. A claim is
//! in use while a pod that has a node names it, a volume while it is bound.
//!
//! Source: Kubernetes documentation, "Persistent Volumes", Storage Object in Use Protection.

use std::sync::Arc;

use api::Object;
use api::Value;
use client::Change;
use client::Client;
use client::Informer;
use client::ListOptions;
use client::Target;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;

use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::wake_for_own;
use crate::objects::is_deleting;
use crate::workloads::claim::target;

const CLAIMS: &str = "pvc-protection-controller";
const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
const VOLUMES: &str = "pv-protection-controller";
const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";
/// Pods by the claims they name.
const BY_CLAIM: &str = "pods by claim";

/// What to do about the finalizer of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The object lives and lacks it.
    Add,
    /// The object is deleted and nothing uses it.
    Remove,
}

struct Claims {
    claims: Informer,
    pods: Informer,
    client: Client,
}

struct Volumes {
    volumes: Informer,
    client: Client,
}

/// The controller of claims.
pub(crate) fn claims(context: &Context<'_>) -> Vec<Part> {
    let (claims, pods) = (context.informer("", "persistentvolumeclaims"), context.informer("", "pods"));
    pods.add_index(BY_CLAIM, |pod| {
        claims_of(pod).map(|claim| format!("{}/{claim}", pod.namespace())).collect()
    });
    let queue = context.queue();
    wake_for_own(&claims, &queue);
    let wake = queue.clone();
    pods.subscribe(move |change: &Change<'_>| {
        // What an object no longer names, or is gone with, may go.
        for claim in change.old.into_iter().flat_map(|pod| claims_of(pod)) {
            wake.add(Key::new(change.object().namespace(), &claim), "pod changed");
        }
    });
    let controller = Claims { claims, pods, client: context.client(CLAIMS) };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

/// The controller of volumes.
pub(crate) fn volumes(context: &Context<'_>) -> Vec<Part> {
    let volumes = context.informer("", "persistentvolumes");
    let queue = context.queue();
    wake_for_own(&volumes, &queue);
    let controller = Volumes { volumes, client: context.client(VOLUMES) };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

#[async_trait::async_trait]
impl Reconcile for Claims {
    fn name(&self) -> &'static str {
        CLAIMS
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(claim) = self.claims.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        let bucket = format!("{}/{}", key.namespace, key.name);
        let used = |pods: &[Arc<Object>]| pods.iter().any(|pod| holds(pod, &claim));
        let Some(step) = step(&claim, CLAIM_FINALIZER, used(&self.pods.indexed(BY_CLAIM, &bucket))) else {
            return Ok(Outcome::Done);
        };
        if step == Step::Remove {
            // A pod may be newer than what the informer has seen, and its data would be lost.
            let pods = Target::within(row("", "pods"), &key.namespace);
            if used(&self.client.list(pods, ListOptions::default()).await?.items) {
                return Ok(Outcome::Done);
            }
        }
        apply(&self.client, &claim, CLAIM_FINALIZER, step).await
    }
}

#[async_trait::async_trait]
impl Reconcile for Volumes {
    fn name(&self) -> &'static str {
        VOLUMES
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(volume) = self.volumes.get("", &key.name) else { return Ok(Outcome::Done) };
        let bound = volume.value()["status"]["phase"].str_or_empty() == "Bound";
        match step(&volume, VOLUME_FINALIZER, bound) {
            Some(step) => apply(&self.client, &volume, VOLUME_FINALIZER, step).await,
            None => Ok(Outcome::Done),
        }
    }
}

/// What the finalizer of an object needs.
pub(super) fn step(object: &Object, finalizer: &str, used: bool) -> Option<Step> {
    let has = finalizers(object).any(|name| name == finalizer);
    match (is_deleting(object), has) {
        (true, true) if !used => Some(Step::Remove),
        (false, false) => Some(Step::Add),
        _ => None,
    }
}

/// Whether a pod keeps a claim: it has a node, and the claim is one of its own volumes. The claim of a
/// generic ephemeral volume is the pod's only if the pod controls it, and only until the pod has been
/// shut down.
pub(super) fn holds(pod: &Object, claim: &Object) -> bool {
    let value = pod.value();
    if value["spec"]["nodeName"].str_or_empty().is_empty() {
        return false;
    }
    let metadata = &value["metadata"];
    let shut_down =
        is_deleting(pod) && metadata["deletionGracePeriodSeconds"].as_i64().is_some_and(|grace| grace == 0);
    let owned = || crate::objects::controller_of(claim).is_some_and(|owner| owner.uid() == pod.uid());
    value["spec"]["volumes"].items().iter().any(|volume| match claim_of(pod, volume) {
        Some((name, Ephemeral::No)) => name == claim.name(),
        Some((name, Ephemeral::Yes)) => name == claim.name() && !shut_down && owned(),
        None => false,
    })
}

/// Whether a claim is made for the pod.
enum Ephemeral {
    Yes,
    No,
}

/// The claim that a volume of a pod names.
fn claim_of(pod: &Object, volume: &Value) -> Option<(String, Ephemeral)> {
    if let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() {
        return Some((name.to_owned(), Ephemeral::No));
    }
    let name = volume["name"].str_or_empty();
    volume.get("ephemeral").map(|_| (format!("{}-{name}", pod.name()), Ephemeral::Yes))
}

fn claims_of(pod: &Object) -> impl Iterator<Item = String> + '_ {
    let volumes = pod.value()["spec"]["volumes"].items();
    volumes.iter().filter_map(|volume| Some(claim_of(pod, volume)?.0))
}

fn finalizers(object: &Object) -> impl Iterator<Item = &str> {
    object.value()["metadata"]["finalizers"].items().iter().filter_map(Value::as_str)
}

/// Writes the finalizers; the version in the object makes sure that nobody changed them meanwhile.
async fn apply(client: &Client, object: &Object, finalizer: &str, step: Step) -> Result<Outcome, Error> {
    let mut names: Vec<&str> = finalizers(object).filter(|name| *name != finalizer).collect();
    if step == Step::Add {
        names.push(finalizer);
    }
    let mut body = object.value().clone();
    body.set(&["metadata", "finalizers"], names);
    match client.update(target(object), body).await {
        Ok(_) => Ok(Outcome::Done),
        Err(error) if error.is_not_found() => Ok(Outcome::Done),
        Err(error) => Err(error.into()),
    }
}
