//! A real registry, small HTTP servers that misbehave on demand, and images made on the spot.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use images::Digest;
use images::ImageStore;
use images::ImagesConfig;
use images::ImagesDeps;
use images::Platform;
use serde_json::json;
use supervise::Supervisor;
use tempfile::TempDir;

/// A `docker-registry` process on a loopback port of its own.
pub struct Registry {
    process: Child,
    pub address: SocketAddr,
    _dir: TempDir,
}

impl Registry {
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// `auth` is a top-level section of the registry's configuration.
    pub fn start_with(auth: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: info, formatter: json}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: '127.0.0.1:0'}}\n{auth}\n",
            dir.path().display()
        );
        std::fs::write(dir.path().join("config.yml"), config).unwrap();
        let mut process = Command::new("docker-registry")
            .args(["serve", dir.path().join("config.yml").to_str().unwrap()])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the Debian package docker-registry is needed");
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "docker-registry ended before it listened");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest
                    .split(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap();
            }
        };
        // Somebody must read the log, or the registry blocks when the pipe is full.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { process, address, _dir: dir }
    }

    pub fn push(&self, repository: &str, tag: &str, image: &TestImage) {
        for blob in image.layers.iter().chain([&image.config]) {
            self.push_blob(repository, blob);
        }
        self.push_manifest(repository, tag, MANIFEST, &image.manifest);
    }

    pub fn push_manifest(&self, repository: &str, reference: &str, media_type: &str, body: &[u8]) {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let answer = http(self.address, "PUT", &path, &[("content-type", media_type)], body);
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }

    fn push_blob(&self, repository: &str, blob: &[u8]) {
        let answer = http(self.address, "POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"");
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
        let location = &answer.headers["location"];
        let path = location.strip_prefix(&format!("http://{}", self.address)).unwrap_or(location);
        let path = format!("{path}&digest={}", Digest::of(blob));
        let answer = http(self.address, "PUT", &path, &[("content-type", "application/octet-stream")], blob);
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An image's documents and blobs.
#[derive(Clone)]
pub struct TestImage {
    pub layers: Vec<Vec<u8>>,
    pub config: Vec<u8>,
    pub manifest: Vec<u8>,
}

impl TestImage {
    /// Gzipped layers from plain tar files, the base first.
    pub fn new(tars: &[Vec<u8>]) -> Self {
        let layers: Vec<Vec<u8>> = tars.iter().map(|tar| gzip(tar)).collect();
        Self::with_layers(tars, layers)
    }

    pub fn with_layers(tars: &[Vec<u8>], layers: Vec<Vec<u8>>) -> Self {
        let diff_ids: Vec<Digest> = tars.iter().map(|tar| Digest::of(tar)).collect();
        let config = json!({
            "architecture": Platform::host().architecture, "os": "linux",
            "config": {"Env": ["PATH=/bin"], "Entrypoint": ["/bin/app"], "Cmd": null, "User": "1000:1000",
                       "ExposedPorts": {"80/tcp": {}}, "WorkingDir": "/srv", "StopSignal": "SIGINT"},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = config.to_string().into_bytes();
        let manifest = manifest(&config, &layers);
        Self { layers, config, manifest }
    }

    pub fn id(&self) -> Digest {
        Digest::of(&self.config)
    }
}

pub fn manifest(config: &[u8], layers: &[Vec<u8>]) -> Vec<u8> {
    let descriptor = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()});
    let layers: Vec<_> =
        layers.iter().map(|layer| descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)).collect();
    json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", config), "layers": layers,
    })
    .to_string()
    .into_bytes()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar file of regular files.
pub fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Bytes that do not compress.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stdx::Rng::from_seed(seed).fill(&mut bytes);
    bytes
}

pub fn small_image(seed: u64) -> TestImage {
    let name = format!("file-{seed}");
    TestImage::new(&[tar_of(&[("bin/app", b"#!"), ("etc/os", b"base")]), tar_of(&[(&name, b"top")])])
}

pub struct Store {
    pub store: ImageStore,
    pub dir: TempDir,
}

pub fn config(root: &Path) -> ImagesConfig {
    let mut config = ImagesConfig::new(root);
    config.registries.idle_timeout = std::time::Duration::from_secs(10);
    config
}

pub fn open(config: ImagesConfig) -> ImageStore {
    try_open(config).unwrap()
}

pub fn try_open(config: ImagesConfig) -> Result<ImageStore, images::Error> {
    let deps = ImagesDeps {
        spawner: Supervisor::new().spawner(),
        clock: stdx::Clock::system(),
        rng: stdx::Rng::from_seed(1),
    };
    ImageStore::open(config, deps)
}

pub fn store() -> Store {
    let dir = tempfile::tempdir().unwrap();
    Store { store: open(config(dir.path())), dir }
}

#[derive(Debug)]
pub struct Message {
    pub status: u16,
    /// `GET /path` of a request.
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

pub fn http(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Message {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    read_message(&mut BufReader::new(stream)).expect("an answer")
}

fn read_message(reader: &mut impl BufRead) -> Option<Message> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    match headers.get("content-length") {
        Some(len) => {
            body.resize(len.parse().unwrap(), 0);
            reader.read_exact(&mut body).ok()?;
        }
        None if line.starts_with("HTTP/") => {
            reader.read_to_end(&mut body).ok()?;
        }
        None => {}
    }
    let mut words = line.split(' ');
    let (first, second) = (words.next()?.to_owned(), words.next()?.to_owned());
    let status = second.trim().parse().unwrap_or(0);
    Some(Message { status, line: format!("{first} {second}"), headers, body })
}

/// What a small server answers.
#[derive(Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Send only so many bytes of the body, then close.
    pub cut: Option<usize>,
}

impl Answer {
    pub fn of(message: Message) -> Self {
        let headers =
            message.headers.into_iter().filter(|(name, _)| name != "content-length" && name != "connection");
        Self { status: message.status, headers: headers.collect(), body: message.body, cut: None }
    }
}

/// A server of one handler; every connection has a thread.
pub fn serve(handler: impl Fn(&Message) -> Answer + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handler = Arc::new(handler);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, handler) = (stream.unwrap(), handler.clone());
            std::thread::spawn(move || answer(stream, &*handler));
        }
    });
    address
}

fn answer(stream: TcpStream, handler: &dyn Fn(&Message) -> Answer) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_message(&mut reader) {
        let answer = handler(&request);
        let mut head = format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let end = answer.cut.unwrap_or(answer.body.len());
        let sent = writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&answer.body[..end]));
        if sent.is_err() || answer.cut.is_some() {
            return;
        }
    }
}

/// Passes a request on to the real registry.
pub fn forward(registry: SocketAddr, request: &Message) -> Answer {
    let (method, path) = request.line.split_once(' ').unwrap();
    let kept = request
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "host" | "connection" | "content-length"));
    let headers: Vec<(&str, &str)> = kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Answer::of(http(registry, method, path, &headers, &request.body))
}
