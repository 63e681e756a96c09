//! The shim's loop: one thread, one poll, one match.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitCode;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use linux::cgroup::Hierarchy;
use linux::process;
use linux::process::Exit;
use linux::process::Signals;
use linux::socket;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use stdx::Clock;

use super::OCI;
use super::container::Container;
use super::container::helper_error;
use super::log::MAX_PART;
use super::log::Stream;
use super::protocol::MESSAGE_LIMIT;
use super::protocol::Reply;
use super::protocol::Request;
use super::protocol::STDERR;
use super::protocol::STDOUT;
use super::protocol::Target;
use crate::error::Result;
use crate::state;
use crate::state::SandboxDir;
use crate::state::SandboxRecord;
use crate::types::ContainerState;
use crate::types::PidMode;

/// An attached client that reads nothing holds the container's output back this long, then it is
/// cut off: a terminal left open over night must not stop a service.
const STALL_LIMIT: Duration = Duration::from_secs(2);

/// How long it is quiet before memory is given back, and how often stalled clients are looked at.
const QUIET: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

pub(super) struct Server {
    dir: SandboxDir,
    record: SandboxRecord,
    hierarchy: Hierarchy,
    signals: Signals,
    listener: OwnedFd,
    clock: Clock,
    connections: BTreeMap<u32, Connection>,
    containers: BTreeMap<u32, Container>,
    /// Helpers that run, by process.
    helpers: BTreeMap<i32, Helper>,
    /// Commands that run, by process: the connection that waits, and the command's directory.
    commands: BTreeMap<i32, (u32, PathBuf)>,
    /// Exits of processes unknown so far, kept while helpers run: a helper that starts processes by
    /// way of another program hands them over a moment before it tells which they are.
    strays: BTreeMap<i32, Exit>,
    /// The connection that asked to end everything.
    ending: Option<Option<u32>>,
    next_key: u32,
    buffer: Vec<u8>,
    /// Something was done since memory was last given back.
    worked: bool,
}

struct Connection {
    fd: OwnedFd,
    role: Role,
    /// Messages that the peer had no room for.
    queue: VecDeque<Vec<u8>>,
    stalled_since: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Has asked nothing yet, or waits for its reply.
    Request,
    /// Wants to know of starts and ends.
    Subscriber,
    /// Gets this container's output.
    Attached(u32),
}

enum Helper {
    Start { container: u32, connection: u32 },
    Exec { connection: u32, dir: PathBuf },
}

#[derive(Clone, Copy)]
enum Token {
    Signals,
    Listener,
    Connection(u32),
    Console(u32),
    Output(u32, Stream),
}

impl Server {
    pub(super) fn new(
        dir: SandboxDir,
        record: SandboxRecord,
        hierarchy: Hierarchy,
        signals: Signals,
        listener: OwnedFd,
        clock: Clock,
    ) -> Self {
        Self {
            dir,
            record,
            hierarchy,
            signals,
            listener,
            clock,
            connections: BTreeMap::new(),
            containers: BTreeMap::new(),
            helpers: BTreeMap::new(),
            commands: BTreeMap::new(),
            strays: BTreeMap::new(),
            ending: None,
            next_key: 0,
            buffer: vec![0; MESSAGE_LIMIT],
            worked: true,
        }
    }

    /// Serves until asked to end.
    pub(super) fn run(mut self) -> ExitCode {
        loop {
            let Ok(ready) = self.wait() else { return ExitCode::FAILURE };
            for (token, flags) in ready {
                self.worked |= !matches!(token, Token::Console(_) | Token::Output(..));
                match token {
                    Token::Signals => self.on_signals(),
                    Token::Listener => self.on_listener(),
                    Token::Connection(key) => self.on_connection(key, flags),
                    Token::Console(key) => self.on_console(key),
                    Token::Output(key, stream) => self.on_output(key, stream),
                }
            }
            self.cut_off_stalled();
            if self.is_finished() {
                return ExitCode::SUCCESS;
            }
        }
    }

