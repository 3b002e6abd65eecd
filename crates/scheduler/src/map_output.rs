//! Tracks where map outputs are. Spark: `MapOutputTrackerMaster`.
//!
//! Ours has no locks and no broadcast, and raises the epoch at the end of a stage only when somebody may have seen an
//! incomplete list; Spark raises it always.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth_types::{ExecutorId, MapStatus, ShuffleId};

use crate::by_id::ById;

/// Locations of all map outputs. Outlives jobs.
#[derive(Debug, Default)]
pub(crate) struct MapOutputTracker {
    shuffles: BTreeMap<ShuffleId, ShuffleStatus>,
    /// The shuffles of which an executor holds outputs.
    by_executor: ById<ExecutorId, BTreeSet<ShuffleId>>,
    epoch: u64,
}

#[derive(Debug)]
struct ShuffleStatus {
    outputs: Vec<Option<MapStatus>>,
    /// What each output summed to when it was last there: outlives the output.
    checksums: Vec<Option<u64>>,
    /// The shuffles that its map tasks read.
    reads: BTreeSet<ShuffleId>,
    available: u32,
    /// How many of them each executor holds; never zero.
    holders: ById<ExecutorId, u32>,
    /// The last answer, until something changes.
    answer: Option<Arc<[Option<MapStatus>]>>,
    /// Whether an incomplete list was given out since the last epoch.
    answered_incomplete: bool,
}

impl ShuffleStatus {
    fn forget_outputs(&mut self) {
        self.outputs.fill(None);
        self.checksums.fill(None);
        self.available = 0;
        self.answer = None;
    }
}

impl MapOutputTracker {
    /// Generation of map outputs: grows whenever an output is lost.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Begins to track a shuffle whose map tasks read others, unless it is known.
    pub(crate) fn register_shuffle(&mut self, shuffle: ShuffleId, maps: u32, reads: BTreeSet<ShuffleId>) {
        self.shuffles.entry(shuffle).or_insert_with(|| ShuffleStatus {
            outputs: vec![None; maps as usize],
            checksums: vec![None; maps as usize],
            reads,
            available: 0,
            holders: ById::default(),
            answer: None,
            answered_incomplete: false,
        });
    }

    /// Forgets a shuffle; says whether it was known.
    pub(crate) fn remove_shuffle(&mut self, shuffle: ShuffleId) -> bool {
        let Some(status) = self.shuffles.remove(&shuffle) else { return false };
        for executor in status.holders.keys() {
            if let Some(shuffles) = self.by_executor.get_mut(executor) {
                shuffles.remove(&shuffle);
            }
        }
        true
    }

    /// An output is there. Says whether it is what it was: false if one was there before that summed to something else.
    pub(crate) fn register(
        &mut self,
        shuffle: ShuffleId,
        map: u32,
        output: MapStatus,
        checksum: u64,
    ) -> bool {
        let Some(status) = self.shuffles.get_mut(&shuffle) else { return true };
        let Some(slot) = status.outputs.get_mut(map as usize) else { return true };
        let Some(known) = status.checksums.get_mut(map as usize) else { return true };
        let is_as_before = known.replace(checksum).is_none_or(|before| before == checksum);
        let held = status.holders.entry(output.executor).or_default();
        *held += 1;
        if *held == 1 {
            self.by_executor.entry(output.executor).or_default().insert(shuffle);
        }
        status.answer = None;
        match slot.replace(output) {
            None => status.available += 1,
            Some(old) => self.uncount(shuffle, old.executor),
        }
        is_as_before
    }

    /// A shuffle is not any more what was read of it. Forgets every output that was made of it, directly or through other
    /// shuffles, also for jobs that have ended, and what those outputs were. Returns the shuffle and the ones that read it.
    pub(crate) fn forget_readers(&mut self, shuffle: ShuffleId) -> BTreeSet<ShuffleId> {
        let mut changed = BTreeSet::from([shuffle]);
        let mut open = vec![shuffle];
        while let Some(read) = open.pop() {
            for (reader, status) in &mut self.shuffles {
                if status.reads.contains(&read) && changed.insert(*reader) {
                    open.push(*reader);
                    status.forget_outputs();
                    for executor in std::mem::take(&mut status.holders).keys() {
                        if let Some(shuffles) = self.by_executor.get_mut(executor) {
                            shuffles.remove(reader);
                        }
                    }
                }
            }
        }
        self.epoch += 1;
        changed
    }

