//! Pods that cannot start.

use anyhow::ensure;
use hearth_cluster_tests::{Application, in_namespace, limits};
use serde_json::{Value, json};

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
        ensure!(cause(&app) == "ImagePull", "{}", app.status());
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
        ensure!(cause(&app) == "Unschedulable", "{}", app.status());
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

/// Why the last attempt failed, as a word.
fn cause(app: &Application) -> String {
    let status = app.status();
    let attempts = status.get("attempts").and_then(Value::as_array);
    let last = attempts.and_then(|attempts| attempts.last());
    last.and_then(|last| last.get("cause")).and_then(Value::as_str).unwrap_or_default().to_owned()
}
