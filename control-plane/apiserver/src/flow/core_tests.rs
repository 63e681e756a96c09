//! Scripts and properties of the core.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

type World = Core<String>;

fn level(
    name: &str,
    shares: u32,
    lendable_percent: u32,
    queues: Option<(usize, usize, usize)>,
) -> LevelConfig {
    LevelConfig {
        name: name.to_owned(),
        exempt: name == "exempt",
        shares,
        lendable_percent,
        borrowing_percent: None,
        queuing: queues.map(|(queues, hand, length)| Queuing { queues, hand, length }),
    }
}

/// Plays a script: `NAME@LEVEL[/FLOW][*SEATS]` arrives, `-NAME` ends, `~NAME` stops waiting. Each line
/// of the outcome says what happened.
fn play(seats: u32, levels: &[LevelConfig], script: &str) -> String {
    let mut core = World::new(seats);
    let indices = core.configure(levels);
    let mut claims: BTreeMap<String, Claim> = BTreeMap::new();
    let mut tickets: BTreeMap<String, Ticket> = BTreeMap::new();
    let mut out = String::new();
    for step in script.split_whitespace() {
        let started = if let Some(name) = step.strip_prefix('-') {
            let claim = claims.remove(name).expect("it runs");
            write!(out, "{step}").expect("text");
            core.finish(claim, 0.1)
        } else if let Some(name) = step.strip_prefix('~') {
            let (left, started) = core.leave(tickets[name]);
            write!(out, "{step}: {}", if left.is_some() { "left" } else { "too late" }).expect("text");
            started
        } else {
            let (name, rest) = step.split_once('@').expect("a level");
            let (rest, seats) = rest.split_once('*').unwrap_or((rest, "1"));
            let (level, flow) = rest.split_once('/').unwrap_or((rest, ""));
            let index = indices[levels.iter().position(|l| l.name == level).expect("a level")];
            let hash = flow.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte));
            let seats = seats.parse().expect("a number");
            match core.arrive(index, seats, || hash, |_| name.to_owned()) {
                Arrival::Runs(claim) => {
                    claims.insert(name.to_owned(), claim);
                    write!(out, "{step}: runs").expect("text");
                }
                Arrival::Waits(ticket) => {
                    tickets.insert(name.to_owned(), ticket);
                    write!(out, "{step}: waits").expect("text");
                }
                Arrival::Refused(refusal) => write!(out, "{step}: {}", refusal.as_str()).expect("text"),
            }
            Vec::new()
        };
        for (name, claim) in started {
            write!(out, " {name} runs").expect("text");
            claims.insert(name, claim);
        }
        out.push('\n');
    }
    out
}

fn check(seats: u32, levels: &[LevelConfig], steps: &[(&str, &str)]) {
    let script: Vec<&str> = steps.iter().map(|(step, _)| *step).collect();
    let expected: String = steps
        .iter()
        .map(|(step, outcome)| {
            let separator = match outcome {
                &"" => "",
                outcome if step.starts_with('-') => {
                    debug_assert!(outcome.ends_with("runs"));
                    " "
                }
                _ => ": ",
            };
            format!("{step}{separator}{outcome}\n")
        })
        .collect();
    assert_eq!(play(seats, levels, &script.join(" ")), expected);
}

#[test]
fn what_does_not_fit_is_refused_or_waits() {
    let levels = [level("reject", 1, 0, None), level("queue", 1, 0, Some((1, 1, 2)))];
    check(
        4,
        &levels,
        &[
            ("a@reject", "runs"),
            ("b@reject", "runs"),
            ("c@reject", "concurrency-limit"),
            ("d@queue", "runs"),
            ("e@queue", "runs"),
            ("f@queue", "waits"),
            ("g@queue", "waits"),
            ("h@queue", "queue-full"),
            ("-a", ""),
            ("i@reject", "runs"),
            ("-d", "f runs"),
            ("~g", "left"),
            ("~f", "too late"),
            ("-e", ""),
        ],
    );
}

