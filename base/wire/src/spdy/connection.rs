//! One connection and its streams.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use parking_lot::Mutex;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::ReadHalf;
use tokio::io::WriteHalf;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::Headers;
use super::Role;
use super::frame::End;
use super::frame::Frame;
use super::frame::FrameError;
use super::frame::FrameReader;
use super::frame::FrameWriter;
use crate::ByteReader;
use crate::ByteWriter;
use crate::Error;
use crate::Io;
use crate::Result;
use crate::pipe;
use crate::pipe::Outgoing;

/// The most streams that are open at a time: port-forward takes two for each connection.
const MAX_STREAMS: usize = 1024;
/// How many streams of the other side wait to be taken.
const BACKLOG: usize = 64;
/// How much of a data frame is handed on at a time.
const PIECE_BYTES: usize = 32 << 10;
/// How long the other side has to close after it was told goodbye.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest data frame's payload that is written.
const MAX_DATA_BYTES: usize = 1 << 20;

/// A connection. Dropping it closes it once what was written is out.
pub(crate) struct Connection {
    orders: mpsc::Sender<Order>,
    accepted: mpsc::Receiver<Stream>,
    ended: oneshot::Receiver<()>,
}

/// A stream: bytes in both directions, and the headers it was opened with.
#[derive(Debug)]
pub(crate) struct Stream {
    pub headers: Headers,
    pub reader: ByteReader,
    pub writer: ByteWriter,
}

/// What the task of the connection is asked to do.
enum Order {
    Open(Headers, oneshot::Sender<Stream>),
    Frame(Frame),
    Attach(Outgoing),
}

/// Streams as the reading side knows them.
#[derive(Default)]
struct Streams {
    inbound: HashMap<u32, mpsc::Sender<Bytes>>,
    /// Streams of ours that wait for SYN_REPLY.
    opening: HashMap<u32, (Stream, oneshot::Sender<Stream>)>,
}

impl Connection {
    /// Starts to speak SPDY; the connection is a task of `kind`.
    pub fn start(io: Io, role: Role, spawner: &Spawner, kind: &'static TaskKind) -> Self {
        let (orders, order_queue) = mpsc::channel(BACKLOG);
        let (accepting, accepted) = mpsc::channel(BACKLOG);
        let (end, ended) = oneshot::channel::<()>();
        let weak = orders.downgrade();
        spawner.spawn(kind, "", async move {
            let (read, write) = tokio::io::split(io);
            let streams = Arc::new(Mutex::new(Streams::default()));
            let reading = read_frames(read, role, streams.clone(), weak, accepting);
            let writing = write_frames(write, role, streams, order_queue);
            tokio::pin!(reading);
            let ended = tokio::select! {
                ended = &mut reading => ended,
                ended = writing => match ended {
                    // Closing with unread bytes would reset the connection, and what was written
                    // last would be lost: read on until the other side closes.
                    Ok(()) => tokio::time::timeout(FAREWELL, reading).await.unwrap_or(Ok(())),
                    failed => failed,
                },
            };
            if let Err(error) = ended {
                tracing::debug!(error = &error as &dyn std::error::Error, "SPDY connection ended");
            }
            drop(end);
        });
        Self { orders, accepted, ended }
    }

    /// The next stream that the other side opened (and that has been agreed to); `None` once the
    /// connection has ended. Cancel-safe.
    pub async fn accept(&mut self) -> Option<Stream> {
        self.accepted.recv().await
    }

    /// Opens a stream and waits for the other side to agree.
    pub async fn open(&self, headers: Headers) -> Result<Stream> {
        let (reply, opened) = oneshot::channel();
        let gone = || Error::Upgraded { source: io::ErrorKind::ConnectionAborted.into() };
        self.orders.send(Order::Open(headers, reply)).await.map_err(|_| gone())?;
        opened.await.map_err(|_| gone())
    }

    /// Says goodbye once all streams' writers have ended, and waits for the connection to close.
    pub async fn close(self) {
        drop(self.orders);
        drop(self.accepted);
        // Its only end is being dropped.
        self.ended.await.unwrap_or_default();
    }
}

