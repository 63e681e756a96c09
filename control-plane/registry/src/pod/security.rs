//! Security contexts of containers and pods.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::volumes::descending;
use crate::Path;
use crate::rules;
use crate::rules::Seen;

const PROFILES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
/// Longest path of an AppArmor profile: that of a file.
const PROFILE_MAX: usize = 4095;
const SYSCTL: &str = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
/// Kernel parameters of the namespace for communication between processes.
const IPC_SYSCTLS: [&str; 5] =
    ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.", "kernel.shm_rmid_forced"];
const CREDENTIALS_MAX_KIB: usize = 64;
const DOMAIN_MAX: usize = 256;
const USER_MAX: usize = 104;

/// The security context of a container.
pub(super) fn check(path: &Path<'_>, container: &Value, spec: &Value, causes: &mut Causes) {
    let context = &container["securityContext"];
    if context.is_null() {
        return;
    }
    for field in ["runAsUser", "runAsGroup"] {
        rules::user_id(&path.child(field), &context[field], causes);
    }
    if let Some(mount) = context["procMount"].as_str() {
        let field = path.child("procMount");
        if !matches!(mount, "Default" | "Unmasked") {
            causes.push(Cause::not_supported(field, mount, &["Default", "Unmasked"]));
        }
        if mount == "Unmasked" && spec["hostUsers"].as_bool() != Some(false) {
            causes.push(Cause::invalid(field, mount, "`hostUsers` must be false to use `Unmasked`"));
        }
    }
    check_seccomp(&path.child("seccompProfile"), &context["seccompProfile"], causes);
    if context["allowPrivilegeEscalation"].as_bool() == Some(false) {
        if context["privileged"].as_bool() == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            causes.push(Cause::invalid(path, rules::InMemory(context), detail));
        }
        let added = context["capabilities"]["add"].items().iter();
        for _ in added.filter(|capability| capability.as_str() == Some("CAP_SYS_ADMIN")) {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            causes.push(Cause::invalid(path, rules::InMemory(context), detail));
        }
    }
    check_windows(&path.child("windowsOptions"), &context["windowsOptions"], causes);
    check_apparmor(&path.child("appArmorProfile"), &context["appArmorProfile"], causes);
}

/// The security context of a pod.
pub(super) fn check_pod(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let context = &spec["securityContext"];
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        rules::user_id(&path.child(field), &context[field], causes);
    }
    let list = path.child("supplementalGroups");
    for (i, group) in context["supplementalGroups"].items().iter().enumerate() {
        rules::user_id(&list.index(i), group, causes);
    }
    let on = |field: &str| spec[field].as_bool() == Some(true);
    if on("shareProcessNamespace") && on("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        causes.push(Cause::invalid(path.child("shareProcessNamespace"), true, detail));
    }
    check_sysctls(&path.child("sysctls"), spec, causes);
    choice(path, context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], causes);
    check_seccomp(&path.child("seccompProfile"), &context["seccompProfile"], causes);
    check_windows(&path.child("windowsOptions"), &context["windowsOptions"], causes);
    check_apparmor(&path.child("appArmorProfile"), &context["appArmorProfile"], causes);
    choice(path, context, "supplementalGroupsPolicy", &["Merge", "Strict"], causes);
    choice(path, context, "seLinuxChangePolicy", &["Recursive"], causes);
}

/// A field that, where it is set at all, is one of a few texts.
fn choice(path: &Path<'_>, object: &Value, field: &str, known: &[&str], causes: &mut Causes) {
    if let Some(text) = object[field].as_str().filter(|text| !known.contains(text)) {
        causes.push(Cause::not_supported(path.child(field), text, known));
    }
}

fn check_sysctls(list: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let sysctls = spec["securityContext"]["sysctls"].items();
    let on = |field: &str| spec[field].as_bool() == Some(true);
    let mut seen = Seen::default();
    for (i, sysctl) in sysctls.iter().enumerate() {
        let (path, name) = (list.index(i), sysctl["name"].str_or_empty());
        let field = path.child("name");
        if name.is_empty() {
            causes.push(Cause::required(field, ""));
        } else if !is_sysctl(name) {
            causes.push(Cause::invalid(field, name, SYSCTL));
        } else if seen.again(name) {
            causes.push(Cause::duplicate(field, name));
        }
        let dotted = name.replace('/', ".");
        if on("hostNetwork") && dotted.starts_with("net.") {
            let detail = "may not be specified when 'hostNetwork' is true";
            causes.push(Cause::invalid(field, name, detail));
        } else if on("hostIPC") && IPC_SYSCTLS.iter().any(|prefix| dotted.starts_with(prefix)) {
            causes.push(Cause::invalid(field, name, "may not be specified when 'hostIPC' is true"));
        }
    }
}

/// Names of kernel parameters: labels with inner underscores, joined by dots or slashes.
fn is_sysctl(name: &str) -> bool {
    let label = |part: &str| {
        let (bytes, alnum) = (part.as_bytes(), |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit());
        bytes.first().is_some_and(alnum)
            && bytes.last().is_some_and(alnum)
            && bytes.iter().all(|b| alnum(b) || matches!(b, b'-' | b'_'))
    };
    name.len() <= names::SUBDOMAIN_MAX && name.split(['.', '/']).all(label)
}

