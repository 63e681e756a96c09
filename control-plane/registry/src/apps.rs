//! Workloads: everything that holds a pod template, apart from Jobs.

use std::ops::ControlFlow;

use api::NULL;
use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::set_default;
use crate::pod_defaults::set_pod_spec_defaults;
use crate::rules;
use crate::strategy::keep_other_part;
use crate::strategy::reset_status;
use crate::table;
use crate::template;
use crate::template::check_template;

pub(crate) struct Deployments;
pub(crate) struct ReplicaSets;
pub(crate) struct StatefulSets;
pub(crate) struct DaemonSets;
pub(crate) struct PodTemplates;
pub(crate) struct ReplicationControllers;
pub(crate) struct ControllerRevisions;

impl Strategy for Deployments {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::DEPLOYMENT
    }

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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        rules::non_negative(&path, spec, &["replicas"], causes);
        if check_selector(&path, spec, "deployment", causes).is_continue() {
            check_always_template(&path, spec, "ReplicaSet", causes);
        }
        check_deployment_strategy(&path.child("strategy"), &spec["strategy"], causes);
        let counts = ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"];
        rules::non_negative(&path, spec, &counts, causes);
        let deadline = spec["progressDeadlineSeconds"].as_i64();
        if deadline.is_some_and(|seconds| seconds <= spec["minReadySeconds"].as_i64().unwrap_or(0)) {
            let field = path.child("progressDeadlineSeconds");
            let detail = "must be greater than minReadySeconds";
            causes.push(Cause::invalid(field, &spec["progressDeadlineSeconds"], detail));
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
            Subresource::None => check_same_selector(object, old, causes),
            Subresource::Status => {
                let of_replicas = ["updatedReplicas", "readyReplicas", "availableReplicas"];
                check_status(object, &of_replicas, &["unavailableReplicas", "terminatingReplicas"], causes);
                check_collisions(object, old, causes);
            }
            Subresource::Other(_) => {}
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        template::named_warnings(self.template(), object)
    }
}

fn check_deployment_strategy(path: &Path<'_>, strategy: &Value, causes: &mut Causes) {
    let rolling = &strategy["rollingUpdate"];
    match strategy["type"].str_or_empty() {
        "Recreate" if !rolling.is_null() => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            causes.push(Cause::forbidden(path.child("rollingUpdate"), detail));
        }
        "RollingUpdate" => {
            let path = path.child("rollingUpdate");
            let unavailable = path.child("maxUnavailable");
            rules::count_or_percent(&unavailable, &rolling["maxUnavailable"], causes);
            rules::count_or_percent(&path.child("maxSurge"), &rolling["maxSurge"], causes);
            let zero = |field: &str| rules::count_or_percent_value(&rolling[field]) == 0;
            if zero("maxUnavailable") && zero("maxSurge") {
                let detail = "may not be 0 when `maxSurge` is 0";
                causes.push(Cause::invalid(unavailable, &rolling["maxUnavailable"], detail));
            }
            rules::at_most_all(&unavailable, &rolling["maxUnavailable"], causes);
        }
        _ => {}
    }
}

impl Strategy for ReplicaSets {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::REPLICA_SET
    }

    fn set_defaults(&self, object: &mut Value) {
        if let Some(spec) = object.get_mut("spec") {
            set_default(spec, "replicas", 1);
            set_template_defaults(spec);
        }
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        rules::non_negative(&path, spec, &["replicas", "minReadySeconds"], causes);
        if check_selector(&path, spec, "deployment", causes).is_continue() {
            check_always_template(&path, spec, "ReplicaSet", causes);
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
            Subresource::None => check_same_selector(object, old, causes),
            Subresource::Status => check_status(object, SET_COUNTS, &["terminatingReplicas"], causes),
            Subresource::Other(_) => {}
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        template::named_warnings(self.template(), object)
    }
}

/// Counts of a replica set's status that are part of its replicas.
const SET_COUNTS: &[&str] = &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];

