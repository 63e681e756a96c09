//! The client: connections are kept and shared.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Weak;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::Uri;
use http::Version;
use http::header;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use crate::Body;
use crate::BodyError;
use crate::Error;
use crate::Io;
use crate::Result;
use crate::server::StreamTasks;

/// A server, and how to reach it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    address: Address,
    tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    /// The Host header.
    authority: String,
}

#[derive(Clone, Debug)]
enum Address {
    Name(String, u16),
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// The limits of a client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// How long connecting and the TLS handshake may take together.
    pub connect_timeout: Duration,
    /// How many idle HTTP/1 connections are kept.
    pub max_idle: usize,
    /// For how long.
    pub idle_timeout: Duration,
    /// How often a quiet HTTP/2 connection is asked for a sign of life (as client-go).
    pub keep_alive_interval: Duration,
    /// How long the server has for the answer.
    pub keep_alive_timeout: Duration,
}

/// A client of one server; cheap to clone. Speaks what the server prefers: one HTTP/2 connection
/// for all requests, or a pool of HTTP/1.1 connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: Endpoint,
    options: ClientOptions,
    tasks: StreamTasks,
    pool: Mutex<Pool>,
    /// Held while connecting, so that requests that come at once share one HTTP/2 connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Pool {
    http2: Option<http2::SendRequest<Body>>,
    idle: VecDeque<(http1::SendRequest<Body>, Instant)>,
    speaks_http1: bool,
}

enum Connection {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// Go's windows: a list is not held up by round trips.
const STREAM_WINDOW_BYTES: u32 = 4 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 64 << 20;
/// How much of a refusal's text is kept.
const REFUSAL_BYTES: usize = 64 << 10;

impl Endpoint {
    /// A host and port; with TLS the certificate must name the host.
    ///
    /// # Errors
    /// [`Error::Protocol`] if the host is no name or address.
    pub fn tcp(host: &str, port: u16, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Self> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = match bare.parse() {
            Ok(ip) => Address::Tcp(SocketAddr::new(ip, port)),
            Err(_) => Address::Name(bare.to_owned(), port),
        };
        let authority =
            if bare.contains(':') { format!("[{bare}]:{port}") } else { format!("{bare}:{port}") };
        Self { address, tls: None, authority }.with_tls(tls, bare)
    }

    /// An address, and the name that the certificate must bear instead of it.
    ///
    /// # Errors
    /// [`Error::Protocol`] if the name is none.
    pub fn named(address: SocketAddr, name: &str, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Self> {
        let authority = format!("{name}:{}", address.port());
        Self { address: Address::Tcp(address), tls: None, authority }.with_tls(tls, name)
    }

    /// The same server, whose certificate must bear this name instead of the host's; says nothing
    /// where there is no TLS.
    ///
    /// # Errors
    /// [`Error::Protocol`] if the name is none.
    pub fn with_server_name(self, name: &str) -> Result<Self> {
        let config = self.tls.as_ref().map(|(config, _)| config.clone());
        self.with_tls(config, name)
    }

    /// A unix socket, without TLS.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self { address: Address::Unix(path.into()), tls: None, authority: "localhost".into() }
    }

    fn with_tls(mut self, tls: Option<Arc<rustls::ClientConfig>>, name: &str) -> Result<Self> {
        if let Some(config) = tls {
            let name = ServerName::try_from(name.to_owned())
                .map_err(|_| Error::Protocol(format!("{name:?} is not a host name")))?;
            self.tls = Some((config, name));
        }
        Ok(self)
    }

    async fn connect(&self) -> io::Result<Io> {
        Ok(match &self.address {
            Address::Name(host, port) => Io::new(nodelay(TcpStream::connect((host.as_str(), *port)).await?)?),
            Address::Tcp(address) => Io::new(nodelay(TcpStream::connect(address).await?)?),
            Address::Unix(path) => Io::new(UnixStream::connect(path).await?),
        })
    }
}

fn nodelay(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            Address::Unix(path) => path.display().fmt(f),
            _ => f.write_str(&self.authority),
        }
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(30),
            max_idle: 25,
            idle_timeout: Duration::from_secs(90),
            keep_alive_interval: Duration::from_secs(30),
            keep_alive_timeout: Duration::from_secs(15),
        }
    }
}

impl Client {
    /// A client that connects on the first request. Its connections are tasks of `kind`.
    pub fn new(
        endpoint: Endpoint,
        options: ClientOptions,
        spawner: &Spawner,
        kind: &'static TaskKind,
    ) -> Self {
        let tasks = StreamTasks { spawner: spawner.clone(), kind, write_timeout: None };
        let (pool, connecting) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { shared: Arc::new(Shared { endpoint, options, tasks, pool, connecting }) }
    }

