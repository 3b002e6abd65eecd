//! Sizes in bytes as Spark writes them: `512m`, `1g`, or a bare number in the unit of the key. Spark: `ByteUnit`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

/// The unit of a number without a suffix, which differs from key to key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeUnit {
    /// 1
    Byte,
    /// 1024
    KiB,
    /// 1024 * 1024
    MiB,
}

/// The grammar of one size: the unit of a bare number, and the least and most that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeRule {
    unit: SizeUnit,
    min: ByteSize,
    max: ByteSize,
}

const SUFFIXES: [(&str, u32); 11] = [
    ("b", 0),
    ("k", 10),
    ("kb", 10),
    ("m", 20),
    ("mb", 20),
    ("g", 30),
    ("gb", 30),
    ("t", 40),
    ("tb", 40),
    ("p", 50),
    ("pb", 50),
];

impl ByteSize {
    /// So many KiB.
    pub const fn kib(count: u64) -> Self {
        Self(count << 10)
    }

    /// So many MiB.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// So many GiB.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The number of bytes as a length in memory, at most what an address can hold.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The largest unit that gives a whole number: `512m`, `1g`, `1500b`.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        let units = [(50, "p"), (40, "t"), (30, "g"), (20, "m"), (10, "k")];
        match units.into_iter().find(|(shift, _)| self.0.trailing_zeros() >= *shift) {
            Some((shift, suffix)) => write!(f, "{}{suffix}", self.0 >> shift),
            None => write!(f, "{}b", self.0),
        }
    }
}

impl SizeUnit {
    const fn shift(self) -> u32 {
        match self {
            Self::Byte => 0,
            Self::KiB => 10,
            Self::MiB => 20,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Byte => "bytes",
            Self::KiB => "KiB",
            Self::MiB => "MiB",
        }
    }
}

impl SizeRule {
    /// Any size; a bare number counts in `unit`.
    pub const fn of(unit: SizeUnit) -> Self {
        Self { unit, min: ByteSize(0), max: ByteSize(u64::MAX) }
    }

    /// The same with a least size.
    pub const fn at_least(self, min: ByteSize) -> Self {
        Self { min, ..self }
    }

    /// The same with a largest size.
    pub const fn at_most(self, max: ByteSize) -> Self {
        Self { max, ..self }
    }

    fn read(&self, text: &str) -> Option<ByteSize> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, suffix) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let shift = if suffix.is_empty() {
            self.unit.shift()
        } else {
            SUFFIXES.iter().find(|(name, _)| *name == suffix)?.1
        };
        number.checked_mul(1 << shift).map(ByteSize)
    }
}

impl Value for ByteSize {
    type Rule = SizeRule;

    fn parse(text: &str, rule: &SizeRule) -> Result<Self, String> {
        let Some(size) = rule.read(text) else {
            return Err("is not a size; write for example 512m, 2g".to_owned());
        };
        if size < rule.min {
            Err(format!("is too small; the least is {}", rule.min))
        } else if size > rule.max {
            Err(format!("is too large; the most is {}", rule.max))
        } else {
            Ok(size)
        }
    }

    fn type_name(rule: &SizeRule) -> String {
        format!("size (bare: {})", rule.unit.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, unit: SizeUnit, expected: Option<u64>) {
        assert_eq!(
            ByteSize::parse(text, &SizeRule::of(unit)).ok().map(ByteSize::bytes),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn a_suffix_is_a_power_of_1024_in_either_case() {
        check("512m", SizeUnit::Byte, Some(512 << 20));
        check("512MB", SizeUnit::Byte, Some(512 << 20));
        check("1g", SizeUnit::Byte, Some(1 << 30));
        check("3k", SizeUnit::MiB, Some(3072));
        check("7b", SizeUnit::MiB, Some(7));
        check("2t", SizeUnit::MiB, Some(2 << 40));
        check("1pb", SizeUnit::MiB, Some(1 << 50));
        check(" 1G ", SizeUnit::MiB, Some(1 << 30));
    }

    #[test]
    fn a_bare_number_counts_in_the_unit_of_the_key() {
        check("5", SizeUnit::Byte, Some(5));
        check("5", SizeUnit::KiB, Some(5 << 10));
        check("5", SizeUnit::MiB, Some(5 << 20));
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in
            ["", "12x", "m", "-1m", "1.5g", "1 g", "1gg", "99999999999999999999", "16384p", "١m", "+1"]
        {
            check(text, SizeUnit::MiB, None);
        }
    }

    #[test]
    fn bounds_are_named() {
        let rule = SizeRule::of(SizeUnit::MiB).at_least(ByteSize::mib(1)).at_most(ByteSize::gib(2));
        assert_eq!(ByteSize::parse("1b", &rule).unwrap_err(), "is too small; the least is 1m");
        assert_eq!(ByteSize::parse("3g", &rule).unwrap_err(), "is too large; the most is 2g");
        assert_eq!(ByteSize::parse("2g", &rule).unwrap(), ByteSize::gib(2));
    }

    #[test]
    fn a_size_is_shown_as_it_would_be_written() {
        for text in ["512m", "1g", "1536m", "3k", "1025b", "0", "1t", "2p"] {
            let size = ByteSize::parse(text, &SizeRule::of(SizeUnit::Byte)).unwrap();
            assert_eq!(size.to_string(), text);
        }
    }
}
