//! An executor is gone: its attempts fail, and map tasks whose outputs died with it wait again.
//! Spark: `TaskSetManager.executorLost`.

use std::sync::Arc;

use hearth_types::{ExecutorId, ExecutorLossReason, StageId, TaskAttempt, TaskEndReason, TaskMetrics};

use super::TaskScheduler;
use super::task_set::LostOutput;
use crate::seam::{Ended, Outcome, Report, RunningTask, Turn};

impl TaskScheduler {
    /// Forgets an executor and settles all that ran there. Does nothing for an unknown one.
    pub(crate) fn on_executor_lost(
        &mut self,
        turn: &mut Turn,
        executor: ExecutorId,
        reason: &ExecutorLossReason,
    ) {
        let Some(gone) = self.executors.remove(executor) else { return };
        let map_sets: Vec<StageId> =
            self.sets.values().filter(|set| set.is_map).map(|set| set.stage).collect();
        for stage in map_sets {
            self.resubmit_outputs(turn, stage, executor, &gone.host);
        }
        let failed = Arc::new(TaskEndReason::ExecutorLost { executor, reason: reason.clone() });
        let mut unstarted = None;
        let mut started = 0;
        for task in gone.tasks {
            let Some(running) = self.running.get(&task) else { continue };
            let id = running.id;
            let end = if running.fetching_since.is_some() {
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
            let metrics = self.take_stored_metrics(id);
            self.on_ended(turn, id, Outcome::Failed(end), metrics);
        }
        self.recompute_locality();
        turn.offer_all = true;
    }

    fn resubmit_outputs(
        &mut self,
        turn: &mut Turn,
        stage: StageId,
        executor: ExecutorId,
        host: &hearth_types::HostName,
    ) {
        let Some(set) = self.sets.get_mut(&stage) else { return };
        for (index, lost) in set.take_outputs_on(executor) {
            let LostOutput { task, launch_time, attempt, locality, finish_time } = lost;
            let position = set.positions.position(index);
            let partition = set.partition(position);
            let task = RunningTask {
                id: TaskAttempt { stage, stage_attempt: set.attempt, partition, attempt, task },
                index,
                position,
                executor,
                host: host.clone(),
                launch_time,
                locality,
                epoch: 0,
                is_map: true,
                pool: set.pool,
                killed: false,
                fetching_since: None,
                stored_metrics: None,
            };
            let executors = &self.executors;
            set.queue.add(index, |executor| executors.host(executor));
            turn.reports.push_back(Report::Ended(Ended {
                task,
                outcome: Outcome::Failed(Arc::new(TaskEndReason::Resubmitted)),
                metrics: Box::new(TaskMetrics::default()),
                finish_time,
                current: true,
            }));
        }
        self.after_change(stage);
    }
}
