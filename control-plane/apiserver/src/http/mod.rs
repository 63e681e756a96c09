//! HTTP in front of the request path: routing, negotiation, encoding.

mod body;
mod compress;
mod discovery;
mod encode;
mod health;
mod inquiry;
mod kubelets;
mod metrics;
mod negotiate;
mod openapi;
mod query;
mod route;
mod socket;
mod warnings;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use client::Action;
use client::Answer;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use meta::Reason;
use meta::Status;
use wire::Body;
use wire::ConnInfo;

pub(crate) use body::decodes;
pub(crate) use discovery::Discovery;
pub(crate) use health::add_checks;
pub(crate) use kubelets::Kubelets;
pub(crate) use metrics::RequestMetrics;
pub(crate) use openapi::OpenApi;
use query::Purpose;
pub(crate) use query::Query;

use crate::authn;
use crate::server::ApiServer;
use crate::user::User;
use body::Read;
use compress::Compression;
use inquiry::Inquiry;
use inquiry::Kind;
use metrics::Observed;
use negotiate::Extent;
use negotiate::Representation;
use route::Route;

type Reply = Response<Body>;

/// The longest that a request waits for a seat, whatever its time limit.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The part of its time limit that a request may wait for a seat: upstream's.
const WAITING_PART: u32 = 4;

#[async_trait::async_trait]
impl wire::Handler for ApiServer {
    async fn handle(&self, mut request: Request<Body>, connection: &Arc<ConnInfo>) -> Reply {
        let inquiry = Inquiry::of(&request);
        let socket = match socket::accept(&mut request, &inquiry) {
            Ok(socket) => socket,
            Err(status) => return failure(&status),
        };
        let apply = media_type(request.headers()).starts_with("application/apply-patch");
        let metrics = &self.inner.request_metrics;
        let observed = metrics.begin(&inquiry, apply);
        let compression = Compression::negotiate(request.headers(), inquiry.kind);
        let reply = match self.respond(request, inquiry, connection, &observed).await {
            Ok(reply) => reply,
            Err(status) => failure(&status),
        };
        let bytes = http_body::Body::size_hint(reply.body()).exact();
        metrics.end(&observed, reply.status().as_u16(), bytes);
        match socket {
            Some(socket) => socket::answer(socket, reply, &self.inner.spawner),
            None => compression.apply(reply).await,
        }
    }
}

impl ApiServer {
    /// Who asks, may they now, may they at all, and then the answer.
    async fn respond(
        &self,
        request: Request<Body>,
        inquiry: Inquiry,
        connection: &Arc<ConnInfo>,
        observed: &Observed,
    ) -> Result<Reply, Status> {
        let real = authn::authenticate(&self.inner, request.headers(), connection)?;
        let user = authn::impersonate(&self.inner, real, request.headers())?;
        if inquiry.kind == Kind::LongRunning {
            let lasting = observed.lasts();
            let Route::Resource(target) = inquiry.route else { return Err(not_found_path()) };
            let reply = self.stream(&user, target, &inquiry.query, request).await?;
            return Ok(reply.map(|body| body.keeping(lasting)));
        }
        let limit = self.inner.config.limits.request_timeout;
        let limit = if inquiry.kind == Kind::Watch { limit } else { inquiry.timeout(limit)? };
        let deadline = self.inner.clock.instant() + limit;
        let patience = (limit / WAITING_PART).min(LONGEST_WAIT);
        let seats = self.inner.seats(&inquiry.attributes, inquiry.resource(), &inquiry.query);
        let seat = match self.inner.flow.admit(&user, &inquiry.attributes, seats, patience).await {
            Ok(seat) => seat,
            Err(refused) => {
                self.inner.request_metrics.terminated(observed, 429);
                let mut reply = failure(&refused.status);
                refused.mark(reply.headers_mut());
                return Ok(reply);
            }
        };
        let watch = inquiry.kind == Kind::Watch;
        let answer = self.answer(&user, inquiry, request, connection);
        let answered = tokio::time::timeout_at(deadline, answer).await.unwrap_or_else(|_| {
            self.inner.request_metrics.terminated(observed, 504);
            Err(timed_out())
        });
        let mut reply = answered.unwrap_or_else(|status| failure(&status));
        seat.mark(reply.headers_mut());
        if watch && reply.status() == StatusCode::OK {
            let lasting = observed.lasts();
            return Ok(reply.map(|body| body.keeping(lasting)));
        }
        if http_body::Body::size_hint(reply.body()).exact().is_none() {
            // An answer that is made while it is sent takes its seat, and its time, until its end.
            return Ok(reply.map(|body| body.keeping(seat).until(deadline)));
        }
        Ok(reply)
    }

