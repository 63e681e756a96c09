//! Address ranges of nodes: each node gets a part of the cluster's range that no other has.

use std::collections::HashMap;
use std::sync::Arc;

use api::Object;
use api::value;
use client::Client;
use client::Informer;
use control::Error;
use control::EventType;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::Recorder;
use ipnet::IpNet;
use parking_lot::Mutex;

use super::node_lifecycle::ACCOUNT;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_own;
use crate::workloads::claim::target;

const NAME: &str = "node-ipam-controller";

struct Controller {
    nodes: Informer,
    client: Client,
    recorder: Recorder,
    cluster: IpNet,
    prefix: u8,
    /// Ranges given out that the informer may not show yet, by node uid.
    given: Mutex<HashMap<String, IpNet>>,
}

/// The controller. Without a cluster range somebody else assigns them. One worker: two nodes must
/// not be given the same range at one time.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let Some(cluster) = context.config.cluster_cidr else { return Vec::new() };
    let nodes = context.informer("", "nodes");
    let queue = context.queue();
    wake_for_own(&nodes, &queue);
    let controller = Controller {
        nodes,
        client: context.client(ACCOUNT),
        recorder: context.recorder(ACCOUNT),
        cluster,
        prefix: context.config.node_cidr_prefix,
        given: Mutex::default(),
    };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

/// The first part of `cluster` that overlaps none of `taken`.
pub(crate) fn first_free(cluster: IpNet, prefix: u8, taken: &[IpNet]) -> Option<IpNet> {
    let overlaps = |part: &IpNet, other: &IpNet| part.contains(other) || other.contains(part);
    cluster.subnets(prefix).ok()?.find(|part| !taken.iter().any(|other| overlaps(part, other)))
}

/// The ranges a node has.
fn ranges(node: &Object) -> Vec<IpNet> {
    let spec = &node.value()["spec"];
    let many = spec["podCIDRs"].items().iter();
    many.chain([&spec["podCIDR"]]).filter_map(|range| range.as_str()?.parse().ok()).collect()
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(node) = self.nodes.get("", &key.name) else { return Ok(Outcome::Done) };
        if !ranges(&node).is_empty() {
            return Ok(Outcome::Done);
        }
        let Some(range) = self.take(&node) else {
            let message = format!("Node {} status is now: CIDRNotAvailable", node.name());
            self.recorder.record(&node, EventType::Normal, "CIDRNotAvailable", &message);
            return Err(Error::Other(format!(
                "no range of {} is left for node {}",
                self.cluster,
                node.name()
            )));
        };
        let text = range.to_string();
        let patch = value!({
            "metadata": {"uid": node.uid()}, "spec": {"podCIDR": text.as_str(), "podCIDRs": [text.as_str()]}
        });
        match self.client.merge_patch(target(&node), &patch).await {
            Ok(_) => Ok(Outcome::Done),
            Err(error) => {
                self.given.lock().remove(node.uid());
                if error.is_not_found() { Ok(Outcome::Done) } else { Err(error.into()) }
            }
        }
    }
}

impl Controller {
    fn take(&self, node: &Object) -> Option<IpNet> {
        let nodes = self.nodes.list();
        let mut given = self.given.lock();
        // What the informer shows needs no memory, and a node that is gone gives its range back.
        given.retain(|uid, _| nodes.iter().any(|n| n.uid() == uid.as_str() && ranges(n).is_empty()));
        let mut taken: Vec<IpNet> = nodes.iter().flat_map(|node| ranges(node)).collect();
        taken.extend(given.iter().filter(|(uid, _)| uid.as_str() != node.uid()).map(|(_, range)| *range));
        let range = first_free(self.cluster, self.prefix, &taken)?;
        given.insert(node.uid().to_owned(), range);
        Some(range)
    }
}
