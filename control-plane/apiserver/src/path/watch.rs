//! Watches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::value;
use client::EventKind;
use client::WatchEvent;
use client::WatchOptions;
use client::WatchStream;
use meta::ResourceVersion;
use meta::Status;
use registry::versions::Version;
use stdx::Clock;
use tokio::time::Instant;

use super::Call;
use super::versions;
use crate::cache::Event;
use crate::cache::Events;
use crate::cache::Receiver;
use crate::storage::Storage;

/// Time between two bookmarks of a quiet watch.
const BOOKMARK_INTERVAL: Duration = Duration::from_secs(60);
/// How long a watch lasts where the client does not say: this long to twice this long, so that
/// clients that came together do not come back together.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(1800);

/// One thing a watch delivers.
pub(crate) enum Delivery {
    /// An object that existed when the watch began.
    Existing(Arc<Object>),
    /// Changes that happened together, shared with other watches.
    Events(Arc<Events>),
    /// A change that others are not told of at this time: of the past, or in another version than the
    /// stored one.
    Event(EventKind, Arc<Object>),
    /// Everything up to the object's version was delivered.
    Bookmark(Arc<Object>),
    /// The end, with an error.
    Error(Status),
}

/// A watch as a sequence of deliveries.
pub(crate) struct Deliveries {
    /// The row that was asked for.
    resource: &'static Resource,
    /// Set where another version is stored.
    version: Option<&'static Version>,
    storage: Arc<Storage>,
    clock: Clock,
    existing: VecDeque<Arc<Object>>,
    /// The version of the existing objects, until the bookmark that closes them was sent.
    initial_end: Option<u64>,
    past: VecDeque<Event>,
    batches: VecDeque<Arc<Events>>,
    queue: Receiver,
    bookmarks: bool,
    next_bookmark: Instant,
    ends: Instant,
    /// It did not keep up, and ends after what it has.
    cut_off: bool,
    over: bool,
}

impl Call<'_> {
    pub(crate) async fn watch(&mut self, options: WatchOptions) -> Result<Deliveries, Status> {
        let mut options = options;
        self.warnings.extend(registry::strategy(self.target.resource).deprecation().map(str::to_owned));
        if let Some(version) = registry::versions::of(self.target.resource) {
            versions::rename_fields(version, &mut options.fields);
            self.enter(version);
        }
        let filter = self.filter(options.labels, options.fields)?;
        let start = options.resource_version.unwrap_or_default();
        let wants_state = options.initial_events.unwrap_or(start == ResourceVersion(0));
        if start == ResourceVersion(0) {
            if options.resource_version.is_none() {
                self.server.storage.catch_up().await;
            }
        } else {
            self.wait_for(start).await?;
        }
        let applied = self.server.storage.cache.applied();
        let (existing, from, watched) = if wants_state {
            let (snapshot, watched) = self.cache().snapshot_and_watch(filter, applied);
            (snapshot.items.into(), snapshot.revision, watched)
        } else {
            let from = if start == ResourceVersion(0) { applied } else { start.0 };
            let watched = self.cache().watch(filter, from).map_err(|too_old| {
                Status::expired(format!("too old resource version: {from} ({})", too_old.oldest))
            })?;
            (VecDeque::new(), from, watched)
        };
        let now = self.server.clock.instant();
        let lifetime = match options.timeout_seconds {
            Some(seconds) => Duration::from_secs(seconds),
            None => DEFAULT_LIFETIME.mul_f64(1.0 + self.server.rng.fraction()),
        };
        let closes = options.initial_events == Some(true) && options.bookmarks;
        Ok(Deliveries {
            resource: self.version.map_or(self.target.resource, |version| version.served),
            version: self.version,
            storage: self.server.storage.clone(),
            clock: self.server.clock.clone(),
            existing,
            initial_end: closes.then_some(from),
            past: watched.past,
            batches: VecDeque::new(),
            queue: watched.queue,
            bookmarks: options.bookmarks,
            next_bookmark: now + BOOKMARK_INTERVAL,
            ends: now + lifetime,
            cut_off: false,
            over: false,
        })
    }
}

