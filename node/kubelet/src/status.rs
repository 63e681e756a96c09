//! The pod's status as the API is to show it: a pure function of the facts and the time.

use std::net::IpAddr;

use api::Value;
use api::value;
use api::view::View as _;
use jiff::Timestamp;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;

use crate::backoff::go_duration;
use crate::pod;
use crate::pod::Kind;
use crate::state::Busy;
use crate::state::Ending;
use crate::state::PodState;
use crate::state::Slot;
use crate::state::is_ended;

/// How the runtime is called in `containerID`.
pub(crate) const ID_PREFIX: &str = "skiff://";

/// The whole status that this node is responsible for.
pub(crate) fn status(state: &PodState, node_ips: &[IpAddr], now: Timestamp) -> Value {
    let now_text = meta::time::seconds(now);
    let statuses = |wanted: &[Kind]| -> Vec<Value> {
        state
            .slots
            .iter()
            .filter(|slot| wanted.contains(&slot.kind))
            .map(|slot| container_status(state, slot, now))
            .collect()
    };
    let init = statuses(&[Kind::Init, Kind::Sidecar]);
    let regular = statuses(&[Kind::Regular]);
    let ephemeral = statuses(&[Kind::Ephemeral]);
    let (phase, reason, message) = phase(state, &init, &regular);
    let generation = state.view().metadata().generation();
    let mut status = value!({
        "observedGeneration": generation,
        "phase": phase,
        "startTime": meta::time::seconds(state.start_time),
        "hostIP": node_ips.first().map(ToString::to_string),
        "hostIPs": node_ips.iter().map(|ip| value!({"ip": ip.to_string()})).collect::<Vec<_>>()
    });
    if !reason.is_empty() {
        status.set(&["reason"], reason);
    }
    if !message.is_empty() {
        status.set(&["message"], message);
    }
    let ips: Vec<String> = if state.ips.is_empty() {
        // A pod keeps showing the address it had.
        let known = state.published["podIPs"].items().iter();
        known.map(|entry| entry["ip"].str_or_empty().to_owned()).collect()
    } else {
        state.ips.iter().map(ToString::to_string).collect()
    };
    if let Some(first) = ips.first() {
        status.set(&["podIP"], first);
        status.set(&["podIPs"], ips.iter().map(|ip| value!({"ip": ip})).collect::<Vec<_>>());
    }
    for (name, list) in [
        ("initContainerStatuses", &init),
        ("containerStatuses", &regular),
        ("ephemeralContainerStatuses", &ephemeral),
    ] {
        if !list.is_empty() {
            status.set(&[name], list.clone());
        }
    }
    let conditions = conditions(state, phase, &init, &regular, generation, &now_text);
    status.set(&["conditions"], conditions);
    status
}

/// The change from the status that is published to the wanted one, as a strategic merge patch;
/// `None` if there is nothing to write.
pub(crate) fn patch(published: &Value, wanted: &Value, uid: &str) -> Option<Value> {
    let mut patch = Value::object();
    for entry in wanted.entries().iter() {
        let key = entry.key.as_str();
        let old = &published[key];
        if same(old, &entry.value) {
            continue;
        }
        match key {
            "conditions" => {
                // Conditions merge by type: those of others are left alone.
                let changed: Vec<Value> = entry
                    .value
                    .items()
                    .iter()
                    .filter_map(|new| changed_condition(old.items(), new))
                    .collect();
                if !changed.is_empty() {
                    patch.set(&[key], changed);
                }
            }
            // These merge by address, so that an old one would stay.
            "podIPs" | "hostIPs" => {
                let mut list: Vec<Value> = entry.value.items().to_vec();
                list.push(value!({"$patch": "replace"}));
                patch.set(&[key], list);
            }
            _ => patch.set(&[key], entry.value.clone()),
        }
    }
    for key in ["reason", "message"] {
        if wanted.get(key).is_none() && published.get(key).is_some() {
            patch.set(&[key], Value::Null);
        }
    }
    if patch.is_zero() {
        return None;
    }
    Some(value!({"metadata": {"uid": uid}, "status": patch}))
}

