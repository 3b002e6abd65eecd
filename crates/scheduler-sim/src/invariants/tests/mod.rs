//! An invariant that cannot fail is a defect: here each fails.

mod application;
mod attempts;

use std::sync::Arc;
use std::time::Duration;

use hearth_scheduler::{Action, AllocationConf, CancelTarget, Event, ExecutorsConf, JobResult, TaskEnd};
use hearth_types::{
    ExceptionKind, ExecutorId, ExecutorLossReason, HostName, JobId, JobProperties, ListenerEvent, MapSizes,
    MapStatus, ShuffleId, StageId, StageInfo, StageKind, StorageLevel, TaskAttempt, TaskBinaryId,
    TaskDescription, TaskEndReason, TaskId, TaskInfo, TaskLocality, TaskMetrics, TaskStatus, Timestamp,
};

use super::{GIVEN_UP, Invariants, Look, Violation};
use crate::plan::{Plan, binary_id};
use crate::world::START;

/// A plan whose job 0 has a map stage that reads nothing, and a reader of it that has at least one partition.
fn plan() -> Plan {
    let fits = |plan: &Plan| {
        let binaries = plan.binaries(0);
        let first = plan.lineage.shuffles().first().map(|of| of.parent);
        let is_map = matches!(binaries.first().map(|of| &of.kind), Some(StageKind::ShuffleMap { .. }));
        is_map
            && first.is_some_and(|parent| {
                plan.maps(ShuffleId(0)) > 0 && plan.lineage.shuffles_of(parent).is_empty()
            })
            && plan.lineage.shuffles_of(plan.jobs[0].rdd) == [ShuffleId(0)]
            && !plan.jobs[0].partitions.is_empty()
            && plan.lineage.rdds().iter().all(|rdd| !rdd.storage_level.is_valid())
    };
    let mut plan = (0..10_000).map(Plan::from_seed).find(fits).expect("some seed has such a job");
    plan.conf.launch_ahead = Duration::ZERO;
    plan.conf.min_registered_ratio = 0.0;
    plan.conf.executors = ExecutorsConf::Fixed { count: 2, slots: 2 };
    plan.conf.task_max_failures = 2;
    plan.conf.stage_max_consecutive_attempts = 2;
    plan
}

/// Feeds a run by hand; the last step must violate the invariant of that name.
struct Hand<'p> {
    plan: &'p Plan,
    invariants: Invariants<'p>,
    tasks: u64,
}

impl<'p> Hand<'p> {
    /// One job, and two executors of two slots.
    fn new(plan: &'p Plan) -> Self {
        let mut hand = Self { plan, invariants: Invariants::new(plan), tasks: 0 };
        for executor in [ExecutorId(0), ExecutorId(1)] {
            hand.event(Event::ExecutorRegistered {
                executor,
                host: HostName::new("host"),
                slots: 2,
                block_address: String::new(),
                max_memory: 1,
            });
        }
        let job = &plan.jobs[0];
        let graph = plan.lineage.graph(
            job.rdd,
            job.partitions.clone(),
            |at| binary_id(0, at),
            |_| StorageLevel::NONE,
        );
        hand.event(Event::JobSubmitted {
            job: JobId(0),
            graph: graph.expect("the plan's graphs are valid"),
            properties: JobProperties::default(),
        });
        hand
    }

    fn try_event(&mut self, event: &Event) -> Result<(), Violation> {
        self.invariants.on_event(START, event)
    }

    fn event(&mut self, event: Event) -> &mut Self {
        self.try_event(&event).expect("nothing is wrong yet");
        self
    }

    fn try_action(&mut self, action: &Action) -> Result<(), Violation> {
        self.invariants.on_action(action)
    }

    fn action(&mut self, action: Action) -> &mut Self {
        self.try_action(&action).expect("nothing is wrong yet");
        self
    }

    fn settle(&mut self) -> Result<(), Violation> {
        let look = Look { is_empty: true, ..Look::default() };
        self.invariants.on_settled(&look)
    }

