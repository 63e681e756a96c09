//! Which form of an answer the client wants.

use client::Target;
use http::HeaderMap;
use http::header;
use meta::Reason;
use meta::Status;

use super::query::Query;

/// A form of an object or collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Representation {
    /// JSON as stored.
    Json,
    /// YAML.
    Yaml,
    /// Protobuf, where the kind has such a form.
    Protobuf,
    /// `metav1.Table`, with how much of the objects.
    Table(Include),
    /// `metav1.PartialObjectMetadata`.
    Partial,
    /// The same as protobuf.
    PartialProtobuf,
}

/// What an answer consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Object,
    Collection,
    Events,
}

/// How much of each object a table's rows carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
}

/// Subresources that upstream shows in no table.
const WITHOUT_TABLE: [&str; 2] = ["approval", "token"];

impl Representation {
    /// The first form of the `Accept` header, by weight, that is served.
    ///
    /// What is not stored has neither a table nor metadata to show; what has no type, no protobuf; and
    /// events are no documents of YAML.
    pub(super) fn negotiate(
        headers: &HeaderMap,
        query: &Query,
        target: &Target,
        extent: Extent,
    ) -> Result<Self, Status> {
        let resource = target.resource;
        let mut lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let Some(accept) = lines.next() else { return Ok(Representation::Json) };
        let mut clauses: Vec<Clause<'_>> = std::iter::once(accept)
            .chain(lines)
            .flat_map(|line| line.split(','))
            .map(Clause::parse)
            .filter(|clause| clause.weight > 0)
            .collect();
        // Stable: among equals the first counts.
        clauses.sort_by_key(|clause| std::cmp::Reverse(clause.weight));
        let include = match query.get("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        };
        let mut served = clauses.iter().filter_map(|clause| clause.representation(include));
        let is_stored = crate::storage::is_stored(resource)
            || registry::versions::of(resource).is_some()
            || crate::path::is_made_up(resource);
        let has_table = is_stored && !WITHOUT_TABLE.contains(&target.subresource.as_str());
        let typed = resource.ty.is_some();
        let fits = |form: &Self| match form {
            Representation::Json => true,
            Representation::Yaml => extent != Extent::Events,
            Representation::Protobuf => typed,
            Representation::Table(_) => has_table,
            Representation::Partial => is_stored,
            Representation::PartialProtobuf => is_stored && typed,
        };
        served.find(fits).ok_or_else(|| {
            let known = clauses.iter().any(Clause::is_known);
            Status::new(Reason::NotAcceptable, refusal(known, typed, extent))
        })
    }
}

/// Upstream's sentence: of its router where no media type is known, of its negotiation where one is,
/// but in no form that is served.
fn refusal(known: bool, typed: bool, extent: Extent) -> String {
    let list = |documents: bool, events: bool| {
        let protobuf = "application/vnd.kubernetes.protobuf";
        let mut types: Vec<String> = Vec::new();
        if documents {
            types.extend(["application/json".to_owned(), "application/yaml".to_owned()]);
            types.extend(typed.then(|| protobuf.to_owned()));
        }
        if events {
            types.push("application/json;stream=watch".to_owned());
            types.extend(typed.then(|| format!("{protobuf};stream=watch")));
        }
        types.join(", ")
    };
    if known {
        let types = list(extent != Extent::Events, extent == Extent::Events);
        return format!("only the following media types are accepted: {types}");
    }
    format!("406: Not Acceptable\n\nAvailable representations: {}", list(true, extent != Extent::Object))
}

struct Clause<'a> {
    media: &'a str,
    kind: &'a str,
    version: &'a str,
    /// Thousandths.
    weight: u32,
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut clause = Clause { media: parts.next().unwrap_or(""), kind: "", version: "", weight: 1000 };
        for part in parts {
            match part.split_once('=') {
                Some(("as", kind)) => clause.kind = kind,
                Some(("v", version)) => clause.version = version,
                Some(("q", weight)) => {
                    clause.weight =
                        weight.parse::<f32>().map_or(1000, |w| (w.clamp(0.0, 1.0) * 1000.0) as u32);
                }
                _ => {}
            }
        }
        clause
    }

    fn is_known(&self) -> bool {
        let own = matches!(
            self.media,
            "application/json" | "application/yaml" | "application/vnd.kubernetes.protobuf"
        );
        own || self.media == "*/*"
    }

    fn representation(&self, include: Include) -> Option<Representation> {
        let json = matches!(self.media, "application/json" | "*/*" | "application/*" | "");
        match (json, self.media, self.kind, self.version) {
            (true, _, "", _) => Some(Representation::Json),
            (true, _, "Table", "v1") => Some(Representation::Table(include)),
            (true, _, "PartialObjectMetadata" | "PartialObjectMetadataList", "v1") => {
                Some(Representation::Partial)
            }
            (
                false,
                "application/vnd.kubernetes.protobuf",
                "PartialObjectMetadata" | "PartialObjectMetadataList",
                "v1",
            ) => Some(Representation::PartialProtobuf),
            (false, "application/yaml", "", _) => Some(Representation::Yaml),
            (false, "application/vnd.kubernetes.protobuf", "", _) => Some(Representation::Protobuf),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(group: &str, resource: &str, headers: &HeaderMap) -> Option<Representation> {
        let resource = api::Resource::find(group, "v1", resource).expect("a row of the table");
        let target = Target::object(resource, "", "");
        Representation::negotiate(headers, &Query::parse(""), &target, Extent::Object).ok()
    }

    #[test]
    fn accept_headers() {
        for (accept, expected) in [
            ("application/json", Some(Representation::Json)),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
                Some(Representation::Table(Include::Metadata)),
            ),
            ("application/vnd.kubernetes.protobuf,application/json", Some(Representation::Protobuf)),
            ("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", None),
            ("application/cbor", None),
            ("application/json;q=0.5,application/yaml", Some(Representation::Yaml)),
            ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Some(Representation::Partial)),
            (
                "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                Some(Representation::PartialProtobuf),
            ),
            ("*/*", Some(Representation::Json)),
            ("application/json;q=0,application/yaml;q=0.1", Some(Representation::Yaml)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Representation::Json)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            assert_eq!(negotiated("", "pods", &headers), expected, "{accept}");
            let form = negotiated("authorization.k8s.io", "selfsubjectaccessreviews", &headers);
            let derived = matches!(
                form,
                Some(Representation::Table(_) | Representation::Partial | Representation::PartialProtobuf)
            );
            assert!(!derived, "{accept}");
            let form = negotiated("apiextensions.k8s.io", "customresourcedefinitions", &headers);
            assert!(form != Some(Representation::Protobuf), "{accept}");
        }
    }

    #[test]
    fn refusals_as_upstream_words_them() {
        let pods = api::Resource::find("", "v1", "pods").expect("a row of the table");
        let pods = Target::object(pods, "", "");
        let refusal = |accept: &str, extent| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            Representation::negotiate(&headers, &Query::parse(""), &pods, extent)
                .expect_err("refused")
                .message
        };
        assert_eq!(
            refusal("text/html", Extent::Object),
            "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        );
        assert_eq!(
            refusal("application/cbor", Extent::Collection),
            "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
        );
        assert_eq!(
            refusal("application/json;as=Foo;v=v1;g=meta.k8s.io", Extent::Object),
            "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        );
        assert_eq!(
            refusal("application/yaml", Extent::Events),
            "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
        );
    }
}
