//! Decides which executors are made and which go.
//!
//! Spark: `ExecutorPodsAllocator`, in the driver there. A number is never used twice: the next one is written into the status
//! before a pod gets it. Only the first executors need no such write, as their numbers follow from how many there are; that one of
//! them was there is in the status of the application, which is written when the driver begins to run and can meet it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hearth_crd::{ExecutorPool, ExecutorPoolStatus, MOST_EXECUTORS};
use jiff::Timestamp;

use super::census::Census;
use super::decision::PoolDecision;
use super::report::Lack;
use super::{failures, report};
use crate::application::cause::End;
use crate::application::decide::{seconds, settling};
use crate::application::decision::SubmitFailure;
use crate::names::KEEP_EXECUTORS_ANNOTATION;
use crate::pod_view::{PodView, Reference};

/// How long executors that are too many have to leave by themselves, as the driver tells them to.
const LEAVING: Duration = Duration::from_secs(10);
/// How long an executor that ended well keeps its place: the driver lowers the number just after it told it to go, or ends itself,
/// which a busy node tells seconds later.
const PLACE_KEPT: Duration = Duration::from_secs(15);
/// For how long mere counts are gathered.
const SETTLING: Duration = Duration::from_secs(3);
/// When the counts of a pool are written that nobody has scaled and that nothing holds up. Short applications have ended by then.
const FIRST_COUNTS: Duration = Duration::from_secs(10);
/// How long executors must have worked for earlier failures to be forgotten.
const PROVEN: Duration = Duration::from_secs(10);
/// The most executors that are made at once.
const LARGEST_BATCH: u32 = 250;

/// What is known beside the pool and its pods.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// No executor is wanted any more.
    pub has_ended: bool,
    /// The highest number of an executor that the status of the application names; 0 if it names none.
    pub highest_told: u32,
    /// How long there have been more executors than asked for, as the caller remembers it; `None` if it began now.
    pub surplus_for: Option<Duration>,
    /// What executors mount and is not there.
    pub missing: BTreeSet<Reference>,
    /// Why none can be made from the manifest as it is, though others of the same run were made.
    pub invalid: Option<String>,
}

/// What is to be done now. `executors` are the pods whose controller is this pool, ended and terminating ones too.
pub fn decide(
    now: Timestamp,
    pool: &ExecutorPool,
    executors: &[Arc<PodView>],
    facts: &Facts,
) -> PoolDecision {
    // What is being deleted takes its pods along.
    if pool.metadata.deletion_timestamp.is_some() {
        return PoolDecision::default();
    }
    let mut census = Census::of(now, executors.iter().map(|pod| &**pod), &facts.missing);
    census.highest = census.highest.max(facts.highest_told);
    let written = pool.status.clone().unwrap_or_default();
    let mut status = written.clone();
    let mut decision = PoolDecision::default();
    let told = failures::count(now, &mut status, &census);
    (decision.reports, decision.notes) = (told.reports, told.notes);

    let desired = desired(pool, facts.has_ended);
    delete_ended(now, pool, &census, desired, &mut status, &mut decision);
    let missing = missing(now, &census, desired, &mut decision);
    forget_failures(now, &census, missing, &mut status, &mut decision);
    if missing > 0 && facts.invalid.is_none() {
        create(now, &census, desired, missing, facts, &mut status, &mut decision);
    }
    delete_surplus(&census, desired, facts.surplus_for.unwrap_or_default(), &mut decision);
    if let Some(wait) = census.stuck_in {
        look_in(&mut decision, wait);
    }

    let lack = Lack { desired, missing, invalid: facts.invalid.as_deref() };
    let news = report::fill(now, pool, &census, &lack, &mut status);
    write(now, pool, &census, &written, status, &mut decision);
    // Once, when it is written.
    decision.notes.extend(news.into_iter().filter(|_| decision.status.is_some()));
    decision
}

