//! Which form of an answer the client wants.

use api::Resource;
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

impl Representation {
    /// The first form of the `Accept` header, by weight, that is served.
    ///
    /// What is not stored has neither a table nor metadata to show; what has no type, no protobuf.
    pub(super) fn negotiate(headers: &HeaderMap, query: &Query, resource: &Resource) -> Result<Self, Status> {
        let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else {
            return Ok(Representation::Json);
        };
        let mut clauses: Vec<Clause<'_>> = accept.split(',').map(Clause::parse).collect();
        // Stable: among equals the first counts.
        clauses.sort_by_key(|clause| std::cmp::Reverse(clause.weight));
        let include = match query.get("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        };
        let mut served = clauses.iter().filter_map(|clause| clause.representation(include));
        let is_stored = crate::storage::is_stored(resource) || registry::versions::of(resource).is_some();
        let fits = |form: &Self| match form {
            Representation::Json | Representation::Yaml => true,
            Representation::Protobuf => resource.ty.is_some(),
            Representation::Table(_) | Representation::Partial => is_stored,
        };
        served.find(fits).ok_or_else(|| {
            Status::new(
                Reason::NotAcceptable,
                "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )
        })
    }
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

    fn representation(&self, include: Include) -> Option<Representation> {
        let json = matches!(self.media, "application/json" | "*/*" | "application/*" | "");
        match (json, self.media, self.kind, self.version) {
            (true, _, "", _) => Some(Representation::Json),
            (true, _, "Table", "v1") => Some(Representation::Table(include)),
            (true, _, "PartialObjectMetadata" | "PartialObjectMetadataList", "v1") => {
                Some(Representation::Partial)
            }
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
        let resource = Resource::find(group, "v1", resource).expect("a row of the table");
        Representation::negotiate(headers, &Query::parse(""), resource).ok()
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
            ("*/*", Some(Representation::Json)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            assert_eq!(negotiated("", "pods", &headers), expected, "{accept}");
            let form = negotiated("authorization.k8s.io", "selfsubjectaccessreviews", &headers);
            assert!(!matches!(form, Some(Representation::Table(_) | Representation::Partial)), "{accept}");
            let form = negotiated("apiextensions.k8s.io", "customresourcedefinitions", &headers);
            assert!(form != Some(Representation::Protobuf), "{accept}");
        }
    }
}
