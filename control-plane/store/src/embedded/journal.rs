//! The journal: commits on their way into the database.
//!
//! The engine writes a page for every place that a transaction touches, and syncs them wherever they
//! lie. A commit is therefore first appended here, with one write and one sync, and the engine takes
//! over many of them at once when the journal is full: a checkpoint. Until then their changes are in
//! memory, and after a crash they are read back from here.
//!
//! The file is a row of frames, one for each sync, each at a multiple of [`BLOCK_BYTES`], so that
//! writing one never touches the disk's copy of another. A frame names its base, the revision that the
//! database had reached when the journal began anew, and its place after it; so frames of an earlier
//! round, which the current one overwrites from the start, are told apart without erasing them.
//!
//! A frame is written only after the one before it was synced. So a frame that is not whole is the end
//! of the journal, a write that was never acknowledged; unless a later one of the same base is there:
//! then something that was acknowledged is damaged, and the store must not open.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;

use super::format;
use super::format::Position;
use super::overlay::Change;
use crate::Error;
use crate::Result;
use crate::Revision;

/// Frames start at multiples of this: no disk writes less than a sector of at most this size.
pub const BLOCK_BYTES: usize = 4096;
/// The file grows by so much at a time: its length is one more thing to sync.
const GROWTH_BYTES: u64 = 256 << 10;
/// No text holds the first byte, so that no stored object looks like a frame.
const MAGIC: [u8; 8] = *b"\xffskiff\x00\x01";
const HEADER_BYTES: usize = MAGIC.len() + 8 + 4 + 4 + 8 + 8 + 8 + 4;
/// Before each row: its revision, its place there, and how long it is.
const ROW_HEADER_BYTES: usize = 8 + 4 + 4;

/// What is appended to.
#[derive(Debug)]
pub struct Journal {
    file: Box<dyn StorageBackend>,
    path: Arc<Path>,
    base: Revision,
    frames: u32,
    end: u64,
    /// How long the file is.
    length: u64,
    buffer: Vec<u8>,
}

/// What the database lacks.
#[derive(Debug)]
pub struct Replay {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    /// The last revision in it.
    pub current: Revision,
    /// No revision above it was handed out.
    pub reserved: Revision,
}

/// A row of the log, and where it is in the bytes of the journal.
type Row = (Position, Range<usize>);

/// The beginning of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    base: Revision,
    place: u32,
    rows: u32,
    body_bytes: u64,
    current: Revision,
    reserved: Revision,
}

impl Journal {
    /// Opens the journal of a database that has reached `base`, and says what that lacks.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where a frame that was synced is not whole, or the journal is that of a newer
    /// state of the database.
    pub fn open(
        file: impl StorageBackend,
        path: Arc<Path>,
        base: Revision,
    ) -> Result<(Journal, Option<Replay>)> {
        let read = || -> Result<Vec<u8>, io::Error> {
            let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            file.read(0, &mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|source| io_error("read", &path, source))?;
        let length = bytes.len() as u64;
        let replay = parse(bytes, base).map_err(|what| Error::Corrupt { path: path.to_path_buf(), what })?;
        let file = Box::new(file);
        Ok((Journal { file, path, base, frames: 0, end: 0, length, buffer: Vec::new() }, replay))
    }

    /// Starts anew: the database has reached `base`, and holds all that was appended.
    pub fn restart(&mut self, base: Revision) {
        (self.base, self.frames, self.end) = (base, 0, 0);
    }

    /// How much was appended since the start, in bytes.
    pub fn len(&self) -> u64 {
        self.end
    }

    /// Appends a frame and syncs it. `changes` follow on what the journal holds.
    ///
    /// # Errors
    /// The disk failed: whether the frame is there is unknown, and nothing may be appended after it.
    pub fn append(&mut self, changes: &[&Change], current: Revision, reserved: Revision) -> Result<()> {
        let (base, place) = (self.base, self.frames);
        let buffer = &mut self.buffer;
        buffer.clear();
        buffer.resize(HEADER_BYTES, 0);
        for change in changes {
            write_row(change, buffer);
        }
        let body_bytes = (buffer.len() - HEADER_BYTES) as u64;
        let header = Header { base, place, rows: changes.len() as u32, body_bytes, current, reserved };
        buffer[..HEADER_BYTES].copy_from_slice(&header.encode());
        buffer.resize(buffer.len().next_multiple_of(BLOCK_BYTES), 0);
        let end = self.end + buffer.len() as u64;
        let length = self.length.max(end.next_multiple_of(GROWTH_BYTES));
        let write = || {
            if length > self.length {
                self.file.set_len(length)?;
            }
            self.file.write(self.end, buffer)?;
            self.file.sync_data()
        };
        write().map_err(|source| io_error("write", &self.path, source))?;
        (self.end, self.length) = (end, length);
        self.frames += 1;
        // One large batch must not keep its size in memory for good.
        buffer.shrink_to(64 * BLOCK_BYTES);
        Ok(())
    }
}

impl Replay {
    /// The rows of the log that the database lacks, in order, as [`format::encode`] wrote them.
    pub fn rows(&self) -> impl Iterator<Item = (Position, &[u8])> {
        self.rows.iter().map(|(position, range)| (*position, &self.bytes[range.clone()]))
    }
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.base.0.to_le_bytes());
        bytes.extend_from_slice(&self.place.to_le_bytes());
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        bytes.extend_from_slice(&self.body_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.current.0.to_le_bytes());
        bytes.extend_from_slice(&self.reserved.0.to_le_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.try_into().expect("the parts add up to the size")
    }

