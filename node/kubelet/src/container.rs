//! What the runtime is told of a pod: sandbox and containers, made from the specification. Pure.

use std::path::Path;
use std::path::PathBuf;

use api::views::ContainerView;
use api::views::PodView;
use images::RunConfig;
use meta::Quantity;
use runtime::types::ContainerConfig;
use runtime::types::ContainerId;
use runtime::types::DnsConfig;
use runtime::types::GroupsPolicy;
use runtime::types::Mount;
use runtime::types::NamespaceMode;
use runtime::types::PidMode;
use runtime::types::Resources;
use runtime::types::Rootfs;
use runtime::types::RunAs;
use runtime::types::SandboxConfig;
use runtime::types::SeccompProfile;
use runtime::types::Security;

use crate::expand::expand;
use crate::pod;

/// Where on the node the file of a container's termination message is.
pub(crate) const TERMINATION_FILE: &str = "skiff.dev/termination-file";
/// How the termination message is found (`terminationMessagePolicy`).
pub(crate) const TERMINATION_POLICY: &str = "skiff.dev/termination-policy";
/// Length of the period that CPU limits are counted in, in microseconds.
const CPU_PERIOD_US: i64 = 100_000;

/// A pod's quality of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Qos {
    Guaranteed,
    Burstable,
    BestEffort,
}

