//! The driver around the scheduler: carries out actions, passes messages, and filters what its shell filters.

use std::time::Duration;

use hearth_scheduler::{Action, Event, TaskEnd};
use hearth_types::{ExecutorId, ExecutorLossReason, JobId, TaskAttempt};

use crate::chaos;
use crate::cluster::ClusterEffect;
use crate::content::Content;
use crate::executor::Inside;
use crate::world::{Occurrence, START, World};

impl World<'_> {
    /// The driver tells of each executor that it registered once, and not after it has told that it is lost.
    pub(crate) fn is_news(&mut self, event: &Event) -> bool {
        match event {
            Event::ExecutorRegistered { executor, .. } => !self.loss_told.contains(executor),
            Event::ExecutorLost { executor, .. } => {
                self.loss_told.insert(*executor);
                true
            }
            _ => true,
        }
    }

    pub(crate) fn perform(&mut self, action: Action) {
        match action {
            Action::LaunchTask { executor, task } => self.send(executor, Inside::Launch(task)),
            Action::KillTask { executor, id, reason } => self.send(executor, Inside::Kill(id, reason)),
            Action::RequestExecutors { total } => {
                self.cluster.request(total);
                self.after(Duration::from_millis(1), Occurrence::Reconcile);
            }
            Action::RemoveExecutors { executors } => {
                for executor in executors {
                    let delay = self.random.up_to(Duration::from_millis(300));
                    self.after(delay, Occurrence::Ends(executor, ExecutorLossReason::Removed));
                }
            }
            Action::AbandonExecutor { executor } => {
                let delay = self.random.up_to(Duration::from_millis(300));
                self.after(delay, Occurrence::Ends(executor, ExecutorLossReason::Disconnected));
            }
            Action::RemoveShuffle { shuffle } => self.send_to_all(&Inside::RemoveShuffle(shuffle)),
            Action::ForgetCached { rdd, first_task } => {
                self.send_to_all(&Inside::ForgetCached(rdd, first_task));
            }
            Action::AnswerCommit { executor, id, allowed } => {
                self.send(executor, Inside::CommitAnswer(id, allowed))
            }
            Action::SendMapOutputs { executor, shuffle, epoch, outputs } => {
                self.send(executor, Inside::MapOutputs(shuffle, epoch, outputs));
            }
            Action::FetchResult { executor, id } => {
                let delay = chaos::delay(&mut self.random, &self.plan.faults, self.faulty);
                self.after(delay, Occurrence::ReadResult(executor, id));
            }
            Action::AcceptTask { .. } | Action::ForgetStage { .. } => {}
            Action::CompleteJob { job, .. } => self.on_job_end(job),
            Action::Post(event) => self.program.on_listener_event(&event),
        }
    }

    fn on_job_end(&mut self, job: JobId) {
        let Some(at) = self.program.on_complete(job) else { return };
        for event in self.program.let_go(self.plan, at) {
            if let Event::RddUnpersisted { rdd } = &event {
                self.send_to_all(&Inside::DropRdd(*rdd));
            }
            self.tell_after(Duration::from_micros(10), event);
        }
        let place = |jobs: &[usize]| jobs.iter().position(|job| *job == at);
        let mut threads = self.plan.threads.iter().enumerate();
        if let Some((thread, position)) = threads.find_map(|(thread, jobs)| Some((thread, place(jobs)?))) {
            self.next_job(thread, position + 1);
        }
    }

    pub(crate) fn next_job(&mut self, thread: usize, position: usize) {
        let at = self.plan.threads.get(thread).and_then(|jobs| jobs.get(position)).copied();
        let Some((at, job)) = at.and_then(|at| Some((at, self.plan.jobs.get(at)?))) else { return };
        let from =
            if job.is_probe { (START + self.plan.probes_from()).since(self.now) } else { Duration::ZERO };
        self.after(from + job.think, Occurrence::Submit(at));
    }

    pub(crate) fn read_result(&mut self, executor: ExecutorId, id: TaskAttempt) {
        let content = self.blocks.take_result(executor, id.task);
        let lost = self.faulty && self.random.chance(self.plan.faults.result_lost);
        let event =
            if content.is_some() && !lost { Event::ResultFetched { id } } else { Event::ResultLost { id } };
        let delay = self.random.up_to(Duration::from_millis(20));
        self.after(delay, Occurrence::Told { event, content, from: None });
    }

    /// An executor sends a message; it may arrive twice if it is the end of a task.
    pub(crate) fn say(&mut self, from: ExecutorId, event: Event, content: Option<Content>) {
        let delay = chaos::delay(&mut self.random, &self.plan.faults, self.faulty);
        if let Event::TaskEnded { end, .. } = &event
            && let Some(again) = chaos::duplicate(&mut self.random, &self.plan.faults, self.faulty)
            && !matches!(end, TaskEnd::IndirectResult { .. })
        {
            let (event, content) = (event.clone(), content.clone());
            self.after(delay + again, Occurrence::Told { event, content, from: None });
        }
        if let Some(process) = self.processes.get_mut(&from) {
            let arrival = process.up.arrival(self.now, delay);
            self.at(arrival, Occurrence::Told { event, content, from: Some(from) });
        }
    }

    fn send(&mut self, to: ExecutorId, inside: Inside) {
        let delay = chaos::delay(&mut self.random, &self.plan.faults, self.faulty);
        if let Some(process) = self.processes.get_mut(&to) {
            let arrival = process.down.arrival(self.now, delay);
            self.at(arrival, Occurrence::Inside { executor: to, inside, is_message: true });
        }
    }

    fn send_to_all(&mut self, inside: &Inside) {
        let all: Vec<_> = self.processes.keys().copied().collect();
        for executor in all {
            self.send(executor, inside.clone());
        }
    }

    pub(crate) fn reconcile(&mut self) {
        let refusal = if self.faulty { self.plan.faults.refusal } else { 0 };
        for effect in self.cluster.reconcile(&mut self.random, refusal) {
            match effect {
                ClusterEffect::Start(executor, delay) => self.after(delay, Occurrence::Started(executor)),
                ClusterEffect::Refuse(delay) => {
                    self.tell_after(delay, Event::ExecutorRequestFailed { reason: "quota".to_owned() });
                }
            }
        }
    }
}
