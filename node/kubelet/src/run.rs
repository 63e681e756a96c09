//! The kubelet as a whole: what it is built from, and its main loop.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::value;
use api::view::View as _;
use api::views::PodView;
use client::Client;
use client::Informer;
use client::Informers;
use client::Scope;
use control::Recorder;
use images::ImageStore;
use network::PodNetwork;
use parking_lot::Mutex;
use runtime::Runtime;
use runtime::types::ContainerStatus;
use runtime::types::LifecycleEvent;
use runtime::types::SandboxId;
use runtime::types::SandboxStatus;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::TaskKind;
use tokio::sync::Notify;
use tokio::sync::broadcast;
use tokio::sync::mpsc;

use crate::admission;
use crate::config::Config;
use crate::error::Error;
use crate::error::chain;
use crate::housekeeping;
use crate::node::Machine;
use crate::node::NodeReporter;
use crate::pod;
use crate::server;
use crate::worker::Beginning;
use crate::worker::Handle;
use crate::worker::Shared;
use crate::worker::Worker;

static NODE: TaskKind = TaskKind { name: "node reporter", rank: Rank::Kubelet, on_end: OnEnd::StopProcess };
static WORKER: TaskKind = TaskKind { name: "pod worker", rank: Rank::Kubelet, on_end: OnEnd::Nothing };
static SERVER: TaskKind =
    TaskKind { name: "kubelet server", rank: Rank::Kubelet, on_end: OnEnd::StopProcess };
static HOUSEKEEPING: TaskKind =
    TaskKind { name: "kubelet housekeeping", rank: Rank::Kubelet, on_end: OnEnd::StopProcess };

/// Ends of workers that may wait to be heard of.
const ENDS: usize = 4096;
/// The runtime must answer before anything else; it is asked this often.
const RUNTIME_RETRY: Duration = Duration::from_millis(500);

/// What the kubelet is given besides its configuration.
#[derive(Clone)]
pub struct Deps {
    /// Calls the API as this node (`system:node:<name>`, group `system:nodes`).
    pub client: Client,
    /// Informers over that client.
    pub informers: Informers,
    /// Runs containers.
    pub runtime: Arc<dyn Runtime>,
    /// Holds images.
    pub images: ImageStore,
    /// Connects pods.
    pub network: PodNetwork,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// Spawns tasks.
    pub spawner: Spawner,
    /// The certificate of the kubelet's API; it must bear the node's name and addresses.
    pub credential: Arc<pki::Rotating>,
    /// Issuers of client certificates that the kubelet's API trusts.
    pub client_authorities: pki::CaBundle,
}

/// A kubelet that is ready to run.
pub struct Kubelet {
    shared: Arc<Shared>,
    server: wire::Server,
    pods: Informer,
    nodes: Informer,
    network_ready: tokio::sync::watch::Sender<bool>,
}

/// What the main loop reacts to.
enum Event {
    /// Pods changed at the API.
    Pods,
    /// The Node object changed.
    Node,
    /// Something happened to a container, or events were lost.
    Runtime(Result<LifecycleEvent, broadcast::error::RecvError>),
    /// A worker ended.
    Ended(End),
    /// The process stops.
    Stop,
}

/// The end of a worker.
struct End {
    uid: String,
    /// It did its work to the end; otherwise it panicked.
    done: bool,
}

/// UIDs of pods that changed, each once.
#[derive(Default)]
struct Changed {
    uids: Mutex<BTreeSet<String>>,
    notify: Notify,
}

/// The main loop's own state.
struct Main {
    shared: Arc<Shared>,
    pods: Informer,
    nodes: Informer,
    workers: BTreeMap<String, Entry>,
    /// Which pod a sandbox belongs to, for events of the runtime.
    sandboxes: BTreeMap<SandboxId, String>,
    changed: Arc<Changed>,
    ends: mpsc::Sender<End>,
    stop: Stop,
}

struct Entry {
    handle: Handle,
    /// Its worker has ended; the API has yet to tell that the pod is gone.
    over: bool,
    /// Whether the node took it.
    admitted: bool,
    pod: Arc<Object>,
}

