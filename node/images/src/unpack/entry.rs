//! One tar entry after the other onto a directory tree.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;

use rustix::fs::AtFlags;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::io::Errno;
use tar::EntryType;

use super::EntryError;
use super::tree;
use super::tree::Metadata;
use super::tree::Tree;
use crate::Usage;

const WHITEOUT_PREFIX: &[u8] = b".wh.";
const OPAQUE_MARKER: &[u8] = b".wh..wh..opq";
const XATTR_PREFIX: &str = "SCHILY.xattr.";

/// The state of applying one layer.
pub(super) struct Applier {
    tree: Tree,
    /// The layers below, top first: where implied parent directories get their metadata.
    lowers: Vec<Tree>,
    /// The directory of the entry before: consecutive entries mostly share it.
    parent: Option<(PathBuf, Rc<OwnedFd>)>,
    /// Times of directories are set at the end: every entry made in one would change them.
    dir_times: Vec<(PathBuf, rustix::fs::Timestamps)>,
    /// What this layer itself has made, by path: a whiteout must not hide it.
    made: HashSet<PathBuf>,
    buffer: Vec<u8>,
    usage: Usage,
}

impl Applier {
    pub(super) fn open(target: &Path, lowers: &[PathBuf]) -> Result<Self, EntryError> {
        let tree = Tree::open(target)?;
        let lowers: Vec<Tree> = lowers.iter().map(|path| Tree::open(path)).collect::<Result<_, _>>()?;
        let root = match lowers.first() {
            Some(lower) => Metadata::read(lower.dir(Path::new("."))?.as_fd())?,
            None => Metadata::of_implied_dir(),
        };
        root.apply(tree.dir(Path::new("."))?.as_fd())?;
        Ok(Self {
            tree,
            lowers,
            parent: None,
            dir_times: Vec::new(),
            made: HashSet::new(),
            buffer: vec![0; 256 << 10],
            usage: Usage { bytes: 4096, inodes: 1 },
        })
    }

