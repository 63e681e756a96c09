//! Commands in containers, and joining a container's own streams.

use std::io;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use linux::process;
use linux::socket;
use linux::terminal;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::Container;
use super::EmbeddedRuntime;
use super::STREAM;
use super::connection::Connection;
use super::connection::Message;
use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::session::FdStream;
use crate::session::Session;
use crate::session::TerminalSize;
use crate::session::resize_channel;
use crate::shim::protocol::Reply;
use crate::shim::protocol::Request;
use crate::shim::protocol::STDERR;
use crate::state;
use crate::state::ExecRecord;
use crate::types::ContainerState;
use crate::types::ExecOutput;
use crate::types::ExecRequest;

/// Output that waits for an attached client, per stream.
const ATTACH_BUFFER: usize = 64 * 1024;
/// How long output is waited for after a command ended: a process it left behind may hold the pipe.
const DRAIN_PATIENCE: Duration = Duration::from_secs(2);

/// A command that runs.
pub(super) struct RunningCommand {
    pub(super) session: Session,
    pid: Option<i32>,
}

impl EmbeddedRuntime {
    pub(super) async fn run_command(
        &self,
        container: &Arc<Container>,
        command: &[String],
        timeout: Option<Duration>,
    ) -> Result<ExecOutput> {
        let request = ExecRequest { command: command.to_vec(), ..ExecRequest::default() };
        let RunningCommand { session, pid } = self.start_command(container, &request).await?;
        // Opened while the shim has not collected the process: the id cannot be another's.
        let pidfd = pid.and_then(|pid| process::pidfd(pid).ok());
        let collect = collect(session);
        let Some(limit) = timeout.filter(|limit| !limit.is_zero()) else { return collect.await };
        match tokio::time::timeout(limit, collect).await {
            Ok(output) => output,
            Err(_elapsed) => {
                if let Some(pidfd) = pidfd {
                    process::kill_pidfd(pidfd)?;
                }
                Err(Error::Timeout { what: format!("command {command:?}"), seconds: limit.as_secs() })
            }
        }
    }

    pub(super) async fn start_command(
        &self,
        container: &Arc<Container>,
        request: &ExecRequest,
    ) -> Result<RunningCommand> {
        container.require(ContainerState::Running, "asked to run a command")?;
        let name = self.inner.deps.rng.name_suffix(12);
        let dir = container.dir.exec(&name);
        std::fs::create_dir_all(&dir).context("create", &dir)?;
        let record = ExecRecord { command: request.command.clone(), tty: request.tty };
        state::save(&state::request_file(&dir), &record)?;
        let message = Request::Exec { container: container.id.0.clone(), name };
        if request.tty {
            return self.start_on_terminal(container, &dir, &message).await;
        }
        let pipe = || io::pipe().context("make a pipe for", &dir);
        let ((stdin, own_in), (own_out, stdout), (own_err, stderr)) = (pipe()?, pipe()?, pipe()?);
        let theirs = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
        let sandbox = &container.sandbox;
        let connection = Connection::open(&sandbox.dir, &sandbox.record.id, &message, &theirs).await?;
        drop((stdin, stdout, stderr));
        // Before the reply, so that a command that asks for input without a stdin sees its end.
        let own_in = request.stdin.then_some(own_in);
        let (pid, _) = connection.expect_ok().await?;
        let session = Session {
            stdin: own_in.map(|fd| boxed_writer(fd.into())).transpose().context("use a pipe of", &dir)?,
            stdout: Some(boxed_reader(own_out.into()).context("use a pipe of", &dir)?),
            stderr: Some(boxed_reader(own_err.into()).context("use a pipe of", &dir)?),
            resize: resize_channel().0,
            exit: exit_code(connection).boxed(),
        };
        Ok(RunningCommand { session, pid })
    }

    async fn start_on_terminal(
        &self,
        container: &Arc<Container>,
        dir: &std::path::Path,
        message: &Request,
    ) -> Result<RunningCommand> {
        let listener = socket::listen_stream(dir, state::CONSOLE)?;
        let sandbox = &container.sandbox;
        let connection = Connection::open(&sandbox.dir, &sandbox.record.id, message, &[]).await?;
        let (pid, _) = connection.expect_ok().await?;
        // The command runs, so its terminal was sent before.
        let peer = socket::accept(&listener).context("take the terminal of", dir)?;
        let missing = || Error::Start("the OCI runtime sent no terminal".to_owned());
        let mut name = [0; 256];
        let received = socket::receive(peer.ok_or_else(missing)?, &mut name);
        let (_, descriptors) = received.context("receive the terminal of", dir)?;
        let terminal = descriptors.into_iter().next().ok_or_else(missing)?;
        let copy = || terminal.try_clone().context("copy the terminal of", dir);
        let (input, output) = (copy()?, copy()?);
        let session = Session {
            stdin: Some(boxed_writer(input).context("use the terminal of", dir)?),
            stdout: Some(boxed_reader(output).context("use the terminal of", dir)?),
            stderr: None,
            resize: self.follow_size(terminal, container),
            exit: exit_code(connection).boxed(),
        };
        Ok(RunningCommand { session, pid })
    }

