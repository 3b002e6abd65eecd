//! Memory, cached blocks, broadcast values and checkpoints.

use super::rules::any;
use crate::entry::spark_conf;
use crate::value::NumberRule;

spark_conf! {
    /// Part of an executor's memory, less `spark.hearth.memory.reserved`, that execution and storage share.
    /// The rest is for the user's own objects.
    pub MEMORY_FRACTION: f64 = "spark.memory.fraction", NumberRule::POSITIVE_RATIO, default "0.6", since "0.1";

    /// Part of that shared memory in which cached blocks are safe from execution.
    pub MEMORY_STORAGE_FRACTION: f64 = "spark.memory.storageFraction", NumberRule::RATIO, default "0.5",
        since "0.1";

    /// Folder for checkpoints, as if the program had called `set_checkpoint_dir` at its start.
    pub CHECKPOINT_DIR: Option<String> = "spark.checkpoint.dir", any(),
        unset "none until the program sets one", since "0.1";
}
