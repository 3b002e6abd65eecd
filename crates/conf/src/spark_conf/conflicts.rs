//! Settings whose values are right by themselves and contradict each other. Spark: `SparkConf.validateSettings`, and the
//! checks at the start of what the settings are for.

use super::SparkConf;
use crate::duration;
use crate::entries::{application, executor};
use crate::error::Error;
use crate::master::Master;

const SHUFFLE_OUTPUTS_ARE_LOST: &str = "lets go of executors that hold shuffle outputs: Dynamic allocation of executors \
    requires one of the following conditions: 1) enabling external shuffle service through \
    spark.shuffle.service.enabled. 2) enabling shuffle tracking through \
    spark.dynamicAllocation.shuffleTracking.enabled. 3) enabling shuffle blocks decommission through \
    spark.decommission.enabled and spark.storage.decommission.shuffleBlocks.enabled. Hearth has 2); with 1) or 3) it \
    makes lost outputs again";

impl SparkConf {
    pub(super) fn conflicts(&self) -> impl Iterator<Item = Error> {
        let checks =
            [Self::heartbeat_conflict, Self::executor_bounds_conflict, Self::shuffle_tracking_conflict];
        checks.into_iter().filter_map(|check| check(self))
    }

    fn heartbeat_conflict(&self) -> Option<Error> {
        let interval = self.get_entry(&executor::EXECUTOR_HEARTBEAT_INTERVAL).ok()?;
        let timeout = self.get_entry(&executor::NETWORK_TIMEOUT).ok()?;
        (timeout <= interval).then(|| Error::Conflict {
            key: executor::NETWORK_TIMEOUT.key.to_owned(),
            value: duration::format_duration(timeout),
            problem: format!(
                "must be longer than {} ({})",
                executor::EXECUTOR_HEARTBEAT_INTERVAL.key,
                duration::format_duration(interval)
            ),
        })
    }

    fn executor_bounds_conflict(&self) -> Option<Error> {
        let least = self.get_entry(&executor::DYNAMIC_ALLOCATION_MIN_EXECUTORS).ok()?;
        let most = self.get_entry(&executor::DYNAMIC_ALLOCATION_MAX_EXECUTORS).ok()?;
        (least > most).then(|| Error::Conflict {
            key: executor::DYNAMIC_ALLOCATION_MIN_EXECUTORS.key.to_owned(),
            value: least.to_string(),
            problem: format!(
                "must not be more than {} ({most})",
                executor::DYNAMIC_ALLOCATION_MAX_EXECUTORS.key
            ),
        })
    }

    /// Without a master there is a cluster: a launcher checks what it is given before it decides which.
    /// Spark: `ExecutorAllocationManager.validateSettings`.
    fn shuffle_tracking_conflict(&self) -> Option<Error> {
        let tracking = &executor::DYNAMIC_ALLOCATION_SHUFFLE_TRACKING_ENABLED;
        let is_on = |key, default| self.get(key).map_or(default, |value| value.eq_ignore_ascii_case("true"));
        let is_local = self.contains(application::MASTER.key)
            && matches!(self.get_entry(&application::MASTER), Ok(Master::Local { .. }));
        let keeps_outputs = self.get_entry(tracking).ok()?
            || is_on("spark.shuffle.service.enabled", false)
            || is_on("spark.decommission.enabled", false)
                && is_on("spark.storage.decommission.shuffleBlocks.enabled", true);
        let is_dynamic = self.get_entry(&executor::DYNAMIC_ALLOCATION_ENABLED).ok()?;
        (is_dynamic && !is_local && !keeps_outputs).then(|| Error::Conflict {
            key: tracking.key.to_owned(),
            value: "false".to_owned(),
            problem: SHUFFLE_OUTPUTS_ARE_LOST.to_owned(),
        })
    }
}
