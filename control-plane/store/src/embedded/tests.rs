//! The suite on this backend, and what is special about it: crashes, damage, two processes.

mod damage;
mod power;
mod room;

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use stdx::Clock;
use supervise::Supervisor;

use super::*;
use crate::Expect;
use crate::suite;
use crate::suite::Step;

/// A store with its supervisor, so that it can be stopped in order.
pub struct Running {
    pub store: Embedded,
    supervisor: Supervisor,
}

impl Running {
    pub async fn open(directory: &Path, options: Options) -> Result<Self> {
        let supervisor = Supervisor::new();
        let store = Embedded::open(directory, options, &supervisor.spawner(), &Clock::system()).await?;
        Ok(Self { store, supervisor })
    }

    pub async fn in_memory(options: Options) -> Self {
        let supervisor = Supervisor::new();
        let store = Embedded::in_memory(options, &supervisor.spawner(), &Clock::system()).await.unwrap();
        Self { store, supervisor }
    }

    pub async fn stop(self) {
        self.supervisor.shutdown().request();
        assert_eq!(self.supervisor.run().await, supervise::Outcome::Requested);
    }
}

fn inline() -> Options {
    Options { execution: Execution::Inline, ..Options::default() }
}

macro_rules! suite_on_both {
    ($($case:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let directory = tempfile::tempdir().unwrap();
            for options in [Options::default(), inline(), Options { journal_bytes: 0, ..inline() }] {
                let running = Running::open(directory.path(), options).await.unwrap();
                // The second run must find nothing of the first but its revisions.
                suite::$case(&running.store).await;
                let records = running.store.range(Range::prefix("")).await.unwrap().records;
                for record in records {
                    running.store.commit(Write::delete(record.key, Expect::Exists)).await.unwrap();
                }
                running.stop().await;
            }
        }
    )*};
}

suite_on_both!(
    commits_are_checked_and_counted,
    deletions_and_recreations,
    transactions_are_all_or_nothing,
    pages_are_of_one_revision,
    watches_deliver_everything_once,
    watches_start_where_they_are_told,
    relaxed_writes_are_visible_in_order,
    compaction_ends_history_and_nothing_else,
    concurrent_writers_never_lose_an_update,
);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (any::<u8>(), any::<u8>(), prop::bool::weighted(0.3), any::<bool>());
    let step = prop_oneof![
        8 => prop::collection::vec(write, 1..4).prop_map(Step::Commit),
        3 => (any::<u8>(), 0u8..20, 0u8..5, any::<u8>())
            .prop_map(|(prefix, back, limit, after)| Step::Range { prefix, back, limit, after }),
        2 => (any::<u8>(), 0u8..20).prop_map(|(prefix, back)| Step::Watch { prefix, back }),
        1 => (0u8..20).prop_map(Step::Compact),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_the_model(steps in steps(), threaded: bool, journal_blocks in 0u64..8) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        runtime.block_on(async {
            let execution = if threaded { Execution::Thread } else { Execution::Inline };
            let running = Running::in_memory(Options {
                execution,
                journal_bytes: journal_blocks * journal::BLOCK_BYTES as u64,
                ..Options::default()
            }).await;
            suite::check_against_model(&running.store, &steps).await;
            running.stop().await;
        });
    }
}

#[tokio::test]
async fn an_orderly_stop_keeps_relaxed_writes_and_counts_on() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::open(directory.path(), Options::default()).await.unwrap();
    assert_eq!(running.store.current_revision(), Revision::FIRST);
    let mut last = Revision::FIRST;
    for number in 0..5u8 {
        let write = Write::put(format!("/k/{number}"), Expect::Absent, vec![number]).relaxed();
        last = running.store.commit(write).await.unwrap().revision;
    }
    assert_eq!(last, Revision(6));
    let store = running.store.clone();
    running.stop().await;
    assert!(matches!(store.get("/k/0").await, Err(Error::Closed)));
    assert!(matches!(store.commit(Write::delete("/k/0", Expect::Any)).await, Err(Error::Closed)));
    let running = Running::open(directory.path(), Options::default()).await.unwrap();
    assert_eq!(running.store.current_revision(), last);
    assert_eq!(running.store.range(Range::prefix("/k/")).await.unwrap().records.len(), 5);
    let mut watch = running.store.watch("", Revision::FIRST).await.unwrap();
    assert_eq!(watch.next().await.unwrap().events.len(), 5);
    running.stop().await;
    assert!(matches!(watch.next().await, Err(Error::Closed)));
}

