//! `up` and `down`: the program's own commands, with the set-up before them.

use std::process::Command;

use anyhow::Context as _;
use anyhow::Result;

use crate::packages;
use crate::release_program;
use crate::root;
use crate::run;

/// Installs, builds, starts.
pub(crate) fn up(args: &[String]) -> Result<()> {
    packages::install(&[packages::RUNTIME])?;
    run("cargo", &["build", "--release", "--package", "skiff"])?;
    skiff("up", args)
}

/// Stops.
pub(crate) fn down(args: &[String]) -> Result<()> {
    skiff("down", args)
}

fn skiff(command: &str, args: &[String]) -> Result<()> {
    let program = release_program("skiff")?;
    let status = Command::new(&program)
        .arg(command)
        .args(args)
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot run {}: build it with `cargo xtask up`", program.display()))?;
    anyhow::ensure!(status.success(), "skiff {command} failed ({status})");
    Ok(())
}
