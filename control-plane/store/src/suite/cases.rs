//! The cases, one promise each.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::take;
use crate::Durability;
use crate::Error;
use crate::EventKind;
use crate::Expect;
use crate::Range;
use crate::Revision;
use crate::Store;
use crate::Write;

/// Each precondition in each situation; revisions grow by one; records say when they came to be.
pub async fn commits_are_checked_and_counted(store: &dyn Store) {
    let key = "/suite/commit/a";
    assert_eq!(store.get(key).await.expect("get"), None);
    for expect in [Expect::Exists, Expect::At(store.current_revision())] {
        let refused = store.commit(Write::put(key, expect, "x")).await;
        assert!(matches!(refused, Err(Error::Conflict { current: None, index: 0, .. })), "{refused:?}");
    }
    let before = store.current_revision();
    let created = store.commit(Write::put(key, Expect::Absent, "one")).await.expect("create");
    assert_eq!(created.revision, before.next());
    assert_eq!(created.previous, None);
    assert_eq!(store.current_revision(), created.revision);
    let refused = store.commit(Write::put(key, Expect::Absent, "again")).await;
    let Err(Error::Conflict { current: Some(current), .. }) = refused else {
        panic!("created twice: {refused:?}");
    };
    assert_eq!((&current.value[..], current.created), (&b"one"[..], created.revision));
    let updated = store.commit(Write::put(key, Expect::At(created.revision), "two")).await.expect("update");
    assert_eq!(updated.revision, created.revision.next());
    assert_eq!(updated.previous.map(|record| record.value), Some(Bytes::from("one")));
    let stale = store.commit(Write::put(key, Expect::At(created.revision), "three")).await;
    assert!(matches!(stale, Err(Error::Conflict { .. })), "a stale update went through");
    let record = store.get(key).await.expect("get").expect("there");
    assert_eq!((record.created, record.modified), (created.revision, updated.revision));
    assert_eq!((&*record.key, &record.value[..]), (key, &b"two"[..]));
    store.commit(Write::put(key, Expect::Exists, Bytes::new())).await.expect("an empty value is a value");
    assert_eq!(store.get(key).await.expect("get").expect("there").value, Bytes::new());
    let nameless = store.commit(Write::put("", Expect::Any, "x")).await;
    assert!(matches!(nameless, Err(Error::Invalid(_))), "an empty key was taken");
    let long = store.commit(Write::put("k".repeat(Write::MAX_KEY_BYTES + 1), Expect::Any, "x")).await;
    assert!(matches!(long, Err(Error::Invalid(_))), "an endless key was taken");
}

/// A deletion takes a revision, a deletion of nothing does not, a recreated key is new.
pub async fn deletions_and_recreations(store: &dyn Store) {
    let key = "/suite/delete/a";
    let before = store.current_revision();
    let nothing = store.commit(Write::delete(key, Expect::Any)).await.expect("delete nothing");
    assert_eq!((nothing.revision, nothing.previous), (before, None));
    assert_eq!(store.current_revision(), before);
    let refused = store.commit(Write::delete(key, Expect::Exists)).await;
    assert!(matches!(refused, Err(Error::Conflict { current: None, .. })), "{refused:?}");
    let first = store.commit(Write::put(key, Expect::Any, "1")).await.expect("put").revision;
    let stale = store.commit(Write::delete(key, Expect::At(before))).await;
    assert!(matches!(stale, Err(Error::Conflict { current: Some(_), .. })), "{stale:?}");
    let deleted = store.commit(Write::delete(key, Expect::At(first))).await.expect("delete");
    assert_eq!(deleted.revision, first.next());
    assert_eq!(deleted.previous.map(|record| record.modified), Some(first));
    assert_eq!(store.get(key).await.expect("get"), None);
    let again = store.commit(Write::put(key, Expect::Absent, "2")).await.expect("put");
    let record = store.get(key).await.expect("get").expect("there");
    assert_eq!((record.created, record.modified), (again.revision, again.revision));
}

