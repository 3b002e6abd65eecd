//! Dynamic allocation in the spec. Spark: the keys `spark.dynamicAllocation.*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lets the number of executors follow the load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.enabled) || !self.enabled || !has(self.minExecutors) || !has(self.maxExecutors) \
        || self.minExecutors <= self.maxExecutors",
    "message": "minExecutors must not be more than maxExecutors"
}]))]
pub struct DynamicAllocation {
    /// Whether it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// How many executors at the start; `minExecutors` or `executor.instances` if that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub initial_executors: Option<i32>,
    /// Never fewer executors than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub min_executors: Option<i32>,
    /// Never more executors than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max_executors: Option<i32>,
    /// Whether executors with shuffle files of running jobs are kept; true if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffle_tracking_enabled: Option<bool>,
    /// The milliseconds after which an executor that only keeps shuffle files may go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffle_tracking_timeout: Option<i64>,
}
