//! Probes: each has a task and a timer of its own, and reports when its thresholds are crossed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::ContainerView;
use api::views::ProbeView;
use jiff::Timestamp;
use runtime::types::ContainerId;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backoff::add;
use crate::container::port;
use crate::pod::Kind;
use crate::request;
use crate::state::remaining;
use crate::state::seconds;
use crate::worker::Message;
use crate::worker::Shared;

/// How soon after the start (and the initial delay) a probe counts.
const FIRST_JUDGED: Duration = Duration::from_secs(1);
/// The first of the looks before that.
const FIRST_LOOK: Duration = Duration::from_millis(20);
/// Most bytes of a probe's output in an event.
const OUTPUT_BYTES: usize = 1024;

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}

impl ProbeKind {
    /// In the words of events.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ProbeKind::Startup => "startup",
            ProbeKind::Liveness => "liveness",
            ProbeKind::Readiness => "readiness",
        }
    }

    fn title(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
        }
    }
}

/// A probe crossed a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProbeReport {
    pub container: ContainerId,
    pub kind: ProbeKind,
    /// Why it failed; `None` for success.
    pub failure: Option<String>,
    /// `terminationGracePeriodSeconds` of the probe.
    pub grace: Option<Duration>,
}

/// The probes that a container has now: the startup probe alone until it has succeeded.
pub(crate) fn of<'a>(container: ContainerView<'a>, started: bool) -> Vec<(ProbeKind, ProbeView<'a>)> {
    let probes = if started {
        [
            (ProbeKind::Liveness, container.liveness_probe()),
            (ProbeKind::Readiness, container.readiness_probe()),
        ]
    } else {
        [(ProbeKind::Startup, container.startup_probe()), (ProbeKind::Startup, None)]
    };
    probes.into_iter().filter_map(|(kind, probe)| Some((kind, probe?))).collect()
}

/// Counts results in a row against the thresholds of a probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    last: Option<bool>,
    in_row: i64,
}

impl Counter {
    /// Takes a result; whether the threshold for it is reached or was reached before.
    pub(crate) fn count(&mut self, success: bool, probe: ProbeView<'_>) -> bool {
        if self.last == Some(success) {
            self.in_row += 1;
        } else {
            self.last = Some(success);
            self.in_row = 1;
        }
        let threshold = if success { probe.success_threshold() } else { probe.failure_threshold() };
        self.in_row >= threshold.max(1)
    }
}

/// Looks between start and first success: they make a pod ready as soon as it is, and their failures
/// say nothing.
struct Early {
    pause: Option<Duration>,
    until: Instant,
}

impl Early {
    fn new(kind: ProbeKind, probe: ProbeView<'_>, until: Instant) -> Self {
        // One that needs several successes needs them a period apart; a liveness probe has nothing to
        // gain.
        let useful = kind != ProbeKind::Liveness && probe.success_threshold() <= 1;
        // A command costs a process.
        let first = if probe.exec().is_some() { FIRST_LOOK * 4 } else { FIRST_LOOK };
        Self { pause: useful.then_some(first), until }
    }

    /// When to look next, each time after twice the pause.
    fn next(&mut self, now: Instant) -> Option<Instant> {
        let pause = self.pause?;
        let at = now + pause;
        self.pause = (at < self.until).then_some(pause * 2);
        self.pause.map(|_| at)
    }

    fn end(&mut self) {
        self.pause = None;
    }
}

/// Runs one probe of one container.
pub(crate) struct Prober {
    pub shared: Arc<Shared>,
    pub pod: Arc<Object>,
    pub container_kind: Kind,
    pub name: String,
    pub id: ContainerId,
    pub kind: ProbeKind,
    pub probe: Value,
    pub container: Value,
    pub ip: Option<IpAddr>,
    pub started_at: Timestamp,
}

/// How one attempt went.
enum Outcome {
    Success,
    /// Success, with something that a person should know.
    Warning(String),
    Failure(String),
    /// It could not be tried.
    Unknown(String),
}

impl Prober {
    /// Probes until dropped.
    pub(crate) async fn run(self, sender: mpsc::Sender<Message>) {
        let probe = ProbeView::of(&self.probe);
        let clock = &self.shared.deps.clock;
        let first = add(self.started_at, seconds(probe.initial_delay_seconds()));
        clock.sleep(remaining(clock.now(), first)).await;
        let period = seconds(probe.period_seconds()).max(Duration::from_secs(1));
        let mut early = Early::new(self.kind, probe, clock.instant() + period);
        // A process needs a moment before it can be judged.
        let mut due = clock.instant() + FIRST_JUDGED;
        let mut counter = Counter::default();
        let mut told = None;
        loop {
            if let Some(at) = early.next(clock.instant()).filter(|at| *at < due) {
                clock.sleep_until(at).await;
                if !matches!(self.check(probe).await, Outcome::Success) {
                    continue;
                }
                counter.count(true, probe);
                told = Some(true);
                early.end();
                due = clock.instant() + period;
                if sender.send(Message::Probe(self.report(probe, None))).await.is_err() {
                    return;
                }
            }
            clock.sleep_until(due).await;
            if let Some(result) = self.attempt(probe).await {
                let success = result.is_ok();
                let crossed = counter.count(success, probe);
                if crossed && told != Some(success) {
                    told = Some(success);
                    let report = self.report(probe, result.err());
                    if sender.send(Message::Probe(report)).await.is_err() {
                        return;
                    }
                }
                if success {
                    early.end();
                }
            }
            due = (due + period).max(clock.instant());
        }
    }

