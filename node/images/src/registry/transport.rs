//! HTTP/1.1 connections to registries: plain or TLS, reused while idle.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::Uri;
use http::header;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Error;
use crate::RegistriesConfig;

type BoxError = Box<dyn StdError + Send + Sync>;

const USER_AGENT: &str = concat!("skiff/", env!("CARGO_PKG_VERSION"));
/// Idle connections kept per origin.
const IDLE_MAX: usize = 8;

static CONNECTION: TaskKind =
    TaskKind { name: "registry connection", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// Where a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    host: String,
    port: u16,
    pub(super) skip_verify: bool,
}

/// Opens and reuses connections.
pub(super) struct Transport {
    verified: TlsConnector,
    unverified: TlsConnector,
    pool: Arc<Pool>,
    spawner: Spawner,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

#[derive(Default)]
struct Pool {
    idle: Mutex<HashMap<Origin, Vec<SendRequest<Full<Bytes>>>>>,
}

/// A response whose body is still to be read. A connection goes back to the pool only after the
/// whole body: dropping the exchange earlier closes it.
pub(crate) struct Exchange {
    response: Response<Incoming>,
    connection: Option<(Origin, SendRequest<Full<Bytes>>)>,
    pool: Arc<Pool>,
    idle_timeout: Duration,
}

impl Origin {
    /// `host[:port]`, IPv6 addresses in brackets.
    pub(super) fn parse_host(host: &str, scheme: Scheme) -> Result<Self, String> {
        let authority: http::uri::Authority = host.parse().map_err(|error| format!("{host:?}: {error}"))?;
        let default = if scheme == Scheme::Http { 80 } else { 443 };
        let port = authority.port_u16().unwrap_or(default);
        Ok(Self { scheme, host: authority.host().to_owned(), port, skip_verify: false })
    }

    /// An absolute `http` or `https` URL, and the rest of it.
    pub(super) fn parse_url(url: &str) -> Result<(Self, String), String> {
        let uri: Uri = url.parse().map_err(|error| format!("{error}"))?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err("it is neither http nor https".into()),
        };
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.as_str().contains('@') {
            return Err("it carries credentials".into());
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok((Self::parse_host(authority.as_str(), scheme)?, path.to_owned()))
    }

    /// Where a `Location` leads to that was found at `path` of this origin (RFC 3986 §5).
    pub(super) fn join(&self, path: &str, location: &str) -> Result<(Self, String), String> {
        if let Some(rest) = location.strip_prefix("//") {
            let scheme = if self.scheme == Scheme::Http { "http" } else { "https" };
            return Self::parse_url(&format!("{scheme}://{rest}"));
        }
        if location.starts_with('/') {
            return Ok((self.clone(), location.to_owned()));
        }
        if location.contains("://") {
            let (mut origin, path) = Self::parse_url(location)?;
            if origin.scheme == Scheme::Http && self.scheme == Scheme::Https {
                return Err("it leaves TLS".into());
            }
            origin.skip_verify = self.skip_verify && origin.host == self.host;
            return Ok((origin, path));
        }
        let base = path.split('?').next().unwrap_or(path);
        let dir = base.rsplit_once('/').map_or("", |(dir, _)| dir);
        Ok((self.clone(), format!("{dir}/{location}")))
    }

    /// Loopback registries speak plain HTTP, as with containerd and Docker.
    pub(super) fn is_loopback(&self) -> bool {
        let bare = self.bare_host();
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    fn host_header(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => self.host.clone(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Http { "http" } else { "https" };
        write!(f, "{scheme}://{}", self.host_header())
    }
}

impl Transport {
    pub(super) fn new(config: &RegistriesConfig, spawner: Spawner) -> Result<Self, Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for file in &config.ca_files {
            add_roots(&mut roots, file)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = || {
            ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()
                .expect("the provider supports TLS 1.2 and 1.3")
        };
        let verified = builder().with_root_certificates(roots).with_no_client_auth();
        let unverified = builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate { provider: provider.clone() }))
            .with_no_client_auth();
        Ok(Self {
            verified: TlsConnector::from(Arc::new(verified)),
            unverified: TlsConnector::from(Arc::new(unverified)),
            pool: Arc::default(),
            spawner,
            connect_timeout: config.connect_timeout,
            idle_timeout: config.idle_timeout,
        })
    }

    /// Sends a request in origin form and waits for the response's head.
    pub(super) async fn send(
        &self,
        origin: &Origin,
        mut request: Request<Bytes>,
    ) -> Result<Exchange, BoxError> {
        let host = HeaderValue::from_str(&origin.host_header())?;
        request.headers_mut().insert(header::HOST, host);
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        // A connection that idled may have been closed by the registry: one that fails before an
        // answer says nothing about the request, so the next one is tried.
        while let Some(mut idle) = self.pool.take(origin) {
            if idle.ready().await.is_err() {
                continue;
            }
            if let Ok(Ok(response)) = self.timely(idle.send_request(request.clone().map(Full::new))).await {
                return Ok(self.exchange(origin, idle, response));
            }
        }
        let connecting = tokio::time::timeout(self.connect_timeout, self.connect(origin));
        let mut connection = connecting.await.map_err(|_| "connecting took too long")??;
        let response = self.timely(connection.send_request(request.map(Full::new))).await??;
        Ok(self.exchange(origin, connection, response))
    }

