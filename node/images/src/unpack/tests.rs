//! Layers as honest tools write them, and as an attacker would.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A tar file by hand: `tar::Builder` refuses the very names that these tests are about.
#[derive(Default)]
struct Layer {
    bytes: Vec<u8>,
}

struct Entry<'a> {
    kind: tar::EntryType,
    path: &'a str,
    link: &'a str,
    mode: u32,
    owner: (u64, u64),
    device: (u32, u32),
    content: &'a [u8],
    pax: &'a [(&'a str, &'a [u8])],
}

impl<'a> Entry<'a> {
    fn new(kind: tar::EntryType, path: &'a str) -> Self {
        let mode = if kind == tar::EntryType::Directory { 0o755 } else { 0o644 };
        Self { kind, path, link: "", mode, owner: (0, 0), device: (0, 0), content: b"", pax: &[] }
    }
}

impl Layer {
    fn add(mut self, entry: Entry<'_>) -> Self {
        if !entry.pax.is_empty() {
            let mut records = Vec::new();
            for (key, value) in entry.pax {
                records.extend(pax_record(key, value));
            }
            self.header(&Entry { content: &records, ..Entry::new(tar::EntryType::XHeader, "pax") });
        }
        self.header(&entry);
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.add(Entry { content: content.as_bytes(), ..Entry::new(tar::EntryType::Regular, path) })
    }

    fn dir(self, path: &str) -> Self {
        self.add(Entry::new(tar::EntryType::Directory, path))
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.add(Entry { link: target, ..Entry::new(tar::EntryType::Symlink, path) })
    }

    fn hard(self, path: &str, target: &str) -> Self {
        self.add(Entry { link: target, ..Entry::new(tar::EntryType::Link, path) })
    }

    fn header(&mut self, entry: &Entry<'_>) {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..entry.path.len()].copy_from_slice(entry.path.as_bytes());
        header.as_old_mut().linkname[..entry.link.len()].copy_from_slice(entry.link.as_bytes());
        header.set_entry_type(entry.kind);
        header.set_mode(entry.mode);
        header.set_uid(entry.owner.0);
        header.set_gid(entry.owner.1);
        header.set_mtime(1_000_000);
        header.set_size(entry.content.len() as u64);
        header.set_device_major(entry.device.0).unwrap();
        header.set_device_minor(entry.device.1).unwrap();
        header.set_cksum();
        self.bytes.extend(header.as_bytes());
        self.bytes.extend(entry.content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }
}

fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let mut len = body + 1;
    while len != body + len.to_string().len() {
        len = body + len.to_string().len();
    }
    [format!("{len} {key}=").as_bytes(), value, b"\n"].concat()
}

struct Unpacked {
    dir: TempDir,
    usage: Usage,
}

impl Unpacked {
    fn fs(&self) -> PathBuf {
        self.dir.path().join("a/b/fs")
    }
}

/// Unpacks into a directory whose surroundings would show an escape.
fn unpack_onto(layer: Layer, lowers: &[PathBuf]) -> Result<Unpacked, Error> {
    let bytes = layer.finish();
    let dir = tempfile::tempdir().unwrap();
    let fs = dir.path().join("a/b/fs");
    fs::create_dir_all(&fs).unwrap();
    fs::write(dir.path().join("secret"), "secret").unwrap();
    let result = unpack(bytes.as_slice(), &fs, lowers, &Digest::of(&bytes));
    let outside: Vec<_> =
        ["", "a", "a/b"].iter().flat_map(|d| fs::read_dir(dir.path().join(d)).unwrap()).collect();
    assert_eq!(outside.len(), 4, "something was written outside: {outside:?}");
    assert_eq!(fs::read_to_string(dir.path().join("secret")).unwrap(), "secret");
    result.map(|usage| Unpacked { dir, usage })
}

fn unpack_one(layer: Layer) -> Unpacked {
    unpack_onto(layer, &[]).unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
}

fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 1024];
    let n = rustix::fs::lgetxattr(path, name, &mut value).ok()?;
    value.truncate(n);
    Some(value)
}

fn is_whiteout(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_char_device() && m.rdev() == 0)
}

