//! API priority and fairness: what the server does when more is asked of it than it can do.
//!
//! The objects of `flowcontrol.apiserver.k8s.io` say which requests belong together and how many
//! seats they have; see `core` for the rules. A request that finds a free seat pays for a comparison
//! of strings and a lock that is held for nanoseconds.
//!
//! Invariants:
//! - Seats are given back by `Drop`, whatever ends a request.
//! - A request that waits is either in the core's queues or has its claim; whoever stops waiting
//!   takes itself out or gives the claim back.
//!
//! Reading order: `core`, `schema`, [`FlowControl`], `defaults`, `upkeep`.

mod core;
mod defaults;
mod metrics;
mod schema;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use arc_swap::ArcSwap;
use http::HeaderMap;
use http::HeaderValue;
use http::header::HeaderName;
use meta::Reason;
use meta::Status;
use parking_lot::Mutex;
use telemetry::metrics::Registry;
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::core::Arrival;
use self::core::Claim;
use self::core::Core;
use self::core::LevelConfig;
use self::core::Queuing;
use self::core::Refusal;
use self::core::Ticket;
use self::metrics::ClassMetrics;
use self::metrics::FlowMetrics;
use self::metrics::RetryAfter;
use self::schema::Schema;
use crate::authz::Attributes;
use crate::cache::ResourceCache;
use crate::cache::WatchCache;
use crate::user::User;

pub(crate) use upkeep::ensure_defaults;
pub(crate) use upkeep::keep;

const GROUP: &str = "flowcontrol.apiserver.k8s.io";
const SCHEMA_UID: HeaderName = HeaderName::from_static("x-kubernetes-pf-flowschema-uid");
const LEVEL_UID: HeaderName = HeaderName::from_static("x-kubernetes-pf-prioritylevel-uid");

/// The shell around the core: objects in, seats out.
pub(crate) struct FlowControl {
    schemas: Arc<ResourceCache>,
    levels: Arc<ResourceCache>,
    compiled: ArcSwap<Compiled>,
    shared: Arc<Shared>,
}

/// A seat (or several) that a request holds until this is dropped.
pub(crate) struct Seat {
    shared: Arc<Shared>,
    class: Arc<Class>,
    claim: Claim,
    since: Instant,
}

/// A request that is not let in.
pub(crate) struct Refused {
    pub(crate) status: Status,
    class: Arc<Class>,
}

struct Shared {
    core: Mutex<Core<oneshot::Sender<Claim>>>,
    metrics: FlowMetrics,
}

#[derive(Default)]
struct Compiled {
    /// The changes of both sources that it was made from.
    generation: u64,
    /// By precedence, then name; the last ones match everybody.
    classes: Vec<Arc<Class>>,
}

/// A FlowSchema with its level.
struct Class {
    schema: Schema,
    level: usize,
    level_uid: HeaderValue,
    schema_uid: HeaderValue,
    metrics: ClassMetrics,
    retry_after: Arc<RetryAfter>,
}

impl FlowControl {
    /// Flow control over `seats` seats, by the objects in the cache.
    pub(crate) fn new(cache: &WatchCache, seats: u32, registry: &Registry) -> Self {
        let source = |name| cache.get(GROUP, name).expect("a row of the table");
        let shared =
            Arc::new(Shared { core: Mutex::new(Core::new(seats)), metrics: FlowMetrics::new(registry) });
        metrics::show_levels(registry, &shared);
        let compiled = Compiled { generation: u64::MAX, ..Compiled::default() };
        let flow = Self {
            schemas: source("flowschemas"),
            levels: source("prioritylevelconfigurations"),
            compiled: ArcSwap::from_pointee(compiled),
            shared,
        };
        flow.current();
        flow
    }

    /// Lets a request in, now or once there is a seat, but within `patience`. Cancel-safe: a request
    /// that is not waited for any more leaves its queue.
    pub(crate) async fn admit(
        &self,
        user: &User,
        attributes: &Attributes,
        seats: u32,
        patience: Duration,
    ) -> Result<Seat, Refused> {
        let class = self.classify(user, attributes);
        let now = Instant::now();
        let mut waiting = None;
        let arrival = self.shared.core.lock().arrive(
            class.level,
            seats,
            || class.schema.flow(user, attributes),
            |ticket| {
                let (sender, receiver) = oneshot::channel();
                waiting = Some(Waiting { shared: self.shared.clone(), ticket, receiver });
                sender
            },
        );
        let claim = match (arrival, waiting) {
            (Arrival::Runs(claim), _) => claim,
            (Arrival::Refused(refusal), _) => return Err(class.refuse(refusal)),
            (Arrival::Waits(_), Some(mut waiting)) => {
                let queued = class.metrics.wait(seats);
                let outcome = tokio::time::timeout(patience, &mut waiting.receiver).await;
                drop(queued);
                match outcome {
                    Ok(Ok(claim)) => claim,
                    Ok(Err(_)) => return Err(class.refuse(Refusal::Cancelled)),
                    Err(_) => {
                        // Dropping takes it out of its queue, or gives back a seat that came too late.
                        drop(waiting);
                        class.metrics.waited(now.elapsed(), false);
                        return Err(class.refuse(Refusal::TimeOut));
                    }
                }
            }
            (Arrival::Waits(ticket), None) => unreachable!("no payload was asked for {ticket:?}"),
        };
        class.metrics.waited(now.elapsed(), true);
        class.metrics.begin(claim.seats);
        Ok(Seat { shared: self.shared.clone(), class, claim, since: Instant::now() })
    }

