//! Writing an RDD to files so that its lineage can be forgotten. Spark: `ReliableRDDCheckpointData`.
//!
//! An RDD that is marked is written by a job of its own, after the first job that needed it.

use std::sync::Arc;

use hearth_storage::Data;

use crate::error::{Error, Result};
use crate::failure::OrThrow;
use crate::node::{AnyLineage, Checkpointed, Lineage, ObjectFile, Origin};
use crate::rdd::{Rdd, origin, write_segments};

/// Writes one checkpoint.
pub(crate) type Writer = Box<dyn FnOnce() -> Result<()> + Send + Sync>;

/// Marks an RDD, to be written after the next job that needs it.
#[track_caller]
pub(crate) fn mark<T: Data>(rdd: &Rdd<T>) -> Result<()> {
    let context = rdd.spark_context().clone();
    let Some(dir) = context.checkpoint_dir() else {
        let problem = "Checkpoint directory has not been set in the SparkContext: call set_checkpoint_dir \
                       or set spark.checkpoint.dir"
            .to_owned();
        return Err(Error::Argument { operation: "checkpoint", problem });
    };
    let at = origin("checkpoint");
    // The lineage holds the writer, so the writer must not hold the lineage.
    let lineage = Arc::downgrade(rdd.lineage());
    let path = format!("{}/{}/rdd-{}", dir.trim_end_matches('/'), context.application_id(), rdd.id());
    rdd.lineage().mark(Box::new(move || match lineage.upgrade() {
        Some(lineage) => write(&Rdd::new(context, lineage), at, path),
        None => Ok(()),
    }));
    Ok(())
}

fn write<T: Data>(rdd: &Rdd<T>, at: Origin, path: String) -> Result<()> {
    rdd.on_all(at, path.clone(), |path, split, records| {
        let file = part(path, split);
        hearth_files::write_atomic(&file, |to| {
            write_segments(to, records)
                .map(drop)
                .map_err(|error| hearth_files::Error::from_io("write", &file, error))
        })
        .or_throw();
    })?;
    let paths = (0..rdd.num_partitions()).map(|split| part(&path, split)).collect();
    let context = rdd.spark_context();
    let id = context.next_rdd();
    let node = ObjectFile::new(id, "ReliableCheckpointRDD", paths);
    let written = Arc::new(Lineage::new(id, rdd.num_partitions(), at, node));
    rdd.lineage().truncate(Checkpointed::new(rdd.lineage().kind(), written), path);
    Ok(())
}

fn part(dir: &str, split: u32) -> String {
    format!("{dir}/part-{split:05}")
}
