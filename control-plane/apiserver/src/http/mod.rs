//! HTTP in front of the request path: routing, negotiation, encoding.

mod discovery;
mod encode;
mod kubelets;
mod negotiate;
mod openapi;
mod query;
mod route;
mod table;

use std::sync::Arc;

use api::types::TypeId;
use bytes::Bytes;
use client::Action;
use client::Answer;
use client::Patch;
use client::WriteOptions;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use meta::Reason;
use meta::Status;
use wire::Body;
use wire::ConnInfo;

pub(crate) use discovery::Discovery;
pub(crate) use kubelets::Kubelets;
pub(crate) use openapi::OpenApi;

use crate::authn;
use crate::authz::Attributes;
use crate::server::ApiServer;
use crate::user::User;
use negotiate::Representation;
use query::Query;
use route::Route;

type Reply = Response<Body>;

#[async_trait::async_trait]
impl wire::Handler for ApiServer {
    async fn handle(&self, request: Request<Body>, connection: &Arc<ConnInfo>) -> Reply {
        match self.respond(request, connection).await {
            Ok(reply) => reply,
            Err(status) => failure(&status),
        }
    }
}

impl ApiServer {
    async fn respond(&self, request: Request<Body>, connection: &Arc<ConnInfo>) -> Result<Reply, Status> {
        let real = authn::authenticate(&self.inner, request.headers(), connection)?;
        let user = authn::impersonate(&self.inner, real, request.headers())?;
        let path = request.uri().path().to_owned();
        let query = Query::parse(request.uri().query().unwrap_or(""));
        match Route::parse(&path) {
            Route::Resource(target) => self.resource(&user, target, query, request, connection).await,
            route => {
                let verb = request.method().as_str().to_lowercase();
                self.inner.authorize(&user, &Attributes::non_resource(&verb, &path))?;
                if route == Route::Unknown {
                    return Err(not_found_path());
                }
                if request.method() != Method::GET && request.method() != Method::HEAD {
                    return Err(Status::new(
                        Reason::MethodNotAllowed,
                        "the server does not allow this method on the requested resource",
                    ));
                }
                self.non_resource(route, &path, &query, &request)
            }
        }
    }

    fn non_resource(
        &self,
        route: Route,
        path: &str,
        query: &Query,
        request: &Request<Body>,
    ) -> Result<Reply, Status> {
        match route {
            Route::Health => Ok(self.health(path, query)),
            Route::Version => Ok(json(StatusCode::OK, version())),
            Route::Metrics => Ok(text(StatusCode::OK, self.metrics())),
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
            Route::Resource(_) | Route::Unknown => Err(not_found_path()),
        }
    }

    async fn resource(
        &self,
        user: &User,
        target: client::Target,
        query: Query,
        request: Request<Body>,
        connection: &Arc<ConnInfo>,
    ) -> Result<Reply, Status> {
        if kubelets::is_streaming(&target) {
            return self.stream(user, target, &query, request).await;
        }
        let representation = Representation::negotiate(request.headers(), &query, target.resource)?;
        let mut duplicates = Vec::new();
        let action = self.action(&target, &query, request, &mut duplicates).await?;
        let mut attributes = Attributes::of(&target, &action);
        if attributes.name.is_empty()
            && let Some(name) = query.single_name()
        {
            attributes.name = name;
        }
        self.inner.authorize(user, &attributes)?;
        let resource = target.resource;
        let mut call = self.inner.begin(user, target);
        call.duplicates = duplicates;
        let watching = matches!(action, Action::Watch(_));
        let mut reply = if let Action::Watch(options) = action {
            let deliveries = call.watch(options).await?;
            encode::watch(deliveries, representation, connection.draining.clone())
        } else {
            let answer = call.run(action).await?;
            let now = self.inner.clock.now();
            let code = if call.created { StatusCode::CREATED } else { StatusCode::OK };
            match answer {
                Answer::Object(object) => encode::object(code, &object, representation, now),
                Answer::List(list) => encode::list(resource, list, representation, now),
                Answer::Value(value) => encode::value(code, &value, representation),
                Answer::Watch(_) => return Err(Status::internal("only watches are answered with a stream")),
            }
        };
        if !watching {
            for warning in &call.warnings {
                add_warning(&mut reply, warning);
            }
        }
        Ok(reply)
    }

