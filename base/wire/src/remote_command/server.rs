//! The side that runs the command.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::Response;
use http::header;
use hyper::upgrade::OnUpgrade;
use supervise::Spawner;
use supervise::TaskKind;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::ERROR;
use super::Outcome;
use super::RESIZE;
use super::Resizes;
use super::SPDY;
use super::STDERR;
use super::STDIN;
use super::STDOUT;
use super::Streams;
use super::Version;
use super::WEBSOCKET;
use crate::Body;
use crate::ByteReader;
use crate::ByteWriter;
use crate::Error;
use crate::Io;
use crate::Result;
use crate::channels;
use crate::channels::Channels;
use crate::channels::Encoding;
use crate::pipe;
use crate::spdy;
use crate::upgrade;
use crate::upgrade::Asked;

/// How long a SPDY client may take to open its streams (as upstream).
const STREAMS_TIMEOUT: Duration = Duration::from_secs(30);

/// An upgrade that has been agreed to: send the response, then open the session.
#[derive(Debug)]
pub struct Accepted {
    on_upgrade: OnUpgrade,
    protocol: Protocol,
    streams: Streams,
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    WebSocket(Version, Encoding),
    Spdy(Version),
}

/// A remote command as the side that runs it sees it. Drop the writers (or end them) when the
/// command's output is at its end, then call [`Session::finish`].
#[derive(Debug)]
pub struct Session {
    /// Input; ends when the client ends it (or goes away).
    pub stdin: Option<ByteReader>,
    /// Output. Writing fails when the client has gone.
    pub stdout: Option<ByteWriter>,
    /// Error output.
    pub stderr: Option<ByteWriter>,
    /// New sizes of the terminal.
    pub resizes: Option<Resizes>,
    error: ByteWriter,
    version: Version,
    /// The unused directions of streams. Ended early, that of the input would tell SPDY clients to
    /// send no more.
    unused: Vec<ByteWriter>,
    end: End,
}

#[derive(Debug)]
enum End {
    WebSocket(oneshot::Receiver<()>),
    Spdy(SpdyEnd),
}

struct SpdyEnd(spdy::Connection);

impl std::fmt::Debug for SpdyEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpdyEnd")
    }
}

/// Settles the protocol with a client that asks for a remote command with these streams. Send the
/// response; the connection is there once it is out.
///
/// # Errors
/// [`Error::NotAnUpgrade`] (answer 400), [`Error::NoCommonProtocol`] (answer 403, as upstream),
/// [`Error::Protocol`] (answer 400).
pub fn accept(request: &mut Request<Body>, streams: Streams) -> Result<(Response<Body>, Accepted)> {
    let (response, protocol) = match upgrade::asked(request.headers()).ok_or(Error::NotAnUpgrade)? {
        Asked::WebSocket => {
            let offered = upgrade::tokens(request.headers(), header::SEC_WEBSOCKET_PROTOCOL);
            let known = |name: &str| WEBSOCKET.into_iter().find(|(known, ..)| *known == name);
            let chosen = match offered.is_empty() {
                true => known(""),
                false => offered.iter().find_map(|name| known(name)),
            };
            let (name, version, encoding) = chosen.ok_or(Error::NoCommonProtocol { offered })?;
            let response = upgrade::accept_websocket(request, (!name.is_empty()).then_some(name))?;
            (response, Protocol::WebSocket(version, encoding))
        }
        Asked::Spdy => {
            let offered = upgrade::tokens(request.headers(), upgrade::STREAM_PROTOCOL);
            if offered.is_empty() {
                (upgrade::accept_spdy(None), Protocol::Spdy(Version::V1))
            } else {
                let known = |name: &String| SPDY.into_iter().find(|(known, _)| known == name);
                let (name, version) =
                    offered.iter().find_map(known).ok_or(Error::NoCommonProtocol { offered })?;
                (upgrade::accept_spdy(Some(name)), Protocol::Spdy(version))
            }
        }
    };
    // A terminal has one output.
    let streams = Streams { stderr: streams.stderr && !streams.tty, ..streams };
    Ok((response, Accepted { on_upgrade: hyper::upgrade::on(request), protocol, streams }))
}

