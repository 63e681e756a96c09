//! Archives of other tools, and images made by the program itself.

use std::io::Cursor;

use crate::support;
use crate::support::TestImage;
use images::Digest;
use images::Error;
use images::FileContent;
use images::ImageFile;
use images::Reference;
use images::RunConfig;
use serde_json::json;

/// As `docker save` wrote it before version 25: plain layers, equal ones linked.
fn docker_archive(image: &TestImage, tars: &[Vec<u8>], tags: &[&str]) -> Vec<u8> {
    let config = format!("{}.json", image.id().hex());
    let manifest = json!([{"Config": config, "RepoTags": tags, "Layers": ["0/layer.tar", "1/layer.tar"]}]);
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, path, bytes).unwrap();
    };
    add(&config, &image.config);
    add("shared/layer.tar", &tars[0]);
    add("1/layer.tar", &tars[1]);
    add("manifest.json", manifest.to_string().as_bytes());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "0/layer.tar", "../shared/layer.tar").unwrap();
    builder.into_inner().unwrap()
}

fn oci_layout(images: &[(&TestImage, Option<(&str, &str)>)]) -> Vec<u8> {
    let mut files: Vec<(String, Vec<u8>)> =
        vec![("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec())];
    let mut manifests = Vec::new();
    for (image, name) in images {
        for blob in image.layers.iter().chain([&image.config, &image.manifest]) {
            files.push((format!("blobs/sha256/{}", Digest::of(blob).hex()), blob.clone()));
        }
        let annotations = name.map(|(key, value)| json!({key: value})).unwrap_or(json!({}));
        manifests.push(json!({"mediaType": support::MANIFEST, "digest": Digest::of(&image.manifest),
                              "size": image.manifest.len(), "annotations": annotations}));
    }
    files.push((
        "index.json".into(),
        json!({"schemaVersion": 2, "manifests": manifests}).to_string().into_bytes(),
    ));
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    support::tar_of(&files)
}

#[tokio::test]
async fn docker_archives() {
    let tars = [support::tar_of(&[("etc/os", b"base")]), support::tar_of(&[("app", b"x")])];
    let image = TestImage::new(&tars);
    let archive = docker_archive(&image, &tars, &["example:v1", "registry.example.com/other:v2"]);
    for bytes in [archive.clone(), support::gzip(&archive)] {
        let store = support::store();
        let imported = store.store.import(Cursor::new(bytes)).await.unwrap();
        assert!(imported.iter().all(|image| image.pinned), "what came by hand stays");
        assert_eq!(imported.len(), 1);
        assert_eq!(imported[0].id, image.id());
        assert_eq!(imported[0].repo_tags, ["docker.io/library/example:v1", "registry.example.com/other:v2"]);
        let rootfs = store.store.prepare_rootfs("example:v1", "c").await.unwrap();
        assert_eq!(std::fs::read_to_string(rootfs.lower[1].join("etc/os")).unwrap(), "base");
        store.store.remove_rootfs("c").await.unwrap();
        // The first name goes alone; the last takes the content with it.
        store.store.remove("example:v1").await.unwrap();
        assert_eq!(store.store.list()[0].repo_tags, ["registry.example.com/other:v2"]);
        store.store.remove("registry.example.com/other:v2").await.unwrap();
        assert_eq!(store.store.fs_usage().await.unwrap().images, images::Usage::default());
    }
}

#[tokio::test]
async fn oci_layouts_with_several_images() {
    let (a, b, c) = (support::small_image(1), support::small_image(2), support::small_image(3));
    let archive = oci_layout(&[
        (&a, Some(("io.containerd.image.name", "docker.io/library/a:v1"))),
        (&b, Some(("org.opencontainers.image.ref.name", "registry.example.com/b:v2"))),
        (&c, Some(("org.opencontainers.image.ref.name", "only-a-tag"))),
    ]);
    let store = support::store();
    assert_eq!(store.store.import(Cursor::new(archive)).await.unwrap().len(), 3);
    let inspected = store.store.inspect("a:v1").unwrap();
    assert_eq!(inspected.id, a.id());
    assert_eq!(inspected.repo_digests, [format!("docker.io/library/a@{}", Digest::of(&a.manifest))]);
    assert_eq!(store.store.inspect("registry.example.com/b:v2").unwrap().id, b.id());
    assert!(store.store.inspect(c.id().as_str()).unwrap().repo_tags.is_empty());
    // index.json and oci-layout were stored on the way in; nothing refers to them.
    assert_eq!(store.store.gc().await.unwrap().blobs, 2);
    assert_eq!(store.store.gc().await.unwrap(), images::GcReport::default());
}

#[tokio::test]
async fn what_is_no_image_is_refused() {
    let store = support::store();
    let image = support::small_image(1);
    let mut lacking = image.clone();
    lacking.layers.pop();
    let digest = Digest::of(&image.layers[1]);
    let refused = [
        (support::tar_of(&[("hello", b"x")]), "neither a manifest.json".to_owned()),
        (b"no tar at all".repeat(100), "cannot be read".to_owned()),
        (
            support::tar_of(&[("manifest.json", b"[{\"Config\":\"../../etc/passwd\",\"Layers\":[]}]")]),
            "lacks etc/passwd".to_owned(),
        ),
        (support::tar_of(&[("manifest.json", b"{")]), "manifest.json: ".to_owned()),
        (oci_layout(&[(&lacking, None)]), format!("lacks layer {digest}")),
    ];
    for (archive, words) in refused {
        let error = store.store.import(Cursor::new(archive)).await.unwrap_err();
        assert!(matches!(error, Error::Archive { .. }), "{error}");
        assert!(error.to_string().contains(&words), "{error}");
    }
    assert!(store.store.list().is_empty());
    store.store.gc().await.unwrap();
    assert_eq!(store.store.fs_usage().await.unwrap().images, images::Usage::default());
}

#[tokio::test]
async fn an_image_made_in_memory() {
    let host = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(host.path(), "from the host").unwrap();
    let file = |path: &str, mode, content| ImageFile { path: path.into(), mode, content };
    let files = vec![
        file("/app/server", 0o755, FileContent::HostFile(host.path().to_owned())),
        file("/etc/passwd", 0o644, FileContent::Bytes("root:x:0:0::/:/bin/sh\n".into())),
        file("/tmp", 0o1777, FileContent::Directory),
        file("/bin/sh", 0o777, FileContent::Symlink("/app/server".into())),
    ];
    let config =
        RunConfig { entrypoint: vec!["/app/server".into()], user: "65534".into(), ..RunConfig::default() };
    let name = Reference::parse("registry.example.com/demo:v1").unwrap();
    let store = support::store();
    let image = store.store.build_single_layer(&name, &config, files.clone()).await.unwrap();
    assert_eq!(*image.config, config);
    assert_eq!(
        store.store.build_single_layer(&name, &config, files).await.unwrap().id,
        image.id,
        "reproducible"
    );
    let rootfs = store.store.prepare_rootfs("registry.example.com/demo:v1", "demo").await.unwrap();
    let lower = &rootfs.lower[0];
    assert_eq!(std::fs::read_to_string(lower.join("app/server")).unwrap(), "from the host");
    assert_eq!(std::fs::read_link(lower.join("bin/sh")).unwrap().to_str(), Some("/app/server"));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(lower.join("tmp")).unwrap().permissions().mode() & 0o7777, 0o1777);
    assert_eq!(std::fs::metadata(lower.join("app/server")).unwrap().permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn keys_of_root_filesystems_are_names() {
    let store = support::store();
    for key in ["", "../x", "a/b", ".hidden", "a b"] {
        assert!(matches!(store.store.prepare_rootfs("x", key).await, Err(Error::RootfsKey { .. })), "{key}");
    }
    assert!(matches!(store.store.prepare_rootfs("x", "fine").await, Err(Error::NotFound { .. })));
}