    /// Applies one entry.
    pub(super) fn apply<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<(), EntryError> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader) {
            return Ok(());
        }
        let path = tree::normalize(Path::new(OsStr::from_bytes(&entry.path_bytes())))?;
        let metadata = metadata_of(entry)?;
        let Some(name) = path.file_name().map(OsStr::to_owned) else {
            return self.apply_root(kind, &metadata);
        };
        let parent_path = path.parent().expect("a path with a name has a parent").to_owned();
        let parent = self.parent(&parent_path)?;
        if name.as_bytes().starts_with(WHITEOUT_PREFIX) {
            return self.whiteout(&parent_path, parent.as_fd(), name.as_bytes());
        }
        let replaced_whiteout = self.clear(parent.as_fd(), &name, kind)?;
        match kind {
            EntryType::Directory => {
                self.directory(parent.as_fd(), &name, &metadata, replaced_whiteout)?;
                self.dir_times.push((path.clone(), metadata.timestamps()));
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                self.file(parent.as_fd(), &name, &metadata, entry)?;
            }
            EntryType::Symlink => symlink(parent.as_fd(), &name, &metadata, &link_name(entry)?)?,
            EntryType::Link => self.hard_link(parent.as_fd(), &name, &link_name(entry)?)?,
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                node(parent.as_fd(), &name, &metadata, entry)?
            }
            other => {
                return Err(EntryError::Refused(format!("unknown entry type {:?}", other.as_byte() as char)));
            }
        }
        self.usage.inodes += u64::from(kind != EntryType::Link);
        self.made.insert(path);
        Ok(())
    }

    /// Sets the times of directories and gives the space that the layer takes.
    pub(super) fn finish(self) -> Result<Usage, EntryError> {
        for (path, times) in self.dir_times.iter().rev() {
            match self.tree.dir(path) {
                Ok(dir) => rustix::fs::futimens(&dir, times)?,
                // A later entry took the directory's place.
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.usage)
    }

    fn apply_root(&mut self, kind: EntryType, metadata: &Metadata) -> Result<(), EntryError> {
        if kind != EntryType::Directory {
            return Err(EntryError::Refused("the root can only be a directory".into()));
        }
        metadata.apply(self.tree.dir(Path::new("."))?.as_fd())?;
        self.dir_times.push((PathBuf::new(), metadata.timestamps()));
        Ok(())
    }

    /// The entry's directory, made with its ancestors when the layer did not carry it.
    fn parent(&mut self, path: &Path) -> Result<Rc<OwnedFd>, EntryError> {
        if let Some((cached, dir)) = &self.parent
            && cached == path
        {
            return Ok(dir.clone());
        }
        let dir = match self.tree.dir(path) {
            Ok(dir) => dir,
            Err(Errno::NOENT | Errno::NOTDIR) => self.make_parents(path)?,
            Err(error) => return Err(error.into()),
        };
        let dir = Rc::new(dir);
        self.parent = Some((path.to_owned(), dir.clone()));
        Ok(dir)
    }

    fn make_parents(&mut self, path: &Path) -> Result<OwnedFd, EntryError> {
        let mut done = PathBuf::new();
        let mut dir = self.tree.dir(Path::new("."))?;
        for component in path {
            let parent = dir;
            done.push(component);
            dir = match self.tree.dir(&done) {
                Ok(dir) => dir,
                Err(Errno::NOENT) => self.make_parent(&parent, &done, component)?,
                Err(Errno::NOTDIR) => {
                    let found = tree::stat(parent.as_fd(), component)?;
                    match found {
                        Some(stat) if tree::is_whiteout(&stat) => {
                            self.make_parent(&parent, &done, component)?
                        }
                        _ => {
                            return Err(EntryError::Refused(format!(
                                "{} is not a directory",
                                done.display()
                            )));
                        }
                    }
                }
                Err(error) => return Err(error.into()),
            };
        }
        Ok(dir)
    }

    fn make_parent(&mut self, parent: &OwnedFd, path: &Path, name: &OsStr) -> Result<OwnedFd, EntryError> {
        let replaced_whiteout = self.clear(parent.as_fd(), name, EntryType::Directory)?;
        let metadata = if replaced_whiteout { None } else { self.lower_dir(path)? };
        let metadata = metadata.unwrap_or_else(Metadata::of_implied_dir);
        self.directory(parent.as_fd(), name, &metadata, replaced_whiteout)?;
        self.dir_times.push((path.to_owned(), metadata.timestamps()));
        self.made.insert(path.to_owned());
        self.usage.inodes += 1;
        Ok(tree::open_dir(parent.as_fd(), name)?)
    }

    /// The directory as the layers below show it.
    fn lower_dir(&self, path: &Path) -> Result<Option<Metadata>, EntryError> {
        for lower in &self.lowers {
            match lower.dir(path) {
                Ok(dir) => return Ok(Some(Metadata::read(dir.as_fd())?)),
                Err(Errno::NOENT) => {}
                // Something else, a whiteout for one, hides what is further down.
                Err(Errno::NOTDIR | Errno::LOOP) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Makes room for an entry. A directory stays for a directory; anything else goes. Gives
    /// whether a whiteout of this layer was there.
    fn clear(&mut self, parent: BorrowedFd<'_>, name: &OsStr, kind: EntryType) -> Result<bool, EntryError> {
        let Some(stat) = tree::stat(parent, name)? else { return Ok(false) };
        if tree::is_dir(&stat) && kind == EntryType::Directory {
            return Ok(false);
        }
        // The cached directory could lie below what is removed, or have been found through it.
        self.parent = None;
        tree::remove(parent, name, &stat)?;
        Ok(tree::is_whiteout(&stat))
    }

    fn directory(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &OsStr,
        metadata: &Metadata,
        opaque: bool,
    ) -> Result<(), EntryError> {
        match rustix::fs::mkdirat(parent, name, Mode::RWXU) {
            Ok(()) => self.usage.bytes += 4096,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let dir = tree::open_dir(parent, name)?;
        metadata.apply(dir.as_fd())?;
        if opaque {
            // The layer deletes the directory below and makes a new one: nothing shines through.
            tree::make_opaque(dir.as_fd())?;
        }
        Ok(())
    }

    fn file(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &OsStr,
        metadata: &Metadata,
        content: &mut impl Read,
    ) -> Result<(), EntryError> {
        let mut file = tree::create_file(parent, name)?;
        let mut size = 0u64;
        loop {
            let n = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(EntryError::Refused(format!("broken archive: {error}"))),
            };
            file.write_all(&self.buffer[..n])?;
            size += n as u64;
        }
        self.usage.bytes += size.next_multiple_of(4096);
        metadata.apply(file.as_fd())?;
        rustix::fs::futimens(&file, &metadata.timestamps())?;
        Ok(())
    }

    fn hard_link(&mut self, parent: BorrowedFd<'_>, name: &OsStr, target: &Path) -> Result<(), EntryError> {
        let target = tree::normalize(target)?;
        let missing =
            || EntryError::Refused(format!("hard link to {}, which the layer lacks", target.display()));
        let (Some(target_name), Some(target_parent)) = (target.file_name(), target.parent()) else {
            return Err(missing());
        };
        let dir = match self.tree.dir(target_parent) {
            Ok(dir) => dir,
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(missing()),
            Err(error) => return Err(error.into()),
        };
        match tree::stat(dir.as_fd(), target_name)? {
            None => return Err(missing()),
            Some(stat) if tree::is_dir(&stat) => {
                return Err(EntryError::Refused(format!("hard link to the directory {}", target.display())));
            }
            Some(_) => {}
        }
        // Without AT_SYMLINK_FOLLOW a link to a symbolic link is a link to the link itself.
        rustix::fs::linkat(&dir, target_name, parent, name, AtFlags::empty())?;
        Ok(())
    }

    fn whiteout(&mut self, dir: &Path, parent: BorrowedFd<'_>, marker: &[u8]) -> Result<(), EntryError> {
        if marker == OPAQUE_MARKER {
            tree::make_opaque(parent)?;
            return Ok(());
        }
        // Other doubled prefixes are bookkeeping of aufs.
        if marker.starts_with(b".wh..wh.") {
            return Ok(());
        }
        let name = OsStr::from_bytes(&marker[WHITEOUT_PREFIX.len()..]);
        if matches!(name.as_bytes(), b"" | b"." | b"..") {
            return Err(EntryError::Refused("a whiteout without a name".into()));
        }
        match tree::stat(parent, name)? {
            None => {}
            Some(stat) if tree::is_dir(&stat) && self.made.contains(&dir.join(name)) => {
                let dir = tree::open_dir(parent, name)?;
                tree::make_opaque(dir.as_fd())?;
                return Ok(());
            }
            Some(_) => return Ok(()),
        }
        rustix::fs::mknodat(parent, name, FileType::CharacterDevice, Mode::empty(), 0)?;
        self.usage.inodes += 1;
        Ok(())
    }
}

fn symlink(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    metadata: &Metadata,
    target: &Path,
) -> Result<(), EntryError> {
    rustix::fs::symlinkat(target, parent, name)?;
    finish_special(parent, name, metadata)
}

fn node<R: Read>(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    metadata: &Metadata,
    entry: &tar::Entry<'_, R>,
) -> Result<(), EntryError> {
    let header = entry.header();
    let kind = match header.entry_type() {
        EntryType::Char => FileType::CharacterDevice,
        EntryType::Block => FileType::BlockDevice,
        _ => FileType::Fifo,
    };
    let device = match kind {
        FileType::Fifo => 0,
        _ => {
            let number = |n: std::io::Result<Option<u32>>| n.map(Option::unwrap_or_default);
            rustix::fs::makedev(number(header.device_major())?, number(header.device_minor())?)
        }
    };
    rustix::fs::mknodat(parent, name, kind, Mode::RUSR, device)?;
    finish_special(parent, name, metadata)?;
    // After the change of owner, which may take bits away. It is no link: it was made just now in a
    // directory that nobody else can reach.
    rustix::fs::chmodat(parent, name, Mode::from_raw_mode(metadata.mode), AtFlags::empty())?;
    Ok(())
}

/// Owner, attributes and times of what cannot be opened.
fn finish_special(parent: BorrowedFd<'_>, name: &OsStr, metadata: &Metadata) -> Result<(), EntryError> {
    let (uid, gid) = (rustix::fs::Uid::from_raw(metadata.uid), rustix::fs::Gid::from_raw(metadata.gid));
    rustix::fs::chownat(parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    let path = tree::proc_path(parent, name);
    for (attribute, value) in &metadata.xattrs {
        let flags = rustix::fs::XattrFlags::empty();
        match rustix::fs::lsetxattr(&path, attribute.as_str(), value, flags) {
            // User attributes exist on files and directories only.
            Err(Errno::PERM) if attribute.starts_with("user.") => {}
            set => tree::tolerate_unsupported(attribute, set)?,
        }
    }
    rustix::fs::utimensat(parent, name, &metadata.timestamps(), AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

fn link_name<R: Read>(entry: &tar::Entry<'_, R>) -> Result<PathBuf, EntryError> {
    let bytes = entry.link_name_bytes().filter(|name| !name.is_empty());
    let bytes = bytes.ok_or_else(|| EntryError::Refused("a link without a target".into()))?;
    if bytes.contains(&0) {
        return Err(EntryError::Refused("a link target with a zero byte".into()));
    }
    Ok(PathBuf::from(OsString::from_vec(bytes.into_owned())))
}

/// Metadata from the header, overridden by PAX records where they say it better.
fn metadata_of<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<Metadata, EntryError> {
    let mut xattrs = Vec::new();
    let mut pax_mtime = None;
    if let Some(records) = entry.pax_extensions()? {
        for record in records {
            let record = record?;
            let Ok(key) = record.key() else { continue };
            if let Some(name) = key.strip_prefix(XATTR_PREFIX) {
                // Overlay's attributes could redirect a directory; labels of another machine's
                // policy mean nothing on this one.
                if !tree::is_overlay_attribute(name) && name != "security.selinux" {
                    xattrs.push((name.to_owned(), record.value_bytes().to_vec()));
                }
            } else if key == "mtime" {
                pax_mtime = record.value().ok().and_then(parse_time);
            }
        }
    }
    let header = entry.header();
    let old = header.as_old();
    let id = |raw: &[u8], parsed: std::io::Result<u64>, what: &str| {
        if is_blank(raw) {
            return Ok(0);
        }
        let id = parsed.map_err(|error| EntryError::Refused(error.to_string()))?;
        u32::try_from(id).map_err(|_| EntryError::Refused(format!("the {what} does not fit 32 bits")))
    };
    let mode = if is_blank(&old.mode) { Ok(0) } else { header.mode() };
    let mtime = match pax_mtime {
        Some(mtime) => mtime,
        None => (i64::try_from(header.mtime().unwrap_or(0)).unwrap_or(0), 0),
    };
    Ok(Metadata {
        uid: id(&old.uid, header.uid(), "user id")?,
        gid: id(&old.gid, header.gid(), "group id")?,
        mode: mode.map_err(|error| EntryError::Refused(error.to_string()))? & 0o7777,
        mtime,
        xattrs,
    })
}

/// Some tools leave fields empty where they mean zero.
fn is_blank(field: &[u8]) -> bool {
    field.iter().all(|b| matches!(b, 0 | b' '))
}

/// `seconds[.fraction]`, as PAX writes times.
fn parse_time(text: &str) -> Option<(i64, i64)> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds: i64 = digits.parse().ok()?;
    if nanoseconds > 0 && text.starts_with('-') {
        return Some((seconds - 1, 1_000_000_000 - nanoseconds));
    }
    Some((seconds, nanoseconds))
}
