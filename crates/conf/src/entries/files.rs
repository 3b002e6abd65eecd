//! Reading of input files.

use super::rules::{any, bytes};
use crate::entry::spark_conf;
use crate::size::ByteSize;

spark_conf! {
    /// Whether a file that cannot be decoded ends early with a warning instead of failing the task.
    pub FILES_IGNORE_CORRUPT_FILES: bool = "spark.files.ignoreCorruptFiles", any(), default "false", since "0.1";

    /// Least size of a split of an input file.
    pub INPUT_SPLIT_MINSIZE: ByteSize = "spark.hadoop.mapreduce.input.fileinputformat.split.minsize", bytes(),
        default "1", since "0.1";

    /// Largest size of a split of an input file.
    pub INPUT_SPLIT_MAXSIZE: ByteSize = "spark.hadoop.mapreduce.input.fileinputformat.split.maxsize",
        bytes().at_least(ByteSize(1)), default "9223372036854775807", since "0.1";

    /// Whether an empty input file, or an empty part of one, is no partition.
    pub HADOOP_RDD_IGNORE_EMPTY_SPLITS: bool = "spark.hadoopRDD.ignoreEmptySplits", any(), default "true",
        since "0.1";

    /// Whether an input folder is read with all the folders below it.
    pub INPUT_DIR_RECURSIVE: bool = "spark.hadoop.mapreduce.input.fileinputformat.input.dir.recursive", any(),
        default "false", since "0.1";
}