/// A condition as it is to be merged, unless it is there already.
fn changed_condition(known: &[Value], new: &Value) -> Option<Value> {
    let Some(old) = known.iter().find(|old| old["type"] == new["type"]) else { return Some(new.clone()) };
    if same(old, new) {
        return None;
    }
    let mut merged = new.clone();
    for key in ["reason", "message"] {
        if new.get(key).is_none() && old.get(key).is_some() {
            merged.set(&[key], Value::Null);
        }
    }
    Some(merged)
}

/// Whether two values mean the same to the API: what is absent is Go's zero value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let covers = |one: &api::Map, other: &api::Map| {
                one.iter()
                    .all(|entry| same(&entry.value, other.get(entry.key.as_str()).unwrap_or(&api::NULL)))
            };
            covers(a, b) && covers(b, a)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        _ => a == b || is_empty(a) && is_empty(b),
    }
}

/// Zero, or an object of nothing but zeros.
fn is_empty(value: &Value) -> bool {
    value.is_zero() || value.as_map().is_some_and(|map| map.iter().all(|entry| is_empty(&entry.value)))
}

/// Phase, reason and message.
fn phase(state: &PodState, init: &[Value], regular: &[Value]) -> (&'static str, String, String) {
    let published = &state.published;
    let known = |key: &str| published[key].str_or_empty().to_owned();
    match published["phase"].as_str() {
        Some("Succeeded") => return ("Succeeded", known("reason"), known("message")),
        Some("Failed") => return ("Failed", known("reason"), known("message")),
        _ => {}
    }
    let running = state.slots.iter().any(|slot| slot.is_running() || slot.busy == Some(Busy::Starting));
    if let Some((reason, message)) = &state.failed {
        if !running {
            return ("Failed", reason.clone(), message.clone());
        }
        return (phase_of(state, init, regular, Terminal::No), reason.clone(), message.clone());
    }
    let ending = state.ending();
    let terminal = if ending.is_some() && !running { Terminal::Yes } else { Terminal::No };
    let mut phase = phase_of(state, init, regular, terminal);
    // A final phase is told when nothing runs any more, and not before.
    if pod::is_terminal(phase) && running {
        phase = "Running";
    }
    // A pod that is deleted before anything of it ran has not done its work.
    if terminal == Terminal::Yes && matches!(ending, Some(Ending::Deleted)) && !pod::is_terminal(phase) {
        phase = if published["phase"].as_str() == Some("Running") { "Failed" } else { phase };
    }
    // Once running, never pending again.
    if phase == "Pending" && published["phase"].as_str() == Some("Running") && state.has_initialized() {
        phase = "Running";
    }
    (phase, String::new(), String::new())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Terminal {
    No,
    Yes,
}

/// Upstream `getPhase`: counted from the container statuses that are shown.
fn phase_of(state: &PodState, init: &[Value], regular: &[Value], terminal: Terminal) -> &'static str {
    let mut pending = 0;
    let mut failed_for_good = false;
    let (mut running, mut waiting, mut stopped, mut for_good, mut succeeded) = (0, 0, 0, 0, 0);
    let ended_code = |status: &Value| {
        let state = &status["state"];
        let ended = if state["waiting"].is_null() {
            &state["terminated"]
        } else {
            &status["lastState"]["terminated"]
        };
        ended["exitCode"].as_i64().and_then(|code| i32::try_from(code).ok())
    };
    let restarts = |status: &Value, code: i32| {
        let name = status["name"].str_or_empty();
        pod::container(state.view(), name)
            .is_some_and(|(kind, container)| pod::should_restart(state.view(), kind, container, code))
    };
    for status in init {
        let sidecar = pod::container(state.view(), status["name"].str_or_empty())
            .is_some_and(|(kind, _)| kind == Kind::Sidecar);
        let runs = !status["state"]["running"].is_null();
        match (sidecar, ended_code(status)) {
            (true, _) if runs => {
                running += 1;
                if status["started"].as_bool() != Some(true) && !state.has_initialized() {
                    pending += 1;
                }
            }
            (true, Some(_)) => {}
            (true, None) => {
                waiting += 1;
                if !state.has_initialized() {
                    pending += 1;
                }
            }
            (false, Some(code)) if code != 0 => failed_for_good |= !restarts(status, code),
            (false, Some(_)) => {}
            (false, None) => pending += 1,
        }
    }
    for status in regular {
        if !status["state"]["running"].is_null() {
            running += 1;
            continue;
        }
        match ended_code(status) {
            Some(code) => {
                stopped += 1;
                for_good += i32::from(!restarts(status, code));
                succeeded += i32::from(code == 0 && status["state"]["waiting"].is_null());
            }
            None => waiting += 1,
        }
    }
    if failed_for_good {
        return "Failed";
    }
    if pending > 0 || waiting > 0 {
        return "Pending";
    }
    if running > 0 {
        return "Running";
    }
    if stopped == 0 {
        return "Pending";
    }
    let outcome = if stopped == succeeded { "Succeeded" } else { "Failed" };
    if terminal == Terminal::Yes || stopped == for_good { outcome } else { "Running" }
}

