//! A stage is given up after the allowed number of consecutive attempts, not before.

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{Action, Event, JobResult, TaskEnd};
use hearth_types::{ListenerEvent, StageId, TaskEndReason};

use super::{Check, Invariant, Seen, require};
use crate::plan::Plan;

/// Counts attempts of each stage that ended with a fetch failure since the last one that ended well.
#[derive(Debug)]
pub(super) struct StageAttemptsAreCounted {
    most: u32,
    fetch_failed: BTreeSet<(StageId, u32)>,
    consecutive: BTreeMap<StageId, u32>,
    /// Stages whose last attempt failed although none of its tasks met a fetch failure.
    without_cause: BTreeSet<StageId>,
    /// A map output has just come that may not be what it was, so that stages that read it go from the start.
    rolls_back: bool,
}

impl StageAttemptsAreCounted {
    pub(super) fn new(plan: &Plan) -> Self {
        let most = plan.conf.stage_max_consecutive_attempts;
        Self {
            most,
            fetch_failed: BTreeSet::new(),
            consecutive: BTreeMap::new(),
            without_cause: BTreeSet::new(),
            rolls_back: false,
        }
    }
}

/// What Spark's sentence about a stage that was given up contains.
pub(crate) const GIVEN_UP: &str = "has failed the maximum allowable number of times";

impl Invariant for StageAttemptsAreCounted {
    fn name(&self) -> &'static str {
        "stage_attempts"
    }

    fn sentence(&self) -> &'static str {
        "a stage is given up after the allowed number of consecutive attempts, not before"
    }

    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        self.rolls_back =
            matches!(event, Event::TaskEnded { end: TaskEnd::MapOutput { checksum: 1.., .. }, .. });
        if let Event::TaskEnded { id, end: TaskEnd::Failed(reason), .. } = event
            && matches!(**reason, TaskEndReason::FetchFailed { .. })
            && seen.is_open(id.task)
        {
            self.fetch_failed.insert((id.stage, id.stage_attempt));
        }
        Ok(())
    }

    fn on_action(&mut self, _: &Seen, action: &Action) -> Check {
        match action {
            Action::Post(ListenerEvent::StageCompleted { stage: info }) => {
                let consecutive = self.consecutive.entry(info.stage).or_default();
                if info.failure_reason.is_none() {
                    *consecutive = 0;
                } else if self.fetch_failed.contains(&(info.stage, info.attempt)) {
                    *consecutive += 1;
                } else if !self.rolls_back {
                    self.without_cause.insert(info.stage);
                }
            }
            Action::Post(ListenerEvent::StageSubmitted { stage: info, .. }) => {
                require(!self.without_cause.contains(&info.stage), || {
                    format!(
                        "stage {} starts again, but nothing had gone wrong in its last attempt",
                        info.stage
                    )
                })?;
                let consecutive = self.consecutive.get(&info.stage).copied().unwrap_or(0);
                return require(consecutive < self.most, || {
                    format!("stage {} starts again after {consecutive} failed attempts", info.stage)
                });
            }
            Action::CompleteJob { job, result: JobResult::Failed(why) } if why.contains(GIVEN_UP) => {
                let most = self.consecutive.values().max().copied().unwrap_or(0);
                return require(most >= self.most, || {
                    format!(
                        "job {job} is given up after {most} failed attempts, {} are allowed: {why}",
                        self.most
                    )
                });
            }
            _ => {}
        }
        Ok(())
    }
}