/// The class of a pod (Kubernetes documentation, "Pod Quality of Service Classes").
pub(crate) fn qos(pod: PodView<'_>) -> Qos {
    match pod.status().qos_class() {
        "Guaranteed" => return Qos::Guaranteed,
        "Burstable" => return Qos::Burstable,
        "BestEffort" => return Qos::BestEffort,
        _ => {}
    }
    let (mut any, mut all) = (false, true);
    for container in pod.spec().init_containers().iter().chain(pod.spec().containers().iter()) {
        let resources = container.resources();
        for name in ["cpu", "memory"] {
            let set = |quantity: Option<Quantity>| quantity.filter(|quantity| !quantity.is_zero());
            let (request, limit) =
                (set(resources.requests().quantity(name)), set(resources.limits().quantity(name)));
            any |= request.is_some() || limit.is_some();
            all &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (any, all) {
        (false, _) => Qos::BestEffort,
        (true, true) => Qos::Guaranteed,
        (true, false) => Qos::Burstable,
    }
}

/// The pod's cgroup below the cluster's.
pub(crate) fn cgroup_parent(pod: PodView<'_>) -> String {
    let uid = pod.metadata().uid();
    match qos(pod) {
        Qos::Guaranteed => format!("kubepods/pod{uid}"),
        Qos::Burstable => format!("kubepods/burstable/pod{uid}"),
        Qos::BestEffort => format!("kubepods/besteffort/pod{uid}"),
    }
}

/// The sandbox of a pod.
pub(crate) fn sandbox(
    pod: PodView<'_>,
    attempt: u32,
    dns: DnsConfig,
    hostname: &str,
    log_directory: PathBuf,
) -> SandboxConfig {
    let (spec, metadata) = (pod.spec(), pod.metadata());
    let node_or_pod = |node: bool| if node { NamespaceMode::Node } else { NamespaceMode::Pod };
    let security = spec.security_context();
    let sysctls = security.map(|security| security.sysctls());
    SandboxConfig {
        name: metadata.name().to_owned(),
        namespace: metadata.namespace().to_owned(),
        uid: metadata.uid().to_owned(),
        attempt,
        hostname: hostname.to_owned(),
        dns,
        sysctls: sysctls
            .into_iter()
            .flat_map(|sysctls| sysctls.iter())
            .map(|sysctl| (sysctl.name().to_owned(), api::views::SysctlView::value(sysctl).to_owned()))
            .collect(),
        cgroup_parent: cgroup_parent(pod),
        network: node_or_pod(spec.host_network()),
        pid: match (spec.host_pid(), spec.share_process_namespace()) {
            (true, _) => PidMode::Node,
            (false, Some(true)) => PidMode::Pod,
            (false, _) => PidMode::Container,
        },
        ipc: node_or_pod(spec.host_ipc()),
        log_directory,
        labels: strings(metadata.labels()),
        annotations: strings(metadata.annotations()),
    }
}

fn strings(map: api::view::MapView<'_>) -> std::collections::BTreeMap<String, String> {
    map.strs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What a container is made from, besides its specification.
pub(crate) struct Parts<'a> {
    pub pod: PodView<'a>,
    pub container: ContainerView<'a>,
    pub attempt: u32,
    pub image: &'a RunConfig,
    pub image_id: &'a str,
    /// The container whose processes it is to see.
    pub target: Option<ContainerId>,
    pub rootfs: Rootfs,
    pub env: Vec<(String, String)>,
    pub mounts: Vec<Mount>,
    pub termination_file: &'a Path,
    pub seccomp_dir: PathBuf,
    pub node_memory_bytes: i64,
}

/// A container.
///
/// # Errors
/// Why it must not be made, in the words of a `CreateContainerConfigError`.
pub(crate) fn container(parts: Parts<'_>) -> Result<ContainerConfig, String> {
    let (pod, container) = (parts.pod, parts.container);
    let security = security(&parts)?;
    let resources = resources(pod, container, parts.node_memory_bytes);
    let lookup =
        |name: &str| parts.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let expand_all =
        |list: api::view::Strs<'_>| list.iter().map(|text| expand(text, lookup)).collect::<Vec<_>>();
    let mut args = match (container.command().is_empty(), container.args().is_empty()) {
        (true, true) => [parts.image.entrypoint.clone(), parts.image.cmd.clone()].concat(),
        (true, false) => parts.image.entrypoint.clone(),
        (false, _) => expand_all(container.command()),
    };
    args.extend(expand_all(container.args()));
    if args.is_empty() {
        return Err("no command specified".to_owned());
    }
    let image_env = parts.image.env.iter().filter_map(|entry| entry.split_once('='));
    let mut env: Vec<(String, String)> =
        image_env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    env.extend(parts.env.iter().cloned());
    let cwd = if container.working_dir().is_empty() {
        parts.image.working_dir.clone()
    } else {
        expand(container.working_dir(), lookup)
    };
    let stop_signal = container.lifecycle().and_then(|lifecycle| lifecycle.stop_signal());
    let annotations = [
        (TERMINATION_FILE.to_owned(), parts.termination_file.display().to_string()),
        (TERMINATION_POLICY.to_owned(), container.termination_message_policy().to_owned()),
    ];
    Ok(ContainerConfig {
        name: container.name().to_owned(),
        attempt: parts.attempt,
        image: container.image().to_owned(),
        image_id: parts.image_id.to_owned(),
        rootfs: parts.rootfs,
        args,
        env,
        cwd,
        mounts: parts.mounts,
        devices: Vec::new(),
        tty: container.tty(),
        stdin: container.stdin(),
        stdin_once: container.stdin_once(),
        log_path: PathBuf::from(container.name()).join(format!("{}.log", parts.attempt)),
        resources,
        security,
        target: parts.target,
        stop_signal: stop_signal.unwrap_or(&parts.image.stop_signal).to_owned(),
        labels: std::collections::BTreeMap::new(),
        annotations: annotations.into_iter().collect(),
    })
}

/// Limits of a container (shares, quota and memory as the kernel takes them).
pub(crate) fn resources(pod: PodView<'_>, container: ContainerView<'_>, node_memory_bytes: i64) -> Resources {
    let (requests, limits) = (container.resources().requests(), container.resources().limits());
    let set = |quantity: Option<Quantity>| quantity.filter(|quantity| !quantity.is_zero());
    let cpu_limit = set(limits.quantity("cpu"));
    let cpu_request = requests.quantity("cpu").or(cpu_limit);
    let memory_request = requests.quantity("memory").or_else(|| limits.quantity("memory"));
    let shares = cpu_request.map_or(2, |cpu| (cpu.milli_value() * 1024 / 1000).clamp(2, 262_144));
    let adjustment = match qos(pod) {
        _ if pod.spec().priority_class_name() == "system-node-critical" => -997,
        Qos::Guaranteed => -997,
        Qos::BestEffort => 1000,
        Qos::Burstable => {
            let request = memory_request.map_or(0, |memory| memory.value());
            // The less of the node's memory it asked for, the sooner it goes.
            let share = i128::from(request) * 1000 / i128::from(node_memory_bytes.max(1));
            i32::try_from(1000 - share).unwrap_or(3).clamp(3, 999)
        }
    };
    Resources {
        cpu_shares: u64::try_from(shares).ok(),
        cpu_quota_us: cpu_limit.map(|cpu| (cpu.milli_value() * CPU_PERIOD_US / 1000).max(1000)),
        cpu_period_us: cpu_limit.map(|_| CPU_PERIOD_US.unsigned_abs()),
        memory_limit_bytes: set(limits.quantity("memory")).map(|memory| memory.value()),
        oom_score_adj: Some(adjustment),
        ..Resources::default()
    }
}

fn security(parts: &Parts<'_>) -> Result<Security, String> {
    let pod_wide = parts.pod.spec().security_context();
    let own = parts.container.security_context();
    let id = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let uid = own.and_then(|own| own.run_as_user()).or_else(|| pod_wide.and_then(|pod| pod.run_as_user()));
    let gid = own.and_then(|own| own.run_as_group()).or_else(|| pod_wide.and_then(|pod| pod.run_as_group()));
    let non_root =
        own.and_then(|own| own.run_as_non_root()).or_else(|| pod_wide.and_then(|pod| pod.run_as_non_root()));
    if non_root == Some(true) {
        verify_non_root(parts, uid)?;
    }
    let groups = pod_wide.map(|pod| {
        let listed = pod.supplemental_groups().items().iter().filter_map(|group| id(group.as_i64()));
        listed.chain(id(pod.fs_group())).collect::<Vec<u32>>()
    });
    let strict = pod_wide.and_then(|pod| pod.supplemental_groups_policy()) == Some("Strict");
    let privileged = own.and_then(|own| own.privileged()) == Some(true);
    let capabilities = own.and_then(|own| own.capabilities());
    let unmasked = own.and_then(|own| own.proc_mount()) == Some("Unmasked");
    Ok(Security {
        run_as: RunAs {
            uid: id(uid),
            gid: id(gid),
            username: (!parts.image.user.is_empty()).then(|| parts.image.user.clone()),
            supplemental_groups: groups.unwrap_or_default(),
            groups_policy: if strict { GroupsPolicy::Strict } else { GroupsPolicy::Merge },
        },
        add_capabilities: capabilities.map(|capabilities| capabilities.add().to_vec()).unwrap_or_default(),
        drop_capabilities: capabilities.map(|capabilities| capabilities.drop().to_vec()).unwrap_or_default(),
        privileged,
        no_new_privileges: own.and_then(|own| own.allow_privilege_escalation()) == Some(false),
        readonly_rootfs: own.and_then(|own| own.read_only_root_filesystem()) == Some(true),
        masked_paths: unmasked.then(Vec::new),
        readonly_paths: unmasked.then(Vec::new),
        seccomp: seccomp(parts, privileged)?,
    })
}

/// The profile of the container, else of the pod, else the runtime's default: what runs without
/// saying so is not left unconfined.
fn seccomp(parts: &Parts<'_>, privileged: bool) -> Result<SeccompProfile, String> {
    let own = parts.container.security_context().and_then(|own| own.seccomp_profile());
    let profile = own.or_else(|| parts.pod.spec().security_context().and_then(|pod| pod.seccomp_profile()));
    let Some(profile) = profile else {
        return Ok(if privileged { SeccompProfile::Unconfined } else { SeccompProfile::RuntimeDefault });
    };
    match profile.type_() {
        "Unconfined" => Ok(SeccompProfile::Unconfined),
        "Localhost" => {
            let name = profile.localhost_profile().unwrap_or_default();
            let inside =
                Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            if name.is_empty() || !inside {
                return Err(format!(
                    "localhostProfile {name:?} must be a path below the kubelet's seccomp directory"
                ));
            }
            Ok(SeccompProfile::Localhost(parts.seccomp_dir.join(name)))
        }
        _ => Ok(SeccompProfile::RuntimeDefault),
    }
}

fn verify_non_root(parts: &Parts<'_>, uid: Option<i64>) -> Result<(), String> {
    let metadata = parts.pod.metadata();
    let whose = format!(
        "(pod: \"{}_{}({})\", container: {})",
        metadata.name(),
        metadata.namespace(),
        metadata.uid(),
        parts.container.name()
    );
    let image_user = parts.image.user.split(':').next().unwrap_or_default();
    match (uid, image_user) {
        (Some(0), _) => Err(format!("container's runAsUser breaks non-root policy {whose}")),
        (Some(_), _) => Ok(()),
        (None, "" | "0") => Err(format!("container has runAsNonRoot and image will run as root {whose}")),
        (None, user) if user.parse::<u32>().is_err() => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root {whose}"
        )),
        (None, _) => Ok(()),
    }
}

