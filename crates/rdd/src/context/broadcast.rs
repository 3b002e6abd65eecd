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

/// A read-only value, sent to each executor at most once and shared by its tasks.
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
    context: Option<SparkContext>,
}

impl<T: Data> Broadcast<T> {
    /// The value. In a task, the first call on an executor fetches it.
    ///
    /// Spark: `Broadcast.value`
    pub fn value(&self) -> &T {
        self.value.get_or_init(|| TaskContext::current("read a broadcast variable").broadcast(self.id))
    }

    /// Deletes the copies on the executors; they fetch it again when they need it.
    ///
    /// Spark: `Broadcast.unpersist`
    pub fn unpersist(&self) {
        if let Some(context) = &self.context {
            context.driver().remove_block(BlockId::Broadcast(self.id), false);
        }
    }

    /// Deletes the value everywhere; a task that reads it after this fails.
    ///
    /// Spark: `Broadcast.destroy`
    pub fn destroy(self) {
        if let Some(context) = &self.context {
            context.driver().remove_block(BlockId::Broadcast(self.id), true);
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
    /// # Errors
    /// A value that does not serialise.
    ///
    /// Spark: `SparkContext.broadcast`
    pub fn broadcast<T: Data>(&self, value: T) -> Result<Broadcast<T>> {
        let bytes = Bytes::from(wire::encode("broadcast value", &value)?);
        let id = self.driver().add_broadcast(bytes);
        Ok(Broadcast { id, value: OnceLock::from(Arc::new(value)), context: Some(self.clone()) })
    }
}

/// Decodes a value that came from the driver.
pub(crate) fn decode<T: Data>(bytes: &[u8]) -> Arc<T> {
    Arc::new(wire::decode("broadcast value", bytes).or_throw())
}
