//! The server: listeners, connections, draining.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use http::Response;
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use rustls::pki_types::CertificateDer;
use supervise::Spawner;
use supervise::Stop;
use supervise::TaskKind;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::Body;
use crate::Error;
use crate::Result;
use crate::body::Unread;
use crate::cork;
use crate::cork::Cork;
use crate::stall::Noticed;
use crate::stall::StreamGuard;
use crate::stall::WriteTimeout;

/// Answers requests.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. Dropped when the client goes away before the answer is there.
    async fn handle(&self, request: Request<Body>, connection: &Arc<ConnInfo>) -> Response<Body>;
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On a TCP address; port 0 picks one.
    Tcp(SocketAddr),
    /// On a unix socket with these permission bits. A socket file that nobody listens on any more is
    /// replaced.
    Unix(PathBuf, u32),
}

/// The limits of a server. The defaults are those of upstream's API server where it has them.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Requests at once on one HTTP/2 connection.
    pub max_concurrent_streams: u32,
    /// How long a client may take for the TLS handshake, and for the headers of a request (HTTP/1).
    pub header_timeout: Duration,
    /// The most bytes of headers; of HTTP/1 also what is read at once.
    pub max_header_bytes: usize,
    /// How often a quiet HTTP/2 connection is asked for a sign of life.
    pub keep_alive_interval: Duration,
    /// How long it has for the answer.
    pub keep_alive_timeout: Duration,
    /// How long a client may take nothing of what waits for it before its connection, or that stream of
    /// it, is ended.
    pub write_timeout: Duration,
    /// The most connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// How long requests may take to finish once the server was told to stop.
    pub drain_timeout: Duration,
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub struct ConnInfo {
    /// Where it comes from.
    pub peer: Peer,
    /// The client's certificate chain, its own first; empty if it sent none. Not verified: that the
    /// client holds the key of the first is all that is known.
    pub client_chain: Vec<CertificateDer<'static>>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Requested when the server drains: long answers (watches, log streams) should end now, short
    /// ones go on.
    pub draining: Stop,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix,
    /// This process: no connection at all.
    InProcess,
}

/// A server that listens; requests are answered once [`Server::run`] runs.
pub struct Server {
    listener: Listener,
    tls: Option<TlsAcceptor>,
    options: Arc<ServerOptions>,
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// Upstream's windows: a request body of usual size fits without waiting for the server.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;
/// How long the accept loop rests when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What one HTTP/2 stream may have waiting in its connection.
const SEND_BUFFER_BYTES: usize = 256 << 10;
/// How much of a request's body is read that nobody wants, before its client is cut off.
const DISCARDED_BYTES: usize = 4 << 20;
const DISCARDING: Duration = Duration::from_secs(5);
/// Descriptors that connections leave to everything else: the store, pipes, other sockets.
const OTHER_DESCRIPTORS: usize = 256;

/// Writes are not gathered.
const UNCORKED: Option<Cork<tokio::net::TcpStream>> = None;

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_concurrent_streams: 250,
            header_timeout: Duration::from_secs(32),
            // Less than upstream's 1 MiB: a buffer of this size is what a connection may hold of whatever its
            // client sends, and no client sends headers of a tenth of it.
            max_header_bytes: 256 << 10,
            keep_alive_interval: Duration::from_secs(30),
            keep_alive_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(60),
            max_connections: connections_by_descriptors(),
            drain_timeout: Duration::from_secs(8),
        }
    }
}

impl ConnInfo {
    /// A caller within the process.
    pub fn in_process(draining: Stop) -> Self {
        Self { peer: Peer::InProcess, client_chain: Vec::new(), tls: false, draining }
    }
}

