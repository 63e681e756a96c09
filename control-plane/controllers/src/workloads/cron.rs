//! Cron schedules: five fields, names, ranges, steps, and macros.
//!
//! Source: `crontab(5)`; as there, a day matches by either of its two fields when both are restricted.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

/// A parsed schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Points in time by the calendar.
    Calendar(Fields),
    /// `@every`: this long after the last time.
    Every(SignedDuration),
}

/// The values of each field, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether day of month or day of week was `*`.
    any_day: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Beyond this many days without a match there is none, such as for the 30th of February.
const HORIZON_DAYS: i64 = 366 * 5;

/// Parses a schedule. The error is a sentence for the user.
pub(crate) fn parse(text: &str) -> Result<Schedule, String> {
    if let Some(length) = text.strip_prefix("@every ") {
        let every = duration(length.trim()).filter(|every| every.as_secs() >= 1);
        return every.map(Schedule::Every).ok_or_else(|| format!("{length:?} is no duration such as 1h30m"));
    }
    let text = match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        other => other,
    };
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = parts[..] else {
        return Err(format!("a schedule has five fields, not {}: {text:?}", parts.len()));
    };
    let mut weekday_bits = field(weekdays, 0, 7, &WEEKDAYS, 0)?;
    // Seven is Sunday too.
    weekday_bits |= (weekday_bits >> 7) & 1;
    Ok(Schedule::Calendar(Fields {
        minutes: field(minutes, 0, 59, &[], 0)?,
        hours: field(hours, 0, 23, &[], 0)?,
        days: field(days, 1, 31, &[], 0)?,
        months: field(months, 1, 12, &MONTHS, 1)?,
        weekdays: weekday_bits,
        any_day: is_any(days) || is_any(weekdays),
    }))
}

impl Schedule {
    /// The first time after `after`; `None` where there is none.
    pub(crate) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let fields = match self {
            Schedule::Every(every) => return after.checked_add(*every).ok(),
            Schedule::Calendar(fields) => fields,
        };
        let end = after.checked_add(SignedDuration::from_hours(24 * HORIZON_DAYS)).ok()?;
        let start = after.as_second().div_euclid(60) * 60 + 60;
        let mut time = Timestamp::from_second(start).ok()?;
        while time <= end {
            let local = time.to_zoned(zone.clone());
            let step = if !has(fields.months, local.month()) || !fields.matches_day(&local) {
                minutes_to_midnight(&local)
            } else if !has(fields.hours, local.hour()) {
                60 - i64::from(local.minute())
            } else if has(fields.minutes, local.minute()) {
                return Some(time);
            } else {
                1
            };
            time = time.checked_add(SignedDuration::from_mins(step)).ok()?;
        }
        None
    }

    /// The last time after `since` and not after `now`, and how many there were.
    pub(crate) fn last_due(
        &self,
        since: Timestamp,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Option<(Timestamp, usize)> {
        // More than this many missed times are not worth counting: only the last is made up for.
        const MOST: usize = 100;
        let mut due = None;
        let mut from = since;
        for count in 1.. {
            let Some(time) = self.next(from, zone).filter(|time| *time <= now) else { return due };
            due = Some((time, count));
            from = time;
            if count >= MOST {
                // Jump ahead: what lies within a day of now decides.
                let near = now.checked_sub(SignedDuration::from_hours(24)).ok()?;
                from = from.max(near);
            }
        }
        due
    }
}

impl Fields {
    fn matches_day(&self, local: &Zoned) -> bool {
        let day = has(self.days, local.day());
        let weekday = has(self.weekdays, local.weekday().to_sunday_zero_offset());
        if self.any_day { day && weekday } else { day || weekday }
    }
}

fn has(bits: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| bits >> value & 1 == 1)
}

