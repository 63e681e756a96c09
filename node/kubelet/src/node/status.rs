//! The node's status as a value: pure.

use api::Value;
use api::value;
use images::FsUsage;
use images::Image;
use meta::Quantity;

use super::machine::Machine;
use crate::config::Config;

/// Hard eviction thresholds: below them a node is under pressure. Of the disk upstream wants 10 % free,
/// which on the disks of laptops and CI machines are gigabytes that nothing needs; distributions for
/// them want 5 %, and so do we.
const MEMORY_THRESHOLD_BYTES: i64 = 100 << 20;
const DISK_THRESHOLD_PERCENT: u64 = 5;
const INODES_THRESHOLD_PERCENT: u64 = 5;
/// Most images in a status (upstream `nodeStatusMaxImages`).
const MAX_IMAGES: usize = 50;

/// What conditions are decided from.
pub(crate) struct Conditions {
    pub runtime_not_ready: Option<String>,
    pub network_ready: bool,
    pub memory_available: Option<i64>,
    pub disk: Option<FsUsage>,
    pub pids: Option<(i64, i64)>,
}

/// The status without times: equal facts need no write.
pub(crate) fn facts(config: &Config, machine: &Machine, conditions: &Conditions, images: &[Image]) -> Value {
    let mut addresses: Vec<Value> =
        config.node_ips.iter().map(|ip| value!({"type": "InternalIP", "address": ip.to_string()})).collect();
    addresses.push(value!({"type": "Hostname", "address": &config.node_name}));
    let disk_bytes = conditions.disk.map_or(0, |disk| i64::try_from(disk.capacity_bytes).unwrap_or(i64::MAX));
    let resources = |memory: i64, disk: i64| {
        value!({
            "cpu": machine.cpus.to_string(),
            "memory": format!("{}Ki", memory / 1024),
            "ephemeral-storage": format!("{}Ki", disk / 1024),
            "pods": config.max_pods.to_string()
        })
    };
    let allocatable_memory = allocatable_memory_bytes(machine);
    value!({
        "capacity": resources(machine.memory_bytes, disk_bytes),
        "allocatable": resources(allocatable_memory, disk_bytes / 10 * 9),
        "addresses": addresses,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": config.listen.port()}},
        "nodeInfo": node_info(config, machine),
        "images": image_list(images),
        "conditions": conditions.values()
    })
}

/// What pods may use of the memory: all but what the eviction threshold keeps free.
pub(crate) fn allocatable_memory_bytes(machine: &Machine) -> i64 {
    (machine.memory_bytes - MEMORY_THRESHOLD_BYTES).max(0)
}

fn node_info(config: &Config, machine: &Machine) -> Value {
    value!({
        "machineID": &machine.machine_id,
        "systemUUID": &machine.system_uuid,
        "bootID": &machine.boot_id,
        "kernelVersion": &machine.kernel_version,
        "osImage": &machine.os_image,
        "containerRuntimeVersion": concat!("skiff://", env!("CARGO_PKG_VERSION")),
        "kubeletVersion": &config.version,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": images::Platform::host().architecture,
        "swap": {"capacity": machine.swap_bytes}
    })
}

fn image_list(images: &[Image]) -> Vec<Value> {
    let mut images: Vec<&Image> = images.iter().collect();
    images.sort_by_key(|image| std::cmp::Reverse(image.size));
    images
        .into_iter()
        .take(MAX_IMAGES)
        .map(|image| {
            let names: Vec<Value> =
                image.repo_digests.iter().chain(&image.repo_tags).map(Value::from).collect();
            value!({"names": names, "sizeBytes": i64::try_from(image.size).unwrap_or(i64::MAX)})
        })
        .collect()
}

impl Conditions {
    fn values(&self) -> Vec<Value> {
        let condition = |kind: &str, bad: bool, (reason_bad, text_bad): (&str, &str), good: (&str, &str)| {
            let (reason, message) = if bad { (reason_bad, text_bad) } else { good };
            value!({
                "type": kind, "status": if bad { "True" } else { "False" },
                "reason": reason, "message": message
            })
        };
        let ready = match self.not_ready() {
            None => value!({
                "type": "Ready", "status": "True", "reason": "KubeletReady",
                "message": "kubelet is posting ready status"
            }),
            Some(message) => value!({
                "type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": message
            }),
        };
        vec![
            condition(
                "MemoryPressure",
                self.memory_pressure(),
                ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
                ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ),
            condition(
                "DiskPressure",
                self.disk_pressure(),
                ("KubeletHasDiskPressure", "kubelet has disk pressure"),
                ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ),
            condition(
                "PIDPressure",
                self.pid_pressure(),
                ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
                ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ),
            ready,
        ]
    }

