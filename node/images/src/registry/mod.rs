//! A client of the distribution protocol (OCI distribution specification, pull).
//!
//! Reading order: [`Client`], [`Repository`], `auth`, `transport`.

mod auth;
mod transport;

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::Request;
use http::StatusCode;
use http::header;
use serde::Deserialize;
use supervise::Spawner;
use tokio::sync::Mutex;

pub use auth::Credentials;
pub(crate) use transport::Exchange;

use crate::Digest;
use crate::Error;
use crate::Reference;
use crate::RegistriesConfig;
use crate::manifest;
use auth::Challenge;
use transport::Origin;
use transport::Scheme;
use transport::Transport;

/// Manifests are small; the specification asks registries for at least 4 MiB.
const MANIFEST_MAX: usize = 4 << 20;
/// Configurations carry the build history.
const CONFIG_MAX: usize = 8 << 20;
/// Error documents and tokens.
const ANSWER_MAX: usize = 1 << 20;
const REDIRECTS_MAX: usize = 10;

/// Shared by all pulls: connections, trust, and per-registry settings.
pub(crate) struct Client {
    transport: Transport,
    config: RegistriesConfig,
}

/// One repository at one registry or mirror, for the length of one pull.
pub(crate) struct Repository {
    client: Arc<Client>,
    origin: Origin,
    /// `/v2/<name>`, below a mirror's path prefix where there is one.
    base: String,
    name: String,
    /// For errors: what the user asked for.
    reference: String,
    credentials: Option<Credentials>,
    authorization: Mutex<Option<HeaderValue>>,
}

#[derive(Deserialize)]
struct ErrorDocument {
    #[serde(default)]
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Client {
    pub(crate) fn new(config: RegistriesConfig, spawner: Spawner) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(&config, spawner)?, config })
    }

    pub(crate) fn config(&self) -> &RegistriesConfig {
        &self.config
    }

    /// Where the image can be fetched from: the mirrors in order, then the registry itself.
    /// Credentials are meant for the registry; mirrors are asked without.
    pub(crate) fn repositories(
        self: &Arc<Self>,
        reference: &Reference,
        credentials: Option<Credentials>,
    ) -> Result<Vec<Repository>, Error> {
        let settings = self.config.hosts.get(reference.domain()).cloned().unwrap_or_default();
        let mut found = Vec::new();
        for mirror in &settings.mirrors {
            let (origin, prefix) = Origin::parse_url(mirror).map_err(|reason| Error::Config {
                mistakes: vec![format!("mirror {mirror:?} of {}: {reason}", reference.domain())],
            })?;
            found.push(self.repository(origin, prefix.trim_end_matches('/'), reference, None));
        }
        let invalid = |reason| Error::Reference { reference: reference.to_string(), reason };
        let mut origin = Origin::parse_host(reference.api_host(), Scheme::Https).map_err(invalid)?;
        if settings.plain_http || origin.is_loopback() {
            origin = Origin::parse_host(reference.api_host(), Scheme::Http).map_err(invalid)?;
        }
        origin.skip_verify = settings.skip_tls_verify;
        found.push(self.repository(origin, "", reference, credentials));
        Ok(found)
    }

    fn repository(
        self: &Arc<Self>,
        origin: Origin,
        prefix: &str,
        reference: &Reference,
        credentials: Option<Credentials>,
    ) -> Repository {
        Repository {
            client: self.clone(),
            origin,
            base: format!("{prefix}/v2/{}", reference.path()),
            name: reference.path().to_owned(),
            reference: reference.to_string(),
            credentials,
            authorization: Mutex::new(None),
        }
    }
}

impl Repository {
    /// The address, for the log.
    pub(crate) fn address(&self) -> String {
        self.origin.to_string()
    }

    /// A manifest or index by tag or digest.
    pub(crate) async fn manifest(&self, tag_or_digest: &str) -> Result<Bytes, Error> {
        let path = format!("{}/manifests/{tag_or_digest}", self.base);
        let exchange = self.get(&path, Some(manifest::ACCEPT), 0).await?;
        let bytes = self.body(exchange, MANIFEST_MAX).await?;
        self.verify(tag_or_digest, bytes)
    }

    /// A small blob.
    pub(crate) async fn small_blob(&self, digest: &Digest) -> Result<Bytes, Error> {
        let exchange = self.blob(digest, 0).await?.0;
        let bytes = self.body(exchange, CONFIG_MAX).await?;
        self.verify(digest.as_str(), bytes)
    }

    /// Starts reading a blob at `offset`, or at the offset that the registry chose to honour.
    pub(crate) async fn blob(&self, digest: &Digest, offset: u64) -> Result<(Exchange, u64), Error> {
        let path = format!("{}/blobs/{digest}", self.base);
        let exchange = self.get(&path, None, offset).await?;
        let start = if exchange.status() == StatusCode::PARTIAL_CONTENT { offset } else { 0 };
        Ok((exchange, start))
    }

    /// Wraps what went wrong on the way.
    pub(crate) fn broken(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        let what = format!("connection to {} broke", self.origin);
        Error::Transport { reference: self.reference.clone(), what, source }
    }

    fn verify(&self, wanted: &str, bytes: Bytes) -> Result<Bytes, Error> {
        let Ok(expected) = Digest::parse(wanted) else { return Ok(bytes) };
        let actual = Digest::of(&bytes);
        if actual == expected {
            return Ok(bytes);
        }
        Err(Error::Digest { what: format!("{}: content of {expected}", self.reference), expected, actual })
    }

