//! A kubelet with everything around it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use client::Action;
use client::Answer;
use client::Client;
use client::Error;
use client::EventKind;
use client::Informers;
use client::ObjectList;
use client::Patch;
use client::Request;
use client::Target;
use client::Transport;
use client::WatchEvent;
use images::ImageStore;
use meta::Reason;
use meta::ResourceVersion;
use meta::Status;
use network::PodNetwork;
use parking_lot::Mutex;
use runtime::Runtime;
use runtime::fake::FakeRuntime;
use stdx::Clock;
use stdx::Rng;
use supervise::Spawner;
use supervise::Stop;
use supervise::Supervisor;
use tokio::sync::broadcast;

use crate::Config;
use crate::Deps;
use crate::Kubelet;
use crate::pod::pods;

pub(super) const IMAGE: &str = "registry.example.com/app:v1";
const PATIENCE: Duration = Duration::from_secs(20);

type Key = (&'static str, String, String);

/// An API without rules: it keeps what it is given.
pub(super) struct FakeApi {
    state: Mutex<State>,
    events: broadcast::Sender<(&'static str, WatchEvent)>,
}

#[derive(Default)]
struct State {
    version: u64,
    objects: BTreeMap<Key, Arc<Object>>,
    calls: Vec<String>,
}

impl FakeApi {
    fn store(&self, resource: &'static Resource, mut value: Value, kind: EventKind) -> Arc<Object> {
        let mut state = self.state.lock();
        state.version += 1;
        value.set(&["metadata", "resourceVersion"], state.version.to_string());
        if value["metadata"]["uid"].is_null() {
            value.set(&["metadata", "uid"], format!("uid-{}", state.version));
        }
        let object = Arc::new(Object::new(resource, value));
        let key = (resource.name, object.namespace().to_owned(), object.name().to_owned());
        match kind {
            EventKind::Deleted => state.objects.remove(&key),
            _ => state.objects.insert(key, object.clone()),
        };
        // Nobody may be watching yet.
        self.events.send((resource.name, WatchEvent { kind, object: object.clone() })).unwrap_or_default();
        object
    }

    fn get(&self, target: &Target) -> Option<Arc<Object>> {
        let key = (target.resource.name, target.namespace.clone(), target.name.clone());
        self.state.lock().objects.get(&key).cloned()
    }

    /// Writes other than events and leases, as `verb resource/name`.
    pub(super) fn calls(&self) -> Vec<String> {
        self.state.lock().calls.clone()
    }

    fn patched(&self, target: &Target, patch: Patch) -> Result<Value, Error> {
        let mut value = self.get(target).ok_or_else(not_found)?.value().clone();
        match patch {
            Patch::Merge(bytes) => {
                schema::patch::apply_merge(&mut value, api::json::parse_value(&bytes).unwrap())
            }
            Patch::Strategic(bytes) => {
                let ty = target.resource.ty.unwrap();
                schema::patch::apply_strategic(ty, &mut value, api::json::parse_value(&bytes).unwrap())
                    .unwrap();
            }
            _ => return Err(Error::Transport("not in this fake".into())),
        }
        Ok(value)
    }
}

fn not_found() -> Error {
    Status::new(Reason::NotFound, "not found").into()
}

#[async_trait::async_trait]
impl Transport for FakeApi {
    async fn call(&self, request: Request) -> Result<Answer, Error> {
        let Request { target, action } = request;
        let verb = match &action {
            Action::Create(..) => "create",
            Action::Update(..) => "update",
            Action::Patch(..) => "patch",
            Action::Delete(_) => "delete",
            _ => "",
        };
        if !verb.is_empty() && !matches!(target.resource.name, "events" | "leases" | "nodes") {
            self.state.lock().calls.push(format!("{verb} {}/{}", target.resource.name, target.name));
        }
        match action {
            Action::Get { .. } => self.get(&target).map(Answer::Object).ok_or_else(not_found),
            Action::List(options) => {
                let state = self.state.lock();
                let of_kind = state.objects.iter().filter(|((name, ..), _)| *name == target.resource.name);
                let items = of_kind
                    .map(|(_, object)| object.clone())
                    .filter(|object| object.index().matches_fields(target.resource, &options.fields))
                    .collect();
                let resource_version = ResourceVersion(state.version);
                Ok(Answer::List(ObjectList { items, resource_version, ..ObjectList::default() }))
            }
            Action::Watch(options) => {
                let (name, resource, fields) = (target.resource.name, target.resource, options.fields);
                let receiver = self.events.subscribe();
                let stream = futures_util::stream::unfold(receiver, move |mut receiver| {
                    let fields = fields.clone();
                    async move {
                        loop {
                            let (kind, event) = receiver.recv().await.ok()?;
                            if kind == name && event.object.index().matches_fields(resource, &fields) {
                                return Some((Ok(event), receiver));
                            }
                        }
                    }
                });
                Ok(Answer::Watch(Box::pin(stream)))
            }
            Action::Create(body, _) if target.subresource == "token" => {
                let mut body = body;
                let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
                body.set(&["status", "token"], "a-token");
                body.set(&["status", "expirationTimestamp"], meta::time::seconds(expires));
                Ok(Answer::Value(body))
            }
            Action::Create(body, _) => {
                Ok(Answer::Object(self.store(target.resource, body, EventKind::Added)))
            }
            Action::Update(body, _) => {
                Ok(Answer::Object(self.store(target.resource, body, EventKind::Modified)))
            }
            Action::Patch(patch, _) => {
                let value = self.patched(&target, patch)?;
                Ok(Answer::Object(self.store(target.resource, value, EventKind::Modified)))
            }
            Action::Delete(options) => {
                let object = self.get(&target).ok_or_else(not_found)?;
                assert_eq!(options.grace_period_seconds, Some(0), "the kubelet's delete is final");
                assert_eq!(options.precondition.uid.as_deref(), Some(object.uid()));
                self.store(target.resource, object.value().clone(), EventKind::Deleted);
                Ok(Answer::Object(object))
            }
            Action::DeleteCollection(..) => Err(Error::Transport("not in this fake".into())),
        }
    }
}

/// A node with a kubelet.
pub(super) struct Bed {
    pub api: Arc<FakeApi>,
    pub client: Client,
    pub runtime: FakeRuntime,
    pub dir: tempfile::TempDir,
    pub spawner: Spawner,
    pub authority: pki::CertificateAuthority,
    pub address: std::net::SocketAddr,
    images: ImageStore,
    network: PodNetwork,
    supervisor: Option<Supervisor>,
    kubelet_stop: Stop,
}

impl Bed {
    /// Starts everything.
    pub(super) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let supervisor = Supervisor::new();
        let spawner = supervisor.spawner();
        let clock = Clock::system();
        let api = Arc::new(FakeApi { state: Mutex::default(), events: broadcast::Sender::new(4096) });
        let client = Client::new(api.clone(), "kubelet");
        let image_deps =
            images::ImagesDeps { spawner: spawner.clone(), clock: clock.clone(), rng: Rng::from_seed(1) };
        let images =
            ImageStore::open(images::ImagesConfig::new(dir.path().join("images")), image_deps).unwrap();
        let run = images::RunConfig { entrypoint: vec!["/app".into()], ..images::RunConfig::default() };
        let name = images::Reference::parse(IMAGE).unwrap();
        images.build_single_layer(&name, &run, Vec::new()).await.unwrap();
        let network = PodNetwork::open(network::NetworkConfig {
            cluster_id: "kubelet-test".into(),
            state_dir: dir.path().join("network"),
            pod_cidrs: Vec::new(),
            cluster_cidrs: Vec::new(),
            mtu: 1500,
        })
        .unwrap();
        let now = clock.now();
        let validity = pki::Validity::starting(now, Duration::from_secs(3600));
        let authority = pki::CertificateAuthority::generate("test", validity, &Rng::from_seed(3)).unwrap();
        let mut bed = Self {
            runtime: FakeRuntime::new(clock),
            api,
            client,
            dir,
            spawner,
            authority,
            address: ([127, 0, 0, 1], 0).into(),
            images,
            network,
            supervisor: Some(supervisor),
            kubelet_stop: Stop::new(),
        };
        bed.start_kubelet().await;
        bed
    }

    async fn start_kubelet(&mut self) {
        let mut config = Config::new("n1", "127.0.0.1".parse().unwrap(), self.dir.path().join("kubelet"));
        config.listen = ([127, 0, 0, 1], 0).into();
        config.pod_cidrs = Vec::new();
        let clock = Clock::system();
        let validity = pki::Validity::starting(clock.now(), Duration::from_secs(3600));
        let leaf = pki::Leaf::server("system:node:n1", vec!["n1".into()], vec!["127.0.0.1".parse().unwrap()]);
        let serving = self.authority.issue(&leaf, validity).unwrap();
        let rng = Rng::from_seed(2);
        let deps = Deps {
            informers: Informers::new(self.client.clone(), clock.clone(), rng.clone(), self.spawner.clone()),
            client: self.client.clone(),
            runtime: Arc::new(self.runtime.clone()),
            images: self.images.clone(),
            network: self.network.clone(),
            clock,
            rng,
            spawner: self.spawner.clone(),
            credential: pki::Rotating::new(&serving),
            client_authorities: self.authority.bundle().unwrap(),
        };
        let kubelet = Kubelet::build(config, deps).await.unwrap();
        self.address = kubelet.local_addr().unwrap();
        self.kubelet_stop = Stop::new();
        static KUBELET: supervise::TaskKind = supervise::TaskKind {
            name: "kubelet",
            rank: supervise::Rank::Kubelet,
            on_end: supervise::OnEnd::Nothing,
        };
        let stop = self.kubelet_stop.clone();
        self.spawner.spawn(&KUBELET, "", async move { kubelet.run(stop).await });
    }

    /// A kubelet that died, and a new one in its place.
    pub(super) async fn restart_kubelet(&mut self) {
        self.kubelet_stop.request();
        self.start_kubelet().await;
    }

    /// A pod on this node, on the node's network (which needs no kernel).
    pub(super) async fn create(&self, name: &str, spec: Value) -> Arc<Object> {
        let mut spec = spec;
        spec.set(&["nodeName"], "n1");
        spec.set(&["hostNetwork"], true);
        if spec["restartPolicy"].is_null() {
            spec.set(&["restartPolicy"], "Always");
        }
        let pod = value!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "ns", "name": name, "generation": 1},
            "spec": spec, "status": {"phase": "Pending"}
        });
        self.client.create(pods(), pod).await.unwrap()
    }

    /// Makes any object of the namespace.
    pub(super) async fn create_object(&self, resource: &'static Resource, name: &str, fields: Value) {
        let mut object = fields;
        object.set(&["metadata", "namespace"], "ns");
        object.set(&["metadata", "name"], name);
        self.client.create(resource, object).await.unwrap();
    }

    pub(super) fn pod(&self, name: &str) -> Option<Arc<Object>> {
        self.api.get(&Target::object(pods(), "ns", name))
    }

    /// Waits until a pod's status is as wanted.
    pub(super) async fn until(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut events = self.api.events.subscribe();
        let waiting = async {
            loop {
                if let Some(pod) = self.pod(name)
                    && wanted(&pod.value()["status"])
                {
                    return pod.value()["status"].clone();
                }
                if events.recv().await.is_err() {
                    events = self.api.events.subscribe();
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(status) => status,
            Err(_) => panic!(
                "{name} did not get there; it is {:#?}\n{:#?}",
                self.pod(name).map(|pod| api::json::to_string(&pod.value()["status"])),
                self.runtime.calls()
            ),
        }
    }

    /// Waits until a pod's object is gone and the runtime holds nothing.
    pub(super) async fn until_gone(&self, name: &str) {
        let mut events = self.api.events.subscribe();
        let waiting = async {
            while self.pod(name).is_some() {
                if events.recv().await.is_err() {
                    events = self.api.events.subscribe();
                }
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{:#?}", self.runtime.calls());
    }

    /// Asks for deletion as the API server records it.
    pub(super) async fn delete(&self, name: &str, grace_seconds: i64) {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(grace_seconds);
        let patch = value!({"metadata": {
            "deletionTimestamp": meta::time::seconds(at), "deletionGracePeriodSeconds": grace_seconds
        }});
        self.client.merge_patch(Target::object(pods(), "ns", name), &patch).await.unwrap();
    }

    /// Takes the object away, as a deletion without grace does.
    pub(super) fn vanish(&self, name: &str) {
        let pod = self.pod(name).unwrap();
        self.api.store(pods(), pod.value().clone(), EventKind::Deleted);
    }

    /// Events about anything, as `reason: message`.
    pub(super) fn events(&self) -> Vec<String> {
        let state = self.api.state.lock();
        let events = state.objects.iter().filter(|((name, ..), _)| *name == "events");
        let mut list: Vec<(ResourceVersion, String)> = events
            .map(|(_, event)| {
                let value = event.value();
                let text = format!("{}: {}", value["reason"].str_or_empty(), value["message"].str_or_empty());
                (event.resource_version(), text)
            })
            .collect();
        list.sort();
        list.into_iter().map(|(_, text)| text).collect()
    }

    /// Waits until the runtime has nothing left.
    pub(super) async fn until_runtime_is_empty(&self) {
        let waiting = async {
            while !self.runtime.sandboxes().await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{:#?}", self.runtime.calls());
    }

    /// Waits for an event.
    pub(super) async fn until_event(&self, wanted: &str) {
        let mut changes = self.api.events.subscribe();
        let waiting = async {
            while !self.events().iter().any(|event| event.contains(wanted)) {
                if changes.recv().await.is_err() {
                    changes = self.api.events.subscribe();
                }
            }
        };
        assert!(
            tokio::time::timeout(PATIENCE, waiting).await.is_ok(),
            "no {wanted:?} in {:#?}",
            self.events()
        );
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.kubelet_stop.request();
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.shutdown().request();
        }
    }
}
