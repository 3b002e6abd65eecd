//! From lineage to stages: what Spark's `DAGScheduler` does when it cuts at shuffle dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use hearth_driver::TaskInputs;
use hearth_types::{RddId, ShuffleId, StageGraph, StageKind, StageSpec, TaskBinaryId};

use crate::error::{Error, Result};
use crate::node::{AnyLineage, Dependency};
use crate::shuffle::ShuffleDependency;
use crate::snapshot::{Snapshot, Taken};
use crate::wire::{self, Portable};

/// A job as the driver takes it.
pub(crate) struct Job {
    pub(crate) graph: StageGraph,
    pub(crate) binaries: Vec<Bytes>,
    pub(crate) inputs: Arc<dyn TaskInputs>,
    /// RDDs whose checkpoints are to be written after the job.
    pub(crate) marked: Vec<Arc<dyn AnyLineage>>,
}

/// Cuts the lineage of `root` into stages, the last of which runs `task` on `partitions` of `root`.
pub(crate) fn build(
    root: &Arc<dyn AnyLineage>,
    partitions: Vec<u32>,
    task: Portable,
    name: String,
) -> Result<Job> {
    let Walk { snapshot, order, shuffles, marked, .. } = Walk::of(root);
    let mut stages = Vec::with_capacity(shuffles.len() + 1);
    let mut binaries = Vec::with_capacity(shuffles.len() + 1);
    let mut ends = Vec::with_capacity(shuffles.len() + 1);
    let mut add = |rdd: RddId, kind, task, name| -> Result<()> {
        let pipeline = snapshot.pipeline(rdd);
        check_depth(&pipeline)?;
        let has_input = pipeline.iter().any(|taken| taken.node.input(0).is_some());
        binaries.push(Bytes::from(wire::encode_stage(&pipeline, task)?));
        stages.push(StageSpec { rdd, kind, binary: TaskBinaryId(stages.len() as u64), name });
        ends.push(StageEnd { rdd, has_input });
        Ok(())
    };
    for shuffle in &shuffles {
        let kind = StageKind::ShuffleMap { shuffle: shuffle.id(), reduces: shuffle.reduces() };
        add(shuffle.parent().id(), kind, shuffle.task()?, shuffle.parent().call_site())?;
    }
    add(root.id(), StageKind::Result { partitions }, task, name)?;
    let rdds = order.into_iter().filter_map(|id| snapshot.get(id)).map(Taken::info).collect();
    let graph = StageGraph::new(rdds, stages)
        .map_err(|error| Error::Argument { operation: "run a job", problem: error.to_string() })?;
    Ok(Job { graph, binaries, inputs: Arc::new(Inputs { snapshot, ends }), marked })
}

/// Each step of a pipeline has its frames on the stack of a task, which is large but not endless.
const DEEPEST: u32 = 10_000;

/// Refuses a pipeline that would overflow the stack, and end its executor without a word. What is persisted counts as there.
fn check_depth(pipeline: &[&Taken]) -> Result<()> {
    let mut depths = BTreeMap::new();
    for taken in pipeline {
        let above = taken.narrow.iter().filter_map(|parent| depths.get(parent)).max();
        let depth = if taken.level.is_valid() { 0 } else { above.copied().unwrap_or(0) + 1 };
        if depth > DEEPEST {
            let problem = format!(
                "{} stands on more than {DEEPEST} steps without a shuffle; checkpoint, or persist, an RDD every some \
                 hundred steps",
                taken.rdd.call_site()
            );
            return Err(Error::Argument { operation: "run a job", problem });
        }
        depths.insert(taken.rdd.id(), depth);
    }
    Ok(())
}

/// A walk over a lineage, parents first, without recursion: lineages of iterative programs are deep.
#[derive(Default)]
struct Walk {
    snapshot: Snapshot,
    /// Parents before children.
    order: Vec<RddId>,
    /// Those that feed others before them.
    shuffles: Vec<Arc<ShuffleDependency>>,
    seen_shuffles: BTreeSet<ShuffleId>,
    marked: Vec<Arc<dyn AnyLineage>>,
}

enum Step {
    Enter(Arc<dyn AnyLineage>),
    LeaveRdd(RddId),
    LeaveShuffle(Arc<ShuffleDependency>),
}

impl Walk {
    fn of(root: &Arc<dyn AnyLineage>) -> Self {
        let mut walk = Self::default();
        let mut steps = vec![Step::Enter(root.clone())];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(rdd) => walk.enter(rdd, &mut steps),
                Step::LeaveRdd(rdd) => walk.order.push(rdd),
                Step::LeaveShuffle(shuffle) => {
                    if walk.seen_shuffles.insert(shuffle.id()) {
                        walk.shuffles.push(shuffle);
                    }
                }
            }
        }
        walk
    }

    fn enter(&mut self, rdd: Arc<dyn AnyLineage>, steps: &mut Vec<Step>) {
        let Some(taken) = self.snapshot.take(rdd) else { return };
        if taken.rdd.is_marked() {
            self.marked.push(taken.rdd.clone());
        }
        steps.push(Step::LeaveRdd(taken.rdd.id()));
        for dependency in &taken.dependencies {
            match dependency {
                Dependency::Narrow { parent, .. } => steps.push(Step::Enter(parent.clone())),
                Dependency::Shuffle(shuffle) => {
                    steps.push(Step::LeaveShuffle(shuffle.clone()));
                    steps.push(Step::Enter(shuffle.parent().clone()));
                }
            }
        }
    }
}

/// The inputs of each stage's partitions, found by walking from the stage's end to the leaves that a partition reads.
struct Inputs {
    snapshot: Snapshot,
    ends: Vec<StageEnd>,
}

struct StageEnd {
    rdd: RddId,
    has_input: bool,
}

impl TaskInputs for Inputs {
    fn input(&self, stage: usize, partition: u32) -> Bytes {
        let Some(end) = self.ends.get(stage).filter(|end| end.has_input) else { return Bytes::new() };
        let inputs = self.snapshot.inputs(end.rdd, partition);
        // Encoding a list of byte strings cannot fail; an empty input makes the task say what is missing.
        wire::encode("task input", &inputs).map(Bytes::from).unwrap_or_default()
    }
}
