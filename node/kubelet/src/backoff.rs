//! The two back-offs of a pod's containers, exactly as upstream's `flowcontrol.Backoff` counts:
//! 10 s doubling to 300 s, forgotten after twice the ceiling without a step.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

const INITIAL: Duration = Duration::from_secs(10);
const MAX: Duration = Duration::from_secs(300);

/// How long to wait after a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// The present delay and when it was decided; `None` before the first step.
    entry: Option<(Duration, Timestamp)>,
}

impl Backoff {
    /// The end of the delay that counts from `event` (when the container ended), if `now` is before
    /// it.
    pub(crate) fn until_since(&self, event: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let (delay, updated) = self.entry?;
        if expired(event, updated) {
            return None;
        }
        let end = add(event, delay);
        (now < end).then_some(end)
    }

    /// The end of the delay that counts from the last step, if `now` is before it.
    pub(crate) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let (delay, updated) = self.entry?;
        if expired(now, updated) {
            return None;
        }
        let end = add(updated, delay);
        (now < end).then_some(end)
    }

    /// One more failure, or one more attempt after it: `event` is when it failed.
    pub(crate) fn step(&mut self, event: Timestamp, now: Timestamp) {
        let delay = match self.entry {
            Some((delay, updated)) if !expired(event, updated) => (delay * 2).min(MAX),
            _ => INITIAL,
        };
        self.entry = Some((delay, now));
    }

    /// As after `steps` steps, the last of them at `updated`: what a process that begins in the middle
    /// knows.
    pub(crate) fn after(steps: u32, updated: Timestamp) -> Self {
        let mut backoff = Self::default();
        for _ in 0..steps.min(16) {
            backoff.step(updated, updated);
        }
        backoff
    }

    /// The present delay.
    pub(crate) fn delay(&self) -> Duration {
        self.entry.map_or(Duration::ZERO, |(delay, _)| delay)
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.entry = None;
    }
}

/// A delay as Go prints it: `10s`, `1m20s`, `5m0s`.
pub(crate) fn go_duration(delay: Duration) -> String {
    match (delay.as_secs() / 60, delay.as_secs() % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

fn expired(event: Timestamp, updated: Timestamp) -> bool {
    let quiet = event.duration_since(updated);
    quiet > SignedDuration::try_from(MAX * 2).unwrap_or(SignedDuration::MAX)
}

/// `time + delay`, at most the end of time.
pub(crate) fn add(time: Timestamp, delay: Duration) -> Timestamp {
    let delay = SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
    time.checked_add(delay).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn crash_loop_schedule() {
        let mut backoff = Backoff::default();
        let mut now = 1000;
        let mut waits = Vec::new();
        // A container that ends as soon as it is started.
        for _ in 0..8 {
            let ended = at(now);
            let wait = backoff.until_since(ended, ended).map_or(0, |end| end.as_second() - now);
            waits.push(wait);
            now += wait;
            backoff.step(ended, at(now));
        }
        // The first restart is immediate, as upstream's.
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        // Ten minutes of running and more: begin again.
        let ended = at(now + 601);
        assert_eq!(backoff.until_since(ended, ended), None);
        backoff.step(ended, ended);
        assert_eq!(backoff.delay(), INITIAL);
    }

    #[test]
    fn pull_schedule_counts_from_the_failure() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.until(at(5)), None);
        backoff.step(at(5), at(5));
        assert_eq!(backoff.until(at(5)), Some(at(15)));
        assert_eq!(backoff.until(at(15)), None);
        backoff.step(at(15), at(15));
        assert_eq!(backoff.until(at(16)), Some(at(35)));
        backoff.reset();
        assert_eq!(backoff.until(at(16)), None);
    }

    #[test]
    fn taken_up_in_the_middle() {
        assert_eq!(Backoff::after(0, at(5)).until_since(at(5), at(5)), None);
        assert_eq!(Backoff::after(3, at(5)).until_since(at(7), at(8)), Some(at(47)));
        assert_eq!(Backoff::after(1000, at(5)).delay(), MAX);
    }

    #[test]
    fn as_go_prints() {
        let text = |seconds| go_duration(Duration::from_secs(seconds));
        assert_eq!([text(10), text(80), text(300)], ["10s", "1m20s", "5m0s"]);
    }
}
