//! What became of each task, as the listener events tell it.

use std::collections::{BTreeMap, BTreeSet};

use hearth::{ListenerEvent, StageId};
use hearth_types::{ExecutorId, TaskEndReason, TaskId};

/// The ends of all tasks in the order of events, by stage and partition.
#[derive(Debug)]
pub struct History {
    events: Vec<ListenerEvent>,
    ends: BTreeMap<(StageId, u32), Vec<TaskEndReason>>,
}

impl History {
    /// Reads the events.
    pub fn of(events: &[ListenerEvent]) -> Self {
        let mut ends: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for event in events {
            if let ListenerEvent::TaskEnd { stage, task, reason, .. } = event {
                ends.entry((*stage, task.partition)).or_default().push(reason.clone());
            }
        }
        Self { events: events.to_vec(), ends }
    }

    /// How the attempts of each partition of a stage ended, in short words.
    pub fn stage(&self, stage: u32) -> BTreeMap<u32, Vec<&'static str>> {
        let of_stage = self.ends.range((StageId(stage), 0)..=(StageId(stage), u32::MAX));
        of_stage.map(|((_, partition), ends)| (*partition, ends.iter().map(word).collect())).collect()
    }

    /// How the attempts of a partition ended.
    pub fn ends(&self, stage: u32, partition: u32) -> &[TaskEndReason] {
        self.ends.get(&(StageId(stage), partition)).map_or(&[], Vec::as_slice)
    }

    /// The partitions of a stage that an executor computed, whatever came after.
    pub fn computed_on(&self, stage: u32, on: ExecutorId) -> BTreeSet<u32> {
        let computed = self.events.iter().filter_map(|event| match event {
            ListenerEvent::TaskEnd { stage: of, task, reason: TaskEndReason::Success, .. } => {
                (of.0 == stage && task.executor == on).then_some(task.partition)
            }
            _ => None,
        });
        computed.collect()
    }

    /// The number of the last attempt of a partition.
    pub fn last_task(&self, stage: u32, partition: u32) -> TaskId {
        let mut started = self.events.iter().filter_map(|event| match event {
            ListenerEvent::TaskStart { stage: of, task, .. } => {
                (of.0 == stage && task.partition == partition).then_some(task.task)
            }
            _ => None,
        });
        started.next_back().unwrap()
    }

    /// Fails if a partition is computed again that was not lost: it was delivered, or its output is on a living executor
    /// that answers.
    pub fn assert_only_the_lost_ran_again(&self) {
        let mut computed: BTreeMap<(StageId, u32), (ExecutorId, bool)> = BTreeMap::new();
        for event in &self.events {
            match event {
                ListenerEvent::TaskStart { stage, task, .. } => {
                    let known = computed.get(&(*stage, task.partition));
                    assert_eq!(
                        known, None,
                        "partition {} of stage {stage} runs again: {self:#?}",
                        task.partition
                    );
                }
                ListenerEvent::TaskEnd { stage, task, reason, is_map, .. } => match reason {
                    TaskEndReason::Success => {
                        computed.insert((*stage, task.partition), (task.executor, *is_map));
                    }
                    TaskEndReason::Resubmitted => {
                        computed.remove(&(*stage, task.partition));
                    }
                    TaskEndReason::FetchFailed { from: Some(from), .. } => forget(&mut computed, *from),
                    _ => {}
                },
                ListenerEvent::ExecutorRemoved { executor, .. } => forget(&mut computed, *executor),
                _ => {}
            }
        }
    }
}

/// Map outputs die with their executor; results are at the driver.
fn forget(computed: &mut BTreeMap<(StageId, u32), (ExecutorId, bool)>, lost: ExecutorId) {
    computed.retain(|_, (executor, is_map)| *executor != lost || !*is_map);
}

fn word(reason: &TaskEndReason) -> &'static str {
    match reason {
        TaskEndReason::Success => "success",
        TaskEndReason::Resubmitted => "resubmitted",
        TaskEndReason::FetchFailed { .. } => "fetch failed",
        TaskEndReason::ExceptionFailure { .. } => "exception",
        TaskEndReason::TaskResultLost => "result lost",
        TaskEndReason::TaskKilled(_) => "killed",
        TaskEndReason::TaskCommitDenied => "commit denied",
        TaskEndReason::ExecutorLost { .. } => "executor lost",
    }
}
