//! Control groups of both versions: create, limit, measure, kill, remove.
//!
//! A group is a path below the root, the same in every hierarchy; the layout is found once. On a
//! hybrid machine (v1 controllers beside a v2 tree without any) it is version 1 that counts.

mod device_filter;
mod v1;
mod v2;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::Result;
use crate::error::OnPath;
use crate::mount;
use crate::mount::MountInfo;
use crate::process;

/// How often and how long [`Cgroup::remove`] waits for killed processes to leave.
const REMOVE_TRIES: u32 = 200;
const REMOVE_WAIT: Duration = Duration::from_millis(5);

/// Where the machine's controllers are mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One hierarchy per controller (cgroups(7), "cgroups version 1"): controller to mount point.
    V1(BTreeMap<String, PathBuf>),
    /// One unified hierarchy.
    V2(PathBuf),
}

/// The machine's cgroup hierarchies; cheap to clone.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    layout: Arc<Layout>,
    /// Every cgroup mount, those without controllers included: other programs make groups there.
    mounts: Arc<[PathBuf]>,
}

/// One control group, which need not exist.
#[derive(Clone, Debug)]
pub struct Cgroup {
    hierarchy: Hierarchy,
    path: PathBuf,
}

/// What a group may use. `None` leaves a limit as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Relative share of processor time, 2 to 262144, in version-1 units (1024 is one CPU's request).
    pub cpu_shares: Option<u64>,
    /// Processor time per period, in microseconds; negative for no limit.
    pub cpu_quota_us: Option<i64>,
    /// Length of the period, in microseconds.
    pub cpu_period_us: Option<u64>,
    /// Memory, in bytes; negative for no limit.
    pub memory_bytes: Option<i64>,
    /// Number of processes and threads; negative for no limit.
    pub pids: Option<i64>,
    /// Processors, as a list such as `0-3,6`.
    pub cpuset_cpus: Option<String>,
    /// Memory nodes, as a list.
    pub cpuset_mems: Option<String>,
    /// Which device files may be used.
    pub devices: Devices,
    /// When memory runs out, kill the whole group instead of one process (version 2 only).
    pub oom_group: bool,
}

/// Which device files a group may use. On version 2 rules add to those given before: set them once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Devices {
    /// Leave it as it is.
    #[default]
    Inherit,
    /// All.
    All,
    /// None but these rules, each in the form `c 1:3 rwm`.
    Only(Vec<String>),
}

/// What a group has used and uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time since creation, in nanoseconds.
    pub cpu_ns: u64,
    /// Memory in use, page cache included, in bytes.
    pub memory_bytes: u64,
    /// Memory in use without the page cache that can be dropped at once, in bytes: what eviction and
    /// `kubectl top` go by.
    pub memory_working_set_bytes: u64,
    /// Anonymous memory, in bytes.
    pub memory_rss_bytes: u64,
    /// Page faults since creation.
    pub page_faults: u64,
    /// Page faults since creation that had to read from a disk.
    pub major_page_faults: u64,
    /// Processes and threads.
    pub pids: u64,
}

impl Hierarchy {
    /// Finds what is mounted.
    pub fn detect() -> Result<Self> {
        let mounts = mount::list()?;
        let layout = Layout::from_mounts(&mounts)
            .ok_or_else(|| Error::Unsupported("no cgroup file system with controllers is mounted".into()))?;
        let is_cgroup = |mount: &&MountInfo| matches!(mount.fs_type.as_str(), "cgroup" | "cgroup2");
        let mounts = mounts.iter().filter(is_cgroup).map(|mount| mount.target.clone()).collect();
        Ok(Self { layout: Arc::new(layout), mounts })
    }

    /// What was found.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The group at `path`, relative to the root of each hierarchy.
    pub fn group(&self, path: impl AsRef<Path>) -> Cgroup {
        let relative = path.as_ref().strip_prefix("/").unwrap_or(path.as_ref());
        Cgroup { hierarchy: self.clone(), path: relative.to_owned() }
    }
}

impl Layout {
    /// The layout that a mount table shows; `None` if no controller is mounted at all.
    pub fn from_mounts(mounts: &[MountInfo]) -> Option<Self> {
        const KNOWN: [&str; 9] =
            ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb"];
        let mut controllers = BTreeMap::new();
        for mount in mounts.iter().filter(|mount| mount.fs_type == "cgroup") {
            for option in mount.super_options.split(',').filter(|option| KNOWN.contains(option)) {
                controllers.insert(option.to_owned(), mount.target.clone());
            }
        }
        if !controllers.is_empty() {
            return Some(Layout::V1(controllers));
        }
        mounts.iter().find(|mount| mount.fs_type == "cgroup2").map(|mount| Layout::V2(mount.target.clone()))
    }
}

impl Cgroup {
    /// The path relative to the root of each hierarchy.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The group called `name` below this one.
    #[must_use]
    pub fn child(&self, name: impl AsRef<Path>) -> Cgroup {
        Cgroup { hierarchy: self.hierarchy.clone(), path: self.path.join(name) }
    }

