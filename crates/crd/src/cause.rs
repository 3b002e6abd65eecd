//! Why a driver or an executor failed, as a word for programs. The sentence for people goes beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum FailureCause {
    /// The manifest is wrong; it has to be changed.
    InvalidSpec,
    /// The manifest asks for something that this operator does not do.
    Unsupported,
    /// The API server refused an object of the application.
    Submission,
    /// A resource quota of the namespace is used up.
    QuotaExceeded,
    /// The image cannot be pulled.
    ImagePull,
    /// A container cannot be created: a secret, a config map or a command is missing.
    ContainerConfig,
    /// No node fits the pod.
    Unschedulable,
    /// More memory was used than the limit allows.
    OutOfMemory,
    /// The node ran out of something, or somebody asked the pod to leave.
    Evicted,
    /// A pod with a higher priority took the place.
    Preempted,
    /// The node is gone.
    NodeLost,
    /// Somebody deleted the pod.
    PodDeleted,
    /// The program ended with a status that is not zero and said nothing.
    ExitCode,
    /// A signal ended the program.
    Signal,
    /// The program said why it failed.
    ApplicationError,
    /// A time limit of `spec.timeouts` has passed.
    DeadlineExceeded,
    /// More executors failed than `spark.executor.maxNumFailures` allows.
    ExecutorFailures,
}

impl FailureCause {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidSpec => "InvalidSpec",
            Self::Unsupported => "Unsupported",
            Self::Submission => "Submission",
            Self::QuotaExceeded => "QuotaExceeded",
            Self::ImagePull => "ImagePull",
            Self::ContainerConfig => "ContainerConfig",
            Self::Unschedulable => "Unschedulable",
            Self::OutOfMemory => "OutOfMemory",
            Self::Evicted => "Evicted",
            Self::Preempted => "Preempted",
            Self::NodeLost => "NodeLost",
            Self::PodDeleted => "PodDeleted",
            Self::ExitCode => "ExitCode",
            Self::Signal => "Signal",
            Self::ApplicationError => "ApplicationError",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::ExecutorFailures => "ExecutorFailures",
        }
    }

    /// Whether the pod was taken away, and did not fail by itself.
    pub fn is_loss(self) -> bool {
        match self {
            Self::Evicted | Self::Preempted | Self::NodeLost | Self::PodDeleted => true,
            Self::InvalidSpec
            | Self::Unsupported
            | Self::Submission
            | Self::QuotaExceeded
            | Self::ImagePull
            | Self::ContainerConfig
            | Self::Unschedulable
            | Self::OutOfMemory
            | Self::ExitCode
            | Self::Signal
            | Self::ApplicationError
            | Self::DeadlineExceeded
            | Self::ExecutorFailures => false,
        }
    }
}
