//! `bench`: what operations cost the API server, measured by `tests/load` against a control plane that
//! is started for it; then what many stored objects do to the cost of a write, to the start, and to the
//! recovery of a killed process.
//!
//! The driver runs on the same machine and shares its cores, so rates are lower bounds; CPU is counted
//! for the server alone.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;

use crate::release_program;
use crate::run as command;

/// Numbers of stored objects at which writes are timed.
const STORED: [usize; 3] = [10, 1_000, 100_000];
/// Time between two looks at a process that ends.
const LOOK: Duration = Duration::from_millis(5);

/// A control plane of its own, which goes with everything it wrote.
struct Cluster {
    program: PathBuf,
    dir: PathBuf,
    listen: String,
}

/// Builds, measures, prints.
pub(crate) fn run(args: &[String]) -> Result<()> {
    command("cargo", &["build", "--release", "--package", "skiff", "--package", "load"])?;
    let load = release_program("load")?;
    let cluster = Cluster::new("operations")?;
    let start = cluster.up()?;
    println!("{:>10}: {} from exec to ready, nothing stored", "start", shown(start));
    cluster.load(&load, args)?;
    drop(cluster);
    for (place, stored) in STORED.into_iter().enumerate() {
        println!("\n{stored} objects stored:");
        let cluster = Cluster::new(&stored.to_string())?;
        cluster.up()?;
        let fill = stored.to_string();
        cluster.load(&load, &["--phases", "fill,write", "--fill", &fill].map(str::to_owned))?;
        if place + 1 == STORED.len() {
            cluster.skiff(&["down"])?;
            println!("{:>10}: {} after an orderly stop", "start", shown(cluster.up()?));
            cluster.kill()?;
            println!("{:>10}: {} after kill -9", "recovery", shown(cluster.up()?));
        }
    }
    Ok(())
}

impl Cluster {
    fn new(name: &str) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("skiff-bench-{}-{name}", std::process::id()));
        // Free now, and nobody else is told to take it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { program: release_program("skiff")?, dir, listen: format!("127.0.0.1:{port}") })
    }

    /// Starts the control plane; how long it took to be ready.
    fn up(&self) -> Result<Duration> {
        let start = Instant::now();
        self.skiff(&["up", "--roles", "control-plane", "--listen", &self.listen])?;
        Ok(start.elapsed())
    }

    /// Kills it, and waits until it is gone: its memory takes a while, and it holds the store.
    fn kill(&self) -> Result<()> {
        let pid = self.pid()?;
        command("kill", &["-9", &pid])?;
        while Path::new("/proc").join(&pid).exists() {
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    fn pid(&self) -> Result<String> {
        let status: serde_json::Value = serde_json::from_str(&self.skiff(&["status", "--output", "json"])?)?;
        Ok(status["pid"].as_u64().context("the control plane runs")?.to_string())
    }

    fn load(&self, load: &Path, args: &[String]) -> Result<()> {
        let kubeconfig = self.dir.join("admin.kubeconfig");
        let mut command = Command::new(load);
        command.arg("--kubeconfig").arg(kubeconfig).args(["--pid", &self.pid()?]).args(args);
        let status = command.status().with_context(|| format!("cannot run {}", load.display()))?;
        anyhow::ensure!(status.success(), "the load driver failed ({status})");
        Ok(())
    }

    fn skiff(&self, args: &[&str]) -> Result<String> {
        let (name, rest) = args.split_first().context("a command")?;
        let mut command = Command::new(&self.program);
        let output = command.arg(name).arg("--data-dir").arg(&self.dir).args(rest).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "skiff {name}: {errors}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.skiff(&["down", "--wipe"]) {
            eprintln!("{} is left: {error:#}", self.dir.display());
        } else if self.dir.exists()
            && let Err(error) = fs::remove_dir_all(&self.dir)
        {
            eprintln!("{} is left: {error}", self.dir.display());
        }
    }
}

fn shown(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
