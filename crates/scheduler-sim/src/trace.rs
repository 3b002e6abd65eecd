//! What happened, as text: one line for each event, action and deed of the world.
//!
//! Two runs of one seed must give equal bytes, and a person must be able to follow them.

use std::fmt::{self, Write as _};

use hearth_scheduler::{Action, Event, TaskEnd};
use hearth_types::{ListenerEvent, MapStatus, StageInfo, StageKind, TaskAttempt, Timestamp};

/// The lines so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace(String);

/// Writing to a `String` does not fail.
macro_rules! line {
    ($trace:expr, $($argument:tt)*) => {
        if writeln!($trace.0, $($argument)*).is_err() {
            debug_assert!(false, "writing to a string does not fail");
        }
    };
}

impl Trace {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last lines.
    pub fn tail(&self, lines: usize) -> &str {
        let start = self.0.rmatch_indices('\n').nth(lines).map_or(0, |(at, _)| at + 1);
        self.0.get(start..).unwrap_or_default()
    }

    /// Something happened in the world that the scheduler does not see.
    pub fn note(&mut self, now: Timestamp, note: fmt::Arguments<'_>) {
        line!(self, "{} * {note}", Seconds(now));
    }

    /// The scheduler is told something.
    pub fn event(&mut self, now: Timestamp, event: &Event) {
        line!(self, "{} > {}", Seconds(now), ShownEvent(event));
    }

    /// The scheduler wants something.
    pub fn action(&mut self, action: &Action) {
        line!(self, "             < {}", ShownAction(action));
    }
}

/// Seconds since the start.
struct Seconds(Timestamp);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.since(crate::world::START).as_micros();
        write!(f, "{:5}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

/// `s1.0/3.2 t17`: stage 1, attempt 0; partition 3, attempt 2; task 17.
struct Shown(TaskAttempt);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TaskAttempt { stage, stage_attempt, partition, attempt, task } = self.0;
        write!(f, "s{stage}.{stage_attempt}/{partition}.{attempt} t{task}")
    }
}

struct ShownEvent<'a>(&'a Event);

impl fmt::Display for ShownEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::ApplicationStarted => f.write_str("application started"),
            Event::JobSubmitted { job, graph, properties } => {
                write!(f, "submit job {job}")?;
                for stage in graph.stages() {
                    match &stage.kind {
                        StageKind::ShuffleMap { shuffle, reduces } => {
                            write!(f, "; shuffle {shuffle} of rdd {} x{reduces}", stage.rdd)?;
                        }
                        StageKind::Result { partitions } => {
                            write!(f, "; result of rdd {} {partitions:?}", stage.rdd)?
                        }
                    }
                }
                write!(
                    f,
                    "; pool {:?} group {:?} tags {:?}",
                    properties.pool, properties.group, properties.tags
                )
            }
            Event::JobsCancelled { which, .. } => write!(f, "cancel {which:?}"),
            Event::ExecutorRegistered { executor, host, slots, .. } => {
                write!(f, "executor {executor} registered on {host} slots={slots}")
            }
            Event::ExecutorLost { executor, reason } => write!(f, "executor {executor} lost: {reason}"),
            Event::ExecutorDecommissioning { executor } => write!(f, "executor {executor} decommissioning"),
            Event::ExecutorRequestFailed { reason } => write!(f, "executor request failed: {reason}"),
            Event::ExecutorBoundsChanged { min, max } => {
                write!(f, "executors from {min:?} to {max:?} from now on")
            }
            Event::Heartbeat { executor } => write!(f, "heartbeat {executor}"),
            Event::TaskEnded { id, executor, end, .. } => {
                write!(f, "ended {} on {executor}: ", Shown(*id))?;
                match end {
                    TaskEnd::MapOutput { .. } => f.write_str("map output"),
                    TaskEnd::Result { .. } => f.write_str("result"),
                    TaskEnd::IndirectResult { size } => write!(f, "stored result of {size}"),
                    TaskEnd::Failed(reason) => Lines(&reason.to_string()).fmt(f),
                }
            }
            Event::ResultFetched { id } => write!(f, "result fetched {}", Shown(*id)),
            Event::ResultLost { id } => write!(f, "result lost {}", Shown(*id)),
            Event::CommitRequested { id, executor } => write!(f, "may commit? {} on {executor}", Shown(*id)),
            Event::MapOutputsRequested { executor, shuffle } => {
                write!(f, "outputs of {shuffle}? executor {executor}")
            }
            Event::BlockUpdated { executor, update } => {
                let here = if update.level.is_valid() { "cached" } else { "dropped" };
                write!(f, "executor {executor} {here} rdd_{}_{}", update.rdd, update.partition)
            }
            Event::RddUnpersisted { rdd } => write!(f, "unpersist rdd {rdd}"),
            Event::ShuffleReleased { shuffle } => write!(f, "release shuffle {shuffle}"),
            Event::Timeout => f.write_str("timeout"),
        }
    }
}

