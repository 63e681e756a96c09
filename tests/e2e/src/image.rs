//! Images made by the tests: busybox from Debian and nothing else.

use std::path::Path;

use sha2::Digest as _;

/// What the programs in the image are called; each is busybox.
const APPLETS: [&str; 14] = [
    "sh", "ls", "cat", "sleep", "echo", "httpd", "nslookup", "wget", "id", "hostname", "kill", "env", "tar",
    "touch",
];

/// Writes an archive as `docker save` does: one layer with busybox, whose command serves the pod's
/// name over HTTP on port 8080.
pub fn write_web_image(file: &Path, name: &str) {
    let busybox = std::fs::read("/bin/busybox").expect("Debian's busybox-static is needed at /bin/busybox");
    let mut layer = tar::Builder::new(Vec::new());
    for dir in ["bin", "etc", "tmp", "proc", "sys", "dev", "www"] {
        let mut header = header(tar::EntryType::Directory, 0);
        layer.append_data(&mut header, dir, &[][..]).expect("memory does not fail");
    }
    layer
        .append_data(&mut header(tar::EntryType::Regular, busybox.len()), "bin/busybox", &busybox[..])
        .expect("memory does not fail");
    for applet in APPLETS {
        let mut header = header(tar::EntryType::Symlink, 0);
        layer.append_link(&mut header, format!("bin/{applet}"), "busybox").expect("memory does not fail");
    }
    let passwd = b"root:x:0:0:root:/:/bin/sh\n";
    layer
        .append_data(&mut header(tar::EntryType::Regular, passwd.len()), "etc/passwd", &passwd[..])
        .expect("memory does not fail");
    let layer = layer.into_inner().expect("memory does not fail");
    let serve = "hostname > /www/index.html; exec httpd -f -p 8080 -h /www";
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux",
        "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh", "-c", serve]},
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