/// All writes of a transaction happen, at one revision, or none does.
pub async fn transactions_are_all_or_nothing(store: &dyn Store) {
    let (a, b, c) = ("/suite/transaction/a", "/suite/transaction/b", "/suite/transaction/c");
    let mut watch = store.watch("/suite/transaction/", store.current_revision()).await.expect("watch");
    let both = vec![Write::put(a, Expect::Absent, "a"), Write::put(b, Expect::Absent, "b")];
    let committed = store.commit_all(both).await.expect("both");
    let revision = store.current_revision();
    assert!(committed.iter().all(|write| write.revision == revision), "one revision for all");
    let refused = store.commit_all(vec![
        Write::put(a, Expect::Any, "changed"),
        Write::put(c, Expect::Absent, "c"),
        Write::delete(b, Expect::At(Revision(revision.0 - 1))),
    ]);
    let refused = refused.await;
    let Err(Error::Conflict { key, index: 2, current: Some(_) }) = refused else {
        panic!("the third write must be refused: {refused:?}");
    };
    assert_eq!(key, b);
    assert_eq!(store.current_revision(), revision, "a refused transaction takes no revision");
    assert_eq!(store.get(c).await.expect("get"), None);
    assert_eq!(store.get(a).await.expect("get").expect("there").value, Bytes::from("a"));
    let twice = vec![Write::put(a, Expect::Any, "1"), Write::delete(a, Expect::Any)];
    assert!(matches!(store.commit_all(twice).await, Err(Error::Invalid(_))), "a key twice");
    let swap = vec![Write::delete(a, Expect::Exists), Write::put(c, Expect::Absent, "c")];
    store.commit_all(swap).await.expect("swap");
    assert_eq!(store.commit_all(Vec::new()).await.expect("nothing"), Vec::new());
    let events = take(&mut watch, 4).await;
    let seen: Vec<_> = events.iter().map(|event| (&*event.key, event.revision.0 - revision.0)).collect();
    assert_eq!(seen, [(a, 0), (b, 0), (a, 1), (c, 1)]);
}

/// Pages of one range, taken while writers go on, add up to the state at the first page's revision.
pub async fn pages_are_of_one_revision(store: &dyn Store) {
    let prefix = "/suite/pages/";
    for number in 0..25 {
        store.commit(Write::put(format!("{prefix}{number:03}"), Expect::Any, "old")).await.expect("put");
    }
    store.commit(Write::put("/suite/pages", Expect::Any, "not under the prefix")).await.expect("put");
    store.commit(Write::put("/suite/pages0", Expect::Any, "nor this")).await.expect("put");
    let whole = store.range(Range::prefix(prefix)).await.expect("range");
    assert_eq!((whole.records.len(), whole.remaining, whole.more()), (25, 0, false));
    assert_eq!(whole.revision, store.current_revision());
    let mut pages = Vec::new();
    let mut range = Range { limit: 10, at: Some(whole.revision), ..Range::prefix(prefix) };
    for round in 0.. {
        let page = store.range(range.clone()).await.expect("page");
        assert_eq!(page.revision, whole.revision);
        pages.extend(page.records.iter().cloned());
        assert_eq!(page.remaining as usize, 25 - pages.len());
        if !page.more() {
            break;
        }
        range.after = page.records.last().map(|record| record.key.to_string());
        for write in [
            Write::delete(format!("{prefix}{:03}", 20 + round), Expect::Exists),
            Write::put(format!("{prefix}{:03}", 2 + round), Expect::Exists, "new"),
            Write::put(format!("{prefix}{:03}", 15 + round), Expect::Exists, "new").relaxed(),
            Write::put(format!("{prefix}{:03}x", 15 + round), Expect::Absent, "new").relaxed(),
        ] {
            store.commit(write).await.expect("write between pages");
        }
    }
    assert_eq!(pages, whole.records);
    let now = store.range(Range::prefix(prefix)).await.expect("range");
    assert_eq!(now.records.len(), 25);
    let exact = Range { limit: 25, ..Range::prefix(prefix) };
    assert!(!store.range(exact).await.expect("range").more(), "a full last page is the last");
    let future = Range { at: Some(Revision(now.revision.0 + 1)), ..Range::prefix(prefix) };
    assert!(matches!(store.range(future).await, Err(Error::Future { .. })), "a revision nobody was given");
    let before = Range { after: Some("/suite/a".into()), ..Range::prefix(prefix) };
    assert_eq!(store.range(before).await.expect("range").records.len(), 25);
}

