//! The load driver: does one kind of operation at a time against an API server and says how many a
//! second there were, how long they took, and what each cost the server in CPU and memory.
//!
//! It speaks HTTP/2 over TLS like any client, and looks at no answer more closely than it must, so
//! that what is measured is the server. `cargo xtask bench` runs it against a fresh control plane.
//!
//! Reading order: here (the phases in order), `phases` (what each does), `server` (one request),
//! `measure` (what is counted).

#![allow(clippy::print_stdout, reason = "a command-line program talks to its user")]

mod measure;
mod objects;
mod phases;
mod server;

use std::path::PathBuf;

use clap::Parser;
use clap::ValueEnum;
use supervise::Supervisor;

use measure::Process;
use phases::Phases;
use server::Server;

/// Measures what operations cost an API server.
#[derive(Parser, Clone, Debug)]
struct Args {
    /// Whose server, and as whom
    #[arg(long, value_name = "FILE")]
    kubeconfig: PathBuf,
    /// The server's process, whose CPU and memory are counted
    #[arg(long)]
    pid: u32,
    /// Pods that are made, read and deleted
    #[arg(long, default_value_t = 5000)]
    pods: usize,
    /// Small objects that the fill phase makes
    #[arg(long, default_value_t = 1000)]
    fill: usize,
    /// Changes of the phases that change objects
    #[arg(long, default_value_t = 2000)]
    updates: usize,
    /// Lists of everything; ten times as many by selector
    #[arg(long, default_value_t = 20)]
    lists: usize,
    /// Requests at once
    #[arg(long, default_value_t = 32)]
    concurrency: usize,
    /// Watchers of the fan-out, each with a connection of its own
    #[arg(long, default_value_t = 100)]
    watchers: usize,
    /// Watches of the idle phase
    #[arg(long, default_value_t = 10_000)]
    idle_watches: usize,
    /// How many of them share a connection
    #[arg(long, default_value_t = 100)]
    watches_per_connection: usize,
    /// What is done, in this order
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "create,get,list,page,selector,patch,apply,watch,delete"
    )]
    phases: Vec<Phase>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Phase {
    /// Make pods
    Create,
    /// Read each pod
    Get,
    /// List all pods
    List,
    /// List all pods in pages of 500
    Page,
    /// List pods by label
    Selector,
    /// Change pods by strategic merge patch
    Patch,
    /// Apply ConfigMaps on the server's side
    Apply,
    /// Change pods while others watch them
    Watch,
    /// Delete each pod
    Delete,
    /// Make small ConfigMaps
    Fill,
    /// Change some of the small ConfigMaps
    Write,
    /// Hold watches of which nothing comes
    Idle,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(args))
}

async fn run(args: Args) -> anyhow::Result<()> {
    let supervisor = Supervisor::new();
    let server = Server::new(&args.kubeconfig, supervisor.spawner())?;
    let process = Process::new(args.pid);
    println!("{} MiB resident at the start\n\n{}", process.usage()?.resident_mib(), measure::HEADER);
    let phases = Phases { args: args.clone(), server, process };
    phases.prepare().await?;
    for phase in &args.phases {
        let row = match phase {
            Phase::Create => phases.create().await,
            Phase::Get => phases.get().await,
            Phase::List => phases.list().await,
            Phase::Page => phases.page().await,
            Phase::Selector => phases.selector().await,
            Phase::Patch => phases.patch().await,
            Phase::Apply => phases.apply().await,
            Phase::Watch => phases.watch().await,
            Phase::Delete => phases.delete().await,
            Phase::Fill => phases.fill().await,
            Phase::Write => phases.write().await,
            Phase::Idle => phases.idle().await,
        };
        println!("{}", row?);
    }
    Ok(())
}
