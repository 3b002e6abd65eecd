//! One look at a pool: decide, write its status, tell people, delete and make executors, tell the driver.

use std::sync::Arc;
use std::time::Duration;

use hearth_crd::{ExecutorPool, SparkApplication};
use jiff::Timestamp;
use kube::Resource;

use super::apply::create_executors;
use super::decide::{Facts, creation_failed, decide, desired};
use super::tell::tell_driver;
use super::update_status::update_status;
use crate::api::Result;
use crate::application::controller::is_ended;
use crate::application::dereference;
use crate::application::submission::Submission;
use crate::context::Context;
use crate::key::Key;
use crate::names::{Names, ROLE_LABEL, SUBMISSION_ID_LABEL};
use crate::pod_view::{Phase, PodView};
use crate::pods::{self, Deletion};
use crate::queue::Outcome;

/// Looks at the pool of an application, and does what is to be done. `invalid` says why no executor can be made from its manifest.
pub async fn reconcile(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    invalid: Option<String>,
) -> Result<Outcome> {
    let snapshot = ctx.cache.get(key);
    let Some(mut pool) = dereference::pool(application, &snapshot)? else { return Ok(Outcome::Done) };
    if pool.metadata.deletion_timestamp.is_some() {
        return Ok(Outcome::Done);
    }
    let executors = executors_of(&pool, &snapshot.pods);
    let now = Timestamp::now();
    let has_ended = is_ended(application);
    let facts = Facts {
        has_ended,
        highest_told: highest_told(application, &pool),
        surplus_for: ctx.surplus.note(key, is_surplus(&executors, desired(&pool, has_ended))),
        missing: ctx.mounts.missing(key),
        invalid,
    };
    let decision = decide(now, &pool, &executors, &facts);
    if let Some(status) = decision.status {
        update_status(ctx, key, &pool, &status).await?;
        pool.status = Some(status);
    }
    // What is written is not told again, so it is told whatever becomes of the rest.
    ctx.events.publish(key, &application.object_ref(&()), decision.notes);
    for (name, uid) in &decision.delete {
        pods::delete(ctx, key, name, uid, Deletion::Graceful).await?;
    }
    let blocked = make(ctx, key, application, &pool, &decision.create).await;
    // The driver hears of executors that ended also while no other can be made.
    tell_driver(ctx, key, application, &pool, &snapshot.pods, &decision.reports).await?;
    let look_again = blocked?.or(decision.look_again);
    Ok(look_again.map_or(Outcome::Done, Outcome::After))
}

/// Makes executors. Answers with when to try again, if the API server refuses them.
async fn make(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    pool: &ExecutorPool,
    numbers: &[u32],
) -> Result<Option<Duration>> {
    let Some(submission) = submission_of(application, pool).filter(|_| !numbers.is_empty()) else {
        return Ok(None);
    };
    let Some(failure) = create_executors(ctx, key, application, &submission, pool, numbers).await? else {
        return Ok(None);
    };
    // The version that the status was just written with.
    let Some(pool) = dereference::pool(application, &ctx.cache.get(key))? else { return Ok(None) };
    let blocked = creation_failed(Timestamp::now(), &pool, &failure);
    if let Some(status) = &blocked.status {
        update_status(ctx, key, &pool, status).await?;
    }
    ctx.events.publish(key, &application.object_ref(&()), blocked.notes);
    Ok(blocked.look_again)
}

/// The pods whose controller is this pool.
fn executors_of(pool: &ExecutorPool, pods: &[Arc<PodView>]) -> Vec<Arc<PodView>> {
    let uid = pool.metadata.uid.as_deref().unwrap_or_default();
    let is_of = |pod: &&Arc<PodView>| {
        pod.label(ROLE_LABEL) == Some("executor") && pod.controller().is_some_and(|owner| owner.uid == uid)
    };
    pods.iter().filter(is_of).cloned().collect()
}

/// Whether there are more executors than there are to be.
pub(super) fn is_surplus(executors: &[Arc<PodView>], desired: usize) -> bool {
    let is_alive = |pod: &&Arc<PodView>| {
        !pod.is_terminating() && !matches!(pod.phase(), Phase::Succeeded | Phase::Failed)
    };
    executors.iter().filter(is_alive).count() > desired
}

/// The highest number of an executor of this pool that the status of the application names. Nobody asks for it once the pool's
/// own status has the next one.
fn highest_told(application: &SparkApplication, pool: &ExecutorPool) -> u32 {
    if pool.status.as_ref().is_some_and(|status| status.next_executor_id.is_some()) {
        return 0;
    }
    let Some(submission) = submission_of(application, pool) else { return 0 };
    let names = Names::of(application.metadata.name.as_deref().unwrap_or_default());
    let told = application.status.iter().flat_map(|status| status.executor_state.iter().flatten());
    told.filter_map(|(name, _)| names.number_of_executor(submission.attempt, name)).max().unwrap_or(0)
}

/// The submission of the status, if the pool belongs to it.
fn submission_of(application: &SparkApplication, pool: &ExecutorPool) -> Option<Submission> {
    let status = application.status.as_ref()?;
    let id = pool.metadata.labels.as_ref()?.get(SUBMISSION_ID_LABEL)?;
    let number = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    (status.submission_id.as_ref() == Some(id)).then_some(())?;
    Some(Submission {
        attempt: number(status.submission_attempts)?,
        driver_epoch: number(status.driver_epoch)?,
        id: id.clone(),
        spark_application_id: status.spark_application_id.clone()?,
    })
}
