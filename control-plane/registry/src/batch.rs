//! Jobs and CronJobs.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::apps::set_template_defaults;
use crate::cron;
use crate::job;
use crate::job_status;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;
use crate::template;

pub(crate) struct Jobs;
pub(crate) struct CronJobs;

/// Longest name of a CronJob: eleven characters of time stamp follow it in the names of its Jobs.
const CRON_NAME_MAX: usize = 52;

impl Strategy for Jobs {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::JOB
    }

    fn orphans_dependents(&self) -> bool {
        true
    }

    fn delete_warnings(&self) -> &'static [&'static str] {
        &[
            "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
        ]
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec) = object.get_mut("spec") else { return };
        if spec["completions"].is_null() && spec["parallelism"].is_null() {
            spec.set(&["completions"], 1);
        }
        set_default(spec, "parallelism", 1);
        let limit = if spec["backoffLimitPerIndex"].is_null() { 6 } else { i64::from(i32::MAX) };
        set_default(spec, "backoffLimit", limit);
        set_default(spec, "completionMode", "NonIndexed");
        set_default(spec, "suspend", false);
        set_default(spec, "manualSelector", false);
        let replaced = if spec["podFailurePolicy"].is_null() { "TerminatingOrFailed" } else { "Failed" };
        set_default(spec, "podReplacementPolicy", replaced);
        set_nested_defaults(spec);
        let labels = &object["spec"]["template"]["metadata"]["labels"];
        if object["metadata"]["labels"].is_zero() && !labels.is_zero() {
            let labels = labels.clone();
            object.set(&["metadata", "labels"], labels);
        }
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        object.set(&["status"], Value::object());
        template::drop_disabled(self.template(), object, &api::NULL);
        // The selector is the job's own uid, unless the client insists on making one. A label that
        // stands there already is left alone: where it conflicts, validation says so.
        if object["spec"]["manualSelector"].as_bool() == Some(true) {
            return;
        }
        let uid = object["metadata"]["uid"].clone();
        let name = object["metadata"]["name"].clone();
        let labels = object.at_mut(&["spec", "template", "metadata", "labels"]);
        for (key, value) in [
            (job::LEGACY_JOB_NAME, &name),
            (job::JOB_NAME, &name),
            (job::LEGACY_CONTROLLER_UID, &uid),
            (job::CONTROLLER_UID, &uid),
        ] {
            if labels.get(key).is_none() {
                labels.set(&[key], value.clone());
            }
        }
        let selected = object.at_mut(&["spec", "selector", "matchLabels"]);
        if selected.get(job::CONTROLLER_UID).is_none() {
            selected.set(&[job::CONTROLLER_UID], uid);
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        job::check_generated_selector(object, causes);
        job::check_spec(&path, spec, causes);
        let (selector, labels) = (&spec["selector"], &spec["template"]["metadata"]["labels"]);
        if selector.is_null() {
            causes.push(Cause::required(path.child("selector"), ""));
        } else {
            rules::label_selector(&path.child("selector"), selector, causes);
            if !rules::selects(selector, labels) {
                let detail = "`selector` does not match template `labels`";
                causes.push(Cause::invalid(path.child("template.metadata.labels"), labels, detail));
            }
        }
        let completions = spec["completions"].as_i64().unwrap_or(0);
        if job::is_indexed(spec) && completions > 0 {
            let name = object["metadata"]["name"].str_or_empty();
            let last = format!("{name}-{}", completions - 1);
            if !names::dns1123_label(&last).is_empty() {
                let detail = format!("will not able to create pod with invalid DNS label: {last}");
                causes.push(Cause::invalid("metadata.name", name, &detail));
            }
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        match part {
            Subresource::None => job::check_change(object, old, causes),
            Subresource::Status => job_status::check(object, old, causes),
            Subresource::Other(_) => {}
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        let mut found = template::named_warnings(self.template(), object);
        found.extend(job::size_warning("spec", &object["spec"]));
        found
    }

    fn change_warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        if object["metadata"]["generation"] == old["metadata"]["generation"] {
            return Vec::new();
        }
        let mut found = template::warnings(self.template(), object);
        found.extend(job::size_warning("spec", &object["spec"]));
        found
    }
}