/// What becomes of a pool whose executor could not be made: it is tried again after a wait that grows.
pub fn creation_failed(now: Timestamp, pool: &ExecutorPool, failure: &SubmitFailure) -> PoolDecision {
    let mut status = pool.status.clone().unwrap_or_default();
    failures::wait_longer(now, &mut status);
    let mut decision =
        PoolDecision { look_again: failures::wait_left(now, &status), ..PoolDecision::default() };
    if report::block(now, pool, failure.cause.as_str(), &failure.message, &mut status) {
        decision.notes.push(report::refused(&failure.message));
    }
    decision.status = Some(status);
    decision
}

/// How many executors there are to be now.
pub(super) fn desired(pool: &ExecutorPool, application_ended: bool) -> usize {
    if application_ended { 0 } else { wanted(pool) }
}

/// What the pool is asked for, within its bounds.
pub(super) fn wanted(pool: &ExecutorPool) -> usize {
    let spec = &pool.spec;
    let most = spec.max_replicas.unwrap_or(MOST_EXECUTORS).clamp(0, MOST_EXECUTORS);
    let wanted = spec.replicas.max(spec.min_replicas.unwrap_or(0)).clamp(0, most);
    usize::try_from(wanted).unwrap_or(0)
}

/// Deletes the pods of executors that ended, once they are counted and unless they are to be kept.
fn delete_ended(
    now: Timestamp,
    pool: &ExecutorPool,
    census: &Census<'_>,
    desired: usize,
    status: &mut ExecutorPoolStatus,
    decision: &mut PoolDecision,
) {
    let annotations = pool.metadata.annotations.as_ref();
    let is_kept =
        annotations.and_then(|all| all.get(KEEP_EXECUTORS_ANNOTATION)).is_some_and(|kept| kept == "true");
    let mut deletes = false;
    for ended in &census.ended {
        let pod = ended.pod;
        let is_over = pod.terminated().is_some() || !matches!(pod.phase(), crate::pod_view::Phase::Pending);
        if pod.is_terminating() || (is_kept && is_over) {
            continue;
        }
        if census.live.len() < desired && place_kept(now, ended).is_some() {
            continue;
        }
        decision.delete.push((pod.name().to_owned(), pod.uid().to_owned()));
        deletes = true;
    }
    // Once its pod is gone, only the status knows that a number was used.
    if (deletes || !census.leaving.is_empty())
        && status.next_executor_id.is_none_or(|next| next <= census.highest)
    {
        let desired = u32::try_from(desired).unwrap_or(0);
        status.next_executor_id = Some(census.highest.max(desired).saturating_add(1));
    }
}

/// For how long the place of an executor that ended well is kept.
fn place_kept(now: Timestamp, ended: &super::census::Ended<'_>) -> Option<Duration> {
    match ended.end {
        // Somebody else told it to go.
        End::Succeeded if ended.pod.is_terminating() => None,
        End::Succeeded => settling(now, ended.finished_at()?, PLACE_KEPT),
        End::Failed(_) => None,
    }
}

/// How many executors are to be made.
fn missing(now: Timestamp, census: &Census<'_>, desired: usize, decision: &mut PoolDecision) -> usize {
    let lacking = desired.saturating_sub(census.live.len());
    if lacking == 0 {
        return 0;
    }
    let kept: Vec<Duration> = census.ended.iter().filter_map(|ended| place_kept(now, ended)).collect();
    for wait in &kept {
        look_in(decision, *wait);
    }
    lacking.saturating_sub(kept.len())
}

/// Forgets failed starts when everything has worked for a while.
fn forget_failures(
    now: Timestamp,
    census: &Census<'_>,
    missing: usize,
    status: &mut ExecutorPoolStatus,
    decision: &mut PoolDecision,
) {
    if status.failed_starts == 0
        || missing > 0
        || census.live.is_empty()
        || census.ready() < census.live.len()
    {
        return;
    }
    match census.youngest().and_then(|youngest| settling(now, youngest, PROVEN)) {
        Some(wait) => look_in(decision, wait),
        None => {
            status.failed_starts = 0;
            status.retry_time = None;
        }
    }
}

