//! The running process and who asks it: a unix socket in the data directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use api::Value;
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

/// Answers until the process ends.
pub(crate) async fn serve(
    path: &Path,
    report: watch::Receiver<Report>,
    images: Arc<OnceLock<ImageStore>>,
    shutdown: Stop,
    spawner: &Spawner,
) -> wire::Result<()> {
    let listen = Listen::Unix(path.to_owned(), 0o600);
    let server = Server::bind(listen, None, ServerOptions::default()).await?;
    let handler = Arc::new(Admin { report, images, shutdown });
    let stop = spawner.stop(ADMIN.rank);
    let tasks = spawner.clone();
    spawner.spawn(&ADMIN, "listener", async move { server.run(handler, tasks, &ADMIN, stop).await });
    Ok(())
}

struct Admin {
    report: watch::Receiver<Report>,
    /// Set once the node role has opened it.
    images: Arc<OnceLock<ImageStore>>,
    shutdown: Stop,
}

#[async_trait::async_trait]
impl Handler for Admin {
    async fn handle(&self, request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let (code, body) = match (request.method().as_str(), request.uri().path()) {
            ("GET", "/status") => (StatusCode::OK, api::json::to_vec(&self.report.borrow().to_value())),
            ("POST", "/stop") => {
                self.shutdown.request();
                (StatusCode::ACCEPTED, b"{}".to_vec())
            }
            (method, path) if path.starts_with("/images") => {
                let answer = self.image(method, path, request.uri().query().unwrap_or("")).await;
                let answer = answer.unwrap_or_else(|error| api::value!({"error": format!("{error:#}")}));
                (StatusCode::OK, api::json::to_vec(&answer))
            }
            _ => (StatusCode::NOT_FOUND, b"{}".to_vec()),
        };
        let mut response = Response::new(Body::full(body));
        *response.status_mut() = code;
        response
    }
}

impl Admin {
    async fn image(&self, method: &str, path: &str, query: &str) -> anyhow::Result<Value> {
        let images =
            self.images.get().context("this process does not have the node role, or is still starting")?;
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
                let file =
                    std::fs::File::open(&argument).with_context(|| format!("cannot open {argument}"))?;
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
