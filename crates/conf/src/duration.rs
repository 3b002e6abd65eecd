//! Times as Spark writes them: `10s`, `200ms`, or a bare number in the unit of the key. Spark: `JavaUtils`.

use std::time::Duration;

use crate::value::Value;

/// The unit of a number without a suffix, which differs from key to key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// A thousandth of a second.
    Millisecond,
    /// A second.
    Second,
}

/// The grammar of one time: the unit of a bare number, and whether zero is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRule {
    unit: TimeUnit,
    positive: bool,
}

const SUFFIXES: [(&str, u64); 7] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("min", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];

impl TimeUnit {
    const fn micros(self) -> u64 {
        match self {
            Self::Millisecond => 1_000,
            Self::Second => 1_000_000,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Millisecond => "ms",
            Self::Second => "s",
        }
    }
}

impl TimeRule {
    /// Any time; a bare number counts in `unit`.
    pub const fn of(unit: TimeUnit) -> Self {
        Self { unit, positive: false }
    }

    /// The same without zero.
    pub const fn positive(self) -> Self {
        Self { positive: true, ..self }
    }

    fn read(&self, text: &str) -> Option<Duration> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, suffix) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let micros = if suffix.is_empty() {
            self.unit.micros()
        } else {
            SUFFIXES.iter().find(|(name, _)| *name == suffix)?.1
        };
        // Spark's own "never" is the largest number of milliseconds: too long to count, and meant so.
        Some(Duration::from_micros(number.saturating_mul(micros)))
    }
}

impl Value for Duration {
    type Rule = TimeRule;

    fn parse(text: &str, rule: &TimeRule) -> Result<Self, String> {
        match rule.read(text) {
            None => Err("is not a time; write for example 200ms, 10s, 5min, 1h".to_owned()),
            Some(Self::ZERO) if rule.positive => Err("is too short; it must be more than 0".to_owned()),
            Some(duration) => Ok(duration),
        }
    }

    fn type_name(rule: &TimeRule) -> String {
        format!("time (bare: {})", rule.unit.name())
    }
}

/// A time as it would be written in a configuration: the largest unit that gives a whole number.
pub fn format_duration(duration: Duration) -> String {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let units = [("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000)];
    match units.into_iter().find(|(_, unit)| micros != 0 && micros.is_multiple_of(*unit)) {
        Some((suffix, unit)) => format!("{}{suffix}", micros / unit),
        None if micros == 0 => "0s".to_owned(),
        None => format!("{micros}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, unit: TimeUnit, expected: Option<Duration>) {
        assert_eq!(Duration::parse(text, &TimeRule::of(unit)).ok(), expected, "{text:?}");
    }

    #[test]
    fn every_suffix_of_spark_is_read() {
        let seconds = Duration::from_secs;
        check("10us", TimeUnit::Second, Some(Duration::from_micros(10)));
        check("200ms", TimeUnit::Second, Some(Duration::from_millis(200)));
        check("10s", TimeUnit::Millisecond, Some(seconds(10)));
        check("2m", TimeUnit::Millisecond, Some(seconds(120)));
        check("5MIN", TimeUnit::Millisecond, Some(seconds(300)));
        check("1h", TimeUnit::Millisecond, Some(seconds(3600)));
        check(" 1d ", TimeUnit::Millisecond, Some(seconds(86_400)));
    }

    #[test]
    fn a_bare_number_counts_in_the_unit_of_the_key() {
        check("3", TimeUnit::Second, Some(Duration::from_secs(3)));
        check("3", TimeUnit::Millisecond, Some(Duration::from_millis(3)));
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in ["", "s", "-1s", "1.5s", "1 s", "10x", "1w"] {
            check(text, TimeUnit::Second, None);
        }
    }

    #[test]
    fn sparks_never_is_a_very_long_time() {
        let never = Duration::parse("9223372036854775807ms", &TimeRule::of(TimeUnit::Millisecond)).unwrap();
        assert!(never > Duration::from_secs(86_400 * 365 * 1000));
    }

    #[test]
    fn zero_is_refused_where_it_makes_no_sense() {
        let rule = TimeRule::of(TimeUnit::Second).positive();
        assert_eq!(Duration::parse("0", &rule).unwrap_err(), "is too short; it must be more than 0");
    }

    #[test]
    fn a_time_is_shown_as_it_would_be_written() {
        for text in ["200ms", "10s", "5min", "1h", "7us", "0s", "90s"] {
            let duration = Duration::parse(text, &TimeRule::of(TimeUnit::Second)).unwrap();
            assert_eq!(format_duration(duration), text);
        }
    }
}
