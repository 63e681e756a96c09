//! OpenAPI documents: made on first demand, kept compressed, named by the hash of their content.
//!
//! A document is a pure function of the resource table, so it is made once; about 4 MB of JSON are
//! kept as 200 KB. Clients of Go ask for gzip by themselves and get those bytes as they are.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::io::Read as _;
use std::io::Write as _;
use std::sync::OnceLock;

use api::Resource;
use api::Value;
use api::json;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use meta::Reason;
use meta::Status;
use schema::openapi;

use super::Reply;
use super::not_found_path;
use super::route::is_served;
use super::with_type;

/// The documents of everything that is served.
pub(crate) struct OpenApi {
    groups: Vec<Group>,
    root: OnceLock<Document>,
    v2: OnceLock<Document>,
    v2_protobuf: OnceLock<Document>,
}

struct Group {
    /// Such as `apis/apps/v1`.
    path: String,
    rows: Vec<&'static Resource>,
    document: OnceLock<Document>,
}

struct Document {
    media_type: &'static str,
    gzip: Bytes,
    hash: String,
}

impl OpenApi {
    pub(crate) fn new() -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for row in Resource::all().iter().filter(|row| is_served(row)) {
            let path = openapi::group_version_path(row.group, row.version);
            match groups.iter_mut().find(|group| group.path == path) {
                Some(group) => group.rows.push(row),
                None => groups.push(Group { path, rows: vec![row], document: OnceLock::new() }),
            }
        }
        Self { groups, root: OnceLock::new(), v2: OnceLock::new(), v2_protobuf: OnceLock::new() }
    }

    /// `/openapi/v3` and what is below it. `hash` is the query parameter of that name.
    pub(super) fn v3(&self, path: &str, hash: &str, headers: &HeaderMap) -> Result<Reply, Status> {
        if path.is_empty() {
            let root = self.root.get_or_init(|| {
                let hashes = self.groups.iter().map(|g| (g.path.as_str(), g.document().hash.as_str()));
                Document::new(&openapi::v3_root(hashes))
            });
            return root.reply(headers, "no-cache, private");
        }
        accepts_json(headers)?;
        let group = self.groups.iter().find(|group| group.path == path).ok_or_else(not_found_path)?;
        let document = group.document();
        if hash.is_empty() {
            return document.reply(headers, "no-cache, private");
        }
        if hash != document.hash {
            return Ok(moved(&format!("/openapi/v3/{path}?hash={}", document.hash)));
        }
        // The address names the content, so it never changes.
        document.reply(headers, "public, immutable, max-age=31536000")
    }

    /// `/openapi/v2`.
    pub(super) fn v2(&self, headers: &HeaderMap) -> Result<Reply, Status> {
        let make = || {
            let rows: Vec<&'static Resource> = self.groups.iter().flat_map(|g| g.rows.clone()).collect();
            openapi::v2_document(&rows)
        };
        let document = if prefers_protobuf(headers) {
            let encode = || Document::of_bytes(&openapi::v2_protobuf(&make()), openapi::V2_PROTOBUF);
            self.v2_protobuf.get_or_init(encode)
        } else {
            accepts_json(headers)?;
            self.v2.get_or_init(|| Document::new(&make()))
        };
        document.reply(headers, "no-cache, private")
    }
}

impl Group {
    fn document(&self) -> &Document {
        self.document.get_or_init(|| Document::new(&openapi::v3_document(&self.rows)))
    }
}

impl Document {
    fn new(value: &Value) -> Self {
        Self::of_bytes(&json::to_vec(value), "application/json")
    }

    fn of_bytes(body: &[u8], media_type: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).expect("memory takes every write");
        let gzip = encoder.finish().expect("memory takes every write");
        Self { media_type, gzip: gzip.into(), hash: format!("{:016X}", hasher.finish()) }
    }

    fn reply(&self, headers: &HeaderMap, cache: &'static str) -> Result<Reply, Status> {
        let etag = format!("\"{}\"", self.hash);
        let unchanged = header_text(headers, header::IF_NONE_MATCH).split(',').any(|tag| tag.trim() == etag);
        let gzip = accepts_gzip(headers);
        let mut reply = match (unchanged, gzip) {
            (true, _) => with_type(StatusCode::NOT_MODIFIED, self.media_type, Vec::new()),
            (false, true) => with_type(StatusCode::OK, self.media_type, self.gzip.clone()),
            (false, false) => {
                let mut body = Vec::with_capacity(self.gzip.len() * 16);
                GzDecoder::new(&*self.gzip).read_to_end(&mut body).map_err(Status::internal)?;
                with_type(StatusCode::OK, self.media_type, body)
            }
        };
        let headers = reply.headers_mut();
        if gzip && !unchanged {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
        headers.insert(header::ETAG, HeaderValue::from_str(&etag).map_err(Status::internal)?);
        Ok(reply)
    }
}