impl Server {
    /// Listens, with TLS if a configuration is given (see `pki::server_config`).
    ///
    /// # Errors
    /// [`Error::Bind`].
    pub async fn bind(
        listen: Listen,
        tls: Option<Arc<rustls::ServerConfig>>,
        options: ServerOptions,
    ) -> Result<Self> {
        let listener = match listen {
            Listen::Tcp(address) => {
                let bound = TcpListener::bind(address).await;
                Listener::Tcp(bound.map_err(|source| Error::Bind { address: address.to_string(), source })?)
            }
            Listen::Unix(path, mode) => {
                let bound = bind_unix(&path, mode).await;
                let listener =
                    bound.map_err(|source| Error::Bind { address: path.display().to_string(), source })?;
                Listener::Unix(listener, path)
            }
        };
        Ok(Self { listener, tls: tls.map(TlsAcceptor::from), options: Arc::new(options) })
    }

    /// The TCP address it listens on; `None` for a unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.listener {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(..) => None,
        }
    }

    /// Serves until stopping is requested, then drains: takes no more connections, tells HTTP/2
    /// clients to go elsewhere, lets requests finish, and returns once all connections are closed or
    /// the drain timeout is over. Connections and streams are tasks of `kind`.
    pub async fn run(self, handler: Arc<dyn Handler>, spawner: Spawner, kind: &'static TaskKind, stop: Stop) {
        let (alive, mut all_closed) = tokio::sync::mpsc::channel::<()>(1);
        let server =
            Arc::new(Running { handler, spawner, kind, options: self.options.clone(), stop: stop.clone() });
        let places = Arc::new(Semaphore::new(self.options.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
        loop {
            // Waiting for a place is cancel-safe; the semaphore is never closed.
            let Some(Ok(place)) = stop.unless(places.clone().acquire_owned()).await else { break };
            // Accepting is cancel-safe: a connection that was not returned stays in the backlog.
            let accepted = stop.unless(self.listener.accept()).await;
            let (stream, peer) = match accepted {
                None => break,
                Some(Ok(accepted)) => accepted,
                Some(Err(error)) => {
                    // Out of descriptors, mostly: those that are open must be able to close.
                    tracing::warn!(error = &error as &dyn std::error::Error, "accept failed");
                    stop.unless(tokio::time::sleep(ACCEPT_PAUSE)).await;
                    continue;
                }
            };
            let (server, tls, alive) = (server.clone(), self.tls.clone(), alive.clone());
            server.clone().spawner.spawn(kind, "", async move {
                server.connection(stream, peer, tls).await;
                drop((alive, place));
            });
        }
        let timeout = self.options.drain_timeout;
        drop(self);
        drop(alive);
        if tokio::time::timeout(timeout, all_closed.recv()).await.is_err() {
            tracing::info!("connections were still open when the drain timeout was over");
        }
    }
}

enum Accepted {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

impl Listener {
    async fn accept(&self) -> io::Result<(Accepted, Peer)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Answers are written whole: waiting to fill a segment only delays them.
                stream.set_nodelay(true)?;
                Ok((Accepted::Tcp(stream), Peer::Tcp(address)))
            }
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Accepted::Unix(stream), Peer::Unix))
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self
            && let Err(error) = std::fs::remove_file(&*path)
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "socket file was not removed");
        }
    }
}

struct Running {
    handler: Arc<dyn Handler>,
    spawner: Spawner,
    kind: &'static TaskKind,
    options: Arc<ServerOptions>,
    stop: Stop,
}

impl Running {
    async fn connection(self: Arc<Self>, stream: Accepted, peer: Peer, tls: Option<TlsAcceptor>) {
        let mut info =
            ConnInfo { peer, client_chain: Vec::new(), tls: tls.is_some(), draining: self.stop.clone() };
        let timeout = self.options.write_timeout;
        let Some(tls) = tls else {
            match stream {
                Accepted::Tcp(stream) => self.serve(WriteTimeout::new(stream, timeout), UNCORKED, info).await,
                Accepted::Unix(stream) => {
                    self.serve(WriteTimeout::new(stream, timeout), UNCORKED, info).await
                }
            }
            return;
        };
        let stream: Box<dyn Stream> = match stream {
            Accepted::Tcp(stream) => Box::new(WriteTimeout::new(stream, timeout)),
            Accepted::Unix(stream) => Box::new(WriteTimeout::new(stream, timeout)),
        };
        let handshake = tokio::time::timeout(self.options.header_timeout, tls.accept(stream));
        match self.stop.unless(handshake).await {
            Some(Ok(Ok(stream))) => {
                let session = stream.get_ref().1;
                let chain = session.peer_certificates().unwrap_or_default();
                info.client_chain =
                    chain.iter().map(|certificate| certificate.clone().into_owned()).collect();
                if session.alpn_protocol() == Some(b"h2") {
                    let cork = Cork::new(stream);
                    self.serve(cork.clone(), Some(cork), info).await;
                } else {
                    // HTTP/1 writes an answer in one go, and may give the connection away.
                    self.serve(stream, UNCORKED, info).await;
                }
            }
            Some(Ok(Err(error))) => {
                tracing::debug!(?peer, error = &error as &dyn std::error::Error, "TLS handshake failed");
            }
            Some(Err(_)) => tracing::debug!(?peer, "TLS handshake took too long"),
            None => {}
        }
    }

