//! Answers as bytes.
//!
//! Lists and watches are made while they are sent, piece by piece from bytes that exist: a list of
//! many megabytes takes the memory of one piece.

use std::collections::VecDeque;
use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use api::json;
use api::value;
use bytes::Bytes;
use client::EventKind;
use client::ObjectList;
use http::Response;
use http::StatusCode;
use http::header;
use jiff::Timestamp;
use registry::Table;
use registry::versions::Version;
use supervise::Stop;
use telemetry::metrics::Counter;
use wire::Body;

use super::Reply;
use super::negotiate::Include;
use super::negotiate::Representation;
use super::with_type;
use crate::cache::Events;
use crate::cache::event_line;
use crate::cache::name_of;
use crate::path::Deliveries;
use crate::path::Delivery;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const PROTOBUF_WATCH: &str = "application/vnd.kubernetes.protobuf;stream=watch";

/// About how much of a list is sent as one piece.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces of a watch from this size on are not joined with others.
const SHARED_BYTES: usize = 16 * 1024;

pub(super) fn object(
    code: StatusCode,
    object: &Arc<Object>,
    representation: Representation,
    now: Timestamp,
) -> Reply {
    match representation {
        Representation::Json => super::json(code, object.json().clone()),
        Representation::Protobuf => match object.protobuf() {
            Some(bytes) => with_type(code, PROTOBUF, bytes.clone()),
            None => super::json(code, object.json().clone()),
        },
        other => value_as(code, transformed(object, other, now)),
    }
}

/// Something that is not stored, or is a part of what is: of `resource`, where it is shown in a table.
pub(super) fn value(
    code: StatusCode,
    resource: &'static Resource,
    value: &Value,
    representation: Representation,
    now: Timestamp,
) -> Reply {
    match representation {
        Representation::Table(include) if value["kind"].as_str() == Some("Scale") => {
            let metadata = value!({"resourceVersion": &value["metadata"]["resourceVersion"]});
            let form = TableForm { include, header: Header::Shown, now };
            let scale = Arc::new(Object::new(resource, value.clone()));
            let table = laid_out(&registry::SCALE, None, &[scale], metadata, form);
            super::json(code, json::to_vec(&table))
        }
        Representation::Partial if !value["metadata"]["uid"].is_null() => {
            super::json(code, json::to_vec(&partial(&Object::new(resource, value.clone()))))
        }
        Representation::PartialProtobuf if !value["metadata"]["uid"].is_null() => {
            let partial = partial(&Object::new(resource, value.clone()));
            with_type(code, PROTOBUF, protobuf(&partial).expect("metadata has a protobuf form"))
        }
        Representation::Yaml => with_type(code, "application/yaml", api::yaml::to_string(value)),
        Representation::Protobuf if let Some(bytes) = protobuf(value) => with_type(code, PROTOBUF, bytes),
        _ => super::json(code, json::to_vec(value)),
    }
}

/// The protobuf bytes of something that is not stored.
fn protobuf(value: &Value) -> Option<Vec<u8>> {
    let ty = super::body::body_type(value["apiVersion"].str_or_empty(), value["kind"].str_or_empty())?;
    Some(api::protobuf::encode(ty, value))
}

/// An object in another form.
enum Form {
    Json(Value),
    Yaml(String),
    Protobuf(Vec<u8>),
}

fn value_as(code: StatusCode, form: Form) -> Reply {
    match form {
        Form::Json(value) => super::json(code, json::to_vec(&value)),
        Form::Yaml(text) => with_type(code, "application/yaml", text),
        Form::Protobuf(bytes) => with_type(code, PROTOBUF, bytes),
    }
}

fn transformed(object: &Arc<Object>, representation: Representation, now: Timestamp) -> Form {
    match representation {
        Representation::Json | Representation::Protobuf => Form::Json(object.value().clone()),
        Representation::Yaml => Form::Yaml(api::yaml::to_string(object.value())),
        Representation::Table(include) => {
            let metadata = value!({"resourceVersion": object.resource_version().to_string()});
            let form = TableForm { include, header: Header::Shown, now };
            Form::Json(table_of(object.resource(), std::slice::from_ref(object), metadata, form))
        }
        Representation::Partial => Form::Json(partial(object)),
        Representation::PartialProtobuf => {
            Form::Protobuf(protobuf(&partial(object)).expect("metadata has a protobuf form"))
        }
    }
}

/// How a table is made.
struct TableForm {
    include: Include,
    header: Header,
    /// Ages are counted to this time.
    now: Timestamp,
}

/// Whether a table says what its columns are: in a watch only the first one does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    Shown,
    Hidden,
}

fn table_of(resource: &'static Resource, items: &[Arc<Object>], metadata: Value, form: TableForm) -> Value {
    // Tables know the stored form only.
    let version = registry::versions::of(resource);
    let layout = registry::strategy(version.map_or(resource, |version| version.stored)).table();
    laid_out(layout, version, items, metadata, form)
}

