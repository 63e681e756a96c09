//! Remote commands over every protocol, directly and through a relay.

use http::StatusCode;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::remote_command::Outcome;
use crate::remote_command::Streams;
use crate::remote_command::TerminalSize;
use crate::remote_command::Transport;

/// A command that echoes its input in upper case, reports sizes on its error output, and ends when
/// its input does (or, where that cannot be told, after a line `exit`).
#[derive(Clone)]
struct Command {
    spawner: Spawner,
    streams: Streams,
}

#[async_trait]
impl Handler for Command {
    async fn handle(&self, mut request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let (response, accepted) = match remote_command::accept(&mut request, self.streams) {
            Ok(accepted) => accepted,
            Err(Error::NoCommonProtocol { .. }) => return status(StatusCode::FORBIDDEN),
            Err(_) => return status(StatusCode::BAD_REQUEST),
        };
        let spawner = self.spawner.clone();
        self.spawner.spawn(&COMMAND, "", async move {
            command(accepted.open(&spawner, &COMMAND).await.unwrap()).await;
        });
        response
    }
}

fn status(status: StatusCode) -> Response<Body> {
    Response::builder().status(status).body(Body::full(status.to_string())).unwrap()
}

async fn command(mut session: remote_command::Session) {
    let mut stdout = session.stdout.take();
    if let Some(mut resizes) = session.resizes.take() {
        let size = resizes.next().await.unwrap();
        let line = format!("{}x{}\n", size.width, size.height);
        stdout.as_mut().unwrap().send(Bytes::from(line)).await.unwrap();
    }
    if let Some(stdin) = &mut session.stdin {
        let mut seen = Vec::new();
        let mut buffer = [0; 7000];
        loop {
            let count = stdin.read(&mut buffer).await.unwrap();
            if count == 0 {
                break;
            }
            seen.extend_from_slice(&buffer[..count]);
            let upper = buffer[..count].to_ascii_uppercase();
            stdout.as_mut().unwrap().write_all(&upper).await.unwrap();
            if seen.ends_with(b"exit\n") {
                break;
            }
        }
    } else if let Some(stdout) = &mut stdout {
        stdout.write_all(b"no input\n").await.unwrap();
    }
    if let Some(stderr) = &mut session.stderr {
        stderr.write_all(b"complaint\n").await.unwrap();
    }
    drop(stdout);
    let outcome =
        Outcome { status_json: r#"{"status":"Failure","code":3}"#.into(), failure: Some("exit 3".into()) };
    session.finish(&outcome).await;
}

/// Passes everything on, as the API server does.
#[derive(Clone)]
struct Relay {
    target: Client,
    spawner: Spawner,
}

#[async_trait]
impl Handler for Relay {
    async fn handle(&self, request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        relay::proxy_upgrade(request, &self.target, &self.spawner, &COMMAND)
            .await
            .unwrap_or_else(|_| status(StatusCode::BAD_GATEWAY))
    }
}

struct World {
    client: Client,
    spawner: Spawner,
    _servers: Vec<Running>,
}

/// A kubelet, and perhaps an API server before it, all over TLS.
async fn world(streams: Streams, relayed: bool) -> World {
    let tls = Tls::new();
    let commands = Supervisor::new();
    let kubelet = Running::start(Command { spawner: commands.spawner(), streams }, Some(&tls)).await;
    let mut client = kubelet.client(Some(tls.client(None)));
    let spawner = kubelet.spawner();
    let mut servers = vec![kubelet];
    if relayed {
        let api = Running::start(Relay { target: client, spawner: spawner.clone() }, Some(&tls)).await;
        client = api.client(Some(tls.client(None)));
        servers.push(api);
    }
    World { client, spawner, _servers: servers }
}

async fn connect(
    world: &World,
    streams: Streams,
    transport: Transport,
) -> Result<remote_command::ClientSession> {
    let (rng, tasks) = (Rng::from_seed(1), (&world.spawner, &CLIENT));
    within(remote_command::connect(&world.client, get("/exec?command=sh"), streams, transport, &rng, tasks))
        .await
}

const ALL: Streams = Streams { stdin: true, stdout: true, stderr: true, tty: false };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn input_output_and_outcome_over_every_way() {
    let input: Vec<u8> = (0..1_000_000).map(|number| b'a' + (number % 23) as u8).collect();
    for transport in [Transport::WebSocket, Transport::Spdy] {
        for relayed in [false, true] {
            let world = world(ALL, relayed).await;
            let mut session = connect(&world, ALL, transport).await.unwrap();
            let (mut stdin, mut stdout) = (session.stdin.take().unwrap(), session.stdout.take().unwrap());
            let mut stderr = session.stderr.take().unwrap();
            let feed = async {
                stdin.write_all(&input).await.unwrap();
                // Half-closed: the output must still come.
                stdin.end();
            };
            let (_, out, err, outcome) =
                within(async { tokio::join!(feed, stdout.to_end(), stderr.to_end(), session.outcome()) })
                    .await;
            assert!(
                out == input.to_ascii_uppercase(),
                "{transport:?} {relayed}: {} bytes came back",
                out.len()
            );
            assert_eq!(err, b"complaint\n");
            assert_eq!(outcome, br#"{"status":"Failure","code":3}"#);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_has_one_output_and_a_size() {
    let streams = Streams { tty: true, ..ALL };
    for transport in [Transport::WebSocket, Transport::Spdy] {
        let world = world(streams, true).await;
        let mut session = connect(&world, streams, transport).await.unwrap();
        assert!(session.stderr.is_none());
        session.resize(TerminalSize { width: 120, height: 40 }).await.unwrap();
        let mut stdin = session.stdin.take().unwrap();
        stdin.send(Bytes::from("exit\n")).await.unwrap();
        let out = within(session.stdout.take().unwrap().to_end()).await;
        assert_eq!(String::from_utf8(out).unwrap(), "120x40\nEXIT\n");
        assert!(within(session.outcome()).await.starts_with(b"{"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_alone_needs_no_input() {
    let streams = Streams { stdout: true, ..Streams::default() };
    for transport in [Transport::WebSocket, Transport::Spdy] {
        let world = world(streams, false).await;
        let mut session = connect(&world, streams, transport).await.unwrap();
        assert!(session.stdin.is_none() && session.stderr.is_none());
        assert_eq!(within(session.stdout.take().unwrap().to_end()).await, b"no input\n");
        assert!(!within(session.outcome()).await.is_empty());
    }
}

#[tokio::test]
async fn a_refusal_reaches_the_client_through_the_relay() {
    let world = world(ALL, true).await;
    let plain = within(world.client.upgrade(get("/exec"))).await;
    assert!(matches!(plain, Err(Error::Refused { status: StatusCode::BAD_GATEWAY, .. })), "{plain:?}");
    let mut request = get("/exec");
    let headers = request.headers_mut();
    headers.insert("connection", "Upgrade".parse().unwrap());
    headers.insert("upgrade", "SPDY/3.1".parse().unwrap());
    headers.insert("x-stream-protocol-version", "v9.channel.k8s.io".parse().unwrap());
    let refused = within(world.client.upgrade(request)).await;
    let Err(Error::Refused { status, message }) = refused else { panic!("{refused:?}") };
    assert_eq!((status, &*message), (StatusCode::FORBIDDEN, "403 Forbidden"));
}

/// Speaks an older WebSocket protocol by hand.
async fn raw_websocket(protocol: &str) -> (Vec<(u8, Vec<u8>)>, String) {
    use futures_util::SinkExt;
    use futures_util::StreamExt;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::Role;
    let world = world(ALL, false).await;
    let mut request = get("/exec");
    let headers = request.headers_mut();
    for (name, value) in [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    if !protocol.is_empty() {
        headers.insert("sec-websocket-protocol", format!("nonsense, {protocol}").parse().unwrap());
    }
    let (response, io) = within(world.client.upgrade(request)).await.unwrap();
    // The example of RFC 6455 §1.3.
    assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let agreed = response.headers().get("sec-websocket-protocol").map_or("", |value| value.to_str().unwrap());
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
    let text = protocol.contains("base64");
    let message = if text { Message::text("0ZXhpdAo=") } else { Message::binary(&b"\0exit\n"[..]) };
    socket.send(message).await.unwrap();
    let mut messages = Vec::new();
    while let Some(Ok(message)) = within(socket.next()).await {
        match message {
            Message::Binary(data) if !text => messages.push((data[0], data[1..].to_vec())),
            Message::Text(data) if text => {
                messages.push((data.as_bytes()[0] - b'0', data.as_bytes()[1..].to_vec()))
            }
            Message::Close(_) => {}
            other => panic!("{other:?}"),
        }
    }
    (messages, agreed.to_owned())
}

#[tokio::test]
async fn older_websocket_protocols_are_spoken() {
    let (messages, agreed) = raw_websocket("v4.channel.k8s.io").await;
    assert_eq!(agreed, "v4.channel.k8s.io");
    assert_eq!(messages[0], (1, vec![]), "a first empty message tells that the connection is there");
    assert!(messages.contains(&(1, b"EXIT\n".to_vec())) && messages.contains(&(2, b"complaint\n".to_vec())));
    assert_eq!(messages.last().unwrap(), &(3, br#"{"status":"Failure","code":3}"#.to_vec()));
    for protocol in ["", "channel.k8s.io"] {
        let (messages, agreed) = raw_websocket(protocol).await;
        assert_eq!(agreed, protocol);
        assert_eq!(messages.last().unwrap(), &(3, b"exit 3".to_vec()), "before v4 the outcome is words");
    }
    let (messages, agreed) = raw_websocket("v4.base64.channel.k8s.io").await;
    assert_eq!(agreed, "v4.base64.channel.k8s.io");
    assert!(messages.contains(&(1, b"RVhJVAo=".to_vec())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_notices_that_its_client_is_gone() {
    for transport in [Transport::WebSocket, Transport::Spdy] {
        let (streams, commands) = (ALL, Supervisor::new());
        let running = Running::start(Command { spawner: commands.spawner(), streams }, None).await;
        let clients = Supervisor::new();
        let endpoint = Endpoint::tcp("127.0.0.1", running.address.port(), None).unwrap();
        let client = Client::new(endpoint, ClientOptions::default(), &clients.spawner(), &CLIENT);
        let rng = Rng::from_seed(1);
        let tasks = (&clients.spawner(), &CLIENT);
        let session = within(remote_command::connect(&client, get("/"), streams, transport, &rng, tasks))
            .await
            .unwrap();
        drop(session);
        // Its input ends, it says its last words to nobody, and its task ends.
        commands.shutdown().request();
        within(commands.run()).await;
    }
}