/// The port that a name or number of a probe or hook means.
pub(crate) fn port(value: &api::Value, container: ContainerView<'_>) -> Option<u16> {
    if let Some(number) = value.as_i64() {
        return u16::try_from(number).ok().filter(|port| *port > 0);
    }
    let name = value.as_str()?;
    let named = container.ports().find(|port| port.name() == name);
    let number = named.map(|port| port.container_port()).or_else(|| name.parse().ok())?;
    u16::try_from(number).ok().filter(|port| *port > 0)
}

/// The node's ports that lead to the pod.
pub(crate) fn host_ports(pod: PodView<'_>) -> Vec<network::HostPort> {
    if pod.spec().host_network() {
        return Vec::new();
    }
    pod::containers(pod)
        .flat_map(|(_, container)| container.ports().iter())
        .filter(|port| port.host_port() > 0)
        .filter_map(|port| {
            Some(network::HostPort {
                host_ip: port.host_ip().parse().ok(),
                host_port: u16::try_from(port.host_port()).ok()?,
                container_port: u16::try_from(port.container_port()).ok()?,
                protocol: match port.protocol() {
                    "UDP" => network::Protocol::Udp,
                    "SCTP" => network::Protocol::Sctp,
                    _ => network::Protocol::Tcp,
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use api::Value;
    use api::value;
    use api::view::View as _;

    use super::*;

    fn make(pod: &Value, image: &RunConfig) -> Result<ContainerConfig, String> {
        let pod = PodView::of(pod);
        container(Parts {
            pod,
            container: pod.spec().containers().get(0).unwrap(),
            attempt: 2,
            image,
            target: None,
            image_id: "sha256:x",
            rootfs: Rootfs::default(),
            env: vec![("A".into(), "1".into())],
            mounts: Vec::new(),
            termination_file: Path::new("/t"),
            seccomp_dir: "/seccomp".into(),
            node_memory_bytes: 1000 << 20,
        })
    }

    fn pod(container: Value, security: Value) -> Value {
        let mut container = container;
        container.set(&["name"], "c");
        value!({"metadata": {"name": "p", "namespace": "ns", "uid": "u"},
                "spec": {"containers": [container], "securityContext": security}})
    }

    #[test]
    fn command_and_environment() {
        let image = RunConfig {
            entrypoint: vec!["/entry".into()],
            cmd: vec!["default".into()],
            env: vec!["PATH=/bin".into()],
            working_dir: "/work".into(),
            stop_signal: "SIGQUIT".into(),
            ..RunConfig::default()
        };
        let args = |fields: Value| make(&pod(fields, Value::Null), &image).unwrap().args;
        assert_eq!(args(value!({})), ["/entry", "default"]);
        assert_eq!(args(value!({"args": ["$(A)", "$(B)", "$$(A)"]})), ["/entry", "1", "$(B)", "$(A)"]);
        assert_eq!(args(value!({"command": ["x"]})), ["x"]);
        assert_eq!(args(value!({"command": ["x"], "args": ["y"]})), ["x", "y"]);
        let config = make(&pod(value!({}), Value::Null), &image).unwrap();
        assert_eq!(config.env, [("PATH".into(), "/bin".into()), ("A".into(), "1".into())]);
        assert_eq!((config.cwd.as_str(), config.stop_signal.as_str()), ("/work", "SIGQUIT"));
        assert_eq!(config.log_path, Path::new("c/2.log"));
        assert_eq!(
            make(&pod(value!({}), Value::Null), &RunConfig::default()).unwrap_err(),
            "no command specified"
        );
    }

    #[test]
    fn rights() {
        let image = RunConfig { entrypoint: vec!["x".into()], ..RunConfig::default() };
        let own = value!({"securityContext": {
            "runAsUser": 5, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
            "procMount": "Unmasked", "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}
        }});
        let wide = value!({"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4],
                           "seccompProfile": {"type": "Localhost", "localhostProfile": "a/b.json"}});
        let security = make(&pod(own, wide), &image).unwrap().security;
        assert_eq!((security.run_as.uid, security.run_as.gid), (Some(5), Some(2)));
        assert_eq!(security.run_as.supplemental_groups, [4, 3]);
        assert!(security.no_new_privileges && security.readonly_rootfs && !security.privileged);
        assert_eq!(security.masked_paths, Some(Vec::new()));
        assert_eq!(security.seccomp, SeccompProfile::Localhost("/seccomp/a/b.json".into()));
        let plain = make(&pod(value!({}), Value::Null), &image).unwrap().security;
        assert_eq!(plain.seccomp, SeccompProfile::RuntimeDefault);
        let out = value!({"seccompProfile": {"type": "Localhost", "localhostProfile": "../x"}});
        assert!(make(&pod(value!({}), out), &image).is_err());
    }

    #[test]
    fn root_where_none_is_wanted() {
        let non_root = |fields: Value, user: &str| {
            let image = RunConfig { entrypoint: vec!["x".into()], user: user.into(), ..RunConfig::default() };
            let refused =
                make(&pod(fields, value!({"runAsNonRoot": true})), &image).err().unwrap_or_default();
            refused.split(" (pod").next().unwrap().to_owned()
        };
        assert_eq!(non_root(value!({}), ""), "container has runAsNonRoot and image will run as root");
        assert_eq!(non_root(value!({}), "7:8"), "");
        assert!(
            non_root(value!({}), "web")
                .starts_with("container has runAsNonRoot and image has non-numeric user")
        );
        let root = value!({"securityContext": {"runAsUser": 0}});
        assert_eq!(non_root(root, "7"), "container's runAsUser breaks non-root policy");
    }

    #[test]
    fn limits_and_classes() {
        let check = |resources: Value| {
            let pod = pod(value!({"resources": resources}), Value::Null);
            let view = PodView::of(&pod);
            let limits = super::resources(view, view.spec().containers().get(0).unwrap(), 1000 << 20);
            (
                qos(view),
                limits.cpu_shares,
                limits.cpu_quota_us,
                limits.memory_limit_bytes,
                limits.oom_score_adj,
            )
        };
        assert_eq!(check(value!({})), (Qos::BestEffort, Some(2), None, None, Some(1000)));
        assert_eq!(
            check(value!({"requests": {"cpu": "250m", "memory": "100Mi"}})),
            (Qos::Burstable, Some(256), None, None, Some(900))
        );
        let both = value!({"cpu": "1500m", "memory": "100Mi"});
        assert_eq!(
            check(value!({"requests": both.clone(), "limits": both})),
            (Qos::Guaranteed, Some(1536), Some(150_000), Some(100 << 20), Some(-997))
        );
        assert_eq!(check(value!({"limits": {"cpu": "1m"}})).2, Some(1000));
    }

    #[test]
    fn ports_by_name_and_number() {
        let pod = pod(value!({"ports": [{"name": "web", "containerPort": 8080}]}), Value::Null);
        let container = PodView::of(&pod).spec().containers().get(0).unwrap();
        let found = |value: Value| port(&value, container);
        assert_eq!(
            [
                found(value!(80)),
                found(value!("web")),
                found(value!("90")),
                found(value!("none")),
                found(value!(0))
            ],
            [Some(80), Some(8080), Some(90), None, None]
        );
    }
}
