//! Keeps the default objects what they should be, and says of every FlowSchema whether its level
//! exists.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::value;
use client::Client;
use client::Patch;
use client::Target;
use supervise::Stop;

use super::FlowControl;
use super::defaults;
use crate::cache::Filter;
use crate::cache::ResourceCache;
use crate::cache::Watched;
use crate::server::ApiServer;
use crate::user::MASTERS;
use crate::user::User;

/// Time between two looks where nothing changes.
const INTERVAL: Duration = Duration::from_secs(60);
/// Whether an object follows its default; upstream's annotation.
const AUTO_UPDATE: &str = "apf.kubernetes.io/autoupdate-spec";

/// Keeps the objects until asked to stop.
pub(crate) async fn keep(server: ApiServer, stop: Stop) {
    let user = User::new("system:apiserver", &[MASTERS]);
    let client = Client::new(server.transport(user), "api-priority-and-fairness-config-consumer-v1");
    let flow = &server.inner.flow;
    let mut bells = [Bell::new(&flow.schemas), Bell::new(&flow.levels)];
    loop {
        // A write that is under way when all stops would wait for a cache that nobody feeds any more.
        let Some(looked) = stop.unless(look(flow, &client, server.inner.clock.now())).await else { return };
        if let Err(error) = looked {
            tracing::warn!(error = &error as &dyn std::error::Error, "flow-control objects were not kept up");
        }
        let [schemas, levels] = &mut bells;
        // Waiting loses nothing: whatever woke us, everything is looked at again.
        tokio::select! {
            () = schemas.rang() => {}
            () = levels.rang() => {}
            () = server.inner.clock.sleep(INTERVAL) => {}
            () = stop.requested() => return,
        }
    }
}

/// Creates the default objects that are missing, and puts those right that are to be kept right.
pub(crate) async fn ensure_defaults(client: &Client) -> Result<(), client::Error> {
    let pending = defaults::all().into_iter().map(|default| async move {
        let row = defaults::row(default.resource);
        let name = default.body["metadata"]["name"].str_or_empty();
        let target = Target::object(row, "", name);
        let Some(found) = client.find(target.clone()).await? else {
            return match client.create(row, default.body).await {
                Err(error) if !error.is_already_exists() => Err(error),
                _ => Ok(()),
            };
        };
        let follows = default.mandatory || follows_default(&found);
        if !follows || covers(&found.value()["spec"], &default.body["spec"]) {
            return Ok(());
        }
        let mut body = found.value().clone();
        body.set(&["spec"], default.body["spec"].clone());
        client.update(target, body).await.map(drop)
    });
    futures_util::future::try_join_all(pending).await.map(drop)
}

async fn look(flow: &FlowControl, client: &Client, now: jiff::Timestamp) -> Result<(), client::Error> {
    ensure_defaults(client).await?;
    for schema in flow.schemas.all() {
        if let Some(condition) = dangling(&schema, &flow.levels, now) {
            let target = Target::object(defaults::row("flowschemas"), "", schema.name()).sub("status");
            let config = value!({
                "kind": "FlowSchema", "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
                "metadata": {"name": schema.name()}, "status": {"conditions": [condition]}
            });
            let config = api::json::to_vec(&config).into();
            client.patch(target, Patch::Apply { config, force: true }).await?;
        }
    }
    Ok(())
}

/// The condition that says whether the level of a schema is missing, where it must be written.
fn dangling(schema: &Object, levels: &ResourceCache, now: jiff::Timestamp) -> Option<Value> {
    let level = schema.value()["spec"]["priorityLevelConfiguration"]["name"].str_or_empty();
    let exists = levels.get("", level).is_some();
    let (status, reason, rest) = if exists {
        ("False", "Found", "and it exists")
    } else {
        ("True", "NotFound", "but there is no such object")
    };
    let message =
        format!("This FlowSchema references the PriorityLevelConfiguration object named {level:?} {rest}");
    let conditions = schema.value()["status"]["conditions"].items();
    let present = conditions.iter().find(|condition| condition["type"].as_str() == Some("Dangling"));
    let wanted = [("status", status), ("reason", reason), ("message", message.as_str())];
    if present.is_some_and(|present| wanted.iter().all(|(key, text)| present[*key].as_str() == Some(text))) {
        return None;
    }
    let same_status = present.filter(|present| present["status"].as_str() == Some(status));
    let since = same_status.and_then(|present| present["lastTransitionTime"].as_str()).map(str::to_owned);
    let since = since.unwrap_or_else(|| now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    Some(value!({
        "type": "Dangling", "status": status, "reason": reason, "message": message,
        "lastTransitionTime": since
    }))
}

/// Whether a person left an object to us.
fn follows_default(object: &Object) -> bool {
    match object.value()["metadata"]["annotations"][AUTO_UPDATE].as_str() {
        Some("true") => true,
        Some("false") => false,
        // As upstream: nobody has touched it since it was made.
        _ => object.value()["metadata"]["generation"].as_i64() == Some(1),
    }
}

/// Whether a value says everything that is wanted; defaulted fields may be more.
fn covers(found: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(map) => map
            .iter()
            .all(|entry| found.get(entry.key.as_str()).is_some_and(|present| covers(present, &entry.value))),
        Value::Array(items) => {
            let present = found.items();
            present.len() == items.len() && present.iter().zip(items.iter()).all(|(a, b)| covers(a, b))
        }
        other => found == other,
    }
}

/// Rings when something of a resource changes.
struct Bell {
    cache: Arc<ResourceCache>,
    watched: Watched,
}

impl Bell {
    fn new(cache: &Arc<ResourceCache>) -> Self {
        let (_, watched) = cache.snapshot_and_watch(Filter::default(), 0);
        Self { cache: cache.clone(), watched }
    }

    /// Cancel-safe: what was not heard rings again.
    async fn rang(&mut self) {
        self.watched.queue.rang().await;
        let mut changes = VecDeque::new();
        if !self.watched.queue.take(&mut changes) {
            *self = Self::new(&self.cache.clone());
        }
    }
}
