//! Programs that fail, and what their application says about it.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, limits};
use serde_json::{Value, json};

#[test]
fn the_exit_code_of_a_program_is_in_the_status() {
    in_namespace("exit-code", async |scene| {
        // Without this the last lines of the log are the program's own word, if the kubelet has read them in time.
        let silent = json!({ "spec": { "containers": [
            { "name": "spark-kubernetes-driver", "terminationMessagePolicy": "File" },
        ] } });
        let manifest =
            scene.program("exits", "scenario", &["exit", "7"])?.with("/spec/driver/template", silent);
        let app = scene.apply(&manifest).await?;
        app.reaches("FAILED").await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "FAILED"], "{:?}", app.settled_states());
        ensure!(app.error_message().contains("ExitCode: 7"), "{}", app.error_message());
        ensure!(app.status().pointer("/attempts/0/exitCode") == Some(&json!(7)), "{}", app.status());
        ensure!(app.cause() == "ExitCode", "{}", app.status());
        Ok(())
    });
}

#[test]
fn a_program_that_a_signal_ends_is_told_which() {
    in_namespace("signal", async |scene| {
        let aborts = scene.program("aborts", "scenario", &["abort"])?;
        let app = scene.apply(&aborts.with("/spec/executor/instances", json!(1))).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "Signal", "{}", app.status());
        ensure!(app.error_message().contains("SIGABRT ended the driver"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn the_error_of_a_program_is_in_the_status_in_its_own_words() {
    in_namespace("error", async |scene| {
        let app = scene.apply(&scene.program("panics", "scenario", &["panic"])?).await?;
        app.reaches("FAILED").await?;
        ensure!(app.error_message().contains("record 777777 is not to my taste"), "{}", app.error_message());
        ensure!(app.cause() == "ApplicationError", "{}", app.status());
        Ok(())
    });
}

#[test]
fn a_failed_program_is_run_again_as_often_as_its_restart_policy_says() {
    in_namespace("retries", async |scene| {
        let policy = json!({ "type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 1 });
        let manifest =
            scene.program("retried", "scenario", &["exit", "3"])?.with("/spec/restartPolicy", policy);
        let app = scene.apply(&manifest).await?;
        app.status_is("three executions", limits::LONG_STEP, |status| {
            status.get("executionAttempts").and_then(Value::as_i64) == Some(3)
        })
        .await?;
        app.reaches("FAILED").await?;
        let runs = app.settled_states().iter().filter(|state| *state == "RUNNING").count();
        ensure!(runs == 3, "{:?}", app.settled_states());
        ensure!(
            app.settled_states().iter().filter(|state| *state == "PENDING_RERUN").count() == 2,
            "{:?}",
            app.settled_states()
        );
        Ok(())
    });
}
