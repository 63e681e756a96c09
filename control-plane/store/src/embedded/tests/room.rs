//! A disk that fills up, on a small file system of the test's own.

use std::path::Path;

use bytes::Bytes;
use rustix::mount::MountFlags;
use rustix::mount::UnmountFlags;

use super::*;

/// A file system in memory, gone when the test ends.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let size = std::ffi::CString::new(format!("size={megabytes}m")).unwrap();
        let mounted = rustix::mount::mount(
            "skiff-test",
            directory.path(),
            "tmpfs",
            MountFlags::empty(),
            size.as_c_str(),
        );
        mounted.expect("this test mounts a tmpfs and must run as root");
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        rustix::mount::unmount(self.path(), UnmountFlags::DETACH).expect("what was mounted can be unmounted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_keeps_deletions_and_recovers() {
    let disk = SmallDisk::new(48);
    let running = Running::open(&disk.path().join("store"), Options::default()).await.unwrap();
    let put = |key: &str| Write::put(key, Expect::Any, Bytes::from(vec![7; 4096]));
    running.store.commit(put("/before")).await.unwrap();

    std::fs::write(disk.path().join("filler"), vec![1; 32 << 20]).unwrap();
    let refused = running.store.commit(put("/during")).await.unwrap_err();
    assert!(matches!(refused, Error::NoRoom { .. }), "{refused}");
    running.store.commit(Write::delete("/before", Expect::Exists)).await.expect("deletions are taken");

    std::fs::remove_file(disk.path().join("filler")).unwrap();
    running.store.commit(put("/after")).await.expect("there is room again");
    running.stop().await;

    let running = Running::open(&disk.path().join("store"), Options::default()).await.unwrap();
    let records = running.store.range(Range::prefix("/")).await.unwrap().records;
    let keys: Vec<&str> = records.iter().map(|record| &*record.key).collect();
    assert_eq!(keys, ["/after"]);
    running.stop().await;
}