/// One container's status.
pub(crate) fn container_status(state: &PodState, slot: &Slot, now: Timestamp) -> Value {
    let spec = state.container(slot);
    let latest = slot.latest();
    let (shown, last) = container_states(state, slot, now);
    let running = shown.get("running").is_some();
    let ready = match slot.kind {
        Kind::Regular | Kind::Sidecar => running && slot.started && slot.ready,
        Kind::Init => shown["terminated"]["exitCode"].as_i64() == Some(0),
        Kind::Ephemeral => false,
    };
    let attempt = latest.map(|record| record.config.attempt).or_else(|| slot.restored_attempt()).unwrap_or(0);
    let restored = |key: &str| slot.restored[key].str_or_empty().to_owned();
    let image = latest.map(|record| record.config.image.clone()).unwrap_or_else(|| restored("image"));
    let image = if image.is_empty() { spec.map_or("", |spec| spec.image()).to_owned() } else { image };
    let mut status = value!({
        "name": &slot.name,
        "state": shown,
        "lastState": last,
        "ready": ready,
        "restartCount": attempt,
        "image": image,
        "imageID": latest.map_or_else(|| restored("imageID"), |record| record.config.image_id.clone())
    });
    let id = latest.map_or_else(|| restored("containerID"), |record| format!("{ID_PREFIX}{}", record.id));
    if !id.is_empty() {
        status.set(&["containerID"], id);
    }
    if slot.kind != Kind::Ephemeral {
        let started = match slot.kind {
            Kind::Init => running,
            _ => running && slot.started,
        };
        status.set(&["started"], started);
    }
    if let Some(spec) = spec {
        let resources = spec.resources();
        if running && !resources.value().is_zero() {
            if !resources.requests().is_empty() {
                status.set(&["allocatedResources"], resources.value()["requests"].clone());
            }
            status.set(&["resources"], resources.value().clone());
        }
        let mounts: Vec<Value> = spec.volume_mounts().iter().map(mount_status).collect();
        if !mounts.is_empty() {
            status.set(&["volumeMounts"], mounts);
        }
    }
    status
}

fn mount_status(mount: api::views::VolumeMountView<'_>) -> Value {
    let mut status = value!({"name": mount.name(), "mountPath": mount.mount_path()});
    if mount.read_only() {
        status.set(&["readOnly"], true);
        let recursive = matches!(mount.recursive_read_only(), Some("Enabled" | "IfPossible"));
        status.set(&["recursiveReadOnly"], if recursive { "Enabled" } else { "Disabled" });
    }
    status
}

