//! What can be asked of the program.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

/// Where a cluster's data lies unless told otherwise.
pub(crate) const DEFAULT_DATA_DIR: &str = "/var/lib/skiff";

/// Kubernetes as one binary.
#[derive(Parser)]
#[command(name = "skiff", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the cluster (or find it running) and wait until it is ready
    Up(UpArgs),
    /// Stop the cluster
    Down(DownArgs),
    /// Say what is running
    Status(StatusArgs),
    /// Write a kubeconfig for a node or a component that runs elsewhere (where the control plane runs)
    Credentials(CredentialsArgs),
    /// Run the scheduler alone, against any API server
    Scheduler(ComponentArgs),
    /// Run the controller manager alone, against any API server
    ControllerManager(ComponentArgs),
    /// List, pull, import and remove images of this node
    Image(ImageArgs),
    /// What runs in the pods of the demo
    #[command(hide = true)]
    DemoServer,
}

impl Command {
    /// Whether it asks and prints, and serves nobody.
    pub(crate) fn only_talks(&self) -> bool {
        match self {
            Command::Up(args) => !args.foreground,
            Command::Down(_) | Command::Status(_) | Command::Image(_) | Command::Credentials(_) => true,
            Command::Scheduler(_) | Command::ControllerManager(_) | Command::DemoServer => false,
        }
    }
}

#[derive(Args, Clone)]
pub(crate) struct UpArgs {
    /// Where everything of the cluster lies
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub(crate) data_dir: PathBuf,
    /// Where to write the administrator's kubeconfig (default: admin.kubeconfig in the data directory);
    /// with the node role alone, the file that `skiff credentials node` wrote
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Where the API server listens
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:6443")]
    pub(crate) listen: SocketAddr,
    /// What this process does
    #[arg(long, value_name = "ROLES", value_delimiter = ',', default_value = "control-plane,node")]
    pub(crate) roles: Vec<Role>,
    /// Deploy a small application and show its answer
    #[arg(long)]
    pub(crate) demo: bool,
    /// Stay in the foreground and log to standard error
    #[arg(long)]
    pub(crate) foreground: bool,
    /// The name of this node (default: the host's name)
    #[arg(long, value_name = "NAME")]
    pub(crate) node_name: Option<String>,
    /// Addresses of pods; every cluster on one machine needs its own
    #[arg(long, value_name = "CIDR")]
    pub(crate) pod_cidr: Option<ipnet::IpNet>,
    /// Addresses of Services
    #[arg(long, value_name = "CIDR")]
    pub(crate) service_cidr: Option<ipnet::IpNet>,
    /// Requests that read and run at once; together with those that write they are shared by the
    /// priority levels of flow control
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub(crate) max_requests_inflight: u32,
    /// Requests that write and run at once
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) max_mutating_requests_inflight: u32,
    /// Seconds that a request may take, watches and sessions apart
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) request_timeout: u64,
    /// Memory of which the control plane's caches, queues and connections take fixed parts, such as
    /// 256Mi, which is about the least (default: fixed sizes)
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_budget: Option<String>,
    /// What is logged, such as `info` or `info,kubelet=debug`
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub(crate) log: String,
    /// Seconds to wait until the cluster is ready
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) wait_seconds: u64,
    /// Set by the program itself: become independent of the terminal
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// API server, store, scheduler, controllers
    ControlPlane,
    /// Kubelet, runtime, proxy, DNS
    Node,
}

#[derive(Args)]
pub(crate) struct DownArgs {
    /// The cluster's data directory
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub(crate) data_dir: PathBuf,
    /// Also stop every container and remove everything of the cluster from this machine
    #[arg(long)]
    pub(crate) wipe: bool,
}

#[derive(Args)]
pub(crate) struct StatusArgs {
    /// The cluster's data directory
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub(crate) data_dir: PathBuf,
    /// `json` for scripts
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<OutputFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// One JSON object
    Json,
}

#[derive(Args)]
pub(crate) struct ImageArgs {
    /// The cluster's data directory
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR, global = true)]
    pub(crate) data_dir: PathBuf,
    #[command(subcommand)]
    pub(crate) command: ImageCommand,
}

#[derive(Subcommand)]
pub(crate) enum ImageCommand {
    /// List images
    Ls,
    /// Pull an image from its registry
    Pull {
        /// Such as registry.example.com/team/app:v1
        reference: String,
    },
    /// Load images from a tar archive (docker-archive or OCI layout)
    Import {
        /// The archive
        file: PathBuf,
    },
    /// Remove images
    Rm {
        /// References or ids
        #[arg(required = true)]
        references: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct CredentialsArgs {
    /// The cluster's data directory
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR, global = true)]
    pub(crate) data_dir: PathBuf,
    /// Where the API server is (default: as in the administrator's kubeconfig)
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) server: Option<String>,
    #[command(subcommand)]
    pub(crate) whose: CredentialsOf,
}

#[derive(Subcommand)]
pub(crate) enum CredentialsOf {
    /// Of a node: for `skiff up --roles node --kubeconfig FILE`
    Node {
        /// The node's name
        name: String,
    },
    /// Of a scheduler: for `skiff scheduler --kubeconfig FILE`
    Scheduler,
    /// Of a controller manager: for `skiff controller-manager --kubeconfig FILE`
    ControllerManager,
}

#[derive(Args)]
pub(crate) struct ComponentArgs {
    /// How the API server is reached, and as whom
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// Where the ranges of nodes' pods come from (controller manager; default: assigned by somebody else)
    #[arg(long, value_name = "CIDR")]
    pub(crate) cluster_cidr: Option<ipnet::IpNet>,
    /// What is logged, such as `info` or `info,scheduler=debug`
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub(crate) log: String,
}
