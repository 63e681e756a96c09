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
use crate::cache::Change;
use crate::cache::Filter;
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
    /// A change.
    Change(EventKind, Arc<Change>),
    /// A change, in the version that was asked for.
    Served(EventKind, Arc<Object>),
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
    filter: Filter,
    existing: VecDeque<Arc<Object>>,
    /// The version of the existing objects, until the bookmark that closes them was sent.
    initial_end: Option<u64>,
    past: VecDeque<Arc<Change>>,
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
            let (snapshot, watched) = self.cache().snapshot_and_watch(filter.clone(), applied);
            (snapshot.items.into(), snapshot.revision, watched)
        } else {
            let from = if start == ResourceVersion(0) { applied } else { start.0 };
            let watched = self.cache().watch(filter.clone(), from).map_err(|too_old| {
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
            filter,
            existing,
            initial_end: closes.then_some(from),
            past: watched.past,
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
        loop {
            let change = match self.past.pop_front() {
                Some(change) => change,
                None => {
                    self.receive();
                    self.past.pop_front()?
                }
            };
            if let Some(kind) = self.filter.event(&change) {
                return Some(match self.version {
                    Some(version) => Delivery::Served(kind, version.serve(change.object_for(kind))),
                    None => Delivery::Change(kind, change),
                });
            }
        }
    }

    /// A bookmark, if everything up to now was delivered.
    fn bookmark(&mut self) -> Option<Delivery> {
        // Read before looking at the queue: what comes later is not covered by the bookmark.
        let applied = self.storage.cache.applied();
        self.receive();
        self.past.is_empty().then(|| Delivery::Bookmark(self.marker(applied, false)))
    }

    /// Takes what waits in the queue.
    fn receive(&mut self) {
        self.cut_off |= !self.queue.take(&mut self.past);
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
        Box::pin(futures_util::stream::unfold(self, |mut deliveries| async move {
            let event = match deliveries.next().await? {
                Delivery::Existing(object) => Ok(WatchEvent { kind: EventKind::Added, object }),
                Delivery::Change(kind, change) => {
                    Ok(WatchEvent { kind, object: change.object_for(kind).clone() })
                }
                Delivery::Served(kind, object) => Ok(WatchEvent { kind, object }),
                Delivery::Bookmark(object) => Ok(WatchEvent { kind: EventKind::Bookmark, object }),
                Delivery::Error(status) => Err(status),
            };
            Some((event, deliveries))
        }))
    }
}
