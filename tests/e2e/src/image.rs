//! Images made by the tests: busybox and curl from Debian and nothing else.

use std::path::Path;
use std::process::Command;

use sha2::Digest as _;

/// What the programs in the image are called; each is busybox.
const APPLETS: [&str; 30] = [
    "sh", "ls", "cat", "sleep", "echo", "httpd", "nslookup", "wget", "id", "hostname", "kill", "killall",
    "env", "tar", "touch", "rm", "mkdir", "head", "tr", "wc", "seq", "date", "stty", "tty", "ps", "grep",
    "true", "false", "nc", "stat",
];

/// Serves the pod's name, and the image's under `/version`, on port 8080, after one line of log.
/// Ends when it is told to, and when its server is killed.
const SERVE: &str = "echo serving $(hostname); hostname > /www/index.html; trap 'exit 0' TERM; \
                     httpd -f -p 8080 -h /www & wait $!";

/// Writes an archive as `docker save` does: one layer with busybox and a small web server.
pub fn write_web_image(file: &Path, name: &str) {
    write(file, name, base(name));
}

/// The same with curl, which speaks TLS and resolves names as programs do.
pub fn write_curl_image(file: &Path, name: &str) {
    let mut layer = base(name);
    let curl = "/usr/bin/curl";
    add(&mut layer, "usr/bin/curl", &read(curl));
    let listed = crate::run(Command::new("ldd").arg(curl));
    assert_eq!(listed.code, 0, "ldd {curl}: {}", listed.err);
    for library in listed.out.split_whitespace().filter(|word| word.starts_with('/')) {
        let name = Path::new(library).file_name().expect("a library is a file").to_string_lossy();
        let dir = if name.starts_with("ld-linux") { "lib64" } else { "lib" };
        add(&mut layer, &format!("{dir}/{name}"), &read(library));
    }
    write(file, name, layer);
}

fn base(name: &str) -> tar::Builder<Vec<u8>> {
    let mut layer = tar::Builder::new(Vec::new());
    for dir in ["bin", "etc", "tmp", "proc", "sys", "dev", "www", "usr", "usr/bin", "lib", "lib64"] {
        layer
            .append_data(&mut header(tar::EntryType::Directory, 0), dir, &[][..])
            .expect("memory does not fail");
    }
    add(&mut layer, "bin/busybox", &read("/bin/busybox"));
    for applet in APPLETS {
        let mut header = header(tar::EntryType::Symlink, 0);
        layer.append_link(&mut header, format!("bin/{applet}"), "busybox").expect("memory does not fail");
    }
    add(&mut layer, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n");
    add(&mut layer, "www/version", name.as_bytes());
    add(&mut layer, "www/ready", b"ready");
    layer
}

fn write(file: &Path, name: &str, layer: tar::Builder<Vec<u8>>) {
    let layer = layer.into_inner().expect("memory does not fail");
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux",
        "config": {
            "Env": ["PATH=/bin:/usr/bin", "LD_LIBRARY_PATH=/lib"],
            "Cmd": ["/bin/sh", "-c", SERVE],
        },
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", digest(&layer))]}
    })
    .to_string();
    let config_name = format!("{}.json", digest(config.as_bytes()));
    let manifest =
        serde_json::json!([{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]).to_string();
    let mut archive = tar::Builder::new(std::fs::File::create(file).expect("an archive can be written"));
    for (path, bytes) in [
        (config_name.as_str(), config.as_bytes()),
        ("layer.tar", &layer[..]),
        ("manifest.json", manifest.as_bytes()),
    ] {
        archive
            .append_data(&mut header(tar::EntryType::Regular, bytes.len()), path, bytes)
            .expect("an archive can be written");
    }
    archive.finish().expect("an archive can be written");
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| {
        panic!("{file} is needed for the tests' images (Debian: busybox-static, curl): {error}")
    })
}

fn add(layer: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8]) {
    layer
        .append_data(&mut header(tar::EntryType::Regular, bytes.len()), path, bytes)
        .expect("memory does not fail");
}

fn header(kind: tar::EntryType, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o755);
    header
}

fn digest(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
