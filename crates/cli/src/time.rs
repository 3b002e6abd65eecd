//! Spans of time as people write and read them.

use std::time::Duration;

use jiff::Timestamp;

/// Reads `90`, `90s`, `10m`, `1h30m` or `2d`; a number without a unit counts seconds.
///
/// # Errors
///
/// A sentence that says what is allowed.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let error = || format!("{text:?} is not a span of time; write it as in 90s, 10m or 1h30m");
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let (mut rest, mut total) = (text, 0_u64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let number: u64 = rest[..digits].parse().map_err(|_| error())?;
        let unit = rest[digits..].chars().next().ok_or_else(error)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(error()),
        };
        total = number.checked_mul(seconds).and_then(|part| total.checked_add(part)).ok_or_else(error)?;
        rest = &rest[digits + 1..];
    }
    if text.is_empty() { Err(error()) } else { Ok(Duration::from_secs(total)) }
}

/// A span as kubectl shows ages: `5s`, `3m`, `2h`, `4d`.
pub(crate) fn age(from: Timestamp, to: Timestamp) -> String {
    let seconds = (to.as_second() - from.as_second()).max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A span to a tenth of a second where that says something: `4.2 s`, `2 min 5 s`.
pub(crate) fn elapsed(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_and_without_units() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5_400), ("2d", 172_800)] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "10x", "-1", "1.5h", "10m5", "99999999999999999999s", "18446744073709551615d"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_are_as_kubectl_shows_them() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (seconds, expected) in [(-5, "0s"), (119, "119s"), (120, "2m"), (7_200, "2h"), (172_800, "2d")] {
            assert_eq!(age(at(0), at(seconds)), expected);
        }
        assert_eq!(elapsed(Duration::from_millis(4_230)), "4.2 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(elapsed(Duration::from_secs(3_725)), "1 h 2 min");
    }
}