    async fn answer(
        &self,
        user: &User,
        inquiry: Inquiry,
        request: Request<Body>,
        connection: &Arc<ConnInfo>,
    ) -> Result<Reply, Status> {
        let Inquiry { route, query, attributes, .. } = inquiry;
        self.inner.authorize(user, &attributes)?;
        match route {
            Route::Resource(target) => {
                route::check_name(&target)?;
                self.resource(user, &attributes.verb, target, query, request, connection).await
            }
            Route::Unknown if route::is_of_the_api(request.uri().path()) => Err(not_found_path()),
            Route::Unknown => Ok(text(StatusCode::NOT_FOUND, "404 page not found\n".to_owned())),
            Route::Malformed => Err(Status::bad_request("the path of the request is not well formed")),
            _ if request.method() != Method::GET && request.method() != Method::HEAD => {
                Err(method_not_allowed())
            }
            route => self.non_resource(route, &query, &request),
        }
    }

    fn non_resource(&self, route: Route, query: &Query, request: &Request<Body>) -> Result<Reply, Status> {
        match route {
            Route::Health => Ok(self.health(request.uri().path(), query)),
            Route::Version => Ok(json(StatusCode::OK, version())),
            Route::Metrics => Ok(with_type(
                StatusCode::OK,
                "text/plain; version=0.0.4; charset=utf-8",
                self.inner.registry.text(),
            )),
            Route::Jwks => {
                let mut reply = json(StatusCode::OK, self.inner.tokens.jwks());
                let kind = header::HeaderValue::from_static("application/jwk-set+json");
                reply.headers_mut().insert(header::CONTENT_TYPE, kind);
                Ok(reply)
            }
            Route::OpenIdConfiguration => Ok(json(StatusCode::OK, self.open_id_configuration())),
            Route::OpenApiV3(rest) => self.inner.openapi.v3(&rest, query.get("hash"), request.headers()),
            Route::OpenApiV2 => self.inner.openapi.v2(request.headers()),
            Route::Discovery(place) => {
                self.inner.discovery.answer(&place, request.headers(), &self.inner.config)
            }
            Route::Root => Ok(json(StatusCode::OK, discovery::root_paths())),
            Route::Resource(_) | Route::Unknown | Route::Malformed => Err(not_found_path()),
        }
    }

    async fn resource(
        &self,
        user: &User,
        verb: &str,
        target: client::Target,
        query: Query,
        request: Request<Body>,
        connection: &Arc<ConnInfo>,
    ) -> Result<Reply, Status> {
        let extent = match verb {
            "watch" => Extent::Events,
            "list" | "deletecollection" => Extent::Collection,
            _ => Extent::Object,
        };
        let representation = Representation::negotiate(request.headers(), &query, &target, extent)?;
        let mut read = Read::default();
        let action = self.action(&target, &query, request, &mut read).await?;
        let resource = target.resource;
        let mut call = self.inner.begin(user, target);
        call.duplicates = std::mem::take(&mut read.duplicates);
        let mut reply = if let Action::Watch(options) = action {
            let deliveries = call.watch(options).await?;
            let sent = self.inner.request_metrics.watch_events(resource);
            encode::watch(deliveries, representation, connection.draining.clone(), sent)
        } else {
            let answer = call.run(action).await;
            let now = self.inner.clock.now();
            let code = if call.created { StatusCode::CREATED } else { StatusCode::OK };
            match answer {
                // What was noticed on the way to a refusal is told with it.
                Err(status) => failure(&status),
                Ok(answer) => match answer {
                    Answer::Object(object) => encode::object(code, &object, representation, now),
                    Answer::List(list) => encode::list(resource, list, representation, now),
                    Answer::Value(value) => encode::value(code, resource, &value, representation, now),
                    Answer::Watch(_) => {
                        return Err(Status::internal("only watches are answered with a stream"));
                    }
                },
            }
        };
        warnings::add(&mut reply, &call.warnings);
        Ok(reply)
    }

    /// What a request on a resource asks for.
    async fn action(
        &self,
        target: &client::Target,
        query: &Query,
        request: Request<Body>,
        read: &mut Read,
    ) -> Result<Action, Status> {
        let named = !target.name.is_empty();
        let agent = crate::path::manager_of_agent(header_text(request.headers(), &header::USER_AGENT));
        let method = request.method().clone();
        // What lies in namespaces is written in one; only reads look at all of them at once.
        let nowhere = target.resource.namespaced && target.namespace.is_empty();
        if nowhere && method != Method::GET && method != Method::HEAD {
            return Err(method_not_allowed());
        }
        let options = |purpose| {
            let mut options = query.write_options(purpose)?;
            if options.field_manager.is_empty() {
                options.field_manager.clone_from(&agent);
            }
            Ok::<_, Status>(options)
        };
        let action = match (method.as_str(), named) {
            ("GET" | "HEAD", true) => Action::Get { resource_version: query.resource_version()? },
            ("GET" | "HEAD", false) if query.flag("watch") => Action::Watch(query.watch_options()?),
            ("GET" | "HEAD", false) => Action::List(query.list_options()?),
            ("POST", false) => {
                let options = options(Purpose::Create)?;
                Action::Create(self.body(request, target.resource.kind, read).await?, options)
            }
            // Subresources are posted to by name.
            ("POST", true) if !target.subresource.is_empty() => {
                let options = options(Purpose::Create)?;
                Action::Create(self.body(request, body_kind(target), read).await?, options)
            }
            ("PUT", true) => {
                let options = options(Purpose::Update)?;
                Action::Update(self.body(request, body_kind(target), read).await?, options)
            }
            ("PATCH", true) => self.patch(request, query, options, read).await?,
            ("DELETE", _) => {
                let body = self.body(request, "DeleteOptions", read).await?;
                let delete = query.delete_options(&body)?;
                if named {
                    Action::Delete(delete)
                } else {
                    Action::DeleteCollection(delete, query.list_options()?)
                }
            }
            _ => return Err(method_not_allowed()),
        };
        self.check_verb(target, &action)?;
        Ok(action)
    }

