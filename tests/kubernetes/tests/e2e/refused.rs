//! Executors that cannot be made: the API server refuses them, or the manifest that they would be made from is wrong.

use anyhow::ensure;
use hearth_cluster_tests::{Scene, in_namespace, limits, until_one};
use kube::ResourceExt as _;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::dynamic::edit;
use crate::faults::{ends_well_after, start, uids};

/// No container may have as much memory as the executors want.
const LIMITS: &str = "
apiVersion: v1
kind: LimitRange
metadata: { name: small }
spec:
  limits: [{ type: Container, max: { memory: 700Mi } }]
";

#[test]
fn executors_that_a_limit_range_forbids_are_told_at_once_and_end_the_run_when_its_patience_is_over() {
    in_namespace("refused", async |scene| {
        scene.apply_yaml(LIMITS).await?;
        let manifest = scene
            .example("pi")?
            .with("/spec/driver/memory", json!("200m"))
            .with("/spec/driver/memoryOverhead", json!("100m"))
            .with("/spec/executor/memory", json!("1g"));
        let app = scene.apply(&manifest).await?;
        let told = "maximum memory usage per Container is 700Mi";
        let event = scene.event("pi", "SparkExecutorFailed").await?;
        ensure!(event.message.as_ref().is_some_and(|message| message.contains(told)), "{event:?}");
        is_blocked(&scene, "pi", "Submission").await?;
        app.reaches("RUNNING").await?;
        let why = scene.hearth(&["why", "pi"], "").await?.success()?;
        ensure!(why.contains(told), "{why}");
        edit(&scene, "pi", &json!({ "timeouts": { "executorsRefusedSeconds": 1 } })).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "Submission", "{}", app.status());
        let error = app.error_message();
        ensure!(
            error.contains("spec.timeouts.executorsRefusedSeconds (1 s)") && error.contains(told),
            "{error}"
        );
        Ok(())
    });
}

#[test]
fn a_run_whose_spec_is_edited_wrongly_goes_on_and_gets_no_executor_until_the_edit_is_taken_back() {
    in_namespace("wrong-edit", async |scene| {
        let count = 80;
        let rounds = scene.program("rounds", "scenario", &["rounds", &count.to_string()])?;
        let app = start(&scene, &rounds).await?;
        let executors = scene.running("rounds", "executor", 2).await?;
        let driver = uids(&scene.pods("rounds", "driver").await?);

        let wrong = rounds.clone().with("/spec/executor/memory", json!("much"));
        scene.kubectl(&["apply", "-f", "-"], &wrong.text()).await?.success()?;
        let event = scene.event("rounds", "SparkApplicationSpecUpdateFailed").await?;
        let told = event.message.unwrap_or_default();
        ensure!(
            told.contains("executor.memory") && told.contains("no executor is made until it is corrected"),
            "{told}"
        );
        app.status_is("the condition Valid to be false", limits::STEP, is_invalid).await?;
        scene.kill_pod(&executors[0].name_any()).await?;
        is_blocked(&scene, "rounds", "InvalidSpec").await?;
        let left = uids(&scene.running("rounds", "executor", 1).await?);
        ensure!(left == uids(&executors[1..]), "{left:?}");
        let why = scene.hearth(&["why", "rounds"], "").await?.success()?;
        ensure!(why.contains("executor.memory"), "{why}");

        scene.kubectl(&["apply", "-f", "-"], &rounds.text()).await?.success()?;
        scene.running("rounds", "executor", 2).await?;
        ends_well_after(&scene, &app, count).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        ensure!(uids(&scene.pods("rounds", "driver").await?) == driver, "another driver");
        ensure!(!is_invalid(&app.status()), "{}", app.status());
        Ok(())
    });
}

/// Waits until the pool says that no executor can be made, and why.
async fn is_blocked(scene: &Scene, pool: &str, reason: &str) -> anyhow::Result<()> {
    let is_so = |pool: &DynamicObject| {
        let blocked = condition(pool.data.get("status")?, "Blocked")?;
        (blocked.get("status") == Some(&json!("True")) && blocked.get("reason") == Some(&json!(reason)))
            .then_some(())
    };
    until_one(&scene.pools(), pool, &format!("the pool to be blocked: {reason}"), limits::STEP, is_so).await
}

fn is_invalid(status: &Value) -> bool {
    condition(status, "Valid").is_some_and(|valid| valid.get("status") == Some(&json!("False")))
}

fn condition<'a>(status: &'a Value, type_: &str) -> Option<&'a Value> {
    let conditions = status.get("conditions")?.as_array()?;
    conditions.iter().find(|condition| condition.get("type") == Some(&json!(type_)))
}
