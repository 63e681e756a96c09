//! The API server, put together.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::Resource;
use api::Value;
use client::Action;
use client::Answer;
use client::Request;
use client::Transport;
use meta::Status;
use pki::CaBundle;
use pki::TokenSigner;
use stdx::Clock;
use stdx::Rng;
use store::Store;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use telemetry::health::Health;
use telemetry::metrics::Kind;
use telemetry::metrics::Registry;
use tokio::sync::Semaphore;

use crate::Config;
use crate::addresses::Addresses;
use crate::addresses::Allocation;
use crate::authn::Certificates;
use crate::authz::Attributes;
use crate::authz::NodeAuthorizer;
use crate::authz::Rbac;
use crate::bootstrap;
use crate::cache::Rooms;
use crate::flow::FlowControl;
use crate::http::RequestMetrics;
use crate::path::Call;
use crate::storage::ObjectWrite;
use crate::storage::Storage;
use crate::tokens::Tokens;
use crate::tokens::core;
use crate::user::MASTERS;
use crate::user::User;

static FLOW: TaskKind =
    TaskKind { name: "flow-control upkeep", rank: Rank::ApiServer, on_end: OnEnd::StopProcess };
/// It stops with the store, after the last answer: a write is answered once the cache shows it.
static FEED: TaskKind = TaskKind { name: "watch cache feed", rank: Rank::Store, on_end: OnEnd::StopProcess };

static HISTORY: TaskKind =
    TaskKind { name: "compaction of history", rank: Rank::ApiServer, on_end: OnEnd::StopProcess };

/// How long a caller within the process waits for a seat before it counts as refused, and tries again.
const PATIENCE: Duration = Duration::from_secs(15);
/// Objects that a list reads for each seat that it takes, and the most seats it takes: upstream's.
const OBJECTS_PER_SEAT: usize = 100;
const MOST_SEATS: usize = 10;

/// What the API server is built from besides its settings.
pub struct Deps {
    /// Where objects live.
    pub store: Arc<dyn Store>,
    /// Who issues client certificates.
    pub client_ca: CaBundle,
    /// Signs service-account tokens.
    pub token_signer: TokenSigner,
    /// How kubelets are reached: TLS with the API server's own client certificate.
    pub kubelet_tls: Option<Arc<rustls::ClientConfig>>,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// Where tasks are spawned.
    pub spawner: Spawner,
    /// Where metrics are registered.
    pub registry: Registry,
    /// Where health checks are added.
    pub health: Health,
}

/// The API server; cheap to clone.
#[derive(Clone)]
pub struct ApiServer {
    pub(crate) inner: Arc<Inner>,
}

/// Everything that requests share.
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) storage: Arc<Storage>,
    pub(crate) addresses: Addresses,
    pub(crate) rbac: Rbac,
    nodes: NodeAuthorizer,
    pub(crate) flow: FlowControl,
    pub(crate) request_metrics: RequestMetrics,
    /// Room for request bodies, in bytes.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) registry: Registry,
    pub(crate) health: Health,
    pub(crate) quota_turns: crate::admission::Turns,
    pub(crate) tokens: Tokens,
    pub(crate) certificates: Certificates,
    pub(crate) kubelets: crate::http::Kubelets,
    pub(crate) discovery: crate::http::Discovery,
    pub(crate) openapi: crate::http::OpenApi,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) spawner: Spawner,
}

