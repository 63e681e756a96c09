//! Workloads: everything that holds a pod template.

use api::Value;
use api::value;
use meta::Cause;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::pod::supported;
use crate::pod::validate_pod_spec;
use crate::pod_defaults::set_default;
use crate::pod_defaults::set_pod_spec_defaults;

pub(crate) struct Deployments;
pub(crate) struct ReplicaSets;
pub(crate) struct StatefulSets;
pub(crate) struct DaemonSets;
pub(crate) struct Jobs;
pub(crate) struct CronJobs;
pub(crate) struct PodTemplates;
pub(crate) struct ReplicationControllers;

impl Strategy for Deployments {
    fn set_defaults(&self, object: &mut Value) {
        let Some(spec) = object.get_mut("spec") else { return };
        set_default(spec, "replicas", 1);
        set_default(spec, "revisionHistoryLimit", 10);
        set_default(spec, "progressDeadlineSeconds", 600);
        let strategy = spec.at_mut(&["strategy"]);
        set_default(strategy, "type", "RollingUpdate");
        if strategy["type"].as_str() == Some("RollingUpdate") {
            let rolling = strategy.at_mut(&["rollingUpdate"]);
            set_default(rolling, "maxUnavailable", "25%");
            set_default(rolling, "maxSurge", "25%");
        }
        set_template_defaults(spec);
    }

    fn validate(&self, _cx: &Context<'_>, object: &Value) -> Vec<Cause> {
        let mut causes = validate_workload(object);
        let strategy = Path::new("spec").child("strategy");
        supported(
            &strategy,
            &object["spec"]["strategy"],
            "type",
            &["Recreate", "RollingUpdate"],
            &mut causes,
        );
        let spec = &object["spec"]["strategy"];
        if spec["type"].as_str() == Some("Recreate") && !spec["rollingUpdate"].is_null() {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            causes.push(Cause::forbidden(strategy.child("rollingUpdate"), detail));
        }
        causes
    }

    fn validate_update(
        &self,
        cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
    ) -> Vec<Cause> {
        validate_change(self, cx, part, object, old)
    }
}

impl Strategy for ReplicaSets {
    fn set_defaults(&self, object: &mut Value) {
        if let Some(spec) = object.get_mut("spec") {
            set_default(spec, "replicas", 1);
            set_template_defaults(spec);
        }
    }

    fn validate(&self, _cx: &Context<'_>, object: &Value) -> Vec<Cause> {
        validate_workload(object)
    }

    fn validate_update(
        &self,
        cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
    ) -> Vec<Cause> {
        validate_change(self, cx, part, object, old)
    }
}

impl Strategy for ReplicationControllers {
    fn set_defaults(&self, object: &mut Value) {
        let template_labels = object["spec"]["template"]["metadata"]["labels"].clone();
        if object["spec"]["selector"].is_zero() && !template_labels.is_zero() {
            object.set(&["spec", "selector"], template_labels.clone());
        }
        if object["metadata"]["labels"].is_zero() && !template_labels.is_zero() {
            object.set(&["metadata", "labels"], template_labels);
        }
        if let Some(spec) = object.get_mut("spec") {
            set_default(spec, "replicas", 1);
            set_template_defaults(spec);
        }
    }
}

impl Strategy for StatefulSets {
    fn set_defaults(&self, object: &mut Value) {
        let Some(spec) = object.get_mut("spec") else { return };
        set_default(spec, "replicas", 1);
        set_default(spec, "revisionHistoryLimit", 10);
        set_default(spec, "podManagementPolicy", "OrderedReady");
        let strategy = spec.at_mut(&["updateStrategy"]);
        set_default(strategy, "type", "RollingUpdate");
        if strategy["type"].as_str() == Some("RollingUpdate") {
            set_default(strategy.at_mut(&["rollingUpdate"]), "partition", 0);
        }
        let retention = spec.at_mut(&["persistentVolumeClaimRetentionPolicy"]);
        set_default(retention, "whenDeleted", "Retain");
        set_default(retention, "whenScaled", "Retain");
        set_template_defaults(spec);
    }

    fn validate(&self, _cx: &Context<'_>, object: &Value) -> Vec<Cause> {
        validate_workload(object)
    }
}

impl Strategy for DaemonSets {
    fn set_defaults(&self, object: &mut Value) {
        let Some(spec) = object.get_mut("spec") else { return };
        set_default(spec, "revisionHistoryLimit", 10);
        let strategy = spec.at_mut(&["updateStrategy"]);
        set_default(strategy, "type", "RollingUpdate");
        if strategy["type"].as_str() == Some("RollingUpdate") {
            let rolling = strategy.at_mut(&["rollingUpdate"]);
            set_default(rolling, "maxUnavailable", 1);
            set_default(rolling, "maxSurge", 0);
        }
        set_template_defaults(spec);
    }

