//! A value that every executor has once. Spark: `Broadcast`.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hearth_storage::Data;
use hearth_types::{BlockId, BroadcastId};
use serde::{Deserialize, Serialize};

use super::SparkContext;
use crate::error::Result;
use crate::failure::OrThrow;
use crate::task::TaskContext;
use crate::wire;

/// A read-only value, sent to each executor at most once and shared by the tasks of a stage. It is deleted everywhere when
/// the driver drops it and every RDD that uses it.
///
/// ```
/// # use hearth::prelude::*;
/// # fn main() -> Result<(), hearth::Error> {
/// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
/// let names = sc.broadcast(vec!["zero".to_owned(), "one".to_owned()])?;
/// let words = sc.range(0, 2, 1, 2).map_with(names, |names, n| names[n as usize].clone());
/// assert_eq!(words.collect()?, ["zero", "one"]);
/// # Ok(())
/// # }
/// ```
///
/// Spark: `Broadcast`
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Broadcast<T> {
    id: BroadcastId,
    #[serde(skip, default = "OnceLock::new")]
    value: OnceLock<Arc<T>>,
    #[serde(skip)]
    at_driver: Option<Arc<AtDriver>>,
}

/// The driver's hold on the value; when the last clone on the driver goes, the value goes everywhere.
struct AtDriver {
    id: BroadcastId,
    context: SparkContext,
}

impl Drop for AtDriver {
    fn drop(&mut self) {
        self.context.driver().remove_block(BlockId::Broadcast(self.id), true);
    }
}

impl<T: Data> Broadcast<T> {
    /// The value. In a task, the first call on an executor fetches it.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let limits = sc.broadcast((10, 20))?;
    /// assert_eq!(limits.value(), &(10, 20));
    /// let between = sc.range(0, 100, 1, 4).filter_with(limits, |limits, n| {
    ///     let (low, high) = *limits.value();
    ///     (low..high).contains(n)
    /// });
    /// assert_eq!(between.count()?, 10);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `Broadcast.value`
    pub fn value(&self) -> &T {
        self.value.get_or_init(|| TaskContext::current("read a broadcast variable").broadcast(self.id))
    }

    /// Deletes the copies on the executors; they fetch it again when they need it.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let table = sc.broadcast(vec![1, 2, 3])?;
    /// let lengths = sc.range(0, 2, 1, 2).map_with(table.clone(), |table, _| table.len());
    /// assert_eq!(lengths.collect()?, [3, 3]);
    /// table.unpersist();
    /// assert_eq!(lengths.collect()?, [3, 3], "the executors fetched it again");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `Broadcast.unpersist`
    pub fn unpersist(&self) {
        if let Some(at_driver) = &self.at_driver {
            at_driver.context.driver().remove_block(BlockId::Broadcast(self.id), false);
        }
    }

    /// Deletes the value everywhere; a task that reads it after this fails.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let table = sc.broadcast(vec![1, 2, 3])?;
    /// let lengths = sc.range(0, 2, 1, 2).map_with(table.clone(), |table, _| table.len());
    /// table.destroy();
    /// assert!(lengths.collect().is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `Broadcast.destroy`
    pub fn destroy(self) {
        if let Some(at_driver) = &self.at_driver {
            at_driver.context.driver().remove_block(BlockId::Broadcast(self.id), true);
        }
    }
}

impl<T: Data> Deref for Broadcast<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value()
    }
}

impl<T> fmt::Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broadcast({})", self.id)
    }
}

impl SparkContext {
    /// Makes a value known to all executors.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let stop_words = sc.broadcast(vec!["a".to_owned(), "the".to_owned()])?;
    /// let words = sc.parallelize(["the", "word"].map(str::to_owned), 2);
    /// let kept = words.filter_with(stop_words, |stop_words, word| !stop_words.contains(word));
    /// assert_eq!(kept.collect()?, ["word"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A value that does not serialise.
    ///
    /// Spark: `SparkContext.broadcast`
    pub fn broadcast<T: Data>(&self, value: T) -> Result<Broadcast<T>> {
        let bytes = Bytes::from(wire::encode("broadcast value", &value)?);
        let id = self.driver().add_broadcast(bytes);
        let at_driver = Some(Arc::new(AtDriver { id, context: self.clone() }));
        Ok(Broadcast { id, value: OnceLock::from(Arc::new(value)), at_driver })
    }
}

/// Decodes a value that came from the driver.
pub(crate) fn decode<T: Data>(bytes: &[u8]) -> Arc<T> {
    Arc::new(wire::decode("broadcast value", bytes).or_throw())
}
