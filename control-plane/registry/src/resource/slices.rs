//! Devices that a driver offers, slice by slice.

use api::Value;
use api::view::quantity;
use meta::Cause;
use meta::Causes;
use meta::Quantity;
use meta::names;

use super::shared;
use crate::Path;
use crate::pod::check_node_selector;
use crate::rules;

const MAX_DEVICES: usize = 128;
/// Most devices where one has taints or takes from counters.
const MAX_INVOLVED_DEVICES: usize = 64;
const MAX_COUNTER_SETS: usize = 8;
const MAX_COUNTERS: usize = 32;
const MAX_CONSUMPTIONS: usize = 2;
const MAX_PROPERTIES: usize = 32;
const MAX_ATTRIBUTE: usize = 64;
const MAX_TAINTS: usize = 16;
const MAX_VALID_VALUES: usize = 10;
const MAX_KEY: usize = 63 + 1 + 32;
const NODES_OF_SLICE: &str =
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
const NODES_OF_DEVICE: &str = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";

/// The rules of a slice's spec; `old` is null for a new one.
pub(super) fn check(spec: &Value, old: &Value, causes: &mut Causes) {
    let (path, pool) = (Path::new("spec"), &spec["pool"]);
    shared::driver(&path.child("driver"), spec["driver"].str_or_empty(), causes);
    let at = path.child("pool");
    shared::pool(&at.child("name"), pool["name"].str_or_empty(), causes);
    let count = pool["resourceSliceCount"].as_i64().unwrap_or(0);
    if count <= 0 {
        causes.push(Cause::invalid(at.child("resourceSliceCount"), count, "must be greater than zero"));
    }
    let generation = pool["generation"].as_i64().unwrap_or(0);
    if generation < 0 {
        let detail = "must be greater than or equal to zero";
        causes.push(Cause::invalid(at.child("generation"), generation, detail));
    }
    if !old.is_null() {
        rules::immutable(&at.child("name"), &pool["name"], &old["pool"]["name"], causes);
        rules::immutable(&path.child("driver"), &spec["driver"], &old["driver"], causes);
        rules::immutable(&path.child("nodeName"), &spec["nodeName"], &old["nodeName"], causes);
    }
    check_nodes_of_slice(&path, spec, causes);
    if !spec["sharedCounters"].is_null() && !spec["devices"].is_null() {
        causes.push(Cause::invalid(path, "", "only one of `sharedCounters` or `devices` is allowed"));
    }
    let devices = spec["devices"].items();
    let involved =
        |device: &Value| ["taints", "consumesCounters"].iter().any(|f| !device[*f].items().is_empty());
    let max = if devices.iter().any(involved) { MAX_INVOLVED_DEVICES } else { MAX_DEVICES };
    let per_device = spec["perDeviceNodeSelection"].as_bool() == Some(true);
    shared::set(&path.child("devices"), devices, max, shared::name_of, causes, |path, device, causes| {
        let before = old["devices"].items().iter().find(|old| old["name"] == device["name"]);
        check_device(path, device, before.unwrap_or(&api::NULL), per_device, causes);
    });
    let (list, sets) = (path.child("sharedCounters"), spec["sharedCounters"].items());
    shared::set(&list, sets, MAX_COUNTER_SETS, shared::name_of, causes, |path, set, causes| {
        check_counters(path, set, "name", causes);
    });
}

fn check_nodes_of_slice(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let mut set = Vec::new();
    if let Some(name) = spec["nodeName"].as_str() {
        let at = path.child("nodeName");
        if name.is_empty() {
            causes.push(Cause::invalid(at, name, "must be either unset or set to a non-empty string"));
        } else {
            set.push("`nodeName`");
            rules::spelled(&at, name, names::dns1123_subdomain, causes);
        }
    }
    let selector = &spec["nodeSelector"];
    if !selector.is_null() {
        set.push("`nodeSelector`");
        let at = path.child("nodeSelector");
        check_node_selector(&at, selector, causes);
        let terms = &selector["nodeSelectorTerms"];
        if terms.items().len() != 1 {
            let detail = "must have exactly one node selector term";
            causes.push(Cause::invalid(at.child("nodeSelectorTerms"), rules::InMemory(terms), detail));
        }
    }
    for (field, shown) in [("allNodes", "`allNodes`"), ("perDeviceNodeSelection", "`perDeviceNodeSelection`")]
    {
        true_or_unset(&path.child(field), &spec[field], shown, &mut set, causes);
    }
    only_one(path, &set, NODES_OF_SLICE, ", but multiple fields are set", causes);
}

fn true_or_unset<'s>(
    path: &Path<'_>,
    value: &Value,
    shown: &'s str,
    set: &mut Vec<&'s str>,
    causes: &mut Causes,
) {
    match value.as_bool() {
        Some(true) => set.push(shown),
        Some(false) => causes.push(Cause::invalid(path, false, "must be either unset or set to true")),
        None => {}
    }
}

