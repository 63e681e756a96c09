//! Version 2: one hierarchy with all controllers.

use std::path::Path;

use super::Devices;
use super::Limits;
use super::Usage;
use super::device_filter;
use super::keyed;
use super::read;
use super::read_number;
use super::write;
use crate::Result;
use crate::error::OnPath;

/// The controllers that limits and statistics need.
const CONTROLLERS: [&str; 5] = ["cpu", "cpuset", "io", "memory", "pids"];

pub(super) fn create(root: &Path, path: &Path) -> Result<()> {
    let dir = root.join(path);
    std::fs::create_dir_all(&dir).on("create", &dir)?;
    let mut at = root.to_owned();
    enable(&at)?;
    let parents = path.components().count().saturating_sub(1);
    for part in path.components().take(parents) {
        at.push(part);
        enable(&at)?;
    }
    Ok(())
}

pub(super) fn apply(dir: &Path, limits: &Limits) -> Result<()> {
    if let Some(shares) = limits.cpu_shares {
        write(dir, "cpu.weight", &weight(shares).to_string())?;
    }
    if limits.cpu_quota_us.is_some() || limits.cpu_period_us.is_some() {
        let period = limits.cpu_period_us.unwrap_or(100_000);
        let quota = match limits.cpu_quota_us {
            Some(quota) if quota >= 0 => quota.to_string(),
            _ => "max".to_owned(),
        };
        write(dir, "cpu.max", &format!("{quota} {period}"))?;
    }
    if let Some(bytes) = limits.memory_bytes {
        write(dir, "memory.max", &bound(bytes))?;
        // No swap for a limited group, as the kubelet has it by default; the file is absent without
        // swap accounting.
        if bytes >= 0 && dir.join("memory.swap.max").exists() {
            write(dir, "memory.swap.max", "0")?;
        }
    }
    if limits.oom_group {
        write(dir, "memory.oom.group", "1")?;
    }
    if let Some(pids) = limits.pids {
        write(dir, "pids.max", &bound(pids))?;
    }
    if let Some(cpus) = &limits.cpuset_cpus {
        write(dir, "cpuset.cpus", cpus)?;
    }
    if let Some(mems) = &limits.cpuset_mems {
        write(dir, "cpuset.mems", mems)?;
    }
    if let Devices::Only(rules) = &limits.devices {
        device_filter::attach(dir, rules)?;
    }
    Ok(())
}

pub(super) fn usage(dir: &Path) -> Result<Usage> {
    let stat = read(dir, "memory.stat")?;
    let used = read_number(dir, "memory.current")?;
    let inactive = keyed(&stat, "inactive_file").unwrap_or(0);
    let cpu_us = keyed(&read(dir, "cpu.stat")?, "usage_usec").unwrap_or(0);
    Ok(Usage {
        cpu_ns: cpu_us.saturating_mul(1000),
        memory_bytes: used,
        memory_working_set_bytes: used.saturating_sub(inactive),
        memory_rss_bytes: keyed(&stat, "anon").unwrap_or(0),
        page_faults: keyed(&stat, "pgfault").unwrap_or(0),
        major_page_faults: keyed(&stat, "pgmajfault").unwrap_or(0),
        pids: read_number(dir, "pids.current")?,
    })
}

/// Shares 2 to 262144 onto weights 1 to 10000, as KEP-2254 maps them.
fn weight(shares: u64) -> u64 {
    1 + (shares.clamp(2, 262_144) - 2) * 9999 / 262_142
}

fn bound(value: i64) -> String {
    if value < 0 { "max".to_owned() } else { value.to_string() }
}

/// Hands the controllers that `dir` has down to its children.
fn enable(dir: &Path) -> Result<()> {
    let available = read(dir, "cgroup.controllers")?;
    let enabled = read(dir, "cgroup.subtree_control")?;
    for controller in CONTROLLERS {
        let has = |text: &str| text.split_whitespace().any(|word| word == controller);
        if has(&available) && !has(&enabled) {
            write(dir, "cgroup.subtree_control", &format!("+{controller}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights() {
        assert_eq!(weight(2), 1);
        assert_eq!(weight(1024), 39);
        assert_eq!(weight(262_144), 10_000);
        assert_eq!(weight(0), 1);
    }

    #[test]
    fn limits_become_files() {
        // A plain directory shows what is written where, on machines of either version.
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("memory.swap.max"), "max").unwrap();
        let limits = Limits {
            cpu_quota_us: Some(20_000),
            cpu_period_us: Some(100_000),
            memory_bytes: Some(1 << 20),
            pids: Some(-1),
            oom_group: true,
            ..Limits::default()
        };
        apply(dir.path(), &limits).unwrap();
        let text = |file: &str| std::fs::read_to_string(dir.path().join(file)).unwrap();
        assert_eq!(text("cpu.max"), "20000 100000");
        assert_eq!(text("memory.max"), "1048576");
        assert_eq!(text("memory.swap.max"), "0");
        assert_eq!(text("memory.oom.group"), "1");
        assert_eq!(text("pids.max"), "max");
    }
}
