//! What a front door hands to the scheduler: RDDs, the stages cut from them, and nothing that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{HostName, RddId, ShuffleId, StorageLevel, TaskBinaryId};

/// The stages of one job, validated. Parents come before children; the last stage is the job's result stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageGraph {
    rdds: Vec<RddInfo>,
    stages: Vec<StageSpec>,
}

/// One RDD of the lineage, as far as scheduling and the UI need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RddInfo {
    /// Which RDD.
    pub id: RddId,
    /// Its kind or the name the user gave (`set_name`).
    pub name: String,
    /// The operation and line that made it, `map at main.rs:12`.
    pub call_site: String,
    /// Number of partitions.
    pub partitions: u32,
    /// Whether and how it is persisted. A fully cached RDD hides its parents.
    pub storage_level: StorageLevel,
    /// What it is computed from.
    pub dependencies: Vec<Dependency>,
    /// Hosts that hold the input of each partition (index = partition); empty when nothing is known.
    pub preferred_hosts: Vec<Vec<HostName>>,
}

/// How an RDD depends on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dependency {
    /// Computed in the same task.
    Narrow {
        /// The parent.
        parent: RddId,
        /// Which of the parent's partitions a partition reads.
        mapping: NarrowMapping,
    },
    /// Through a shuffle.
    Shuffle {
        /// The RDD on the map side.
        parent: RddId,
        /// The shuffle between them.
        shuffle: ShuffleId,
    },
}

/// Which partitions of the parent a partition of the child reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NarrowMapping {
    /// Partition `p` reads partition `p`.
    OneToOne,
    /// Partitions `child_start .. child_start + len` read `parent_start ..` in order (union).
    Range {
        /// First partition of the child.
        child_start: u32,
        /// First partition of the parent.
        parent_start: u32,
        /// How many.
        len: u32,
    },
    /// Each of the child's partitions reads a run of neighbours; together they read all, each once (coalesce).
    Runs {
        /// Partitions of the parent.
        parents: u32,
        /// Partitions of the child.
        children: u32,
    },
    /// Partition `p` reads partition `p / divisor` (the left side of cartesian).
    Quotient {
        /// Partitions of the other side.
        divisor: u32,
    },
    /// Partition `p` reads partition `p % divisor` (the right side of cartesian).
    Remainder {
        /// Partitions of this side.
        divisor: u32,
    },
}

impl NarrowMapping {
    /// The parent's partitions that `partition` reads.
    pub fn parents_of(&self, partition: u32) -> Range<u32> {
        let just = |parent: Option<u32>| parent.map_or(0..0, |parent| parent..parent + 1);
        match *self {
            Self::OneToOne => just(Some(partition)),
            Self::Range { child_start, parent_start, len } => {
                let offset = partition.checked_sub(child_start).filter(|offset| *offset < len);
                just(offset.map(|offset| parent_start + offset))
            }
            Self::Runs { parents, children } => {
                let cut = |at: u32| u64::from(at) * u64::from(parents) / u64::from(children.max(1));
                cut(partition) as u32..cut(partition + 1) as u32
            }
            Self::Quotient { divisor } => just(partition.checked_div(divisor)),
            Self::Remainder { divisor } => just(partition.checked_rem(divisor)),
        }
    }
}

/// One stage: the pipeline that ends in `rdd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSpec {
    /// The last RDD of the pipeline; its dependencies lead to the stage's parents.
    pub rdd: RddId,
    /// What its tasks make.
    pub kind: StageKind,
    /// The code its tasks run.
    pub binary: TaskBinaryId,
    /// `reduceByKey at main.rs:12`.
    pub name: String,
}

/// What the tasks of a stage make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StageKind {
    /// Map outputs, one task per partition of the RDD.
    ShuffleMap {
        /// The shuffle they feed.
        shuffle: ShuffleId,
        /// How many pieces each output has.
        reduces: u32,
    },
    /// Results for the driver.
    Result {
        /// The partitions to compute, in the order of the results (`take` asks for a few).
        partitions: Vec<u32>,
    },
}