fn laid_out(
    layout: &Table,
    version: Option<&Version>,
    items: &[Arc<Object>],
    metadata: Value,
    form: TableForm,
) -> Value {
    let TableForm { include, header, now } = form;
    let columns: Vec<Value> = if header == Header::Shown { layout.definitions() } else { Vec::new() };
    let rows: Vec<Value> = items
        .iter()
        .map(|object| {
            let cells = match version {
                Some(version) => layout.cells(&version.unserve(object), now),
                None => layout.cells(object, now),
            };
            let mut row = value!({"cells": cells});
            match include {
                Include::None => {}
                Include::Metadata => row.set(&["object"], partial(object)),
                Include::Object => row.set(&["object"], object.value().clone()),
            }
            row
        })
        .collect();
    let definitions = if columns.is_empty() { Value::Null } else { columns.into() };
    value!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows
    })
}

fn partial(object: &Object) -> Value {
    let mut partial = value!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": &object.value()["metadata"]
    });
    for annotation in registry::strategy(object.resource()).derived_annotations() {
        partial.remove(&["metadata", "annotations", annotation]);
        if partial["metadata"]["annotations"].is_zero() {
            partial.remove(&["metadata", "annotations"]);
        }
    }
    partial
}

pub(super) fn list(
    resource: &'static Resource,
    list: ObjectList,
    representation: Representation,
    now: Timestamp,
) -> Reply {
    let mut metadata = Value::object();
    if list.resource_version != meta::ResourceVersion::default() {
        metadata.set(&["resourceVersion"], list.resource_version.to_string());
    }
    if !list.continue_token.is_empty() {
        metadata.set(&["continue"], list.continue_token.as_str());
    }
    if let Some(remaining) = list.remaining {
        metadata.set(&["remainingItemCount"], i64::try_from(remaining).unwrap_or(i64::MAX));
    }
    match representation {
        Representation::Table(include) => {
            let form = TableForm { include, header: Header::Shown, now };
            let table = table_of(resource, &list.items, metadata, form);
            super::json(StatusCode::OK, json::to_vec(&table))
        }
        Representation::Partial => {
            let items: Vec<Value> = list.items.iter().map(|object| partial(object)).collect();
            // As in Go, a list that nothing was put into is none.
            let items = if items.is_empty() { Value::Null } else { items.into() };
            let body = value!({
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items
            });
            super::json(StatusCode::OK, json::to_vec(&body))
        }
        Representation::PartialProtobuf => {
            let items: Vec<Value> = list.items.iter().map(|object| partial(object)).collect();
            let ty = super::body::body_type("meta.k8s.io/v1", "PartialObjectMetadata");
            let ty = ty.expect("metadata has a protobuf form");
            let kind = "PartialObjectMetadataList";
            let bytes = api::protobuf::encode_list("meta.k8s.io/v1", kind, ty, &metadata, items.iter());
            with_type(StatusCode::OK, PROTOBUF, bytes)
        }
        Representation::Yaml => {
            // Elements of a typed list carry no kind and apiVersion.
            let own = |object: &Arc<Object>| {
                let mut value = object.value().clone();
                value.remove(&["kind"]);
                value.remove(&["apiVersion"]);
                value
            };
            let items: Vec<Value> = list.items.iter().map(own).collect();
            let kind = format!("{}List", resource.kind);
            let body = value!({"kind": kind, "apiVersion": resource.api_version(), "metadata": metadata, "items": items});
            with_type(StatusCode::OK, "application/yaml", api::yaml::to_string(&body))
        }
        Representation::Protobuf if let Some(ty) = resource.ty => {
            let kind = format!("{}List", resource.kind);
            let items = list.items.iter().map(|object| object.value());
            let bytes = api::protobuf::encode_list(&resource.api_version(), &kind, ty, &metadata, items);
            with_type(StatusCode::OK, PROTOBUF, bytes)
        }
        Representation::Json | Representation::Protobuf => stream_list(resource, list.items, &metadata),
    }
}

fn stream_list(resource: &'static Resource, items: Vec<Arc<Object>>, metadata: &Value) -> Reply {
    // Elements of a typed list carry no kind and apiVersion; stored bytes begin with them.
    let own = format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", resource.kind, resource.api_version());
    let start = format!(
        "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{},\"items\":[",
        resource.kind,
        resource.api_version(),
        json::to_string(metadata)
    );
    let mut piece = start.into_bytes();
    let mut items: VecDeque<Arc<Object>> = items.into();
    let mut first = true;
    let mut next = move || -> Option<Bytes> {
        if items.is_empty() && piece.is_empty() {
            return None;
        }
        while let Some(object) = items.pop_front() {
            if !first {
                piece.push(b',');
            }
            first = false;
            let bytes = object.json();
            match bytes.strip_prefix(own.as_bytes()) {
                Some(rest) => {
                    piece.push(b'{');
                    piece.extend_from_slice(rest);
                }
                None => piece.extend_from_slice(bytes),
            }
            if piece.len() >= PIECE_BYTES && !items.is_empty() {
                return Some(std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES + 8192)).into());
            }
        }
        piece.extend_from_slice(b"]}\n");
        Some(std::mem::take(&mut piece).into())
    };
    let first_piece = next().unwrap_or_default();
    let body = match next() {
        // Small lists are one piece with a length.
        None => Body::full(first_piece),
        Some(second) => {
            let rest = std::iter::from_fn(next);
            let pieces = [first_piece, second].into_iter().chain(rest).map(Ok);
            Body::stream(futures_util::stream::iter(pieces))
        }
    };
    let mut reply = Response::new(body);
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache, private"));
    reply
}

