//! What the kernel knows of this process, under the names that every Prometheus client uses.

use super::Kind;
use super::Registry;

/// The kernel's clock tick as it shows it to programs (`proc(5)`): always a hundredth of a second.
const TICKS: f64 = 100.0;

/// Registers processor time, memory, file descriptors and start time.
pub fn process(registry: &Registry) {
    let add = |name, help, kind, look: fn() -> Option<f64>| {
        registry.looked_up(name, help, kind, &[], move |out| {
            if let Some(number) = look() {
                out.push(&[], number);
            }
        });
    };
    add(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        Kind::Counter,
        cpu_seconds,
    );
    add("process_open_fds", "Number of open file descriptors.", Kind::Gauge, open_fds);
    add("process_max_fds", "Maximum number of open file descriptors.", Kind::Gauge, max_fds);
    add("process_resident_memory_bytes", "Resident memory size in bytes.", Kind::Gauge, || memory("VmRSS:"));
    add("process_virtual_memory_bytes", "Virtual memory size in bytes.", Kind::Gauge, || memory("VmSize:"));
    add(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        Kind::Gauge,
        start_time,
    );
}

/// A field of `/proc/self/stat`, counted as proc(5) does; the fields behind the name only.
fn stat(field: usize) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(field - 3)?.parse().ok()
}

fn cpu_seconds() -> Option<f64> {
    Some((stat(14)? + stat(15)?) / TICKS)
}

fn start_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + stat(22)? / TICKS)
}

fn memory(field: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

fn open_fds() -> Option<f64> {
    // One of them is the directory that is being read.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)
}

fn max_fds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