    async fn body(&self, exchange: Exchange, max: usize) -> Result<Bytes, Error> {
        exchange.collect(max).await.map_err(|source| self.broken(source))
    }

    /// GET with authentication and redirects; any status other than success is an error.
    async fn get(&self, path: &str, accept: Option<&str>, offset: u64) -> Result<Exchange, Error> {
        let mut challenged = false;
        loop {
            let authorization = self.authorization.lock().await.clone();
            let exchange = self.follow(path, accept, offset, authorization.as_ref()).await?;
            let status = exchange.status();
            if status.is_success() {
                return Ok(exchange);
            }
            let challenges = auth::challenges(exchange.headers());
            let error = self.error(exchange).await;
            if status != StatusCode::UNAUTHORIZED || challenged {
                return Err(error);
            }
            challenged = true;
            match self.authorize(&challenges, authorization.as_ref()).await? {
                true => {}
                false => return Err(error),
            }
        }
    }

    async fn follow(
        &self,
        path: &str,
        accept: Option<&str>,
        offset: u64,
        authorization: Option<&HeaderValue>,
    ) -> Result<Exchange, Error> {
        let mut origin = self.origin.clone();
        let mut path = path.to_owned();
        for _ in 0..REDIRECTS_MAX {
            let mut request = Request::get(path.as_str());
            if let Some(accept) = accept {
                request = request.header(header::ACCEPT, accept);
            }
            if offset > 0 {
                request = request.header(header::RANGE, format!("bytes={offset}-"));
            }
            // Credentials are the registry's own: a storage host must never see them.
            if let Some(authorization) = authorization.filter(|_| origin == self.origin) {
                request = request.header(header::AUTHORIZATION, authorization);
            }
            let exchange = self.send(&origin, request, Bytes::new()).await?;
            let Some(location) = exchange.location() else { return Ok(exchange) };
            (origin, path) = origin
                .join(&path, &location)
                .map_err(|reason| self.broken(format!("redirect to {location:?}: {reason}").into()))?;
        }
        Err(self.broken(format!("more than {REDIRECTS_MAX} redirects").into()))
    }

    async fn send(
        &self,
        origin: &Origin,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<Exchange, Error> {
        let invalid = |error: http::Error| self.broken(Box::new(error));
        let request = request.body(body).map_err(invalid)?;
        self.client.transport.send(origin, request).await.map_err(|source| {
            let what = format!("cannot reach {origin}");
            Error::Transport { reference: self.reference.clone(), what, source }
        })
    }

    /// Acts on the registry's challenges; `false` when there is nothing to answer with.
    async fn authorize(&self, challenges: &[Challenge], used: Option<&HeaderValue>) -> Result<bool, Error> {
        let mut current = self.authorization.lock().await;
        // Another download of this pull was challenged at the same time and has answered.
        if current.is_some() && current.as_ref() != used {
            return Ok(true);
        }
        let answer = match auth::choose(challenges) {
            Some(Challenge::Basic) => self.credentials.as_ref().and_then(Credentials::basic),
            Some(Challenge::Bearer { realm, service, scope }) => {
                let scope = scope.clone().unwrap_or_else(|| format!("repository:{}:pull", self.name));
                Some(self.token(realm, service, &scope).await?)
            }
            None => None,
        };
        let usable = answer.is_some() && answer.as_ref() != used;
        *current = answer;
        Ok(usable)
    }

    /// Fetches a bearer token (distribution token authentication specification).
    async fn token(&self, realm: &str, service: &str, scope: &str) -> Result<HeaderValue, Error> {
        if let Some(token) = self.credentials.as_ref().and_then(Credentials::registry_token) {
            return Ok(auth::bearer(token));
        }
        let (origin, path) = Origin::parse_url(realm)
            .map_err(|reason| self.broken(format!("token realm {realm:?}: {reason}").into()))?;
        if origin.scheme == Scheme::Http && self.origin.scheme == Scheme::Https {
            return Err(
                self.broken(format!("token realm {realm:?} would send credentials in the clear").into())
            );
        }
        let (request, body) = auth::token_request(&path, service, scope, self.credentials.as_ref());
        let exchange = self.send(&origin, request, body.into()).await?;
        if !exchange.status().is_success() {
            return Err(self.error(exchange).await);
        }
        let bytes = self.body(exchange, ANSWER_MAX).await?;
        let token = auth::parse_token(&bytes).map_err(|reason| self.broken(reason.into()))?;
        Ok(auth::bearer(&token))
    }

    /// The registry's error in its own words.
    async fn error(&self, exchange: Exchange) -> Error {
        let status = exchange.status();
        let body = exchange.collect(ANSWER_MAX).await.unwrap_or_default();
        let entries = serde_json::from_slice::<ErrorDocument>(&body).map(|d| d.errors).unwrap_or_default();
        let words = |entry: &ErrorEntry| match entry.message.is_empty() {
            true => entry.code.to_lowercase().replace('_', " "),
            false => entry.message.clone(),
        };
        let message = match entries.is_empty() {
            true => format!("{} answered {status}", self.origin),
            false => entries.iter().map(words).collect::<Vec<_>>().join("; "),
        };
        let code = entries.into_iter().next().map(|entry| entry.code).unwrap_or_default();
        Error::Registry { reference: self.reference.clone(), status: status.as_u16(), code, message }
    }
}