impl Strategy for ReplicationControllers {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::REPLICA_SET
    }

    fn orphans_dependents(&self) -> bool {
        true
    }

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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        rules::non_negative(&path, spec, &["minReadySeconds"], causes);
        if spec["selector"].is_zero() {
            causes.push(Cause::required(path.child("selector"), ""));
        }
        rules::non_negative(&path, spec, &["replicas"], causes);
        if spec["template"].is_null() {
            causes.push(Cause::required(path.child("template"), ""));
            return;
        }
        let labels = &spec["template"]["metadata"]["labels"];
        let mut wanted = spec["selector"].entries().strings();
        if !wanted.all(|(key, value)| labels.get(key).and_then(Value::as_str) == Some(value)) {
            push_mismatch(&path, labels, causes);
        }
        check_template(&path.child("template"), &spec["template"], &NULL, causes);
        check_always(&path, spec, "ReplicationController", causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        _old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::Status {
            check_status(object, SET_COUNTS, &[], causes);
        }
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        template::named_warnings(self.template(), object)
    }
}

/// How often the template of a daemon set changed: a field of the first version of the kind, kept as an
/// annotation since.
const GENERATION_ANNOTATION: &str = "deprecated.daemonset.template.generation";
const TEMPLATE_GENERATION: &[&str] = &["metadata", "annotations", GENERATION_ANNOTATION];

impl Strategy for DaemonSets {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::DAEMON_SET
    }

    fn derived_annotations(&self) -> &'static [&'static str] {
        &[GENERATION_ANNOTATION]
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        reset_status(object);
        template::drop_disabled(self.template(), object, &NULL);
        object.set(TEMPLATE_GENERATION, "1");
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, object: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, object, old);
        template::drop_disabled(self.template(), object, old);
        let generation: i64 = old.at(TEMPLATE_GENERATION).str_or_empty().parse().unwrap_or(0);
        let changed = part == Subresource::None && object["spec"]["template"] != old["spec"]["template"];
        object.set(TEMPLATE_GENERATION, (generation + i64::from(changed)).to_string());
    }

    fn set_defaults(&self, object: &mut Value) {
        if object.at(TEMPLATE_GENERATION).is_null() {
            object.set(TEMPLATE_GENERATION, "0");
        }
        let Some(spec) = object.get_mut("spec") else { return };
        set_default(spec, "revisionHistoryLimit", 10);
        let strategy = spec.at_mut(&["updateStrategy"]);
        set_default(strategy, "type", "RollingUpdate");
        if strategy["type"].as_str() == Some("RollingUpdate") {
            let rolling = strategy.at_mut(&["rollingUpdate"]);
            set_default(rolling, "maxUnavailable", 1);
            set_default(rolling, "maxSurge", 0);
        } else if let Some(rolling @ Value::Object(_)) = strategy.get_mut("rollingUpdate") {
            // Numbers that upstream's own form of the type has in any case.
            set_default(rolling, "maxUnavailable", 0);
            set_default(rolling, "maxSurge", 0);
        }
        set_template_defaults(spec);
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        check_daemon_selector(&path, spec, causes);
        check_always_template(&path, spec, "DaemonSet", causes);
        rules::non_negative(&path, spec, &["minReadySeconds", "revisionHistoryLimit"], causes);
        let (at, strategy) = (path.child("updateStrategy"), &spec["updateStrategy"]);
        match strategy["type"].str_or_empty() {
            "RollingUpdate" => {
                check_daemon_update(&at.child("rollingUpdate"), &strategy["rollingUpdate"], causes);
            }
            "OnDelete" => {}
            _ => {
                let known = ["RollingUpdate", "OnDelete"];
                causes.push(Cause::not_supported(at, rules::InMemory(strategy), &known));
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
            Subresource::None => check_same_selector(object, old, causes),
            Subresource::Status => {
                let path = Path::new("status");
                rules::non_negative(&path, &object["status"], DAEMON_COUNTS, causes);
                check_collisions(object, old, causes);
            }
            Subresource::Other(_) => {}
        }
    }
}

/// Counts of a daemon set's status.
const DAEMON_COUNTS: &[&str] = &[
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
];

