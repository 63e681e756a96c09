//! Frames (draft-mbelshe-httpbis-spdy-00 §2.2).

use std::io;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;

use super::headers::HeaderDecoder;
use super::headers::HeaderEncoder;
use super::headers::Headers;

/// The largest control frame that is read: compressed headers of a few hundred bytes.
const MAX_CONTROL_BYTES: u32 = 32 << 10;
const VERSION: u16 = 3;
/// Flag of the last frame of a stream.
const FIN: u8 = 1;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
const HEADERS: u16 = 8;

/// What the other side sent is not SPDY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SPDY: {0}")]
pub(crate) struct FrameError(pub &'static str);

/// Whether a frame is the last of its stream in its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    No,
    Yes,
}

/// A frame; of data frames only the head: their payload follows and is read piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    SynStream {
        stream: u32,
        end: End,
        headers: Headers,
    },
    SynReply {
        stream: u32,
        end: End,
    },
    Reset {
        stream: u32,
    },
    Ping {
        id: u32,
    },
    GoAway {
        last: u32,
    },
    Data {
        stream: u32,
        end: End,
        len: usize,
    },
    /// SETTINGS, WINDOW_UPDATE, further HEADERS, and whatever has been invented since.
    Other,
}

/// Writes frames.
pub(crate) struct FrameWriter {
    headers: HeaderEncoder,
}

impl FrameWriter {
    pub fn new() -> Self {
        Self { headers: HeaderEncoder::new() }
    }

    /// A frame in bytes; of a data frame the head.
    pub fn encode(&mut self, frame: &Frame) -> Vec<u8> {
        let number = |number: u32| number.to_be_bytes().to_vec();
        match frame {
            Frame::SynStream { stream, end, headers } => {
                // No associated stream, priority 0, no credential slot.
                let mut payload = [number(*stream), number(0), vec![0, 0]].concat();
                payload.extend(self.headers.encode(headers));
                control(SYN_STREAM, flags(*end), &payload)
            }
            Frame::SynReply { stream, end } => {
                let mut payload = number(*stream);
                payload.extend(self.headers.encode(&Headers::default()));
                control(SYN_REPLY, flags(*end), &payload)
            }
            // Status 5: the stream is no longer wanted.
            Frame::Reset { stream } => control(RST_STREAM, 0, &[number(*stream), number(5)].concat()),
            Frame::Ping { id } => control(PING, 0, &number(*id)),
            Frame::GoAway { last } => control(GOAWAY, 0, &[number(*last), number(0)].concat()),
            Frame::Data { stream, end, len } => {
                let mut head = number(*stream & 0x7fff_ffff);
                head.extend_from_slice(
                    &(u32::from(flags(*end)) << 24 | *len as u32 & 0x00ff_ffff).to_be_bytes(),
                );
                head
            }
            Frame::Other => Vec::new(),
        }
    }
}

/// Reads frames.
pub(crate) struct FrameReader {
    headers: HeaderDecoder,
}

impl FrameReader {
    pub fn new() -> Self {
        Self { headers: HeaderDecoder::new() }
    }

    /// The next frame; `None` where the connection ends between two.
    pub async fn next(&mut self, io: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
        let mut head = [0; 8];
        match io.read_exact(&mut head).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let first = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let second = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let (flags, len) = ((second >> 24) as u8, second & 0x00ff_ffff);
        let end = if flags & FIN != 0 { End::Yes } else { End::No };
        if first & 0x8000_0000 == 0 {
            return Ok(Some(Frame::Data { stream: first, end, len: len as usize }));
        }
        let invalid = |error: FrameError| io::Error::new(io::ErrorKind::InvalidData, error);
        if (first >> 16) as u16 & 0x7fff != VERSION {
            return Err(invalid(FrameError("a version other than 3")));
        }
        if len > MAX_CONTROL_BYTES {
            return Err(invalid(FrameError("a control frame that is too large")));
        }
        let mut payload = vec![0; len as usize];
        io.read_exact(&mut payload).await?;
        self.control(first as u16, end, &payload).map(Some).map_err(invalid)
    }

