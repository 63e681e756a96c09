//! A directory tree that nothing leads out of.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::AtFlags;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::ResolveFlags;
use rustix::fs::Stat;
use rustix::io::Errno;

use super::EntryError;

/// The attribute that makes overlay ignore what lies below a directory.
pub(super) const OPAQUE: &str = "trusted.overlay.opaque";

/// A directory by descriptor; paths below it are resolved as if it were `/`.
pub(super) struct Tree {
    root: OwnedFd,
}

impl Tree {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let root = rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root })
    }

    /// Opens a directory that can be changed through the descriptor; symbolic links on the way are
    /// followed inside the tree.
    pub(super) fn dir(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.root, path, flags, Mode::empty(), resolve)
    }
}

/// Owner, mode, attributes and times of a file.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mode: u32,
    pub(super) mtime: (i64, i64),
    pub(super) xattrs: Vec<(String, Vec<u8>)>,
}

impl Metadata {
    /// What a directory gets when nobody says anything about it.
    pub(super) fn of_implied_dir() -> Self {
        Self { uid: 0, gid: 0, mode: 0o755, mtime: (0, 0), xattrs: Vec::new() }
    }

    /// Of an existing directory of a lower layer; overlay's own attributes are left out.
    pub(super) fn read(dir: BorrowedFd<'_>) -> Result<Self, Errno> {
        let stat = rustix::fs::fstat(dir)?;
        let mut names = vec![0u8; 64 << 10];
        let listed = rustix::fs::flistxattr(dir, &mut names).or_else(unsupported_is_empty)?;
        let mut xattrs = Vec::new();
        for name in names[..listed].split(|b| *b == 0).filter(|name| !name.is_empty()) {
            let Ok(name) = std::str::from_utf8(name) else { continue };
            if is_overlay_attribute(name) {
                continue;
            }
            let mut value = vec![0u8; 64 << 10];
            let n = rustix::fs::fgetxattr(dir, name, &mut value)?;
            value.truncate(n);
            xattrs.push((name.to_owned(), value));
        }
        let mtime = (stat.st_mtime, stat.st_mtime_nsec as i64);
        Ok(Self { uid: stat.st_uid, gid: stat.st_gid, mode: stat.st_mode & 0o7777, mtime, xattrs })
    }

    /// Applies owner, then mode, then attributes: a change of owner takes away set-id bits and file
    /// capabilities, so it goes first.
    pub(super) fn apply(&self, file: BorrowedFd<'_>) -> Result<(), EntryError> {
        let (uid, gid) = (rustix::fs::Uid::from_raw(self.uid), rustix::fs::Gid::from_raw(self.gid));
        rustix::fs::fchown(file, Some(uid), Some(gid))?;
        rustix::fs::fchmod(file, Mode::from_raw_mode(self.mode))?;
        for (name, value) in &self.xattrs {
            let set = rustix::fs::fsetxattr(file, name.as_str(), value, rustix::fs::XattrFlags::empty());
            tolerate_unsupported(name, set)?;
        }
        Ok(())
    }

    pub(super) fn timestamps(&self) -> rustix::fs::Timestamps {
        let time = rustix::fs::Timespec { tv_sec: self.mtime.0, tv_nsec: self.mtime.1 as _ };
        rustix::fs::Timestamps { last_access: time, last_modification: time }
    }
}

/// File systems without some class of attributes are usable, except that nothing may pass for done
/// that protects: capabilities must be kept.
pub(super) fn tolerate_unsupported(name: &str, result: Result<(), Errno>) -> Result<(), EntryError> {
    match result {
        Err(Errno::OPNOTSUPP) if !name.starts_with("security.capability") => {
            tracing::debug!(attribute = name, "file system does not support the attribute");
            Ok(())
        }
        other => Ok(other?),
    }
}

pub(super) fn is_overlay_attribute(name: &str) -> bool {
    name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.")
}

/// The entry's path below the root, without `.` and with `..` taken away; refused when it would
/// climb above the root.
pub(super) fn normalize(path: &Path) -> Result<PathBuf, EntryError> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            Component::ParentDir => {
                if !clean.pop() {
                    return Err(EntryError::Refused("the path leaves the layer".into()));
                }
            }
        }
    }
    Ok(clean)
}

/// The status of `name` in `dir`, itself when it is a link; `None` when there is nothing.
pub(super) fn stat(dir: BorrowedFd<'_>, name: &OsStr) -> Result<Option<Stat>, Errno> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn is_dir(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// Whether it is overlay's whiteout: a character device 0/0.
pub(super) fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

/// Removes whatever `name` is, with everything below; never follows a link.
pub(super) fn remove(dir: BorrowedFd<'_>, name: &OsStr, stat: &Stat) -> Result<(), EntryError> {
    if !is_dir(stat) {
        rustix::fs::unlinkat(dir, name, AtFlags::empty())?;
        return Ok(());
    }
    let child = open_dir(dir, name)?;
    let entries: Vec<_> = rustix::fs::Dir::read_from(&child)?.collect::<Result<_, _>>()?;
    for entry in entries {
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if matches!(name.as_bytes(), b"." | b"..") {
            continue;
        }
        if let Some(found) = self::stat(child.as_fd(), name)? {
            remove(child.as_fd(), name, &found)?;
        }
    }
    rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR)?;
    Ok(())
}

/// Opens the directory `name` in `dir`, refusing a link.
pub(super) fn open_dir(dir: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::empty())
}

/// Creates the file `name` in `dir`; it must not exist.
pub(super) fn create_file(dir: BorrowedFd<'_>, name: &OsStr) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR)?))
}

pub(super) fn make_opaque(dir: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::fs::fsetxattr(dir, OPAQUE, b"y", rustix::fs::XattrFlags::empty())
}

/// A path to `name` in `dir` for the calls that have no descriptor form.
pub(super) fn proc_path(dir: BorrowedFd<'_>, name: &OsStr) -> PathBuf {
    Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name)
}

fn unsupported_is_empty(error: Errno) -> Result<usize, Errno> {
    if error == Errno::OPNOTSUPP { Ok(0) } else { Err(error) }
}