    /// The server.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// Sends a request (its URI may be path and query alone) and waits for the head of the answer;
    /// the body follows as it comes. Dropping the future, or the body, ends the exchange. A
    /// connection that the server closed while it was idle is replaced without notice.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Tls`], [`Error::Http`].
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>> {
        let mut request = request;
        loop {
            let connection = self.shared.connection().await?;
            match self.shared.exchange(connection, request).await {
                Ok(response) => return Ok(response),
                // Not a byte of it was sent: the connection had been closed before.
                Err((_, Some(unsent))) => request = unsent,
                Err((source, None)) => return Err(self.shared.http_error(source)),
            }
        }
    }

    /// As [`Client::send`], with a limit to the wait for the head of the answer.
    ///
    /// # Errors
    /// As [`Client::send`], and [`Error::Timeout`].
    pub async fn send_within(&self, timeout: Duration, request: Request<Body>) -> Result<Response<Body>> {
        let sent = tokio::time::timeout(timeout, self.send(request)).await;
        sent.unwrap_or_else(|_| Err(Error::Timeout { endpoint: self.shared.endpoint.to_string(), timeout }))
    }

    /// Sends an upgrade request on a connection of its own (HTTP/1.1, which is where upgrades are
    /// defined); gives the answer with status 101 and the connection.
    ///
    /// # Errors
    /// [`Error::Refused`] with what the server said if it answers otherwise; as [`Client::send`].
    pub async fn upgrade(&self, request: Request<Body>) -> Result<(Response<()>, Io)> {
        let mut response = self.send_upgrade(request).await?;
        let status = response.status();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            let message = response.into_body().collect(REFUSAL_BYTES).await.unwrap_or_default();
            return Err(Error::Refused { status, message: String::from_utf8_lossy(&message).into_owned() });
        }
        let io = Io::upgraded(hyper::upgrade::on(&mut response)).await?;
        Ok((response.map(|_| ()), io))
    }

    /// As [`Client::upgrade`], but gives any answer as it is, with the upgrade still in it.
    pub(crate) async fn send_upgrade(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        let shared = &self.shared;
        let (io, _) = shared.connect(Offer::Http1).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(io)).await.map_err(|source| shared.http_error(source))?;
        shared.tasks.spawner.spawn(shared.tasks.kind, "", async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(error = &error as &dyn std::error::Error, "connection ended");
            }
        });
        shared.prepare_http1(&mut request);
        let response = sender.send_request(request).await.map_err(|source| shared.http_error(source))?;
        Ok(response.map(Body::from))
    }
}

/// Which protocols a new connection offers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Any,
    Http1,
}

type Unsent = (hyper::Error, Option<Request<Body>>);

impl Shared {
    /// A connection that is ready: a kept one, or a new one.
    async fn connection(self: &Arc<Self>) -> Result<Connection> {
        if let Some(connection) = self.kept() {
            return Ok(connection);
        }
        if self.pool.lock().speaks_http1 {
            return self.establish().await;
        }
        let _turn = self.connecting.lock().await;
        // Whoever was here before may have left an HTTP/2 connection for everybody.
        match self.kept() {
            Some(connection) => Ok(connection),
            None => self.establish().await,
        }
    }

    fn kept(&self) -> Option<Connection> {
        let mut pool = self.pool.lock();
        if let Some(sender) = &pool.http2 {
            if !sender.is_closed() {
                return Some(Connection::Http2(sender.clone()));
            }
            pool.http2 = None;
        }
        // The youngest first: the others may fall idle.
        while let Some((sender, since)) = pool.idle.pop_back() {
            if !sender.is_closed() && since.elapsed() < self.options.idle_timeout {
                return Some(Connection::Http1(sender));
            }
        }
        None
    }

    fn keep(&self, sender: http1::SendRequest<Body>) {
        if sender.is_closed() {
            return;
        }
        let mut pool = self.pool.lock();
        let now = Instant::now();
        pool.idle.retain(|(sender, since)| {
            !sender.is_closed() && now.duration_since(*since) < self.options.idle_timeout
        });
        if pool.idle.len() < self.options.max_idle {
            pool.idle.push_back((sender, now));
        }
    }

