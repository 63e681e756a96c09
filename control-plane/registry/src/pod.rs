//! Pods.
//!
//! Reading order: this file, then `spec` (the rules of a pod's or template's spec) with what is below it:
//! `volumes` with `sources` and `projected`; `container` with `env`, `probes`, `resources` and `security`;
//! `scheduling`; `platform` (operating system and host). Then `annotations`, then what may change:
//! `change`, `resize`, `status`. `gates` drops what upstream has switched off, `warnings` tells of what is
//! valid and still looks wrong.

pub(crate) mod annotations;
mod change;
mod container;
mod env;
pub(crate) mod gates;
mod platform;
mod probes;
mod projected;
mod resize;
pub(crate) mod resources;
mod scheduling;
mod security;
mod sources;
mod spec;
mod status;
mod virtual_paths;
mod volumes;
pub(crate) mod warnings;

use std::collections::HashSet;

use api::Entry;
use api::NULL;
use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::pod_defaults::set_pod_spec_defaults;
use crate::strategy::copy_field;
use crate::strategy::copy_metadata;
use crate::strategy::keep_other_part;
use crate::table;

pub(crate) use resources::check_amount_of_node;
pub(crate) use resources::check_overhead;
pub(crate) use resources::is_extended as is_extended_resource;
pub(crate) use scheduling::check_node_selector;
pub(crate) use scheduling::check_tolerations;
pub(crate) use spec::Owner;
pub(crate) use spec::check_pod_spec;
pub(crate) use volumes::check_source_of_volume;
pub(crate) use volumes::no_steps_up;

pub(crate) struct Pods;

