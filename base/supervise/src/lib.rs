//! Every task is owned: spawned with a kind that says what its end means and when it stops.
//!
//! Invariants:
//! - No code outside this crate calls `tokio::spawn`.
//! - Tasks stop in reverse rank order: a rank is asked to stop only after every higher rank ended
//!   or ran out of its deadline, so that nothing loses the service beneath it while it drains.
//! - A panic or an early end of an essential task stops the process; it is never only logged.
//!
//! Reading order: [`TaskKind`], [`Stop`], [`Spawner`], [`Supervisor`].

mod stop;
mod supervisor;

pub use stop::Stop;
pub use supervisor::Census;
pub use supervisor::Outcome;
pub use supervisor::Spawner;
pub use supervisor::Supervisor;

/// Start and stop order. Started from the first to the last, stopped from the last to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Health, metrics and control endpoints: they answer while everything else starts and stops.
    Admin,
    /// The store's commit thread.
    Store,
    /// The API server.
    ApiServer,
    /// Shared informers.
    Informers,
    /// Scheduler, controller manager, cloud controller manager.
    Controllers,
    /// Kubelet and runtime.
    Kubelet,
    /// Proxy, DNS, log agent, dashboard.
    DataPlane,
}

impl Rank {
    /// Every rank in start order.
    pub const ALL: [Rank; 7] = [
        Rank::Admin,
        Rank::Store,
        Rank::ApiServer,
        Rank::Informers,
        Rank::Controllers,
        Rank::Kubelet,
        Rank::DataPlane,
    ];
}

/// What the end of a task means when nobody asked it to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnEnd {
    /// The process cannot do its work without it: stop everything, exit with an error.
    StopProcess,
    /// It serves one request, connection, pod or the like: its end is its own business. A panic is
    /// logged and counted.
    Nothing,
}

/// A kind of task; declare one `static` per place that spawns.
#[derive(Debug)]
pub struct TaskKind {
    /// Shown in logs and in `/loops`.
    pub name: &'static str,
    /// When it starts and stops.
    pub rank: Rank,
    /// What its end means.
    pub on_end: OnEnd,
}
