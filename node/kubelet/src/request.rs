//! Requests to containers, for probes and hooks.

use std::net::IpAddr;
use std::time::Duration;

use api::Value;
use api::view::View as _;
use api::views::HTTPGetActionView;
use http::Request;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use wire::Body;

static CONNECTION: TaskKind =
    TaskKind { name: "probe connection", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

/// Most bytes of an answer that are read (upstream's `maxRespBodyLength`).
const BODY_BYTES: usize = 10 << 10;
const MAX_REDIRECTS: usize = 10;
const USER_AGENT: &str = "kube-probe/1.36";

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub path: String,
    pub headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: String,
    /// It redirects to another host, where nobody followed.
    pub leaves_host: bool,
}

impl Target {
    /// From an `httpGet` action.
    ///
    /// # Errors
    /// There is no address to ask.
    pub(crate) fn new(action: &Value, ip: Option<IpAddr>, port: u16) -> Result<Self, String> {
        let action = HTTPGetActionView::of(action);
        let host = match action.host() {
            "" => ip.ok_or("the pod has no address")?.to_string(),
            host => host.to_owned(),
        };
        let path = action.path();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let headers =
            action.http_headers().iter().map(|header| (header.name().to_owned(), header.value().to_owned()));
        Ok(Self { host, port, tls: action.scheme() == "HTTPS", path, headers: headers.collect() })
    }

    fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }
}

/// Sends a GET; follows redirects on the same host.
///
/// # Errors
/// No answer came, in a sentence.
pub(crate) async fn get(spawner: &Spawner, target: &Target, timeout: Duration) -> Result<Answer, String> {
    let work = async {
        let mut target = target.clone();
        for _ in 0..MAX_REDIRECTS {
            let (answer, location) = get_once(spawner, &target).await?;
            let Some(location) = location.filter(|_| matches!(answer.status, 301..=303 | 307 | 308)) else {
                return Ok(answer);
            };
            match redirected(&target, &location) {
                Some(next) => target = next,
                None => return Ok(Answer { leaves_host: true, ..answer }),
            }
        }
        Err(format!("stopped after {MAX_REDIRECTS} redirects"))
    };
    match tokio::time::timeout(timeout, work).await {
        Ok(result) => result,
        Err(_) => Err(format!(
            "Get \"{}://{}{}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            if target.tls { "https" } else { "http" },
            target.authority(),
            target.path
        )),
    }
}

async fn get_once(spawner: &Spawner, target: &Target) -> Result<(Answer, Option<String>), String> {
    // A probe does not judge the certificate (Kubernetes documentation, "HTTP probes").
    let tls = match target.tls {
        true => {
            Some(pki::client_config(&pki::ServerTrust::Anyone, None).map_err(|e| crate::error::chain(&e))?)
        }
        false => None,
    };
    let failed = |error: wire::Error| crate::error::chain(&error);
    let endpoint = wire::Endpoint::tcp(&target.host, target.port, tls).map_err(failed)?;
    let client = wire::Client::new(endpoint, wire::ClientOptions::default(), spawner, &CONNECTION);
    let mut request = Request::get(&target.path);
    let named = |name: &str| target.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    if !named("user-agent") {
        request = request.header("User-Agent", USER_AGENT);
    }
    if !named("accept") {
        request = request.header("Accept", "*/*");
    }
    if !named("host") {
        request = request.header("Host", target.authority());
    }
    request = request.header("Connection", "close");
    for (name, value) in &target.headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let request = request.body(Body::empty()).map_err(|error| error.to_string())?;
    let response = client.send(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let location =
        response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = response.into_body();
    let mut text = Vec::new();
    while text.len() < BODY_BYTES {
        match body.next().await {
            Some(Ok(piece)) => text.extend_from_slice(&piece),
            Some(Err(error)) => return Err(error.to_string()),
            None => break,
        }
    }
    text.truncate(BODY_BYTES);
    let body = String::from_utf8_lossy(&text).into_owned();
    Ok((Answer { status, body, leaves_host: false }, location))
}

/// The target of a redirect; `None` if it leads to another host.
fn redirected(from: &Target, location: &str) -> Option<Target> {
    let mut next = from.clone();
    let Some((scheme, rest)) = location.split_once("://") else {
        next.path = if location.starts_with('/') { location.to_owned() } else { format!("/{location}") };
        return Some(next);
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, if scheme == "https" { 443 } else { 80 }),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host != from.host {
        return None;
    }
    next.tls = scheme == "https";
    next.port = port;
    next.path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    Some(next)
}

/// Opens a TCP connection and closes it.
///
/// # Errors
/// It could not be opened.
pub(crate) async fn connect(
    host: &str,
    ip: Option<IpAddr>,
    port: u16,
    timeout: Duration,
) -> Result<(), String> {
    let host = match host {
        "" => ip.ok_or("the pod has no address")?.to_string(),
        host => host.to_owned(),
    };
    match tokio::time::timeout(timeout, tokio::net::TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("dial tcp {host}:{port}: {error}")),
        Err(_) => Err(format!("dial tcp {host}:{port}: i/o timeout")),
    }
}

/// What `grpc.health.v1.Health/Check` answers for a service.
///
/// # Errors
/// It is not serving, or did not answer.
pub(crate) async fn grpc_health(
    spawner: &Spawner,
    ip: Option<IpAddr>,
    port: u16,
    service: &str,
    timeout: Duration,
) -> Result<(), String> {
    let ip = ip.ok_or("the pod has no address")?;
    match tokio::time::timeout(timeout, grpc_check(spawner, ip, port, service)).await {
        Ok(result) => result,
        Err(_) => Err(format!("timeout: health rpc did not complete within {timeout:?}")),
    }
}

async fn grpc_check(spawner: &Spawner, ip: IpAddr, port: u16, service: &str) -> Result<(), String> {
    use http_body_util::BodyExt;
    let stream = tokio::net::TcpStream::connect((ip, port))
        .await
        .map_err(|error| format!("failed to connect service at \"{ip}:{port}\": {error}"))?;
    let io = hyper_util::rt::TokioIo::new(stream);
    let failed = |error: hyper::Error| format!("error: health rpc failed: {error}");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(Streams(spawner.clone()), io).await.map_err(failed)?;
    spawner.spawn(&CONNECTION, "grpc", async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a gRPC probe's connection ended");
        }
    });
    // HealthCheckRequest { string service = 1 }, in gRPC's frame: a flag and a length before it.
    let mut message = Vec::new();
    if !service.is_empty() {
        message.extend([0x0a, u8::try_from(service.len()).map_err(|_| "the service's name is too long")?]);
        message.extend_from_slice(service.as_bytes());
    }
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(message);
    let request = Request::post(format!("http://{ip}:{port}/grpc.health.v1.Health/Check"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("user-agent", USER_AGENT)
        .body(Body::full(frame))
        .map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(failed)?;
    let answer = response.into_body().collect().await.map_err(failed)?.to_bytes();
    // HealthCheckResponse { ServingStatus status = 1 }; SERVING is 1.
    match answer.get(5..) {
        Some([0x08, 1, ..]) => Ok(()),
        Some([0x08, status, ..]) => Err(format!("service unhealthy (responded with status {status})")),
        _ => Err("service unhealthy (responded with \"UNKNOWN\")".to_owned()),
    }
}

/// Runs a connection's streams as supervised tasks.
#[derive(Clone)]
struct Streams(Spawner);

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(&CONNECTION, "grpc stream", async move {
            future.await;
        });
    }
}
