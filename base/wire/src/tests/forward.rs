//! Port-forward over every protocol.

use futures_util::SinkExt;
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::remote_command::Transport;

/// Connections to even ports are echoed behind the port's number; odd ports are refused.
#[derive(Clone)]
struct Ports {
    spawner: Spawner,
    query: Vec<u16>,
}

#[async_trait]
impl Handler for Ports {
    async fn handle(&self, mut request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let (response, accepted) = port_forward::accept(&mut request, &self.query).unwrap();
        let spawner = self.spawner.clone();
        self.spawner.spawn(&COMMAND, "", async move {
            let mut session = accepted.open(&spawner, &COMMAND).await.unwrap();
            while let Some(forwarded) = session.next().await {
                spawner.spawn(&COMMAND, "", connection(forwarded));
            }
        });
        response
    }
}

async fn connection(mut forwarded: port_forward::Forwarded) {
    if forwarded.port % 2 == 1 {
        forwarded.error.send(Bytes::from(format!("connection to {} refused", forwarded.port))).await.unwrap();
        return;
    }
    forwarded.error.end();
    forwarded.writer.send(Bytes::from(format!("{} ", forwarded.port))).await.unwrap();
    while let Some(piece) = forwarded.reader.next().await {
        if forwarded.writer.send(piece).await.is_err() {
            return;
        }
    }
}

async fn start(query: Vec<u16>) -> (Running, Supervisor, Client) {
    let (tls, commands) = (Tls::new(), Supervisor::new());
    let running = Running::start(Ports { spawner: commands.spawner(), query }, Some(&tls)).await;
    let client = running.client(Some(tls.client(None)));
    (running, commands, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_share_a_session() {
    for transport in [Transport::Spdy, Transport::WebSocket] {
        let (running, _commands, client) = start(vec![]).await;
        let spawner = running.spawner();
        let (rng, tasks) = (Rng::from_seed(1), (&spawner, &CLIENT));
        let connected = port_forward::connect(&client, get("/portforward"), transport, &rng, tasks);
        let mut session = within(connected).await.unwrap();
        let mut refused = within(session.open(8081)).await.unwrap();
        assert_eq!(within(refused.error.to_end()).await, b"connection to 8081 refused");
        assert_eq!(within(refused.reader.to_end()).await, b"");
        let mut connections = Vec::new();
        for port in [80, 8080, 80, 8082] {
            connections.push((port, within(session.open(port)).await.unwrap()));
        }
        let data: Vec<u8> = (0..300_000u32).map(|number| (number / 7) as u8).collect();
        let exchanges = connections.into_iter().map(|(port, mut connection)| {
            let data = &data;
            async move {
                let feed = async {
                    connection.writer.write_all(data).await.unwrap();
                    connection.writer.end();
                };
                let (_, answer, error) =
                    tokio::join!(feed, connection.reader.to_end(), connection.error.to_end());
                assert!(answer == [format!("{port} ").as_bytes(), data].concat(), "{transport:?} {port}");
                assert_eq!(error, b"");
            }
        });
        within(futures_util::future::join_all(exchanges)).await;
    }
}

#[tokio::test]
async fn the_old_channels_carry_ports_of_the_query() {
    let (_running, _commands, client) = start(vec![80, 81]).await;
    let rng = Rng::from_seed(1);
    let (_, io) = within(remote_command::websocket(
        &client,
        get("/portforward?ports=80,81"),
        &["v4.channel.k8s.io"],
        &rng,
    ))
    .await
    .unwrap();
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
    socket.send(Message::binary(&b"\0hello"[..])).await.unwrap();
    let mut channels = [const { Vec::new() }; 4];
    while channels[0].len() < 10 || channels[3].len() < 26 {
        let message = within(socket.next()).await.unwrap().unwrap().into_data();
        channels[usize::from(message[0])].extend_from_slice(&message[1..]);
    }
    assert_eq!(channels[0], b"\x50\x0080 hello");
    assert_eq!((&channels[1][..], &channels[2][..]), (&b"\x50\0"[..], &b"\x51\0"[..]));
    assert_eq!(channels[3], b"\x51\0connection to 81 refused"[..]);
}

#[tokio::test]
async fn an_io_is_any_stream() {
    let (near, mut far) = tokio::io::duplex(10);
    let mut io = Io::new(near);
    io.write_all(b"abc").await.unwrap();
    let mut buffer = [0; 3];
    far.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"abc");
}
