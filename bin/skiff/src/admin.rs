//! The running process and who asks it: a unix socket in the data directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use api::Value;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use images::ImageStore;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::Supervisor;
use supervise::TaskKind;
use telemetry::health::Health;
use telemetry::health::Question;
use telemetry::metrics::Registry;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::sync::watch;
use wire::Body;
use wire::Client;
use wire::ClientOptions;
use wire::ConnInfo;
use wire::Endpoint;
use wire::Handler;
use wire::Listen;
use wire::Server;
use wire::ServerOptions;

use crate::demo;

static ADMIN: TaskKind = TaskKind { name: "admin endpoint", rank: Rank::Admin, on_end: OnEnd::Nothing };
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a process that was killed may take to be gone.
const DYING: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(20);
const LONG_TIMEOUT: Duration = Duration::from_secs(1800);

/// What the process says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) roles: Vec<&'static str>,
    pub(crate) server: String,
    pub(crate) kubeconfig: String,
    /// What is ready, by name.
    pub(crate) ready: Vec<(&'static str, bool)>,
}

impl Report {
    fn to_value(&self) -> Value {
        let ready: api::Map = self.ready.iter().map(|(name, ready)| (*name, *ready)).collect();
        api::value!({
            "pid": i64::from(std::process::id()),
            "version": env!("CARGO_PKG_VERSION"),
            "roles": self.roles.clone(),
            "endpoints": {"apiserver": &self.server},
            "kubeconfig": &self.kubeconfig,
            "ready": self.is_ready(),
            "components": ready
        })
    }

    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty() && self.ready.iter().all(|(_, ready)| *ready)
    }
}

/// What the admin endpoint answers from.
pub(crate) struct AdminDeps {
    pub(crate) report: watch::Receiver<Report>,
    /// Set once the node role has opened it.
    pub(crate) images: Arc<OnceLock<ImageStore>>,
    pub(crate) shutdown: Stop,
    pub(crate) spawner: Spawner,
    pub(crate) registry: Registry,
    pub(crate) health: Health,
}

/// Answers until the process ends, from a thread and a runtime of its own: who asks for health asks
/// when everything else is busy.
pub(crate) async fn serve(path: &Path, deps: AdminDeps) -> anyhow::Result<()> {
    let (bound, binding) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listen = Listen::Unix(path.to_owned(), 0o600);
    let admin = Admin { deps, main: Handle::current() };
    let thread = std::thread::Builder::new().name("admin".to_owned());
    thread.spawn(move || {
        runtime.block_on(async move {
            let server = match Server::bind(listen, None, ServerOptions::default()).await {
                Ok(server) => server,
                Err(error) => return drop(bound.send(Err(error))),
            };
            let (spawner, stop) = (admin.deps.spawner.clone(), admin.deps.spawner.stop(ADMIN.rank));
            let (ended, end) = oneshot::channel::<()>();
            let tasks = spawner.clone();
            spawner.spawn(&ADMIN, "listener", async move {
                server.run(Arc::new(admin), tasks, &ADMIN, stop).await;
                drop(ended);
            });
            drop(bound.send(Ok(())));
            // The runtime lives as long as its listener: the error is the sender's end.
            drop(end.await);
        });
    })?;
    Ok(binding.await.context("the admin thread ended at once")??)
}

struct Admin {
    deps: AdminDeps,
    /// Where work is done that is not an answer.
    main: Handle,
}

#[async_trait::async_trait]
impl Handler for Admin {
    async fn handle(&self, request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let (method, uri) = (request.method().as_str(), request.uri());
        match (method, uri.path()) {
            ("GET", "/status") => json(StatusCode::OK, &self.deps.report.borrow().to_value()),
            ("GET", "/metrics") => plain(StatusCode::OK, self.deps.registry.text()),
            ("GET", "/loops") => json(StatusCode::OK, &self.loops()),
            ("GET", path) if is_health(path) => self.health(path, uri.query().unwrap_or("")),
            ("POST", "/stop") => {
                self.deps.shutdown.request();
                json(StatusCode::ACCEPTED, &api::value!({}))
            }
            (method, path) if path.starts_with("/images") => {
                let answer = self.image(method, path, uri.query().unwrap_or("")).await;
                json(
                    StatusCode::OK,
                    &answer.unwrap_or_else(|error| api::value!({"error": format!("{error:#}")})),
                )
            }
            _ => json(StatusCode::NOT_FOUND, &api::value!({})),
        }
    }
}

fn is_health(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or("");
    matches!(first, "livez" | "readyz" | "healthz")
}

