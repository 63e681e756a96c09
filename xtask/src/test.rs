//! `test`: every test of the workspace.

use std::process::Command;

use anyhow::Result;

use crate::packages;
use crate::root;
use crate::run as command;

/// Installs what tests need, builds, runs everything.
pub(crate) fn run(filter: &[String]) -> Result<()> {
    packages::install(&[packages::RUNTIME, packages::TESTS])?;
    let nextest = Command::new("cargo").args(["nextest", "--version"]).output();
    if !nextest.is_ok_and(|output| output.status.success()) {
        println!("installing cargo-nextest: runs every test in a process of its own");
        command("cargo", &["install", "cargo-nextest", "--locked"])?;
    }
    let clients = std::env::join_paths(packages::kubectls()?)?;
    let (python, javascript) = (packages::python_client()?, packages::javascript_client()?);
    // The end-to-end tests start the program itself.
    command("cargo", &["build", "--package", "skiff"])?;
    let mut args = vec!["nextest", "run", "--workspace", "--no-fail-fast"];
    args.extend(filter.iter().map(String::as_str));
    // Tests find the clients by these names.
    let status = Command::new("cargo")
        .args(&args)
        .env("SKIFF_TEST_KUBECTL", clients)
        .env("SKIFF_TEST_PYTHON", python)
        .env("SKIFF_TEST_NODE", "node")
        .env("SKIFF_TEST_NODE_MODULES", javascript)
        .current_dir(root())
        .status()?;
    anyhow::ensure!(status.success(), "tests failed");
    Ok(())
}
