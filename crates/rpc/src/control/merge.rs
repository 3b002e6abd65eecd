//! Which messages can be said as one, and how much each weighs.

use crate::convert::Malformed;
use crate::generated::control as pb;
use crate::message::{FromExecutor, TaskEnded, TaskOutcome, ToExecutor};

/// What one message costs beside its payload, about.
const OVERHEAD: usize = 64;

/// A message that can join the one before it.
pub(super) trait Merge: Sized {
    /// Appends `next` when the two mean the same as one message; else gives it back.
    fn merge(&mut self, next: Self) -> Option<Self>;

    /// About how many bytes it takes on the wire.
    fn weight(&self) -> usize;
}

impl Merge for FromExecutor {
    fn merge(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::TasksEnded(tasks), Self::TasksEnded(more)) => tasks.extend(more),
            (Self::BlockUpdates(updates), Self::BlockUpdates(more)) => updates.extend(more),
            (_, next) => return Some(next),
        }
        None
    }

    fn weight(&self) -> usize {
        match self {
            Self::TasksEnded(tasks) => tasks.iter().map(task_weight).sum(),
            Self::BlockUpdates(updates) => updates.len() * OVERHEAD,
            Self::Register(_)
            | Self::Heartbeat(_)
            | Self::CommitRequest(_)
            | Self::MapOutputsRequest(_)
            | Self::CachedRequest { .. }
            | Self::Decommissioning => OVERHEAD,
        }
    }
}

fn task_weight(task: &TaskEnded) -> usize {
    let outcome = match &task.outcome {
        TaskOutcome::Result(bytes) => bytes.len(),
        TaskOutcome::MapOutput { sizes, .. } => sizes.partitions() as usize,
        TaskOutcome::StoredResult { .. } | TaskOutcome::Failed(_) => 0,
    };
    let updates: usize = task.accumulators.iter().map(|(_, update)| update.len()).sum();
    OVERHEAD + outcome + updates + task.blocks.len() * OVERHEAD
}

impl Merge for ToExecutor {
    fn merge(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (
                Self::Launch { binaries, tasks },
                Self::Launch { binaries: more_binaries, tasks: more_tasks },
            ) => {
                binaries.extend(more_binaries);
                tasks.extend(more_tasks);
            }
            (Self::ForgetBinaries(ids), Self::ForgetBinaries(more)) => ids.extend(more),
            (_, next) => return Some(next),
        }
        None
    }

    fn weight(&self) -> usize {
        match self {
            Self::Launch { binaries, tasks } => {
                let binaries: usize = binaries.iter().map(|binary| OVERHEAD + binary.bytes.len()).sum();
                let tasks: usize = tasks.iter().map(|task| OVERHEAD + task.input.len()).sum();
                binaries + tasks
            }
            Self::MapOutputs(outputs) => outputs
                .outputs
                .iter()
                .flatten()
                .map(|status| OVERHEAD + status.sizes.partitions() as usize)
                .sum(),
            Self::ForgetBinaries(ids) => ids.len() * 8,
            Self::CachedAt { addresses, .. } => {
                addresses.iter().map(|address| OVERHEAD + address.len()).sum()
            }
            Self::Registered
            | Self::Refused(_)
            | Self::Kill { .. }
            | Self::CommitAnswer { .. }
            | Self::Remove(_)
            | Self::Shutdown => OVERHEAD,
        }
    }
}

/// What a stream of the protocol carries.
pub(super) trait Batch: Sized {
    /// What it carries, as a Rust value.
    type Message: Merge + TryFrom<Self::Wire, Error = Malformed> + Into<Self::Wire>;
    /// The same as protobuf.
    type Wire;

    fn wrap(messages: Vec<Self::Wire>) -> Self;
    fn unwrap(self) -> Vec<Self::Wire>;
}

impl Batch for pb::FromExecutorBatch {
    type Message = FromExecutor;
    type Wire = pb::FromExecutor;

    fn wrap(messages: Vec<pb::FromExecutor>) -> Self {
        Self { messages }
    }

    fn unwrap(self) -> Vec<pb::FromExecutor> {
        self.messages
    }
}

impl Batch for pb::ToExecutorBatch {
    type Message = ToExecutor;
    type Wire = pb::ToExecutor;

    fn wrap(messages: Vec<pb::ToExecutor>) -> Self {
        Self { messages }
    }

    fn unwrap(self) -> Vec<pb::ToExecutor> {
        self.messages
    }
}
