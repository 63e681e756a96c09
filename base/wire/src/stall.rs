//! Peers that do not take what they asked for.
//!
//! A peer that stops reading would keep what waits for it for ever: the pieces of a list, the events
//! of a watch, a place among the streams. Two things find it out: a write on the socket that does not
//! get through ([`WriteTimeout`]), and an HTTP/2 stream whose body was given to the connection and is
//! not asked for more ([`StreamGuard`]), while other streams of the connection go on.
//!
//! An answer that waits for something to say (a watch without events) is not stalled.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use http_body::SizeHint;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;

use crate::Body;
use crate::BodyError;

tokio::task_local! {
    /// Of the HTTP/2 stream that the running task serves.
    static PROGRESS: Arc<Progress>;
}

/// Whether the peer is due.
#[derive(Default)]
struct Progress {
    /// A piece was given out and nobody asked for the next one yet.
    given: AtomicBool,
}

/// A timer that runs only while the peer is due.
struct Patience {
    timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    running: bool,
}

/// A socket whose writes fail once the peer took nothing for too long.
pub(crate) struct WriteTimeout<S> {
    inner: S,
    patience: Patience,
}

/// The task of an HTTP/2 stream, which ends once the peer took nothing of its body for too long.
pub(crate) struct StreamGuard<F> {
    inner: Pin<Box<tokio::task::futures::TaskLocalFuture<Arc<Progress>, F>>>,
    progress: Arc<Progress>,
    patience: Patience,
}

/// A body whose pieces are noticed by the guard of its stream.
pub(crate) struct Noticed {
    body: Body,
    progress: Option<Arc<Progress>>,
}

impl Patience {
    fn new(timeout: Duration) -> Self {
        Self { timeout, timer: None, running: false }
    }

    /// Ready once the peer was due for too long. Must be asked whenever that is `due`.
    fn poll(&mut self, due: bool, cx: &mut Context<'_>) -> Poll<()> {
        if !due {
            self.running = false;
            return Poll::Pending;
        }
        let deadline = Instant::now() + self.timeout;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if !self.running {
            timer.as_mut().reset(deadline);
            self.running = true;
        }
        timer.as_mut().poll(cx)
    }
}

impl<S> WriteTimeout<S> {
    pub(crate) fn new(inner: S, timeout: Duration) -> Self {
        Self { inner, patience: Patience::new(timeout) }
    }

    fn checked<T>(&mut self, poll: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match self.patience.poll(poll.is_pending(), cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => poll,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.checked(poll, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.checked(poll, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<F: Future> StreamGuard<F> {
    pub(crate) fn new(inner: F, timeout: Duration) -> Self {
        let progress = Arc::<Progress>::default();
        Self {
            inner: Box::pin(PROGRESS.scope(progress.clone(), inner)),
            progress,
            patience: Patience::new(timeout),
        }
    }
}

impl<F: Future> Future for StreamGuard<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.inner.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let due = self.progress.given.load(Ordering::Relaxed);
        // Ending here drops the stream, which resets it.
        self.patience.poll(due, cx)
    }
}

impl Noticed {
    /// The body of the stream that this task serves, if it serves one.
    pub(crate) fn new(body: Body) -> Self {
        Self { body, progress: PROGRESS.try_with(Arc::clone).ok() }
    }
}

impl http_body::Body for Noticed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let poll = Pin::new(&mut self.body).poll_frame(cx);
        if let Some(progress) = &self.progress {
            progress.given.store(matches!(poll, Poll::Ready(Some(_))), Ordering::Relaxed);
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