    /// Waits for the next thing to do, and gives memory back when there is none for a while.
    fn wait(&mut self) -> io::Result<Vec<(Token, PollFlags)>> {
        let mut tokens = vec![Token::Signals, Token::Listener];
        let mut fds =
            vec![PollFd::new(&self.signals, PollFlags::IN), PollFd::new(&self.listener, PollFlags::IN)];
        let mut stalled = false;
        for (key, connection) in &self.connections {
            let waiting = !connection.queue.is_empty();
            stalled |= waiting;
            let flags = if waiting { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            tokens.push(Token::Connection(*key));
            fds.push(PollFd::new(&connection.fd, flags));
        }
        for (key, container) in &self.containers {
            if let Some(console) = &container.console {
                tokens.push(Token::Console(*key));
                fds.push(PollFd::new(console, PollFlags::IN));
            }
            if self.is_held_back(*key) {
                continue;
            }
            for (stream, fd) in [(Stream::Stdout, &container.stdout), (Stream::Stderr, &container.stderr)] {
                if let Some(fd) = fd {
                    tokens.push(Token::Output(*key, stream));
                    fds.push(PollFd::new(fd, PollFlags::IN));
                }
            }
        }
        let limit = (stalled || self.worked).then_some(QUIET);
        let quiet = matches!(poll(&mut fds, limit.as_ref())?, 0) && !stalled;
        if quiet && self.worked {
            // Nothing runs between giving pages up and waiting: what ran would bring them back.
            settle();
            poll(&mut fds, None)?;
        }
        let flags = fds.iter().map(PollFd::revents);
        let ready = tokens.into_iter().zip(flags).filter(|(_, flags)| !flags.is_empty()).collect();
        self.worked &= !quiet;
        Ok(ready)
    }

    fn on_listener(&mut self) {
        while let Ok(Some(fd)) = socket::accept(&self.listener) {
            let key = self.new_key();
            let connection =
                Connection { fd, role: Role::Request, queue: VecDeque::new(), stalled_since: None };
            self.connections.insert(key, connection);
        }
    }

    fn on_connection(&mut self, key: u32, flags: PollFlags) {
        if flags.contains(PollFlags::OUT) {
            self.flush(key);
        }
        let Some(connection) = self.connections.get(&key) else { return };
        if !flags.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            return;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let received = socket::receive(&connection.fd, &mut buffer);
        let request = match &received {
            Ok((0, _)) => None,
            Ok((length, _)) => serde_json::from_slice::<Request>(&buffer[..*length]).ok(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.buffer = buffer;
                return;
            }
            Err(_) => None,
        };
        self.buffer = buffer;
        match (request, received) {
            (Some(request), Ok((_, descriptors))) => self.on_request(key, request, descriptors),
            _ => self.close(key),
        }
    }

    fn on_request(&mut self, key: u32, request: Request, descriptors: Vec<OwnedFd>) {
        let reply = match request {
            Request::Start { container } => self.start(key, &container),
            Request::Signal { container, signal, target } => self.signal(&container, signal, target),
            Request::Exec { container, name } => self.exec(key, &container, &name, descriptors),
            Request::Attach { container } => self.attach(key, &container),
            Request::CloseStdin { container } => {
                if let Some(container) = self.find(&container).and_then(|key| self.containers.get_mut(&key)) {
                    container.stdin = container.stdin.take().filter(|_| !container.stdin_once);
                }
                None
            }
            Request::ReopenLog { container } => {
                let key = self.find(&container);
                let result = key.and_then(|key| self.containers.get_mut(&key)).map(Container::reopen_log);
                match result {
                    Some(Err(error)) => Some(Reply::failed(error.chain())),
                    // A container that ended has no open log, so there is nothing to reopen.
                    Some(Ok(())) | None => Some(Reply::ok()),
                }
            }
            Request::Forget { container } => {
                if let Some(key) = self.find(&container) {
                    self.containers.remove(&key);
                }
                Some(Reply::ok())
            }
            Request::Subscribe => {
                if let Some(connection) = self.connections.get_mut(&key) {
                    connection.role = Role::Subscriber;
                }
                Some(Reply::ok())
            }
            Request::Shutdown => {
                self.ending = Some(Some(key));
                self.kill_all();
                None
            }
        };
        if let Some(reply) = reply {
            self.reply(key, &reply);
        }
    }

    /// Starts the helper that starts the container; the reply comes when the helper has ended.
    fn start(&mut self, connection: u32, id: &str) -> Option<Reply> {
        if self.ending.is_some() || self.find(id).is_some() {
            return Some(Reply::failed("the container was started before, or the sandbox ends"));
        }
        match self.try_start(id) {
            Ok((pid, container)) => {
                let key = self.new_key();
                self.containers.insert(key, container);
                self.helpers.insert(pid, Helper::Start { container: key, connection });
                None
            }
            Err(error) => Some(Reply::failed(error.chain())),
        }
    }

    fn try_start(&self, id: &str) -> Result<(i32, Container)> {
        let (mut container, config) = Container::load(&self.record, self.dir.container(id), id)?;
        let mut command = self.helper("start");
        command.arg(&self.dir.0).arg(id);
        container.connect(&config, &mut command)?;
        Ok((spawn(command, &container.dir.0)?, container))
    }

    fn exec(&mut self, connection: u32, id: &str, name: &str, streams: Vec<OwnedFd>) -> Option<Reply> {
        let running = |c: &&Container| c.record.state == ContainerState::Running;
        let Some(container) = self.find(id).and_then(|key| self.containers.get(&key)).filter(running) else {
            return Some(Reply::failed("the container does not run"));
        };
        let dir = container.dir.exec(name);
        let mut command = self.helper("exec");
        command.arg(&self.dir.0).arg(id).arg(name);
        let mut streams = streams.into_iter().map(Stdio::from);
        command.stdin(streams.next().unwrap_or_else(Stdio::null));
        command.stdout(streams.next().unwrap_or_else(Stdio::null));
        command.stderr(streams.next().unwrap_or_else(Stdio::null));
        match spawn(command, &dir) {
            Ok(pid) => {
                self.helpers.insert(pid, Helper::Exec { connection, dir });
                None
            }
            Err(error) => Some(Reply::failed(error.chain())),
        }
    }

    fn signal(&mut self, id: &str, signal: i32, target: Target) -> Option<Reply> {
        let Some(container) = self.find(id).and_then(|key| self.containers.get(&key)) else {
            return Some(Reply::ok());
        };
        let result = match (target, container.record.pid) {
            (Target::All, pid) => {
                let group = self.hierarchy.group(self.record.container_cgroup(&container.id));
                // The first process is this one's child and unreaped, so its id is still its own.
                let first = pid.map_or(Ok(()), |pid| process::signal(pid, process::Signal::SIGKILL));
                first.and_then(|()| group.kill())
            }
            (Target::Init, Some(pid)) => process::signal_number(pid, signal),
            (Target::Init, None) => Ok(()),
        };
        Some(match result {
            Ok(()) => Reply::ok(),
            Err(error) => Reply::failed(error.chain()),
        })
    }

    fn attach(&mut self, connection: u32, id: &str) -> Option<Reply> {
        let running = |c: &&Container| c.record.state == ContainerState::Running;
        let key = self.find(id);
        let Some(container) = key.and_then(|key| self.containers.get(&key)).filter(running) else {
            return Some(Reply::failed("the container does not run"));
        };
        let (Some(key), Some(peer)) = (key, self.connections.get_mut(&connection)) else { return None };
        peer.role = Role::Attached(key);
        let descriptors: Vec<BorrowedFd<'_>> = container.stdin.iter().map(AsFd::as_fd).collect();
        let reply = serde_json::to_vec(&Reply::Ok { pid: container.record.pid }).unwrap_or_default();
        if socket::send(&peer.fd, &reply, &descriptors).is_err() {
            self.close(connection);
        }
        None
    }

    fn on_console(&mut self, key: u32) {
        if let Some(container) = self.containers.get_mut(&key)
            && let Err(error) = container.take_terminal()
        {
            container.record.message = error.chain();
            container.console = None;
        }
    }

    /// Reads once; more is left for the next turn of the loop, so that nobody starves.
    fn on_output(&mut self, key: u32, stream: Stream) {
        self.read_output(key, stream);
    }

    /// `false` when there is nothing more to read now.
    fn read_output(&mut self, key: u32, stream: Stream) -> bool {
        let Some(container) = self.containers.get_mut(&key) else { return false };
        let fd = match stream {
            Stream::Stdout => &container.stdout,
            Stream::Stderr => &container.stderr,
        };
        let Some(fd) = fd else { return false };
        let now = self.clock.now();
        // The first byte is left free for the tag that an attached client gets.
        match rustix::io::read(fd, &mut self.buffer[1..=MAX_PART]) {
            Ok(length) if length > 0 => {
                container.log(stream, &self.buffer[1..=length], now);
                self.buffer[0] = if stream == Stream::Stdout { STDOUT } else { STDERR };
                self.forward(key, length + 1);
                true
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => false,
            // The end; a terminal says it with EIO.
            Ok(_) | Err(_) => {
                container.end_stream(stream, now);
                false
            }
        }
    }

    /// Hands the first `length` bytes of the buffer to everyone attached.
    fn forward(&mut self, container: u32, length: usize) {
        for connection in self.connections.values_mut() {
            if connection.role == Role::Attached(container) {
                connection.send(&self.buffer[..length]);
            }
        }
    }

    fn on_signals(&mut self) {
        match self.signals.drain() {
            Ok(true) if self.ending.is_none() => {
                self.ending = Some(None);
                self.kill_all();
            }
            Ok(_) | Err(_) => {}
        }
        // What a helper started may have ended in the same moment: learn of its birth first.
        for exit in process::reap() {
            self.strays.insert(exit.pid, exit);
        }
        let ended: Vec<i32> =
            self.strays.keys().copied().filter(|pid| self.helpers.contains_key(pid)).collect();
        for pid in ended {
            let (Some(helper), Some(exit)) = (self.helpers.remove(&pid), self.strays.remove(&pid)) else {
                continue;
            };
            match helper {
                Helper::Start { container, connection } => self.on_started(container, connection, exit.code),
                Helper::Exec { connection, dir } => self.on_exec_started(connection, dir, exit.code),
            }
        }
        let known: Vec<i32> = self.strays.keys().copied().filter(|pid| self.is_known(*pid)).collect();
        for pid in known {
            if let Some(exit) = self.strays.remove(&pid) {
                self.on_exit(exit);
            }
        }
        if self.helpers.is_empty() {
            // What is left are orphans of containers and commands: reaping them was all.
            self.strays.clear();
        }
        if self.ending.is_some() && self.has_running() {
            self.kill_all();
        }
    }

    fn on_started(&mut self, key: u32, connection: u32, code: i32) {
        let now = self.clock.now();
        let Some(container) = self.containers.get_mut(&key) else { return };
        let terminal = container.take_terminal();
        let pid = read_pid(&container.dir.0).filter(|_| code == 0);
        let (reply, event) = match (pid, terminal) {
            (Some(pid), Ok(())) => {
                container.record.state = ContainerState::Running;
                container.record.pid = Some(pid);
                container.record.started_at = Some(now);
                let event = Reply::Started { container: container.id.0.clone() };
                (Reply::Ok { pid: Some(pid) }, Some(event))
            }
            (_, terminal) => {
                let message =
                    terminal.err().map_or_else(|| helper_error(&container.dir.0), |error| error.chain());
                container.record = container.record.exited(now, 128, "StartError", message.clone());
                container.stdin = None;
                container.stdout = None;
                container.stderr = None;
                container.console = None;
                (Reply::failed(message), None)
            }
        };
        let saved = container.save();
        let failed = matches!(reply, Reply::Failed { .. });
        let reply = match saved {
            Ok(()) => reply,
            Err(error) => Reply::failed(error.chain()),
        };
        if failed {
            // Whatever a failed start left behind must not run on without a record.
            self.kill_group(key);
            self.containers.remove(&key);
        }
        self.reply(connection, &reply);
        if let Some(event) = event {
            self.publish(&event);
        }
    }

    fn on_exec_started(&mut self, connection: u32, dir: PathBuf, code: i32) {
        match read_pid(&dir).filter(|_| code == 0) {
            Some(pid) => {
                self.commands.insert(pid, (connection, dir));
                self.reply(connection, &Reply::Ok { pid: Some(pid) });
            }
            None => {
                let message = helper_error(&dir);
                remove_quietly(&dir);
                self.reply(connection, &Reply::failed(message));
            }
        }
    }

    fn on_exit(&mut self, exit: Exit) {
        if let Some((connection, dir)) = self.commands.remove(&exit.pid) {
            remove_quietly(&dir);
            self.reply(connection, &Reply::Exited { code: exit.code });
            return;
        }
        let found = self.containers.iter().find(|(_, c)| c.record.pid == Some(exit.pid)).map(|(key, _)| *key);
        if let Some(key) = found {
            self.on_container_exit(key, exit.code);
        }
    }

    fn is_known(&self, pid: i32) -> bool {
        self.commands.contains_key(&pid) || self.containers.values().any(|c| c.record.pid == Some(pid))
    }

    fn on_container_exit(&mut self, key: u32, code: i32) {
        if self.record.config.pid != PidMode::Container {
            // Without a process namespace of its own the container's other processes live on.
            self.kill_group(key);
        }
        for stream in [Stream::Stdout, Stream::Stderr] {
            while self.read_output(key, stream) {}
        }
        let now = self.clock.now();
        let Some(container) = self.containers.get_mut(&key) else { return };
        container.end_stream(Stream::Stdout, now);
        container.end_stream(Stream::Stderr, now);
        container.stdin = None;
        let group = self.hierarchy.group(self.record.container_cgroup(&container.id));
        // A group that is gone or cannot be read has no kills to tell of.
        let out_of_memory = code != 0 && group.oom_kills().is_ok_and(|kills| kills > 0);
        let reason = match code {
            _ if out_of_memory => "OOMKilled",
            0 => "Completed",
            _ => "Error",
        };
        let message = std::mem::take(&mut container.record.message);
        container.record = container.record.exited(now, code, reason, message);
        if let Err(error) = container.save() {
            // Without a disk the runtime learns it from the event below, if it listens.
            container.record.message = error.chain();
        }
        let ended = Reply::Ended { container: container.id.0.clone(), code };
        let attached: Vec<u32> =
            self.connections.iter().filter(|(_, c)| c.role == Role::Attached(key)).map(|(k, _)| *k).collect();
        for connection in attached {
            self.reply(connection, &Reply::Exited { code });
        }
        self.containers.remove(&key);
        self.publish(&ended);
    }

    fn kill_group(&self, key: u32) {
        let Some(container) = self.containers.get(&key) else { return };
        // A group that cannot be killed now is killed again, loudly, when the container is removed.
        drop(self.hierarchy.group(self.record.container_cgroup(&container.id)).kill());
    }

    fn kill_all(&self) {
        self.containers.keys().for_each(|key| self.kill_group(*key));
        // The runtime, which waits for the end, resorts to stronger means if this does not help.
        drop(self.hierarchy.group(self.record.sandbox_cgroup()).kill());
    }

    fn has_running(&self) -> bool {
        self.containers.values().any(|c| c.record.state == ContainerState::Running)
    }

    /// Whether everything has ended after a request to end; the one who asked is told.
    fn is_finished(&mut self) -> bool {
        let Some(asked) = self.ending else { return false };
        if !self.helpers.is_empty() || self.has_running() {
            return false;
        }
        if let Some(connection) = asked {
            self.reply(connection, &Reply::ok());
        }
        true
    }

    fn is_held_back(&self, container: u32) -> bool {
        self.connections.values().any(|c| c.role == Role::Attached(container) && !c.queue.is_empty())
    }

    fn cut_off_stalled(&mut self) {
        let over = |c: &Connection| c.stalled_since.is_some_and(|since| since.elapsed() > STALL_LIMIT);
        let keys: Vec<u32> = self.connections.iter().filter(|(_, c)| over(c)).map(|(k, _)| *k).collect();
        keys.into_iter().for_each(|key| self.close(key));
    }

    fn publish(&mut self, event: &Reply) {
        let keys: Vec<u32> = self
            .connections
            .iter()
            .filter(|(_, c)| c.role == Role::Subscriber)
            .map(|(key, _)| *key)
            .collect();
        keys.into_iter().for_each(|key| self.reply(key, event));
    }

    fn reply(&mut self, key: u32, reply: &Reply) {
        let Some(connection) = self.connections.get_mut(&key) else { return };
        if let Ok(bytes) = serde_json::to_vec(reply) {
            connection.send(&bytes);
        }
    }

    fn flush(&mut self, key: u32) {
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.flush();
        }
    }

    fn close(&mut self, key: u32) {
        let Some(connection) = self.connections.remove(&key) else { return };
        if let Role::Attached(container) = connection.role
            && let Some(container) = self.containers.get_mut(&container)
        {
            container.stdin = container.stdin.take().filter(|_| !container.stdin_once);
        }
    }

    fn helper(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.record.executable);
        command.arg(OCI).arg(verb);
        command
    }