#[test]
fn modes_owners_times_and_kinds() {
    let capability = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let layer = Layer::default()
        .add(Entry { mode: 0o1777, ..Entry::new(tar::EntryType::Directory, "tmp/") })
        .add(Entry {
            mode: 0o4755,
            owner: (1000, 1001),
            content: b"#!",
            pax: &[("SCHILY.xattr.security.capability", capability), ("mtime", b"1700000000.250000000")],
            ..Entry::new(tar::EntryType::Regular, "bin/su")
        })
        .add(Entry { owner: (7, 8), link: "su", ..Entry::new(tar::EntryType::Symlink, "bin/link") })
        .hard("bin/hard", "/bin/su")
        .add(Entry { mode: 0o666, device: (1, 3), ..Entry::new(tar::EntryType::Char, "dev/null") })
        .add(Entry { mode: 0o622, ..Entry::new(tar::EntryType::Fifo, "run/fifo") })
        .file("./dot/./name", "x");
    let unpacked = unpack_one(layer);
    let fs = unpacked.fs();
    let stat = |path: &str| fs::symlink_metadata(fs.join(path)).unwrap();
    assert_eq!(stat("tmp").mode() & 0o7777, 0o1777);
    assert_eq!(stat("tmp").mtime(), 1_000_000);
    let su = stat("bin/su");
    assert_eq!((su.mode() & 0o7777, su.uid(), su.gid(), su.nlink()), (0o4755, 1000, 1001, 2));
    assert_eq!((su.mtime(), su.mtime_nsec()), (1_700_000_000, 250_000_000));
    assert_eq!(xattr(&fs.join("bin/su"), "security.capability").unwrap(), capability);
    assert_eq!((stat("bin/link").uid(), stat("bin/link").gid()), (7, 8));
    assert_eq!(stat("bin/hard").ino(), su.ino());
    let null = stat("dev/null");
    assert!(null.file_type().is_char_device());
    assert_eq!((null.rdev(), null.mode() & 0o777), (rustix::fs::makedev(1, 3), 0o666));
    assert!(stat("run/fifo").file_type().is_fifo());
    assert_eq!(fs::read_to_string(fs.join("dot/name")).unwrap(), "x");
    assert!(unpacked.usage.inodes >= 9 && unpacked.usage.bytes >= 8192, "{:?}", unpacked.usage);
}

#[test]
fn long_names_and_replacements() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    let layer = Layer::default()
        .add(Entry {
            pax: &[("path", long.as_bytes())],
            content: b"long",
            ..Entry::new(tar::EntryType::Regular, "short")
        })
        .dir("x")
        .file("x/inside", "gone")
        .file("x", "a file now")
        .file("y", "a file")
        .dir("y")
        .file("y/inside", "kept")
        .link("z", "y")
        .file("z/through", "in y")
        .dir("z")
        .file("z/own", "in z");
    let fs = unpack_one(layer);
    let read = |path: &str| fs::read_to_string(fs.fs().join(path)).unwrap();
    assert_eq!(read(&long), "long");
    assert_eq!(read("x"), "a file now");
    assert_eq!(read("y/inside"), "kept");
    assert_eq!(read("y/through"), "in y");
    assert_eq!(read("z/own"), "in z");
    assert!(!fs.fs().join("y/own").exists());
}

#[test]
fn whiteouts() {
    let layer = Layer::default()
        .dir("etc")
        .file("etc/.wh.passwd", "")
        .file("a/b/.wh.c", "")
        .dir("opaque")
        .file("opaque/new", "new")
        .file("opaque/.wh..wh..opq", "")
        .file("same", "stays: whiteouts are about lower layers")
        .file(".wh.same", "")
        .file(".wh.dir", "")
        .dir("dir")
        .file("dir/new", "")
        .dir("late")
        .file(".wh.late", "")
        .file(".wh..wh.plnk", "");
    let unpacked = unpack_one(layer);
    let fs = unpacked.fs();
    assert!(is_whiteout(&fs.join("etc/passwd")) && is_whiteout(&fs.join("a/b/c")));
    let opaque = |path: &str| xattr(&fs.join(path), tree::OPAQUE) == Some(b"y".to_vec());
    assert!(opaque("opaque") && fs.join("opaque/new").exists());
    assert!(fs::read_to_string(fs.join("same")).unwrap().starts_with("stays"));
    assert!(opaque("dir") && fs.join("dir/new").exists(), "deleted and made anew hides what was below");
    assert!(opaque("late"));
    assert!(!opaque("etc"));
    assert!(!fs.join(".wh..wh.plnk").exists());
    for name in [".wh.", ".wh..", ".wh..."] {
        assert!(
            matches!(unpack_onto(Layer::default().file(name, ""), &[]), Err(Error::Layer { .. })),
            "{name}"
        );
    }
}

