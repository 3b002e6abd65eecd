//! Decides what is to be done for an application: a match on its state and on what there is of it.
//!
//! Kubeflow's operator: the reconcilers of `SparkApplication`, whose states, counters and waits these are. Ours is the only place
//! where a state changes; it does no IO, reads no clock, and cannot fail. What is new: deadlines, lost drivers that are followed
//! on the same executors, edits in place, causes and a history.
//!
//! A decision may go through several states at once where nothing has to be waited for. A submission is only decided from a status
//! that is written down; see [`submission`].

mod deadlines;
mod draft;
mod driver;
mod ending;
mod executor_budget;
mod executors;
mod executors_refused;
mod invalid;
mod invalidate;
mod policy;
mod predecessor;
mod running;
mod scale_in_place;
mod submission;
mod suspend;
mod teardown;
mod time;
mod time_to_live;
mod unsupported;

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{FieldError, SparkApplication};
use jiff::Timestamp;

use self::draft::{Draft, Next};
use super::decision::{Decision, SubmitFailure};
use super::observed::Observed;
use super::submission::Submission;

pub use self::invalid::why_not_extended;
pub(crate) use self::predecessor::patience_left;
pub(crate) use self::time::{left, seconds, settling, whole_seconds};

/// More states than one decision can go through.
const MOST_STEPS: usize = 10;

/// What is to be done now. `problems` is what [`validate`](super::validate::validate) found.
pub fn decide(
    now: Timestamp,
    application: &SparkApplication,
    problems: &[FieldError],
    observed: &Observed,
) -> Decision {
    // What is being deleted goes with everything that belongs to it.
    if application.metadata.deletion_timestamp.is_some() {
        return Decision::default();
    }
    let mut draft = Draft::new(now, application, problems, observed);
    for _ in 0..MOST_STEPS {
        if step(&mut draft) == Next::Done {
            break;
        }
    }
    draft.finish()
}

/// What becomes of an application whose [`Submit`](super::decision::Action::Submit) was performed.
/// `ui_service` is the name, the address (`ip:port`, or nothing if it has none) and the port of the web UI's service.
pub fn submitted(
    now: Timestamp,
    application: &SparkApplication,
    submission: &Submission,
    ui_service: Option<(String, String, i32)>,
) -> Decision {
    let nothing = Observed::default();
    let mut draft = Draft::new(now, application, &[], &nothing);
    submission::on_submitted(&mut draft, submission, ui_service);
    draft.finish()
}

/// What becomes of an application whose [`Submit`](super::decision::Action::Submit) could not be performed.
pub fn submission_failed(
    now: Timestamp,
    application: &SparkApplication,
    submission: &Submission,
    failure: &SubmitFailure,
) -> Decision {
    let nothing = Observed::default();
    let mut draft = Draft::new(now, application, &[], &nothing);
    submission::on_submission_failed(&mut draft, submission, failure);
    draft.finish()
}

fn step(draft: &mut Draft<'_>) -> Next {
    let general = invalid::on_problems(draft)
        .or_else(|| invalidate::on_change(draft))
        .or_else(|| suspend::on_wish(draft))
        .or_else(|| unsupported::on_unsupported(draft))
        .or_else(|| deadlines::of_queue(draft));
    if let Some(next) = general {
        return next;
    }
    match draft.state() {
        State::New | State::PendingRerun => submission::submit(draft),
        State::Submitted | State::Running | State::Unknown => running::on_run(draft),
        State::Succeeding => ending::on_succeeding(draft),
        State::Failing => ending::on_failing(draft),
        State::SubmissionFailed if unsupported::is_at_rest(&draft.status) => time_to_live::on_ended(draft),
        State::SubmissionFailed => submission::on_failed(draft),
        State::Invalidating => invalidate::on_invalidating(draft),
        State::Suspending => suspend::on_suspending(draft),
        State::Suspended => suspend::on_suspended(draft),
        State::Resuming => suspend::on_resuming(draft),
        State::Completed | State::Failed => ending::on_ended(draft),
    }
}

#[cfg(test)]
mod tests;
