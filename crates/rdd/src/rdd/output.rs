//! Writing files. Spark: `RDD.saveAsTextFile`, `saveAsObjectFile`, with `SparkHadoopWriter`'s two-phase commit.

use std::fmt::Display;
use std::io::{self, Write};

use hearth_files::Codec;
use hearth_files::output::{OutputJob, TaskOutput};
use hearth_storage::{Data, codec};
use hearth_types::{ExceptionKind, TaskEndReason};

use super::{Rdd, origin};
use crate::error::Result;
use crate::failure::{OrThrow, throw};
use crate::node::{Origin, Records};
use crate::task::TaskContext;

/// How many records of an object file are compressed and checked together.
const SEGMENT_RECORDS: usize = 4_096;

impl<T: Data + Display> Rdd<T> {
    /// Writes each partition to a file `part-00000`, … of a new directory, a record to a line. The directory is complete
    /// when it holds `_SUCCESS`: each file is moved there after its task, and only one attempt of it, is done.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("numbers").display().to_string();
    /// sc.range(0, 4, 1, 2).save_as_text_file(&path)?;
    /// assert_eq!(std::fs::read_to_string(format!("{path}/part-00001")).unwrap(), "2\n3\n");
    /// assert!(sc.range(0, 4, 1, 2).save_as_text_file(&path).is_err(), "it is there already");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The directory exists; the job was aborted or cancelled, which leaves no directory.
    ///
    /// Spark: `RDD.saveAsTextFile`
    #[track_caller]
    pub fn save_as_text_file(&self, path: &str) -> Result<()> {
        self.save(origin("saveAsTextFile"), path, None, write_lines)
    }

    /// `save_as_text_file`, compressed: `gzip`, `bzip2`, `zstd`, or the name of Hadoop's codec class.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("numbers").display().to_string();
    /// sc.range(0, 4, 1, 2).save_as_compressed_text_file(&path, "gzip")?;
    /// assert!(std::fs::exists(format!("{path}/part-00000.gz")).unwrap());
    /// assert_eq!(sc.text_file(&path, 0)?.collect()?, ["0", "1", "2", "3"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As `save_as_text_file`, and a codec that is not known.
    ///
    /// Spark: `RDD.saveAsTextFile` with a codec
    #[track_caller]
    pub fn save_as_compressed_text_file(&self, path: &str, codec: &str) -> Result<()> {
        let codec = Codec::by_name(codec)?;
        self.save(origin("saveAsTextFile"), path, Some(codec), write_lines)
    }
}

impl<T: Data> Rdd<T> {
    /// Writes each partition to a file of encoded records, which `object_file` reads.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("numbers").display().to_string();
    /// sc.range(0, 10, 1, 2).save_as_object_file(&path)?;
    /// assert_eq!(sc.object_file::<i64>(&path)?.sum()?, 45.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The directory exists; the job was aborted or cancelled, which leaves no directory.
    ///
    /// Spark: `RDD.saveAsObjectFile`
    #[track_caller]
    pub fn save_as_object_file(&self, path: &str) -> Result<()> {
        self.save(origin("saveAsObjectFile"), path, None, write_objects)
    }

    fn save<F>(&self, at: Origin, path: &str, compression: Option<Codec>, write: F) -> Result<()>
    where
        F: Fn(&mut TaskOutput, Records<T>) -> io::Result<u64> + Copy + Send + Sync + 'static,
    {
        let job = OutputJob::setup(path, compression)?;
        let saved = self
            .on_all(at, job.clone(), move |job, split, records| save_partition(job, split, records, write));
        match saved {
            Ok(_) => Ok(job.commit(self.num_partitions())?),
            Err(error) => {
                if let Err(left) = job.abort() {
                    tracing::warn!(%path, error = %left, "the output of a failed job could not be removed");
                }
                Err(error)
            }
        }
    }
}

/// Writes one partition where only this attempt writes, and commits it if the driver says that this attempt may.
fn save_partition<T>(
    job: &OutputJob,
    split: u32,
    records: Records<T>,
    write: impl Fn(&mut TaskOutput, Records<T>) -> io::Result<u64>,
) {
    let task = TaskContext::current("save");
    let mut output = TaskOutput::open(job, split, task.task_attempt_id()).or_throw();
    let records = write(&mut output, records).or_throw();
    output.close().or_throw();
    task.add_output(output.bytes_written(), records);
    if task.may_commit() {
        output.commit().or_throw();
    } else {
        task.check_interrupted();
        throw(TaskEndReason::TaskCommitDenied);
    }
}

fn write_lines<T: Display>(to: &mut TaskOutput, records: Records<T>) -> io::Result<u64> {
    let mut count = 0;
    for record in records {
        writeln!(to, "{record}")?;
        count += 1;
    }
    Ok(count)
}

fn write_objects<T: Data>(to: &mut TaskOutput, records: Records<T>) -> io::Result<u64> {
    write_segments(to, records)
}

/// Writes records as segments that `codec::Records` reads.
pub(crate) fn write_segments<T: Data>(
    to: &mut (impl Write + ?Sized),
    mut records: Records<T>,
) -> io::Result<u64> {
    let mut count = 0;
    loop {
        let mut segment = codec::SegmentWriter::new(codec::Compression::Lz4);
        let before = count;
        for record in records.by_ref().take(SEGMENT_RECORDS) {
            if let Err(error) = segment.push(&record) {
                throw(TaskEndReason::ExceptionFailure {
                    kind: ExceptionKind::NotSerializable,
                    message: crate::failure::error_chain(&error),
                    backtrace: String::new(),
                });
            }
            count += 1;
        }
        if count == before {
            return Ok(count);
        }
        to.write_all(&segment.finish())?;
    }
}