impl Kubelet {
    /// Checks the configuration, makes the directories, and listens.
    ///
    /// # Errors
    /// A wrong configuration, directories that cannot be made, an address that is taken.
    pub async fn build(config: Config, deps: Deps) -> Result<Self, Error> {
        config.validate().map_err(|mistakes| Error::Config { mistakes })?;
        for dir in [&config.root_dir.join("pods"), &config.log_dir] {
            std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        }
        let tls = pki::server_config(deps.credential.clone())?;
        let listen = wire::Listen::Tcp(config.listen);
        let server = wire::Server::bind(listen, Some(tls), wire::ServerOptions::default()).await?;
        let mut config = config;
        // The port that is announced is the one that was got.
        config.listen = server.local_addr().unwrap_or(config.listen);
        let recorder = Recorder::new(
            "kubelet",
            &config.node_name,
            deps.client.clone(),
            deps.clock.clone(),
            &deps.spawner,
        );
        let on_node = Scope { fields: format!("spec.nodeName={}", config.node_name), ..Scope::default() };
        let this_node = Scope { fields: format!("metadata.name={}", config.node_name), ..Scope::default() };
        let pods = deps.informers.scoped(pod::pods(), on_node);
        pods.add_index("uid", |pod| vec![pod.uid().to_owned()]);
        let nodes = deps.informers.scoped(crate::node::nodes(), this_node);
        let services = deps.informers.get(Resource::find("", "v1", "services").expect("a row of the table"));
        let shared = Shared { config: Arc::new(config), deps, recorder, services, machine: Machine::read() };
        let network_ready = tokio::sync::watch::Sender::new(false);
        Ok(Self { shared: Arc::new(shared), server, pods, nodes, network_ready })
    }

    /// Where the kubelet's API listens: the configured port, or the one that was picked for port 0.
    pub fn local_addr(&self) -> Option<std::net::SocketAddr> {
        self.server.local_addr()
    }

    /// Registers the node and runs its pods until told to stop. Containers go on.
    pub async fn run(self, stop: Stop) {
        let Self { shared, server, pods, nodes, network_ready } = self;
        let reporter = Arc::new(NodeReporter {
            config: shared.config.clone(),
            client: shared.deps.client.clone(),
            clock: shared.deps.clock.clone(),
            machine: shared.machine.clone(),
            runtime: shared.deps.runtime.clone(),
            images: shared.deps.images.clone(),
            nodes: nodes.clone(),
            network_ready: network_ready.subscribe(),
        });
        let Some(node) = reporter.register(&stop).await else { return };
        let spawner = &shared.deps.spawner;
        spawner.spawn(&NODE, "lease", reporter.clone().heartbeat(node.clone(), stop.clone()));
        set_pod_cidrs(&shared, &node, &network_ready).await;
        spawner.spawn(&NODE, "status", reporter.report(stop.clone()));
        shared.recorder.record(&node, control::EventType::Normal, "Starting", "Starting kubelet.");
        let handler = Arc::new(server::KubeletApi { shared: shared.clone(), pods: pods.clone() });
        let serve = server.run(handler, spawner.clone(), &server::CONNECTION, stop.clone());
        spawner.spawn(&SERVER, "", serve);
        // Subscribed before the runtime is listed, so that nothing is missed in between.
        let runtime_events = shared.deps.runtime.events();
        if stop.unless(async { tokio::join!(pods.synced(), shared.services.synced()) }).await.is_none() {
            return;
        }
        let (ends, ended) = mpsc::channel(ENDS);
        let main = Main {
            pods,
            nodes,
            workers: BTreeMap::new(),
            sandboxes: BTreeMap::new(),
            changed: Arc::default(),
            ends,
            stop: stop.clone(),
            shared: shared.clone(),
        };
        spawner.spawn(&HOUSEKEEPING, "", housekeeping::run(shared.clone(), stop));
        main.run(network_ready, runtime_events, ended).await;
    }
}

