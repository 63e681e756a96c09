//! Events: taken nearly as they come by the old API, looked at by the one of their own group.

use api::Resource;
use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::rules;
use crate::table;
use crate::table::Table;

const MAX_INSTANCE: usize = 128;
const MAX_ACTION: usize = 128;
const MAX_REASON: usize = 128;
const MAX_NOTE: usize = 1024;
/// What an update through `events.k8s.io` may not change.
const FIXED: [&str; 9] = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "reason",
    "type",
];
/// Of what may not change, what comes after the time.
const FIXED_BESIDES: [(&str, &str); 4] = [
    ("action", "action"),
    ("related", "related"),
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

pub(crate) struct Events;

impl Strategy for Events {
    fn table(&self) -> &'static Table {
        &table::EVENT
    }

    fn check(&self, cx: &Context<'_>, event: &Value, causes: &mut Causes) {
        let namespace = event["metadata"]["namespace"].str_or_empty();
        let involved = event["involvedObject"]["namespace"].str_or_empty();
        let new = !event["eventTime"].is_null();
        let fits = match (involved, new) {
            ("", true) => matches!(namespace, "default" | "kube-system"),
            ("", false) => matches!(namespace, "" | "default"),
            (involved, _) => new || involved == namespace,
        };
        if !fits {
            let detail = "does not match event.namespace";
            causes.push(Cause::invalid("involvedObject.namespace", involved, detail));
        }
        if new {
            check_new(cx, event, causes);
        }
    }

    fn check_create(&self, cx: &Context<'_>, event: &Value, causes: &mut Causes) {
        if is_strict(cx.asked) {
            check_series(event, causes);
            check_creation(event, causes);
        }
    }

    fn check_change(
        &self,
        cx: &Context<'_>,
        _part: Subresource,
        event: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if !is_strict(cx.asked) {
            return;
        }
        if event["series"] != old["series"] {
            check_series(event, causes);
        }
        for field in FIXED {
            rules::immutable(&Path::new(field), &event[field], &old[field], causes);
        }
        rules::immutable(&Path::new("eventTime"), &event["eventTime"], &old["eventTime"], causes);
        for (field, shown) in FIXED_BESIDES {
            rules::immutable(&Path::new(shown), &event[field], &old[field], causes);
        }
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn can_own(&self) -> bool {
        false
    }

    fn relaxed_durability(&self) -> bool {
        true
    }
}

/// Whether the rules of the group of its own hold.
fn is_strict(asked: &Resource) -> bool {
    asked.group == "events.k8s.io"
}

/// What holds wherever there is a time, whichever API was asked.
fn check_new(cx: &Context<'_>, event: &Value, causes: &mut Causes) {
    let reporter = if is_strict(cx.asked) { "reportingController" } else { "reportingComponent" };
    let name = event["reportingComponent"].str_or_empty();
    if name.is_empty() {
        causes.push(Cause::required(reporter, ""));
    }
    rules::spelled(&Path::new(reporter), name, names::qualified_name, causes);
    for (field, most) in [("reportingInstance", MAX_INSTANCE), ("action", MAX_ACTION), ("reason", MAX_REASON)]
    {
        if event[field].str_or_empty().is_empty() {
            causes.push(Cause::required(field, ""));
        }
        check_length(event, field, most, causes);
    }
    check_length(event, "message", MAX_NOTE, causes);
}

fn check_length(event: &Value, field: &str, most: usize, causes: &mut Causes) {
    if event[field].str_or_empty().len() > most {
        causes.push(Cause::invalid(field, "", &format!("can have at most {most} characters")));
    }
}

fn check_series(event: &Value, causes: &mut Causes) {
    let series = &event["series"];
    if series.is_null() {
        return;
    }
    if series["count"].as_i64().unwrap_or(0) < 2 {
        causes.push(Cause::invalid("series.count", "", "should be at least 2"));
    }
    if series["lastObservedTime"].is_null() {
        causes.push(Cause::required("series.lastObservedTime", ""));
    }
}

fn check_creation(event: &Value, causes: &mut Causes) {
    if event["eventTime"].is_null() {
        causes.push(Cause::required("eventTime", ""));
    }
    let kind = event["type"].str_or_empty();
    if !matches!(kind, "Normal" | "Warning") {
        causes.push(Cause::invalid("type", "", &format!("has invalid value: {kind}")));
    }
    let unset = |field: &str| match field {
        "source" => ["component", "host"].iter().all(|part| event["source"][*part].is_zero()),
        field => event[field].is_zero(),
    };
    for field in ["firstTimestamp", "lastTimestamp", "count", "source"] {
        if !unset(field) {
            causes.push(Cause::invalid(field, "", "needs to be unset"));
        }
    }
}
