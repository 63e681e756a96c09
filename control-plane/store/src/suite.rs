//! What every backend is held to. Each function takes a store that nobody else writes to (it need
//! not be empty: keys are under a prefix of the function's own) and panics where the store breaks
//! the contract.

mod cases;
mod model;

pub use cases::commits_are_checked_and_counted;
pub use cases::compaction_ends_history_and_nothing_else;
pub use cases::concurrent_writers_never_lose_an_update;
pub use cases::deletions_and_recreations;
pub use cases::pages_are_of_one_revision;
pub use cases::relaxed_writes_are_visible_in_order;
pub use cases::transactions_are_all_or_nothing;
pub use cases::watches_deliver_everything_once;
pub use cases::watches_start_where_they_are_told;
pub use model::Step;
pub use model::check_against_model;

use std::time::Duration;

use crate::Event;
use crate::Watch;
use std::sync::Arc;

/// How long a store may take to deliver what it owes before the suite calls it lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes exactly `count` events.
async fn take(watch: &mut Watch, count: usize) -> Vec<Arc<Event>> {
    let mut events = Vec::new();
    while events.len() < count {
        let next = tokio::time::timeout(PATIENCE, watch.next()).await;
        let batch = next
            .unwrap_or_else(|_| {
                panic!("got {} of {count} events, the last {:?}", events.len(), events.last())
            })
            .expect("the watch goes on");
        assert!(!batch.events.is_empty(), "an empty batch");
        let last = batch.events.last().expect("not empty");
        assert!(last.revision <= batch.revision, "a batch claims less than it holds");
        events.extend(batch.events);
    }
    assert_eq!(events.len(), count, "more events than changes: {events:?}");
    events
}
