//! One look at an application: dereference, validate, decide, apply, update the status.

use std::borrow::Cow;
use std::time::Duration;

use hearth_crd::{ApplicationStateType, SparkApplication};
use jiff::Timestamp;
use kube::Resource;

use super::apply::apply;
use super::decide::{decide, submission_failed, submitted, why_not_extended};
use super::decision::{Action, Decision};
use super::dereference::{Parsed, dereference, parse};
use super::history;
use super::submit::Submitted;
use super::update_status::update_status;
use super::validate::validate;
use crate::api::Result;
use crate::context::Context;
use crate::key::Key;
use crate::pool;
use crate::queue::Outcome;

/// When to look whether what was deleted is gone, if nothing happens.
const DELETION_PATIENCE: Duration = Duration::from_millis(500);

/// Looks at an application and at its pool, and does what is to be done.
pub async fn reconcile(ctx: &Context, key: &Key) -> Result<Outcome> {
    let snapshot = ctx.cache.get(key);
    let Some(object) = &snapshot.application else {
        ctx.surplus.note(key, false);
        ctx.mounts.forget(key);
        return Ok(Outcome::Done);
    };
    let Parsed { application, problems } = parse(object)?;
    if application.metadata.deletion_timestamp.is_some() {
        // What belongs to it is taken by the garbage collector.
        return Ok(Outcome::Done);
    }
    let problems = if problems.is_empty() { validate(&application) } else { problems };
    let observed = dereference(ctx, key, &application, &snapshot).await?;
    let decision = decide(Timestamp::now(), &application, &problems, &observed);
    let next = next_look(&decision);
    let look_again = Box::pin(perform(ctx, key, &application, decision)).await?;
    if let Some(next) = next {
        return Ok(next);
    }
    if snapshot.pool.is_none() {
        return Ok(look_again);
    }
    let invalid = why_not_extended(&application, &problems);
    let pool = Box::pin(pool::reconcile(ctx, key, &application, invalid)).await?;
    Ok(sooner(look_again, pool))
}

/// When to look again after something was done: at once if what it was decided from is not so any more. Deletions take their time,
/// and the watches tell when they are over; only in case something holds them up, they are looked at again.
fn next_look(decision: &Decision) -> Option<Outcome> {
    let is_slow = |action: &Action| match action {
        Action::DeleteDriver { .. }
        | Action::DeleteExecutors
        | Action::DeleteServices
        | Action::DeletePodGroup
        | Action::DeleteApplication => true,
        Action::Submit(_) | Action::ScalePool { .. } | Action::BoundPool { .. } => false,
    };
    if decision.status.is_some() || decision.actions.iter().any(|action| !is_slow(action)) {
        Some(Outcome::Again)
    } else if decision.actions.is_empty() {
        None
    } else {
        Some(Outcome::After(DELETION_PATIENCE))
    }
}

/// Does what was decided, and writes the status, and tells people; what ends a run comes after that.
async fn perform(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    decision: Decision,
) -> Result<Outcome> {
    let Decision { actions, mut status, mut notes, mut look_again } = decision;
    let mut application = Cow::Borrowed(application);
    let mut actions = std::collections::VecDeque::from(actions);
    let (mut endings, mut is_submitted) = (Vec::new(), false);
    while let Some(action) = actions.pop_front() {
        if action.ends_run() {
            endings.push(action);
            continue;
        }
        let Some(outcome) = apply(ctx, key, &application, &action).await? else { continue };
        let Action::Submit(submission) = &action else { continue };
        is_submitted = matches!(outcome, Submitted::Made { .. });
        if let Some(status) = &status {
            application.to_mut().status = Some(status.clone());
        }
        let now = Timestamp::now();
        let next = match outcome {
            Submitted::Made { ui_service, ui_ingress } => {
                let mut next = submitted(now, &application, submission, ui_service);
                if let Some(status) = &mut next.status {
                    let (name, address) = ui_ingress.unzip();
                    status.driver_info.web_ui_ingress_name = name;
                    status.driver_info.web_ui_ingress_address = address;
                }
                next
            }
            Submitted::Failed(failure) => submission_failed(now, &application, submission, &failure),
        };
        actions.extend(next.actions);
        status = next.status.or(status);
        notes.extend(next.notes);
        look_again = next.look_again.or(look_again);
    }
    let mut executors = Ok(());
    if let Some(status) = &status {
        let write = update_status(ctx, key, &application, status);
        if is_submitted {
            // The first executors do not wait until the status is written.
            let mut after = application.clone().into_owned();
            after.status = Some(status.clone());
            let pool = pool::reconcile(ctx, key, &after, None);
            let (written, made) = futures::join!(write, Box::pin(pool));
            written?;
            executors = made.map(drop);
        } else {
            write.await?;
        }
    }
    // What is written is not told again, so it is told whatever becomes of the rest.
    ctx.events.publish(key, &application.object_ref(&()), notes);
    for action in &endings {
        apply(ctx, key, &application, action).await?;
    }
    executors?;
    Ok(look_again.map_or(Outcome::Done, Outcome::After))
}

/// Whether the application wants executors, or may want some again.
pub fn is_ended(application: &SparkApplication) -> bool {
    let status = application.status.as_ref();
    let state = status.and_then(|status| status.application_state.as_ref());
    match state.map_or(ApplicationStateType::New, |state| state.state) {
        ApplicationStateType::Submitted | ApplicationStateType::Running | ApplicationStateType::Unknown => {
            false
        }
        // Those of a driver that failed by itself end with it, also if their pods are kept for people to look at.
        ApplicationStateType::Failing => !status.is_some_and(history::is_loss),
        // The next driver of the same submission finds the executors of the last.
        ApplicationStateType::PendingRerun => status.is_none_or(|status| status.driver_epoch.is_none()),
        ApplicationStateType::New
        | ApplicationStateType::Succeeding
        | ApplicationStateType::Completed
        | ApplicationStateType::Failed
        | ApplicationStateType::SubmissionFailed
        | ApplicationStateType::Invalidating
        | ApplicationStateType::Suspending
        | ApplicationStateType::Suspended
        | ApplicationStateType::Resuming => true,
    }
}

/// Which of two comes first.
fn sooner(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Failed, _) | (_, Outcome::Failed) => Outcome::Failed,
        (Outcome::Again, _) | (_, Outcome::Again) => Outcome::Again,
        (Outcome::After(one), Outcome::After(other)) => Outcome::After(one.min(other)),
        (Outcome::After(wait), Outcome::Done) | (Outcome::Done, Outcome::After(wait)) => Outcome::After(wait),
        (Outcome::Done, Outcome::Done) => Outcome::Done,
    }
}

#[cfg(test)]
mod tests;