/// Never past midnight, and small enough that a change of clocks cannot be jumped over.
fn minutes_to_midnight(local: &Zoned) -> i64 {
    let left = 24 * 60 - (i64::from(local.hour()) * 60 + i64::from(local.minute()));
    if left > 180 { left - 120 } else { left.min(60 - i64::from(local.minute())) }
}

fn is_any(text: &str) -> bool {
    text == "?" || text == "*" || text.starts_with("*/")
}

fn field(text: &str, low: u64, high: u64, names: &[&str], first_name: u64) -> Result<u64, String> {
    let wrong = |what: &str| format!("{text:?} is not a list of {what} from {low} to {high}");
    let number = |part: &str| -> Result<u64, String> {
        let lower = part.to_lowercase();
        if let Some(place) = names.iter().position(|name| *name == lower) {
            return Ok(place as u64 + first_name);
        }
        part.parse().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| wrong("numbers"))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                (range, step.parse().ok().filter(|s| *s > 0).ok_or_else(|| wrong("steps"))?)
            }
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (low, high),
            Some((first, last)) => (number(first)?, number(last)?),
            // `5/10` counts from five to the end.
            None if part.contains('/') => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(wrong("ranges"));
        }
        for value in (first..=last).step_by(step) {
            bits |= 1 << value;
        }
    }
    Ok(bits)
}

/// Go's form of durations, in whole hours, minutes and seconds.
fn duration(text: &str) -> Option<SignedDuration> {
    let mut total = 0i64;
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let number: i64 = std::mem::take(&mut digits).parse().ok()?;
        total += number
            * match c {
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => return None,
            };
    }
    digits.is_empty().then(|| SignedDuration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        meta::time::parse(text).expect("a time")
    }

    fn next(schedule: &str, after: &str) -> String {
        let schedule = parse(schedule).expect("a schedule");
        schedule.next(time(after), &TimeZone::UTC).map_or("never".into(), meta::time::seconds)
    }

    #[test]
    fn calendars() {
        let from = "2026-11-23T09:15:30Z"; // A Monday.
        assert_eq!(next("* * * * *", from), "2026-11-23T09:16:00Z");
        assert_eq!(next("*/20 * * * *", from), "2026-11-23T09:20:00Z");
        assert_eq!(next("15 9 * * *", from), "2026-11-24T09:15:00Z");
        assert_eq!(next("0 0 1 1 *", from), "2027-01-01T00:00:00Z");
        assert_eq!(next("@monthly", from), "2026-12-01T00:00:00Z");
        assert_eq!(next("30 8-10/2 * * mon-fri", from), "2026-11-23T10:30:00Z");
        assert_eq!(next("0 12 * * 7", from), "2026-11-29T12:00:00Z");
        // Either field, when both are restricted.
        assert_eq!(next("0 0 25 * fri", from), "2026-11-25T00:00:00Z");
        assert_eq!(next("0 0 29 feb *", from), "2028-02-29T00:00:00Z");
        assert_eq!(next("0 0 30 2 *", from), "never");
        assert_eq!(next("@every 1h30m", from), "2026-11-23T10:45:30Z");
    }

    #[test]
    fn mistakes_are_told() {
        for wrong in
            ["", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "@every x", "@never"]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_the_last_missed_time_matters() {
        let schedule = parse("*/10 * * * *").expect("a schedule");
        let due = |since: &str, now: &str| schedule.last_due(time(since), time(now), &TimeZone::UTC);
        assert_eq!(due("2026-11-23T09:00:00Z", "2026-11-23T09:09:59Z"), None);
        let (last, missed) = due("2026-11-23T09:00:00Z", "2026-11-23T09:35:00Z").expect("three");
        assert_eq!((meta::time::seconds(last).as_str(), missed), ("2026-11-23T09:30:00Z", 3));
        let (last, missed) = due("2025-01-01T00:00:00Z", "2026-11-23T09:35:00Z").expect("many");
        assert_eq!(meta::time::seconds(last), "2026-11-23T09:30:00Z");
        assert!(missed >= 100);
    }
}
