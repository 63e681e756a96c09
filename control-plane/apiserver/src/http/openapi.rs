//! OpenAPI documents.

use http::HeaderMap;
use meta::Status;

use super::Reply;
use super::not_found_path;

/// `/openapi/v3` and what is below it. Not served yet; clients fall back to what they know.
pub(super) fn v3(_rest: &str) -> Result<Reply, Status> {
    Err(not_found_path())
}

/// `/openapi/v2`.
pub(super) fn v2(_headers: &HeaderMap) -> Result<Reply, Status> {
    Err(not_found_path())
}
