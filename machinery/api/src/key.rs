//! Object keys: every field name of the API is known beforehand and takes two bytes of meaning; any
//! other key (labels, annotations, data) carries its text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;
use std::hash::Hasher;

use crate::generated::keys::ELEMENTS;
use crate::generated::keys::KNOWN;
use crate::generated::keys::MEMBERS;
use crate::value::Entry;

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

/// The tables of the field names, in order: as they are, and as texts write them again and again.
macro_rules! names {
    ($($name:literal),* $(,)?) => {
        pub(crate) static KNOWN: &[&str] = &[$($name),*];
        /// `"name":`
        pub(crate) static MEMBERS: &[&str] = &[$(concat!("\"", $name, "\":")),*];
        /// `"f:name":`
        pub(crate) static ELEMENTS: &[&str] = &[$(concat!("\"f:", $name, "\":")),*];
    };
}
pub(crate) use names;

/// A field name of the API, by its place in the sorted table of all of them.
#[derive(Clone, Copy)]
pub struct KnownKey {
    /// The sum of the text, by which a search passes over other keys without a look at their texts.
    sum: u32,
    place: u16,
}

impl KnownKey {
    /// The key at a place of the table.
    pub(crate) const fn at(place: u16) -> Self {
        Self { sum: MARKS[place as usize].sum(), place }
    }

    /// The field name.
    pub fn as_str(self) -> &'static str {
        KNOWN[usize::from(self.place)]
    }

    /// What stands before its value in the text of an object.
    pub fn member(self) -> &'static str {
        MEMBERS[usize::from(self.place)]
    }

    /// What stands before what it holds in the text of a set of fields (`FieldsV1`).
    pub fn element(self) -> &'static str {
        ELEMENTS[usize::from(self.place)]
    }

    #[inline]
    fn is(self, mark: &Mark, text: &str) -> bool {
        let place = usize::from(self.place);
        MARKS[place].is(*mark) && (mark.length <= MARKED_BYTES || KNOWN[place] == text)
    }

    /// The known key with this text.
    pub fn find(text: &str) -> Option<KnownKey> {
        INDEX.find(Mark::of(text), text)
    }
}

impl PartialEq for KnownKey {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for KnownKey {}

impl PartialOrd for KnownKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KnownKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp(&other.place)
    }
}

impl Hash for KnownKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
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
    /// The place of the entry that has it.
    fn find_in(self, entries: &[Entry]) -> Option<usize>;
}

impl Lookup for KnownKey {
    #[inline]
    fn find_in(self, entries: &[Entry]) -> Option<usize> {
        entries.iter().position(|entry| matches!(entry.key, Key::Known(known) if known == self))
    }
}

impl Lookup for &str {
    // Inlined, so that the mark of a text that stands in the program is made by the compiler.
    #[inline(always)]
    fn find_in(self, entries: &[Entry]) -> Option<usize> {
        find_text(entries, &Mark::of(self), self)
    }
}

#[inline(never)]
fn find_text(entries: &[Entry], mark: &Mark, text: &str) -> Option<usize> {
    let sum = mark.sum();
    entries.iter().position(|entry| match &entry.key {
        Key::Known(known) => known.sum == sum && known.is(mark, text),
        Key::Other(other) => **other == *text,
    })
}

/// Open addressing over the known names, asked for every key of every object that is read.
///
/// A slot holds what tells its name from others, so that a look-up touches one cache line and, for
/// names of up to sixteen bytes, compares no text.
struct Index {
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy)]
struct Slot {
    mark: Mark,
    place: u16,
}

/// The marks of all known names.
static MARKS: [Mark; KNOWN.len()] = marks();

const fn marks() -> [Mark; KNOWN.len()] {
    let mut marks = [EMPTY.mark; KNOWN.len()];
    let mut place = 0;
    while place < KNOWN.len() {
        marks[place] = Mark::of(KNOWN[place]);
        place += 1;
    }
    marks
}

/// The length of a text, and its first and last bytes: the whole of a text of up to [`MARKED_BYTES`].
#[derive(Clone, Copy)]
struct Mark {
    head: u64,
    tail: u64,
    length: u32,
}

/// Texts of at most so many bytes are the same if their marks are.
const MARKED_BYTES: u32 = 16;
/// No text that is looked for comes near this length.
const NO_LENGTH: u32 = u32::MAX;
const EMPTY: Slot = Slot { mark: Mark { head: 0, tail: 0, length: NO_LENGTH }, place: u16::MAX };
const SLOTS: usize = (KNOWN.len() * 2).next_power_of_two();

static INDEX: Index = Index::build();

impl Index {
    const fn build() -> Self {
        let mut index = Index { slots: [EMPTY; SLOTS] };
        let mut place = 0;
        while place < KNOWN.len() {
            let mark = MARKS[place];
            let mut slot = mark.sum() as usize % SLOTS;
            while index.slots[slot].mark.length != NO_LENGTH {
                slot = (slot + 1) % SLOTS;
            }
            assert!(place < u16::MAX as usize, "fewer than 65,535 field names");
            index.slots[slot] = Slot { mark, place: place as u16 };
            place += 1;
        }
        index
    }

    fn find(&self, mark: Mark, text: &str) -> Option<KnownKey> {
        let sum = mark.sum();
        let mut at = sum as usize % SLOTS;
        loop {
            let Slot { mark: found, place } = self.slots[at];
            if found.is(mark) && (mark.length <= MARKED_BYTES || KNOWN[usize::from(place)] == text) {
                return Some(KnownKey { sum, place });
            }
            if found.length == NO_LENGTH {
                return None;
            }
            at = (at + 1) % SLOTS;
        }
    }
}

impl Mark {
    #[inline(always)]
    const fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(head), Some(tail)) => {
                    (u32::from_le_bytes(*head) as u64, u32::from_le_bytes(*tail) as u64)
                }
                _ => match bytes {
                    [] => (0, 0),
                    [one] => (*one as u64, 0),
                    [one, two] => (*one as u64, *two as u64),
                    [one, .., last] => ((bytes[1] as u64) << 8 | *one as u64, *last as u64),
                },
            },
        };
        // Lengths that do not fit are those of texts that are no field names.
        let length = if bytes.len() < NO_LENGTH as usize { bytes.len() as u32 } else { NO_LENGTH - 1 };
        Self { head, tail, length }
    }

    #[inline]
    fn is(self, other: Self) -> bool {
        self.head == other.head && self.tail == other.tail && self.length == other.length
    }

    /// The table is fixed, so nobody can choose colliding names that land in it: a multiplicative
    /// hash takes a few nanoseconds.
    #[inline(always)]
    const fn sum(self) -> u32 {
        let words = self.head ^ self.tail.rotate_left(23) ^ self.length as u64;
        (words.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
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
    fn known_names_differ_in_their_sums() {
        let sums: std::collections::HashSet<u32> = MARKS.iter().map(|mark| mark.sum()).collect();
        assert_eq!(sums.len(), KNOWN.len());
        for (place, name) in KNOWN.iter().enumerate() {
            let key = KnownKey::at(u16::try_from(place).expect("few names"));
            assert!(key.as_str() == *name && KnownKey::find(name).is_some_and(|found| found.sum == key.sum));
        }
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
