//! Pods without a node: those to be tried now, those that wait out a back-off, and those that wait
//! for the world to change.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::pod::PodInfo;

/// The queue.
pub struct Queue {
    initial_backoff: Duration,
    max_backoff: Duration,
    unschedulable_timeout: Duration,
    pods: HashMap<String, Queued>,
    in_flight: HashSet<String>,
    /// More important first, then older first.
    active: BinaryHeap<Turn>,
    backoff: BinaryHeap<Reverse<(Instant, u64, String)>>,
    /// When each pod gave up: the oldest is tried again first.
    unschedulable: BTreeSet<(Instant, String)>,
    turns: u64,
}

/// A place in line; stale where the pod has moved on.
type Turn = (i64, Reverse<Option<Timestamp>>, Reverse<u64>, String);

struct Queued {
    pod: Arc<PodInfo>,
    attempts: u32,
    place: Place,
    /// What happened while the pod was being tried: it may have come too late to be seen.
    missed: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Active(u64),
    Backoff(u64),
    Unschedulable {
        since: Instant,
        events: u8,
    },
    InFlight,
    /// Held back by its scheduling gates.
    Gated,
}

impl Queue {
    /// An empty queue.
    pub fn new(initial_backoff: Duration, max_backoff: Duration, unschedulable_timeout: Duration) -> Self {
        Self {
            initial_backoff,
            max_backoff,
            unschedulable_timeout,
            pods: HashMap::new(),
            in_flight: HashSet::new(),
            active: BinaryHeap::new(),
            backoff: BinaryHeap::new(),
            unschedulable: BTreeSet::new(),
            turns: 0,
        }
    }

    /// A pod without a node appeared or changed: it gets a turn at once.
    pub fn set(&mut self, pod: Arc<PodInfo>) {
        let uid = pod.object.uid().to_owned();
        let attempts = match self.pods.remove(&uid) {
            Some(Queued { place: Place::InFlight, attempts, .. }) => {
                // The attempt under way decides on; the change counts as missed.
                let missed = crate::framework::events::ANY;
                self.pods.insert(uid, Queued { pod, attempts, place: Place::InFlight, missed });
                return;
            }
            Some(old) => {
                self.leave(&uid, old.place);
                old.attempts
            }
            None => 0,
        };
        let place = if pod.gated { Place::Gated } else { self.activate(&uid, &pod) };
        self.pods.insert(uid, Queued { pod, attempts, place, missed: 0 });
    }

    /// A pod is gone, has ended, or has a node.
    pub fn remove(&mut self, uid: &str) {
        if let Some(queued) = self.pods.remove(uid) {
            self.leave(uid, queued.place);
        }
    }

    /// The pod whose turn it is.
    pub fn pop(&mut self, now: Instant) -> Option<Arc<PodInfo>> {
        self.release(now);
        while let Some((.., Reverse(turn), uid)) = self.active.pop() {
            if let Some(queued) = self.pods.get_mut(&uid)
                && queued.place == Place::Active(turn)
            {
                queued.place = Place::InFlight;
                queued.attempts += 1;
                queued.missed = 0;
                self.in_flight.insert(uid);
                return Some(queued.pod.clone());
            }
        }
        None
    }

    /// When the next pod that waits is due.
    pub fn next_due(&self) -> Option<Instant> {
        let backoff = self.backoff.peek().map(|Reverse((at, ..))| *at);
        let given_up = self.unschedulable.first().map(|(since, _)| *since + self.unschedulable_timeout);
        backoff.into_iter().chain(given_up).min()
    }

    /// The pod fits nowhere: it waits for one of `events`, unless one happened meanwhile.
    pub fn unschedulable(&mut self, uid: &str, events: u8, now: Instant) {
        self.in_flight.remove(uid);
        let Some(queued) = self.pods.get_mut(uid) else { return };
        if queued.missed & events != 0 {
            return self.failed(uid, now);
        }
        queued.place = Place::Unschedulable { since: now, events };
        self.unschedulable.insert((now, uid.to_owned()));
    }

    /// The attempt failed for reasons that are not the pod's: it waits out its back-off.
    pub fn failed(&mut self, uid: &str, now: Instant) {
        self.in_flight.remove(uid);
        let Some(queued) = self.pods.get(uid) else { return };
        let at = now + self.delay(queued.attempts);
        self.wait(uid, at);
    }

    /// Something happened: pods that may fit now are tried again, not sooner than their back-off.
    pub fn wake(&mut self, event: u8, now: Instant) {
        for uid in &self.in_flight {
            if let Some(queued) = self.pods.get_mut(uid) {
                queued.missed |= event;
            }
        }
        let concerned: Vec<(Instant, String)> = (self.unschedulable.iter())
            .filter(|(_, uid)| {
                self.pods.get(uid).is_some_and(
                    |q| matches!(q.place, Place::Unschedulable { events, .. } if events & event != 0),
                )
            })
            .cloned()
            .collect();
        for (since, uid) in concerned {
            self.try_again(since, &uid, now);
        }
    }

    /// Number of pods without a node.
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether every pod has a node.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// Lets those go whose waiting is over.
    fn release(&mut self, now: Instant) {
        while let Some(Reverse((at, ..))) = self.backoff.peek()
            && *at <= now
        {
            let Some(Reverse((_, turn, uid))) = self.backoff.pop() else { return };
            let Some(queued) = self.pods.get(&uid).filter(|q| q.place == Place::Backoff(turn)) else {
                continue;
            };
            let pod = queued.pod.clone();
            let place = self.activate(&uid, &pod);
            self.pods.entry(uid).and_modify(|queued| queued.place = place);
        }
        while let Some((since, uid)) = self.unschedulable.first().cloned()
            && since + self.unschedulable_timeout <= now
        {
            self.try_again(since, &uid, now);
        }
    }

    fn try_again(&mut self, since: Instant, uid: &str, now: Instant) {
        self.unschedulable.remove(&(since, uid.to_owned()));
        let Some(queued) = self.pods.get(uid) else { return };
        let (at, pod) = (since + self.delay(queued.attempts), queued.pod.clone());
        if at > now {
            return self.wait(uid, at);
        }
        let place = self.activate(uid, &pod);
        self.pods.entry(uid.to_owned()).and_modify(|queued| queued.place = place);
    }

    fn wait(&mut self, uid: &str, at: Instant) {
        self.turns += 1;
        let turn = self.turns;
        if let Some(queued) = self.pods.get_mut(uid) {
            queued.place = Place::Backoff(turn);
            self.backoff.push(Reverse((at, turn, uid.to_owned())));
        }
    }

    fn activate(&mut self, uid: &str, pod: &PodInfo) -> Place {
        self.turns += 1;
        self.active.push((pod.priority, Reverse(pod.created), Reverse(self.turns), uid.to_owned()));
        Place::Active(self.turns)
    }

    fn leave(&mut self, uid: &str, place: Place) {
        self.in_flight.remove(uid);
        if let Place::Unschedulable { since, .. } = place {
            self.unschedulable.remove(&(since, uid.to_owned()));
        }
    }

    /// The back-off after so many attempts.
    fn delay(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(16);
        self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff)
    }
}
