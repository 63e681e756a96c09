//! Header blocks: names and values, compressed over the life of the connection.

use flate2::Compress;
use flate2::Compression;
use flate2::Decompress;
use flate2::FlushCompress;
use flate2::FlushDecompress;
use flate2::Status;

use super::frame::FrameError;

/// The dictionary of SPDY/3 (draft-mbelshe-httpbis-spdy-00 §2.6.10.1).
const DICTIONARY: &[u8] = include_bytes!("dictionary.bin");
/// The most bytes of a block once decompressed: requests for streams have a handful of short headers.
const MAX_BLOCK_BYTES: usize = 64 << 10;
/// The most headers of a block.
const MAX_HEADERS: usize = 256;

/// Names (in lower case) and values, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// Headers from pairs.
    pub fn new(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())).collect())
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Writes the header blocks of one direction.
pub(crate) struct HeaderEncoder {
    zlib: Compress,
}

/// Reads the header blocks of one direction.
pub(crate) struct HeaderDecoder {
    zlib: Decompress,
}

impl HeaderEncoder {
    pub fn new() -> Self {
        let mut zlib = Compress::new(Compression::fast(), true);
        zlib.set_dictionary(DICTIONARY).expect("a new compressor takes a dictionary");
        Self { zlib }
    }

    /// The compressed block.
    pub fn encode(&mut self, headers: &Headers) -> Vec<u8> {
        let mut block = Vec::new();
        put(&mut block, headers.0.len());
        for (name, value) in &headers.0 {
            for text in [name, value] {
                put(&mut block, text.len());
                block.extend_from_slice(text.as_bytes());
            }
        }
        let mut out = Vec::with_capacity(block.len() + 64);
        let start = self.zlib.total_in();
        loop {
            let consumed = (self.zlib.total_in() - start) as usize;
            self.zlib
                .compress_vec(&block[consumed..], &mut out, FlushCompress::Sync)
                .expect("compressing from memory to memory does not fail");
            // Room left over means that everything, the flush included, is out.
            if out.len() < out.capacity() {
                return out;
            }
            out.reserve(256);
        }
    }
}

impl HeaderDecoder {
    pub fn new() -> Self {
        Self { zlib: Decompress::new(true) }
    }

    /// Reads a compressed block.
    pub fn decode(&mut self, mut compressed: &[u8]) -> Result<Headers, FrameError> {
        let mut block = vec![0; MAX_BLOCK_BYTES];
        let mut len = 0;
        while !compressed.is_empty() {
            let (read, written) = (self.zlib.total_in(), self.zlib.total_out());
            let step = self.zlib.decompress(compressed, &mut block[len..], FlushDecompress::Sync);
            compressed = &compressed[(self.zlib.total_in() - read) as usize..];
            let produced = (self.zlib.total_out() - written) as usize;
            len += produced;
            match step {
                Err(error) if error.needs_dictionary().is_some() => {
                    self.zlib
                        .set_dictionary(DICTIONARY)
                        .map_err(|_| FrameError("a strange header dictionary"))?;
                }
                Ok(Status::Ok) if self.zlib.total_in() > read || produced > 0 => {}
                _ if len == block.len() => return Err(FrameError("a header block that is too large")),
                _ => return Err(FrameError("a header block that cannot be decompressed")),
            }
        }
        parse(&block[..len]).ok_or(FrameError("a broken header block"))
    }
}

fn put(block: &mut Vec<u8>, len: usize) {
    block.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
}

fn parse(block: &[u8]) -> Option<Headers> {
    fn number(block: &[u8]) -> Option<(usize, &[u8])> {
        let (number, rest) = block.split_first_chunk::<4>()?;
        Some((u32::from_be_bytes(*number) as usize, rest))
    }
    fn text(block: &[u8]) -> Option<(String, &[u8])> {
        let (len, rest) = number(block)?;
        let (text, rest) = rest.split_at_checked(len)?;
        Some((String::from_utf8(text.to_vec()).ok()?, rest))
    }
    let (count, mut rest) = number(block)?;
    if count > MAX_HEADERS {
        return None;
    }
    let mut headers = Headers::default();
    for _ in 0..count {
        let (name, after) = text(rest)?;
        let (value, after) = text(after)?;
        rest = after;
        // Several values of one name are separated by a zero byte.
        for value in value.split('\0') {
            headers.0.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    rest.is_empty().then_some(headers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two consecutive blocks of one connection, made by zlib itself (Python's zlib module,
    /// compressobj with level 9 and the dictionary): streamType error and stdin as kubectl sends
    /// them for exec.
    const GOLDEN: [&str; 2] = include!("golden_headers.in");

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn reads_blocks_of_another_writer() {
        let mut decoder = HeaderDecoder::new();
        let first = decoder.decode(&bytes(GOLDEN[0])).unwrap();
        assert_eq!(first, Headers::new(&[("streamtype", "error")]));
        let second = decoder.decode(&bytes(GOLDEN[1])).unwrap();
        assert_eq!(second.get("streamType"), Some("stdin"));
        assert_eq!(second.get("port"), Some("8080"));
        assert_eq!(second.get("requestID"), Some("0"));
    }

    #[test]
    fn bombs_and_garbage_are_refused() {
        let mut bomb = HeaderEncoder::new();
        let block = bomb.encode(&Headers::new(&[("a", &"b".repeat(1 << 20))]));
        assert!(block.len() < 16 << 10, "it compresses well: {}", block.len());
        assert!(HeaderDecoder::new().decode(&block).is_err());
        assert!(HeaderDecoder::new().decode(&[0x78; 40]).is_err());
        let truncated = HeaderEncoder::new().encode(&Headers::new(&[("name", "value")]));
        assert!(HeaderDecoder::new().decode(&truncated[..truncated.len() / 2]).is_err());
    }

    proptest! {
        #[test]
        fn a_connection_of_blocks_comes_back(
            blocks in prop::collection::vec(prop::collection::vec(("[a-z-]{1,20}", "[ -~]{0,200}"), 0..20), 1..10),
        ) {
            let (mut encoder, mut decoder) = (HeaderEncoder::new(), HeaderDecoder::new());
            for pairs in blocks {
                let headers = Headers(pairs);
                let block = encoder.encode(&headers);
                prop_assert_eq!(decoder.decode(&block).unwrap(), headers);
            }
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes);
            let decoded = HeaderDecoder::new().decode(&bytes);
            prop_assert!(decoded.is_err() || decoded.is_ok_and(|headers| headers.0.len() <= MAX_HEADERS));
        }
    }
}
