//! Who a process is and what it may do: user, groups, capabilities.

use rustix::thread::CapabilitySet;
use rustix::thread::CapabilitySets;

use crate::Result;
use crate::error::During;

/// Capability names by number, as the kernel spells them without `CAP_` (capabilities(7)).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u64);

impl Capabilities {
    /// None.
    pub const EMPTY: Capabilities = Capabilities(0);

    /// What this process may use now.
    pub fn effective() -> Result<Self> {
        let sets = rustix::thread::capabilities(None).during("read capabilities")?;
        Ok(Self(sets.effective.bits()))
    }

    /// What this process and its children could ever gain.
    pub fn bounding() -> Result<Self> {
        let mut set = Self::EMPTY;
        for number in 0..NAMES.len() {
            let flag = CapabilitySet::from_bits_retain(1 << number);
            // A capability that this kernel does not know reads as an error: it is not in the set.
            if rustix::thread::capability_is_in_bounding_set(flag).unwrap_or(false) {
                set.0 |= 1 << number;
            }
        }
        Ok(set)
    }

    /// Adds the capability called `name` (with or without `CAP_`, in any case); `false` if there is
    /// none of that name.
    pub fn insert(&mut self, name: &str) -> bool {
        let bit = number(name).map(|n| 1u64 << n);
        self.0 |= bit.unwrap_or(0);
        bit.is_some()
    }

    /// Removes the capability called `name`; `false` if there is none of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        let bit = number(name).map(|n| 1u64 << n);
        self.0 &= !bit.unwrap_or(0);
        bit.is_some()
    }

    /// Whether the capability called `name` is in the set.
    pub fn contains(self, name: &str) -> bool {
        number(name).is_some_and(|n| self.0 & (1 << n) != 0)
    }

    /// Those in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The names, with `CAP_`, in the kernel's order.
    pub fn names(self) -> Vec<String> {
        NAMES
            .iter()
            .enumerate()
            .filter(|(n, _)| self.0 & (1 << n) != 0)
            .map(|(_, name)| format!("CAP_{name}"))
            .collect()
    }
}

/// Who to become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Supplemental group ids.
    pub groups: Vec<u32>,
    /// Bounding, permitted and effective set; a user other than root keeps none of it effective
    /// across the next exec, as POSIX file capabilities have it.
    pub capabilities: Capabilities,
}

/// Gives up everything that `identity` does not have. For a single-threaded process that is about to
/// execute another program.
pub fn assume(identity: &Identity) -> Result<()> {
    for n in 0..NAMES.len() {
        let flag = CapabilitySet::from_bits_retain(1 << n);
        if identity.capabilities.0 & (1 << n) != 0 {
            continue;
        }
        if rustix::thread::capability_is_in_bounding_set(flag).unwrap_or(false) {
            rustix::thread::remove_capability_from_bounding_set(flag).during("drop a bounding capability")?;
        }
    }
    // Without this the change of user would clear the permitted set before it is set below.
    rustix::thread::set_keep_capabilities(true).during("keep capabilities")?;
    let groups: Vec<_> = identity.groups.iter().map(|gid| nix::unistd::Gid::from_raw(*gid)).collect();
    nix::unistd::setgroups(&groups).during("set supplemental groups")?;
    let gid = nix::unistd::Gid::from_raw(identity.gid);
    nix::unistd::setresgid(gid, gid, gid).during("set the group")?;
    let uid = nix::unistd::Uid::from_raw(identity.uid);
    nix::unistd::setresuid(uid, uid, uid).during("set the user")?;
    rustix::thread::clear_ambient_capability_set().during("clear ambient capabilities")?;
    let set = CapabilitySet::from_bits_retain(identity.capabilities.0);
    let sets = CapabilitySets { effective: set, permitted: set, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets).during("set capabilities")?;
    rustix::thread::set_keep_capabilities(false).during("keep capabilities")
}

/// Neither this process nor its children gain privileges by executing a program.
pub fn set_no_new_privileges() -> Result<()> {
    rustix::thread::set_no_new_privs(true).during("set no_new_privs")
}

fn number(name: &str) -> Option<usize> {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    NAMES.iter().position(|known| *known == bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_spelling() {
        let mut set = Capabilities::EMPTY;
        assert!(set.insert("net_admin"));
        assert!(set.insert("CAP_KILL"));
        assert!(!set.insert("CAP_NONSENSE"));
        assert_eq!(set.names(), ["CAP_KILL", "CAP_NET_ADMIN"]);
        assert!(set.remove("KILL"));
        assert!(!set.contains("KILL"));
    }

    #[test]
    fn effective_is_within_bounding() {
        let effective = Capabilities::effective().unwrap();
        assert_eq!(effective.intersection(Capabilities::bounding().unwrap()), effective);
    }
}
