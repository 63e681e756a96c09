//! Writes of one HTTP/2 connection, gathered.
//!
//! The HTTP/2 codec writes and flushes frame by frame: a frame of 16 KiB and its head become two TLS
//! records and a system call, and answers that are ready together go out one by one. A [`Cork`] stands
//! between the codec and TLS. It takes what is written, answers a flush at once, and keeps the promise
//! when the task of the connection has done all that it can do for now ([`drive`]): then everything
//! goes to TLS as one piece. Nothing waits for time or for more to come.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use parking_lot::Mutex;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// What is gathered at most before it goes to TLS: the number of bytes that TLS takes at once.
const GATHERED_BYTES: usize = 64 << 10;
/// What is reserved at first: small answers need no more.
const FIRST_BYTES: usize = 8 << 10;

/// A connection whose writes are gathered. Clones are the same connection.
pub(crate) struct Cork<S> {
    shared: Arc<Mutex<State<S>>>,
}

struct State<S> {
    inner: S,
    /// What was written, but not yet to `inner`. Holds no memory while it is empty: connections are
    /// idle most of the time.
    gathered: Vec<u8>,
    /// How much of it `inner` has taken.
    taken: usize,
    /// What went wrong where nobody could be told.
    failed: Option<io::Error>,
    flush_is_due: bool,
}

/// A connection that is polled, and after each time what it wrote to its cork, if it has one, is sent.
pub(crate) struct Driven<'c, C, S> {
    connection: Pin<&'c mut C>,
    cork: Option<Cork<S>>,
}

/// Drives a connection to its end.
pub(crate) fn drive<C, S>(connection: Pin<&mut C>, cork: Option<Cork<S>>) -> Driven<'_, C, S> {
    Driven { connection, cork }
}

impl<C: Future, S: AsyncWrite + Unpin> Future for Driven<'_, C, S> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let ended = self.connection.as_mut().poll(cx);
        if let Some(cork) = &self.cork {
            cork.shared.lock().uncork(cx);
        }
        ended
    }
}

impl<S> Cork<S> {
    pub(crate) fn new(inner: S) -> Self {
        let state = State { inner, gathered: Vec::new(), taken: 0, failed: None, flush_is_due: false };
        Self { shared: Arc::new(Mutex::new(state)) }
    }
}

impl<S> Clone for Cork<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<S: AsyncWrite + Unpin> State<S> {
    /// Flushes if that is due. An error is told to whoever next reads or writes, which is the task of
    /// the connection: it is woken.
    fn uncork(&mut self, cx: &mut Context<'_>) {
        if !self.flush_is_due {
            return;
        }
        match self.poll_flush(cx) {
            Poll::Ready(Ok(())) => self.flush_is_due = false,
            Poll::Pending => {}
            Poll::Ready(Err(error)) => {
                self.flush_is_due = false;
                self.failed = Some(error);
                cx.waker().wake_by_ref();
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    /// Hands everything that was gathered to `inner`.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.taken < self.gathered.len() {
            let rest = &self.gathered[self.taken..];
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += written;
        }
        self.gathered = Vec::new();
        self.taken = 0;
        Poll::Ready(Ok(()))
    }

    /// Takes as much as there is room for; waits where there is none.
    fn poll_gather(&mut self, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.check()?;
        if self.gathered.len() >= GATHERED_BYTES {
            ready!(self.poll_drain(cx))?;
        }
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut room = offered.min(GATHERED_BYTES - self.gathered.len());
        self.make_room(room);
        let before = self.gathered.len();
        for piece in pieces {
            let part = &piece[..piece.len().min(room)];
            self.gathered.extend_from_slice(part);
            room -= part.len();
        }
        self.flush_is_due = true;
        Poll::Ready(Ok(self.gathered.len() - before))
    }

    /// In two steps: what outgrows a small answer is mostly long.
    fn make_room(&mut self, more: usize) {
        let needed = self.gathered.len() + more;
        if needed > self.gathered.capacity() {
            let size = if needed <= FIRST_BYTES { FIRST_BYTES } else { GATHERED_BYTES };
            self.gathered.reserve_exact(size - self.gathered.len());
        }
    }

    fn check(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Cork<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        state.check()?;
        Pin::new(&mut state.inner).poll_read(cx, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Cork<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.shared.lock().poll_gather(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.lock().poll_gather(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Done by [`drive`].
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shared.lock().check())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        state.check()?;
        ready!(state.poll_flush(cx))?;
        state.flush_is_due = false;
        Pin::new(&mut state.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Counts how often it is written to.
    struct Counted {
        inner: tokio::io::DuplexStream,
        writes: usize,
    }

    impl AsyncRead for Counted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_read(cx, into)
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.writes += 1;
            Pin::new(&mut self.inner).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_shutdown(cx)
        }
    }

    fn corked(capacity: usize) -> (Cork<Counted>, tokio::io::DuplexStream) {
        let (inner, peer) = tokio::io::duplex(capacity);
        (Cork::new(Counted { inner, writes: 0 }), peer)
    }

    #[tokio::test]
    async fn what_is_written_in_one_go_is_sent_as_one_piece() {
        let (cork, mut peer) = corked(1 << 20);
        let mut writer = cork.clone();
        let connection = async move {
            for _ in 0..10 {
                writer.write_all(b"frame").await.unwrap();
                writer.flush().await.unwrap();
            }
            // It has nothing more to do, as a connection that waits for requests.
            std::future::pending::<()>().await;
        };
        let mut connection = std::pin::pin!(connection);
        let mut received = [0; 50];
        tokio::select! {
            () = drive(connection.as_mut(), Some(cork.clone())) => unreachable!("it never ends"),
            read = peer.read_exact(&mut received) => assert_eq!(read.unwrap(), 50),
        }
        assert_eq!(&received[..10], b"frameframe");
        let state = cork.shared.lock();
        assert_eq!((state.inner.writes, state.gathered.capacity()), (1, 0));
    }

    #[tokio::test]
    async fn a_peer_that_reads_slowly_gets_every_byte_and_holds_the_writer_up() {
        let (cork, mut peer) = corked(1000);
        let sent: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
        let expected = sent.clone();
        let mut writer = cork.clone();
        let connection = async move {
            for piece in sent.chunks(16_393) {
                writer.write_all(piece).await.unwrap();
                writer.flush().await.unwrap();
                assert!(writer.shared.lock().gathered.capacity() <= GATHERED_BYTES);
            }
            writer.shutdown().await.unwrap();
        };
        let mut received = Vec::new();
        let mut connection = std::pin::pin!(connection);
        let ((), read) =
            tokio::join!(drive(connection.as_mut(), Some(cork.clone())), peer.read_to_end(&mut received));
        assert_eq!(read.unwrap(), expected.len());
        assert!(received == expected);
    }

    #[tokio::test]
    async fn a_failure_to_send_ends_the_connection() {
        let (cork, peer) = corked(1000);
        let mut io = cork.clone();
        let connection = async move {
            io.write_all(b"frame").await.unwrap();
            let mut byte = [0];
            io.read(&mut byte).await
        };
        drop(peer);
        let mut connection = std::pin::pin!(connection);
        // Either the end of the stream or the error of the write: both end it.
        let ended = drive(connection.as_mut(), Some(cork.clone())).await;
        assert!(matches!(ended, Ok(0) | Err(_)));
    }
}