    fn stage_info(&self, stage: u32, attempt: u32, failure_reason: Option<&str>) -> StageInfo {
        let rdd = self.plan.binaries(0)[stage as usize].rdd;
        StageInfo {
            stage: StageId(stage),
            attempt,
            name: String::new(),
            tasks: 1,
            rdds: Arc::new([self.plan.lineage.rdds()[rdd.0 as usize].clone()]),
            parents: Vec::new(),
            submission_time: None,
            completion_time: None,
            failure_reason: failure_reason.map(str::to_owned),
        }
    }

    fn submitted(&self, stage: u32, attempt: u32) -> Action {
        let stage = self.stage_info(stage, attempt, None);
        Action::Post(ListenerEvent::StageSubmitted { stage, properties: JobProperties::default() })
    }

    fn completed(&self, stage: u32, attempt: u32, failure: Option<&str>) -> Action {
        Action::Post(ListenerEvent::StageCompleted { stage: self.stage_info(stage, attempt, failure) })
    }

    fn launch(
        &mut self,
        executor: u32,
        stage: u32,
        stage_attempt: u32,
        partition: u32,
        attempt: u32,
    ) -> Action {
        let task = TaskId(self.tasks);
        self.tasks += 1;
        let id = TaskAttempt { stage: StageId(stage), stage_attempt, partition, attempt, task };
        let task = TaskDescription {
            id,
            index: partition,
            job: JobId(0),
            binary: TaskBinaryId(u64::from(stage)),
            epoch: 0,
            locality: TaskLocality::Any,
        };
        Action::LaunchTask { executor: ExecutorId(executor), task }
    }

    /// Launches, as the listeners are told, and says which attempt that was.
    fn launched(
        &mut self,
        executor: u32,
        stage: u32,
        stage_attempt: u32,
        partition: u32,
        attempt: u32,
    ) -> TaskAttempt {
        let action = self.launch(executor, stage, stage_attempt, partition, attempt);
        let Action::LaunchTask { task, .. } = &action else { unreachable!("launch makes launches") };
        let id = task.id;
        self.started(id, executor).action(action);
        id
    }

    fn started(&mut self, id: TaskAttempt, executor: u32) -> &mut Self {
        let TaskAttempt { stage, stage_attempt, .. } = id;
        self.action(Action::Post(ListenerEvent::TaskStart {
            stage,
            stage_attempt,
            task: task_info(id, executor),
        }))
    }
}

fn task_info(id: TaskAttempt, executor: u32) -> TaskInfo {
    TaskInfo {
        task: id.task,
        index: id.partition,
        attempt: id.attempt,
        partition: id.partition,
        launch_time: START,
        executor: ExecutorId(executor),
        host: HostName::new("host"),
        locality: TaskLocality::Any,
        speculative: false,
        getting_result_time: None,
        finish_time: None,
        status: TaskStatus::Running,
    }
}

fn ended(id: TaskAttempt, executor: u32, end: TaskEnd) -> Event {
    Event::TaskEnded { id, executor: ExecutorId(executor), end, metrics: Box::new(TaskMetrics::default()) }
}

fn failed(id: TaskAttempt) -> Event {
    let kind = ExceptionKind::User;
    let reason = TaskEndReason::ExceptionFailure { kind, message: "no".to_owned(), backtrace: String::new() };
    ended(id, 0, TaskEnd::Failed(Arc::new(reason)))
}

fn made_output(id: TaskAttempt, executor: u32) -> Event {
    ended(id, executor, TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&[1]), checksum: 0 })
}

fn lost(executor: u32) -> Event {
    Event::ExecutorLost { executor: ExecutorId(executor), reason: ExecutorLossReason::Removed }
}

#[track_caller]
fn violates(result: Result<(), Violation>, name: &str) {
    assert_eq!(result.expect_err("this must not pass").invariant, name);
}
