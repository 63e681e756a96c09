//! Spawning, and stopping in reverse rank order.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::OnEnd;
use crate::Rank;
use crate::Stop;
use crate::TaskKind;

/// How long one rank may take to drain before it is left behind.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// Owns every task of the process.
pub struct Supervisor {
    shared: Arc<Shared>,
}

/// Spawns tasks; cheap to clone and handed to every component.
#[derive(Clone)]
pub struct Spawner {
    shared: Arc<Shared>,
}

/// How the process came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody asked for it.
    Requested,
    /// An essential task ended by itself.
    TaskEnded {
        /// The task's kind and label.
        task: String,
    },
}

/// What is known of the tasks of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// The kind's name.
    pub kind: &'static str,
    /// When its tasks start and stop.
    pub rank: Rank,
    /// Tasks that run.
    pub running: u64,
    /// Tasks that ended.
    pub ended: u64,
    /// Those of them that panicked.
    pub panicked: u64,
}

struct Shared {
    stops: BTreeMap<Rank, Stop>,
    tasks: Mutex<BTreeMap<u64, RunningTask>>,
    /// Tasks that ended and panicked, by kind.
    past: Mutex<BTreeMap<Kind, Past>>,
    changed: Notify,
    next_id: AtomicU64,
    panics: AtomicU64,
    shutdown: Stop,
    ended: Mutex<Option<String>>,
}

/// What tells kinds apart.
type Kind = (Rank, &'static str);

/// Counts of tasks that are over.
#[derive(Default)]
struct Past {
    ended: u64,
    panicked: u64,
}

struct RunningTask {
    rank: Rank,
    kind: &'static str,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl Supervisor {
    /// A supervisor without tasks.
    pub fn new() -> Self {
        let stops = Rank::ALL.into_iter().map(|rank| (rank, Stop::new())).collect();
        let shared = Shared {
            stops,
            tasks: Mutex::default(),
            past: Mutex::default(),
            changed: Notify::new(),
            next_id: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            shutdown: Stop::new(),
            ended: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The handle that spawns.
    pub fn spawner(&self) -> Spawner {
        Spawner { shared: self.shared.clone() }
    }

    /// Requesting this stops the process: [`Supervisor::run`] then drains.
    pub fn shutdown(&self) -> Stop {
        self.shared.shutdown.clone()
    }

    /// Waits until shutdown is requested or an essential task ends, then stops every rank, the
    /// highest first.
    pub async fn run(self) -> Outcome {
        self.shared.shutdown.requested().await;
        for rank in Rank::ALL.into_iter().rev() {
            self.shared.stops[&rank].request();
            let drained = tokio::time::timeout(DRAIN_DEADLINE, self.shared.drained(rank)).await;
            if drained.is_err() {
                tracing::warn!(?rank, tasks = ?self.shared.running(rank), "tasks did not stop in time");
            }
        }
        let ended = self.shared.ended.lock().take();
        match ended {
            Some(task) => Outcome::TaskEnded { task },
            None => Outcome::Requested,
        }
    }
}

impl Spawner {
    /// The signal that asks tasks of `rank` to stop.
    pub fn stop(&self, rank: Rank) -> Stop {
        self.shared.stops[&rank].clone()
    }

    /// Number of tasks that panicked so far.
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Ordering::Relaxed)
    }

    /// How many tasks of each kind run, ended and panicked, by rank and name.
    pub fn census(&self) -> Vec<Census> {
        let mut rows: BTreeMap<Kind, Census> = BTreeMap::new();
        for ((rank, kind), past) in self.shared.past.lock().iter() {
            let Past { ended, panicked } = *past;
            let row = Census { kind, rank: *rank, running: 0, ended, panicked };
            rows.insert((*rank, kind), row);
        }
        for task in self.shared.tasks.lock().values() {
            let none = Census { kind: task.kind, rank: task.rank, running: 0, ended: 0, panicked: 0 };
            rows.entry((task.rank, task.kind)).or_insert(none).running += 1;
        }
        rows.into_values().collect()
    }

    /// Spawns `future` as a task of `kind`. `label` tells it from others of its kind in the log.
    pub fn spawn<F>(&self, kind: &'static TaskKind, label: impl Into<String>, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        self.shared.tasks.lock().insert(id, RunningTask { rank: kind.rank, kind: kind.name });
        let label = label.into();
        let shared = self.shared.clone();
        #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
        tokio::spawn(async move {
            let panicked = CatchPanic { future: Box::pin(future) }.await;
            shared.finish(id, kind, &label, panicked);
        });
    }
}

impl Shared {
    fn finish(&self, id: u64, kind: &'static TaskKind, label: &str, panicked: bool) {
        self.tasks.lock().remove(&id);
        {
            let mut past = self.past.lock();
            let past = past.entry((kind.rank, kind.name)).or_default();
            past.ended += 1;
            past.panicked += u64::from(panicked);
        }
        if panicked {
            self.panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(kind = kind.name, label, "task panicked");
        }
        let asked = self.stops[&kind.rank].is_requested();
        if kind.on_end == OnEnd::StopProcess && !asked {
            tracing::error!(kind = kind.name, label, "essential task ended, stopping");
            self.ended.lock().get_or_insert_with(|| format!("{} {label}", kind.name));
            self.shutdown.request();
        }
        self.changed.notify_waiters();
    }

    fn running(&self, rank: Rank) -> Vec<&'static str> {
        self.tasks.lock().values().filter(|task| task.rank == rank).map(|task| task.kind).collect()
    }

    async fn drained(&self, rank: Rank) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Register before looking, or an end between the look and the wait would be missed.
            changed.as_mut().enable();
            if self.running(rank).is_empty() {
                return;
            }
            changed.await;
        }
    }
}

