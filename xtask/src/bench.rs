//! `bench`: what operations cost the API server, measured by `tests/load` against a control plane that
//! is started for it; then what many stored objects do to the cost of a write, to the start, and to the
//! recovery of a killed process; then what watches take that nothing happens on.
//!
//! The driver runs on the same machine and shares its cores, so rates are lower bounds; the CPU of
//! server and driver is counted apart.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use anyhow::Result;

use crate::release_program;
use crate::run as command;
use crate::scratch::Cluster;

/// Numbers of stored objects at which writes are timed.
const STORED: [usize; 3] = [10, 1_000, 100_000];
/// Watches that share a connection: as the informers of a client do, and each with its own.
const SHARING: [usize; 2] = [100, 1];
/// Nothing else in the process than what is measured.
const ROLES: &str = "control-plane";

/// Builds, measures, prints: everything as Markdown, in the order in which it is measured.
pub(crate) fn run(args: &[String]) -> Result<()> {
    command("cargo", &["build", "--release", "--package", "skiff", "--package", "load"])?;
    let load = release_program("load")?;
    let mut starts = Vec::new();
    println!("## Operations\n");
    let cluster = Cluster::new("operations", ROLES)?;
    starts.push(("nothing stored", cluster.up()?));
    drive(&cluster, &load, args)?;
    drop(cluster);
    for (place, stored) in STORED.into_iter().enumerate() {
        println!("\n## Writes with {stored} objects stored\n");
        let cluster = Cluster::new(&stored.to_string(), ROLES)?;
        cluster.up()?;
        drive(&cluster, &load, &words(&["--phases", "fill,write", "--fill", &stored.to_string()]))?;
        if place + 1 == STORED.len() {
            cluster.skiff(&["down"])?;
            starts.push(("100,000 objects stored, after an orderly stop", cluster.up()?));
            cluster.kill()?;
            starts.push(("100,000 objects stored, after kill -9", cluster.up()?));
        }
    }
    for each in SHARING {
        println!("\n## Idle watches, {each} to a connection\n");
        let cluster = Cluster::new(&format!("idle-{each}"), ROLES)?;
        cluster.up()?;
        let each = each.to_string();
        drive(&cluster, &load, &words(&["--phases", "idle", "--watches-per-connection", &each]))?;
    }
    println!("\n## From exec to ready\n\n| with | time |\n|---|---:|");
    for (with, time) in starts {
        println!("| {with} | {:.2} s |", time.as_secs_f64());
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

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
