//! What there is of a pool: executors that live, that leave, and that ended.

use std::collections::BTreeSet;
use std::time::Duration;

use hearth_crd::FailureCause;
use jiff::Timestamp;

use crate::application::cause::{End, Failure, Role, Waiting, end_of, loss_of, waiting_for};
use crate::application::decide::left;
use crate::application::mounts;
use crate::pod_view::{PodView, Reference};

/// How long an executor's image may be missing, or what its container is made of. The driver has the same limit.
const STUCK: Duration = Duration::from_secs(120);
/// An executor that failed earlier than this after its start never worked.
const FAILED_START: Duration = Duration::from_secs(10);

/// The executors of a pool.
#[derive(Debug, Default)]
pub(super) struct Census<'a> {
    /// Those that run or are being started.
    pub(super) live: Vec<&'a PodView>,
    /// Those that were asked to end and have not yet.
    pub(super) leaving: Vec<&'a PodView>,
    /// Those that ended, the first that did first.
    pub(super) ended: Vec<Ended<'a>>,
    /// The highest number.
    pub(super) highest: u32,
    /// When to look again at those that live and are not started: the first is given up then, or may turn out to lack something.
    /// Nothing happens to it by then.
    pub(super) stuck_in: Option<Duration>,
    /// What one of those that live waits for that may never come.
    pub(super) waiting: Option<Failure>,
}

/// An executor that ended.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    pub(super) pod: &'a PodView,
    pub(super) number: u32,
    pub(super) end: End,
}

impl<'a> Census<'a> {
    /// Sorts the pods of a pool. Those without a number are nobody's. `missing` is what they mount and is not there.
    pub(super) fn of(
        now: Timestamp,
        pods: impl Iterator<Item = &'a PodView>,
        missing: &BTreeSet<Reference>,
    ) -> Self {
        let mut census = Self::default();
        for pod in pods {
            let Some(number) = pod.executor_number() else { continue };
            census.highest = census.highest.max(number);
            match fate_of(now, pod, missing) {
                Fate::Lives(wait) => {
                    census.live.push(pod);
                    census.stuck_in = census.stuck_in.into_iter().chain(wait).min();
                }
                Fate::Leaves => census.leaving.push(pod),
                Fate::Ended(end) => census.ended.push(Ended { pod, number, end }),
            }
        }
        census.live.sort_by_key(|pod| pod.executor_number());
        census.ended.sort_by_key(|ended| (ended.finished_at(), ended.number));
        let waiting = census.live.iter().find_map(|pod| waiting_for(pod, Role::Executor, missing));
        census.waiting = waiting.map(|waiting| waiting.failure);
        census
    }

    /// How many are ready.
    pub(super) fn ready(&self) -> usize {
        self.live.iter().filter(|pod| pod.is_ready()).count()
    }

    /// The youngest of those that live.
    pub(super) fn youngest(&self) -> Option<Timestamp> {
        self.live.iter().filter_map(|pod| pod.created_at()).max()
    }
}

impl Ended<'_> {
    pub(super) fn finished_at(&self) -> Option<Timestamp> {
        self.pod.terminated()?.finished_at.as_ref().map(|time| time.0)
    }

    /// Why it failed.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match &self.end {
            End::Succeeded => None,
            End::Failed(failure) => Some(failure),
        }
    }

    /// Whether it failed as soon as it was started, or could not be started.
    pub(super) fn is_failed_start(&self) -> bool {
        if self.failure().is_none_or(|failure| failure.cause.is_loss()) {
            return false;
        }
        let started = self.pod.terminated().and_then(|terminated| terminated.started_at.as_ref());
        match (started, self.finished_at()) {
            (Some(started), Some(finished)) => left(finished, started.0, FAILED_START).is_some(),
            (None, _) | (_, None) => true,
        }
    }
}

enum Fate {
    /// It may be looked at again then, if nothing happens to it.
    Lives(Option<Duration>),
    Leaves,
    Ended(End),
}

fn fate_of(now: Timestamp, pod: &PodView, missing: &BTreeSet<Reference>) -> Fate {
    let ended = end_of(pod, Role::Executor).or_else(|| loss_of(pod, Role::Executor).map(End::Failed));
    if let Some(end) = ended {
        return Fate::Ended(end);
    }
    if pod.is_terminating() {
        return Fate::Leaves;
    }
    let ask = mounts::look_again(now, pod, missing);
    match waiting_for(pod, Role::Executor, missing) {
        // A node may come.
        Some(waiting) if waiting.failure.cause == FailureCause::Unschedulable => Fate::Lives(None),
        Some(waiting) => match left(now, stuck_since(pod, &waiting).unwrap_or(now), STUCK) {
            Some(wait) if !waiting.is_hopeless => {
                Fate::Lives(Some(ask.map_or(wait, |sooner| sooner.min(wait))))
            }
            Some(_) | None => Fate::Ended(End::Failed(waiting.failure)),
        },
        None => Fate::Lives(ask),
    }
}

/// Since when an executor waits; the longest that it may have, where Kubernetes does not say. One that is given up too early, as
/// its pull took long and failed once, is made anew, which pulls again too.
fn stuck_since(pod: &PodView, waiting: &Waiting) -> Option<Timestamp> {
    let placed = || Some(pod.condition("PodScheduled")?.last_transition_time.as_ref()?.0);
    waiting.since.or_else(|| pod.making_containers_since()).or_else(placed).or_else(|| pod.created_at())
}