/// Why a graph is refused. A front door made a mistake; no user input leads here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// No stages at all.
    #[error("a stage graph needs at least one stage")]
    Empty,
    /// The last stage, and only the last, makes results.
    #[error("stage {0} must make map outputs and the last stage results")]
    ResultStagePlace(usize),
    /// Named but not listed before use.
    #[error("rdd {0} is used before it is listed")]
    UnknownRdd(RddId),
    /// A shuffle is read that no earlier stage writes.
    #[error("shuffle {0} is read but no earlier stage writes it")]
    UnknownShuffle(ShuffleId),
    /// Two RDDs or two shuffles with one id.
    #[error("{0} is listed twice")]
    Duplicate(String),
    /// A result stage asks for a partition that its RDD does not have.
    #[error("partition {partition} asked of rdd {rdd}, which has {partitions}")]
    PartitionRange {
        /// The RDD.
        rdd: RddId,
        /// What was asked.
        partition: u32,
        /// What there is.
        partitions: u32,
    },
}

impl StageGraph {
    /// Checks and keeps. RDDs: parents before children. Stages: parents before children, the result stage last.
    pub fn new(rdds: Vec<RddInfo>, stages: Vec<StageSpec>) -> Result<Self, GraphError> {
        let mut known = BTreeMap::new();
        let mut read = BTreeSet::new();
        for rdd in &rdds {
            for dependency in &rdd.dependencies {
                let (Dependency::Narrow { parent, .. } | Dependency::Shuffle { parent, .. }) = dependency;
                if !known.contains_key(parent) {
                    return Err(GraphError::UnknownRdd(*parent));
                }
                if let Dependency::Shuffle { shuffle, .. } = dependency {
                    read.insert(*shuffle);
                }
            }
            if known.insert(rdd.id, rdd.partitions).is_some() {
                return Err(GraphError::Duplicate(format!("rdd {}", rdd.id)));
            }
        }
        let last = stages.len().checked_sub(1).ok_or(GraphError::Empty)?;
        let mut written = BTreeSet::new();
        for (at, stage) in stages.iter().enumerate() {
            let count = *known.get(&stage.rdd).ok_or(GraphError::UnknownRdd(stage.rdd))?;
            match &stage.kind {
                StageKind::ShuffleMap { shuffle, .. } if at < last => {
                    if !written.insert(*shuffle) {
                        return Err(GraphError::Duplicate(format!("shuffle {shuffle}")));
                    }
                }
                StageKind::Result { partitions } if at == last => {
                    if let Some(&partition) = partitions.iter().find(|p| **p >= count) {
                        return Err(GraphError::PartitionRange {
                            rdd: stage.rdd,
                            partition,
                            partitions: count,
                        });
                    }
                }
                StageKind::ShuffleMap { .. } | StageKind::Result { .. } => {
                    return Err(GraphError::ResultStagePlace(at));
                }
            }
        }
        match read.difference(&written).next() {
            Some(shuffle) => Err(GraphError::UnknownShuffle(*shuffle)),
            None => Ok(Self { rdds, stages }),
        }
    }

    /// The lineage, parents before children.
    pub fn rdds(&self) -> &[RddInfo] {
        &self.rdds
    }

    /// The stages, parents before children, the result stage last.
    pub fn stages(&self) -> &[StageSpec] {
        &self.stages
    }

    /// Takes the graph apart.
    pub fn into_parts(self) -> (Vec<RddInfo>, Vec<StageSpec>) {
        (self.rdds, self.stages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_neighbours_of_about_equal_number_and_leave_none_out() {
        let runs = NarrowMapping::Runs { parents: 7, children: 3 };
        assert_eq!([0, 1, 2].map(|partition| runs.parents_of(partition)), [0..2, 2..4, 4..7]);
        let none = NarrowMapping::Runs { parents: 0, children: 1 };
        assert!(none.parents_of(0).is_empty());
    }

    #[test]
    fn the_two_sides_of_a_cartesian_product_meet_in_each_pair() {
        let (left, right) = (NarrowMapping::Quotient { divisor: 3 }, NarrowMapping::Remainder { divisor: 3 });
        let pairs: Vec<_> = (0..6).map(|p| (left.parents_of(p).start, right.parents_of(p).start)).collect();
        assert_eq!(pairs, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
    }

    #[test]
    fn a_partition_of_a_union_reads_from_one_parent_only() {
        let second = NarrowMapping::Range { child_start: 2, parent_start: 0, len: 3 };
        let parents = [1, 2, 4, 5].map(|partition| second.parents_of(partition));
        assert_eq!(parents, [0..0, 0..1, 2..3, 0..0]);
    }
}
