//! Answers as WebSocket messages, read by another implementation of the protocol.

use futures_util::StreamExt;
use http::StatusCode;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::messages::Unit;

/// Answers with two pieces, which cut a line.
#[derive(Clone)]
struct Pieces {
    spawner: Spawner,
    unit: Unit,
}

#[async_trait]
impl Handler for Pieces {
    async fn handle(&self, mut request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        match messages::accept(&mut request, self.unit) {
            Ok(accepted) => {
                let body = Body::chunks([Bytes::from("one\ntw"), Bytes::from("o\n")]);
                accepted.answer(body, &self.spawner, &COMMAND)
            }
            Err(Error::NoCommonProtocol { .. }) => {
                Response::builder().status(StatusCode::FORBIDDEN).body(Body::empty()).unwrap()
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn read(unit: Unit, protocol: &str) -> Result<Vec<Message>> {
    let supervisor = Supervisor::new();
    let running = Running::start(Pieces { spawner: supervisor.spawner(), unit }, None).await;
    let rng = Rng::from_seed(1);
    let client = running.client(None);
    let (_, io) = remote_command::websocket(&client, get("/"), &[protocol], &rng).await?;
    let socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
    let mut messages: Vec<Message> = within(socket.map(|message| message.unwrap()).collect()).await;
    assert!(matches!(messages.pop(), Some(Message::Close(Some(frame))) if u16::from(frame.code) == 1000));
    Ok(messages)
}

#[tokio::test]
async fn pieces_in_binary_and_in_base64() {
    let binary = read(Unit::Piece, "binary.k8s.io").await.unwrap();
    assert_eq!(binary, [Message::Binary("one\ntw".into()), Message::Binary("o\n".into())]);
    let text = read(Unit::Piece, "base64.binary.k8s.io").await.unwrap();
    assert_eq!(text, [Message::Text("b25lCnR3".into()), Message::Text("bwo=".into())]);
}

#[tokio::test]
async fn lines_under_any_protocol() {
    let lines = read(Unit::Line, "anything").await.unwrap();
    assert_eq!(lines, [Message::Text("one".into()), Message::Text("two".into())]);
}

#[tokio::test]
async fn an_unknown_protocol_is_refused() {
    let refused = read(Unit::Piece, "v4.channel.k8s.io").await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
}
