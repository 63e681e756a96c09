//! Pulls from a real registry, and from servers that break off, redirect, and ask for tokens.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::support;
use crate::support::Answer;
use crate::support::Registry;
use crate::support::TestImage;
use images::Credentials;
use images::Digest;
use images::Error;
use images::ErrorKind;
use images::PullOptions;
use images::Reference;
use images::RegistryHost;
use serde_json::json;

fn reference(text: String) -> Reference {
    Reference::parse(&text).unwrap()
}

fn basic() -> Credentials {
    Credentials::Basic { username: "user".into(), password: "secret".into() }
}

fn read(rootfs: &images::Rootfs, path: &str) -> String {
    let found = rootfs.lower.iter().map(|lower| lower.join(path)).find(|path| path.exists());
    std::fs::read_to_string(found.unwrap_or_else(|| panic!("{path} is in no layer"))).unwrap()
}

#[tokio::test]
async fn pull_inspect_run_remove() {
    let registry = Registry::start();
    let image = support::small_image(1);
    registry.push("team/app", "v1", &image);
    let name = reference(format!("{}/team/app:v1", registry.address));
    let store = support::store();

    let pulled = store.store.pull(&name, &PullOptions::default()).await.unwrap();
    assert_eq!(pulled.id, image.id());
    assert_eq!(pulled.repo_tags, [name.to_string()]);
    assert_eq!(pulled.repo_digests, [name.with_digest(&Digest::of(&image.manifest))]);
    let blobs = image.config.len() + image.layers.iter().map(Vec::len).sum::<usize>();
    assert_eq!(pulled.size, blobs as u64);
    assert_eq!(pulled.config.entrypoint, ["/bin/app"]);
    assert_eq!((pulled.config.user.as_str(), pulled.config.stop_signal.as_str()), ("1000:1000", "SIGINT"));
    assert_eq!(pulled.config.exposed_ports, ["80/tcp"]);
    for text in [
        name.to_string(),
        image.id().to_string(),
        image.id().hex()[..12].into(),
        pulled.repo_digests[0].clone(),
    ] {
        assert_eq!(store.store.inspect(&text).unwrap(), pulled, "{text}");
    }

    let rootfs = store.store.prepare_rootfs(&name.to_string(), "container-1").await.unwrap();
    assert_eq!(rootfs.lower.len(), 2);
    assert_eq!(read(&rootfs, "etc/os") + &read(&rootfs, "file-1"), "basetop");
    assert_eq!(store.store.prepare_rootfs(image.id().as_str(), "container-1").await.unwrap(), rootfs);
    std::fs::write(rootfs.upper.join("written"), vec![1; 10_000]).unwrap();
    assert!(store.store.rootfs_usage("container-1").await.unwrap().bytes >= 10_000);

    let error = store.store.remove(&name.to_string()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("image {name} is in use by container-1"));
    assert_eq!(store.store.list_rootfs().await.unwrap(), ["container-1"]);
    store.store.remove_rootfs("container-1").await.unwrap();
    store.store.remove_rootfs("container-1").await.unwrap();
    store.store.remove(&name.to_string()).await.unwrap();
    assert!(store.store.list().is_empty());
    assert_eq!(store.store.fs_usage().await.unwrap().images, images::Usage::default());
    assert!(matches!(store.store.inspect(&name.to_string()), Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn the_registry_is_quoted() {
    let registry = Registry::start();
    registry.push("x", "known", &support::small_image(1));
    let store = support::store();
    let pull =
        async |text: String| store.store.pull(&reference(text), &PullOptions::default()).await.unwrap_err();
    let error = pull(format!("{}/x:y", registry.address)).await;
    assert_eq!(error.to_string(), format!("{}/x:y: manifest unknown", registry.address));
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // A port where nobody listens.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = pull(format!("{closed}/x:y")).await;
    assert_eq!(error.to_string(), format!("{closed}/x:y: cannot reach http://{closed}"));
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("refused"));
}

#[tokio::test]
async fn an_index_gives_this_platform_and_a_moved_tag_leaves_the_old_image() {
    let registry = Registry::start();
    let (first, second) = (support::small_image(1), support::small_image(2));
    registry.push("app", "one", &first);
    registry.push("app", "two", &second);
    let entry = |image: &TestImage, architecture: &str| {
        json!({"mediaType": support::MANIFEST, "digest": Digest::of(&image.manifest), "size": image.manifest.len(),
               "platform": {"os": "linux", "architecture": architecture}})
    };
    let here = images::Platform::host().architecture;
    let index = json!({"schemaVersion": 2, "mediaType": support::INDEX,
                       "manifests": [entry(&second, "other"), entry(&first, &here)]});
    registry.push_manifest("app", "latest", support::INDEX, index.to_string().as_bytes());
    let name = reference(format!("{}/app", registry.address));
    let store = support::store();
    let pulled = store.store.pull(&name, &PullOptions::default()).await.unwrap();
    assert_eq!(pulled.id, first.id());
    let digest = Digest::of(index.to_string().as_bytes());
    assert_eq!(pulled.repo_digests, [name.with_digest(&digest)], "the digest is the index's");
    // By digest, with nothing new to fetch.
    let by_digest = reference(format!("{}/app@{digest}", registry.address));
    assert_eq!(store.store.pull(&by_digest, &PullOptions::default()).await.unwrap().id, first.id());

    registry.push("app", "latest", &second);
    let moved = store.store.pull(&name, &PullOptions::default()).await.unwrap();
    assert_eq!(moved.id, second.id());
    let old = store.store.inspect(first.id().as_str()).unwrap();
    assert!(old.repo_tags.is_empty() && !old.repo_digests.is_empty());
    store.store.remove(first.id().as_str()).await.unwrap();
    // The base layer is common to both and stays.
    let rootfs = store.store.prepare_rootfs(&name.to_string(), "c").await.unwrap();
    assert_eq!(read(&rootfs, "etc/os"), "base");
}

#[tokio::test]
async fn two_pulls_share_one_download() {
    let registry = Registry::start();
    let image = TestImage::new(&[support::tar_of(&[("big", &support::noise(300_000, 1))])]);
    registry.push("app", "latest", &image);
    let blobs = Arc::new(AtomicUsize::new(0));
    let (counter, real, layer) = (blobs.clone(), registry.address, Digest::of(&image.layers[0]));
    let front = support::serve(move |request| {
        counter.fetch_add(usize::from(request.line.ends_with(layer.as_str())), Ordering::SeqCst);
        support::forward(real, request)
    });
    let store = support::store();
    let (name, options) = (reference(format!("{front}/app")), PullOptions::default());
    let (a, b, c) = tokio::join!(
        store.store.pull(&name, &options),
        store.store.pull(&name, &options),
        store.store.pull(&name, &options)
    );
    assert_eq!((a.unwrap().id, b.unwrap().id, c.unwrap().id), (image.id(), image.id(), image.id()));
    assert_eq!(blobs.load(Ordering::SeqCst), 1);
}

/// With ranges honoured and with ranges ignored.
#[tokio::test]
async fn a_broken_download_is_resumed() {
    for honour_ranges in [true, false] {
        let registry = Registry::start();
        let image = TestImage::new(&[support::tar_of(&[("big", &support::noise(1_000_000, 2))])]);
        registry.push("app", "latest", &image);
        let ranges: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
        let (seen, real, layer) = (ranges.clone(), registry.address, Digest::of(&image.layers[0]));
        let front = support::serve(move |request| {
            let mut answer = support::forward(real, request);
            if request.line.ends_with(layer.as_str()) {
                let mut seen = seen.lock().unwrap();
                seen.push(request.headers.get("range").cloned());
                if !honour_ranges && request.headers.contains_key("range") {
                    let line = request.line.clone();
                    let (method, path) = line.split_once(' ').unwrap();
                    answer = Answer::of(support::http(real, method, path, &[], b""));
                }
                answer.cut = (seen.len() < 4).then_some(200_000);
            }
            answer
        });
        let store = support::store();
        let received = Arc::new(AtomicUsize::new(0));
        let counter = received.clone();
        let progress = move |progress: images::PullProgress| {
            counter.fetch_max(progress.received_bytes as usize, Ordering::SeqCst);
        };
        let options = PullOptions { progress: Some(Arc::new(progress)), ..PullOptions::default() };
        let pulled = store.store.pull(&reference(format!("{front}/app")), &options).await;
        if honour_ranges {
            assert_eq!(pulled.unwrap().id, image.id());
            let ranges = ranges.lock().unwrap().clone();
            assert_eq!(ranges[..2], [None, Some("bytes=200000-".to_owned())]);
            assert_eq!(ranges.len(), 4);
            assert_eq!(received.load(Ordering::SeqCst), image.layers[0].len());
        } else {
            // Every attempt is cut at the same place until the fourth, which is whole.
            assert_eq!(pulled.unwrap().id, image.id());
            assert_eq!(ranges.lock().unwrap().len(), 4);
        }
    }
}

#[tokio::test]
async fn wrong_bytes_are_refused_and_leave_nothing() {
    let registry = Registry::start();
    let image = support::small_image(1);
    registry.push("app", "latest", &image);
    let (real, layer) = (registry.address, Digest::of(&image.layers[1]));
    let front = support::serve(move |request| {
        let mut answer = support::forward(real, request);
        if request.line.ends_with(layer.as_str()) {
            answer.body[20] ^= 1;
        }
        answer
    });
    let store = support::store();
    let error =
        store.store.pull(&reference(format!("{front}/app")), &PullOptions::default()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Digest { expected, .. } if *expected == Digest::of(&image.layers[1])),
        "{error}"
    );
    assert!(store.store.list().is_empty());
    store.store.gc().await.unwrap();
    assert_eq!(store.store.fs_usage().await.unwrap().images, images::Usage::default());
    assert_eq!(std::fs::read_dir(store.dir.path().join("ingest")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_layer_that_lies_about_its_content_is_refused() {
    let registry = Registry::start();
    let honest = support::tar_of(&[("a", b"a")]);
    let other = support::tar_of(&[("b", b"b")]);
    let image = TestImage::with_layers(&[honest], vec![support::gzip(&other)]);
    registry.push("app", "latest", &image);
    let store = support::store();
    let name = reference(format!("{}/app", registry.address));
    let error = store.store.pull(&name, &PullOptions::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Digest { actual, .. } if *actual == Digest::of(&other)), "{error}");
    assert_eq!(std::fs::read_dir(store.dir.path().join("layers")).unwrap().count(), 0);
}

#[tokio::test]
async fn basic_authentication() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new("htpasswd").args(["-Bbn", "user", "secret"]).output();
    let output = output.expect("the Debian package apache2-utils is needed");
    let file = dir.path().join("htpasswd");
    std::fs::write(&file, output.stdout).unwrap();
    let open = Registry::start();
    let image = support::small_image(1);
    open.push("app", "latest", &image);
    // The guard in front is the registry's own: it checks and answers 401 as a real one does.
    let guard = Registry::start_with(&format!(
        "auth: {{htpasswd: {{realm: 'a realm', path: {}}}}}\nproxy: {{remoteurl: 'http://{}'}}",
        file.display(),
        open.address
    ));
    let name = reference(format!("{}/app", guard.address));
    let store = support::store();
    let error = store.store.pull(&name, &PullOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.to_string(), format!("{name}: authentication required"));
    let wrong = Credentials::Basic { username: "user".into(), password: "wrong".into() };
    let error =
        store.store.pull(&name, &PullOptions { credentials: Some(wrong), progress: None }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    let options = PullOptions { credentials: Some(basic()), progress: None };
    assert_eq!(store.store.pull(&name, &options).await.unwrap().id, image.id());
}

/// A token server, and blobs on another host that must not see the token.
#[tokio::test]
async fn token_authentication_and_redirects() {
    let registry = Registry::start();
    let image = support::small_image(1);
    registry.push("team/app", "latest", &image);
    let real = registry.address;
    let storage = support::serve(move |request| {
        assert!(!request.headers.contains_key("authorization"), "the storage host saw the token");
        assert!(request.line.starts_with("GET /v2/team/app/blobs/"));
        support::forward(real, request)
    });
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = asked.clone();
    let tokens = support::serve(move |request| {
        log.lock().unwrap().push(request.line.clone());
        match request.headers.get("authorization").map(String::as_str) {
            Some("Basic dXNlcjpzZWNyZXQ=") => {
                Answer { status: 200, body: br#"{"token":"opaque.token"}"#.to_vec(), ..Answer::default() }
            }
            _ => Answer {
                status: 401,
                body: br#"{"errors":[{"code":"DENIED","message":"who are you"}]}"#.to_vec(),
                ..Answer::default()
            },
        }
    });
    let front = support::serve(move |request| {
        if request.headers.get("authorization").map(String::as_str) != Some("Bearer opaque.token") {
            let challenge = format!(
                "Bearer realm=\"http://{tokens}/token\",service=\"reg\",scope=\"repository:team/app:pull\""
            );
            return Answer {
                status: 401,
                headers: vec![("WWW-Authenticate".into(), challenge)],
                ..Answer::default()
            };
        }
        if request.line.contains("/blobs/") {
            let location = format!("http://{storage}{}", request.line.split_once(' ').unwrap().1);
            return Answer { status: 307, headers: vec![("Location".into(), location)], ..Answer::default() };
        }
        support::forward(real, request)
    });
    let name = reference(format!("{front}/team/app"));
    let store = support::store();
    let error = store.store.pull(&name, &PullOptions::default()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{name}: who are you"));
    let options = PullOptions { credentials: Some(basic()), progress: None };
    assert_eq!(store.store.pull(&name, &options).await.unwrap().id, image.id());
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2, "one token serves the whole pull: {asked:?}");
    assert_eq!(asked[1], "GET /token?service=reg&scope=repository%3Ateam%2Fapp%3Apull");
}

#[tokio::test]
async fn mirrors_come_first_and_the_registry_is_the_last_resort() {
    let registry = Registry::start();
    let image = support::small_image(1);
    registry.push("app", "mirrored", &image);
    let broken = support::serve(|_| Answer { status: 503, ..Answer::default() });
    let dir = tempfile::tempdir().unwrap();
    let mut config = support::config(dir.path());
    let mirrors = vec![format!("http://{broken}"), format!("http://{}", registry.address)];
    let host = RegistryHost { mirrors, ..RegistryHost::default() };
    // The registry itself does not exist: a name that is never resolved.
    config.registries.hosts.insert("registry.example.com".into(), host);
    let store = support::open(config);
    let name = reference("registry.example.com/app:mirrored".into());
    let pulled = store.pull(&name, &PullOptions::default()).await.unwrap();
    assert_eq!(pulled.id, image.id());
    assert_eq!(pulled.repo_tags, ["registry.example.com/app:mirrored"]);
}

/// A TLS front with a certificate of its own authority.
#[tokio::test]
async fn tls_trusts_the_configured_authority_only() {
    let registry = Registry::start();
    let image = support::small_image(1);
    registry.push("app", "latest", &image);
    let dir = tempfile::tempdir().unwrap();
    let (front, ca) = tls_front(registry.address, dir.path()).await;
    let attempt = async |ca_files: Vec<PathBuf>| {
        let root = tempfile::tempdir_in(dir.path()).unwrap();
        let mut config = support::config(root.path());
        config.registries.ca_files = ca_files;
        let host = RegistryHost { mirrors: vec![front.clone()], ..RegistryHost::default() };
        config.registries.hosts.insert("127.0.0.1:1".into(), host);
        let name = reference("127.0.0.1:1/app".into());
        support::open(config).pull(&name, &PullOptions::default()).await.map(|image| image.id)
    };
    assert!(attempt(vec![]).await.is_err(), "an unknown authority was trusted");
    assert_eq!(attempt(vec![ca]).await.unwrap(), image.id());
}

async fn tls_front(real: std::net::SocketAddr, dir: &std::path::Path) -> (String, PathBuf) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let ca = dir.join("ca.pem");
    std::fs::write(&ca, certified.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    static FRONT: supervise::TaskKind = supervise::TaskKind {
        name: "front",
        rank: supervise::Rank::Admin,
        on_end: supervise::OnEnd::Nothing,
    };
    let spawner = supervise::Supervisor::new().spawner();
    let inner = spawner.clone();
    spawner.spawn(&FRONT, "accept", async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            inner.spawn(&FRONT, "connection", async move {
                let Ok(mut tls) = acceptor.accept(stream).await else { return };
                let mut plain = tokio::net::TcpStream::connect(real).await.unwrap();
                // The end of either side ends the connection; there is nothing to report.
                drop(tokio::io::copy_bidirectional(&mut tls, &mut plain).await);
            });
        }
    });
    (url, ca)
}

#[tokio::test]
async fn a_store_survives_its_process() {
    let registry = Registry::start();
    let image = support::small_image(1);
    registry.push("app", "latest", &image);
    let name = reference(format!("{}/app", registry.address));
    let dir = tempfile::tempdir().unwrap();
    let store = support::open(support::config(dir.path()));
    let pulled = store.pull(&name, &PullOptions::default()).await.unwrap();
    let rootfs = store.prepare_rootfs(pulled.id.as_str(), "c").await.unwrap();
    assert!(matches!(support::try_open(support::config(dir.path())), Err(Error::Locked { .. })));
    // Whatever the first process was doing, it is gone: a child takes over a copy of its directory.
    let copy = tempfile::tempdir().unwrap();
    let status = Command::new("cp")
        .arg("-a")
        .arg(dir.path().join("."))
        .arg(copy.path())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    std::fs::write(copy.path().join("ingest/partial"), "x").unwrap();
    // One layer as a power loss leaves it: not flushed, in an earlier boot.
    for layer in std::fs::read_dir(copy.path().join("layers")).unwrap() {
        let record = layer.unwrap().path().join("layer.json");
        let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
        json["durable"] = false.into();
        json["bootId"] = "another boot".into();
        std::fs::File::create(&record).unwrap().write_all(json.to_string().as_bytes()).unwrap();
    }
    drop(registry);
    let reopened = support::open(support::config(copy.path()));
    assert_eq!(reopened.list(), std::slice::from_ref(&pulled));
    assert!(!copy.path().join("ingest/partial").exists());
    let again = reopened.prepare_rootfs(pulled.id.as_str(), "c").await.unwrap();
    assert_eq!(again.lower.len(), rootfs.lower.len());
    assert_eq!(read(&again, "etc/os"), "base", "unpacked again from its blob, without the registry");
}
