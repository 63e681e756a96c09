//! Who runs now, who waits, who is refused: the decisions, without time, tasks or locks.
//!
//! Every priority level has seats. A level runs requests while it has seats, borrows seats that
//! others may lend and do not use, and lets requests wait in queues or refuses them. Waiting
//! requests of one flow go to the shortest of a few queues dealt to that flow (shuffle sharding), so
//! that a flow that floods its own hand leaves the others' alone; queues are served by start-time
//! fair queueing (Goyal et al., 1996), so that each gets the same share of the level's seats.
//!
//! Invariants:
//! - A level gets the seats it does not lend at once, whatever others do.
//! - Seats in use of all limited levels together never exceed the pool by more than one request for
//!   each level: one that uses no seat may always start one request, however large.
//! - No level borrows while another one waits for seats that are its own.
//! - What waits is bounded: queues of a level times their length.
//!
//! Differences from upstream: seats are lent and given back with every request, where upstream
//! moves limits every ten seconds; and a watch takes seats only until it is set up.

use std::collections::VecDeque;

/// Seconds that a request is taken to run until it is known: only the differences between queues
/// matter, and those are corrected when a request ends.
const EXPECTED_SECONDS: f64 = 0.01;
/// A request takes at most this part of its level's seats.
const LARGEST_REQUEST: f64 = 0.15;

/// What a priority level is configured to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LevelConfig {
    pub(super) name: String,
    /// Never waits and is never refused.
    pub(super) exempt: bool,
    /// Its part of all seats, relative to the others' parts.
    pub(super) shares: u32,
    /// How much of its seats others may use while it does not.
    pub(super) lendable_percent: u32,
    /// How much more than its seats it may use; `None` for as much as is there.
    pub(super) borrowing_percent: Option<u32>,
    /// `None` refuses what does not fit.
    pub(super) queuing: Option<Queuing>,
}

/// The queues of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Queuing {
    pub(super) queues: usize,
    /// Queues that one flow is dealt.
    pub(super) hand: usize,
    /// The most requests in one queue.
    pub(super) length: usize,
}

/// Seats that are taken until they are given back by [`Core::finish`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "seats that are not given back are lost"]
pub(super) struct Claim {
    pub(super) level: usize,
    queue: Option<usize>,
    pub(super) seats: u32,
}

/// A place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    level: usize,
    queue: usize,
    id: u64,
}

/// What becomes of a request that arrives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Runs(Claim),
    Waits(Ticket),
    Refused(Refusal),
}

/// Why a request is refused; the texts are those of upstream's metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    QueueFull,
    ConcurrencyLimit,
    TimeOut,
    Cancelled,
}

impl Refusal {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Refusal::QueueFull => "queue-full",
            Refusal::ConcurrencyLimit => "concurrency-limit",
            Refusal::TimeOut => "time-out",
            Refusal::Cancelled => "cancelled",
        }
    }
}

/// All levels. `T` is what the shell keeps with a request that waits.
pub(super) struct Core<T> {
    seats: u32,
    /// What the levels' nominal seats sum up to: a little more than `seats`, as each is rounded up.
    pool: u32,
    levels: Vec<Level<T>>,
    waiting: usize,
    next_id: u64,
}

pub(super) struct Level<T> {
    pub(super) config: LevelConfig,
    /// It is not configured any more, and goes once nothing of it runs or waits.
    retired: bool,
    pub(super) nominal: u32,
    pub(super) minimum: u32,
    pub(super) maximum: u32,
    pub(super) in_use: u32,
    pub(super) executing: u32,
    pub(super) waiting: u32,
    /// When, in the level's virtual time, the last request started that had waited.
    now: f64,
    queues: Vec<Queue<T>>,
}

struct Queue<T> {
    /// When, in the level's virtual time, its next request is due.
    start: f64,
    executing: u32,
    waiting: VecDeque<Waiting<T>>,
}

struct Waiting<T> {
    id: u64,
    seats: u32,
    payload: T,
}

impl<T> Core<T> {
    /// No levels yet.
    pub(super) fn new(seats: u32) -> Self {
        Self { seats, pool: seats, levels: Vec::new(), waiting: 0, next_id: 0 }
    }

    /// Takes over a configuration and gives the index of each level, which stays with its name.
    pub(super) fn configure(&mut self, configs: &[LevelConfig]) -> Vec<usize> {
        for level in &mut self.levels {
            level.retired = !configs.iter().any(|config| config.name == level.config.name);
        }
        let indices = configs.iter().map(|config| self.place(config)).collect();
        let total: u32 =
            self.levels.iter().filter(|level| !level.retired).map(|level| level.config.shares).sum();
        let seats = self.seats;
        for level in &mut self.levels {
            level.divide(seats, total.max(1));
        }
        self.pool = self.levels.iter().map(|level| level.nominal).sum::<u32>().max(seats);
        indices
    }

