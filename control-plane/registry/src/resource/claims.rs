//! Claims to devices, by themselves and in templates.

use std::net::IpAddr;

use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::shared;
use super::shared::name_of;
use crate::Path;
use crate::pod::check_node_selector;
use crate::rules;
use crate::rules::Seen;

const MAX_REQUESTS: usize = 32;
const MAX_CHOICES: usize = 8;
const MAX_CONSTRAINTS: usize = 32;
const MAX_CONSUMERS: usize = 256;
const MAX_RESULTS: usize = 32;
const MAX_STATUS_DATA: usize = 10 * 1024;
const MAX_CONDITIONS: usize = 8;
const MAX_INTERFACE_NAME: usize = 256;
const MAX_HARDWARE_ADDRESS: usize = 128;
const MAX_ADDRESSES: usize = 16;
const ONE_KIND: &str = "exactly one of `exactly` or `firstAvailable` is required";
const REQUEST: &str =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/// The rules of what a claim asks for.
pub(super) fn check(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let (path, devices) = (path.child("devices"), &spec["devices"]);
    let requests = devices["requests"].items();
    shared::set(&path.child("requests"), requests, MAX_REQUESTS, name_of, causes, check_request);
    let list = path.child("constraints");
    let constraints = devices["constraints"].items();
    shared::list(&list, constraints, MAX_CONSTRAINTS, causes, |path, constraint, causes| {
        check_references(path, constraint, requests, causes);
        let [alike, distinct] = ["matchAttribute", "distinctAttribute"];
        match (constraint[alike].as_str(), constraint[distinct].as_str()) {
            (Some(name), _) => shared::fully_qualified(&path.child(alike), name, causes),
            (None, Some(name)) => shared::fully_qualified(&path.child(distinct), name, causes),
            // Upstream says this of none, too.
            (None, None) => causes.push(Cause::required(path, "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set")),
        }
    });
    let list = path.child("config");
    shared::configurations(&list, &devices["config"], None, causes, |path, configuration, causes| {
        check_references(path, configuration, requests, causes);
    });
}

fn uid_of(consumer: &Value) -> &str {
    consumer["uid"].str_or_empty()
}

fn check_request(path: &Path<'_>, request: &Value, causes: &mut Causes) {
    rules::spelled(&path.child("name"), name_of(request), names::dns1123_label, causes);
    let (exactly, choices) = (&request["exactly"], request["firstAvailable"].items());
    match (exactly.is_null(), choices.is_empty()) {
        (true, true) => causes.push(Cause::required(path, ONE_KIND)),
        (false, false) => {
            let detail = format!("{ONE_KIND}, but multiple fields are set");
            causes.push(Cause::invalid(path, &api::NULL, &detail));
        }
        (false, true) => check_choice(&path.child("exactly"), exactly, causes),
        (true, false) => {
            let list = path.child("firstAvailable");
            shared::set(&list, choices, MAX_CHOICES, name_of, causes, |path, choice, causes| {
                rules::spelled(&path.child("name"), name_of(choice), names::dns1123_label, causes);
                check_choice(path, choice, causes);
            });
        }
    }
}

/// The devices that are asked for.
fn check_choice(path: &Path<'_>, choice: &Value, causes: &mut Causes) {
    rules::required_name(path, choice, "deviceClassName", names::dns1123_subdomain, causes);
    shared::selectors(&path.child("selectors"), &choice["selectors"], causes);
    let count = choice["count"].as_i64().unwrap_or(0);
    let at = path.child("count");
    match choice["allocationMode"].str_or_empty() {
        "All" if count != 0 => {
            let detail = "must not be specified when allocationMode is 'All'";
            causes.push(Cause::invalid(at, count, detail));
        }
        "ExactCount" if count <= 0 => causes.push(Cause::invalid(at, count, "must be greater than zero")),
        "All" | "ExactCount" => {}
        mode => {
            let modes = ["All", "ExactCount"];
            causes.push(Cause::not_supported(path.child("allocationMode"), mode, &modes));
        }
    }
    let list = path.child("tolerations");
    for (i, toleration) in choice["tolerations"].items().iter().enumerate() {
        check_toleration(&list.index(i), toleration, causes);
    }
}

fn check_toleration(path: &Path<'_>, toleration: &Value, causes: &mut Causes) {
    rules::name(path, toleration, "key", names::qualified_name, causes);
    let (at, value) = (path.child("value"), toleration["value"].str_or_empty());
    match toleration["operator"].str_or_empty() {
        "Exists" if !value.is_empty() => {
            causes.push(Cause::invalid(at, value, "must be empty for operator `Exists`"));
        }
        "Equal" => rules::spelled(&at, value, names::label_value, causes),
        "Exists" => {}
        "" => causes.push(Cause::required(path.child("operator"), "")),
        operator => {
            causes.push(Cause::not_supported(path.child("operator"), operator, &["Equal", "Exists"]));
        }
    }
    rules::supported(path, toleration, "effect", &shared::TAINT_EFFECTS, causes);
}

