//! `resource.Quantity`: fixed-point numbers with SI or binary suffixes.
//!
//! Source: Kubernetes API reference, "Quantity". A value is held as a count of nano-units, which
//! is the finest precision the API keeps (finer input is rounded up).

use std::cmp::Ordering;
use std::fmt;

use thiserror::Error;

const NANO: i128 = 1_000_000_000;

/// The texts of the two ways a quantity can be wrong.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
pub enum Error {
    /// The text has no number where one is needed, or junk around it.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// The suffix is not one of the known ones.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// How a quantity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `1k`, `1M`, `100m`.
    DecimalSi,
    /// `1Ki`, `1Mi`.
    BinarySi,
    /// `1e3`.
    DecimalExponent,
}

/// A fixed-point number.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Zero.
    pub const ZERO: Quantity = Quantity { nanos: 0, format: Format::DecimalSi };

    /// A whole number.
    pub fn from_units(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANO, format: Format::DecimalSi }
    }

    /// Thousandths, the unit of CPU accounting.
    pub fn from_millis(millis: i64) -> Self {
        Self { nanos: i128::from(millis) * (NANO / 1000), format: Format::DecimalSi }
    }

    /// A number of bytes, written with binary suffixes.
    pub fn from_bytes(bytes: i64) -> Self {
        Self { nanos: i128::from(bytes) * NANO, format: Format::BinarySi }
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits_end =
            text.bytes().position(|b| !matches!(b, b'0'..=b'9' | b'.' | b'+' | b'-')).unwrap_or(text.len());
        let (number, suffix) = text.split_at(digits_end);
        let (negative, digits) = match number.as_bytes().first() {
            Some(b'-') => (true, &number[1..]),
            Some(b'+') => (false, &number[1..]),
            _ => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !numeric(whole) || !numeric(fraction) {
            return Err(Error::Format);
        }
        let scale = Scale::parse(suffix)?;
        let nanos = scale.apply(whole, fraction);
        Ok(Self { nanos: if negative { -nanos } else { nanos }, format: scale.format() })
    }

    /// The value in whole units, rounded up (away from zero), as upstream's `Value()`.
    pub fn value(&self) -> i64 {
        clamp(round_away(self.nanos, NANO))
    }

    /// The value in thousandths, rounded up, as upstream's `MilliValue()`.
    pub fn milli_value(&self) -> i64 {
        clamp(round_away(self.nanos, NANO / 1000))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// Whether it is a whole number of units.
    pub fn is_integer(&self) -> bool {
        self.nanos % NANO == 0
    }

    /// The sum, written in this quantity's format (or the other's when this is zero).
    #[must_use]
    pub fn plus(self, other: Quantity) -> Quantity {
        let format = if self.nanos == 0 { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// The difference, written in this quantity's format.
    #[must_use]
    pub fn minus(self, other: Quantity) -> Quantity {
        Quantity { nanos: self.nanos.saturating_sub(other.nanos), format: self.format }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    /// The canonical form: the largest suffix that leaves no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        // Binary suffixes exist for whole numbers of at least 1024 only; the rest falls back to
        // decimal ones.
        if self.format == Format::BinarySi && self.is_integer() && self.nanos.abs() >= 1024 * NANO {
            let mut number = self.nanos / NANO;
            let mut power = 0;
            while number % 1024 == 0 && power < 6 {
                number /= 1024;
                power += 1;
            }
            return write!(f, "{number}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]);
        }
        let mut number = self.nanos;
        let mut exponent = -9;
        while number % 1000 == 0 && exponent < 18 {
            number /= 1000;
            exponent += 3;
        }
        if self.format == Format::DecimalExponent {
            return if exponent == 0 { write!(f, "{number}") } else { write!(f, "{number}e{exponent}") };
        }
        let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][((exponent + 9) / 3) as usize];
        write!(f, "{number}{suffix}")
    }
}

enum Scale {
    Binary(u32),
    Decimal(i32),
    Exponent(i32),
}

impl Scale {
    fn parse(suffix: &str) -> Result<Self, Error> {
        Ok(match suffix {
            "" => Scale::Decimal(0),
            "Ki" => Scale::Binary(10),
            "Mi" => Scale::Binary(20),
            "Gi" => Scale::Binary(30),
            "Ti" => Scale::Binary(40),
            "Pi" => Scale::Binary(50),
            "Ei" => Scale::Binary(60),
            "n" => Scale::Decimal(-9),
            "u" => Scale::Decimal(-6),
            "m" => Scale::Decimal(-3),
            "k" => Scale::Decimal(3),
            "M" => Scale::Decimal(6),
            "G" => Scale::Decimal(9),
            "T" => Scale::Decimal(12),
            "P" => Scale::Decimal(15),
            "E" => Scale::Decimal(18),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E']).ok_or(Error::Suffix)?;
                Scale::Exponent(exponent.parse().map_err(|_| Error::Suffix)?)
            }
        })
    }

    fn format(&self) -> Format {
        match self {
            Scale::Binary(_) => Format::BinarySi,
            Scale::Decimal(_) => Format::DecimalSi,
            Scale::Exponent(_) => Format::DecimalExponent,
        }
    }

    /// `whole.fraction` times the scale in nano-units, saturating, fractions of a nano rounded up.
    fn apply(&self, whole: &str, fraction: &str) -> i128 {
        let exponent = match self {
            Scale::Binary(_) => 9,
            Scale::Decimal(e) | Scale::Exponent(e) => e.saturating_add(9),
        };
        let (mantissa, dropped) = shifted(whole, fraction, exponent);
        let factor = if let Scale::Binary(bits) = self { 1i128 << bits } else { 1 };
        mantissa.saturating_mul(factor).saturating_add(i128::from(dropped)).min(i128::from(i64::MAX) * NANO)
    }
}

/// `whole.fraction * 10^exponent` as an integer, and whether a non-zero remainder was cut off.
fn shifted(whole: &str, fraction: &str, exponent: i32) -> (i128, bool) {
    let digits = whole.bytes().chain(fraction.bytes());
    let keep = i64::from(exponent) + whole.len() as i64;
    let mut number: i128 = 0;
    let mut dropped = false;
    let mut count = 0i64;
    for digit in digits {
        let digit = i128::from(digit - b'0');
        if count < keep {
            number = number.saturating_mul(10).saturating_add(digit);
        } else {
            dropped |= digit != 0;
        }
        count += 1;
    }
    for _ in count..keep.min(60) {
        number = number.saturating_mul(10);
    }
    (number, dropped)
}

fn round_away(nanos: i128, unit: i128) -> i128 {
    let quotient = nanos / unit;
    if nanos % unit == 0 { quotient } else { quotient + nanos.signum() }
}

fn clamp(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, canonical) in [
            ("0", "0"),
            ("1", "1"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("100m", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1000", "1k"),
            ("1500", "1500"),
            ("1e3", "1e3"),
            ("12e6", "12e6"),
            ("1.0001", "1000100u"),
            ("-2Gi", "-2Gi"),
            ("+5", "5"),
            (".5", "500m"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("64Mi", "64Mi"),
            ("1048576", "1048576"),
        ] {
            assert_eq!(Quantity::parse(text).expect(text).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn values() {
        let q = |text| Quantity::parse(text).expect(text);
        assert_eq!(q("1500m").value(), 2);
        assert_eq!(q("1500m").milli_value(), 1500);
        assert_eq!(q("1Gi").value(), 1 << 30);
        assert!(q("1Gi") > q("1G"));
        assert_eq!(q("1Ki"), q("1024"));
        assert_eq!(q("8Ei").value(), i64::MAX);
    }

    #[test]
    fn errors() {
        for text in ["", "abc", "1.2.3", "--1", "Ki"] {
            assert_eq!(Quantity::parse(text), Err(Error::Format), "{text}");
        }
        for text in ["1Kii", "1x", "1e", "1eX"] {
            assert_eq!(Quantity::parse(text), Err(Error::Suffix), "{text}");
        }
    }
}