    /// An output could not be read from `from`: forget it, if that is where it was thought to be.
    pub(crate) fn unregister(&mut self, shuffle: ShuffleId, map: u32, from: ExecutorId) {
        let Some(status) = self.shuffles.get_mut(&shuffle) else { return };
        let Some(slot) = status.outputs.get_mut(map as usize) else { return };
        if slot.take_if(|output| output.executor == from).is_some() {
            status.available -= 1;
            status.answer = None;
            self.epoch += 1;
            self.uncount(shuffle, from);
        }
    }

    /// Every output of an executor is gone.
    pub(crate) fn remove_executor(&mut self, executor: ExecutorId) {
        for shuffle in self.by_executor.swap_remove(&executor).unwrap_or_default() {
            let Some(status) = self.shuffles.get_mut(&shuffle) else { continue };
            status.holders.swap_remove(&executor);
            for slot in &mut status.outputs {
                if slot.take_if(|output| output.executor == executor).is_some() {
                    status.available -= 1;
                }
            }
            status.answer = None;
        }
        self.epoch += 1;
    }

    /// A map stage is over: whoever saw an incomplete list must ask again.
    pub(crate) fn stage_ended(&mut self, shuffle: ShuffleId) {
        if let Some(status) = self.shuffles.get_mut(&shuffle)
            && std::mem::take(&mut status.answered_incomplete)
        {
            self.epoch += 1;
        }
    }

    /// The answer to an executor that asks for a shuffle; empty for one that is not tracked.
    pub(crate) fn answer(&mut self, shuffle: ShuffleId) -> Arc<[Option<MapStatus>]> {
        let Some(status) = self.shuffles.get_mut(&shuffle) else { return Arc::new([]) };
        status.answered_incomplete |= (status.available as usize) < status.outputs.len();
        Arc::clone(status.answer.get_or_insert_with(|| status.outputs.as_slice().into()))
    }

    /// Whether every output of a shuffle is registered.
    pub(crate) fn is_available(&self, shuffle: ShuffleId) -> bool {
        self.shuffles.get(&shuffle).is_some_and(|status| status.available as usize == status.outputs.len())
    }

    /// Whether one output is registered.
    pub(crate) fn has(&self, shuffle: ShuffleId, map: u32) -> bool {
        self.outputs(shuffle).is_some_and(|outputs| outputs.get(map as usize).is_some_and(Option::is_some))
    }

    /// How many outputs of a shuffle are missing.
    pub(crate) fn missing(&self, shuffle: ShuffleId) -> u32 {
        let missing = |status: &ShuffleStatus| status.outputs.len() - status.available as usize;
        self.shuffles.get(&shuffle).map_or(0, |status| u32::try_from(missing(status)).unwrap_or(u32::MAX))
    }

    /// Outputs of a shuffle, by map partition.
    pub(crate) fn outputs(&self, shuffle: ShuffleId) -> Option<&[Option<MapStatus>]> {
        Some(&self.shuffles.get(&shuffle)?.outputs)
    }