/// Resolves to whether the future panicked.
struct CatchPanic<F> {
    future: Pin<Box<F>>,
}

impl<F: Future<Output = ()>> Future for CatchPanic<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let future = self.future.as_mut();
        match std::panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(false),
            Err(_) => Poll::Ready(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ESSENTIAL: TaskKind =
        TaskKind { name: "essential", rank: Rank::Controllers, on_end: OnEnd::StopProcess };
    static PASSING: TaskKind = TaskKind { name: "passing", rank: Rank::Kubelet, on_end: OnEnd::Nothing };
    static BASE: TaskKind = TaskKind { name: "base", rank: Rank::Store, on_end: OnEnd::StopProcess };

    #[tokio::test]
    async fn stops_in_reverse_rank_order() {
        let supervisor = Supervisor::new();
        let spawner = supervisor.spawner();
        let order = Arc::new(Mutex::new(Vec::new()));
        for (kind, name) in [(&BASE, "store"), (&PASSING, "kubelet"), (&ESSENTIAL, "controllers")] {
            let (stop, order) = (spawner.stop(kind.rank), order.clone());
            spawner.spawn(kind, name, async move {
                stop.requested().await;
                order.lock().push(name);
            });
        }
        supervisor.shutdown().request();
        assert_eq!(supervisor.run().await, Outcome::Requested);
        assert_eq!(*order.lock(), ["kubelet", "controllers", "store"]);
    }

    #[tokio::test]
    async fn an_essential_panic_stops_the_process() {
        let supervisor = Supervisor::new();
        let spawner = supervisor.spawner();
        spawner.spawn(&PASSING, "a", async { panic!("on purpose") });
        spawner.spawn(&ESSENTIAL, "b", async { panic!("on purpose") });
        assert_eq!(supervisor.run().await, Outcome::TaskEnded { task: "essential b".into() });
        assert_eq!(spawner.panics(), 2);
        let row = |kind, rank| Census { kind, rank, running: 0, ended: 1, panicked: 1 };
        assert_eq!(spawner.census(), [row("essential", Rank::Controllers), row("passing", Rank::Kubelet)]);
    }
}
