//! What a pod asks for, and what kind of pod it is.

use api::Value;

use crate::Resources;

/// Which of the two lists of a container is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What it is given for sure.
    Requests,
    /// What it never exceeds.
    Limits,
}

/// Where the amounts of a running pod come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The spec alone.
    Spec,
    /// The spec, or what the node still holds for the pod while it is resized (KEP-1287).
    SpecAndStatus,
}

impl Bound {
    fn field(self) -> &'static str {
        match self {
            Bound::Requests => "requests",
            Bound::Limits => "limits",
        }
    }
}

/// What a whole pod asks for: its containers and sidecars together, or more where an init container
/// needs it beside the sidecars started before it (KEP-753); what is asked for the pod as a whole
/// counts before that (KEP-2837); overhead comes on top (KEP-688).
pub fn resources(pod: &Value, bound: Bound, source: Source) -> Resources {
    let spec = &pod["spec"];
    let mut running = Resources::default();
    for container in spec["containers"].items() {
        running.add(&of_container(pod, container, bound, source));
    }
    let (mut sidecars, mut starting) = (Resources::default(), Resources::default());
    for container in spec["initContainers"].items() {
        let sidecar = container["restartPolicy"].as_str() == Some("Always");
        let source = if sidecar { source } else { Source::Spec };
        let own = of_container(pod, container, bound, source);
        let mut together = sidecars.clone();
        together.add(&own);
        if sidecar {
            running.add(&own);
            sidecars = together.clone();
        }
        starting.raise(&together);
    }
    running.raise(&starting);
    for (name, amount) in Resources::of(&spec["resources"][bound.field()]).iter() {
        if is_pod_level(name) {
            running.set(name, amount);
        }
    }
    let overhead = Resources::of(&spec["overhead"]);
    match bound {
        Bound::Requests => running.add(&overhead),
        // Without a limit there is none, however large the overhead.
        Bound::Limits => {
            let limited = overhead.only(|name| running.get(name).is_some_and(|limit| !limit.is_zero()));
            running.add(&limited);
        }
    }
    running
}

/// Whether resources are set for the pod as a whole.
pub fn has_own_resources(pod: &Value) -> bool {
    let resources = &pod["spec"]["resources"];
    let named = |list: &Value| list.entries().iter().any(|entry| is_pod_level(entry.key.as_str()));
    named(&resources["requests"]) || named(&resources["limits"])
}

/// Whether nothing is asked for: the quality of service class `BestEffort`.
pub fn is_best_effort(pod: &Value) -> bool {
    let spec = &pod["spec"];
    let asks = |resources: &Value| {
        ["requests", "limits"].iter().any(|list| {
            let amounts = Resources::of(&resources[*list]);
            ["cpu", "memory"].iter().any(|name| amounts.get(name).is_some_and(|amount| !amount.is_zero()))
        })
    };
    if has_own_resources(pod) {
        return !asks(&spec["resources"]);
    }
    let mut containers = spec["containers"].items().iter().chain(spec["initContainers"].items());
    !containers.any(|container| asks(&container["resources"]))
}

/// Whether the pod ends by itself, by its own deadline.
pub fn is_terminating(pod: &Value) -> bool {
    pod["spec"]["activeDeadlineSeconds"].as_i64().is_some_and(|seconds| seconds >= 0)
}

/// Whether the pod wants to be near, or far from, pods of other namespaces.
pub fn looks_into_other_namespaces(pod: &Value) -> bool {
    ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
        let affinity = &pod["spec"]["affinity"][*kind];
        let required = affinity["requiredDuringSchedulingIgnoredDuringExecution"].items().iter();
        let preferred = affinity["preferredDuringSchedulingIgnoredDuringExecution"].items().iter();
        required.chain(preferred.map(|weighted| &weighted["podAffinityTerm"])).any(|term| {
            !term["namespaces"].items().is_empty() || matches!(term["namespaceSelector"], Value::Object(_))
        })
    })
}

fn of_container(pod: &Value, container: &Value, bound: Bound, source: Source) -> Resources {
    let spec = Resources::of(&container["resources"][bound.field()]);
    if source == Source::Spec {
        return spec;
    }
    let status = ["containerStatuses", "initContainerStatuses"]
        .iter()
        .flat_map(|list| pod["status"][*list].items())
        .find(|status| status["name"] == container["name"]);
    let Some(status) = status.filter(|status| !status["resources"].is_null()) else { return spec };
    let mut held = Resources::of(&status["resources"][bound.field()]);
    if bound == Bound::Requests {
        held.raise(&Resources::of(&status["allocatedResources"]));
    }
    if !is_resize_infeasible(pod) {
        held.raise(&spec);
    }
    held
}

/// Whether the node said that it will never grant the resize that the spec asks for.
fn is_resize_infeasible(pod: &Value) -> bool {
    pod["status"]["conditions"].items().iter().any(|condition| {
        condition["type"].as_str() == Some("PodResizePending")
            && condition["reason"].as_str() == Some("Infeasible")
    })
}

fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}
