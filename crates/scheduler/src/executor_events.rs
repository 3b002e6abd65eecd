//! Executors that come and go, seen by both machines. Spark: `TaskSchedulerImpl.executorLost`, `DAGScheduler.executorLost`.

use hearth_types::{ExecutorId, ExecutorLossReason, HostName, ListenerEvent};

use crate::seam::Turn;
use crate::{Action, Scheduler};

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

    /// An executor will be taken away: no new tasks. With dynamic allocation another may be asked for in its place.
    pub(crate) fn on_executor_decommissioning(&mut self, turn: &mut Turn, executor: ExecutorId) {
        match self.tasks.executors().get(executor) {
            Some(data) if data.removing => {}
            Some(_) => {
                self.tasks.set_removing(&[executor]);
                turn.offer_all = true;
                self.allocation.on_executor_lost();
                self.allocation.touch(executor);
                self.decommissioning.insert(executor);
            }
            None => self.stale_events += 1,
        }
    }

    /// Those that will be taken away go as soon as no task runs there and nobody can still read their map outputs.
    /// They may be ended before; moving the outputs to others would let them go earlier.
    pub(crate) fn let_decommissioned_go(&mut self, turn: &mut Turn) {
        if self.decommissioning.is_empty() {
            return;
        }
        let (tasks, dag) = (&self.tasks, &self.dag);
        let is_needed = |executor: ExecutorId| {
            tasks.executors().get(executor).is_some_and(|data| !data.tasks.is_empty())
                || dag.map_outputs.shuffles_on(executor).any(|shuffle| dag.needs_shuffle(shuffle))
        };
        let going: Vec<_> =
            self.decommissioning.iter().copied().filter(|executor| !is_needed(*executor)).collect();
        if !going.is_empty() {
            self.decommissioning.retain(|executor| !going.contains(executor));
            turn.actions.push(Action::RemoveExecutors { executors: going });
        }
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
        self.decommissioning.remove(&executor);
        self.tasks.on_executor_lost(turn, executor, reason);
        self.route(turn);
        self.dag.on_executor_lost(executor);
        self.allocation.touch(executor);
        let time = turn.now;
        turn.post(ListenerEvent::BlockManagerRemoved { time, executor });
        turn.post(ListenerEvent::ExecutorRemoved { time, executor, reason: reason.clone() });
    }
}