    /// Shuffles that are tracked, by id.
    pub(crate) fn shuffles(&self) -> impl Iterator<Item = ShuffleId> + '_ {
        self.shuffles.keys().copied()
    }

    /// Shuffles of which the executor holds outputs, by id.
    pub(crate) fn shuffles_on(&self, executor: ExecutorId) -> impl Iterator<Item = ShuffleId> + '_ {
        self.by_executor.get(&executor).into_iter().flatten().copied()
    }

    /// An executor holds one output less of a shuffle.
    fn uncount(&mut self, shuffle: ShuffleId, executor: ExecutorId) {
        let Some(status) = self.shuffles.get_mut(&shuffle) else { return };
        let Some(held) = status.holders.get_mut(&executor) else { return };
        *held -= 1;
        if *held == 0 {
            status.holders.swap_remove(&executor);
            if let Some(shuffles) = self.by_executor.get_mut(&executor) {
                shuffles.remove(&shuffle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_types::{MapSizes, TaskId};

    use super::*;

    const SHUFFLE: ShuffleId = ShuffleId(0);

    fn output(executor: u32) -> MapStatus {
        MapStatus { executor: ExecutorId(executor), map_task: TaskId(0), sizes: MapSizes::from_bytes(&[1]) }
    }

    #[test]
    fn losing_an_executor_takes_its_outputs_and_raises_the_epoch() {
        let mut tracker = MapOutputTracker::default();
        tracker.register_shuffle(SHUFFLE, 2, BTreeSet::new());
        tracker.register(SHUFFLE, 0, output(0), 0);
        tracker.register(SHUFFLE, 1, output(1), 0);
        assert!(tracker.is_available(SHUFFLE));
        tracker.remove_executor(ExecutorId(0));
        assert_eq!((tracker.missing(SHUFFLE), tracker.epoch(), tracker.has(SHUFFLE, 1)), (1, 1, true));
    }

    #[test]
    fn an_output_that_moved_is_not_unregistered_by_a_failure_at_its_old_place() {
        let mut tracker = MapOutputTracker::default();
        tracker.register_shuffle(SHUFFLE, 1, BTreeSet::new());
        tracker.register(SHUFFLE, 0, output(0), 0);
        tracker.register(SHUFFLE, 0, output(1), 0);
        tracker.unregister(SHUFFLE, 0, ExecutorId(0));
        assert!(tracker.is_available(SHUFFLE));
        assert_eq!(tracker.shuffles_on(ExecutorId(0)).count(), 0);
    }

    #[test]
    fn the_epoch_grows_at_the_end_of_a_stage_only_if_an_incomplete_list_went_out() {
        let mut tracker = MapOutputTracker::default();
        tracker.register_shuffle(SHUFFLE, 1, BTreeSet::new());
        tracker.stage_ended(SHUFFLE);
        assert_eq!(tracker.epoch(), 0);
        assert_eq!(*tracker.answer(SHUFFLE), [None]);
        tracker.register(SHUFFLE, 0, output(0), 0);
        tracker.stage_ended(SHUFFLE);
        assert_eq!((tracker.epoch(), tracker.answer(SHUFFLE).len()), (1, 1));
    }
    #[test]
    fn an_output_is_compared_with_what_it_was_before_it_was_lost() {
        let mut tracker = MapOutputTracker::default();
        tracker.register_shuffle(SHUFFLE, 1, BTreeSet::new());
        assert!(tracker.register(SHUFFLE, 0, output(0), 7), "the first");
        tracker.remove_executor(ExecutorId(0));
        assert!(tracker.register(SHUFFLE, 0, output(1), 7));
        tracker.unregister(SHUFFLE, 0, ExecutorId(1));
        assert!(!tracker.register(SHUFFLE, 0, output(1), 8));
    }

    #[test]
    fn outputs_made_of_a_shuffle_are_forgotten_with_what_they_were_and_no_others() {
        let (second, third, other) = (ShuffleId(1), ShuffleId(2), ShuffleId(3));
        let mut tracker = MapOutputTracker::default();
        let shuffles = [(SHUFFLE, vec![]), (second, vec![SHUFFLE]), (third, vec![second]), (other, vec![])];
        for (shuffle, reads) in shuffles {
            tracker.register_shuffle(shuffle, 1, reads.into_iter().collect());
            tracker.register(shuffle, 0, output(0), 0);
        }
        assert_eq!(tracker.forget_readers(SHUFFLE), BTreeSet::from([SHUFFLE, second, third]));
        let left: Vec<_> = tracker.shuffles().filter(|shuffle| tracker.is_available(*shuffle)).collect();
        assert_eq!((left, tracker.epoch()), (vec![SHUFFLE, other], 1));
        assert_eq!(tracker.shuffles_on(ExecutorId(0)).collect::<Vec<_>>(), [SHUFFLE, other]);
        assert!(tracker.register(third, 0, output(0), 1), "nothing that was read of it is left");
    }
}