    /// Creates it and its parents where missing.
    pub fn create(&self) -> Result<()> {
        match &*self.hierarchy.layout {
            Layout::V1(controllers) => v1::create(controllers, &self.path),
            Layout::V2(root) => v2::create(root, &self.path),
        }
    }

    /// Whether it exists in any hierarchy.
    pub fn exists(&self) -> bool {
        self.all_directories().any(|dir| dir.exists())
    }

    /// Puts limits in force. The group must exist. Controllers that the machine lacks are an error
    /// only where a limit asks for them.
    pub fn apply(&self, limits: &Limits) -> Result<()> {
        match &*self.hierarchy.layout {
            Layout::V1(controllers) => v1::apply(controllers, &self.path, limits),
            Layout::V2(root) => v2::apply(&root.join(&self.path), limits),
        }
    }

    /// Moves process `pid` with its threads into the group.
    pub fn add(&self, pid: i32) -> Result<()> {
        for dir in self.directories() {
            let file = dir.join("cgroup.procs");
            std::fs::write(&file, pid.to_string()).on("move a process to", &file)?;
        }
        Ok(())
    }

    /// The processes in the group and below it. A group that does not exist has none.
    pub fn processes(&self) -> Result<Vec<i32>> {
        let mut pids = Vec::new();
        for dir in self.directories() {
            collect_processes(&dir, &mut pids)?;
        }
        pids.sort_unstable();
        pids.dedup();
        Ok(pids)
    }

    /// What it has used and uses.
    pub fn usage(&self) -> Result<Usage> {
        match &*self.hierarchy.layout {
            Layout::V1(controllers) => v1::usage(controllers, &self.path),
            Layout::V2(root) => v2::usage(&root.join(&self.path)),
        }
    }

    /// How many processes the kernel killed in this group for want of memory.
    pub fn oom_kills(&self) -> Result<u64> {
        let (dir, file) = match &*self.hierarchy.layout {
            Layout::V1(controllers) => (v1::dir(controllers, "memory", &self.path)?, "memory.oom_control"),
            Layout::V2(root) => (root.join(&self.path), "memory.events"),
        };
        Ok(keyed(&read(&dir, file)?, "oom_kill").unwrap_or(0))
    }

    /// Stops or resumes every process of the group.
    pub fn freeze(&self, freeze: Freeze) -> Result<()> {
        match &*self.hierarchy.layout {
            Layout::V1(controllers) => {
                let dir = v1::dir(controllers, "freezer", &self.path)?;
                write(&dir, "freezer.state", if freeze == Freeze::Frozen { "FROZEN" } else { "THAWED" })
            }
            Layout::V2(root) => {
                let state = if freeze == Freeze::Frozen { "1" } else { "0" };
                write(&root.join(&self.path), "cgroup.freeze", state)
            }
        }
    }

    /// Sends SIGKILL to every process of the group and below it, new ones included.
    pub fn kill(&self) -> Result<()> {
        if let Layout::V2(root) = &*self.hierarchy.layout {
            let dir = root.join(&self.path);
            if !dir.exists() {
                return Ok(());
            }
            if write(&dir, "cgroup.kill", "1").is_ok() {
                return Ok(());
            }
        }
        let allowed = self.limit_forks("0");
        // A process may have forked between the listing and its signal; the second look finds the
        // child, and with forks refused there is no third generation.
        let killed = (0..2).try_for_each(|_| {
            self.processes()?.into_iter().try_for_each(|pid| process::signal(pid, process::Signal::SIGKILL))
        });
        // The group may live on: a pod's holds its next sandbox.
        if let Some(allowed) = allowed {
            self.limit_forks(&allowed);
        }
        killed
    }

    /// Removes the group and all below it, waiting up to a second for killed processes to leave. Not
    /// existing is fine. Blocks; not for a thread that serves others.
    pub fn remove(&self) -> Result<()> {
        for dir in self.all_directories() {
            let mut tries = 0;
            while let Err(error) = remove_tree(&dir) {
                let busy = matches!(error.raw_os_error(), Some(libc::EBUSY | libc::ENOTEMPTY));
                tries += 1;
                if !busy || tries == REMOVE_TRIES {
                    return Err(error).on("remove", &dir);
                }
                // The kernel offers no event for "the last zombie left" on version 1.
                std::thread::sleep(REMOVE_WAIT);
            }
        }
        Ok(())
    }