async fn read_frames(
    mut io: ReadHalf<Io>,
    role: Role,
    streams: Arc<Mutex<Streams>>,
    orders: mpsc::WeakSender<Order>,
    accepting: mpsc::Sender<Stream>,
) -> io::Result<()> {
    let mut frames = FrameReader::new();
    let theirs = |id: u32| (id % 2 == 1) == (role == Role::Server);
    let mut last = 0;
    while let Some(frame) = frames.next(&mut io).await? {
        match frame {
            Frame::SynStream { stream, end, headers } => {
                if !theirs(stream) || stream <= last {
                    return Err(invalid("a stream number that is not the next"));
                }
                last = stream;
                open_theirs(stream, end, headers, &streams, &orders, &accepting).await?;
            }
            Frame::SynReply { stream, end } => {
                let opened = streams.lock().opening.remove(&stream);
                if let Some((opened, reply)) = opened
                    && reply.send(opened).is_err()
                {
                    tracing::trace!("nobody waits for a stream any more");
                }
                if end == End::Yes {
                    streams.lock().inbound.remove(&stream);
                }
            }
            Frame::Reset { stream } => {
                let mut streams = streams.lock();
                streams.inbound.remove(&stream);
                streams.opening.remove(&stream);
            }
            // Ours come back; theirs are sent back.
            Frame::Ping { id } if theirs(id) => order(&orders, Order::Frame(Frame::Ping { id })).await,
            Frame::Data { stream, end, len } => {
                let sender = streams.lock().inbound.get(&stream).cloned();
                read_data(&mut io, len, sender).await?;
                if end == End::Yes {
                    streams.lock().inbound.remove(&stream);
                }
            }
            Frame::GoAway { .. } | Frame::Ping { .. } | Frame::Other => {}
        }
    }
    Ok(())
}

/// Takes a stream that the other side opens.
async fn open_theirs(
    id: u32,
    end: End,
    headers: Headers,
    streams: &Mutex<Streams>,
    orders: &mpsc::WeakSender<Order>,
    accepting: &mpsc::Sender<Stream>,
) -> io::Result<()> {
    if streams.lock().inbound.len() >= MAX_STREAMS {
        order(orders, Order::Frame(Frame::Reset { stream: id })).await;
        return Ok(());
    }
    let (sender, reader) = pipe::inbound();
    let (writer, outgoing) = pipe::outbound(id);
    if end == End::No {
        streams.lock().inbound.insert(id, sender);
    }
    // In this order: data must not precede the reply.
    order(orders, Order::Frame(Frame::SynReply { stream: id, end: End::No })).await;
    order(orders, Order::Attach(outgoing)).await;
    if accepting.send(Stream { headers, reader, writer }).await.is_err() {
        tracing::trace!("a stream was opened on a connection that is closing");
    }
    Ok(())
}

/// Reads the payload of a data frame piece by piece; without a reader it is thrown away.
async fn read_data(io: &mut ReadHalf<Io>, len: usize, sender: Option<mpsc::Sender<Bytes>>) -> io::Result<()> {
    let mut left = len;
    while left > 0 {
        let mut piece = BytesMut::zeroed(left.min(PIECE_BYTES));
        io.read_exact(&mut piece).await?;
        left -= piece.len();
        if let Some(sender) = &sender
            && sender.send(piece.freeze()).await.is_err()
        {
            tracing::trace!("data of a stream that nobody reads");
        }
    }
    Ok(())
}

async fn order(orders: &mpsc::WeakSender<Order>, order: Order) {
    if let Some(orders) = orders.upgrade()
        && orders.send(order).await.is_err()
    {
        tracing::trace!("the connection is closing");
    }
}

async fn write_frames(
    mut io: WriteHalf<Io>,
    role: Role,
    streams: Arc<Mutex<Streams>>,
    mut orders: mpsc::Receiver<Order>,
) -> io::Result<()> {
    let mut frames = FrameWriter::new();
    let mut outgoing: SelectAll<Outgoing> = SelectAll::new();
    let mut next_id: u32 = if role == Role::Client { 1 } else { 2 };
    let mut open = true;
    while open || !outgoing.is_empty() {
        tokio::select! {
            // Both are cancel-safe: they take an item or leave it.
            order = orders.recv(), if open => match order {
                Some(Order::Frame(frame)) => io.write_all(&frames.encode(&frame)).await?,
                Some(Order::Attach(stream)) => outgoing.push(stream),
                Some(Order::Open(headers, reply)) => {
                    let (sender, reader) = pipe::inbound();
                    let (writer, stream) = pipe::outbound(next_id);
                    let frame = Frame::SynStream { stream: next_id, end: End::No, headers: headers.clone() };
                    {
                        let mut streams = streams.lock();
                        streams.inbound.insert(next_id, sender);
                        streams.opening.insert(next_id, (Stream { headers, reader, writer }, reply));
                    }
                    outgoing.push(stream);
                    next_id += 2;
                    io.write_all(&frames.encode(&frame)).await?;
                }
                None => open = false,
            },
            piece = outgoing.next(), if !outgoing.is_empty() => match piece {
                Some((stream, Some(piece))) => {
                    for piece in piece.chunks(MAX_DATA_BYTES) {
                        let head = frames.encode(&Frame::Data { stream, end: End::No, len: piece.len() });
                        io.write_all(&head).await?;
                        io.write_all(piece).await?;
                    }
                }
                Some((stream, None)) => {
                    let end = frames.encode(&Frame::Data { stream, end: End::Yes, len: 0 });
                    io.write_all(&end).await?;
                }
                // The last stream is done.
                None => {}
            },
        }
        io.flush().await?;
    }
    io.write_all(&frames.encode(&Frame::GoAway { last: 0 })).await?;
    io.shutdown().await
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, FrameError(what))
}