#[test]
fn seats_are_lent_and_come_back() {
    let levels = [level("a", 1, 50, Some((1, 1, 9))), level("b", 1, 50, Some((1, 1, 9)))];
    // Four seats each, two of which may be lent.
    check(
        8,
        &levels,
        &[
            ("1@a", "runs"),
            ("2@a", "runs"),
            ("3@a", "runs"),
            ("4@a", "runs"),
            ("5@a", "runs"),
            ("6@a", "runs"),
            ("7@a", "waits"),
            // What b does not lend it has at once, the rest as it comes back: before a borrows more.
            ("8@b", "runs"),
            ("9@b", "runs"),
            ("10@b", "waits"),
            ("-1", "10 runs"),
            ("11@b", "waits"),
            ("-2", "11 runs"),
            ("-3", "7 runs"),
            ("-8", ""),
            ("12@b", "runs"),
        ],
    );
}

#[test]
fn exempt_requests_never_wait() {
    let levels = [level("exempt", 0, 0, None), level("a", 1, 0, None)];
    check(
        1,
        &levels,
        &[
            ("1@exempt*900", "runs"),
            ("2@exempt", "runs"),
            ("3@a", "runs"),
            ("4@a", "concurrency-limit"),
            ("5@exempt", "runs"),
        ],
    );
}

#[test]
fn a_flood_leaves_others_their_turn() {
    let mut core = World::new(10);
    let levels = [level("a", 1, 0, Some((64, 4, 50)))];
    let a = core.configure(&levels)[0];
    let mut running = Vec::new();
    for i in 0..150 {
        match core.arrive(a, 1, || 1, |_| format!("flood{i}")) {
            Arrival::Runs(claim) => running.push(claim),
            Arrival::Waits(_) => {}
            Arrival::Refused(_) => panic!("the flood fits its own hand"),
        }
    }
    // Another flow comes late, and does not wait for the hundred and forty before it.
    for i in 0..5 {
        assert!(matches!(core.arrive(a, 1, || u64::MAX / 3, |_| format!("calm{i}")), Arrival::Waits(_)));
    }
    let mut order = Vec::new();
    for _ in 0..30 {
        let claim = running.remove(0);
        for (name, claim) in core.finish(claim, 0.01) {
            order.push(name);
            running.push(claim);
        }
    }
    let last = order.iter().rposition(|name| name.starts_with("calm")).expect("it ran");
    assert_eq!(order.iter().filter(|name| name.starts_with("calm")).count(), 5, "{order:?}");
    assert!(last < 28, "{order:?}");
}

#[test]
fn large_requests_pass_in_the_end() {
    let levels = [level("a", 1, 0, Some((1, 1, 9)))];
    // Fifteen of a hundred seats are the most that one request takes.
    check(
        100,
        &levels,
        &[
            ("1@a*500", "runs"),
            ("2@a*500", "runs"),
            ("3@a*500", "runs"),
            ("4@a*500", "runs"),
            ("5@a*500", "runs"),
            ("6@a*500", "runs"),
            ("7@a*500", "waits"),
            ("8@a*1", "waits"),
            ("-1", "7 runs 8 runs"),
        ],
    );
}

#[test]
fn levels_come_and_go() {
    let mut core = World::new(10);
    let old = core.configure(&[level("a", 1, 0, None), level("b", 1, 0, Some((1, 1, 9)))]);
    let Arrival::Runs(claim) = core.arrive(old[1], 1, || 0, |_| String::new()) else { panic!("runs") };
    let new = core.configure(&[level("c", 1, 0, None), level("a", 3, 0, None)]);
    assert_eq!(new[1], old[0], "a level keeps its index");
    assert_ne!(new[0], old[1], "b still runs something");
    assert_eq!((core.level(new[0]).nominal, core.level(new[1]).nominal), (3, 8));
    assert!(core.finish(claim, 1.0).is_empty());
    let newest = core.configure(&[level("d", 1, 0, None), level("a", 3, 0, None), level("c", 1, 0, None)]);
    assert_eq!((newest[0], newest[1], newest[2]), (old[1], new[1], new[0]));
    assert_eq!(core.levels().count(), 3);
}

