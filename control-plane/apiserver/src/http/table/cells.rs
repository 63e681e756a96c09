//! The cells of each kind.

use api::Object;
use api::Value;
use api::view::MapView;
use api::view::View as _;
use api::views::ContainerStatusView;
use api::views::PodView;
use jiff::Timestamp;
use meta::LabelSelector;

pub(super) const NONE: &str = "<none>";

pub(super) fn generic(object: &Object, _now: Timestamp) -> Vec<Value> {
    vec![object.value()["metadata"]["creationTimestamp"].clone()]
}

pub(super) fn pod(object: &Object, now: Timestamp) -> Vec<Value> {
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

pub(super) fn node(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let ready = value["status"]["conditions"].items().iter().find(|c| c["type"].as_str() == Some("Ready"));
    let mut status = match ready.map(|c| c["status"].str_or_empty()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if value["spec"]["unschedulable"].as_bool() == Some(true) {
        status.push_str(",SchedulingDisabled");
    }
    let prefix = "node-role.kubernetes.io/";
    let labels = MapView::of(&value["metadata"]["labels"]);
    let mut roles: Vec<&str> = labels.iter().filter_map(|(key, _)| key.strip_prefix(prefix)).collect();
    roles.sort_unstable();
    let address = |kind: &str| {
        let found = value["status"]["addresses"].items().iter().find(|a| a["type"].as_str() == Some(kind));
        or_none(found.map_or("", |a| a["address"].str_or_empty()))
    };
    let info = &value["status"]["nodeInfo"];
    vec![
        status.into(),
        or_none(&roles.join(",")),
        age(object, now),
        info["kubeletVersion"].clone(),
        address("InternalIP"),
        address("ExternalIP"),
        info["osImage"].clone(),
        info["kernelVersion"].clone(),
        info["containerRuntimeVersion"].clone(),
    ]
}

pub(super) fn service(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let ports: Vec<String> = spec["ports"]
        .items()
        .iter()
        .map(|port| {
            let (number, protocol) = (port["port"].as_i64().unwrap_or(0), port["protocol"].str_or_empty());
            match port["nodePort"].as_i64() {
                Some(node) if node > 0 => format!("{number}:{node}/{protocol}"),
                _ => format!("{number}/{protocol}"),
            }
        })
        .collect();
    let external: Vec<&str> = match spec["type"].str_or_empty() {
        "ExternalName" => vec![spec["externalName"].str_or_empty()],
        "LoadBalancer" => {
            let ingress = object.value()["status"]["loadBalancer"]["ingress"].items();
            let found: Vec<&str> =
                ingress.iter().map(|i| i["ip"].as_str().unwrap_or(i["hostname"].str_or_empty())).collect();
            if found.is_empty() { vec!["<pending>"] } else { found }
        }
        _ => spec["externalIPs"].items().iter().map(Value::str_or_empty).collect(),
    };
    vec![
        spec["type"].clone(),
        or_none(spec["clusterIP"].str_or_empty()),
        or_none(&external.join(",")),
        or_none(&ports.join(",")),
        age(object, now),
        pairs(&spec["selector"]),
    ]
}

pub(super) fn namespace(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["status"]["phase"].clone(), age(object, now)]
}

pub(super) fn config_map(object: &Object, now: Timestamp) -> Vec<Value> {
    let count = object.value()["data"].entries().len() + object.value()["binaryData"].entries().len();
    vec![count.into(), age(object, now)]
}

pub(super) fn secret(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["type"].clone(), object.value()["data"].entries().len().into(), age(object, now)]
}

pub(super) fn service_account(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["secrets"].items().len().into(), age(object, now)]
}

pub(super) fn endpoints(object: &Object, now: Timestamp) -> Vec<Value> {
    let mut list = Vec::new();
    for subset in object.value()["subsets"].items() {
        for address in subset["addresses"].items() {
            for port in subset["ports"].items() {
                let ip = address["ip"].str_or_empty();
                list.push(format!("{}:{}", bracketed(ip), port["port"].as_i64().unwrap_or(0)));
            }
        }
    }
    vec![limited(&list, 3).into(), age(object, now)]
}