/// A watch; `sent` counts its events.
pub(super) fn watch(
    deliveries: Deliveries,
    representation: Representation,
    draining: Stop,
    sent: Arc<Counter>,
) -> Reply {
    let state = WatchEncoder { deliveries, representation, header: Header::Shown, held: None, sent };
    let stream = futures_util::stream::unfold((state, draining), |(mut state, draining)| async move {
        // Cancel-safe: a delivery that was not taken stays with the watch, and the watch ends here.
        let first = match state.held.take() {
            Some(held) => held,
            None => {
                let delivery = draining.unless(state.deliveries.next()).await??;
                state.bytes(delivery)
            }
        };
        Some((Ok(state.piece(first)), (state, draining)))
    });
    let media_type = match representation {
        Representation::Protobuf | Representation::PartialProtobuf => PROTOBUF_WATCH,
        _ => "application/json",
    };
    let mut reply = Response::new(Body::stream(stream));
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache, private"));
    reply
}

struct WatchEncoder {
    deliveries: Deliveries,
    representation: Representation,
    header: Header,
    /// What is sent next.
    held: Option<Bytes>,
    /// Counts events.
    sent: Arc<Counter>,
}

impl WatchEncoder {
    /// A piece that starts with `first`. Many small ones are joined; what is large, and mostly shared
    /// with other watches, is sent as it is.
    fn piece(&mut self, first: Bytes) -> Bytes {
        let mut joined = Vec::new();
        let mut last = first;
        while joined.len() + last.len() < SHARED_BYTES {
            let Some(more) = self.deliveries.ready() else { break };
            joined.extend_from_slice(&last);
            last = self.bytes(more);
        }
        if joined.is_empty() {
            return last;
        }
        if last.len() < SHARED_BYTES {
            joined.extend_from_slice(&last);
        } else {
            self.held = Some(last);
        }
        joined.into()
    }

    fn bytes(&mut self, delivery: Delivery) -> Bytes {
        let events = match &delivery {
            Delivery::Events(events) => events.iter().len(),
            _ => 1,
        };
        self.sent.add(events as u64);
        match (delivery, self.representation) {
            (Delivery::Events(events), Representation::Json) => events.json(),
            (Delivery::Events(events), representation) => {
                let shared =
                    if representation == Representation::Protobuf { events.protobuf() } else { None };
                shared.unwrap_or_else(|| self.each(&events))
            }
            (Delivery::Error(status), Representation::Protobuf | Representation::PartialProtobuf) => {
                let status = json::parse_value(status.to_json().as_bytes()).unwrap_or_default();
                api::protobuf::encode_watch_event("ERROR", &protobuf(&status).unwrap_or_default()).into()
            }
            (Delivery::Error(status), _) => event_line("ERROR", status.to_json().as_bytes()),
            (Delivery::Existing(object), _) => self.one(EventKind::Added, &object),
            (Delivery::Event(kind, object), _) => self.one(kind, &object),
            (Delivery::Bookmark(object), _) => self.one(EventKind::Bookmark, &object),
        }
    }

    fn each(&mut self, events: &Events) -> Bytes {
        let each: Vec<Bytes> =
            events.iter().map(|(kind, change)| self.one(*kind, change.object_for(*kind))).collect();
        each.concat().into()
    }

    fn one(&mut self, kind: EventKind, object: &Arc<Object>) -> Bytes {
        match self.representation {
            Representation::Json => event_line(name_of(kind), object.json()),
            _ => self.other(name_of(kind), object),
        }
    }

    fn other(&mut self, name: &str, object: &Arc<Object>) -> Bytes {
        let value = match self.representation {
            Representation::Table(include) => {
                let header = std::mem::replace(&mut self.header, Header::Hidden);
                let metadata = value!({"resourceVersion": object.resource_version().to_string()});
                // A bookmark has no row: it only moves the version.
                let items = if name == "BOOKMARK" { &[][..] } else { std::slice::from_ref(object) };
                let now = self.deliveries.now();
                table_of(object.resource(), items, metadata, TableForm { include, header, now })
            }
            Representation::Partial => partial(object),
            Representation::PartialProtobuf => {
                let bytes = protobuf(&partial(object)).unwrap_or_default();
                return api::protobuf::encode_watch_event(name, &bytes).into();
            }
            Representation::Protobuf if let Some(bytes) = object.protobuf() => {
                return api::protobuf::encode_watch_event(name, bytes).into();
            }
            Representation::Json | Representation::Yaml | Representation::Protobuf => object.value().clone(),
        };
        event_line(name, &json::to_vec(&value))
    }
}