    async fn timely<T>(&self, future: impl Future<Output = T>) -> Result<T, BoxError> {
        tokio::time::timeout(self.idle_timeout, future).await.map_err(|_| "no answer in time".into())
    }

    fn exchange(
        &self,
        origin: &Origin,
        sender: SendRequest<Full<Bytes>>,
        response: Response<Incoming>,
    ) -> Exchange {
        Exchange {
            response,
            connection: Some((origin.clone(), sender)),
            pool: self.pool.clone(),
            idle_timeout: self.idle_timeout,
        }
    }

    async fn connect(&self, origin: &Origin) -> Result<SendRequest<Full<Bytes>>, BoxError> {
        let host = origin.bare_host();
        let stream = TcpStream::connect((host, origin.port)).await?;
        stream.set_nodelay(true)?;
        if origin.scheme == Scheme::Http {
            return self.handshake(origin, stream).await;
        }
        let connector = if origin.skip_verify { &self.unverified } else { &self.verified };
        let name = ServerName::try_from(host.to_owned())?;
        self.handshake(origin, connector.connect(name, stream).await?).await
    }

    async fn handshake<S>(&self, origin: &Origin, stream: S) -> Result<SendRequest<Full<Bytes>>, BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // An idle connection has nothing to finish: at shutdown it is dropped, not waited for.
        let stop = self.spawner.stop(CONNECTION.rank);
        self.spawner.spawn(&CONNECTION, origin.to_string(), async move {
            if let Some(Err(error)) = stop.unless(connection).await {
                tracing::debug!(%error, "registry connection ended");
            }
        });
        Ok(sender)
    }
}

impl Pool {
    fn take(&self, origin: &Origin) -> Option<SendRequest<Full<Bytes>>> {
        self.idle.lock().get_mut(origin)?.pop()
    }

    fn put(&self, origin: Origin, sender: SendRequest<Full<Bytes>>) {
        if sender.is_closed() {
            return;
        }
        let mut idle = self.idle.lock();
        let connections = idle.entry(origin).or_default();
        connections.retain(|connection| !connection.is_closed());
        if connections.len() < IDLE_MAX {
            connections.push(sender);
        }
    }
}

impl Exchange {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The target of a redirect.
    pub(super) fn location(&self) -> Option<String> {
        let redirects = matches!(self.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = self.headers().get(header::LOCATION).filter(|_| redirects)?;
        location.to_str().ok().map(str::to_owned)
    }

    /// The next piece of the body; `None` at its end. Fails when nothing comes in time.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, BoxError> {
        loop {
            let frame = tokio::time::timeout(self.idle_timeout, self.response.body_mut().frame());
            match frame.await.map_err(|_| "no data in time")? {
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
                None => {
                    if let Some((origin, sender)) = self.connection.take() {
                        self.pool.put(origin, sender);
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// The whole body, up to `max` bytes.
    pub(crate) async fn collect(mut self, max: usize) -> Result<Bytes, BoxError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > max {
                return Err(format!("the answer is larger than {max} bytes").into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }
}

fn add_roots(roots: &mut RootCertStore, file: &Path) -> Result<(), Error> {
    if !file.exists() {
        tracing::debug!(file = %file.display(), "no such CA bundle");
        return Ok(());
    }
    let unreadable =
        |error| Error::Config { mistakes: vec![format!("CA bundle {}: {error}", file.display())] };
    let certificates = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(unreadable)?;
    let (added, ignored) = roots.add_parsable_certificates(certificates);
    tracing::debug!(file = %file.display(), added, ignored, "CA bundle read");
    Ok(())
}

/// For registries that the operator has declared to be insecure.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_resolved() {
        let (origin, _) = Origin::parse_url("https://registry.example.com/").unwrap();
        let join = |location: &str| {
            origin.join("/v2/a/blobs/x?y=z", location).map(|(origin, path)| format!("{origin}{path}"))
        };
        assert_eq!(join("https://cdn.example.com:8443/b?s=1").unwrap(), "https://cdn.example.com:8443/b?s=1");
        assert_eq!(join("//cdn.example.com/b").unwrap(), "https://cdn.example.com/b");
        assert_eq!(join("/other").unwrap(), "https://registry.example.com/other");
        assert_eq!(join("sibling").unwrap(), "https://registry.example.com/v2/a/blobs/sibling");
        assert_eq!(join("http://cdn.example.com/b").unwrap_err(), "it leaves TLS");
        assert!(join("ftp://x/y").is_err());
    }

    #[test]
    fn loopback() {
        let is_loopback = |host| Origin::parse_host(host, Scheme::Https).unwrap().is_loopback();
        assert!(is_loopback("127.0.0.1:5000") && is_loopback("127.9.9.9") && is_loopback("[::1]:5000"));
        assert!(is_loopback("localhost:5000"));
        assert!(!is_loopback("registry.example.com") && !is_loopback("128.0.0.1") && !is_loopback("[::2]:1"));
    }
}
