//! Processes: fork, reap, signal, adjust.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::signal::SigSet;
use nix::sys::signalfd::SfdFlags;
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::WaitPidFlag;
use nix::sys::wait::WaitStatus;
use rustix::process::Pid;

use crate::Downgrade;
use crate::Result;
use crate::error::During;
use crate::error::OnPath;

pub use nix::sys::signal::Signal;

/// Which side of a [`fork`] this is.
#[derive(Debug, PartialEq, Eq)]
pub enum Fork {
    /// The original process, with the child's id.
    Parent(i32),
    /// The new process.
    Child,
}

/// A child that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its process id.
    pub pid: i32,
    /// Its exit code; 128 plus the signal's number if a signal ended it, as shells count.
    pub code: i32,
}

/// Splits the process in two. Fails unless it has exactly one thread.
pub fn fork() -> Result<Fork> {
    let tasks = Path::new("/proc/self/task");
    if std::fs::read_dir(tasks).on("read", tasks)?.count() != 1 {
        return Err(io::Error::other("the process has more than one thread")).during("fork");
    }
    // SAFETY: with a single thread no lock can be held by anyone but the caller, so the child may
    // run any code, not only what is async-signal-safe.
    match unsafe { nix::unistd::fork() }.during("fork")? {
        nix::unistd::ForkResult::Parent { child } => Ok(Fork::Parent(child.as_raw())),
        nix::unistd::ForkResult::Child => Ok(Fork::Child),
    }
}

/// Orphaned descendants become children of this process (prctl(2), `PR_SET_CHILD_SUBREAPER`).
pub fn become_subreaper() -> Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).during("become a child subreaper")
}

/// The kernel sends `signal` to this process when its parent thread ends.
pub fn die_with_parent() -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .during("set the parent death signal")
}

/// Starts a session of its own, without a terminal.
pub fn new_session() -> Result<()> {
    rustix::process::setsid().map(drop).during("start a session")
}

/// Names the calling thread; longer names are cut at 15 bytes.
pub fn set_name(name: &str) -> Result<()> {
    let name = CString::new(name).map_err(io::Error::from).during("name the process")?;
    rustix::thread::set_name(&name).during("name the process")
}

/// Sets the host name of this thread's UTS namespace.
pub fn set_hostname(name: &str) -> Result<()> {
    rustix::system::sethostname(name.as_bytes()).during("set the host name")
}

/// Collects every child that has ended, without waiting.
pub fn reap() -> Vec<Exit> {
    let mut exits = Vec::new();
    loop {
        match nix::sys::wait::waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => exits.push(Exit { pid: pid.as_raw(), code }),
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                exits.push(Exit { pid: pid.as_raw(), code: 128 + signal as i32 });
            }
            Ok(WaitStatus::StillAlive) | Err(nix::errno::Errno::ECHILD) => return exits,
            // Stopped and continued children are not asked for; an interrupted call is repeated.
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return exits,
        }
    }
}

/// Sends `signal` to `pid`. A process that is already gone is fine.
pub fn signal(pid: i32, signal: Signal) -> Result<()> {
    match nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).during("send a signal"),
    }
}

/// Parses a signal as image configurations write it: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`.
pub fn parse_signal(text: &str) -> Option<i32> {
    let upper = text.trim().to_ascii_uppercase();
    if let Ok(number) = upper.parse::<i32>() {
        return (1..=64).contains(&number).then_some(number);
    }
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some(offset) = name.strip_prefix("RTMIN") {
        let offset = if offset.is_empty() { 0 } else { offset.strip_prefix('+')?.parse::<i32>().ok()? };
        return (0..=30).contains(&offset).then_some(34 + offset);
    }
    format!("SIG{name}").parse::<Signal>().ok().map(|signal| signal as i32)
}

/// Sends the signal with this number, which may be a real-time one. A process that is gone is fine.
pub fn signal_number(pid: i32, number: i32) -> Result<()> {
    // SAFETY: kill(2) takes two integers and touches no memory.
    if unsafe { libc::kill(pid, number) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        error if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        error => Err(error).during("send a signal"),
    }
}

/// A descriptor for process `pid`: it becomes readable when the process ends and never refers to
/// another process.
pub fn pidfd(pid: i32) -> Result<OwnedFd> {
    let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput));
    let pid = pid.during("open a process descriptor")?;
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).during("open a process descriptor")
}

