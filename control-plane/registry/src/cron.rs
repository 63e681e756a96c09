//! The spelling of a CronJob's schedule and time zone.
//!
//! Source: crontab(5) with the descriptors (`@daily`, `@every 1h30m`) that upstream takes besides. The
//! answers are upstream's sentences.

/// One of the five fields: its least and greatest number, and names for numbers.
struct Bounds {
    min: u32,
    max: u32,
    names: &'static [&'static str],
    first_name: u32,
}

const FIELDS: [Bounds; 5] = [
    Bounds { min: 0, max: 59, names: &[], first_name: 0 },
    Bounds { min: 0, max: 23, names: &[], first_name: 0 },
    Bounds { min: 1, max: 31, names: &[], first_name: 0 },
    Bounds {
        min: 1,
        max: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        first_name: 1,
    },
    Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"], first_name: 0 },
];

const DESCRIPTORS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Checks a schedule; the error is the sentence for the client.
pub(crate) fn check_schedule(schedule: &str) -> Result<(), String> {
    let mut text = schedule;
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        let Some((zone, rest)) = text.split_once(' ') else {
            return Err(format!("invalid schedule {schedule:?}: no fields after the time zone"));
        };
        let name = zone.split_once('=').map_or(zone, |(_, name)| name);
        if !is_time_zone(name) {
            return Err(format!("provided bad location {name}: unknown time zone {name}"));
        }
        text = rest.trim();
    }
    if let Some(interval) = text.strip_prefix("@every ") {
        return if is_go_duration(interval) {
            Ok(())
        } else {
            Err(format!("failed to parse duration {text}: time: invalid duration {interval:?}"))
        };
    }
    if text.starts_with('@') {
        let known = DESCRIPTORS.contains(&text);
        return if known { Ok(()) } else { Err(format!("unrecognized descriptor: {text}")) };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let (count, list) = (fields.len(), fields.join(" "));
        return Err(format!("expected exactly 5 fields, found {count}: [{list}]"));
    }
    for (field, bounds) in fields.iter().zip(&FIELDS) {
        for range in field.split(',').filter(|range| !range.is_empty()) {
            check_range(range, bounds)?;
        }
    }
    Ok(())
}

/// Whether a name is that of a time zone of the database. Where there is none to ask, any name may be.
pub(crate) fn is_time_zone(name: &str) -> bool {
    let database = jiff::tz::db();
    name == "UTC" || database.is_definitively_empty() || database.get(name).is_ok()
}

/// Whether each part of a name may stand in a time zone's name.
pub(crate) fn is_time_zone_spelled(name: &str) -> bool {
    name.split('/').all(|part| {
        !matches!(part, "" | "." | "..")
            && !part.starts_with('-')
            && part.len() <= 14
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
    })
}

/// `*`, `a`, `a-b`, each with `/step`.
fn check_range(range: &str, bounds: &Bounds) -> Result<(), String> {
    let mut halves = range.split('/');
    let span = halves.next().unwrap_or_default();
    let (step, more) = (halves.next(), halves.next());
    let mut ends = span.split('-');
    let (low, high, third) = (ends.next().unwrap_or_default(), ends.next(), ends.next());
    let (start, mut end) = if matches!(low, "*" | "?") {
        (bounds.min, bounds.max)
    } else {
        let start = number_or_name(low, bounds)?;
        let end = high.map_or(Ok(start), |high| number_or_name(high, bounds))?;
        if third.is_some() {
            return Err(format!("too many hyphens: {range}"));
        }
        (start, end)
    };
    if more.is_some() {
        return Err(format!("too many slashes: {range}"));
    }
    let step = step.map_or(Ok(1), number)?;
    if range.contains('/') && high.is_none() {
        end = bounds.max;
    }
    let (min, max) = (bounds.min, bounds.max);
    if start < min {
        return Err(format!("beginning of range ({start}) below minimum ({min}): {range}"));
    }
    if end > max {
        return Err(format!("end of range ({end}) above maximum ({max}): {range}"));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {range}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {range}"));
    }
    Ok(())
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let place = bounds.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    match place.and_then(|place| u32::try_from(place).ok()) {
        Some(place) => Ok(place + bounds.first_name),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, String> {
    let number: i64 = text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })?;
    if number < 0 {
        return Err(format!("negative number ({number}) not allowed: {text}"));
    }
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Go's spelling of a duration: `1h30m`, `1.5s`, `-2us`, `0`.
fn is_go_duration(text: &str) -> bool {
    let mut rest = text.trim_start_matches(['+', '-']);
    if text.len() > rest.len() + 1 || rest.is_empty() {
        return false;
    }
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let amount = &rest[..rest.len() - unit.len()];
        if !amount.bytes().any(|b| b.is_ascii_digit()) || amount.matches('.').count() > 1 {
            return false;
        }
        let next = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&&unit[..next]) {
            return false;
        }
        rest = &unit[next..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules() {
        for good in [
            "* * * * ?",
            "0 */2 1-5 jan-mar mon",
            "*/5 * * * *",
            "@hourly",
            "@every 1h30m",
            "0,30 8 * * 1",
            "0 0 31 12 6",
            "TZ=UTC 0 0 * * *",
        ] {
            assert_eq!(check_schedule(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("* * *", "expected exactly 5 fields, found 3: [* * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("* 5-3 * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@soon", "unrecognized descriptor: @soon"),
            ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
        ] {
            assert_eq!(check_schedule(bad), Err(why.to_owned()), "{bad}");
        }
    }

    #[test]
    fn time_zones() {
        assert!(is_time_zone("UTC") && is_time_zone("Europe/Berlin"));
        assert!(is_time_zone_spelled("Etc/GMT+5") && !is_time_zone_spelled("../x"));
    }
}
