//! What became of the runs of an application.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cause::FailureCause;

/// One run of an application, or one try to start it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Which submission, from 1.
    pub number: i32,
    /// Its id.
    #[serde(default, rename = "submissionID", skip_serializing_if = "Option::is_none")]
    pub submission_id: Option<String>,
    /// When it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// When it ended.
    pub end_time: Time,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<FailureCause>,
    /// The exit code of the driver, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// A sentence for people that says why, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AttemptOutcome {
    /// The program ended well.
    Succeeded,
    /// The program failed, or never ran.
    Failed,
    /// It was ended because the spec changed.
    Invalidated,
    /// It was ended because `spec.suspend` became true.
    Suspended,
}
