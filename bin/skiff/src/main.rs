//! Skiff: Kubernetes as one binary. This crate parses, builds and supervises; it decides nothing.
//!
//! Reading order: `cli` (what can be asked), `layout` (where things lie), `credentials`, `cluster`
//! (every component put together, top to bottom), `admin` (the running process and who asks it).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

mod admin;
mod cli;
mod cluster;
mod credentials;
mod demo;
mod image;
mod layout;
mod up;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use cli::Command;

// After a peak it gives memory back, where the C library keeps it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The exit code of a process that could not even say what is wrong.
const UNHEARD: u8 = 74;

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // The runtime's shims are this program, re-executed: they fork, so no thread may exist yet.
    if let Some(code) = runtime::shim::main(args.iter().skip(1).cloned()) {
        return code;
    }
    // Only now: the shims above could not fork beside the allocator's own thread.
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        eprintln!("skiff: the allocator gives memory back late: {error}");
    }
    let cli = cli::Cli::parse_from(args);
    if cli.command.only_talks() {
        linux::process::end_on_closed_pipe();
    }
    let result = match cli.command {
        Command::Up(args) => up::up(args),
        Command::Down(args) => up::down(&args),
        Command::Status(args) => up::status(&args),
        Command::Image(args) => image::run(args),
        Command::Credentials(args) => credentials::write_for(&args),
        Command::Scheduler(args) => up::component(&args.log.clone(), cluster::scheduler(args)),
        Command::ControllerManager(args) => {
            up::component(&args.log.clone(), cluster::controller_manager(args))
        }
        Command::DemoServer => demo::serve(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            // A log on a full disk must not make it a panic.
            match writeln!(std::io::stderr(), "skiff: {error:#}") {
                Ok(()) => ExitCode::FAILURE,
                Err(_) => ExitCode::from(UNHEARD),
            }
        }
    }
}
