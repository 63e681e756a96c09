//! What a request asks for, as far as its first line and headers say: enough to authorize it, to
//! queue it and to count it before its body is read.

use std::time::Duration;

use api::Resource;
use http::Method;
use http::Request;
use meta::Status;
use wire::Body;

use super::query::Query;
use super::route::Route;
use crate::authz::Attributes;

/// What is asked for.
pub(super) struct Inquiry {
    pub(super) route: Route,
    pub(super) query: Query,
    pub(super) attributes: Attributes,
    pub(super) kind: Kind,
}

/// How a request is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Counts as running until it is answered.
    ReadOnly,
    /// The same, and changes something.
    Mutating,
    /// Counts as running until it is set up, and lasts.
    Watch,
    /// Lasts, and never counts: exec, logs, proxies.
    LongRunning,
}

impl Inquiry {
    pub(super) fn of(request: &Request<Body>) -> Self {
        let (path, text) = (request.uri().path(), request.uri().query().unwrap_or(""));
        let method = request.method();
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let (route, query) = reads
            .then(|| old_watch(path, text))
            .flatten()
            .unwrap_or_else(|| (Route::parse(path), Query::parse(text)));
        let attributes = match &route {
            Route::Resource(target) => {
                let streaming = super::kubelets::is_streaming(target);
                let verb = verb(method, !target.name.is_empty(), query.flag("watch") && !streaming);
                let mut attributes = Attributes::of_target(target, verb);
                if attributes.name.is_empty()
                    && matches!(verb, "list" | "watch" | "deletecollection")
                    && let Some(name) = query.single_name()
                {
                    // Selecting one object by name asks for that object.
                    attributes.name = name;
                }
                if streaming {
                    attributes.subresource.truncate(attributes.subresource.find('/').unwrap_or(usize::MAX));
                }
                attributes
            }
            _ => Attributes::non_resource(&method.as_str().to_ascii_lowercase(), path),
        };
        let kind = match &route {
            Route::Resource(target) if super::kubelets::is_streaming(target) => Kind::LongRunning,
            _ => match attributes.verb.as_str() {
                "watch" => Kind::Watch,
                "get" | "list" | "head" | "options" => Kind::ReadOnly,
                _ => Kind::Mutating,
            },
        };
        Self { route, query, attributes, kind }
    }

    /// How long it may take: what the client says, if that is less than `most`.
    pub(super) fn timeout(&self, most: Duration) -> Result<Duration, Status> {
        let text = self.query.get("timeout");
        if text.is_empty() {
            return Ok(most);
        }
        let asked = go_duration(text).map_err(|why| {
            Status::bad_request(format!("invalid timeout specified in the request URL - time: {why}"))
        })?;
        // Zero and less say that the client does not care.
        Ok(if asked.is_zero() { most } else { asked.min(most) })
    }

    /// The row of the table that it is about.
    pub(super) fn resource(&self) -> Option<&'static Resource> {
        match &self.route {
            Route::Resource(target) => Some(target.resource),
            _ => None,
        }
    }
}

/// A watch as clients asked for it before Kubernetes 1.11, by a segment of the path: of a collection, or of
/// one object by its name.
fn old_watch(path: &str, query: &str) -> Option<(Route, Query)> {
    let Route::Resource(mut target) = Route::parse(&super::route::without_watch(path)?) else { return None };
    if !target.subresource.is_empty() {
        return None;
    }
    let name = std::mem::take(&mut target.name);
    let mut text = format!("watch=true&{query}");
    if !name.is_empty() {
        let escaped: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        text = format!("fieldSelector=metadata.name%3D{escaped}&{text}");
    }
    Some((Route::Resource(target), Query::parse(&text)))
}

