//! Too little memory, too small a quota; and executors that come and go with the work.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, limits, until_one};
use serde_json::{Value, json};

const NO_PODS: &str = "
apiVersion: v1
kind: ResourceQuota
metadata:
  name: none
spec:
  hard:
    pods: 0
";

#[test]
fn a_driver_that_uses_more_memory_than_its_limit_is_told_which_key_to_raise() {
    in_namespace("memory", async |scene| {
        let manifest = scene
            .program("eats", "scenario", &["memory"])?
            .with("/spec/driver/memory", json!("100m"))
            .with("/spec/driver/memoryOverhead", json!("100m"))
            .with("/spec/executor/instances", json!(1));
        let app = scene.apply(&manifest).await?;
        app.reaches("FAILED").await?;
        let cause = app.status().pointer("/attempts/0/cause").cloned();
        ensure!(cause == Some(json!("OutOfMemory")), "{}", app.status());
        ensure!(app.error_message().contains("memory"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn a_quota_that_is_used_up_is_named() {
    in_namespace("quota", async |scene| {
        scene.apply_yaml(NO_PODS).await?;
        // The API server refuses by the quota's status, which a controller fills in.
        let quotas = scene.api::<k8s_openapi::api::core::v1::ResourceQuota>();
        until_one(&quotas, "none", "the quota to be in force", limits::STEP, |quota| {
            quota.status.as_ref().and_then(|status| status.hard.as_ref()).map(|_| ())
        })
        .await?;
        let app = scene.apply(&scene.example("pi")?).await?;
        app.reaches("FAILED").await?;
        let cause = app.status().pointer("/attempts/0/cause").cloned();
        ensure!(cause == Some(json!("QuotaExceeded")), "{}", app.status());
        Ok(())
    });
}

#[test]
fn dynamic_allocation_takes_executors_for_the_work_and_gives_them_back() {
    in_namespace("dynamic", async |scene| {
        let app = scene.apply(&scene.example("dynamic")?).await?;
        let replicas =
            |pool: &kube::api::DynamicObject| pool.data.pointer("/spec/replicas").and_then(Value::as_i64);
        until_one(&scene.pools(), "dynamic", "the pool to grow", limits::STEP, |pool| {
            replicas(pool).filter(|count| *count > 1)
        })
        .await?;
        app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        Ok(())
    });
}
