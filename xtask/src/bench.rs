//! `bench`: what operations cost the API server, measured by `tests/load` against a control plane that
//! is started for it; then what many stored objects do to the cost of a write, to the start, and to the
//! recovery of a killed process.
//!
//! The driver runs on the same machine and shares its cores, so rates are lower bounds; CPU is counted
//! for the server alone.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::Result;

use crate::release_program;
use crate::run as command;
use crate::scratch::Cluster;

/// Numbers of stored objects at which writes are timed.
const STORED: [usize; 3] = [10, 1_000, 100_000];
/// Nothing else in the process than what is measured.
const ROLES: &str = "control-plane";

/// Builds, measures, prints.
pub(crate) fn run(args: &[String]) -> Result<()> {
    command("cargo", &["build", "--release", "--package", "skiff", "--package", "load"])?;
    let load = release_program("load")?;
    let cluster = Cluster::new("operations", ROLES)?;
    let start = cluster.up()?;
    println!("{:>10}: {} from exec to ready, nothing stored", "start", shown(start));
    drive(&cluster, &load, args)?;
    drop(cluster);
    for (place, stored) in STORED.into_iter().enumerate() {
        println!("\n{stored} objects stored:");
        let cluster = Cluster::new(&stored.to_string(), ROLES)?;
        cluster.up()?;
        let fill = stored.to_string();
        drive(&cluster, &load, &["--phases", "fill,write", "--fill", &fill].map(str::to_owned))?;
        if place + 1 == STORED.len() {
            cluster.skiff(&["down"])?;
            println!("{:>10}: {} after an orderly stop", "start", shown(cluster.up()?));
            cluster.kill()?;
            println!("{:>10}: {} after kill -9", "recovery", shown(cluster.up()?));
        }
    }
    Ok(())
}

fn drive(cluster: &Cluster, load: &Path, args: &[String]) -> Result<()> {
    let mut command = Command::new(load);
    command.arg("--kubeconfig").arg(cluster.kubeconfig()).args(["--pid", &cluster.pid()?]).args(args);
    let status = command.status().with_context(|| format!("cannot run {}", load.display()))?;
    anyhow::ensure!(status.success(), "the load driver failed ({status})");
    Ok(())
}

fn shown(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