#[test]
fn hands_are_distinct_and_even() {
    let queuing = Queuing { queues: 12, hand: 4, length: 1 };
    let mut seen = [0u32; 12];
    for hash in 0..20_000u64 {
        let mut hand: Vec<usize> = deal(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15), queuing).collect();
        hand.iter().for_each(|card| seen[*card] += 1);
        hand.dedup();
        assert_eq!(hand.len(), 4);
    }
    assert!(seen.iter().all(|n| (6200..7200).contains(n)), "{seen:?}");
}

proptest! {
    /// Whatever happens: counts are right, the pool is not exceeded by more than a request for each
    /// level, nobody waits for seats that are surely theirs, and in the end everybody has run.
    #[test]
    fn invariants(
        shares in proptest::collection::vec((1u32..50, 0u32..=100, proptest::bool::ANY), 1..5),
        steps in proptest::collection::vec((0usize..5, 1u32..20, 0u64..6, 0u32..4), 1..300),
    ) {
        let levels: Vec<LevelConfig> = shares
            .iter()
            .enumerate()
            .map(|(i, (shares, lendable, queues))| {
                level(&format!("l{i}"), *shares, *lendable, queues.then_some((4, 2, 5)))
            })
            .collect();
        let mut core: Core<u64> = Core::new(40);
        let indices = core.configure(&levels);
        let mut running: Vec<Claim> = Vec::new();
        let mut waiting: Vec<(u64, Ticket)> = Vec::new();
        let mut next = 0;
        for (which, seats, flow, end) in steps {
            let index = indices[which % indices.len()];
            next += 1;
            match core.arrive(index, seats, || flow.wrapping_mul(0x9e37_79b9_7f4a_7c15), |_| next) {
                Arrival::Runs(claim) => running.push(claim),
                Arrival::Waits(ticket) => waiting.push((next, ticket)),
                Arrival::Refused(_) => {}
            }
            for _ in 0..end.saturating_sub(1) {
                if running.is_empty() { break; }
                let claim = running.swap_remove(flow as usize % running.len());
                for (id, claim) in core.finish(claim, f64::from(seats)) {
                    waiting.retain(|(waits, _)| *waits != id);
                    running.push(claim);
                }
            }
            if end == 0 && !waiting.is_empty() {
                let (id, ticket) = waiting.swap_remove(flow as usize % waiting.len());
                let (left, started) = core.leave(ticket);
                prop_assert_eq!(left, Some(id));
                for (id, claim) in started {
                    waiting.retain(|(waits, _)| *waits != id);
                    running.push(claim);
                }
            }
            let in_use: u32 = core.levels().map(|level| level.in_use).sum();
            prop_assert_eq!(in_use, running.iter().map(|claim| claim.seats).sum::<u32>());
            let slack: u32 = core.levels().map(|level| level.largest()).sum();
            prop_assert!(in_use <= core.pool + slack);
            prop_assert_eq!(core.levels().map(|level| level.waiting as usize).sum::<usize>(), waiting.len());
            for level in core.levels() {
                let bound = level.config.queuing.map_or(0, |q| q.queues * q.length);
                prop_assert!(level.waiting as usize <= bound);
                if level.waiting > 0 {
                    prop_assert!(level.in_use + level.largest() > level.minimum, "{}", level.config.name);
                }
            }
        }
        while let Some(claim) = running.pop() {
            for (id, claim) in core.finish(claim, 0.0) {
                waiting.retain(|(waits, _)| *waits != id);
                running.push(claim);
            }
        }
        prop_assert!(waiting.is_empty());
        prop_assert_eq!(core.levels().map(|level| level.in_use + level.executing).sum::<u32>(), 0);
    }
}