/// Events arrive once, in order, with what was there before, from many writers at once.
pub async fn watches_deliver_everything_once(store: &dyn Store) {
    let start = store.current_revision();
    let mut watch = store.watch("/suite/watch/a/", start).await.expect("watch");
    let writer = |name: &'static str| async move {
        for number in 0..40 {
            let key = format!("/suite/watch/{}/{name}{}", ["a", "b"][number % 2], number % 6);
            let write = if number % 10 >= 8 {
                Write::delete(key, Expect::Any)
            } else {
                Write::put(key, Expect::Any, format!("{name} {number}"))
            };
            let durability = if number % 3 == 0 { Durability::Relaxed } else { Durability::Synced };
            store.commit(Write { durability, ..write }).await.expect("write");
        }
    };
    tokio::join!(writer("x"), writer("y"), writer("z"));
    // Every write of an even number but the deletions that found nothing.
    let mut late = store.watch("/suite/watch/a/", start).await.expect("watch from the past");
    let end = store.commit(Write::put("/suite/watch/a/end", Expect::Any, "end")).await.expect("end").revision;
    let mut live = Vec::new();
    while live.last().is_none_or(|event: &Arc<crate::Event>| event.revision < end) {
        live.extend(watch.next().await.expect("the watch goes on").events);
    }
    let replayed = take(&mut late, live.len()).await;
    assert_eq!(live, replayed, "history and live events differ");
    assert!(live.windows(2).all(|pair| pair[0].revision < pair[1].revision), "out of order, or twice");
    let mut state: BTreeMap<Arc<str>, crate::Record> = BTreeMap::new();
    for event in &live {
        assert!(event.key.starts_with("/suite/watch/a/"));
        assert_eq!(event.previous.as_ref(), state.get(&event.key), "what was there before");
        match &event.kind {
            EventKind::Put { created, .. } => {
                let expected = event.previous.as_ref().map_or(event.revision, |record| record.created);
                assert_eq!(*created, expected);
                state.insert(event.key.clone(), event.record().expect("a put leaves a record"));
            }
            EventKind::Delete => {
                assert!(state.remove(&event.key).is_some(), "a deletion of nothing is no event");
            }
        }
    }
    let page = store.range(Range::prefix("/suite/watch/a/")).await.expect("range");
    assert_eq!(page.records, state.into_values().collect::<Vec<_>>(), "replaying events gives the state");
}

/// A watch starts right after its revision; events are queued when the commit is acknowledged.
pub async fn watches_start_where_they_are_told(store: &dyn Store) {
    let key = "/suite/start/a";
    let mut revisions = Vec::new();
    for number in 0..5 {
        let write = Write::put(key, Expect::Any, number.to_string());
        revisions.push(store.commit(write).await.expect("put").revision);
    }
    for (index, &from) in revisions.iter().enumerate() {
        let mut watch = store.watch(key, from).await.expect("watch");
        let owed = revisions.len() - 1 - index;
        let events = take(&mut watch, owed).await;
        let got: Vec<_> = events.iter().map(|event| event.revision).collect();
        assert_eq!(got, revisions[index + 1..]);
    }
    let current = store.current_revision();
    let ahead = store.watch(key, current.next()).await.err();
    assert!(matches!(ahead, Some(Error::Future { .. })), "{ahead:?}");
    let mut watch = store.watch(key, current).await.expect("watch");
    assert!(watch.is_live() && watch.try_next().expect("quiet").is_none());
    let revision = store.commit(Write::put(key, Expect::Any, "now").relaxed()).await.expect("put").revision;
    let batch = watch.try_next().expect("the watch goes on").expect("queued before the acknowledgement");
    assert_eq!((batch.revision, batch.events.len()), (revision, 1));
}

