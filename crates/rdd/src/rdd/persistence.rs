//! Keeping partitions: cache, persist, checkpoint.

use hearth_storage::Data;
use hearth_types::StorageLevel;

use super::Rdd;
use crate::context::bad_argument;
use crate::error::Result;
use crate::node::AnyLineage;

impl<T: Data> Rdd<T> {
    /// Keeps partitions in memory, as values, when they are first computed. What does not fit, or is lost, is computed
    /// again.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let squares = sc.range(0, 100, 1, 4).map(|n| n * n).cache()?;
    /// assert_eq!((squares.count()?, squares.max()?), (100, 9_801));
    /// squares.unpersist();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// It is persisted at another level.
    ///
    /// Spark: `RDD.cache`
    pub fn cache(&self) -> Result<Self> {
        self.persist(StorageLevel::MEMORY_ONLY)
    }

    /// Keeps partitions at a storage level when they are first computed.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let squares = sc.range(0, 100, 1, 4).map(|n| n * n).persist(StorageLevel::MEMORY_AND_DISK)?;
    /// assert_eq!((squares.count()?, squares.max()?), (100, 9_801));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// It is persisted at another level.
    ///
    /// Spark: `RDD.persist`
    pub fn persist(&self, level: StorageLevel) -> Result<Self> {
        let has = self.lineage.storage_level();
        if has.is_valid() && has != level {
            let problem = "Cannot change storage level of an RDD after it was already assigned a level";
            return Err(bad_argument("persist", problem));
        }
        let (context, id) = (self.context.clone(), self.id());
        self.lineage.persist(level, Box::new(move || context.driver().unpersist(id)));
        Ok(self.clone())
    }

    /// Deletes the kept partitions and keeps no more.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let squares = sc.range(0, 100, 1, 4).map(|n| n * n).cache()?;
    /// squares.count()?;
    /// squares.unpersist();
    /// assert_eq!(squares.storage_level(), StorageLevel::NONE);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.unpersist`
    pub fn unpersist(&self) {
        self.lineage.unpersist();
    }

    /// How partitions are kept.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.range(0, 100, 1, 4);
    /// assert_eq!(numbers.storage_level(), StorageLevel::NONE);
    /// assert_eq!(numbers.cache()?.storage_level(), StorageLevel::MEMORY_ONLY);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.getStorageLevel`
    pub fn storage_level(&self) -> StorageLevel {
        self.lineage.storage_level()
    }

    /// Writes the records to the checkpoint directory after the next action that needs them, and forgets what they were
    /// computed from. Persist first, or they are computed twice.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// sc.set_checkpoint_dir(dir.path().display().to_string());
    /// let numbers = sc.range(0, 100, 1, 4).map(|n| n * n);
    /// numbers.checkpoint()?;
    /// assert_eq!(numbers.count()?, 100);
    /// assert!(numbers.is_checkpointed());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No checkpoint directory is set.
    ///
    /// Spark: `RDD.checkpoint`
    #[track_caller]
    pub fn checkpoint(&self) -> Result<()> {
        crate::checkpoint::mark(self)
    }

    /// Whether a checkpoint was written.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// sc.set_checkpoint_dir(dir.path().display().to_string());
    /// let numbers = sc.range(0, 100, 1, 4).map(|n| n * n);
    /// numbers.checkpoint()?;
    /// assert!(!numbers.is_checkpointed(), "not before an action");
    /// numbers.count()?;
    /// assert!(numbers.is_checkpointed());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.isCheckpointed`
    pub fn is_checkpointed(&self) -> bool {
        self.lineage.checkpoint_file().is_some()
    }

    /// Where the checkpoint is.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// sc.set_checkpoint_dir(dir.path().display().to_string());
    /// let numbers = sc.range(0, 100, 1, 4).map(|n| n * n);
    /// numbers.checkpoint()?;
    /// assert_eq!(numbers.checkpoint_file(), None);
    /// numbers.count()?;
    /// assert!(std::fs::exists(numbers.checkpoint_file().unwrap()).unwrap());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.getCheckpointFile`
    pub fn checkpoint_file(&self) -> Option<String> {
        self.lineage.checkpoint_file()
    }
}
