//! Seccomp profiles: read, made, compiled.
//!
//! A profile has the form of the OCI runtime specification (Linux, seccomp), which is also that of
//! `Localhost` profile files. It is compiled with `seccompiler`, one filter per action: the kernel
//! runs all of them and takes the strictest answer.

mod default;

use std::collections::BTreeMap;
use std::path::Path;

use linux::seccomp::Instruction;
use seccompiler::BpfProgram;
use seccompiler::SeccompAction;
use seccompiler::SeccompCmpArgLen;
use seccompiler::SeccompCmpOp;
use seccompiler::SeccompCondition;
use seccompiler::SeccompFilter;
use seccompiler::SeccompRule;
use seccompiler::TargetArch;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;

/// EPERM, which a refusal answers unless the profile says otherwise.
const DEFAULT_ERRNO: u32 = 1;

/// A seccomp profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    pub(crate) default_action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_errno_ret: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) architectures: Vec<String>,
    #[serde(default)]
    pub(crate) syscalls: Vec<Rule>,
}

/// What happens to some system calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) names: Vec<String>,
    pub(crate) action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) errno_ret: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) args: Vec<Argument>,
}

/// A condition on one argument; all of a rule's must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Argument {
    pub(crate) index: u8,
    pub(crate) value: u64,
    #[serde(default)]
    pub(crate) value_two: u64,
    pub(crate) op: String,
}

impl Profile {
    /// Reads a profile file.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).context("read the seccomp profile", path)?;
        serde_json::from_slice(&bytes).context("understand the seccomp profile", path)
    }

    /// As the OCI runtime specification has it.
    pub(crate) fn to_spec(&self) -> Value {
        serde_json::to_value(self).expect("a profile is plain strings and numbers")
    }

    /// Filters to load, in any order.
    pub(crate) fn compile(&self) -> Result<Vec<Vec<Instruction>>> {
        let default = action(&self.default_action, self.default_errno_ret)?;
        let mut by_action: BTreeMap<u32, (SeccompAction, Rules)> = BTreeMap::new();
        let mut named = Rules::new();
        for rule in &self.syscalls {
            let action = action(&rule.action, rule.errno_ret.or(self.default_errno_ret))?;
            let code = u32::from(action.clone());
            let own = &mut by_action.entry(code).or_insert_with(|| (action, Rules::new())).1;
            add(own, rule)?;
            add(&mut named, rule)?;
        }
        let mut filters = Vec::new();
        if default != SeccompAction::Allow {
            // What any rule names is let through here and judged by that rule's own filter.
            filters.push(compile(named, default, SeccompAction::Allow)?);
        }
        for (_, (action, rules)) in by_action {
            if action != SeccompAction::Allow {
                filters.push(compile(rules, SeccompAction::Allow, action)?);
            }
        }
        Ok(filters)
    }
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// An empty list of rules for a call means that the call matches whatever its arguments.
fn add(rules: &mut Rules, rule: &Rule) -> Result<()> {
    for number in rule.names.iter().filter_map(|name| linux::syscall_number(name)) {
        if rule.args.is_empty() {
            rules.insert(number, Vec::new());
            continue;
        }
        let conditions: Result<Vec<_>> = rule.args.iter().map(condition).collect();
        let rule = SeccompRule::new(conditions?).map_err(invalid)?;
        match rules.get_mut(&number) {
            Some(any) if any.is_empty() => {}
            Some(some) => some.push(rule),
            None => {
                rules.insert(number, vec![rule]);
            }
        }
    }
    Ok(())
}

fn condition(argument: &Argument) -> Result<SeccompCondition> {
    let (op, value) = match argument.op.as_str() {
        "SCMP_CMP_NE" => (SeccompCmpOp::Ne, argument.value),
        "SCMP_CMP_LT" => (SeccompCmpOp::Lt, argument.value),
        "SCMP_CMP_LE" => (SeccompCmpOp::Le, argument.value),
        "SCMP_CMP_EQ" => (SeccompCmpOp::Eq, argument.value),
        "SCMP_CMP_GE" => (SeccompCmpOp::Ge, argument.value),
        "SCMP_CMP_GT" => (SeccompCmpOp::Gt, argument.value),
        "SCMP_CMP_MASKED_EQ" => (SeccompCmpOp::MaskedEq(argument.value), argument.value_two),
        other => return Err(Error::Invalid(format!("unknown seccomp comparison {other:?}"))),
    };
    SeccompCondition::new(argument.index, SeccompCmpArgLen::Qword, op, value).map_err(invalid)
}

fn action(name: &str, errno: Option<u32>) -> Result<SeccompAction> {
    let errno = errno.unwrap_or(DEFAULT_ERRNO);
    match name {
        "SCMP_ACT_ALLOW" => Ok(SeccompAction::Allow),
        "SCMP_ACT_ERRNO" => Ok(SeccompAction::Errno(errno)),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Ok(SeccompAction::KillThread),
        "SCMP_ACT_KILL_PROCESS" => Ok(SeccompAction::KillProcess),
        "SCMP_ACT_LOG" => Ok(SeccompAction::Log),
        "SCMP_ACT_TRACE" => Ok(SeccompAction::Trace(errno)),
        "SCMP_ACT_TRAP" => Ok(SeccompAction::Trap),
        other => Err(Error::Invalid(format!("unknown seccomp action {other:?}"))),
    }
}

fn compile(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> Result<Vec<Instruction>> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(invalid)?;
    let filter = SeccompFilter::new(rules, otherwise, matched, arch).map_err(invalid)?;
    let program: BpfProgram = filter.try_into().map_err(invalid)?;
    Ok(program.iter().map(|i| Instruction { code: i.code, jt: i.jt, jf: i.jf, k: i.k }).collect())
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Error::Invalid(format!("seccomp profile: {error}"))
}

#[cfg(test)]
mod tests {
    use linux::credentials::Capabilities;

    use super::*;

    #[test]
    fn the_default_profile_compiles_and_survives_json() {
        let profile = Profile::runtime_default(Capabilities::EMPTY);
        let filters = profile.compile().unwrap();
        // One refuses with EPERM, one answers clone3 with ENOSYS.
        assert_eq!(filters.len(), 2);
        assert!(filters.iter().all(|filter| filter.len() < 4096));
        let again: Profile = serde_json::from_value(profile.to_spec()).unwrap();
        assert_eq!(again, profile);
    }

    #[test]
    fn capabilities_open_what_they_stand_for() {
        let allows = |capabilities, name: &str| {
            let profile = Profile::runtime_default(capabilities);
            profile.syscalls.iter().any(|r| {
                r.action == "SCMP_ACT_ALLOW" && r.args.is_empty() && r.names.iter().any(|n| n == name)
            })
        };
        let mut admin = Capabilities::EMPTY;
        admin.insert("SYS_ADMIN");
        for name in ["unshare", "mount", "setns", "clone3"] {
            assert!(!allows(Capabilities::EMPTY, name), "{name}");
            assert!(allows(admin, name), "{name}");
        }
        assert!(!allows(admin, "keyctl"));
        assert!(allows(Capabilities::EMPTY, "openat"));
    }

    #[test]
    fn nonsense_is_refused() {
        let profile = Profile { default_action: "SCMP_ACT_MAYBE".into(), ..Profile::default() };
        assert_eq!(profile.compile().unwrap_err().to_string(), "unknown seccomp action \"SCMP_ACT_MAYBE\"");
    }
}
