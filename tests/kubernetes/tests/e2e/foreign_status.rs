//! A status that somebody else writes.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Output, Scene, in_namespace, limits, until_gone};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::faults::{ends_well, rounds, start, uids};

#[test]
fn a_running_application_whose_status_is_emptied_goes_on_with_the_same_driver() {
    in_namespace("status-emptied", async |scene| {
        let app = start(&scene, &rounds(&scene)?).await?;
        let (driver, executors) = (pods(&scene, "driver").await?, scene.pods("rounds", "executor").await?);
        write(&scene, "rounds", &Value::Null).await?.success()?;
        ends_well(&scene, &app).await?;
        ensure!(pods(&scene, "driver").await? == driver, "another driver");
        let states = ["SUBMITTED", "RUNNING", "SUBMITTED", "RUNNING", "COMPLETED"];
        ensure!(app.settled_states() == states, "{:?}", app.settled_states());
        let status = app.status();
        ensure!(status.get("submissionAttempts") == Some(&json!(1)), "{status}");
        ensure!(status.pointer("/driverInfo/podName") == Some(&json!("rounds-driver")), "{status}");
        // Those that ended with the driver may have been replaced before its end was seen, so there may be others.
        let known = status.get("executorState").and_then(Value::as_object).context("executors")?;
        ensure!(
            executors.len() == 2 && executors.iter().all(|pod| known.contains_key(&pod.name_any())),
            "{status}"
        );
        Ok(())
    });
}

#[test]
fn a_state_that_does_not_exist_is_refused_by_the_api_server() {
    in_namespace("status-refused", async |scene| {
        let app = scene.apply(&scene.example("pi")?.with("/spec/suspend", json!(true))).await?;
        app.reaches("SUSPENDED").await?;
        let output = write(&scene, "pi", &json!({ "applicationState": { "state": "DANCING" } })).await?;
        ensure!(output.status != Some(0), "it was accepted");
        ensure!(output.stderr.contains("Unsupported value: \"DANCING\""), "{}", output.stderr);
        ensure!(app.states() == ["SUSPENDED"], "{:?}", app.states());
        Ok(())
    });
}

#[test]
fn a_running_application_that_somebody_calls_completed_is_over_and_nothing_runs_on() {
    in_namespace("status-completed", async |scene| {
        // Executors finish what they have begun, if they have the time.
        let endless = scene.program("endless", "scenario", &["wait", "/tmp"])?;
        let endless = endless.with("/spec/executor/terminationGracePeriodSeconds", json!(1));
        let app = scene.apply(&endless).await?;
        scene.running("endless", "executor", 2).await?;
        app.reaches("RUNNING").await?;
        let completed = json!({ "applicationState": { "state": "COMPLETED" } });
        write(&scene, "endless", &completed).await?.success()?;
        let all = ListParams::default();
        until_gone(&scene.api::<Pod>(), &all, "the pods to be gone", limits::STEP).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        Ok(())
    });
}

/// Merges into the status, as whoever may write it can.
pub(crate) async fn write(scene: &Scene, name: &str, status: &Value) -> anyhow::Result<Output> {
    let (name, patch) = (format!("sparkapp/{name}"), json!({ "status": status }).to_string());
    scene.kubectl(&["patch", &name, "--subresource=status", "--type=merge", "--patch", &patch], "").await
}

async fn pods(scene: &Scene, role: &str) -> anyhow::Result<Vec<String>> {
    Ok(uids(&scene.pods("rounds", role).await?))
}
