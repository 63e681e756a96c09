//! What the machine is: read once, except for what changes.

use std::fs;

/// The unchanging facts of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    pub cpus: i64,
    pub memory_bytes: i64,
    pub machine_id: String,
    pub system_uuid: String,
    pub boot_id: String,
    pub kernel_version: String,
    pub os_image: String,
    pub swap_bytes: i64,
}

impl Machine {
    /// Reads them. What a machine does not tell stays empty, as upstream has it.
    pub(crate) fn read() -> Self {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let cpus = std::thread::available_parallelism().map_or(1, |n| i64::try_from(n.get()).unwrap_or(1));
        Self {
            cpus,
            memory_bytes: meminfo_bytes(&meminfo, "MemTotal").unwrap_or(0),
            machine_id: first_line("/etc/machine-id"),
            system_uuid: first_line("/sys/class/dmi/id/product_uuid"),
            boot_id: first_line("/proc/sys/kernel/random/boot_id"),
            kernel_version: first_line("/proc/sys/kernel/osrelease"),
            os_image: os_image(&fs::read_to_string("/etc/os-release").unwrap_or_default()),
            swap_bytes: meminfo_bytes(&meminfo, "SwapTotal").unwrap_or(0),
        }
    }
}

/// Memory that can be used without swapping; `None` where the kernel does not tell.
pub(crate) fn available_memory_bytes() -> Option<i64> {
    meminfo_bytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable")
}

/// Processes and threads that exist, and the most that can.
pub(crate) fn pids() -> Option<(i64, i64)> {
    let max = first_line("/proc/sys/kernel/pid_max").parse().ok()?;
    let loadavg = first_line("/proc/loadavg");
    let running = loadavg.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()?;
    Some((running, max))
}

/// Processor time of the whole machine since boot, in seconds, and memory in use, in bytes.
pub(crate) fn usage() -> Option<(f64, i64)> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let memory = meminfo_bytes(&meminfo, "MemTotal")? - meminfo_bytes(&meminfo, "MemAvailable")?;
    Some((busy_seconds(&fs::read_to_string("/proc/stat").ok()?)?, memory))
}

/// The first line of proc(5) `stat`, in hundredths of a second: all but idle, waiting, and what is
/// counted twice (guests).
fn busy_seconds(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    let busy: u64 =
        ticks.iter().enumerate().filter(|(i, _)| !matches!(i, 3 | 4 | 8 | 9)).map(|(_, t)| t).sum();
    Some(busy as f64 / 100.0)
}

fn meminfo_bytes(text: &str, name: &str) -> Option<i64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn os_image(text: &str) -> String {
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(|value| value.trim_matches(['"', '\'']).to_owned())
    };
    value("PRETTY_NAME").or_else(|| value("NAME")).unwrap_or_else(|| "Linux".to_owned())
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_machine() {
        let meminfo = "MemTotal:        8000 kB\nMemAvailable:    10 kB\n";
        assert_eq!(meminfo_bytes(meminfo, "MemTotal"), Some(8_192_000));
        assert_eq!(meminfo_bytes(meminfo, "Mem"), None);
        assert_eq!(os_image("NAME=x\nPRETTY_NAME=\"Debian 13\"\n"), "Debian 13");
        assert_eq!(os_image(""), "Linux");
        assert_eq!(busy_seconds("cpu  100 0 50 900 30 5 5 0 7 0\ncpu0 1"), Some(1.6));
        let machine = Machine::read();
        assert!(machine.cpus > 0 && machine.memory_bytes > 0 && !machine.kernel_version.is_empty());
    }
}
