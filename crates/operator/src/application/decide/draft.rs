//! A decision that is being made.

use std::time::Duration;

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{
    ApplicationState, FailureCause, FieldError, SparkApplication, SparkApplicationSpec,
    SparkApplicationStatus,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::executors;
use super::time::whole_seconds;
use super::unsupported;
use crate::application::build::ignored_fields;
use crate::application::cause::{Failure, shorten};
use crate::application::conditions;
use crate::application::decision::{Action, Decision, Note};
use crate::application::digest::digest_of;
use crate::application::observed::Observed;

/// The most bytes of `errorMessage`.
const LONGEST_ERROR: usize = 3000;

/// Whether there is more to decide at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The state changed, and the new one may have something to say.
    Again,
    /// That is all for now.
    Done,
}

/// What is known, and what was decided so far.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) now: Timestamp,
    pub(super) application: &'a SparkApplication,
    pub(super) problems: &'a [FieldError],
    pub(super) observed: &'a Observed,
    /// The digest of the spec as it is.
    pub(super) digest: String,
    /// The status as it is to be.
    pub(super) status: SparkApplicationStatus,
    /// Whether the state changed. A submission is only made from what is written down, so that an operator that starts again
    /// makes the same one.
    pub(super) has_moved: bool,
    /// Whether the services are known to be gone. Nobody looks for them before the state says that they are to go.
    pub(super) services_gone: bool,
    /// What the driver waits for that may never come.
    pub(super) waiting: Option<Failure>,
    actions: Vec<Action>,
    notes: Vec<Note>,
    look_again: Option<Duration>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        now: Timestamp,
        application: &'a SparkApplication,
        problems: &'a [FieldError],
        observed: &'a Observed,
    ) -> Self {
        Self {
            now,
            application,
            problems,
            observed,
            digest: digest_of(&application.spec),
            status: application.status.clone().unwrap_or_default(),
            has_moved: false,
            services_gone: observed.services_gone,
            waiting: None,
            actions: Vec::new(),
            notes: Vec::new(),
            look_again: None,
        }
    }

    pub(super) fn spec(&self) -> &'a SparkApplicationSpec {
        &self.application.spec
    }

    pub(super) fn name(&self) -> &'a str {
        self.application.metadata.name.as_deref().unwrap_or_default()
    }

    pub(super) fn uid(&self) -> &'a str {
        self.application.metadata.uid.as_deref().unwrap_or_default()
    }

    /// Now, as a status says it.
    pub(super) fn time(&self) -> Time {
        Time(whole_seconds(self.now))
    }

    pub(super) fn state(&self) -> State {
        self.status.application_state.as_ref().map(|state| state.state).unwrap_or_default()
    }

    pub(super) fn is_suspend_wanted(&self) -> bool {
        self.spec().suspend == Some(true)
    }

    /// Goes to another state; the error message stays.
    pub(super) fn go(&mut self, state: State) {
        self.status.application_state.get_or_insert_default().state = state;
        self.has_moved = true;
    }

    /// Goes to another state with an error message, or without one.
    pub(super) fn go_with(&mut self, state: State, error: Option<&str>) {
        let error_message = error.map(|error| shorten(error, LONGEST_ERROR));
        self.status.application_state = Some(ApplicationState { state, error_message });
        self.has_moved = true;
    }

    pub(super) fn error(&self) -> &str {
        self.status
            .application_state
            .as_ref()
            .and_then(|state| state.error_message.as_deref())
            .unwrap_or_default()
    }

    /// Adds an action, once.
    pub(super) fn act(&mut self, action: Action) {
        if !self.actions.contains(&action) {
            self.actions.push(action);
        }
    }

    pub(super) fn note(&mut self, reason: &'static str, message: impl Into<String>) {
        self.notes.push(Note::normal(reason, message.into()));
    }

    /// The same, unless an event with a reason of `later` follows soon, as that says it too.
    pub(super) fn note_unless(
        &mut self,
        later: &'static [&'static str],
        reason: &'static str,
        message: impl Into<String>,
    ) {
        self.notes.push(Note { implied_by: later, ..Note::normal(reason, message.into()) });
    }

    pub(super) fn warn(&mut self, reason: &'static str, message: impl Into<String>) {
        self.notes.push(Note::warning(reason, message.into()));
    }

    /// Looks again after `wait`, or sooner.
    pub(super) fn look_in(&mut self, wait: Duration) {
        self.look_again = Some(self.look_again.map_or(wait, |sooner| sooner.min(wait)));
    }

    /// The decision. The status is written only if it is not as it was, and never before the first submission.
    pub(super) fn finish(mut self) -> Decision {
        // A submission has a status of its own, and what is deleted needs none.
        let is_superseded =
            self.actions.iter().any(|action| matches!(action, Action::Submit(_) | Action::DeleteApplication));
        let status = if is_superseded || self.state() == State::New { None } else { self.changed_status() };
        Decision { actions: self.actions, status, notes: self.notes, look_again: self.look_again }
    }

    /// Tells what the driver waits for when that becomes a condition; nodes that may come are the scheduler's to tell of.
    fn tell_waiting(&mut self, status: &SparkApplicationStatus) {
        let is_told = |waiting: &&Failure| waiting.cause != FailureCause::Unschedulable;
        let Some(waiting) = self.waiting.as_ref().filter(is_told) else { return };
        let says_so = |status: &SparkApplicationStatus| {
            let progressing = conditions::find(status, conditions::PROGRESSING);
            progressing.is_some_and(|found| found.reason == waiting.cause.as_str())
        };
        if says_so(status) && !self.application.status.as_ref().is_some_and(says_so) {
            let driver = status.driver_info.pod_name.as_deref().unwrap_or_default();
            let message = format!("Driver {driver} cannot start yet: {}", waiting.message);
            self.warn("SparkDriverPending", message);
        }
    }

    fn changed_status(&mut self) -> Option<SparkApplicationStatus> {
        let before = self.application.status.as_ref();
        let generation = self.application.metadata.generation;
        let mut status = std::mem::take(&mut self.status);
        status.spec_digest.get_or_insert_with(|| self.digest.clone());
        status.observed_generation = generation.or(status.observed_generation);
        let facts = conditions::Facts {
            problems: self.problems,
            ignored: &ignored_fields(self.application),
            waiting: self.waiting.as_ref(),
            at_rest: unsupported::is_at_rest(&status),
        };
        conditions::update(&mut status, whole_seconds(self.now), generation, &facts);
        self.tell_waiting(&status);

        // What the executors do changes often; unless something else is to be written, it is gathered for a moment.
        if before == Some(&status) {
            let executors = executors::states(&status, self.observed, self.has_moved);
            if executors == status.executor_state {
                return None;
            }
            if let Some(wait) = executors::settling(
                self.now,
                self.observed,
                status.executor_state.as_ref(),
                executors.as_ref(),
            ) {
                self.look_in(wait);
                return None;
            }
            status.executor_state = executors;
        } else {
            status.executor_state = executors::states(&status, self.observed, self.has_moved);
        }
        Some(status)
    }
}
