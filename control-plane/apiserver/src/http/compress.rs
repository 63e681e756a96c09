//! Answers compressed with gzip, for clients that ask for it.
//!
//! As upstream: only what is larger than 128 KiB, at the fastest level, and never a watch, whose
//! events would wait in the compressor. What is made while it is sent is compressed while it is sent.

use std::collections::VecDeque;
use std::io;
use std::io::Write as _;

use bytes::Bytes;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::header;
use wire::Body;
use wire::BodyError;

use super::Reply;
use super::inquiry::Kind;

/// Smaller answers travel as they are.
const THRESHOLD_BYTES: usize = 128 * 1024;
/// Compressed bytes that are sent as one piece.
const PIECE_BYTES: usize = 32 * 1024;

/// How an answer is to be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
}

impl Compression {
    /// What the client asks for.
    pub(super) fn negotiate(headers: &HeaderMap, kind: Kind) -> Self {
        if matches!(kind, Kind::Watch | Kind::LongRunning) {
            return Compression::None;
        }
        let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
        let mut codings = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let wants_gzip = codings.any(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
            name.trim().eq_ignore_ascii_case("gzip") && weight.is_ok_and(|weight| weight > 0.0)
        });
        if wants_gzip { Compression::Gzip } else { Compression::None }
    }

    /// The answer, compressed where that is asked for and worth it.
    pub(super) async fn apply(self, reply: Reply) -> Reply {
        let length = http_body::Body::size_hint(reply.body()).exact();
        let small = length.is_some_and(|length| length <= THRESHOLD_BYTES as u64);
        if self == Compression::None || small || reply.headers().contains_key(header::CONTENT_ENCODING) {
            return reply;
        }
        let (mut parts, mut body) = reply.into_parts();
        let mut start = VecDeque::new();
        let mut length = 0;
        while length <= THRESHOLD_BYTES {
            match body.next().await {
                Some(piece) => {
                    length += piece.as_ref().map_or(usize::MAX / 2, Bytes::len);
                    start.push_back(piece);
                }
                None => {
                    let pieces: Vec<Bytes> = start.into_iter().flatten().collect();
                    return Response::from_parts(parts, Body::chunks(pieces));
                }
            }
        }
        parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        parts.headers.remove(header::CONTENT_LENGTH);
        let encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(1));
        let state = Some(Compressing { encoder, start, body });
        let stream = futures_util::stream::unfold(state, |state| async move { state?.next().await });
        Response::from_parts(parts, Body::stream(stream))
    }
}

/// A body on its way through the compressor.
struct Compressing {
    encoder: GzEncoder<Vec<u8>>,
    start: VecDeque<Result<Bytes, BodyError>>,
    body: Body,
}

type Piece = Result<Bytes, BodyError>;

impl Compressing {
    async fn next(mut self) -> Option<(Piece, Option<Self>)> {
        while self.encoder.get_ref().len() < PIECE_BYTES {
            let piece = match self.start.pop_front() {
                Some(piece) => Some(piece),
                None => self.body.next().await,
            };
            let fed = match piece {
                None => return Some((self.finish(), None)),
                Some(Err(error)) => return Some((Err(error), None)),
                Some(Ok(bytes)) => self.encoder.write_all(&bytes),
            };
            if let Err(error) = fed {
                return Some((Err(error.into()), None));
            }
        }
        let piece = std::mem::take(self.encoder.get_mut());
        Some((Ok(piece.into()), Some(self)))
    }

    fn finish(self) -> Piece {
        let rest: io::Result<Vec<u8>> = self.encoder.finish();
        Ok(rest?.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn wants(text: &str) -> Compression {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(text).expect("a header"));
        Compression::negotiate(&headers, Kind::ReadOnly)
    }

    #[test]
    fn who_is_given_gzip() {
        for text in ["gzip", "deflate, gzip", "br;q=1.0, GZIP;q=0.5", "gzip; q=1"] {
            assert_eq!(wants(text), Compression::Gzip, "{text}");
        }
        for text in ["", "identity", "deflate", "gzip;q=0", "gzip;q=x", "x-gzip"] {
            assert_eq!(wants(text), Compression::None, "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(Compression::negotiate(&headers, Kind::Watch), Compression::None);
    }

    async fn through(body: Body) -> (HeaderMap, Vec<u8>) {
        let reply = Compression::Gzip.apply(Response::new(body)).await;
        let (parts, body) = reply.into_parts();
        (parts.headers, body.collect(64 << 20).await.expect("a whole body").to_vec())
    }

    #[tokio::test]
    async fn only_large_answers_are_compressed() {
        let text: Vec<u8> = (0..50_000u32).flat_map(|n| format!("{{\"item\":{n}}},").into_bytes()).collect();
        let pieces = |bytes: &[u8]| {
            let pieces: Vec<Piece> = bytes.chunks(50_000).map(|p| Ok(Bytes::copy_from_slice(p))).collect();
            Body::stream(futures_util::stream::iter(pieces))
        };
        for body in [Body::full(text.clone()), pieces(&text)] {
            let (headers, sent) = through(body).await;
            assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
            assert_eq!(headers[header::VARY], "Accept-Encoding");
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(&sent[..]).read_to_end(&mut read).expect("gzip");
            assert!(read == text && sent.len() < text.len());
        }
        for body in [Body::full(text[..THRESHOLD_BYTES].to_vec()), pieces(&text[..THRESHOLD_BYTES])] {
            let (headers, sent) = through(body).await;
            assert!(headers.is_empty() && sent == text[..THRESHOLD_BYTES]);
        }
    }

    #[tokio::test]
    async fn a_broken_answer_stays_broken() {
        let pieces = vec![Ok(Bytes::from(vec![0; 1000])), Err(BodyError::from("broken"))];
        let reply =
            Compression::Gzip.apply(Response::new(Body::stream(futures_util::stream::iter(pieces)))).await;
        assert!(reply.into_body().collect(1 << 20).await.is_err());
    }
}
