//! What a remote transport is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Uri;
use http::header;
use pki::Rotating;
use pki::ServerTrust;
use thiserror::Error as ThisError;
use wire::Endpoint;

/// How an API server is reached, and as whom.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    /// Where: `https://host[:port][/prefix]`.
    pub server: Uri,
    /// Who may vouch for the server.
    pub trust: ServerTrust,
    /// The name that the server's certificate must bear, where it is not the host's.
    pub server_name: Option<String>,
    /// Who we are.
    pub identity: Identity,
    /// How we introduce ourselves, such as `kubelet/v1.36.2 (linux/amd64) skiff/0.1.0`.
    pub user_agent: String,
    /// How long the server has for an answer other than a watch, and a watch for its head.
    pub request_timeout: Duration,
    /// Largest answer.
    pub max_answer_bytes: usize,
    /// Largest event of a watch.
    pub max_event_bytes: usize,
}

/// Who a client is.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// A client certificate.
    pub credential: Option<Arc<Rotating>>,
    /// A bearer token.
    pub token: Token,
    /// Somebody else to act as.
    pub impersonate: Option<Impersonation>,
}

/// A bearer token.
#[derive(Clone, Default)]
pub enum Token {
    /// None.
    #[default]
    None,
    /// The token itself.
    Fixed(String),
    /// A file that holds it, read again when it changes.
    File(PathBuf),
}

/// Whom to act as (`as` of a kubeconfig); the API server must allow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonation {
    /// The user.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
}

/// Settings that cannot be used.
#[derive(Debug, ThisError)]
pub enum RemoteError {
    /// The server's address.
    #[error("the server {server:?} must be https://HOST[:PORT]: {why}")]
    Server {
        /// The address.
        server: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// TLS cannot be configured.
    #[error("configure TLS")]
    Tls {
        /// The cause.
        #[source]
        source: pki::Error,
    },
    /// The server's name.
    #[error("the name of the server")]
    Name {
        /// The cause.
        #[source]
        source: wire::Error,
    },
    /// A text that cannot stand in a header.
    #[error("{what} holds characters that HTTP does not allow in a header")]
    Header {
        /// What the text is.
        what: &'static str,
    },
}

impl RemoteConfig {
    /// The defaults for a server: no identity, a minute of patience.
    ///
    /// # Errors
    /// [`RemoteError::Server`] unless it is an `https` URL.
    pub fn new(server: &str, trust: ServerTrust) -> Result<Self, RemoteError> {
        let refuse = |why| RemoteError::Server { server: server.to_owned(), why };
        let uri: Uri = server.parse().map_err(|_| refuse("it is no URL"))?;
        match uri.scheme_str() {
            Some("https") => {}
            // Whoever listens on the way would have the credentials.
            Some(_) => return Err(refuse("only TLS is spoken")),
            None => return Err(refuse("the scheme is missing")),
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(refuse("the host is missing"));
        }
        let after_host = uri.authority().map_or("", |authority| authority.as_str());
        let after_host = after_host.rsplit(['@', ']']).next().unwrap_or("");
        if after_host.contains(':') && uri.port_u16().is_none() {
            return Err(refuse("the port is no number"));
        }
        Ok(Self {
            server: uri,
            trust,
            server_name: None,
            identity: Identity::default(),
            user_agent: concat!("skiff/", env!("CARGO_PKG_VERSION")).to_owned(),
            request_timeout: Duration::from_secs(60),
            max_answer_bytes: 1 << 30,
            max_event_bytes: 32 << 20,
        })
    }

    pub(super) fn endpoint(&self) -> Result<Endpoint, RemoteError> {
        let tls = pki::client_config(&self.trust, self.identity.credential.clone())
            .map_err(|source| RemoteError::Tls { source })?;
        let port = self.server.port_u16().unwrap_or(443);
        let endpoint = Endpoint::tcp(self.server.host().unwrap_or(""), port, Some(tls))
            .map_err(|source| RemoteError::Name { source })?;
        match &self.server_name {
            None => Ok(endpoint),
            Some(name) => endpoint.with_server_name(name).map_err(|source| RemoteError::Name { source }),
        }
    }

    /// What stands before `/api`: servers may be behind a path of a proxy.
    pub(super) fn path_prefix(&self) -> String {
        self.server.path().trim_end_matches('/').to_owned()
    }

    /// The headers of every request.
    pub(super) fn headers(&self) -> Result<HeaderMap, RemoteError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, value("the user agent", &self.user_agent)?);
        if let Some(other) = &self.identity.impersonate {
            const USER: HeaderName = HeaderName::from_static("impersonate-user");
            const GROUP: HeaderName = HeaderName::from_static("impersonate-group");
            headers.insert(USER, value("the impersonated user", &other.user)?);
            for group in &other.groups {
                headers.append(GROUP, value("an impersonated group", group)?);
            }
        }
        Ok(headers)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::None => f.write_str("None"),
            // Not for logs.
            Token::Fixed(_) => f.write_str("Fixed(..)"),
            Token::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

fn value(what: &'static str, text: &str) -> Result<HeaderValue, RemoteError> {
    HeaderValue::from_str(text).map_err(|_| RemoteError::Header { what })
}
