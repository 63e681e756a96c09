//! Random steps against the simplest store there could be: a list of states.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::take;
use crate::Error;
use crate::Event;
use crate::EventKind;
use crate::Expect;
use crate::Op;
use crate::Range;
use crate::Record;
use crate::Revision;
use crate::Store;
use crate::Watch;
use crate::Write;

/// One step. Numbers are taken modulo what there is, so every list of steps makes sense.
#[derive(Clone, Debug)]
pub enum Step {
    /// A transaction of `(key, expectation, deletion instead of a put, relaxed)`.
    Commit(Vec<(u8, u8, bool, bool)>),
    /// A range of a prefix at a revision with a limit.
    Range {
        /// Which prefix.
        prefix: u8,
        /// How many revisions back.
        back: u8,
        /// At most so many; 0 for all.
        limit: u8,
        /// After this key, if even.
        after: u8,
    },
    /// A new watch.
    Watch {
        /// Of which prefix.
        prefix: u8,
        /// From how many revisions back.
        back: u8,
    },
    /// Gives up all but so many revisions.
    Compact(u8),
}

const PREFIXES: [&str; 4] = ["", "/model/", "/model/a", "/model/b/"];
const KEYS: [&str; 7] =
    ["/model/a", "/model/a/1", "/model/a/2", "/model/ab", "/model/b/1", "/model/b/2", "/model/c"];

type State = BTreeMap<Arc<str>, Record>;

struct Model {
    /// The state after each revision; the first is where the run began.
    states: Vec<(Revision, State)>,
    events: Vec<Arc<Event>>,
    floor: Revision,
    written: u64,
}

/// Takes the steps on the store (empty, or at least without keys of the model) and on a model of it,
/// and compares every answer.
pub async fn check_against_model(store: &dyn Store, steps: &[Step]) {
    let start = store.current_revision();
    let mut model = Model {
        states: vec![(start, State::new())],
        events: Vec::new(),
        floor: store.compacted_revision(),
        written: 0,
    };
    let mut watches = Vec::new();
    for step in steps {
        match step {
            Step::Commit(writes) => model.commit(store, writes).await,
            Step::Range { prefix, back, limit, after } => {
                let range = Range {
                    prefix: PREFIXES[usize::from(*prefix) % PREFIXES.len()].into(),
                    after: (after % 2 == 0).then(|| KEYS[usize::from(after / 2) % KEYS.len()].into()),
                    limit: usize::from(*limit),
                    at: Some(model.back(*back)),
                };
                model.range(store, range).await;
            }
            Step::Watch { prefix, back } => {
                let prefix = PREFIXES[usize::from(*prefix) % PREFIXES.len()];
                watches.extend(model.watch(store, prefix, *back).await);
            }
            Step::Compact(keep) => {
                let revision = model.back(*keep);
                store.compact(revision).await.expect("compact");
                model.floor = model.floor.max(revision);
            }
        }
        assert_eq!(store.current_revision(), model.current(), "after {step:?}");
        assert_eq!(store.compacted_revision(), model.floor, "after {step:?}");
    }
    for (prefix, from, mut watch) in watches {
        let owed = model.events.iter().filter(|event| event.revision > from && event.key.starts_with(prefix));
        let owed: Vec<_> = owed.cloned().collect();
        assert_eq!(take(&mut watch, owed.len()).await, owed, "watch of {prefix:?} from {from}");
        if watch.is_live() {
            assert_eq!(watch.try_next().expect("the watch goes on"), None, "more than was owed");
        }
    }
}

impl Model {
    fn current(&self) -> Revision {
        self.states.last().expect("never empty").0
    }

    fn back(&self, back: u8) -> Revision {
        let index = self.states.len().saturating_sub(1 + usize::from(back));
        self.states[index].0
    }