fn verb(method: &Method, named: bool, watch: bool) -> &'static str {
    match (method.as_str(), named) {
        // Who names one object reads it, and watches it only by selecting its name.
        ("GET" | "HEAD", true) => "get",
        ("GET" | "HEAD", false) if watch => "watch",
        ("GET" | "HEAD", false) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "delete",
        ("DELETE", false) => "deletecollection",
        ("OPTIONS", _) => "options",
        // Nothing is served by another method, whatever it is called.
        _ => "",
    }
}

/// Go's `time.ParseDuration`; negative durations are zero here. The error is the rest of its sentence.
fn go_duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("invalid duration {text:?}");
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(Duration::ZERO);
    }
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let (mut rest, mut seconds) = (unsigned, 0.0f64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| invalid())?;
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        seconds += number
            * match unit {
                "" => return Err(format!("missing unit in duration {text:?}")),
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                other => return Err(format!("unknown unit {other:?} in duration {text:?}")),
            };
        rest = tail;
    }
    // Go's largest duration.
    if seconds > 9_223_372_036.0 {
        return Err(invalid());
    }
    Ok(if text.starts_with('-') { Duration::ZERO } else { Duration::from_secs_f64(seconds) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_go_reads_them() {
        for (text, expected) in [
            ("1s", Ok(1000)),
            ("1.5h", Ok(5_400_000)),
            ("1m30s", Ok(90_000)),
            ("250ms", Ok(250)),
            ("0", Ok(0)),
            ("-3s", Ok(0)),
            (".5s", Ok(500)),
            ("5", Err("missing unit in duration \"5\"")),
            ("x", Err("invalid duration \"x\"")),
            ("1d", Err("unknown unit \"d\" in duration \"1d\"")),
            ("1..5s", Err("invalid duration \"1..5s\"")),
            ("99999999999999h", Err("invalid duration \"99999999999999h\"")),
        ] {
            let found = go_duration(text).map(|d| d.as_millis());
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
    }

    fn inquiry(method: &str, uri: &str) -> Inquiry {
        Inquiry::of(&Request::builder().method(method).uri(uri).body(Body::empty()).expect("a request"))
    }

    #[test]
    fn verbs_and_kinds() {
        for (method, uri, verb, kind) in [
            ("GET", "/api/v1/pods", "list", Kind::ReadOnly),
            ("GET", "/api/v1/pods?watch=true", "watch", Kind::Watch),
            ("GET", "/api/v1/namespaces/a/pods/b", "get", Kind::ReadOnly),
            ("GET", "/api/v1/namespaces/a/pods/b?watch=1", "get", Kind::ReadOnly),
            ("POST", "/api/v1/namespaces/a/pods", "create", Kind::Mutating),
            ("POST", "/api/v1/namespaces/a/pods/b/exec", "create", Kind::LongRunning),
            ("GET", "/api/v1/namespaces/a/pods/b/log?watch=1", "get", Kind::LongRunning),
            ("DELETE", "/api/v1/namespaces/a/pods", "deletecollection", Kind::Mutating),
            ("GET", "/version", "get", Kind::ReadOnly),
            ("POST", "/version", "post", Kind::Mutating),
            ("BREW", "/api/v1/pods", "", Kind::Mutating),
        ] {
            let found = inquiry(method, uri);
            assert_eq!((found.attributes.verb.as_str(), found.kind), (verb, kind), "{method} {uri}");
        }
        let one = inquiry("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dx");
        assert_eq!(one.attributes.name, "x");
    }

    #[test]
    fn timeouts() {
        let most = Duration::from_secs(60);
        let timeout = |uri| inquiry("GET", uri).timeout(most).map_err(|status| status.message);
        assert_eq!(timeout("/version"), Ok(most));
        assert_eq!(timeout("/version?timeout=5s"), Ok(Duration::from_secs(5)));
        assert_eq!(timeout("/version?timeout=5h"), Ok(most));
        assert_eq!(timeout("/version?timeout=0s"), Ok(most));
        let sentence = "invalid timeout specified in the request URL - time: missing unit in duration \"5\"";
        assert_eq!(timeout("/version?timeout=5"), Err(sentence.to_owned()));
    }
}
