//! What the labels of a namespace say.

use std::fmt;

use api::Value;
use meta::Cause;
use meta::Causes;

const PREFIX: &str = "pod-security.kubernetes.io/";

/// How strict, from nothing forbidden to hardened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// Of which minor version of Kubernetes the standard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Minor(u32),
    Latest,
}

/// A standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LevelVersion {
    pub(super) level: Level,
    pub(super) version: Version,
}

/// The standards of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) enforce: LevelVersion,
    pub(super) audit: LevelVersion,
    pub(super) warn: LevelVersion,
}

impl Default for Policy {
    /// Of a namespace that says nothing: all is allowed, and what the baseline forbids is told.
    fn default() -> Self {
        let privileged = LevelVersion { level: Level::Privileged, version: Version::Latest };
        let baseline = LevelVersion { level: Level::Baseline, version: Version::Latest };
        Self { enforce: privileged, audit: privileged, warn: baseline }
    }
}

impl Policy {
    /// The policy that labels describe, and what is wrong with them. A level that cannot be read is
    /// enforced as the strictest, and not audited or warned about at all.
    pub(super) fn of(labels: &Value) -> (Self, Causes) {
        let mut policy = Self::default();
        let mut causes = Causes::default();
        // Most namespaces say nothing, and are asked for every pod.
        if !labels.entries().iter().any(|label| label.key.as_str().starts_with(PREFIX)) {
            return (policy, causes);
        }
        for (mode, failed) in
            [("enforce", Level::Restricted), ("audit", Level::Privileged), ("warn", Level::Privileged)]
        {
            let standard = match mode {
                "enforce" => &mut policy.enforce,
                "audit" => &mut policy.audit,
                _ => &mut policy.warn,
            };
            if let Some(text) = label(labels, mode) {
                standard.level = Level::parse(text).unwrap_or_else(|| {
                    let detail = "must be one of privileged, baseline, restricted";
                    causes.push(mistake(mode, text, detail));
                    failed
                });
            }
            let version = format!("{mode}-version");
            if let Some(text) = label(labels, &version) {
                standard.version = Version::parse(text).unwrap_or_else(|| {
                    causes.push(mistake(&version, text, "must be \"latest\" or \"v1.x\""));
                    Version::Latest
                });
            }
        }
        // Whoever enforces more than is warned about by default wants to be warned about it.
        let enforces = label(labels, "enforce").is_some_and(|text| Level::parse(text).is_some());
        if label(labels, "warn").is_none() && enforces {
            // An explicit level replaces what this cluster warns about by default.
            policy.warn.level = policy.enforce.level;
            if label(labels, "warn-version").is_none() {
                policy.warn.version = policy.enforce.version;
            }
        }
        (policy, causes)
    }
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "privileged" => Some(Level::Privileged),
            "baseline" => Some(Level::Baseline),
            "restricted" => Some(Level::Restricted),
            _ => None,
        }
    }
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Version::Latest);
        }
        let minor = text.strip_prefix("v1.")?;
        let plain = minor == "0" || !minor.starts_with('0');
        let digits = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        if plain && digits { minor.parse().ok().map(Version::Minor) } else { None }
    }
}

impl fmt::Display for LevelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.version {
            Version::Latest => write!(f, "{level}:latest"),
            Version::Minor(minor) => write!(f, "{level}:v1.{minor}"),
        }
    }
}

fn label<'v>(labels: &'v Value, name: &str) -> Option<&'v str> {
    labels[format!("{PREFIX}{name}").as_str()].as_str()
}

fn mistake(name: &str, text: &str, detail: &str) -> Cause {
    Cause::invalid(format!("metadata.labels[{PREFIX}{name}]"), text, detail)
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn read(labels: Value) -> (String, Vec<String>) {
        let (policy, causes) = Policy::of(&labels);
        let shown = format!("{} {} {}", policy.enforce, policy.audit, policy.warn);
        (shown, causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect())
    }

    #[test]
    fn labels_set_levels_and_versions() {
        let none = read(Value::Null);
        assert_eq!(none, ("privileged:latest privileged:latest baseline:latest".into(), vec![]));
        let enforced = read(value!({
            "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "v1.24"
        }));
        assert_eq!(enforced.0, "restricted:v1.24 privileged:latest restricted:v1.24");
        let open = read(value!({"pod-security.kubernetes.io/enforce": "privileged"}));
        assert_eq!(open.0, "privileged:latest privileged:latest privileged:latest");
        let told = read(value!({
            "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "privileged",
            "pod-security.kubernetes.io/audit": "baseline"
        }));
        assert_eq!(told.0, "restricted:latest baseline:latest privileged:latest");
    }

    #[test]
    fn what_cannot_be_read_fails_safe_and_is_told() {
        let (shown, causes) = read(value!({
            "pod-security.kubernetes.io/enforce": "strict", "pod-security.kubernetes.io/warn": "loud",
            "pod-security.kubernetes.io/audit-version": "v1.08"
        }));
        assert_eq!(shown, "restricted:latest privileged:latest privileged:latest");
        assert_eq!(
            causes,
            [
                "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, baseline, restricted",
                "metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: \"v1.08\": must be \"latest\" or \"v1.x\"",
                "metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: \"loud\": must be one of privileged, baseline, restricted",
            ]
        );
    }
}