impl Main {
    async fn run(
        mut self,
        network_ready: tokio::sync::watch::Sender<bool>,
        mut runtime_events: broadcast::Receiver<LifecycleEvent>,
        mut ended: mpsc::Receiver<End>,
    ) {
        let Some((sandboxes, containers)) = self.list_runtime().await else { return };
        self.adopt(sandboxes, containers);
        let changed = self.changed.clone();
        let marker = changed.clone();
        self.pods.subscribe(move |change| {
            // A pod that was replaced under its name is two pods.
            for pod in [change.old, change.new].into_iter().flatten() {
                marker.uids.lock().insert(pod.uid().to_owned());
            }
            marker.notify.notify_one();
        });
        let node_changed = Arc::new(Notify::new());
        let marker = node_changed.clone();
        self.nodes.subscribe(move |_| marker.notify_one());
        loop {
            let event = tokio::select! {
                // Every arm is cancel-safe: what is not taken now is there the next time.
                () = self.stop.requested() => Event::Stop,
                () = changed.notify.notified() => Event::Pods,
                () = node_changed.notified() => Event::Node,
                event = runtime_events.recv() => Event::Runtime(event),
                Some(end) = ended.recv() => Event::Ended(end),
            };
            match event {
                Event::Stop => return,
                Event::Pods => self.take_pods(),
                Event::Node => {
                    if let Some(node) = self.nodes.get("", &self.shared.config.node_name) {
                        set_pod_cidrs(&self.shared, &node, &network_ready).await;
                    }
                }
                Event::Runtime(Ok(event)) => self.wake(&event).await,
                Event::Runtime(Err(error)) => {
                    // Events were lost: everybody looks anew.
                    tracing::debug!(%error, "runtime events were lost");
                    self.workers.values().for_each(|entry| entry.handle.wake.notify_one());
                    if matches!(error, broadcast::error::RecvError::Closed) {
                        return;
                    }
                }
                Event::Ended(end) => self.worker_ended(end),
            }
        }
    }

    async fn list_runtime(&self) -> Option<(Vec<SandboxStatus>, Vec<ContainerStatus>)> {
        let runtime = &self.shared.deps.runtime;
        loop {
            match (runtime.sandboxes().await, runtime.containers().await) {
                (Ok(sandboxes), Ok(containers)) => return Some((sandboxes, containers)),
                (Err(error), _) | (_, Err(error)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the runtime is not ready yet");
                    self.stop.unless(self.shared.deps.clock.sleep(RUNTIME_RETRY)).await?;
                }
            }
        }
    }

    /// Takes up what runs already: pods of the API with what the runtime has of them, and what is
    /// left of pods that are gone.
    fn adopt(&mut self, sandboxes: Vec<SandboxStatus>, containers: Vec<ContainerStatus>) {
        let mut of_pod: BTreeMap<String, (Vec<SandboxStatus>, Vec<ContainerStatus>)> = BTreeMap::new();
        for sandbox in sandboxes {
            self.sandboxes.insert(sandbox.id.clone(), sandbox.config.uid.clone());
            of_pod.entry(sandbox.config.uid.clone()).or_default().0.push(sandbox);
        }
        for container in containers {
            if let Some(uid) = self.sandboxes.get(&container.sandbox) {
                of_pod.entry(uid.clone()).or_default().1.push(container);
            }
        }
        for entry in
            std::fs::read_dir(self.shared.config.root_dir.join("pods")).into_iter().flatten().flatten()
        {
            of_pod.entry(entry.file_name().to_string_lossy().into_owned()).or_default();
        }
        for (uid, (mut sandboxes, containers)) in of_pod {
            sandboxes.sort_by_key(|sandbox| (sandbox.config.attempt, sandbox.created_at));
            match self.pods.indexed("uid", &uid).first() {
                Some(pod) => self.begin(pod.clone(), true, sandboxes, containers),
                None => {
                    let pod = remembered(&uid, sandboxes.last());
                    self.begin(pod, false, sandboxes, containers);
                }
            }
        }
    }

    fn begin(
        &mut self,
        pod: Arc<Object>,
        exists: bool,
        sandboxes: Vec<SandboxStatus>,
        containers: Vec<ContainerStatus>,
    ) {
        let view = PodView::of(pod.value());
        // What ran before was let in before.
        let known = !exists || !sandboxes.is_empty() || view.status().start_time().is_some();
        let ending =
            view.metadata().deletion_timestamp().is_some() || pod::is_terminal(view.status().phase());
        let rejected = if known || ending {
            None
        } else {
            let others =
                self.workers.values().filter(|entry| entry.admitted && !entry.over).map(|entry| &entry.pod);
            let labels = node_labels(&self.shared, self.nodes.get("", &self.shared.config.node_name));
            admission::reject(&self.shared.config, &self.shared.machine, view, others, &labels)
        };
        let admitted = rejected.is_none();
        if let Some((reason, message)) = &rejected {
            self.shared.recorder.record(&pod, control::EventType::Warning, reason, message);
        }
        let uid = pod.uid().to_owned();
        let beginning = Beginning { pod: pod.clone(), exists, rejected, sandboxes, containers };
        let (worker, handle) = Worker::new(self.shared.clone(), beginning, self.stop.clone());
        let guard = EndGuard { uid: uid.clone(), ends: self.ends.clone(), done: false };
        self.shared.deps.spawner.spawn(&WORKER, uid.clone(), async move {
            let mut guard = guard;
            worker.run().await;
            guard.done = true;
        });
        self.workers.insert(uid, Entry { handle, over: false, admitted, pod });
    }

