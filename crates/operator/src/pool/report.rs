//! The part of a pool's status that is for people and autoscalers: counts and conditions.

use hearth_crd::{ExecutorPool, ExecutorPoolStatus, FailureCause};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::census::Census;
use super::failures::wait_left;
use crate::application::cause::Failure;
use crate::application::conditions;
use crate::application::decide::whole_seconds;
use crate::application::decision::Note;
use crate::names::{APP_NAME_LABEL, ROLE_LABEL};

/// How many executors there are to be.
#[derive(Debug)]
pub(super) struct Lack<'a> {
    pub(super) desired: usize,
    /// How many of them are to be made.
    pub(super) missing: usize,
    /// Why none can be made from the manifest.
    pub(super) invalid: Option<&'a str>,
}

/// Sets counts and conditions. Answers with what to tell people of executors that cannot be made or cannot start, if that is news.
pub(super) fn fill(
    now: Timestamp,
    pool: &ExecutorPool,
    census: &Census<'_>,
    lack: &Lack<'_>,
    status: &mut ExecutorPoolStatus,
) -> Vec<Note> {
    let &Lack { desired, missing, invalid } = lack;
    let (live, ready) = (census.live.len(), census.ready());
    status.replicas = count(live + census.leaving.len());
    status.ready_replicas = count(ready);
    status.selector = Some(format!("{APP_NAME_LABEL}={},{ROLE_LABEL}=executor", pool.spec.application));
    status.observed_generation = pool.metadata.generation.or(status.observed_generation);

    let counts = format!("{ready} of {desired} executors are ready");
    let is_ready = ready >= desired;
    let waiting = census.waiting.as_ref().filter(|_| !is_ready);
    let pending = waiting.filter(|failure| !is_said(status, "Ready", failure)).and_then(|failure| {
        // A node may come, and the scheduler has its own events.
        let is_told = failure.cause != FailureCause::Unschedulable;
        is_told.then(|| {
            Note::warning("SparkExecutorPending", format!("executors cannot start yet: {}", failure.message))
        })
    });
    let (reason, message) = match waiting {
        Some(failure) => (failure.cause.as_str(), format!("{counts}: {}", failure.message)),
        None if is_ready => ("AllReady", counts),
        None => ("Starting", counts),
    };
    set(now, pool, "Ready", (is_ready, reason, message), status);

    let mut news: Vec<Note> = pending.into_iter().collect();
    if let Some(problem) = invalid.filter(|_| missing > 0) {
        if block(now, pool, FailureCause::InvalidSpec.as_str(), problem, status) {
            news.push(refused(problem));
        }
    } else if missing > 0 && wait_left(now, status).is_some() {
        if !is_blocked(status) {
            let message = "executors failed as soon as they were started, so each start waits longer; see status.failures";
            set(now, pool, "Blocked", (true, "CrashLoop", message.to_owned()), status);
        }
    } else if missing == 0 {
        set(
            now,
            pool,
            "Blocked",
            (false, "NotBlocked", "executors are made as they are asked for".to_owned()),
            status,
        );
    }
    news
}

/// Whether a condition says already that this is waited for.
fn is_said(status: &ExecutorPoolStatus, type_: &str, failure: &Failure) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    conditions.any(|condition| condition.type_ == type_ && condition.reason == failure.cause.as_str())
}

/// An event about executors that cannot be made.
pub(super) fn refused(why: &str) -> Note {
    Note::warning("SparkExecutorFailed", format!("executors cannot be made: {why}"))
}

/// Says that no executor can be made; whether that is news. What was blocked for another reason is blocked anew.
pub(super) fn block(
    now: Timestamp,
    pool: &ExecutorPool,
    reason: &str,
    message: &str,
    status: &mut ExecutorPoolStatus,
) -> bool {
    let is_said = blocked(status).is_some_and(|blocked| blocked.reason == reason);
    if let Some(all) = status.conditions.as_mut().filter(|_| !is_said) {
        all.retain(|condition| condition.type_ != "Blocked");
    }
    set(now, pool, "Blocked", (true, reason, message.to_owned()), status);
    !is_said
}

fn is_blocked(status: &ExecutorPoolStatus) -> bool {
    blocked(status).is_some()
}

/// The condition that says why no executor can be made.
pub fn blocked(status: &ExecutorPoolStatus) -> Option<&Condition> {
    let mut conditions = status.conditions.iter().flatten();
    conditions.find(|condition| condition.type_ == "Blocked" && condition.status == "True")
}

fn set(
    now: Timestamp,
    pool: &ExecutorPool,
    type_: &str,
    condition: (bool, &str, String),
    status: &mut ExecutorPoolStatus,
) {
    let all = status.conditions.get_or_insert_default();
    conditions::set(all, whole_seconds(now), pool.metadata.generation, type_, condition);
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
