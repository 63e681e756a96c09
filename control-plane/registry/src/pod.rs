//! Pods.
//!
//! Reading order: this file, then `spec` (the rules of a pod's or template's spec) with `container`,
//! `volumes` and `scheduling` below it, then `change` (what of a pod may change).

mod change;
mod container;
mod scheduling;
mod spec;
mod volumes;

use api::NULL;
use api::Value;
use api::value;
use meta::Cause;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::set_default;
use crate::pod_defaults::set_pod_spec_defaults;
use crate::strategy::copy_field;
use crate::strategy::keep_other_part;
use crate::table;

pub(crate) use scheduling::check_node_selector;
pub(crate) use spec::check_pod_spec;

pub(crate) struct Pods;

impl Strategy for Pods {
    fn table(&self) -> &'static Table {
        &table::POD
    }

    fn set_defaults(&self, pod: &mut Value) {
        if let Some(spec) = pod.get_mut("spec") {
            set_pod_spec_defaults(spec);
            set_default(spec, "enableServiceLinks", true);
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, pod: &mut Value) {
        let qos = qos_class(&pod["spec"]);
        let gated = !pod["spec"]["schedulingGates"].items().is_empty();
        pod.set(&["status"], value!({"phase": "Pending", "qosClass": qos}));
        if gated {
            let condition = value!({
                "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                "message": "Scheduling is blocked due to non-empty scheduling gates"
            });
            pod.set(&["status", "conditions"], vec![condition]);
        }
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, pod: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, pod, old);
        match part {
            Subresource::Status => {
                if let Some(qos) = old["status"].get("qosClass") {
                    pod.set(&["status", "qosClass"], qos.clone());
                }
            }
            Subresource::Other("ephemeralcontainers") => {
                let ephemeral = pod["spec"]["ephemeralContainers"].clone();
                copy_field(pod, old, "spec");
                copy_field(pod, old, "status");
                pod.set(&["spec", "ephemeralContainers"], ephemeral);
            }
            Subresource::Other("resize") => change::keep_all_but_resources(pod, old),
            Subresource::None | Subresource::Other(_) => {}
        }
    }

    fn has_generation(&self, _resource: &api::Resource) -> bool {
        true
    }

    fn check(&self, _cx: &Context<'_>, pod: &Value, causes: &mut Vec<Cause>) {
        let path = Path::new("spec");
        check_pod_spec(&path, &pod["spec"], &NULL, causes);
        container::check_images(&path, &pod["spec"], causes);
    }

    fn check_create(&self, _cx: &Context<'_>, pod: &Value, causes: &mut Vec<Cause>) {
        let spec = &pod["spec"];
        if !spec["ephemeralContainers"].items().is_empty() {
            causes.push(Cause::forbidden("spec.ephemeralContainers", "cannot be set on create"));
        }
        if !spec["nodeName"].str_or_empty().is_empty() && !spec["schedulingGates"].items().is_empty() {
            let detail = "cannot be set until all schedulingGates have been cleared";
            causes.push(Cause::forbidden("spec.nodeName", detail));
        }
    }

    fn check_change(
        &self,
        cx: &Context<'_>,
        part: Subresource,
        pod: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
    ) {
        match part {
            Subresource::None => change::check(pod, old, causes),
            Subresource::Other("ephemeralcontainers") => {
                self.check(cx, pod, causes);
                change::check_ephemeral(pod, old, causes);
            }
            Subresource::Other("resize") => {
                self.check(cx, pod, causes);
                change::check_resize(pod, old, causes);
            }
            Subresource::Status => change::check_status(pod, old, causes),
            Subresource::Other(_) => {}
        }
    }

    fn graceful_delete(&self, pod: &Value, asked: Option<u64>) -> Option<u64> {
        let spec_grace = pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
        let grace = asked.unwrap_or_else(|| u64::try_from(spec_grace).unwrap_or(1));
        // A pod that never reached a node, or that ended, has nobody to end it gracefully.
        let unassigned = pod["spec"]["nodeName"].str_or_empty().is_empty();
        let ended = matches!(pod["status"]["phase"].str_or_empty(), "Succeeded" | "Failed");
        Some(if unassigned || ended { 0 } else { grace })
    }
}

/// `Guaranteed`, `Burstable` or `BestEffort`, by requests and limits of CPU and memory.
pub(crate) fn qos_class(spec: &Value) -> &'static str {
    let mut any = false;
    let mut guaranteed = true;
    for container in ["containers", "initContainers"].into_iter().flat_map(|list| spec[list].items()) {
        for resource in ["cpu", "memory"] {
            let amount = |kind: &str| {
                api::view::quantity(&container["resources"][kind][resource]).filter(|q| !q.is_zero())
            };
            let (request, limit) = (amount("requests"), amount("limits"));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
