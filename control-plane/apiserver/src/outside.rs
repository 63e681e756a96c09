//! What reads bytes from outside, one plain function each: for the fuzzer.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Request;
use wire::Body;

use crate::http::examine;
use crate::path::read_token;

/// A continue token of a list.
pub fn continue_token(text: &str) -> bool {
    read_token(text)
}

/// The head of a request: a line with method and URI, then a line for each header. Everything that
/// is decided before the body is read is decided.
pub fn request_head(text: &str) -> bool {
    let mut lines = text.split('\n');
    let Some((method, uri)) = lines.next().and_then(|line| line.split_once(' ')) else { return false };
    let request = Request::builder().method(method).uri(uri).body(Body::empty());
    let Ok(mut request) = request else { return false };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.trim()))
        {
            headers.append(name, value);
        }
    }
    *request.headers_mut() = headers;
    examine(&request)
}

/// The body of a request of this media type; whether it is one.
pub fn body(media_type: &str, bytes: &[u8]) -> bool {
    crate::http::decodes(media_type, bytes)
}