/// As for other workloads, in another order and in fewer words.
fn check_daemon_selector(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let (selector, field, known) = (&spec["selector"], path.child("selector"), causes.len());
    rules::label_selector(&field, selector, causes);
    let labels = &spec["template"]["metadata"]["labels"];
    let empty = selector["matchLabels"].is_zero() && selector["matchExpressions"].is_zero();
    let selects = if empty { !selector.is_null() } else { rules::selects(selector, labels) };
    if causes.len() == known && !selects {
        push_mismatch(path, labels, causes);
    }
    if empty && !selector.is_null() {
        causes.push(Cause::invalid(field, selector, "empty selector is invalid for daemonset"));
    }
}

fn check_daemon_update(path: &Path<'_>, rolling: &Value, causes: &mut Causes) {
    for field in ["maxUnavailable", "maxSurge"] {
        rules::count_or_percent(&path.child(field), &rolling[field], causes);
    }
    for field in ["maxUnavailable", "maxSurge"] {
        rules::at_most_all(&path.child(field), &rolling[field], causes);
    }
    let some = |field: &str| rules::count_or_percent_value(&rolling[field]) != 0;
    match (some("maxUnavailable"), some("maxSurge")) {
        (true, true) => {
            let detail = "may not be set when maxUnavailable is non-zero";
            causes.push(Cause::invalid(path.child("maxSurge"), &rolling["maxSurge"], detail));
        }
        (false, false) => {
            let detail = "cannot be 0 when maxSurge is 0";
            causes.push(Cause::required(path.child("maxUnavailable"), detail));
        }
        _ => {}
    }
}

impl Strategy for PodTemplates {
    fn template(&self) -> &'static [&'static str] {
        &["template"]
    }

    fn table(&self) -> &'static Table {
        &table::POD_TEMPLATE
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn returns_deleted(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        set_template_defaults(object);
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        check_template(&Path::new("template"), &object["template"], &NULL, causes);
    }
}

impl Strategy for ControllerRevisions {
    fn table(&self) -> &'static Table {
        &table::CONTROLLER_REVISION
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        rules::non_negative(&Path::new(""), object, &["revision"], causes);
    }

    fn check_create(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        match &object["data"] {
            Value::Object(_) => {}
            Value::Null => causes.push(Cause::required("data", "data is mandatory")),
            _ => causes.push(Cause::required("data", "data must be a valid JSON object")),
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        rules::immutable(&Path::new("data"), &object["data"], &old["data"], causes);
    }
}

impl Strategy for StatefulSets {
    fn template(&self) -> &'static [&'static str] {
        &["spec", "template"]
    }

    fn table(&self) -> &'static Table {
        &table::STATEFUL_SET
    }

    fn set_defaults(&self, object: &mut Value) {
        crate::stateful::set_defaults(object);
    }

    fn prepare_create(&self, _cx: &Context<'_>, object: &mut Value) {
        reset_status(object);
        template::drop_disabled(self.template(), object, &NULL);
        crate::stateful::drop_disabled(object, &NULL);
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, object: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, object, old);
        template::drop_disabled(self.template(), object, old);
        crate::stateful::drop_disabled(object, old);
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        names::dns1123_label(name)
    }

    fn validate(&self, cx: &Context<'_>, object: &Value) -> Causes {
        let mut causes = Causes::default();
        crate::stateful::check_create(object, &mut causes);
        crate::facts::check(cx.resource, object, &mut causes);
        causes
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        crate::stateful::check(object, causes);
    }

    fn warnings(&self, object: &Value) -> Vec<String> {
        let mut found = template::warnings(self.template(), object);
        found.extend(crate::stateful::warnings(object));
        found
    }

    fn change_warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let changed = object["metadata"]["generation"] != old["metadata"]["generation"];
        let mut found = if changed { template::warnings(self.template(), object) } else { Vec::new() };
        found.extend(crate::stateful::warnings(object));
        found
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
            Subresource::None => crate::stateful::check_change(object, old, causes),
            Subresource::Status => {
                let counts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
                check_status(object, &counts, &[], causes);
                check_collisions(object, old, causes);
            }
            Subresource::Other(_) => {}
        }
    }
}