    /// The table says which verbs a resource has.
    fn check_verb(&self, target: &client::Target, action: &Action) -> Result<(), Status> {
        use api::verbs;
        let verb = match action {
            Action::Get { .. } => verbs::GET,
            Action::List(_) => verbs::LIST,
            Action::Watch(_) => verbs::WATCH,
            Action::Create(..) => verbs::CREATE,
            Action::Update(..) => verbs::UPDATE,
            Action::Patch(..) => verbs::PATCH,
            Action::Delete(_) => verbs::DELETE,
            Action::DeleteCollection(..) => verbs::DELETE_COLLECTION,
        };
        let allowed = match target.resource.subresource(&target.subresource) {
            Some(row) => row.verbs,
            None if target.subresource.is_empty() => target.resource.verbs,
            None => return Err(not_found_path()),
        };
        if allowed & verb != 0 {
            return Ok(());
        }
        Err(method_not_allowed())
    }

    fn open_id_configuration(&self) -> String {
        let issuer = &self.inner.config.issuer;
        api::json::to_string(&api::value!({
            "issuer": issuer.as_str(),
            "jwks_uri": format!("https://{}/openid/v1/jwks", self.inner.config.advertise),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": self.inner.tokens.algorithms()
        }))
    }
}

/// The kind of what is posted or put: the object's, or that of its subresource.
fn body_kind(target: &client::Target) -> &'static str {
    target.resource.subresource(&target.subresource).map_or(target.resource.kind, |row| row.kind)
}

/// The version that clients compare with their own. What it was built from is known where the build
/// says so.
pub(crate) fn version() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let commit = option_env!("SKIFF_GIT_COMMIT").unwrap_or("");
    let built = option_env!("SKIFF_BUILD_DATE").unwrap_or("1970-01-01T00:00:00Z");
    api::json::to_string(&api::value!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": concat!("v1.36.2+skiff-", env!("CARGO_PKG_VERSION")), "gitCommit": commit,
        "gitTreeState": "clean", "buildDate": built, "goVersion": "none", "compiler": "rustc",
        "platform": format!("{}/{architecture}", std::env::consts::OS)
    }))
}

/// Decides everything that is decided before a request's body is read; whether it could go on.
pub(crate) fn examine(request: &Request<Body>) -> bool {
    let inquiry = Inquiry::of(request);
    Compression::negotiate(request.headers(), inquiry.kind);
    let timeout = inquiry.timeout(Duration::from_secs(60)).is_ok();
    let query = &inquiry.query;
    let options = query.list_options().is_ok()
        | query.watch_options().is_ok()
        | query.write_options(Purpose::Create).is_ok();
    let Route::Resource(target) = &inquiry.route else { return timeout };
    let form = Representation::negotiate(request.headers(), query, target, Extent::Object);
    timeout && options && form.is_ok() && route::check_name(target).is_ok()
}

fn header_text<'a>(headers: &'a http::HeaderMap, name: &header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn media_type(headers: &http::HeaderMap) -> String {
    let text = header_text(headers, &header::CONTENT_TYPE);
    text.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

pub(super) fn not_found_path() -> Status {
    Status::new(Reason::NotFound, "the server could not find the requested resource")
}

fn method_not_allowed() -> Status {
    Status::new(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource")
}

fn timed_out() -> Status {
    Status::new(Reason::Timeout, "Timeout: request did not complete within the allotted timeout")
}

pub(super) fn json(code: StatusCode, body: impl Into<Bytes>) -> Reply {
    with_type(code, "application/json", body)
}

fn text(code: StatusCode, body: String) -> Reply {
    with_type(code, "text/plain; charset=utf-8", body)
}

pub(super) fn with_type(code: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Body::full(body));
    *reply.status_mut() = code;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache, private"));
    reply
}

/// A failure as `metav1.Status`.
pub(super) fn failure(status: &Status) -> Reply {
    let code = StatusCode::from_u16(status.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = json(code, status.to_json());
    if let Some(seconds) = status.retry_after_seconds {
        reply.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    reply
}