    fn find(&self, id: &str) -> Option<u32> {
        self.containers.iter().find(|(_, container)| container.id.as_str() == id).map(|(key, _)| *key)
    }

    fn new_key(&mut self) -> u32 {
        self.next_key = self.next_key.wrapping_add(1);
        self.next_key
    }
}

impl Connection {
    /// Sends now or, if the peer has no room, when it has.
    fn send(&mut self, message: &[u8]) {
        if self.queue.is_empty() {
            match socket::send(&self.fd, message, &[]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // A peer that is gone is noticed when its end of file is read.
                Ok(()) | Err(_) => return,
            }
        }
        self.queue.push_back(message.to_vec());
        self.stalled_since.get_or_insert_with(Instant::now);
    }

    fn flush(&mut self) {
        while let Some(message) = self.queue.front() {
            match socket::send(&self.fd, message, &[]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(()) | Err(_) => {
                    self.queue.pop_front();
                    self.stalled_since = (!self.queue.is_empty()).then(Instant::now);
                }
            }
        }
    }
}

/// poll(2); a signal counts as nothing.
fn poll(fds: &mut [PollFd<'_>], limit: Option<&Timespec>) -> io::Result<usize> {
    match rustix::event::poll(fds, limit) {
        Ok(count) => Ok(count),
        Err(rustix::io::Errno::INTR) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// After a burst of work: keep no more memory than waiting for the next one takes.
fn settle() {
    process::trim_heap();
    // Without it the process is only larger than it must be.
    drop(process::release_program_pages());
}

fn spawn(mut command: Command, context: &std::path::Path) -> Result<i32> {
    use crate::error::IoContext;
    let child = command.spawn().context("start a helper for", context)?;
    // The child is reaped with all others when SIGCHLD says so.
    Ok(child.id().cast_signed())
}

fn read_pid(dir: &std::path::Path) -> Option<i32> {
    std::fs::read_to_string(state::pid_file(dir)).ok()?.trim().parse().ok()
}

fn remove_quietly(dir: &std::path::Path) {
    // A leftover directory goes with the container.
    drop(std::fs::remove_dir_all(dir));
}