/// `state` and `lastState`.
fn container_states(state: &PodState, slot: &Slot, now: Timestamp) -> (Value, Value) {
    let ending = state.ending().is_some();
    let previous = || match slot.previous() {
        Some(record) => value!({"terminated": terminated(slot, record)}),
        None => restored_last(slot),
    };
    let Some(record) = slot.latest() else {
        let known = &slot.restored["state"]["terminated"];
        if !known.is_null() {
            // It ended, and the runtime has forgotten it.
            return (slot.restored["state"].clone(), restored_last(slot));
        }
        return (waiting(state, slot), restored_last(slot));
    };
    match record.state {
        // Until its postStart hook has run, a container is being made (as upstream reports it).
        ContainerState::Running if slot.busy == Some(Busy::Starting) => (waiting(state, slot), previous()),
        ContainerState::Running => {
            let since = record.started_at.unwrap_or(record.created_at);
            (value!({"running": {"startedAt": meta::time::seconds(since)}}), previous())
        }
        ContainerState::Created => (waiting(state, slot), previous()),
        ContainerState::Exited | ContainerState::Unknown => {
            let last = || value!({"terminated": terminated(slot, record)});
            let stopped = ending || !state.restarts(slot, record);
            if !stopped && slot.busy.is_none() && slot.crash_until(now).is_some() {
                return (crash_loop(state, slot), last());
            }
            if !stopped && slot.waiting.is_some() {
                return (waiting(state, slot), last());
            }
            (last(), previous())
        }
    }
}

fn restored_last(slot: &Slot) -> Value {
    let last = &slot.restored["lastState"];
    if last.is_null() { Value::object() } else { last.clone() }
}

fn waiting(state: &PodState, slot: &Slot) -> Value {
    let (reason, message) = match &slot.waiting {
        Some(waiting) => (waiting.reason, waiting.message.as_str()),
        None if slot.kind == Kind::Regular && !init_done(state) => ("PodInitializing", ""),
        None if slot.kind != Kind::Regular && state.slots.len() > 1 && blocked(state, slot) => {
            ("PodInitializing", "")
        }
        None => ("ContainerCreating", ""),
    };
    let mut waiting = value!({"reason": reason});
    if !message.is_empty() {
        waiting.set(&["message"], message);
    }
    value!({"waiting": waiting})
}

/// Whether an init container waits for one before it.
fn blocked(state: &PodState, slot: &Slot) -> bool {
    matches!(slot.kind, Kind::Init | Kind::Sidecar)
        || state.slots.iter().any(|other| matches!(other.kind, Kind::Init | Kind::Sidecar))
}

fn init_done(state: &PodState) -> bool {
    state.slots.iter().filter(|slot| matches!(slot.kind, Kind::Init | Kind::Sidecar)).all(|slot| {
        match slot.kind {
            Kind::Sidecar => slot.is_running() && slot.started,
            _ => slot.latest().is_some_and(|record| is_ended(record) && record.exit_code == Some(0)),
        }
    })
}

/// The words of a crash back-off.
pub(crate) fn crash_message(state: &PodState, slot: &Slot) -> String {
    let metadata = state.view().metadata();
    format!(
        "back-off {} restarting failed container={} pod={}_{}({})",
        go_duration(slot.crash.delay()),
        slot.name,
        metadata.name(),
        metadata.namespace(),
        metadata.uid()
    )
}

fn crash_loop(state: &PodState, slot: &Slot) -> Value {
    value!({"waiting": {"reason": "CrashLoopBackOff", "message": crash_message(state, slot)}})
}

fn terminated(slot: &Slot, record: &ContainerStatus) -> Value {
    let code = record.exit_code.unwrap_or(137);
    let finished = record.finished_at.unwrap_or(record.created_at);
    let started = record.started_at.unwrap_or(record.created_at);
    let reason = match record.reason.as_str() {
        "" if code == 0 => "Completed",
        "" => "Error",
        reason => reason,
    };
    let mut value = value!({"exitCode": code, "reason": reason});
    let message = match slot.message_of(&record.id) {
        Some(message) if !message.is_empty() => message,
        _ => &record.message,
    };
    if !message.is_empty() {
        value.set(&["message"], message);
    }
    value.set(&["startedAt"], meta::time::seconds(started));
    value.set(&["finishedAt"], meta::time::seconds(finished));
    value.set(&["containerID"], format!("{ID_PREFIX}{}", record.id));
    value
}

