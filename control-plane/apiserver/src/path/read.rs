//! Get and list.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use client::Answer;
use client::ListOptions;
use client::ObjectList;
use client::VersionMatch;
use meta::Reason;
use meta::ResourceVersion;
use meta::Status;

use super::Call;
use crate::cache::Filter;
use crate::cache::ResourceCache;
use crate::cache::Snapshot;

/// How long a read waits for a version that is not there yet.
const FRESHNESS_WAIT: Duration = Duration::from_secs(3);

impl Call<'_> {
    pub(crate) async fn get(&mut self, version: Option<ResourceVersion>) -> Result<Answer, Status> {
        match version {
            Some(ResourceVersion(0)) => {}
            Some(version) => self.wait_for(version).await?,
            None => self.server.storage.catch_up().await,
        }
        self.current().map(Answer::Object)
    }

    /// The object that the call is about, as the cache has it.
    pub(crate) fn current(&self) -> Result<Arc<Object>, Status> {
        self.cache().get(&self.target.namespace, &self.target.name).ok_or_else(|| self.not_found())
    }

    /// The cache of the resource that the call is about.
    pub(crate) fn cache(&self) -> &Arc<ResourceCache> {
        self.server.storage.cache.of(self.target.resource).expect("only stored resources come here")
    }

    pub(crate) async fn list(&mut self, options: ListOptions) -> Result<ObjectList, Status> {
        let filter = self.filter(options.labels, options.fields)?;
        if !options.continue_token.is_empty() {
            let token = Continue::parse(&options.continue_token)?;
            return Ok(page(self.go_on(&filter, token, options.limit).await?, &filter));
        }
        // Pages of a version that the client names, and says no more of, are of that very version.
        let unsaid = (options.limit > 0).then_some(VersionMatch::Exact);
        match (options.version_match.or(unsaid), options.resource_version) {
            (_, Some(ResourceVersion(0))) => {}
            (Some(VersionMatch::Exact), Some(version)) => {
                self.wait_for(version).await?;
                let snapshot = self.exact(&filter, None, options.limit, version.0).await?;
                return Ok(page(snapshot, &filter));
            }
            (_, Some(version)) => self.wait_for(version).await?,
            (_, None) => self.server.storage.catch_up().await,
        }
        let applied = self.server.storage.cache.applied();
        // A limit does not bind a list from the cache at version 0, as upstream has it.
        let any = options.resource_version == Some(ResourceVersion(0));
        let limit = if any { 0 } else { options.limit };
        Ok(page(self.cache().snapshot(&filter, None, limit, applied), &filter))
    }

    /// The next page of a list: as things were when it began or, where the client took the token of an
    /// expired list, as they are now.
    async fn go_on(&self, filter: &Filter, token: Continue, limit: usize) -> Result<Snapshot, Status> {
        let Some(revision) = token.revision else {
            self.server.storage.catch_up().await;
            let applied = self.server.storage.cache.applied();
            return Ok(self.cache().snapshot(filter, Some(&token.start), limit, applied));
        };
        self.wait_for(ResourceVersion(revision)).await?;
        self.exact(filter, Some(&token.start), limit, revision).await.map_err(|status| {
            if status.reason != Reason::Expired {
                return status;
            }
            let mut expired = Status::expired(TOKEN_EXPIRED);
            expired.continue_token = Continue { revision: None, start: token.start.clone() }.encode();
            expired
        })
    }

    /// A filter for this collection. Unknown fields of a selector are the client's mistake.
    pub(crate) fn filter(
        &self,
        labels: meta::LabelSelector,
        fields: meta::FieldSelector,
    ) -> Result<Filter, Status> {
        let known = |field: &str| {
            matches!(field, "metadata.name" | "metadata.namespace")
                || self.target.resource.selectable().contains(&field)
        };
        if let Some(term) = fields.terms.iter().find(|term| !known(&term.field)) {
            return Err(Status::bad_request(unknown_field(self.target.resource, &term.field)));
        }
        Ok(Filter { namespace: self.target.namespace.clone(), labels, fields })
    }

    /// The collection exactly as it was at a revision: from the cache where nothing changed since,
    /// else from the store's history.
    async fn exact(
        &self,
        filter: &Filter,
        after: Option<&str>,
        limit: usize,
        revision: u64,
    ) -> Result<Snapshot, Status> {
        if self.server.storage.gave_up(revision) {
            // Also where the cache could still tell: a token ends for every list alike.
            return Err(Status::expired(VERSION_EXPIRED));
        }
        let applied = self.server.storage.cache.applied();
        let mut snapshot = self.cache().snapshot(filter, after, limit, 0);
        if snapshot.revision <= revision && applied >= revision {
            snapshot.revision = revision;
            return Ok(snapshot);
        }
        self.server.storage.range_at(self.target.resource, filter, after, limit, revision).await
    }

    /// Waits until a version was reached; versions far in the future are an error.
    pub(crate) async fn wait_for(&self, version: ResourceVersion) -> Result<(), Status> {
        let wait = self.server.storage.cache.wait_applied(version.0);
        if tokio::time::timeout(FRESHNESS_WAIT, wait).await.is_ok() {
            return Ok(());
        }
        let current = self.server.storage.cache.applied();
        let message = format!("Timeout: Too large resource version: {version}, current: {current}");
        let mut status = Status::new(Reason::Timeout, message);
        status.retry_after_seconds = Some(1);
        status.causes.push(meta::Cause {
            reason: "ResourceVersionTooLarge",
            message: "Too large resource version".to_owned(),
            field: String::new(),
        });
        Err(status)
    }
}

