//! Making RDDs. Spark: `SparkContext.parallelize`, `range`, `textFile`, `wholeTextFiles`, `objectFile`, `union`.

use std::panic::Location;
use std::sync::Arc;

use hearth_files::{InputOptions, TextOptions};
use hearth_storage::Data;
use hearth_types::RddId;

use super::SparkContext;
use crate::error::{Error, Result};
use crate::node::{AnyLineage, Collection, Lineage, Node, ObjectFile, Origin, Range, TextFile, Union, WholeTextFiles};
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
    /// `default_parallelism`, and a step of 0 is taken as 1.
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
        let step = if step == 0 { 1 } else { step };
        self.leaf(self.next_rdd(), partitions, origin, Range::new(start, end, step, partitions))
    }

    /// An RDD without partitions.
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
