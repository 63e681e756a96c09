//! Bodies of requests and responses.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use futures_util::Stream;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::Error;
use crate::Result;

/// Why a body ended early.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The most that is sent as one frame: larger pieces would wait whole for a peer that does not read.
const FRAME_BYTES: usize = 256 << 10;

/// A body: of a request or response, incoming or outgoing.
pub struct Body {
    kind: Kind,
    /// What is left of a piece that is larger than a frame.
    rest: Bytes,
    /// Dropped with the body.
    kept: Option<Box<dyn Send>>,
    /// When it breaks off.
    deadline: Option<Instant>,
}

enum Kind {
    /// Pieces that are there, sent without copying.
    Chunks(VecDeque<Bytes>),
    Channel(mpsc::Receiver<Result<Bytes, BodyError>>),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>),
    Incoming(Lent),
    Boxed(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError> + Send>>),
}

/// A body that came over a connection, and where it goes back to when it is dropped before its end.
struct Lent {
    incoming: Option<Incoming>,
    home: Option<Unread>,
}

/// What nobody read of a request's body.
#[derive(Clone, Default)]
pub(crate) struct Unread {
    incoming: Arc<Mutex<Option<Incoming>>>,
}

/// Feeds a body; dropping it ends the body.
#[derive(Clone, Debug)]
pub struct BodySender {
    sender: mpsc::Sender<Result<Bytes, BodyError>>,
}

/// The reader of a body is gone: its client went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reader of the body is gone")]
pub struct Gone;

impl Body {
    /// Nothing.
    pub fn empty() -> Self {
        Self::chunks(Vec::new())
    }

    /// One piece.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self::chunks(vec![bytes.into()])
    }

    /// Several pieces that are there already: sent one after the other, never joined.
    pub fn chunks(chunks: impl Into<VecDeque<Bytes>>) -> Self {
        let mut chunks = chunks.into();
        chunks.retain(|chunk| !chunk.is_empty());
        Self::of(Kind::Chunks(chunks))
    }

    /// A body that is fed piece by piece; `capacity` pieces may wait.
    pub fn channel(capacity: usize) -> (BodySender, Self) {
        let (sender, receiver) = mpsc::channel(capacity);
        (BodySender { sender }, Self::of(Kind::Channel(receiver)))
    }

    /// A body from any stream of pieces.
    pub fn stream(stream: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static) -> Self {
        Self::of(Kind::Stream(Box::pin(stream)))
    }

    /// Any other body.
    pub fn boxed(body: impl http_body::Body<Data = Bytes, Error = BodyError> + Send + 'static) -> Self {
        Self::of(Kind::Boxed(Box::pin(body)))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, rest: Bytes::new(), kept: None, deadline: None }
    }

    /// Drops something together with the body: when it was sent, or its reader has gone.
    #[must_use]
    pub fn keeping(mut self, what: impl Send + 'static) -> Self {
        self.kept = Some(match self.kept.take() {
            None => Box::new(what),
            Some(kept) => Box::new((kept, what)),
        });
        self
    }

    /// Breaks the body off where more of it is asked for after `deadline`.
    #[must_use]
    pub fn until(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The next piece; `None` at the end. Cancel-safe.
    ///
    /// # Errors
    /// The body broke off.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            let frame = std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(self), cx)).await?;
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) if !data.is_empty() => return Some(Ok(data)),
                // Trailers carry nothing for us; HTTP/2 ends a stream with an empty frame.
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Everything, if it is at most `limit` bytes; one piece is not copied.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or [`Error::Body`] if it broke off.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes> {
        let announced = http_body::Body::size_hint(&self).lower();
        if announced > limit as u64 {
            return Err(Error::TooLarge { limit });
        }
        if let Kind::Chunks(chunks) = &mut self.kind
            && chunks.len() == 1
            && self.rest.is_empty()
        {
            return Ok(chunks.pop_front().unwrap_or_default());
        }
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(piece) = self.next().await {
            let piece = piece.map_err(|source| Error::Body { source })?;
            if first.len() + rest.len() + piece.len() > limit {
                return Err(Error::TooLarge { limit });
            }
            if first.is_empty() {
                first = piece;
            } else {
                if rest.is_empty() {
                    rest.reserve(announced.saturating_sub(first.len() as u64) as usize);
                }
                rest.extend_from_slice(&piece);
            }
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let mut whole = BytesMut::with_capacity(first.len() + rest.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&rest);
        Ok(whole.freeze())
    }
}

