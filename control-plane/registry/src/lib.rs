//! What is special about each resource, and nothing else.
//!
//! The API server treats every resource alike; where one differs (defaults that the schema cannot
//! say, fields that belong to the server, cross-field rules, what may change), its [`Strategy`] says
//! so. Everything here is synchronous and pure: a strategy sees the object, the old object and a
//! [`Context`], and can reach nothing else.
//!
//! To add a built-in kind: a row in the resource table, and, if it differs from the generic
//! behaviour, a strategy in the file of its group, which says all of it down to the columns that
//! `kubectl get` shows, and an arm in [`strategy`].
//!
//! Reading order: [`Strategy`], `generic`, then the file of the group in question; `table` for
//! columns.

mod address;
mod apps;
mod autoscaling;
mod batch;
mod certificates;
mod check;
mod claims;
mod core;
mod cron;
mod disruption;
mod endpoints;
mod events;
mod facts;
mod field;
mod flowcontrol;
mod generic;
mod job;
mod job_status;
pub mod metadata;
mod networking;
mod node;
mod pem;
mod pod;
mod pod_defaults;
mod policy;
mod rbac;
mod resource;
pub mod review;
mod rules;
pub mod service;
mod stateful;
mod storage;
mod strategy;
mod table;
mod template;
#[cfg(test)]
mod tests;
pub mod versions;
mod webhooks;

pub use check::check_create;
pub use check::check_update;
pub use field::Path;
pub use strategy::Context;
pub use strategy::Generation;
pub use strategy::Requester;
pub use strategy::Strategy;
pub use strategy::Subresource;
pub use table::SCALE;
pub use table::Table;

use api::Resource;

/// The strategy of a resource.
pub fn strategy(resource: &Resource) -> &'static dyn Strategy {
    match (resource.group, resource.name) {
        ("", "pods") => &pod::Pods,
        ("", "services") => &service::Services,
        ("", "namespaces") => &core::Namespaces,
        ("", "nodes") => &node::Nodes,
        ("", "componentstatuses") => &core::ComponentStatuses,
        ("", "configmaps") => &core::ConfigMaps,
        ("", "secrets") => &core::Secrets,
        ("", "serviceaccounts") => &core::ServiceAccounts,
        ("", "endpoints") => &endpoints::Endpoints,
        ("" | "events.k8s.io", "events") => &events::Events,
        ("", "resourcequotas") => &policy::ResourceQuotas,
        ("", "limitranges") => &policy::LimitRanges,
        ("", "podtemplates") => &apps::PodTemplates,
        ("", "replicationcontrollers") => &apps::ReplicationControllers,
        ("apps", "deployments") => &apps::Deployments,
        ("apps", "replicasets") => &apps::ReplicaSets,
        ("apps", "statefulsets") => &apps::StatefulSets,
        ("apps", "daemonsets") => &apps::DaemonSets,
        ("apps", "controllerrevisions") => &apps::ControllerRevisions,
        ("batch", "jobs") => &batch::Jobs,
        ("batch", "cronjobs") => &batch::CronJobs,
        ("coordination.k8s.io", "leases") => &core::Leases,
        ("discovery.k8s.io", "endpointslices") => &endpoints::EndpointSlices,
        ("networking.k8s.io", "servicecidrs") => &service::ServiceCidrs,
        ("networking.k8s.io", "ipaddresses") => &service::IpAddresses,
        ("", "persistentvolumeclaims") => &claims::Claims,
        ("scheduling.k8s.io", "priorityclasses") => &core::PriorityClasses,
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => &rbac::Roles,
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => &rbac::Bindings,
        ("", "persistentvolumes") => &storage::PersistentVolumes,
        ("admissionregistration.k8s.io", name) => match name {
            "validatingwebhookconfigurations" | "mutatingwebhookconfigurations" => {
                &webhooks::WebhookConfigurations
            }
            "validatingadmissionpolicies" => &webhooks::AdmissionPolicies::Validating,
            "mutatingadmissionpolicies" => &webhooks::AdmissionPolicies::Mutating,
            _ => &webhooks::AdmissionBindings,
        },
        ("autoscaling", "horizontalpodautoscalers") => &autoscaling::Autoscalers,
        ("certificates.k8s.io", "certificatesigningrequests") => &certificates::SigningRequests,
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => &flowcontrol::FlowSchemas,
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => &flowcontrol::PriorityLevels,
        ("node.k8s.io", "runtimeclasses") => &node::RuntimeClasses,
        ("networking.k8s.io", "ingresses") => &networking::Ingresses,
        ("networking.k8s.io", "ingressclasses") => &networking::IngressClasses,
        ("networking.k8s.io", "networkpolicies") => &networking::NetworkPolicies,
        ("policy", "poddisruptionbudgets") => &disruption::DisruptionBudgets,
        ("resource.k8s.io", "deviceclasses") => &resource::DeviceClasses,
        ("resource.k8s.io", "resourceclaims") => &resource::ResourceClaims,
        ("resource.k8s.io", "resourceclaimtemplates") => &resource::ResourceClaimTemplates,
        ("resource.k8s.io", "resourceslices") => &resource::ResourceSlices,
        ("storage.k8s.io", "csidrivers") => &storage::CsiDrivers,
        ("storage.k8s.io", "csinodes") => &storage::CsiNodes,
        ("storage.k8s.io", "csistoragecapacities") => &storage::StorageCapacities,
        ("storage.k8s.io", "storageclasses") => &storage::StorageClasses,
        ("storage.k8s.io", "volumeattachments") => &storage::VolumeAttachments,
        ("storage.k8s.io", "volumeattributesclasses") => &storage::VolumeAttributesClasses,
        _ => &generic::Generic,
    }
}