/// The requests that a part of the claim is about.
fn check_references(path: &Path<'_>, part: &Value, requests: &[Value], causes: &mut Causes) {
    let (list, names) = (path.child("requests"), part["requests"].items());
    shared::set(&list, names, MAX_REQUESTS, Value::str_or_empty, causes, |path, name, causes| {
        check_reference(path, name.str_or_empty(), requests, causes);
    });
}

/// `request` or `request/subrequest`.
fn check_reference(path: &Path<'_>, name: &str, requests: &[Value], causes: &mut Causes) {
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 2 {
        causes.push(Cause::invalid(path, name, REQUEST));
        return;
    }
    for part in &parts {
        rules::spelled(path, part, names::dns1123_label, causes);
    }
    // Of requests with one name, which are wrong already, the last counts.
    let request = requests.iter().rfind(|request| name_of(request) == parts[0]);
    let known = request.is_some_and(|request| {
        let mut choices = request["firstAvailable"].items().iter();
        parts.get(1).is_none_or(|part| choices.any(|choice| name_of(choice) == *part))
    });
    if !known {
        causes.push(Cause::invalid(path, name, REQUEST));
    }
}

/// A device, and the share of it, as a list of devices names it.
fn identity(device: &Value) -> [&str; 4] {
    ["driver", "pool", "device", "shareID"].map(|field| device[field].str_or_empty())
}

/// The identity as upstream shows it.
fn shown(device: &Value) -> Value {
    let [driver, pool, name, share] = identity(device);
    value!({"driver": driver, "pool": pool, "device": name, "shareID": share})
}

/// The rules of what is said about a claim: who uses it, and which devices it got.
pub(super) fn check_status(claim: &Value, old: &Value, causes: &mut Causes) {
    let (path, status, before) = (Path::new("status"), &claim["status"], &old["status"]);
    let (list, consumers) = (path.child("reservedFor"), status["reservedFor"].items());
    shared::set(&list, consumers, MAX_CONSUMERS, uid_of, causes, |path, consumer, causes| {
        for field in ["resource", "name", "uid"] {
            rules::required(path, consumer, field, causes);
        }
    });
    check_devices(&path.child("devices"), status, causes);
    let allocation = &status["allocation"];
    if !consumers.is_empty() && allocation.is_null() {
        causes.push(Cause::forbidden(list, "may not be specified when `allocated` is not set"));
    } else if !claim["metadata"]["deletionTimestamp"].is_null()
        && consumers.iter().any(|consumer| !before["reservedFor"].items().contains(consumer))
    {
        let detail =
            "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
        causes.push(Cause::forbidden(list, detail));
    }
    let at = path.child("allocation");
    if allocation.is_null() {
        return;
    }
    if !before["allocation"].is_null() {
        if !rules::same(allocation, &before["allocation"]) {
            causes.push(Cause::invalid(at, rules::InMemory(allocation), rules::IMMUTABLE));
        }
        return;
    }
    let requests = claim["spec"]["devices"]["requests"].items();
    check_allocation(&at, allocation, requests, causes);
}

fn check_allocation(path: &Path<'_>, allocation: &Value, requests: &[Value], causes: &mut Causes) {
    let (devices, at) = (&allocation["devices"], path.child("devices"));
    let results = devices["results"].items();
    shared::list(&at.child("results"), results, MAX_RESULTS, causes, |path, result, causes| {
        check_reference(&path.child("request"), result["request"].str_or_empty(), requests, causes);
        check_device_name(path, result, causes);
        shared::binding(path, result, causes);
        check_share(path, result, causes);
    });
    let max = Some(shared::MAX_CONFIGS_OF_BOTH);
    let list = at.child("config");
    shared::configurations(&list, &devices["config"], max, causes, |path, configuration, causes| {
        rules::one_of(path, configuration, "source", &["FromClaim", "FromClass"], causes);
        check_references(path, configuration, requests, causes);
    });
    if !allocation["nodeSelector"].is_null() {
        check_node_selector(&path.child("nodeSelector"), &allocation["nodeSelector"], causes);
    }
}

fn check_device_name(path: &Path<'_>, device: &Value, causes: &mut Causes) {
    shared::driver(&path.child("driver"), device["driver"].str_or_empty(), causes);
    shared::pool(&path.child("pool"), device["pool"].str_or_empty(), causes);
    rules::spelled(&path.child("device"), device["device"].str_or_empty(), names::dns1123_label, causes);
}

