//! Pods that cannot start.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, limits};
use serde_json::json;

#[test]
fn an_image_that_does_not_exist_is_given_up_with_its_name() {
    in_namespace("no-image", async |scene| {
        let image = "hearth.test/nothing:here";
        let manifest = scene
            .example("pi")?
            .with("/spec/image", json!(image))
            .with("/spec/timeouts", json!({ "imagePullSeconds": 5 }));
        let app = scene.apply(&manifest).await?;
        app.reaches_within("FAILED", limits::LONG_STEP).await?;
        ensure!(app.error_message().contains(image), "{}", app.error_message());
        ensure!(app.cause() == "ImagePull", "{}", app.status());
        Ok(())
    });
}

#[test]
fn a_driver_that_fits_no_node_is_given_up_after_its_limit() {
    in_namespace("no-node", async |scene| {
        let manifest = scene
            .example("pi")?
            .with("/spec/driver/nodeSelector", json!({ "hearth.dev/no-such": "node" }))
            .with("/spec/timeouts", json!({ "unschedulableSeconds": 3 }));
        let app = scene.apply(&manifest).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "Unschedulable", "{}", app.status());
        ensure!(app.error_message().contains("node affinity/selector"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn an_account_that_does_not_exist_is_a_failed_submission() {
    in_namespace("no-account", async |scene| {
        let manifest = scene.example("pi")?.with("/spec/driver/serviceAccount", json!("nobody"));
        let app = scene.apply(&manifest).await?;
        app.reaches_within("FAILED", limits::LONG_STEP).await?;
        ensure!(app.settled_states() == ["SUBMISSION_FAILED", "FAILED"], "{:?}", app.settled_states());
        ensure!(app.error_message().contains("nobody"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn an_account_of_executors_that_does_not_exist_is_told() {
    in_namespace("no-executor-account", async |scene| {
        let manifest = scene.example("pi")?.with("/spec/executor/serviceAccount", json!("nobody"));
        let app = scene.apply(&manifest).await?;
        app.reaches("RUNNING").await?;
        let event = scene.event(&app.name, "SparkExecutorFailed").await?;
        let message = event.message.unwrap_or_default();
        ensure!(message.contains("executors cannot be made") && message.contains("nobody"), "{message}");
        Ok(())
    });
}
