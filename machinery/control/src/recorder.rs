//! Events: what happened to an object, for people to read.
//!
//! Repeated events are counted in one object instead of being written again (`count`,
//! `lastTimestamp`), as clients expect of core/v1 Events.

use std::collections::HashMap;
use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::Target;
use parking_lot::Mutex;
use stdx::Clock;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::sync::mpsc;

/// Most events waiting to be written; more are dropped and counted.
const BACKLOG: usize = 1000;
/// Most distinct events remembered for counting.
const REMEMBERED: usize = 4096;

static WRITER: TaskKind =
    TaskKind { name: "event writer", rank: Rank::Controllers, on_end: OnEnd::StopProcess };

/// Whether an event is about something going right or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// As it should be.
    Normal,
    /// Something a person may want to look at.
    Warning,
}

/// Records events of one component; cheap to clone. Recording never waits.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    component: String,
    host: String,
    clock: Clock,
    queue: mpsc::Sender<Value>,
    dropped: Mutex<u64>,
}

impl Recorder {
    /// A recorder whose events are written by a task of its own. `host` is the node for a kubelet,
    /// else empty.
    pub fn new(component: &str, host: &str, client: Client, clock: Clock, spawner: &Spawner) -> Self {
        let (queue, events) = mpsc::channel(BACKLOG);
        let stop = spawner.stop(WRITER.rank);
        let writer = Writer { client, seen: HashMap::new() };
        spawner.spawn(&WRITER, component, async move {
            stop.unless(writer.run(events)).await;
            // Recorders outlive the writer while the process stops; nobody reads their events then.
            stop.requested().await;
        });
        let shared =
            Shared { component: component.into(), host: host.into(), clock, queue, dropped: Mutex::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Records an event about an object.
    pub fn record(&self, object: &Object, kind: EventType, reason: &str, message: &str) {
        self.record_field(object, "", kind, reason, message);
    }

    /// Records an event about part of an object, such as `spec.containers{web}`.
    pub fn record_field(&self, object: &Object, field: &str, kind: EventType, reason: &str, message: &str) {
        let now = meta::time::seconds(self.shared.clock.now());
        let namespace = if object.namespace().is_empty() { "default" } else { object.namespace() };
        let mut involved = value!({
            "kind": object.resource().kind, "namespace": object.namespace(), "name": object.name(),
            "uid": object.uid(), "apiVersion": object.resource().api_version(),
            "resourceVersion": object.resource_version().to_string()
        });
        if !field.is_empty() {
            involved.set(&["fieldPath"], field);
        }
        let suffix = format!("{:x}", self.shared.clock.now().as_nanosecond());
        let event = value!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"namespace": namespace, "name": format!("{}.{suffix}", object.name())},
            "involvedObject": involved,
            "reason": reason, "message": message,
            "source": {"component": &self.shared.component, "host": &self.shared.host},
            "reportingComponent": &self.shared.component, "reportingInstance": &self.shared.host,
            "firstTimestamp": &now, "lastTimestamp": &now, "count": 1,
            "type": if kind == EventType::Normal { "Normal" } else { "Warning" }
        });
        if self.shared.queue.try_send(event).is_err() {
            let mut dropped = self.shared.dropped.lock();
            *dropped += 1;
            tracing::warn!(dropped = *dropped, reason, "event dropped: too many wait to be written");
        }
    }
}

struct Writer {
    client: Client,
    /// What makes two events the same, with name and count of the object that counts them.
    seen: HashMap<String, (String, i64)>,
}

impl Writer {
    async fn run(mut self, mut events: mpsc::Receiver<Value>) {
        while let Some(event) = events.recv().await {
            if let Err(error) = self.write(event).await {
                tracing::debug!(%error, "event not written");
            }
        }
    }

    async fn write(&mut self, event: Value) -> Result<(), client::Error> {
        let key = identity(&event);
        let namespace = event["metadata"]["namespace"].str_or_empty().to_owned();
        if let Some((name, count)) = self.seen.get_mut(&key) {
            let patch = value!({
                "count": *count + 1, "lastTimestamp": &event["lastTimestamp"], "message": &event["message"]
            });
            match self.client.merge_patch(Target::object(events(), &namespace, name), &patch).await {
                Ok(_) => {
                    *count += 1;
                    return Ok(());
                }
                // It expired meanwhile: begin a new one.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        let name = event["metadata"]["name"].str_or_empty().to_owned();
        self.client.create(events(), event).await?;
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(key, (name, 1));
        Ok(())
    }
}

fn identity(event: &Value) -> String {
    let mut involved = event["involvedObject"].clone();
    involved.remove(&["resourceVersion"]);
    [&involved, &event["reason"], &event["message"], &event["type"], &event["source"]]
        .map(api::json::to_string)
        .join("\u{0}")
}

fn events() -> &'static Resource {
    Resource::find("", "v1", "events").expect("a row of the table")
}