/// The conditions that are the kubelet's; times of those that did not change are kept.
fn conditions(
    state: &PodState,
    phase: &str,
    init: &[Value],
    regular: &[Value],
    generation: i64,
    now: &str,
) -> Vec<Value> {
    let published = state.published["conditions"].items();
    let known = |kind: &str| published.iter().find(|condition| condition["type"].as_str() == Some(kind));
    let mut list = Vec::new();
    let mut add = |kind: &str, (holds, reason, message): (bool, &str, String)| {
        let status = if holds { "True" } else { "False" };
        let since = match known(kind) {
            Some(old) if old["status"].as_str() == Some(status) => old["lastTransitionTime"].str_or_empty(),
            _ => now,
        };
        let mut condition = value!({
            "type": kind, "observedGeneration": generation, "status": status,
            "lastTransitionTime": if since.is_empty() { now } else { since }
        });
        if !reason.is_empty() {
            condition.set(&["reason"], reason);
        }
        if !message.is_empty() {
            condition.set(&["message"], message);
        }
        list.push(condition);
    };
    let sandbox = state.ready_sandbox().is_some() && !pod::is_terminal(phase);
    add("PodReadyToStartContainers", (sandbox, "", String::new()));
    add("Initialized", initialized(state, phase, init));
    let containers = containers_ready(state, phase, init, regular);
    let ready = if containers.0 { gates_ready(state) } else { (false, containers.1, containers.2.clone()) };
    add("Ready", ready);
    add("ContainersReady", containers);
    if known("PodScheduled").is_none() {
        add("PodScheduled", (true, "", String::new()));
    }
    list
}

fn initialized(state: &PodState, phase: &str, init: &[Value]) -> (bool, &'static str, String) {
    if phase == "Succeeded" {
        return (true, "PodCompleted", String::new());
    }
    if state.has_initialized() {
        return (true, "", String::new());
    }
    let incomplete: Vec<&str> = init
        .iter()
        .filter(|status| {
            let sidecar = pod::container(state.view(), status["name"].str_or_empty())
                .is_some_and(|(kind, _)| kind == Kind::Sidecar);
            if sidecar {
                status["started"].as_bool() != Some(true)
            } else {
                status["ready"].as_bool() != Some(true)
            }
        })
        .map(|status| status["name"].str_or_empty())
        .collect();
    if incomplete.is_empty() {
        return (true, "", String::new());
    }
    let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
    (false, "ContainersNotInitialized", message)
}

fn containers_ready(
    state: &PodState,
    phase: &str,
    init: &[Value],
    regular: &[Value],
) -> (bool, &'static str, String) {
    if phase == "Succeeded" {
        return (false, "PodCompleted", String::new());
    }
    if phase == "Failed" {
        return (false, "PodFailed", String::new());
    }
    let is_sidecar = |status: &&Value| {
        pod::container(state.view(), status["name"].str_or_empty())
            .is_some_and(|(kind, _)| kind == Kind::Sidecar)
    };
    let unready: Vec<&str> = init
        .iter()
        .filter(is_sidecar)
        .chain(regular)
        .filter(|status| status["ready"].as_bool() != Some(true))
        .map(|status| status["name"].str_or_empty())
        .collect();
    if unready.is_empty() {
        return (true, "", String::new());
    }
    (false, "ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
}

fn gates_ready(state: &PodState) -> (bool, &'static str, String) {
    let conditions = state.view().status().conditions();
    let mut messages = Vec::new();
    for gate in state.view().spec().readiness_gates().iter() {
        let kind = gate.condition_type();
        match conditions.find(|condition| condition.type_() == kind) {
            None => messages
                .push(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
            Some(condition) if condition.status() != "True" => messages.push(format!(
                "the status of pod readiness gate \"{kind}\" is not \"True\", but {}",
                condition.status()
            )),
            Some(_) => {}
        }
    }
    if messages.is_empty() {
        (true, "", String::new())
    } else {
        (false, "ReadinessGatesNotReady", messages.join(", "))
    }
}
