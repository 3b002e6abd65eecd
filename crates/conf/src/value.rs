//! The types that a configuration value can have, and how each is read from text.

use std::path::PathBuf;

use hearth_types::SchedulingMode;
use serde::{Deserialize, Serialize};

/// A type of configuration values.
///
/// A `problem` is the rest of a sentence that begins with the value: `is not a size; write for example 512m, 2g`.
pub trait Value: Sized + 'static {
    /// What differs between two keys of this type: units, bounds.
    type Rule: Send + Sync + 'static;

    /// Reads `text`, or says what is wrong with it and what is allowed.
    fn parse(text: &str, rule: &Self::Rule) -> Result<Self, String>;

    /// What the type is called in documentation.
    fn type_name(rule: &Self::Rule) -> String;

    /// The value of a key that is not set and has no default. Only an optional type has one.
    fn unset() -> Option<Self> {
        None
    }
}

/// Bounds of a whole number, both allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerRule {
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
}

/// Bounds of a number, both allowed unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberRule {
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// Whether `min` itself is too little.
    pub above_min: bool,
}

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Codec {
    /// LZ4, as Spark's default.
    #[default]
    Lz4,
    /// Not at all.
    None,
}

impl IntegerRule {
    /// Any number from `min`.
    pub const fn from(min: u64) -> Self {
        Self { min, max: u64::MAX }
    }

    fn read(self, text: &str, most: u64) -> Result<u64, String> {
        let most = self.max.min(most);
        let allowed = match (self.min, most) {
            (min, max) if min == max => format!("only {min} is"),
            (min, max) if max >= u64::from(u32::MAX) => format!("a whole number from {min} is"),
            (min, max) => format!("a whole number from {min} to {max} is"),
        };
        let number = text.trim().parse().ok().filter(|number| (self.min..=most).contains(number));
        number.ok_or_else(|| format!("is not allowed here; {allowed}"))
    }
}

impl NumberRule {
    /// From 0 to 1.
    pub const RATIO: Self = Self { min: 0.0, max: 1.0, above_min: false };
    /// From 0 to 1, without 0.
    pub const POSITIVE_RATIO: Self = Self { min: 0.0, max: 1.0, above_min: true };

    fn allows(self, number: f64) -> bool {
        (if self.above_min { number > self.min } else { number >= self.min }) && number <= self.max
    }
}

macro_rules! whole_numbers {
    ($($type:ty),+) => {$(
        impl Value for $type {
            type Rule = IntegerRule;

            fn parse(text: &str, rule: &IntegerRule) -> Result<Self, String> {
                let number = rule.read(text, u64::try_from(Self::MAX).unwrap_or(u64::MAX))?;
                Self::try_from(number).map_err(|_| "is too large".to_owned())
            }

            fn type_name(_: &IntegerRule) -> String {
                "whole number".to_owned()
            }
        }
    )+};
}

whole_numbers!(u16, u32, u64, usize);

impl Value for f64 {
    type Rule = NumberRule;

    fn parse(text: &str, rule: &NumberRule) -> Result<Self, String> {
        let number: Option<Self> = text.trim().parse().ok();
        number.filter(|number| rule.allows(*number)).ok_or_else(|| {
            let least = if rule.above_min { "a number above" } else { "a number from" };
            format!("is not allowed here; {least} {} up to {} is", rule.min, rule.max)
        })
    }

    fn type_name(_: &NumberRule) -> String {
        "number".to_owned()
    }
}

impl Value for bool {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err("is neither true nor false".to_owned()),
        }
    }

    fn type_name((): &()) -> String {
        "true or false".to_owned()
    }
}

impl Value for String {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn type_name((): &()) -> String {
        "text".to_owned()
    }
}

impl Value for PathBuf {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        match text.trim() {
            "" => Err("is not a path".to_owned()),
            text => Ok(Self::from(text.strip_prefix("file://").unwrap_or(text))),
        }
    }

    fn type_name((): &()) -> String {
        "path".to_owned()
    }
}

/// A comma list; blanks around its parts and empty parts do not count.
impl<T: Value> Value for Vec<T> {
    type Rule = T::Rule;

