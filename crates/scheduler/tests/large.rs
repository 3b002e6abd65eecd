//! Jobs that are deep, wide or many: nothing recurses and nothing is quadratic.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use hearth_scheduler::testing::simple_graph;
use hearth_scheduler::{Action, CancelTarget, Event, JobResult, Scheduler, SchedulerConf, TaskEnd};
use hearth_types::{
    ExecutorId, HostName, JobId, JobProperties, KillReason, MapSizes, StageGraph, TaskAttempt, TaskEndReason,
    TaskMetrics, Timestamp,
};

struct Cluster {
    scheduler: Scheduler,
    now: Timestamp,
    running: VecDeque<(TaskAttempt, ExecutorId)>,
    completed: Vec<JobId>,
    launched: usize,
}

impl Cluster {
    fn new(executors: u32) -> Self {
        let scheduler = Scheduler::new(SchedulerConf::default(), 1);
        let now = Timestamp::from_millis(1);
        let mut cluster =
            Self { scheduler, now, running: VecDeque::new(), completed: Vec::new(), launched: 0 };
        for executor in (0..executors).map(ExecutorId) {
            let (host, block_address) = (HostName::new("host"), String::new());
            cluster.send(Event::ExecutorRegistered {
                executor,
                host,
                slots: 2,
                block_address,
                max_memory: 1,
            });
        }
        cluster
    }

    fn send(&mut self, event: Event) {
        for action in self.scheduler.handle(self.now, event) {
            if let Action::LaunchTask { executor, task } = action {
                self.launched += 1;
                self.running.push_back((task.id, executor));
            } else if let Action::CompleteJob { job, result } = action {
                assert_eq!(result, JobResult::Succeeded);
                self.completed.push(job);
            }
        }
    }

    fn submit(&mut self, job: u32, graph: StageGraph) {
        self.send(Event::JobSubmitted { job: JobId(job), graph, properties: JobProperties::default() });
    }

    fn finish_all(&mut self) {
        while let Some((id, executor)) = self.running.pop_front() {
            self.now.0 += 10;
            let view = self.scheduler.view();
            let is_map = !view.jobs().any(|job| job.result_stage == id.stage);
            let end = if is_map {
                TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&[1]), checksum: 0 }
            } else {
                TaskEnd::Result { size: 1 }
            };
            self.send(Event::TaskEnded { id, executor, end, metrics: Box::default() });
        }
    }
}

#[test]
fn a_lineage_of_five_thousand_stages_runs_from_its_beginning() {
    let counts = vec![1; 5_000];
    let mut cluster = Cluster::new(2);
    cluster.submit(0, simple_graph(JobId(0), 0, &counts).unwrap());
    cluster.finish_all();
    assert_eq!((cluster.completed.len(), cluster.launched), (1, 5_000));
    assert!(cluster.scheduler.view().is_empty());
    // The outputs are all there: the second job runs its result stage alone.
    cluster.submit(1, simple_graph(JobId(1), 0, &counts).unwrap());
    cluster.finish_all();
    assert_eq!((cluster.completed.len(), cluster.launched), (2, 5_001));
}

#[test]
fn losing_an_executor_of_a_wide_map_stage_runs_again_what_it_made() {
    let mut cluster = Cluster::new(4);
    cluster.submit(0, simple_graph(JobId(0), 0, &[20_000, 1]).unwrap());
    for _ in 0..10_000 {
        let (id, executor) = cluster.running.pop_front().unwrap();
        let end = TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&[1]), checksum: 0 };
        let metrics = Box::new(TaskMetrics { executor_run_micros: 1_000_000, ..TaskMetrics::default() });
        cluster.send(Event::TaskEnded { id, executor, end, metrics });
    }
    let lost = ExecutorId(1);
    cluster.running.retain(|(_, executor)| *executor != lost);
    let reason = hearth_types::ExecutorLossReason::Disconnected;
    cluster.send(Event::ExecutorLost { executor: lost, reason });
    cluster.finish_all();
    assert_eq!(cluster.completed, [JobId(0)]);
    // A fourth of what was done and of what ran.
    assert_eq!(cluster.launched, 20_001 + 2_500 + 2);
}

#[test]
fn a_job_that_is_cancelled_on_thousands_of_executors_stops_each_of_its_attempts_once() {
    let mut cluster = Cluster::new(5_000);
    cluster.submit(0, simple_graph(JobId(0), 0, &[20_000]).unwrap());
    cluster.submit(1, simple_graph(JobId(1), 1, &[3]).unwrap());
    assert_eq!(cluster.launched, 10_000);
    let cancel = Event::JobsCancelled { which: CancelTarget::Job(JobId(0)), reason: String::new() };
    let actions = cluster.scheduler.handle(cluster.now, cancel);
    let killed: BTreeSet<TaskAttempt> = actions
        .iter()
        .filter_map(|action| match action {
            Action::KillTask { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(killed, cluster.running.iter().map(|(id, _)| *id).collect());
    for (id, executor) in std::mem::take(&mut cluster.running) {
        let end = TaskEnd::Failed(Arc::new(TaskEndReason::TaskKilled(KillReason::StageCancelled)));
        cluster.send(Event::TaskEnded { id, executor, end, metrics: Box::default() });
    }
    cluster.finish_all();
    assert_eq!(cluster.launched, 10_003);
    let view = cluster.scheduler.view();
    assert_eq!((view.is_empty(), view.running().count(), view.free_slots()), (true, 0, 10_000));
}

#[test]
fn a_thousand_jobs_at_once_share_the_cluster() {
    let mut cluster = Cluster::new(10);
    for job in 0..1_000 {
        cluster.submit(job, simple_graph(JobId(job), job * 2, &[4, 2]).unwrap());
    }
    cluster.finish_all();
    assert_eq!((cluster.completed.len(), cluster.launched), (1_000, 6_000));
    assert!(cluster.scheduler.view().is_empty());
}
