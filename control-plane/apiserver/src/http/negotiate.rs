//! Which form of an answer the client wants.

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
    /// `has_metadata`: what is not stored has neither a table nor metadata to show.
    pub(super) fn negotiate(headers: &HeaderMap, query: &Query, has_metadata: bool) -> Result<Self, Status> {
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
        let plain = |form: &Self| matches!(form, Representation::Json | Representation::Yaml);
        served.find(|form| has_metadata || plain(form)).ok_or_else(|| {
            Status::new(
                Reason::NotAcceptable,
                "only the following media types are accepted: application/json, application/yaml",
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
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_headers() {
        for (accept, expected) in [
            ("application/json", Some(Representation::Json)),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
                Some(Representation::Table(Include::Metadata)),
            ),
            ("application/vnd.kubernetes.protobuf,application/json", Some(Representation::Json)),
            ("application/vnd.kubernetes.protobuf", None),
            ("application/json;q=0.5,application/yaml", Some(Representation::Yaml)),
            ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Some(Representation::Partial)),
            ("*/*", Some(Representation::Json)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            assert_eq!(
                Representation::negotiate(&headers, &Query::parse(""), true).ok(),
                expected,
                "{accept}"
            );
            let plain = expected.filter(|form| matches!(form, Representation::Json | Representation::Yaml));
            let without = Representation::negotiate(&headers, &Query::parse(""), false).ok();
            assert!(without == plain || without == Some(Representation::Json), "{accept}: {without:?}");
        }
    }
}