impl Strategy for Pods {
    fn table(&self) -> &'static Table {
        &table::POD
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, pod: &mut Value) {
        if let Some(spec) = pod.get_mut("spec") {
            set_pod_spec_defaults(spec);
            set_pod_defaults(spec);
        }
        let first = pod["status"]["podIPs"].items().first().map(|address| &address["ip"]);
        let address = &pod["status"]["podIP"];
        if !address.is_zero() && first != Some(address) {
            // The older of the two fields is what older nodes write.
            let addresses = value!([{"ip": address.clone()}]);
            pod.set(&["status", "podIPs"], addresses);
        } else if address.is_zero()
            && let Some(first) = first.cloned()
        {
            pod.set(&["status", "podIP"], first);
        }
    }

    fn prepare_create(&self, cx: &Context<'_>, pod: &mut Value) {
        let labels = pod["metadata"]["labels"].clone();
        let spec = pod.at_mut(&["spec"]);
        gates::drop_disabled(spec, &NULL);
        scheduling::each_term(spec, |term| scheduling::take_label_keys(term, &labels));
        take_apparmor_annotations(pod);
        let qos = qos_class(&pod["spec"]);
        let gated = !pod["spec"]["schedulingGates"].items().is_empty();
        pod.set(&["status"], value!({"phase": "Pending", "qosClass": qos}));
        if gated {
            let condition = value!({
                "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                "lastTransitionTime": meta::time::seconds(cx.clock.now()),
                "message": "Scheduling is blocked due to non-empty scheduling gates"
            });
            pod.set(&["status", "conditions"], vec![condition]);
        }
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, pod: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, pod, old);
        match part {
            Subresource::Status => status::prepare(pod, old),
            Subresource::Other("ephemeralcontainers") => {
                let ephemeral = pod["spec"].get("ephemeralContainers").cloned();
                copy_field(pod, old, "spec");
                copy_field(pod, old, "status");
                for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
                    copy_metadata(pod, old, field);
                }
                match ephemeral {
                    Some(ephemeral) => pod.set(&["spec", "ephemeralContainers"], ephemeral),
                    None => drop(pod.remove(&["spec", "ephemeralContainers"])),
                }
            }
            Subresource::Other("resize") => resize::keep_all_but_resources(pod, old),
            Subresource::None | Subresource::Other(_) => {}
        }
        gates::drop_disabled(pod.at_mut(&["spec"]), &old["spec"]);
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn check(&self, _cx: &Context<'_>, pod: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &pod["spec"]);
        let metadata = Path::new("metadata.annotations");
        annotations::check(&metadata, &pod["metadata"]["annotations"], spec, causes);
        check_pod_spec(&path, spec, &Owner::pod(&pod["metadata"]), causes);
        spec::check_tokens(&path, spec, causes);
        container::check_images(&path, spec, causes);
    }

    fn check_create(&self, _cx: &Context<'_>, pod: &Value, causes: &mut Causes) {
        let spec = &pod["spec"];
        if !spec["ephemeralContainers"].items().is_empty() {
            causes.push(Cause::forbidden("spec.ephemeralContainers", "cannot be set on create"));
        }
        if !spec["nodeName"].str_or_empty().is_empty() && !spec["schedulingGates"].items().is_empty() {
            let detail = "cannot be set until all schedulingGates have been cleared";
            causes.push(Cause::forbidden("spec.nodeName", detail));
        }
        annotations::check_fields(&Path::new("spec"), &pod["metadata"], spec, causes);
    }

    fn check_change(
        &self,
        cx: &Context<'_>,
        part: Subresource,
        pod: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        match part {
            Subresource::None => change::check(cx, pod, old, causes),
            Subresource::Other("ephemeralcontainers") => {
                self.check(cx, pod, causes);
                change::check_ephemeral(pod, old, causes);
            }
            Subresource::Other("resize") => {
                self.check(cx, pod, causes);
                resize::check(pod, old, causes);
            }
            Subresource::Status => status::check(pod, old, causes),
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

    fn warnings(&self, pod: &Value) -> Vec<String> {
        warnings::of_pod(pod)
    }
}

/// AppArmor profiles that annotations ask for become fields, so that there is one place to look.
fn take_apparmor_annotations(pod: &mut Value) {
    if pod["spec"]["os"]["name"].as_str() == Some("windows") {
        return;
    }
    let of_pod = pod["spec"]["securityContext"]["appArmorProfile"].clone();
    let annotations = pod["metadata"]["annotations"].clone();
    if !annotations.entries().iter().any(|entry| entry.key.as_str().starts_with(annotations::APPARMOR)) {
        return;
    }
    for list in container::LISTS {
        for container in items_mut(pod.at_mut(&["spec"]), list) {
            let key = format!("{}{}", annotations::APPARMOR, container["name"].str_or_empty());
            let annotation = annotations.get(key.as_str()).and_then(Value::as_str);
            let profile = annotation.and_then(annotations::apparmor_profile);
            if container["securityContext"]["appArmorProfile"].is_null()
                && let Some(profile) = profile.filter(|profile| *profile != of_pod)
            {
                container.set(&["securityContext", "appArmorProfile"], profile);
            }
        }
    }
}

/// What of a spec is defaulted in a pod, and not in a template.
fn set_pod_defaults(spec: &mut Value) {
    if spec["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0) {
        spec.set(&["terminationGracePeriodSeconds"], 1);
    }
    set_default(spec, "enableServiceLinks", true);
    let host_network = spec["hostNetwork"].as_bool() == Some(true);
    for list in ["containers", "initContainers"] {
        for container in items_mut(spec, list) {
            // A limit without a request is a request of the same size.
            let limits = container["resources"]["limits"].entries().to_vec();
            if !limits.is_empty() {
                container.at_mut(&["resources", "requests"]).ensure_map().add_missing(limits);
            }
            for port in
                items_mut(container, "ports").filter(|port| host_network && port["hostPort"].is_zero())
            {
                let number = port["containerPort"].clone();
                port.set(&["hostPort"], number);
            }
        }
    }
    set_resource_defaults(spec);
}

/// What a pod as a whole asks for: where it says less than its containers, what they say.
fn set_resource_defaults(spec: &mut Value) {
    let own = &spec["resources"];
    if own.is_null() || (own["limits"].is_zero() && own["requests"].is_zero()) {
        return;
    }
    let amounts = |spec: &Value, kind: &str| -> Vec<Entry> {
        let sums = resources::aggregate(spec, kind).into_iter();
        sums.map(|(name, sum)| Entry { key: name.into(), value: sum.to_string().into() }).collect()
    };
    let huge = |entry: &Entry| entry.key.as_str().starts_with("hugepages-");
    let mut limits = amounts(spec, "limits");
    let requested: HashSet<&str> = own["requests"].entries().iter().map(|entry| entry.key.as_str()).collect();
    limits.retain(|entry| huge(entry) && !requested.contains(entry.key.as_str()));
    add_amounts(spec, "limits", limits);
    if spec["resources"]["limits"].is_zero() {
        return;
    }
    let mut requests = amounts(spec, "requests");
    requests.retain(|entry| !huge(entry));
    requests.extend_from_slice(spec["resources"]["limits"].entries());
    requests.retain(|entry| resources::is_of_pod(entry.key.as_str()));
    add_amounts(spec, "requests", requests);
}

fn add_amounts(spec: &mut Value, kind: &str, amounts: Vec<Entry>) {
    if !amounts.is_empty() {
        spec.at_mut(&["resources", kind]).ensure_map().add_missing(amounts);
    }
}

/// `Guaranteed`, `Burstable` or `BestEffort`, by requests and limits of CPU and memory: those of the pod as
/// a whole, if it has any, else those of its containers.
pub(crate) fn qos_class(spec: &Value) -> &'static str {
    let whole = !spec["resources"].is_null();
    let containers = ["containers", "initContainers"].into_iter().flat_map(|list| spec[list].items());
    let all: Vec<&Value> = if whole {
        vec![&spec["resources"]]
    } else {
        containers.map(|container| &container["resources"]).collect()
    };
    let (mut any, mut guaranteed) = (false, true);
    for resources in all {
        for name in ["cpu", "memory"] {
            let amount =
                |kind: &str| api::view::quantity(&resources[kind][name]).filter(|amount| !amount.is_zero());
            let (request, limit) = (amount("requests"), amount("limits"));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