    fn parse(text: &str, rule: &T::Rule) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| T::parse(part, rule))
            .collect()
    }

    fn type_name(rule: &T::Rule) -> String {
        format!("list of {}s, with commas", T::type_name(rule))
    }
}

impl<T: Value> Value for Option<T> {
    type Rule = T::Rule;

    fn parse(text: &str, rule: &T::Rule) -> Result<Self, String> {
        T::parse(text, rule).map(Some)
    }

    fn type_name(rule: &T::Rule) -> String {
        T::type_name(rule)
    }

    fn unset() -> Option<Self> {
        Some(None)
    }
}

impl Value for SchedulingMode {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        match text.trim().to_ascii_uppercase().as_str() {
            "FIFO" => Ok(Self::Fifo),
            "FAIR" => Ok(Self::Fair),
            _ => Err("is not a scheduling mode; FIFO and FAIR are".to_owned()),
        }
    }

    fn type_name((): &()) -> String {
        "FIFO or FAIR".to_owned()
    }
}

impl Value for Codec {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "lz4" | "org.apache.spark.io.lz4compressioncodec" => Ok(Self::Lz4),
            "none" => Ok(Self::None),
            "lzf" | "snappy" | "zstd" => Err("is not supported yet; lz4 and none are".to_owned()),
            _ => Err("is not a codec; lz4 and none are".to_owned()),
        }
    }

    fn type_name((): &()) -> String {
        "lz4 or none".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_names_its_bounds() {
        assert_eq!(u32::parse(" 4 ", &IntegerRule::from(1)), Ok(4));
        assert_eq!(
            u32::parse("0", &IntegerRule::from(1)).unwrap_err(),
            "is not allowed here; a whole number from 1 is"
        );
        assert_eq!(
            u16::parse("70000", &IntegerRule::from(0)).unwrap_err(),
            "is not allowed here; a whole number from 0 to 65535 is"
        );
        assert_eq!(
            u32::parse("2", &IntegerRule { min: 1, max: 1 }).unwrap_err(),
            "is not allowed here; only 1 is"
        );
        for text in ["", "x", "-1", "1.0", "5000000000"] {
            assert!(u32::parse(text, &IntegerRule::from(0)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_ratio_lies_between_its_bounds() {
        assert_eq!(f64::parse("0.25", &NumberRule::RATIO), Ok(0.25));
        assert_eq!(f64::parse("0", &NumberRule::RATIO), Ok(0.0));
        for text in ["0", "1.01", "-0.5", "NaN", "inf", "half", ""] {
            let problem = f64::parse(text, &NumberRule::POSITIVE_RATIO).unwrap_err();
            assert_eq!(problem, "is not allowed here; a number above 0 up to 1 is", "{text:?}");
        }
    }

    #[test]
    fn a_boolean_is_true_or_false_in_any_case() {
        assert_eq!(bool::parse("TRUE", &()), Ok(true));
        assert_eq!(bool::parse(" false", &()), Ok(false));
        for text in ["", "yes", "1", "on"] {
            assert_eq!(bool::parse(text, &()).unwrap_err(), "is neither true nor false");
        }
    }

    #[test]
    fn a_list_is_split_at_commas() {
        assert_eq!(Vec::<String>::parse("/a, /b,,", &()), Ok(vec!["/a".to_owned(), "/b".to_owned()]));
        assert_eq!(Vec::<String>::parse("", &()), Ok(vec![]));
    }

    #[test]
    fn an_enum_says_what_is_allowed() {
        assert_eq!(SchedulingMode::parse("fair", &()), Ok(SchedulingMode::Fair));
        assert!(SchedulingMode::parse("LIFO", &()).unwrap_err().contains("FIFO and FAIR"));
        assert_eq!(Codec::parse("LZ4", &()), Ok(Codec::Lz4));
        assert_eq!(Codec::parse("none", &()), Ok(Codec::None));
        assert_eq!(Codec::parse("zstd", &()).unwrap_err(), "is not supported yet; lz4 and none are");
        assert_eq!(Codec::parse("brotli", &()).unwrap_err(), "is not a codec; lz4 and none are");
    }
}