impl Deliveries {
    /// The next delivery; `None` at the end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        loop {
            if self.over {
                return None;
            }
            if let Some(ready) = self.ready() {
                return Some(ready);
            }
            if self.cut_off {
                self.over = true;
                return Some(Delivery::Error(Status::expired(
                    "The resourceVersion for the provided watch is too old.",
                )));
            }
            let wake = if self.bookmarks { self.next_bookmark.min(self.ends) } else { self.ends };
            tokio::select! {
                // Waiting for the bell is cancel-safe, and a wake-up only repeats the loop.
                () = self.queue.rang() => {}
                () = self.clock.sleep_until(wake) => {
                    let now = self.clock.instant();
                    if now >= self.ends {
                        self.over = true;
                    } else if now >= self.next_bookmark {
                        self.next_bookmark = now + BOOKMARK_INTERVAL;
                        if let Some(bookmark) = self.bookmark() {
                            return Some(bookmark);
                        }
                    }
                }
            }
        }
    }

    /// The time, for whoever shows ages.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// The next delivery that needs no waiting.
    pub(crate) fn ready(&mut self) -> Option<Delivery> {
        if let Some(object) = self.existing.pop_front() {
            let object = self.version.map_or_else(|| object.clone(), |version| version.serve(&object));
            return Some(Delivery::Existing(object));
        }
        if let Some(revision) = self.initial_end.take() {
            return Some(Delivery::Bookmark(self.marker(revision, true)));
        }
        if let Some((kind, change)) = self.past.pop_front() {
            let object = change.object_for(kind);
            let object = self.version.map_or_else(|| object.clone(), |version| version.serve(object));
            return Some(Delivery::Event(kind, object));
        }
        if self.batches.is_empty() {
            self.receive();
        }
        let events = self.batches.pop_front()?;
        if self.version.is_none() {
            return Some(Delivery::Events(events));
        }
        self.past.extend(events.iter().cloned());
        self.ready()
    }

    /// A bookmark, if everything up to now was delivered.
    fn bookmark(&mut self) -> Option<Delivery> {
        // Read before looking at the queue: what comes later is not covered by the bookmark.
        let applied = self.storage.cache.applied();
        self.receive();
        let delivered = self.past.is_empty() && self.batches.is_empty();
        delivered.then(|| Delivery::Bookmark(self.marker(applied, false)))
    }

    /// Takes what waits in the queue.
    fn receive(&mut self) {
        self.cut_off |= !self.queue.take(&mut self.batches);
    }

    fn marker(&self, revision: u64, initial_end: bool) -> Arc<Object> {
        let mut body = value!({
            "kind": self.resource.kind, "apiVersion": self.resource.api_version(),
            "metadata": {"resourceVersion": revision.to_string()}
        });
        if initial_end {
            body.set(&["metadata", "annotations", "k8s.io/initial-events-end"], "true");
        }
        Arc::new(Object::new(self.resource, body))
    }

    /// As a stream of events, for clients in the process.
    pub(crate) fn into_stream(self) -> WatchStream {
        let state = (self, VecDeque::<Event>::new());
        Box::pin(futures_util::stream::unfold(state, |(mut deliveries, mut events)| async move {
            if events.is_empty() {
                let single = |kind, object| Ok(WatchEvent { kind, object });
                let event = match deliveries.next().await? {
                    Delivery::Existing(object) => single(EventKind::Added, object),
                    Delivery::Event(kind, object) => single(kind, object),
                    Delivery::Bookmark(object) => single(EventKind::Bookmark, object),
                    Delivery::Error(status) => Err(status),
                    Delivery::Events(several) => {
                        events.extend(several.iter().cloned());
                        let (kind, change) = events.pop_front()?;
                        single(kind, change.object_for(kind).clone())
                    }
                };
                return Some((event, (deliveries, events)));
            }
            let (kind, change) = events.pop_front()?;
            let event = WatchEvent { kind, object: change.object_for(kind).clone() };
            Some((Ok(event), (deliveries, events)))
        }))
    }
}