fn json(code: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::full(api::json::to_vec(value)));
    *response.status_mut() = code;
    response
}

fn plain(code: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = code;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

impl Admin {
    fn health(&self, path: &str, query: &str) -> Response<Body> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let exclude: Vec<&str> =
            pairs.iter().filter(|(key, _)| key == "exclude").map(|(_, value)| value.as_ref()).collect();
        let verbose = pairs.iter().any(|(key, _)| key == "verbose");
        let verdict = self.deps.health.ask(Question { path, verbose, exclude: &exclude });
        plain(StatusCode::from_u16(verdict.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), verdict.text)
    }

    /// Every kind of task: how many run, ended and panicked.
    fn loops(&self) -> Value {
        let rows: Vec<Value> = self
            .deps
            .spawner
            .census()
            .into_iter()
            .map(|row| {
                let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                api::value!({
                    "name": row.kind, "rank": format!("{:?}", row.rank), "running": count(row.running),
                    "ended": count(row.ended), "panicked": count(row.panicked)
                })
            })
            .collect();
        api::value!({"loops": rows})
    }

    /// Does something with images, on the main runtime.
    async fn image(&self, method: &str, path: &str, query: &str) -> anyhow::Result<Value> {
        let images = self.deps.images.clone();
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        let (done, answer) = oneshot::channel();
        let entered = self.main.enter();
        self.deps.spawner.spawn(&ADMIN, "images", async move {
            drop(done.send(image(&images, &method, &path, &query).await));
        });
        drop(entered);
        answer.await.context("the work on images broke off")?
    }
}

async fn image(
    images: &OnceLock<ImageStore>,
    method: &str,
    path: &str,
    query: &str,
) -> anyhow::Result<Value> {
    let images = images.get().context("this process does not have the node role, or is still starting")?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let argument =
        pairs.find(|(key, _)| key == "argument").map(|(_, value)| value.into_owned()).unwrap_or_default();
    let shown = match (method, path) {
        ("GET", "/images") => images.list(),
        ("POST", "/images/pull") => {
            let reference = images::Reference::parse(&argument)?;
            vec![images.pull(&reference, &images::PullOptions::default()).await?]
        }
        ("POST", "/images/import") => {
            let file = std::fs::File::open(&argument).with_context(|| format!("cannot open {argument}"))?;
            images.import(file).await.with_context(|| format!("cannot import {argument}"))?
        }
        ("POST", "/images/demo") => vec![demo::make_image(images).await?],
        ("DELETE", "/images") => {
            images.remove(&argument).await?;
            Vec::new()
        }
        _ => anyhow::bail!("no such request"),
    };
    let rows: Vec<Value> = shown
        .iter()
        .map(|image| {
            let names = if image.repo_tags.is_empty() { &image.repo_digests } else { &image.repo_tags };
            let size = i64::try_from(image.size).unwrap_or(i64::MAX);
            api::value!({"id": image.id.to_string(), "names": names.clone(), "size": size})
        })
        .collect();
    Ok(api::value!({"images": rows}))
}

/// Asks the process behind a socket; `None` where there is none.
pub(crate) async fn ask(path: &Path, method: &str, what: &str) -> anyhow::Result<Option<Value>> {
    ask_within(path, method, what, TIMEOUT).await
}

/// The same for what may take long, such as a pull.
pub(crate) async fn ask_long(path: &Path, method: &str, what: &str) -> anyhow::Result<Option<Value>> {
    ask_within(path, method, what, LONG_TIMEOUT).await
}

async fn ask_within(
    path: &Path,
    method: &str,
    what: &str,
    timeout: Duration,
) -> anyhow::Result<Option<Value>> {
    if !path.exists() {
        return Ok(None);
    }
    let supervisor = Supervisor::new();
    let spawner = supervisor.spawner();
    let client = Client::new(Endpoint::unix(path), ClientOptions::default(), &spawner, &ADMIN);
    let until = Instant::now() + DYING;
    let response = loop {
        let request = Request::builder().method(method).uri(what).body(Body::empty())?;
        match client.send_within(timeout, request).await {
            Ok(response) => break response,
            // A socket that nobody listens on is left over from a process that was killed.
            Err(wire::Error::Connect { .. }) => return Ok(None),
            // One that is being killed breaks off, and is gone in a moment.
            Err(wire::Error::Http { .. }) if Instant::now() < until => tokio::time::sleep(LOOK).await,
            Err(error) => return Err(error).context("the running process does not answer"),
        }
    };
    let body = response.into_body().collect(1 << 20).await?;
    Ok(Some(api::json::parse_value(&body)?))
}