#[test]
fn implied_parents_take_after_the_layers_below() {
    let base = Layer::default()
        .add(Entry { mode: 0o700, owner: (5, 6), ..Entry::new(tar::EntryType::Directory, "./") })
        .add(Entry { mode: 0o1777, ..Entry::new(tar::EntryType::Directory, "tmp") })
        .add(Entry {
            mode: 0o750,
            owner: (9, 9),
            pax: &[("SCHILY.xattr.user.note", b"kept"), ("SCHILY.xattr.trusted.overlay.redirect", b"/etc")],
            ..Entry::new(tar::EntryType::Directory, "home/user")
        });
    let base = unpack_one(base);
    assert_eq!(
        xattr(&base.fs().join("home/user"), "trusted.overlay.redirect"),
        None,
        "overlay's own attribute"
    );
    let top = Layer::default().file("tmp/x", "").file("home/user/y", "").file("new/z", "");
    let top = unpack_onto(top, &[base.fs()]).unwrap();
    let stat = |path: &str| fs::metadata(top.fs().join(path)).unwrap();
    assert_eq!((stat("").mode() & 0o7777, stat("").uid(), stat("").gid()), (0o700, 5, 6));
    assert_eq!(stat("tmp").mode() & 0o7777, 0o1777);
    assert_eq!((stat("home/user").mode() & 0o7777, stat("home/user").uid()), (0o750, 9));
    assert_eq!(xattr(&top.fs().join("home/user"), "user.note").unwrap(), b"kept");
    assert_eq!(stat("new").mode() & 0o7777, 0o755);
}

/// The layer as overlay shows it: what matters in the end.
#[test]
fn overlay_agrees() {
    let base = Layer::default().dir("d").file("d/old", "old").file("gone", "x").dir("o").file("o/old", "x");
    let top = Layer::default()
        .file("d/new", "new")
        .file(".wh.gone", "")
        .file("o/.wh..wh..opq", "")
        .file("o/new", "");
    let base = unpack_one(base);
    let top = unpack_onto(top, &[base.fs()]).unwrap();
    let merged = tempfile::tempdir().unwrap();
    let lower = format!("lowerdir={}:{}", top.fs().display(), base.fs().display());
    let options = std::ffi::CString::new(lower).unwrap();
    rustix::mount::mount(
        "overlay",
        merged.path(),
        "overlay",
        rustix::mount::MountFlags::empty(),
        Some(options.as_c_str()),
    )
    .expect("mounting overlay needs root");
    let list = |path: &str| {
        let entries = fs::read_dir(merged.path().join(path)).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let found = BTreeMap::from([("", list("")), ("d", list("d")), ("o", list("o"))]);
    rustix::mount::unmount(merged.path(), rustix::mount::UnmountFlags::DETACH).unwrap();
    let set = |names: &[&str]| names.iter().map(|n| n.to_string()).collect();
    assert_eq!(
        found,
        BTreeMap::from([("", set(&["d", "o"])), ("d", set(&["new", "old"])), ("o", set(&["new"]))])
    );
}

#[test]
fn nothing_leads_out() {
    // Refused outright.
    for layer in [
        Layer::default().file("../escape", "x"),
        Layer::default().file("a/../../escape", "x"),
        Layer::default().hard("passwd", "../../../secret"),
        Layer::default().hard("passwd", "/etc/passwd"),
        Layer::default().link("up", "../../..").hard("stolen", "up/secret"),
        Layer::default().dir("d").hard("e", "d"),
        Layer::default().file("d/.wh...", ""),
        Layer::default().file("f", "").file("f/below", ""),
        Layer::default().link("loop", "loop").file("loop/x", ""),
    ] {
        assert!(unpack_onto(layer, &[]).is_err());
    }
    // Kept inside.
    let layer = Layer::default()
        .file("/absolute", "inside")
        .link("root", "/")
        .file("root/through-root", "inside")
        .link("up", "../../../..")
        .file("up/through-up", "inside")
        .link("etc", "/etc")
        .file("etc/shadow", "inside")
        .link("target", "/secret")
        .file("target", "replaces the link, does not write through it")
        .file("up/.wh.secret", "");
    let result = unpack_onto(layer, &[]);
    // `/etc` does not exist in the layer: the link dangles, and nothing is made through it.
    assert!(result.is_err());
    let layer = Layer::default()
        .file("/absolute", "inside")
        .link("root", "/")
        .file("root/through-root", "inside")
        .link("up", "../../../..")
        .file("up/through-up", "inside")
        .dir("etc")
        .link("e", "/etc")
        .file("e/shadow", "inside")
        .link("target", "/secret")
        .file("target", "replaces the link")
        .file("up/.wh.secret", "");
    let unpacked = unpack_one(layer);
    let read = |path: &str| fs::read_to_string(unpacked.fs().join(path)).unwrap();
    assert_eq!(
        read("absolute") + &read("through-root") + &read("through-up") + &read("etc/shadow"),
        "inside".repeat(4)
    );
    assert_eq!(read("target"), "replaces the link");
    assert!(is_whiteout(&unpacked.fs().join("secret")));
}

#[test]
fn broken_archives_are_errors() {
    let good = Layer::default().file("a", "content").finish();
    let dir = tempfile::tempdir().unwrap();
    let attempt = |bytes: &[u8], diff_id: &Digest| {
        let target = tempfile::tempdir_in(dir.path()).unwrap();
        unpack(bytes, target.path(), &[], diff_id)
    };
    assert!(matches!(attempt(&good, &Digest::of(b"other")), Err(Error::Digest { .. })));
    assert!(attempt(&good[..600], &Digest::of(&good[..600])).is_err(), "cut off");
    let mut flipped = good.clone();
    flipped[0] ^= 1;
    assert!(matches!(attempt(&flipped, &Digest::of(&flipped)), Err(Error::Layer { .. })), "checksum");
    assert!(attempt(b"\x1f\x8bnot gzip", &Digest::of(b"")).is_err());
    assert!(attempt(&[0x28, 0xb5, 0x2f, 0xfd, 9, 9, 9, 9, 9], &Digest::of(b"")).is_err());
}

#[test]
fn every_compression_is_told_by_its_bytes() {
    let plain = Layer::default().file("a", &"content".repeat(1000)).finish();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    // Two frames, as parallel compressors write them.
    let halves = plain.split_at(plain.len() / 2);
    let zstd = [zstd::encode_all(halves.0, 1).unwrap(), zstd::encode_all(halves.1, 1).unwrap()].concat();
    for bytes in [plain.clone(), gzip.finish().unwrap(), zstd] {
        let dir = tempfile::tempdir().unwrap();
        unpack(bytes.as_slice(), dir.path(), &[], &Digest::of(&plain)).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap().len(), 7000);
    }
}

