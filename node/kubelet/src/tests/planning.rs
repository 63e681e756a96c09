//! What is planned from which facts: one line of text for each.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use api::view::View as _;
use api::views::PodView;
use jiff::Timestamp;
use runtime::types::ContainerConfig;
use runtime::types::ContainerId;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;
use runtime::types::SandboxConfig;
use runtime::types::SandboxId;
use runtime::types::SandboxState;
use runtime::types::SandboxStatus;

use crate::backoff::Backoff;
use crate::plan::Action;
use crate::plan::plan;
use crate::pod;
use crate::state::Busy;
use crate::state::PodState;
use crate::state::PulledImage;
use crate::state::Setup;
use crate::state::Slot;
use crate::state::Teardown;
use crate::state::Unhealthy;
use crate::status;

const NOW: i64 = 10_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A pod whose containers are named by what they are: `i…` init, `s…` sidecar, others regular.
fn state(policy: &str, names: &[&str]) -> PodState {
    let container = |name: &&&str| {
        let mut container = value!({"name": **name, "image": "img"});
        if name.starts_with('s') {
            container.set(&["restartPolicy"], "Always");
        }
        container
    };
    let init = |name: &&&str| name.starts_with(['i', 's']);
    let spec = value!({
        "restartPolicy": policy, "terminationGracePeriodSeconds": 30,
        "initContainers": names.iter().filter(init).map(|name| container(&name)).collect::<Vec<Value>>(),
        "containers": names.iter().filter(|name| !init(name)).map(|name| container(&name)).collect::<Vec<Value>>()
    });
    let pod =
        value!({"metadata": {"name": "p", "namespace": "ns", "uid": "u", "generation": 1}, "spec": spec});
    let pod = Arc::new(Object::new(pod::pods(), pod));
    let slots =
        pod::containers(PodView::of(pod.value())).map(|(kind, c)| Slot::new(c.name(), kind)).collect();
    PodState {
        exists: true,
        published: value!({"phase": "Pending"}),
        slots,
        sandbox: Some(SandboxStatus {
            id: SandboxId("sandbox".into()),
            state: SandboxState::Ready,
            created_at: at(0),
            netns: None,
            config: SandboxConfig::default(),
        }),
        setup: Setup::Done(SandboxId("sandbox".into())),
        ips: vec!["10.0.0.1".parse().unwrap()],
        failed: None,
        teardown: Teardown::No,
        start_time: at(0),
        node_memory_bytes: 1 << 30,
        pod,
    }
}

impl PodState {
    fn slot(&mut self, name: &str) -> &mut Slot {
        self.slots.iter_mut().find(|slot| slot.name == name).unwrap()
    }

    fn image(mut self, name: &str) -> Self {
        self.slot(name).image = Some(PulledImage { id: "i".into(), image_id: "i".into() });
        self
    }

    fn record(mut self, name: &str, state: ContainerState, code: Option<i32>, finished: Option<i64>) -> Self {
        let (view, memory) = (PodView::of(self.pod.value()), self.node_memory_bytes);
        let spec = pod::container(view, name).unwrap().1;
        let resources = crate::container::resources(view, spec, memory);
        let slot = self.slot(name);
        let attempt = slot.next_attempt();
        let config = ContainerConfig {
            name: name.into(),
            attempt,
            image: "img".into(),
            resources,
            ..ContainerConfig::default()
        };
        slot.records.push(ContainerStatus {
            id: ContainerId(format!("{name}{attempt}")),
            sandbox: SandboxId("sandbox".into()),
            state,
            pid: None,
            created_at: at(1),
            started_at: Some(at(1)),
            finished_at: finished.map(at),
            exit_code: code,
            reason: String::new(),
            message: String::new(),
            log_path: None,
            config,
        });
        self
    }

    fn running(self, name: &str) -> Self {
        let mut state = self.record(name, ContainerState::Running, None, None);
        state.slot(name).started = true;
        state.slot(name).ready = true;
        state
    }

    fn exited(self, name: &str, code: i32) -> Self {
        self.record(name, ContainerState::Exited, Some(code), Some(NOW))
    }

