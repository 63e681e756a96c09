//! Version 1: one hierarchy per controller.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use super::Devices;
use super::Limits;
use super::Usage;
use super::gone;
use super::keyed;
use super::read;
use super::read_number;
use super::write;
use crate::Error;
use crate::Result;
use crate::error::OnPath;

type Controllers = BTreeMap<String, PathBuf>;

pub(super) fn create(controllers: &Controllers, path: &Path) -> Result<()> {
    for dir in directories(controllers, path) {
        std::fs::create_dir_all(&dir).on("create", &dir)?;
    }
    if let Some(root) = controllers.get("cpuset") {
        let mut at = root.clone();
        for part in path.components() {
            let parent = at.clone();
            at.push(part);
            fill_cpuset(&parent, &at)?;
        }
    }
    Ok(())
}

pub(super) fn directories(controllers: &Controllers, path: &Path) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = controllers.values().map(|root| root.join(path)).collect();
    // Controllers that are mounted together share their directory.
    dirs.sort_unstable();
    dirs.dedup();
    dirs
}

pub(super) fn dir(controllers: &Controllers, controller: &str, path: &Path) -> Result<PathBuf> {
    let missing = || Error::Unsupported(format!("the cgroup controller {controller} is not mounted"));
    controllers.get(controller).map(|root| root.join(path)).ok_or_else(missing)
}

pub(super) fn apply(controllers: &Controllers, path: &Path, limits: &Limits) -> Result<()> {
    apply_cpu(controllers, path, limits)?;
    if let Some(bytes) = limits.memory_bytes {
        apply_memory(&dir(controllers, "memory", path)?, bytes)?;
    }
    if let Some(pids) = limits.pids {
        let value = if pids < 0 { "max".to_owned() } else { pids.to_string() };
        write(&dir(controllers, "pids", path)?, "pids.max", &value)?;
    }
    if let Some(cpus) = &limits.cpuset_cpus {
        write(&dir(controllers, "cpuset", path)?, "cpuset.cpus", cpus)?;
    }
    if let Some(mems) = &limits.cpuset_mems {
        write(&dir(controllers, "cpuset", path)?, "cpuset.mems", mems)?;
    }
    apply_devices(controllers, path, &limits.devices)
}

pub(super) fn usage(controllers: &Controllers, path: &Path) -> Result<Usage> {
    let memory = dir(controllers, "memory", path)?;
    let stat = read(&memory, "memory.stat")?;
    let used = read_number(&memory, "memory.usage_in_bytes")?;
    let inactive = keyed(&stat, "total_inactive_file").unwrap_or(0);
    Ok(Usage {
        cpu_ns: read_number(&dir(controllers, "cpuacct", path)?, "cpuacct.usage")?,
        memory_bytes: used,
        memory_working_set_bytes: used.saturating_sub(inactive),
        memory_rss_bytes: keyed(&stat, "total_rss").unwrap_or(0),
        page_faults: keyed(&stat, "total_pgfault").unwrap_or(0),
        major_page_faults: keyed(&stat, "total_pgmajfault").unwrap_or(0),
        pids: read_number(&dir(controllers, "pids", path)?, "pids.current")?,
    })
}

fn apply_cpu(controllers: &Controllers, path: &Path, limits: &Limits) -> Result<()> {
    if let Some(shares) = limits.cpu_shares {
        write(&dir(controllers, "cpu", path)?, "cpu.shares", &shares.to_string())?;
    }
    if let Some(period) = limits.cpu_period_us {
        write(&dir(controllers, "cpu", path)?, "cpu.cfs_period_us", &period.to_string())?;
    }
    if let Some(quota) = limits.cpu_quota_us {
        write(&dir(controllers, "cpu", path)?, "cpu.cfs_quota_us", &quota.max(-1).to_string())?;
    }
    Ok(())
}

/// Memory plus swap may never be below memory, so which file goes first depends on the direction.
/// Both get the same value: no swap for a limited group, as the kubelet has it by default.
fn apply_memory(dir: &Path, bytes: i64) -> Result<()> {
    let value = bytes.max(-1).to_string();
    let swap = dir.join("memory.memsw.limit_in_bytes").exists();
    let raising = bytes < 0 || read_number(dir, "memory.limit_in_bytes")? < bytes.unsigned_abs();
    if swap && raising {
        write(dir, "memory.memsw.limit_in_bytes", &value)?;
    }
    write(dir, "memory.limit_in_bytes", &value)?;
    if swap && !raising {
        write(dir, "memory.memsw.limit_in_bytes", &value)?;
    }
    Ok(())
}

fn apply_devices(controllers: &Controllers, path: &Path, devices: &Devices) -> Result<()> {
    // A machine without the controller cannot restrict devices; capabilities and the private /dev
    // still do.
    let Ok(dir) = dir(controllers, "devices", path) else { return Ok(()) };
    match devices {
        Devices::Inherit => Ok(()),
        Devices::All => write(&dir, "devices.allow", "a"),
        Devices::Only(rules) => {
            write(&dir, "devices.deny", "a")?;
            rules.iter().try_for_each(|rule| write(&dir, "devices.allow", rule))
        }
    }
}

/// A new cpuset group is empty and takes no process until it has processors and memory nodes.
fn fill_cpuset(parent: &Path, child: &Path) -> Result<()> {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let own = match std::fs::read_to_string(child.join(file)) {
            Ok(own) => own,
            Err(error) if gone(&error) => return Ok(()),
            Err(error) => return Err(error).on("read", &child.join(file)),
        };
        if own.trim().is_empty() {
            write(child, file, read(parent, file)?.trim())?;
        }
    }
    Ok(())
}
