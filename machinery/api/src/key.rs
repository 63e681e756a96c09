//! Object keys: every field name of the API is known beforehand and takes two bytes of meaning; any
//! other key (labels, annotations, data) carries its text.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use crate::generated::keys::KNOWN;

/// The key of one entry of an object.
///
/// A text that is a known field name is always held as [`Key::Known`], so that equality is equality
/// of variants.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A field name of the API.
    Known(KnownKey),
    /// Any other text.
    Other(Box<str>),
}

/// A field name of the API, by its place in the sorted table of all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KnownKey(pub(crate) u16);

impl KnownKey {
    /// The field name.
    pub fn as_str(self) -> &'static str {
        KNOWN[usize::from(self.0)]
    }

    /// The known key with this text.
    // Inlined, so that the mark of a text that stands in the program is made by the compiler.
    #[inline(always)]
    pub fn find(text: &str) -> Option<KnownKey> {
        INDEX.find(Mark::of(text), text)
    }
}

impl Key {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        match self {
            Key::Known(known) => known.as_str(),
            Key::Other(text) => text,
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        KnownKey::find(text).map_or_else(|| Key::Other(text.into()), Key::Known)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        KnownKey::find(&text).map_or_else(|| Key::Other(text.into_boxed_str()), Key::Known)
    }
}

impl From<KnownKey> for Key {
    fn from(known: KnownKey) -> Self {
        Key::Known(known)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            // The table is sorted, so places compare as texts do.
            (Key::Known(left), Key::Known(right)) => left.cmp(right),
            _ => self.as_str().cmp(other.as_str()),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for KnownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// What an object can be asked for: a known key or any text.
pub trait Lookup: Copy {
    /// The known key it stands for, if any.
    fn known(self) -> Option<KnownKey>;
    /// Its text.
    fn text(&self) -> &str;
}

impl Lookup for KnownKey {
    fn known(self) -> Option<KnownKey> {
        Some(self)
    }

    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Lookup for &str {
    #[inline]
    fn known(self) -> Option<KnownKey> {
        KnownKey::find(self)
    }

    fn text(&self) -> &str {
        self
    }
}

/// Open addressing over the known names; built once, asked for every key of every object.
///
/// A slot holds what tells its name from others, so that a look-up touches one cache line and, for
/// names of up to sixteen bytes, compares no text.
struct Index {
    slots: Vec<Slot>,
    mask: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    mark: Mark,
    place: u16,
}

/// The length of a text, and its first and last bytes: the whole of a text of up to [`MARKED_BYTES`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    head: u64,
    tail: u64,
    length: u32,
}

/// Texts of at most so many bytes are the same if their marks are.
const MARKED_BYTES: u32 = 16;
const EMPTY: Slot = Slot { mark: Mark { head: 0, tail: 0, length: u32::MAX }, place: u16::MAX };

static INDEX: LazyLock<Index> = LazyLock::new(Index::build);

impl Index {
    fn build() -> Self {
        let size = (KNOWN.len() * 2).next_power_of_two();
        let mut index = Index { slots: vec![EMPTY; size], mask: size - 1 };
        for (place, name) in KNOWN.iter().enumerate() {
            let mark = Mark::of(name);
            let mut slot = mark.hash() & index.mask;
            while index.slots[slot].mark != EMPTY.mark {
                slot = (slot + 1) & index.mask;
            }
            let place = u16::try_from(place).expect("fewer than 65,535 field names");
            index.slots[slot] = Slot { mark, place };
        }
        index
    }

    #[inline(never)]
    fn find(&self, mark: Mark, text: &str) -> Option<KnownKey> {
        let mut at = mark.hash() & self.mask;
        loop {
            let slot = &self.slots[at];
            if slot.mark == mark && (mark.length <= MARKED_BYTES || KNOWN[usize::from(slot.place)] == text) {
                return Some(KnownKey(slot.place));
            }
            if slot.mark == EMPTY.mark {
                return None;
            }
            at = (at + 1) & self.mask;
        }
    }
}

impl Mark {
    #[inline(always)]
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(head), Some(tail)) => {
                    (u32::from_le_bytes(*head).into(), u32::from_le_bytes(*tail).into())
                }
                _ => bytes
                    .iter()
                    .fold((0, 0), |(all, _), byte| (all << 8 | u64::from(*byte), u64::from(*byte))),
            },
        };
        // No text that is looked for comes near the length of the empty slot.
        Self { head, tail, length: u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1) }
    }

    /// The table is fixed, so nobody can choose colliding names that land in it: a multiplicative
    /// hash takes a few nanoseconds.
    fn hash(self) -> usize {
        let words = self.head ^ self.tail.rotate_left(23) ^ u64::from(self.length);
        (words.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found() {
        for name in KNOWN {
            assert_eq!(KnownKey::find(name).map(KnownKey::as_str), Some(*name));
        }
        for name in ["surelyNotAFieldName", "", "m", "metadat", "metadata ", "terminationGracePeriodSecond\0"]
        {
            assert_eq!(KnownKey::find(name), None, "{name:?}");
        }
        // As long as a known name, with the same ends.
        assert!(KnownKey::find("terminationGracePeriodSeconds").is_some());
        assert_eq!(KnownKey::find("terminatXXXGracePeriodSeconds"), None);
        assert!(KNOWN.is_sorted());
    }

    #[test]
    fn order_is_that_of_the_text() {
        let mut keys: Vec<Key> =
            ["zeta", "spec", "app.kubernetes.io/name", "metadata"].map(Key::from).to_vec();
        keys.sort();
        let texts: Vec<&str> = keys.iter().map(Key::as_str).collect();
        assert_eq!(texts, ["app.kubernetes.io/name", "metadata", "spec", "zeta"]);
    }
}
