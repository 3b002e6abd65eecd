//! The configuration of an application as its user writes it: a map of strings. Spark: `SparkConf`.

mod conflicts;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entries::application;
use crate::entry::{DefaultValue, Entry};
use crate::error::{Error, Result};
use crate::redaction::DEFAULT_REDACTION_REGEX;
use crate::registry::{family_of, find};
use crate::spark_keys::find_spark_key;
use crate::suggest::nearest;
use crate::value::Value;
use crate::{local_properties, properties};

/// Settings of an application by key, sorted by key.
///
/// Any key may be set; [`warnings`](Self::warnings) names those that do nothing.
/// `Debug` hides secrets.
///
/// ```
/// use hearth_conf::{SparkConf, entries::executor::EXECUTOR_MEMORY};
///
/// let mut conf = SparkConf::new();
/// conf.set("spark.executor.memory", "512m");
/// assert_eq!(conf.get_entry(&EXECUTOR_MEMORY)?.to_string(), "512m");
///
/// conf.set("spark.executor.memory", "12x");
/// let error = conf.get_entry(&EXECUTOR_MEMORY).unwrap_err();
/// assert_eq!(error.to_string(), r#"spark.executor.memory: "12x" is not a size; write for example 512m, 2g"#);
/// # Ok::<(), hearth_conf::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SparkConf {
    settings: BTreeMap<String, String>,
}