    fn report(&self, probe: ProbeView<'_>, failure: Option<String>) -> ProbeReport {
        ProbeReport {
            container: self.id.clone(),
            kind: self.kind,
            failure,
            grace: probe.termination_grace_period_seconds().map(seconds),
        }
    }

    /// One attempt, told in events where it went wrong; `None` if it does not count.
    async fn attempt(&self, probe: ProbeView<'_>) -> Option<Result<(), String>> {
        let title = self.kind.title();
        let warn = |reason: &str, message: String| {
            self.shared.warning(&self.pod, self.container_kind, &self.name, reason, &message);
        };
        match self.check(probe).await {
            Outcome::Success => Some(Ok(())),
            Outcome::Warning(output) => {
                warn("ProbeWarning", format!("{title} probe warning: {output}"));
                Some(Ok(()))
            }
            Outcome::Failure(output) => {
                warn("Unhealthy", format!("{title} probe failed: {output}"));
                Some(Err(output))
            }
            Outcome::Unknown(reason) => {
                warn("Unhealthy", format!("{title} probe errored and resulted in unknown state: {reason}"));
                None
            }
        }
    }

    async fn check(&self, probe: ProbeView<'_>) -> Outcome {
        let timeout = seconds(probe.timeout_seconds()).max(Duration::from_secs(1));
        let container = ContainerView::of(&self.container);
        if let Some(exec) = probe.exec() {
            return self.check_exec(&exec.command().to_vec(), timeout).await;
        }
        let outcome = |result: Result<(), String>| match result {
            Ok(()) => Outcome::Success,
            Err(reason) => Outcome::Failure(reason),
        };
        let unknown_port = || Outcome::Unknown("the port is not known".to_owned());
        if let Some(get) = probe.http_get() {
            let Some(port) = port(get.port(), container) else { return unknown_port() };
            let target = match request::Target::new(get.value(), self.ip, port) {
                Ok(target) => target,
                Err(reason) => return Outcome::Unknown(reason),
            };
            return match request::get(&self.shared.deps.spawner, &target, timeout).await {
                Ok(answer) if answer.leaves_host => Outcome::Warning(format!(
                    "Probe terminated redirects, Response body: {}",
                    cut(&answer.body)
                )),
                Ok(answer) if (200..400).contains(&answer.status) => Outcome::Success,
                Ok(answer) => {
                    Outcome::Failure(format!("HTTP probe failed with statuscode: {}", answer.status))
                }
                Err(reason) => Outcome::Failure(reason),
            };
        }
        if let Some(tcp) = probe.tcp_socket() {
            let Some(port) = port(tcp.port(), container) else { return unknown_port() };
            return outcome(request::connect(tcp.host(), self.ip, port, timeout).await);
        }
        if let Some(grpc) = probe.grpc() {
            let Ok(port) = u16::try_from(grpc.port()) else { return unknown_port() };
            let service = grpc.service().unwrap_or_default();
            return outcome(
                request::grpc_health(&self.shared.deps.spawner, self.ip, port, service, timeout).await,
            );
        }
        Outcome::Unknown("the probe says nothing to do".to_owned())
    }

    async fn check_exec(&self, command: &[String], timeout: Duration) -> Outcome {
        match self.shared.deps.runtime.exec_sync(&self.id, command, Some(timeout)).await {
            Ok(output) if output.exit_code == 0 => Outcome::Success,
            Ok(output) => {
                let said = [output.stdout, output.stderr].concat();
                Outcome::Failure(cut(&String::from_utf8_lossy(&said)).to_owned())
            }
            Err(runtime::Error::Timeout { .. }) => Outcome::Failure(format!(
                "command timed out: {command:?} timed out after {}s",
                timeout.as_secs()
            )),
            // A command that cannot be started is a failure of the container's.
            Err(error @ runtime::Error::Start(_)) => Outcome::Failure(error.chain()),
            Err(error) => Outcome::Unknown(error.chain()),
        }
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(OUTPUT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn thresholds_count_in_a_row() {
        let probe = value!({"successThreshold": 2, "failureThreshold": 3});
        let mut counter = Counter::default();
        let results = [true, true, false, false, true, false, false, false, false, true];
        let crossed: Vec<bool> = results.iter().map(|r| counter.count(*r, ProbeView::of(&probe))).collect();
        assert_eq!(crossed, [false, true, false, false, false, false, false, true, true, false]);
    }

    #[test]
    fn looks_double_until_the_first_period_is_over() {
        let now = Instant::now();
        let probe = value!({"httpGet": {"port": 80}, "successThreshold": 1});
        let looks = |kind, probe: &Value| {
            let mut early = Early::new(kind, ProbeView::of(probe), now + Duration::from_secs(1));
            let mut at = now;
            std::iter::from_fn(|| {
                at = early.next(at)?;
                Some(at.duration_since(now).as_millis())
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(looks(ProbeKind::Readiness, &probe), [20, 60, 140, 300, 620]);
        assert!(looks(ProbeKind::Liveness, &probe).is_empty());
        let twice = value!({"httpGet": {"port": 80}, "successThreshold": 2});
        assert!(looks(ProbeKind::Readiness, &twice).is_empty());
        let exec = value!({"exec": {"command": ["x"]}, "successThreshold": 1});
        assert_eq!(looks(ProbeKind::Startup, &exec), [80, 240, 560]);
    }

    #[test]
    fn liveness_waits_for_startup() {
        let container = value!({
            "startupProbe": {"exec": {}}, "livenessProbe": {"exec": {}}, "readinessProbe": {"exec": {}}
        });
        let kinds = |started| {
            of(ContainerView::of(&container), started).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(false), [ProbeKind::Startup]);
        assert_eq!(kinds(true), [ProbeKind::Liveness, ProbeKind::Readiness]);
    }
}
