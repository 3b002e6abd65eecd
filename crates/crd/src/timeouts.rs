//! How long an application may wait and run. Kubeflow's operator has no such limits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// After how many seconds an application is given up; absent means never, unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timeouts {
    /// From its creation until it is submitted for the first time, as a suspended one waits in a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub queue_seconds: Option<i64>,
    /// From a submission until the driver runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub start_seconds: Option<i64>,
    /// From the start of the driver to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub run_seconds: Option<i64>,
    /// While the driver's image cannot be pulled, from the first failure on, or something that it mounts is not there; 120 if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub image_pull_seconds: Option<i64>,
    /// While no node fits the driver; absent means that it waits, as an autoscaler may bring a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub unschedulable_seconds: Option<i64>,
    /// While there is no executor and the API server refuses to make one, other than for a quota; 300 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub executors_refused_seconds: Option<i64>,
}