    /// What a request on a resource asks for.
    async fn action(
        &self,
        target: &client::Target,
        query: &Query,
        request: Request<Body>,
        duplicates: &mut Vec<String>,
    ) -> Result<Action, Status> {
        let named = !target.name.is_empty();
        let agent = crate::path::manager_of_agent(header_text(request.headers(), &header::USER_AGENT));
        let mut options = query.write_options()?;
        let method = request.method().clone();
        if options.field_manager.is_empty() && method != Method::PATCH {
            options.field_manager.clone_from(&agent);
        }
        let action = match (method.as_str(), named) {
            ("GET" | "HEAD", true) => {
                if query.flag("watch") {
                    return Ok(Action::Watch(query.watch_options(Some(&target.name))?));
                }
                Action::Get { resource_version: query.resource_version()? }
            }
            ("GET" | "HEAD", false) if query.flag("watch") => Action::Watch(query.watch_options(None)?),
            ("GET" | "HEAD", false) => Action::List(query.list_options()?),
            ("POST", false) => Action::Create(self.body(request, duplicates).await?, options),
            // Subresources are posted to by name.
            ("POST", true) if !target.subresource.is_empty() => {
                Action::Create(self.body(request, duplicates).await?, options)
            }
            ("PUT", true) => Action::Update(self.body(request, duplicates).await?, options),
            ("PATCH", true) => self.patch(request, query, options, agent).await?,
            ("DELETE", _) => {
                let body = self.body(request, duplicates).await?;
                let delete = query.delete_options(crate::path::delete_options(&body));
                if named {
                    Action::Delete(delete)
                } else {
                    Action::DeleteCollection(delete, query.list_options()?)
                }
            }
            _ => {
                let message = "the server does not allow this method on the requested resource";
                return Err(Status::new(Reason::MethodNotAllowed, message));
            }
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
        Err(Status::new(
            Reason::MethodNotAllowed,
            "the server does not allow this method on the requested resource",
        ))
    }

    async fn body(&self, request: Request<Body>, duplicates: &mut Vec<String>) -> Result<api::Value, Status> {
        let media_type = media_type(request.headers());
        let bytes = self.collect(request).await?;
        if bytes.is_empty() {
            return Ok(api::Value::object());
        }
        let parsed = match media_type.as_str() {
            "" | "application/json" | "*/*" => api::json::parse(&bytes).map_err(|e| {
                Status::bad_request(format!("couldn't get version/kind; json parse error: {e}"))
            })?,
            "application/yaml" => {
                let text =
                    std::str::from_utf8(&bytes).map_err(|_| Status::bad_request("the body is not UTF-8"))?;
                api::yaml::parse(text)
                    .map_err(|e| Status::bad_request(format!("error converting YAML to JSON: {e}")))?
            }
            "application/vnd.kubernetes.protobuf" => {
                let value = api::protobuf::decode(&bytes, body_type)
                    .map_err(|e| Status::bad_request(e.to_string()))?;
                api::json::Parsed { value, duplicates: Vec::new() }
            }
            other => return Err(unsupported_body(other)),
        };
        if !matches!(parsed.value, api::Value::Object(_)) {
            return Err(Status::bad_request(format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct",
                parsed.value.type_name()
            )));
        }
        *duplicates = parsed.duplicates;
        Ok(parsed.value)
    }

