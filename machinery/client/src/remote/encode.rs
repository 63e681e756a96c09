//! A call as an HTTP request.

use api::Resource;
use api::Value;
use api::value;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::Method;
use meta::FieldSelector;
use meta::LabelSelector;

use crate::Action;
use crate::DeleteOptions;
use crate::ListOptions;
use crate::Patch;
use crate::Propagation;
use crate::Request;
use crate::Target;
use crate::VersionMatch;
use crate::WatchOptions;
use crate::WriteOptions;

/// An HTTP request, apart from where it goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) method: Method,
    pub(super) path_and_query: String,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: Option<Bytes>,
}

impl Encoded {
    /// Whether it changes nothing.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Without the query.
    pub(super) fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }
}

/// The HTTP request for a call.
pub(super) fn request(request: &Request) -> Encoded {
    let target = &request.target;
    match &request.action {
        Action::Get { resource_version } => {
            let mut query = Query::new();
            query.add_some("resourceVersion", resource_version.map(|version| version.to_string()));
            without_body(Method::GET, target, query)
        }
        Action::List(options) => without_body(Method::GET, target, list_query(options)),
        Action::Watch(options) => {
            // Watching one object is watching its collection by name.
            let mut fields = options.fields.clone();
            let collection = Target { name: String::new(), ..target.clone() };
            if !target.name.is_empty() && fields.exact("metadata.name").is_none() {
                fields.terms.push(meta::selector::FieldTerm {
                    field: "metadata.name".to_owned(),
                    value: target.name.clone(),
                    equal: true,
                });
            }
            without_body(Method::GET, &collection, watch_query(options, &fields))
        }
        Action::Create(body, options) => with_object(Method::POST, target, body, options),
        Action::Update(body, options) => with_object(Method::PUT, target, body, options),
        Action::Patch(patch, options) => patch_request(target, patch, options),
        Action::Delete(options) => delete(target, options, Query::new()),
        Action::DeleteCollection(options, list) => delete(target, options, list_query(list)),
    }
}

/// Query parameters in order.
struct Query {
    out: Serializer<'static, String>,
}

impl Query {
    fn new() -> Self {
        Self { out: Serializer::new(String::new()) }
    }

