//! What of a spec a run is made from, as a digest: another one means that the run must be made again.
//!
//! Kubeflow's operator compares old and new spec when it hears of an update, and misses what happens while it is down.

use std::collections::BTreeMap;

use hearth_crd::SparkApplicationSpec;
use uuid::Uuid;

/// How digests are made. Digests made in another way are not comparable, and an upgrade of the operator restarts nothing.
const VERSION: &str = "v1-";

/// Keys of `sparkConf` whose change takes effect without a restart: they say what the pool's fields and the executor failure
/// budget say, which the operator follows.
const IN_PLACE: [&str; 6] = [
    "spark.executor.instances",
    "spark.executor.maxNumFailures",
    "spark.executor.failuresValidityInterval",
    "spark.dynamicAllocation.initialExecutors",
    "spark.dynamicAllocation.minExecutors",
    "spark.dynamicAllocation.maxExecutors",
];

/// The digest of everything in `spec` whose change needs a restart.
pub fn digest_of(spec: &SparkApplicationSpec) -> String {
    let essence = essence_of(spec.clone());
    let text = serde_json::to_vec(&essence).unwrap_or_default();
    format!("{VERSION}{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, &text).simple())
}

/// Whether a run that was made under `recorded` must be made again for a spec with the digest `current`.
/// A status without a digest, or with one that was made otherwise, is taken to be up to date.
pub fn is_outdated(recorded: Option<&str>, current: &str) -> bool {
    recorded.is_some_and(|recorded| recorded.starts_with(VERSION) && recorded != current)
}

/// The spec without what takes effect in place.
fn essence_of(mut spec: SparkApplicationSpec) -> SparkApplicationSpec {
    spec.suspend = None;
    spec.time_to_live_seconds = None;
    spec.restart_policy = None;
    spec.failure_retries = None;
    spec.retry_interval = None;
    spec.timeouts = None;
    spec.executor.instances = None;
    if let Some(allocation) = &mut spec.dynamic_allocation {
        allocation.initial_executors = None;
        allocation.min_executors = None;
        allocation.max_executors = None;
    }
    if let Some(conf) = &mut spec.spark_conf {
        conf.retain(|key, _| !IN_PLACE.contains(&key.as_str()));
    }
    spec.spark_conf = spec.spark_conf.filter(|conf: &BTreeMap<_, _>| !conf.is_empty());
    spec
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn digest(change: impl FnOnce(&mut Value)) -> String {
        let mut spec = json!({
            "type": "Rust", "sparkVersion": "4.3.0", "mainApplicationFile": "local:///opt/hearth/pi", "image": "hearth:1",
            "driver": {"cores": 1}, "executor": {"instances": 2, "cores": 1},
            "dynamicAllocation": {"enabled": false},
        });
        change(&mut spec);
        digest_of(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn what_takes_effect_in_place_does_not_change_the_digest() {
        let before = digest(|_| {});
        let edits: [fn(&mut Value); 10] = [
            |spec| spec["suspend"] = json!(true),
            |spec| spec["timeToLiveSeconds"] = json!(60),
            |spec| spec["restartPolicy"] = json!({"type": "Always"}),
            |spec| spec["timeouts"] = json!({"runSeconds": 60}),
            |spec| spec["executor"]["instances"] = json!(7),
            |spec| spec["dynamicAllocation"]["minExecutors"] = json!(1),
            |spec| spec["dynamicAllocation"]["maxExecutors"] = json!(9),
            |spec| spec["sparkConf"] = json!({"spark.executor.maxNumFailures": "9"}),
            |spec| spec["sparkConf"] = json!({"spark.executor.instances": "9"}),
            |spec| spec["failureRetries"] = json!(3),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            assert_eq!(digest(edit), before, "edit {number}");
        }
    }

    #[test]
    fn everything_else_does() {
        let before = digest(|_| {});
        let edits: [fn(&mut Value); 7] = [
            |spec| spec["image"] = json!("hearth:2"),
            |spec| spec["arguments"] = json!(["10"]),
            |spec| spec["driver"]["memory"] = json!("2g"),
            |spec| spec["executor"]["cores"] = json!(2),
            |spec| spec["executor"]["labels"] = json!({"a": "b"}),
            |spec| spec["dynamicAllocation"]["enabled"] = json!(true),
            |spec| spec["sparkConf"] = json!({"spark.task.maxFailures": "1"}),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            assert_ne!(digest(edit), before, "edit {number}");
        }
    }

    #[test]
    fn digests_of_nobody_or_another_operator_restart_nothing() {
        let current = digest(|_| {});
        assert!(!is_outdated(None, &current));
        assert!(!is_outdated(Some(""), &current));
        assert!(!is_outdated(Some("v0-whatever"), &current));
        assert!(!is_outdated(Some(&current), &current));
        assert!(is_outdated(Some(&digest(|spec| spec["image"] = json!("x"))), &current));
    }
}