    pub(super) async fn join_streams(&self, container: &Arc<Container>) -> Result<Session> {
        container.require(ContainerState::Running, "attached to")?;
        let sandbox = &container.sandbox;
        let id = container.id.0.clone();
        let request = Request::Attach { container: id.clone() };
        let connection = Connection::open(&sandbox.dir, &sandbox.record.id, &request, &[]).await?;
        let (_, descriptors) = connection.expect_ok().await?;
        let connection = Arc::new(connection);
        let tty = container.config.lock().tty;
        let input = descriptors.into_iter().next();
        let resize = match (&input, tty) {
            (Some(terminal), true) => {
                let copy = terminal.try_clone().context("copy the terminal of", &container.dir.0)?;
                self.follow_size(copy, container)
            }
            _ => resize_channel().0,
        };
        let (closed, on_close) = oneshot::channel();
        let stdin = match input {
            Some(fd) => {
                let stream = FdStream::new(fd).context("use the stdin of", &container.dir.0)?;
                let input = AttachedInput { stream, _closed: closed };
                Some(Box::new(input) as Box<dyn AsyncWrite + Send + Unpin>)
            }
            None => {
                drop(closed);
                None
            }
        };
        let (stdout, out) = tokio::io::duplex(ATTACH_BUFFER);
        let (stderr, err) = tokio::io::duplex(ATTACH_BUFFER);
        let (exit, exited) = oneshot::channel();
        let close = Request::CloseStdin { container: id };
        let pump = pump(connection, [out, err], exit, on_close, close);
        self.inner.deps.spawner.spawn(&STREAM, container.id.0.clone(), pump);
        Ok(Session {
            stdin,
            stdout: Some(Box::new(stdout)),
            stderr: (!tty).then(|| Box::new(stderr) as Box<dyn AsyncRead + Send + Unpin>),
            resize,
            exit: async move { exited.await.unwrap_or(Err(Error::Stopping)) }.boxed(),
        })
    }

    /// Applies size changes to a terminal until the sender is dropped.
    fn follow_size(&self, terminal: OwnedFd, container: &Container) -> mpsc::Sender<TerminalSize> {
        let (sender, mut sizes) = resize_channel();
        self.inner.deps.spawner.spawn(&STREAM, container.id.0.clone(), async move {
            while let Some(size) = sizes.recv().await {
                if let Err(error) = terminal::resize(&terminal, size.columns, size.rows) {
                    tracing::debug!(error = %error.chain(), "cannot resize a terminal");
                }
            }
        });
        sender
    }
}

/// Standard input of an attached container; dropping it tells the pump.
struct AttachedInput {
    stream: FdStream,
    _closed: oneshot::Sender<()>,
}

impl AsyncWrite for AttachedInput {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Hands a shim's messages to the streams of a session, until the container or the session ends.
async fn pump(
    connection: Arc<Connection>,
    mut streams: [DuplexStream; 2],
    mut exit: oneshot::Sender<Result<i32>>,
    on_close: oneshot::Receiver<()>,
    close: Request,
) {
    let mut on_close = on_close.fuse();
    loop {
        let message = tokio::select! {
            message = connection.receive() => message,
            // Dropped with the session's input; the error case of a oneshot is that drop.
            _ = &mut on_close => {
                if let Err(error) = connection.send(&close, &[]).await {
                    tracing::debug!(error = %error.chain(), "cannot close a container's stdin");
                }
                continue;
            }
            // The session itself was dropped.
            () = exit.closed() => return,
        };
        match message {
            Ok(Some(Message::Output(tag, bytes))) => {
                let stream = &mut streams[usize::from(tag == STDERR)];
                // A reader that was dropped wants no more of this stream; the others go on.
                drop(stream.write_all(&bytes).await);
            }
            Ok(Some(Message::Reply(Reply::Exited { code }, _))) => return drop(exit.send(Ok(code))),
            Ok(Some(Message::Reply(..))) => {}
            Ok(None) => return drop(exit.send(Err(Error::Stopping))),
            Err(error) => return drop(exit.send(Err(error))),
        }
    }
}

async fn exit_code(connection: Connection) -> Result<i32> {
    loop {
        if let (Reply::Exited { code }, _) = connection.reply().await? {
            return Ok(code);
        }
    }
}

/// Reads both streams to their end, or until shortly after the command's end.
async fn collect(session: Session) -> Result<ExecOutput> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut exit = session.exit;
    let exit_code = {
        let out = read_limited(session.stdout, &mut stdout);
        let err = read_limited(session.stderr, &mut stderr);
        let streams = async { tokio::join!(out, err) };
        tokio::pin!(streams);
        tokio::select! {
            code = &mut exit => {
                let drained = tokio::time::timeout(DRAIN_PATIENCE, &mut streams).await;
                tracing::trace!(complete = drained.is_ok(), "collected a command's output");
                code?
            }
            _ = &mut streams => exit.await?,
        }
    };
    Ok(ExecOutput { stdout, stderr, exit_code })
}

async fn read_limited(stream: Option<Box<dyn AsyncRead + Send + Unpin>>, into: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; 8192];
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        let room = ExecOutput::LIMIT.saturating_sub(into.len());
        into.extend_from_slice(&chunk[..length.min(room)]);
    }
}

fn boxed_reader(fd: OwnedFd) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
    Ok(Box::new(FdStream::new(fd)?))
}

fn boxed_writer(fd: OwnedFd) -> io::Result<Box<dyn AsyncWrite + Send + Unpin>> {
    Ok(Box::new(FdStream::new(fd)?))
}
