//! The states of executors in the status of their application. Kubeflow's operator never removes an entry; here those of
//! earlier submissions go, and the oldest that ended go when there are too many.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{ExecutorState, SparkApplicationStatus};
use jiff::Timestamp;

use super::time;
use crate::application::cause::{End, Role, end_of};
use crate::application::history;
use crate::application::observed::Observed;
use crate::names::SUBMISSION_ID_LABEL;
use crate::pod_view::{Phase, PodView};

/// For how long changes are gathered.
const SETTLING: Duration = Duration::from_secs(3);

type States = BTreeMap<String, ExecutorState>;

/// The state of each executor by the name of its pod. `has_moved` says that the application's state is new.
pub(super) fn states(
    status: &SparkApplicationStatus,
    observed: &Observed,
    has_moved: bool,
) -> Option<States> {
    let state = status.application_state.as_ref().map(|state| state.state).unwrap_or_default();
    let before = status.executor_state.as_ref();
    let after = match state {
        // While nothing runs there are none to tell of.
        State::New | State::PendingRerun | State::Invalidating | State::Suspended | State::Resuming => {
            return before.cloned();
        }
        State::SubmissionFailed => return before.cloned(),
        State::Completed | State::Failed if !has_moved => return before.cloned(),
        // Just submitted: nobody looked yet.
        State::Submitted if has_moved => return before.cloned(),
        // They were told to go with the driver, and after that they are nobody's.
        State::Completed | State::Succeeding => ended(running(status, observed), ExecutorState::Completed),
        // The next driver is to find them.
        State::Failing if history::is_loss(status) => running(status, observed),
        State::Failed | State::Failing => ended(running(status, observed), ExecutorState::Failed),
        State::Submitted | State::Running | State::Unknown | State::Suspending => running(status, observed),
    };
    Some(bounded(after, observed.limits.max_tracked_executors))
}

/// How long to wait until the executors' states are worth a request: executors come and go in groups. `before` are the states that
/// were written, `after` those that there are.
pub(super) fn settling(
    now: Timestamp,
    observed: &Observed,
    before: Option<&States>,
    after: Option<&States>,
) -> Option<Duration> {
    let driver = observed.driver.iter().filter_map(|driver| driver.running_since());
    let youngest = observed.executors.iter().filter_map(|executor| executor.created_at());
    // From the first change that is not told, so that changes which never end are told all the same.
    let is_new = |pod: &&Arc<PodView>| {
        let state = |states: Option<&States>| states.and_then(|states| states.get(pod.name())).copied();
        state(before) != state(after)
    };
    let first_change = observed.executors.iter().filter(is_new).filter_map(|pod| changed_at(pod)).min();
    let since = driver.chain(youngest).chain(first_change);
    since.filter_map(|since| time::settling(now, since, SETTLING)).max()
}

/// When an executor came to be what it is.
fn changed_at(pod: &PodView) -> Option<Timestamp> {
    let ended = pod.terminated().and_then(|terminated| terminated.finished_at.as_ref()).map(|time| time.0);
    ended.or_else(|| pod.running_since())
}

fn running(status: &SparkApplicationStatus, observed: &Observed) -> States {
    let submission = status.submission_id.as_deref();
    let is_of_submission =
        |pod: &PodView| submission.is_none() || pod.label(SUBMISSION_ID_LABEL) == submission;
    let found: States = observed
        .executors
        .iter()
        .filter(|pod| is_of_submission(pod))
        .map(|pod| (pod.name().to_owned(), state_of(pod)))
        .collect();
    let mut all: States = status
        .executor_state
        .iter()
        .flatten()
        .map(|(name, state)| {
            (name.clone(), if found.contains_key(name) { *state } else { gone(name, *state, observed) })
        })
        .collect();
    all.extend(found);
    all
}

fn state_of(pod: &PodView) -> ExecutorState {
    match (end_of(pod, Role::Executor), pod.phase()) {
        (Some(End::Succeeded), _) => ExecutorState::Completed,
        (Some(End::Failed(_)), _) => ExecutorState::Failed,
        (None, Phase::Running) => ExecutorState::Running,
        (None, Phase::Unknown) => ExecutorState::Unknown,
        (None, Phase::Pending | Phase::Succeeded | Phase::Failed) => ExecutorState::Pending,
    }
}

/// What an executor is whose pod is gone: the pool remembers those that failed, the others left when they were told to.
fn gone(name: &str, before: ExecutorState, observed: &Observed) -> ExecutorState {
    let status = observed.pool.as_ref().and_then(|pool| pool.status.as_ref());
    let failures = status.and_then(|status| status.failures.as_ref());
    let has_failed = failures.is_some_and(|all| all.iter().any(|failure| failure.pod_name == name));
    match before {
        _ if has_failed => ExecutorState::Failed,
        ExecutorState::Completed | ExecutorState::Failed => before,
        ExecutorState::Pending | ExecutorState::Running | ExecutorState::Unknown => ExecutorState::Completed,
    }
}

fn ended(states: States, end: ExecutorState) -> States {
    let is_over = |state| matches!(state, ExecutorState::Completed | ExecutorState::Failed);
    states.into_iter().map(|(name, state)| (name, if is_over(state) { state } else { end })).collect()
}

/// Drops what is too much: the oldest of those that ended, then the oldest.
fn bounded(states: States, most: usize) -> States {
    let surplus = states.len().saturating_sub(most);
    if surplus == 0 {
        return states;
    }
    let mut order: Vec<(bool, u32, String)> = states
        .iter()
        .map(|(name, state)| {
            let lives = !matches!(state, ExecutorState::Completed | ExecutorState::Failed);
            let number = name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0);
            (lives, number, name.clone())
        })
        .collect();
    order.sort();
    let mut kept = states;
    for (_, _, name) in order.into_iter().take(surplus) {
        kept.remove(&name);
    }
    kept
}
