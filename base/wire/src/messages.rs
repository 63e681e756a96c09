//! An answer as WebSocket messages: for clients, browsers above all, that read a stream no other way.
//!
//! Sub-protocols as upstream knows them: `binary.k8s.io` (or none), where each message holds bytes
//! as they came, and `base64.binary.k8s.io`, where it holds them in base64. An answer of lines, such
//! as the events of a watch, has a line in each message and takes whatever sub-protocol is offered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::StreamExt;
use http::HeaderMap;
use http::Request;
use http::Response;
use http::header;
use hyper::upgrade::OnUpgrade;
use supervise::Spawner;
use supervise::TaskKind;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::Body;
use crate::Error;
use crate::Io;
use crate::Result;
use crate::channels;
use crate::channels::Encoding;
use crate::upgrade;
use crate::upgrade::Asked;

const PROTOCOLS: [(&str, Encoding); 2] =
    [("binary.k8s.io", Encoding::Binary), ("base64.binary.k8s.io", Encoding::Base64)];

/// What a message of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes as they come.
    Piece,
    /// A line of text, without its end.
    Line,
}

/// An upgrade that has been agreed to.
#[derive(Debug)]
pub struct Accepted {
    handshake: Response<Body>,
    on_upgrade: OnUpgrade,
    unit: Unit,
    encoding: Encoding,
}

/// Whether a request asks for its answer as messages.
pub fn is_asked(headers: &HeaderMap) -> bool {
    upgrade::asked(headers) == Some(Asked::WebSocket)
}

/// Settles the protocol with a client that asks for its answer as messages.
///
/// # Errors
/// [`Error::NotAnUpgrade`] and [`Error::Protocol`] (answer 400), [`Error::NoCommonProtocol`] (answer
/// 403).
pub fn accept(request: &mut Request<Body>, unit: Unit) -> Result<Accepted> {
    if !is_asked(request.headers()) {
        return Err(Error::NotAnUpgrade);
    }
    let offered = upgrade::tokens(request.headers(), header::SEC_WEBSOCKET_PROTOCOL);
    let known = |name: &String| PROTOCOLS.into_iter().find(|(known, _)| known == name);
    let chosen = match (unit, offered.first()) {
        (_, None) => None,
        (Unit::Line, Some(first)) => Some((first.clone(), Encoding::Binary)),
        (Unit::Piece, Some(_)) => {
            let found = offered.iter().find_map(known);
            let (name, encoding) = found.ok_or(Error::NoCommonProtocol { offered })?;
            Some((name.to_owned(), encoding))
        }
    };
    let handshake = upgrade::accept_websocket(request, chosen.as_ref().map(|(name, _)| name.as_str()))?;
    let encoding = chosen.map_or(Encoding::Binary, |(_, encoding)| encoding);
    Ok(Accepted { handshake, on_upgrade: hyper::upgrade::on(request), unit, encoding })
}

impl Accepted {
    /// The answer to the handshake; the messages, what `body` holds, follow in a task of `kind`.
    pub fn answer(self, body: Body, spawner: &Spawner, kind: &'static TaskKind) -> Response<Body> {
        let Self { handshake, on_upgrade, unit, encoding } = self;
        spawner.spawn(kind, "", async move {
            let result = match Io::upgraded(on_upgrade).await {
                Ok(io) => send(io, body, unit, encoding).await,
                Err(error) => return tracing::debug!(%error, "no WebSocket after all"),
            };
            if let Err(error) = result {
                tracing::debug!(%error, "a reader of messages went away");
            }
        });
        handshake
    }
}

/// Sends until the body or the client ends. What the client sends, other than its end, means nothing.
async fn send(
    io: Io,
    mut body: Body,
    unit: Unit,
    encoding: Encoding,
) -> std::result::Result<(), tungstenite::Error> {
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(channels::config())).await;
    let (mut sink, mut source) = socket.split();
    let read = async { while let Some(Ok(_)) = source.next().await {} };
    let write = async {
        let mut line = Vec::new();
        while let Some(Ok(piece)) = body.next().await {
            match unit {
                Unit::Piece => sink.send(message(piece, encoding)).await?,
                Unit::Line => {
                    for text in lines(&mut line, &piece) {
                        sink.feed(Message::Text(String::from_utf8_lossy(&text).as_ref().into())).await?;
                    }
                    sink.flush().await?;
                }
            }
        }
        sink.send(channels::goodbye()).await
    };
    tokio::pin!(read);
    tokio::select! {
        () = &mut read => return Ok(()),
        written = write => written?,
    }
    // The client answers the close frame, or is not waited for.
    if tokio::time::timeout(channels::FAREWELL, read).await.is_err() {
        tracing::debug!("a reader of messages did not return the close frame");
    }
    Ok(())
}

fn message(piece: Bytes, encoding: Encoding) -> Message {
    match encoding {
        Encoding::Binary => Message::Binary(piece),
        Encoding::Base64 => Message::Text(STANDARD.encode(piece).into()),
    }
}

/// The lines that end within `piece`; `rest` keeps what has no end yet.
fn lines(rest: &mut Vec<u8>, piece: &[u8]) -> Vec<Vec<u8>> {
    let mut ended = Vec::new();
    for part in piece.split_inclusive(|byte| *byte == b'\n') {
        rest.extend_from_slice(part);
        if rest.last() == Some(&b'\n') {
            rest.pop();
            ended.push(std::mem::take(rest));
        }
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_pieces_cut() {
        let mut rest = Vec::new();
        assert_eq!(lines(&mut rest, b"a\nb"), [b"a".to_vec()]);
        assert!(lines(&mut rest, b"c").is_empty());
        assert_eq!(lines(&mut rest, b"\n\nd\n"), [b"bc".to_vec(), b"".to_vec(), b"d".to_vec()]);
        assert!(rest.is_empty());
    }
}
