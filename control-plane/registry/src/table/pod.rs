//! Pods: how one is, in a word.

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::ContainerStatusView;
use api::views::PodView;
use jiff::Timestamp;

use super::NONE;
use super::STR;
use super::Table;
use super::age;
use super::human;
use super::or_none;

pub(crate) static POD: Table = Table::new(
    &[
        ("Ready", STR, 0),
        ("Status", STR, 0),
        ("Restarts", STR, 0),
        ("Age", STR, 0),
        ("IP", STR, 1),
        ("Node", STR, 1),
        ("Nominated Node", STR, 1),
        ("Readiness Gates", STR, 1),
    ],
    pod,
);

fn pod(object: &Object, now: Timestamp) -> Vec<Value> {
    let pod = PodView::of(object.value());
    let status = pod.status();
    let sidecars =
        pod.spec().init_containers().iter().filter(|c| c.restart_policy() == Some("Always")).count();
    let total = pod.spec().containers().len() + sidecars;
    let started_sidecars = status.init_container_statuses().iter().filter(|s| {
        s.ready()
            && pod
                .spec()
                .init_containers()
                .iter()
                .any(|c| c.name() == s.name() && c.restart_policy() == Some("Always"))
    });
    let ready = status.container_statuses().iter().filter(|s| s.ready()).count() + started_sidecars.count();
    let ips: Vec<&str> = status.pod_ips().iter().map(|ip| ip.ip()).collect();
    let gates = pod.spec().readiness_gates();
    let met = gates.iter().filter(|gate| {
        status.conditions().iter().any(|c| c.type_() == gate.condition_type() && c.status() == "True")
    });
    let gates = if gates.is_empty() { NONE.to_owned() } else { format!("{}/{}", met.count(), gates.len()) };
    vec![
        format!("{ready}/{total}").into(),
        pod_status(&pod).into(),
        restarts(&pod, now).into(),
        age(object, now),
        or_none(ips.first().copied().unwrap_or("")),
        or_none(pod.spec().node_name()),
        or_none(status.nominated_node_name()),
        gates.into(),
    ]
}

/// The word that says best how a pod is.
fn pod_status(pod: &PodView<'_>) -> String {
    let status = pod.status();
    let mut reason = if status.reason().is_empty() { status.phase() } else { status.reason() }.to_owned();
    if status.conditions().iter().any(|c| c.type_() == "PodScheduled" && c.reason() == "SchedulingGated") {
        reason = "SchedulingGated".to_owned();
    }
    let mut initializing = false;
    let total = pod.spec().init_containers().len();
    for (i, container) in status.init_container_statuses().iter().enumerate() {
        let sidecar = pod
            .spec()
            .init_containers()
            .iter()
            .any(|c| c.name() == container.name() && c.restart_policy() == Some("Always"));
        let terminated = container.state().terminated();
        if terminated.is_some_and(|t| t.exit_code() == 0) || (sidecar && container.started() == Some(true)) {
            continue;
        }
        reason = match (terminated, container.state().waiting()) {
            (Some(_), _) => format!("Init:{}", ended(&container)),
            (None, Some(waiting)) if !matches!(waiting.reason(), "" | "PodInitializing") => {
                format!("Init:{}", waiting.reason())
            }
            _ => format!("Init:{i}/{total}"),
        };
        initializing = true;
        break;
    }
    if !initializing {
        let mut running = false;
        for container in status.container_statuses().iter().rev() {
            match (container.state().waiting(), container.state().terminated()) {
                (Some(waiting), _) if !waiting.reason().is_empty() => reason = waiting.reason().to_owned(),
                (_, Some(_)) => reason = ended(&container),
                _ => running |= container.ready() && container.state().running().is_some(),
            }
        }
        if reason == "Completed" && running {
            let ready = status.conditions().iter().any(|c| c.type_() == "Ready" && c.status() == "True");
            reason = if ready { "Running" } else { "NotReady" }.to_owned();
        }
    }
    if pod.metadata().deletion_timestamp().is_some() {
        return match status.reason() {
            "NodeLost" => "Unknown".to_owned(),
            _ if matches!(status.phase(), "Succeeded" | "Failed") => reason,
            _ => "Terminating".to_owned(),
        };
    }
    reason
}

fn ended(container: &ContainerStatusView<'_>) -> String {
    let Some(terminated) = container.state().terminated() else { return String::new() };
    match (terminated.reason(), terminated.signal()) {
        ("", 0) => format!("ExitCode:{}", terminated.exit_code()),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn restarts(pod: &PodView<'_>, now: Timestamp) -> String {
    let statuses = pod.status().container_statuses();
    let count: i64 = statuses.iter().map(|s| s.restart_count()).sum();
    let last =
        statuses.iter().filter_map(|s| s.last_state().terminated().and_then(|t| t.finished_at())).max();
    match last {
        Some(last) if count > 0 => format!("{count} ({} ago)", human(last, now)),
        _ => count.to_string(),
    }
}