    async fn patch(
        &self,
        request: Request<Body>,
        query: &Query,
        mut options: WriteOptions,
        agent: String,
    ) -> Result<Action, Status> {
        let media_type = media_type(request.headers());
        let bytes = self.collect(request).await?;
        let patch = match media_type.as_str() {
            "application/json-patch+json" => Patch::Json(bytes),
            "application/merge-patch+json" => Patch::Merge(bytes),
            "application/strategic-merge-patch+json" => Patch::Strategic(bytes),
            "application/apply-patch+yaml" => Patch::Apply { config: bytes, force: query.flag("force") },
            other => {
                return Err(Status::new(
                    Reason::UnsupportedMediaType,
                    format!(
                        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml (got {other:?})"
                    ),
                ));
            }
        };
        // Only an apply has to say who it is.
        if !matches!(patch, Patch::Apply { .. }) {
            if query.flag("force") {
                let cause = meta::Cause::forbidden("force", "may not be specified for non-apply patch");
                return Err(Status::invalid("meta.k8s.io", "PatchOptions", "", vec![cause]));
            }
            if options.field_manager.is_empty() {
                options.field_manager = agent;
            }
        }
        Ok(Action::Patch(patch, options))
    }

    async fn collect(&self, request: Request<Body>) -> Result<Bytes, Status> {
        request.into_body().collect(self.inner.config.max_body_bytes).await.map_err(|error| match error {
            wire::Error::TooLarge { limit } => Status::new(
                Reason::RequestEntityTooLarge,
                format!("Request entity too large: limit is {limit}"),
            ),
            error => Status::bad_request(format!("cannot read the request's body: {error}")),
        })
    }

    fn health(&self, path: &str, query: &Query) -> Reply {
        // Only what is really looked at: that the server, which listens to nobody before its start is
        // complete and ends when its store does, answers.
        let checks = ["ping"];
        let single = path.trim_matches('/').split_once('/').map(|(_, check)| check);
        if let Some(check) = single
            && !checks.contains(&check)
        {
            return text(StatusCode::NOT_FOUND, "404 page not found\n".to_owned());
        }
        if !query.has("verbose") || single.is_some() {
            return text(StatusCode::OK, "ok".to_owned());
        }
        let name = path.trim_matches('/');
        let lines: String = checks.iter().map(|check| format!("[+]{check} ok\n")).collect();
        text(StatusCode::OK, format!("{lines}{name} check passed\n"))
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

    fn metrics(&self) -> String {
        let mut out = String::from(
            "# HELP apiserver_storage_objects Number of stored objects by resource.\n# TYPE apiserver_storage_objects gauge\n",
        );
        for (resource, count) in self.object_counts() {
            out.push_str(&format!(
                "apiserver_storage_objects{{resource=\"{}\"}} {count}\n",
                resource.group_resource()
            ));
        }
        out
    }
}

/// The version that clients compare with their own.
pub(crate) fn version() -> String {
    api::json::to_string(&api::value!({
        "major": "1", "minor": "36", "gitVersion": concat!("v1.36.2+skiff-", env!("CARGO_PKG_VERSION")), "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "rustc",
        "platform": concat!("linux/", "amd64"), "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35"
    }))
}

/// The type of a protobuf body: that of a kind of the table, of a subresource, or of options.
pub(super) fn body_type(api_version: &str, kind: &str) -> Option<TypeId> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let row = api::Resource::for_kind(group, version, kind).and_then(|row| row.ty);
    let sub = || {
        let subs = api::Resource::all().iter().flat_map(|row| row.subresources);
        let mut fitting = subs.filter(|sub| sub.kind == kind && sub.group == group && sub.version == version);
        fitting.find_map(|sub| sub.ty)
    };
    row.or_else(sub).or_else(|| TypeId::find(&format!("meta/v1.{kind}")))
}

fn header_text<'a>(headers: &'a http::HeaderMap, name: &header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn media_type(headers: &http::HeaderMap) -> String {
    let text = header_text(headers, &header::CONTENT_TYPE);
    text.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

fn unsupported_body(media_type: &str) -> Status {
    Status::new(
        Reason::UnsupportedMediaType,
        format!(
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf (got {media_type:?})"
        ),
    )
}

pub(super) fn not_found_path() -> Status {
    Status::new(Reason::NotFound, "the server could not find the requested resource")
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

/// RFC 7234 §5.5, as clients show it.
fn add_warning(reply: &mut Reply, warning: &str) {
    let clean: String = warning.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let quoted = clean.replace('\\', "\\\\").replace('"', "\\\"");
    if let Ok(value) = header::HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
        reply.headers_mut().append(header::WARNING, value);
    }
}