fn only_one(path: &Path<'_>, set: &[&str], detail: &str, several: &str, causes: &mut Causes) {
    match set {
        [] => causes.push(Cause::required(path, detail)),
        [_] => {}
        all => {
            let all = format!("{{{}}}", all.join(", "));
            causes.push(Cause::invalid(path, all, &format!("{detail}{several}")));
        }
    }
}

fn check_device(path: &Path<'_>, device: &Value, old: &Value, per_device: bool, causes: &mut Causes) {
    rules::spelled(&path.child("name"), device["name"].str_or_empty(), names::dns1123_label, causes);
    let (attributes, capacities) = (device["attributes"].entries(), device["capacity"].entries());
    let properties = attributes.len() + capacities.len();
    if properties > MAX_PROPERTIES {
        let detail =
            format!("the total number of attributes and capacities must not exceed {MAX_PROPERTIES}");
        causes.push(Cause::invalid(path, properties, &detail));
    }
    let at = path.child("attributes");
    for entry in attributes.iter() {
        shared::qualified(&at, entry.key.as_str(), causes);
        let key = shortened(entry.key.as_str(), MAX_KEY);
        check_attribute(&at.key(&key), &entry.value, causes);
    }
    let several = device["allowMultipleAllocations"].as_bool() == Some(true);
    let at = path.child("capacity");
    for entry in capacities.iter() {
        shared::qualified(&at, entry.key.as_str(), causes);
        let key = shortened(entry.key.as_str(), MAX_KEY);
        let (path, policy) = (at.key(&key), &entry.value["requestPolicy"]);
        let path = path.child("requestPolicy");
        match (policy.is_null(), several) {
            (true, _) => {}
            (false, false) => causes.push(Cause::forbidden(path, "allowMultipleAllocations must be true")),
            (false, true) => check_policy(&path, policy, &entry.value["value"], causes),
        }
    }
    if device["taints"] != old["taints"] {
        shared::list(&path.child("taints"), device["taints"].items(), MAX_TAINTS, causes, check_taint);
    }
    let (list, consumed) = (path.child("consumesCounters"), device["consumesCounters"].items());
    shared::set(
        &list,
        consumed,
        MAX_CONSUMPTIONS,
        |c| c["counterSet"].str_or_empty(),
        causes,
        |path, consumed, causes| {
            check_counters(path, consumed, "counterSet", causes);
        },
    );
    check_nodes_of_device(path, device, per_device, causes);
    shared::binding(path, device, causes);
}

fn check_nodes_of_device(path: &Path<'_>, device: &Value, per_device: bool, causes: &mut Causes) {
    if !per_device {
        if ["nodeName", "nodeSelector", "allNodes"].iter().any(|field| !device[*field].is_null()) {
            let detail = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
            causes.push(Cause::invalid(path, &api::NULL, detail));
        }
        return;
    }
    let mut set = Vec::new();
    if let Some(name) = device["nodeName"].as_str() {
        let at = path.child("nodeName");
        if name.is_empty() {
            causes.push(Cause::invalid(at, name, "must not be empty"));
        } else {
            set.push("`nodeName`");
            rules::spelled(&at, name, names::dns1123_subdomain, causes);
        }
    }
    if !device["nodeSelector"].is_null() {
        set.push("`nodeSelector`");
        check_node_selector(&path.child("nodeSelector"), &device["nodeSelector"], causes);
    }
    true_or_unset(&path.child("allNodes"), &device["allNodes"], "`allNodes`", &mut set, causes);
    only_one(path, &set, NODES_OF_DEVICE, "", causes);
}

fn check_attribute(path: &Path<'_>, attribute: &Value, causes: &mut Causes) {
    let long = |path: Path<'_>, text: &str| {
        (text.len() > MAX_ATTRIBUTE).then(|| Cause::too_long(path, MAX_ATTRIBUTE))
    };
    if let Some(text) = attribute["string"].as_str() {
        causes.extend(long(path.child("string"), text));
    }
    if let Some(version) = attribute["version"].as_str() {
        let at = path.child("version");
        if !is_semantic_version(version) {
            let detail = "must be a string compatible with semver.org spec 2.0.0";
            causes.push(Cause::invalid(at, version, detail));
        }
        causes.extend(long(at, version));
    }
    const ONE: &str = "exactly one value must be specified";
    match ["bool", "int", "string", "version"].iter().filter(|field| !attribute[**field].is_null()).count() {
        0 => causes.push(Cause::invalid(path, "", ONE)),
        1 => {}
        _ => causes.push(Cause::invalid(path, rules::InMemory(attribute), ONE)),
    }
}

/// `1.2.3-pre.1+build.5`, as semver.org has it.
fn is_semantic_version(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| digits(part) && (part == "0" || !part.starts_with('0'));
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(|part| plain(part) && (!digits(part) || number(part))))
        && build.is_none_or(|build| build.split('.').all(plain))
}

fn check_taint(path: &Path<'_>, taint: &Value, causes: &mut Causes) {
    rules::spelled(&path.child("key"), taint["key"].str_or_empty(), names::qualified_name, causes);
    rules::name(path, taint, "value", names::label_value, causes);
    rules::one_of(path, taint, "effect", &shared::TAINT_EFFECTS, causes);
}

