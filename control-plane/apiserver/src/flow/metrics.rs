//! The metrics of flow control, under upstream's names.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use telemetry::metrics::Counter;
use telemetry::metrics::Family;
use telemetry::metrics::Gauge;
use telemetry::metrics::Histogram;
use telemetry::metrics::Kind;
use telemetry::metrics::Registry;
use tokio::time::Instant;

use super::Shared;
use super::core::Level;

const CLASS: &[&str] = &["priority_level", "flow_schema"];
const SECONDS: &[f64] = &[0.0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0];
const SEATS: &[f64] = &[1.0, 2.0, 4.0, 10.0, 100.0];
/// The longest pause that is asked for, in seconds.
const LONGEST_PAUSE: u32 = 32;

/// Every family of flow control.
pub(super) struct FlowMetrics {
    dispatched: Arc<Family<Counter>>,
    rejected: Arc<Family<Counter>>,
    executing: Arc<Family<Gauge>>,
    executing_seats: Arc<Family<Gauge>>,
    queued: Arc<Family<Gauge>>,
    queued_seats: Arc<Family<Gauge>>,
    wait: Arc<Family<Histogram>>,
    execution: Arc<Family<Histogram>>,
    estimated: Arc<Family<Histogram>>,
    pauses: Mutex<HashMap<String, Arc<RetryAfter>>>,
}

/// The series of one FlowSchema.
pub(super) struct ClassMetrics {
    dispatched: Arc<Counter>,
    rejected: Arc<Family<Counter>>,
    executing: Arc<Gauge>,
    executing_seats: Arc<Gauge>,
    queued: Arc<Gauge>,
    queued_seats: Arc<Gauge>,
    waited: Arc<Histogram>,
    waited_in_vain: Arc<Histogram>,
    execution: Arc<Histogram>,
    estimated: Arc<Histogram>,
    names: [String; 2],
}

/// A request that is counted as waiting until this is dropped.
pub(super) struct Queued {
    requests: Arc<Gauge>,
    seats: Arc<Gauge>,
    number: i64,
}

impl FlowMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let execute = &["priority_level", "flow_schema", "execute"];
        Self {
            dispatched: registry.counters(
                "apiserver_flowcontrol_dispatched_requests_total",
                "Number of requests executed by API Priority and Fairness.",
                CLASS,
            ),
            rejected: registry.counters(
                "apiserver_flowcontrol_rejected_requests_total",
                "Number of requests rejected by API Priority and Fairness.",
                &["priority_level", "flow_schema", "reason"],
            ),
            executing: registry.gauges(
                "apiserver_flowcontrol_current_executing_requests",
                "Number of requests that are executing (of a watch: being set up).",
                CLASS,
            ),
            executing_seats: registry.gauges(
                "apiserver_flowcontrol_current_executing_seats",
                "Seats of requests that are executing.",
                CLASS,
            ),
            queued: registry.gauges(
                "apiserver_flowcontrol_current_inqueue_requests",
                "Number of requests that wait in queues.",
                CLASS,
            ),
            queued_seats: registry.gauges(
                "apiserver_flowcontrol_current_inqueue_seats",
                "Seats of requests that wait in queues.",
                CLASS,
            ),
            wait: registry.histograms(
                "apiserver_flowcontrol_request_wait_duration_seconds",
                "How long a request waited in its queue.",
                execute,
                SECONDS,
            ),
            execution: registry.histograms(
                "apiserver_flowcontrol_request_execution_seconds",
                "How long a request executed (of a watch: was being set up).",
                &["priority_level", "flow_schema", "type"],
                SECONDS,
            ),
            estimated: registry.histograms(
                "apiserver_flowcontrol_work_estimated_seats",
                "Seats that a request was taken to need.",
                CLASS,
                SEATS,
            ),
            pauses: Mutex::default(),
        }
    }

    /// The series of a FlowSchema.
    pub(super) fn of(&self, level: &str, schema: &str) -> ClassMetrics {
        let class = [level, schema];
        ClassMetrics {
            dispatched: self.dispatched.with(&class),
            rejected: self.rejected.clone(),
            executing: self.executing.with(&class),
            executing_seats: self.executing_seats.with(&class),
            queued: self.queued.with(&class),
            queued_seats: self.queued_seats.with(&class),
            waited: self.wait.with(&[level, schema, "true"]),
            waited_in_vain: self.wait.with(&[level, schema, "false"]),
            execution: self.execution.with(&[level, schema, "regular"]),
            estimated: self.estimated.with(&class),
            names: class.map(str::to_owned),
        }
    }

    /// How long those that a level refuses are asked to stay away.
    pub(super) fn retry_after(&self, level: &str) -> Arc<RetryAfter> {
        self.pauses.lock().entry(level.to_owned()).or_default().clone()
    }
}

