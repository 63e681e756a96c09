//! Discovery, plain and aggregated, from the resource table.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use api::Resource;
use api::Value;
use api::json;
use api::value;
use base64::Engine as _;
use http::HeaderMap;
use http::StatusCode;
use http::header;
use meta::Status;
use sha2::Digest as _;
use sha2::Sha256;

use super::Reply;
use super::not_found_path;
use super::route::Place;
use super::route::is_served;
use super::with_type;
use crate::Config;
use crate::storage::is_stored;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers discovery; the aggregated documents are made once.
pub(crate) struct Discovery {
    core: Aggregated,
    groups: Aggregated,
}

struct Aggregated {
    body: Vec<u8>,
    etag: String,
}

/// Groups in the order upstream lists them, which is the order clients prefer.
const GROUPS: &[&str] = &[
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

impl Discovery {
    pub(crate) fn new() -> Self {
        let groups: Vec<&str> = GROUPS.iter().copied().filter(|group| !versions(group).is_empty()).collect();
        Self { core: Aggregated::new(&[""]), groups: Aggregated::new(&groups) }
    }

    pub(super) fn answer(
        &self,
        place: &Place,
        headers: &HeaderMap,
        config: &Config,
    ) -> Result<Reply, Status> {
        let wanted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
        let aggregated = prefers_aggregated(wanted);
        match place {
            Place::Core if aggregated => Ok(self.core.reply(headers)),
            Place::Groups if aggregated => Ok(self.groups.reply(headers)),
            Place::Core => Ok(plain(&value!({
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": config.advertise.to_string()}]
            }))),
            Place::Groups => {
                let groups: Vec<Value> = GROUPS
                    .iter()
                    .copied()
                    .filter(|group| !versions(group).is_empty())
                    .map(group_value)
                    .collect();
                Ok(plain(&value!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
            }
            Place::Group(group) if !versions(group).is_empty() => {
                let mut body = value!({"kind": "APIGroup", "apiVersion": "v1"});
                for entry in group_value(group).entries().iter() {
                    body.set(&[entry.key.as_str()], entry.value.clone());
                }
                Ok(plain(&body))
            }
            Place::Version(group, version) if versions(group).contains(&version.as_str()) => {
                Ok(plain(&resource_list(group, version)))
            }
            Place::Group(_) | Place::Version(..) => Err(not_found_path()),
        }
    }
}

impl Aggregated {
    fn new(groups: &[&str]) -> Self {
        let items: Vec<Value> = groups.iter().map(|group| aggregated_group(group)).collect();
        let body = json::to_vec(&value!({
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items
        }));
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self { etag: format!("\"{:016X}\"", hasher.finish()), body }
    }

    fn reply(&self, headers: &HeaderMap) -> Reply {
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let unchanged = known == Some(self.etag.as_str());
        let (code, body) = if unchanged {
            (StatusCode::NOT_MODIFIED, Vec::new())
        } else {
            (StatusCode::OK, self.body.clone())
        };
        let mut reply = with_type(code, AGGREGATED, body);
        let headers = reply.headers_mut();
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("public"));
        headers.insert(header::VARY, header::HeaderValue::from_static("Accept"));
        if let Ok(etag) = header::HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        reply
    }
}

/// The paths that `/` lists.
pub(super) fn root_paths() -> String {
    let mut paths: Vec<String> = [
        "/.well-known/openid-configuration",
        "/api",
        "/api/v1",
        "/apis",
        "/healthz",
        "/livez",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/openid/v1/jwks",
        "/readyz",
        "/version",
    ]
    .map(str::to_owned)
    .to_vec();
    for group in GROUPS {
        let versions = versions(group);
        if !versions.is_empty() {
            paths.push(format!("/apis/{group}"));
        }
        paths.extend(versions.iter().map(|version| format!("/apis/{group}/{version}")));
    }
    paths.sort();
    json::to_string(&value!({"paths": paths}))
}

fn prefers_aggregated(accept: &str) -> bool {
    let position = |found: &dyn Fn(&str) -> bool| accept.split(',').position(|clause| found(clause.trim()));
    let aggregated = position(&|clause| {
        clause.contains("as=APIGroupDiscoveryList") && clause.contains("v=v2") && !clause.contains("v2beta1")
    });
    let plain = position(&|clause| {
        matches!(clause.split(';').next(), Some("application/json" | "*/*")) && !clause.contains("as=")
    });
    match (aggregated, plain) {
        (Some(aggregated), Some(plain)) => aggregated < plain,
        (aggregated, None) => aggregated.is_some(),
        (None, Some(_)) => false,
    }
}

fn plain(body: &Value) -> Reply {
    super::json(StatusCode::OK, json::to_vec(body))
}

fn rows<'a>(group: &'a str, version: &'a str) -> impl Iterator<Item = &'static Resource> + 'a {
    Resource::all().iter().filter(move |row| row.group == group && row.version == version && is_served(row))
}

/// Served versions of a group, the preferred one first.
fn versions(group: &str) -> Vec<&'static str> {
    let mut versions: Vec<&'static str> = Vec::new();
    for row in Resource::all().iter().filter(|row| row.group == group && is_served(row)) {
        if !versions.contains(&row.version) {
            versions.push(row.version);
        }
    }
    versions.sort_by(|a, b| b.cmp(a));
    versions
}

