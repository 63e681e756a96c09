//! hostPath volumes: what the type promises is checked or made.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Checks `path`, or makes it where the type says so.
///
/// # Errors
/// What is wrong, as upstream words it.
pub(crate) fn prepare(path: &Path, kind: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let found = fs::metadata(path).ok().map(|metadata| metadata.file_type());
    let is = |holds: bool, what: &str| match holds {
        true => Ok(()),
        false => Err(format!("hostPath type check failed: {} is not a {what}", path.display())),
    };
    match kind {
        "" => Ok(()),
        "DirectoryOrCreate" => {
            if found.is_none() {
                fs::create_dir_all(path).map_err(failed)?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(failed)?;
                return Ok(());
            }
            is(found.is_some_and(|kind| kind.is_dir()), "directory")
        }
        "FileOrCreate" => {
            if found.is_none() {
                fs::File::create_new(path).map_err(failed)?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(failed)?;
                return Ok(());
            }
            is(found.is_some_and(|kind| kind.is_file()), "file")
        }
        "Directory" => is(found.is_some_and(|kind| kind.is_dir()), "directory"),
        "File" => is(found.is_some_and(|kind| kind.is_file()), "file"),
        "Socket" => is(found.is_some_and(|kind| kind.is_socket()), "socket"),
        "CharDevice" => is(found.is_some_and(|kind| kind.is_char_device()), "character device"),
        "BlockDevice" => is(found.is_some_and(|kind| kind.is_block_device()), "block device"),
        other => Err(format!("hostPath type {other:?} is unknown")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        prepare(&path("a/b"), "DirectoryOrCreate").unwrap();
        prepare(&path("a/b"), "Directory").unwrap();
        prepare(&path("a/f"), "FileOrCreate").unwrap();
        prepare(&path("a/f"), "File").unwrap();
        prepare(&path("none"), "").unwrap();
        prepare(Path::new("/dev/null"), "CharDevice").unwrap();
        let error = prepare(&path("a/f"), "Directory").unwrap_err();
        assert!(
            error.starts_with("hostPath type check failed:") && error.ends_with("is not a directory"),
            "{error}"
        );
        assert!(prepare(&path("none"), "Socket").is_err());
    }
}