impl Strategy for CronJobs {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "jobTemplate", "spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::CRON_JOB
    }

    /// Of the template only the pod is defaulted: the Job gets its own defaults when it is made.
    fn set_defaults(&self, object: &mut Value) {
        let Some(spec) = object.get_mut("spec") else { return };
        set_default(spec, "concurrencyPolicy", "Allow");
        set_default(spec, "suspend", false);
        set_default(spec, "successfulJobsHistoryLimit", 3);
        set_default(spec, "failedJobsHistoryLimit", 1);
        if let Some(job) = spec.get_mut("jobTemplate").and_then(|template| template.get_mut("spec")) {
            set_nested_defaults(job);
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        rules::non_negative(&path, spec, &["startingDeadlineSeconds"], causes);
        let policies = ["Allow", "Forbid", "Replace"];
        rules::supported(&path, spec, "concurrencyPolicy", &policies, causes);
        let (path, job) = (path.child("jobTemplate.spec"), &spec["jobTemplate"]["spec"]);
        job::check_spec(&path, job, causes);
        if !job["selector"].is_null() {
            let detail = "`selector` will be auto-generated";
            causes.push(Cause::invalid(path.child("selector"), &job["selector"], detail));
        }
        if job["manualSelector"].as_bool() == Some(true) {
            let field = path.child("manualSelector");
            causes.push(Cause::not_supported(field, true, &["nil", "false"]));
        }
        let limits = ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
        rules::non_negative(&Path::new("spec"), spec, &limits, causes);
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_schedule(&object["spec"], &api::NULL, causes);
        let name = object["metadata"]["name"].str_or_empty();
        if name.len() > CRON_NAME_MAX {
            causes.push(Cause::invalid("metadata.name", name, "must be no more than 52 characters"));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::None {
            check_schedule(&object["spec"], &old["spec"], causes);
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        let mut found = template::named_warnings(self.template(), object);
        found.extend(job::size_warning("spec.jobTemplate.spec", &object["spec"]["jobTemplate"]["spec"]));
        found
    }

    fn change_warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if object["metadata"]["generation"] != old["metadata"]["generation"] {
            found = template::warnings(self.template(), object);
            found.extend(job::size_warning("spec.jobTemplate.spec", &object["spec"]["jobTemplate"]["spec"]));
        }
        if object["spec"]["schedule"].str_or_empty().contains("TZ") {
            found.push("cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details".to_owned());
        }
        found
    }
}

/// Defaults below a Job's spec, which a CronJob's template has as well.
fn set_nested_defaults(job: &mut Value) {
    if let Some(policy) = job.get_mut("podFailurePolicy") {
        for rule in items_mut(policy, "rules") {
            for pattern in items_mut(rule, "onPodConditions") {
                set_default(pattern, "status", "True");
            }
        }
    }
    set_template_defaults(job);
}

fn check_schedule(spec: &Value, old: &Value, causes: &mut Causes) {
    let (path, schedule, zone) = (Path::new("spec.schedule"), &spec["schedule"], &spec["timeZone"]);
    let text = schedule.str_or_empty();
    if text.is_empty() {
        causes.push(Cause::required(path, ""));
    } else {
        if let Err(why) = cron::check_schedule(text) {
            causes.push(Cause::invalid(path, text, &why));
        }
        let allowed = old["schedule"].str_or_empty().contains("TZ");
        if text.contains("TZ") && (!allowed || !zone.is_null()) {
            let detail = if allowed {
                "cannot use both timeZone field and TZ or CRON_TZ in schedule"
            } else {
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            };
            causes.push(Cause::invalid(path, text, detail));
        }
    }
    if zone.is_null() || old["timeZone"] == *zone {
        return;
    }
    let (path, name) = (Path::new("spec.timeZone"), zone.str_or_empty());
    if name.is_empty() {
        causes.push(Cause::invalid(path, name, "timeZone must be nil or non-empty string"));
    } else if name.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        causes.push(Cause::invalid(path, name, detail));
    } else if !cron::is_time_zone_spelled(name) || !cron::is_time_zone(name) {
        causes.push(Cause::invalid(path, name, &format!("unknown time zone {name}")));
    }
}