    fn take_pods(&mut self) {
        let uids = std::mem::take(&mut *self.changed.uids.lock());
        for uid in uids {
            let pod = self.pods.indexed("uid", &uid).first().cloned();
            match (self.workers.get_mut(&uid), pod) {
                (Some(entry), None) if entry.over => {
                    self.workers.remove(&uid);
                }
                (Some(entry), pod) => {
                    if let Some(pod) = &pod {
                        entry.pod = pod.clone();
                    }
                    entry.handle.desired.send_replace(pod);
                }
                (None, Some(pod)) => self.begin(pod, true, Vec::new(), Vec::new()),
                (None, None) => {}
            }
        }
    }

    async fn wake(&mut self, event: &LifecycleEvent) {
        if !self.sandboxes.contains_key(&event.sandbox) {
            match self.shared.deps.runtime.sandbox_status(&event.sandbox).await {
                Ok(sandbox) => {
                    self.sandboxes.insert(sandbox.id.clone(), sandbox.config.uid.clone());
                }
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "event of an unknown sandbox")
                }
            }
        }
        let worker = self.sandboxes.get(&event.sandbox).and_then(|uid| self.workers.get(uid));
        if let Some(entry) = worker {
            entry.handle.wake.notify_one();
        }
    }

    fn worker_ended(&mut self, end: End) {
        if self.stop.is_requested() {
            return;
        }
        self.sandboxes.retain(|_, uid| *uid != end.uid);
        let pod = self.pods.indexed("uid", &end.uid).first().cloned();
        if end.done {
            match (pod, self.workers.get_mut(&end.uid)) {
                (Some(_), Some(entry)) => entry.over = true,
                _ => {
                    self.workers.remove(&end.uid);
                }
            }
            return;
        }
        // It panicked, which is logged: another one takes the pod up from what the runtime has.
        self.workers.remove(&end.uid);
        self.changed.uids.lock().insert(end.uid);
        self.changed.notify.notify_one();
    }
}

/// Tells the main loop that a worker ended, however that came.
struct EndGuard {
    uid: String,
    ends: mpsc::Sender<End>,
    done: bool,
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        let end = End { uid: std::mem::take(&mut self.uid), done: self.done };
        if self.ends.try_send(end).is_err() {
            tracing::debug!("a worker ended after the main loop");
        }
    }
}

/// Gives the pod network the ranges of the Node object, or of the configuration while it has none.
async fn set_pod_cidrs(shared: &Shared, node: &Object, ready: &tokio::sync::watch::Sender<bool>) {
    let spec = &node.value()["spec"];
    let mut texts: Vec<&str> = spec["podCIDRs"].items().iter().filter_map(|cidr| cidr.as_str()).collect();
    texts.extend(spec["podCIDR"].as_str().filter(|_| texts.is_empty()));
    let mut cidrs: Vec<ipnet::IpNet> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    if cidrs.is_empty() {
        cidrs.clone_from(&shared.config.pod_cidrs);
    }
    if cidrs.is_empty() {
        return;
    }
    let network = shared.deps.network.clone();
    let set = tokio::task::spawn_blocking(move || network.set_pod_cidrs(&cidrs)).await;
    let set = set.map_err(|error| error.to_string()).and_then(|set| set.map_err(|error| chain(&error)));
    match set {
        Ok(()) => {
            ready.send_if_modified(|ready| !std::mem::replace(ready, true));
        }
        Err(reason) => tracing::error!(reason, "the pod network cannot be prepared"),
    }
}

/// The node's labels as the API has them; before that, those that it gives itself.
fn node_labels(shared: &Shared, node: Option<Arc<Object>>) -> BTreeMap<String, String> {
    let own = crate::node::labels(&shared.config);
    let known = node.map(|node| node.value()["metadata"]["labels"].clone()).unwrap_or_default();
    let both = own.entries().strings().chain(known.entries().strings());
    both.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A pod of which only the runtime knows.
fn remembered(uid: &str, sandbox: Option<&SandboxStatus>) -> Arc<Object> {
    let (namespace, name) = sandbox
        .map(|sandbox| (sandbox.config.namespace.as_str(), sandbox.config.name.as_str()))
        .unwrap_or_default();
    let pod = value!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "uid": uid},
        "spec": {}
    });
    Arc::new(Object::new(pod::pods(), pod))
}
