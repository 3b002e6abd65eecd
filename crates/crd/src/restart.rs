//! When an application is started again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When and how often an application is started again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartPolicy {
    /// After which ends; `Never` if absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub policy: Option<RestartPolicyType>,
    /// How often a submission that failed is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub on_submission_failure_retries: Option<i32>,
    /// How often an application that failed is run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub on_failure_retries: Option<i32>,
    /// The seconds before a submission is tried again, times the number of submissions so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub on_submission_failure_retry_interval: Option<i64>,
    /// The seconds before a failed application is run again, times the number of submissions so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub on_failure_retry_interval: Option<i64>,
}

/// After which ends an application is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RestartPolicyType {
    /// After none.
    #[default]
    Never,
    /// After a failure.
    OnFailure,
    /// After every end, success too.
    Always,
}
