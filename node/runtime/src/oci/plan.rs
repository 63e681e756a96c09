//! As whom and with what a process runs: decided once per container, kept for its commands.

use linux::credentials::Capabilities;
use linux::credentials::Identity;
use serde::Deserialize;
use serde::Serialize;

use super::user::User;
use crate::error::Error;
use crate::error::Result;
use crate::seccomp::Profile;
use crate::types::ContainerConfig;
use crate::types::SeccompProfile;
use crate::types::Security;

/// What every process has by default, as container runtimes of the CRI agree.
const DEFAULT_CAPABILITIES: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A process of a container, fully decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessPlan {
    pub(crate) args: Vec<String>,
    /// `NAME=value`, no name twice.
    pub(crate) env: Vec<String>,
    pub(crate) cwd: String,
    pub(crate) terminal: bool,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    /// With `CAP_`.
    pub(crate) capabilities: Vec<String>,
    pub(crate) no_new_privileges: bool,
    pub(crate) oom_score_adj: Option<i32>,
    pub(crate) seccomp: Option<Profile>,
}

impl ProcessPlan {
    /// Decides for a container's own process.
    pub(crate) fn new(
        config: &ContainerConfig,
        user: &User,
        hostname: &str,
        available: Capabilities,
    ) -> Result<Self> {
        if config.args.is_empty() {
            return Err(Error::Invalid("no command specified".to_owned()));
        }
        let capabilities = capabilities(&config.security, available)?;
        Ok(Self {
            args: config.args.clone(),
            env: environment(config, user, hostname),
            cwd: if config.cwd.is_empty() { "/".to_owned() } else { config.cwd.clone() },
            terminal: config.tty,
            uid: user.uid,
            gid: user.gid,
            groups: user.groups.clone(),
            capabilities: capabilities.names(),
            no_new_privileges: config.security.no_new_privileges,
            oom_score_adj: config.resources.oom_score_adj,
            seccomp: seccomp(&config.security, capabilities)?,
        })
    }

    /// The same surroundings for another command.
    pub(crate) fn for_command(mut self, args: Vec<String>, terminal: bool) -> Self {
        self.args = args;
        self.terminal = terminal;
        if terminal && !self.env.iter().any(|entry| entry.starts_with("TERM=")) {
            self.env.push("TERM=xterm".to_owned());
        }
        self
    }

    /// Who the process is.
    pub(crate) fn identity(&self) -> Identity {
        let mut capabilities = Capabilities::EMPTY;
        for name in &self.capabilities {
            capabilities.insert(name);
        }
        Identity { uid: self.uid, gid: self.gid, groups: self.groups.clone(), capabilities }
    }
}

fn capabilities(security: &Security, available: Capabilities) -> Result<Capabilities> {
    if security.privileged {
        return Ok(available);
    }
    let is_all = |name: &String| name.eq_ignore_ascii_case("ALL");
    let unknown = |name: &String| Error::Invalid(format!("unknown capability {name:?}"));
    let mut set = Capabilities::EMPTY;
    if security.add_capabilities.iter().any(is_all) {
        set = available;
    } else if !security.drop_capabilities.iter().any(is_all) {
        for name in DEFAULT_CAPABILITIES {
            set.insert(name);
        }
    }
    for name in security.drop_capabilities.iter().filter(|name| !is_all(name)) {
        set.remove(name).then_some(()).ok_or_else(|| unknown(name))?;
    }
    for name in security.add_capabilities.iter().filter(|name| !is_all(name)) {
        set.insert(name).then_some(()).ok_or_else(|| unknown(name))?;
    }
    Ok(set.intersection(available))
}

fn seccomp(security: &Security, capabilities: Capabilities) -> Result<Option<Profile>> {
    match &security.seccomp {
        _ if security.privileged => Ok(None),
        SeccompProfile::Unconfined => Ok(None),
        SeccompProfile::RuntimeDefault => Ok(Some(Profile::runtime_default(capabilities))),
        SeccompProfile::Localhost(path) => Profile::load(path).map(Some),
    }
}

/// Later entries replace earlier ones; what the image and the pod do not say is filled in.
fn environment(config: &ContainerConfig, user: &User, hostname: &str) -> Vec<String> {
    let mut env: Vec<(&str, &str)> = vec![("PATH", DEFAULT_PATH)];
    if !hostname.is_empty() {
        env.push(("HOSTNAME", hostname));
    }
    env.push(("HOME", &user.home));
    if config.tty {
        env.push(("TERM", "xterm"));
    }
    for (name, value) in &config.env {
        match env.iter_mut().find(|(known, _)| known == name) {
            Some(entry) => entry.1 = value,
            None => env.push((name, value)),
        }
    }
    env.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available() -> Capabilities {
        let mut set = Capabilities::EMPTY;
        for name in DEFAULT_CAPABILITIES.into_iter().chain(["SYS_ADMIN", "NET_ADMIN"]) {
            set.insert(name);
        }
        set
    }

    fn check(add: &[&str], drop: &[&str]) -> Vec<String> {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let security =
            Security { add_capabilities: own(add), drop_capabilities: own(drop), ..Security::default() };
        capabilities(&security, available()).unwrap().names()
    }

    #[test]
    fn capabilities_add_and_drop() {
        assert_eq!(check(&[], &[]).len(), 14);
        assert_eq!(check(&[], &["ALL"]), [""; 0]);
        assert_eq!(check(&["NET_BIND_SERVICE"], &["all"]), ["CAP_NET_BIND_SERVICE"]);
        assert_eq!(check(&["ALL"], &[]).len(), 16);
        assert_eq!(check(&["ALL"], &["SYS_ADMIN"]).len(), 15);
        assert!(!check(&[], &["CAP_NET_RAW"]).contains(&"CAP_NET_RAW".to_owned()));
        // What this machine does not have cannot be given.
        assert_eq!(check(&["SYS_RESOURCE"], &["ALL"]), [""; 0]);
    }

    #[test]
    fn environment_is_filled_in_and_overridden() {
        let entry = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let config = ContainerConfig {
            env: vec![entry("HOME", "/x"), entry("A", "1"), entry("A", "2")],
            ..ContainerConfig::default()
        };
        let user = User { home: "/root".into(), ..User::default() };
        let env = environment(&config, &user, "pod");
        assert_eq!(env, [&format!("PATH={DEFAULT_PATH}"), "HOSTNAME=pod", "HOME=/x", "A=2"]);
    }
}
