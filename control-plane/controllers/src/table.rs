//! Every controller.

use crate::cluster::aggregation;
use crate::cluster::garbage;
use crate::cluster::namespace;
use crate::cluster::node_ipam;
use crate::cluster::node_lifecycle;
use crate::cluster::pod_gc;
use crate::cluster::resource_quota;
use crate::cluster::root_ca;
use crate::cluster::service_account;
use crate::cluster::taint_eviction;
use crate::context::Context;
use crate::context::Part;
use crate::network::endpoints;
use crate::network::endpointslice;
use crate::storage::protection;
use crate::workloads::cronjob;
use crate::workloads::daemonset;
use crate::workloads::deployment;
use crate::workloads::disruption;
use crate::workloads::job;
use crate::workloads::replicaset;
use crate::workloads::statefulset;
use crate::workloads::ttl;

/// A row: one controller.
pub(crate) struct Row {
    /// Its name, as upstream's `--controllers` flag spells it.
    pub(crate) name: &'static str,
    /// Makes its queues and its reconcilers.
    pub(crate) build: fn(&Context<'_>) -> Vec<Part>,
}

pub(crate) static CONTROLLERS: &[Row] = &[
    Row { name: "serviceaccount-controller", build: service_account::build },
    Row { name: "root-ca-certificate-publisher-controller", build: root_ca::build },
    Row { name: "clusterrole-aggregation-controller", build: aggregation::build },
    Row { name: "cronjob-controller", build: cronjob::build },
    Row { name: "ttl-after-finished-controller", build: ttl::build },
    Row { name: "daemonset-controller", build: daemonset::build },
    Row { name: "deployment-controller", build: deployment::build },
    Row { name: "job-controller", build: job::build },
    Row { name: "replicaset-controller", build: replicaset::replica_sets },
    Row { name: "replicationcontroller-controller", build: replicaset::replication_controllers },
    Row { name: "statefulset-controller", build: statefulset::build },
    Row { name: "disruption-controller", build: disruption::build },
    Row { name: "endpointslice-controller", build: endpointslice::build },
    Row { name: "endpoints-controller", build: endpoints::build },
    Row { name: "persistentvolumeclaim-protection-controller", build: protection::claims },
    Row { name: "persistentvolume-protection-controller", build: protection::volumes },
    Row { name: "resourcequota-controller", build: resource_quota::build },
    Row { name: "namespace-controller", build: namespace::build },
    Row { name: "garbage-collector-controller", build: garbage::build },
    Row { name: "node-lifecycle-controller", build: node_lifecycle::build },
    Row { name: "taint-eviction-controller", build: taint_eviction::build },
    Row { name: "node-ipam-controller", build: node_ipam::build },
    Row { name: "pod-garbage-collector-controller", build: pod_gc::build },
];