/// How upstream says that it knows no such field, which depends on the kind.
fn unknown_field(resource: &api::Resource, field: &str) -> String {
    match (resource.group, resource.name) {
        ("batch", "jobs") => format!("field label {field:?} not supported for {}", resource.kind),
        ("resource.k8s.io", "resourceslices") => {
            format!(
                "field label not supported for {}, Kind={}: {field}",
                resource.api_version(),
                resource.kind
            )
        }
        _ if resource.selectable().is_empty() => {
            format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        }
        _ => format!("field label not supported: {field}"),
    }
}

/// Rules about combinations of list parameters, as upstream words them.
pub(crate) fn list_options_are_consistent(
    options: &ListOptions,
    resource_version: &str,
) -> Result<(), String> {
    if !options.continue_token.is_empty() && !matches!(resource_version, "" | "0") {
        return Err("specifying resource version is not allowed when using continue".to_owned());
    }
    Ok(())
}

/// Where a page ended, as clients hand it back.
struct Continue {
    /// Of the list; `None` for whatever is newest.
    revision: Option<u64>,
    start: String,
}

/// How a token says that any version will do.
const ANY_VERSION: i64 = -1;
const VERSION_EXPIRED: &str = "The resourceVersion for the provided list is too old.";
const TOKEN_EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// Whether a text is a token that this server could have given.
pub(crate) fn read_token(text: &str) -> bool {
    Continue::parse(text).is_ok()
}

impl Continue {
    fn encode(&self) -> String {
        let revision = self.revision.map_or(ANY_VERSION, |revision| revision as i64);
        let value = api::value!({"v": "meta.k8s.io/v1", "rv": revision, "start": &self.start});
        URL_SAFE_NO_PAD.encode(api::json::to_vec(&value))
    }

    fn parse(token: &str) -> Result<Self, Status> {
        let invalid = |why: &str| {
            Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        };
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid("it is not base64"))?;
        let value = api::json::parse_value(&bytes).map_err(|_| invalid("it is not JSON"))?;
        if value["v"].as_str() != Some("meta.k8s.io/v1") {
            let version = value["v"].str_or_empty();
            return Err(invalid(&format!("server does not recognize this encoded version {version}")));
        }
        let revision = match value["rv"].as_i64() {
            Some(ANY_VERSION) => Some(None),
            version => version.and_then(|rv| u64::try_from(rv).ok()).filter(|rv| *rv > 0).map(Some),
        };
        let start = value["start"].as_str().filter(|start| !start.is_empty());
        if let Some(start) = start.filter(|start| start.split('/').any(|part| part == "..")) {
            return Err(invalid(start));
        }
        match (revision, start) {
            // Keys are paths of names: a token that climbs out of them was not ours.
            (_, Some(start)) if start.split('/').any(|part| matches!(part, "." | "..")) => {
                Err(invalid(start))
            }
            (Some(revision), Some(start)) => Ok(Self { revision, start: start.to_owned() }),
            _ => Err(invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")),
        }
    }
}

fn page(snapshot: Snapshot, filter: &Filter) -> ObjectList {
    let selective = !filter.labels.is_empty() || !filter.fields.is_empty();
    let (continue_token, remaining) = match snapshot.more {
        Some((last, remaining)) => {
            let token = Continue { revision: Some(snapshot.revision), start: last.to_string() }.encode();
            // With a selector the number is not told, as upstream has it.
            (token, if selective { None } else { Some(remaining) })
        }
        None => (String::new(), None),
    };
    ObjectList {
        items: snapshot.items,
        resource_version: ResourceVersion(snapshot.revision),
        continue_token,
        remaining,
    }
}
