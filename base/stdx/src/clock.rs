//! The clock that everything above `stdx` is given.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// A source of wall-clock and monotonic time; cheap to clone.
///
/// Waiting always goes through tokio's timer, which a simulation pauses; wall-clock time is either
/// the operating system's or derived from that timer, so that both advance together in a test.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Virtual { epoch: Timestamp, origin: Instant },
}

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// A clock that reads `epoch` now and follows tokio's (possibly paused) timer from here on.
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self { source: Source::Virtual { epoch, origin: Instant::now() } }
    }

    /// Wall-clock time.
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::System => Timestamp::now(),
            Source::Virtual { epoch, origin } => {
                let elapsed =
                    jiff::SignedDuration::try_from(origin.elapsed()).unwrap_or(jiff::SignedDuration::MAX);
                epoch.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Monotonic time, for measuring intervals and deadlines.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Completes after `duration`.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Completes at `deadline`.
    pub async fn sleep_until(&self, deadline: Instant) {
        tokio::time::sleep_until(deadline).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn virtual_time_follows_the_timer() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        clock.sleep(Duration::from_secs(90)).await;
        assert_eq!(clock.now().as_second(), 90);
    }
}