fn create(
    now: Timestamp,
    census: &Census<'_>,
    desired: usize,
    missing: usize,
    facts: &Facts,
    status: &mut ExecutorPoolStatus,
    decision: &mut PoolDecision,
) {
    if let Some(wait) = failures::wait_left(now, status) {
        look_in(decision, wait);
        return;
    }
    let batch = u32::try_from(missing).unwrap_or(u32::MAX).min(LARGEST_BATCH);
    if usize::try_from(batch).is_ok_and(|batch| batch < missing) {
        look_in(decision, Duration::from_millis(100));
    }
    let desired = u32::try_from(desired).unwrap_or(u32::MAX);
    let known: Vec<u32> = census.live.iter().filter_map(|pod| pod.executor_number()).collect();
    // One that the driver may have met, and whose pod went without a word.
    let has_vanished = || (1..=facts.highest_told).any(|number| known.binary_search(&number).is_err());
    let is_first = status.next_executor_id.is_none()
        && census.ended.is_empty()
        && census.highest <= desired
        && !has_vanished();
    if is_first {
        let batch = usize::try_from(batch).unwrap_or(usize::MAX);
        decision.create =
            (1..=desired).filter(|number| known.binary_search(number).is_err()).take(batch).collect();
        return;
    }
    let first = status.next_executor_id.unwrap_or(1).max(census.highest.saturating_add(1));
    let end = first.saturating_add(batch);
    decision.create = (first..end).collect();
    status.next_executor_id = Some(end);
}

/// Deletes executors that are too many: at once those that do not run, as nothing is lost with them; the newest others once
/// they had the time to leave.
fn delete_surplus(census: &Census<'_>, desired: usize, surplus_for: Duration, decision: &mut PoolDecision) {
    let surplus = census.live.len().saturating_sub(desired);
    if surplus == 0 {
        return;
    }
    let mut order: Vec<&&PodView> = census.live.iter().collect();
    order.sort_by_key(|pod| (pod.running_since().is_some(), std::cmp::Reverse(pod.executor_number())));
    order.truncate(surplus);
    let running = order.iter().filter(|pod| pod.running_since().is_some()).count();
    let wait = LEAVING.checked_sub(surplus_for).filter(|wait| !wait.is_zero() && running > 0);
    if wait.is_some() {
        order.truncate(surplus - running);
    }
    decision.delete.extend(order.into_iter().map(|pod| (pod.name().to_owned(), pod.uid().to_owned())));
    look_in(decision, wait.unwrap_or_else(|| seconds(10)));
}

/// Writes the status: at once if something depends on it, after a moment if only counts changed, after a while if all is as it was
/// asked for: every write is a request, and wakes whoever watches.
fn write(
    now: Timestamp,
    pool: &ExecutorPool,
    census: &Census<'_>,
    written: &ExecutorPoolStatus,
    mut status: ExecutorPoolStatus,
    decision: &mut PoolDecision,
) {
    if status == *written {
        return;
    }
    if essence(&status) == essence(written) {
        let created = pool.metadata.creation_timestamp.as_ref().map(|time| time.0);
        let is_as_made =
            pool.status.is_none() && pool.metadata.generation.is_none_or(|generation| generation == 1);
        let for_whole = if is_as_made && census.waiting.is_none() { FIRST_COUNTS } else { SETTLING };
        let of_pool = created.and_then(|created| settling(now, created, for_whole));
        let of_youngest = census.youngest().and_then(|youngest| settling(now, youngest, SETTLING));
        if let Some(wait) = of_pool.max(of_youngest) {
            look_in(decision, wait);
            return;
        }
    }
    // What is known is not forgotten, should a pod be gone before anybody saw it end.
    if census.highest > 0 {
        status.next_executor_id = status.next_executor_id.max(Some(census.highest.saturating_add(1)));
    }
    decision.status = Some(status);
}

/// The part of a status that later decisions rest on.
fn essence(status: &ExecutorPoolStatus) -> ExecutorPoolStatus {
    ExecutorPoolStatus {
        next_executor_id: status.next_executor_id,
        failed_executors: status.failed_executors,
        failed_starts: status.failed_starts,
        retry_time: status.retry_time.clone(),
        failures: status.failures.clone(),
        ..ExecutorPoolStatus::default()
    }
}

fn look_in(decision: &mut PoolDecision, wait: Duration) {
    decision.look_again = Some(decision.look_again.map_or(wait, |sooner| sooner.min(wait)));
}
