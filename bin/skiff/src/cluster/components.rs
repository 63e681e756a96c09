//! Components alone, against any conformant API server: `skiff scheduler`, `skiff
//! controller-manager`.

use std::process::ExitCode;
use std::sync::Arc;

use client::Client;
use client::Informers;
use client::ServiceAccount;
use client::kubeconfig::Kubeconfig;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Supervisor;
use supervise::TaskKind;

use super::access::remote_config;
use super::access::remote_deps;
use super::finish;
use super::host_name;
use super::watch_signals;
use crate::cli::ComponentArgs;

static SCHEDULER: TaskKind =
    TaskKind { name: "scheduler", rank: Rank::Controllers, on_end: OnEnd::StopProcess };
static CONTROLLERS: TaskKind =
    TaskKind { name: "controller manager", rank: Rank::Controllers, on_end: OnEnd::StopProcess };

/// What a component's process is built from.
struct Process {
    supervisor: Supervisor,
    config: Kubeconfig,
    /// Tells this process from another one on the same host in the election.
    identity: String,
    clock: Clock,
    rng: Rng,
}

impl Process {
    fn new(args: &ComponentArgs) -> anyhow::Result<Self> {
        let supervisor = Supervisor::new();
        watch_signals(&supervisor)?;
        let rng = Rng::from_system();
        let identity = format!("{}_{}", host_name(), rng.uuid());
        let config = Kubeconfig::load(&args.kubeconfig)?;
        Ok(Self { supervisor, config, identity, clock: Clock::system(), rng })
    }

    fn client(&self, component: &str) -> anyhow::Result<Client> {
        let config = remote_config(&self.config, None, component)?;
        let deps = remote_deps(&self.clock, &self.rng, &self.supervisor.spawner());
        Ok(Client::new(Arc::new(client::Remote::new(config, deps)?), component))
    }

    fn informers(&self, client: &Client) -> Informers {
        Informers::new(client.clone(), self.clock.clone(), self.rng.clone(), self.supervisor.spawner())
    }
}

/// `skiff scheduler`.
pub(crate) async fn scheduler(args: ComponentArgs) -> anyhow::Result<ExitCode> {
    let process = Process::new(&args)?;
    let client = process.client("kube-scheduler")?;
    let spawner = process.supervisor.spawner();
    let deps = scheduler::Deps {
        informers: process.informers(&client),
        client,
        clock: process.clock.clone(),
        rng: process.rng.clone(),
        spawner: spawner.clone(),
    };
    let scheduler = scheduler::Scheduler::build(scheduler::Config::new(&process.identity), deps)?;
    let stop = spawner.stop(SCHEDULER.rank);
    spawner.spawn(&SCHEDULER, "", async move { scheduler.run(stop).await });
    finish(process.supervisor).await
}

/// `skiff controller-manager`. Each controller acts as its own service account, as upstream's do with
/// `--use-service-account-credentials`.
pub(crate) async fn controller_manager(args: ComponentArgs) -> anyhow::Result<ExitCode> {
    let process = Process::new(&args)?;
    let client = process.client("kube-controller-manager")?;
    let spawner = process.supervisor.spawner();
    let mut config = controllers::Config::new(&process.identity);
    config.cluster_cidr = args.cluster_cidr;
    if let Some(bundle) = process.config.authorities(None)? {
        config.ca_certificate_pem = bundle.pem().to_owned();
    }
    let mut remote = remote_config(&process.config, None, "kube-controller-manager")?;
    remote.identity = client::Identity::default();
    let deps = remote_deps(&process.clock, &process.rng, &spawner);
    let anonymous = Arc::new(client::Remote::new(remote, deps)?);
    let (manager, clock) = (client.clone(), process.clock.clone());
    let clients = move |name: &'static str| {
        let (manager, anonymous) = (manager.clone(), anonymous.clone());
        let account = ServiceAccount::new(manager, "kube-system", name, anonymous, clock.clone());
        Client::new(Arc::new(account), name)
    };
    let deps = controllers::Deps {
        clients: Arc::new(clients),
        informers: process.informers(&client),
        client,
        clock: process.clock.clone(),
        rng: process.rng.clone(),
        spawner: spawner.clone(),
    };
    let controllers = controllers::Controllers::build(config, deps)?;
    let stop = spawner.stop(CONTROLLERS.rank);
    spawner.spawn(&CONTROLLERS, "", async move { controllers.run(stop).await });
    finish(process.supervisor).await
}
