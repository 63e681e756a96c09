//! The side that asked for the command.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::header;
use stdx::Rng;
use supervise::Spawner;
use supervise::TaskKind;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::ERROR;
use super::RESIZE;
use super::SPDY;
use super::STDERR;
use super::STDIN;
use super::STDOUT;
use super::Streams;
use super::TerminalSize;
use super::Version;
use super::WEBSOCKET;
use crate::Body;
use crate::ByteReader;
use crate::ByteWriter;
use crate::Client;
use crate::Error;
use crate::Io;
use crate::Result;
use crate::channels;
use crate::channels::Channels;
use crate::channels::Encoding;
use crate::pipe;
use crate::spdy;
use crate::spdy::Headers;
use crate::upgrade;

/// How to carry the streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// WebSocket, protocol v5 or v4: what to use.
    WebSocket,
    /// SPDY/3.1: for servers that know nothing else.
    Spdy,
}

/// A remote command as its client sees it.
pub struct ClientSession {
    /// Input; end it to give the command an end of file (which before protocol v5 the WebSocket
    /// cannot carry).
    pub stdin: Option<ByteWriter>,
    /// Output.
    pub stdout: Option<ByteReader>,
    /// Error output.
    pub stderr: Option<ByteReader>,
    resize: Option<ByteWriter>,
    error: ByteReader,
    /// Held so that the connection stays open, and the directions of its streams that only the
    /// server uses.
    _connection: Option<(spdy::Connection, Vec<ByteWriter>)>,
}

/// Asks for a remote command; `request` names method, path, query and credentials.
///
/// # Errors
/// [`Error::Refused`] with the server's words, [`Error::Protocol`] if it agrees to something else,
/// as [`Client::upgrade`] otherwise.
pub async fn connect(
    client: &Client,
    mut request: Request<Body>,
    streams: Streams,
    transport: Transport,
    rng: &Rng,
    (spawner, kind): (&Spawner, &'static TaskKind),
) -> Result<ClientSession> {
    let streams = Streams { stderr: streams.stderr && !streams.tty, ..streams };
    match transport {
        Transport::WebSocket => {
            let protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
            let (agreed, io) = websocket(client, request, &protocols, rng).await?;
            let known = WEBSOCKET.into_iter().find(|(name, ..)| *name == agreed);
            let (_, version, encoding) = known.ok_or(Error::NoCommonProtocol { offered: vec![agreed] })?;
            Ok(open_websocket(io, version, encoding, streams, spawner, kind))
        }
        Transport::Spdy => {
            let headers = request.headers_mut();
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("SPDY/3.1"));
            for (name, _) in SPDY {
                headers.append(upgrade::STREAM_PROTOCOL, HeaderValue::from_static(name));
            }
            let (response, io) = client.upgrade(request).await?;
            let agreed = upgrade::tokens(response.headers(), upgrade::STREAM_PROTOCOL);
            let known = |name: &String| SPDY.into_iter().find(|(known, _)| known == name);
            let version = agreed.iter().find_map(known).map_or(Version::V1, |(_, version)| version);
            let connection = spdy::Connection::start(io, spdy::Role::Client, spawner, kind);
            open_spdy(connection, version, streams).await
        }
    }
}

impl ClientSession {
    /// Tells the command the size of the terminal; nothing happens if it has none.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn resize(&mut self, size: TerminalSize) -> std::io::Result<()> {
        let Some(resize) = &mut self.resize else {
            return Ok(());
        };
        let mut message = serde_json::to_vec(&size).expect("two numbers always serialise");
        message.push(b'\n');
        resize.send(message.into()).await
    }

    /// Waits for the outcome: a `metav1.Status` in JSON (before protocol v4 words, and nothing for
    /// success). Empty if the connection broke before.
    pub async fn outcome(&mut self) -> Vec<u8> {
        self.error.to_end().await
    }
}

/// Opens a WebSocket; gives the sub-protocol that was agreed on.
pub(crate) async fn websocket(
    client: &Client,
    mut request: Request<Body>,
    protocols: &[&str],
    rng: &Rng,
) -> Result<(String, Io)> {
    let mut nonce = [0; 16];
    rng.fill(&mut nonce);
    let key = STANDARD.encode(nonce);
    let headers = request.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(header::SEC_WEBSOCKET_KEY, upgrade::value(&key));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, upgrade::value(&protocols.join(", ")));
    let (response, io) = client.upgrade(request).await?;
    let answer = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if answer.is_none_or(|answer| answer.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(Error::Protocol("the server does not speak WebSocket".into()));
    }
    let agreed = agreed_protocol(&response);
    match protocols.contains(&agreed.as_str()) {
        true => Ok((agreed, io)),
        false => Err(Error::Protocol(format!("the server chose {agreed:?}, which was not offered"))),
    }
}

fn agreed_protocol(response: &Response<()>) -> String {
    upgrade::tokens(response.headers(), header::SEC_WEBSOCKET_PROTOCOL).into_iter().next().unwrap_or_default()
}

fn open_websocket(
    io: Io,
    version: Version,
    encoding: Encoding,
    streams: Streams,
    spawner: &Spawner,
    kind: &'static TaskKind,
) -> ClientSession {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    let mut reader = |channel: u8| {
        let (sender, reader) = pipe::inbound();
        inbound.push((channel, sender));
        reader
    };
    let stdout = streams.stdout.then(|| reader(STDOUT));
    let stderr = streams.stderr.then(|| reader(STDERR));
    let error = reader(ERROR);
    let mut writer = |channel: u8, wanted: bool| {
        wanted.then(|| {
            let (writer, outgoing) = pipe::outbound(u32::from(channel));
            outbound.push(outgoing);
            writer
        })
    };
    let stdin = writer(STDIN, streams.stdin);
    let resize = writer(RESIZE, streams.tty);
    let half_close = version.half_close();
    let channels = Channels { encoding, half_close, inbound, outbound, greeting: None };
    spawner.spawn(kind, "", channels::run(io, Role::Client, channels));
    ClientSession { stdin, stdout, stderr, resize, error, _connection: None }
}

async fn open_spdy(
    connection: spdy::Connection,
    version: Version,
    streams: Streams,
) -> Result<ClientSession> {
    // The error stream first: version 1 servers know it by that.
    let open = async |name: &str| connection.open(Headers::new(&[("streamType", name)])).await;
    let mut error = open("error").await?;
    error.writer.end();
    let mut session = ClientSession {
        stdin: None,
        stdout: None,
        stderr: None,
        resize: None,
        error: error.reader,
        _connection: None,
    };
    if streams.stdin {
        session.stdin = Some(open("stdin").await?.writer);
    }
    let mut unused = Vec::new();
    let mut read = |stream: spdy::Stream| {
        unused.push(stream.writer);
        stream.reader
    };
    if streams.stdout {
        session.stdout = Some(read(open("stdout").await?));
    }
    if streams.stderr {
        session.stderr = Some(read(open("stderr").await?));
    }
    if streams.tty && version >= Version::V3 {
        session.resize = Some(open("resize").await?.writer);
    }
    session._connection = Some((connection, unused));
    Ok(session)
}

impl std::fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSession").field("stdin", &self.stdin).finish_non_exhaustive()
    }
}
