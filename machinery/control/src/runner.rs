//! Workers that take keys from a queue and reconcile them.

use std::sync::Arc;
use std::time::Duration;

use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use thiserror::Error as ThisError;
use tracing::Instrument;

use crate::Key;
use crate::WorkQueue;

static WORKER: TaskKind =
    TaskKind { name: "controller worker", rank: Rank::Controllers, on_end: OnEnd::StopProcess };

/// Why a reconcile did not get through; it is tried again after a back-off.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A call failed.
    #[error(transparent)]
    Api(#[from] client::Error),
    /// Anything else, in a sentence.
    #[error("{0}")]
    Other(String),
}

/// How a reconcile ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The world is as it should be, or a later event will say so.
    Done,
    /// Look again after this long, without anything having failed.
    RequeueAfter(Duration),
}

/// One controller.
#[async_trait::async_trait]
pub trait Reconcile: Send + Sync + 'static {
    /// The controller's name, as in logs and metrics.
    fn name(&self) -> &'static str;

    /// Brings one object (and what hangs on it) to where it should be.
    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error>;
}

/// Spawns `workers` tasks that reconcile keys from `queue` until the controllers' rank stops.
pub fn run(spawner: &Spawner, queue: &WorkQueue, controller: Arc<dyn Reconcile>, workers: usize) {
    for _ in 0..workers {
        let (queue, controller) = (queue.clone(), controller.clone());
        let stop = spawner.stop(WORKER.rank);
        spawner.spawn(&WORKER, controller.name(), async move {
            // A reconcile that has begun is finished; only the wait for the next key is cut short.
            while let Some((key, reason)) = stop.unless(queue.next()).await {
                let span = tracing::debug_span!("reconcile", controller = controller.name(), %key, reason);
                work(&queue, controller.as_ref(), &key).instrument(span).await;
                queue.done(&key);
            }
        });
    }
}

async fn work(queue: &WorkQueue, controller: &dyn Reconcile, key: &Key) {
    match controller.reconcile(key).await {
        Ok(Outcome::Done) => queue.forget(key),
        Ok(Outcome::RequeueAfter(delay)) => {
            queue.forget(key);
            queue.add_after(key.clone(), delay);
        }
        Err(error) => {
            let delay = queue.retry(key.clone());
            // A conflict only says that somebody else wrote first: normal, and healed by the retry.
            let conflict = matches!(&error, Error::Api(error) if error.is_conflict());
            if conflict {
                tracing::debug!(controller = controller.name(), %key, %error, ?delay, "reconcile will be repeated");
            } else {
                tracing::warn!(controller = controller.name(), %key, %error, ?delay, "reconcile failed");
            }
        }
    }
}
