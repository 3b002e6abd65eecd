//! The lineage of a job as it was when the job was submitted.
//!
//! A checkpoint that another thread's job ends meanwhile gives an RDD another node.
//! What the tasks of this job run and the inputs that come with them must go together, so its nodes are taken once.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use bytes::Bytes;
use hearth_types::{Dependency as GraphDependency, RddId, RddInfo, StorageLevel};

use crate::node::{AnyLineage, AnyNode, Dependency};

/// One leaf's input: the leaf, its partition, its bytes.
pub(crate) type LeafInput = (RddId, u32, Bytes);

/// The RDDs of a job.
#[derive(Default)]
pub(crate) struct Snapshot(BTreeMap<RddId, Taken>);

/// One RDD, with what can change of it.
pub(crate) struct Taken {
    pub(crate) rdd: Arc<dyn AnyLineage>,
    pub(crate) node: Arc<dyn AnyNode>,
    pub(crate) level: StorageLevel,
    pub(crate) dependencies: Vec<Dependency>,
    /// Its narrow parents, in order.
    pub(crate) narrow: Vec<RddId>,
}

impl Taken {
    fn new(rdd: Arc<dyn AnyLineage>) -> Self {
        let (node, level) = (rdd.node(), rdd.storage_level());
        let dependencies = node.dependencies();
        let narrow = dependencies.iter().filter_map(|dependency| match dependency {
            Dependency::Narrow { parent, .. } => Some(parent.id()),
            Dependency::Shuffle(_) => None,
        });
        let narrow = narrow.collect();
        Self { rdd, node, level, dependencies, narrow }
    }

    pub(crate) fn info(&self) -> RddInfo {
        let dependencies = self.dependencies.iter().map(|dependency| match dependency {
            Dependency::Narrow { parent, mapping } => {
                GraphDependency::Narrow { parent: parent.id(), mapping: mapping.clone() }
            }
            Dependency::Shuffle(shuffle) => {
                GraphDependency::Shuffle { parent: shuffle.parent().id(), shuffle: shuffle.id() }
            }
        });
        RddInfo {
            id: self.rdd.id(),
            name: self.rdd.name().unwrap_or_else(|| self.node.kind().to_owned()),
            call_site: self.rdd.call_site(),
            partitions: self.rdd.partitions(),
            storage_level: self.level,
            dependencies: dependencies.collect(),
            preferred_hosts: self.node.preferred_hosts(),
        }
    }
}

impl Snapshot {
    /// Takes an RDD in. `None` if it is there already.
    pub(crate) fn take(&mut self, rdd: Arc<dyn AnyLineage>) -> Option<&Taken> {
        match self.0.entry(rdd.id()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => Some(place.insert(Taken::new(rdd))),
        }
    }

    pub(crate) fn get(&self, rdd: RddId) -> Option<&Taken> {
        self.0.get(&rdd)
    }

    /// What a task that reads `end` computes: all RDDs that it reaches without a shuffle, parents before children.
    pub(crate) fn pipeline(&self, end: RddId) -> Vec<&Taken> {
        let mut entered = BTreeSet::new();
        let mut pipeline = Vec::new();
        let mut steps = vec![(end, false)];
        while let Some((id, is_leaving)) = steps.pop() {
            let Some(taken) = self.get(id) else { continue };
            if is_leaving {
                pipeline.push(taken);
            } else if entered.insert(id) {
                steps.push((id, true));
                steps.extend(taken.narrow.iter().rev().map(|parent| (*parent, false)));
            }
        }
        pipeline
    }

    /// The inputs that a task needs that reads one partition of `end`.
    pub(crate) fn inputs(&self, end: RddId, split: u32) -> Vec<LeafInput> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut next = vec![(end, split)];
        while let Some((id, split)) = next.pop() {
            let Some(taken) = self.get(id).filter(|_| seen.insert((id, split))) else { continue };
            if let Some(input) = taken.node.input(split) {
                found.push((id, split, input));
                continue;
            }
            let reads = taken.node.reads(split);
            next.extend(reads.into_iter().filter_map(|(at, split)| Some((*taken.narrow.get(at)?, split))));
        }
        found
    }
}
