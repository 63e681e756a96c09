//! What a helper does: prepare, start, tell.

use std::path::Path;

use linux::cgroup::Hierarchy;
use linux::cgroup::Limits;
use linux::credentials::Capabilities;
use linux::mount;
use linux::namespace;
use linux::process;
use linux::process::Signals;

use super::Command;
use super::Launch;
use super::ProcessPlan;
use super::devices;
use super::devices::DeviceFile;
use super::mounts;
use super::spec::Parts;
use super::user;
use crate::error::IoContext;
use crate::error::Result;
use crate::state;
use crate::state::ContainerDir;
use crate::state::ExecRecord;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::state::ShimRecord;
use crate::types::ContainerConfig;
use crate::types::ContainerId;
use crate::types::Resources;

/// Starts a container; its process id.
pub(super) fn start(sandbox_dir: &SandboxDir, id: &str) -> Result<i32> {
    Signals::restore()?;
    let dir = sandbox_dir.container(id);
    super::report::install(&dir.0);
    let sandbox: SandboxRecord = state::load(&sandbox_dir.record())?;
    let shim: ShimRecord = state::load(&sandbox_dir.shim())?;
    let config: ContainerConfig = state::load(&dir.config())?;
    let id = ContainerId(id.to_owned());
    let devices = devices::of(&config)?;
    let hierarchy = Hierarchy::detect()?;
    let cgroup = sandbox.container_cgroup(&id);
    make_cgroup(&hierarchy, &cgroup, &config, &devices)?;
    mounts::make_sources(&config)?;
    mount_root(&dir, &config)?;
    let user = user::resolve(&dir.rootfs(), &config.security.run_as)?;
    let hostname = &sandbox.config.hostname;
    let plan = ProcessPlan::new(&config, &user, hostname, Capabilities::bounding()?)?;
    mount::create_dir_in_root(&dir.rootfs(), Path::new(&plan.cwd), 0o755)?;
    state::save(&plan_file(&dir), &plan)?;
    let runtime = super::of(&sandbox);
    let parts = Parts {
        sandbox_dir,
        sandbox: &sandbox.config,
        config: &config,
        process: &plan,
        devices: &devices,
        rootfs: dir.rootfs(),
        cgroup,
        layout: hierarchy.layout(),
        pause_pid: shim.pause_pid,
        target_pid: config.target.as_ref().map(|target| first_process(sandbox_dir, target)).transpose()?,
    };
    let spec = runtime.spec(&parts)?;
    let bundle = dir.bundle();
    std::fs::create_dir_all(&bundle).context("create", &bundle)?;
    state::save(&bundle.join("config.json"), &spec)?;
    lower_oom_score(&plan)?;
    runtime.start(&Launch { id, dir, process: plan })
}

/// Runs a command in a container; its process id.
pub(super) fn exec(sandbox_dir: &SandboxDir, id: &str, name: &str) -> Result<i32> {
    Signals::restore()?;
    let dir = sandbox_dir.container(id);
    let exec_dir = dir.exec(name);
    super::report::install(&exec_dir);
    let sandbox: SandboxRecord = state::load(&sandbox_dir.record())?;
    let request: ExecRecord = state::load(&state::request_file(&exec_dir))?;
    let plan: ProcessPlan = state::load(&plan_file(&dir))?;
    lower_oom_score(&plan)?;
    let process = plan.for_command(request.command, request.tty);
    super::of(&sandbox).exec(&Command { id: ContainerId(id.to_owned()), dir, exec_dir, process })
}

/// The part of a container's resources that cgroups hold.
pub(crate) fn limits(resources: &Resources) -> Limits {
    Limits {
        cpu_shares: resources.cpu_shares,
        cpu_quota_us: resources.cpu_quota_us,
        cpu_period_us: resources.cpu_period_us,
        memory_bytes: resources.memory_limit_bytes.filter(|bytes| *bytes != 0),
        pids: resources.pids_limit.filter(|pids| *pids != 0),
        cpuset_cpus: resources.cpuset_cpus.clone().filter(|cpus| !cpus.is_empty()),
        cpuset_mems: resources.cpuset_mems.clone().filter(|mems| !mems.is_empty()),
        ..Limits::default()
    }
}

fn make_cgroup(
    hierarchy: &Hierarchy,
    path: &Path,
    config: &ContainerConfig,
    devices: &[DeviceFile],
) -> Result<()> {
    let group = hierarchy.group(path);
    group.create()?;
    let limits = limits(&config.resources);
    let oom_group = limits.memory_bytes.is_some();
    Ok(group.apply(&Limits { devices: devices::rules(config, devices), oom_group, ..limits })?)
}

/// The overlay is mounted in a mount namespace of this helper, from which the container's is made:
/// it is the container's alone, and gone with its last process. The state directory is a private
/// mount, so nothing mounted below it reaches the node.
fn mount_root(dir: &ContainerDir, config: &ContainerConfig) -> Result<()> {
    namespace::unshare_mounts()?;
    let target = dir.rootfs();
    std::fs::create_dir_all(&target).context("create", &target)?;
    let rootfs = &config.rootfs;
    for path in [&rootfs.upper, &rootfs.work] {
        std::fs::create_dir_all(path).context("create", path)?;
    }
    Ok(mount::overlay(&rootfs.lower, &rootfs.upper, &rootfs.work, &target)?)
}

/// Children inherit it. What is refused for want of privilege was reported when the runtime opened.
fn lower_oom_score(plan: &ProcessPlan) -> Result<()> {
    if let Some(score) = plan.oom_score_adj {
        process::set_oom_score_adj(score)?;
    }
    Ok(())
}

fn first_process(sandbox_dir: &SandboxDir, container: &ContainerId) -> Result<i32> {
    let file = state::pid_file(&sandbox_dir.container(&container.0).0);
    let text = std::fs::read_to_string(&file).context("read", &file)?;
    text.trim().parse().map_err(|_| super::start_error(format!("container {container} has no process")))
}

fn plan_file(dir: &ContainerDir) -> std::path::PathBuf {
    dir.0.join("process.json")
}
