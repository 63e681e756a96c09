//! The two timers: relaxed writes reach the disk, and history grows old.

use std::sync::Arc;
use std::time::Duration;

use stdx::Clock;
use supervise::Stop;
use tokio::sync::oneshot;

use super::Handle;
use super::overlay::Shared;
use super::writer::Command;

/// Waits for relaxed writes, then makes them durable after `delay` (unless a synced write took them
/// along); idle where nothing is written.
pub async fn flush(shared: Arc<Shared>, handle: Handle, delay: Duration, clock: Clock, stop: Stop) {
    let run = async {
        loop {
            shared.dirty.notified().await;
            clock.sleep(delay).await;
            let waits = !shared.visible.read().unsynced().is_empty();
            if waits && !handle.send(Command::Flush).await {
                return;
            }
        }
    };
    stop.unless(run).await;
}

/// Gives up history that is older than `age`: at every tick up to where the store was a tick ago.
pub async fn forget(shared: Arc<Shared>, handle: Handle, age: Duration, clock: Clock, stop: Stop) {
    let run = async {
        let mut mark = shared.revision();
        loop {
            clock.sleep(age).await;
            if mark > shared.floor() {
                let (reply, outcome) = oneshot::channel();
                if !handle.send(Command::Compact { revision: mark, reply }).await {
                    return;
                }
                if let Ok(Err(error)) = outcome.await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "history was not compacted");
                }
            }
            mark = shared.revision();
        }
    };
    stop.unless(run).await;
}
