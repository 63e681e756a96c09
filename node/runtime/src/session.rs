//! The caller's end of `exec` and `attach`.

use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use futures_util::future::BoxFuture;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use crate::error::Result;

/// Terminal changes that may wait before a sender has to.
const RESIZE_QUEUE: usize = 4;

/// The streams of a process in a container.
///
/// Dropping `stdin` is the end of input for the process (for `attach` only where the container has
/// `stdin_once`). Dropping the whole session leaves the process running.
pub struct Session {
    /// To the process; `None` if it has no stdin.
    pub stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    /// From the process. With a terminal this is everything it shows.
    pub stdout: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// From the process; `None` with a terminal.
    pub stderr: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Changes the terminal's size; ignored without one.
    pub resize: mpsc::Sender<TerminalSize>,
    /// The exit code, once the process has ended. Output may still be in the streams.
    pub exit: BoxFuture<'static, Result<i32>>,
}

/// A terminal's size, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Characters per row.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// A channel for [`Session::resize`].
pub fn resize_channel() -> (mpsc::Sender<TerminalSize>, mpsc::Receiver<TerminalSize>) {
    mpsc::channel(RESIZE_QUEUE)
}

/// Registers `fd` with the asynchronous runtime.
#[expect(
    deprecated,
    reason = "the new constructor is unsafe, for descriptors that others may close; an OwnedFd is open as long as it lives"
)]
pub(crate) fn async_fd(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(fd)
}

/// A pipe's end or a terminal as an asynchronous stream.
pub(crate) struct FdStream {
    fd: AsyncFd<OwnedFd>,
}

impl FdStream {
    /// Takes `fd`, which is made non-blocking.
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&fd)?;
        rustix::fs::fcntl_setfl(&fd, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self { fd: async_fd(fd)? })
    }
}

impl AsFd for FdStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsyncRead for FdStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.fd.poll_read_ready(cx))?;
            let space = buf.initialize_unfilled();
            match guard.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut *space)?)) {
                Ok(Ok(length)) => {
                    buf.advance(length);
                    return Poll::Ready(Ok(()));
                }
                // A terminal whose last user closed it answers EIO: that is its end of file.
                Ok(Err(error)) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for FdStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.fd.poll_write_ready(cx))?;
            match guard.try_io(|fd| Ok(rustix::io::write(fd.get_ref(), data)?)) {
                Ok(result) => return Poll::Ready(result),
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A pipe ends when its writer is dropped.
        Poll::Ready(Ok(()))
    }
}