    /// A request of `seats` seats arrives. `flow` gives the hash of its flow, and `payload` what is
    /// kept with it, where it has to wait.
    pub(super) fn arrive(
        &mut self,
        level: usize,
        seats: u32,
        flow: impl FnOnce() -> u64,
        payload: impl FnOnce(Ticket) -> T,
    ) -> Arrival {
        let index = level;
        let idle = self.levels[index].waiting == 0;
        let level = &self.levels[index];
        let seats = seats.clamp(1, level.largest());
        if level.config.exempt || (idle && self.fits(index, seats)) {
            return Arrival::Runs(self.start(index, None, seats));
        }
        let Some(queuing) = level.config.queuing else {
            return Arrival::Refused(Refusal::ConcurrencyLimit);
        };
        let level = &mut self.levels[index];
        if level.queues.len() < queuing.queues {
            level.queues.resize_with(queuing.queues, Queue::new);
        }
        let queue = shortest(&level.queues, deal(flow(), queuing));
        if level.queues[queue].waiting.len() >= queuing.length {
            return Arrival::Refused(Refusal::QueueFull);
        }
        let id = self.next_id;
        self.next_id += 1;
        let ticket = Ticket { level: index, queue, id };
        let chosen = &mut level.queues[queue];
        if chosen.waiting.is_empty() && chosen.executing == 0 {
            // An idle queue saved nothing up.
            chosen.start = chosen.start.max(level.now);
        }
        chosen.waiting.push_back(Waiting { id, seats, payload: payload(ticket) });
        level.waiting += 1;
        self.waiting += 1;
        Arrival::Waits(ticket)
    }

    /// A request ended after `seconds`; those that run now instead.
    pub(super) fn finish(&mut self, claim: Claim, seconds: f64) -> Vec<(T, Claim)> {
        let level = &mut self.levels[claim.level];
        level.in_use -= claim.seats;
        level.executing -= 1;
        if let Some(queue) = claim.queue {
            let queue = &mut level.queues[queue];
            queue.executing -= claim.seats;
            queue.start += f64::from(claim.seats) * (seconds - EXPECTED_SECONDS);
        }
        self.dispatch()
    }

    /// A request does not wait any more: what was kept with it, unless it runs already, and those
    /// that run now because it made room.
    pub(super) fn leave(&mut self, ticket: Ticket) -> (Option<T>, Vec<(T, Claim)>) {
        let level = &mut self.levels[ticket.level];
        let Some(queue) = level.queues.get_mut(ticket.queue) else { return (None, Vec::new()) };
        let Some(position) = queue.waiting.iter().position(|waiting| waiting.id == ticket.id) else {
            return (None, Vec::new());
        };
        let left = queue.waiting.remove(position).map(|waiting| waiting.payload);
        level.waiting -= 1;
        self.waiting -= 1;
        (left, self.dispatch())
    }

    /// The level with this index.
    #[cfg(test)]
    pub(super) fn level(&self, index: usize) -> &Level<T> {
        &self.levels[index]
    }

    /// Every level that is configured.
    pub(super) fn levels(&self) -> impl Iterator<Item = &Level<T>> {
        self.levels.iter().filter(|level| !level.retired)
    }

    fn place(&mut self, config: &LevelConfig) -> usize {
        let same = self.levels.iter().position(|level| level.config.name == config.name);
        let free = || self.levels.iter().position(|level| level.retired && level.is_empty());
        let index = same.or_else(free).unwrap_or(self.levels.len());
        if same.is_some() {
            let level = &mut self.levels[index];
            level.config = config.clone();
            level.retired = false;
        } else if index < self.levels.len() {
            self.levels[index] = Level::new(config.clone());
        } else {
            self.levels.push(Level::new(config.clone()));
        }
        index
    }

