//! Every written form of time that platforms use. Pure functions; nothing is ever read from a clock.

use crate::mention::Timestamp;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads RFC 3339 (a missing zone is UTC, "+0000" without a colon is fine), the form of X v1.1
/// ("Wed Jun 06 20:07:10 +0000 2012"), or a number of 1/`per_second` seconds since 1970 (no number, if that is 0).
pub(super) fn parse(text: &str, per_second: i64) -> Option<Timestamp> {
    let bytes = text.trim_ascii().as_bytes();
    match bytes.first()? {
        b'0'..=b'9' if bytes.get(4) == Some(&b'-') => rfc3339(bytes),
        b'0'..=b'9' | b'-' => number(std::str::from_utf8(bytes).ok()?, per_second),
        _ => ctime(bytes),
    }
}

/// From whole units of 1/`per_second` seconds.
pub(super) fn from_units(number: i64, per_second: i64) -> Option<Timestamp> {
    Timestamp::from_micros(number.checked_mul(1_000_000i64.checked_div(per_second)?)?)
}

/// From units of 1/`per_second` seconds with a fraction, to the nearest microsecond.
pub(super) fn from_float(number: f64, per_second: i64) -> Option<Timestamp> {
    let micros = libm::round(number * 1_000_000i64.checked_div(per_second)? as f64);
    // years 1 to 9999 in µs stay below 2^58; the cast is exact enough and NaN fails the test
    if micros.abs() < 3e17 { Timestamp::from_micros(micros as i64) } else { None }
}

fn number(text: &str, per_second: i64) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(whole) => from_units(whole, per_second),
        Err(_) if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')) => {
            from_float(text.parse().ok()?, per_second)
        }
        Err(_) => None,
    }
}

/// `YYYY-MM-DD` `T` or space `HH:MM:SS` `[.fraction]` `[Z | ±HH:MM | ±HHMM]`.
fn rfc3339(bytes: &[u8]) -> Option<Timestamp> {
    let day = days(digits(bytes.get(..4)?)?, digits(bytes.get(5..7)?)?, digits(bytes.get(8..10)?)?)?;
    if bytes[7] != b'-' || !matches!(bytes.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let seconds = clock(bytes.get(11..19)?)?;
    let rest = bytes.get(19..)?;
    let (micros, zone) = match rest.split_first() {
        Some((b'.' | b',', rest)) => fraction(rest)?,
        _ => (0, rest),
    };
    instant(day, seconds - offset(zone)?, micros)
}

/// `Wed Jun 06 20:07:10 +0000 2012`.
fn ctime(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = text.split_ascii_whitespace();
    let (_, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (at, zone, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    if parts.next().is_some() || year.len() != 4 || day.len() > 2 {
        return None;
    }
    let day = days(digits(year.as_bytes())?, month, digits(day.as_bytes())?)?;
    instant(day, clock(at.as_bytes())? - offset(zone.as_bytes())?, 0)
}

fn instant(days: i64, seconds: i64, micros: i64) -> Option<Timestamp> {
    Timestamp::from_micros((days * 86_400 + seconds) * 1_000_000 + micros)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0i64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// `HH:MM:SS` as seconds of the day; a leap second counts as the second after it.
fn clock(bytes: &[u8]) -> Option<i64> {
    let &[_, _, b':', _, _, b':', _, _] = bytes else { return None };
    let (hour, minute, second) = (digits(&bytes[..2])?, digits(&bytes[3..5])?, digits(&bytes[6..])?);
    (hour < 24 && minute < 60 && second < 61).then_some(hour * 3600 + minute * 60 + second)
}

/// Microseconds of a fraction and what follows it; digits past the sixth are dropped.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let kept = length.min(6);
    let scale = 10i64.pow(6 - kept as u32);
    Some((digits(&bytes[..kept])? * scale, &bytes[length..]))
}

/// Seconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone.split_first() {
        None => return Some(0),
        Some((b'Z' | b'z', [])) => return Some(0),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, minutes) = match rest {
        [_, _, b':', _, _] => (digits(&rest[..2])?, digits(&rest[3..])?),
        [_, _, _, _] => (digits(&rest[..2])?, digits(&rest[2..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || day < 1 || day > length {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        parse(text, 1).map(|at| at.to_string())
    }

    #[test]
    fn reads_every_documented_form() {
        let cases = [
            ("2024-04-15T21:05:59.000Z", "2024-04-15T21:05:59Z"),
            ("2024-04-15T21:05:59.123456789Z", "2024-04-15T21:05:59.123456Z"),
            ("2024-04-15T21:05:59.5+02:00", "2024-04-15T19:05:59.5Z"),
            ("2024-04-15T21:05:59-0730", "2024-04-16T04:35:59Z"),
            ("2024-04-15 21:05:59", "2024-04-15T21:05:59Z"),
            ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00Z"),
            ("0001-02-03T04:05:06Z", "0001-02-03T04:05:06Z"),
            ("Wed Jun 06 20:07:10 +0000 2012", "2012-06-06T20:07:10Z"),
            ("Sun Jan  1 00:00:00 -0500 2023", "2023-01-01T05:00:00Z"),
            ("1713215159", "2024-04-15T21:05:59Z"),
            ("1713215159.25", "2024-04-15T21:05:59.25Z"),
        ];
        for (text, want) in cases {
            assert_eq!(written(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(parse("1713215159250", 1000).map(Timestamp::as_micros), Some(1_713_215_159_250_000));
    }

    #[test]
    fn refuses_what_is_no_time() {
        let cases = [
            "",
            " ",
            "yesterday-ish",
            "2024-04-15",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-04-15T24:00:00Z",
            "2024-04-15T21:05:59.Z",
            "2024-04-15T21:05:59+2",
            "2024-04-15T21:05:59Zulu",
            "2024-04-15X21:05:59Z",
            "0000-01-01T00:00:00Z",
            "Wed Jun 06 20:07:10 +0000",
            "Wed Foo 06 20:07:10 +0000 2012",
            "Wed Jun 06 20:07:10 +0000 20122",
            "99999999999999999",
            "1e999",
            "１７１３２１５１５９",
        ];
        for text in cases {
            assert_eq!(written(text), None, "{text}");
        }
        assert_eq!(parse("2024", 0), None, "a year is no time where times are written out");
        for number in [f64::NAN, f64::INFINITY, 1e300, -1e300] {
            assert_eq!(from_float(number, 1), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_calendar(micros in Timestamp::MIN_MICROS..Timestamp::MAX_MICROS) {
            let at = Timestamp::clamped(micros);
            proptest::prop_assert_eq!(parse(&at.to_string(), 1), Some(at));
        }

        #[test]
        fn any_text_is_fine(text in ".{0,40}") {
            let _ = parse(&text, 1000);
        }
    }
}
