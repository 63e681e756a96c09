//! Logs of running containers do not grow without end.
//!
//! A log that is too large is renamed and the container told to open a new one; of the old ones only
//! the newest stay. Followers read across the rename (module `runtime::logs`).

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use runtime::Runtime;
use runtime::types::ContainerState;

/// A log is rotated at this size (upstream `containerLogMaxSize`).
pub(crate) const MAX_BYTES: u64 = 10 << 20;
/// Files of one container, the present one included (upstream `containerLogMaxFiles`).
const MAX_FILES: usize = 5;

/// Rotates every log that is larger than `max_bytes`; `stamp` tells the renamed files apart and sorts
/// by time.
pub(crate) async fn rotate(runtime: &dyn Runtime, max_bytes: u64, stamp: &str) -> Result<(), String> {
    for container in runtime.containers().await.map_err(|error| error.chain())? {
        let (ContainerState::Running, Some(path)) = (container.state, &container.log_path) else { continue };
        if fs::metadata(path).map_or(0, |metadata| metadata.len()) < max_bytes {
            continue;
        }
        let old = renamed(path, stamp);
        fs::rename(path, &old).map_err(|error| format!("{}: {error}", path.display()))?;
        if let Err(error) = runtime.reopen_log(&container.id).await {
            // It goes on writing to the file that it has open: that must be the one that is read.
            tracing::warn!(container = %container.id, error = &error as &dyn std::error::Error, "log is not reopened");
            fs::rename(&old, path).map_err(|error| format!("{}: {error}", old.display()))?;
            continue;
        }
        remove_oldest(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn renamed(path: &Path, stamp: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(stamp);
    name.into()
}

fn remove_oldest(path: &Path) -> io::Result<()> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let prefix = format!("{}.", name.to_string_lossy());
    let mut old = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            old.push(entry.path());
        }
    }
    old.sort();
    let surplus = old.len().saturating_sub(MAX_FILES - 1);
    old.into_iter().take(surplus).try_for_each(fs::remove_file)
}

#[cfg(test)]
mod tests {
    use runtime::fake::FakeRuntime;
    use runtime::types::ContainerConfig;
    use runtime::types::SandboxConfig;
    use stdx::Clock;

    use super::*;

    #[tokio::test]
    async fn large_logs_are_renamed_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = FakeRuntime::new(Clock::system());
        let sandbox = SandboxConfig { log_directory: dir.path().to_owned(), ..SandboxConfig::default() };
        let sandbox = runtime.create_sandbox(&sandbox).await.unwrap();
        let config =
            ContainerConfig { name: "a".into(), log_path: "0.log".into(), ..ContainerConfig::default() };
        let id = runtime.create_container(&sandbox.id, &config).await.unwrap();
        runtime.start_container(&id).await.unwrap();
        let path = dir.path().join("0.log");
        for round in 0..8 {
            fs::write(&path, "x".repeat(10)).unwrap();
            rotate(&runtime, 10, &format!("2026010{round}")).await.unwrap();
            assert!(!path.exists(), "the fake does not write a new one");
        }
        fs::write(&path, "small").unwrap();
        rotate(&runtime, 10, "20260109").await.unwrap();
        let mut names: Vec<String> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["0.log", "0.log.20260104", "0.log.20260105", "0.log.20260106", "0.log.20260107"]);
    }
}