    fn control(&mut self, kind: u16, end: End, payload: &[u8]) -> Result<Frame, FrameError> {
        let number = |at: usize| {
            let bytes = payload.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_be_bytes).ok_or(FrameError("a control frame that is too short"))
        };
        let stream = || number(0).map(|stream| stream & 0x7fff_ffff);
        match kind {
            SYN_STREAM => {
                let block = payload.get(10..).ok_or(FrameError("a control frame that is too short"))?;
                Ok(Frame::SynStream { stream: stream()?, end, headers: self.headers.decode(block)? })
            }
            SYN_REPLY => {
                // Read although it is not needed: the compression goes on from it.
                self.headers.decode(payload.get(4..).unwrap_or_default())?;
                Ok(Frame::SynReply { stream: stream()?, end })
            }
            HEADERS => {
                self.headers.decode(payload.get(4..).unwrap_or_default())?;
                Ok(Frame::Other)
            }
            RST_STREAM => Ok(Frame::Reset { stream: stream()? }),
            PING => Ok(Frame::Ping { id: number(0)? }),
            GOAWAY => Ok(Frame::GoAway { last: stream()? }),
            _ => Ok(Frame::Other),
        }
    }
}

fn flags(end: End) -> u8 {
    match end {
        End::Yes => FIN,
        End::No => 0,
    }
}

fn control(kind: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 8);
    frame.extend_from_slice(&(VERSION | 0x8000).to_be_bytes());
    frame.extend_from_slice(&kind.to_be_bytes());
    frame.extend_from_slice(&(u32::from(flags) << 24 | payload.len() as u32 & 0x00ff_ffff).to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames() -> impl Strategy<Value = Frame> {
        let end = prop_oneof![Just(End::No), Just(End::Yes)];
        let stream = 1u32..0x8000_0000;
        let headers = prop::collection::vec(("[a-z]{1,9}", "[ -~]{0,30}"), 0..5).prop_map(Headers);
        prop_oneof![
            (stream.clone(), end.clone(), headers).prop_map(|(stream, end, headers)| Frame::SynStream {
                stream,
                end,
                headers
            }),
            (stream.clone(), end.clone()).prop_map(|(stream, end)| Frame::SynReply { stream, end }),
            stream.clone().prop_map(|stream| Frame::Reset { stream }),
            any::<u32>().prop_map(|id| Frame::Ping { id }),
            stream.clone().prop_map(|last| Frame::GoAway { last }),
            (stream, end, 0usize..1 << 24).prop_map(|(stream, end, len)| Frame::Data { stream, end, len }),
        ]
    }

    fn read_all(bytes: &[u8]) -> io::Result<Vec<Frame>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut reader, mut frames, mut bytes) = (FrameReader::new(), Vec::new(), bytes);
            while let Some(frame) = reader.next(&mut bytes).await? {
                frames.push(frame);
            }
            Ok(frames)
        })
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote(frames in prop::collection::vec(frames(), 1..10)) {
            let mut writer = FrameWriter::new();
            let bytes: Vec<u8> = frames.iter().flat_map(|frame| writer.encode(frame)).collect();
            prop_assert_eq!(read_all(&bytes).unwrap(), frames);
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), control: bool) {
            let mut bytes = bytes;
            if control && bytes.len() > 4 {
                bytes[..3].copy_from_slice(&[0x80, 3, 0]);
                bytes[3] %= 10;
            }
            if let Ok(frames) = read_all(&bytes) {
                prop_assert!(frames.len() <= bytes.len() / 8);
            }
        }
    }

    #[test]
    fn the_first_bytes_of_a_connection_are_those_of_the_draft() {
        let bytes = FrameWriter::new().encode(&Frame::Ping { id: 1 });
        assert_eq!(bytes, [0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]);
        let bytes = FrameWriter::new().encode(&Frame::Data { stream: 3, end: End::Yes, len: 5 });
        assert_eq!(bytes, [0, 0, 0, 3, 1, 0, 0, 5]);
        let headers = Headers::new(&[("streamType", "error")]);
        let bytes = FrameWriter::new().encode(&Frame::SynStream { stream: 1, end: End::No, headers });
        assert_eq!(bytes[..8], [0x80, 3, 0, 1, 0, 0, 0, (bytes.len() - 8) as u8]);
        // zlib with a preset dictionary, whose Adler-32 follows.
        assert_eq!(bytes[18..24], [0x78, bytes[19], 0xe3, 0xc6, 0xa7, 0xc2]);
    }

    #[test]
    fn oversized_control_frames_are_refused_before_they_are_read() {
        let bytes = [0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff];
        assert_eq!(read_all(&bytes).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let version = [0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1];
        assert_eq!(read_all(&version).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
