//! From lineage to stages: what Spark's `DAGScheduler` does when it cuts at shuffle dependencies.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use hearth_driver::TaskInputs;
use hearth_types::{
    Dependency as GraphDependency, RddId, RddInfo, ShuffleId, StageGraph, StageKind, StageSpec, TaskBinaryId,
};

use crate::error::{Error, Result};
use crate::node::{AnyLineage, Dependency};
use crate::shuffle::ShuffleDependency;
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
    let mut walk = Walk::default();
    walk.lineage(root);
    let mut stages = Vec::with_capacity(walk.shuffles.len() + 1);
    let mut binaries = Vec::with_capacity(walk.shuffles.len() + 1);
    let mut ends = Vec::with_capacity(walk.shuffles.len() + 1);
    for shuffle in &walk.shuffles {
        let kind = StageKind::ShuffleMap { shuffle: shuffle.id(), reduces: shuffle.reduces() };
        let binary = TaskBinaryId(stages.len() as u64);
        stages.push(StageSpec {
            rdd: shuffle.parent().id(),
            kind,
            binary,
            name: shuffle.parent().call_site(),
        });
        binaries.push(Bytes::from(wire::encode_stage(shuffle.parent(), shuffle.task()?)?));
        ends.push(shuffle.parent().clone());
    }
    let binary = TaskBinaryId(stages.len() as u64);
    stages.push(StageSpec { rdd: root.id(), kind: StageKind::Result { partitions }, binary, name });
    binaries.push(Bytes::from(wire::encode_stage(root, task)?));
    ends.push(root.clone());
    let graph = StageGraph::new(walk.rdds, stages)
        .map_err(|error| Error::Argument { operation: "run a job", problem: error.to_string() })?;
    let inputs = Arc::new(Inputs(ends.into_iter().map(StageEnd::new).collect()));
    Ok(Job { graph, binaries, inputs, marked: walk.marked })
}

/// A walk over a lineage, parents first, without recursion: lineages of iterative programs are deep.
#[derive(Default)]
struct Walk {
    rdds: Vec<RddInfo>,
    shuffles: Vec<Arc<ShuffleDependency>>,
    seen_rdds: BTreeSet<RddId>,
    seen_shuffles: BTreeSet<ShuffleId>,
    marked: Vec<Arc<dyn AnyLineage>>,
}

enum Step {
    Enter(Arc<dyn AnyLineage>),
    LeaveRdd(Arc<dyn AnyLineage>, Vec<Dependency>),
    LeaveShuffle(Arc<ShuffleDependency>),
}

impl Walk {
    fn lineage(&mut self, root: &Arc<dyn AnyLineage>) {
        let mut steps = vec![Step::Enter(root.clone())];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(rdd) => self.enter(rdd, &mut steps),
                Step::LeaveRdd(rdd, dependencies) => self.rdds.push(info(&rdd, &dependencies)),
                Step::LeaveShuffle(shuffle) => self.shuffles.push(shuffle),
            }
        }
    }

    fn enter(&mut self, rdd: Arc<dyn AnyLineage>, steps: &mut Vec<Step>) {
        if !self.seen_rdds.insert(rdd.id()) {
            return;
        }
        if rdd.is_marked() {
            self.marked.push(rdd.clone());
        }
        let dependencies = rdd.dependencies();
        let mut before = Vec::new();
        for dependency in &dependencies {
            match dependency {
                Dependency::Narrow { parent, .. } => before.push(Step::Enter(parent.clone())),
                Dependency::Shuffle(shuffle) if self.seen_shuffles.insert(shuffle.id()) => {
                    before.push(Step::LeaveShuffle(shuffle.clone()));
                    before.push(Step::Enter(shuffle.parent().clone()));
                }
                Dependency::Shuffle(_) => {}
            }
        }
        steps.push(Step::LeaveRdd(rdd, dependencies));
        steps.extend(before);
    }
}

fn info(rdd: &Arc<dyn AnyLineage>, dependencies: &[Dependency]) -> RddInfo {
    let dependencies = dependencies.iter().map(|dependency| match dependency {
        Dependency::Narrow { parent, mapping } => {
            GraphDependency::Narrow { parent: parent.id(), mapping: mapping.clone() }
        }
        Dependency::Shuffle(shuffle) => {
            GraphDependency::Shuffle { parent: shuffle.parent().id(), shuffle: shuffle.id() }
        }
    });
    RddInfo {
        id: rdd.id(),
        name: rdd.name().unwrap_or_else(|| rdd.kind().to_owned()),
        call_site: rdd.call_site(),
        partitions: rdd.partitions(),
        storage_level: rdd.storage_level(),
        dependencies: dependencies.collect(),
        preferred_hosts: rdd.preferred_hosts(),
    }
}

/// The inputs of each stage's partitions, found by walking from the stage's end to the leaves that a partition reads.
struct Inputs(Vec<StageEnd>);

struct StageEnd {
    rdd: Arc<dyn AnyLineage>,
    has_input: bool,
}

impl StageEnd {
    fn new(rdd: Arc<dyn AnyLineage>) -> Self {
        let has_input = reads_input(&rdd, &mut BTreeSet::new());
        Self { rdd, has_input }
    }
}

fn reads_input(rdd: &Arc<dyn AnyLineage>, seen: &mut BTreeSet<RddId>) -> bool {
    if !seen.insert(rdd.id()) {
        return false;
    }
    rdd.input(0).is_some()
        || rdd.dependencies().iter().any(|dependency| match dependency {
            Dependency::Narrow { parent, .. } => reads_input(parent, seen),
            Dependency::Shuffle(_) => false,
        })
}

impl TaskInputs for Inputs {
    fn input(&self, stage: usize, partition: u32) -> Bytes {
        let Some(end) = self.0.get(stage).filter(|end| end.has_input) else { return Bytes::new() };
        let mut found = Vec::new();
        collect(&end.rdd, partition, &mut found);
        // Encoding a list of byte strings cannot fail; an empty input makes the task say what is missing.
        wire::encode("task input", &found).map(Bytes::from).unwrap_or_default()
    }
}

/// One leaf's input: the leaf, its partition, its bytes.
pub(crate) type LeafInput = (RddId, u32, Bytes);

fn collect(rdd: &Arc<dyn AnyLineage>, split: u32, found: &mut Vec<LeafInput>) {
    if let Some(input) = rdd.input(split) {
        found.push((rdd.id(), split, input));
        return;
    }
    let narrow: Vec<_> = rdd
        .dependencies()
        .into_iter()
        .filter_map(|dependency| match dependency {
            Dependency::Narrow { parent, .. } => Some(parent),
            Dependency::Shuffle(_) => None,
        })
        .collect();
    for (at, split) in rdd.reads(split) {
        if let Some(parent) = narrow.get(at) {
            collect(parent, split, found);
        }
    }
}
