//! What is in the database.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | name | a number: the rows named below |
//! | `heads` | key | where the current record is: created, modified, place in its transaction |
//! | `log` | revision, place in its transaction | the event, see [`encode`] |
//! | `gaps` | last revision of a gap | the revision before the gap |
//!
//! A value is stored once, in the event that wrote it; compaction removes the events that later
//! ones replaced. A gap is a span of revisions that a crash may have taken back: they were reserved
//! for relaxed writes.

use redb::TableDefinition;

use crate::Revision;

/// The format this program writes, and the newest one it reads.
pub const FORMAT: u64 = 2;
/// The format before there was a journal: the same tables.
pub const FORMAT_WITHOUT_JOURNAL: u64 = 1;

/// Numbers of the whole store.
pub const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// The key index.
pub const HEADS: TableDefinition<&str, (u64, u64, u32)> = TableDefinition::new("heads");
/// The events.
pub const LOG: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("log");
/// Revisions lost to crashes.
pub const GAPS: TableDefinition<u64, u64> = TableDefinition::new("gaps");

/// `meta`: the format version.
pub const META_FORMAT: &str = "format";
/// `meta`: the last revision in the log.
pub const META_CURRENT: &str = "current";
/// `meta`: no revision above it was handed out.
pub const META_RESERVED: &str = "reserved";
/// `meta`: events up to here have had what they replaced removed.
pub const META_COMPACTED: &str = "compacted";

/// Where an event is: its revision and its place in the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The revision.
    pub revision: Revision,
    /// The place, from 0.
    pub index: u32,
}

impl Position {
    /// The first event of a revision.
    pub const fn start_of(revision: Revision) -> Self {
        Self { revision, index: 0 }
    }

    /// The key in `log`.
    pub const fn row(self) -> (u64, u32) {
        (self.revision.0, self.index)
    }
}

impl From<(u64, u32)> for Position {
    fn from((revision, index): (u64, u32)) -> Self {
        Self { revision: Revision(revision), index }
    }
}

/// An event as stored, borrowed from the page it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a str,
    /// The value; `None` for a deletion.
    pub value: Option<&'a [u8]>,
    /// When the key came into being; zero for a deletion.
    pub created: Revision,
    /// The event that this one replaced.
    pub previous: Option<Position>,
}

const PUT: u8 = 0;
const DELETE: u8 = 1;
const CHECKSUM_BYTES: usize = 4;
const HEADER_BYTES: usize = CHECKSUM_BYTES + 1 + 8 + 8 + 4 + 4;

/// Appends an event to `out`: CRC-32 of the position and all that follows, kind, created, previous
/// revision and place, key length, key, value; numbers in little-endian. The position is in the
/// checksum so that an event that surfaces at another place is recognised.
pub fn encode(position: Position, entry: &Entry<'_>, out: &mut Vec<u8>) {
    let value = entry.value.unwrap_or_default();
    let previous = entry.previous.unwrap_or(Position::start_of(Revision::NONE));
    let start = out.len();
    out.reserve(HEADER_BYTES + entry.key.len() + value.len());
    out.extend_from_slice(&[0; CHECKSUM_BYTES]);
    out.push(if entry.value.is_some() { PUT } else { DELETE });
    out.extend_from_slice(&entry.created.0.to_le_bytes());
    out.extend_from_slice(&previous.revision.0.to_le_bytes());
    out.extend_from_slice(&previous.index.to_le_bytes());
    out.extend_from_slice(&(entry.key.len() as u32).to_le_bytes());
    out.extend_from_slice(entry.key.as_bytes());
    out.extend_from_slice(value);
    let checksum = checksum(position, &out[start + CHECKSUM_BYTES..]);
    out[start..start + CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads what [`encode`] wrote; `None` if it is not what was written.
pub fn decode(position: Position, bytes: &[u8]) -> Option<Entry<'_>> {
    let (expected, body) = bytes.split_first_chunk::<CHECKSUM_BYTES>()?;
    if checksum(position, body) != u32::from_le_bytes(*expected) {
        return None;
    }
    let (kind, rest) = body.split_first()?;
    let (created, rest) = rest.split_first_chunk::<8>()?;
    let (revision, rest) = rest.split_first_chunk::<8>()?;
    let (index, rest) = rest.split_first_chunk::<4>()?;
    let (key_bytes, rest) = rest.split_first_chunk::<4>()?;
    let (key, value) = rest.split_at_checked(u32::from_le_bytes(*key_bytes) as usize)?;
    let previous = Position::from((u64::from_le_bytes(*revision), u32::from_le_bytes(*index)));
    Some(Entry {
        key: std::str::from_utf8(key).ok()?,
        value: match *kind {
            PUT => Some(value),
            DELETE => None,
            _ => return None,
        },
        created: Revision(u64::from_le_bytes(*created)),
        previous: (previous.revision != Revision::NONE).then_some(previous),
    })
}

fn checksum(position: Position, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&position.revision.0.to_le_bytes());
    hasher.update(&position.index.to_le_bytes());
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_back_what_it_wrote_and_nothing_else(
            key in ".{1,40}",
            value in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200)),
            created: u64,
            previous in proptest::option::of((1u64.., any::<u32>())),
            row in (any::<u64>(), any::<u32>()),
            flip: prop::sample::Index,
        ) {
            let entry = Entry {
                key: &key,
                value: value.as_deref(),
                created: Revision(created),
                previous: previous.map(Position::from),
            };
            let mut bytes = Vec::new();
            encode(row.into(), &entry, &mut bytes);
            prop_assert_eq!(decode(row.into(), &bytes), Some(entry));
            prop_assert_eq!(decode((row.0 ^ 1, row.1).into(), &bytes), None);
            let mut damaged = bytes.clone();
            damaged[flip.index(bytes.len())] ^= 0x10;
            prop_assert_eq!(decode(row.into(), &damaged), None);
            prop_assert_eq!(decode(row.into(), &bytes[..flip.index(bytes.len())]), None);
        }
    }
}
