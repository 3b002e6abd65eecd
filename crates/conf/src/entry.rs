//! One honoured key: its name, type, grammar, default and meaning. Spark: `ConfigEntry`.
//!
//! Ours is a constant instead of a builder chain, so the registry costs nothing at start and cannot fail.

use std::fmt;

use crate::error::{Error, Result};
use crate::value::Value;

/// A key of the configuration whose values have the type `T`.
pub struct Entry<T: Value> {
    pub(crate) key: &'static str,
    pub(crate) rule: T::Rule,
    pub(crate) default: DefaultValue<T>,
    pub(crate) doc: &'static str,
    pub(crate) since: &'static str,
}

/// What a key is when it is not set.
pub enum DefaultValue<T: Value> {
    /// As if this had been set.
    Text(&'static str),
    /// Whatever another key is.
    SameAs(&'static Entry<T>),
    /// Nothing; the text says what that means.
    Unset(&'static str),
}

/// An [`Entry`] whose type is not known, for lists of entries.
pub trait AnyEntry: Send + Sync {
    /// The name, `spark.task.maxFailures`.
    fn key(&self) -> &'static str;
    /// What the type is called in documentation.
    fn type_name(&self) -> String;
    /// The default as documentation shows it: a value, `value of KEY`, or what unset means.
    fn default_text(&self) -> String;
    /// What the key means, as one line of sentences.
    fn doc(&self) -> String;
    /// The version of Hearth that first honoured the key.
    fn since(&self) -> &'static str;
    /// Whether `value` may be set.
    fn check(&self, value: &str) -> Result<()>;
}

impl<T: Value> Entry<T> {
    /// The name, `spark.task.maxFailures`.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// What the key is when it is not set.
    pub const fn default(&self) -> &DefaultValue<T> {
        &self.default
    }

    /// Reads `value` as a value of this key.
    pub fn parse(&self, value: &str) -> Result<T> {
        T::parse(value, &self.rule).map_err(|problem| Error::Invalid {
            key: self.key.to_owned(),
            value: value.to_owned(),
            problem,
        })
    }
}

impl<T: Value> AnyEntry for Entry<T> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn type_name(&self) -> String {
        T::type_name(&self.rule)
    }

    fn default_text(&self) -> String {
        match &self.default {
            DefaultValue::Text("") => "(empty)".to_owned(),
            DefaultValue::Text(text) => format!("`{text}`"),
            DefaultValue::SameAs(other) => format!("value of `{}`", other.key),
            DefaultValue::Unset(meaning) => (*meaning).to_owned(),
        }
    }

    fn doc(&self) -> String {
        self.doc.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn since(&self) -> &'static str {
        self.since
    }

    fn check(&self, value: &str) -> Result<()> {
        self.parse(value).map(|_| ())
    }
}

impl<T: Value> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.key).finish()
    }
}

impl<T: Value> fmt::Debug for DefaultValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::SameAs(other) => f.debug_tuple("SameAs").field(&other.key).finish(),
            Self::Unset(meaning) => f.debug_tuple("Unset").field(meaning).finish(),
        }
    }
}

/// Declares entries and `ALL`, the list of them.
///
/// Each is `pub NAME: Type = "key", rule, KIND default, since "version";` with doc comments before it, where `KIND`
/// is `default` (a value as text), `like` (another entry), or `unset` (a text that says what that means).
macro_rules! spark_conf {
    ($(
        $(#[doc = $doc:literal])+
        pub $name:ident: $type:ty = $key:literal, $rule:expr, $kind:ident $default:expr, since $since:literal;
    )+) => {
        $(
            $(#[doc = $doc])+
            #[doc = concat!("\n\nKey: `", $key, "`.")]
            pub static $name: $crate::entry::Entry<$type> = $crate::entry::Entry {
                key: $key,
                rule: $rule,
                default: $crate::entry::spark_conf!(@default $kind $default),
                doc: concat!($($doc, "\n"),+),
                since: $since,
            };
        )+

        pub(crate) static ALL: &[&dyn $crate::entry::AnyEntry] = &[$(&$name),+];
    };
    (@default default $text:expr) => { $crate::entry::DefaultValue::Text($text) };
    (@default like $entry:expr) => { $crate::entry::DefaultValue::SameAs(&$entry) };
    (@default unset $meaning:expr) => { $crate::entry::DefaultValue::Unset($meaning) };
}
pub(crate) use spark_conf;