/// Counters of a set, whose name stands in `field`.
fn check_counters(path: &Path<'_>, set: &Value, field: &str, causes: &mut Causes) {
    rules::required_name(path, set, field, names::dns1123_label, causes);
    let (at, counters) = (path.child("counters"), set["counters"].entries());
    if counters.is_empty() {
        causes.push(Cause::required(at, ""));
        return;
    }
    if counters.len() > MAX_COUNTERS {
        causes.push(rules::too_many(at, counters.len(), MAX_COUNTERS));
        return;
    }
    for entry in counters.iter() {
        rules::spelled(&at, entry.key.as_str(), names::dns1123_label, causes);
    }
}

/// How much of a capacity a request can take.
fn check_policy(path: &Path<'_>, policy: &Value, capacity: &Value, causes: &mut Causes) {
    let (values, range) = (policy["validValues"].items(), &policy["validRange"]);
    if !values.is_empty() && !range.is_null() {
        causes.push(Cause::forbidden(path, "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time"));
        return;
    }
    let capacity = quantity(capacity).unwrap_or(Quantity::ZERO);
    for (field, set) in [("validValues", !values.is_empty()), ("validRange", !range.is_null())] {
        if !set {
            continue;
        }
        match (quantity(&policy["default"]), field) {
            (None, _) => {
                let detail = format!("required when {field} is defined");
                causes.push(Cause::required(path.child("default"), &detail));
            }
            (Some(default), "validValues") => {
                check_values(&path.child(field), values, default, capacity, causes)
            }
            (Some(default), _) => check_range(&path.child(field), range, default, capacity, causes),
        }
    }
}

fn check_values(
    path: &Path<'_>,
    values: &[Value],
    default: Quantity,
    capacity: Quantity,
    causes: &mut Causes,
) {
    let amounts: Vec<Quantity> =
        values.iter().map(|value| quantity(value).unwrap_or(Quantity::ZERO)).collect();
    for (i, pair) in amounts.windows(2).enumerate() {
        if pair[0] > pair[1] {
            let detail = "values must be sorted in ascending order";
            causes.push(Cause::invalid(path.index(i + 1), pair[1].to_string(), detail));
        }
    }
    if amounts.len() > MAX_VALID_VALUES {
        causes.push(rules::too_many(path, amounts.len(), MAX_VALID_VALUES));
    } else {
        for (i, amount) in amounts.iter().enumerate().filter(|(_, amount)| **amount > capacity) {
            let detail = format!("option is larger than capacity value: {capacity}");
            causes.push(Cause::invalid(path.index(i), amount.to_string(), &detail));
        }
        let units: Vec<String> = amounts.iter().map(|amount| amount.value().to_string()).collect();
        rules::distinct(path, units.iter().map(String::as_str), causes);
    }
    if amounts.len() > MAX_VALID_VALUES || !amounts.contains(&default) {
        let detail = "default value is not valid according to the requestPolicy";
        causes.push(Cause::invalid(path, default.to_string(), detail));
    }
}

fn check_range(path: &Path<'_>, range: &Value, default: Quantity, capacity: Quantity, causes: &mut Causes) {
    let [min, max, step] = ["min", "max", "step"].map(|field| quantity(&range[field]));
    let Some(min) = min else {
        causes.push(Cause::required(path.child("min"), "required when validRange is defined"));
        return;
    };
    let mut refuse = |broken: bool, field: &str, shown: Quantity, detail: String| {
        if broken {
            causes.push(Cause::invalid(path.child(field), shown.to_string(), &detail));
        }
    };
    refuse(min > capacity, "min", min, format!("min is larger than capacity value: {capacity}"));
    refuse(default < min, "min", default, format!("default is less than min: {min}"));
    if let Some(max) = max {
        refuse(min > max, "max", min, format!("min is larger than max: {max}"));
        refuse(max > capacity, "max", max, format!("max is larger than capacity value: {capacity}"));
        refuse(default > max, "max", default, format!("default is more than max: {max}"));
    }
    let Some(step) = step else { return };
    let first = min.plus(step);
    refuse(
        first > capacity,
        "step",
        step,
        format!("one step {first} is larger than capacity value: {capacity}"),
    );
    for amount in [Some(default), max].into_iter().flatten() {
        let above = amount.value() - min.value();
        // Upstream divides by the step, and ends where that is nothing.
        let even = above.checked_rem(step.value()) == Some(0);
        let detail = format!("value is not a multiple of a given step ({step}) from ({min})");
        refuse(!even, "step", amount, detail);
    }
}

/// A key as upstream shows it: a long one without its middle.
fn shortened(key: &str, max: usize) -> String {
    let max = max.max(16);
    if key.len() <= max {
        return key.to_owned();
    }
    let left = max - 3;
    let bytes = key.as_bytes();
    let ends = [&bytes[..left.div_ceil(2)], b"...", &bytes[bytes.len() - left / 2..]].concat();
    String::from_utf8_lossy(&ends).into_owned()
}