impl SparkConf {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let mut conf = SparkConf::new();
    /// conf.set("spark.app.name", "words").set("spark.executor.memory", "512m");
    /// assert_eq!(conf.get("spark.executor.memory"), Some("512m"));
    /// ```
    ///
    /// Spark: `SparkConf.set`
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// The same configuration with a key set, for chains.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.master", "local[2]").with("spark.app.name", "words");
    /// assert_eq!(conf.get("spark.master"), Some("local[2]"));
    /// ```
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(key, value);
        self
    }

    /// Sets a key that is not set.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let mut conf = SparkConf::new().with("spark.app.name", "words");
    /// conf.set_if_missing("spark.app.name", "another").set_if_missing("spark.master", "local");
    /// assert_eq!((conf.get("spark.app.name"), conf.get("spark.master")), (Some("words"), Some("local")));
    /// ```
    ///
    /// Spark: `SparkConf.setIfMissing`
    pub fn set_if_missing(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.settings.entry(key.into()).or_insert_with(|| value.into());
        self
    }

    /// Sets `spark.app.name`.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let mut conf = SparkConf::new();
    /// conf.set_app_name("words");
    /// assert_eq!(conf.get("spark.app.name"), Some("words"));
    /// ```
    ///
    /// Spark: `SparkConf.setAppName`
    pub fn set_app_name(&mut self, name: impl Into<String>) -> &mut Self {
        self.set(application::APP_NAME.key(), name)
    }

    /// Sets `spark.master`.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let mut conf = SparkConf::new();
    /// conf.set_master("local[4]");
    /// assert_eq!(conf.get("spark.master"), Some("local[4]"));
    /// ```
    ///
    /// Spark: `SparkConf.setMaster`
    pub fn set_master(&mut self, master: impl Into<String>) -> &mut Self {
        self.set(application::MASTER.key(), master)
    }

    /// Sets an environment variable of the executors.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let mut conf = SparkConf::new();
    /// conf.set_executor_env("TZ", "UTC");
    /// assert_eq!(conf.get("spark.executorEnv.TZ"), Some("UTC"));
    /// ```
    ///
    /// Spark: `SparkConf.setExecutorEnv`
    pub fn set_executor_env(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.set(format!("{EXECUTOR_ENV}{name}"), value)
    }

    /// Makes a key unset.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let mut conf = SparkConf::new().with("spark.app.name", "words");
    /// conf.remove("spark.app.name");
    /// assert_eq!(conf.get("spark.app.name"), None);
    /// ```
    ///
    /// Spark: `SparkConf.remove`
    pub fn remove(&mut self, key: &str) -> &mut Self {
        self.settings.remove(key);
        self
    }

    /// What a key is set to. Defaults do not count.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.app.name", "words");
    /// assert_eq!(conf.get("spark.app.name"), Some("words"));
    /// assert_eq!(conf.get("spark.executor.memory"), None, "its default does not count");
    /// ```
    ///
    /// Spark: `SparkConf.getOption`
    pub fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str)
    }

    /// Whether a key is set.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.app.name", "words");
    /// assert!(conf.contains("spark.app.name") && !conf.contains("spark.master"));
    /// ```
    ///
    /// Spark: `SparkConf.contains`
    pub fn contains(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }

    /// All settings, sorted by key.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.master", "local").with("spark.app.name", "words");
    /// let all: Vec<_> = conf.get_all().collect();
    /// assert_eq!(all, [("spark.app.name", "words"), ("spark.master", "local")]);
    /// ```
    ///
    /// Spark: `SparkConf.getAll`
    pub fn get_all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The settings whose keys begin with `prefix`, without it, sorted.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.executorEnv.TZ", "UTC").with("spark.app.name", "words");
    /// assert_eq!(conf.get_all_with_prefix("spark.executorEnv.").collect::<Vec<_>>(), [("TZ", "UTC")]);
    /// ```
    ///
    /// Spark: `SparkConf.getAllWithPrefix`
    pub fn get_all_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.get_all().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value)))
    }

    /// The environment variables of the executors (`spark.executorEnv.*`), sorted by name.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.executorEnv.TZ", "UTC").with("spark.app.name", "words");
    /// assert_eq!(conf.executor_env().collect::<Vec<_>>(), [("TZ", "UTC")]);
    /// ```
    pub fn executor_env(&self) -> impl Iterator<Item = (&str, &str)> {
        self.get_all_with_prefix(EXECUTOR_ENV)
    }

    /// The value of an honoured key: as set, else of the key it falls back to, else its default.
    ///
    /// # Errors
    /// The text that is set does not follow the grammar of the key.
    pub fn get_entry<T: Value>(&self, entry: &Entry<T>) -> Result<T> {
        match (self.get(entry.key), &entry.default) {
            (Some(text), _) => entry.parse(text),
            (None, DefaultValue::Text(text)) => entry.parse(text),
            (None, DefaultValue::SameAs(other)) => self.get_entry(other),
            (None, DefaultValue::Unset(_)) => T::unset().ok_or_else(|| Error::Invalid {
                key: entry.key.to_owned(),
                value: String::new(),
                problem: "must be set".to_owned(),
            }),
        }
    }

    /// Checks every honoured key that is set, and those that must fit each other.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.executor.memory", "12x");
    /// let error = conf.validate().unwrap_err().to_string();
    /// assert!(error.starts_with("spark.executor.memory: \"12x\" is not a size"));
    /// ```
    ///
    /// # Errors
    /// The first of [`problems`](Self::problems).
    pub fn validate(&self) -> Result<()> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that is wrong with the values of honoured keys, sorted by key.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.executor.memory", "12x").with("spark.task.maxFailures", "0");
    /// assert_eq!(conf.problems().len(), 2);
    /// ```
    pub fn problems(&self) -> Vec<Error> {
        let set = self.get_all().filter_map(|(key, value)| find(key)?.check(value).err());
        let mut problems: Vec<Error> = set.collect();
        problems.extend(self.conflicts());
        problems
    }

    /// One sentence for every `spark.*` key that does nothing, sorted by key.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.executor.memroy", "1g").with("my.own.key", "1");
    /// let sentence = "unknown configuration key spark.executor.memroy; did you mean spark.executor.memory?";
    /// assert_eq!(conf.warnings(), [sentence]);
    /// ```
    pub fn warnings(&self) -> Vec<String> {
        self.settings.keys().filter_map(|key| warning(key)).collect()
    }

    /// All settings with secrets hidden, for people to read, sorted by key.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("my.password", "sesame");
    /// assert_ne!(conf.redacted().next(), Some(("my.password", "sesame")));
    /// ```
    pub fn redacted(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.get_entry(&application::REDACTION_REGEX);
        let regex = own.or_else(|_| application::REDACTION_REGEX.parse(DEFAULT_REDACTION_REGEX)).ok();
        self.get_all().map(move |(key, value)| match &regex {
            Some(regex) => (key, regex.redact(key, value)),
            None => (key, crate::REDACTED),
        })
    }

    /// One `key=value` line per setting with secrets hidden.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.master", "local").with("spark.app.name", "words");
    /// assert_eq!(conf.to_debug_string(), "spark.app.name=words\nspark.master=local");
    /// ```
    ///
    /// Spark: `SparkConf.toDebugString`
    pub fn to_debug_string(&self) -> String {
        self.redacted().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("\n")
    }

    /// Reads the text of a properties file, such as `spark-defaults.conf`.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::from_properties("# defaults\nspark.app.name  words\nspark.master=local\n")?;
    /// assert_eq!((conf.get("spark.app.name"), conf.get("spark.master")), (Some("words"), Some("local")));
    /// # Ok::<(), hearth_conf::Error>(())
    /// ```
    ///
    /// # Errors
    /// A line has a broken escape.
    pub fn from_properties(text: &str) -> Result<Self> {
        Ok(properties::read(text)?.into_iter().collect())
    }

    /// The settings as the text of a properties file, secrets included.
    ///
    /// ```
    /// # use hearth_conf::SparkConf;
    /// let conf = SparkConf::new().with("spark.app.name", "two words");
    /// assert_eq!(SparkConf::from_properties(&conf.to_properties())?, conf);
    /// # Ok::<(), hearth_conf::Error>(())
    /// ```
    pub fn to_properties(&self) -> String {
        properties::write(self.get_all())
    }
}

const EXECUTOR_ENV: &str = "spark.executorEnv.";

/// What to tell the user of `key`; nothing for a key that works or is the user's own business.
fn warning(key: &str) -> Option<String> {
    if !key.starts_with("spark.") || find(key).is_some() {
        return None;
    }
    if local_properties::ALL.contains(&key) {
        return Some(format!(
            "{key} has no effect in the configuration: it belongs to a thread; use SparkContext::set_local_property"
        ));
    }
    match family_of(key) {
        Some(family) if family.doc.is_some() => None,
        None if find_spark_key(key).is_none() => Some(match nearest(key) {
            Some(known) => format!("unknown configuration key {key}; did you mean {known}?"),
            None => format!("unknown configuration key {key}; it has no effect on Hearth"),
        }),
        Some(_) | None => Some(format!("{key} has no effect: Spark has this key, Hearth does not honour it")),
    }
}

impl fmt::Debug for SparkConf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.redacted()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for SparkConf {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut conf = Self::new();
        conf.extend(pairs);
        conf
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for SparkConf {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (key, value) in pairs {
            self.set(key, value);
        }
    }
}

#[cfg(test)]
mod tests;