    /// The class of a request: the first that matches it.
    fn classify(&self, user: &User, attributes: &Attributes) -> Arc<Class> {
        let compiled = self.current();
        let found = compiled.classes.iter().find(|class| class.schema.matches(user, attributes));
        found.or(compiled.classes.last()).expect("the mandatory classes are always there").clone()
    }

    fn current(&self) -> arc_swap::Guard<Arc<Compiled>> {
        let compiled = self.compiled.load();
        if compiled.generation == self.generation() {
            return compiled;
        }
        let mut core = self.shared.core.lock();
        let generation = self.generation();
        if self.compiled.load().generation != generation {
            self.compiled.store(Arc::new(self.compile(&mut core, generation)));
        }
        self.compiled.load()
    }

    fn generation(&self) -> u64 {
        self.schemas.changes().wrapping_add(self.levels.changes())
    }

    fn compile(&self, core: &mut Core<oneshot::Sender<Claim>>, generation: u64) -> Compiled {
        let (mut schemas, mut levels) = (self.schemas.all(), self.levels.all());
        // The mandatory objects hold even while they are not there.
        for default in defaults::all().into_iter().filter(|default| default.mandatory) {
            let list = if default.resource == "flowschemas" { &mut schemas } else { &mut levels };
            let object = Object::new(defaults::row(default.resource), default.body);
            if !list.iter().any(|present| present.name() == object.name()) {
                list.push(Arc::new(object));
            }
        }
        let configs: Vec<LevelConfig> = levels.iter().map(|level| level_config(level)).collect();
        let indices = core.configure(&configs);
        let mut classes: Vec<Arc<Class>> = schemas
            .iter()
            .filter_map(|object| {
                let schema = Schema::of(object);
                let position = levels.iter().position(|level| level.name() == schema.level)?;
                Some(Arc::new(Class {
                    level: indices[position],
                    level_uid: uid(levels[position].value()["metadata"]["uid"].str_or_empty()),
                    schema_uid: uid(&schema.uid),
                    metrics: self.shared.metrics.of(&schema.level, &schema.name),
                    retry_after: self.shared.metrics.retry_after(&schema.level),
                    schema,
                }))
            })
            .collect();
        classes.sort_by(|a, b| {
            (a.schema.precedence, &a.schema.name).cmp(&(b.schema.precedence, &b.schema.name))
        });
        Compiled { generation, classes }
    }
}

impl Seat {
    /// Says in the answer's headers what the request was taken for.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        self.class.mark(headers);
    }
}

impl Refused {
    /// Says in the answer's headers what the request was taken for.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        self.class.mark(headers);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let elapsed = self.since.elapsed();
        self.class.metrics.end(self.claim.seats, elapsed);
        self.shared.release(self.claim, elapsed);
    }
}

impl Shared {
    fn release(&self, claim: Claim, elapsed: Duration) {
        let mut core = self.core.lock();
        let started = core.finish(claim, elapsed.as_secs_f64());
        notify(&mut core, started);
    }
}

impl Class {
    fn mark(&self, headers: &mut HeaderMap) {
        headers.insert(SCHEMA_UID, self.schema_uid.clone());
        headers.insert(LEVEL_UID, self.level_uid.clone());
    }

    fn refuse(self: Arc<Self>, refusal: Refusal) -> Refused {
        self.metrics.refused(refusal.as_str());
        let mut status = Status::new(Reason::TooManyRequests, "Too many requests, please try again later.");
        status.retry_after_seconds = Some(self.retry_after.dropped(Instant::now()));
        Refused { status, class: self }
    }
}

/// A request in a queue.
struct Waiting {
    shared: Arc<Shared>,
    ticket: Ticket,
    receiver: oneshot::Receiver<Claim>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut core = self.shared.core.lock();
        let (left, started) = core.leave(self.ticket);
        notify(&mut core, started);
        // Claims are handed over under the lock: it waits, or the claim is here, or was taken.
        if left.is_none()
            && let Ok(claim) = self.receiver.try_recv()
        {
            let started = core.finish(claim, 0.0);
            notify(&mut core, started);
        }
    }
}

/// Hands claims to those who wait for them.
fn notify(core: &mut Core<oneshot::Sender<Claim>>, mut started: Vec<(oneshot::Sender<Claim>, Claim)>) {
    while let Some((sender, claim)) = started.pop() {
        if let Err(claim) = sender.send(claim) {
            started.extend(core.finish(claim, 0.0));
        }
    }
}

fn level_config(object: &Object) -> LevelConfig {
    let spec = &object.value()["spec"];
    let exempt = spec["type"].as_str() == Some("Exempt");
    let settings = if exempt { &spec["exempt"] } else { &spec["limited"] };
    let number = |value: &api::Value| value.as_i64().and_then(|n| u32::try_from(n).ok());
    let size = |value: &api::Value, fallback: usize| {
        value.as_i64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(fallback)
    };
    let response = &settings["limitResponse"];
    let queuing = &response["queuing"];
    let queues = size(&queuing["queues"], 64);
    LevelConfig {
        name: object.name().to_owned(),
        exempt,
        shares: number(&settings["nominalConcurrencyShares"]).unwrap_or(if exempt { 0 } else { 30 }),
        lendable_percent: number(&settings["lendablePercent"]).unwrap_or(0),
        borrowing_percent: number(&settings["borrowingLimitPercent"]),
        queuing: (response["type"].as_str() == Some("Queue")).then(|| Queuing {
            queues,
            hand: size(&queuing["handSize"], 8).min(queues),
            length: size(&queuing["queueLengthLimit"], 50),
        }),
    }
}

fn uid(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests;
