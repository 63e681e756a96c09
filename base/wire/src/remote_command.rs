//! Remote commands (exec and attach): standard streams, resizing and the outcome over an upgraded
//! connection, whichever of the protocols the client speaks.
//!
//! WebSocket sub-protocols `v5.channel.k8s.io`, `v4.channel.k8s.io`, `channel.k8s.io` and their
//! base64 forms (streams are channels, numbered), and SPDY/3.1 with `X-Stream-Protocol-Version`
//! `v4.channel.k8s.io` to `channel.k8s.io` (streams are streams, named by `streamType`).

mod client;
mod server;

pub use client::ClientSession;
pub use client::Transport;
pub use client::connect;
pub use server::Accepted;
pub use server::Session;
pub use server::accept;

pub(crate) use client::websocket;

use serde::Deserialize;
use serde::Serialize;

use crate::ByteReader;
use crate::channels::Encoding;
use crate::channels::HalfClose;

/// Which streams a command has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// The client sends input.
    pub stdin: bool,
    /// The client wants the output.
    pub stdout: bool,
    /// The client wants the error output; never together with a terminal, which has only one output.
    pub stderr: bool,
    /// The command runs on a terminal that can be resized.
    pub tty: bool,
}

/// The size of a terminal, as both protocols carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TerminalSize {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The outcome of a command in both forms that clients know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// A `metav1.Status` in JSON, success included: for protocol v4 and later.
    pub status_json: String,
    /// What went wrong in words, `None` for success: for protocols before v4.
    pub failure: Option<String>,
}

/// New sizes of the terminal, as they come.
#[derive(Debug)]
pub struct Resizes {
    reader: ByteReader,
    buffered: Vec<u8>,
}

/// A generation of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// Outcome only if it is a failure, in words; no resizing.
    V1,
    V2,
    /// Resizing.
    V3,
    /// The outcome is a Status in JSON.
    V4,
    /// Streams end one by one (WebSocket only).
    V5,
}

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;

/// The most bytes of a resize message that are kept while it is incomplete.
const MAX_RESIZE_BYTES: usize = 1024;

/// WebSocket sub-protocols.
const WEBSOCKET: [(&str, Version, Encoding); 6] = [
    ("v5.channel.k8s.io", Version::V5, Encoding::Binary),
    ("v4.channel.k8s.io", Version::V4, Encoding::Binary),
    ("v4.base64.channel.k8s.io", Version::V4, Encoding::Base64),
    ("channel.k8s.io", Version::V1, Encoding::Binary),
    ("base64.channel.k8s.io", Version::V1, Encoding::Base64),
    ("", Version::V1, Encoding::Binary),
];

/// Values of `X-Stream-Protocol-Version`.
const SPDY: [(&str, Version); 4] = [
    ("v4.channel.k8s.io", Version::V4),
    ("v3.channel.k8s.io", Version::V3),
    ("v2.channel.k8s.io", Version::V2),
    ("channel.k8s.io", Version::V1),
];

impl Version {
    fn half_close(self) -> HalfClose {
        if self >= Version::V5 { HalfClose::Signalled } else { HalfClose::Unknown }
    }

    fn payload(self, outcome: &Outcome) -> Option<String> {
        if self >= Version::V4 { Some(outcome.status_json.clone()) } else { outcome.failure.clone() }
    }
}

impl Resizes {
    fn new(reader: ByteReader) -> Self {
        Self { reader, buffered: Vec::new() }
    }

    /// The next size; `None` once the client has gone. What is not a size is skipped. Cancel-safe.
    pub async fn next(&mut self) -> Option<TerminalSize> {
        loop {
            let mut sizes = serde_json::Deserializer::from_slice(&self.buffered).into_iter::<TerminalSize>();
            let next = sizes.next();
            let consumed = sizes.byte_offset();
            match next {
                Some(Ok(size)) => {
                    self.buffered.drain(..consumed);
                    return Some(size);
                }
                Some(Err(error)) if !error.is_eof() => self.buffered.clear(),
                _ => {}
            }
            let piece = self.reader.next().await?;
            if self.buffered.len() + piece.len() > MAX_RESIZE_BYTES {
                self.buffered.clear();
            } else {
                self.buffered.extend_from_slice(&piece);
            }
        }
    }
}
