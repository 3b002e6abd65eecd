//! Hands free slots to task sets. Spark: `TaskSchedulerImpl.resourceOffers`.
//!
//! The end of a task offers only its executor; everything else that may let tasks run offers all free executors.
//! Barrier sets (all tasks or none), exclusion and resource profiles will be asked for here.

use hearth_types::{
    ExecutorId, ListenerEvent, StageId, TaskAttempt, TaskDescription, TaskId, TaskLocality, TaskStatus,
};

use super::TaskScheduler;
use super::offers::Offers;
use crate::Action;
use crate::seam::{RunningTask, Turn};

/// What one offer round came to for one task set.
#[derive(Debug, Default)]
struct Round {
    launched: Option<TaskLocality>,
    rejected: bool,
}

impl TaskScheduler {
    /// Offers every free slot.
    pub(crate) fn offer_all(&mut self, turn: &mut Turn, epoch: u64) {
        if self.queued.is_empty() || !self.executors.any_free() {
            return;
        }
        let free = self.executors.free();
        let mut offers = if self.shuffle_offers { Offers::shuffled(free) } else { Offers::sorted(free) };
        // Two actions for each launch, of which there may be thousands.
        let slots =
            free.first().and_then(|executor| self.executors.get(*executor)).map_or(0, |data| data.slots);
        let launches = self.pending_tasks().min(free.len() as u64 * u64::from(slots));
        turn.actions.reserve(2 * usize::try_from(launches).unwrap_or(0));
        self.offer(turn, &mut offers, epoch);
    }

    /// Offers the slots of one executor.
    pub(crate) fn offer_one(&mut self, turn: &mut Turn, executor: ExecutorId, epoch: u64) {
        if !self.queued.is_empty() && self.executors.stays(executor) {
            self.offer(turn, &mut Offers::One(executor), epoch);
        }
    }

    fn offer(&mut self, turn: &mut Turn, offers: &mut Offers, epoch: u64) {
        // Launch-ahead is for the first set in line: the others only get slots that are free.
        if self.pools.is_fair() {
            for stage in self.pools.fair_order(self.queued.iter(), &self.sets) {
                self.offer_to_set(turn, stage, offers, epoch);
                if !self.any_free_of(offers) {
                    break;
                }
            }
            return;
        }
        let mut next = self.queued.first().copied();
        while let Some(key) = next {
            self.offer_to_set(turn, key.1, offers, epoch);
            if !self.any_free_of(offers) {
                break;
            }
            let after = (std::ops::Bound::Excluded(key), std::ops::Bound::Unbounded);
            next = self.queued.range(after).next().copied();
        }
    }

    fn any_free_of(&self, offers: &Offers) -> bool {
        match offers {
            Offers::One(executor) => self.executors.is_free(*executor),
            Offers::All(_) => self.executors.any_free(),
        }
    }

    fn offer_to_set(&mut self, turn: &mut Turn, stage: StageId, offers: &mut Offers, epoch: u64) {
        let mut total = Round::default();
        for at in 0.. {
            let Some(level) = self.sets.get(&stage).and_then(|set| set.delay.level(at)) else { break };
            loop {
                let round = self.offer_at_level(turn, stage, offers, epoch, level);
                total.rejected |= round.rejected;
                total.launched = match (total.launched, round.launched) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                if round.launched.is_none() {
                    break;
                }
            }
        }
        let Some(set) = self.sets.get_mut(&stage) else { return };
        if total.rejected {
            set.delay.no_rejects_since_reset = false;
        } else if let Some(reached) = total.launched
            && (offers.is_all() || set.delay.no_rejects_since_reset)
        {
            set.delay.reset(turn.now, reached);
        }
        if set.pending == 0 {
            self.queued.remove(&(set.priority, stage));
        }
    }

    /// One task for each executor that has room, within a level.
    fn offer_at_level(
        &mut self,
        turn: &mut Turn,
        stage: StageId,
        offers: &mut Offers,
        epoch: u64,
        level: TaskLocality,
    ) -> Round {
        let mut round = Round::default();
        for at in 0.. {
            let Some(set) = self.sets.get_mut(&stage) else { break };
            if set.pending == 0 {
                break;
            }
            let Some(executor) = offers.at(at, &mut self.rng) else { break };
            let Some(data) = self.executors.get(executor) else { continue };
            if data.used >= data.slots
                && data.used >= set.limit(data.slots, self.executors.total_slots(), self.launch_ahead)
            {
                continue;
            }
            let allowed = match level {
                TaskLocality::NoPref => level,
                TaskLocality::ProcessLocal | TaskLocality::NodeLocal | TaskLocality::Any => {
                    set.delay.allowed(turn.now, &mut set.queue, &set.states).min(level)
                }
            };
            match set.queue.take(&set.states, executor, &data.host, allowed) {
                Some((index, locality)) => {
                    round.launched = Some(round.launched.map_or(locality, |best| best.min(locality)));
                    self.launch(turn, stage, index, executor, locality, epoch);
                }
                None => round.rejected |= level == TaskLocality::Any,
            }
        }
        round
    }

    fn launch(
        &mut self,
        turn: &mut Turn,
        stage: StageId,
        index: u32,
        executor: ExecutorId,
        locality: TaskLocality,
        epoch: u64,
    ) {
        let Some(set) = self.sets.get_mut(&stage) else { return };
        let Some(place) = self.executors.place(executor) else { return };
        let position = set.positions.position(index);
        let task = TaskId(self.next_task);
        self.next_task += 1;
        let id = TaskAttempt {
            stage,
            stage_attempt: set.attempt,
            partition: set.partition(position),
            attempt: set.next_attempt(index),
            task,
        };
        set.on_launched(index, executor);
        let (job, binary) = (set.job, set.binary);
        let running = RunningTask {
            id,
            index,
            position,
            launch_time: turn.now,
            locality,
            epoch,
            is_map: set.is_map,
            pool: set.pool,
            killed: false,
            reading: None,
        };
        self.pools.on_launched(set.pool);
        turn.post(ListenerEvent::TaskStart {
            stage,
            stage_attempt: id.stage_attempt,
            task: running.info(place, TaskStatus::Running, None),
        });
        let task_description = TaskDescription { id, index, job, binary, epoch, locality };
        turn.actions.push(Action::LaunchTask { executor, task: task_description });
        self.executors.on_launched(executor, running);
    }
}
