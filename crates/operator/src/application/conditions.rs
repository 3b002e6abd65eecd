//! The conditions of an application: what its state means, for `kubectl wait` and for people.
//!
//! Kubeflow's operator has none. A condition keeps its `lastTransitionTime` until its status changes; that of `Progressing` also says
//! since when the driver has been waiting for what its reason names.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{FieldError, SparkApplicationStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::cause::{Failure, shorten};
use super::history;

/// The most bytes of a message.
const LONGEST_MESSAGE: usize = 1000;

/// Whether anything happens, and what is waited for.
pub const PROGRESSING: &str = "Progressing";

/// What the state alone does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is wrong with the manifest.
    pub problems: &'a [FieldError],
    /// What of the manifest has no effect, one sentence each.
    pub ignored: &'a [String],
    /// What the driver waits for that may never come.
    pub waiting: Option<&'a Failure>,
    /// Whether a submission that failed is not tried again.
    pub at_rest: bool,
}

/// Sets every condition after the state.
pub fn update(
    status: &mut SparkApplicationStatus,
    now: Timestamp,
    generation: Option<i64>,
    facts: &Facts<'_>,
) {
    let state = status.application_state.as_ref().map(|state| state.state).unwrap_or_default();
    let error =
        status.application_state.as_ref().and_then(|state| state.error_message.clone()).unwrap_or_default();
    let mut setter = Setter { now, generation, all: status.conditions.take().unwrap_or_default() };
    setter.set("Valid", valid(facts));
    let progress = progressing(state, &error, facts);
    if facts.waiting.is_some() {
        setter.begin_anew(PROGRESSING, progress.1);
    }
    setter.set(PROGRESSING, progress);

    let word = word_for(state);
    let has_failed = state == State::Failed || (state == State::SubmissionFailed && facts.at_rest);
    let cause = history::last_cause(status).map_or(word, |cause| cause.as_str());
    setter.set("Ready", (state == State::Running, word, sentence_for(state).to_owned()));
    setter.set("Completed", (state == State::Completed, word, sentence_for(state).to_owned()));
    let failed =
        if has_failed { (true, cause, error) } else { (false, word, sentence_for(state).to_owned()) };
    setter.set("Failed", failed);
    status.conditions = Some(setter.all);
}

/// A condition of the status.
pub fn find<'a>(status: &'a SparkApplicationStatus, type_: &str) -> Option<&'a Condition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == type_)
}

/// Sets one condition in a list, as [`update`] does.
pub fn set(
    all: &mut Vec<Condition>,
    now: Timestamp,
    generation: Option<i64>,
    type_: &str,
    (is_true, reason, message): (bool, &str, String),
) {
    let mut setter = Setter { now, generation, all: std::mem::take(all) };
    setter.set(type_, (is_true, reason, message));
    *all = setter.all;
}

struct Setter {
    now: Timestamp,
    generation: Option<i64>,
    all: Vec<Condition>,
}

impl Setter {
    /// A condition that has had another reason so far counts from now.
    fn begin_anew(&mut self, type_: &str, reason: &str) {
        let mut all = self.all.iter_mut();
        if let Some(found) = all.find(|found| found.type_ == type_ && found.reason != reason) {
            found.last_transition_time = Time(self.now);
        }
    }

    fn set(&mut self, type_: &str, (is_true, reason, message): (bool, &str, String)) {
        let wanted = if is_true { "True" } else { "False" };
        let before = self.all.iter().find(|condition| condition.type_ == type_ && condition.status == wanted);
        let condition = Condition {
            last_transition_time: before
                .map_or_else(|| Time(self.now), |found| found.last_transition_time.clone()),
            message: shorten(&message, LONGEST_MESSAGE),
            observed_generation: self.generation,
            reason: reason.to_owned(),
            status: wanted.to_owned(),
            type_: type_.to_owned(),
        };
        match self.all.iter().position(|found| found.type_ == type_) {
            Some(position) => self.all[position] = condition,
            None => self.all.push(condition),
        }
    }
}

fn valid(facts: &Facts<'_>) -> (bool, &'static str, String) {
    if !facts.problems.is_empty() {
        let all: Vec<String> = facts.problems.iter().map(ToString::to_string).collect();
        return (false, "InvalidSpec", all.join("; "));
    }
    if !facts.ignored.is_empty() {
        return (true, "FieldsIgnored", facts.ignored.join("; "));
    }
    (true, "Valid", "the manifest can be run".to_owned())
}

