//! The composition root: every component built in order, with named fields, for any set of roles.

mod access;
mod budget;
mod components;
mod control_plane;
mod node;
mod ranges;

use std::net::IpAddr;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::OnceLock;

use anyhow::Context as _;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Outcome;
use supervise::Rank;
use supervise::Spawner;
use supervise::Supervisor;
use supervise::TaskKind;
use telemetry::health::Health;
use telemetry::metrics::Registry;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::admin;
use crate::admin::AdminDeps;
use crate::admin::Report;
use crate::cli::Role;
use crate::cli::UpArgs;
use crate::layout::Layout;

pub(crate) use access::server_of;
pub(crate) use components::controller_manager;
pub(crate) use components::scheduler;
pub(crate) use control_plane::DOMAIN;
pub(crate) use ranges::Ranges;

use access::NodeAccess;

static SIGNALS: TaskKind = TaskKind { name: "signals", rank: Rank::Admin, on_end: OnEnd::Nothing };

/// What every part of the process is built from.
pub(crate) struct Base {
    pub(crate) layout: Layout,
    pub(crate) cluster_id: String,
    pub(crate) node_name: String,
    /// The address that others reach this machine at.
    pub(crate) host_ip: IpAddr,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) spawner: Spawner,
    pub(crate) registry: Registry,
    pub(crate) health: Health,
}

/// Runs the cluster until it is asked to stop.
pub(crate) async fn run(args: UpArgs, layout: Layout) -> anyhow::Result<ExitCode> {
    layout.create()?;
    let supervisor = Supervisor::new();
    let (clock, rng) = (Clock::system(), Rng::from_system());
    let base = Base {
        cluster_id: layout.cluster_id(&rng)?,
        node_name: node_name(&args)?,
        host_ip: host_ip(args.listen.ip()),
        layout: layout.clone(),
        clock,
        rng,
        spawner: supervisor.spawner(),
        registry: Registry::new(),
        health: Health::new(),
    };
    telemetry::metrics::process(&base.registry);
    let alone = !args.roles.contains(&Role::ControlPlane);
    // A node alone is told where its API server is; everybody else writes it down.
    let kubeconfig = match &args.kubeconfig {
        Some(path) => path.clone(),
        None if alone => anyhow::bail!(
            "a node without control plane needs --kubeconfig FILE: make it by `skiff credentials node NAME` where the control plane runs"
        ),
        None => layout.admin_kubeconfig(),
    };
    let server = SocketAddr::new(
        if args.listen.ip().is_unspecified() { base.host_ip } else { args.listen.ip() },
        args.listen.port(),
    );
    let (report, reports) = watch::channel(Report {
        roles: args.roles.iter().map(|role| role_name(*role)).collect(),
        server: if alone { access::server_of(&kubeconfig)? } else { format!("https://{server}") },
        kubeconfig: std::path::absolute(&kubeconfig)?.display().to_string(),
        ready: args.roles.iter().map(|role| (role_name(*role), false)).collect(),
    });
    let images = Arc::new(OnceLock::new());
    let endpoint = AdminDeps {
        report: reports,
        images: images.clone(),
        shutdown: supervisor.shutdown(),
        spawner: base.spawner.clone(),
        registry: base.registry.clone(),
        health: base.health.clone(),
    };
    let serving = admin::serve(&layout.socket(), endpoint).await;
    serving.map_err(|error| match error.downcast_ref::<wire::Error>() {
        Some(cause) if is_in_use(cause) => anyhow::anyhow!(
            "a cluster is running in {} already: see `skiff status`, or choose another --data-dir",
            layout.root().display()
        ),
        _ => error,
    })?;
    watch_signals(&supervisor)?;

    let access = if alone {
        Some(NodeAccess::remote(&base, &kubeconfig)?)
    } else {
        let control_plane = control_plane::start(&base, &args, server, &kubeconfig).await?;
        set_ready(&report, Role::ControlPlane);
        let node = args.roles.contains(&Role::Node);
        node.then(|| NodeAccess::local(&base, &control_plane)).transpose()?
    };
    if let Some(access) = access {
        // Beside the supervisor, so that a signal stops a start that hangs.
        let shutdown = supervisor.shutdown();
        let started = shutdown.unless(node::start(&base, &access, &images)).await;
        started.transpose()?;
        set_ready(&report, Role::Node);
    }

    finish(supervisor).await
}

/// Runs until somebody asks for the end or an essential task finds its own.
async fn finish(supervisor: Supervisor) -> anyhow::Result<ExitCode> {
    let outcome = supervisor.run().await;
    match outcome {
        Outcome::Requested => Ok(ExitCode::SUCCESS),
        Outcome::TaskEnded { task } => anyhow::bail!("stopped because an essential task ended: {task}"),
    }
}

/// Removes everything of a stopped cluster from this machine.
pub(crate) async fn wipe(layout: &Layout) -> anyhow::Result<()> {
    if let Some(cluster_id) = layout.existing_cluster_id()? {
        let supervisor = Supervisor::new();
        let base = Base {
            layout: layout.clone(),
            cluster_id,
            node_name: String::new(),
            host_ip: IpAddr::from([127, 0, 0, 1]),
            clock: Clock::system(),
            rng: Rng::from_system(),
            spawner: supervisor.spawner(),
            registry: Registry::new(),
            health: Health::new(),
        };
        node::wipe(&base).await?;
        ranges::release(layout)?;
    }
    match std::fs::remove_dir_all(layout.root()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", layout.root().display()))
        }
        _ => Ok(()),
    }
}

/// Somebody listens there.
fn is_in_use(error: &wire::Error) -> bool {
    matches!(error, wire::Error::Bind { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse)
}

fn set_ready(report: &watch::Sender<Report>, role: Role) {
    report.send_modify(|report| {
        for (name, ready) in &mut report.ready {
            *ready |= *name == role_name(role);
        }
    });
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::ControlPlane => "control-plane",
        Role::Node => "node",
    }
}

/// SIGTERM and SIGINT stop in order; a second one exits at once.
pub(crate) fn watch_signals(supervisor: &Supervisor) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch signals")?;
    let shutdown = supervisor.shutdown();
    let spawner = supervisor.spawner();
    let stop = spawner.stop(SIGNALS.rank);
    spawner.spawn(&SIGNALS, "", async move {
        for round in 0.. {
            tokio::select! {
                // A signal that arrives between two looks is kept by the kernel's pending set.
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = stop.requested() => return,
            }
            if round > 0 {
                std::process::exit(1);
            }
            tracing::info!("stopping");
            shutdown.request();
        }
    });
    Ok(())
}

fn node_name(args: &UpArgs) -> anyhow::Result<String> {
    let certified = match &args.kubeconfig {
        Some(path) if !args.roles.contains(&Role::ControlPlane) => access::node_of(path)?,
        _ => None,
    };
    let name = match (&args.node_name, certified) {
        (Some(name), Some(certified)) if *name != certified => {
            anyhow::bail!("the kubeconfig was made for the node {certified:?}, not for {name:?}")
        }
        (Some(name), _) => name.clone(),
        (None, Some(certified)) => certified,
        (None, None) => host_name(),
    };
    match meta::names::dns1123_subdomain(&name).into_iter().next() {
        None => Ok(name),
        Some(error) => anyhow::bail!("{name:?} cannot be a node's name ({error}): use --node-name"),
    }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().to_lowercase()
}

/// The address that a packet to far away would leave from: asks the routing table, sends nothing.
fn host_ip(listen: IpAddr) -> IpAddr {
    if !listen.is_unspecified() && !listen.is_loopback() {
        return listen;
    }
    let route = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    route.map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip())
}