pub(super) fn event(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let involved = &value["involvedObject"];
    let time = |key: &str| api::view::time(&value[key]).map_or("<unknown>".to_owned(), |t| human(t, now));
    let first = if value["firstTimestamp"].is_null() { time("eventTime") } else { time("firstTimestamp") };
    let last = if value["lastTimestamp"].is_null() { first.clone() } else { time("lastTimestamp") };
    let source = &value["source"];
    let component = source["component"].as_str().unwrap_or(value["reportingComponent"].str_or_empty());
    let parts: Vec<&str> =
        [component, source["host"].str_or_empty()].into_iter().filter(|s| !s.is_empty()).collect();
    vec![
        last.into(),
        value["type"].clone(),
        value["reason"].clone(),
        format!("{}/{}", involved["kind"].str_or_empty().to_lowercase(), involved["name"].str_or_empty())
            .into(),
        involved["fieldPath"].str_or_empty().into(),
        parts.join(", ").into(),
        value["message"].str_or_empty().trim().into(),
        first.into(),
        value["count"].as_i64().unwrap_or(1).into(),
        object.name().into(),
    ]
}

pub(super) fn deployment(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let number = |key: &str| status[key].as_i64().unwrap_or(0);
    let desired = object.value()["spec"]["replicas"].as_i64().unwrap_or(0);
    let mut cells = vec![
        format!("{}/{desired}", number("readyReplicas")).into(),
        number("updatedReplicas").into(),
        number("availableReplicas").into(),
        age(object, now),
    ];
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

pub(super) fn replica_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let mut cells = vec![
        object.value()["spec"]["replicas"].as_i64().unwrap_or(0).into(),
        status["replicas"].as_i64().unwrap_or(0).into(),
        status["readyReplicas"].as_i64().unwrap_or(0).into(),
        age(object, now),
    ];
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

pub(super) fn stateful_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let desired = object.value()["spec"]["replicas"].as_i64().unwrap_or(0);
    let ready = object.value()["status"]["readyReplicas"].as_i64().unwrap_or(0);
    let mut cells = vec![format!("{ready}/{desired}").into(), age(object, now)];
    cells.extend(template(object));
    cells
}

pub(super) fn daemon_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let numbers = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    ];
    let mut cells: Vec<Value> = numbers.iter().map(|key| status[*key].as_i64().unwrap_or(0).into()).collect();
    cells.push(pairs(&object.value()["spec"]["template"]["spec"]["nodeSelector"]));
    cells.push(age(object, now));
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

pub(super) fn job(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let succeeded = status["succeeded"].as_i64().unwrap_or(0);
    let completions = match (spec["completions"].as_i64(), spec["parallelism"].as_i64().unwrap_or(0)) {
        (Some(completions), _) => format!("{succeeded}/{completions}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let condition = |kind: &str| {
        status["conditions"]
            .items()
            .iter()
            .any(|c| c["type"].as_str() == Some(kind) && c["status"].as_str() == Some("True"))
    };
    let word = ["Complete", "Failed", "Suspended", "FailureTarget"].into_iter().find(|kind| condition(kind));
    let word = match (word, object.value()["metadata"]["deletionTimestamp"].is_null()) {
        (Some(word), _) => word,
        (None, false) => "Terminating",
        (None, true) => "Running",
    };
    let start = api::view::time(&status["startTime"]);
    let end = api::view::time(&status["completionTime"]).unwrap_or(now);
    let mut cells = vec![
        word.into(),
        completions.into(),
        start.map_or_else(String::new, |start| human(start, end)).into(),
        age(object, now),
    ];
    cells.extend(template(object));
    cells.push(selector(object));
    cells
}

pub(super) fn lease(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["spec"]["holderIdentity"].str_or_empty().into(), age(object, now)]
}

pub(super) fn endpoint_slice(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let ports: Vec<String> = value["ports"]
        .items()
        .iter()
        .map(|p| p["port"].as_i64().map_or("*".to_owned(), |n| n.to_string()))
        .collect();
    let addresses: Vec<String> = value["endpoints"]
        .items()
        .iter()
        .flat_map(|endpoint| endpoint["addresses"].items())
        .map(|address| address.str_or_empty().to_owned())
        .collect();
    let unset = |list: String| if list == NONE { "<unset>".to_owned() } else { list };
    vec![
        value["addressType"].clone(),
        unset(limited(&ports, 3)).into(),
        unset(limited(&addresses, 3)).into(),
        age(object, now),
    ]
}