fn moved(location: &str) -> Reply {
    let mut reply = with_type(StatusCode::MOVED_PERMANENTLY, "text/plain; charset=utf-8", Vec::new());
    if let Ok(location) = HeaderValue::from_str(location) {
        reply.headers_mut().insert(header::LOCATION, location);
    }
    reply
}

/// Whether the protobuf form of version 2 stands before JSON.
fn prefers_protobuf(headers: &HeaderMap) -> bool {
    let accept = header_text(headers, header::ACCEPT);
    let media = |clause: &str| clause.split(';').next().unwrap_or("").trim().replace("v2@v1.0", "v2.v1.0");
    let first = accept.split(',').map(media).find(|media| {
        matches!(media.as_str(), openapi::V2_PROTOBUF | "application/json" | "application/*" | "*/*")
    });
    first.as_deref() == Some(openapi::V2_PROTOBUF)
}

/// 406 unless JSON will do. A client that offers only the protobuf form gets that answer too, and
/// falls back to what it knows by itself.
fn accepts_json(headers: &HeaderMap) -> Result<(), Status> {
    let accept = header_text(headers, header::ACCEPT);
    let fits = |clause: &str| {
        let media = clause.split(';').next().unwrap_or("").trim();
        matches!(media, "" | "application/json" | "application/*" | "*/*")
    };
    if accept.split(',').any(fits) {
        return Ok(());
    }
    Err(Status::new(Reason::NotAcceptable, "only the following media types are accepted: application/json"))
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    header_text(headers, header::ACCEPT_ENCODING).split(',').any(|clause| {
        let (coding, parameters) = clause.split_once(';').unwrap_or((clause, ""));
        let refused = matches!(parameters.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        matches!(coding.trim(), "gzip" | "*") && !refused
    })
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header"));
        headers
    }

    #[test]
    fn what_is_acceptable() {
        for (accept, good) in [
            ("application/json", true),
            ("*/*", true),
            ("application/vnd.kubernetes.protobuf,application/json", true),
            (openapi::V3_PROTOBUF, false),
            ("application/com.github.proto-openapi.spec.v2.v1.0+protobuf, */*;q=0.1", true),
        ] {
            assert_eq!(accepts_json(&headers(header::ACCEPT, accept)).is_ok(), good, "{accept}");
        }
        for (encoding, good) in
            [("gzip", true), ("deflate, gzip;q=1.0", true), ("gzip;q=0", false), ("br", false)]
        {
            assert_eq!(accepts_gzip(&headers(header::ACCEPT_ENCODING, encoding)), good, "{encoding}");
        }
        assert!(accepts_json(&HeaderMap::new()).is_ok());
        for (accept, protobuf) in [
            ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", true),
            ("application/com.github.proto-openapi.spec.v2.v1.0+protobuf,application/json", true),
            ("application/json, application/com.github.proto-openapi.spec.v2.v1.0+protobuf", false),
            ("", false),
        ] {
            assert_eq!(prefers_protobuf(&headers(header::ACCEPT, accept)), protobuf, "{accept}");
        }
    }

    #[test]
    fn addresses_name_the_content() {
        let openapi = OpenApi::new();
        let plain = HeaderMap::new();
        let root = openapi.root_value();
        let url = root["paths"]["apis/apps/v1"]["serverRelativeURL"].str_or_empty().to_owned();
        let hash = url.strip_prefix("/openapi/v3/apis/apps/v1?hash=").expect("the address of the group");
        let reply = openapi.v3("apis/apps/v1", hash, &plain).expect("there");
        assert_eq!(reply.headers()[header::CACHE_CONTROL], "public, immutable, max-age=31536000");
        let tag = reply.headers()[header::ETAG].to_str().expect("text").to_owned();
        let known = openapi.v3("apis/apps/v1", "", &headers(header::IF_NONE_MATCH, &tag)).expect("there");
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        let stale = openapi.v3("apis/apps/v1", "0", &plain).expect("there");
        assert_eq!(stale.headers()[header::LOCATION], url.as_str());
        assert!(openapi.v3("apis/apps/v9", "", &plain).is_err());
        assert!(openapi.v2(&plain).is_ok());
    }

    impl OpenApi {
        fn root_value(&self) -> Value {
            self.v3("", "", &HeaderMap::new()).expect("made");
            let mut text = Vec::new();
            GzDecoder::new(&*self.root.get().expect("made").gzip).read_to_end(&mut text).expect("gzip");
            json::parse_value(&text).expect("JSON")
        }
    }
}
