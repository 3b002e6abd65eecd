//! The life of executor processes: start, strikes, silence, death, and how the driver learns of it.

use std::time::Duration;

use hearth_scheduler::{Event, ExecutorsConf};
use hearth_types::{ExecutorId, ExecutorLossReason, HostName};

use crate::chaos::{self, Stream};
use crate::executor::{Effect, Executor, Inside, Surroundings};
use crate::plan::Strike;
use crate::world::{Life, Occurrence, Process, START, World};

/// The longest time that an executor has when it is to be taken away.
const GRACE: Duration = Duration::from_secs(5);

impl World<'_> {
    pub(crate) fn on_started(&mut self, id: ExecutorId) {
        let crashes = self.faulty && self.random.chance(self.plan.faults.refusal / 2);
        if crashes {
            self.trace.note(self.now, format_args!("executor {id} crashes before it registers"));
            self.cluster.ended(id);
            self.after(Duration::from_millis(100), Occurrence::Reconcile);
            let reason = ExecutorLossReason::Exited { code: 1 };
            return self.tell_after(Duration::from_millis(20), Event::ExecutorLost { executor: id, reason });
        }
        if !self.cluster.is_up(id) {
            return;
        }
        let slots = match &self.plan.conf.executors {
            ExecutorsConf::Fixed { slots, .. } => *slots,
            ExecutorsConf::Dynamic(conf) => conf.slots,
        };
        let host = self.random.pick(&self.plan.hosts).cloned().unwrap_or_else(|| HostName::new("host0"));
        let executor = Executor::new(id, host.clone(), slots);
        let (up, down) = (Stream::default(), Stream::default());
        let process =
            Process { executor, life: Life::Runs, up, down, is_broken: false, deferred: Vec::new() };
        self.processes.insert(id, process);
        self.blocks.set_reachable(id, true);
        let block_address = format!("{host}:{}", id.0);
        let registered =
            Event::ExecutorRegistered { executor: id, host, slots, block_address, max_memory: 1 << 30 };
        self.say(id, registered, None);
        self.at(self.now, Occurrence::Inside { executor: id, inside: Inside::Heartbeat, is_message: false });
    }

    /// The process ends: what it holds is gone, what it said last may still arrive, and its loss is told some time.
    pub(crate) fn on_process_end(&mut self, id: ExecutorId, reason: ExecutorLossReason) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        if process.life == Life::Dead {
            return;
        }
        process.life = Life::Dead;
        process.deferred.clear();
        self.trace.note(self.now, format_args!("executor {id} ends"));
        let (linger, report) = if self.faulty {
            (Duration::from_millis(1_500), self.plan.faults.loss_report)
        } else {
            (Duration::from_millis(10), Duration::from_millis(100))
        };
        process.up.cut(self.now + self.random.up_to(linger));
        process.down.cut(self.now);
        self.blocks.forget(id);
        self.cluster.ended(id);
        let replaced = self.random.up_to(Duration::from_millis(500));
        self.after(replaced, Occurrence::Reconcile);
        let told = self.random.up_to(report);
        self.tell_after(told, Event::ExecutorLost { executor: id, reason });
        if self.random.chance(200) {
            let reason = ExecutorLossReason::Disconnected;
            let told = self.random.up_to(report);
            self.tell_after(told, Event::ExecutorLost { executor: id, reason });
        }
    }

    pub(crate) fn happen_inside(&mut self, id: ExecutorId, inside: Inside, is_message: bool) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        if is_message && !process.down.is_open(self.now) {
            return;
        }
        match process.life {
            Life::Dead => return,
            Life::Frozen => return process.deferred.push(inside),
            Life::Runs => {}
        }
        if matches!(inside, Inside::Heartbeat) {
            let next = Occurrence::Inside { executor: id, inside: Inside::Heartbeat, is_message: false };
            self.queue.push(self.now + self.plan.heartbeat, next);
        }
        let mut around = Surroundings {
            plan: self.plan,
            random: &mut self.random,
            faulty: self.faulty,
            blocks: &mut self.blocks,
            persisted: self.program.persisted(),
        };
        for effect in process.executor.on(inside, &mut around) {
            match effect {
                Effect::Say(event, content) => self.say(id, event, content),
                Effect::Later(delay, inside) => {
                    self.after(delay, Occurrence::Inside { executor: id, inside, is_message: false });
                }
                Effect::Commit(attempt) => self.trace.note(self.now, format_args!("{attempt} commits")),
            }
        }
    }

    pub(crate) fn plan_strike(&mut self, at: usize) {
        if let Some((_, mean)) = self.plan.faults.strikes.get(at).copied() {
            let wait = self.random.around(mean);
            self.after(wait, Occurrence::Strike(at));
        }
    }

    pub(crate) fn strike(&mut self, strike: Strike) {
        let alive = self.processes.iter().filter(|(_, process)| process.life == Life::Runs);
        let (busy, idle): (Vec<_>, Vec<_>) = alive.partition(|(_, process)| process.executor.is_busy());
        let ids = |of: Vec<(&ExecutorId, &Process)>| of.into_iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let Some(id) = chaos::victim(&mut self.random, &ids(busy), &ids(idle)) else { return };
        self.trace.note(self.now, format_args!("{strike:?} strikes executor {id}"));
        let calm = START + self.plan.faults.until;
        let until = (self.now + self.random.up_to(self.plan.conf.executor_timeout * 2)).min(calm);
        match strike {
            Strike::Kill => self.on_process_end(id, ExecutorLossReason::Exited { code: 137 }),
            Strike::Evict => self.on_process_end(id, ExecutorLossReason::NotByApp("evicted".to_owned())),
            Strike::Freeze => {
                if let Some(process) = self.processes.get_mut(&id) {
                    process.life = Life::Frozen;
                }
                self.blocks.set_reachable(id, false);
                if self.random.chance(600) {
                    self.at(until, Occurrence::Heal(id));
                }
            }
            Strike::Partition => {
                if let Some(process) = self.processes.get_mut(&id) {
                    process.up.stall(until);
                    process.down.stall(until);
                }
                self.blocks.set_reachable(id, false);
                self.at(until, Occurrence::Heal(id));
            }
            Strike::LoseOutputs => {
                self.blocks.lose_outputs(id);
                if let Some(process) = self.processes.get_mut(&id) {
                    process.is_broken = true;
                }
            }
            Strike::Decommission => {
                self.say(id, Event::ExecutorDecommissioning { executor: id }, None);
                let reason = ExecutorLossReason::NotByApp("decommissioned".to_owned());
                let grace = self.random.up_to(GRACE);
                self.after(grace, Occurrence::Ends(id, reason));
            }
            Strike::DropBlock => {
                let inside = Inside::DropBlock;
                self.at(self.now, Occurrence::Inside { executor: id, inside, is_message: false });
            }
        }
    }

    /// The faults stop. Executors that lost outputs go, so that nothing wrong is left to be found out later.
    pub(crate) fn calm_down(&mut self) {
        self.trace.note(self.now, format_args!("the faults stop"));
        self.faulty = false;
        let broken = self.processes.iter().filter(|(_, process)| process.is_broken);
        for id in broken.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.on_process_end(id, ExecutorLossReason::Exited { code: 1 });
        }
    }

    pub(crate) fn heal(&mut self, id: ExecutorId) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        if process.life == Life::Dead {
            return;
        }
        process.life = Life::Runs;
        let deferred = std::mem::take(&mut process.deferred);
        self.blocks.set_reachable(id, true);
        self.trace.note(self.now, format_args!("executor {id} is back"));
        for inside in deferred {
            self.at(self.now, Occurrence::Inside { executor: id, inside, is_message: false });
        }
    }
}
