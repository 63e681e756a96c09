//! Namespaces: leave the old, join or keep a new one.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use nix::sched::CloneFlags;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::net::AddressFamily;
use rustix::net::SocketType;

use crate::Result;
use crate::error::During;
use crate::error::OnPath;
use crate::mount;

/// Which namespaces to leave; every field that is true gets a new namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unshare {
    /// Interfaces, routes, rules, sockets.
    pub net: bool,
    /// System V and POSIX message queues, semaphores, shared memory.
    pub ipc: bool,
    /// Host name.
    pub uts: bool,
    /// Process ids, for children that are started later.
    pub pid: bool,
}

/// Gives the calling thread new namespaces.
pub fn unshare(what: Unshare) -> Result<()> {
    let mut flags = CloneFlags::empty();
    flags.set(CloneFlags::CLONE_NEWNET, what.net);
    flags.set(CloneFlags::CLONE_NEWIPC, what.ipc);
    flags.set(CloneFlags::CLONE_NEWUTS, what.uts);
    flags.set(CloneFlags::CLONE_NEWPID, what.pid);
    nix::sched::unshare(flags).during("unshare namespaces")
}

/// Gives the calling thread a mount namespace of its own. Propagation is left as it is: what is
/// mounted below a shared mount still reaches other namespaces.
pub fn unshare_mounts() -> Result<()> {
    let flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS;
    nix::sched::unshare(flags).during("unshare the mount namespace")
}

/// Brings the loopback interface of the calling thread's network namespace up.
pub fn loopback_up() -> Result<()> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None).during("open a socket")?;
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: 0 },
    };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which lives until the call returns.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()).during("bring loopback up") }
}

/// Keeps the calling thread's network namespace alive at `path`: an empty file is made there and
/// the namespace is bound onto it, as ip-netns(8) does.
pub fn persist_net(path: &Path) -> Result<()> {
    let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::from_raw_mode(0o444)).on("create", path)?;
    let own = Path::new("/proc/thread-self/ns/net");
    rustix::mount::mount_bind(own, path).on("bind the network namespace onto", path)
}

/// Detaches what [`persist_net`] made and removes the file. Being gone already is fine.
pub fn remove_persistent(path: &Path) -> Result<()> {
    mount::detach(path)?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).on("remove", path),
        _ => Ok(()),
    }
}

/// Runs `work` on a thread of its own that has joined the network namespace at `path`.
///
/// The thread ends with the call, so that no thread of a pool is left in a foreign namespace.
pub fn in_net<T: Send + 'static>(path: &Path, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let file = File::open(path).on("open the network namespace", path)?;
    let thread = std::thread::Builder::new().name("netns".into()).spawn(move || -> Result<T> {
        nix::sched::setns(&file, CloneFlags::CLONE_NEWNET).during("join the network namespace")?;
        Ok(work())
    });
    match thread.during("start a thread")?.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The identity of the namespace behind `path` (its inode), to tell two apart.
pub fn identity(path: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|meta| meta.ino()).on("stat", path)
}

/// Writes a namespaced kernel parameter, such as `net.ipv4.ip_unprivileged_port_start`, for the
/// namespaces of the calling thread (sysctl(8): dots separate, a slash stands for a literal dot).
pub fn set_sysctl(name: &str, value: &str) -> Result<()> {
    let relative: String = name
        .chars()
        .map(|c| match c {
            '.' => '/',
            '/' => '.',
            other => other,
        })
        .collect();
    let path = Path::new("/proc/sys").join(relative);
    std::fs::write(&path, value).on("write", &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_net_namespace_outlives_its_thread_and_is_entered() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("netns");
        let made = path.clone();
        // The bind is made in the root mount namespace so that this thread sees it.
        std::thread::spawn(move || {
            unshare(Unshare { net: true, ..Unshare::default() }).unwrap();
            persist_net(&made).unwrap();
        })
        .join()
        .unwrap();
        let own = identity(Path::new("/proc/self/ns/net")).unwrap();
        assert_ne!(identity(&path).unwrap(), own);
        let inside = in_net(&path, || identity(Path::new("/proc/thread-self/ns/net")).unwrap()).unwrap();
        assert_eq!(inside, identity(&path).unwrap());
        remove_persistent(&path).unwrap();
        assert!(!path.exists());
        remove_persistent(&path).unwrap();
    }
}
