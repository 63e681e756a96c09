//! Mounts: make, list, detach.

use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::CWD;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::ResolveFlags;
use rustix::mount::FsMountFlags;
use rustix::mount::FsOpenFlags;
use rustix::mount::MountAttrFlags;
use rustix::mount::MountFlags;
use rustix::mount::MountPropagationFlags;
use rustix::mount::MoveMountFlags;
use rustix::mount::UnmountFlags;

use crate::Result;
use crate::error::During;
use crate::error::OnPath;

/// One row of `/proc/<pid>/mountinfo` (proc(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// The mount's id, unique while it exists.
    pub id: u64,
    /// The directory within the file system that is mounted.
    pub root: PathBuf,
    /// Where it is mounted.
    pub target: PathBuf,
    /// File system type, such as `overlay`.
    pub fs_type: String,
    /// The source as given to mount(2).
    pub source: String,
    /// Options of the file system, comma-separated.
    pub super_options: String,
    /// Whether mounts below propagate to a peer group.
    pub shared: bool,
}

/// The mounts that this thread sees, in mount order.
pub fn list() -> Result<Vec<MountInfo>> {
    let path = Path::new("/proc/thread-self/mountinfo");
    let text = std::fs::read_to_string(path).on("read", path)?;
    Ok(parse_mountinfo(&text))
}

/// Parses the text of a `mountinfo` file; lines that do not have its form are left out.
pub fn parse_mountinfo(text: &str) -> Vec<MountInfo> {
    text.lines().filter_map(parse_line).collect()
}

/// Whether something is mounted exactly at `target`.
pub fn is_mount_point(target: &Path) -> Result<bool> {
    Ok(list()?.iter().any(|mount| mount.target == target))
}

/// Mounts an overlay of `lower` (topmost first) with `upper` and `work` at `target`.
///
/// It uses the file-descriptor mount interface (Linux 6.5 and later for `lowerdir+`), which takes
/// any number of layers with paths of any length; older kernels get the single option string.
pub fn overlay(lower: &[PathBuf], upper: &Path, work: &Path, target: &Path) -> Result<()> {
    match overlay_by_descriptor(lower, upper, work, target) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            overlay_by_string(lower, upper, work, target).on("mount an overlay on", target)
        }
        other => other.on("mount an overlay on", target),
    }
}

/// Mounts a tmpfs; `options` as in tmpfs(5), such as `mode=1777,size=65536k`.
pub fn tmpfs(target: &Path, options: &str) -> Result<()> {
    let data = std::ffi::CString::new(options).map_err(std::io::Error::from).during("mount a tmpfs")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("tmpfs", target, "tmpfs", flags, data.as_c_str()).on("mount a tmpfs on", target)
}

/// Binds `source` onto `target`, with everything mounted below it.
pub fn bind(source: &Path, target: &Path) -> Result<()> {
    rustix::mount::mount_bind_recursive(source, target).on("bind a mount onto", target)
}

/// Stops propagation of mounts at `target` in both directions; of everything below it as well if
/// `depth` says so.
pub fn make_private(target: &Path, depth: Depth) -> Result<()> {
    let flags = MountPropagationFlags::PRIVATE | depth.flag();
    rustix::mount::mount_change(target, flags).on("make private", target)
}

/// Mounts made elsewhere still arrive at `target`, mounts made here stay here.
pub fn make_slave(target: &Path, depth: Depth) -> Result<()> {
    let flags = MountPropagationFlags::DOWNSTREAM | depth.flag();
    rustix::mount::mount_change(target, flags).on("make a slave", target)
}

/// How far a change of propagation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// This mount only.
    One,
    /// This mount and all below it.
    All,
}

/// Detaches the mount at `target`: gone from the tree at once, gone altogether with its last user.
/// Not being a mount point, or not existing, is fine.
pub fn detach(target: &Path) -> Result<()> {
    match rustix::mount::unmount(target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(()),
        Err(error) => Err(error).on("unmount", target),
    }
}

/// Detaches every mount at or below `root`, the innermost first.
pub fn detach_below(root: &Path) -> Result<()> {
    for mount in list()?.iter().rev().filter(|mount| mount.target.starts_with(root)) {
        detach(&mount.target)?;
    }
    Ok(())
}

/// Opens `path` below `root` as a chroot would see it: symbolic links and `..` never leave `root`
/// (openat2(2), `RESOLVE_IN_ROOT`).
pub fn open_in_root(root: &Path, path: &Path) -> Result<std::fs::File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let dir = rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let dir = dir.on("open", root)?;
    let file = rustix::fs::openat2(dir, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
    file.map(std::fs::File::from).on("open", path)
}