impl ClassMetrics {
    pub(super) fn wait(&self, seats: u32) -> Queued {
        let queued =
            Queued { requests: self.queued.clone(), seats: self.queued_seats.clone(), number: seats.into() };
        queued.requests.add(1);
        queued.seats.add(queued.number);
        queued
    }

    pub(super) fn waited(&self, duration: Duration, executes: bool) {
        let histogram = if executes { &self.waited } else { &self.waited_in_vain };
        histogram.observe(duration.as_secs_f64());
    }

    pub(super) fn begin(&self, seats: u32) {
        self.dispatched.inc();
        self.executing.add(1);
        self.executing_seats.add(seats.into());
        self.estimated.observe(seats.into());
    }

    pub(super) fn end(&self, seats: u32, duration: Duration) {
        self.executing.add(-1);
        self.executing_seats.add(-i64::from(seats));
        self.execution.observe(duration.as_secs_f64());
    }

    pub(super) fn refused(&self, reason: &str) {
        self.rejected.with(&[&self.names[0], &self.names[1], reason]).inc();
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.requests.add(-1);
        self.seats.add(-self.number);
    }
}

/// Registers what is known of each level.
pub(super) fn show_levels(registry: &Registry, shared: &Arc<Shared>) {
    type Look = fn(&Level<tokio::sync::oneshot::Sender<super::Claim>>) -> u32;
    let add = |name, help, look: Look| {
        let shared = Arc::downgrade(shared);
        registry.looked_up(name, help, Kind::Gauge, &["priority_level"], move |out| {
            let Some(shared) = shared.upgrade() else { return };
            for level in shared.core.lock().levels() {
                out.push(&[&level.config.name], f64::from(look(level)));
            }
        });
    };
    add("apiserver_flowcontrol_nominal_limit_seats", "Seats by shares.", |level| level.nominal);
    add("apiserver_flowcontrol_lower_limit_seats", "Seats that are never lent.", |level| level.minimum);
    add("apiserver_flowcontrol_upper_limit_seats", "Seats with all that may be borrowed.", |level| {
        level.maximum
    });
    add(
        "apiserver_flowcontrol_current_limit_seats",
        "Seats that it has now: its own, or those it uses where it borrows.",
        |level| level.nominal.max(level.in_use),
    );
}

/// How long refused clients are asked to stay away: doubled while as many as before keep coming,
/// halved as they become fewer.
#[derive(Default)]
pub(super) struct RetryAfter {
    state: Mutex<Pause>,
}

struct Pause {
    seconds: u32,
    since: Option<Instant>,
    dropped: u32,
}

impl Default for Pause {
    fn default() -> Self {
        Self { seconds: 1, since: None, dropped: 0 }
    }
}

impl RetryAfter {
    /// One more was refused; the pause in seconds.
    pub(super) fn dropped(&self, now: Instant) -> u32 {
        let mut pause = self.state.lock();
        let since = *pause.since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since).as_secs();
        if elapsed >= u64::from(pause.seconds) {
            let quiet = elapsed >= 2 * u64::from(pause.seconds);
            if pause.dropped >= 3 * pause.seconds && !quiet {
                pause.seconds = (pause.seconds * 2).min(LONGEST_PAUSE);
            } else if pause.dropped < pause.seconds || quiet {
                pause.seconds = (pause.seconds / 2).max(1);
            }
            pause.since = Some(now);
            pause.dropped = 0;
        }
        pause.dropped += 1;
        pause.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_follows_the_load() {
        let (retry, start) = (RetryAfter::default(), Instant::now());
        let at = |millis| retry.dropped(start + Duration::from_millis(millis));
        assert_eq!(at(0), 1);
        for i in 1..100 {
            at(i);
        }
        assert_eq!(at(1001), 2);
        for i in 0..100 {
            at(1100 + i);
        }
        assert_eq!(at(3010), 4);
        assert_eq!(at(60_000), 2);
        assert_eq!(at(120_000), 1);
        assert_eq!(at(180_000), 1);
    }
}
