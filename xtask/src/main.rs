//! Chores of the project: `cargo xtask <command>`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

mod bench;
mod cluster;
mod codegen;
mod conformance;
mod fuzz;
mod packages;
mod scratch;
mod test;
mod tidy;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitCode;

use anyhow::Context as _;
use anyhow::Result;

const USAGE: &str = "usage: cargo xtask <command>

  up [skiff up's options]      install what is missing, build the release binary, start the cluster
  down [skiff down's options]  stop it; --wipe removes everything
  test [filter]                every test, the end-to-end ones too (as root)
  bench [load's options]       what operations cost the API server, and what many objects do to it
  conformance --suite PATH [--images DIR] [--focus REGEX] [--skip REGEX] [--procs N] [--out DIR]
              [--against TABLE]
                               the official suite, an e2e.test that you have, against a new cluster
  fuzz TARGET|all [--minutes N]
                               looks for inputs that a decoder does not survive, by coverage
  tidy                         the rules that a tool can check
  codegen [--data DIR]         make the tables of machinery/api from the facts of the API
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let result = match command.as_str() {
        "up" => cluster::up(&rest),
        "down" => cluster::down(&rest),
        "test" => test::run(&rest),
        "bench" => bench::run(&rest),
        "conformance" => conformance::run(&rest),
        "fuzz" => fuzz::run(&rest),
        "tidy" => tidy::run(),
        "codegen" => codegen::run(&rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace: of the one that cargo runs this in, which need not be the one it was
/// built in when clones share a target directory.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().map(Path::to_owned).unwrap_or_default()
}

/// Runs a command in the root of the workspace and fails if it fails.
fn run(program: &str, args: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(args)
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    anyhow::ensure!(status.success(), "`{program} {}` failed ({status})", args.join(" "));
    Ok(())
}

/// Where a release build puts a program.
fn release_program(name: &str) -> Result<PathBuf> {
    let metadata: serde_json::Value =
        serde_json::from_str(&output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?)?;
    let target = metadata["target_directory"].as_str().context("cargo names its target directory")?;
    Ok(Path::new(target).join("release").join(name))
}

/// What a command prints.
fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(root())
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "`{program} {}` failed: {errors}", args.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
