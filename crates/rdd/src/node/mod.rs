//! The kinds of RDD. Spark: the subclasses of `RDD`, each with `compute`, `getPartitions` and `getDependencies`.
//!
//! A node says how one partition is computed from its parents; a `Lineage` is a node with its identity.
//! The same types live on the driver and, decoded from a stage binary, on executors, where the far side of a shuffle is
//! not there.

mod cartesian;
mod checkpointed;
mod coalesced;
mod cogrouped;
mod collection;
mod invalid;
mod later;
mod lineage;
mod map_partitions;
mod object_file;
mod order;
mod range;
mod records;
mod shuffled;
mod text;
mod union;
mod zipped;

use std::sync::Arc;

use bytes::Bytes;
use hearth_storage::Data;
use hearth_types::{HostName, NarrowMapping};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::shuffle::ShuffleDependency;
use crate::task::TaskContext;
use crate::wire::{References, WireError};

pub(crate) use cartesian::Cartesian;
pub(crate) use checkpointed::Checkpointed;
pub(crate) use coalesced::Coalesced;
pub(crate) use cogrouped::{CoGrouped, Side};
pub(crate) use collection::Collection;
pub(crate) use invalid::Invalid;
pub(crate) use lineage::{AnyLineage, AnyNode, Lineage, Origin};
pub(crate) use map_partitions::MapPartitions;
pub(crate) use object_file::ObjectFile;
pub(crate) use order::{is_reproducible, varies_with_order};
pub(crate) use range::Range;
pub use records::Records;
pub(crate) use shuffled::{Aggregated, Shuffled, Sorted};
pub(crate) use text::{TextFile, WholeTextFiles};
pub(crate) use union::Union;
pub(crate) use zipped::Zipped;

/// One kind of RDD.
pub(crate) trait Node: Send + Sync + Sized + 'static {
    /// Its records.
    type Item: Data;
    /// What of it travels, beside its narrow parents.
    type Wire: Serialize + DeserializeOwned;

    /// The name that `to_debug_string` prints, Spark's class name.
    fn kind(&self) -> &'static str;

    fn to_wire(&self) -> Result<Self::Wire, WireError>;

    /// `parents` are the lineages of its narrow dependencies, in order.
    fn from_wire(wire: Self::Wire, parents: Parents<'_>) -> Result<Self, WireError>;

    /// What it is computed from. Executors need only the narrow ones.
    fn dependencies(&self) -> Vec<Dependency>;

    /// Computes one partition. Failures unwind: see `failure`.
    fn compute(&self, split: u32, task: &TaskContext) -> Records<Self::Item>;

    /// Which partitions of which narrow dependency (by position among the narrow ones) a partition reads.
    fn reads(&self, split: u32) -> Vec<(usize, u32)> {
        self.dependencies()
            .iter()
            .filter_map(|dependency| match dependency {
                Dependency::Narrow { mapping, .. } => Some(mapping.parents_of(split)),
                Dependency::Shuffle(_) => None,
            })
            .enumerate()
            .flat_map(|(at, parents)| parents.map(move |split| (at, split)))
            .collect()
    }

    /// The input of one partition, which travels with its task; only leaves have one.
    fn input(&self, _split: u32) -> Option<Bytes> {
        None
    }

    /// Whether a partition's records come in the same order each time, given that those of its parents do.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Whether what it makes of a record depends on where among the others it comes.
    fn uses_order(&self) -> bool {
        false
    }

    /// Hosts that hold the input of each partition; empty when nothing is known.
    fn preferred_hosts(&self) -> Vec<Vec<HostName>> {
        Vec::new()
    }
}

/// How a node depends on others.
#[derive(Clone)]
pub(crate) enum Dependency {
    Narrow { parent: Arc<dyn AnyLineage>, mapping: NarrowMapping },
    Shuffle(Arc<ShuffleDependency>),
}

impl Dependency {
    pub(crate) fn one_to_one<T: Data>(parent: &Arc<Lineage<T>>) -> Self {
        Self::Narrow { parent: parent.clone(), mapping: NarrowMapping::OneToOne }
    }
}

/// The decoded narrow parents of a node, by position.
#[derive(Clone, Copy)]
pub(crate) struct Parents<'a>(References<'a>);

impl<'a> Parents<'a> {
    pub(crate) fn new(references: References<'a>) -> Self {
        Self(references)
    }

    pub(crate) fn get<T: Data>(&self, index: usize) -> Result<Arc<Lineage<T>>, WireError> {
        self.0.get(index)
    }
}
