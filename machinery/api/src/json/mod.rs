//! JSON: parsing into [`crate::Value`] and writing it.
//!
//! Invariants: parsing takes bounded memory and stack for any input; what was parsed and written
//! again is the same value; nothing is dropped.

mod parse;
mod write;

pub use parse::Error;
pub use parse::Parsed;
pub use parse::parse;
pub use parse::parse_value;
pub use write::push_key;
pub use write::push_string;
pub use write::to_string;
pub use write::to_vec;
pub use write::write;

/// How many bytes stand before the first one that a string cannot hold as it is: a quote, a
/// backslash, or a control character. Most strings have none, so eight are looked at at once.
fn plain_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk() {
        let special = specials(u64::from_le_bytes(*chunk));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// Whether a string is written as it is. Words overlap, so that no byte is looked at by itself.
fn is_plain(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk() {
        let (words, _) = bytes.as_chunks();
        return words.iter().chain([last]).all(|word| specials(u64::from_le_bytes(*word)) == 0);
    }
    let word = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => match bytes {
            [] => return true,
            [first, .., last] => from_three(*first, bytes[1], *last),
            [one] => from_three(*one, *one, *one),
        },
    };
    specials(word) == 0
}

fn from_three(first: u8, second: u8, third: u8) -> u64 {
    u64::from_le_bytes([first, second, third, third, third, third, third, third])
}

/// Marks the first byte of a word that a string cannot hold as it is, by its highest bit. A borrow may mark
/// bytes after the first one too, which do not matter.
#[inline]
fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // Of the bytes below `limit`, which is at most 0x80.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | equal(b'"') | equal(b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_plain;
    use super::plain_prefix;

    proptest! {
        #[test]
        fn the_plain_prefix_ends_at_the_first_special_byte(bytes in proptest::collection::vec(
            prop_oneof![4 => any::<u8>(), 1 => Just(b'"'), 1 => Just(0x7f), 1 => Just(0x80), 20 => 0x20u8..0x7f], 0..40
        )) {
            let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
            prop_assert_eq!(plain_prefix(&bytes), bytes.iter().position(special).unwrap_or(bytes.len()));
            prop_assert_eq!(is_plain(&bytes), !bytes.iter().any(special));
        }
    }
}