    /// Removes the group if nothing is in it; `false` if something is.
    pub fn remove_if_empty(&self) -> Result<bool> {
        let mut empty = true;
        for dir in self.all_directories() {
            match std::fs::remove_dir(&dir) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if matches!(error.raw_os_error(), Some(libc::EBUSY | libc::ENOTEMPTY)) => {
                    empty = false
                }
                Err(error) => return Err(error).on("remove", &dir),
            }
        }
        Ok(empty)
    }

    /// Sets the number of processes allowed; what it was before. Best effort: where it cannot be set,
    /// the second round of signals still catches most forks.
    fn limit_forks(&self, limit: &str) -> Option<String> {
        let dir = match &*self.hierarchy.layout {
            Layout::V1(controllers) => v1::dir(controllers, "pids", &self.path).ok()?,
            Layout::V2(root) => root.join(&self.path),
        };
        let before = read(&dir, "pids.max").ok()?;
        write(&dir, "pids.max", limit).ok()?;
        Some(before.trim().to_owned())
    }

    /// Its directory in every hierarchy with controllers.
    fn directories(&self) -> Vec<PathBuf> {
        match &*self.hierarchy.layout {
            Layout::V1(controllers) => v1::directories(controllers, &self.path),
            Layout::V2(root) => vec![root.join(&self.path)],
        }
    }

    /// Its directory in every hierarchy, whether it is used here or not.
    fn all_directories(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.hierarchy.mounts.iter().map(|mount| mount.join(&self.path))
    }
}

/// What [`Cgroup::freeze`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// Processes stop.
    Frozen,
    /// Processes go on.
    Thawed,
}

fn collect_processes(dir: &Path, pids: &mut Vec<i32>) -> Result<()> {
    let text = match std::fs::read_to_string(dir.join("cgroup.procs")) {
        Ok(text) => text,
        Err(error) if gone(&error) => return Ok(()),
        Err(error) => return Err(error).on("read the processes of", dir),
    };
    pids.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()));
    for child in subdirectories(dir).on("list", dir)? {
        collect_processes(&child, pids)?;
    }
    Ok(())
}

fn remove_tree(dir: &Path) -> io::Result<()> {
    match subdirectories(dir) {
        Ok(children) => children.iter().try_for_each(|child| remove_tree(child))?,
        Err(error) if gone(&error) => return Ok(()),
        Err(error) => return Err(error),
    }
    match std::fs::remove_dir(dir) {
        Err(error) if !gone(&error) => Err(error),
        _ => Ok(()),
    }
}

fn subdirectories(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// A control file of a group that was removed meanwhile answers ENODEV instead of ENOENT.
fn gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ENODEV)
}

fn write(dir: &Path, file: &str, value: &str) -> Result<()> {
    let path = dir.join(file);
    std::fs::write(&path, value).on("write", &path)
}

fn read(dir: &Path, file: &str) -> Result<String> {
    let path = dir.join(file);
    std::fs::read_to_string(&path).on("read", &path)
}

fn read_number(dir: &Path, file: &str) -> Result<u64> {
    Ok(read(dir, file)?.trim().parse().unwrap_or(0))
}

/// The number after `key` in a file of `key number` lines.
fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts() {
        let hybrid = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                      32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                      40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let layout = Layout::from_mounts(&mount::parse_mountinfo(hybrid)).unwrap();
        let Layout::V1(controllers) = layout else { panic!("hybrid counts as version 1") };
        assert_eq!(controllers.keys().collect::<Vec<_>>(), ["cpu", "cpuacct"]);
        let unified = "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let layout = Layout::from_mounts(&mount::parse_mountinfo(unified));
        assert_eq!(layout, Some(Layout::V2("/sys/fs/cgroup".into())));
        assert_eq!(Layout::from_mounts(&[]), None);
    }

    #[test]
    fn a_group_lives_and_dies() {
        let root = Hierarchy::detect().unwrap().group(format!("skiff-linux-test-{}", std::process::id()));
        let group = root.child("pod/container");
        group.create().unwrap();
        assert!(group.exists());
        let limits = Limits {
            cpu_shares: Some(512),
            cpu_quota_us: Some(50_000),
            cpu_period_us: Some(100_000),
            memory_bytes: Some(64 << 20),
            pids: Some(32),
            ..Limits::default()
        };
        group.apply(&limits).unwrap();
        // Raising and lowering again must both work, whatever the order of memory and swap limits.
        group.apply(&Limits { memory_bytes: Some(128 << 20), ..Limits::default() }).unwrap();
        group.apply(&Limits { memory_bytes: Some(32 << 20), ..Limits::default() }).unwrap();
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        group.add(child.id() as i32).unwrap();
        assert_eq!(root.processes().unwrap(), [child.id() as i32]);
        assert_eq!(group.usage().unwrap().pids, 1);
        assert_eq!(group.oom_kills().unwrap(), 0);
        assert!(!root.remove_if_empty().unwrap());
        root.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        // A group that was killed takes new processes again.
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        group.add(child.id() as i32).unwrap();
        group.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        if let Layout::V1(controllers) = group.hierarchy.layout() {
            let pids = v1::dir(controllers, "pids", root.path()).unwrap();
            assert_eq!(std::fs::read_to_string(pids.join("pids.max")).unwrap().trim(), "max");
        }
        root.remove().unwrap();
        assert!(!root.exists());
        root.remove().unwrap();
        assert_eq!(root.processes().unwrap(), [0; 0]);
    }
}
