//! An executor is gone: its attempts fail, and map tasks whose outputs died with it wait again.
//! Spark: `TaskSetManager.executorLost`.

use std::sync::Arc;

use hearth_types::{ExecutorId, ExecutorLossReason, StageId, TaskAttempt, TaskEndReason, TaskMetrics};

use super::TaskScheduler;
use super::ended::take_stored_metrics;
use super::task_set::LostOutput;
use crate::seam::{Ended, Outcome, Place, Report, RunningTask, Turn};

impl TaskScheduler {
    /// Forgets an executor and settles all that ran there. Does nothing for an unknown one.
    pub(crate) fn on_executor_lost(
        &mut self,
        turn: &mut Turn,
        executor: ExecutorId,
        reason: &ExecutorLossReason,
    ) {
        let Some(gone) = self.executors.remove(executor) else { return };
        let place = Place { executor, host: gone.host };
        let map_sets: Vec<StageId> =
            self.sets.values().filter(|set| set.is_map).map(|set| set.stage).collect();
        for stage in map_sets {
            self.resubmit_outputs(turn, stage, &place);
        }
        let failed = Arc::new(TaskEndReason::ExecutorLost { executor, reason: reason.clone() });
        let mut unstarted = None;
        let mut started = 0;
        for mut task in gone.tasks {
            let end = if task.reading.is_some() {
                // Its result is lost with the executor; whose fault that is, the loss says.
                Arc::clone(&failed)
            } else if started < gone.slots {
                started += 1;
                Arc::clone(&failed)
            } else {
                // Executors start tasks in order, so this one was still waiting: not its fault.
                Arc::clone(unstarted.get_or_insert_with(|| {
                    let reason = ExecutorLossReason::NotByApp(reason.to_string());
                    Arc::new(TaskEndReason::ExecutorLost { executor, reason })
                }))
            };
            let metrics = take_stored_metrics(&mut task);
            self.conclude(turn, task, place.clone(), Outcome::Failed(end), metrics);
        }
        self.recompute_locality();
        turn.offer_all = true;
    }

    fn resubmit_outputs(&mut self, turn: &mut Turn, stage: StageId, place: &Place) {
        let Some(set) = self.sets.get_mut(&stage) else { return };
        for (index, lost) in set.take_outputs_on(place.executor) {
            let LostOutput { task, launch_time, attempt, locality, finish_time } = lost;
            let position = set.positions.position(index);
            let partition = set.partition(position);
            let task = RunningTask {
                id: TaskAttempt { stage, stage_attempt: set.attempt, partition, attempt, task },
                index,
                position,
                launch_time,
                locality,
                epoch: 0,
                is_map: true,
                pool: set.pool,
                killed: false,
                reading: None,
            };
            let executors = &self.executors;
            set.queue.add(index, |executor| executors.host(executor));
            turn.reports.push_back(Report::Ended(Ended {
                task,
                place: place.clone(),
                outcome: Outcome::Failed(Arc::new(TaskEndReason::Resubmitted)),
                metrics: Box::new(TaskMetrics::default()),
                finish_time,
                current: true,
            }));
        }
        self.after_change(stage);
    }
}