fn group_value(group: &str) -> Value {
    let version =
        |version: &&str| value!({"groupVersion": format!("{group}/{version}"), "version": *version});
    let versions = versions(group);
    let all: Vec<Value> = versions.iter().map(version).collect();
    let preferred = all.first().cloned().unwrap_or_default();
    value!({"name": group, "versions": all, "preferredVersion": preferred})
}

fn verb_list(bits: u16) -> Value {
    api::verbs::names(bits).collect::<Vec<_>>().into()
}

fn resource_list(group: &str, version: &str) -> Value {
    let mut resources = Vec::new();
    for row in rows(group, version) {
        let mut entry = value!({
            "name": row.name, "singularName": row.singular, "namespaced": row.namespaced, "kind": row.kind,
            "verbs": verb_list(row.verbs)
        });
        if !row.short_names.is_empty() {
            entry.set(&["shortNames"], row.short_names.to_vec());
        }
        if !row.categories.is_empty() {
            entry.set(&["categories"], row.categories.to_vec());
        }
        if let Some(hash) = storage_version_hash(row) {
            entry.set(&["storageVersionHash"], hash);
        }
        resources.push(entry);
        for sub in row.subresources {
            let mut entry = value!({
                "name": format!("{}/{}", row.name, sub.name), "singularName": "", "namespaced": row.namespaced
            });
            if (sub.group, sub.version) != (row.group, row.version) {
                entry.set(&["group"], sub.group);
                entry.set(&["version"], sub.version);
            }
            entry.set(&["kind"], sub.kind);
            entry.set(&["verbs"], verb_list(sub.verbs));
            resources.push(entry);
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut list = value!({"kind": "APIResourceList", "groupVersion": group_version, "resources": resources});
    if !group.is_empty() {
        list.as_map_mut().expect("made above").edit(|entries| {
            entries.insert(1, api::Entry { key: "apiVersion".into(), value: "v1".into() });
        });
    }
    list
}

/// Tells clients that migrate what is stored when the version changes that it is stored in: the start of
/// a SHA-256 of that version, as upstream makes it, so that the same version has the same hash there.
fn storage_version_hash(row: &'static Resource) -> Option<String> {
    let stored = registry::versions::of(row).map_or(row, |version| version.stored);
    is_stored(stored).then(|| {
        let kind = format!("{}/{}/{}", stored.group, stored.version, stored.kind);
        base64::engine::general_purpose::STANDARD.encode(&Sha256::digest(kind)[..8])
    })
}

fn aggregated_group(group: &str) -> Value {
    let versions: Vec<Value> = versions(group)
        .into_iter()
        .map(|version| {
            let resources: Vec<Value> = rows(group, version).map(aggregated_resource).collect();
            value!({"version": version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let metadata = if group.is_empty() { value!({}) } else { value!({"name": group}) };
    value!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(row: &'static Resource) -> Value {
    let kind =
        |group: &str, version: &str, kind: &str| value!({"group": group, "version": version, "kind": kind});
    let mut entry = value!({
        "resource": row.name, "responseKind": kind(row.group, row.version, row.kind),
        "scope": if row.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": row.singular, "verbs": verb_list(row.verbs)
    });
    if !row.short_names.is_empty() {
        entry.set(&["shortNames"], row.short_names.to_vec());
    }
    if !row.categories.is_empty() {
        entry.set(&["categories"], row.categories.to_vec());
    }
    if !row.subresources.is_empty() {
        let subs: Vec<Value> = row
            .subresources
            .iter()
            .map(|sub| {
                value!({
                    "subresource": sub.name, "responseKind": kind(sub.group, sub.version, sub.kind),
                    "verbs": verb_list(sub.verbs)
                })
            })
            .collect();
        entry.set(&["subresources"], subs);
    }
    entry
}
