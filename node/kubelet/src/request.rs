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
    let response = client.send(request).await.map_err(|error| {
        let url =
            format!("{}://{}{}", if target.tls { "https" } else { "http" }, target.authority(), target.path);
        match io_cause(&error) {
            Some(cause) => format!("Get {url:?}: dial tcp {}: connect: {}", target.authority(), plain(cause)),
            None => format!("Get {url:?}: {}", crate::error::chain(&error)),
        }
    })?;
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

/// The operating system's error behind a connection that could not be made.
fn io_cause(error: &wire::Error) -> Option<&std::io::Error> {
    if !matches!(error, wire::Error::Connect { .. }) {
        return None;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(io) = found.downcast_ref() {
            return Some(io);
        }
        cause = found.source();
    }
    None
}

/// An operating system's error as Go words it: `connection refused`.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
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
        Ok(Err(error)) => Err(format!("dial tcp {host}:{port}: connect: {}", plain(&error))),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use api::value;
    use supervise::Supervisor;
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;

    static SERVER: TaskKind = TaskKind { name: "server", rank: Rank::Admin, on_end: OnEnd::Nothing };

    /// A server that answers by path, and remembers what it was asked.
    async fn serve(spawner: &Spawner) -> (u16, Arc<parking_lot::Mutex<Vec<String>>>) {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<parking_lot::Mutex<Vec<String>>> = Arc::default();
        let log = asked.clone();
        spawner.spawn(&SERVER, "", async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                let text = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                log.lock().push(text);
                let answer = match path.as_str() {
                    "/ok" => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned(),
                    "/here" => "HTTP/1.1 302 Found\r\nLocation: /bad\r\nContent-Length: 0\r\n\r\n".to_owned(),
                    "/there" => {
                        "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"
                            .to_owned()
                    }
                    "/slow" => {
                        std::future::pending::<()>().await;
                        String::new()
                    }
                    _ => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (port, asked)
    }

    #[tokio::test]
    async fn requests_as_probes_send_them() {
        let supervisor = Supervisor::new();
        let spawner = supervisor.spawner();
        let (port, asked) = serve(&spawner).await;
        let ip = Some("127.0.0.1".parse().unwrap());
        let target = |path: &str| {
            let action =
                value!({"path": path, "port": 80, "httpHeaders": [{"name": "X-Test", "value": "1"}]});
            Target::new(&action, ip, port).unwrap()
        };
        let second = Duration::from_secs(5);
        let answer = get(&spawner, &target("ok"), second).await.unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
        let request = asked.lock()[0].to_lowercase();
        assert!(
            request.starts_with("get /ok http/1.1\r\n") && request.contains("user-agent: kube-probe/"),
            "{request}"
        );
        assert!(request.contains("x-test: 1\r\n"), "{request}");
        assert_eq!(get(&spawner, &target("/here"), second).await.unwrap().status, 503);
        assert!(get(&spawner, &target("/there"), second).await.unwrap().leaves_host);
        let late = get(&spawner, &target("/slow"), Duration::from_millis(50)).await.unwrap_err();
        assert!(late.contains("context deadline exceeded"), "{late}");
        assert!(connect("", ip, port, second).await.is_ok());
        let refused = connect("127.0.0.1", None, 1, second).await.unwrap_err();
        assert_eq!(refused, "dial tcp 127.0.0.1:1: connect: connection refused");
        let refused = get(&spawner, &Target { port: 1, ..target("/ok") }, second).await.unwrap_err();
        assert_eq!(
            refused,
            "Get \"http://127.0.0.1:1/ok\": dial tcp 127.0.0.1:1: connect: connection refused"
        );
        assert!(
            grpc_health(&spawner, ip, 1, "", second).await.unwrap_err().contains("failed to connect service")
        );
    }

    #[test]
    fn redirects_stay_on_the_host() {
        let from =
            Target { host: "10.0.0.1".into(), port: 80, tls: false, path: "/a".into(), headers: Vec::new() };
        assert_eq!(redirected(&from, "/b").map(|t| t.path), Some("/b".into()));
        let other = redirected(&from, "https://10.0.0.1:8443").unwrap();
        assert_eq!((other.port, other.tls, other.path.as_str()), (8443, true, "/"));
        assert_eq!(redirected(&from, "http://example.com/"), None);
    }
}