fn check_seccomp(path: &Path<'_>, profile: &Value, causes: &mut Causes) {
    if profile.is_null() {
        return;
    }
    let (kind, local) = (profile["type"].str_or_empty(), profile["localhostProfile"].as_str());
    let field = path.child("localhostProfile");
    if kind.is_empty() {
        let detail = "type is required when seccompProfile is set";
        causes.push(Cause::required(path.child("type"), detail));
    } else if !PROFILES.contains(&kind) {
        causes.push(Cause::not_supported(path.child("type"), kind, &PROFILES));
    }
    match (kind, local) {
        ("Localhost", None) => {
            causes.push(Cause::required(field, "must be set when seccomp type is Localhost"));
        }
        ("Localhost", Some(local)) => descending(&field, local, causes),
        (_, Some(_)) => {
            let detail = "can only be set when seccomp type is Localhost";
            causes.push(Cause::invalid(field, rules::InMemory(profile), detail));
        }
        (_, None) => {}
    }
}

pub(super) fn check_apparmor(path: &Path<'_>, profile: &Value, causes: &mut Causes) {
    if profile.is_null() {
        return;
    }
    let (kind, local) = (profile["type"].str_or_empty(), profile["localhostProfile"].as_str());
    let field = path.child("localhostProfile");
    let needed = "must be set when AppArmor type is Localhost";
    match (kind, local) {
        ("Localhost", None) => causes.push(Cause::required(field, needed)),
        ("Localhost", Some(local)) => {
            if local.trim() != local {
                causes.push(Cause::invalid(field, local, "must not be padded with whitespace"));
            } else if local.is_empty() {
                causes.push(Cause::required(field, needed));
            }
            if local.len() > PROFILE_MAX {
                causes.push(Cause::too_long(field, PROFILE_MAX));
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(local)) => {
            causes.push(Cause::invalid(field, local, "can only be set when AppArmor type is Localhost"));
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => {
            let detail = "type is required when appArmorProfile is set";
            causes.push(Cause::required(path.child("type"), detail));
        }
        (other, _) => causes.push(Cause::not_supported(path.child("type"), other, &PROFILES)),
    }
}

/// Whether an AppArmor profile breaks no rule.
pub(super) fn is_apparmor(profile: &Value) -> bool {
    let mut causes = Causes::default();
    check_apparmor(&Path::new(""), profile, &mut causes);
    causes.is_empty()
}

fn check_windows(path: &Path<'_>, options: &Value, causes: &mut Causes) {
    if let Some(name) = options["gmsaCredentialSpecName"].as_str() {
        rules::spelled(&path.child("gmsaCredentialSpecName"), name, names::dns1123_subdomain, causes);
    }
    if let Some(spec) = options["gmsaCredentialSpec"].as_str() {
        let detail = match spec.len() {
            0 => "gmsaCredentialSpec cannot be an empty string".to_owned(),
            length if length > CREDENTIALS_MAX_KIB * 1024 => {
                format!("gmsaCredentialSpec size must be under {CREDENTIALS_MAX_KIB} KiB")
            }
            _ => String::new(),
        };
        if !detail.is_empty() {
            causes.push(Cause::invalid(path.child("gmsaCredentialSpec"), spec, &detail));
        }
    }
    if let Some(user) = options["runAsUserName"].as_str() {
        let field = path.child("runAsUserName");
        let mistakes = windows_user(user);
        causes
            .extend(mistakes.iter().map(|what| Cause::invalid(field, user, &format!("runAsUserName{what}"))));
    }
}

/// What is wrong about `DOMAIN\user`.
fn windows_user(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('\\').collect();
    let (domain, user) = match parts.as_slice() {
        _ if name.is_empty() => return vec![" cannot be an empty string".to_owned()],
        _ if name.contains(|c: char| c.is_ascii_control()) => {
            return vec![" cannot contain control characters".to_owned()];
        }
        [user] => (None, *user),
        [domain, user] => (Some(*domain), *user),
        _ => return vec![" cannot contain more than one backslash".to_owned()],
    };
    let mut mistakes = Vec::new();
    if let Some(domain) = domain {
        if domain.len() >= DOMAIN_MAX {
            mistakes.push(format!("'s Domain length must be under {DOMAIN_MAX} characters"));
        }
        if !is_net_bios(domain) && !is_dns_domain(domain) {
            mistakes.push("'s Domain doesn't match the NetBios nor the DNS format".to_owned());
        }
    }
    if user.is_empty() {
        mistakes.push("'s User cannot be empty".to_owned());
    } else if user.len() > USER_MAX {
        mistakes.push(format!("'s User length must not be longer than {USER_MAX} characters"));
    }
    if !user.is_empty() && user.chars().all(|c| c == '.' || c == ' ') {
        mistakes.push("'s User cannot contain only periods or spaces".to_owned());
    }
    if user.contains(|c: char| "\"/\\:;|=,+*?<>@[]".contains(c)) {
        mistakes.push("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]".to_owned());
    }
    mistakes
}

fn is_net_bios(domain: &str) -> bool {
    let count = domain.chars().count();
    (1..=15).contains(&count)
        && !domain.starts_with('.')
        && !domain.contains(|c: char| "\\/:*?\"<>|".contains(c))
}

fn is_dns_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let alnum = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        bytes.len() <= names::LABEL_MAX
            && alnum(bytes.first())
            && alnum(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    domain.split('.').all(label)
}