#[test]
fn a_full_disk_is_one_clear_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let size = std::ffi::CString::new("size=64k").unwrap();
    rustix::mount::mount(
        "tmpfs",
        dir.path(),
        "tmpfs",
        rustix::mount::MountFlags::empty(),
        Some(size.as_c_str()),
    )
    .expect("mounting tmpfs needs root");
    let bytes = Layer::default().file("big", &"x".repeat(200_000)).finish();
    let error = unpack(bytes.as_slice(), dir.path(), &[], &Digest::of(&bytes)).unwrap_err();
    rustix::mount::unmount(dir.path(), rustix::mount::UnmountFlags::DETACH).unwrap();
    assert!(error.to_string().starts_with("no space left on the file system of"), "{error}");
}

#[test]
fn links_of_this_machine_are_not_followed_when_a_tree_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("outside")).unwrap();
    fs::write(dir.path().join("outside/file"), "x").unwrap();
    fs::create_dir_all(dir.path().join("fs/d")).unwrap();
    symlink(dir.path().join("outside"), dir.path().join("fs/d/link")).unwrap();
    let bytes = Layer::default().file("d", "now a file").finish();
    unpack(bytes.as_slice(), &dir.path().join("fs"), &[], &Digest::of(&bytes)).unwrap();
    assert!(dir.path().join("outside/file").exists());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    /// Any sequence of names and links stays inside; `unpack_onto` checks the surroundings.
    #[test]
    fn random_layers_stay_inside(steps in proptest::collection::vec((0u8..5, "[ab./]{1,8}", "[ab./]{1,8}"), 1..12)) {
        let mut layer = Layer::default();
        for (kind, path, target) in &steps {
            layer = match kind {
                0 => layer.file(path, "x"),
                1 => layer.dir(path),
                2 => layer.link(path, target),
                3 => layer.hard(path, target),
                _ => layer.file(&format!("{path}/.wh.a"), ""),
            };
        }
        // Refusing is fine; what counts is asserted by the helper.
        drop(unpack_onto(layer, &[]));
    }
}
