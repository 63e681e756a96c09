//! The transport to an API server elsewhere: HTTP/2 or HTTP/1.1 over TLS.
//!
//! `encode` turns a call into an HTTP request and `decode` an answer into what the in-process
//! transport would have given; both are pure. `watch` decodes events as they arrive. Here is only
//! what takes time: connections (kept by [`wire::Client`]), patience, and the pause after a server
//! could not be reached.

mod config;
mod decode;
mod encode;
mod token;
mod watch;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::header;
use parking_lot::Mutex;
use stdx::Backoff;
use stdx::BackoffPolicy;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::time::Instant;
use wire::Body;
use wire::ClientOptions;

use crate::Action;
use crate::Answer;
use crate::Error;
use crate::Request;
use crate::Transport;

pub use config::Identity;
pub use config::Impersonation;
pub use config::RemoteConfig;
pub use config::RemoteError;
pub use config::Token;

use encode::Encoded;
use token::TokenSource;

static CONNECTION: TaskKind =
    TaskKind { name: "connection to the API server", rank: Rank::Informers, on_end: OnEnd::Nothing };

/// Pauses between attempts to reach a server that could not be reached; shared by all calls.
const RECONNECT: BackoffPolicy = BackoffPolicy::doubling(Duration::from_millis(50), Duration::from_secs(5));
/// Larger answers than this are taken apart on a thread where that does not hold up other tasks.
const LARGE_ANSWER_BYTES: usize = 1 << 20;
/// How much of a refusal is read.
const REFUSAL_BYTES: usize = 1 << 20;
/// How long a watch lasts whose caller did not say, as client-go: at least this, at most twice.
const WATCH_SECONDS: u64 = 300;
/// How much later than announced a server may end a watch before the connection counts as dead.
const WATCH_SLACK: Duration = Duration::from_secs(30);

/// What a [`Remote`] is built from besides its settings.
pub struct RemoteDeps {
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// Where connections are spawned.
    pub spawner: Spawner,
}

/// Calls to one API server over the network, as one user.
pub struct Remote {
    http: wire::Client,
    prefix: String,
    headers: HeaderMap,
    token: TokenSource,
    request_timeout: Duration,
    max_answer_bytes: usize,
    max_event_bytes: usize,
    clock: Clock,
    rng: Rng,
    reconnect: Arc<Mutex<Reconnect>>,
}

/// When the server may be tried again.
struct Reconnect {
    backoff: Backoff,
    not_before: Option<Instant>,
}

impl Remote {
    /// A transport that connects on the first call.
    ///
    /// # Errors
    /// [`RemoteError`] if the settings cannot be used.
    pub fn new(config: RemoteConfig, deps: RemoteDeps) -> Result<Self, RemoteError> {
        let endpoint = config.endpoint()?;
        Ok(Self {
            http: wire::Client::new(endpoint, ClientOptions::default(), &deps.spawner, &CONNECTION),
            prefix: config.path_prefix(),
            headers: config.headers()?,
            token: TokenSource::new(config.identity.token),
            request_timeout: config.request_timeout,
            max_answer_bytes: config.max_answer_bytes,
            max_event_bytes: config.max_event_bytes,
            reconnect: Arc::new(Mutex::new(Reconnect {
                backoff: Backoff::new(RECONNECT, deps.rng.clone()),
                not_before: None,
            })),
            clock: deps.clock,
            rng: deps.rng,
        })
    }

    /// The same server over the same connection, as the holder of a token.
    pub fn with_token(&self, token: String) -> Self {
        Self {
            http: self.http.clone(),
            prefix: self.prefix.clone(),
            headers: self.headers.clone(),
            token: TokenSource::new(Token::Fixed(token)),
            request_timeout: self.request_timeout,
            max_answer_bytes: self.max_answer_bytes,
            max_event_bytes: self.max_event_bytes,
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            reconnect: self.reconnect.clone(),
        }
    }

    async fn exchange(&self, encoded: &Encoded) -> Result<Response<Body>, Error> {
        let mut retried = false;
        loop {
            self.wait_for_turn().await;
            let request = self.http_request(encoded)?;
            match self.http.send_within(self.request_timeout, request).await {
                Ok(response) => {
                    self.reached();
                    return Ok(response);
                }
                // The connection broke under a read, which can be asked again without harm.
                Err(wire::Error::Http { .. }) if encoded.is_read() && !retried => retried = true,
                Err(error) => {
                    if matches!(
                        error,
                        wire::Error::Connect { .. } | wire::Error::Tls { .. } | wire::Error::Timeout { .. }
                    ) {
                        self.missed();
                    }
                    return Err(transport(&error));
                }
            }
        }
    }

