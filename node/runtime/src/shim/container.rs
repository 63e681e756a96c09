//! One container as its shim holds it: record, streams, log.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use jiff::Timestamp;
use linux::socket;
use linux::terminal;

use super::log::LogWriter;
use super::log::Stream;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::state;
use crate::state::ContainerDir;
use crate::state::ContainerRecord;
use crate::state::SandboxRecord;
use crate::types::ContainerConfig;
use crate::types::ContainerId;

/// Size of a terminal before anyone says otherwise.
const TERMINAL_SIZE: (u16, u16) = (80, 24);

pub(super) struct Container {
    pub(super) id: ContainerId,
    pub(super) dir: ContainerDir,
    pub(super) record: ContainerRecord,
    pub(super) stdin_once: bool,
    /// The shim's end of standard input.
    pub(super) stdin: Option<OwnedFd>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
    /// Waits for the terminal until the process has started.
    pub(super) console: Option<OwnedFd>,
    log: LogWriter,
}

impl Container {
    /// Reads a container's files and opens its log.
    pub(super) fn load(
        sandbox: &SandboxRecord,
        dir: ContainerDir,
        id: &str,
    ) -> Result<(Self, ContainerConfig)> {
        let config: ContainerConfig = state::load(&dir.config())?;
        let record: ContainerRecord = state::load(&dir.status())?;
        let path = log_path(&sandbox.config.log_directory, &config.log_path);
        let shown = path.clone().unwrap_or_default();
        let log = LogWriter::open(path).context("open the log", &shown)?;
        let container = Self {
            id: ContainerId(id.to_owned()),
            dir,
            record,
            stdin_once: config.stdin_once,
            stdin: None,
            stdout: None,
            stderr: None,
            console: None,
            log,
        };
        Ok((container, config))
    }

    /// Connects `command`, which becomes the container's process, with this end's streams.
    pub(super) fn connect(&mut self, config: &ContainerConfig, command: &mut Command) -> Result<()> {
        if config.tty {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            self.console = Some(socket::listen_stream(&self.dir.0, state::CONSOLE)?);
            return Ok(());
        }
        let here = &self.dir.0;
        if config.stdin {
            let (reader, writer) = std::io::pipe().context("make a pipe for", here)?;
            command.stdin(reader);
            self.stdin = Some(writer.into());
        } else {
            command.stdin(Stdio::null());
        }
        for (stream, keep) in [(Stream::Stdout, &mut self.stdout), (Stream::Stderr, &mut self.stderr)] {
            let (reader, writer) = std::io::pipe().context("make a pipe for", here)?;
            match stream {
                Stream::Stdout => command.stdout(writer),
                Stream::Stderr => command.stderr(writer),
            };
            *keep = Some(non_blocking(reader.into()).context("prepare a pipe for", here)?);
        }
        Ok(())
    }

    /// Takes the terminal that the OCI runtime sent, if it has come.
    pub(super) fn take_terminal(&mut self) -> Result<()> {
        let Some(listener) = &self.console else { return Ok(()) };
        let here = &self.dir.0;
        let Some(connection) = socket::accept(listener).context("take the terminal of", here)? else {
            return Ok(());
        };
        // The peer connects long before it sends, but sends before it ends: wait for the message.
        wait_readable(connection.as_fd()).context("wait for the terminal of", here)?;
        let mut name = [0; 256];
        let (_, descriptors) =
            socket::receive(&connection, &mut name).context("receive the terminal of", here)?;
        let missing = || Error::Start("the OCI runtime sent no terminal".to_owned());
        let terminal = descriptors.into_iter().next().ok_or_else(missing)?;
        terminal::resize(&terminal, TERMINAL_SIZE.0, TERMINAL_SIZE.1)?;
        let copy = terminal.try_clone().context("copy the terminal of", here)?;
        self.stdout = Some(non_blocking(copy).context("prepare the terminal of", here)?);
        self.stdin = Some(terminal);
        self.console = None;
        let path = here.join(state::CONSOLE);
        std::fs::remove_file(&path).context("remove", &path)
    }

    /// Writes a log line, or says in the shim's place that it could not: losing a line must not stop
    /// the container.
    pub(super) fn log(&mut self, stream: Stream, data: &[u8], now: Timestamp) {
        if self.log.write(stream, data, now).is_err() {
            // The disk is full or the file is gone. The next rotation may help.
            self.record.message = "log lines were lost".to_owned();
        }
    }

    /// The stream has ended: write out what is left of its last line.
    pub(super) fn end_stream(&mut self, stream: Stream, now: Timestamp) {
        if self.log.finish(stream, now).is_err() {
            self.record.message = "log lines were lost".to_owned();
        }
        match stream {
            Stream::Stdout => self.stdout = None,
            Stream::Stderr => self.stderr = None,
        }
    }

    pub(super) fn reopen_log(&mut self) -> Result<()> {
        self.log.reopen().context("reopen the log of", &self.dir.0)
    }

    /// Records a change on disk.
    pub(super) fn save(&self) -> Result<()> {
        state::save(&self.dir.status(), &self.record)
    }
}

/// The log file that a relative path stands for; `None` if the container has no log.
pub(crate) fn log_path(directory: &std::path::Path, relative: &std::path::Path) -> Option<PathBuf> {
    (!relative.as_os_str().is_empty() && !directory.as_os_str().is_empty()).then(|| directory.join(relative))
}

/// Reads the text of a helper's error file, which a crash may have left unwritten.
pub(super) fn helper_error(dir: &std::path::Path) -> String {
    match std::fs::read_to_string(state::error_file(dir)) {
        Ok(text) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "the helper that starts processes ended without a word".to_owned(),
    }
}

fn non_blocking(fd: OwnedFd) -> std::io::Result<OwnedFd> {
    let flags = rustix::fs::fcntl_getfl(&fd)?;
    // A terminal's flags are shared with the descriptor that attached clients write to; they cope.
    rustix::fs::fcntl_setfl(&fd, flags | rustix::fs::OFlags::NONBLOCK)?;
    Ok(File::from(fd).into())
}

fn wait_readable(fd: std::os::fd::BorrowedFd<'_>) -> std::io::Result<()> {
    let mut fds = [rustix::event::PollFd::from_borrowed_fd(fd, rustix::event::PollFlags::IN)];
    let limit = rustix::event::Timespec { tv_sec: 5, tv_nsec: 0 };
    match rustix::event::poll(&mut fds, Some(&limit))? {
        0 => Err(std::io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}
