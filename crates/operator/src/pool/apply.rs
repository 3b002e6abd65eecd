//! Makes executors.

use futures::stream::{self, StreamExt, TryStreamExt};
use hearth_crd::{ExecutorPool, SparkApplication};

use crate::api::{Error, Owner, Ownership, Result};
use crate::application::build::executor_pod;
use crate::application::decision::SubmitFailure;
use crate::application::submission::Submission;
use crate::application::submit::may_lack_account;
use crate::context::Context;
use crate::key::Key;
use crate::names::SUBMISSION_ID_LABEL;
use crate::pods;

/// How many executors of one application are made at once.
const AT_ONCE: usize = 16;

/// Makes the executors with these numbers. Answers with why the API server refuses one; then the others are not made either.
pub(super) async fn create_executors(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
    pool: &ExecutorPool,
    numbers: &[u32],
) -> Result<Option<SubmitFailure>> {
    let made = stream::iter(numbers.iter().copied())
        .map(|number| create_executor(ctx, key, application, submission, pool, number))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await;
    match made {
        Ok(()) => Ok(None),
        Err(error) if error.is_missing_account() && may_lack_account(&pool.metadata) => Err(error),
        Err(error) => error.refusal().map_or(Err(error), |failure| Ok(Some(failure))),
    }
}

async fn create_executor(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
    pool: &ExecutorPool,
    number: u32,
) -> Result<()> {
    let pod = executor_pod(application, submission, pool, number, &ctx.settings.build);
    if pods::create(ctx, key, &pod).await?.is_some() {
        return Ok(());
    }
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let Some(found) = pods::get(ctx, key, name).await? else { return Err(pods::being_deleted(name)) };
    let uid = pool.metadata.uid.as_deref().unwrap_or_default();
    let owner = Owner { kind: "ExecutorPool", name: key.name(), uid };
    match owner.of(&found.metadata) {
        Ownership::Ours if found.label(SUBMISSION_ID_LABEL) == Some(submission.id.as_str()) => {
            ctx.cache.wrote_pod(found);
            Ok(())
        }
        Ownership::Ours | Ownership::Leaving => Err(pods::in_the_way(ctx, key, &found).await),
        Ownership::Foreign => Err(Error::Foreign { object: format!("pod {name}") }),
    }
}
