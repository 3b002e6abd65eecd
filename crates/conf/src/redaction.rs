//! Values that nobody may read in logs, events or the UI. Spark: `Utils.redact`.

use regex::Regex;

use crate::value::Value;

/// What is shown in the place of a secret, as in Spark.
pub const REDACTED: &str = "*********(redacted)";

/// Spark's default of `spark.redaction.regex`.
pub(crate) const DEFAULT_REDACTION_REGEX: &str = "(?i)secret|password|token|access[.]?key|credential";

/// Says which keys and values are secret.
#[derive(Clone, Debug)]
pub struct RedactionRegex(Regex);

impl RedactionRegex {
    /// The value as it may be shown: itself, or [`REDACTED`] if the key or the value matches.
    pub fn redact<'a>(&self, key: &str, value: &'a str) -> &'a str {
        if self.0.is_match(key) || self.0.is_match(value) { REDACTED } else { value }
    }
}

impl Value for RedactionRegex {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        let no_regex = |_| "is not a regular expression; write for example (?i)secret|password".to_owned();
        Regex::new(text).map(Self).map_err(no_regex)
    }

    fn type_name((): &()) -> String {
        "regular expression".to_owned()
    }
}