    /// Serves a connection; `cork` is what gathers the writes to `stream`, where something does.
    async fn serve<S, T>(self: Arc<Self>, stream: S, cork: Option<Cork<T>>, info: ConnInfo)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (info, handler) = (Arc::new(info), self.handler.clone());
        let peer = info.peer;
        let service = service_fn(move |request: Request<Incoming>| {
            let (handler, info) = (handler.clone(), info.clone());
            async move {
                let unread = Unread::default();
                let request = request.map(|incoming| match incoming.is_end_stream() {
                    true => Body::empty(),
                    false => Body::lent(incoming, &unread),
                });
                let response = handler.handle(request, &info).await;
                unread.discard(DISCARDED_BYTES, DISCARDING).await;
                Ok::<_, std::convert::Infallible>(response.map(Noticed::new))
            }
        });
        let builder = self.builder();
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        tokio::pin!(connection);
        let ended = tokio::select! {
            // Neither branch is polled again after it completed, and nothing is lost by dropping
            // the wait for the signal.
            ended = cork::drive(connection.as_mut(), cork.clone()) => ended,
            () = self.stop.requested() => {
                connection.as_mut().graceful_shutdown();
                let ends = cork::drive(connection.as_mut(), cork);
                match tokio::time::timeout(self.options.drain_timeout, ends).await {
                    Ok(ended) => ended,
                    Err(_) => return,
                }
            }
        };
        if let Err(error) = ended {
            // Clients go away in every manner; that is theirs to explain.
            tracing::debug!(?peer, error = &*error, "connection ended");
        }
    }

    fn builder(&self) -> auto::Builder<StreamTasks> {
        let options = &self.options;
        let mut builder = auto::Builder::new(StreamTasks {
            spawner: self.spawner.clone(),
            kind: self.kind,
            write_timeout: Some(options.write_timeout),
        });
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(options.header_timeout)
            .max_buf_size(options.max_header_bytes.max(8192));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(options.max_concurrent_streams)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_frame_size(STREAM_WINDOW_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .max_header_list_size(u32::try_from(options.max_header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(options.keep_alive_interval)
            .keep_alive_timeout(options.keep_alive_timeout);
        builder
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Runs HTTP/2 streams as supervised tasks.
#[derive(Clone)]
pub(crate) struct StreamTasks {
    pub spawner: Spawner,
    pub kind: &'static TaskKind,
    /// How long a peer may take nothing of a stream's body, where that is ours to send.
    pub write_timeout: Option<Duration>,
}

impl<F> hyper::rt::Executor<F> for StreamTasks
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        match self.write_timeout {
            Some(timeout) => self.spawner.spawn(self.kind, "", StreamGuard::new(future, timeout)),
            None => self.spawner.spawn(self.kind, "", async move {
                future.await;
            }),
        }
    }
}

/// As many as the process may have open, less what it needs besides.
fn connections_by_descriptors() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    limit.saturating_sub(OTHER_DESCRIPTORS).max(64)
}

async fn bind_unix(path: &PathBuf, mode: u32) -> io::Result<UnixListener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            // A socket file outlives a killed server; one that is answered belongs to a live one.
            if tokio::net::UnixStream::connect(path).await.is_ok() {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        other => other?,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    Ok(listener)
}