/// Kills the process behind a [`pidfd`]. Being gone already is fine.
pub fn kill_pidfd(fd: impl AsFd) -> Result<()> {
    match rustix::process::pidfd_send_signal(fd, rustix::process::Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error).during("kill a process"),
    }
}

/// Whether process `pid` exists and is not a zombie.
pub fn is_alive(pid: i32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The name in parentheses may hold spaces; the state follows the last parenthesis.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z') && !rest.starts_with('X'))
}

/// When process `pid` started, in clock ticks since boot: with the id it names a process for good.
pub fn start_time(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

/// The identity of this boot of the machine.
pub fn boot_id() -> Result<String> {
    let path = Path::new("/proc/sys/kernel/random/boot_id");
    Ok(std::fs::read_to_string(path).on("read", path)?.trim().to_owned())
}

/// Child exits and requests to end as a readable descriptor.
#[derive(Debug)]
pub struct Signals {
    fd: SignalFd,
}

impl Signals {
    /// Blocks SIGCHLD, SIGTERM and SIGINT for this process and receives them here instead; SIGPIPE
    /// and SIGHUP are ignored. Children started later must call [`Signals::restore`] or be started
    /// by a function that resets signals.
    pub fn catch() -> Result<Self> {
        let mask = Self::mask();
        mask.thread_block().during("block signals")?;
        for ignored in [Signal::SIGPIPE, Signal::SIGHUP] {
            // SAFETY: SIG_IGN installs no handler, so no code runs in signal context.
            unsafe { nix::sys::signal::signal(ignored, nix::sys::signal::SigHandler::SigIgn) }
                .during("ignore signals")?;
        }
        let fd = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC);
        Ok(Self { fd: fd.during("open a signal descriptor")? })
    }

    /// Undoes [`Signals::catch`] in a process that was started by one that caught signals.
    pub fn restore() -> Result<()> {
        SigSet::all().thread_unblock().during("unblock signals")?;
        for reset in [Signal::SIGPIPE, Signal::SIGHUP] {
            // SAFETY: SIG_DFL installs no handler, so no code runs in signal context.
            unsafe { nix::sys::signal::signal(reset, nix::sys::signal::SigHandler::SigDfl) }
                .during("reset signals")?;
        }
        Ok(())
    }

    /// Takes the signals that arrived; `true` if one of them asks the process to end.
    pub fn drain(&mut self) -> Result<bool> {
        let mut end = false;
        while let Some(info) = self.fd.read_signal().during("read signals")? {
            end |= info.ssi_signo != Signal::SIGCHLD as u32;
        }
        Ok(end)
    }

    fn mask() -> SigSet {
        [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT].into_iter().collect()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Sets how readily the kernel's out-of-memory killer picks this process (-1000 to 1000).
///
/// Lowering it needs `CAP_SYS_RESOURCE`; without it the present value stays and is reported.
pub fn set_oom_score_adj(wanted: i32) -> Result<Option<Downgrade>> {
    let path = Path::new("/proc/self/oom_score_adj");
    match std::fs::write(path, wanted.to_string()) {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let granted = std::fs::read_to_string(path).on("read", path)?;
            Ok(Some(Downgrade {
                wanted: format!("oom_score_adj {wanted}"),
                granted: format!("oom_score_adj {}", granted.trim()),
            }))
        }
        Err(error) => Err(error).on("write", path),
    }
}

/// Replaces this process by the program at `path`. Returns only on failure.
pub fn exec(path: &Path, args: &[CString], env: &[CString]) -> io::Error {
    use std::os::unix::ffi::OsStrExt;
    match CString::new(path.as_os_str().as_bytes()) {
        Ok(path) => match nix::unistd::execve(&path, args, env) {
            Ok(never) => match never {},
            Err(error) => error.into(),
        },
        Err(error) => error.into(),
    }
}

/// Every descriptor above `last` is closed when this process executes another program.
pub fn close_on_exec_above(last: u32) -> Result<()> {
    // SAFETY: close_range(2) with CLOEXEC marks descriptors and closes none.
    let result =
        unsafe { libc::syscall(libc::SYS_close_range, last + 1, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error()).during("mark descriptors close-on-exec")
    }
}

/// Lets a closed pipe end this process, as it ends other commands; Rust's runtime turns it into an error
/// of every print instead. For a process that only talks to its user, never for a server.
pub fn end_on_closed_pipe() {
    // SAFETY: the default action needs no handler, and nothing else of this process sets this signal.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// Returns free heap pages to the kernel (malloc_trim(3)); a small daemon calls it after bursts.
pub fn trim_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) is thread-safe and only releases memory the allocator holds free.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// The most mappings that [`release_program_pages`] gives up: a program and its few libraries have
/// three each.
const MAPPINGS: usize = 64;

/// Gives up the pages of this process's programs and libraries that it can read again from their
/// files. A daemon that started by running much code and then waits keeps only what waiting takes.
pub fn release_program_pages() -> Result<()> {
    let path = Path::new("/proc/self/smaps");
    let text = std::fs::read_to_string(path).on("read", path)?;
    let mut ranges = [(0, 0); MAPPINGS];
    let found = clean_file_mappings(&text);
    let count = found.len().min(MAPPINGS);
    ranges[..count].copy_from_slice(&found[..count]);
    // Freed before and not after: the allocator's own pages are among those that are given up.
    drop((text, found));
    for (start, end) in &ranges[..count] {
        // SAFETY: the range is a read-only private mapping of a file without a single modified page,
        // so the kernel reads the very same bytes again when they are next used.
        let result = unsafe {
            libc::madvise(std::ptr::with_exposed_provenance_mut(*start), end - start, libc::MADV_DONTNEED)
        };
        if result != 0 {
            return Err(io::Error::last_os_error()).during("release program pages");
        }
    }
    Ok(())
}

/// Address ranges of file mappings that cannot be written and were not modified (a relocated table
/// was): proc(5), `smaps`.
fn clean_file_mappings(smaps: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut candidate = None;
    for line in smaps.lines() {
        if let Some(amount) = line.strip_prefix("Anonymous:") {
            found.extend(candidate.take().filter(|_| amount.trim() == "0 kB"));
        } else if let Some(range) = parse_mapping(line) {
            candidate = range;
        }
    }
    found
}

/// `None` if the line is not the head of a mapping, `Some(None)` if the mapping must be kept.
fn parse_mapping(line: &str) -> Option<Option<(usize, usize)>> {
    let mut fields = line.split_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    let access = fields.next()?;
    let is_file = fields.nth(3).is_some_and(|name| name.starts_with('/'));
    Some((is_file && matches!(access, "r-xp" | "r--p")).then_some((start, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_parsed_as_images_write_them() {
        assert_eq!(parse_signal("SIGTERM"), Some(15));
        assert_eq!(parse_signal("quit"), Some(3));
        assert_eq!(parse_signal("9"), Some(9));
        assert_eq!(parse_signal("SIGRTMIN+3"), Some(37));
        assert_eq!(parse_signal("SIGNOTHING"), None);
        assert_eq!(parse_signal("65"), None);
    }

    #[test]
    fn only_clean_file_mappings_are_released() {
        let smaps = "1000-2000 r-xp 00000000 08:01 1   /bin/x\nRss: 4 kB\nAnonymous:             0 kB\n\
                     2000-3000 r--p 00001000 08:01 1   /bin/x\nAnonymous:             4 kB\n\
                     3000-4000 rw-p 00002000 08:01 1   /bin/x\nAnonymous:             0 kB\n\
                     4000-5000 r-xp 00000000 00:00 0   [vdso]\nAnonymous:             0 kB\n";
        assert_eq!(clean_file_mappings(smaps), [(0x1000, 0x2000)]);
        release_program_pages().unwrap();
    }

    #[test]
    fn a_process_with_threads_does_not_fork() {
        // The test harness always has a second thread.
        assert!(fork().is_err());
    }

    #[test]
    fn own_process_is_alive_and_has_a_start_time() {
        let pid = std::process::id() as i32;
        assert!(is_alive(pid));
        assert!(start_time(pid).unwrap() > 0);
        assert!(!is_alive(i32::MAX));
    }

    #[test]
    fn a_refused_oom_score_is_reported() {
        std::thread::spawn(|| match set_oom_score_adj(-999).unwrap() {
            Some(downgrade) => assert_eq!(downgrade.wanted, "oom_score_adj -999"),
            None => {
                assert_eq!(std::fs::read_to_string("/proc/self/oom_score_adj").unwrap().trim(), "-999");
            }
        })
        .join()
        .unwrap();
    }
}
