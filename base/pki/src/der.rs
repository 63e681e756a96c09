//! The little of DER (ITU-T X.690) that certificates and requests are made of.
//!
//! Own, because the certificate libraries that write DER cannot write a subject with two
//! organisations, and Kubernetes' groups are exactly that.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const UTF8_STRING: u8 = 0x0c;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;

/// Tag of a context-specific element with elements inside.
pub const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Tag of a context-specific element with plain content.
pub const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// One element.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let len = content.len();
    if len < 0x80 {
        out.push(len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let significant = &bytes[bytes.iter().position(|&byte| byte != 0).unwrap_or(0)..];
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    }
    out.extend_from_slice(content);
    out
}

/// One element made of others.
pub fn constructed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A sequence.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    constructed(SEQUENCE, parts)
}

/// A non-negative integer from big-endian bytes.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let significant = &bytes[bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len())..];
    let mut content = Vec::with_capacity(significant.len() + 1);
    if significant.first().is_none_or(|&byte| byte >= 0x80) {
        content.push(0);
    }
    content.extend_from_slice(significant);
    element(INTEGER, &content)
}

/// A bit string of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    constructed(BIT_STRING, &[&[0], bytes])
}

/// A named-bit string: bit 0 is the first; trailing zeros are left out (X.690 §11.2.2).
pub fn named_bits(bits: u16) -> Vec<u8> {
    let flags = bits.reverse_bits();
    let unused = flags.trailing_zeros().min(16);
    let bytes = flags.to_be_bytes();
    let used = (16 - unused as usize).div_ceil(8);
    constructed(BIT_STRING, &[&[(unused % 8) as u8], &bytes[..used]])
}

/// A time as RFC 5280 §4.1.2.5 wants it: two-digit years until 2049.
pub fn time(time: Timestamp) -> Vec<u8> {
    let time = time.to_zoned(TimeZone::UTC).datetime();
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    if (1950..2050).contains(&time.year()) {
        element(UTC_TIME, format!("{:02}{rest}", time.year() % 100).as_bytes())
    } else {
        element(GENERALIZED_TIME, format!("{:04}{rest}", time.year().max(0)).as_bytes())
    }
}

/// Tag, content, the whole element, and what follows it.
pub type Element<'a> = (u8, &'a [u8], &'a [u8], &'a [u8]);

/// Takes one element off the front.
pub fn read(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (len, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if len.is_empty() || len.len() > 4 {
            return None;
        }
        (len.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some((tag, content, &bytes[..bytes.len() - rest.len()], rest))
}

/// The content of an element that must have this tag, and what follows it.
pub fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, _, rest) = read(bytes)?;
    (found == tag).then_some((content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_encodings() {
        assert_eq!(unsigned(&[0]), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(named_bits(0b101), [3, 2, 5, 0xa0]);
        assert_eq!(named_bits(1 << 8), [3, 3, 7, 0, 0x80]);
        assert_eq!(named_bits(0), [3, 1, 0]);
        let at = |text: &str| time(text.parse().unwrap());
        assert_eq!(at("2026-11-23T07:09:16Z"), [&[0x17, 13][..], b"261123070916Z"].concat());
        assert_eq!(at("2050-01-01T00:00:00Z"), [&[0x18, 15][..], b"20500101000000Z"].concat());
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote(content in prop::collection::vec(any::<u8>(), 0..70_000), rest: [u8; 3]) {
            let mut bytes = element(SEQUENCE, &content);
            let len = bytes.len();
            bytes.extend_from_slice(&rest);
            prop_assert_eq!(read(&bytes), Some((SEQUENCE, &content[..], &bytes[..len], &rest[..])));
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            read(&bytes);
        }
    }
}
