//! Making RDDs. Spark: `SparkContext.parallelize`, `range`, `textFile`, `wholeTextFiles`, `objectFile`, `union`.

use std::panic::Location;
use std::sync::Arc;

use hearth_files::{InputOptions, TextOptions};
use hearth_storage::Data;
use hearth_types::RddId;

use super::SparkContext;
use crate::error::{Error, Result};
use crate::node::{
    AnyLineage, Collection, Invalid, Lineage, Node, ObjectFile, Origin, Range, TextFile, Union,
    WholeTextFiles,
};
use crate::rdd::Rdd;

impl SparkContext {
    /// Spreads a collection over so many partitions; 0 means `default_parallelism`.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([1, 2, 3, 4, 5], 2).glom().collect()?, [vec![1, 2], vec![3, 4, 5]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A record that does not serialise is an error, which the first action gives.
    ///
    /// Spark: `SparkContext.parallelize`
    #[track_caller]
    pub fn parallelize<T: Data>(&self, items: impl IntoIterator<Item = T>, partitions: u32) -> Rdd<T> {
        let origin = Origin::new("parallelize", Location::caller());
        let partitions = self.partitions_or_default(partitions);
        let items: Vec<T> = items.into_iter().collect();
        let id = self.next_rdd();
        self.leaf(id, partitions, origin, Collection::new(id, &items, partitions))
    }

    /// The numbers from `start` up (or down) to before `end` in steps, made on the executors; 0 partitions means
    /// `default_parallelism`. A step of 0 is an error, which the first action gives.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 10, 3, 2).collect()?, [0, 3, 6, 9]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.range`
    #[track_caller]
    pub fn range(&self, start: i64, end: i64, step: i64, partitions: u32) -> Rdd<i64> {
        let origin = Origin::new("range", Location::caller());
        let partitions = self.partitions_or_default(partitions);
        if step == 0 {
            return self.leaf(self.next_rdd(), 1, origin, Invalid::new("range", "step cannot be 0"));
        }
        self.leaf(self.next_rdd(), partitions, origin, Range::new(start, end, step, partitions))
    }

    /// An RDD without partitions.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let none = sc.empty_rdd::<String>();
    /// assert_eq!((none.num_partitions(), none.count()?), (0, 0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.emptyRDD`
    #[track_caller]
    pub fn empty_rdd<T: Data>(&self) -> Rdd<T> {
        let origin = Origin::new("emptyRDD", Location::caller());
        self.leaf(self.next_rdd(), 0, origin, Union::<T>::new(Vec::new()))
    }

    /// The lines of text files, without their ends. `path` is a file, a directory, a glob (`* ? [..] {a,b}`) or a comma list
    /// of these; `.gz`, `.bz2` and `.zst` files are decompressed. Large files are cut at line ends into at least
    /// `min_partitions` parts (0: `default_min_partitions`).
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("words.txt").display().to_string();
    /// std::fs::write(&path, "to be\nor not\n").unwrap();
    /// assert_eq!(sc.text_file(&path, 0)?.collect()?, ["to be", "or not"]);
    ///
    /// let missing = sc.text_file("/there/is/nothing", 0).unwrap_err().to_string();
    /// assert!(missing.starts_with("Input path does not exist: "));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Input path does not exist: …`, `Input Pattern … matches 0 files`, at once: Spark says it at the first action.
    ///
    /// Spark: `SparkContext.textFile`
    #[track_caller]
    pub fn text_file(&self, path: &str, min_partitions: u32) -> Result<Rdd<String>> {
        let origin = Origin::new("textFile", Location::caller());
        let options = InputOptions::from_conf(self.conf())?;
        let min = if min_partitions == 0 { self.default_min_partitions() } else { min_partitions };
        let splits = hearth_files::text_splits(path, min, &options)?;
        let id = self.next_rdd();
        let node = TextFile::new(id, &splits, TextOptions::from_conf(self.conf())?)?;
        let rdd = self.leaf(id, splits.len() as u32, origin, node);
        rdd.lineage().set_name(path.to_owned());
        Ok(rdd)
    }

    /// Whole files as (path, content), many small ones to a partition.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("files").display().to_string();
    /// # std::fs::create_dir(&path).unwrap();
    /// std::fs::write(format!("{path}/a.txt"), "two\nlines\n").unwrap();
    /// let files = sc.whole_text_files(&path, 0)?;
    /// assert_eq!(files.values().collect()?, ["two\nlines\n"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As `text_file`.
    ///
    /// Spark: `SparkContext.wholeTextFiles`
    #[track_caller]
    pub fn whole_text_files(&self, path: &str, min_partitions: u32) -> Result<Rdd<(String, String)>> {
        let origin = Origin::new("wholeTextFiles", Location::caller());
        let min = if min_partitions == 0 { self.default_min_partitions() } else { min_partitions };
        let splits = hearth_files::whole_files(path, min, &InputOptions::from_conf(self.conf())?)?;
        let id = self.next_rdd();
        let node = WholeTextFiles::new(id, &splits)?;
        let rdd = self.leaf(id, splits.len() as u32, origin, node);
        rdd.lineage().set_name(path.to_owned());
        Ok(rdd)
    }

    /// The records that `save_as_object_file` wrote, one partition per file. The type must be the one that was written.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("pairs").display().to_string();
    /// sc.parallelize([(1, 'a'), (2, 'b')], 2).save_as_object_file(&path)?;
    /// assert_eq!(sc.object_file::<(i32, char)>(&path)?.collect()?, [(1, 'a'), (2, 'b')]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A directory that does not exist.
    ///
    /// Spark: `SparkContext.objectFile`
    #[track_caller]
    pub fn object_file<T: Data>(&self, path: &str) -> Result<Rdd<T>> {
        let origin = Origin::new("objectFile", Location::caller());
        let paths = hearth_files::list_parts(path)?;
        let id = self.next_rdd();
        let count = paths.len() as u32;
        Ok(self.leaf(id, count, origin, ObjectFile::new(id, "ObjectFileRDD", paths)))
    }

    /// The records of several RDDs, one after the other.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let parts: Vec<Rdd<i64>> = (0..3).map(|part| sc.range(part * 2, part * 2 + 2, 1, 1)).collect();
    /// assert_eq!(sc.union(&parts).collect()?, [0, 1, 2, 3, 4, 5]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.union`
    #[track_caller]
    pub fn union<T: Data>(&self, rdds: &[Rdd<T>]) -> Rdd<T> {
        let origin = Origin::new("union", Location::caller());
        let parents: Vec<Arc<Lineage<T>>> = rdds.iter().map(|rdd| rdd.lineage().clone()).collect();
        let partitions = parents.iter().map(|parent| parent.partitions()).sum();
        self.leaf(self.next_rdd(), partitions, origin, Union::new(parents))
    }

    /// An RDD of a node; no partitioner is known.
    pub(crate) fn leaf<N: Node>(&self, id: RddId, partitions: u32, origin: Origin, node: N) -> Rdd<N::Item> {
        Rdd::new(self.clone(), Arc::new(Lineage::new(id, partitions, origin, node)))
    }

    pub(crate) fn partitions_or_default(&self, partitions: u32) -> u32 {
        if partitions == 0 { self.default_parallelism() } else { partitions }
    }
}

/// The error of an argument that an operation does not take.
pub(crate) fn bad_argument(operation: &'static str, problem: impl Into<String>) -> Error {
    Error::Argument { operation, problem: problem.into() }
}