fn check_share(path: &Path<'_>, device: &Value, causes: &mut Causes) {
    let Some(share) = device["shareID"].as_str() else { return };
    let groups = |of: fn(u8) -> bool| {
        share.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && share.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit() && of(b))
    };
    if groups(|b| !b.is_ascii_uppercase()) {
        return;
    }
    // Upstream's parser knows a form of 32 digits as well, and others that are longer.
    let plain = share.len() == 32 && share.bytes().all(|b| b.is_ascii_hexdigit());
    let detail = match share.len() {
        32 | 36 | 38 | 45 if plain || groups(|_| true) => "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters".to_owned(),
        32 | 36 | 38 | 45 => "error validating uid: invalid UUID format".to_owned(),
        length => format!("error validating uid: invalid UUID length: {length}"),
    };
    causes.push(Cause::invalid(path.child("shareID"), share, &detail));
}

/// What drivers say of the devices that the claim got.
fn check_devices(list: &Path<'_>, status: &Value, causes: &mut Causes) {
    let devices = status["devices"].items();
    let allocated = status["allocation"]["devices"]["results"].items();
    for (i, device) in devices.iter().enumerate() {
        let path = list.index(i);
        check_device_name(&path, device, causes);
        check_share(&path, device, causes);
        if !allocated.iter().any(|result| identity(result) == identity(device)) {
            let detail = "must be an allocated device in the claim";
            causes.push(Cause::invalid(path, rules::InMemory(&shown(device)), detail));
        }
        let conditions = device["conditions"].items();
        if conditions.len() > MAX_CONDITIONS {
            causes.push(rules::too_many(path.child("conditions"), conditions.len(), MAX_CONDITIONS));
        }
        if !device["data"].is_null() {
            shared::object(&path.child("data"), &device["data"], MAX_STATUS_DATA, causes);
        }
        check_network(&path.child("networkData"), &device["networkData"], causes);
    }
    let mut seen = Seen::default();
    for (i, device) in devices.iter().enumerate() {
        if seen.again(identity(device)) {
            causes.push(Cause::duplicate(list.index(i), rules::InMemory(&shown(device))));
        }
    }
}

fn check_network(path: &Path<'_>, data: &Value, causes: &mut Causes) {
    for (field, max) in [("interfaceName", MAX_INTERFACE_NAME), ("hardwareAddress", MAX_HARDWARE_ADDRESS)] {
        if data[field].str_or_empty().len() > max {
            causes.push(Cause::too_long(path.child(field), max));
        }
    }
    let (list, addresses) = (path.child("ips"), data["ips"].items());
    shared::set(&list, addresses, MAX_ADDRESSES, Value::str_or_empty, causes, |path, address, causes| {
        let text = address.str_or_empty();
        let parsed = text.split_once('/').and_then(|(ip, length)| {
            let (ip, length) = (address_of(ip)?, length.parse::<u8>().ok()?);
            (length <= if ip.is_ipv4() { 32 } else { 128 }).then(|| format!("{ip}/{length}"))
        });
        match parsed {
            None => {
                let detail = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)";
                causes.push(Cause::invalid(path, text, detail));
            }
            Some(canonical) if canonical != text => {
                let detail = format!("must be in canonical form ({canonical:?})");
                causes.push(Cause::invalid(path, text, &detail));
            }
            Some(_) => {}
        }
    });
}

/// An address, whose numbers may have zeros before them.
fn address_of(text: &str) -> Option<IpAddr> {
    let padded = || {
        let number =
            |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u8>().ok())?;
        let octets: Vec<u8> = text.split('.').map(number).collect::<Option<_>>()?;
        <[u8; 4]>::try_from(octets).ok().map(IpAddr::from)
    };
    text.parse().ok().or_else(padded)
}

/// What drivers said of devices that the claim had and has no longer goes with them.
pub(super) fn drop_devices_given_back(claim: &mut Value, old: &Value) {
    let results = |claim: &Value| claim["status"]["allocation"]["devices"]["results"].clone();
    let (now, before) = (results(claim), results(old));
    let holds = |results: &Value, device: &Value| {
        results.items().iter().any(|result| identity(result) == identity(device))
    };
    let Some(status @ Value::Object(_)) = claim.get_mut("status") else { return };
    let Some(devices) = status.get_mut("devices").and_then(Value::as_list_mut) else { return };
    devices.retain(|device| holds(&now, device) || !holds(&before, device));
    if devices.is_empty() {
        status.remove(&["devices"]);
    }
}
