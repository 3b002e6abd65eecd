//! Numbers with a meaning. Two kinds of id never mix.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One action of the user's program. Counts up from 0.
    JobId(u32)
);
id!(
    /// Tasks between two shuffles. Counts up from 0 over the whole application.
    StageId(u32)
);
id!(
    /// One shuffle dependency of the lineage.
    ShuffleId(u32)
);
id!(
    /// One RDD of the application.
    RddId(u32)
);
id!(
    /// One task attempt. Unique in the application, counts up from 0 (Spark's TID).
    TaskId(u64)
);
id!(
    /// One broadcast variable.
    BroadcastId(u64)
);
id!(
    /// The code and data that every task of one stage shares. Opaque to the scheduler.
    TaskBinaryId(u64)
);

/// One executor process. Counts up from 0; never reused in an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutorId(pub u32);

impl ExecutorId {
    /// The driver in its role as a holder of blocks, and as the only executor of a `local` master.
    pub const DRIVER: Self = Self(u32::MAX);
}

impl fmt::Display for ExecutorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::DRIVER { f.pad("driver") } else { self.0.fmt(f) }
    }
}