    fn deleted(mut self, grace: i64) -> Self {
        let mut pod = self.pod.value().clone();
        pod.set(&["metadata", "deletionTimestamp"], meta::time::seconds(at(NOW + grace)));
        pod.set(&["metadata", "deletionGracePeriodSeconds"], grace);
        self.pod = Arc::new(Object::new(pod::pods(), pod));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

fn check(state: &PodState, expected: &str) {
    let plan = plan(state, at(NOW));
    let name = |slot: usize| state.slots[slot].name.clone();
    let mut text: Vec<String> = plan
        .actions
        .iter()
        .map(|action| match action {
            Action::Pull { slot } => format!("pull {}", name(*slot)),
            Action::Start { slot } => format!("start {}", name(*slot)),
            Action::Stop { slot, kill_at, .. } => {
                format!("stop {} in {}", name(*slot), kill_at.as_second() - NOW)
            }
            Action::Cancel { slot } => format!("cancel {}", name(*slot)),
            Action::NoteBackOff { slot } => format!("note {}", name(*slot)),
            Action::TurnToBackOff { slot } => format!("turn {}", name(*slot)),
            Action::Resize { slot, .. } => format!("resize {}", name(*slot)),
            other => format!("{other:?}").to_lowercase(),
        })
        .collect();
    if let Some(wake) = plan.wake_at {
        text.push(format!("wake in {}", wake.as_second() - NOW));
    }
    assert_eq!(text.join(", "), expected);
}

fn phase(state: &PodState) -> String {
    status::status(state, &[], at(NOW))["phase"].str_or_empty().to_owned()
}

#[test]
fn beginning() {
    check(&state("Always", &["a"]).with(|s| s.setup = Setup::Needed), "setup");
    check(&state("Always", &["a"]).with(|s| s.setup = Setup::Busy), "");
    check(&state("Always", &["a"]).with(|s| s.setup = Setup::Failed(at(NOW + 5))), "wake in 5");
    check(&state("Always", &["a", "b"]), "pull a, pull b");
    check(&state("Always", &["a", "b"]).image("a").image("b"), "start a");
    check(
        &state("Always", &["a", "b"]).image("a").with(|s| s.slot("a").busy = Some(Busy::Starting)),
        "pull b",
    );
    check(
        &state("Always", &["a", "b"]).running("a").image("b").with(|s| s.slot("a").busy = Some(Busy::Hook)),
        "",
    );
    check(&state("Always", &["a", "b"]).running("a").image("b"), "start b");
    check(&state("Always", &["a", "b"]).running("a").running("b"), "");
}

#[test]
fn init_containers_one_by_one() {
    let all = ["i1", "s1", "i2", "a"];
    check(&state("Always", &all), "pull i1");
    check(&state("Always", &all).running("i1"), "");
    check(&state("Always", &all).exited("i1", 0), "pull s1");
    check(&state("Always", &all).exited("i1", 0).running("s1").with(|s| s.slot("s1").started = false), "");
    check(&state("Always", &all).exited("i1", 0).running("s1"), "pull i2");
    check(&state("Always", &all).exited("i1", 0).running("s1").exited("i2", 0), "pull a");
    let up = state("Always", &all).exited("i1", 0).running("s1").exited("i2", 0).running("a");
    check(&up, "");
    assert_eq!(phase(&up), "Running");
    // A sidecar that ends is started again, and holds nobody up.
    let up = state("Always", &all).exited("i1", 0).exited("s1", 0).exited("i2", 0).exited("a", 1);
    check(&up, "pull s1, pull a");
    assert_eq!(phase(&state("Always", &all).exited("i1", 0)), "Pending");
    let failed = state("Never", &["i1", "a"]).exited("i1", 1);
    check(&failed, "teardown");
    assert_eq!(phase(&failed), "Failed");
    check(&state("OnFailure", &["i1", "a"]).exited("i1", 1), "pull i1");
}

#[test]
fn restarting() {
    check(&state("Always", &["a"]).exited("a", 0), "pull a");
    let waiting = |s: &mut PodState| s.slot("a").crash = Backoff::after(1, at(NOW - 1));
    let crashed = state("Always", &["a"]).exited("a", 1).with(waiting);
    check(&crashed, "note a, wake in 10");
    assert_eq!(phase(&crashed), "Running");
    check(&crashed.with(|s| s.slot("a").noted = Some(ContainerId("a0".into()))), "wake in 10");
    check(&state("OnFailure", &["a"]).exited("a", 1), "pull a");
    let done = state("OnFailure", &["a"]).exited("a", 0);
    check(&done, "teardown");
    assert_eq!(phase(&done), "Succeeded");
    let done = state("Never", &["a", "b"]).exited("a", 0).exited("b", 2);
    check(&done, "teardown");
    assert_eq!(phase(&done), "Failed");
    let half = state("Never", &["a", "b"]).exited("a", 0).running("b");
    check(&half, "");
    assert_eq!(phase(&half), "Running");
    // The sidecar is ended once the others have done their work.
    check(&state("Never", &["s1", "a"]).running("s1").exited("a", 0), "stop s1 in 30");
    // A new sandbox begins anew, except for what is done for good.
    let dead = |s: &mut PodState| s.sandbox.as_mut().unwrap().state = SandboxState::NotReady;
    check(&state("Always", &["a"]).exited("a", 137).with(dead), "setup");
    check(&state("Never", &["a"]).exited("a", 137).with(dead), "teardown");
}

#[test]
fn running_containers_change() {
    let unhealthy = |s: &mut PodState| {
        s.slot("a").unhealthy = Some(Unhealthy { message: "no".into(), grace: None });
    };
    check(&state("Always", &["a"]).running("a").with(unhealthy), "stop a in 30");
    let image = |s: &mut PodState| s.slot("a").records[0].config.image = "old".into();
    check(&state("Always", &["a"]).running("a").with(image), "stop a in 30");
    let limits = |s: &mut PodState| s.slot("a").records[0].config.resources.cpu_shares = Some(512);
    check(&state("Always", &["a"]).running("a").with(limits), "resize a");
}

#[test]
fn ending() {
    let both = || state("Always", &["s1", "a"]).running("s1").running("a").deleted(20);
    check(&both(), "stop a in 20, wake in 20");
    let stopping = |s: &mut PodState| s.slot("a").busy = Some(Busy::Stopping(at(NOW + 20)));
    check(&both().with(stopping), "wake in 20");
    // A shorter grace period than before counts.
    check(&both().with(stopping).deleted(5), "stop a in 5, wake in 5");
    check(&state("Always", &["s1", "a"]).running("s1").exited("a", 0).deleted(20), "stop s1 in 20");
    check(
        &state("Always", &["a"]).deleted(20).with(|s| s.slot("a").busy = Some(Busy::Pulling)),
        "cancel a, teardown",
    );
    check(&state("Always", &["a"]).deleted(20).with(|s| s.slot("a").busy = Some(Busy::Starting)), "");
    check(&state("Always", &["a"]).deleted(20).with(|s| s.setup = Setup::Busy), "");
    let stage = |teardown, exists| {
        state("Always", &["a"]).exited("a", 0).deleted(20).with(|s| {
            s.teardown = teardown;
            s.exists = exists;
        })
    };
    check(&stage(Teardown::No, true), "teardown");
    check(&stage(Teardown::Stopping, true), "");
    check(&stage(Teardown::Stopped, true), "remove");
    check(&stage(Teardown::Removed, true), "delete");
    check(&stage(Teardown::Deleting, true), "");
    check(&stage(Teardown::Removed, false), "finish");
    // A pod that is done and not deleted keeps its records, for logs.
    check(&state("Never", &["a"]).exited("a", 0).with(|s| s.teardown = Teardown::Stopped), "");
    // What the API calls done is not begun again, whatever the runtime knows.
    check(&state("Always", &["a"]).with(|s| s.published = value!({"phase": "Succeeded"})), "teardown");
}

#[test]
fn deadlines() {
    let limited = |seconds: i64| {
        state("Always", &["a"]).running("a").with(|s| {
            let mut pod = s.pod.value().clone();
            pod.set(&["spec", "activeDeadlineSeconds"], seconds);
            s.pod = Arc::new(Object::new(pod::pods(), pod));
        })
    };
    check(&limited(NOW + 7), "wake in 7");
    check(&limited(7), "expire");
    let expired = limited(7).with(|s| s.failed = Some(("DeadlineExceeded".into(), "late".into())));
    check(&expired, "stop a in 30");
    assert_eq!(phase(&expired), "Running", "not before everything has ended");
}

#[test]
fn a_status_that_says_the_same_is_not_written() {
    let state = state("Always", &["a"]).running("a");
    let wanted = status::status(&state, &["192.0.2.1".parse().unwrap()], at(NOW));
    assert_eq!(status::patch(&wanted, &wanted, "u"), None);
    let mut stored = wanted.clone();
    stored.set(&["containerStatuses"], {
        let mut list = wanted["containerStatuses"].clone();
        let first = &mut list.as_list_mut().unwrap()[0];
        // What the API leaves out, and what it spells out.
        first.remove(&["lastState"]);
        first.set(&["resources"], Value::object());
        list
    });
    assert_eq!(status::patch(&stored, &wanted, "u"), None);
    stored.set(&["podIPs"], value!([{"ip": "10.0.0.9"}]));
    let patch = status::patch(&stored, &wanted, "u").unwrap();
    assert_eq!(patch["status"], value!({"podIPs": [{"ip": "10.0.0.1"}, {"$patch": "replace"}]}));
    assert_eq!(patch["metadata"]["uid"].as_str(), Some("u"));
}