fn progressing(state: State, error: &str, facts: &Facts<'_>) -> (bool, &'static str, String) {
    let word = word_for(state);
    if let (State::Submitted, Some(waiting)) = (state, facts.waiting) {
        return (true, waiting.cause.as_str(), waiting.message.clone());
    }
    match state {
        State::Failing => (true, word, format!("to be run again after: {error}")),
        State::SubmissionFailed if !facts.at_rest => {
            (true, word, format!("to be submitted again after: {error}"))
        }
        State::New
        | State::Submitted
        | State::Succeeding
        | State::PendingRerun
        | State::Invalidating
        | State::Suspending
        | State::Resuming
        | State::Unknown => (true, word, sentence_for(state).to_owned()),
        State::Running | State::Completed | State::Failed | State::SubmissionFailed | State::Suspended => {
            (false, word, sentence_for(state).to_owned())
        }
    }
}

fn word_for(state: State) -> &'static str {
    match state {
        State::New => "New",
        State::Submitted => "DriverStarting",
        State::Running => "DriverRunning",
        State::Succeeding => "DriverSucceeded",
        State::Completed => "Completed",
        State::Failing => "DriverFailed",
        State::Failed => "Failed",
        State::SubmissionFailed => "SubmissionFailed",
        State::PendingRerun => "PendingRerun",
        State::Invalidating => "SpecChanged",
        State::Suspending => "Suspending",
        State::Suspended => "Suspended",
        State::Resuming => "Resuming",
        State::Unknown => "DriverUnknown",
    }
}

fn sentence_for(state: State) -> &'static str {
    match state {
        State::New => "not submitted yet",
        State::Submitted => "the driver's pod is being started",
        State::Running => "the driver runs",
        State::Succeeding => "the driver ended well, and is run again",
        State::Completed => "the program ended well",
        State::Failing => "the driver failed",
        State::Failed => "the application failed, and is not run again",
        State::SubmissionFailed => "the application could not be submitted",
        State::PendingRerun => "the pods of the last run are going, then the application is run again",
        State::Invalidating => "the spec changed; the run under the old spec is being ended",
        State::Suspending => "spec.suspend is true; the pods are going",
        State::Suspended => "spec.suspend is true",
        State::Resuming => "spec.suspend is false again; about to be submitted",
        State::Unknown => "the node of the driver cannot be asked",
    }
}

#[cfg(test)]
mod tests {
    use hearth_crd::{ApplicationState, FieldPath};

    use super::*;

    const NOTHING: Facts<'static> = Facts { problems: &[], ignored: &[], waiting: None, at_rest: false };

    fn in_state(status: &mut SparkApplicationStatus, state: State) {
        status.application_state = Some(ApplicationState { state, error_message: None });
    }

    fn found<'a>(status: &'a SparkApplicationStatus, type_: &str) -> &'a Condition {
        status.conditions.as_ref().unwrap().iter().find(|condition| condition.type_ == type_).unwrap()
    }

    #[test]
    fn one_condition_of_the_life_cycle_is_true_in_each_state() {
        for state in State::ALL {
            let mut status = SparkApplicationStatus::default();
            in_state(&mut status, state);
            update(&mut status, Timestamp::UNIX_EPOCH, Some(1), &NOTHING);
            let life = ["Progressing", "Ready", "Completed", "Failed"];
            let count = life.iter().filter(|type_| found(&status, type_).status == "True").count();
            assert_eq!(count, usize::from(state != State::Suspended), "{state:?}");
        }
    }

    #[test]
    fn the_time_of_a_condition_is_that_of_its_last_change() {
        let mut status = SparkApplicationStatus::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for (seconds, state) in
            [(1, State::Submitted), (2, State::Submitted), (3, State::Running), (4, State::Running)]
        {
            in_state(&mut status, state);
            update(&mut status, at(seconds), Some(seconds), &NOTHING);
        }
        assert_eq!(found(&status, "Ready").last_transition_time.0, at(3));
        assert_eq!(found(&status, "Completed").last_transition_time.0, at(1));
        assert_eq!(found(&status, "Completed").observed_generation, Some(4));
        assert_eq!(status.conditions.as_ref().unwrap().len(), 5);
    }

    #[test]
    fn an_invalid_manifest_names_every_field() {
        let problems =
            ["driver", "executor"].map(|part| FieldError::new(FieldPath::of(["spec", part]), "is wrong"));
        let mut status = SparkApplicationStatus::default();
        update(&mut status, Timestamp::UNIX_EPOCH, None, &Facts { problems: &problems, ..NOTHING });
        let valid = found(&status, "Valid");
        assert_eq!((valid.status.as_str(), valid.reason.as_str()), ("False", "InvalidSpec"));
        assert_eq!(valid.message, "spec.driver: is wrong; spec.executor: is wrong");
    }
}
