//! How input is listed and read. Spark: the `spark.hadoop.mapreduce.input…` and `spark.files…` keys.

use hearth_conf::SparkConf;
use hearth_conf::entries::{files, hearth};
use serde::{Deserialize, Serialize};

/// The key that limits a line, for messages.
pub const MAX_LINE_LENGTH_KEY: &str = "spark.hearth.text.maxLineLength";

/// The limit when the key is not set: what a Java array can hold.
pub const DEFAULT_MAX_LINE_LENGTH: u64 = i32::MAX as u64;

/// How input paths are listed and cut, on the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputOptions {
    /// Whether directories inside directories are read too.
    pub recursive: bool,
    /// The least size of a split in bytes.
    pub min_split_size: u64,
    /// The largest size of a split in bytes. Wins over the least.
    pub max_split_size: u64,
    /// Whether what is empty is left out.
    pub ignore_empty: bool,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self { recursive: false, min_split_size: 1, max_split_size: u64::MAX, ignore_empty: true }
    }
}

impl InputOptions {
    /// Reads the `spark.hadoop.mapreduce.input.fileinputformat` keys and `spark.hadoopRDD.ignoreEmptySplits`.
    ///
    /// # Errors
    /// A value that its key does not take.
    pub fn from_conf(conf: &SparkConf) -> hearth_conf::Result<Self> {
        Ok(Self {
            recursive: conf.get_entry(&files::INPUT_DIR_RECURSIVE)?,
            min_split_size: conf.get_entry(&files::INPUT_SPLIT_MINSIZE)?.0,
            max_split_size: conf.get_entry(&files::INPUT_SPLIT_MAXSIZE)?.0,
            ignore_empty: conf.get_entry(&files::HADOOP_RDD_IGNORE_EMPTY_SPLITS)?,
        })
    }
}

/// How lines are read, on the executors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextOptions {
    /// The longest line in bytes; a longer one is an error.
    pub max_line_length: u64,
    /// Whether a file that cannot be read to its end ends early, with a warning, instead of failing the task.
    pub ignore_corrupt_files: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { max_line_length: DEFAULT_MAX_LINE_LENGTH, ignore_corrupt_files: false }
    }
}

impl TextOptions {
    /// Reads `spark.hearth.text.maxLineLength` and `spark.files.ignoreCorruptFiles`.
    ///
    /// # Errors
    /// A value that its key does not take.
    pub fn from_conf(conf: &SparkConf) -> hearth_conf::Result<Self> {
        Ok(Self {
            max_line_length: conf.get_entry(&hearth::HEARTH_TEXT_MAX_LINE_LENGTH)?.0,
            ignore_corrupt_files: conf.get_entry(&files::FILES_IGNORE_CORRUPT_FILES)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_the_configuration() {
        let conf = SparkConf::new();
        assert_eq!(TextOptions::from_conf(&conf).unwrap(), TextOptions::default());
        let options = InputOptions::from_conf(&conf).unwrap();
        assert_eq!((options.recursive, options.min_split_size, options.ignore_empty), (false, 1, true));
        let conf = conf
            .with("spark.hadoop.mapreduce.input.fileinputformat.input.dir.recursive", "true")
            .with("spark.hadoop.mapreduce.input.fileinputformat.split.maxsize", "1m")
            .with("spark.hadoop.mapreduce.input.fileinputformat.split.minsize", "10")
            .with("spark.hadoopRDD.ignoreEmptySplits", "false")
            .with("spark.files.ignoreCorruptFiles", "true")
            .with(MAX_LINE_LENGTH_KEY, "64m");
        let expected = InputOptions {
            recursive: true,
            min_split_size: 10,
            max_split_size: 1 << 20,
            ignore_empty: false,
        };
        assert_eq!(InputOptions::from_conf(&conf).unwrap(), expected);
        let expected = TextOptions { max_line_length: 64 << 20, ignore_corrupt_files: true };
        assert_eq!(TextOptions::from_conf(&conf).unwrap(), expected);
    }
}
