//! Port-forward: connections to ports, each a pair of streams (data and error), over an upgraded
//! connection.
//!
//! SPDY/3.1 with `X-Stream-Protocol-Version: portforward.k8s.io`; the same tunnelled in a WebSocket
//! (sub-protocol `SPDY/3.1+portforward.k8s.io`, KEP-4006, which kubectl prefers since 1.30); and the
//! older WebSocket channels (`v4.channel.k8s.io`), two for each port named in the query.

mod tunnel;

use std::collections::HashMap;
use std::collections::VecDeque;

use bytes::Bytes;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::header;
use hyper::upgrade::OnUpgrade;
use stdx::Rng;
use supervise::Spawner;
use supervise::TaskKind;
use tokio_tungstenite::tungstenite::protocol::Role;

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
use crate::channels::HalfClose;
use crate::pipe;
use crate::remote_command;
use crate::spdy;
use crate::spdy::Headers;
use crate::upgrade;
use crate::upgrade::Asked;

const PROTOCOL: &str = "portforward.k8s.io";
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
const CHANNELS: [(&str, Encoding); 2] =
    [("v4.channel.k8s.io", Encoding::Binary), ("v4.base64.channel.k8s.io", Encoding::Base64)];
/// The most pairs of which one stream has come and the other has not.
const MAX_HALVES: usize = 64;

/// An upgrade that has been agreed to: send the response, then open the session.
#[derive(Debug)]
pub struct Accepted {
    on_upgrade: OnUpgrade,
    protocol: Protocol,
}

#[derive(Debug)]
enum Protocol {
    Spdy,
    Tunnel,
    Channels(Encoding, Vec<u16>),
}

/// Connections that the client asks for, as the side that makes them sees it.
pub struct Session {
    source: Source,
}

enum Source {
    Spdy { connection: spdy::Connection, halves: HashMap<String, spdy::Stream> },
    Channels(VecDeque<Forwarded>),
}

/// One connection to a port.
#[derive(Debug)]
pub struct Forwarded {
    /// The port.
    pub port: u16,
    /// What the client sends.
    pub reader: ByteReader,
    /// What goes to the client.
    pub writer: ByteWriter,
    /// What went wrong, in words; end it without a word if nothing did.
    pub error: ByteWriter,
}

/// Settles the protocol with a client that asks for port-forward. `ports` are those in the query,
/// which only the old WebSocket protocol uses.
///
/// # Errors
/// [`Error::NotAnUpgrade`] (answer 400), [`Error::NoCommonProtocol`] (answer 403),
/// [`Error::Protocol`] (answer 400).
pub fn accept(request: &mut Request<Body>, ports: &[u16]) -> Result<(Response<Body>, Accepted)> {
    let (response, protocol) = match upgrade::asked(request.headers()).ok_or(Error::NotAnUpgrade)? {
        Asked::Spdy => {
            let offered = upgrade::tokens(request.headers(), upgrade::STREAM_PROTOCOL);
            if !offered.is_empty() && !offered.iter().any(|name| name == PROTOCOL) {
                return Err(Error::NoCommonProtocol { offered });
            }
            (upgrade::accept_spdy(Some(PROTOCOL)), Protocol::Spdy)
        }
        Asked::WebSocket => {
            let offered = upgrade::tokens(request.headers(), header::SEC_WEBSOCKET_PROTOCOL);
            let chosen = offered.iter().find_map(|name| {
                if name == TUNNEL {
                    return Some((TUNNEL, Protocol::Tunnel));
                }
                let (name, encoding) = CHANNELS.into_iter().find(|(known, _)| known == name)?;
                Some((name, Protocol::Channels(encoding, ports.to_vec())))
            });
            let (name, protocol) = chosen.ok_or(Error::NoCommonProtocol { offered })?;
            if matches!(&protocol, Protocol::Channels(_, ports) if ports.is_empty() || ports.len() > 64) {
                return Err(Error::Protocol("1 to 64 ports are expected in the query".into()));
            }
            (upgrade::accept_websocket(request, Some(name))?, protocol)
        }
    };
    Ok((response, Accepted { on_upgrade: hyper::upgrade::on(request), protocol }))
}

impl Accepted {
    /// Waits for the connection, which is a task of `kind`.
    ///
    /// # Errors
    /// [`Error::Upgraded`] if the client went away.
    pub async fn open(self, spawner: &Spawner, kind: &'static TaskKind) -> Result<Session> {
        let io = Io::upgraded(self.on_upgrade).await?;
        let source = match self.protocol {
            Protocol::Spdy => Source::spdy(io, spawner, kind),
            Protocol::Tunnel => {
                Source::spdy(tunnel::open(io, Role::Server, spawner, kind).await, spawner, kind)
            }
            Protocol::Channels(encoding, ports) => Source::channels(io, encoding, &ports, spawner, kind),
        };
        Ok(Session { source })
    }
}

