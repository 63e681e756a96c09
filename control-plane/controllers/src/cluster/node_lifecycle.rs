//! The health of nodes: a silent node is unreachable, and what is unhealthy is tainted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use client::Client;
use client::Informer;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::Recorder;
use parking_lot::Mutex;
use stdx::Clock;
use tokio::time::Instant;

use super::node_plan::Health;
use super::node_plan::health;
use super::node_plan::silenced;
use super::node_plan::taints;
use super::node_plan::unready_pod;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_own;
use crate::workloads::claim::target;
use crate::workloads::pods;

const NAME: &str = "node-lifecycle-controller";
/// Three controllers share this account, as upstream.
pub(crate) const ACCOUNT: &str = "node-controller";
/// Index of pods by the node they are on.
pub(crate) const BY_NODE: &str = "node";
const LEASES: &str = "kube-node-lease";
const WORKERS: usize = 4;

struct Controller {
    nodes: Informer,
    leases: Informer,
    pods: Informer,
    client: Client,
    recorder: Recorder,
    clock: Clock,
    grace: Duration,
    period: Duration,
    /// The last sign of life of each node, and when we saw it: clocks of nodes need not be right.
    signs: Mutex<HashMap<String, (Value, Instant)>>,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let nodes = context.informer("", "nodes");
    let (leases, pods) = (context.informer("coordination.k8s.io", "leases"), context.informer("", "pods"));
    pods.add_index(BY_NODE, node_bucket);
    let queue = context.queue();
    wake_for_own(&nodes, &queue);
    let controller = Controller {
        nodes,
        leases,
        pods,
        client: context.client(ACCOUNT),
        recorder: context.recorder(ACCOUNT),
        clock: context.deps.clock.clone(),
        grace: context.config.node_monitor_grace_period,
        period: context.config.node_monitor_period,
        signs: Mutex::default(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

/// The node a pod is on.
pub(crate) fn node_bucket(pod: &Object) -> Vec<String> {
    let node = pod.value()["spec"]["nodeName"].str_or_empty();
    if node.is_empty() { Vec::new() } else { vec![node.to_owned()] }
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(mut node) = self.nodes.get("", &key.name) else {
            self.signs.lock().remove(&key.name);
            return Ok(Outcome::Done);
        };
        if self.is_silent(&node)
            && let Some(status) = silenced(&node, self.clock.now())
        {
            tracing::info!(node = node.name(), "node fell silent");
            node = self.write(&node, "status", &["status"], status).await?;
            let message = format!("Node {} status is now: NodeNotReady", node.name());
            self.recorder.record(&node, EventType::Normal, "NodeNotReady", &message);
        }
        if let Some(taints) = taints(&node, self.clock.now()) {
            node = self.write(&node, "", &["spec", "taints"], taints.into()).await?;
        }
        if matches!(health(&node), Health::NotReady | Health::Unreachable) {
            self.mark_pods(&node).await?;
        }
        Ok(Outcome::RequeueAfter(self.period))
    }
}

impl Controller {
    /// Whether neither Lease nor status of a node changed for the grace period.
    fn is_silent(&self, node: &Object) -> bool {
        let lease = self.leases.get(LEASES, node.name());
        let renewed = lease.map_or(Value::Null, |lease| lease.value()["spec"]["renewTime"].clone());
        let heartbeats = node.value()["status"]["conditions"].items().iter();
        let sign: Value =
            std::iter::once(renewed).chain(heartbeats.map(|c| c["lastHeartbeatTime"].clone())).collect();
        let now = self.clock.instant();
        let mut signs = self.signs.lock();
        match signs.get(node.name()) {
            Some((known, since)) if *known == sign => now.duration_since(*since) > self.grace,
            _ => {
                signs.insert(node.name().to_owned(), (sign, now));
                false
            }
        }
    }

    async fn write(
        &self,
        node: &Object,
        sub: &str,
        path: &[&str],
        part: Value,
    ) -> Result<Arc<Object>, Error> {
        let mut body = node.value().clone();
        body.set(path, part);
        let address = target(node);
        let address = if sub.is_empty() { address } else { address.sub(sub) };
        Ok(self.client.update(address, body).await?)
    }

    /// Services must not lead to pods of a node that is not there.
    async fn mark_pods(&self, node: &Object) -> Result<(), Error> {
        for pod in self.pods.indexed(BY_NODE, node.name()) {
            if pods::has_ended(&pod) {
                continue;
            }
            let Some(status) = unready_pod(&pod, node, self.clock.now()) else { continue };
            let mut body = pod.value().clone();
            body.set(&["status"], status);
            match self.client.update(target(&pod).sub("status"), body).await {
                Ok(_) => self.recorder.record(&pod, EventType::Warning, "NodeNotReady", "Node is not ready"),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
