//! WebSocket channels: messages whose first byte says which stream they belong to.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytes::BytesMut;
use futures_util::SinkExt;
use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::Io;
use crate::pipe::Outgoing;

/// The largest message that is taken from the other side.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// In protocol v5: the message that ends a stream, followed by the stream's number.
const CLOSE_SIGNAL: u8 = 255;
/// How long the other side has to return a close frame.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Binary messages: the channel's number, then the bytes.
    Binary,
    /// Text messages: the channel's number as a digit, then the bytes in base64.
    Base64,
}

/// Whether one stream can end while others go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HalfClose {
    /// By a close signal (protocol v5).
    Signalled,
    /// Not at all.
    Unknown,
}

/// The streams of one connection.
pub(crate) struct Channels {
    pub encoding: Encoding,
    pub half_close: HalfClose,
    /// Where messages go, by channel.
    pub inbound: Vec<(u8, mpsc::Sender<Bytes>)>,
    /// Where messages come from; the id is the channel.
    pub outbound: Vec<Outgoing>,
    /// Sent before anything else.
    pub greeting: Option<(u8, Bytes)>,
}

pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
        .read_buffer_size(16 << 10)
        .write_buffer_size(0)
}

/// Carries messages until the connection ends. A server closes it once all its streams have ended;
/// a client waits for the server to do so.
pub(crate) async fn run(io: Io, role: Role, channels: Channels) {
    let Channels { encoding, half_close, inbound, outbound, greeting } = channels;
    let socket = WebSocketStream::from_raw_socket(io, role, Some(config())).await;
    let (mut sink, mut source) = socket.split();
    let read = async {
        let mut inbound = inbound;
        while let Some(Ok(message)) = source.next().await {
            let Some((channel, data)) = decode(message) else {
                continue;
            };
            if channel == CLOSE_SIGNAL && half_close == HalfClose::Signalled {
                inbound.retain(|(number, _)| Some(number) != data.first());
                continue;
            }
            let target = inbound.iter().find(|(number, _)| *number == channel);
            // Nobody reads an unknown channel, or one whose reader has gone: its data is nothing.
            if let Some((_, sender)) = target
                && !data.is_empty()
                && sender.send(data).await.is_err()
            {
                inbound.retain(|(number, _)| *number != channel);
            }
        }
    };
    let write = async {
        let mut outbound: SelectAll<Outgoing> = outbound.into_iter().collect();
        if let Some((channel, data)) = greeting {
            sink.send(encode(encoding, channel, &data)).await?;
        }
        while let Some((channel, piece)) = outbound.next().await {
            let channel = channel as u8;
            match piece {
                Some(data) => sink.send(encode(encoding, channel, &data)).await?,
                None if half_close == HalfClose::Signalled && role == Role::Client => {
                    sink.send(encode(encoding, CLOSE_SIGNAL, &[channel])).await?;
                }
                None => {}
            }
        }
        if role == Role::Server {
            return sink.send(goodbye()).await;
        }
        std::future::pending::<Result<(), tokio_tungstenite::tungstenite::Error>>().await
    };
    tokio::pin!(read);
    let written = tokio::select! {
        // Whichever ends first ends the connection; the other is not polled again here.
        () = &mut read => return,
        written = write => written,
    };
    match written {
        // The other side answers the close frame; its data until then has no reader.
        Ok(()) => {
            if tokio::time::timeout(FAREWELL, read).await.is_err() {
                tracing::debug!("a WebSocket peer did not return the close frame");
            }
        }
        Err(error) => {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "WebSocket ended while it was written to"
            );
        }
    }
}

/// A close frame that says that all is well: clients take one without a code for a failure.
pub(crate) fn goodbye() -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() }))
}

fn encode(encoding: Encoding, channel: u8, data: &[u8]) -> Message {
    match encoding {
        Encoding::Binary => {
            let mut message = BytesMut::with_capacity(data.len() + 1);
            message.extend_from_slice(&[channel]);
            message.extend_from_slice(data);
            Message::Binary(message.freeze())
        }
        Encoding::Base64 => {
            let mut message = String::with_capacity(data.len() * 4 / 3 + 5);
            message.push(char::from(b'0'.wrapping_add(channel)));
            STANDARD.encode_string(data, &mut message);
            Message::Text(message.into())
        }
    }
}

/// The channel of a message and how much data it carries.
pub(crate) fn read_message(text: bool, bytes: &[u8]) -> Option<(u8, usize)> {
    let message = match text {
        true => Message::Text(std::str::from_utf8(bytes).ok()?.into()),
        false => Message::Binary(Bytes::copy_from_slice(bytes)),
    };
    decode(message).map(|(channel, data)| (channel, data.len()))
}

/// The channel and data of a message: text is base64, whatever was agreed on. `None` for control
/// frames and for what is neither.
fn decode(message: Message) -> Option<(u8, Bytes)> {
    match message {
        Message::Binary(mut data) => {
            let channel = *data.first()?;
            let data = data.split_off(1);
            Some((channel, data))
        }
        Message::Text(text) => {
            let (channel, data) = text.as_str().split_at_checked(1)?;
            let channel = channel.as_bytes()[0].checked_sub(b'0')?;
            Some((channel, STANDARD.decode(data).ok()?.into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_what_it_wrote(channel in 0u8..9, data in prop::collection::vec(any::<u8>(), 0..100)) {
            for encoding in [Encoding::Binary, Encoding::Base64] {
                let message = encode(encoding, channel, &data);
                prop_assert_eq!(decode(message), Some((channel, Bytes::from(data.clone()))));
            }
        }

        #[test]
        fn never_panics_on_text(text in ".{0,20}") {
            decode(Message::Text(text.into()));
        }
    }
}
