//! Computes one partition from what an executor can read: its cache, then lineage, then map outputs.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearth_types::{Dependency, ExecutorId, MapStatus, RddId, ShuffleId};

use crate::blocks::Blocks;
use crate::content::Content;
use crate::plan::{Lineage, piece, seed_content};
use crate::random::mix;

/// Where the outputs of a shuffle are, as an executor was told, with the epoch of the answer.
pub(super) type Locations = BTreeMap<ShuffleId, (u64, Arc<[Option<MapStatus>]>)>;

/// Why a computation cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The locations of a shuffle are not known, or too old.
    Locations(ShuffleId),
    /// A map output cannot be read.
    Fetch {
        /// Of which shuffle.
        shuffle: ShuffleId,
        /// Which; `None` when no location was known.
        map: Option<u32>,
        /// By which reduce partition.
        reduce: u32,
        /// From whom.
        from: Option<ExecutorId>,
    },
}

/// One computation.
#[derive(Debug)]
pub(super) struct Compute<'a> {
    pub(super) lineage: &'a Lineage,
    pub(super) blocks: &'a Blocks,
    pub(super) executor: ExecutorId,
    pub(super) locations: &'a Locations,
    /// The least epoch that locations must have.
    pub(super) epoch: u64,
    /// Whether an RDD (the index) is persisted.
    pub(super) persisted: &'a [bool],
    /// Partitions that were computed and are to be cached.
    pub(super) fresh: Vec<(RddId, u32, Content)>,
    /// Map outputs that were read.
    pub(super) reads: u32,
}

impl Compute<'_> {
    /// The content of a partition.
    pub(super) fn partition(&mut self, rdd: RddId, partition: u32) -> Result<Content, Stop> {
        let persisted = self.persisted.get(rdd.0 as usize).copied().unwrap_or(false);
        if persisted {
            if let Some(content) = self.blocks.cached(self.executor, rdd, partition) {
                return Ok(content);
            }
            if let Some((.., content)) = self.fresh.iter().find(|(of, at, _)| (*of, *at) == (rdd, partition))
            {
                return Ok(content.clone());
            }
        }
        let mut content = Content::of(seed_content(rdd, partition));
        for dependency in self.lineage.dependencies(rdd) {
            match dependency {
                Dependency::Narrow { parent, mapping } => {
                    for at in mapping.parents_of(partition) {
                        let read = self.partition(*parent, at)?;
                        content.number = mix(content.number, read.number);
                        content.made_of.add(&read.made_of);
                    }
                }
                Dependency::Shuffle { parent, shuffle } => {
                    self.read(*shuffle, self.lineage.partitions(*parent), partition, &mut content)?;
                }
            }
        }
        if persisted {
            self.fresh.push((rdd, partition, content.clone()));
        }
        Ok(content)
    }

    fn read(
        &mut self,
        shuffle: ShuffleId,
        maps: u32,
        reduce: u32,
        content: &mut Content,
    ) -> Result<(), Stop> {
        let outputs = match self.locations.get(&shuffle) {
            Some((epoch, outputs)) if *epoch >= self.epoch => outputs,
            Some(_) | None => return Err(Stop::Locations(shuffle)),
        };
        if outputs.len() != maps as usize || outputs.iter().any(Option::is_none) {
            return Err(Stop::Fetch { shuffle, map: None, reduce, from: None });
        }
        for (map, status) in (0..maps).zip(outputs.iter().flatten()) {
            let output = self.blocks.output(self.executor, status.executor, shuffle, status.map_task);
            let from = Some(status.executor);
            let output = output.ok_or(Stop::Fetch { shuffle, map: Some(map), reduce, from })?;
            content.number = mix(content.number, piece(output.number, reduce));
            content.made_of.add(&output.made_of);
            self.reads += 1;
        }
        Ok(())
    }
}