    async fn connect(&self, offer: Offer) -> Result<(Io, bool)> {
        let endpoint = || self.endpoint.to_string();
        let connect = async {
            let stream = self.endpoint.connect().await;
            let stream = stream.map_err(|source| Error::Connect { endpoint: endpoint(), source })?;
            let Some((config, name)) = &self.endpoint.tls else {
                return Ok((stream, false));
            };
            let mut config = config.clone();
            if offer == Offer::Http1 && config.alpn_protocols.iter().any(|protocol| protocol == b"h2") {
                Arc::make_mut(&mut config).alpn_protocols = vec![b"http/1.1".to_vec()];
            }
            let stream = TlsConnector::from(config).connect(name.clone(), stream).await;
            let stream = stream.map_err(|source| Error::Tls { endpoint: endpoint(), source })?;
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            Ok((Io::new(stream), http2))
        };
        let timeout = self.options.connect_timeout;
        let connected = tokio::time::timeout(timeout, connect).await;
        connected.unwrap_or_else(|_| Err(Error::Timeout { endpoint: endpoint(), timeout }))
    }

    async fn establish(self: &Arc<Self>) -> Result<Connection> {
        let (io, http2) = self.connect(Offer::Any).await?;
        let io = TokioIo::new(io);
        if !http2 {
            let (sender, connection) =
                http1::handshake(io).await.map_err(|source| self.http_error(source))?;
            self.pool.lock().speaks_http1 = true;
            self.tend(connection);
            return Ok(Connection::Http1(sender));
        }
        let (sender, connection) = http2::Builder::new(self.tasks.clone())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .keep_alive_interval(self.options.keep_alive_interval)
            .keep_alive_timeout(self.options.keep_alive_timeout)
            .handshake(io)
            .await
            .map_err(|source| self.http_error(source))?;
        self.tend(connection);
        self.pool.lock().http2 = Some(sender.clone());
        Ok(Connection::Http2(sender))
    }

    fn tend<E: std::error::Error>(&self, connection: impl Future<Output = Result<(), E>> + Send + 'static) {
        let stop = self.tasks.spawner.stop(self.tasks.kind.rank);
        self.tasks.spawner.spawn(self.tasks.kind, "", async move {
            // An idle connection would hold up the stop of its rank.
            if let Some(Err(error)) = stop.unless(connection).await {
                tracing::debug!(error = %error, "connection ended");
            }
        });
    }

    async fn exchange(
        self: &Arc<Self>,
        connection: Connection,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Unsent> {
        match connection {
            Connection::Http2(mut sender) => {
                self.prepare_http2(&mut request);
                let response = sender.try_send_request(request).await;
                response.map(|response| response.map(Body::from)).map_err(unsent)
            }
            Connection::Http1(mut sender) => {
                self.prepare_http1(&mut request);
                if let Err(error) = sender.ready().await {
                    return Err((error, Some(request)));
                }
                let response = sender.try_send_request(request).await.map_err(unsent)?;
                let pool = Arc::downgrade(self);
                Ok(response.map(|body| Body::boxed(Pooled { body, sender: Some(sender), pool })))
            }
        }
    }

    fn prepare_http1(&self, request: &mut Request<Body>) {
        *request.version_mut() = Version::HTTP_11;
        if !request.headers().contains_key(header::HOST)
            && let Ok(host) = HeaderValue::from_str(&self.endpoint.authority)
        {
            request.headers_mut().insert(header::HOST, host);
        }
        if let Some(path) = request.uri().path_and_query() {
            *request.uri_mut() = Uri::from(path.clone());
        }
    }

    fn prepare_http2(&self, request: &mut Request<Body>) {
        *request.version_mut() = Version::HTTP_2;
        let host = request.headers_mut().remove(header::HOST);
        let host = host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or(&self.endpoint.authority);
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let uri = Uri::builder().scheme("https").authority(host).path_and_query(path).build();
        if let Ok(uri) = uri {
            *request.uri_mut() = uri;
        }
    }

    fn http_error(&self, source: hyper::Error) -> Error {
        Error::Http { endpoint: self.endpoint.to_string(), source }
    }
}

fn unsent(mut error: hyper::client::conn::TrySendError<Request<Body>>) -> Unsent {
    let message = error.take_message();
    (error.into_error(), message)
}

/// The body of an HTTP/1 answer; its connection can be used again once it is read to the end.
struct Pooled {
    body: Incoming,
    sender: Option<http1::SendRequest<Body>>,
    pool: Weak<Shared>,
}

impl Pooled {
    fn finished(&mut self) {
        if let (Some(sender), Some(pool)) = (self.sender.take(), self.pool.upgrade()) {
            pool.keep(sender);
        }
    }
}

impl http_body::Body for Pooled {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.finished();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        // An empty body is never polled.
        if http_body::Body::is_end_stream(&self.body) {
            self.finished();
        }
    }
}