#[tokio::test(start_paused = true)]
async fn relaxed_writes_reach_the_disk_within_the_delay() {
    let running = Running::in_memory(inline()).await;
    let write = Write::put("/lease", Expect::Any, "held").relaxed();
    let revision = running.store.commit(write).await.unwrap().revision;
    // The first relaxed write reserves revisions, which takes it to the disk; the second waits.
    let durable = || match running.store.shared.visible.read().unsynced().first() {
        Some(waiting) => Revision(waiting.event.revision.0 - 1),
        None => running.store.current_revision(),
    };
    assert_eq!(durable(), revision);
    let write = Write::put("/lease", Expect::Any, "renewed").relaxed();
    let renewed = running.store.commit(write).await.unwrap().revision;
    assert_eq!(durable(), revision);
    tokio::time::sleep(Duration::from_millis(4_900)).await;
    assert_eq!(durable(), revision);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(durable(), renewed);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn history_grows_old() {
    let running = Running::in_memory(inline()).await;
    let store = &running.store;
    let age = Options::default().history.age;
    let put = |value: &'static str| store.commit(Write::put("/k", Expect::Any, value));
    let first = put("1").await.unwrap().revision;
    tokio::time::sleep(age + Duration::from_secs(1)).await;
    put("2").await.unwrap();
    assert!(store.compacted_revision() <= first, "younger than the age");
    tokio::time::sleep(age * 2).await;
    assert_eq!(store.compacted_revision(), Revision(first.0 + 1));
    assert_eq!(store.get("/k").await.unwrap().unwrap().value, "2");
    running.stop().await;
}

#[tokio::test]
async fn history_is_bounded_and_its_space_is_reclaimed() {
    let history = super::History { age: Duration::from_secs(3600), revisions: 100 };
    let running = Running::in_memory(Options { history, ..Options::default() }).await;
    for number in 0..2_000u32 {
        let write = Write::put(format!("/k/{}", number % 10), Expect::Any, number.to_string());
        running.store.commit(write).await.unwrap();
    }
    let (current, floor) = (running.store.current_revision(), running.store.compacted_revision());
    assert!(current.0 - floor.0 <= 115, "kept {} revisions", current.0 - floor.0);
    // Slices run whenever the queue is empty; a compaction that is already done waits for them.
    let rows = || {
        let snapshot = running.store.shared.visible.read().snapshot().unwrap();
        let mut rows = 0;
        let start = format::Position::start_of(Revision::FIRST);
        snapshot
            .visit_log(start, |_, _| {
                rows += 1;
                Ok(std::ops::ControlFlow::Continue(()))
            })
            .unwrap();
        rows
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while rows() > 130 {
        assert!(std::time::Instant::now() < deadline, "{} events are still in the log", rows());
        tokio::task::yield_now().await;
    }
    running.stop().await;
}

#[tokio::test]
async fn a_slow_watcher_is_cut_off_and_the_others_are_not() {
    let options = Options { watch_capacity_events: 10, ..inline() };
    let running = Running::in_memory(options).await;
    let store = &running.store;
    let mut slow = store.watch("/k/", store.current_revision()).await.unwrap();
    let mut quick = store.watch("/k/", store.current_revision()).await.unwrap();
    let mut elsewhere = store.watch("/other/", store.current_revision()).await.unwrap();
    for number in 0..30u32 {
        store.commit(Write::put("/k/a", Expect::Any, number.to_string())).await.unwrap();
        assert_eq!(quick.next().await.unwrap().events.len(), 1);
    }
    assert!(matches!(slow.next().await, Err(Error::Lagged)));
    assert!(matches!(slow.try_next(), Err(Error::Lagged)));
    assert_eq!(elsewhere.try_next().unwrap(), None);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_is_refused_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::open(directory.path(), Options::default()).await.unwrap();
    let Err(error) = Running::open(directory.path(), Options::default()).await else {
        panic!("two stores on one directory");
    };
    assert!(matches!(error, Error::Locked { .. }));
    assert!(
        error
            .to_string()
            .ends_with("is in use by another process: stop it, or choose another data directory")
    );
    running.stop().await;
    Running::open(directory.path(), Options::default()).await.unwrap().stop().await;
}
