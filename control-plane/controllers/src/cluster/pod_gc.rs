//! Pods that nobody looks after: too many ended ones, those of nodes that are gone, and deleted ones
//! that never had a node.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::value;
use client::Client;
use client::DeleteOptions;
use client::Informer;
use client::Target;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use parking_lot::Mutex;
use stdx::Clock;
use tokio::time::Instant;

use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::objects::is_deleting;
use crate::objects::metadata;
use crate::workloads::claim::target;
use crate::workloads::pods::has_ended;
use crate::workloads::pods::only_this;

const NAME: &str = "pod-garbage-collector";
const PERIOD: Duration = Duration::from_secs(20);
/// How long a node must be missing before its pods go.
const QUARANTINE: Duration = Duration::from_secs(40);

struct Controller {
    pods: Informer,
    nodes: Informer,
    client: Client,
    clock: Clock,
    threshold: usize,
    /// Since when each node that pods name has been missing.
    missing: Mutex<HashMap<String, Instant>>,
}

/// The controller: one key, looked at again and again.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let queue = context.queue();
    queue.add(Key::new("", "pods"), "started");
    let controller = Controller {
        pods: context.informer("", "pods"),
        nodes: context.informer("", "nodes"),
        client: context.client(NAME),
        clock: context.deps.clock.clone(),
        threshold: context.config.terminated_pod_threshold,
        missing: Mutex::default(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

/// The oldest ended pods beyond the threshold; zero keeps all.
pub(crate) fn surplus(pods: &[Arc<Object>], threshold: usize) -> Vec<Arc<Object>> {
    let mut ended: Vec<Arc<Object>> = pods.iter().filter(|pod| has_ended(pod)).cloned().collect();
    if threshold == 0 || ended.len() <= threshold {
        return Vec::new();
    }
    ended.sort_by_key(|pod| (metadata(pod).creation_timestamp(), pod.name().to_owned()));
    ended.truncate(ended.len() - threshold);
    ended
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, _: &Key) -> Result<Outcome, Error> {
        let pods = self.pods.list();
        let mut doomed = surplus(&pods, self.threshold);
        let homeless = |pod: &&Arc<Object>| is_deleting(pod) && node_of(pod).is_empty();
        doomed.extend(pods.iter().filter(homeless).cloned());
        for node in self.gone_nodes(&pods).await? {
            doomed.extend(pods.iter().filter(|pod| node_of(pod) == node).cloned());
        }
        for pod in doomed {
            self.remove(&pod).await?;
        }
        Ok(Outcome::RequeueAfter(PERIOD))
    }
}

impl Controller {
    /// Nodes that pods name, that have been missing for the quarantine, and that a live read does not
    /// find either.
    async fn gone_nodes(&self, pods: &[Arc<Object>]) -> Result<Vec<String>, Error> {
        let now = self.clock.instant();
        let due: Vec<String> = {
            let mut missing = self.missing.lock();
            let is_missing = |name: &str| !name.is_empty() && self.nodes.get("", name).is_none();
            missing
                .retain(|name, _| is_missing(name) && pods.iter().any(|pod| node_of(pod) == name.as_str()));
            for name in pods.iter().map(|pod| node_of(pod)).filter(|name| is_missing(name)) {
                missing.entry(name.to_owned()).or_insert(now);
            }
            let over = |since: &Instant| now.duration_since(*since) >= QUARANTINE;
            missing.iter().filter(|(_, since)| over(since)).map(|(name, _)| name.clone()).collect()
        };
        let mut gone = Vec::new();
        for name in due {
            if self.client.find(Target::object(row("", "nodes"), "", &name)).await?.is_none() {
                gone.push(name);
            }
        }
        Ok(gone)
    }

    /// Ends a pod that no kubelet will end: its phase first, so that controllers see it failed.
    async fn remove(&self, pod: &Object) -> Result<(), Error> {
        let result = async {
            if !has_ended(pod) {
                let patch = value!({"metadata": {"uid": pod.uid()}, "status": {"phase": "Failed"}});
                self.client.strategic_patch(target(pod).sub("status"), &patch).await?;
            }
            let options = DeleteOptions { grace_period_seconds: Some(0), ..only_this(pod) };
            self.client.delete(target(pod), options).await
        };
        match result.await {
            Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn node_of(pod: &Object) -> &str {
    pod.value()["spec"]["nodeName"].str_or_empty()
}
