//! What can be wrong when a cluster starts: each ends in one sentence that says what to do, and
//! changes nothing.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use e2e::Said;
use e2e::program_path;
use e2e::run;
use tempfile::TempDir;

/// Data directories of one test; whatever runs in them is stopped with it.
struct Place {
    dir: TempDir,
    port: u16,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a directory"), port: e2e::free_port() }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn up(&self, more: &[&str]) -> Said {
        self.command(
            &["up", "--roles", "control-plane", "--listen", &format!("127.0.0.1:{}", self.port)],
            more,
        )
    }

    fn down(&self) {
        let said = self.command(&["down"], &[]);
        assert_eq!(said.code, 0, "{said:?}");
    }

    fn command(&self, args: &[&str], more: &[&str]) -> Said {
        run(Command::new(program_path()).args(args).args(more).arg("--data-dir").arg(self.data()))
    }

    fn store(&self) -> PathBuf {
        self.data().join("store/store.redb")
    }

    /// A cluster that was made and stopped.
    fn made_and_stopped() -> Self {
        let place = Self::new();
        let said = place.up(&[]);
        assert_eq!(said.code, 0, "{said:?}");
        place.down();
        place
    }

    /// Starting fails with one sentence that holds all of `words`.
    fn refuses(&self, words: &[&str]) {
        let said = self.up(&[]);
        assert_one_sentence(&said, words);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.command(&["down"], &[]);
    }
}

fn assert_one_sentence(said: &Said, words: &[&str]) {
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(said.err.trim().lines().count(), 1, "{said:?}");
    for word in words {
        assert!(said.err.contains(word), "{word:?} is not in {said:?}");
    }
}

#[test]
fn a_running_cluster_is_found_and_not_started_twice() {
    let place = Place::new();
    assert_eq!(place.up(&[]).code, 0);
    let again = place.up(&[]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("already running"), "{again:?}");
    let second = place.up(&["--foreground"]);
    assert_one_sentence(&second, &["a cluster is running in", "already", "skiff status"]);
    place.down();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", place.port)).expect("the port is free");
    place.refuses(&[&format!("another process listens on 127.0.0.1:{}", place.port), "--listen"]);
}

#[test]
fn the_node_role_needs_root_and_says_so() {
    let place = Place::new();
    // Where a user without rights can read it.
    let program = place.dir.path().join("skiff");
    std::fs::copy(program_path(), &program).expect("the program can be copied");
    open_to_all(place.dir.path());
    let said = run(Command::new(&program).args(["up", "--data-dir"]).arg(place.data()).uid(65534).gid(65534));
    assert_one_sentence(&said, &["must run as root", "sudo", "--roles control-plane"]);
    assert!(!place.data().exists());
}

#[test]
fn a_damaged_store_is_left_as_it_is() {
    let place = Place::made_and_stopped();
    let length = std::fs::metadata(place.store()).expect("a store").len();
    for kept in [length / 2, 5_000, 0] {
        File::options().write(true).open(place.store()).and_then(|file| file.set_len(kept)).expect("cut off");
        let before = std::fs::read(place.store()).expect("readable");
        place.refuses(&["store.redb is damaged", "restore the latest backup", "nothing was changed"]);
        assert_eq!(std::fs::read(place.store()).expect("readable"), before);
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_as_it_is() {
    let place = Place::made_and_stopped();
    let database = redb::Database::open(place.store()).expect("a database");
    let write = database.begin_write().expect("a transaction");
    {
        let mut meta =
            write.open_table(redb::TableDefinition::<&str, u64>::new("meta")).expect("the table is there");
        meta.insert("format", 1000).expect("written");
    }
    write.commit().expect("committed");
    drop(database);
    place.refuses(&["was written by a newer version", "1000", "start the newer version"]);
}

#[test]
fn a_full_disk_is_named_and_the_cluster_goes_on_when_there_is_room() {
    let place = Place::new();
    let disk = SmallDisk::mount(&place.data(), "64m");
    let filler = place.data().join("filler");
    std::fs::write(&filler, vec![1; 50 << 20]).expect("it fits");
    place.refuses(&["the disk that holds", "is nearly full", "make room"]);
    std::fs::remove_file(&filler).expect("removed");
    let said = place.up(&[]);
    assert_eq!(said.code, 0, "{said:?}");

    std::fs::write(&filler, vec![1; 50 << 20]).expect("it fits");
    let kubectl = |args: &[&str]| {
        run(Command::new(e2e::kubectl()).args(args).env("KUBECONFIG", place.data().join("admin.kubeconfig")))
    };
    let refused = kubectl(&["create", "configmap", "large"]);
    assert!(refused.code != 0 && refused.err.contains("nearly full"), "{refused:?}");
    assert_eq!(kubectl(&["get", "namespaces"]).code, 0, "reading goes on");
    std::fs::remove_file(&filler).expect("removed");
    let made = kubectl(&["create", "configmap", "large"]);
    assert_eq!(made.code, 0, "{made:?}");
    place.down();
    drop(disk);
}

/// A small file system in memory.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Self {
        std::fs::create_dir_all(at).expect("a directory");
        let said = run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "skiff-test"])
            .arg(at));
        assert_eq!(said.code, 0, "this test mounts a tmpfs and must run as root: {said:?}");
        Self(at.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run(Command::new("umount").arg("--lazy").arg(&self.0));
    }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).expect("permissions can be set");
}
