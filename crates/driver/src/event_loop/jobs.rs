//! The running jobs as far as launching their tasks needs them: binaries, inputs, properties.
//!
//! The scheduler names the binary of each stage that it made and no longer needs.
//! A binary whose stage was never made, because another job's stage feeds the same shuffle, goes when the last running
//! job that reads the shuffle ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hearth_rpc::message::LaunchTask;
use hearth_types::{JobId, JobProperties, ShuffleId, StageGraph, StageKind, TaskBinaryId, TaskDescription};

use super::inbox::Submission;
use crate::handle::TaskInputs;
use crate::results::JobSink;

#[derive(Default)]
pub(super) struct Jobs {
    next: u32,
    running: BTreeMap<JobId, RunningJob>,
    binaries: BTreeMap<TaskBinaryId, Binary>,
    shuffles: BTreeMap<ShuffleId, Readers>,
}

struct RunningJob {
    properties: Arc<JobProperties>,
    shuffles: Vec<ShuffleId>,
    result_binary: Option<TaskBinaryId>,
}

struct Binary {
    bytes: Bytes,
    inputs: Arc<dyn TaskInputs>,
    /// Position of the stage in its job's graph.
    position: usize,
    /// Of the job that it came with.
    properties: Arc<JobProperties>,
}

/// Who may still run a stage that feeds a shuffle, and with which binaries.
#[derive(Default)]
struct Readers {
    jobs: u32,
    binaries: Vec<TaskBinaryId>,
}

/// A job that was let in: what the scheduler and the result thread get of it.
pub(super) struct Admitted {
    pub(super) job: JobId,
    pub(super) graph: StageGraph,
    pub(super) properties: JobProperties,
    pub(super) sink: JobSink,
}

impl Jobs {
    pub(super) fn admit(&mut self, submission: Submission) -> Admitted {
        let Submission { graph, first_binary, binaries, inputs, properties, sink } = submission;
        let job = JobId(self.next);
        self.next += 1;
        let shared = Arc::new(properties.clone());
        let mut running =
            RunningJob { properties: shared.clone(), shuffles: Vec::new(), result_binary: None };
        for (position, stage) in graph.stages().iter().enumerate() {
            match stage.kind {
                StageKind::ShuffleMap { shuffle, .. } => {
                    running.shuffles.push(shuffle);
                    let readers = self.shuffles.entry(shuffle).or_default();
                    readers.jobs += 1;
                    readers.binaries.push(stage.binary);
                }
                StageKind::Result { .. } => running.result_binary = Some(stage.binary),
            }
            let at = stage.binary.0.checked_sub(first_binary).and_then(|at| usize::try_from(at).ok());
            let bytes = at.and_then(|at| binaries.get(at)).cloned().unwrap_or_default();
            let (inputs, properties) = (inputs.clone(), shared.clone());
            self.binaries.insert(stage.binary, Binary { bytes, inputs, position, properties });
        }
        self.running.insert(job, running);
        Admitted { job, graph, properties, sink }
    }

    /// What an executor is told to launch a task, and the binary in case it does not have it.
    pub(super) fn launch(&self, description: TaskDescription) -> Option<(LaunchTask, &Bytes)> {
        let binary = self.binaries.get(&description.binary)?;
        let input = binary.inputs.input(binary.position, description.id.partition);
        let properties = match self.running.get(&description.job) {
            Some(job) => job.properties.clone(),
            None => binary.properties.clone(),
        };
        Some((LaunchTask { description, input, properties }, &binary.bytes))
    }

    /// Drops a binary; whether it was there.
    pub(super) fn forget(&mut self, binary: TaskBinaryId) -> bool {
        self.binaries.remove(&binary).is_some()
    }

    /// Drops a job; the binaries that nobody can need any more went with it.
    pub(super) fn complete(&mut self, job: JobId) -> Vec<TaskBinaryId> {
        let Some(ended) = self.running.remove(&job) else { return Vec::new() };
        let mut gone: Vec<TaskBinaryId> = ended.result_binary.into_iter().collect();
        for shuffle in ended.shuffles {
            let Some(readers) = self.shuffles.get_mut(&shuffle) else { continue };
            readers.jobs -= 1;
            if readers.jobs == 0 {
                gone.append(&mut readers.binaries);
                self.shuffles.remove(&shuffle);
            }
        }
        gone.retain(|binary| self.forget(*binary));
        gone
    }

    /// The jobs that run, ascending.
    pub(super) fn running(&self) -> Vec<JobId> {
        self.running.keys().copied().collect()
    }
}
