//! Files that change all at once: a directory of their own for each version, and one symbolic link,
//! `..data`, that is swapped by rename. Readers see the old files or the new ones, never a mixture.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::chown;
use std::os::unix::fs::symlink;
use std::path::Path;

use bytes::Bytes;

/// A file's content and permission bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub content: Bytes,
    pub mode: u32,
    /// Its owner, where it is not root.
    pub owner: Option<u32>,
}

/// Files by their path, relative and without `..`.
pub(crate) type Files = BTreeMap<String, File>;

const DATA: &str = "..data";
const DATA_NEW: &str = "..data_tmp";

/// Makes `dir` hold exactly `files`. Nothing is written if it does already.
///
/// # Errors
/// A file cannot be written; the old version stays.
pub(crate) fn write(dir: &Path, files: &Files, group: Option<u32>) -> io::Result<()> {
    let old = fs::read_link(dir.join(DATA)).ok();
    if let Some(old) = &old
        && is_current(&dir.join(old), files)?
    {
        return link_all(dir, files);
    }
    let version = new_version(dir)?;
    for (path, file) in files {
        let target = dir.join(&version).join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&target, &file.content)?;
        let mut mode = file.mode;
        if let Some(group) = group {
            chown(&target, file.owner, Some(group))?;
            // The group of the pod can read what it is given (upstream's SetVolumeOwnership).
            mode |= 0o440;
        } else if file.owner.is_some() {
            chown(&target, file.owner, None)?;
        }
        fs::set_permissions(&target, fs::Permissions::from_mode(mode))?;
    }
    swap(dir, &version)?;
    link_all(dir, files)?;
    unlink_others(dir, files)?;
    if let Some(old) = old {
        fs::remove_dir_all(dir.join(old))?;
    }
    Ok(())
}

fn is_current(version: &Path, files: &Files) -> io::Result<bool> {
    let mut found = BTreeSet::new();
    collect(version, Path::new(""), &mut found)?;
    if found.len() != files.len() || !files.keys().all(|path| found.contains(path)) {
        return Ok(false);
    }
    for (path, file) in files {
        if fs::read(version.join(path))? != file.content {
            return Ok(false);
        }
    }
    Ok(true)
}

fn collect(root: &Path, below: &Path, found: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, found)?;
        } else {
            found.insert(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// A directory with a name that was never used here.
fn new_version(dir: &Path) -> io::Result<String> {
    for number in 1u64.. {
        let name = format!("..v{number}");
        match fs::create_dir(dir.join(&name)) {
            Ok(()) => {
                fs::set_permissions(dir.join(&name), fs::Permissions::from_mode(0o755))?;
                return Ok(name);
            }
            // The present version, or one that a crash left.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let current = fs::read_link(dir.join(DATA)).ok();
                if current.as_deref() != Some(Path::new(&name)) {
                    fs::remove_dir_all(dir.join(&name))?;
                    fs::create_dir(dir.join(&name))?;
                    fs::set_permissions(dir.join(&name), fs::Permissions::from_mode(0o755))?;
                    return Ok(name);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no name is left for a version"))
}

fn swap(dir: &Path, version: &str) -> io::Result<()> {
    let new = dir.join(DATA_NEW);
    remove_if_there(&new)?;
    symlink(version, &new)?;
    fs::rename(&new, dir.join(DATA))
}

/// What a user sees: one link for each first component of the paths.
fn link_all(dir: &Path, files: &Files) -> io::Result<()> {
    for name in visible(files) {
        let link = dir.join(name);
        let target = Path::new(DATA).join(name);
        if fs::read_link(&link).ok().as_deref() != Some(&target) {
            remove_if_there(&link)?;
            symlink(&target, &link)?;
        }
    }
    Ok(())
}

fn unlink_others(dir: &Path, files: &Files) -> io::Result<()> {
    let wanted = visible(files);
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b"..");
        if !hidden && !wanted.contains(name.as_os_str()) && entry.file_type()?.is_symlink() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn visible(files: &Files) -> BTreeSet<&OsStr> {
    files.keys().filter_map(|path| Path::new(path).components().next().map(|part| part.as_os_str())).collect()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        let file =
            |text: &str| File { content: Bytes::copy_from_slice(text.as_bytes()), mode: 0o640, owner: None };
        list.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect()
    }

    fn listing(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn versions_replace_each_other_whole() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        write(dir, &files(&[("a", "1"), ("sub/b", "2")]), None).unwrap();
        assert_eq!(listing(dir), ["..data", "..v1", "a", "sub"]);
        assert_eq!(fs::read_to_string(dir.join("sub/b")).unwrap(), "2");
        assert_eq!(fs::metadata(dir.join("a")).unwrap().permissions().mode() & 0o7777, 0o640);
        // A reader that opened the directory before goes on seeing the old files.
        let before = fs::canonicalize(dir.join("..data")).unwrap();
        write(dir, &files(&[("a", "1"), ("sub/b", "2")]), None).unwrap();
        assert_eq!(
            fs::canonicalize(dir.join("..data")).unwrap(),
            before,
            "nothing changed, nothing was written"
        );
        write(dir, &files(&[("a", "3"), ("c", "4")]), None).unwrap();
        assert_eq!(listing(dir), ["..data", "..v2", "a", "c"]);
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "3");
        write(dir, &files(&[]), None).unwrap();
        assert_eq!(listing(dir), ["..data", "..v1"]);
    }

    #[test]
    fn a_crash_between_two_steps_is_repaired() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        write(dir, &files(&[("a", "1")]), None).unwrap();
        // It died after it had made the next version and the new link.
        fs::create_dir(dir.join("..v2")).unwrap();
        fs::write(dir.join("..v2/old"), "x").unwrap();
        symlink("..v2", dir.join("..data_tmp")).unwrap();
        fs::remove_file(dir.join("a")).unwrap();
        write(dir, &files(&[("a", "1")]), None).unwrap();
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "1");
        write(dir, &files(&[("a", "2")]), None).unwrap();
        assert_eq!(listing(dir), ["..data", "..v2", "a"]);
        assert_eq!(listing(&dir.join("..v2")), ["a"]);
    }

    #[test]
    fn the_group_of_the_pod_can_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut list = files(&[("a", "1")]);
        list.get_mut("a").unwrap().mode = 0o400;
        write(dir.path(), &list, Some(1234)).unwrap();
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(dir.path().join("a")).unwrap();
        assert_eq!((metadata.gid(), metadata.mode() & 0o7777), (1234, 0o440));
    }
}