    async fn commit(&mut self, store: &dyn Store, writes: &[(u8, u8, bool, bool)]) {
        let (revision, mut state) = self.states.last().expect("never empty").clone();
        let mut staged: Vec<Write> = Vec::new();
        for &(key, expect, deletion, relaxed) in writes {
            let key = KEYS[usize::from(key) % KEYS.len()];
            if staged.iter().any(|write| &*write.key == key) {
                continue;
            }
            let modified = state.get(key).map_or(revision, |record| record.modified);
            let expect = match expect % 6 {
                0 => Expect::Absent,
                1 => Expect::Exists,
                2 => Expect::At(modified),
                3 => Expect::At(Revision(modified.0 - 1)),
                _ => Expect::Any,
            };
            self.written += 1;
            let value = format!("value {}", self.written);
            let write = if deletion { Write::delete(key, expect) } else { Write::put(key, expect, value) };
            staged.push(if relaxed { write.relaxed() } else { write });
        }
        let refused = staged.iter().position(|write| {
            let modified = state.get(&write.key).map(|record| record.modified);
            !write.expect.holds(modified)
        });
        let outcome = store.commit_all(staged.clone()).await;
        if let Some(expected) = refused {
            let Err(Error::Conflict { index, current, .. }) = &outcome else {
                panic!("write {expected} of {staged:?} must be refused: {outcome:?}");
            };
            assert_eq!(*index, expected);
            assert_eq!(current.as_deref(), state.get(&staged[expected].key));
            return;
        }
        let committed = outcome.expect("every expectation holds");
        let changes = staged.iter().any(|write| write.op != Op::Delete || state.contains_key(&write.key));
        let revision = if changes { revision.next() } else { revision };
        for (write, committed) in staged.iter().zip(committed) {
            assert_eq!(committed.revision, revision);
            assert_eq!(committed.previous.as_ref(), state.get(&write.key));
            self.apply(&mut state, write, revision);
        }
        if changes {
            self.states.push((revision, state));
        }
    }

    fn apply(&mut self, state: &mut State, write: &Write, revision: Revision) {
        let previous = state.remove(&write.key);
        let key = write.key.clone();
        let kind = match &write.op {
            Op::Delete if previous.is_none() => return,
            Op::Delete => EventKind::Delete,
            Op::Put(value) => {
                let created = previous.as_ref().map_or(revision, |record| record.created);
                let value: Bytes = value.clone();
                let record = Record { key: key.clone(), value: value.clone(), created, modified: revision };
                state.insert(key.clone(), record);
                EventKind::Put { value, created }
            }
        };
        self.events.push(Arc::new(Event { revision, key, kind, previous }));
    }

    async fn range(&self, store: &dyn Store, range: Range) {
        let at = range.at.expect("every range of the model names its revision");
        let outcome = store.range(range.clone()).await;
        if at < self.floor {
            assert!(matches!(outcome, Err(Error::Compacted { .. })), "{range:?}: {outcome:?}");
            return;
        }
        let page = outcome.expect("range");
        let (_, state) = self.states.iter().find(|(revision, _)| *revision == at).expect("a known revision");
        let after = range.after.as_deref().unwrap_or("");
        let all =
            state.values().filter(|record| record.key.starts_with(&range.prefix) && &*record.key > after);
        let all: Vec<_> = all.cloned().collect();
        let count = if range.limit == 0 { all.len() } else { range.limit.min(all.len()) };
        assert_eq!(page.records, all[..count], "{range:?}");
        assert_eq!((page.remaining as usize, page.revision), (all.len() - count, at), "{range:?}");
    }

    async fn watch(
        &self,
        store: &dyn Store,
        prefix: &'static str,
        back: u8,
    ) -> Option<(&'static str, Revision, Watch)> {
        let from = self.back(back);
        match store.watch(prefix, from).await {
            Ok(watch) if from >= self.floor => Some((prefix, from, watch)),
            Err(Error::Compacted { .. }) if from < self.floor => None,
            Ok(_) => panic!("a watch from {from}, before {}", self.floor),
            Err(error) => panic!("watch from {from}: {error}"),
        }
    }
}
