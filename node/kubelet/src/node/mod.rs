//! The Node object: registration, status, the Lease that is its heartbeat.

mod machine;
mod status;

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::Informer;
use client::Target;
use stdx::Clock;
use supervise::Stop;

pub(crate) use machine::Machine;
pub(crate) use machine::usage;
pub(crate) use status::Conditions;
pub(crate) use status::allocatable;

use crate::config::Config;

const LEASE_NAMESPACE: &str = "kube-node-lease";
/// Source: upstream `nodeLeaseDurationSeconds` and its quarter.
const LEASE_SECONDS: i64 = 40;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// An unchanged status is written this often (upstream `nodeStatusReportFrequency`).
const REPORT_EVERY: Duration = Duration::from_secs(300);
/// How often the node looks at itself.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(500);

/// Keeps the Node object true.
pub(crate) struct NodeReporter {
    pub config: Arc<Config>,
    pub client: Client,
    pub clock: Clock,
    pub machine: Machine,
    pub runtime: Arc<dyn runtime::Runtime>,
    pub images: images::ImageStore,
    /// Holds this node's object.
    pub nodes: Informer,
    /// Whether pods can have a network.
    pub network_ready: tokio::sync::watch::Receiver<bool>,
}

pub(crate) fn nodes() -> &'static Resource {
    Resource::find("", "v1", "nodes").expect("a row of the table")
}

fn leases() -> &'static Resource {
    Resource::find("coordination.k8s.io", "v1", "leases").expect("a row of the table")
}

/// The labels that the node gives itself.
pub(crate) fn labels(config: &Config) -> Value {
    let arch = images::Platform::host().architecture;
    let mut labels = value!({
        "beta.kubernetes.io/arch": &arch, "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": &arch, "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": &config.node_name
    });
    for (key, value) in &config.labels {
        labels.set(&[key.as_str()], value);
    }
    labels
}

impl NodeReporter {
    /// Registers the node, trying until it works; gives the object. `None` when told to stop.
    pub(crate) async fn register(&self, stop: &Stop) -> Option<Arc<Object>> {
        loop {
            match self.create_or_adopt().await {
                Ok(node) => return Some(node),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "node is not registered yet");
                    stop.unless(self.clock.sleep(RETRY)).await?;
                }
            }
        }
    }

    async fn create_or_adopt(&self) -> Result<Arc<Object>, client::Error> {
        let target = Target::object(nodes(), "", &self.config.node_name);
        let labels = self.labels();
        let Some(node) = self.client.find(target.clone()).await? else {
            let node = value!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {
                    "name": &self.config.node_name,
                    "labels": labels,
                    "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
                },
                "spec": {}
            });
            return self.client.create(nodes(), node).await;
        };
        let current = &node.value()["metadata"]["labels"];
        if labels.entries().strings().all(|(key, value)| current[key].as_str() == Some(value)) {
            return Ok(node);
        }
        self.client.merge_patch(target, &value!({"metadata": {"labels": labels}})).await
    }

    fn labels(&self) -> Value {
        labels(&self.config)
    }

    /// Renews the Lease until told to stop.
    pub(crate) async fn heartbeat(self: Arc<Self>, registered: Arc<Object>, stop: Stop) {
        let mut known: Option<Arc<Object>> = None;
        while !stop.is_requested() {
            // A node that was deleted and registered anew is another owner.
            let node = self.nodes.get("", &self.config.node_name).unwrap_or_else(|| registered.clone());
            let pause = match self.renew(known.take(), node.uid()).await {
                Ok(lease) => {
                    known = Some(lease);
                    RENEW_EVERY
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "lease was not renewed");
                    RETRY
                }
            };
            if stop.unless(self.clock.sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    async fn renew(&self, known: Option<Arc<Object>>, node_uid: &str) -> Result<Arc<Object>, client::Error> {
        let name = &self.config.node_name;
        let target = Target::object(leases(), LEASE_NAMESPACE, name);
        let known = match known {
            Some(lease) => Some(lease),
            None => self.client.find(target.clone()).await?,
        };
        let now = meta::time::micros(self.clock.now());
        let spec = value!({"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now});
        let owner = value!([{"apiVersion": "v1", "kind": "Node", "name": name, "uid": node_uid}]);
        match known {
            Some(lease) => {
                let mut body = lease.value().clone();
                body.set(&["spec"], spec);
                body.set(&["metadata", "ownerReferences"], owner);
                self.client.update(target, body).await
            }
            None => {
                let body = value!({
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": {"namespace": LEASE_NAMESPACE, "name": name, "ownerReferences": owner},
                    "spec": spec
                });
                self.client.create(leases(), body).await
            }
        }
    }

    /// Reports the status until told to stop: on every change, and now and then without one.
    pub(crate) async fn report(self: Arc<Self>, stop: Stop) {
        let mut network = self.network_ready.clone();
        let mut reported: Option<(Value, tokio::time::Instant)> = None;
        loop {
            let pause = match self.report_once(&mut reported).await {
                Ok(()) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "node status was not written");
                    reported = None;
                    RETRY
                }
            };
            tokio::select! {
                // All three only end a wait; nothing is lost by dropping them.
                () = stop.requested() => return,
                () = self.clock.sleep(pause) => {}
                changed = network.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn report_once(
        &self,
        reported: &mut Option<(Value, tokio::time::Instant)>,
    ) -> Result<(), client::Error> {
        let facts = self.look().await;
        let due = reported.as_ref().is_none_or(|(last, at)| *last != facts || at.elapsed() >= REPORT_EVERY);
        let gone = self.nodes.is_synced() && self.nodes.get("", &self.config.node_name).is_none();
        if !due && !gone {
            return Ok(());
        }
        let target = Target::object(nodes(), "", &self.config.node_name);
        let node = match self.client.find(target.clone()).await? {
            Some(node) => node,
            // Somebody deleted it: a node that runs is registered.
            None => self.create_or_adopt().await?,
        };
        let conditions = status::merge_conditions(
            &node.value()["status"]["conditions"],
            &facts["conditions"],
            &meta::time::seconds(self.clock.now()),
        );
        let mut status = facts.clone();
        status.set(&["conditions"], conditions);
        self.client.merge_patch(target.sub("status"), &value!({"status": status})).await?;
        *reported = Some((facts, self.clock.instant()));
        Ok(())
    }

    /// The node's status without times.
    async fn look(&self) -> Value {
        let usage = match self.images.fs_usage().await {
            Ok(usage) => Some(usage),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "disk usage is unknown");
                None
            }
        };
        let runtime = match self.runtime.info().await {
            Ok(info) => info.not_ready,
            Err(error) => Some(error.chain()),
        };
        let conditions = Conditions {
            runtime_not_ready: runtime,
            network_ready: *self.network_ready.borrow(),
            memory_available: machine::available_memory_bytes(),
            disk: usage,
            pids: machine::pids(),
        };
        status::facts(&self.config, &self.machine, &conditions, &self.images.list())
    }
}
