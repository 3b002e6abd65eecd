//! What the operator reports about an application.
//!
//! The state strings are a closed set: existing clients take any other string for a failure.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::Attempt;

/// What became of an application. Absent before the first submission.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkApplicationStatus {
    /// Spark's own id of the running application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spark_application_id: Option<String>,
    /// A new id for each submission.
    #[serde(default, rename = "submissionID", skip_serializing_if = "Option::is_none")]
    pub submission_id: Option<String>,
    /// When the last submission was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_submission_attempt_time: Option<Time>,
    /// When the application ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_time: Option<Time>,
    /// Where the driver is; present as soon as there is a status, because clients insist on it.
    #[serde(default)]
    pub driver_info: DriverInfo,
    /// The state and, after a failure, its cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_state: Option<ApplicationState>,
    /// The state of each executor by the name of its pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor_state: Option<BTreeMap<String, ExecutorState>>,
    /// How often the application was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_attempts: Option<i32>,
    /// How often it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission_attempts: Option<i32>,
    /// The generation of the driver of this submission, from 1: a driver that was lost is followed by the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_epoch: Option<i32>,
    /// What of the spec the submission was made from, as a digest: another one means that it must be made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_digest: Option<String>,
    /// The generation of the spec that this status says something about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Valid`, `Progressing`, `Ready`, `Completed` and `Failed`, for `kubectl wait`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The latest runs that ended, oldest first, at most ten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<Attempt>>,
}

/// Where the driver is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverInfo {
    /// The name of the service of the web UI.
    #[serde(default, rename = "webUIServiceName", skip_serializing_if = "Option::is_none")]
    pub web_ui_service_name: Option<String>,
    /// Its address inside the cluster, as `host:port`.
    #[serde(default, rename = "webUIAddress", skip_serializing_if = "Option::is_none")]
    pub web_ui_address: Option<String>,
    /// Its port.
    #[serde(default, rename = "webUIPort", skip_serializing_if = "Option::is_none")]
    pub web_ui_port: Option<i32>,
    /// The name of the ingress of the web UI.
    #[serde(default, rename = "webUIIngressName", skip_serializing_if = "Option::is_none")]
    pub web_ui_ingress_name: Option<String>,
    /// The address of that ingress.
    #[serde(default, rename = "webUIIngressAddress", skip_serializing_if = "Option::is_none")]
    pub web_ui_ingress_address: Option<String>,
    /// The name of the driver's pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_name: Option<String>,
}

/// The state of an application and, after a failure, its cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationState {
    /// The state.
    pub state: ApplicationStateType,
    /// Why the application failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// The 14 states of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationStateType {
    /// Not submitted yet.
    #[default]
    #[serde(rename = "")]
    New,
    /// The driver pod was created and does not run yet.
    Submitted,
    /// The driver runs.
    Running,
    /// The driver ended well; what it leaves behind is being dealt with.
    Succeeding,
    /// Ended well.
    Completed,
    /// The driver failed; whether it is run again is being decided.
    Failing,
    /// Ended with a failure.
    Failed,
    /// The driver pod could not be created.
    SubmissionFailed,
    /// Waits until what the last run left behind is gone, to be submitted again.
    PendingRerun,
    /// The spec changed; the run under the old spec is being ended.
    Invalidating,
    /// `spec.suspend` became true; the pods are being removed.
    Suspending,
    /// Waits for `spec.suspend` to become false.
    Suspended,
    /// `spec.suspend` became false; about to be submitted.
    Resuming,
    /// The state of the driver pod cannot be told.
    Unknown,
}

impl ApplicationStateType {
    /// Every state.
    pub const ALL: [Self; 14] = [
        Self::New,
        Self::Submitted,
        Self::Running,
        Self::Succeeding,
        Self::Completed,
        Self::Failing,
        Self::Failed,
        Self::SubmissionFailed,
        Self::PendingRerun,
        Self::Invalidating,
        Self::Suspending,
        Self::Suspended,
        Self::Resuming,
        Self::Unknown,
    ];

    /// Whether nothing happens any more unless the spec changes.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Completed | Self::Failed => true,
            Self::New
            | Self::Submitted
            | Self::Running
            | Self::Succeeding
            | Self::Failing
            | Self::SubmissionFailed
            | Self::PendingRerun
            | Self::Invalidating
            | Self::Suspending
            | Self::Suspended
            | Self::Resuming
            | Self::Unknown => false,
        }
    }
}

/// The state of one executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutorState {
    /// Its pod does not run yet.
    Pending,
    /// It runs.
    Running,
    /// It ended well.
    Completed,
    /// It failed.
    Failed,
    /// Its state cannot be told.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_are_the_strings_that_clients_know() {
        let names: Vec<String> = ApplicationStateType::ALL
            .iter()
            .map(|state| serde_json::to_value(state).unwrap().as_str().unwrap().to_owned())
            .collect();
        let expected = [
            "",
            "SUBMITTED",
            "RUNNING",
            "SUCCEEDING",
            "COMPLETED",
            "FAILING",
            "FAILED",
            "SUBMISSION_FAILED",
            "PENDING_RERUN",
            "INVALIDATING",
            "SUSPENDING",
            "SUSPENDED",
            "RESUMING",
            "UNKNOWN",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_status_always_has_driver_info() {
        let status = serde_json::to_value(SparkApplicationStatus::default()).unwrap();
        assert_eq!(status, serde_json::json!({ "driverInfo": {} }));
    }
}