    fn fits(&self, index: usize, seats: u32) -> bool {
        let level = &self.levels[index];
        let wanted = level.in_use + seats;
        if level.in_use == 0 || wanted <= level.minimum {
            return true;
        }
        if wanted > level.maximum {
            return false;
        }
        let others = || self.levels.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, level)| level);
        let borrows = wanted > level.nominal;
        if borrows && others().any(|other| other.waiting > 0 && other.in_use < other.nominal) {
            return false;
        }
        let taken: u32 =
            others().filter(|l| !l.config.exempt).map(|other| other.in_use.max(other.minimum)).sum();
        wanted + taken <= self.pool
    }

    fn start(&mut self, index: usize, queue: Option<usize>, seats: u32) -> Claim {
        let level = &mut self.levels[index];
        level.in_use += seats;
        level.executing += 1;
        Claim { level: index, queue, seats }
    }

    /// Starts whatever can start, the levels that use the smallest part of their seats first.
    fn dispatch(&mut self) -> Vec<(T, Claim)> {
        let mut started = Vec::new();
        while self.waiting > 0 {
            let mut hungry: Vec<usize> =
                (0..self.levels.len()).filter(|i| self.levels[*i].waiting > 0).collect();
            hungry.sort_by(|a, b| self.levels[*a].usage().total_cmp(&self.levels[*b].usage()));
            let next = hungry.into_iter().find_map(|index| {
                let queue = self.levels[index].next_queue()?;
                let seats = self.levels[index].queues[queue].waiting.front()?.seats;
                self.fits(index, seats).then_some((index, queue))
            });
            let Some((index, queue)) = next else { break };
            let level = &mut self.levels[index];
            level.now = level.now.max(level.queues[queue].start);
            let Some(waiting) = level.queues[queue].waiting.pop_front() else { break };
            level.queues[queue].start += f64::from(waiting.seats) * EXPECTED_SECONDS;
            level.queues[queue].executing += waiting.seats;
            level.waiting -= 1;
            self.waiting -= 1;
            let claim = self.start(index, Some(queue), waiting.seats);
            started.push((waiting.payload, claim));
        }
        started
    }
}

impl<T> Level<T> {
    fn new(config: LevelConfig) -> Self {
        Self {
            config,
            retired: false,
            nominal: 0,
            minimum: 0,
            maximum: 0,
            in_use: 0,
            executing: 0,
            waiting: 0,
            now: 0.0,
            queues: Vec::new(),
        }
    }

    fn divide(&mut self, seats: u32, total_shares: u32) {
        let part = |whole: u32, of: u32, all: u32| -> u32 {
            let rounded_up = (u64::from(whole) * u64::from(of)).div_ceil(u64::from(all));
            u32::try_from(rounded_up).unwrap_or(u32::MAX)
        };
        let shares = if self.retired { 0 } else { self.config.shares };
        self.nominal = part(seats, shares, total_shares);
        let lendable = part(self.nominal, self.config.lendable_percent.min(100), 100);
        self.minimum = self.nominal - lendable.min(self.nominal);
        self.maximum = match self.config.borrowing_percent {
            Some(percent) => self.nominal.saturating_add(part(self.nominal, percent, 100)),
            None => u32::MAX,
        };
    }

    /// The most seats of one request.
    fn largest(&self) -> u32 {
        if self.config.exempt {
            return u32::MAX;
        }
        ((f64::from(self.nominal) * LARGEST_REQUEST) as u32).max(1)
    }

    fn is_empty(&self) -> bool {
        self.executing == 0 && self.waiting == 0
    }

    /// How much of its seats it uses.
    fn usage(&self) -> f64 {
        f64::from(self.in_use) / f64::from(self.nominal.max(1))
    }

    /// The queue that is due first.
    fn next_queue(&self) -> Option<usize> {
        let queues = self.queues.iter().enumerate().filter(|(_, queue)| !queue.waiting.is_empty());
        queues.min_by(|(_, a), (_, b)| a.start.total_cmp(&b.start)).map(|(index, _)| index)
    }
}

impl<T> Queue<T> {
    fn new() -> Self {
        Self { start: 0.0, executing: 0, waiting: VecDeque::new() }
    }
}

/// The hand of queues that a flow is dealt: distinct, and every hand about equally likely.
fn deal(hash: u64, queuing: Queuing) -> impl Iterator<Item = usize> {
    let mut entropy = hash;
    let mut hand: Vec<usize> = Vec::with_capacity(queuing.hand);
    for left in (queuing.queues.saturating_sub(queuing.hand) + 1..=queuing.queues).rev() {
        let mut card = (entropy % left as u64) as usize;
        entropy /= left as u64;
        // The card counts only those that were not dealt: pass over each dealt one below it.
        let place = hand.iter().position(|dealt| {
            let below = *dealt <= card;
            card += usize::from(below);
            !below
        });
        hand.insert(place.unwrap_or(hand.len()), card);
    }
    hand.into_iter()
}

fn shortest<T>(queues: &[Queue<T>], hand: impl Iterator<Item = usize>) -> usize {
    let load = |index: &usize| (queues[*index].waiting.len(), queues[*index].executing);
    hand.min_by_key(load).unwrap_or(0)
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