/// Makes the directory `path` below `root` with the parents it needs, as a chroot would: symbolic
/// links never lead out. Existing already is fine.
pub fn create_dir_in_root(root: &Path, path: &Path, mode: u32) -> Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let top = rustix::fs::open(root, flags, Mode::empty()).on("open", root)?;
    let mut so_far = PathBuf::from(".");
    let mut parent = top.try_clone().on("open", root)?;
    for part in path.components() {
        let std::path::Component::Normal(name) = part else { continue };
        so_far.push(name);
        let open = || rustix::fs::openat2(&top, &so_far, flags, Mode::empty(), ResolveFlags::IN_ROOT);
        parent = match open() {
            Err(rustix::io::Errno::NOENT) => {
                rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(mode)).on("create", path)?;
                open()
            }
            other => other,
        }
        .on("open", path)?;
    }
    Ok(())
}

impl Depth {
    fn flag(self) -> MountPropagationFlags {
        match self {
            Depth::One => MountPropagationFlags::empty(),
            Depth::All => MountPropagationFlags::REC,
        }
    }
}

fn overlay_by_descriptor(
    lower: &[PathBuf],
    upper: &Path,
    work: &Path,
    target: &Path,
) -> rustix::io::Result<()> {
    let fs: OwnedFd = rustix::mount::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    let fs = fs.as_fd();
    rustix::mount::fsconfig_set_string(fs, "source", "overlay")?;
    for layer in lower {
        rustix::mount::fsconfig_set_string(fs, "lowerdir+", layer)?;
    }
    rustix::mount::fsconfig_set_string(fs, "upperdir", upper)?;
    rustix::mount::fsconfig_set_string(fs, "workdir", work)?;
    rustix::mount::fsconfig_create(fs)?;
    let mount = rustix::mount::fsmount(fs, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?;
    rustix::mount::move_mount(mount, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

fn overlay_by_string(lower: &[PathBuf], upper: &Path, work: &Path, target: &Path) -> std::io::Result<()> {
    let layers: Vec<String> = lower.iter().map(|layer| escape(layer)).collect();
    let options =
        format!("lowerdir={},upperdir={},workdir={}", layers.join(":"), escape(upper), escape(work));
    let options = std::ffi::CString::new(options)?;
    rustix::mount::mount("overlay", target, "overlay", MountFlags::empty(), options.as_c_str())?;
    Ok(())
}

/// Overlay's option string separates by `:` and `,`, and escapes with a backslash.
fn escape(path: &Path) -> String {
    let mut text = String::new();
    for c in path.to_string_lossy().chars() {
        if matches!(c, ':' | ',' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn parse_line(line: &str) -> Option<MountInfo> {
    let (head, tail) = line.split_once(" - ")?;
    let mut head = head.split(' ');
    let id = head.next()?.parse().ok()?;
    let root = unescape(head.nth(2)?);
    let target = unescape(head.next()?);
    let shared = head.skip(1).any(|field| field.starts_with("shared:"));
    let mut tail = tail.split(' ');
    Some(MountInfo {
        id,
        root: root.into(),
        target: target.into(),
        fs_type: tail.next()?.to_owned(),
        source: unescape(tail.next()?),
        super_options: tail.next().unwrap_or_default().to_owned(),
        shared,
    })
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescape(field: &str) -> String {
    let bytes = field.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octal = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let code =
            octal.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 8).ok());
        match code {
            Some(code) => {
                out.push(code);
                at += 4;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mountinfo_rows() {
        let text = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n\
                    41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\nnonsense\n";
        let mounts = parse_mountinfo(text);
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[0].target, Path::new("/mnt 2"));
        assert_eq!(mounts[0].root, Path::new("/mnt1"));
        assert_eq!(mounts[0].super_options, "rw,errors=continue");
        assert!(mounts[0].shared);
        assert_eq!(mounts[1].fs_type, "cgroup2");
        assert!(!mounts[1].shared);
    }

    #[test]
    fn overlay_is_mounted_and_detached() {
        let dir = tempfile::tempdir().unwrap();
        let sub = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (a, b, upper, work, target) = (sub("a"), sub("b"), sub("upper"), sub("work"), sub("target"));
        std::fs::write(a.join("file"), "top").unwrap();
        std::fs::write(b.join("file"), "bottom").unwrap();
        // A thread of its own has a mount namespace of its own: nothing is seen outside.
        std::thread::spawn(move || {
            crate::namespace::unshare_mounts().unwrap();
            make_private(Path::new("/"), Depth::All).unwrap();
            overlay(&[a, b], &upper, &work, &target).unwrap();
            assert_eq!(std::fs::read_to_string(target.join("file")).unwrap(), "top");
            std::fs::write(target.join("new"), "x").unwrap();
            assert!(upper.join("new").exists());
            assert!(is_mount_point(&target).unwrap());
            detach_below(&target).unwrap();
            assert!(!is_mount_point(&target).unwrap());
            detach(&target).unwrap();
        })
        .join()
        .unwrap();
    }

    #[test]
    fn links_do_not_leave_the_root() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link")).unwrap();
        let error = open_in_root(dir.path(), Path::new("link")).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        std::os::unix::fs::symlink("/target", dir.path().join("way")).unwrap();
        std::fs::create_dir(dir.path().join("target")).unwrap();
        create_dir_in_root(dir.path(), Path::new("/way/a/b"), 0o755).unwrap();
        assert!(dir.path().join("target/a/b").is_dir());
    }
}