/// A text on one line.
struct Lines<'a>(&'a str);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.split('\n').enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

struct ShownAction<'a>(&'a Action);

impl fmt::Display for ShownAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Action::LaunchTask { executor, task } => {
                let locality = task.locality.as_str();
                write!(f, "launch {} on {executor} epoch={} {locality}", Shown(task.id), task.epoch)
            }
            Action::KillTask { executor, id, reason } => {
                write!(f, "kill {} on {executor}: {reason}", Shown(*id))
            }
            Action::RequestExecutors { total } => write!(f, "request {total} executors"),
            Action::RemoveExecutors { executors } => write!(f, "remove executors {executors:?}"),
            Action::AbandonExecutor { executor } => write!(f, "abandon executor {executor}"),
            Action::ForgetCached { rdd, first_task } => write!(f, "forget cached {rdd} before t{first_task}"),
            Action::RemoveShuffle { shuffle } => write!(f, "remove shuffle {shuffle}"),
            Action::AnswerCommit { executor, id, allowed } => {
                write!(f, "commit {} on {executor}: {}", Shown(*id), if *allowed { "yes" } else { "no" })
            }
            Action::SendMapOutputs { executor, shuffle, epoch, outputs } => {
                write!(f, "outputs of {shuffle} to {executor} epoch={epoch}:")?;
                outputs.iter().try_for_each(|status| match status {
                    Some(MapStatus { executor, map_task, .. }) => write!(f, " {executor}/t{map_task}"),
                    None => f.write_str(" -"),
                })
            }
            Action::FetchResult { executor, id } => write!(f, "fetch result {} from {executor}", Shown(*id)),
            Action::AcceptTask { id, deliver: None } => write!(f, "accept {}", Shown(*id)),
            Action::AcceptTask { id, deliver: Some((job, at)) } => {
                write!(f, "accept {} as result {at} of job {job}", Shown(*id))
            }
            Action::CompleteJob { job, result } => write!(f, "job {job}: {}", Lines(&format!("{result:?}"))),
            Action::ForgetStage { stage, binary } => write!(f, "forget stage {stage} binary {binary}"),
            Action::Post(event) => {
                f.write_str("post ")?;
                show_listener_event(event, f)
            }
        }
    }
}

fn show_listener_event(event: &ListenerEvent, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match event {
        ListenerEvent::ApplicationStart { .. } => f.write_str("ApplicationStart"),
        ListenerEvent::EnvironmentUpdate { .. } => f.write_str("EnvironmentUpdate"),
        ListenerEvent::ApplicationEnd { .. } => f.write_str("ApplicationEnd"),
        ListenerEvent::ExecutorAdded { executor, .. } => write!(f, "ExecutorAdded {executor}"),
        ListenerEvent::ExecutorRemoved { executor, .. } => write!(f, "ExecutorRemoved {executor}"),
        ListenerEvent::BlockManagerAdded { executor, .. } => write!(f, "BlockManagerAdded {executor}"),
        ListenerEvent::BlockManagerRemoved { executor, .. } => write!(f, "BlockManagerRemoved {executor}"),
        ListenerEvent::ExecutorMetricsUpdate { executor, .. } => {
            write!(f, "ExecutorMetricsUpdate {executor}")
        }
        ListenerEvent::JobStart { job, stages, .. } => {
            write!(f, "JobStart {job} stages")?;
            stages.iter().try_for_each(|stage| write!(f, " {}", stage.stage))
        }
        ListenerEvent::JobEnd { job, .. } => write!(f, "JobEnd {job}"),
        ListenerEvent::StageSubmitted { stage, .. } => {
            write!(f, "StageSubmitted ")?;
            show_stage(stage, f)
        }
        ListenerEvent::StageCompleted { stage } => {
            write!(f, "StageCompleted ")?;
            show_stage(stage, f)
        }
        ListenerEvent::TaskStart { task, .. } => write!(f, "TaskStart t{}", task.task),
        ListenerEvent::TaskGettingResult { task } => write!(f, "TaskGettingResult t{}", task.task),
        ListenerEvent::TaskEnd { task, .. } => write!(f, "TaskEnd t{} {:?}", task.task, task.status),
        ListenerEvent::BlockUpdated { executor, update } => {
            write!(f, "BlockUpdated {executor} rdd_{}_{}", update.rdd, update.partition)
        }
        ListenerEvent::UnpersistRdd { rdd } => write!(f, "UnpersistRdd {rdd}"),
    }
}

fn show_stage(stage: &StageInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let rdd = stage.rdds.first().map_or(0, |rdd| rdd.id.0);
    write!(f, "s{}.{} of rdd {rdd} x{}", stage.stage, stage.attempt, stage.tasks)?;
    match &stage.failure_reason {
        Some(why) => write!(f, " failed: {}", Lines(why)),
        None => Ok(()),
    }
}
