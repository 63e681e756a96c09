//! Bytes tunnelled in the binary messages of a WebSocket.

use bytes::BytesMut;
use futures_util::SinkExt;
use futures_util::StreamExt;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;
use tokio::io::ReadHalf;
use tokio::io::WriteHalf;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::Io;
use crate::channels;

/// How much waits inside the process in each direction.
const BUFFER_BYTES: usize = 64 << 10;

type Socket = WebSocketStream<Io>;

/// The stream of bytes inside the WebSocket; a task of `kind` carries it.
pub(super) async fn open(io: Io, role: Role, spawner: &Spawner, kind: &'static TaskKind) -> Io {
    let socket = WebSocketStream::from_raw_socket(io, role, Some(channels::config())).await;
    let (near, far) = tokio::io::duplex(BUFFER_BYTES);
    spawner.spawn(kind, "", async move {
        let (sink, source) = socket.split();
        let (read, write) = tokio::io::split(far);
        let unpacking = unpack(source, write);
        tokio::pin!(unpacking);
        let ended = tokio::select! {
            ended = &mut unpacking => ended,
            ended = pack(read, sink) => match ended {
                // The other side answers the close frame; closing before would reset the connection.
                Ok(()) => tokio::time::timeout(channels::FAREWELL, unpacking).await.unwrap_or(Ok(())),
                failed => failed,
            },
        };
        if let Err(error) = ended {
            tracing::debug!(error = &*error, "WebSocket tunnel ended");
        }
    });
    Io::new(near)
}

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn unpack(
    mut source: futures_util::stream::SplitStream<Socket>,
    mut write: WriteHalf<DuplexStream>,
) -> Result<(), Error> {
    while let Some(message) = source.next().await {
        match message? {
            Message::Binary(data) => write.write_all(&data).await?,
            Message::Close(_) => break,
            _ => {}
        }
    }
    Ok(write.shutdown().await?)
}

async fn pack(
    mut read: ReadHalf<DuplexStream>,
    mut sink: futures_util::stream::SplitSink<Socket, Message>,
) -> Result<(), Error> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(32 << 10);
        if read.read_buf(&mut buffer).await? == 0 {
            return Ok(sink.send(channels::goodbye()).await?);
        }
        sink.send(Message::Binary(buffer.split().freeze())).await?;
    }
}