impl ApiServer {
    /// Reads the store, starts the feed of the watch cache and makes what every cluster has.
    pub async fn start(config: Config, deps: Deps) -> Result<Self, crate::Error> {
        let mistakes = config.validate();
        if !mistakes.is_empty() {
            return Err(crate::Error::Config { mistakes });
        }
        let rooms = Rooms::new(config.limits.windows_bytes, config.limits.backlogs_bytes);
        let storage = Storage::load(deps.store, &rooms).await;
        let storage = Arc::new(storage.map_err(|source| crate::Error::Load { source })?);
        let services = storage.cache.of(core("services")).expect("services are stored").all();
        let inner = Inner {
            addresses: Addresses::new(&config.service_cidrs, config.node_ports, deps.rng.clone(), &services),
            rbac: Rbac::new(&storage.cache),
            nodes: NodeAuthorizer::new(&storage.cache),
            flow: FlowControl::new(&storage.cache, config.limits.seats(), &deps.registry),
            bodies: Arc::new(Semaphore::new(config.limits.bodies_bytes.min(Semaphore::MAX_PERMITS))),
            request_metrics: RequestMetrics::new(&deps.registry),
            quota_turns: crate::admission::Turns::new(),
            tokens: Tokens::new(deps.token_signer),
            certificates: Certificates::new(deps.client_ca),
            kubelets: crate::http::Kubelets::new(deps.kubelet_tls, deps.spawner.clone()),
            discovery: crate::http::Discovery::new(),
            openapi: crate::http::OpenApi::new(),
            storage,
            config,
            clock: deps.clock,
            rng: deps.rng,
            spawner: deps.spawner,
            registry: deps.registry,
            health: deps.health,
        };
        let server = Self { inner: Arc::new(inner) };
        let feed = server.inner.storage.clone();
        let stop = server.inner.spawner.stop(FEED.rank);
        server.inner.spawner.spawn(&FEED, "store", async move { feed.feed(stop).await });
        let (history, clock) = (server.inner.storage.clone(), server.inner.clock.clone());
        let interval = server.inner.config.limits.compaction_interval;
        let stop = server.inner.spawner.stop(HISTORY.rank);
        server.inner.spawner.spawn(&HISTORY, "store", history.compact(clock, interval, stop));
        bootstrap::run(&server)
            .await
            .map_err(|status| crate::Error::Bootstrap { source: Box::new(status) })?;
        let (upkeep, stop) = (server.clone(), server.inner.spawner.stop(FLOW.rank));
        server.inner.spawner.spawn(&FLOW, "", crate::flow::keep(upkeep, stop));
        server.register_metrics();
        crate::http::add_checks(&server.inner.health, &server.inner, &server.inner.spawner);
        Ok(server)
    }

    /// A transport for a client within the process, who acts as `user`.
    pub fn transport(&self, user: User) -> Arc<dyn Transport> {
        Arc::new(InProcess { server: self.clone(), user })
    }

    /// The set of public keys of service-account tokens.
    pub fn jwks(&self) -> String {
        self.inner.tokens.jwks()
    }

    /// Number of objects of every stored resource, for the metrics.
    pub fn object_counts(&self) -> Vec<(&'static Resource, usize)> {
        self.inner.storage.cache.all().map(|cache| (cache.resource, cache.len())).collect()
    }

    fn register_metrics(&self) {
        for (name, labels) in [
            ("apiserver_storage_objects", &["resource"][..]),
            ("apiserver_resource_objects", &["group", "resource"][..]),
        ] {
            let server = Arc::downgrade(&self.inner);
            let help = "Number of stored objects by resource.";
            self.inner.registry.looked_up(name, help, Kind::Gauge, labels, move |out| {
                let Some(server) = server.upgrade() else { return };
                for cache in server.storage.cache.all() {
                    let (row, count) = (cache.resource, cache.len() as f64);
                    if labels.len() == 1 {
                        out.push(&[&row.group_resource().to_string()], count);
                    } else {
                        out.push(&[row.group, row.name], count);
                    }
                }
            });
        }
    }

    /// Performs a call as `user`, who waits for a seat as long as it takes: callers within the process
    /// are few, and each waits for its answer before it asks again.
    pub(crate) async fn call(&self, user: &User, request: Request) -> Result<Answer, Status> {
        let attributes = Attributes::of(&request.target, &request.action);
        let seats = self.inner.seats_of_call(&request);
        let _seat = loop {
            match self.inner.flow.admit(user, &attributes, seats, PATIENCE).await {
                Ok(seat) => break seat,
                Err(refused) => {
                    let seconds = refused.status.retry_after_seconds.unwrap_or(1);
                    self.inner.clock.sleep(Duration::from_secs(seconds.into())).await;
                }
            }
        };
        self.inner.authorize(user, &attributes)?;
        let mut call = self.inner.begin(user, request.target);
        call.run(request.action).await
    }
}

