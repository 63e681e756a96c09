//! From a fresh process to a serving shim.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use linux::cgroup::Hierarchy;
use linux::mount;
use linux::namespace;
use linux::process;
use linux::process::Fork;
use linux::process::Signals;
use linux::socket;
use stdx::Clock;

use super::server::Server;
use crate::error::IoContext;
use crate::error::Result;
use crate::state;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::state::ShimRecord;
use crate::types::NamespaceMode;
use crate::types::PidMode;

/// What the runtime waits to read.
pub(crate) const READY: &str = "ready";

pub(super) fn main(dir: PathBuf) -> ExitCode {
    // The runtime reads our standard output until it closes: one line that says how it went.
    match process::fork() {
        Ok(Fork::Parent(_)) => return ExitCode::SUCCESS,
        Ok(Fork::Child) => {}
        Err(error) => return report(&error.chain()),
    }
    let server = match prepare(SandboxDir(dir)) {
        Ok(server) => server,
        Err(error) => return report(&error.chain()),
    };
    report(READY);
    if redirect_streams().is_err() {
        return ExitCode::FAILURE;
    }
    server.run()
}

fn prepare(dir: SandboxDir) -> Result<Server> {
    process::new_session()?;
    process::become_subreaper()?;
    process::set_name("skiff-shim")?;
    let record: SandboxRecord = state::load(&dir.record())?;
    let hierarchy = Hierarchy::detect()?;
    // Out of the cgroup of whoever started us: stopping that service must not stop the pod.
    let own = hierarchy.group(record.cgroup_root.join("shim"));
    own.create()?;
    own.add(std::process::id().cast_signed())?;
    hierarchy.group(record.pod_cgroup()).create()?;
    enter_namespaces(&dir, &record)?;
    let pause_pid = match record.config.pid {
        PidMode::Pod => Some(start_pause(&hierarchy, &record)?),
        PidMode::Container | PidMode::Node => None,
    };
    let signals = Signals::catch()?;
    let listener = socket::listen(&dir.0, state::SOCKET)?;
    let pid = std::process::id().cast_signed();
    let shim = ShimRecord {
        pid,
        start_time: process::start_time(pid).unwrap_or_default(),
        boot_id: process::boot_id()?,
        pause_pid,
    };
    state::save(&dir.shim(), &shim)?;
    let here = PathBuf::from("/");
    std::env::set_current_dir(&here).context("change to", &here)?;
    Ok(Server::new(dir, record, hierarchy, signals, listener, Clock::system()))
}

fn enter_namespaces(dir: &SandboxDir, record: &SandboxRecord) -> Result<()> {
    let net = record.config.network == NamespaceMode::Pod;
    let ipc = record.config.ipc == NamespaceMode::Pod;
    namespace::unshare(namespace::Unshare { net, ipc, uts: net, pid: false })?;
    if net {
        namespace::loopback_up()?;
        namespace::persist_net(&dir.netns())?;
        if !record.config.hostname.is_empty() {
            process::set_hostname(&record.config.hostname)?;
        }
    }
    for (name, value) in &record.config.sysctls {
        namespace::set_sysctl(name, value)?;
    }
    Ok(())
}

/// Starts the first process of the pod's shared process namespace: it does nothing but collect
/// orphans, and its end is the end of every process in there.
fn start_pause(hierarchy: &Hierarchy, record: &SandboxRecord) -> Result<i32> {
    let (mut reader, writer) = std::io::pipe().context("make a pipe in", &record.cgroup_root)?;
    let group = hierarchy.group(record.sandbox_cgroup());
    group.create()?;
    let between = match process::fork()? {
        Fork::Parent(pid) => pid,
        Fork::Child => std::process::exit(i32::from(start_pause_inside(&group, writer).is_err())),
    };
    drop(writer);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).context("read from", &record.cgroup_root)?;
    tracing::debug!(between, "started the pod's first process");
    text.parse::<i32>().map_err(|_| crate::Error::Start("the pod's process namespace did not start".into()))
}

fn start_pause_inside(group: &linux::cgroup::Cgroup, mut writer: std::io::PipeWriter) -> Result<()> {
    group.add(std::process::id().cast_signed())?;
    // The namespace is for children: this process stays outside and tells the child's outer id.
    namespace::unshare(namespace::Unshare { pid: true, ..namespace::Unshare::default() })?;
    match process::fork()? {
        Fork::Parent(pid) => {
            let here = PathBuf::from("/");
            writer.write_all(pid.to_string().as_bytes()).context("write from", &here)
        }
        Fork::Child => {
            // The shim reads until the last writer is gone.
            drop(writer);
            let failed = pause_forever().is_err();
            std::process::exit(i32::from(failed));
        }
    }
}

fn pause_forever() -> Result<()> {
    process::set_name("skiff-pause")?;
    redirect_streams()?;
    let mut signals = Signals::catch()?;
    let here = PathBuf::from("/");
    loop {
        let mut fds = [rustix::event::PollFd::new(&signals, rustix::event::PollFlags::IN)];
        match rustix::event::poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("wait in", &here),
        }
        signals.drain()?;
        process::reap();
    }
}

/// Standard streams from and to nowhere.
fn redirect_streams() -> Result<()> {
    let path = PathBuf::from("/dev/null");
    let null = std::fs::OpenOptions::new().read(true).write(true).open(&path).context("open", &path)?;
    rustix::stdio::dup2_stdin(&null).context("redirect to", &path)?;
    rustix::stdio::dup2_stdout(&null).context("redirect to", &path)?;
    rustix::stdio::dup2_stderr(&null).context("redirect to", &path)
}

fn report(text: &str) -> ExitCode {
    // A runtime that no longer listens has other worries; the exit code still tells.
    let mut stdout = std::io::stdout();
    let told = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    if told.is_ok() && text == READY { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Mounts what the pod's containers share. Done by the runtime, in its own mount namespace.
pub(crate) fn mount_shared_memory(dir: &SandboxDir, bytes: u64) -> Result<()> {
    let path = dir.shm();
    std::fs::create_dir_all(&path).context("create", &path)?;
    Ok(mount::tmpfs(&path, &format!("mode=1777,size={bytes}"))?)
}