/// Relaxed and synced writes share one order and are visible at once.
pub async fn relaxed_writes_are_visible_in_order(store: &dyn Store) {
    let prefix = "/suite/relaxed/";
    let start = store.current_revision();
    let mut watch = store.watch(prefix, start).await.expect("watch");
    let mut last = start;
    for number in 0..60u32 {
        let key = format!("{prefix}{}", number % 4);
        let write = match number % 7 {
            6 => Write::delete(key.clone(), Expect::Exists).relaxed(),
            3 => Write::put(key.clone(), Expect::Any, number.to_string()),
            _ => Write::put(key.clone(), Expect::Any, number.to_string()).relaxed(),
        };
        let deletion = number % 7 == 6;
        let revision = store.commit(write).await.expect("write").revision;
        assert_eq!(revision, last.next());
        last = revision;
        let record = store.get(&key).await.expect("get");
        assert_eq!(record.map(|record| record.modified), (!deletion).then_some(revision));
        let page = store.range(Range::prefix(prefix)).await.expect("range");
        assert_eq!(page.revision, revision);
        assert_eq!(page.records.iter().any(|record| *record.key == key), !deletion);
    }
    assert_eq!(take(&mut watch, 60).await.last().map(|event| event.revision), Some(last));
}

/// After compaction the state is whole, history before it is refused, history after it is whole.
pub async fn compaction_ends_history_and_nothing_else(store: &dyn Store) {
    let prefix = "/suite/compact/";
    let mut revisions = Vec::new();
    for round in 0..30 {
        for name in ["a", "b", "c"] {
            let write = Write::put(format!("{prefix}{name}"), Expect::Any, format!("{name} {round}"));
            revisions.push(store.commit(write).await.expect("put").revision);
        }
        if round % 4 == 0 {
            let write = Write::delete(format!("{prefix}b"), Expect::Exists);
            revisions.push(store.commit(write).await.expect("delete").revision);
        }
    }
    let early = store.range(Range { at: Some(revisions[50]), ..Range::prefix(prefix) }).await.expect("range");
    let (oldest, middle) = (revisions[0], revisions[50]);
    let mut owed = store.watch(prefix, middle).await.expect("watch");
    store.compact(middle).await.expect("compact");
    store.compact(oldest).await.expect("compacting less is no error");
    assert_eq!(store.compacted_revision(), middle);
    let again = store.range(Range { at: Some(middle), ..Range::prefix(prefix) }).await.expect("range");
    assert_eq!(again, early);
    let gone = store.range(Range { at: Some(revisions[49]), ..Range::prefix(prefix) }).await;
    assert!(matches!(gone, Err(Error::Compacted { .. })), "{gone:?}");
    let gone = store.watch(prefix, revisions[49]).await.err();
    assert!(matches!(gone, Some(Error::Compacted { compacted, .. }) if compacted == middle), "{gone:?}");
    let rest = revisions.len() - 51;
    let first = take(&mut owed, rest).await;
    let mut fresh = store.watch(prefix, middle).await.expect("watch");
    assert_eq!(take(&mut fresh, rest).await, first);
    let current = store.current_revision();
    assert!(matches!(store.compact(current.next()).await, Err(Error::Future { .. })), "beyond the end");
    let whole = store.range(Range::prefix(prefix)).await.expect("range");
    store.compact(current).await.expect("compact all");
    store.commit(Write::put(format!("{prefix}d"), Expect::Absent, "d")).await.expect("life goes on");
    let after = store.range(Range { at: Some(current), ..Range::prefix(prefix) }).await.expect("range");
    assert_eq!(after.records, whole.records);
}

/// Compare-and-set from many tasks: every success counts once.
pub async fn concurrent_writers_never_lose_an_update(store: &dyn Store) {
    const TASKS: usize = 8;
    const ROUNDS: usize = 25;
    let key = "/suite/counter";
    store.commit(Write::put(key, Expect::Any, "0")).await.expect("put");
    let add = || async {
        for _ in 0..ROUNDS {
            loop {
                let record = store.get(key).await.expect("get").expect("there");
                let count: usize = std::str::from_utf8(&record.value).expect("text").parse().expect("number");
                let write = Write::put(key, Expect::At(record.modified), (count + 1).to_string());
                match store.commit(write).await {
                    Ok(_) => break,
                    Err(Error::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    };
    let tasks: [_; TASKS] = std::array::from_fn(|_| add());
    let [a, b, c, d, e, f, g, h] = tasks;
    tokio::join!(a, b, c, d, e, f, g, h);
    let record = store.get(key).await.expect("get").expect("there");
    assert_eq!(record.value, Bytes::from((TASKS * ROUNDS).to_string()));
}
