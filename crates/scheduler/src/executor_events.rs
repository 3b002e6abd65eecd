//! Executors that come and go, seen by both machines. Spark: `TaskSchedulerImpl.executorLost`, `DAGScheduler.executorLost`.

use hearth_types::{ExecutorId, ExecutorLossReason, HostName, ListenerEvent};

use crate::Scheduler;
use crate::seam::Turn;

/// An executor that says it is ready.
#[derive(Debug)]
pub(crate) struct NewExecutor {
    pub(crate) executor: ExecutorId,
    pub(crate) host: HostName,
    pub(crate) slots: u32,
    pub(crate) block_address: String,
    pub(crate) max_memory: u64,
}

impl Scheduler {
    /// Takes an executor in. One that is known, or was lost already, is ignored.
    pub(crate) fn on_executor_registered(&mut self, turn: &mut Turn, new: NewExecutor) {
        let NewExecutor { executor, host, slots, block_address: address, max_memory } = new;
        if self.tasks.is_alive(executor) || self.lost.contains(&executor) {
            self.stale_events += 1;
            return;
        }
        let time = turn.now;
        self.tasks.add_executor(executor, host.clone(), slots, time);
        self.dag.on_executor_registered(executor);
        self.liveness.watch(executor, time);
        turn.post(ListenerEvent::ExecutorAdded { time, executor, host, cores: slots });
        turn.post(ListenerEvent::BlockManagerAdded { time, executor, address, max_memory });
        turn.offer_all = true;
    }

    /// An executor is gone: first its tasks are settled, then what it kept is forgotten.
    pub(crate) fn on_executor_lost(
        &mut self,
        turn: &mut Turn,
        executor: ExecutorId,
        reason: &ExecutorLossReason,
    ) {
        // One that was never seen may have died before it registered: its registration will be late.
        let new = self.lost.insert(executor);
        let Some(data) = self.tasks.executors().get(executor) else {
            self.stale_events += u64::from(!new);
            if new {
                self.allocation.on_executor_lost();
            }
            return;
        };
        if !data.removing {
            self.allocation.on_executor_lost();
        }
        self.tasks.on_executor_lost(turn, executor, reason);
        self.route(turn);
        self.dag.on_executor_lost(executor);
        self.allocation.touch(executor);
        let time = turn.now;
        turn.post(ListenerEvent::BlockManagerRemoved { time, executor });
        turn.post(ListenerEvent::ExecutorRemoved { time, executor, reason: reason.clone() });
    }
}
