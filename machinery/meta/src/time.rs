//! `metav1.Time` and `metav1.MicroTime`: RFC 3339 text in UTC.

use jiff::Timestamp;

/// Seconds precision, as `metav1.Time` is written: `2026-11-23T07:00:00Z`.
pub fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Microseconds precision, as `metav1.MicroTime` is written: `2026-11-23T07:00:00.000000Z`.
pub fn micros(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// Parses RFC 3339 with any offset and any number of fraction digits.
pub fn parse(text: &str) -> Option<Timestamp> {
    // `Timestamp` also takes forms that RFC 3339 lacks, such as a bracketed time zone.
    if text.contains('[') || !text.contains(['T', 't']) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let time = parse("2026-11-23T08:00:00.123456789+01:00").expect("valid");
        assert_eq!(seconds(time), "2026-11-23T07:00:00Z");
        assert_eq!(micros(time), "2026-11-23T07:00:00.123456Z");
        assert_eq!(parse("2026-11-23"), None);
        assert_eq!(parse("yesterday"), None);
    }
}
