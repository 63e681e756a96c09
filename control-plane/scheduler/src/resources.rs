//! Amounts of what a node has and a pod asks for.

use api::view::MapView;
use api::views::ContainerView;
use api::views::PodSpecView;

/// CPU that a container without request counts with when nodes are compared, as upstream.
const DEFAULT_CPU_MILLIS: i64 = 100;
/// Memory likewise.
const DEFAULT_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// An amount of every resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_millis: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Bytes of local disk.
    pub ephemeral_bytes: i64,
    /// Everything else (devices, huge pages), by name.
    pub extended: Vec<(String, i64)>,
}

/// What a pod asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// What must be free on a node.
    pub exact: Resources,
    /// CPU with a floor for containers that ask for none: used to compare nodes only.
    pub usual_cpu_millis: i64,
    /// Memory likewise.
    pub usual_memory_bytes: i64,
}

impl Resources {
    /// Reads a `ResourceList`; `pods` is left out.
    pub fn of(list: MapView<'_>) -> Self {
        let mut resources = Self::default();
        for (name, _) in list.iter() {
            let Some(quantity) = list.quantity(name) else { continue };
            match name {
                "cpu" => resources.cpu_millis = quantity.milli_value(),
                "memory" => resources.memory_bytes = quantity.value(),
                "ephemeral-storage" => resources.ephemeral_bytes = quantity.value(),
                "pods" => {}
                name => resources.extended.push((name.to_owned(), quantity.value())),
            }
        }
        resources
    }

    /// The amount of an extended resource.
    pub fn extended(&self, name: &str) -> i64 {
        self.extended.iter().find(|(n, _)| n == name).map_or(0, |(_, amount)| *amount)
    }

    /// Adds (`sign` 1) or takes away (`sign` -1).
    pub fn shift(&mut self, other: &Resources, sign: i64) {
        self.cpu_millis += sign * other.cpu_millis;
        self.memory_bytes += sign * other.memory_bytes;
        self.ephemeral_bytes += sign * other.ephemeral_bytes;
        for (name, amount) in &other.extended {
            *self.extended_mut(name) += sign * amount;
        }
    }

    /// Raises every amount to at least that of `other`.
    fn raise(&mut self, other: &Resources) {
        self.cpu_millis = self.cpu_millis.max(other.cpu_millis);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        self.ephemeral_bytes = self.ephemeral_bytes.max(other.ephemeral_bytes);
        for (name, amount) in &other.extended {
            let ours = self.extended_mut(name);
            *ours = (*ours).max(*amount);
        }
    }

    fn extended_mut(&mut self, name: &str) -> &mut i64 {
        let place = self.extended.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
            self.extended.push((name.to_owned(), 0));
            self.extended.len() - 1
        });
        &mut self.extended[place].1
    }
}

impl Requests {
    /// What a pod asks for: its containers and sidecars together, or more where an init container
    /// needs it beside the sidecars started before it; plus overhead (KEP-753, KEP-688). Requests of
    /// the pod as a whole count before those of its containers (KEP-2837).
    pub fn of(spec: PodSpecView<'_>) -> Self {
        let exact = total(spec, exact_of);
        let usual = total(spec, usual_of);
        let mut requests =
            Self { exact, usual_cpu_millis: usual.cpu_millis, usual_memory_bytes: usual.memory_bytes };
        if let Some(resources) = spec.resources() {
            let whole = Resources::of(resources.requests());
            if resources.requests().get("cpu").is_some() {
                (requests.exact.cpu_millis, requests.usual_cpu_millis) = (whole.cpu_millis, whole.cpu_millis);
            }
            if resources.requests().get("memory").is_some() {
                (requests.exact.memory_bytes, requests.usual_memory_bytes) =
                    (whole.memory_bytes, whole.memory_bytes);
            }
        }
        let overhead = Resources::of(spec.overhead());
        requests.exact.shift(&overhead, 1);
        requests.usual_cpu_millis += overhead.cpu_millis;
        requests.usual_memory_bytes += overhead.memory_bytes;
        requests
    }
}

fn total(spec: PodSpecView<'_>, of: fn(ContainerView<'_>) -> Resources) -> Resources {
    let mut running = Resources::default();
    for container in spec.containers().iter() {
        running.shift(&of(container), 1);
    }
    let mut sidecars = Resources::default();
    let mut starting = Resources::default();
    for container in spec.init_containers().iter() {
        let own = of(container);
        let mut together = sidecars.clone();
        together.shift(&own, 1);
        if container.restart_policy() == Some("Always") {
            running.shift(&own, 1);
            sidecars = together.clone();
        }
        starting.raise(&together);
    }
    running.raise(&starting);
    running
}

fn exact_of(container: ContainerView<'_>) -> Resources {
    Resources::of(container.resources().requests())
}

fn usual_of(container: ContainerView<'_>) -> Resources {
    let requests = container.resources().requests();
    let mut resources = Resources::of(requests);
    if requests.get("cpu").is_none() {
        resources.cpu_millis = DEFAULT_CPU_MILLIS;
    }
    if requests.get("memory").is_none() {
        resources.memory_bytes = DEFAULT_MEMORY_BYTES;
    }
    resources
}
