//! Bodies of requests.

use std::sync::Arc;

use api::types::TypeId;
use bytes::Bytes;
use client::Action;
use client::Patch;
use client::WriteOptions;
use http::Request;
use meta::Reason;
use meta::Status;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use wire::Body;

use super::media_type;
use super::query::Purpose;
use super::query::Query;
use crate::server::ApiServer;

impl ApiServer {
    /// The value of a body, which is of `kind` unless it says something else.
    pub(super) async fn body(
        &self,
        request: Request<Body>,
        kind: &str,
        read: &mut Read,
    ) -> Result<api::Value, Status> {
        let media_type = media_type(request.headers());
        let deletes = request.method() == http::Method::DELETE;
        let bytes = self.collect(request, read).await?;
        // Only what is deleted needs no words.
        if bytes.is_empty() && deletes {
            return Ok(api::Value::object());
        }
        let parsed = decode(&media_type, &bytes)?;
        let unrecognized = |why: String| {
            let start = summary(&bytes);
            Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): {why} ({start})"
            ))
        };
        let parsed = parsed.map_err(unrecognized)?;
        for field in ["kind", "apiVersion"] {
            if !matches!(parsed.value[field], api::Value::String(_) | api::Value::Null) {
                return Err(unrecognized(format!(
                    "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go struct field .{field} of type string",
                    parsed.value[field].type_name()
                )));
            }
        }
        read.duplicates = parsed.duplicates;
        Ok(parsed.value)
    }

    pub(super) async fn patch(
        &self,
        request: Request<Body>,
        query: &Query,
        options: impl Fn(Purpose) -> Result<WriteOptions, Status>,
        read: &mut Read,
    ) -> Result<Action, Status> {
        let media_type = media_type(request.headers());
        let make: fn(Bytes) -> Patch = match media_type.as_str() {
            "application/json-patch+json" => Patch::Json,
            "application/merge-patch+json" => Patch::Merge,
            "application/strategic-merge-patch+json" => Patch::Strategic,
            "application/apply-patch+yaml" => {
                let options = options(Purpose::Apply)?;
                let config = self.collect(request, read).await?;
                return Ok(Action::Patch(Patch::Apply { config, force: query.flag("force") }, options));
            }
            _ => {
                return Err(Status::new(Reason::UnsupportedMediaType, "415: Unsupported Media Type"));
            }
        };
        let options = options(Purpose::Patch)?;
        Ok(Action::Patch(make(self.collect(request, read).await?), options))
    }

    /// The whole body, which takes its room from the budget of all bodies while it is read.
    async fn collect(&self, request: Request<Body>, read: &mut Read) -> Result<Bytes, Status> {
        let limit = self.inner.config.limits.max_body_bytes;
        let mut body = request.into_body();
        let mut pieces: Vec<Bytes> = Vec::new();
        let mut length = 0;
        if http_body::Body::size_hint(&body).lower() > limit as u64 {
            return Err(too_large(limit));
        }
        while let Some(piece) = body.next().await {
            let piece = piece
                .map_err(|error| Status::bad_request(format!("cannot read the request's body: {error}")))?;
            length += piece.len();
            if length > limit {
                return Err(too_large(limit));
            }
            read.take_room(&self.inner.bodies, piece.len())?;
            pieces.push(piece);
        }
        match pieces.len() {
            0 => Ok(Bytes::new()),
            1 => Ok(pieces.swap_remove(0)),
            _ => Ok(pieces.concat().into()),
        }
    }
}

/// Whether bytes are a body of this media type.
pub(crate) fn decodes(media_type: &str, bytes: &[u8]) -> bool {
    matches!(decode(media_type, bytes), Ok(Ok(_)))
}

/// A decoded body, or why it is none; the outer error is a media type that nobody reads.
fn decode(media_type: &str, bytes: &[u8]) -> Result<Result<api::json::Parsed, String>, Status> {
    let parsed = match media_type {
        "" | "application/json" | "*/*" => api::json::parse(bytes)
            .map_err(|error| format!("couldn't get version/kind; json parse error: {}", error.message)),
        "application/yaml" => match std::str::from_utf8(bytes) {
            Ok(text) => api::yaml::parse(text).map_err(|error| error.to_string()),
            Err(_) => Err("yaml: invalid leading UTF-8 octet".to_owned()),
        },
        "application/vnd.kubernetes.protobuf" => api::protobuf::decode(bytes, body_type)
            .map(|value| api::json::Parsed { value, duplicates: Vec::new() })
            .map_err(|error| error.to_string()),
        _ => return Err(unsupported_body()),
    };
    Ok(parsed.and_then(|parsed| match parsed.value {
        api::Value::Object(_) => Ok(parsed),
        // As Go reads it into a struct.
        api::Value::Null => Ok(api::json::Parsed { value: api::Value::object(), ..parsed }),
        other => Err(format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
            other.type_name()
        )),
    }))
}

/// The start of a body, as upstream shows it: text where it looks like JSON, else hexadecimal.
fn summary(bytes: &[u8]) -> String {
    const SHOWN: usize = 30;
    if bytes.is_empty() {
        return "<empty>".to_owned();
    }
    let start = &bytes[..bytes.len().min(SHOWN)];
    let shown = if bytes[0] == b'{' {
        String::from_utf8_lossy(start).into_owned()
    } else {
        start.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    if bytes.len() > SHOWN { format!("{shown} ...") } else { shown }
}

/// What is known of a body besides its value.
#[derive(Default)]
pub(super) struct Read {
    /// Keys that stood twice in it.
    pub(super) duplicates: Vec<api::Placed>,
    /// Its room in the budget, given back when the request is over.
    room: Option<OwnedSemaphorePermit>,
}

impl Read {
    /// Refuses rather than waits: those who hold the room may be waiting for slow clients.
    fn take_room(&mut self, budget: &Arc<Semaphore>, bytes: usize) -> Result<(), Status> {
        let count = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(more) = budget.clone().try_acquire_many_owned(count) else {
            let mut status = Status::new(
                Reason::TooManyRequests,
                "the server has no room for more request bodies, please try again later",
            );
            status.retry_after_seconds = Some(1);
            return Err(status);
        };
        match &mut self.room {
            Some(room) => room.merge(more),
            None => self.room = Some(more),
        }
        Ok(())
    }
}

fn too_large(limit: usize) -> Status {
    Status::new(Reason::RequestEntityTooLarge, format!("Request entity too large: limit is {limit}"))
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

fn unsupported_body() -> Status {
    Status::new(
        Reason::UnsupportedMediaType,
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )
}