impl Inner {
    /// A call that was authorized.
    pub(crate) fn begin<'a>(&'a self, user: &'a User, target: client::Target) -> Call<'a> {
        Call {
            server: self,
            user,
            target,
            version: None,
            duplicates: Vec::new(),
            patch_duplicates: Vec::new(),
            warnings: Vec::new(),
            created: false,
        }
    }

    /// Seats that a request of HTTP takes.
    pub(crate) fn seats(
        &self,
        attributes: &Attributes,
        resource: Option<&'static Resource>,
        query: &crate::http::Query,
    ) -> u32 {
        let reads_all = match attributes.verb.as_str() {
            "list" => true,
            // A watch that begins with what there is costs what a list costs.
            "watch" => query.flag("sendInitialEvents") || matches!(query.get("resourceVersion"), "" | "0"),
            _ => false,
        };
        match resource {
            Some(resource) if reads_all && attributes.name.is_empty() => {
                self.seats_of_list(resource, query.get("limit").parse().unwrap_or(0))
            }
            _ => 1,
        }
    }

    fn seats_of_call(&self, request: &Request) -> u32 {
        match &request.action {
            Action::List(options) if request.target.name.is_empty() => {
                self.seats_of_list(request.target.resource, options.limit)
            }
            _ => 1,
        }
    }

    fn seats_of_list(&self, resource: &'static Resource, limit: usize) -> u32 {
        let stored = self.storage.cache.of(resource).map_or(0, |cache| cache.len());
        let read = if limit == 0 { stored } else { stored.min(limit) };
        read.div_ceil(OBJECTS_PER_SEAT).clamp(1, MOST_SEATS) as u32
    }

    /// Whether a user may do something.
    pub(crate) fn is_allowed(&self, user: &User, attributes: &Attributes) -> bool {
        user.is_in(MASTERS) || self.nodes.allows(user, attributes) || self.rbac.allows(user, attributes)
    }

    /// 403 with the sentence, unless the user may.
    pub(crate) fn authorize(&self, user: &User, attributes: &Attributes) -> Result<(), Status> {
        if self.is_allowed(user, attributes) {
            return Ok(());
        }
        let why = attributes.refusal(user);
        if attributes.resource.is_empty() {
            return Err(Status::new(meta::Reason::Forbidden, format!("forbidden: {why}")));
        }
        let resource =
            meta::GroupResource { group: attributes.group.clone(), resource: attributes.resource.clone() };
        Err(Status::forbidden(&resource, &attributes.name, &why))
    }

    /// An object of the core group, as the cache has it.
    pub(crate) fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.storage.cache.of(core(resource))?.get(namespace, name)
    }

    /// Addresses for a Service; nothing for anything else.
    pub(crate) fn allocate(
        &self,
        resource: &'static Resource,
        object: &mut Value,
        old: Option<&Value>,
    ) -> Result<Allocation, Status> {
        if is_service(resource) { self.addresses.allocate(object, old) } else { Ok(Allocation::default()) }
    }

    /// The writes that go with an object's deletion.
    pub(crate) fn release_writes(&self, object: &Object) -> Vec<ObjectWrite> {
        if is_service(object.resource()) { self.addresses.release_writes(object.value()) } else { Vec::new() }
    }

    /// Forgets what a deleted object used.
    pub(crate) fn release(&self, object: &Object) {
        if is_service(object.resource()) {
            self.addresses.release(object.value());
        }
    }
}

fn is_service(resource: &Resource) -> bool {
    resource.group.is_empty() && resource.name == "services"
}

/// Calls from within the process.
struct InProcess {
    server: ApiServer,
    user: User,
}

#[async_trait::async_trait]
impl Transport for InProcess {
    async fn call(&self, request: Request) -> Result<Answer, client::Error> {
        let mut request = request;
        let fields = match &request.action {
            Action::List(options) => Some(&options.fields),
            Action::Watch(options) => Some(&options.fields),
            _ => None,
        };
        // Selecting one object by name asks for that object, as far as authorization goes.
        if let Some(name) = fields.and_then(|fields| fields.exact("metadata.name")) {
            request.target.name = name.to_owned();
        }
        Ok(self.server.call(&self.user, request).await?)
    }
}
