//! Exponential back-off with a ceiling and jitter.

use std::time::Duration;

use crate::Rng;

/// How delays grow: `initial`, then times `factor`, never above `max`; each stretched by up to
/// `jitter` (a fraction) so that clients that failed together do not return together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackoffPolicy {
    /// The first delay.
    pub initial: Duration,
    /// The ceiling, before jitter.
    pub max: Duration,
    /// Growth per attempt.
    pub factor: f64,
    /// Largest stretch, as a fraction of the delay.
    pub jitter: f64,
}

impl BackoffPolicy {
    /// Doubling from `initial` to `max` with a fifth of jitter.
    pub const fn doubling(initial: Duration, max: Duration) -> Self {
        Self { initial, max, factor: 2.0, jitter: 0.2 }
    }

    /// The delay before attempt number `attempt` (counted from 0), without jitter.
    pub fn delay(&self, attempt: u32) -> Duration {
        let exponent = i32::try_from(attempt.min(64)).unwrap_or(64);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        Duration::from_secs_f64(seconds.min(self.max.as_secs_f64()))
    }
}

/// The state of one sequence of attempts.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: BackoffPolicy,
    attempt: u32,
    rng: Rng,
}

impl Backoff {
    /// Starts at the first delay.
    pub fn new(policy: BackoffPolicy, rng: Rng) -> Self {
        Self { policy, attempt: 0, rng }
    }

    /// The next delay, with jitter.
    pub fn next_delay(&mut self) -> Duration {
        let base = self.policy.delay(self.attempt);
        self.attempt = self.attempt.saturating_add(1);
        base.mul_f64(1.0 + self.policy.jitter * self.rng.fraction())
    }

    /// Number of delays handed out since the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempt
    }

    /// Back to the first delay: call it after a success.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_ceiling_and_resets() {
        let policy = BackoffPolicy::doubling(Duration::from_secs(10), Duration::from_secs(300));
        let seconds: Vec<u64> = (0..7).map(|n| policy.delay(n).as_secs()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 300, 300]);
        let mut backoff = Backoff::new(policy, Rng::from_seed(1));
        let first = backoff.next_delay();
        assert!(first >= Duration::from_secs(10) && first <= Duration::from_secs(12));
        backoff.next_delay();
        backoff.reset();
        assert_eq!(backoff.attempts(), 0);
    }
}
