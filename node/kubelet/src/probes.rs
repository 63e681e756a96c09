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

use crate::backoff::add;
use crate::container::port;
use crate::pod::Kind;
use crate::request;
use crate::state::remaining;
use crate::state::seconds;
use crate::worker::Message;
use crate::worker::Shared;

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
        let mut due = clock.instant();
        let mut counter = Counter::default();
        let mut told = None;
        loop {
            if let Some(success) = self.attempt(probe).await {
                let (success, failure) = match success {
                    Ok(()) => (true, None),
                    Err(reason) => (false, Some(reason)),
                };
                let crossed = counter.count(success, probe);
                if crossed && told != Some(success) {
                    told = Some(success);
                    let report = ProbeReport {
                        container: self.id.clone(),
                        kind: self.kind,
                        failure,
                        grace: probe.termination_grace_period_seconds().map(seconds),
                    };
                    if sender.send(Message::Probe(report)).await.is_err() {
                        return;
                    }
                }
            }
            due = (due + period).max(clock.instant());
            clock.sleep_until(due).await;
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
