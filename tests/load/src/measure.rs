//! What is counted: rates, latencies, and the server's CPU and memory.

use std::fmt;
use std::fs;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;

/// The kernel counts CPU in `USER_HZ`, which is 100 on every architecture that Skiff is built for
/// (proc(5), `/proc/pid/stat`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What the columns of a [`Row`] are: the head of a Markdown table.
pub(crate) const HEADER: &str = "\
| operation |    ops |    ops/s |  p50 ms |  p99 ms | server CPU µs/op | driver CPU µs/op | RSS MiB | |
|-----------|-------:|---------:|--------:|--------:|-----------------:|-----------------:|--------:|---|";

/// The server's process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pid: u32,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    pub(crate) resident_kib: u64,
}

/// What the kernel holds for everybody: its own objects, and the buffers of TCP connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel {
    pub(crate) slab_kib: u64,
    pub(crate) tcp_kib: u64,
}

/// One phase while it runs.
pub(crate) struct Stopwatch {
    name: &'static str,
    process: Process,
    start: Instant,
    before: Usage,
    driver_before: Usage,
}

/// The figures of one phase.
#[derive(Debug)]
pub(crate) struct Row {
    name: &'static str,
    operations: usize,
    elapsed: Duration,
    p50: Duration,
    p99: Duration,
    server_cpu_us: f64,
    driver_cpu_us: f64,
    resident_mib: u64,
    note: String,
}

impl Process {
    pub(crate) fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// The load driver.
    fn own() -> Self {
        Self::new(std::process::id())
    }

    /// # Errors
    /// The process is gone.
    pub(crate) fn usage(self) -> anyhow::Result<Usage> {
        let read = |file: &str| {
            let path = format!("/proc/{}/{file}", self.pid);
            fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
        };
        let stat = read("stat")?;
        // The name, in parentheses, may hold anything; user and system time are the 14th and 15th field.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        let status = read("status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("");
        let resident_kib: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        Ok(Usage { cpu_seconds: (ticks(11) + ticks(12)) / TICKS_PER_SECOND, resident_kib })
    }
}

impl Usage {
    pub(crate) fn resident_mib(self) -> u64 {
        self.resident_kib / 1024
    }
}

impl Kernel {
    /// # Errors
    /// The kernel does not tell.
    pub(crate) fn usage() -> anyhow::Result<Self> {
        let read = |path: &str| fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
        let number_after = |text: &str, line: &str, word: &str| {
            let line = text.lines().find_map(|text| text.strip_prefix(line))?;
            line.split_whitespace()
                .skip_while(|found| !word.is_empty() && *found != word)
                .find_map(|number| number.parse::<u64>().ok())
        };
        let slab = number_after(&read("/proc/meminfo")?, "Slab:", "");
        // In pages, which are of 4 KiB on every architecture that Skiff is built for.
        let tcp = number_after(&read("/proc/net/sockstat")?, "TCP:", "mem");
        Ok(Self {
            slab_kib: slab.context("/proc/meminfo names no slab")?,
            tcp_kib: 4 * tcp.context("/proc/net/sockstat names no memory of TCP")?,
        })
    }
}

impl Stopwatch {
    pub(crate) fn start(name: &'static str, process: Process) -> anyhow::Result<Self> {
        let (before, driver_before) = (process.usage()?, Process::own().usage()?);
        Ok(Self { name, process, before, driver_before, start: Instant::now() })
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The figures, from how long each operation took.
    pub(crate) fn stop(self, mut latencies: Vec<Duration>, note: String) -> anyhow::Result<Row> {
        let elapsed = self.elapsed();
        let (after, driver_after) = (self.process.usage()?, Process::own().usage()?);
        latencies.sort_unstable();
        let operations = latencies.len();
        let quantile = |percent: usize| {
            latencies.get((operations * percent / 100).min(operations.saturating_sub(1))).copied()
        };
        let each = |after: Usage, before: Usage| {
            (after.cpu_seconds - before.cpu_seconds) * 1e6 / operations.max(1) as f64
        };
        Ok(Row {
            name: self.name,
            operations,
            elapsed,
            p50: quantile(50).unwrap_or_default(),
            p99: quantile(99).unwrap_or_default(),
            server_cpu_us: each(after, self.before),
            driver_cpu_us: each(driver_after, self.driver_before),
            resident_mib: after.resident_mib(),
            note,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| {:<9} | {:>6} | {:>8.0} | {:>7.2} | {:>7.2} | {:>16.0} | {:>16.0} | {:>7} | {} |",
            self.name,
            self.operations,
            self.operations as f64 / self.elapsed.as_secs_f64(),
            self.p50.as_secs_f64() * 1e3,
            self.p99.as_secs_f64() * 1e3,
            self.server_cpu_us,
            self.driver_cpu_us,
            self.resident_mib,
            self.note
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_quantiles_of_its_latencies() {
        let watch = Stopwatch::start("x", Process::new(std::process::id())).unwrap();
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let row = watch.stop(latencies, String::new()).unwrap();
        assert_eq!((row.operations, row.p50.as_millis(), row.p99.as_millis()), (200, 101, 199));
        assert!(row.resident_mib > 0);
        assert!(row.to_string().starts_with("| x         |    200 | "));
    }

    #[test]
    fn the_kernel_tells_what_it_holds() {
        assert!(Kernel::usage().unwrap().slab_kib > 0);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        assert!(Process::new(u32::MAX).usage().is_err());
    }
}
