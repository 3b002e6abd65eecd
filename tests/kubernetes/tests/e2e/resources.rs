//! Too little memory, too small a quota.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, limits, until_one};
use serde_json::json;

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
        ensure!(app.cause() == "OutOfMemory", "{}", app.status());
        let advice = "the driver used more memory than its limit of 200Mi; raise spec.driver.memory, or";
        ensure!(app.error_message().contains(advice), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn executors_that_use_more_memory_than_their_limit_end_the_application_and_the_key_is_named() {
    in_namespace("executor-memory", async |scene| {
        let manifest = scene
            .program("eats", "scenario", &["executor-memory"])?
            .with("/spec/executor/memory", json!("100m"))
            .with("/spec/executor/memoryOverhead", json!("100m"))
            .with("/spec/executor/instances", json!(1))
            .with("/spec/sparkConf/spark.executor.maxNumFailures", json!("0"));
        let app = scene.apply(&manifest).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "ExecutorFailures", "{}", app.status());
        let last = "the executor used more memory than its limit of 200Mi; raise spec.executor.memory, or";
        let error = app.error_message();
        ensure!(error.contains("executor failures: 1, more than spark.executor.maxNumFailures"), "{error}");
        ensure!(error.contains(last), "{error}");
        let event = scene.event("eats", "SparkExecutorFailed").await?;
        ensure!(event.message.as_ref().is_some_and(|told| told.contains(last)), "{event:?}");
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
        ensure!(app.cause() == "QuotaExceeded", "{}", app.status());
        ensure!(app.error_message().contains("exceeded quota: none"), "{}", app.error_message());
        Ok(())
    });
}