    fn not_ready(&self) -> Option<String> {
        let mut reasons = Vec::new();
        if let Some(reason) = &self.runtime_not_ready {
            reasons.push(format!("container runtime is not ready: {reason}"));
        }
        if !self.network_ready {
            reasons.push("container runtime network not ready: the node has no pod CIDR yet".to_owned());
        }
        (!reasons.is_empty()).then(|| reasons.join(", "))
    }

    fn memory_pressure(&self) -> bool {
        self.memory_available.is_some_and(|available| available < MEMORY_THRESHOLD_BYTES)
    }

    fn disk_pressure(&self) -> bool {
        self.disk.is_some_and(|disk| {
            let low = |free: u64, all: u64, percent: u64| all > 0 && free < all / 100 * percent;
            low(disk.available_bytes, disk.capacity_bytes, DISK_THRESHOLD_PERCENT)
                || low(disk.inodes_free, disk.inodes, INODES_THRESHOLD_PERCENT)
        })
    }

    fn pid_pressure(&self) -> bool {
        self.pids.is_some_and(|(running, max)| running > max / 100 * 95)
    }
}

/// Conditions with times: a transition where the status changed, a heartbeat on each. Conditions of
/// other writers stay.
pub(crate) fn merge_conditions(current: &Value, wanted: &Value, now: &str) -> Value {
    let kind = |condition: &Value| condition["type"].str_or_empty().to_owned();
    let of_others =
        current.items().iter().filter(|old| !wanted.items().iter().any(|new| kind(new) == kind(old)));
    let ours = wanted.items().iter().map(|new| {
        let old = current.items().iter().find(|old| kind(old) == kind(new));
        let since = match old {
            Some(old) if old["status"] == new["status"] => old["lastTransitionTime"].str_or_empty(),
            _ => now,
        };
        let mut condition = new.clone();
        condition.set(&["lastTransitionTime"], if since.is_empty() { now } else { since });
        condition.set(&["lastHeartbeatTime"], now);
        condition
    });
    of_others.cloned().chain(ours).collect()
}

/// A resource of the node that pods share.
pub(crate) fn allocatable(config: &Config, machine: &Machine, resource: &str) -> Option<Quantity> {
    match resource {
        "cpu" => Some(Quantity::from_units(machine.cpus)),
        "memory" => Some(Quantity::from_bytes(allocatable_memory_bytes(machine))),
        "pods" => Some(Quantity::from_units(i64::from(config.max_pods))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions() -> Conditions {
        Conditions {
            runtime_not_ready: None,
            network_ready: true,
            memory_available: Some(1 << 30),
            disk: None,
            pids: Some((100, 32768)),
        }
    }

    fn reasons(conditions: &Conditions) -> Vec<String> {
        conditions.values().iter().map(|c| c["reason"].str_or_empty().to_owned()).collect()
    }

    #[test]
    fn conditions_follow_the_facts() {
        let good = [
            "KubeletHasSufficientMemory",
            "KubeletHasNoDiskPressure",
            "KubeletHasSufficientPID",
            "KubeletReady",
        ];
        assert_eq!(reasons(&conditions()), good);
        let mut bad = conditions();
        bad.memory_available = Some(1);
        bad.network_ready = false;
        bad.pids = Some((32_700, 32_768));
        let found = reasons(&bad);
        assert_eq!(found[0], "KubeletHasInsufficientMemory");
        assert_eq!(found[2], "KubeletHasInsufficientPID");
        assert_eq!(found[3], "KubeletNotReady");
    }

    #[test]
    fn transitions_are_kept_and_others_conditions_stay() {
        let current = value!([
            {"type": "NetworkUnavailable", "status": "False"},
            {"type": "Ready", "status": "True", "lastTransitionTime": "2020-01-01T00:00:00Z"}
        ]);
        let wanted =
            value!([{"type": "Ready", "status": "True"}, {"type": "PIDPressure", "status": "False"}]);
        let merged = merge_conditions(&current, &wanted, "2026-01-01T00:00:00Z");
        assert_eq!(merged.items().len(), 3);
        assert_eq!(merged.items()[0]["type"].as_str(), Some("NetworkUnavailable"));
        assert_eq!(merged.items()[1]["lastTransitionTime"].as_str(), Some("2020-01-01T00:00:00Z"));
        assert_eq!(merged.items()[1]["lastHeartbeatTime"].as_str(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(merged.items()[2]["lastTransitionTime"].as_str(), Some("2026-01-01T00:00:00Z"));
    }
}