impl Session {
    /// The next connection that the client asks for; `None` once it has gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Forwarded> {
        match &mut self.source {
            Source::Channels(ready) => ready.pop_front(),
            Source::Spdy { connection, halves } => loop {
                let stream = connection.accept().await?;
                if let Some(forwarded) = pair(halves, stream) {
                    return Some(forwarded);
                }
            },
        }
    }
}

/// Puts a stream to the other of its request; what is not one of a pair is dropped.
fn pair(halves: &mut HashMap<String, spdy::Stream>, stream: spdy::Stream) -> Option<Forwarded> {
    let port = stream.headers.get("port")?.parse().ok()?;
    // Without a request id the two streams of a port belong together (kubectl before 1.2).
    let request = stream.headers.get("requestID").map_or_else(|| format!("port {port}"), str::to_owned);
    let Some(other) = halves.remove(&request) else {
        if halves.len() < MAX_HALVES {
            halves.insert(request, stream);
        }
        return None;
    };
    let kind = |stream: &spdy::Stream| stream.headers.get("streamType").map(str::to_owned);
    let (data, error) = match (kind(&stream).as_deref(), kind(&other).as_deref()) {
        (Some("data"), Some("error")) => (stream, other),
        (Some("error"), Some("data")) => (other, stream),
        _ => return None,
    };
    Some(Forwarded { port, reader: data.reader, writer: data.writer, error: error.writer })
}

impl Source {
    fn spdy(io: Io, spawner: &Spawner, kind: &'static TaskKind) -> Self {
        let connection = spdy::Connection::start(io, spdy::Role::Server, spawner, kind);
        Source::Spdy { connection, halves: HashMap::new() }
    }

    /// Two channels for each port; the first message on each is the port, in little-endian.
    fn channels(
        io: Io,
        encoding: Encoding,
        ports: &[u16],
        spawner: &Spawner,
        kind: &'static TaskKind,
    ) -> Self {
        let (mut inbound, mut outbound, mut ready) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut greetings = Vec::new();
        for (index, &port) in ports.iter().enumerate() {
            let channel = 2 * index as u8;
            let (sender, reader) = pipe::inbound();
            inbound.push((channel, sender));
            let (writer, data) = pipe::outbound(u32::from(channel));
            let (error, errors) = pipe::outbound(u32::from(channel) + 1);
            outbound.extend([data, errors]);
            greetings.push((writer, error, reader, port));
        }
        let half_close = HalfClose::Unknown;
        let channels = Channels { encoding, half_close, inbound, outbound, greeting: None };
        spawner.spawn(kind, "", channels::run(io, Role::Server, channels));
        for (mut writer, mut error, reader, port) in greetings {
            // The pipes are empty and have room.
            for writer in [&mut writer, &mut error] {
                writer.greet(Bytes::copy_from_slice(&port.to_le_bytes()));
            }
            ready.push_back(Forwarded { port, reader, writer, error });
        }
        Source::Channels(ready)
    }
}

/// Port-forward as its client sees it.
pub struct ClientSession {
    connection: spdy::Connection,
    next_request: u32,
}

/// One connection as its client sees it.
#[derive(Debug)]
pub struct ClientConnection {
    /// What the port sends.
    pub reader: ByteReader,
    /// What goes to the port.
    pub writer: ByteWriter,
    /// What went wrong, in words.
    pub error: ByteReader,
}

/// Asks for port-forward; `request` names path, query and credentials.
///
/// # Errors
/// As [`remote_command::connect`].
pub async fn connect(
    client: &Client,
    mut request: Request<Body>,
    transport: remote_command::Transport,
    rng: &Rng,
    (spawner, kind): (&Spawner, &'static TaskKind),
) -> Result<ClientSession> {
    let io = match transport {
        remote_command::Transport::WebSocket => {
            let (_, io) = remote_command::websocket(client, request, &[TUNNEL], rng).await?;
            tunnel::open(io, Role::Client, spawner, kind).await
        }
        remote_command::Transport::Spdy => {
            let headers = request.headers_mut();
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("SPDY/3.1"));
            headers.insert(upgrade::STREAM_PROTOCOL, HeaderValue::from_static(PROTOCOL));
            client.upgrade(request).await?.1
        }
    };
    let connection = spdy::Connection::start(io, spdy::Role::Client, spawner, kind);
    Ok(ClientSession { connection, next_request: 0 })
}

impl ClientSession {
    /// Connects to a port.
    ///
    /// # Errors
    /// [`Error::Upgraded`] if the session is gone.
    pub async fn open(&mut self, port: u16) -> Result<ClientConnection> {
        let (port, request) = (port.to_string(), self.next_request.to_string());
        self.next_request += 1;
        let headers =
            |kind: &str| Headers::new(&[("streamType", kind), ("port", &port), ("requestID", &request)]);
        let mut error = self.connection.open(headers("error")).await?;
        // The client has nothing to say on it.
        error.writer.end();
        let data = self.connection.open(headers("data")).await?;
        Ok(ClientConnection { reader: data.reader, writer: data.writer, error: error.reader })
    }
}