    fn http_request(&self, encoded: &Encoded) -> Result<http::Request<Body>, Error> {
        let body = encoded.body.clone().map_or_else(Body::empty, Body::full);
        let mut request = http::Request::builder()
            .method(encoded.method.clone())
            .uri(format!("{}{}", self.prefix, encoded.path_and_query))
            .body(body)
            .map_err(|error| transport(&error))?;
        *request.headers_mut() = self.headers.clone();
        if let Some(media_type) = encoded.content_type {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        if let Some(authorization) = self.token.header().map_err(|error| transport(&error))? {
            request.headers_mut().insert(header::AUTHORIZATION, authorization);
        }
        Ok(request)
    }

    /// After a failed attempt nobody tries again until the pause is over.
    async fn wait_for_turn(&self) {
        let not_before = self.reconnect.lock().not_before;
        if let Some(instant) = not_before {
            self.clock.sleep_until(instant).await;
        }
    }

    fn reached(&self) {
        let mut reconnect = self.reconnect.lock();
        if reconnect.not_before.take().is_some() {
            reconnect.backoff.reset();
        }
    }

    fn missed(&self) {
        let mut reconnect = self.reconnect.lock();
        let now = self.clock.instant();
        // Calls that failed together are one failure.
        if reconnect.not_before.is_none_or(|instant| instant <= now) {
            let delay = reconnect.backoff.next_delay();
            reconnect.not_before = Some(now + delay);
        }
    }

    /// The whole body, if the server keeps sending.
    async fn collect(&self, body: Body, limit: usize) -> Result<Bytes, Error> {
        let collected = tokio::time::timeout(self.request_timeout, body.collect(limit)).await;
        match collected {
            Ok(bytes) => bytes.map_err(|error| transport(&error)),
            Err(_) => Err(Error::Transport(format!(
                "{} did not send the whole answer within {:?}",
                self.http.endpoint(),
                self.request_timeout
            ))),
        }
    }

    async fn refusal(&self, response: Response<Body>) -> Error {
        let (head, body) = response.into_parts();
        match self.collect(body, REFUSAL_BYTES).await {
            Ok(bytes) => decode::refusal(head.status.as_u16(), &head.headers, &bytes).into(),
            Err(error) => error,
        }
    }
}

#[async_trait::async_trait]
impl Transport for Remote {
    async fn call(&self, request: Request) -> Result<Answer, Error> {
        let mut request = request;
        let mut deadline = None;
        if let Action::Watch(options) = &mut request.action {
            // A connection that died in silence is noticed when the server does not end the watch.
            let seconds =
                *options.timeout_seconds.get_or_insert_with(|| WATCH_SECONDS + self.rng.below(WATCH_SECONDS));
            deadline = Some(self.clock.instant() + Duration::from_secs(seconds) + WATCH_SLACK);
        }
        let encoded = encode::request(&request);
        let response = self.exchange(&encoded).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        for warning in response.headers().get_all(header::WARNING) {
            tracing::warn!(?warning, path = encoded.path(), "the API server warns");
        }
        let resource = request.target.resource;
        if let Some(deadline) = deadline {
            let events = watch::Events::new(resource, response.into_body(), self.max_event_bytes);
            return Ok(Answer::Watch(watch::stream(events, self.clock.clone(), deadline)));
        }
        let bytes = self.collect(response.into_body(), self.max_answer_bytes).await?;
        let wants_list = matches!(request.action, Action::List(_));
        let decoded = if bytes.len() < LARGE_ANSWER_BYTES {
            decode::answer(resource, wants_list, &bytes)
        } else {
            let decoding = tokio::task::spawn_blocking(move || decode::answer(resource, wants_list, &bytes));
            decoding.await.map_err(|error| transport(&error))?
        };
        decoded.map_err(Error::Transport)
    }
}

/// An error with its causes in one line.
fn transport(error: &dyn std::error::Error) -> Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    Error::Transport(text)
}