impl Accepted {
    /// Waits for the connection and the client's streams. The connection is a task of `kind`.
    ///
    /// # Errors
    /// [`Error::Upgraded`] if the client went away, [`Error::Protocol`] if it did not open the
    /// streams it asked for in time.
    pub async fn open(self, spawner: &Spawner, kind: &'static TaskKind) -> Result<Session> {
        let io = Io::upgraded(self.on_upgrade).await?;
        match self.protocol {
            Protocol::WebSocket(version, encoding) => {
                Ok(open_websocket(io, version, encoding, self.streams, spawner, kind))
            }
            Protocol::Spdy(version) => {
                let connection = spdy::Connection::start(io, spdy::Role::Server, spawner, kind);
                let opened =
                    tokio::time::timeout(STREAMS_TIMEOUT, open_spdy(connection, version, self.streams)).await;
                opened.unwrap_or_else(|_| {
                    Err(Error::Protocol("the client did not open its streams in time".into()))
                })
            }
        }
    }
}

impl Session {
    /// Tells the client how the command ended, and closes the connection once everything is
    /// delivered or the client has gone.
    pub async fn finish(self, outcome: &Outcome) {
        let Self { stdin, stdout, stderr, resizes, mut error, version, unused, end } = self;
        drop((stdin, stdout, stderr, resizes, unused));
        if let Some(payload) = version.payload(outcome)
            && error.send(Bytes::from(payload)).await.is_err()
        {
            tracing::debug!("the client of a remote command was gone before its outcome");
        }
        drop(error);
        match end {
            // Its only end is being dropped.
            End::WebSocket(ended) => ended.await.unwrap_or_default(),
            End::Spdy(SpdyEnd(connection)) => connection.close().await,
        }
    }
}

fn open_websocket(
    io: Io,
    version: Version,
    encoding: Encoding,
    streams: Streams,
    spawner: &Spawner,
    kind: &'static TaskKind,
) -> Session {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    let mut reader = |channel: u8, wanted: bool| {
        wanted.then(|| {
            let (sender, reader) = pipe::inbound();
            inbound.push((channel, sender));
            reader
        })
    };
    let stdin = reader(STDIN, streams.stdin);
    let resizes = reader(RESIZE, streams.tty && version >= Version::V4).map(Resizes::new);
    let mut writer = |channel: u8| {
        let (writer, outgoing) = pipe::outbound(u32::from(channel));
        outbound.push(outgoing);
        writer
    };
    let stdout = streams.stdout.then(|| writer(STDOUT));
    let stderr = streams.stderr.then(|| writer(STDERR));
    let error = writer(ERROR);
    // An empty message on the first channel that is written tells the client that it is connected.
    let first = if streams.stdout {
        STDOUT
    } else if streams.stderr {
        STDERR
    } else {
        ERROR
    };
    let half_close = version.half_close();
    let channels =
        Channels { encoding, half_close, inbound, outbound, greeting: Some((first, Bytes::new())) };
    let (end, ended) = oneshot::channel::<()>();
    spawner.spawn(kind, "", async move {
        channels::run(io, Role::Server, channels).await;
        drop(end);
    });
    Session { stdin, stdout, stderr, resizes, error, version, unused: Vec::new(), end: End::WebSocket(ended) }
}

async fn open_spdy(mut connection: spdy::Connection, version: Version, streams: Streams) -> Result<Session> {
    let (mut stdin, mut stdout, mut stderr, mut error, mut resizes) = (None, None, None, None, None);
    let wants_resizes = streams.tty && version >= Version::V3;
    let mut unused = Vec::new();
    loop {
        if let Some(error) = error.take_if(|_| {
            stdin.is_some() == streams.stdin
                && stdout.is_some() == streams.stdout
                && stderr.is_some() == streams.stderr
                && resizes.is_some() == wants_resizes
        }) {
            let end = End::Spdy(SpdyEnd(connection));
            return Ok(Session { stdin, stdout, stderr, resizes, error, version, unused, end });
        }
        let gone = || Error::Protocol("the client closed before it had opened its streams".into());
        let stream = connection.accept().await.ok_or_else(gone)?;
        match stream.headers.get("streamType") {
            Some("stdin") if streams.stdin => {
                stdin = Some(stream.reader);
                unused.push(stream.writer);
            }
            Some("stdout") if streams.stdout => stdout = Some(stream.writer),
            Some("stderr") if streams.stderr => stderr = Some(stream.writer),
            Some("resize") if wants_resizes => {
                resizes = Some(Resizes::new(stream.reader));
                unused.push(stream.writer);
            }
            Some("error") => error = Some(stream.writer),
            other => return Err(Error::Protocol(format!("a stream of unexpected type {other:?}"))),
        }
    }
}
