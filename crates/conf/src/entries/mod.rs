//! Every key that Hearth honours, by topic. Spark: `org.apache.spark.internal.config`.

pub mod application;
pub mod executor;
pub mod files;
pub mod hearth;
pub mod scheduler;
pub mod shuffle;
pub mod storage;
pub mod ui;

/// Short names of the grammars, for the tables of entries.
mod rules {
    use crate::duration::{TimeRule, TimeUnit};
    use crate::size::{SizeRule, SizeUnit};
    use crate::value::IntegerRule;

    /// No bounds and no units.
    pub(super) const fn any() {}

    pub(super) const fn from(min: u64) -> IntegerRule {
        IntegerRule::from(min)
    }

    pub(super) const fn bytes() -> SizeRule {
        SizeRule::of(SizeUnit::Byte)
    }

    pub(super) const fn mib() -> SizeRule {
        SizeRule::of(SizeUnit::MiB)
    }

    pub(super) const fn millis() -> TimeRule {
        TimeRule::of(TimeUnit::Millisecond)
    }

    pub(super) const fn seconds() -> TimeRule {
        TimeRule::of(TimeUnit::Second)
    }
}