    fn validate(&self, _cx: &Context<'_>, object: &Value) -> Vec<Cause> {
        validate_workload(object)
    }
}

impl Strategy for Jobs {
    fn set_defaults(&self, object: &mut Value) {
        if let Some(spec) = object.get_mut("spec") {
            set_job_defaults(spec);
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        object.set(&["status"], value!({}));
        // The selector is the job's own uid, unless the client insists on making one.
        if object["spec"]["manualSelector"].as_bool() != Some(true) {
            let uid = object["metadata"]["uid"].clone();
            let name = object["metadata"]["name"].clone();
            for (key, value) in [
                ("batch.kubernetes.io/controller-uid", &uid),
                ("batch.kubernetes.io/job-name", &name),
                ("controller-uid", &uid),
                ("job-name", &name),
            ] {
                object.set(&["spec", "template", "metadata", "labels", key], value.clone());
            }
            object.set(&["spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"], uid);
        }
    }
}

impl Strategy for CronJobs {
    fn set_defaults(&self, object: &mut Value) {
        let Some(spec) = object.get_mut("spec") else { return };
        set_default(spec, "concurrencyPolicy", "Allow");
        set_default(spec, "suspend", false);
        set_default(spec, "successfulJobsHistoryLimit", 3);
        set_default(spec, "failedJobsHistoryLimit", 1);
        if let Some(job) = spec.get_mut("jobTemplate").and_then(|template| template.get_mut("spec")) {
            set_job_defaults(job);
        }
    }
}

impl Strategy for PodTemplates {
    fn set_defaults(&self, object: &mut Value) {
        set_template_defaults(object);
    }
}

fn set_job_defaults(spec: &mut Value) {
    let indexed_defaults = spec["completions"].is_null() && spec["parallelism"].is_null();
    if indexed_defaults {
        spec.set(&["completions"], 1);
    }
    set_default(spec, "parallelism", 1);
    set_default(spec, "backoffLimit", 6);
    set_default(spec, "completionMode", "NonIndexed");
    set_default(spec, "suspend", false);
    set_default(spec, "manualSelector", false);
    set_default(spec, "podReplacementPolicy", "TerminatingOrFailed");
    set_template_defaults(spec);
}

fn set_template_defaults(spec: &mut Value) {
    if let Some(pod) = spec.get_mut("template").and_then(|template| template.get_mut("spec")) {
        set_pod_spec_defaults(pod);
    }
}

/// Replicas, selector, and a template that the selector selects.
fn validate_workload(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let path = Path::new("spec");
    let spec = &object["spec"];
    let replicas = spec["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        causes.push(Cause::invalid(path.child("replicas"), replicas, "must be greater than or equal to 0"));
    }
    let selector = &spec["selector"];
    let template = path.child("template");
    if selector.is_null() {
        causes.push(Cause::required(path.child("selector"), ""));
    } else if selector["matchLabels"].is_zero() && selector["matchExpressions"].is_zero() {
        let detail = "empty selector is invalid for deployment";
        causes.push(Cause::invalid(path.child("selector"), api::json::to_string(selector), detail));
    } else {
        let labels = &spec["template"]["metadata"]["labels"];
        let selected =
            selector["matchLabels"].entries().iter().all(|e| labels.get(e.key.as_str()) == Some(&e.value));
        if !selected {
            let shown = api::json::to_string(labels);
            let detail = "`selector` does not match template `labels`";
            causes.push(Cause::invalid(template.child("metadata").child("labels"), shown, detail));
        }
    }
    validate_pod_spec(&template.child("spec"), &spec["template"]["spec"], &mut causes);
    let policy = spec["template"]["spec"]["restartPolicy"].str_or_empty();
    if !policy.is_empty() && policy != "Always" {
        let field = template.child("spec").child("restartPolicy");
        causes.push(Cause::not_supported(field, policy, &["Always"]));
    }
    causes
}

fn validate_change(
    strategy: &dyn Strategy,
    cx: &Context<'_>,
    part: Subresource,
    object: &Value,
    old: &Value,
) -> Vec<Cause> {
    if part != Subresource::None {
        return Vec::new();
    }
    let mut causes = strategy.validate(cx, object);
    if object["spec"]["selector"] != old["spec"]["selector"] {
        let shown = api::json::to_string(&object["spec"]["selector"]);
        causes.push(Cause::invalid("spec.selector", shown, "field is immutable"));
    }
    causes
}
