//! From a URL path to what it names.

use api::Resource;
use client::Target;
use meta::Status;

/// What a path names.
#[derive(Debug, PartialEq)]
pub(super) enum Route {
    Root,
    Health,
    Version,
    Metrics,
    Jwks,
    OpenIdConfiguration,
    OpenApiV2,
    /// What follows `/openapi/v3`.
    OpenApiV3(String),
    Discovery(Place),
    Resource(Target),
    Unknown,
    /// Not even a path.
    Malformed,
}

/// Where discovery is asked.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    /// `/api`.
    Core,
    /// `/apis`.
    Groups,
    /// `/apis/<group>`.
    Group(String),
    /// `/api/<version>` or `/apis/<group>/<version>`.
    Version(String, String),
}

impl Route {
    pub(super) fn parse(path: &str) -> Route {
        if !is_well_escaped(path) {
            return Route::Malformed;
        }
        let trimmed = path.strip_prefix('/').unwrap_or(path);
        let trimmed = trimmed.strip_suffix('/').unwrap_or(trimmed);
        let parts: Vec<&str> = if trimmed.is_empty() { Vec::new() } else { trimmed.split('/').collect() };
        // What follows `proxy` is somebody else's path, and may hold anything.
        let own = parts.iter().position(|part| *part == "proxy").unwrap_or(parts.len());
        if parts[..own].contains(&"") {
            return Route::Unknown;
        }
        match parts.as_slice() {
            [] => Route::Root,
            ["healthz" | "livez" | "readyz", ..] => Route::Health,
            ["version"] => Route::Version,
            ["metrics"] => Route::Metrics,
            ["openid", "v1", "jwks"] => Route::Jwks,
            [".well-known", "openid-configuration"] => Route::OpenIdConfiguration,
            ["openapi", "v2"] => Route::OpenApiV2,
            ["openapi", "v3", rest @ ..] => Route::OpenApiV3(rest.join("/")),
            ["api"] => Route::Discovery(Place::Core),
            ["api", version] => Route::Discovery(Place::Version(String::new(), (*version).to_owned())),
            ["api", version, rest @ ..] => resource("", version, rest),
            ["apis"] => Route::Discovery(Place::Groups),
            ["apis", group] => Route::Discovery(Place::Group((*group).to_owned())),
            ["apis", group, version] => {
                Route::Discovery(Place::Version((*group).to_owned(), (*version).to_owned()))
            }
            ["apis", group, version, rest @ ..] => resource(group, version, rest),
            _ => Route::Unknown,
        }
    }
}

fn resource(group: &str, version: &str, rest: &[&str]) -> Route {
    let (namespace, rest) = match rest {
        // `/namespaces/x` and its subresources are the namespace itself.
        ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => ("", rest),
        ["namespaces", namespace, rest @ ..] => (*namespace, rest),
        rest => ("", rest),
    };
    let [name, rest @ ..] = rest else { return Route::Unknown };
    let Some(row) = Resource::find(group, version, name).filter(|row| is_served(row)) else {
        return Route::Unknown;
    };
    if !namespace.is_empty() && !row.namespaced {
        return Route::Unknown;
    }
    let decode = |part: &str| {
        let text = format!("k={}", part.replace('+', "%2B"));
        form_urlencoded::parse(text.as_bytes())
            .next()
            .map_or_else(String::new, |(_, value)| value.into_owned())
    };
    let (object, subresource) = match rest {
        [] => (String::new(), String::new()),
        [object] => (decode(object), String::new()),
        [object, sub, rest @ ..] => {
            let mut sub = (*sub).to_owned();
            // What follows `proxy` is the path on the other side.
            if sub == "proxy" {
                for part in rest {
                    sub.push('/');
                    sub.push_str(part);
                }
            } else if !rest.is_empty() {
                return Route::Unknown;
            }
            (decode(object), sub)
        }
    };
    let namespaced_object = row.namespaced && namespace.is_empty() && !object.is_empty();
    if namespaced_object {
        return Route::Unknown;
    }
    Route::Resource(Target::object(row, namespace, &object).sub(&subresource))
}

/// The path of a watch of the old form, without the segment that says so.
pub(super) fn without_watch(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let place = match parts.as_slice() {
        ["", "api", _, "watch", _, ..] => 3,
        ["", "apis", _, _, "watch", _, ..] => 4,
        _ => return None,
    };
    Some([&parts[..place], &parts[place + 1..]].concat().join("/"))
}

/// Every `%` begins an escape of two hexadecimal digits.
pub(super) fn is_well_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    (0..bytes.len()).filter(|at| bytes[*at] == b'%').all(|at| digit(at + 1) && digit(at + 2))
}

/// Whether a path lies where the API server answers in the words of the API.
pub(super) fn is_of_the_api(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let (group, version) = match parts.as_slice() {
        ["", "api", version, ..] => ("", *version),
        ["", "apis", group, version, ..] => (*group, *version),
        _ => return false,
    };
    Resource::all().iter().any(|row| row.group == group && row.version == version)
}

/// The rule for names in paths (Kubernetes API conventions, Object names and IDs), in upstream's words.
pub(super) fn check_name(target: &Target) -> Result<(), Status> {
    let name = target.name.as_str();
    let why = match name {
        "." | ".." => format!("may not be '{name}'"),
        name if name.contains('/') => "may not contain '/'".to_owned(),
        name if name.contains('%') => "may not contain '%'".to_owned(),
        _ => return Ok(()),
    };
    Err(Status::bad_request(format!("Name parameter invalid: {name:?}: {why}")))
}

/// Whether a row is answered at all.
pub(super) fn is_served(row: &Resource) -> bool {
    let review = !row.allows(api::verbs::GET) && row.allows(api::verbs::CREATE);
    let other_version = registry::versions::of(row).is_some();
    let made = review || crate::path::is_made_up(row);
    crate::storage::is_stored(row) || other_version || (made && row.served_by_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        let shown = match Route::parse(path) {
            Route::Resource(t) => format!("{} {}/{}/{}", t.resource.name, t.namespace, t.name, t.subresource),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{path}");
    }

    #[test]
    fn paths() {
        check("/api/v1/namespaces", "namespaces //");
        check("/api/v1/namespaces/a", "namespaces /a/");
        check("/api/v1/namespaces/a/status", "namespaces /a/status");
        check("/api/v1/namespaces/a/pods", "pods a//");
        check("/api/v1/namespaces/a/pods/b/log", "pods a/b/log");
        check("/api/v1/pods", "pods //");
        check("/api/v1/pods/b", "Unknown");
        check("/apis/apps/v1/namespaces/a/deployments/b/", "deployments a/b/");
        check("/apis/apps/v2/namespaces/a/deployments", "Unknown");
        check("/api/v1/nodes/n/proxy/logs/x", "nodes /n/proxy/logs/x");
        check("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode", "clusterroles /system:node/");
        check("/apis/apps/v1", "Discovery(Version(\"apps\", \"v1\"))");
        check("/readyz/ping", "Health");
        check("/", "Root");
        check("", "Root");
        check("/api//v1/pods", "Unknown");
        check("/api/v1/pods/%zz", "Malformed");
        check("/api/v1/pods/%", "Malformed");
        check("/api/v1/namespaces/a/services/s/proxy//x//", "services a/s/proxy//x/");
        check("/api/v1/namespaces/a/configmaps/%F0%9F", "configmaps a/\u{fffd}/");
    }
}