/// Sets the defaults of the pod template in `spec`.
pub(crate) fn set_template_defaults(spec: &mut Value) {
    if let Some(pod) = spec.get_mut("template").and_then(|template| template.get_mut("spec")) {
        set_pod_spec_defaults(pod);
    }
}

/// A selector that selects something, and selects what the template makes. Where it is none at all the
/// template is not looked at.
pub(crate) fn check_selector(
    path: &Path<'_>,
    spec: &Value,
    kind: &str,
    causes: &mut Causes,
) -> ControlFlow<()> {
    let (selector, field, known) = (&spec["selector"], path.child("selector"), causes.len());
    if selector.is_null() {
        causes.push(Cause::required(field, ""));
    }
    rules::label_selector(&field, selector, causes);
    let wrong = causes.len() > known && !selector.is_null();
    let empty = selector["matchLabels"].is_zero() && selector["matchExpressions"].is_zero();
    if empty && !selector.is_null() {
        let detail = format!("empty selector is invalid for {kind}");
        causes.push(Cause::invalid(field, selector, &detail));
    }
    if wrong {
        let detail = if kind == "statefulset" { "" } else { ": invalid label selector" };
        let message = format!("Invalid value: {selector:?}{detail}");
        causes.push(Cause { reason: "FieldValueInvalid", message, field: field.to_string() });
        return ControlFlow::Break(());
    }
    let labels = &spec["template"]["metadata"]["labels"];
    // What is not there selects nothing; what is empty, everything.
    if (selector.is_null() || !empty) && (empty || !rules::selects(selector, labels)) {
        push_mismatch(path, labels, causes);
    }
    ControlFlow::Continue(())
}

fn push_mismatch(path: &Path<'_>, labels: &Value, causes: &mut Causes) {
    let detail = "`selector` does not match template `labels`";
    causes.push(Cause::invalid(path.child("template.metadata.labels"), labels, detail));
}

/// A template whose pods run for ever.
fn check_always_template(path: &Path<'_>, spec: &Value, kind: &str, causes: &mut Causes) {
    check_template(&path.child("template"), &spec["template"], &NULL, causes);
    check_always(path, spec, kind, causes);
}

/// Pods that are replaced must not end by themselves.
pub(crate) fn check_always(path: &Path<'_>, spec: &Value, kind: &str, causes: &mut Causes) {
    let pod = &spec["template"]["spec"];
    let policy = pod["restartPolicy"].str_or_empty();
    if policy != "Always" {
        let field = path.child("template.spec.restartPolicy");
        causes.push(Cause::not_supported(field, policy, &["Always"]));
    }
    if !pod["activeDeadlineSeconds"].is_null() {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        causes.push(Cause::forbidden(path.child("template.spec.activeDeadlineSeconds"), &detail));
    }
}

fn check_same_selector(object: &Value, old: &Value, causes: &mut Causes) {
    let [new, old] = [object, old].map(|object| &object["spec"]["selector"]);
    rules::immutable(&Path::new("spec.selector"), new, old, causes);
}

/// Counts of a status: none negative, those of some replicas not above the count of all.
fn check_status(object: &Value, of_replicas: &[&str], others: &[&str], causes: &mut Causes) {
    let (path, status) = (Path::new("status"), &object["status"]);
    rules::non_negative(&path, status, &["observedGeneration", "replicas", "collisionCount"], causes);
    rules::non_negative(&path, status, of_replicas, causes);
    rules::non_negative(&path, status, others, causes);
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    for field in of_replicas.iter().filter(|field| count(field) > count("replicas")) {
        let detail = "cannot be greater than status.replicas";
        causes.push(Cause::invalid(path.child(field), count(field), detail));
    }
    if count("availableReplicas") > count("readyReplicas") {
        let (field, detail) = (path.child("availableReplicas"), "cannot be greater than readyReplicas");
        causes.push(Cause::invalid(field, count("availableReplicas"), detail));
    }
}

fn check_collisions(object: &Value, old: &Value, causes: &mut Causes) {
    let [new, old] = [object, old].map(|o| o["status"]["collisionCount"].as_i64().unwrap_or(0));
    if new < old {
        causes.push(Cause::invalid("status.collisionCount", new, "cannot be decremented"));
    }
}