    /// `None` where no header starts.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_BYTES>()?;
        let (body, checksum) = header.split_last_chunk::<4>()?;
        if !body.starts_with(&MAGIC) || crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let rest = &body[MAGIC.len()..];
        let (base, rest) = rest.split_first_chunk::<8>()?;
        let (place, rest) = rest.split_first_chunk::<4>()?;
        let (rows, rest) = rest.split_first_chunk::<4>()?;
        let (body_bytes, rest) = rest.split_first_chunk::<8>()?;
        let (current, rest) = rest.split_first_chunk::<8>()?;
        let (reserved, _) = rest.split_first_chunk::<8>()?;
        Some(Self {
            base: Revision(u64::from_le_bytes(*base)),
            place: u32::from_le_bytes(*place),
            rows: u32::from_le_bytes(*rows),
            body_bytes: u64::from_le_bytes(*body_bytes),
            current: Revision(u64::from_le_bytes(*current)),
            reserved: Revision(u64::from_le_bytes(*reserved)),
        })
    }
}

/// Finds the frames that continue `base`; errs with what is wrong.
fn parse(bytes: Vec<u8>, base: Revision) -> Result<Option<Replay>, String> {
    if let Some(first) = Header::decode(&bytes)
        && first.base > base
    {
        let newer = first.base;
        return Err(format!("it continues revision {newer}, the database beside it ends at {base}"));
    }
    let mut rows = Vec::new();
    let mut last = None;
    let mut place = 0;
    let mut start = 0;
    while let Some(header) = bytes.get(start..).and_then(Header::decode) {
        if header.base != base || header.place != place {
            break;
        }
        let Some((frame, end)) = frame_rows(&bytes, start, &header) else { break };
        rows.extend(frame);
        last = Some(header);
        place += 1;
        start = end.next_multiple_of(BLOCK_BYTES);
    }
    let later = (start..bytes.len())
        .step_by(BLOCK_BYTES)
        .filter_map(|start| Header::decode(&bytes[start..]))
        .any(|header| header.base == base && header.place > place);
    if later {
        return Err(format!("a change after revision {} is missing", last.map_or(base, |last| last.current)));
    }
    Ok(last.map(|last| Replay { bytes, rows, current: last.current, reserved: last.reserved }))
}

/// Where the rows of a frame are, and where it ends; `None` if it is not whole.
fn frame_rows(bytes: &[u8], start: usize, header: &Header) -> Option<(Vec<Row>, usize)> {
    let mut at = start + HEADER_BYTES;
    let end = at.checked_add(usize::try_from(header.body_bytes).ok()?)?;
    let mut rows = Vec::new();
    for _ in 0..header.rows {
        let (revision, rest) = bytes.get(at..end)?.split_first_chunk::<8>()?;
        let (index, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let position = Position::from((u64::from_le_bytes(*revision), u32::from_le_bytes(*index)));
        let row = rest.get(..u32::from_le_bytes(*length) as usize)?;
        format::decode(position, row)?;
        at += ROW_HEADER_BYTES;
        rows.push((position, at..at + row.len()));
        at += row.len();
    }
    (at == end).then_some((rows, end))
}

fn write_row(change: &Change, out: &mut Vec<u8>) {
    let position = change.position();
    out.extend_from_slice(&position.revision.0.to_le_bytes());
    out.extend_from_slice(&position.index.to_le_bytes());
    let length = out.len();
    out.extend_from_slice(&[0; 4]);
    format::encode(position, &change.entry(), out);
    let row_bytes = (out.len() - length - 4) as u32;
    out[length..length + 4].copy_from_slice(&row_bytes.to_le_bytes());
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io { action, path: path.to_path_buf(), source }
}
