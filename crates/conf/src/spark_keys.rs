//! The names of all keys of Spark 4.3.0, so that a key that Hearth does not honour can be told from a mistake.

use std::sync::LazyLock;

use crate::local_properties;

/// One key of Spark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SparkKey {
    /// Its name.
    pub key: &'static str,
    /// Spark's default as Spark prints it; `<undefined>` is none.
    pub default: &'static str,
    /// The version of Spark that brought it; empty where Spark does not say.
    pub since: &'static str,
    /// Whether Spark documents it for users.
    pub public: bool,
}

/// The keys that Spark 4.3.0 declares in its own registry: key, default, since, visibility.
static DECLARED: &str = include_str!("../data/spark-4.3.0-keys.tsv");

/// Keys that Spark reads without declaring them there.
const UNDECLARED: &[&str] = &[
    "spark.app.id",
    "spark.app.name",
    "spark.home",
    "spark.local.dir",
    "spark.logConf",
    "spark.logLineage",
    "spark.master",
    "spark.port.maxRetries",
    "spark.proxy.base",
    "spark.python.worker.memory",
    "spark.hadoop.cloneConf",
    "spark.shuffle.io.backLog",
    "spark.shuffle.io.connectionCreationTimeout",
    "spark.shuffle.io.connectionTimeout",
    "spark.shuffle.io.maxRetries",
    "spark.shuffle.io.numConnectionsPerPeer",
    "spark.shuffle.io.preferDirectBufs",
    "spark.shuffle.io.retryWait",
    "spark.sql.shuffle.partitions",
    "spark.sql.adaptive.enabled",
    "spark.sql.warehouse.dir",
    "spark.sql.extensions",
];

static KEYS: LazyLock<Vec<SparkKey>> = LazyLock::new(|| {
    let undeclared = UNDECLARED.iter().chain(&local_properties::ALL);
    let undeclared = undeclared.map(|key| SparkKey { key, default: "<undefined>", since: "", public: true });
    let mut keys: Vec<SparkKey> = DECLARED.lines().skip(1).filter_map(read_line).chain(undeclared).collect();
    keys.sort_unstable_by_key(|known| known.key);
    keys
});

/// All keys of Spark 4.3.0, sorted by name.
pub fn spark_keys() -> &'static [SparkKey] {
    &KEYS
}

/// The key of Spark with this name.
pub(crate) fn find_spark_key(key: &str) -> Option<&'static SparkKey> {
    KEYS.binary_search_by_key(&key, |known| known.key).ok().and_then(|at| KEYS.get(at))
}

fn read_line(line: &'static str) -> Option<SparkKey> {
    let mut fields = line.split('\t');
    let (key, default, since) = (fields.next()?, fields.next()?, fields.next()?);
    Some(SparkKey { key, default, since, public: fields.next()? == "public" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_key() {
        assert_eq!(spark_keys().len(), DECLARED.lines().count() - 1 + UNDECLARED.len() + 5);
        assert!(spark_keys().windows(2).all(|pair| pair[0].key < pair[1].key), "no key is there twice");
        assert_eq!(spark_keys().iter().filter(|known| !known.public).count(), 108);
    }

    #[test]
    fn a_key_has_its_default_and_version() {
        let known = find_spark_key("spark.task.maxFailures").unwrap();
        assert_eq!((known.default, known.since, known.public), ("4", "0.8.0", true));
        assert_eq!(find_spark_key("spark.task.maxfailures"), None);
    }
}
