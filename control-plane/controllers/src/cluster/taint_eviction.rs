//! Eviction by `NoExecute` taints: a pod goes when it has borne a taint for as long as it tolerates.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::value;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::Recorder;
use stdx::Clock;

use super::node_lifecycle::ACCOUNT;
use super::node_lifecycle::BY_NODE;
use super::node_lifecycle::node_bucket;
use super::node_plan::Eviction;
use super::node_plan::eviction;
use crate::context::Context;
use crate::context::Part;
use crate::objects::is_deleting;
use crate::workloads::claim::target;
use crate::workloads::pods::has_ended;
use crate::workloads::pods::only_this;

const NAME: &str = "taint-eviction-controller";
const WORKERS: usize = 4;

struct Controller {
    pods: Informer,
    nodes: Informer,
    client: Client,
    recorder: Recorder,
    clock: Clock,
}

/// The controller; keys are pods.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (pods, nodes) = (context.informer("", "pods"), context.informer("", "nodes"));
    pods.add_index(BY_NODE, node_bucket);
    let queue = context.queue();
    let (wake, all) = (queue.clone(), nodes.clone());
    pods.subscribe(move |change: &Change<'_>| {
        let Some(pod) = change.new else { return };
        let assigned = |pod: &Object| pod.value()["spec"]["nodeName"].str_or_empty().to_owned();
        let same = change.old.is_some_and(|old| {
            assigned(old) == assigned(pod)
                && old.value()["spec"]["tolerations"] == pod.value()["spec"]["tolerations"]
        });
        if !same && all.get("", &assigned(pod)).is_some_and(|node| is_tainted(&node)) {
            wake.add(Key::of(pod), "pod assigned");
        }
    });
    let (wake, all) = (queue.clone(), pods.clone());
    nodes.subscribe(move |change: &Change<'_>| {
        let Some(node) = change.new else { return };
        let taints = |node: &Arc<Object>| node.value()["spec"]["taints"].clone();
        let changed = change.old.is_none_or(|old| taints(old) != taints(node));
        if changed && (is_tainted(node) || change.old.is_some_and(|old| is_tainted(old))) {
            for pod in all.indexed(BY_NODE, node.name()) {
                wake.add(Key::of(&pod), "taints changed");
            }
        }
    });
    let controller = Controller {
        pods,
        nodes,
        client: context.client(ACCOUNT),
        recorder: context.recorder(ACCOUNT),
        clock: context.deps.clock.clone(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

fn is_tainted(node: &Object) -> bool {
    node.value()["spec"]["taints"].items().iter().any(|taint| taint["effect"].as_str() == Some("NoExecute"))
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(pod) = self.pods.get(&key.namespace, &key.name) else { return Ok(Outcome::Done) };
        let node = self.nodes.get("", pod.value()["spec"]["nodeName"].str_or_empty());
        let Some(node) = node.filter(|_| !is_deleting(&pod) && !has_ended(&pod)) else {
            return Ok(Outcome::Done);
        };
        match eviction(&pod, &node, self.clock.now()) {
            Eviction::Never => Ok(Outcome::Done),
            Eviction::In(left) => {
                let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
                Ok(Outcome::RequeueAfter(left.max(Duration::from_millis(100))))
            }
            Eviction::Now => self.evict(&pod).await,
        }
    }
}

impl Controller {
    async fn evict(&self, pod: &Object) -> Result<Outcome, Error> {
        let message = format!("Marking for deletion Pod {}/{}", pod.namespace(), pod.name());
        self.recorder.record(pod, EventType::Normal, "TaintManagerEviction", &message);
        let now = meta::time::seconds(self.clock.now());
        let patch = value!({"metadata": {"uid": pod.uid()}, "status": {"conditions": [{
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint", "lastTransitionTime": now
        }]}});
        let result = async {
            self.client.strategic_patch(target(pod).sub("status"), &patch).await?;
            self.client.delete(target(pod), only_this(pod)).await
        };
        match result.await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(Outcome::Done),
        }
    }
}
