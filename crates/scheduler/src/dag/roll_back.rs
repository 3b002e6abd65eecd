//! A lost map output was computed again and is not what it was: what was made of the former one does not fit to it.
//! Spark: `rollbackSucceedingStages`, as since 4.1 a checksum of the map output tells.
//!
//! Records that went to one reduce partition may go to another now, so that a result of both would lose some and double
//! others. Therefore all that was made of the shuffle is made again: outputs of map stages that read it, directly or
//! through others, and cached partitions are forgotten, and attempts that may have read it do not count any more.
//! A result that the program has, or a file that may be in its place, cannot be taken back: that job fails.
//!
//! Spark computes all partitions of the stage itself again, too. Each of ours stays as good as it was: it is one right
//! choice for its partition, and depends on no other partition's.

use std::collections::BTreeSet;

use hearth_types::{KillReason, ShuffleId, StageId};

use super::DagScheduler;
use super::stage::{Kind, Stage};
use crate::seam::{Command, Turn};
use crate::view::StageState;

impl DagScheduler {
    /// An output of `shuffle`, which `stage` makes, is not what it was.
    pub(super) fn roll_back_readers(&mut self, turn: &mut Turn, stage: StageId, shuffle: ShuffleId) {
        let Some(made) = self.stages.get(&stage).map(|stage| format!("{stage} ({})", stage.name)) else {
            return;
        };
        let changed = self.map_outputs.forget_readers(shuffle);
        for rdd in self.cache.forget_made_of(&changed, &self.executors, self.map_outputs.epoch()) {
            turn.commands.push_back(Command::ForgetCached { rdd });
        }
        self.changed = true;
        let readers: Vec<StageId> = self
            .stages
            .values()
            .filter(|stage| self.reads_any(stage, &changed))
            .map(|stage| stage.id)
            .collect();
        for reader in readers {
            // One job's end may have taken stages that come later.
            let Some(stage) = self.stages.get(&reader) else { continue };
            if self.has_results(stage) {
                let why = cannot_roll_back(stage, &made);
                self.abort_stage(turn, reader, &why);
            } else {
                self.roll_back(turn, reader, &format!("{made} was computed again and made other records"));
            }
        }
    }

    fn reads_any(&self, stage: &Stage, shuffles: &BTreeSet<ShuffleId>) -> bool {
        let parents = stage.parents.iter().filter_map(|parent| self.stages.get(parent));
        parents.filter_map(Stage::shuffle).any(|shuffle| shuffles.contains(&shuffle))
    }

    /// Whether something of a result stage is with the program already, or in the place of its output.
    fn has_results(&self, stage: &Stage) -> bool {
        match &stage.kind {
            Kind::Result { job } => {
                self.jobs.get(job).is_some_and(|job| job.finished.count() > 0)
                    || self.commits.may_have_committed(stage.id)
            }
            Kind::ShuffleMap { .. } => false,
        }
    }

    /// Nothing that a stage has made or is making counts. If it is on its way, it goes from the start.
    fn roll_back(&mut self, turn: &mut Turn, id: StageId, why: &str) {
        let Some(stage) = self.stages.get_mut(&id) else { return };
        let Some(attempt) = stage.attempt else { return };
        stage.counts_from = attempt.number + 1;
        let is_running = stage.state == StageState::Running;
        if let Kind::Result { job } = stage.kind
            && let Some(job) = self.jobs.get_mut(&job)
        {
            (job.result_bytes, job.result_tasks) = (0, 0);
        }
        turn.commands.push_back(Command::Cancel { stage: id, reason: KillReason::Asked(why.to_owned()) });
        if is_running {
            self.mark_stage_finished(turn, id, Some(why.to_owned()), true);
            self.fail_stage(turn, id);
        }
    }
}

/// Begins with Spark's sentence, which users search for.
fn cannot_roll_back(stage: &Stage, made: &str) -> String {
    format!(
        "A shuffle map stage with indeterminate output was failed and retried. However, Hearth cannot rollback the \
         {stage} ({}) to re-process the input data, and has to fail this job: {made} made other records when lost outputs \
         were computed again, and some results were made of the former ones. Please eliminate the indeterminacy by \
         checkpointing the RDD before that step, or by sorting it by a key that no two records share, and try again.",
        stage.name
    )
}