    fn add(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.out.append_pair(key, value);
        }
    }

    fn add_some(&mut self, key: &str, value: Option<String>) {
        self.add(key, &value.unwrap_or_default());
    }

    fn selectors(&mut self, labels: &LabelSelector, fields: &FieldSelector) {
        self.add("labelSelector", &labels.to_string());
        self.add("fieldSelector", &field_selector(fields));
    }

    fn write_options(&mut self, options: &WriteOptions) {
        if options.dry_run {
            self.add("dryRun", "All");
        }
        self.add("fieldManager", &options.field_manager);
        self.add("fieldValidation", &options.field_validation);
    }

    fn after(mut self, path: String) -> String {
        let query = self.out.finish();
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

fn list_query(options: &ListOptions) -> Query {
    let mut query = Query::new();
    query.selectors(&options.labels, &options.fields);
    query.add_some("limit", (options.limit > 0).then(|| options.limit.to_string()));
    query.add("continue", &options.continue_token);
    query.add_some("resourceVersion", options.resource_version.map(|version| version.to_string()));
    query.add(
        "resourceVersionMatch",
        match options.version_match {
            None => "",
            Some(VersionMatch::Exact) => "Exact",
            Some(VersionMatch::NotOlderThan) => "NotOlderThan",
        },
    );
    query
}

fn watch_query(options: &WatchOptions, fields: &FieldSelector) -> Query {
    let mut query = Query::new();
    query.add("watch", "true");
    query.selectors(&options.labels, fields);
    query.add_some("resourceVersion", options.resource_version.map(|version| version.to_string()));
    if options.bookmarks {
        query.add("allowWatchBookmarks", "true");
    }
    if let Some(initial) = options.initial_events {
        query.add("sendInitialEvents", if initial { "true" } else { "false" });
        query.add("resourceVersionMatch", "NotOlderThan");
    }
    query.add_some("timeoutSeconds", options.timeout_seconds.map(|seconds| seconds.to_string()));
    query
}

fn without_body(method: Method, target: &Target, query: Query) -> Encoded {
    Encoded { method, path_and_query: query.after(path(target)), content_type: None, body: None }
}

fn with_object(method: Method, target: &Target, body: &Value, options: &WriteOptions) -> Encoded {
    let mut query = Query::new();
    query.write_options(options);
    Encoded {
        method,
        path_and_query: query.after(path(target)),
        content_type: Some("application/json"),
        body: Some(Bytes::from(api::json::to_vec(&typed(target, body)))),
    }
}

fn patch_request(target: &Target, patch: &Patch, options: &WriteOptions) -> Encoded {
    let mut query = Query::new();
    query.write_options(options);
    let (content_type, body) = match patch {
        Patch::Json(body) => ("application/json-patch+json", body),
        Patch::Merge(body) => ("application/merge-patch+json", body),
        Patch::Strategic(body) => ("application/strategic-merge-patch+json", body),
        Patch::Apply { config, force } => {
            if *force {
                query.add("force", "true");
            }
            ("application/apply-patch+yaml", config)
        }
    };
    Encoded {
        method: Method::PATCH,
        path_and_query: query.after(path(target)),
        content_type: Some(content_type),
        body: Some(body.clone()),
    }
}

fn delete(target: &Target, options: &DeleteOptions, query: Query) -> Encoded {
    let mut body = value!({"kind": "DeleteOptions", "apiVersion": "v1"});
    if let Some(seconds) = options.grace_period_seconds {
        body.set(&["gracePeriodSeconds"], i64::try_from(seconds).unwrap_or(i64::MAX));
    }
    if let Some(uid) = &options.precondition.uid {
        body.set(&["preconditions", "uid"], uid);
    }
    if let Some(version) = options.precondition.resource_version {
        body.set(&["preconditions", "resourceVersion"], version.to_string());
    }
    if let Some(propagation) = options.propagation {
        let policy = match propagation {
            Propagation::Orphan => "Orphan",
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
        };
        body.set(&["propagationPolicy"], policy);
    }
    if options.dry_run {
        body.set(&["dryRun"], vec!["All"]);
    }
    Encoded {
        method: Method::DELETE,
        path_and_query: query.after(path(target)),
        content_type: Some("application/json"),
        body: Some(Bytes::from(api::json::to_vec(&body))),
    }
}

/// The body with its kind and version, which a server that decodes by them must find; in one process
/// the resource's row says it.
fn typed(target: &Target, body: &Value) -> Value {
    let mut body = body.clone();
    let row = target.resource;
    let (api_version, kind) = match row.subresource(&target.subresource) {
        Some(sub) if !sub.kind.is_empty() => (version_of(sub.group, sub.version), sub.kind),
        _ => (row.api_version(), row.kind),
    };
    if body["apiVersion"].str_or_empty().is_empty() {
        body.set(&["apiVersion"], api_version);
    }
    if body["kind"].str_or_empty().is_empty() {
        body.set(&["kind"], kind);
    }
    body
}

fn version_of(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// The path, each part escaped.
fn path(target: &Target) -> String {
    let Resource { group, version, name, .. } = target.resource;
    let mut path =
        if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    if !target.namespace.is_empty() {
        path.push_str("/namespaces/");
        push_segment(&mut path, &target.namespace);
    }
    path.push('/');
    path.push_str(name);
    if !target.name.is_empty() {
        path.push('/');
        push_segment(&mut path, &target.name);
    }
    for part in target.subresource.split('/').filter(|part| !part.is_empty()) {
        path.push('/');
        push_segment(&mut path, part);
    }
    path
}

/// RFC 3986 §3.3: what may stand in a segment as it is.
fn push_segment(path: &mut String, segment: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push('%');
            path.push(char::from(HEX[usize::from(byte >> 4)]));
            path.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// `a=b,c!=d`, with the separators in values escaped.
fn field_selector(fields: &FieldSelector) -> String {
    let mut out = String::new();
    for term in &fields.terms {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&term.field);
        out.push_str(if term.equal { "=" } else { "!=" });
        for c in term.value.chars() {
            if matches!(c, '\\' | ',' | '=') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}
