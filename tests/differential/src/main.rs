//! Asks an API server the whole corpus: `record` keeps the answers, `compare` holds them against those
//! that are kept.
//!
//! The server must be fresh, and nobody may work for it: an API server alone, without controllers and
//! nodes. The bearer of the token must be allowed everything, impersonation too. The range of Services is
//! `10.96.0.0/16` (or, with `--two-families`, `10.96.0.0/16,fd00:96::/108`), and the issuer of tokens `https://kubernetes.default.svc`.

#![allow(clippy::print_stdout, reason = "a command-line program talks to its user")]

use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::Result;
use clap::Parser;
use clap::Subcommand;
use differential::Cluster;
use differential::Corpus;
use differential::Target;
use differential::recording;
use differential::replay;
use futures_util::StreamExt as _;
use pki::CaBundle;
use pki::ServerTrust;
use supervise::Supervisor;

/// Scenarios that run beside each other.
const CONCURRENCY: usize = 8;

/// Holds an API server against recorded answers.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Asks a server everything, and keeps its answers
    Record(Server),
    /// Asks a server everything, and says where its answers differ from those that are kept
    Compare(Server),
}

#[derive(clap::Args)]
struct Server {
    /// The server's URL
    #[arg(long)]
    server: String,
    /// A bearer token that may do everything
    #[arg(long)]
    token: String,
    /// The certificates that the server is trusted by; without them it is trusted unseen
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The server has ranges of both families, and is asked what depends on that
    #[arg(long)]
    two_families: bool,
    /// Only scenarios with this in their name
    #[arg(long)]
    only: Vec<String>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match args.command {
            Command::Record(server) => run(server, Mode::Record).await,
            Command::Compare(server) => run(server, Mode::Compare).await,
        }
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Record,
    Compare,
}

async fn run(server: Server, mode: Mode) -> Result<()> {
    let supervisor = Supervisor::new();
    let trust = match &server.ca {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            ServerTrust::Authorities(CaBundle::from_pem(&text)?)
        }
        None => ServerTrust::Anyone,
    };
    let cluster = if server.two_families { Cluster::TwoFamilies } else { Cluster::OneFamily };
    let mut corpus = Corpus::load(cluster)?;
    corpus.keep(&server.only);
    let target = Target::new(&server.server, &trust, None, &server.token, &supervisor.spawner())?;
    let replays = corpus.scenarios.iter().map(|scenario| {
        let target = target.clone();
        async move { (scenario, replay::replay(scenario, &target).await) }
    });
    let mut replays = futures_util::stream::iter(replays).buffered(CONCURRENCY);
    let (mut steps, mut differ) = (0, 0);
    while let Some((scenario, facts)) = replays.next().await {
        let facts = facts?;
        steps += facts.len();
        let file = corpus.answers(scenario);
        if mode == Mode::Record {
            for (step, facts) in scenario.steps.iter().zip(&facts) {
                if facts.head.iter().any(|line| line.starts_with(replay::NOT_ASKED)) {
                    println!("{}: {}: {}", scenario.name, step.name, facts.head.join(" "));
                    differ += 1;
                }
            }
            recording::write(&file, scenario, facts)?;
            continue;
        }
        let differences = recording::differences(scenario, &recording::read(&file)?, &facts);
        differ += differences.len();
        if !differences.is_empty() {
            println!("===== {}\n{}\n", scenario.name, differences.join("\n\n"));
        }
    }
    println!("{} scenarios, {steps} requests, {differ} differences", corpus.scenarios.len());
    anyhow::ensure!(differ == 0, "{differ} requests cannot be made or differ");
    Ok(())
}
