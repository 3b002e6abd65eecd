//! What is to be done for an application: values only.

use std::time::Duration;

use hearth_crd::{FailureCause, SparkApplicationStatus};

use super::submission::Submission;

/// What to do now. First what makes or changes something, in order; then the status is written, and the events are published; what
/// ends a run is done last, see [`Action::ends_run`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What to do. Each may be repeated without harm.
    pub actions: Vec<Action>,
    /// The status to write, if it is not as it was.
    pub status: Option<SparkApplicationStatus>,
    /// What to tell people.
    pub notes: Vec<Note>,
    /// When to look again if nothing happens.
    pub look_again: Option<Duration>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Make the objects of a submission that are not there: secret, services, rights, pool, driver pod.
    /// If that fails, `submission_failed` says what becomes of the application.
    Submit(Submission),
    /// Delete the driver's pod. `force` does not wait for its node, which is gone.
    DeleteDriver {
        /// Which pod of that name, so that its successor is never hit.
        uid: String,
        /// Whether to delete it at once.
        force: bool,
    },
    /// Delete the pool and every executor pod.
    DeleteExecutors,
    /// Delete the services and ingresses.
    DeleteServices,
    /// Delete the group by which a batch scheduler knows the pods.
    DeletePodGroup,
    /// Set `spec.replicas` of the pool, because the application's spec says another number than before.
    ScalePool {
        /// How many.
        instances: i32,
    },
    /// Set the bounds of the pool.
    BoundPool {
        /// The fewest executors.
        min: Option<i32>,
        /// The most.
        max: Option<i32>,
    },
    /// Delete the application itself: its time to live is over.
    DeleteApplication,
}

impl Action {
    /// Whether this is only done once the status says why. An operator that is killed in between would find a driver without its end,
    /// and take it for lost: a success would be run again, and a limit that has passed would be a deleted pod. What it did not do is
    /// decided anew from the state that was written.
    pub fn ends_run(&self) -> bool {
        match self {
            Self::DeleteDriver { .. } | Self::DeleteExecutors | Self::DeleteServices => true,
            // The group is nothing that a decision rests on, and nobody would look for it again.
            Self::DeletePodGroup
            | Self::Submit(_)
            | Self::ScalePool { .. }
            | Self::BoundPool { .. }
            | Self::DeleteApplication => false,
        }
    }
}

/// Why a submission could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitFailure {
    /// The word for it.
    pub cause: FailureCause,
    /// What the API server said.
    pub message: String,
}

/// The reason of events about what a submission waits for. As long as it waits they are repeated only now and then.
pub const WAITING: &str = "SparkApplicationWaiting";

/// A Kubernetes event to publish about an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whether something is wrong.
    pub warning: bool,
    /// The reason, as in `SparkDriverRunning`.
    pub reason: &'static str,
    /// A sentence.
    pub message: String,
    /// The reasons of other events that say this too: if one of them follows soon, this one is not published.
    pub implied_by: &'static [&'static str],
}

impl Note {
    /// An event about what goes well.
    pub fn normal(reason: &'static str, message: String) -> Self {
        Self { warning: false, reason, message, implied_by: &[] }
    }

    /// An event about what is wrong.
    pub fn warning(reason: &'static str, message: String) -> Self {
        Self { warning: true, ..Self::normal(reason, message) }
    }
}
