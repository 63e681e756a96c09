//! OpenAPI documents of what the API server serves, version 3 by group and version, and version 2
//! as a whole.
//!
//! Everything is derived from the resource table and the types; names of schemas, extensions and
//! the shape of operations are those that clients of upstream rely on. Descriptions of types and fields
//! come from a dependency, at build time. Sources: OpenAPI Specification 3.0 and 2.0; Kubernetes documentation, "The Kubernetes API",
//! OpenAPI interface definition.

mod descriptions;
mod operations;
mod protobuf;
mod schemas;

use api::Map;
use api::Resource;
use api::Value;
use api::value;

use schemas::Schemas;

/// Media type of the version 2 document in protobuf; older clients write `@` for the second dot of the
/// version.
pub const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// Media type of a version 3 document in protobuf, which clients offer besides JSON.
pub const V3_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
/// How the two versions of the specification spell the same facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dialect {
    V2,
    V3,
}

/// Where the documents of the groups are: `paths` names each document (such as `apis/apps/v1`) and
/// gives the hash of its bytes, which makes its address good for ever.
pub fn v3_root<'a>(paths: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let entries: Map = paths
        .into_iter()
        .map(|(path, hash)| (path, value!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")})))
        .collect();
    value!({"paths": entries})
}

/// The version 3 document of the rows of one group and version.
pub fn v3_document(rows: &[&'static Resource]) -> Value {
    let mut schemas = Schemas::new(Dialect::V3);
    let paths = operations::paths(rows, &mut schemas);
    value!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "components": {
            "schemas": schemas.finish(),
            "securitySchemes": {"BearerToken": {"type": "apiKey", "in": "header", "name": "authorization"}}
        }
    })
}

/// The version 2 document of all rows.
pub fn v2_document(rows: &[&'static Resource]) -> Value {
    let mut schemas = Schemas::new(Dialect::V2);
    let paths = operations::paths(rows, &mut schemas);
    value!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "definitions": schemas.finish(),
        "securityDefinitions": {"BearerToken": {"type": "apiKey", "in": "header", "name": "authorization"}},
        "security": [{"BearerToken": []}]
    })
}

/// The version 2 document as protobuf.
pub fn v2_protobuf(document: &Value) -> Vec<u8> {
    protobuf::encode(document)
}

/// The part of the address of a group and version, such as `api/v1` or `apis/apps/v1`.
pub fn group_version_path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

#[cfg(test)]
mod tests;
