//! What a record must be able to do.

use serde::{Serialize, de::DeserializeOwned};

/// A type whose values can be records of an RDD: it serialises, it is cheap enough to clone, and it may cross threads.
/// Every type with these traits is `Data`.
pub trait Data: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Data for T {}