pub(super) fn role(object: &Object, _now: Timestamp) -> Vec<Value> {
    vec![object.value()["metadata"]["creationTimestamp"].clone()]
}

pub(super) fn binding(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let role =
        format!("{}/{}", value["roleRef"]["kind"].str_or_empty(), value["roleRef"]["name"].str_or_empty());
    let subjects = |kind: &str| -> Value {
        let names: Vec<String> = value["subjects"]
            .items()
            .iter()
            .filter(|subject| subject["kind"].as_str() == Some(kind))
            .map(|subject| match subject["namespace"].as_str() {
                Some(namespace) => format!("{namespace}/{}", subject["name"].str_or_empty()),
                None => subject["name"].str_or_empty().to_owned(),
            })
            .collect();
        names.join(", ").into()
    };
    vec![role.into(), age(object, now), subjects("User"), subjects("Group"), subjects("ServiceAccount")]
}

pub(super) fn priority_class(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    vec![
        value["value"].as_i64().unwrap_or(0).into(),
        value["globalDefault"].as_bool().unwrap_or(false).into(),
        age(object, now),
        value["preemptionPolicy"].clone(),
    ]
}

pub(super) fn ip_address(object: &Object, now: Timestamp) -> Vec<Value> {
    let parent = &object.value()["spec"]["parentRef"];
    let parts = ["resource", "group", "namespace", "name"].map(|key| parent[key].str_or_empty());
    let shown: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    vec![shown.join("/").into(), age(object, now)]
}

pub(super) fn service_cidr(object: &Object, now: Timestamp) -> Vec<Value> {
    let cidrs: Vec<&str> = object.value()["spec"]["cidrs"].items().iter().map(Value::str_or_empty).collect();
    vec![cidrs.join(",").into(), age(object, now)]
}

fn template(object: &Object) -> Vec<Value> {
    containers(&object.value()["spec"]["template"]["spec"]["containers"])
}

/// Names and images of containers.
pub(super) fn containers(list: &Value) -> Vec<Value> {
    let join = |key: &str| -> Value {
        list.items().iter().map(|c| c[key].str_or_empty()).collect::<Vec<_>>().join(",").into()
    };
    vec![join("name"), join("image")]
}

fn selector(object: &Object) -> Value {
    let selector = &object.value()["spec"]["selector"];
    if selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some() {
        return label_selector(selector);
    }
    pairs(selector)
}

/// A label selector in one line.
pub(super) fn label_selector(selector: &Value) -> Value {
    let parsed: LabelSelector = crate::selector::of(selector);
    or_none(&parsed.to_string())
}

pub(super) fn pairs(map: &Value) -> Value {
    let list: Vec<String> = map.entries().strings().map(|(key, value)| format!("{key}={value}")).collect();
    or_none(&list.join(","))
}

pub(super) fn limited(list: &[String], most: usize) -> String {
    match list.len() {
        0 => NONE.to_owned(),
        n if n > most => format!("{} + {} more...", list[..most].join(","), n - most),
        _ => list.join(","),
    }
}

fn bracketed(ip: &str) -> String {
    if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() }
}

pub(super) fn or_none(text: &str) -> Value {
    if text.is_empty() { NONE.into() } else { text.into() }
}

pub(super) fn age(object: &Object, now: Timestamp) -> Value {
    api::view::time(&object.value()["metadata"]["creationTimestamp"])
        .map_or("<unknown>".to_owned(), |created| human(created, now))
        .into()
}

/// A duration in the two most telling units, as kubectl writes it.
pub(super) fn human(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second() - from.as_second();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let with = |large: i64, unit: &str, small: i64, sub: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{sub}") }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => with(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => with(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_kubectl_writes_them() {
        let from = Timestamp::UNIX_EPOCH;
        let at = |seconds| Timestamp::from_second(seconds).expect("in range");
        for (seconds, text) in [
            (-1, "0s"),
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (700, "11m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 300, "3h5m"),
            (30 * 3600, "30h"),
            (49 * 3600, "2d1h"),
            (20 * 86400, "20d"),
            (3 * 365 * 86400 + 86400, "3y1d"),
        ] {
            assert_eq!(human(from, at(seconds)), text, "{seconds}");
        }
    }
}
