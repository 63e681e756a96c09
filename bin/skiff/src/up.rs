//! `up`, `down` and `status`: starting the process, and asking it.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::process::ExitCode;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use api::Value;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;

use crate::admin;
use crate::cli::DownArgs;
use crate::cli::OutputFormat;
use crate::cli::Role;
use crate::cli::StatusArgs;
use crate::cli::UpArgs;
use crate::cluster;
use crate::demo;
use crate::layout::Layout;

/// Time between two looks at a process that starts or stops.
const LOOK: Duration = Duration::from_millis(20);
/// How long a process may take to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(90);

/// `skiff up`.
pub(crate) fn up(args: UpArgs) -> anyhow::Result<ExitCode> {
    let layout = Layout::new(&args.data_dir)?;
    if args.roles.contains(&Role::Node) && !nix::unistd::geteuid().is_root() {
        anyhow::bail!(
            "the node role starts containers and must run as root: use sudo, or --roles control-plane"
        );
    }
    if args.foreground {
        anyhow::ensure!(
            args.detached || !args.demo,
            "the demo is deployed from beside the cluster's process: run `skiff up --demo` while it runs"
        );
        return foreground(args, layout);
    }
    let waiting = waiter()?;
    if let Some(status) = waiting.block_on(admin::ask(&layout.socket(), "GET", "/status"))? {
        println!("The cluster is already running (pid {}).", status["pid"].as_i64().unwrap_or(0));
        return present(&args, &layout, &status, &waiting);
    }
    layout.create()?;
    let log =
        File::create(layout.log()).with_context(|| format!("cannot write {}", layout.log().display()))?;
    let mut child = Command::new(std::env::current_exe().context("cannot find the program itself")?)
        .args(std::env::args_os().skip(1))
        .args(["--foreground", "--detached"])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start the cluster's process")?;
    let deadline = Instant::now() + Duration::from_secs(args.wait_seconds);
    let mut last = Value::Null;
    loop {
        if let Some(status) = child.try_wait()? {
            anyhow::bail!("the cluster did not start ({status}): {}", last_words(&layout.log()));
        }
        if let Some(status) = waiting.block_on(admin::ask(&layout.socket(), "GET", "/status"))? {
            if status["ready"].as_bool() == Some(true) {
                println!("The cluster is ready (pid {}).", status["pid"].as_i64().unwrap_or(0));
                return present(&args, &layout, &status, &waiting);
            }
            last = status;
        }
        if Instant::now() > deadline {
            anyhow::bail!(
                "the cluster is not ready after {} s; it goes on starting. Components: {}. See {}",
                args.wait_seconds,
                api::json::to_string(&last["components"]),
                layout.log().display()
            );
        }
        std::thread::sleep(LOOK);
    }
}

/// `skiff down`.
pub(crate) fn down(args: &DownArgs) -> anyhow::Result<ExitCode> {
    let layout = Layout::new(&args.data_dir)?;
    let waiting = waiter()?;
    match waiting.block_on(admin::ask(&layout.socket(), "GET", "/status"))? {
        None => println!("No cluster is running in {}.", layout.root().display()),
        Some(status) => {
            let pid = status["pid"].as_i64().unwrap_or(0);
            waiting.block_on(admin::ask(&layout.socket(), "POST", "/stop"))?;
            let deadline = Instant::now() + STOP_DEADLINE;
            while Path::new(&format!("/proc/{pid}")).exists() && !is_zombie(pid) {
                if Instant::now() > deadline {
                    anyhow::bail!("the process {pid} does not stop; see {}", layout.log().display());
                }
                std::thread::sleep(LOOK);
            }
            println!("The cluster has stopped.");
        }
    }
    if args.wipe {
        waiting.block_on(cluster::wipe(&layout))?;
        println!("Everything of the cluster was removed.");
    }
    Ok(ExitCode::SUCCESS)
}

/// `skiff status`. Exits with 1 where nothing runs and 2 where it is not ready.
pub(crate) fn status(args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let layout = Layout::new(&args.data_dir)?;
    let status = waiter()?.block_on(admin::ask(&layout.socket(), "GET", "/status"))?;
    if args.output == Some(OutputFormat::Json) {
        let shown = status.clone().unwrap_or_else(|| api::value!({"pid": null, "ready": false}));
        println!("{}", api::json::to_string(&shown));
    } else if let Some(status) = &status {
        println!("pid:        {}", status["pid"].as_i64().unwrap_or(0));
        println!("version:    {}", status["version"].str_or_empty());
        let roles: Vec<&str> = status["roles"].items().iter().map(Value::str_or_empty).collect();
        println!("roles:      {}", roles.join(", "));
        println!("API server: {}", status["endpoints"]["apiserver"].str_or_empty());
        println!("kubeconfig: {}", status["kubeconfig"].str_or_empty());
        for entry in status["components"].entries().iter() {
            let word = if entry.value.as_bool() == Some(true) { "ready" } else { "not ready" };
            println!("{:<11} {word}", format!("{}:", entry.key.as_str()));
        }
    } else {
        println!("No cluster is running in {}.", layout.root().display());
    }
    Ok(match status {
        None => ExitCode::from(1),
        Some(status) if status["ready"].as_bool() != Some(true) => ExitCode::from(2),
        Some(_) => ExitCode::SUCCESS,
    })
}

fn foreground(args: UpArgs, layout: Layout) -> anyhow::Result<ExitCode> {
    if args.detached {
        // Of its own session: closing the terminal does not end the cluster.
        nix::unistd::setsid().context("cannot leave the terminal's session")?;
    }
    telemetry::init(&args.log, telemetry::Format::Text)?;
    let runtime =
        Builder::new_multi_thread().enable_all().build().context("cannot start the tokio runtime")?;
    runtime.block_on(cluster::run(args, layout))
}

/// Runs one component in the foreground.
pub(crate) fn component(
    log: &str,
    run: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    telemetry::init(log, telemetry::Format::Text)?;
    let runtime =
        Builder::new_multi_thread().enable_all().build().context("cannot start the tokio runtime")?;
    runtime.block_on(run)
}

fn waiter() -> anyhow::Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("cannot start the tokio runtime")
}

/// What can be done with a running cluster, and the demo where it was asked for.
fn present(args: &UpArgs, layout: &Layout, status: &Value, waiting: &Runtime) -> anyhow::Result<ExitCode> {
    let kubeconfig = status["kubeconfig"].str_or_empty();
    if args.demo {
        println!("\nThe demo:");
        for line in waiting.block_on(demo::show(layout, Path::new(kubeconfig)))? {
            println!("  {line}");
        }
    }
    println!("\nUse it:\n  export KUBECONFIG={kubeconfig}\n  kubectl get nodes");
    Ok(ExitCode::SUCCESS)
}

/// The last line of a log: what a process that ended had to say.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => line.strip_prefix("skiff: ").unwrap_or(line).to_owned(),
        None => format!("it could not write {}: is the disk full?", log.display()),
    }
}

/// A process that ended and whose parent has not asked yet.
fn is_zombie(pid: i64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}