impl BodySender {
    /// Waits for room and adds a piece.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn send(&self, bytes: Bytes) -> Result<(), Gone> {
        self.sender.send(Ok(bytes)).await.map_err(|_| Gone)
    }

    /// Adds a piece if there is room; gives it back if there is none.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn try_send(&self, bytes: Bytes) -> Result<Option<Bytes>, Gone> {
        match self.sender.try_send(Ok(bytes)) {
            Ok(()) => Ok(None),
            Err(mpsc::error::TrySendError::Full(Ok(bytes))) => Ok(Some(bytes)),
            Err(_) => Err(Gone),
        }
    }

    /// Breaks the body off, so that its reader does not take it for complete.
    pub async fn abort(self, error: impl Into<BodyError>) {
        if self.sender.send(Err(error.into())).await.is_err() {
            tracing::trace!("a body was broken off after its reader had gone");
        }
    }

    /// Completes when the reader is gone. Cancel-safe.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }

    /// Whether the reader is gone.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl From<Incoming> for Body {
    fn from(incoming: Incoming) -> Self {
        Self::of(Kind::Incoming(Lent { incoming: Some(incoming), home: None }))
    }
}

impl Body {
    /// A request's body; what is not read of it can be had from `unread`.
    pub(crate) fn lent(incoming: Incoming, unread: &Unread) -> Self {
        Self::of(Kind::Incoming(Lent { incoming: Some(incoming), home: Some(unread.clone()) }))
    }
}

impl Unread {
    /// Reads and forgets what was not read, for so long and so much: a client that still sends when it
    /// is answered and cut off may never look at the answer.
    pub(crate) async fn discard(self, bytes: usize, patience: Duration) {
        let Some(mut incoming) = self.incoming.lock().take() else { return };
        let reading = async {
            let mut left = bytes;
            while let Some(Ok(frame)) =
                std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut incoming), cx)).await
            {
                left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                if left == 0 {
                    return;
                }
            }
        };
        if tokio::time::timeout(patience, reading).await.is_err() {
            tracing::trace!("a client was still sending its body when it was answered");
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(incoming), Some(home)) = (self.incoming.take(), self.home.take())
            && !http_body::Body::is_end_stream(&incoming)
        {
            *home.incoming.lock() = Some(incoming);
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("size", &http_body::Body::size_hint(self)).finish()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Poll::Ready(Some(Err("the answer took too long to send".into())));
        }
        let mut data = std::mem::take(&mut self.rest);
        if data.is_empty() {
            let polled = match &mut self.kind {
                Kind::Chunks(chunks) => Poll::Ready(chunks.pop_front().map(Ok)),
                Kind::Channel(receiver) => receiver.poll_recv(cx),
                Kind::Stream(stream) => stream.as_mut().poll_next(cx),
                Kind::Incoming(lent) => {
                    let Some(incoming) = &mut lent.incoming else { return Poll::Ready(None) };
                    let polled = Pin::new(incoming).poll_frame(cx);
                    return polled.map(|frame| frame.map(|frame| frame.map_err(BodyError::from)));
                }
                Kind::Boxed(body) => return body.as_mut().poll_frame(cx),
            };
            data = match polled {
                Poll::Ready(Some(Ok(data))) => data,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            };
        }
        if data.len() > FRAME_BYTES {
            self.rest = data.split_off(FRAME_BYTES);
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            _ if !self.rest.is_empty() => false,
            Kind::Chunks(chunks) => chunks.is_empty(),
            Kind::Channel(_) | Kind::Stream(_) => false,
            Kind::Incoming(lent) => lent.incoming.as_ref().is_none_or(Incoming::is_end_stream),
            Kind::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Chunks(chunks) => {
                let waiting: usize = chunks.iter().map(Bytes::len).sum();
                SizeHint::with_exact((self.rest.len() + waiting) as u64)
            }
            Kind::Channel(_) | Kind::Stream(_) => SizeHint::default(),
            Kind::Incoming(lent) => {
                lent.incoming.as_ref().map_or_else(SizeHint::default, Incoming::size_hint)
            }
            Kind::Boxed(body) => body.size_hint(),
        }
    }
}
