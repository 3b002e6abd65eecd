//! The registry of `spark.*` keys and [`SparkConf`]. Spark: `SparkConf`, `internal.config`, `ConfigEntry`.
//!
//! At the border a configuration stays what Spark's users know: a map of strings, in which unknown keys pass with
//! a warning.
//! Behind it stands one registry: every key that Hearth honours is an [`Entry`] with a type, a grammar, a default
//! and a meaning, and every key that Spark 4.3.0 has is known by name, so that a key without effect can say so.
#![warn(missing_docs)]

mod duration;
pub mod entries;
mod entry;
mod error;
pub mod local_properties;
mod master;
mod properties;
mod redaction;
mod registry;
mod size;
mod spark_conf;
mod spark_keys;
mod suggest;
mod value;

pub use duration::{TimeRule, TimeUnit, format_duration};
pub use entry::{AnyEntry, DefaultValue, Entry};
pub use error::{Error, Result};
pub use master::Master;
pub use redaction::{REDACTED, RedactionRegex};
pub use registry::{Topic, families, find, topics};
pub use size::{ByteSize, SizeRule, SizeUnit};
pub use spark_conf::SparkConf;
pub use spark_keys::{SparkKey, spark_keys};
pub use value::{Codec, IntegerRule, NumberRule, Value};
