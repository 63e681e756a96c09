//! The checks of the Pod Security Standards, each a row with the versions it changed in.

use std::collections::BTreeSet;

use api::Value;

use super::policy::Level;
use super::policy::LevelVersion;
use super::policy::Version;

/// Why a pod is not allowed: in a few words, and exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    reason: String,
    detail: String,
}

/// What is checked.
struct Pod<'v> {
    annotations: &'v Value,
    spec: &'v Value,
}

type CheckPod = fn(&Pod<'_>) -> Option<Violation>;

/// A check: its level, the check of a lower level that it replaces, and from which minor version on
/// it is done how.
struct Check {
    id: &'static str,
    level: Level,
    replaces: &'static str,
    versions: &'static [(u32, CheckPod)],
}

/// Baseline, then restricted, each in the order of the names, which is the order of the complaints.
static CHECKS: &[Check] = &[
    baseline("appArmorProfile", &[(0, app_armor)]),
    baseline("capabilities_baseline", &[(0, capabilities_baseline)]),
    baseline("hostNamespaces", &[(0, host_namespaces)]),
    baseline("hostPathVolumes", &[(0, host_path)]),
    baseline("hostPorts", &[(0, host_ports)]),
    baseline("hostProbesAndHostLifecycle", &[(34, host_probes)]),
    baseline("privileged", &[(0, privileged)]),
    baseline("procMount", &[(0, proc_mount), (35, |pod| pod.unless_user_namespace(proc_mount))]),
    baseline("seLinuxOptions", &[(0, |pod| selinux(pod, 3)), (31, |pod| selinux(pod, 4))]),
    baseline("seccompProfile_baseline", &[(0, seccomp_annotations), (19, seccomp_baseline)]),
    baseline(
        "sysctls",
        &[
            (0, |pod| sysctls(pod, 5)),
            (27, |pod| sysctls(pod, 6)),
            (29, |pod| sysctls(pod, 10)),
            (32, |pod| sysctls(pod, 12)),
        ],
    ),
    baseline("windowsHostProcess", &[(0, windows_host_process)]),
    restricted(
        "allowPrivilegeEscalation",
        "",
        &[(8, escalation), (25, |pod| pod.unless_windows(escalation))],
    ),
    restricted(
        "capabilities_restricted",
        "capabilities_baseline",
        &[(22, capabilities_restricted), (25, |pod| pod.unless_windows(capabilities_restricted))],
    ),
    restricted("procMount_restricted", "procMount", &[(35, proc_mount)]),
    restricted("restrictedVolumes", "hostPathVolumes", &[(0, volumes)]),
    restricted("runAsNonRoot", "", &[(0, non_root), (35, |pod| pod.unless_user_namespace(non_root))]),
    restricted("runAsUser", "", &[(23, run_as_user), (35, |pod| pod.unless_user_namespace(run_as_user))]),
    restricted(
        "seccompProfile_restricted",
        "seccompProfile_baseline",
        &[(19, seccomp_restricted), (25, |pod| pod.unless_windows(seccomp_restricted))],
    ),
];

const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Types in the order in which versions came to allow them.
const SELINUX_TYPES: [&str; 4] = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
/// Sysctls likewise.
const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

const fn baseline(id: &'static str, versions: &'static [(u32, CheckPod)]) -> Check {
    Check { id, level: Level::Baseline, replaces: "", versions }
}

const fn restricted(id: &'static str, replaces: &'static str, versions: &'static [(u32, CheckPod)]) -> Check {
    Check { id, level: Level::Restricted, replaces, versions }
}

/// Everything about a pod that a standard forbids.
pub(super) fn violations(standard: LevelVersion, metadata: &Value, spec: &Value) -> Vec<Violation> {
    let minor = match standard.version {
        Version::Latest => u32::MAX,
        Version::Minor(minor) => minor,
    };
    let active = || {
        CHECKS.iter().filter(|check| check.level <= standard.level).filter_map(|check| {
            let done = check.versions.iter().rev().find(|(from, _)| *from <= minor)?;
            Some((check, done.1))
        })
    };
    let replaced: Vec<&str> = active().map(|(check, _)| check.replaces).collect();
    let pod = Pod { annotations: &metadata["annotations"], spec };
    active().filter(|(check, _)| !replaced.contains(&check.id)).filter_map(|(_, check)| check(&pod)).collect()
}

/// `reason (detail), reason (detail)`.
pub(super) fn details(violations: &[Violation]) -> String {
    let shown = violations.iter().map(|violation| match violation.detail.as_str() {
        "" => violation.reason.clone(),
        detail => format!("{} ({detail})", violation.reason),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// `reason, reason`.
pub(super) fn reasons(violations: &[Violation]) -> String {
    violations.iter().map(|violation| violation.reason.as_str()).collect::<Vec<_>>().join(", ")
}

impl<'v> Pod<'v> {
    fn containers(&self) -> impl Iterator<Item = &'v Value> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(|list| spec[list].items())
    }

    /// The names of the containers for which something holds.
    fn containers_where(&self, mut holds: impl FnMut(&'v Value) -> bool) -> Vec<&'v str> {
        self.containers().filter(|c| holds(c)).map(|c| c["name"].str_or_empty()).collect()
    }

    fn unless_windows(&self, check: CheckPod) -> Option<Violation> {
        if self.spec["os"]["name"].as_str() == Some("windows") { None } else { check(self) }
    }

    /// Root in a user namespace of its own is nobody outside of it (KEP-127).
    fn unless_user_namespace(&self, check: CheckPod) -> Option<Violation> {
        if self.spec["hostUsers"].as_bool() == Some(false) { None } else { check(self) }
    }
}

fn violation(reason: &str, detail: String) -> Option<Violation> {
    Some(Violation { reason: reason.to_owned(), detail })
}

fn app_armor(pod: &Pod<'_>) -> Option<Violation> {
    const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
    let mut values = BTreeSet::new();
    let mut bad = |context: &Value| {
        let profile = &context["appArmorProfile"];
        let kind = profile["type"].str_or_empty();
        let bad = !profile.is_null() && !matches!(kind, "RuntimeDefault" | "Localhost");
        if bad {
            values.insert(kind.to_owned());
        }
        bad
    };
    let mut setters = setters(pod, &mut bad);
    let mut annotations: Vec<String> = pod
        .annotations
        .entries()
        .strings()
        .filter(|(key, _)| key.starts_with(PREFIX))
        .filter(|(_, value)| {
            !value.is_empty() && *value != "runtime/default" && !value.starts_with("localhost/")
        })
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    let mut values: Vec<String> = values.into_iter().collect();
    if !annotations.is_empty() {
        setters.push(plural("annotation", annotations.len()));
        annotations.sort_unstable();
        values.extend(annotations);
    }
    if setters.is_empty() {
        return None;
    }
    let detail =
        format!("{} must not set AppArmor profile type to {}", setters.join(" and "), quoted(&values));
    violation(&plural("forbidden AppArmor profile", values.len()), detail)
}

fn capabilities_baseline(pod: &Pod<'_>) -> Option<Violation> {
    let (containers, added) = adding(pod, |capability| CAPABILITIES.contains(&capability));
    if containers.is_empty() {
        return None;
    }
    let detail = format!(
        "{} must not include {} in securityContext.capabilities.add",
        named("container", &containers),
        quoted(&added)
    );
    violation("non-default capabilities", detail)
}

fn capabilities_restricted(pod: &Pod<'_>) -> Option<Violation> {
    let mut details = Vec::new();
    let keeping = pod.containers_where(|container| {
        let dropped = container["securityContext"]["capabilities"]["drop"].items();
        !dropped.iter().any(|capability| capability.as_str() == Some("ALL"))
    });
    if !keeping.is_empty() {
        details.push(format!(
            "{} must set securityContext.capabilities.drop=[\"ALL\"]",
            named("container", &keeping)
        ));
    }
    let (containers, added) = adding(pod, |capability| capability == "NET_BIND_SERVICE");
    if !containers.is_empty() {
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            named("container", &containers),
            quoted(&added)
        ));
    }
    if details.is_empty() { None } else { violation("unrestricted capabilities", details.join("; ")) }
}

/// Containers that add capabilities that are not allowed, and these capabilities.
fn adding<'v>(pod: &Pod<'v>, allowed: impl Fn(&str) -> bool) -> (Vec<&'v str>, Vec<String>) {
    let mut added = BTreeSet::new();
    let containers = pod.containers_where(|container| {
        let all = container["securityContext"]["capabilities"]["add"].items().iter();
        let bad: Vec<&str> = all.map(Value::str_or_empty).filter(|capability| !allowed(capability)).collect();
        added.extend(bad.iter().map(|capability| (*capability).to_owned()));
        !bad.is_empty()
    });
    (containers, added.into_iter().collect())
}

fn host_namespaces(pod: &Pod<'_>) -> Option<Violation> {
    let fields = ["hostNetwork", "hostPID", "hostIPC"];
    let shared = fields.iter().filter(|field| pod.spec[**field].as_bool() == Some(true));
    let shared: Vec<String> = shared.map(|field| format!("{field}=true")).collect();
    if shared.is_empty() { None } else { violation("host namespaces", shared.join(", ")) }
}

fn host_path(pod: &Pod<'_>) -> Option<Violation> {
    let volumes = pod.spec["volumes"].items().iter().filter(|volume| !volume["hostPath"].is_null());
    let names: Vec<&str> = volumes.map(|volume| volume["name"].str_or_empty()).collect();
    if names.is_empty() { None } else { violation("hostPath volumes", named("volume", &names)) }
}

fn host_ports(pod: &Pod<'_>) -> Option<Violation> {
    let mut ports = BTreeSet::new();
    let containers = pod.containers_where(|container| {
        let all = container["ports"].items().iter().filter_map(|port| port["hostPort"].as_i64());
        let bad: Vec<String> = all.filter(|port| *port != 0).map(|port| port.to_string()).collect();
        let any = !bad.is_empty();
        ports.extend(bad);
        any
    });
    if containers.is_empty() {
        return None;
    }
    let ports: Vec<String> = ports.into_iter().collect();
    let detail = format!(
        "{} {} {} {}",
        named("container", &containers),
        uses(containers.len()),
        plural("hostPort", ports.len()),
        ports.join(", ")
    );
    violation("hostPort", detail)
}

fn host_probes(pod: &Pod<'_>) -> Option<Violation> {
    let mut hosts = BTreeSet::new();
    let containers: BTreeSet<&str> = pod
        .containers_where(|container| {
            let handlers = [
                &container["livenessProbe"],
                &container["readinessProbe"],
                &container["startupProbe"],
                &container["lifecycle"]["postStart"],
                &container["lifecycle"]["preStop"],
            ];
            let named = handlers.iter().flat_map(|handler| {
                ["httpGet", "tcpSocket"].map(|action| handler[action]["host"].str_or_empty().to_owned())
            });
            let named: Vec<String> = named.filter(|host| !host.is_empty()).collect();
            let any = !named.is_empty();
            hosts.extend(named);
            any
        })
        .into_iter()
        .collect();
    if containers.is_empty() {
        return None;
    }
    let containers: Vec<&str> = containers.into_iter().collect();
    let hosts: Vec<String> = hosts.into_iter().collect();
    let detail = format!(
        "{} {} {} {}",
        named("container", &containers),
        uses(containers.len()),
        plural("probe or lifecycle host", hosts.len()),
        quoted(&hosts)
    );
    violation("probe or lifecycle host", detail)
}

fn privileged(pod: &Pod<'_>) -> Option<Violation> {
    let containers =
        pod.containers_where(|container| container["securityContext"]["privileged"].as_bool() == Some(true));
    if containers.is_empty() {
        return None;
    }
    let detail = format!("{} must not set securityContext.privileged=true", named("container", &containers));
    violation("privileged", detail)
}

fn proc_mount(pod: &Pod<'_>) -> Option<Violation> {
    let mut kinds = BTreeSet::new();
    let containers = pod.containers_where(|container| {
        let kind = container["securityContext"]["procMount"].as_str().filter(|kind| *kind != "Default");
        kinds.extend(kind.map(str::to_owned));
        kind.is_some()
    });
    if containers.is_empty() {
        return None;
    }
    let kinds: Vec<String> = kinds.into_iter().collect();
    let detail = format!(
        "{} must not set securityContext.procMount to {}",
        named("container", &containers),
        quoted(&kinds)
    );
    violation("procMount", detail)
}

fn selinux(pod: &Pod<'_>, allowed: usize) -> Option<Violation> {
    let mut types = BTreeSet::new();
    let (mut user, mut role) = (false, false);
    let mut bad = |context: &Value| {
        let options = &context["seLinuxOptions"];
        let kind = options["type"].str_or_empty();
        let bad_type = !kind.is_empty() && !SELINUX_TYPES[..allowed].contains(&kind);
        if bad_type {
            types.insert(kind.to_owned());
        }
        let (bad_user, bad_role) =
            (!options["user"].str_or_empty().is_empty(), !options["role"].str_or_empty().is_empty());
        user |= bad_user;
        role |= bad_role;
        bad_type || bad_user || bad_role
    };
    let setters = setters(pod, &mut bad);
    if setters.is_empty() {
        return None;
    }
    let mut data = Vec::new();
    if !types.is_empty() {
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        data.push(named("type", &types));
    }
    data.extend(user.then(|| "user may not be set".to_owned()));
    data.extend(role.then(|| "role may not be set".to_owned()));
    let detail = format!(
        "{} set forbidden securityContext.seLinuxOptions: {}",
        setters.join(" and "),
        data.join("; ")
    );
    violation("seLinuxOptions", detail)
}

fn seccomp_annotations(pod: &Pod<'_>) -> Option<Violation> {
    const POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
    let of_container =
        |c: &Value| format!("container.seccomp.security.alpha.kubernetes.io/{}", c["name"].str_or_empty());
    let keys = std::iter::once(POD.to_owned()).chain(pod.containers().map(of_container));
    let forbidden: BTreeSet<String> = keys
        .filter_map(|key| {
            let value = pod.annotations[key.as_str()].as_str()?;
            let allowed = matches!(value, "runtime/default" | "docker/default");
            (!allowed && !value.starts_with("localhost/")).then(|| format!("{key}={value:?}"))
        })
        .collect();
    if forbidden.is_empty() {
        return None;
    }
    let shown: Vec<String> = forbidden.into_iter().collect();
    violation(
        "seccompProfile",
        format!("forbidden {} {}", plural("annotation", shown.len()), shown.join(", ")),
    )
}

fn seccomp_baseline(pod: &Pod<'_>) -> Option<Violation> {
    let mut kinds = BTreeSet::new();
    let mut bad = |context: &Value| {
        let profile = &context["seccompProfile"];
        let bad = !profile.is_null() && !is_confined(profile);
        if bad {
            kinds.insert(profile["type"].str_or_empty().to_owned());
        }
        bad
    };
    let setters = setters(pod, &mut bad);
    if setters.is_empty() {
        return None;
    }
    let kinds: Vec<String> = kinds.into_iter().collect();
    let detail = format!(
        "{} must not set securityContext.seccompProfile.type to {}",
        setters.join(" and "),
        quoted(&kinds)
    );
    violation("seccompProfile", detail)
}

fn seccomp_restricted(pod: &Pod<'_>) -> Option<Violation> {
    let explicit = seccomp_baseline(pod);
    if explicit.is_some() || is_confined(&pod.spec["securityContext"]["seccompProfile"]) {
        return explicit;
    }
    let silent = pod.containers_where(|container| container["securityContext"]["seccompProfile"].is_null());
    if silent.is_empty() {
        return None;
    }
    let detail = format!(
        "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        named("container", &silent)
    );
    violation("seccompProfile", detail)
}

fn is_confined(profile: &Value) -> bool {
    matches!(profile["type"].str_or_empty(), "RuntimeDefault" | "Localhost")
}

fn sysctls(pod: &Pod<'_>, allowed: usize) -> Option<Violation> {
    let set = pod.spec["securityContext"]["sysctls"].items().iter();
    let names = set.map(|sysctl| sysctl["name"].str_or_empty());
    let bad: Vec<&str> = names.filter(|name| !SYSCTLS[..allowed].contains(name)).collect();
    if bad.is_empty() { None } else { violation("forbidden sysctls", bad.join(", ")) }
}

fn windows_host_process(pod: &Pod<'_>) -> Option<Violation> {
    let setters =
        setters(pod, &mut |context| context["windowsOptions"]["hostProcess"].as_bool() == Some(true));
    if setters.is_empty() {
        return None;
    }
    let detail =
        format!("{} must not set securityContext.windowsOptions.hostProcess=true", setters.join(" and "));
    violation("hostProcess", detail)
}

fn escalation(pod: &Pod<'_>) -> Option<Violation> {
    let containers = pod.containers_where(|container| {
        container["securityContext"]["allowPrivilegeEscalation"].as_bool() != Some(false)
    });
    if containers.is_empty() {
        return None;
    }
    let detail = format!(
        "{} must set securityContext.allowPrivilegeEscalation=false",
        named("container", &containers)
    );
    violation("allowPrivilegeEscalation != false", detail)
}

fn volumes(pod: &Pod<'_>) -> Option<Violation> {
    let mut names = Vec::new();
    let mut kinds = BTreeSet::new();
    for volume in pod.spec["volumes"].items() {
        if VOLUMES.iter().any(|kind| !volume[*kind].is_null()) {
            continue;
        }
        names.push(volume["name"].str_or_empty());
        let mut sources =
            volume.entries().iter().map(|entry| entry.key.as_str()).filter(|key| *key != "name");
        kinds.insert(sources.next().unwrap_or("unknown").to_owned());
    }
    if names.is_empty() {
        return None;
    }
    let kinds: Vec<String> = kinds.into_iter().collect();
    let detail = format!(
        "{} {} {} {}",
        named("volume", &names),
        uses(names.len()),
        plural("restricted volume type", kinds.len()),
        quoted(&kinds)
    );
    violation("restricted volume types", detail)
}

fn non_root(pod: &Pod<'_>) -> Option<Violation> {
    const REASON: &str = "runAsNonRoot != true";
    let said = |context: &Value| context["runAsNonRoot"].as_bool();
    let setters = setters(pod, &mut |context| said(context) == Some(false));
    if !setters.is_empty() {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", setters.join(" and "));
        return violation(REASON, detail);
    }
    if said(&pod.spec["securityContext"]) == Some(true) {
        return None;
    }
    let silent = pod.containers_where(|container| said(&container["securityContext"]).is_none());
    if silent.is_empty() {
        return None;
    }
    let detail = format!("pod or {} must set securityContext.runAsNonRoot=true", named("container", &silent));
    violation(REASON, detail)
}

fn run_as_user(pod: &Pod<'_>) -> Option<Violation> {
    let setters = setters(pod, &mut |context| context["runAsUser"].as_i64() == Some(0));
    if setters.is_empty() {
        return None;
    }
    violation("runAsUser=0", format!("{} must not set runAsUser=0", setters.join(" and ")))
}

/// Whose security context is bad: `pod`, `container "a"`.
fn setters(pod: &Pod<'_>, bad: &mut dyn FnMut(&Value) -> bool) -> Vec<String> {
    let mut setters = Vec::new();
    if bad(&pod.spec["securityContext"]) {
        setters.push("pod".to_owned());
    }
    let containers = pod.containers_where(|container| bad(&container["securityContext"]));
    if !containers.is_empty() {
        setters.push(named("container", &containers));
    }
    setters
}

fn named(word: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    format!("{} {}", plural(word, names.len()), quoted(&names))
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn uses(count: usize) -> &'static str {
    if count == 1 { "uses" } else { "use" }
}

fn quoted(items: &[String]) -> String {
    if items.is_empty() { String::new() } else { format!("\"{}\"", items.join("\", \"")) }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn says(level: Level, version: Version, spec: Value) -> String {
        details(&violations(LevelVersion { level, version }, &Value::Null, &spec))
    }

    fn baseline(spec: Value) -> String {
        says(Level::Baseline, Version::Latest, spec)
    }

    fn with_context(context: Value) -> Value {
        value!({"containers": [{"name": "a", "securityContext": context}]})
    }

    #[test]
    fn rows_stand_in_the_order_of_their_complaints() {
        for level in [Level::Baseline, Level::Restricted] {
            let ids: Vec<&str> =
                CHECKS.iter().filter(|check| check.level == level).map(|check| check.id).collect();
            assert!(ids.is_sorted(), "{ids:?}");
        }
        assert!(CHECKS.is_sorted_by_key(|check| check.level));
        assert!(CHECKS.iter().all(|check| check.versions.is_sorted_by_key(|version| version.0)));
    }

    #[test]
    fn an_ordinary_pod_is_baseline_and_not_restricted() {
        let pod = || value!({"containers": [{"name": "a"}, {"name": "b"}]});
        assert_eq!(baseline(pod()), "");
        assert_eq!(
            says(Level::Restricted, Version::Latest, pod()),
            "allowPrivilegeEscalation != false (containers \"a\", \"b\" must set securityContext.allowPrivilegeEscalation=false), \
             unrestricted capabilities (containers \"a\", \"b\" must set securityContext.capabilities.drop=[\"ALL\"]), \
             runAsNonRoot != true (pod or containers \"a\", \"b\" must set securityContext.runAsNonRoot=true), \
             seccompProfile (pod or containers \"a\", \"b\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
        );
        assert_eq!(says(Level::Privileged, Version::Latest, value!({"hostPID": true})), "");
    }

    #[test]
    fn a_hardened_pod_is_restricted() {
        let hardened = value!({
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "a", "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}
            }}],
            "volumes": [{"name": "v", "emptyDir": {}}]
        });
        for version in [Version::Latest, Version::Minor(36), Version::Minor(22), Version::Minor(0)] {
            assert_eq!(says(Level::Restricted, version, hardened.clone()), "");
        }
    }

    #[test]
    fn the_baseline_in_upstreams_words() {
        assert_eq!(
            baseline(value!({"hostNetwork": true, "hostIPC": true})),
            "host namespaces (hostNetwork=true, hostIPC=true)"
        );
        assert_eq!(
            baseline(value!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]})),
            "hostPath volumes (volume \"v\")"
        );
        assert_eq!(
            baseline(
                value!({"containers": [{"name": "a", "ports": [{"hostPort": 80}, {"containerPort": 1}]}, {"name": "b", "ports": [{"hostPort": 443}]}]})
            ),
            "hostPort (containers \"a\", \"b\" use hostPorts 443, 80)"
        );
        assert_eq!(
            baseline(with_context(
                value!({"privileged": true, "capabilities": {"add": ["SYS_ADMIN", "CHOWN"]}})
            )),
            "non-default capabilities (container \"a\" must not include \"SYS_ADMIN\" in securityContext.capabilities.add), \
             privileged (container \"a\" must not set securityContext.privileged=true)"
        );
        assert_eq!(
            baseline(with_context(
                value!({"seLinuxOptions": {"type": "super_t", "user": "u"}, "procMount": "Unmasked"})
            )),
            "procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\"), \
             seLinuxOptions (container \"a\" set forbidden securityContext.seLinuxOptions: type \"super_t\"; user may not be set)"
        );
        assert_eq!(
            baseline(value!({"securityContext": {
                "seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "Unconfined"},
                "sysctls": [{"name": "kernel.msgmax"}, {"name": "net.ipv4.tcp_rmem"}],
                "windowsOptions": {"hostProcess": true}
            }})),
            "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\"), \
             seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\"), \
             forbidden sysctls (kernel.msgmax), \
             hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"
        );
        assert_eq!(
            baseline(
                value!({"containers": [{"name": "a", "livenessProbe": {"httpGet": {"host": "169.254.1.1"}}}]})
            ),
            "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"169.254.1.1\")"
        );
    }

    #[test]
    fn versions_differ() {
        let sysctl = || value!({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_fin_timeout"}]}});
        let at = |minor, spec| says(Level::Baseline, Version::Minor(minor), spec);
        assert_eq!(at(28, sysctl()), "forbidden sysctls (net.ipv4.tcp_fin_timeout)");
        assert_eq!(at(29, sysctl()), "");
        let windows = value!({"os": {"name": "windows"}, "containers": [{"name": "a"}], "securityContext": {"runAsNonRoot": true}});
        assert!(
            says(Level::Restricted, Version::Minor(24), windows.clone()).contains("allowPrivilegeEscalation")
        );
        assert_eq!(says(Level::Restricted, Version::Minor(25), windows), "");
        let annotated = violations(
            LevelVersion { level: Level::Baseline, version: Version::Minor(18) },
            &value!({"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}}),
            &Value::Null,
        );
        assert_eq!(
            details(&annotated),
            "seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod=\"unconfined\")"
        );
    }

    #[test]
    fn the_restricted_standard_in_upstreams_words() {
        let spec = value!({
            "hostUsers": true,
            "securityContext": {"runAsUser": 0, "runAsNonRoot": false, "seccompProfile": {"type": "Localhost"}},
            "containers": [{"name": "a", "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}
            }}],
            "volumes": [{"name": "n", "nfs": {"path": "/"}}, {"name": "h", "hostPath": {"path": "/"}}]
        });
        assert_eq!(
            says(Level::Restricted, Version::Latest, spec),
            "unrestricted capabilities (container \"a\" must not include \"CHOWN\" in securityContext.capabilities.add), \
             restricted volume types (volumes \"n\", \"h\" use restricted volume types \"hostPath\", \"nfs\"), \
             runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), \
             runAsUser=0 (pod must not set runAsUser=0)"
        );
    }
}
