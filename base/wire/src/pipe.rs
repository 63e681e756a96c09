//! The two ends of a stream of bytes inside an upgraded connection.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Buf;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use futures_util::stream::BoxStream;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

/// How many pieces wait between the connection and whoever uses a stream of it.
pub(crate) const PIPE_PIECES: usize = 16;
/// The largest piece that is written at a time.
const PIECE_BYTES: usize = 32 << 10;

/// Bytes that come from the other side.
#[derive(Debug)]
pub struct ByteReader {
    pieces: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

/// Bytes that go to the other side. Dropping it (or shutting it down) ends the stream.
pub struct ByteWriter {
    pieces: PollSender<Bytes>,
}

/// What writers hand to the task that owns the connection: a piece of a stream, or its end.
pub(crate) type Outgoing = BoxStream<'static, (u32, Option<Bytes>)>;

/// A reader, and the sender that feeds it.
pub(crate) fn inbound() -> (mpsc::Sender<Bytes>, ByteReader) {
    let (sender, receiver) = mpsc::channel(PIPE_PIECES);
    (sender, ByteReader { pieces: receiver, rest: Bytes::new() })
}

/// A writer, and what is written to it as pieces of stream `id`.
pub(crate) fn outbound(id: u32) -> (ByteWriter, Outgoing) {
    let (sender, receiver) = mpsc::channel(PIPE_PIECES);
    let pieces = stream::unfold(Some(receiver), move |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(piece) => Some(((id, Some(piece)), Some(receiver))),
            None => Some(((id, None), None)),
        }
    });
    (ByteWriter { pieces: PollSender::new(sender) }, pieces.boxed())
}

impl ByteReader {
    /// The next piece as it came; `None` at the end. Cancel-safe.
    pub async fn next(&mut self) -> Option<Bytes> {
        if !self.rest.is_empty() {
            return Some(std::mem::take(&mut self.rest));
        }
        self.pieces.recv().await
    }

    /// Everything until the end.
    pub async fn to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await {
            all.extend_from_slice(&piece);
        }
        all
    }
}

impl AsyncRead for ByteReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(self.pieces.poll_recv(cx)) {
                Some(piece) => self.rest = piece,
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.rest.len().min(buf.remaining());
        buf.put_slice(&self.rest[..count]);
        self.rest.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl ByteWriter {
    /// Waits for room and hands over a piece, without copying it.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn send(&mut self, piece: Bytes) -> io::Result<()> {
        std::future::poll_fn(|cx| self.pieces.poll_reserve(cx)).await.map_err(|_| gone())?;
        self.pieces.send_item(piece).map_err(|_| gone())
    }

    /// Writes the first piece of a stream that nobody else writes to yet.
    pub(crate) fn greet(&mut self, piece: Bytes) {
        if let Some(sender) = self.pieces.get_ref()
            && sender.try_send(piece).is_err()
        {
            tracing::trace!("the connection ended before its first piece");
        }
    }

    /// Ends the stream: the other side reads an end of file.
    pub fn end(&mut self) {
        self.pieces.close();
    }

    /// Completes when the connection is gone. Cancel-safe.
    pub async fn closed(&self) {
        if let Some(sender) = self.pieces.get_ref() {
            sender.closed().await;
        }
    }
}

impl std::fmt::Debug for ByteWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByteWriter")
    }
}

impl AsyncWrite for ByteWriter {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.pieces.poll_reserve(cx)).map_err(|_| gone())?;
        let piece = Bytes::copy_from_slice(&buf[..buf.len().min(PIECE_BYTES)]);
        let count = piece.len();
        self.pieces.send_item(piece).map_err(|_| gone())?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The task that owns the connection flushes whenever it has nothing more to write.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pieces.close();
        Poll::Ready(Ok(()))
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the connection is gone")
}
